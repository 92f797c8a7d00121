#include "store/store_bucket.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "net/profile.h"
#include "net/sigv4.h"
#include "store/store_form.h"
#include "store/store_xml.h"
#include "sys/clock.h"
#include "sys/env.h"

/*
 * Amazon S3 and all that speaks as it does. Google's interface of that kind
 * has its own names for the fields and its own condition; it takes an object of
 * any size in one request.
 */

#define NO_BODY                                                                \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* ---- opening ---- */

static void
s3_close(void *self)
{
	struct gv_store_bucket *s = self;

	gv_store_wire_release(&s->wire);
	gv_store_aws_release(&s->key);
	gv_buf_release(&s->bucket);
	gv_buf_release(&s->region);
	free(s);
}

static bool
is_made_of(const char *text, size_t len, const char *more)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') ||
			(text[i] >= 'A' && text[i] <= 'Z') ||
			(text[i] >= '0' && text[i] <= '9') ||
			strchr(more, text[i])))
			return false;
	return len > 0;
}

/* BUCKET or BUCKET/PREFIX. */
static int
take_place(struct gv_store_bucket *s, const char *place)
{
	struct gv_store *store = s->wire.store;
	size_t n = strcspn(place, "/");

	if (!is_made_of(place, n, "._-") || n < 3 || n > 63 || *place == '.' ||
	    *place == '-' ||
	    (place[n] && place[n + 1] &&
		!gv_store_wire_prefix(&s->wire, place + n + 1)))
		return gv_err(GV_EREFUSED,
		    "'%s%.*s' is not the address of a bucket: %sBUCKET/PREFIX, "
		    "in letters, digits and '._-'",
		    store->kind->scheme, (int)strcspn(place, ":@?"), place,
		    store->kind->scheme);
	gv_buf_add(&s->bucket, place, n);
	return gv_store_wire_url(&s->wire, s->bucket.p);
}

static const char *
first_of(const char *a, const char *b, const char *c, const struct gv_buf *d)
{
	if (a == NULL)
		a = b ? gv_env_get(b) : NULL;
	if (a == NULL)
		a = c ? gv_env_get(c) : NULL;
	return a == NULL && d && d->len ? d->p : a;
}

static void
set_amazon(struct gv_store_bucket *s)
{
	const char *end = strncmp(s->region.p, "cn-", 3) == 0
	    ? "amazonaws.com.cn"
	    : "amazonaws.com";

	s->is_amazon = true;
	/* a certificate for one label does not cover two */
	s->is_virtual = strchr(s->bucket.p, '.') == NULL;
	gv_buf_addf(&s->wire.base, "https://%s%ss3.%s.%s",
	    s->is_virtual ? s->bucket.p : "", s->is_virtual ? "." : "",
	    s->region.p, end);
	s->wire.store->promises |= GV_STORE_CREATES | GV_STORE_REPLACES;
	s->wire.store->is_probed = true;
}

static int
set_address(
    struct gv_store_bucket *s, const struct gv_store_aws_profile *profile)
{
	struct gv_store_opts *o = &s->wire.store->opts;
	const char *endpoint = first_of(o->endpoint, "AWS_ENDPOINT_URL_S3",
	    "AWS_ENDPOINT_URL", &profile->endpoint);
	const char *region = first_of(
	    o->region, "AWS_REGION", "AWS_DEFAULT_REGION", &profile->region);

	gv_buf_addstr(&s->region, region ? region : "us-east-1");
	if (!is_made_of(s->region.p, s->region.len, "-"))
		return gv_err(
		    GV_EREFUSED, "'%.64s' is not a region of S3", s->region.p);
	s->wire.store->promises |= GV_STORE_HASHES | GV_STORE_LOCKS;
	if (endpoint)
		gv_buf_addstr(&s->wire.base, endpoint);
	else
		set_amazon(s);
	return gv_buf_check(&s->region);
}

static int
set_google(struct gv_store_bucket *s)
{
	const struct gv_store_opts *o = &s->wire.store->opts;

	if (o->lock_mode || (o->sse && o->sse_key == NULL))
		return gv_err(GV_EREFUSED,
		    "%s: locks and encryption are settings of the bucket "
		    "there; only a key (sse_key) can be given",
		    s->wire.store->url);
	gv_buf_addstr(&s->region, "auto");
	gv_buf_addstr(&s->wire.base,
	    o->endpoint ? o->endpoint : "https://storage.googleapis.com");
	s->wire.store->promises |=
	    GV_STORE_CREATES | GV_STORE_REPLACES | GV_STORE_HASHES;
	s->wire.store->is_probed = true;
	return gv_buf_check(&s->region);
}

static int sign(void *self, struct gv_store_ask *ask);
static bool is_same(void *self, const char *host);
static int renew(void *self);

/* Credentials are looked for when the first request is signed. */
static int
open_place(struct gv_store_bucket *s, const char *place)
{
	struct gv_store_opts *o = &s->wire.store->opts;
	struct gv_store_aws_profile profile;
	struct gv_store_aws unused = GV_STORE_AWS_INIT;
	const char *ca;
	int r = take_place(s, place);

	if (r < 0)
		return r;
	if (s->is_google)
		return (r = set_google(s)) < 0 ? r
					       : gv_store_wire_open(&s->wire);
	r = gv_store_aws_profile_load(&profile, &unused, o);
	gv_store_aws_release(&unused);
	if (r == 0)
		r = set_address(s, &profile);
	ca = o->ca;
	if (r == 0) {
		o->ca = first_of(ca, "AWS_CA_BUNDLE", NULL, &profile.ca);
		r = gv_store_wire_open(&s->wire);
	}
	o->ca = ca;
	gv_store_aws_profile_release(&profile);
	return r;
}

static int
open_either(
    void **out, struct gv_store *store, const char *place, bool is_google)
{
	struct gv_store_bucket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return gv_err_nomem();
	*out = s;
	s->is_google = is_google;
	s->key = (struct gv_store_aws)GV_STORE_AWS_INIT;
	s->bucket = s->region = (struct gv_buf)GV_BUF_INIT;
	s->wire = (struct gv_store_wire){ .store = store,
		.base = GV_BUF_INIT,
		.host = GV_BUF_INIT,
		.prefix = GV_BUF_INIT,
		.self = s,
		.sign = sign,
		.is_same = is_same,
		.renew = renew,
		.hint = is_google
		    ? "check the HMAC key in GS_ACCESS_KEY_ID or ~/.boto, and "
		      "what it may do in this bucket"
		    : "check the credentials (AWS_ACCESS_KEY_ID, or the "
		      "profile), and what they may do in this bucket" };
	return open_place(s, place);
}

static int
s3_open(void **out, struct gv_store *store, const char *place)
{
	return open_either(out, store, place, false);
}

static int
gs_open(void **out, struct gv_store *store, const char *place)
{
	return open_either(out, store, place, true);
}

/* ---- credentials ---- */

static int
take_google(
    void *ctx, struct gv_profile_piece name, struct gv_profile_piece value)
{
	struct gv_store_aws *key = ctx;

	if (gv_profile_is(name, "gs_access_key_id"))
		return gv_profile_keep(&key->id, value);
	if (gv_profile_is(name, "gs_secret_access_key"))
		return gv_profile_keep(&key->secret, value);
	return 0;
}

/* An HMAC key, from where gsutil and boto have it. */
static int
find_google(struct gv_store_aws *key)
{
	const char *id = gv_env_get("GS_ACCESS_KEY_ID");
	const char *secret = gv_env_get("GS_SECRET_ACCESS_KEY");
	const char *file = gv_env_get("BOTO_CONFIG");
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_store_aws_release(key);
	if (id && secret) {
		r = gv_secret_add(&key->id, id, strlen(id) + 1);
		if (r == 0)
			r = gv_secret_add(
			    &key->secret, secret, strlen(secret) + 1);
		return r;
	}
	if ((r = gv_env_expand(&path, file ? file : "~/.boto")) == 0 &&
	    (r = gv_profile_load(&text, path.p)) == 0)
		r = gv_profile_each(
		    text.p, text.len, "Credentials", take_google, key);
	gv_secret_release(&text);
	gv_buf_release(&path);
	if (r < 0 && r != GV_ENOTFOUND)
		return r;
	if (key->id.len && key->secret.len)
		return 0;
	return gv_err(GV_ENOKEY,
	    "no credentials for Google's storage: set GS_ACCESS_KEY_ID and "
	    "GS_SECRET_ACCESS_KEY to an HMAC key, or put it into ~/.boto");
}

static int
find(struct gv_store_bucket *s)
{
	int r = s->is_google ? find_google(&s->key)
			     : gv_store_aws_find(&s->key, &s->wire.store->opts);

	s->has_key = r == 0;
	return r;
}

static int
renew(void *self)
{
	int r = find(self);

	return r < 0 ? r : 1;
}

/* ---- requests ---- */

/* All fields are signed, and the host that only libcurl writes. */
static int
sign(void *self, struct gv_store_ask *ask)
{
	struct gv_store_bucket *s = self;
	struct gv_sigv4_field fields[GV_SIGV4_FIELDS_MAX];
	struct gv_sigv4_key key;
	struct gv_buf host = GV_BUF_INIT;
	struct gv_sigv4 what = { .method = ask->method,
		.path = ask->path.p,
		.query = ask->query.p,
		.region = s->region.p,
		.service = s->is_google ? "storage" : "s3",
		.now = gv_clock_now().tv_sec,
		.fields = fields,
		.sum = ask->sum ? ask->sum : NO_BODY,
		.is_google = s->is_google };
	int r;

	/* a minute before they end they are of no use */
	if (!s->has_key || (s->key.expires && s->key.expires < what.now + 60))
		if ((r = find(s)) < 0)
			return r;
	key = (struct gv_sigv4_key){ (const char *)s->key.id.p, s->key.secret.p,
		s->key.secret.len - 1 };
	gv_time_compact(ask->stamp, what.now);
	gv_store_ask_field(
	    ask, s->is_google ? "x-goog-date" : "x-amz-date", ask->stamp);
	gv_store_ask_field(ask,
	    s->is_google ? "x-goog-content-sha256" : "x-amz-content-sha256",
	    what.sum);
	if (s->key.token.len)
		gv_store_ask_field(
		    ask, "x-amz-security-token", (const char *)s->key.token.p);
	r = gv_http_host(&host, ask->moved.len ? ask->moved.p : s->wire.base.p);
	for (; what.n < ask->n; what.n++)
		fields[what.n] =
		    (struct gv_sigv4_field){ ask->fields[what.n].name,
			    ask->fields[what.n].value };
	fields[what.n++] = (struct gv_sigv4_field){ "host", host.p };
	if (r == 0)
		r = gv_sigv4_authorize(&ask->hold_text, &what, &key);
	gv_store_ask_field(ask, "authorization", ask->hold_text.p);
	gv_buf_release(&host);
	return r;
}

/* A redirection stays with the provider: with Amazon anywhere in its domain, of
 * others below the host that was named. */
static bool
is_same(void *self, const char *host)
{
	struct gv_store_bucket *s = self;
	const char *home = s->wire.host.p;
	size_t len = strlen(host), n;

	if (s->is_amazon)
		home = strstr(home, "amazonaws.com");
	n = home ? strlen(home) : 0;
	if (n == 0 || len < n || strcmp(host + len - n, home) != 0)
		return false;
	return len == n || host[len - n - 1] == '.';
}

void
gv_store_bucket_ask(struct gv_store_ask *ask, struct gv_store_bucket *s,
    const char *method, const char *name)
{
	gv_store_ask_init(ask, &s->wire, method, name);
	gv_buf_addch(&ask->path, '/');
	if (!s->is_virtual) {
		gv_buf_addstr(&ask->path, s->bucket.p);
		if (*name)
			gv_buf_addch(&ask->path, '/');
	}
	if (*name) {
		gv_http_escape(&ask->path, s->wire.prefix.p, true);
		gv_http_escape(&ask->path, name, true);
	}
}

static int
s3_get(void *self, const char *name, uint64_t at, uint64_t len,
    const struct gv_store_sink *sink)
{
	struct gv_store_ask ask;

	gv_store_bucket_ask(&ask, self, "GET", name);
	return gv_store_ask_get(&ask, at, len, sink);
}

/* Where only one part of an object was stored at once, its ETag is its MD5,
 * unless a key of a service encrypts it, which Amazon's buckets may do unasked.
 */
static void
add_md5(const struct gv_store_bucket *s, struct gv_store_stat *stat)
{
	if (!s->is_amazon && !s->is_google && strlen(stat->etag) == 32 &&
	    (s->wire.store->opts.sse == NULL ||
		strcmp(s->wire.store->opts.sse, "AES256") == 0))
		gv_store_form_md5_hex(stat, stat->etag);
}

static int
s3_stat(void *self, struct gv_store_stat *out, const char *name)
{
	struct gv_store_bucket *s = self;
	struct gv_store_ask ask;
	int r;

	gv_store_bucket_ask(&ask, s, "HEAD", name);
	if (!s->is_google)
		gv_store_ask_field(&ask, "x-amz-checksum-mode", "ENABLED");
	if ((r = gv_store_ask_stat(out, &ask)) == 0)
		add_md5(s, out);
	return r;
}

static int
s3_remove(void *self, const char *name)
{
	struct gv_store_ask ask;

	gv_store_bucket_ask(&ask, self, "DELETE", name);
	return gv_store_ask_delete(&ask);
}

/* ---- listing ---- */

struct listing {
	struct gv_store_bucket *s;
	struct gv_store_listing l;
};

static int
take_key(void *ctx, const char *key, const struct gv_store_stat *stat)
{
	struct listing *l = ctx;
	struct gv_store_stat with = *stat;

	add_md5(l->s, &with);
	return gv_store_listing_take(&l->l, key, &with);
}

static int
list_page(struct listing *l, struct gv_store_xml_page *page)
{
	const char *prefix = l->s->wire.prefix.p;
	struct gv_store_ask ask;
	int r;

	gv_store_bucket_ask(&ask, l->s, "GET", "");
	gv_buf_addstr(&ask.query, "encoding-type=url&list-type=2");
	if (page->next.len) {
		gv_buf_addstr(&ask.query, "&continuation-token=");
		gv_http_escape(&ask.query, page->next.p, false);
	} else if (*l->l.after) {
		gv_buf_addstr(&ask.query, "&start-after=");
		gv_http_escape(&ask.query, prefix, false);
		gv_http_escape(&ask.query, l->l.after, false);
	}
	gv_buf_addstr(&ask.query, "&prefix=");
	gv_http_escape(&ask.query, prefix, false);
	gv_http_escape(&ask.query, l->l.prefix, false);
	r = gv_store_ask_send(&ask, "read");
	if (r == 0)
		r = gv_store_xml_list(page, GV_STORE_XML_S3, ask.reply.body.p,
		    ask.reply.body.len, take_key, l);
	if (r == GV_ECORRUPT && !l->l.has_failed)
		r = gv_store_ask_odd(&ask, "is damaged or cut off");
	gv_store_ask_release(&ask);
	return r;
}

static int
s3_list(void *self, const char *prefix, const char *after, gv_store_list_fn *fn,
    void *ctx)
{
	struct gv_store_bucket *s = self;
	struct listing l = { s,
		{ &s->wire, prefix, after, fn, ctx, GV_BUF_INIT, false, 0, 0,
		    0 } };
	struct gv_store_xml_page page = GV_STORE_XML_PAGE_INIT;
	int r;

	do
		r = list_page(&l, &page);
	while (
	    r == 0 && page.has_more && (r = gv_store_listing_page(&l.l)) == 0);
	gv_buf_release(&page.next);
	gv_buf_release(&l.l.last);
	return r;
}

const struct gv_store_kind gv_store_bucket_kind = { "s3://", s3_open, s3_close,
	gv_store_bucket_put, s3_get, s3_stat, s3_list, s3_remove,
	gv_store_bucket_version_list, gv_store_bucket_version_erase,
	GV_STORE_GONE };
const struct gv_store_kind gv_store_gs_kind = { "gs://", gs_open, s3_close,
	gv_store_bucket_put, s3_get, s3_stat, s3_list, s3_remove,
	gv_store_bucket_version_list, gv_store_bucket_version_erase,
	GV_STORE_UNSEEN };
