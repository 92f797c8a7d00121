#ifndef GV_REPLICA_AUTO_H
#define GV_REPLICA_AUTO_H
/*
 * Pushes that follow a snapshot by themselves, to the targets that are to be
 * pushed to automatically. Nobody waits for them: they run in the background,
 * and one that fails is reported once.
 *
 *	r = gv_replica_auto_look(&look, repo, now, is_save);
 *	if (r == 0 && look.is_due)
 *		r = gv_replica_auto_start(repo, NULL);
 *	gv_replica_auto_release(&look);
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct gv_repo;
struct gv_target;

#define GV_REPLICA_AUTO_PAUSE ((int64_t)900) /* seconds */
/* A first push of very much to a slow store may be at work. */
#define GV_REPLICA_AUTO_WAIT (7 * 24 * 60 * 60 * 1000) /* ms */

struct gv_replica_auto {
	bool is_due;
	/* targets that fail, of which nobody was told yet: a sentence each,
	 * with its newline */
	struct gv_buf news;
};

/* Whether a push is to be started after a snapshot, or after an automatic save,
 * of which there are many. What is in `news` counts as told. 0; as
 * gv_targets_load(). To be released in any case. */
int gv_replica_auto_look(struct gv_replica_auto *out, struct gv_repo *repo,
    int64_t now, bool is_save);
void gv_replica_auto_release(struct gv_replica_auto *look);

/* Start `git vault replicate push --auto` in the background; *pid (NULL: nobody
 * waits for it) is as of gv_exec_detach(). 0; GV_ENOTFOUND; GV_ERROR. */
int gv_replica_auto_start(const struct gv_repo *repo, pid_t *pid);

/* Whether something works with the target now. */
bool gv_replica_auto_is_busy(
    const struct gv_repo *repo, const struct gv_target *target);

/* Wait until nothing works with the target. 0; 1 where another process waits
 * already: it will push all that is here now. GV_ELOCKED after a week;
 * GV_ECANCELED; GV_ERROR; GV_ENOMEM. */
int gv_replica_auto_wait(
    const struct gv_repo *repo, const struct gv_target *target);

/* Note how a push ended that nobody waited for: by its result, and the message
 * where it failed. Above 0 it left out what `lacks` says. 0; GV_ERROR;
 * GV_ENOMEM. */
int gv_replica_auto_ended(const struct gv_repo *repo,
    const struct gv_target *target, int64_t now, int result, const char *lacks);

/* When a push is due: after an automatic save, if the last one is a while ago;
 * after one that failed, the same. Times are seconds, 0: never. Pure. */
bool gv_replica_auto_is_due(
    int64_t pushed, int64_t tried_ago, int64_t now, bool is_save);

#endif
