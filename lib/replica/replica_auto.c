#include "replica/replica_auto.h"

#include "base/err.h"
#include "replica/replica_failing.h"
#include "replica/replica_memory.h"
#include "replica/target.h"
#include "repo/repo.h"

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
	    "copies are not pushed to the target %s: %s; to try again: git "
	    "vault replicate push %s\n",
	    target->name, failing->why, target->name);
	return gv_replica_failing_tell(dir);
}

/* Seconds since the last failure was noted; -1: there was none. */
static int64_t
tried_ago(const struct gv_replica_failing *failing, int64_t now)
{
	if (failing->since == 0)
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

/* Another push that is at work does this one's. */
int
gv_replica_auto_ended(const struct gv_repo *repo,
    const struct gv_target *target, int64_t now, int result)
{
	struct gv_buf dir = GV_BUF_INIT;
	char *why = gv_err_save();
	int r = gv_replica_memory_dir(&dir, repo, target->name);

	if (r == 0 && result >= 0)
		r = gv_replica_failing_end(dir.p);
	else if (r == 0 && result != GV_ELOCKED && result != GV_ECANCELED)
		r = gv_replica_failing_note(
		    dir.p, now, why ? why : "memory is short");
	gv_buf_release(&dir);
	gv_err_restore(why);
	return r;
}
