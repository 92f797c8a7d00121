#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lines.h"
#include "recover/recover_internal.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/session.h"

/*
 * The process that is at work on a run has the lock of its folder, and stands
 * in the file "owner" there, so that another one can ask it to end:
 *
 *	HOST PROCESS START
 */

#define OWNER "owner"
#define MOST  ((size_t)400) /* bytes of it */

/* A process that is killed between vfork() and exec() leaves the lock to its
 * child until that executes. */
#define LOCK_MS 1000
#define END_MS  30000 /* within which a process that is asked to end has to */
#define LOOK_MS 50

static int
path_of(struct gv_buf *out, const char *dir, const char *name)
{
	gv_buf_addf(out, "%s/%s", dir, name);
	return gv_buf_check(out);
}

static int
write_owner(const struct gv_recover *run)
{
	struct gv_buf path = GV_BUF_INIT, line = GV_BUF_INIT;
	struct gv_session s;
	int r;

	/* where the system tells nothing, none can be asked either */
	if (gv_session_of_process(&s, (long)getpid()) < 0)
		return 0;
	gv_buf_addf(&line, "%s %ld %llu\n", s.host, s.id, s.start);
	if ((r = path_of(&path, run->dir, OWNER)) == 0 &&
	    (r = gv_buf_check(&line)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, line.p, line.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&line);
	return r;
}

static int
read_owner(struct gv_session *out, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, line = GV_BUF_INIT;
	int r;

	if ((r = path_of(&path, dir, OWNER)) == 0 &&
	    (r = gv_file_read(&line, AT_FDCWD, path.p, MOST)) == 0 &&
	    sscanf(line.p, "%95s %ld %llu", out->host, &out->id, &out->start) !=
		3)
		r = gv_err(GV_ENOTFOUND, "%s says nothing", path.p);
	gv_buf_release(&path);
	gv_buf_release(&line);
	return r;
}

static int
lock(int *fd, const char *dir, int ms)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, dir, "lock");

	*fd = -1;
	if (r == 0)
		r = gv_lock_open(fd, path.p, ms);
	gv_buf_release(&path);
	return r;
}

int
gv_recover_own(struct gv_recover *run)
{
	int r = lock(&run->lock, run->dir, LOCK_MS);

	if (r == GV_ELOCKED)
		return gv_err(GV_ELOCKED,
		    "another process is at work on run %s; to look at it: git "
		    "vault plan status %s; to end it: git vault plan abort %s",
		    run->id, run->id, run->id);
	return r < 0 ? r : write_owner(run);
}

/* Without a change of the message that may be there. */
static bool
is_held(const char *dir)
{
	char *saved = gv_err_save();
	int fd, r = lock(&fd, dir, 0);

	gv_lock_close(fd);
	gv_err_restore(saved);
	return r == GV_ELOCKED;
}

bool
gv_recover_is_at_work(const struct gv_recover *run)
{
	return run->lock < 0 && run->dir && is_held(run->dir);
}

/* ---- one at a time ------------------------------------------------------- */

static bool
is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int
check_one(const struct gv_recover *run, const char *id)
{
	struct gv_recover *other = NULL;
	int r = gv_recover_open(&other, run->repo, id, false);

	/* plan history reports a damaged one */
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	if (strcmp(other->plan.name, run->plan.name) == 0 &&
	    is_same(other->environment, run->environment) &&
	    gv_recover_is_at_work(other))
		r = gv_err(GV_ELOCKED,
		    "run %s of plan %s is at work in this working tree, so "
		    "nothing was run; to look at it: git vault plan status %s; "
		    "to end it: git vault plan abort %s",
		    id, run->plan.name, id, id);
	gv_recover_close(other);
	return r;
}

int
gv_recover_check_alone(const struct gv_recover *run)
{
	struct gv_buf ids = GV_BUF_INIT, path = GV_BUF_INIT;
	const char *p, *line;
	char id[80];
	size_t n;
	int r = gv_recover_list(&ids, run->repo);

	p = ids.p;
	while (r == 0 && gv_lines_next(&line, &n, &p, ids.p + ids.len)) {
		if (n >= sizeof(id))
			continue;
		memcpy(id, line, n);
		id[n] = '\0';
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/plans/%s", run->repo->vault_dir, id);
		if ((r = gv_buf_check(&path)) == 0 && is_held(path.p))
			r = check_one(run, id);
	}
	gv_buf_release(&ids);
	gv_buf_release(&path);
	return r;
}

/* ---- its end ------------------------------------------------------------- */

static int
ask_to_end(const struct gv_recover *run)
{
	struct gv_session owner = { .id = 0 };
	int ms, asked;

	if (read_owner(&owner, run->dir) < 0)
		return gv_err(GV_ERROR,
		    "run %s is at work, and by which process is not known; end "
		    "it where it was started, by Ctrl-C",
		    run->id);
	asked = gv_session_signal(&owner);
	if (asked < 0)
		return gv_err_sys(
		    "process %ld, which works on run %s, cannot be asked to end",
		    owner.id, run->id);
	for (ms = 0; ms < END_MS && is_held(run->dir); ms += LOOK_MS)
		gv_clock_sleep(LOOK_MS);
	if (!is_held(run->dir))
		return 1;
	return asked
	    ? gv_err(GV_ERROR,
		  "process %ld works on run %s, and did not end within %d s; "
		  "to end it at once: kill -9 %ld && git vault plan abort %s",
		  owner.id, run->id, END_MS / 1000, owner.id, run->id)
	    : gv_err(GV_ERROR,
		  "run %s is at work on another machine or in a container; end "
		  "it there, by Ctrl-C",
		  run->id);
}

int
gv_recover_stop(struct gv_repo *repo, const char *id)
{
	struct gv_recover *run = NULL;
	int r = gv_recover_open(&run, repo, id, false);

	if (r == 0 && gv_recover_is_at_work(run))
		r = ask_to_end(run);
	gv_recover_close(run);
	return r;
}
