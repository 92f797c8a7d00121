#include "rollback/rollback.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "restore/restore.h"
#include "rollback/rollback_move.h"
#include "rollback/rollback_record.h"
#include "sys/entry.h"
#include "sys/exec.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/proc.h"

#define MAX_NAME 128 /* bytes of pending and played */

struct gv_rollback {
	struct gv_repo *repo;
	int lock;
	char id[GV_RECORD_ID_LEN + 1]; /* "": not begun */
	struct gv_buf dir;
};

/* ---- files -------------------------------------------------------------- */

static int
path_of(struct gv_buf *out, const struct gv_repo *repo, const char *name)
{
	gv_buf_reset(out);
	gv_buf_addf(out, "%s/rollback/%s", repo->vault_dir, name);
	return gv_buf_check(out);
}

/* The id that `pending` or `played` holds; "" where there is no such file. */
static int
read_id(
    char id[GV_RECORD_ID_LEN + 1], const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = path_of(&path, repo, name);

	*id = '\0';
	if (r == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX_NAME);
	if (r == GV_ENOTFOUND)
		r = 0;
	else if (r == 0 &&
	    (text.len != GV_RECORD_ID_LEN + 1 ||
		!gv_record_is_id(text.p, GV_RECORD_ID_LEN)))
		r = gv_err(GV_ECORRUPT,
		    "%s does not name a snapshot; nothing is known of the "
		    "rollback that it was of: remove it",
		    path.p);
	else if (r == 0) {
		memcpy(id, text.p, GV_RECORD_ID_LEN);
		id[GV_RECORD_ID_LEN] = '\0';
	}
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

static int
remove_name(const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, repo, name);

	if (r == 0)
		r = gv_file_remove_tree(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}

/* ---- its end ------------------------------------------------------------ */

/* A note that cannot be read is reported at the end. */
static int
move_branch(const struct gv_repo *repo, const char *id, struct gv_buf *missed)
{
	struct gv_rollback_note note;
	int r;

	if (gv_rollback_load(&note, repo, id) < 0)
		return 0;
	r = note.branch ? gv_rollback_move(repo, &note, missed) : 0;
	gv_rollback_note_release(&note);
	return r;
}

int
gv_rollback_is_of(bool *out, const struct gv_repo *repo, const char *safety)
{
	char id[GV_RECORD_ID_LEN + 1];
	int r = read_id(id, repo, "pending");

	*out = r == 0 && strcmp(id, safety) == 0;
	if (r < 0 || *out)
		return r;
	r = read_id(id, repo, "played");
	*out = r == 0 && strcmp(id, safety) == 0;
	return r;
}

int
gv_rollback_played(
    const struct gv_repo *repo, const char *safety, struct gv_buf *missed)
{
	struct gv_buf from = GV_BUF_INIT, to = GV_BUF_INIT;
	char id[GV_RECORD_ID_LEN + 1];
	int r = read_id(id, repo, "pending");

	if (r < 0 || !*id || strcmp(id, safety) != 0)
		return r;
	if ((r = move_branch(repo, id, missed)) == 0 &&
	    (r = path_of(&from, repo, "pending")) == 0 &&
	    (r = path_of(&to, repo, "played")) == 0 &&
	    gv_entry_rename(AT_FDCWD, from.p, AT_FDCWD, to.p) < 0)
		r = gv_err_sys("cannot rename %s", from.p);
	if (r == 0)
		r = gv_file_sync_parent(AT_FDCWD, to.p);
	gv_buf_release(&from);
	gv_buf_release(&to);
	return r;
}

const struct gv_restore_after gv_rollback_after = { gv_rollback_is_of,
	gv_rollback_played };

static int
tell_audit(
    struct gv_repo *repo, const struct gv_rollback_note *note, int64_t now)
{
	const char *files = note->snapshot[0] ? note->snapshot : NULL;
	struct gv_buf target = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_audit_event e = { .what = GV_AUDIT_ROLLBACK,
		.time = now,
		.scopes = &note->env,
		.n_scopes = 1,
		.snapshot = files,
		.result = note->is_part ? GV_AUDIT_PART : GV_AUDIT_DONE,
		.reason = note->reason };
	int r;

	if (note->undoes[0])
		gv_buf_addf(
		    &target, "undo of %s, id %s", note->undoes, note->id);
	else
		gv_buf_addf(&target, "good/%s/%u, id %s", note->env,
		    note->record, note->id);
	if (note->scope)
		gv_buf_addf(&target, ", only %s", note->scope);
	if (note->branch) {
		gv_oid_format(hex, &note->commit);
		gv_buf_addf(&target, ", commit %s", hex);
	}
	r = gv_buf_check(&target);
	e.target = target.p;
	if (r == 0)
		r = gv_audit_tell_done(repo, NULL, &e);
	gv_buf_release(&target);
	return r;
}

/* What is left to do when all is where it belongs. */
struct ending {
	struct gv_repo *repo;
	struct gv_safe *safe;
	int64_t now;
	bool is_later; /* by a later command */
	bool is_open;  /* what failed may pass, so it is tried again */
	unsigned record;
};

/* git does nothing in a folder that the rollback took away; but from another
 * one, a variable of the user's may lead to another repository. */
static int
leave_gone(const struct gv_repo *repo)
{
	static const char *const ask[] = { "git", "rev-parse",
		"--absolute-git-dir", NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *here = gv_entry_real_path(".");
	int r;

	if (here || errno != ENOENT || repo->worktree == NULL) {
		free(here);
		return 0;
	}
	if ((r = gv_exec_chdir(repo->worktree)) == 0)
		r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = ask });
	if (r == 0) {
		gv_buf_truncate(&p.out, strcspn(p.out.p, "\n"));
		if (p.status || strcmp(p.out.p, repo->git_dir) != 0)
			r = gv_err(
			    GV_ERROR, "its working directory no longer exists");
	}
	gv_proc_release(&p);
	return r;
}

/* Whether what kept it from its record may pass. */
static bool
may_pass(int r)
{
	return r == GV_ERROR || r == GV_ELOCKED || r == GV_ECANCELED ||
	    r == GV_ENOMEM;
}

/* It has its record and its event, as far as possible: 0, or the first
 * failure. */
static int
leave_word(struct ending *e, const struct gv_rollback_note *note)
{
	char *why = NULL;
	int r = leave_gone(e->repo), told = 0;
	bool is_here = r == 0;

	if (r == 0)
		r = gv_rollback_record(
		    &e->record, e->repo, e->safe, note, e->now);
	e->is_open = !is_here || may_pass(r);
	if (e->is_open)
		r = gv_err(r, "%s; the next git-vault command here goes on",
		    gv_err_message());
	if (r < 0)
		why = gv_err_save();
	/* once at its time, and not at each try */
	if (is_here && (!e->is_open || !e->is_later))
		told = tell_audit(e->repo, note, e->now);
	if (r < 0)
		gv_err_restore(why);
	return r < 0 ? r : told;
}

/* What was taken back cannot be again, but for what is still to come; the
 * states that it had made ready go at once. */
static int
forget_undone(const struct gv_repo *repo, const struct gv_rollback_note *note)
{
	struct gv_buf states = GV_BUF_INIT;
	int r;

	if (!note->is_part)
		return remove_name(repo, note->undoes);
	gv_buf_addf(&states, "%s/states", note->undoes);
	if ((r = gv_buf_check(&states)) == 0)
		r = remove_name(repo, states.p);
	gv_buf_release(&states);
	return r;
}

/* All is where it belongs. That it cannot be told keeps nothing from its
 * end, but that its record may be made by the next command does. */
static int
finish(struct ending *e, const char *id)
{
	struct gv_rollback_note note;
	char *why;
	int r = 0, told = gv_rollback_load(&note, e->repo, id);

	if (told == 0) {
		told = leave_word(e, &note);
		why = gv_err_save();
		if (!e->is_open && note.undoes[0])
			r = forget_undone(e->repo, &note);
		if (r < 0)
			free(why);
		else
			gv_err_restore(why);
		gv_rollback_note_release(&note);
	}
	if (r < 0 || e->is_open)
		return r < 0 ? r : told;
	why = gv_err_save();
	r = remove_name(e->repo, "played");
	if (r < 0)
		free(why);
	else
		gv_err_restore(why);
	return r < 0 ? r : told;
}

/* Nothing was touched: what was made ready goes. */
static int
undo(struct gv_repo *repo, const char *id)
{
	int r = remove_name(repo, id);

	return r < 0 ? r : remove_name(repo, "pending");
}

/* ---- a rollback of this clone ------------------------------------------- */

static int
lock(int *fd, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, repo, "lock");

	if (r == 0)
		r = gv_lock_open(fd, path.p, 0);
	gv_buf_release(&path);
	return r == GV_ELOCKED
	    ? gv_err(GV_ELOCKED,
		  "a rollback of %s is under way; try again when it is done",
		  repo->worktree)
	    : r;
}

int
gv_rollback_open(struct gv_rollback **out, struct gv_repo *repo)
{
	struct gv_rollback *job = calloc(1, sizeof(*job));
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	if (job == NULL)
		return gv_err_nomem();
	job->repo = repo;
	job->lock = -1;
	job->dir = (struct gv_buf)GV_BUF_INIT;
	if ((r = gv_repo_make_vault_dir(repo)) == 0 &&
	    (r = path_of(&dir, repo, "")) == 0 &&
	    (r = gv_file_mkdirs(AT_FDCWD, dir.p, 0700)) == 0)
		r = lock(&job->lock, repo);
	gv_buf_release(&dir);
	if (r < 0) {
		gv_rollback_close(job);
		return r;
	}
	*out = job;
	return 0;
}

int
gv_rollback_begin(struct gv_rollback *job, const char *id)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	if ((r = path_of(&path, job->repo, "pending")) < 0)
		goto out;
	gv_buf_addf(&text, "%s\n", id);
	if ((r = gv_buf_check(&text)) < 0 ||
	    (r = path_of(&job->dir, job->repo, id)) < 0)
		goto out;
	r = gv_file_replace(AT_FDCWD, path.p, text.p, text.len, 0600, true);
	if (r < 0)
		goto out;
	memcpy(job->id, id, GV_RECORD_ID_LEN + 1);
	r = gv_file_mkdirs(AT_FDCWD, job->dir.p, 0700);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

const char *
gv_rollback_dir(const struct gv_rollback *job)
{
	return job->dir.p;
}

int
gv_rollback_end(struct gv_rollback *job, struct gv_safe *safe, int64_t now,
    unsigned *record)
{
	struct ending e = { .repo = job->repo, .safe = safe, .now = now };
	int r = finish(&e, job->id);

	*record = e.record;
	job->id[0] = '\0';
	return r;
}

/* Whether the restore's journal may stand yet. */
static bool
may_go_on(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	bool there;

	gv_buf_addf(&path, "%s/restore", repo->vault_dir);
	there = gv_buf_check(&path) < 0 || gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return there;
}

void
gv_rollback_close(struct gv_rollback *job)
{
	char id[GV_RECORD_ID_LEN + 1];
	char *why;

	if (job == NULL)
		return;
	why = strdup(gv_err_message());
	if (job->id[0] && !may_go_on(job->repo) &&
	    read_id(id, job->repo, "pending") == 0 && strcmp(id, job->id) == 0)
		undo(job->repo, job->id);
	if (why)
		gv_err_set_message(why);
	free(why);
	gv_lock_close(job->lock);
	gv_buf_release(&job->dir);
	free(job);
}

/* ---- one that was interrupted ------------------------------------------- */

static bool
is_there(const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool there =
	    path_of(&path, repo, name) == 0 && gv_file_exists(AT_FDCWD, path.p);

	gv_buf_release(&path);
	return there;
}

/* What its branch has become. */
static void
tell_branch(const struct gv_repo *repo, const char *id, struct gv_buf *sentence)
{
	struct gv_rollback_note note;
	char hex[GV_OID_HEX + 1];

	if (gv_rollback_load(&note, repo, id) < 0)
		return;
	gv_oid_format(hex, &note.commit);
	if (note.branch && !gv_rollback_is_moved(repo, &note))
		gv_buf_addf(sentence,
		    ", but %s moved meanwhile and stays unchanged: the result "
		    "is commit %s",
		    note.branch, hex);
	gv_rollback_note_release(&note);
}

static int
recover(struct gv_repo *repo, int64_t now, struct gv_buf *sentence)
{
	struct ending e = { .repo = repo, .now = now, .is_later = true };
	char id[GV_RECORD_ID_LEN + 1];
	int r = read_id(id, repo, "played");

	if (r == 0 && *id) {
		gv_buf_addf(sentence,
		    "finished the interrupted rollback %s (undo: git vault "
		    "rollback --undo %s)",
		    id, id);
		tell_branch(repo, id, sentence);
		if (finish(&e, id) < 0)
			gv_buf_addf(sentence, ", but %s", gv_err_message());
	}
	if (r == 0)
		r = read_id(id, repo, "pending");
	if (r < 0 || !*id)
		return r;
	if ((r = undo(repo, id)) == 0)
		gv_buf_addf(sentence,
		    "%scleaned up after an interrupted rollback that had "
		    "changed nothing yet",
		    sentence->len ? "; " : "");
	return r;
}

int
gv_rollback_recover(struct gv_repo *repo, int64_t now, struct gv_buf *sentence)
{
	int fd = -1, r;

	if (!is_there(repo, "pending") && !is_there(repo, "played"))
		return 0;
	r = lock(&fd, repo);
	/* its journal may have come to stand meanwhile */
	if (r == 0 && !may_go_on(repo))
		r = recover(repo, now, sentence);
	gv_lock_close(fd);
	return r;
}
