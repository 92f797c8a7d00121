#include "store/store_version.h"

#include <string.h>

#include "base/err.h"
#include "sys/clock.h"

#define PAGES 100000 /* of a list that goes round and round */

static int
take(void *ctx, const struct gv_store_version *version)
{
	struct gv_store_version_list *l = ctx;
	const struct gv_buf *home = &l->wire->prefix;
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

/* What a list of versions that failed says. */
enum answer {
	TOLD,
	NOT_TOLD, /* this host may not see them */
	UNKNOWN,  /* the server does not know the question: it has none */
};

static enum answer
judge(int r, int status)
{
	if (r == 0)
		return TOLD;
	if (status == 405 || status == 501)
		return UNKNOWN;
	return status / 100 == 4 ? NOT_TOLD : TOLD;
}

static int
list_page(struct gv_store_version_list *l, struct gv_store_xml_versions *page,
    enum answer *answer)
{
	struct gv_store_ask ask;
	int r;

	l->ask(&ask, l, page);
	r = gv_store_ask_send(&ask, "read the versions in");
	*answer = judge(r, ask.reply.status);
	page->now = gv_clock_now().tv_sec;
	if (r == 0)
		r = gv_store_xml_versions(
		    page, ask.reply.body.p, ask.reply.body.len, take, l);
	if (r == GV_ECORRUPT && !l->has_failed)
		r = gv_store_ask_odd(&ask, "is damaged or cut off");
	gv_store_ask_release(&ask);
	return r;
}

int
gv_store_version_pages(struct gv_store_version_list *l, bool *sees_all)
{
	struct gv_store_xml_versions page = GV_STORE_XML_VERSIONS_INIT;
	enum answer answer = TOLD;
	unsigned n = 0;
	int r;

	do
		r = list_page(l, &page, &answer);
	while (r == 0 && page.has_more && !page.is_list && ++n < PAGES);
	if (r == 0 && page.has_more && !page.is_list)
		r = gv_err(GV_ECORRUPT, "%s lists its versions without an end",
		    gv_store_url(l->wire->store));
	/* the objects alone, if nothing was reported yet */
	if (r == 0 && page.is_list)
		answer = UNKNOWN;
	if (n == 0 && answer != TOLD) {
		*sees_all = answer == UNKNOWN && !l->is_known;
		r = GV_ENOTFOUND;
	}
	gv_buf_release(&page.key);
	gv_buf_release(&page.id);
	return r;
}

/* That the store does not say is no failure. */
static int
look_at_lock(struct gv_store_stat *lock, struct gv_store_ask *head)
{
	char *message = gv_err_save();
	int r = gv_store_ask_send(head, "look at");

	if (r == 0)
		*lock = head->stat;
	gv_store_ask_release(head);
	gv_err_restore(message);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

int
gv_store_version_why(
    int r, struct gv_store_stat *lock, struct gv_store_ask *head)
{
	const int looked = look_at_lock(lock, head);

	if (looked < 0)
		return looked;
	return lock->is_held || lock->locked_until > gv_clock_now().tv_sec
	    ? GV_EREFUSED
	    : r;
}
