#include "statelock/statelock.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/time.h"
#include "repo/repo.h"
#include "state/track.h"
#include "statelock/statelock_internal.h"
#include "sys/clock.h"
#include "vault/label.h"

#define TRIES     6
#define PAUSE_MS  20
#define TOLD      160 /* bytes of a text of a record, in a sentence */
#define TAKE_AWAY "state-lock"
#define DROP      "state-unlock"
#define SHORT_ID  8 /* digits of an id */

/* ---- what is said ---- */

/* Text of somebody else's in a sentence: on one line, and not all of a novel.
 */
static void
add_plain(struct gv_buf *out, const char *text)
{
	size_t i, len = strlen(text);

	if (len > TOLD)
		for (len = TOLD; (text[len] & 0xc0) == 0x80; len--)
			;
	for (i = 0; i < len; i++)
		gv_buf_addch(out,
		    (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?'
								    : text[i]);
	if (text[len])
		gv_buf_addstr(out, "...");
}

static void
add_owner(struct gv_buf *out, const char *who)
{
	const char *at = strrchr(who, '@');

	if (*who == '\0') {
		gv_buf_addstr(out, "somebody");
	} else if (at == NULL || at == who || at[1] == '\0') {
		add_plain(out, who);
	} else {
		struct gv_buf user = GV_BUF_INIT;

		gv_buf_add(&user, who, (size_t)(at - who));
		add_plain(out, user.p);
		gv_buf_addstr(out, " on the host ");
		add_plain(out, at + 1);
		gv_buf_release(&user);
	}
}

static void
add_since(
    struct gv_buf *out, const struct gv_statelock_record *rec, int64_t now)
{
	char when[GV_TIME_MAX], age[GV_TIME_MAX];

	if (rec->has_time) {
		gv_time_rfc3339(when, rec->time);
		gv_time_relative(age, rec->time, now);
		gv_buf_addf(out, " since %s (%s%s)", when, age,
		    rec->time > now ? ": a clock is wrong" : "");
	} else if (*rec->created) {
		gv_buf_addstr(out, " since ");
		add_plain(out, rec->created);
	}
}

/* "ann on the host web1, since …, for 'apply', ID …" */
static void
add_holder(struct gv_buf *out, const struct gv_statelock *lock, int64_t now)
{
	const struct gv_statelock_record *rec = &lock->record;

	if (lock->damage) {
		gv_buf_addf(out, "somebody whose record cannot be read: %s",
		    lock->damage);
		return;
	}
	add_owner(out, rec->who);
	add_since(out, rec, now);
	if (*rec->operation) {
		gv_buf_addstr(out, ", for '");
		add_plain(out, rec->operation);
		gv_buf_addch(out, '\'');
	}
	if (*rec->info) {
		gv_buf_addstr(out, " (");
		add_plain(out, rec->info);
		gv_buf_addch(out, ')');
	}
	gv_buf_addstr(out, ", ID ");
	add_plain(out, rec->id);
}

/* GV_ELOCKED with who has it, and what to do. */
static int
say_held(const struct gv_statelock_work *w, const struct gv_statelock *lock)
{
	const char *remote = gv_oid_equal(&lock->oid, &w->there)
	    ? w->remote
	    : gv_statelock_work_noted(w, &lock->oid, NULL);
	struct gv_buf text = GV_BUF_INIT, where = GV_BUF_INIT;
	int r;

	add_holder(&text, lock, w->at->now);
	if (remote)
		gv_buf_addf(&where, " on the remote '%s'", remote);
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&where)) == 0)
		r = gv_err(GV_ELOCKED,
		    "%s/%s is locked%s by %s; wait, or, if its holder no "
		    "longer runs, break the lock: git vault state unlock --env "
		    "%s --stack %s%s%s --force --reason TEXT",
		    w->at->env, w->at->stack, where.p, text.p, w->at->env,
		    w->at->stack, remote ? " --remote " : "",
		    remote ? remote : "");
	gv_buf_release(&text);
	gv_buf_release(&where);
	return r;
}

static int
say_not_locked(const struct gv_statelock_work *w)
{
	return gv_err(GV_ENOTFOUND, "%s/%s is not locked%s%s%s", w->at->env,
	    w->at->stack, w->remote ? " on the remote '" : "",
	    w->remote ? w->remote : "", w->remote ? "'" : "");
}

/* Nothing is taken away before the chain says who had it. */
static int
tell(const struct gv_statelock_work *w, const char *kind,
    const struct gv_statelock *lock, const char *reason)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(
	    &text, "%s/%s, which was locked by ", w->at->env, w->at->stack);
	add_holder(&text, lock, w->at->now);
	gv_buf_addf(&text, ": %s", reason);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_audit_tell(w->repo, NULL,
		    &(struct gv_audit_event){
			.what = kind, .time = w->at->now, .reason = text.p });
	gv_buf_release(&text);
	return r;
}

/* ---- which lock counts ---- */

/* The remote's goes before the one here: NULL where there is none. */
static const struct gv_oid *
standing(const struct gv_statelock_work *w)
{
	return !gv_oid_is_zero(&w->there) ? &w->there
	    : !gv_oid_is_zero(&w->here)   ? &w->here
					  : NULL;
}

/* Read it; what only the remote has is fetched, and where that fails it is as
 * good as damaged. */
static int
load(struct gv_statelock *out, const struct gv_statelock_work *w,
    const struct gv_oid *oid)
{
	const char *refs[] = { w->ref.p, NULL };

	gv_statelock_release(out);
	if (gv_oid_equal(oid, &w->there) &&
	    !gv_statelock_blob_is_there(w->repo, oid)) {
		int r = gv_statelock_remote_fetch(w->repo, w->remote, refs);

		if (r == GV_ENOMEM || r == GV_ECANCELED)
			return r;
	}
	return gv_statelock_blob_read(
	    out, w->repo, w->at->env, w->at->stack, oid);
}

/* The remote did not do it, since another push was quicker. 0 to try it again;
 * GV_ELOCKED, with what it said, where that was so too often. */
static int
look_again(struct gv_statelock_work *w, int tries)
{
	if (tries + 1 >= TRIES)
		return GV_ELOCKED;
	gv_clock_sleep(PAUSE_MS * (tries + 1));
	return gv_statelock_work_mend(w);
}

/* ---- take ---- */

/* The ref here could not follow. What stands there goes again; if not now, then
 * by the note. */
static int
take_back(struct gv_statelock_work *w, const struct gv_oid *oid, int r)
{
	static const struct gv_oid none;
	char *why = gv_err_save();

	(void)gv_statelock_remote_push(w, &none, oid);
	gv_err_restore(why);
	return r;
}

static int
put(struct gv_statelock_work *w, const void *record, size_t len,
    struct gv_oid *oid)
{
	int r;

	if ((r = gv_statelock_blob_write(oid, w->repo, record, len)) < 0)
		return r;
	if (w->remote && (r = gv_statelock_work_note(w, oid)) < 0)
		return r;
	if (w->remote && (r = gv_statelock_remote_push(w, oid, &w->there)) < 0)
		return r;
	r = gv_statelock_work_move(w, oid);
	return r < 0 && w->remote ? take_back(w, oid, r) : r;
}

/* What was taken with a remote cannot be taken over without it: whoever asks
 * the remote would have it, too. */
static int
check_alone(const struct gv_statelock_work *w)
{
	const char *remote = gv_statelock_work_noted(w, &w->here, NULL);

	if (w->remote || gv_oid_is_zero(&w->here) || remote == NULL)
		return 0;
	return gv_err(GV_EREFUSED,
	    "%s/%s was locked with the remote '%s'; take it over with --remote "
	    "%s, or, if that remote is gone for good, run git vault state "
	    "unlock --force first",
	    w->at->env, w->at->stack, remote, remote);
}

static int
take_once(struct gv_statelock *out, struct gv_statelock_work *w,
    const void *record, size_t len, const char *reason)
{
	const struct gv_oid *held = standing(w);
	struct gv_oid oid;
	int r = 0;

	if (held) {
		if ((r = load(out, w, held)) == 0 && reason == NULL)
			return say_held(w, out);
		if (r == 0 && (r = check_alone(w)) == 0)
			r = tell(w, TAKE_AWAY, out, reason);
		/* the ref here may be another lock, which goes as well */
		if (r == 0 && held != &w->here && !gv_oid_is_zero(&w->here) &&
		    !gv_oid_equal(held, &w->here)) {
			if ((r = load(out, w, &w->here)) == 0)
				r = tell(w, TAKE_AWAY, out, reason);
		}
	}
	if (r == 0)
		r = put(w, record, len, &oid);
	gv_statelock_release(out);
	if (r != 0)
		return r;
	return gv_statelock_blob_read(
	    out, w->repo, w->at->env, w->at->stack, &oid);
}

static int
check_record(const void *record, size_t len)
{
	struct gv_statelock_record rec = { 0 };
	int r = gv_statelock_parse(&rec, record, len);

	gv_statelock_record_release(&rec);
	return r < 0 && r != GV_ENOMEM
	    ? gv_err_in(GV_EREFUSED, "the record of the new lock")
	    : r;
}

/* What they are called is the name of a ref, and of a folder that is there with
 * the first try. */
static int
check_new(struct gv_repo *repo, const struct gv_statelock_at *at)
{
	const struct gv_track_of of = { at->env, at->stack };

	return gv_label_is_valid(at->env) && gv_label_is_valid(at->stack)
	    ? gv_track_check_new(repo, &of)
	    : 0;
}

int
gv_statelock_take(struct gv_statelock *out, struct gv_repo *repo,
    const struct gv_statelock_at *at, const void *record, size_t len,
    const char *reason)
{
	struct gv_statelock_work w;
	int i, r;

	memset(out, 0, sizeof(*out));
	if ((r = check_record(record, len)) == 0)
		r = check_new(repo, at);
	if (r < 0)
		return r;
	if ((r = gv_statelock_work_open(&w, repo, at)) == 0 && w.remote)
		r = gv_statelock_work_mend(&w);
	for (i = 0; r == 0 && i < TRIES; i++) {
		r = take_once(out, &w, record, len, reason);
		if (r != GV_EEXISTS)
			break;
		r = look_again(&w, i);
	}
	gv_statelock_work_close(&w);
	return r;
}

/* ---- let go ---- */

static bool
is_ours(const struct gv_statelock *lock)
{
	struct gv_buf who = GV_BUF_INIT;
	bool ours;

	gv_statelock_who(&who);
	ours = lock->damage == NULL && gv_buf_check(&who) == 0 &&
	    strcmp(lock->record.who, who.p) == 0;
	gv_buf_release(&who);
	return ours;
}

/* As it is, or its first eight digits or more, as a table shows them: a state
 * has one lock. */
static bool
is_id_of(const struct gv_statelock *lock, const char *id)
{
	const size_t len = strlen(id);

	return strcmp(lock->record.id, id) == 0 ||
	    (len >= SHORT_ID && strncmp(lock->record.id, id, len) == 0);
}

static int
check_drop(const struct gv_statelock_work *w, const struct gv_statelock *lock,
    const char *id, const char *reason)
{
	if (id && (lock->damage || !is_id_of(lock, id)))
		return gv_err_in(say_held(w, lock), "this is not the ID of it");
	return id || reason || is_ours(lock) ? 0 : say_held(w, lock);
}

/* A kill had left it, or somebody has let go of it on the remote: so it has
 * come to pass already, if it was this one. */
static int
drop_gone(
    struct gv_statelock *out, const struct gv_statelock_work *w, const char *id)
{
	int r;

	if (gv_oid_is_zero(&w->gone))
		return say_not_locked(w);
	r = load(out, w, &w->gone);
	if (r == 0 && (id ? !out->damage && is_id_of(out, id) : is_ours(out)))
		return 0;
	gv_statelock_release(out);
	return r < 0 ? r : say_not_locked(w);
}

/* Where somebody else has let go of it meanwhile, that is as good. */
static int
drop_there(struct gv_statelock_work *w, const struct gv_oid *oid)
{
	static const struct gv_oid none;
	int i, r = 0;

	for (i = 0; r == 0 && gv_oid_equal(&w->there, oid); i++) {
		if ((r = gv_statelock_remote_push(w, &none, oid)) == 0)
			w->there = none;
		else if (r == GV_EEXISTS)
			r = look_again(w, i);
	}
	if (r == 0 && !gv_oid_is_zero(&w->there))
		r = gv_err(GV_ELOCKED,
		    "the lock of %s/%s on the remote '%s' has changed hands "
		    "meanwhile",
		    w->at->env, w->at->stack, w->remote);
	return r;
}

static int
drop(struct gv_statelock *out, struct gv_statelock_work *w, const char *id,
    const char *reason)
{
	const struct gv_oid *held = standing(w);
	struct gv_oid oid;
	int r;

	if (held == NULL)
		return drop_gone(out, w, id);
	oid = *held;
	if ((r = load(out, w, &oid)) < 0 ||
	    (r = check_drop(w, out, id, reason)) < 0)
		return r;
	if (reason && (r = tell(w, DROP, out, reason)) < 0)
		return r;
	if (gv_oid_equal(&oid, &w->there) && (r = drop_there(w, &oid)) < 0)
		return r;
	if (gv_oid_equal(&oid, &w->here))
		return gv_statelock_work_move(w, NULL);
	return 0;
}

int
gv_statelock_drop(struct gv_statelock *out, struct gv_repo *repo,
    const struct gv_statelock_at *at, const char *id, const char *reason)
{
	struct gv_statelock_work w;
	int r = gv_statelock_work_open(&w, repo, at);

	memset(out, 0, sizeof(*out));
	if (r < 0)
		goto out;
	if (w.remote == NULL && reason == NULL && !gv_oid_is_zero(&w.here))
		w.remote = gv_statelock_work_noted(&w, &w.here, NULL);
	if (w.remote && (r = gv_statelock_work_mend(&w)) < 0)
		goto out;
	r = drop(out, &w, id, reason);
out:
	gv_statelock_work_close(&w);
	return r;
}

int
gv_statelock_get(struct gv_statelock *out, struct gv_repo *repo,
    const struct gv_statelock_at *at)
{
	struct gv_statelock_work w;
	const struct gv_oid *held;
	int r = gv_statelock_work_open(&w, repo, at);

	memset(out, 0, sizeof(*out));
	if (r == 0 && w.remote)
		r = gv_statelock_work_mend(&w);
	held = r == 0 ? standing(&w) : NULL;
	if (r == 0)
		r = held ? load(out, &w, held) : say_not_locked(&w);
	gv_statelock_work_close(&w);
	return r;
}

static int
check_holder(
    struct gv_statelock *out, const struct gv_statelock_work *w, const char *id)
{
	const struct gv_oid *held = standing(w);
	int r;

	if (held == NULL)
		return id ? say_not_locked(w) : 0;
	r = load(out, w, held);
	if (r < 0)
		return r;
	return id ? check_drop(w, out, id, NULL) : say_held(w, out);
}

int
gv_statelock_with(struct gv_statelock *out, struct gv_repo *repo,
    const struct gv_statelock_at *at, const char *id, int (*fn)(void *ctx),
    void *ctx)
{
	struct gv_statelock_work w;
	int r = gv_statelock_work_open(&w, repo, at);

	memset(out, 0, sizeof(*out));
	if (r == 0 && w.remote)
		r = gv_statelock_work_mend(&w);
	if (r == 0 && (r = check_holder(out, &w, id)) == 0)
		r = fn(ctx);
	gv_statelock_work_close(&w);
	return r;
}
