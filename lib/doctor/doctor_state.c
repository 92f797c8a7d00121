#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/identity.h"
#include "doctor/doctor_internal.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "safe/safe.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "state/track.h"
#include "state/track_good.h"
#include "state/track_reseal.h"
#include "statelock/statelock.h"
#include "sys/proc.h"
#include "vault/note.h"

#define A_DAY  86400
#define REMOTE GV_REFS_REMOTES /* and its name */
#define NOTES  "/notes/vault"
#define SHELL_SAFE                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* ---- versions ----------------------------------------------------------- */

struct states {
	struct gv_doctor *d;
	struct gv_safe *safe;
	const struct gv_identity *const
	    *with; /* that need nobody to be asked */
	size_t n;
	size_t shut;  /* stacks that no identity opens … */
	size_t wrong; /* … although the keyring lets one read them */
	/* the first of them, preferring those counted by `wrong` */
	char *first;
};

/* The newest is what the next apply begins with. */
static int
add_broken(struct gv_doctor *d, const struct gv_track_version *v)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	gv_buf_addf(&cmd, "git vault state triage --env %s --stack %s latest",
	    v->env, v->stack);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "state_broken", cmd.p,
		    "the newest version of the state %s/%s was damaged when it "
		    "was saved (%s); 'git vault state repair' builds a valid "
		    "one from its intact parts and earlier versions",
		    v->env, v->stack, v->damage);
	gv_buf_release(&cmd);
	return r;
}

static int
check_open(struct states *s, const struct gv_track_version *v)
{
	struct gv_buf name = GV_BUF_INIT;
	bool is_open = true, may = false;
	int r = gv_track_opens(&is_open, s->d->repo, v, s->safe, s->with, s->n);

	/* what is damaged is for verify to tell */
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND || r == GV_EREFUSED)
		return 0;
	if (r == 0 && !is_open)
		r = gv_safe_may_read(&may, s->safe, v->env);
	if (r < 0 || is_open)
		return r;
	s->shut++;
	s->wrong += may;
	if (s->first && !(may && s->wrong == 1))
		return 0;
	gv_buf_addf(&name, "%s/%s", v->env, v->stack);
	free(s->first);
	s->first = gv_buf_take(&name);
	return s->first ? 0 : gv_err_nomem();
}

static int
on_version(void *ctx, const struct gv_track_version *v)
{
	struct states *s = ctx;
	int r = 0;

	if (v->damage && !gv_track_is_gone(v) && (r = add_broken(s->d, v)) < 0)
		return r;
	if (s->n)
		return check_open(s, v);
	return 0;
}

static int
on_bad(void *ctx, const char *ref)
{
	const struct states *s = ctx;

	(void)ref; /* the message names it */
	return gv_doctor_add(s->d, GV_DOCTOR_ERROR, "state_damaged",
	    "git vault repair",
	    "the newest version of a state cannot be read: %s",
	    gv_err_message());
}

/* Report versions that somebody with access to the environment cannot decrypt:
 * they were saved before a key was added, removed or changed. */
static int
check_readers(struct gv_doctor *d, struct gv_safe *safe)
{
	const struct gv_track_reseal_opts look = { .looks_only = true };
	struct gv_track_resealed all = GV_TRACK_RESEALED_INIT;
	uint64_t n = 0;
	size_t i;
	int r = gv_track_reseal(&all, d->repo, safe, &look);

	for (i = 0; r == 0 && i < all.n_shut; i++)
		n += all.shut[i].older;
	if (r == 0 && n)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "state_unreadable",
		    "git vault key reseal --all-versions",
		    "%" PRIu64 " version%s of %zu state%s, such as of %s/%s, "
		    "cannot be decrypted by everybody who reads %s",
		    n, n == 1 ? "" : "s", all.n_shut,
		    all.n_shut == 1 ? "" : "s", all.shut[0].env,
		    all.shut[0].stack, all.n_shut == 1 ? "it" : "them");
	gv_track_resealed_release(&all);
	return r;
}

/* A plugin may want its user to touch something: then nothing is tried. Nor is
 * it where there is no identity: a host may be one that only writes. */
static void
find_identities(struct states *s, struct gv_safe *safe)
{
	size_t i;

	if (gv_safe_identities_at_hand(&s->with, &s->n, safe) < 0)
		s->n = 0;
	for (i = 0; i < s->n; i++)
		if (s->with[i]->kind == GV_IDENTITY_PLUGIN)
			s->n = 0;
}

static int
add_shut(const struct states *s)
{
	if (s->wrong)
		return gv_doctor_add(s->d, GV_DOCTOR_ERROR, "state_unopened",
		    NULL,
		    "the keyring gives you access to the newest version of "
		    "%zu state%s, such as %s, but no key here decrypts %s; "
		    "ask another reader to run: git vault key reseal",
		    s->wrong, s->wrong == 1 ? "" : "s", s->first,
		    s->wrong == 1 ? "it" : "them");
	if (s->shut && !s->d->is_stranger)
		return gv_doctor_add(s->d, GV_DOCTOR_NOTE, "state_unopened",
		    NULL,
		    "no key here decrypts the newest version of %zu state%s, "
		    "such as %s: the keyring does not name you as a reader",
		    s->shut, s->shut == 1 ? "" : "s", s->first);
	return 0;
}

int
gv_doctor_states(struct gv_doctor *d)
{
	const struct gv_safe_opts opts = { .now = d->opts->now };
	struct states s = { .d = d };
	struct gv_safe *safe = NULL;
	int r = gv_safe_open(&safe, d->repo, &opts);

	/* a refused keyring is reported with the scopes */
	s.safe = safe;
	if (r == 0)
		find_identities(&s, safe);
	if (r == 0)
		r = check_readers(d, safe);
	if (r == 0 || r == GV_EREFUSED || r == GV_ECORRUPT)
		r = gv_track_each(d->repo, on_version, on_bad, &s);
	if (r == 0)
		r = add_shut(&s);
	free(s.first);
	gv_safe_close(safe);
	return r;
}

/* ---- locks -------------------------------------------------------------- */

/* How it is taken away; its id may be anything. */
static void
put_unlock(struct gv_buf *cmd, const struct gv_statelock *lock)
{
	const char *id = lock->damage ? "" : lock->record.id;

	gv_buf_addf(cmd, "git vault state unlock --env %s --stack %s ",
	    lock->env, lock->stack);
	if (*id && *id != '-' && id[strspn(id, SHELL_SAFE)] == '\0')
		gv_buf_addstr(cmd, id);
	else
		gv_buf_addstr(cmd, "--force --reason \"its holder is gone\"");
}

static int
add_lock(struct gv_doctor *d, const struct gv_statelock *lock)
{
	const struct gv_statelock_record *rec = &lock->record;
	int64_t days = (d->opts->now - rec->time) / A_DAY;
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	put_unlock(&cmd, lock);
	if ((r = gv_buf_check(&cmd)) < 0)
		goto out;
	if (lock->damage)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "state_lock_damaged",
		    cmd.p,
		    "the state %s/%s is locked, and nobody can say by whom: "
		    "%s; 'git vault repair' may find the record elsewhere",
		    lock->env, lock->stack, lock->damage);
	else
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "state_lock_old", cmd.p,
		    "the state %s/%s has been locked by %s%s%s for %" PRId64
		    " day%s; ask there whether anything still runs before you "
		    "break the lock",
		    lock->env, lock->stack,
		    *rec->who ? rec->who : "nobody known",
		    *rec->operation ? " for " : "", rec->operation, days,
		    days == 1 ? "" : "s");
out:
	gv_buf_release(&cmd);
	return r;
}

int
gv_doctor_state_locks(struct gv_doctor *d)
{
	struct gv_statelock_list list;
	size_t i;
	int r = gv_statelock_list_load(&list, d->repo, NULL, d->opts->now);

	for (i = 0; r == 0 && i < list.n; i++) {
		const struct gv_statelock *lock = &list.locks[i];

		if (lock->damage ||
		    (lock->record.has_time &&
			d->opts->now - lock->record.time >= A_DAY))
			r = add_lock(d, lock);
	}
	gv_statelock_list_release(&list);
	return r;
}

/* ---- notes -------------------------------------------------------------- */

/* Whether notes that a fetch brought are part of this clone's: 1, 0, or a
 * failure; in doubt they are. */
static int
is_merged(const struct gv_oid *theirs, const struct gv_oid *ours)
{
	char a[GV_OID_HEX + 1], b[GV_OID_HEX + 1];
	const char *argv[] = { "git", "merge-base", "--is-ancestor", a, b,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (gv_oid_is_zero(ours))
		return 0;
	gv_oid_format(a, theirs);
	gv_oid_format(b, ours);
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0)
		r = p.status != 1;
	gv_proc_release(&p);
	return r;
}

static int
add_unmerged(struct gv_doctor *d, const char *ref, const char *name, int len)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&cmd, "git notes --ref=vault merge -s cat_sort_uniq");
	gv_doctor_word(&cmd, "%s", ref);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "notes_unmerged", cmd.p,
		    "notes on commits came from %.*s that are not among those "
		    "of this clone, so 'git log --notes=vault' leaves them out",
		    len, name);
	gv_buf_release(&cmd);
	return r;
}

int
gv_doctor_notes(struct gv_doctor *d)
{
	const size_t tail = strlen(NOTES), head = strlen(REMOTE);
	struct gv_refs refs = { 0 };
	struct gv_oid ours;
	size_t i, len;
	int r = gv_ref_find(&ours, d->repo, GV_REF_NOTES);

	if (r == 0)
		r = gv_ref_list(&refs, d->repo, REMOTE);
	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *ref = refs.refs[i].name;

		len = strlen(ref);
		if (len <= head + tail ||
		    strcmp(ref + len - tail, NOTES) != 0 || strchr(ref, '\''))
			continue;
		if ((r = is_merged(&refs.refs[i].oid, &ours)) == 0)
			r = add_unmerged(
			    d, ref, ref + head, (int)(len - head - tail));
		r = r < 0 ? r : 0;
	}
	gv_refs_release(&refs);
	return r;
}
