#include "overview/overview.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "snapshot/snapshot_last.h"
#include "statelock/statelock.h"

static bool
is_fatal(int r)
{
	return r == GV_ENOMEM || r == GV_ECANCELED;
}

/* ---- the working tree ---------------------------------------------------- */

static bool
is_policy_bad(const struct gv_doctor_report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		if (strcmp(report->findings[i].kind, "policy_bad") == 0)
			return true;
	return false;
}

static void
count_changes(struct gv_overview *out)
{
	size_t i;

	for (i = 0; i < out->status.n; i++) {
		/* counted as left out */
		if (out->status.entries[i].is_left ||
		    out->status.entries[i].is_out)
			continue;
		switch (out->status.entries[i].change) {
		case 'A':
			out->added++;
			break;
		case 'M':
			out->changed++;
			break;
		case 'D':
			out->gone++;
			break;
		case 'X':
			out->unreadable++;
			break;
		default:
			out->metadata++;
		}
	}
}

/* Whether something is gone that only snapshots have: where the clone is new,
 * or after git clean. What the base commit has was deleted by a user, or Git
 * can bring it back. */
static int
look_for_loss(struct gv_overview *out, struct gv_repo *repo)
{
	const struct gv_status *s = &out->status;
	struct gv_object commit = { 0 };
	struct gv_odb *odb = NULL;
	struct gv_oid oid, tree;
	bool has_tree;
	unsigned mode;
	size_t i;
	int r = 0;

	if (out->gone == 0 || (r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	if (!gv_oid_is_zero(&out->last.base))
		r = gv_odb_read_type(
		    odb, &commit, &out->last.base, GV_OTYPE_COMMIT);
	has_tree = r == 0 && gv_link_tree(&tree, &commit);
	gv_object_release(&commit);
	/* a commit that a shallow clone lacks says nothing */
	if (r < 0)
		return is_fatal(r) ? r : 0;
	for (i = 0; i < s->n && !out->is_loss; i++) {
		if (s->entries[i].change != 'D' || s->entries[i].is_left ||
		    s->entries[i].is_out)
			continue;
		r = has_tree
		    ? gv_tree_find(odb, &tree, s->entries[i].path, &mode, &oid)
		    : GV_ENOTFOUND;
		if (is_fatal(r))
			return r;
		out->is_loss = r == GV_ENOTFOUND;
	}
	return 0;
}

static int
keep_why(struct gv_overview *out, int r)
{
	if (is_fatal(r))
		return r;
	out->why = strdup(gv_err_message());
	return out->why ? 0 : gv_err_nomem();
}

/* Where there is no snapshot, all files are new, and none of them is read. */
static int
look_at_tree(struct gv_overview *out, struct gv_repo *repo)
{
	int r = gv_snapshot_last(&out->last, repo);

	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0) {
		/* doctor says which one, and why */
		out->is_damaged = !is_fatal(r);
		return is_fatal(r) ? r : 0;
	}
	if (repo->worktree == NULL || is_policy_bad(&out->doctor))
		return 0;
	r = gv_status_get(&out->status, repo);
	if (r < 0)
		return keep_why(out, r);
	out->has_status = true;
	count_changes(out);
	return look_for_loss(out, repo);
}

/* ---- states -------------------------------------------------------------- */

static int
count_states(struct gv_overview *out, struct gv_repo *repo)
{
	struct gv_refs refs = { 0 };
	int r = gv_ref_list(&refs, repo, GV_REFS_STATES);

	out->states = refs.n;
	gv_refs_release(&refs);
	return r;
}

/* A record that cannot be read still locks. */
static int
add_lock(struct gv_overview *out, struct gv_odb *odb, const struct gv_ref *ref)
{
	struct gv_statelock_record record = { 0 };
	struct gv_object obj = { 0 };
	struct gv_overview_lock *lock;
	int r = GV_GROW(out->locks, out->n_locks, out->cap_locks);

	if (r < 0)
		return r;
	lock = &out->locks[out->n_locks++];
	*lock = (struct gv_overview_lock){ 0 };
	if ((r = gv_odb_read_type(odb, &obj, &ref->oid, GV_OTYPE_BLOB)) == 0)
		r = gv_statelock_parse(
		    &record, (const char *)obj.data, obj.len);
	gv_object_release(&obj);
	if (is_fatal(r))
		return r;
	lock->state = strdup(ref->name + strlen(GV_REFS_LOCKS));
	lock->who = strdup(r == 0 ? record.who : "");
	lock->operation = strdup(r == 0 ? record.operation : "");
	lock->time = r == 0 && record.has_time ? record.time : 0;
	if (r == 0)
		gv_statelock_record_release(&record);
	return lock->state && lock->who && lock->operation ? 0 : gv_err_nomem();
}

static int
look_at_locks(struct gv_overview *out, struct gv_repo *repo)
{
	struct gv_refs refs = { 0 };
	struct gv_odb *odb = NULL;
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_LOCKS);

	if (r == 0 && refs.n)
		r = gv_repo_odb(repo, &odb);
	for (i = 0; r == 0 && i < refs.n; i++)
		r = add_lock(out, odb, &refs.refs[i]);
	gv_refs_release(&refs);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

/* To the remote that has the vault, as doctor would send them. */
static int
set_sync(struct gv_overview *out)
{
	const struct gv_doctor_report *d = &out->doctor;
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	if (d->n_remotes == 0)
		return 0;
	gv_buf_addstr(&cmd, "git vault sync");
	gv_shell_word(&cmd, d->remotes[0].where->name);
	if ((r = gv_buf_check(&cmd)) == 0)
		out->sync = gv_buf_take(&cmd);
	gv_buf_release(&cmd);
	return r;
}

int
gv_overview_get(struct gv_overview *out, struct gv_repo *repo, int64_t now)
{
	const struct gv_doctor_opts opts = { .brief = true,
		.now = now,
		.max_age = GV_DOCTOR_MAX_AGE,
		.verified_within = GV_DOCTOR_VERIFIED_WITHIN };
	struct gv_advice_facts facts = { .has_tree = repo->worktree != NULL };
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_doctor_run(&out->doctor, repo, &opts)) == 0 &&
	    (r = look_at_tree(out, repo)) == 0 &&
	    (r = count_states(out, repo)) == 0 &&
	    (r = look_at_locks(out, repo)) == 0)
		r = set_sync(out);
	if (r < 0)
		return r;
	facts.changes = out->added + out->changed + out->gone + out->unreadable;
	facts.gone = out->gone;
	facts.is_loss = out->is_loss;
	facts.unsent = out->doctor.refs.refs.n - out->doctor.unsent;
	facts.sync = out->sync;
	gv_advice_give(
	    &out->advice, out->doctor.findings, out->doctor.n, &facts);
	return 0;
}

void
gv_overview_release(struct gv_overview *over)
{
	size_t i;

	for (i = 0; i < over->n_locks; i++) {
		free(over->locks[i].state);
		free(over->locks[i].who);
		free(over->locks[i].operation);
	}
	free(over->locks);
	free(over->why);
	free(over->sync);
	if (over->has_status)
		gv_status_release(&over->status);
	gv_record_release(&over->last);
	gv_doctor_release(&over->doctor);
	memset(over, 0, sizeof(*over));
}
