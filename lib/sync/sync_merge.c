#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sync/sync_internal.h"
#include "sys/lock.h"

/*
 * What is sealed goes first, by the safe, which has a transaction of its own: a
 * snapshot that comes then has its values. All other kinds move in one, whose
 * steps have the old values in them; killed before it nothing has changed, and
 * killed within, what git has carried out stands whole and the next sync does
 * the rest.
 */

/* ---- what the safe merges ----------------------------------------------- */

static bool
is_of_safe(const struct gv_sync_ref *ref)
{
	return ref->kind->merge == NULL;
}

/* Whether something of it is not in ours yet. */
static int
is_behind(bool *out, const struct gv_sync *s)
{
	struct gv_oid base;
	bool behind;
	size_t i;
	int r = 0;

	*out = false;
	for (i = 0; r >= 0 && !*out && i < s->refs.n; i++) {
		const struct gv_sync_ref *ref = &s->refs.refs[i];

		if (!is_of_safe(ref) || gv_oid_equal(&ref->ours, &ref->theirs))
			continue;
		r = gv_sync_is_line(&behind, &base, ref);
		*out = r == 0 || (r > 0 && behind);
	}
	return r < 0 ? r : 0;
}

static int
open_safe(struct gv_sync *s)
{
	struct gv_safe_opts opts = s->opts->safe;
	int r = gv_safe_merge_anew(s->repo);

	opts.is_locked = true;
	opts.takes_keyring = true;
	opts.given = s->opts->given;
	gv_safe_close(s->report->safe);
	s->report->safe = NULL;
	s->report->news = NULL;
	if (r == 0 && (r = gv_safe_open(&s->report->safe, s->repo, &opts)) == 0)
		s->report->news = gv_safe_news(s->report->safe);
	return r;
}

/* What of it came to be ours, and what did not. */
static int
judge(struct gv_sync *s, const struct gv_sync_ref *was)
{
	const struct gv_safe_news *news = s->report->news;
	struct gv_sync_ref *ref = NULL;
	struct gv_oid base;
	bool behind = false;
	size_t i;
	int r;

	for (i = 0; ref == NULL && i < s->refs.n; i++)
		if (strcmp(s->refs.refs[i].name, was->name) == 0)
			ref = &s->refs.refs[i];
	if (ref == NULL || gv_oid_is_zero(&was->theirs))
		return 0;
	r = gv_sync_is_line(&behind, &base, ref);
	if (r < 0)
		return gv_err_in(r, "%s", was->name);
	if (r > 0 && !behind)
		return gv_oid_equal(&ref->ours, &was->ours)
		    ? 0
		    : gv_sync_note(s,
			  gv_oid_equal(&ref->ours, &ref->theirs)
			      ? GV_SYNC_TAKEN
			      : GV_SYNC_MERGED,
			  was, NULL);
	if (news && news->put_off)
		return gv_err(news->put_off_code, "%s cannot be merged now: %s",
		    was->name, news->put_off);
	if (s->has_other_keyring && strcmp(was->name, GV_REF_KEYRING) != 0)
		(void)gv_err(GV_EREFUSED,
		    "it waits until the keyring of the remote is used here");
	else
		(void)gv_err(GV_EREFUSED, "%s",
		    news && news->unmerged ? news->unmerged
					   : "it is not merged without the "
					     "keyring that it belongs to");
	return gv_sync_conflict(s, ref);
}

static int
merge_safe(struct gv_sync *s)
{
	struct gv_sync_refs was;
	bool behind;
	size_t i;
	int r = is_behind(&behind, s);

	if (r < 0 || !behind || s->opts->dry_run)
		return r;
	r = open_safe(s);
	if (r < 0)
		return r;
	was = s->refs;
	memset(&s->refs, 0, sizeof(s->refs));
	r = gv_sync_list(s);
	for (i = 0; r == 0 && i < was.n; i++)
		if (is_of_safe(&was.refs[i]))
			r = judge(s, &was.refs[i]);
	gv_sync_refs_release(&was);
	return r;
}

/* ---- all other kinds ---------------------------------------------------- */

/* Tombstones decide about snapshots that are the same on both sides, and pins
 * about tombstones. */
static bool
is_to_merge(const struct gv_sync_ref *ref)
{
	return ref->kind->merge == gv_sync_snapshot ||
	    ref->kind->merge == gv_sync_deleted ||
	    (ref->kind->merge && !gv_oid_equal(&ref->ours, &ref->theirs));
}

static int
merge_all(struct gv_sync_merge *m)
{
	struct gv_sync *s = m->s;
	size_t i;
	int r;

	if ((r = gv_repo_odb(s->repo, &m->odb)) < 0 ||
	    (r = gv_sync_snapshot_prepare(m)) < 0 ||
	    (r = gv_ledger_begin(&m->edit, s->repo, s->opts->safe.now)) < 0)
		goto out;
	for (i = 0; r == 0 && i < s->refs.n; i++)
		if (is_to_merge(&s->refs.refs[i]))
			r = s->refs.refs[i].kind->merge(m, &s->refs.refs[i]);
	if (r != 0 || (r = gv_sync_snapshot_guard(m)) < 0)
		goto out;
	if (!s->opts->dry_run && (r = gv_sync_snapshot_trash(m)) < 0)
		goto out;
	if (m->edit.tx.lines.len && !s->opts->dry_run) {
		if ((r = gv_ledger_publish(&m->edit)) < 0)
			goto out;
		s->report->n_trashed += m->n_dropped;
		gv_buf_addstr(&s->report->warnings, m->kept.p);
		r = gv_sync_audit_settle(m);
	}
out:
	gv_ledger_end(&m->edit);
	return r;
}

int
gv_sync_merge(struct gv_sync *s)
{
	struct gv_sync_merge m = { .s = s,
		.arena = GV_ARENA_INIT,
		.held = GV_MAP_INIT,
		.kept = GV_BUF_INIT };
	unsigned mask = gv_repo_share(s->repo);
	struct gv_odb *odb;
	int lock = -1, r = 0;

	if (!s->opts->dry_run)
		r = gv_repo_lock(&lock, s->repo, 0);
	if (r == 0 && (r = gv_repo_odb(s->repo, &odb)) == 0 &&
	    (r = gv_odb_refresh(odb)) == 0 && (r = gv_sync_list(s)) == 0 &&
	    (r = merge_safe(s)) == 0)
		r = merge_all(&m);
	gv_sync_snapshot_release(&m);
	free(m.dropped);
	gv_map_release(&m.held);
	gv_buf_release(&m.kept);
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}
