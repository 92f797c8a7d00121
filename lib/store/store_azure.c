#include "store/store_azure.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/sha.h"
#include "store/store_form.h"
#include "store/store_xml.h"
#include "sys/clock.h"
#include "sys/env.h"

/*
 * Blobs of Azure. A request is signed by the account's key, or a shared access
 * signature stands in its address. A blob above one part goes as blocks, which
 * nobody sees before the list of them is sent; the condition is on that list.
 */

#define API        "2021-12-02"
#define BLOCKS_MAX 50000

/* ---- opening ---- */

static void
azure_close(void *self)
{
	struct gv_store_azure *a = self;

	gv_store_wire_release(&a->wire);
	gv_buf_release(&a->account);
	gv_buf_release(&a->container);
	gv_secret_release(&a->key);
	gv_secret_release(&a->sas);
	free(a);
}

/* ACCOUNT/CONTAINER or ACCOUNT/CONTAINER/PREFIX. */
static int
take_place(struct gv_store_azure *a, const char *place)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	struct gv_buf home = GV_BUF_INIT;
	size_t n = strspn(place, letters), m = 0;
	const char *box = place + n + (place[n] == '/');
	int r;

	m = strspn(box, letters);
	if (n < 3 || n > 24 || place[n] != '/' || m < 3 || m > 63 ||
	    (box[m] && box[m] != '/') ||
	    (box[m] && box[m + 1] &&
		!gv_store_wire_prefix(&a->wire, box + m + 1)))
		return gv_err(GV_EREFUSED,
		    "'azure://%.*s' is not the address of a container: "
		    "azure://ACCOUNT/CONTAINER/PREFIX, in small letters, "
		    "digits and '-'",
		    (int)strcspn(place, ":@?"), place);
	gv_buf_add(&a->account, place, n);
	gv_buf_add(&a->container, box, m);
	gv_buf_add(&home, place, (size_t)(box + m - place));
	r = gv_buf_check(&home);
	if (r == 0)
		r = gv_store_wire_url(&a->wire, home.p);
	gv_buf_release(&home);
	return r;
}

/* Where the connection string or the environment have another endpoint. */
static int
set_address(struct gv_store_azure *a)
{
	const char *given = a->wire.store->opts.endpoint;
	const char *all = gv_env_get("AZURE_STORAGE_CONNECTION_STRING");
	struct gv_store_azure_piece piece;

	if (given)
		gv_buf_addstr(&a->wire.base, given);
	else if (all && gv_store_azure_find(&piece, all, "BlobEndpoint"))
		gv_buf_add(&a->wire.base, piece.p, piece.len);
	else
		gv_buf_addf(&a->wire.base, "https://%s.blob.core.windows.net",
		    a->account.p);
	return gv_store_wire_open(&a->wire);
}

static int sign(void *self, struct gv_store_ask *ask);

/* Nothing of Azure's redirects. */
static bool
is_same(void *self, const char *host)
{
	(void)self;
	(void)host;
	return false;
}

static int
azure_open(void **out, struct gv_store *store, const char *place)
{
	struct gv_store_azure *a = calloc(1, sizeof(*a));
	int r;

	if (a == NULL)
		return gv_err_nomem();
	*out = a;
	a->account = a->container = (struct gv_buf)GV_BUF_INIT;
	a->wire = (struct gv_store_wire){ .store = store,
		.base = GV_BUF_INIT,
		.host = GV_BUF_INIT,
		.prefix = GV_BUF_INIT,
		.self = a,
		.sign = sign,
		.is_same = is_same,
		.hint = "check AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, "
			"and what it may do in this container" };
	if ((r = take_place(a, place)) < 0)
		return r;
	if (store->opts.sse || store->opts.sse_key)
		return gv_err(GV_EREFUSED,
		    "%s: encryption is a setting of the account there",
		    store->url);
	store->promises |= GV_STORE_CREATES | GV_STORE_REPLACES |
	    GV_STORE_HASHES | GV_STORE_LOCKS;
	store->is_probed = true;
	return set_address(a);
}

/* ---- credentials ---- */

static int
keep_sas(struct gv_store_azure *a, const char *text, size_t len)
{
	int r;

	if (len && *text == '?') {
		text++;
		len--;
	}
	r = gv_secret_add(&a->sas, text, len);
	return r < 0 ? r : gv_secret_add(&a->sas, "", 1);
}

static int
keep_key(struct gv_store_azure *a, const char *text, size_t len)
{
	int64_t n;
	int r = gv_secret_grow(&a->key, len / 4 * 3 + 3);

	if (r < 0)
		return r;
	n = gv_enc_unbase64_to(a->key.p, text, len);
	if (n <= 0)
		return gv_err(GV_ENOKEY,
		    "the key of the account %s is no base64; copy it again",
		    a->account.p);
	a->key.len = (size_t)n;
	return 0;
}

/* The key of another account opens nothing here. */
static int
check_account(const struct gv_store_azure *a, const char *name, size_t len)
{
	if (len == a->account.len && memcmp(name, a->account.p, len) == 0)
		return 0;
	return gv_err(GV_ENOKEY,
	    "the credentials in the environment are of the account '%.*s', and "
	    "%s is of '%s'",
	    (int)(len < 64 ? len : 64), name, a->wire.store->url, a->account.p);
}

static int
take_string(struct gv_store_azure *a, const char *all)
{
	struct gv_store_azure_piece p;
	int r = 0;

	if (gv_store_azure_find(&p, all, "AccountName"))
		r = check_account(a, p.p, p.len);
	if (r == 0 && gv_store_azure_find(&p, all, "AccountKey"))
		return keep_key(a, p.p, p.len);
	if (r == 0 && gv_store_azure_find(&p, all, "SharedAccessSignature"))
		return keep_sas(a, p.p, p.len);
	return r;
}

static int
find(struct gv_store_azure *a)
{
	const char *name = gv_env_get("AZURE_STORAGE_ACCOUNT");
	const char *key = gv_env_get("AZURE_STORAGE_KEY");
	const char *sas = gv_env_get("AZURE_STORAGE_SAS_TOKEN");
	const char *all = gv_env_get("AZURE_STORAGE_CONNECTION_STRING");
	int r = 0;

	if (name && (key || sas))
		r = check_account(a, name, strlen(name));
	if (r == 0 && sas)
		r = keep_sas(a, sas, strlen(sas));
	else if (r == 0 && key)
		r = keep_key(a, key, strlen(key));
	else if (r == 0 && all)
		r = take_string(a, all);
	if (r < 0)
		return r;
	if (a->key.len == 0 && a->sas.len == 0)
		return gv_err(GV_ENOKEY,
		    "no credentials for %s: set AZURE_STORAGE_KEY, "
		    "AZURE_STORAGE_SAS_TOKEN or "
		    "AZURE_STORAGE_CONNECTION_STRING",
		    a->wire.store->url);
	a->has_key = true;
	return 0;
}

/* ---- requests ---- */

static int
sign(void *self, struct gv_store_ask *ask)
{
	struct gv_store_azure *a = self;
	const char *path = a->wire.base.p, *slash;
	unsigned char sum[GV_SHA_BYTES];
	struct gv_buf text = GV_BUF_INIT, date = GV_BUF_INIT;
	int r = a->has_key ? 0 : find(a);

	if (r < 0)
		return r;
	gv_store_form_date(&date, gv_clock_now().tv_sec);
	if (date.len < sizeof(ask->stamp))
		memcpy(ask->stamp, date.p, date.len + 1);
	gv_buf_release(&date);
	gv_store_ask_field(ask, "x-ms-date", ask->stamp);
	gv_store_ask_field(ask, "x-ms-version", API);
	if (a->sas.len) {
		ask->secret_query = (const char *)a->sas.p;
		return 0;
	}
	/* a server of one's own has the account in the path, too */
	slash = strchr(strstr(path, "://") + 3, '/');
	gv_buf_addf(
	    &text, "/%s%s%s", a->account.p, slash ? slash : "", ask->path.p);
	r = gv_store_azure_text(&ask->hold_text, ask, text.p);
	if (r == 0)
		r = gv_buf_check(&text);
	gv_buf_release(&text);
	if (r < 0)
		return r;
	gv_sha_hmac(
	    sum, a->key.p, a->key.len, ask->hold_text.p, ask->hold_text.len);
	gv_buf_reset(&ask->hold_text);
	gv_buf_addf(&ask->hold_text, "SharedKey %s:", a->account.p);
	gv_enc_base64(&ask->hold_text, sum, sizeof(sum));
	gv_store_ask_field(ask, "authorization", ask->hold_text.p);
	return gv_buf_check(&ask->hold_text);
}

void
gv_store_azure_ask(struct gv_store_ask *ask, struct gv_store_azure *a,
    const char *method, const char *name)
{
	gv_store_ask_init(ask, &a->wire, method, name);
	gv_buf_addf(&ask->path, "/%s", a->container.p);
	if (*name) {
		gv_buf_addch(&ask->path, '/');
		gv_http_escape(&ask->path, a->wire.prefix.p, true);
		gv_http_escape(&ask->path, name, true);
	}
}

static int
azure_get(void *self, const char *name, uint64_t at, uint64_t len,
    const struct gv_store_sink *sink)
{
	struct gv_store_ask ask;

	gv_store_azure_ask(&ask, self, "GET", name);
	return gv_store_ask_get(&ask, at, len, sink);
}

static int
azure_stat(void *self, struct gv_store_stat *out, const char *name)
{
	struct gv_store_ask ask;

	gv_store_azure_ask(&ask, self, "HEAD", name);
	return gv_store_ask_stat(out, &ask);
}

static int
azure_remove(void *self, const char *name)
{
	struct gv_store_ask ask;

	gv_store_azure_ask(&ask, self, "DELETE", name);
	return gv_store_ask_delete(&ask);
}

/* ---- writing ---- */

/* What goes with the blob, whichever way it is sent. */
struct extra {
	struct gv_buf condition, until;
};

static int
send_blob(struct gv_store_ask *ask, struct gv_store_azure *a, unsigned flags,
    const char *etag)
{
	const struct gv_store_opts *o = &a->wire.store->opts;
	struct extra e = { GV_BUF_INIT, GV_BUF_INIT };
	int r;

	ask->is_conditional = (flags & (GV_STORE_NEW | GV_STORE_SAME)) != 0;
	gv_store_ask_field(ask, "content-type", "application/octet-stream");
	if (flags & GV_STORE_SAME)
		gv_buf_addf(&e.condition, "\"%s\"", etag);
	if (flags & GV_STORE_NEW)
		gv_store_ask_field(ask, "if-none-match", "*");
	else if (flags & GV_STORE_SAME)
		gv_store_ask_field(ask, "if-match", e.condition.p);
	if (o->storage_class)
		gv_store_ask_field(ask, "x-ms-access-tier", o->storage_class);
	if ((flags & GV_STORE_LOCK) && o->lock_mode) {
		gv_store_form_date(&e.until, o->lock_until);
		gv_store_ask_field(
		    ask, "x-ms-immutability-policy-until-date", e.until.p);
		gv_store_ask_field(ask, "x-ms-immutability-policy-mode",
		    strcmp(o->lock_mode, "COMPLIANCE") == 0 ? "locked"
							    : "unlocked");
	}
	r = gv_buf_check(&e.condition);
	if (r == 0)
		r = gv_buf_check(&e.until);
	if (r == 0)
		r = gv_store_ask_send(ask, "store");
	a->wire.store->is_unsure = ask->is_unsure;
	gv_buf_release(&e.condition);
	gv_buf_release(&e.until);
	return r;
}

static int
put_whole(struct gv_store_azure *a, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag)
{
	struct gv_store_ask ask;
	int r;

	gv_store_azure_ask(&ask, a, "PUT", name);
	gv_store_ask_field(&ask, "x-ms-blob-type", "BlockBlob");
	ask.body = body;
	r = send_blob(&ask, a, flags, etag);
	if (r == 0)
		*out = ask.stat;
	gv_store_ask_release(&ask);
	return r;
}

/* Ids of blocks have one length; they are of this body, so that two writers at
 * once do not take each other's blocks. */
static void
add_id(struct gv_buf *out, const unsigned char nonce[8], unsigned number)
{
	unsigned char id[12];

	memcpy(id, nonce, 8);
	id[8] = (unsigned char)(number >> 24);
	id[9] = (unsigned char)(number >> 16);
	id[10] = (unsigned char)(number >> 8);
	id[11] = (unsigned char)number;
	gv_enc_base64(out, id, sizeof(id));
}

static int
put_block(struct gv_store_azure *a, const char *name,
    const struct gv_store_body *body, const char *id)
{
	struct gv_store_ask ask;
	int r;

	gv_store_azure_ask(&ask, a, "PUT", name);
	gv_buf_addstr(&ask.query, "blockid=");
	gv_http_escape(&ask.query, id, false);
	gv_buf_addstr(&ask.query, "&comp=block");
	gv_store_ask_field(&ask, "content-type", "application/octet-stream");
	ask.body = body;
	r = gv_store_ask_send(&ask, "store");
	gv_store_ask_release(&ask);
	return r;
}

static int
put_blocks(struct gv_store_azure *a, struct gv_buf *list, const char *name,
    const struct gv_store_body *body)
{
	const uint64_t size = gv_store_part(a->wire.store);
	struct gv_store_body part = *body;
	struct gv_buf id = GV_BUF_INIT;
	unsigned char nonce[8];
	uint64_t done;
	unsigned number = 0;
	int r = gv_clock_random(nonce, sizeof(nonce));

	part.sha256 = NULL;
	gv_buf_addstr(list, "<?xml version=\"1.0\"?><BlockList>");
	for (done = 0; r == 0 && done < body->len; done += part.len) {
		part.at = body->at + done;
		part.len = body->len - done < size ? body->len - done : size;
		gv_buf_reset(&id);
		add_id(&id, nonce, number++);
		if ((r = gv_buf_check(&id)) == 0)
			r = put_block(a, name, &part, id.p);
		gv_buf_addf(list, "<Latest>%s</Latest>", id.p);
	}
	gv_buf_addstr(list, "</BlockList>");
	gv_buf_release(&id);
	return r < 0 ? r : gv_buf_check(list);
}

static int
put_large(struct gv_store_azure *a, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag)
{
	struct gv_store_body all = { .fd = -1 };
	struct gv_buf list = GV_BUF_INIT;
	struct gv_store_ask ask;
	int r = put_blocks(a, &list, name, body);

	all.bytes = list.p;
	all.len = list.len;
	gv_store_azure_ask(&ask, a, "PUT", name);
	gv_buf_addstr(&ask.query, "comp=blocklist");
	ask.body = &all;
	if (r == 0)
		r = send_blob(&ask, a, flags, etag);
	if (r == 0)
		*out = ask.stat;
	gv_store_ask_release(&ask);
	gv_buf_release(&list);
	return r;
}

static int
azure_put(void *self, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag)
{
	struct gv_store_azure *a = self;
	const uint64_t size = gv_store_part(a->wire.store);
	int r;

	if (body->len > size * BLOCKS_MAX)
		return gv_err(GV_EREFUSED,
		    "%s is too large for %s: at most %llu bytes", name,
		    a->wire.store->url, (unsigned long long)size * BLOCKS_MAX);
	if (body->len > size)
		r = put_large(a, out, name, body, flags, etag);
	else
		r = put_whole(a, out, name, body, flags, etag);
	if (r == 0)
		out->bytes = body->len;
	return r;
}

/* ---- listing ---- */

static int
take_key(void *ctx, const char *key, const struct gv_store_stat *stat)
{
	return gv_store_listing_take(ctx, key, stat);
}

static int
list_page(struct gv_store_azure *a, struct gv_store_listing *l,
    struct gv_store_xml_page *page)
{
	struct gv_store_ask ask;
	int r;

	gv_store_azure_ask(&ask, a, "GET", "");
	gv_buf_addstr(&ask.query, "comp=list");
	if (page->next.len) {
		gv_buf_addstr(&ask.query, "&marker=");
		gv_http_escape(&ask.query, page->next.p, false);
	}
	gv_buf_addstr(&ask.query, "&prefix=");
	gv_http_escape(&ask.query, a->wire.prefix.p, false);
	gv_http_escape(&ask.query, l->prefix, false);
	gv_buf_addstr(&ask.query, "&restype=container");
	r = gv_store_ask_send(&ask, "read");
	if (r == 0)
		r = gv_store_xml_list(page, GV_STORE_XML_AZURE,
		    ask.reply.body.p, ask.reply.body.len, take_key, l);
	if (r == GV_ECORRUPT && !l->has_failed)
		r = gv_store_ask_odd(&ask, "is damaged or cut off");
	gv_store_ask_release(&ask);
	return r;
}

static int
azure_list(void *self, const char *prefix, const char *after,
    gv_store_list_fn *fn, void *ctx)
{
	struct gv_store_azure *a = self;
	struct gv_store_listing l = { &a->wire, prefix, after, fn, ctx,
		GV_BUF_INIT, false, 0, 0, 0 };
	struct gv_store_xml_page page = GV_STORE_XML_PAGE_INIT;
	int r;

	do
		r = list_page(a, &l, &page);
	while (r == 0 && page.has_more && (r = gv_store_listing_page(&l)) == 0);
	gv_buf_release(&page.next);
	gv_buf_release(&l.last);
	return r;
}

const struct gv_store_kind gv_store_azure_kind = { "azure://", azure_open,
	azure_close, azure_put, azure_get, azure_stat, azure_list, azure_remove,
	gv_store_azure_version_list, gv_store_azure_version_erase,
	GV_STORE_SHOWS };
