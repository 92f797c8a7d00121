#include "store/store_bucket.h"

#include <string.h>

#include "base/err.h"
#include "store/store_xml.h"
#include "sys/clock.h"

/*
 * A bucket with versions hides an object that is deleted and keeps its bytes.
 * What is to be gone is deleted version by version. A lock is one of versions,
 * too: a delete without one only hides the object.
 */

#define PAGES 100000 /* of a list that goes round and round */

struct listing {
	struct gv_store_bucket *s;
	const char *prefix;
	gv_store_version_fn *fn;
	void *ctx;
	bool has_failed; /* with a message */
};

static int
take(void *ctx, const struct gv_store_version *version)
{
	struct listing *l = ctx;
	const struct gv_buf *home = &l->s->wire.prefix;
	struct gv_store_version v = *version;
	int r;

	if (strncmp(v.name, home->p, home->len) != 0)
		return 0;
	v.name += home->len;
	if (strncmp(v.name, l->prefix, strlen(l->prefix)) != 0 ||
	    !gv_store_is_name(v.name))
		return 0;
	r = l->fn(l->ctx, &v);
	l->has_failed = r != 0;
	return r;
}

static void
add_query(struct gv_store_ask *ask, const struct listing *l,
    const struct gv_store_xml_versions *page)
{
	const bool is_google = l->s->is_google;

	if (page->key.len) {
		gv_buf_addstr(
		    &ask->query, is_google ? "marker=" : "key-marker=");
		gv_http_escape(&ask->query, page->key.p, false);
		gv_buf_addch(&ask->query, '&');
	}
	if (page->id.len && is_google) {
		gv_buf_addstr(&ask->query, "generation-marker=");
		gv_http_escape(&ask->query, page->id.p, false);
		gv_buf_addch(&ask->query, '&');
	}
	gv_buf_addstr(&ask->query, "encoding-type=url&prefix=");
	gv_http_escape(&ask->query, l->s->wire.prefix.p, false);
	gv_http_escape(&ask->query, l->prefix, false);
	if (page->id.len && !is_google) {
		gv_buf_addstr(&ask->query, "&version-id-marker=");
		gv_http_escape(&ask->query, page->id.p, false);
	}
	gv_buf_addstr(&ask->query, "&versions=");
}

static int
list_page(struct listing *l, struct gv_store_xml_versions *page, bool *is_told)
{
	struct gv_store_ask ask;
	int r;

	gv_store_bucket_ask(&ask, l->s, "GET", "");
	add_query(&ask, l, page);
	r = gv_store_ask_send(&ask, "read the versions in");
	/* who may not list versions, and a server that has none */
	*is_told = r == 0 || ask.reply.status / 100 != 4;
	if (ask.reply.status == 501)
		*is_told = false;
	if (r == 0)
		r = gv_store_xml_versions(
		    page, ask.reply.body.p, ask.reply.body.len, take, l);
	if (r == GV_ECORRUPT && !l->has_failed)
		r = gv_store_ask_odd(&ask, "is damaged or cut off");
	gv_store_ask_release(&ask);
	return r;
}

int
gv_store_bucket_version_list(void *self, bool *sees_all, const char *prefix,
    gv_store_version_fn *fn, void *ctx)
{
	struct listing l = { self, prefix, fn, ctx, false };
	struct gv_store_xml_versions page = GV_STORE_XML_VERSIONS_INIT;
	bool is_told = true;
	unsigned n = 0;
	int r;

	do
		r = list_page(&l, &page, &is_told);
	while (r == 0 && page.has_more && !page.is_list && ++n < PAGES);
	if (r == 0 && page.has_more && !page.is_list)
		r = gv_err(GV_ECORRUPT, "%s lists its versions without an end",
		    gv_store_url(l.s->wire.store));
	/* the objects alone, if nothing was reported yet */
	if (n == 0 && ((r < 0 && !is_told) || (r == 0 && page.is_list))) {
		/* Google knows the question: this answer is not understood */
		*sees_all = r == 0 && !l.s->is_google;
		r = GV_ENOTFOUND;
	}
	gv_buf_release(&page.key);
	gv_buf_release(&page.id);
	return r;
}

static void
add_id(struct gv_store_ask *ask, const struct gv_store_bucket *s,
    const struct gv_store_version *v)
{
	if (*v->id == '\0')
		return;
	gv_buf_addstr(&ask->query, s->is_google ? "generation=" : "versionId=");
	gv_http_escape(&ask->query, v->id, false);
}

/* Why it does not go. That the store does not say is no failure. */
static int
look_at_lock(struct gv_store_stat *lock, struct gv_store_bucket *s,
    const struct gv_store_version *v)
{
	char *message = gv_err_save();
	struct gv_store_ask ask;
	int r;

	gv_store_bucket_ask(&ask, s, "HEAD", v->name);
	add_id(&ask, s, v);
	r = gv_store_ask_send(&ask, "look at");
	if (r == 0)
		*lock = ask.stat;
	gv_store_ask_release(&ask);
	gv_err_restore(message);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

int
gv_store_bucket_version_erase(
    void *self, struct gv_store_stat *lock, const struct gv_store_version *v)
{
	struct gv_store_bucket *s = self;
	struct gv_store_ask ask;
	int r, looked;

	gv_store_bucket_ask(&ask, s, "DELETE", v->name);
	add_id(&ask, s, v);
	r = gv_store_ask_send(&ask, "delete");
	gv_store_ask_release(&ask);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r != GV_EREFUSED && r != GV_ENOKEY)
		return r;
	looked = look_at_lock(lock, s, v);
	if (looked < 0)
		return looked;
	return lock->is_held || lock->locked_until > gv_clock_now().tv_sec
	    ? GV_EREFUSED
	    : r;
}
