#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "object/odb.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "state/track_join.h"
#include "sync/sync_internal.h"
#include "sys/clock.h"
#include "vault/ancestry.h"
#include "vault/note_merge.h"

/*
 * Chains whose newest commit is what counts: one goes on from the other, or a
 * person has to say which is to be the newest.
 */

/* ---- for all rules ------------------------------------------------------ */

int
gv_sync_is_line(
    bool *behind, struct gv_oid *base, const struct gv_sync_ref *ref)
{
	int r = gv_ancestry_base(base, &ref->ours, &ref->theirs);

	if (r < 0)
		return r;
	*behind = gv_oid_equal(base, &ref->ours) &&
	    !gv_oid_equal(&ref->ours, &ref->theirs);
	return *behind || gv_oid_equal(base, &ref->theirs);
}

int
gv_sync_conflict(struct gv_sync *s, struct gv_sync_ref *ref)
{
	int r = gv_sync_note_message(s, GV_SYNC_CONFLICT, ref);

	return r < 0 ? r : gv_sync_set_add(s, &s->held, ref->name);
}

int
gv_sync_add_push(
    struct gv_buf *out, const struct gv_sync *s, const struct gv_buf *refspec)
{
	int r = gv_buf_check(refspec);

	if (r < 0)
		return r;
	gv_buf_addstr(out, " git push");
	gv_shell_word(out, s->remote);
	gv_shell_word(out, refspec->p);
	return gv_buf_check(out);
}

int
gv_sync_conflict_of_damage(struct gv_sync *s, struct gv_sync_ref *ref)
{
	struct gv_buf text = GV_BUF_INIT, to = GV_BUF_INIT;
	int r = 0;

	gv_buf_addf(
	    &text, "the remote ref is not fetched: %s", gv_err_message());
	if (s->opts->given == NULL) {
		const bool has = !gv_oid_is_zero(&ref->ours);

		gv_buf_addstr(&text,
		    has ? "; to replace it by the one of this clone:"
			: "; to delete it:");
		gv_buf_addf(&to, "%s%s:", has ? "+" : "", has ? ref->name : "");
		if ((r = gv_remote_ref_there(&to, &s->map, ref->name)) == 0)
			r = gv_sync_add_push(&text, s, &to);
	}
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		(void)gv_err(GV_EREFUSED, "%s", text.p);
	gv_buf_release(&text);
	gv_buf_release(&to);
	return r < 0 ? r : gv_sync_conflict(s, ref);
}

int
gv_sync_conflict_of_cut(struct gv_sync *s, struct gv_sync_ref *ref)
{
	(void)gv_err(GV_EREFUSED,
	    "this clone is shallow and lacks the commits between both "
	    "versions, so it cannot tell whether one follows the other; fetch "
	    "them by 'git fetch --unshallow'");
	return gv_sync_conflict(s, ref);
}

int
gv_sync_take(
    struct gv_sync_merge *m, struct gv_sync_ref *ref, enum gv_otype type)
{
	enum gv_otype found;
	size_t size;
	int r;

	if ((r = gv_odb_read_header(m->odb, &found, &size, &ref->theirs)) < 0)
		goto out;
	if (!gv_sync_kind_is_name(ref->kind, ref->name)) {
		(void)gv_err(GV_EREFUSED,
		    "no record has such a name, and it would be in the way of "
		    "others");
		return gv_sync_conflict_of_damage(m->s, ref);
	}
	if (ref->kind->parts < 0 && gv_sync_is_in_the_way(m->s, ref->name)) {
		(void)gv_err(GV_EREFUSED,
		    "a record that is here is the folder of it, or in it");
		return gv_sync_conflict_of_damage(m->s, ref);
	}
	if (type && found != type) {
		(void)gv_err(GV_EREFUSED, "the remote has a %s under its name",
		    gv_oid_type_name(found));
		return gv_sync_conflict_of_damage(m->s, ref);
	}
out:
	if (r == GV_ECORRUPT)
		return gv_sync_conflict(m->s, ref);
	if (r < 0)
		return gv_err_in(r, "%s", ref->name);
	gv_ledger_move(&m->edit, ref->name, &ref->theirs, &ref->ours);
	return gv_sync_note(m->s, GV_SYNC_TAKEN, ref, NULL);
}

/* ---- what is never changed ---------------------------------------------- */

int
gv_sync_made_once(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	if (gv_oid_is_zero(&ref->theirs))
		return 0;
	if (gv_oid_is_zero(&ref->ours))
		return gv_sync_take(m, ref, (enum gv_otype)0);
	(void)gv_err(GV_EREFUSED,
	    "both sides have made a record of this name, and records never "
	    "change; make this clone's again under another name");
	return gv_sync_conflict(m->s, ref);
}

/* What a prune here let go does not come back from a remote that still has
 * it. */
int
gv_sync_report(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	if (gv_oid_is_zero(&ref->ours) &&
	    gv_report_is_old(ref->name, gv_clock_now().tv_sec))
		return 0;
	return gv_sync_made_once(m, ref);
}

/* ---- states ------------------------------------------------------------- */

/* To look whether versions are bound; NULL where the keyring is not believed,
 * which others tell. Nobody is asked for a passphrase. */
static int
open_safe(struct gv_safe **out, const struct gv_sync *s)
{
	struct gv_safe_opts opts = s->opts->safe;
	char *before = gv_err_save();
	int r;

	opts.is_locked = true;
	*out = NULL;
	r = gv_safe_open(out, s->repo, &opts);
	if (r == GV_ENOMEM) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	return 0;
}

/* "serial 12 of 2026-11-22T08:00:00Z on ci-runner-4 (0123456789ab)" */
static void
describe(struct gv_buf *out, struct gv_odb *odb, const struct gv_oid *tip)
{
	struct gv_track_version v = { 0 };
	char hex[GV_OID_HEX + 1], when[GV_TIME_MAX];

	gv_oid_format(hex, tip);
	if (gv_track_load(&v, odb, tip) < 0) {
		gv_buf_addf(out, "%.12s, which cannot be read", hex);
		return;
	}
	gv_time_rfc3339(when, v.time);
	if (v.has_serial)
		gv_buf_addf(out, "serial %" PRIu64 " ", v.serial);
	gv_buf_addf(out, "of %s", when);
	if (v.host)
		gv_buf_addf(out, " on %s", v.host);
	gv_buf_addf(out, " (%.12s)", hex);
	gv_track_version_release(&v);
}

/* What the command takes to be of the same remote, and no more of it. */
static void
add_where(struct gv_buf *out, const struct gv_sync *s)
{
	char *by_itself = NULL;
	size_t i;

	if (s->opts->given)
		return;
	if (gv_remote_default(&by_itself, s->repo) < 0 ||
	    strcmp(s->remote, by_itself) != 0)
		gv_buf_addf(out, " --remote %s", s->remote);
	free(by_itself);
	for (i = 0; i < s->opts->n_envs; i++)
		gv_buf_addf(out, " --only %s", s->opts->envs[i]);
	if (s->opts->since)
		gv_buf_addf(out, " --since @%" PRId64, s->opts->since);
}

static int
conflict(struct gv_sync_merge *m, struct gv_sync_ref *ref, const char *stack)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&text, "both sides have saved versions: this clone ");
	describe(&text, m->odb, &ref->ours);
	gv_buf_addf(
	    &text, ", %s ", m->s->opts->given ? "the file" : "the remote");
	describe(&text, m->odb, &ref->theirs);
	gv_buf_addf(&text,
	    "; choose the newest, and all versions stay: git vault %s",
	    m->s->opts->given ? "import" : "sync");
	add_where(&text, m->s);
	gv_buf_addf(&text, " --resolve ours %s%s (or --resolve theirs)",
	    m->s->opts->given ? "FILE " : "", stack);
	if ((r = gv_buf_check(&text)) == 0)
		(void)gv_err(GV_EREFUSED, "%s", text.p);
	gv_buf_release(&text);
	return r < 0 ? r : gv_sync_conflict(m->s, ref);
}

static bool
is_chosen(const struct gv_sync *s, const char *stack)
{
	size_t i;

	/* what came since was not seen when the side was chosen */
	if (s->attempt > 0)
		return false;
	for (i = 0; i < s->opts->n_stacks; i++)
		if (strcmp(s->opts->stacks[i], stack) == 0)
			return true;
	return false;
}

/* `env` holds what is pointed to. 0 or GV_ENOMEM. */
static int
split(struct gv_track_of *of, struct gv_buf *env, const char *stack)
{
	const char *slash = strchr(stack, '/');

	gv_buf_add(env, stack, slash ? (size_t)(slash - stack) : 0);
	of->env = env->p;
	of->stack = slash ? slash + 1 : "";
	return gv_buf_check(env);
}

/* Why a version is the newest of two sides: what it says for good. */
static const char ours_chosen[] = "sync --resolve ours";
static const char theirs_chosen[] = "sync --resolve theirs";
static const char both_alike[] = "the newest of both sides had this content";

/* Whether both newest versions have the same bytes, as where two clones saved
 * the same file: then nobody has to choose. */
static int
ends_alike(const struct gv_sync_merge *m, const struct gv_sync_ref *ref)
{
	struct gv_track_version ours = { 0 }, theirs = { 0 };
	int r;

	if ((r = gv_track_load(&ours, m->odb, &ref->ours)) == 0 &&
	    (r = gv_track_load(&theirs, m->odb, &ref->theirs)) == 0)
		r = gv_track_is_same(&ours, &theirs);
	gv_track_version_release(&ours);
	gv_track_version_release(&theirs);
	return r;
}

static int
resolve(struct gv_sync_merge *m, struct gv_sync_ref *ref, const char *stack,
    const char *why)
{
	struct gv_track_sides sides = { .ours = ref->ours,
		.theirs = ref->theirs,
		.keep_theirs = why == theirs_chosen,
		.why = why,
		.repo = m->s->repo };
	struct gv_buf env = GV_BUF_INIT;
	struct gv_track_of of;
	struct gv_safe_opts opts = m->s->opts->safe;
	struct gv_oid tip;
	int r = split(&of, &env, stack);

	opts.is_locked = true;

	if (r == 0 && (r = gv_safe_open(&sides.safe, m->s->repo, &opts)) == 0 &&
	    (r = gv_track_join(&tip, &m->edit, &of, &sides)) == 0)
		gv_ledger_move(&m->edit, ref->name, &tip, &ref->ours);
	gv_safe_close(sides.safe);
	gv_buf_release(&env);
	return r < 0 ? gv_err_in(r, "cannot resolve %s", stack)
		     : gv_sync_note(m->s, GV_SYNC_RESOLVED, ref, NULL);
}

/* What theirs has since both were one has to be versions of this state: nothing
 * could be read or saved behind another commit. What a newer program writes is
 * for that to judge. 0, GV_ECORRUPT or a failure. */
static int
check_versions(const struct gv_sync_merge *m, const struct gv_sync_ref *ref,
    const struct gv_oid *base)
{
	struct gv_track_version v = { 0 };
	struct gv_buf env = GV_BUF_INIT;
	struct gv_safe *safe = NULL;
	enum gv_track_binding kind;
	struct gv_track_of of;
	struct gv_oid at = ref->theirs;
	int r = split(&of, &env, ref->name + strlen(GV_REFS_STATES));

	if (r == 0)
		r = open_safe(&safe, m->s);
	/* a shallow clone may not have all of them */
	while (r == 0 && !gv_oid_is_zero(&at) && !gv_oid_equal(&at, base) &&
	    !(m->s->repo->shallow && !gv_odb_has(m->odb, &at))) {
		r = gv_track_load_of(&v, m->odb, &at, &of);
		/* a replay does not become what is restored here */
		if (r == 0)
			r = gv_track_binding_check(&kind, m->s->repo, safe, &v);
		at = v.previous;
		gv_track_version_release(&v);
	}
	gv_safe_close(safe);
	gv_buf_release(&env);
	return r == GV_EREFUSED ? 0 : r;
}

int
gv_sync_chain(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	const char *name = ref->name;
	struct gv_oid base;
	bool behind = false;
	int r = gv_sync_is_line(&behind, &base, ref);

	if (r < 0)
		return gv_err_in(r, "%s", name);
	if (r > 0 && !behind)
		return 0;
	r = check_versions(m, ref, &base);
	if (r == GV_ECORRUPT && m->s->has_other_keyring) {
		(void)gv_err(GV_EREFUSED,
		    "it waits until the keyring of the remote is used here");
		return gv_sync_conflict(m->s, ref);
	}
	if (r == GV_ECORRUPT)
		return gv_sync_conflict_of_damage(m->s, ref);
	if (r < 0)
		return gv_err_in(r, "%s", name);
	if (behind)
		return gv_sync_take(m, ref, GV_OTYPE_COMMIT);
	if (m->s->repo->shallow && gv_oid_is_zero(&base))
		return gv_sync_conflict_of_cut(m->s, ref);
	name += strlen(GV_REFS_STATES);
	if (is_chosen(m->s, name))
		return resolve(m, ref, name,
		    m->s->opts->side == GV_SYNC_THEIRS ? theirs_chosen
						       : ours_chosen);
	/* without the id key nobody can join them */
	if (ends_alike(m, ref) > 0 && resolve(m, ref, name, both_alike) == 0)
		return 0;
	return conflict(m, ref, name);
}

/* ---- notes -------------------------------------------------------------- */

/* Of two of which one goes on from the other, whether it has all that the other
 * has noted: `git notes prune` in a shallow clone takes away most of it. */
static int
has_all(bool *out, const struct gv_sync_merge *m, const struct gv_oid *shorter,
    const struct gv_oid *longer)
{
	struct gv_ledger of, in;
	int r;

	*out = gv_oid_is_zero(shorter);
	if (*out)
		return 0;
	if ((r = gv_ledger_load(&of, m->odb, shorter)) == 0 &&
	    (r = gv_ledger_load(&in, m->odb, longer)) == 0)
		r = gv_note_merge_is_in(out, m->odb, &of.tree, &in.tree);
	return r;
}

static int
join_notes(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	struct gv_ledger ours, theirs;
	struct gv_oid tree;
	int r = gv_ledger_load(&ours, m->odb, &ref->ours);

	if (r == 0 && (r = gv_ledger_load(&theirs, m->odb, &ref->theirs)) == 0)
		r = gv_note_merge(&m->edit, &tree, &ours.tree, &theirs.tree);
	ours.merged = ref->theirs;
	if (r == 0)
		r = gv_ledger_step(&m->edit, &ours, ref->name, &tree,
		    "notes: merge what was noted elsewhere");
	return r < 0 ? r : gv_sync_note(m->s, GV_SYNC_MERGED, ref, NULL);
}

int
gv_sync_notes(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	struct gv_oid base;
	bool behind = false, is_whole = false;
	int r = gv_sync_is_line(&behind, &base, ref);

	if (r > 0)
		r = behind ? has_all(&is_whole, m, &ref->ours, &ref->theirs)
			   : has_all(&is_whole, m, &ref->theirs, &ref->ours);
	if (r == 0 && is_whole)
		return behind ? gv_sync_take(m, ref, GV_OTYPE_COMMIT) : 0;
	if (r == 0)
		r = join_notes(m, ref);
	/* what others have written there keeps nothing else from being synced
	 */
	if (r == GV_EREFUSED || r == GV_ECORRUPT)
		return gv_sync_conflict(m->s, ref);
	return r < 0 ? gv_err_in(r, "%s", ref->name) : 0;
}
