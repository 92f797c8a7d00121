#include "replica/replica_auto.h"

#include <fcntl.h>

#include "base/err.h"
#include "replica/replica_failing.h"
#include "replica/replica_memory.h"
#include "replica/target.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/lock.h"

bool
gv_replica_auto_is_due(
    int64_t pushed, int64_t tried_ago, int64_t now, bool is_save)
{
	if (tried_ago >= 0 && tried_ago < GV_REPLICA_AUTO_PAUSE)
		return false;
	return !is_save || pushed > now ||
	    now - pushed >= GV_REPLICA_AUTO_PAUSE;
}

static int
add_news(struct gv_replica_auto *out, const struct gv_target *target,
    const char *dir, const struct gv_replica_failing *failing)
{
	if (failing->since == 0 || failing->is_told)
		return 0;
	gv_buf_addf(&out->news,
	    failing->is_partial ? "not everything is in the target %s: %s"
				: "copies are not pushed to the target %s: %s",
	    target->name, failing->why);
	if (!gv_target_is_refused(target))
		gv_buf_addf(&out->news,
		    failing->is_partial
			? "; for more: git vault replicate push %s"
			: "; to try again: git vault replicate push %s",
		    target->name);
	gv_buf_addch(&out->news, '\n');
	return gv_replica_failing_tell(dir);
}

/* Seconds since the last failure was noted; -1: there was none. What was only
 * left out keeps nothing else from the copy. */
static int64_t
tried_ago(const struct gv_replica_failing *failing, int64_t now)
{
	if (failing->since == 0 || failing->is_partial)
		return -1;
	return failing->last > now ? 0 : now - failing->last;
}

static int
look_at(struct gv_replica_auto *out, struct gv_repo *repo,
    const struct gv_target *target, int64_t now, bool is_save)
{
	struct gv_replica_failing failing = { .since = 0 };
	struct gv_replica_memory memory = { .n = 0 };
	struct gv_buf dir = GV_BUF_INIT;
	int r = gv_replica_memory_dir(&dir, repo, target->name);

	if (r < 0 || (r = gv_replica_failing_load(&failing, dir.p)) < 0 ||
	    (r = add_news(out, target, dir.p, &failing)) < 0 ||
	    (r = gv_replica_memory_load(&memory, dir.p)) < 0)
		goto out;
	out->is_due |= gv_replica_auto_is_due(
	    memory.pushed, tried_ago(&failing, now), now, is_save);
out:
	gv_replica_failing_release(&failing);
	gv_replica_memory_release(&memory);
	gv_buf_release(&dir);
	return r;
}

int
gv_replica_auto_look(struct gv_replica_auto *out, struct gv_repo *repo,
    int64_t now, bool is_save)
{
	struct gv_targets all;
	size_t i;
	int r;

	*out = (struct gv_replica_auto){ .news = GV_BUF_INIT };
	r = gv_targets_load(&all, repo);
	for (i = 0; r == 0 && i < all.n; i++)
		if (all.all[i].is_auto)
			r = look_at(out, repo, &all.all[i], now, is_save);
	gv_targets_release(&all);
	return r < 0 ? r : gv_buf_check(&out->news);
}

void
gv_replica_auto_release(struct gv_replica_auto *look)
{
	gv_buf_release(&look->news);
}

int
gv_replica_auto_start(const struct gv_repo *repo, pid_t *pid)
{
	static const char *const argv[] = { "git", "vault", "replicate", "push",
		"--auto", NULL };

	return gv_repo_detach(repo, argv, "vault/replica", pid);
}

/* ---- one after the other ------------------------------------------------- */

static int
take_lock(int *fd, const struct gv_repo *repo, const struct gv_target *target,
    const char *name, int wait_ms)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_replica_memory_dir(&path, repo, target->name);

	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_addf(&path, "/%s", name);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_lock_open(fd, path.p, wait_ms);
	gv_buf_release(&path);
	return r;
}

bool
gv_replica_auto_is_busy(
    const struct gv_repo *repo, const struct gv_target *target)
{
	int fd = -1, r = take_lock(&fd, repo, target, GV_REPLICA_LOCK, 0);

	gv_lock_close(fd);
	return r == GV_ELOCKED;
}

/* Whoever has the turn has not begun to read refs: what is new goes with its
 * push. The turn is given up before that, so nothing falls between two. */
int
gv_replica_auto_wait(const struct gv_repo *repo, const struct gv_target *target)
{
	int turn = -1, fd = -1;
	int r = take_lock(&turn, repo, target, GV_REPLICA_TURN, 0);

	if (r == GV_ELOCKED)
		return 1;
	if (r == 0)
		r = take_lock(
		    &fd, repo, target, GV_REPLICA_LOCK, GV_REPLICA_AUTO_WAIT);
	gv_lock_close(fd);
	gv_lock_close(turn);
	return r;
}

int
gv_replica_auto_ended(const struct gv_repo *repo,
    const struct gv_target *target, int64_t now, int result, const char *lacks)
{
	struct gv_buf dir = GV_BUF_INIT;
	char *why = gv_err_save();
	int r = gv_replica_memory_dir(&dir, repo, target->name);

	if (r == 0 && result == 0)
		r = gv_replica_failing_end(dir.p);
	else if (r == 0 && result > 0)
		r = gv_replica_failing_note(dir.p, now, true, lacks);
	else if (r == 0 && result != GV_ELOCKED && result != GV_ECANCELED)
		r = gv_replica_failing_note(
		    dir.p, now, false, why ? why : "memory is short");
	gv_buf_release(&dir);
	gv_err_restore(why);
	return r;
}
