#include "store/store_azure.h"

#include <string.h>

#include "base/err.h"
#include "store/store_version.h"

/*
 * A container may keep older versions of a blob, copies of a moment (which
 * Azure calls snapshots) and, where soft delete is on, for some days all that
 * is deleted, these too. The id of one is what a query names it by:
 * "versionid=TIME" or "snapshot=TIME"; a blob that was deleted in an account
 * without versions has none, and nothing ends it before its day.
 *
 * A version that is current cannot be deleted by its id: deleting the blob
 * makes it an older one. What is deleted for good must be deleted before.
 */

static void
ask_for_page(struct gv_store_ask *ask, const struct gv_store_version_list *l,
    const struct gv_store_xml_versions *page)
{
	struct gv_store_azure *a = l->wire->self;

	gv_store_azure_ask(ask, a, "GET", "");
	gv_buf_addstr(
	    &ask->query, "comp=list&include=deleted%2Csnapshots%2Cversions");
	if (page->key.len) {
		gv_buf_addstr(&ask->query, "&marker=");
		gv_http_escape(&ask->query, page->key.p, false);
	}
	gv_buf_addstr(&ask->query, "&prefix=");
	gv_http_escape(&ask->query, a->wire.prefix.p, false);
	gv_http_escape(&ask->query, l->prefix, false);
	gv_buf_addstr(&ask->query, "&restype=container");
}

int
gv_store_azure_version_list(void *self, bool *sees_all, const char *prefix,
    gv_store_version_fn *fn, void *ctx)
{
	struct gv_store_azure *a = self;
	struct gv_store_version_list l = { &a->wire, ask_for_page, prefix, fn,
		ctx, true, false };

	return gv_store_version_pages(&l, sees_all);
}

static void
add_id(struct gv_store_ask *ask, const char *id)
{
	const size_t n = strcspn(id, "=");

	if (*id == '\0')
		return;
	gv_buf_add(&ask->query, id, n);
	gv_buf_addch(&ask->query, '=');
	gv_http_escape(&ask->query, id + n + (id[n] == '='), false);
}

static int
remove_one(
    struct gv_store_azure *a, const struct gv_store_version *v, const char *id)
{
	struct gv_store_ask ask;

	gv_store_azure_ask(&ask, a, "DELETE", v->name);
	add_id(&ask, id);
	/* with its copies of a moment, or it does not go */
	if (*id == '\0')
		gv_store_ask_field(&ask, "x-ms-delete-snapshots", "include");
	return gv_store_ask_delete(&ask);
}

/* What is deleted already is let go of before its day only where the account
 * allows that, and whoever asks. */
static int
remove_for_good(struct gv_store_azure *a, const struct gv_store_version *v)
{
	struct gv_store_ask ask;
	int status, r;

	if (*v->id == '\0')
		return gv_err(GV_EREFUSED,
		    "cannot delete %s in %s for good: it is deleted, and kept "
		    "there until its day",
		    v->name, gv_store_url(a->wire.store));
	gv_store_azure_ask(&ask, a, "DELETE", v->name);
	gv_buf_addstr(&ask.query, "deletetype=permanent&");
	add_id(&ask, v->id);
	r = gv_store_ask_send(&ask, "delete for good");
	status = ask.reply.status;
	gv_store_ask_release(&ask);
	if (r == GV_ENOTFOUND)
		return 0;
	return r < 0 && (status == 403 || status == 409) ? GV_EREFUSED : r;
}

int
gv_store_azure_version_erase(
    void *self, struct gv_store_stat *lock, const struct gv_store_version *v)
{
	struct gv_store_azure *a = self;
	struct gv_store_ask ask;
	int r = 0;

	if (v->is_deleted) {
		lock->locked_until = v->stat.locked_until;
		return remove_for_good(a, v);
	}
	if (v->is_current || *v->id == '\0')
		r = remove_one(a, v, "");
	if (r == 0 && *v->id)
		r = remove_one(a, v, v->id);
	if (r != GV_EREFUSED && r != GV_ENOKEY)
		return r;
	gv_store_azure_ask(&ask, a, "HEAD", v->name);
	add_id(&ask, v->id);
	return gv_store_version_why(r, lock, &ask);
}
