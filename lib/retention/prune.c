#include "retention/prune.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/receipt_time.h"
#include "base/err.h"
#include "base/time.h"
#include "config/policy.h"
#include "object/odb.h"
#include "policy/team.h"
#include "record/mark.h"
#include "record/own.h"
#include "record/record_parse.h"
#include "record/record_refs.h"
#include "record/record_walk.h"
#include "record/trash.h"
#include "repo/repo.h"
#include "retention/prune_internal.h"
#include "retention/removal.h"
#include "retention/trash_write.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "worktree/cache.h"

#define TRIES    5
#define PAUSE_MS 20

/* By itself, not more often than this, in seconds. */
#define EVERY 3600

/* --- pruning --- */

static int
collect(struct gv_removal *removal, const struct gv_prune *prune)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < prune->records.n; i++)
		if (!prune->retention.verdicts[i].keep)
			r = gv_removal_add(removal,
			    prune->records.records[i].id,
			    &prune->records.records[i].commit);
	return r;
}

/* Whether a commit says what its record does. */
static bool
says(struct gv_repo *repo, const struct gv_record *rec)
{
	struct gv_buf was = GV_BUF_INIT, is = GV_BUF_INIT;
	struct gv_record now = { 0 };
	bool same = false;

	if (gv_record_load_id(&now, repo, rec->id, &rec->commit) == 0) {
		gv_record_message(&was, rec);
		gv_record_message(&is, &now);
		same = now.time == rec->time &&
		    gv_oid_equal(&now.commit, &rec->commit) &&
		    gv_buf_check(&was) == 0 && gv_buf_check(&is) == 0 &&
		    gv_buf_equal(&was, &is);
	}
	gv_record_release(&now);
	gv_buf_release(&was);
	gv_buf_release(&is);
	return same;
}

/* Those of the second that begins at `i`, and whether one of them stays. */
static size_t
second_at(const struct gv_prune *p, size_t i, bool *stays)
{
	const struct gv_record *recs = p->records.records;
	size_t n = 0;

	*stays = false;
	for (; i + n < p->records.n &&
	     strncmp(recs[i].id, recs[i + n].id, GV_RECORD_STAMP_LEN) == 0;
	     n++)
		*stays |= p->retention.verdicts[i + n].keep;
	return n;
}

/* Whether what was judged by records out of the cache would be judged so by
 * the commits. One that goes is not missed: it takes no place from another,
 * unless it stands between two that were taken one after the other against
 * their times, or orders those of its second. So it is enough that those that
 * stay are as they are said to be. Where that is most of them, all are. */
static bool
is_sure(const struct gv_prune *p, struct gv_repo *repo)
{
	const struct gv_records *recs = &p->records;
	size_t i, end, n_recalled = 0;
	bool stays;

	for (i = 0; i < recs->n; i++)
		n_recalled += recs->records[i].recalled;
	if (n_recalled == 0)
		return true;
	if (p->retention.follows || p->retention.n_keep > recs->n / 2)
		return false;
	for (i = 0; i < recs->n; i = end) {
		end = i + second_at(p, i, &stays);
		for (; stays && i < end; i++)
			if (recs->records[i].recalled &&
			    !says(repo, &recs->records[i]))
				return false;
	}
	return true;
}

static void
forget(struct gv_prune *p)
{
	gv_retention_release(&p->retention);
	gv_records_release(&p->records);
	gv_buf_release(&p->damaged);
	gv_prune_sealed_release(&p->sealed);
}

/* Which of the records this clone took, for whoever frees it. */
static int
find_own(bool **out, const struct gv_repo *repo, const struct gv_records *recs)
{
	struct gv_own own = { .entries = NULL };
	size_t i;
	int r = gv_own_load(&own, repo);

	*out = r == 0 ? calloc(recs->n + 1, sizeof(**out)) : NULL;
	if (r == 0 && *out == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < recs->n; i++)
		(*out)[i] = gv_own_has(&own, &recs->records[i].commit);
	gv_own_release(&own);
	return r;
}

static int
judge_by(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_record_refs *refs, const struct gv_policy_rules *rules,
    const struct gv_prune_opts *opts, unsigned how)
{
	struct gv_retention_clock clock = { .now = opts->now,
		.zone = gv_clock_zone };
	int64_t *received = NULL;
	bool *own = NULL;
	int r =
	    gv_records_load_refs(&out->records, repo, refs, how, &out->damaged);

	if (r == 0 &&
	    (r = gv_receipt_times(
		 &received, repo, &out->records, &out->damaged)) == 0)
		r = find_own(&own, repo, &out->records);
	clock.received = received;
	clock.own = own;
	if (r == 0)
		r = gv_retention_decide(
		    &out->retention, &out->records, rules, &clock);
	if (r == 0 && opts->by_itself)
		r = gv_prune_own(out, repo, &clock);
	free(received);
	free(own);
	out->n_dropped = out->retention.n - out->retention.n_keep;
	if (r == 0 && gv_cancel_requested())
		r = gv_cancel_error();
	return r;
}

/* What deletes reads every commit. */
static int
judge(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_record_refs *refs, const struct gv_policy_rules *rules,
    const struct gv_prune_opts *opts)
{
	int r;

	if (out->is_dry) {
		r = judge_by(out, repo, refs, rules, opts, GV_RECORD_RECALL);
		if (r < 0 || is_sure(out, repo))
			return r;
		forget(out);
	}
	return judge_by(out, repo, refs, rules, opts, 0);
}

/* What cannot be read might say that one of those that go stays. */
static int
check_marks(const struct gv_prune *prune, const struct gv_record_refs *refs)
{
	struct gv_buf why = GV_BUF_INIT;
	int r = gv_removal_check(refs);
	size_t i;

	for (i = 0; r == 0 && i < prune->records.n; i++)
		if (prune->records.records[i].unmarked &&
		    !prune->retention.verdicts[i].keep)
			break;
	if (r == 0 && i < prune->records.n) {
		gv_mark_tell(&why, &prune->records.records[i]);
		r = gv_err(GV_ECORRUPT, "nothing is deleted: %.*s",
		    (int)strcspn(why.p, "\n"), why.p);
	}
	gv_buf_release(&why);
	return r;
}

static int
try_once(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_policy_rules *rules, const struct gv_prune_opts *opts)
{
	struct gv_removal removal = { .event = GV_AUDIT_PRUNE,
		.safe = opts->safe,
		.is_asked = !opts->by_itself };
	struct gv_record_refs refs = { 0 };
	struct gv_buf reason = GV_BUF_INIT;
	int r = gv_record_refs_load(&refs, repo);

	if (r == 0 && (r = judge(out, repo, &refs, rules, opts)) == 0)
		r = check_marks(out, &refs);
	if (r == 0)
		r = collect(&removal, out);
	gv_buf_addf(&reason, "by the rules of %s", out->source);
	if (r == 0)
		r = gv_buf_check(&reason);
	removal.reason = reason.p;
	if (r == 0 && opts->agree)
		r = opts->agree(opts->data, &removal, out->is_dry);
	if (r == 0 && !out->is_dry)
		r = gv_removal_apply(&removal, repo, &refs, opts->now);
	out->n_again = removal.n_again;
	gv_removal_release(&removal);
	gv_record_refs_release(&refs);
	gv_buf_release(&reason);
	return r;
}

/* Judge and delete, again where another process moved a ref meanwhile. */
static int
try_often(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_policy_rules *rules, const struct gv_prune_opts *opts)
{
	const char *source = out->source;
	bool is_dry = out->is_dry;
	int i, r = 0;

	for (i = 0; r == 0 && i < TRIES; i++) {
		gv_prune_release(out);
		out->source = source;
		out->is_dry = is_dry;
		r = try_once(out, repo, rules, opts);
		if (r != GV_EEXISTS)
			break;
		gv_clock_sleep(PAUSE_MS * (i + 1));
		r = i + 1 < TRIES ? gv_odb_refresh(repo->odb) : r;
	}
	return r;
}

/* The snapshots are deleted already, so a failure is a sentence. */
static int
expire_trash(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_prune_opts *opts)
{
	int r = gv_trash_expire(
	    &out->n_expired, repo, opts->now, opts->empty_trash);

	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_buf_addf(&out->damaged, "expired entries stay in the trash: %s\n",
	    gv_err_message());
	return gv_buf_check(&out->damaged);
}

static int
run(struct gv_prune *out, struct gv_repo *repo, const struct gv_policy *policy,
    const struct gv_prune_opts *opts)
{
	struct gv_policy_rules rules = { 0 };
	unsigned mask = gv_repo_share(repo);
	int lock = -1, r;

	*out = (struct gv_prune){ .damaged = GV_BUF_INIT };
	r = gv_prune_find_rules(&rules, &out->source, policy, opts);
	if (r < 0)
		goto out;
	out->is_dry = opts->dry_run ||
	    (opts->by_rules_only && gv_prune_is_default(out->source));
	if ((!out->is_dry && (r = gv_repo_lock(&lock, repo, 0)) < 0) ||
	    (r = try_often(out, repo, &rules, opts)) < 0)
		goto out;
	/* what has expired no longer needs its values */
	if (!out->is_dry && (r = expire_trash(out, repo, opts)) < 0)
		goto out;
	r = gv_prune_sealed_run(out, repo, opts);
out:
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	gv_policy_rules_release(&rules);
	if (r < 0)
		gv_prune_release(out);
	return r;
}

int
gv_prune_run(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_prune_opts *opts)
{
	struct gv_policy policy;
	int r = gv_team_load_strict(&policy, repo);

	*out = (struct gv_prune){ .damaged = GV_BUF_INIT };
	if (r == 0)
		r = run(out, repo, &policy, opts);
	gv_policy_release(&policy);
	return r;
}

void
gv_prune_release(struct gv_prune *prune)
{
	if (prune == NULL)
		return;
	forget(prune);
	*prune = (struct gv_prune){ .damaged = GV_BUF_INIT };
}

/* --- by itself --- */

static int
stamp_path(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/pruned", repo->vault_dir);
	return gv_buf_check(out);
}

/* Whether an hour has passed. A stamp that is from the future or unreadable
 * says nothing. */
static bool
is_due(const char *path, int64_t now)
{
	struct gv_buf text = GV_BUF_INIT;
	int64_t last;
	bool due = true;

	if (gv_file_read(&text, AT_FDCWD, path, 64) == 0 && text.len == 17 &&
	    gv_time_parse_compact(&last, text.p) == 0)
		due = last > now || now - last >= EVERY;
	gv_buf_release(&text);
	return due;
}

static int
write_stamp(const struct gv_repo *repo, const char *path, int64_t now)
{
	char when[GV_TIME_MAX];
	struct gv_cache_part part = { .p = when };

	gv_time_compact(when, now);
	part.len = strlen(when);
	when[part.len++] = '\n';
	return gv_cache_replace(path, &part, 1, repo, false);
}

/* Whether others have to approve a prune, by the policy here or that of HEAD:
 * nobody has then agreed to an automatic one. */
static int
is_for_others(const struct gv_policy *here, struct gv_repo *repo)
{
	struct gv_policy at_head = GV_POLICY_INIT;
	int r = gv_team_load_at(&at_head, repo, &repo->head);

	if (r == 0)
		r = here->removals[GV_POLICY_PRUNE].wanted ||
		    at_head.removals[GV_POLICY_PRUNE].wanted;
	gv_policy_release(&at_head);
	return r;
}

int
gv_prune_auto(struct gv_prune *out, struct gv_repo *repo, int64_t now)
{
	const struct gv_prune_opts opts = { .by_itself = true, .now = now };
	struct gv_buf path = GV_BUF_INIT;
	struct gv_policy policy;
	int r = gv_team_load_strict(&policy, repo);

	*out = (struct gv_prune){ .damaged = GV_BUF_INIT };
	if (r == 0)
		r = stamp_path(&path, repo);
	if (r < 0 || !policy.automatic || !is_due(path.p, now))
		goto out;
	if ((r = is_for_others(&policy, repo)) != 0) {
		r = r < 0 ? r : 0;
		goto out;
	}
	/* first the stamp: what fails is not tried again with each snapshot */
	r = write_stamp(repo, path.p, now);
	if (r == GV_ELOCKED) {
		/* who writes it just now prunes */
		r = 0;
		goto out;
	}
	if (r == 0)
		r = run(out, repo, &policy, &opts);
	r = r < 0 ? r : 1;
out:
	gv_buf_release(&path);
	gv_policy_release(&policy);
	return r;
}
