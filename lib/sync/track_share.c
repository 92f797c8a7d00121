#include "sync/track_share.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "remote/remote.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sync/sync.h"
#include "sys/clock.h"

struct sharing {
	const struct gv_track_peer *with;
	const struct gv_track_of *of;
	struct gv_buf ref;
};

/* Of what the sync did with the one ref: 1 where it was sent, 0 where there was
 * nothing to send, or why it did not come through. */
static int
judge(const struct gv_sync_report *report, const char *ref)
{
	size_t i;
	int r = 0;

	for (i = 0; i < report->n; i++) {
		const struct gv_sync_item *item = &report->items[i];

		if (strcmp(item->ref, ref) != 0)
			continue;
		if (item->action == GV_SYNC_CONFLICT ||
		    item->action == GV_SYNC_HELD)
			return gv_err(GV_EREFUSED, "%s", item->why);
		if (item->action == GV_SYNC_REFUSED)
			return gv_err(GV_EREFUSED,
			    "the remote '%s' refuses it: %s", report->remote,
			    item->why);
		r |= item->action == GV_SYNC_SENT;
	}
	return r;
}

/* As judge(), or a failure. */
static int
sync(const struct sharing *s, bool no_push)
{
	const char *const patterns[] = { s->ref.p };
	struct gv_sync_opts opts = { .remote = s->with->remote,
		.no_push = no_push,
		.is_unattended = true,
		.patterns = patterns,
		.n_patterns = 1,
		.safe = *s->with->safe };
	struct gv_sync_report report;
	int r = gv_repo_look_again(s->with->repo);

	if (r < 0)
		return r;
	opts.safe.now = (int64_t)gv_clock_now().tv_sec;
	if ((r = gv_sync_run(&report, s->with->repo, &opts)) == 0)
		r = judge(&report, s->ref.p);
	gv_sync_release(&report);
	return r;
}

/* Whether the remote has ours, as far as we have seen: 1, 0 or a failure. */
static int
is_shared(const struct sharing *s)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_oid ours, theirs;
	int r = gv_ref_find(&ours, s->with->repo, s->ref.p);

	gv_buf_addf(&name, GV_REFS_REMOTES "%s/%s", s->with->remote,
	    s->ref.p + strlen(GV_REFS_VAULT));
	if (r == 0 && (r = gv_buf_check(&name)) == 0)
		r = gv_ref_find(&theirs, s->with->repo, name.p);
	gv_buf_release(&name);
	return r < 0 ? r : gv_oid_equal(&ours, &theirs);
}

static int
take(const struct sharing *s)
{
	return sync(s, true);
}

static int
give(const struct sharing *s)
{
	int r = is_shared(s);

	if (r)
		return r < 0 ? r : 0;
	if ((r = sync(s, false)) == 0 && (r = is_shared(s)) == 0)
		r = gv_err(GV_ERROR,
		    "after a sync the remote '%s' still has another version",
		    s->with->remote);
	return r < 0
	    ? gv_err_in(r,
		  "the newest version of %s/%s is saved here, but the remote "
		  "'%s' does not have it",
		  s->of->env, s->of->stack, s->with->remote)
	    : 0;
}

static int
share(const struct gv_track_peer *with, const struct gv_track_of *of,
    int (*fn)(const struct sharing *s))
{
	struct sharing s = { .with = with, .of = of, .ref = GV_BUF_INIT };
	int r;

	gv_buf_addf(&s.ref, GV_REFS_STATES "%s/%s", of->env, of->stack);
	if ((r = gv_buf_check(&s.ref)) == 0)
		r = fn(&s);
	gv_buf_release(&s.ref);
	return r;
}

int
gv_track_share_take(
    const struct gv_track_peer *with, const struct gv_track_of *of)
{
	return share(with, of, take);
}

int
gv_track_share_give(
    const struct gv_track_peer *with, const struct gv_track_of *of)
{
	return share(with, of, give);
}
