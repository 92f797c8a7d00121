#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/hash.h"
#include "store/store_internal.h"

static const struct gv_store_kind *const kinds[] = { &gv_store_file_kind,
	&gv_store_bucket_kind, &gv_store_gs_kind, &gv_store_azure_kind,
	&gv_store_sftp_kind, &gv_store_dav_kind, &gv_store_rclone_kind };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* ---- addresses and names ---- */

static const struct gv_store_kind *
kind_of(const char *url)
{
	size_t i;

	for (i = 0; i < COUNT(kinds); i++)
		if (strncmp(url, kinds[i]->scheme, strlen(kinds[i]->scheme)) ==
		    0)
			return kinds[i];
	return NULL;
}

bool
gv_store_is_url(const char *url)
{
	return kind_of(url) != NULL;
}

bool
gv_store_is_name(const char *name)
{
	static const char signs[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name), n;

	if (len == 0 || len > GV_STORE_NAME_MAX)
		return false;
	for (;; name += n + 1) {
		n = strspn(name, signs);
		if (n == 0 || *name == '.')
			return false;
		if (name[n] != '/')
			return name[n] == '\0';
	}
}

static int
check_name(const char *name)
{
	if (gv_store_is_name(name))
		return 0;
	return gv_err(GV_EREFUSED,
	    "'%.100s' cannot be the name of an object: letters a-z, digits, "
	    "'.', '_', '-' and '/' only",
	    name);
}

/* ---- opening ---- */

static int
keep(struct gv_store *store, const char **text)
{
	char *copy;

	if (*text == NULL)
		return 0;
	copy = strdup(*text);
	if (copy == NULL)
		return gv_err_nomem();
	*text = store->texts[store->n_texts++] = copy;
	return 0;
}

static int
keep_opts(struct gv_store *store, const struct gv_store_opts *opts)
{
	struct gv_store_opts *o = &store->opts;
	const char **texts[] = { &o->ca, &o->profile, &o->region, &o->endpoint,
		&o->sse, &o->sse_key, &o->storage_class, &o->lock_mode };
	size_t i;
	int r = 0;

	_Static_assert(COUNT(texts) == COUNT(store->texts), "a place for each");
	*o = *opts;
	for (i = 0; r == 0 && i < COUNT(texts); i++)
		r = keep(store, texts[i]);
	store->promises = opts->promises;
	store->is_probed = opts->is_probed;
	return r;
}

/* What was asked for and will not be done is no detail: also of a folder that
 * is not there. */
static int
check_kind(const struct gv_store *store)
{
	const struct gv_store_opts *o = &store->opts;
	const struct gv_store_kind *kind = store->kind;
	const char *what = NULL;

	if (kind == &gv_store_bucket_kind || kind == &gv_store_gs_kind ||
	    kind == &gv_store_azure_kind)
		return 0;
	if (o->sse || o->sse_key)
		what = "encrypt objects";
	else if (o->storage_class)
		what = "keep objects in classes";
	return what ? gv_err(GV_EREFUSED,
			  "a store at %s cannot %s, which its settings ask for",
			  kind->scheme, what)
		    : 0;
}

static int
check_lock(const struct gv_store *store)
{
	return store->opts.lock_mode == NULL || store->promises & GV_STORE_LOCKS
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "%s cannot lock objects, which its settings ask for",
		  store->url);
}

int
gv_store_open(
    struct gv_store **out, const char *url, const struct gv_store_opts *opts)
{
	static const struct gv_store_opts none;
	const struct gv_store_kind *kind = kind_of(url);
	struct gv_store *store;
	int r;

	if (kind == NULL)
		return gv_err(GV_EREFUSED,
		    "'%.*s' is not the address of a store: it begins with "
		    "file://, s3://, gs://, azure://, sftp://, "
		    "https+webdav:// or rclone:",
		    (int)strcspn(url, ":@?"), url);
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return gv_err_nomem();
	store->kind = kind;
	if ((r = keep_opts(store, opts ? opts : &none)) == 0 &&
	    (r = check_kind(store)) == 0 &&
	    (r = kind->open(&store->self, store, url + strlen(kind->scheme))) ==
		0)
		r = check_lock(store);
	if (r < 0)
		gv_store_close(store);
	else
		*out = store;
	return r;
}

void
gv_store_close(struct gv_store *store)
{
	size_t i;

	if (store == NULL)
		return;
	if (store->self)
		store->kind->close(store->self);
	for (i = 0; i < store->n_texts; i++)
		free(store->texts[i]);
	free(store->url);
	free(store);
}

const char *
gv_store_url(const struct gv_store *store)
{
	return store->url;
}

void
gv_store_count(struct gv_store_count *out, const struct gv_store *store)
{
	*out = store->count;
}

/* ---- objects ---- */

/* Who cannot create an object only where there is none looks first. */
static int
look_first(struct gv_store *store, const char *name)
{
	struct gv_store_stat there;
	int r = store->kind->stat(store->self, &there, name);

	if (r == GV_ENOTFOUND)
		return 0;
	return r < 0
	    ? r
	    : gv_err(GV_EEXISTS, "%s already has %s", store->url, name);
}

static int
look_same(struct gv_store *store, const char *name, const char *etag)
{
	struct gv_store_stat there;
	int r = store->kind->stat(store->self, &there, name);

	if (r == GV_ENOTFOUND || (r == 0 && strcmp(there.etag, etag) != 0))
		r = gv_err(
		    GV_EEXISTS, "%s in %s changed meanwhile", name, store->url);
	if (r == 0 && *there.etag == '\0')
		r = gv_err(GV_EREFUSED,
		    "%s cannot replace %s only if it is the same: it does not "
		    "say which version of it there is",
		    store->url, name);
	return r;
}

/* Do what the store does not do by itself, as far as that is possible. */
static int
prepare(
    struct gv_store *store, const char *name, unsigned *flags, const char *etag)
{
	unsigned promises;
	int r;

	if ((*flags & (GV_STORE_NEW | GV_STORE_SAME)) == 0)
		return 0;
	if ((r = gv_store_promises(&promises, store)) < 0)
		return r;
	if ((*flags & GV_STORE_NEW) && (promises & GV_STORE_CREATES) == 0) {
		*flags &= ~(unsigned)GV_STORE_NEW;
		return look_first(store, name);
	}
	if ((*flags & GV_STORE_SAME) == 0 || (promises & GV_STORE_REPLACES))
		return 0;
	/* who knows the one condition may know the other, too */
	if ((promises & GV_STORE_CREATES) == 0)
		*flags &= ~(unsigned)GV_STORE_SAME;
	return look_same(store, name, etag);
}

/* What is there, as far as it is as long as it should be. */
struct comparison {
	struct gv_hash_sha256 h;
	uint64_t left;
};

static int
compare_piece(void *ctx, const void *data, size_t len)
{
	struct comparison *c = ctx;

	if (len > c->left)
		return 1;
	c->left -= len;
	gv_hash_sha256_update(&c->h, data, len);
	return 0;
}

int
gv_store_is_body(
    struct gv_store *store, const char *name, const struct gv_store_body *body)
{
	struct comparison c = { .left = body->len };
	unsigned char want[32], sum[32];
	int r = gv_store_body_sum(want, body);

	if (r < 0)
		return r;
	gv_hash_sha256_init(&c.h);
	r = store->kind->get(store->self, name, 0, UINT64_MAX,
	    &(struct gv_store_sink){ compare_piece, &c });
	gv_hash_sha256_finish(&c.h, sum);
	if (r)
		return r < 0 ? r : 0;
	return c.left == 0 && memcmp(sum, want, sizeof(sum)) == 0;
}

/* An answer was lost, and the attempt after it found the object there. It may
 * be our own. */
static int
settle(struct gv_store_stat *out, struct gv_store *store, const char *name,
    const struct gv_store_body *body)
{
	char *message = gv_err_save();
	int r = gv_store_is_body(store, name, body);

	if (r == 1)
		r = store->kind->stat(store->self, out, name);
	else if (r == 0)
		r = GV_EEXISTS;
	if (r == GV_EEXISTS)
		gv_err_restore(message);
	else
		r = gv_err_settle(r, message);
	return r;
}

int
gv_store_put(struct gv_store_stat *out, struct gv_store *store,
    const char *name, const struct gv_store_body *body, unsigned flags,
    const char *etag)
{
	struct gv_store_stat stat;
	int r = check_name(name);

	if (r == 0)
		r = prepare(store, name, &flags, etag);
	if (r < 0)
		return r;
	store->is_unsure = false;
	r = store->kind->put(store->self, &stat, name, body, flags, etag);
	if (r == GV_EEXISTS && store->is_unsure)
		r = settle(&stat, store, name, body);
	if (r == 0 && out)
		*out = stat;
	return r;
}

int
gv_store_get(struct gv_store *store, const char *name, uint64_t at,
    uint64_t len, const struct gv_store_sink *sink)
{
	int r = check_name(name);

	return r < 0 ? r : store->kind->get(store->self, name, at, len, sink);
}

int
gv_store_stat(
    struct gv_store_stat *out, struct gv_store *store, const char *name)
{
	int r = check_name(name);

	return r < 0 ? r : store->kind->stat(store->self, out, name);
}

int
gv_store_list(struct gv_store *store, const char *prefix, const char *after,
    gv_store_list_fn *fn, void *ctx)
{
	return store->kind->list(
	    store->self, prefix, after ? after : "", fn, ctx);
}

int
gv_store_delete(struct gv_store *store, const char *name)
{
	int r = check_name(name);

	return r < 0 ? r : store->kind->remove(store->self, name);
}

/* ---- versions ---- */

struct plain {
	gv_store_version_fn *fn;
	void *ctx;
};

static int
as_version(void *ctx, const char *name, const struct gv_store_stat *stat)
{
	const struct plain *p = ctx;
	const struct gv_store_version v = {
		.name = name, .id = "", .stat = *stat, .is_current = true
	};

	return p->fn(p->ctx, &v);
}

int
gv_store_versions(bool *sees_all, struct gv_store *store, const char *prefix,
    gv_store_version_fn *fn, void *ctx)
{
	struct plain p = { fn, ctx };
	int r = GV_ENOTFOUND;

	*sees_all = true;
	if (store->kind->versions)
		r = store->kind->versions(
		    store->self, sees_all, prefix, fn, ctx);
	return r == GV_ENOTFOUND
	    ? gv_store_list(store, prefix, NULL, as_version, &p)
	    : r;
}

int
gv_store_erase(struct gv_store_stat *lock, struct gv_store *store,
    const struct gv_store_version *version)
{
	int r = check_name(version->name);

	*lock = (struct gv_store_stat){ 0 };
	if (r < 0)
		return r;
	return store->kind->erase
	    ? store->kind->erase(store->self, lock, version)
	    : store->kind->remove(store->self, version->name);
}

enum gv_store_keeps
gv_store_keeps(const struct gv_store *store)
{
	return store->kind->keeps;
}

bool
gv_store_has_versions(const struct gv_store *store)
{
	return store->kind->versions != NULL;
}

/* ---- promises ---- */

/* The object "probe" is left: who may write here need not be allowed to delete.
 */
static int
probe(struct gv_store *store)
{
	static const char text[] = "git-vault asks whether a store creates "
				   "objects only where there are none\n";
	const struct gv_store_body body = {
		.fd = -1, .bytes = text, .len = sizeof(text) - 1
	};
	struct gv_store_stat stat;
	int r = 0, i;

	for (i = 0; r == 0 && i < 2; i++)
		r = store->kind->put(store->self, &stat, "probe", &body,
		    GV_STORE_NEW | GV_STORE_ALIKE, NULL);
	if (r == GV_EEXISTS)
		store->promises |= GV_STORE_CREATES;
	else if (r < 0 && store->is_probed == false)
		return r;
	store->is_probed = true;
	return 0;
}

int
gv_store_promises(unsigned *out, struct gv_store *store)
{
	int r = store->is_probed ? 0 : probe(store);

	if (r == 0)
		*out = store->promises;
	return r;
}
