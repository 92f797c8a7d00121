#include "store/store_bucket.h"

#include "base/err.h"
#include "store/store_version.h"

/*
 * A bucket with versions hides an object that is deleted and keeps its bytes.
 * What is to be gone is deleted version by version. A lock is one of versions,
 * too: a delete without one only hides the object.
 */

static void
ask_for_page(struct gv_store_ask *ask, const struct gv_store_version_list *l,
    const struct gv_store_xml_versions *page)
{
	struct gv_store_bucket *s = l->wire->self;

	gv_store_bucket_ask(ask, s, "GET", "");
	if (page->key.len) {
		gv_buf_addstr(
		    &ask->query, s->is_google ? "marker=" : "key-marker=");
		gv_http_escape(&ask->query, page->key.p, false);
		gv_buf_addch(&ask->query, '&');
	}
	if (page->id.len && s->is_google) {
		gv_buf_addstr(&ask->query, "generation-marker=");
		gv_http_escape(&ask->query, page->id.p, false);
		gv_buf_addch(&ask->query, '&');
	}
	gv_buf_addstr(&ask->query, "encoding-type=url&prefix=");
	gv_http_escape(&ask->query, s->wire.prefix.p, false);
	gv_http_escape(&ask->query, l->prefix, false);
	if (page->id.len && !s->is_google) {
		gv_buf_addstr(&ask->query, "&version-id-marker=");
		gv_http_escape(&ask->query, page->id.p, false);
	}
	gv_buf_addstr(&ask->query, "&versions=");
}

int
gv_store_bucket_version_list(void *self, bool *sees_all, const char *prefix,
    gv_store_version_fn *fn, void *ctx)
{
	struct gv_store_bucket *s = self;
	/* Google knows the question: another answer is not understood */
	struct gv_store_version_list l = { &s->wire, ask_for_page, prefix, fn,
		ctx, s->is_google, false };

	return gv_store_version_pages(&l, sees_all);
}

static void
ask_of(struct gv_store_ask *ask, struct gv_store_bucket *s, const char *method,
    const struct gv_store_version *v)
{
	gv_store_bucket_ask(ask, s, method, v->name);
	if (*v->id == '\0')
		return;
	gv_buf_addstr(&ask->query, s->is_google ? "generation=" : "versionId=");
	gv_http_escape(&ask->query, v->id, false);
}

int
gv_store_bucket_version_erase(
    void *self, struct gv_store_stat *lock, const struct gv_store_version *v)
{
	struct gv_store_ask ask;
	int r;

	ask_of(&ask, self, "DELETE", v);
	r = gv_store_ask_delete(&ask);
	if (r != GV_EREFUSED && r != GV_ENOKEY)
		return r;
	ask_of(&ask, self, "HEAD", v);
	return gv_store_version_why(r, lock, &ask);
}
