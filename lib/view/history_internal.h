#ifndef GV_HISTORY_INTERNAL_H
#define GV_HISTORY_INTERNAL_H
/*
 * What the parts of the history share: how a path stood in each snapshot.
 *
 *	r = gv_history_of_path(states, &job, "envs/prod/main.tf");
 *	r = gv_history_of_specs(states, &job);
 */

#include "base/arena.h"
#include "base/map.h"
#include "view/history.h"

/* How it stood in one snapshot. Two are the same version where `key` is. */
struct gv_history_state {
	bool known; /* false: the snapshot, or the file then, could not be
		       read */
	bool there;
	unsigned mode;
	struct gv_oid oid;
	uint64_t files; /* of a set */
	struct gv_oid key;
};

/* It is known to stand there as this. */
void gv_history_state_set(
    struct gv_history_state *s, unsigned mode, const struct gv_oid *oid);

struct gv_history_job {
	struct gv_repo *repo;
	const struct gv_records *snapshots;
	const struct gv_history_opts *opts;
	struct gv_buf *damaged;
};

/* One path from the top, by our own reading of the trees. */
int gv_history_of_path(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path);

/* Any pathspecs, by git, which compares all snapshots in one run. One of some
 * files only is known where it holds any of theirs. */
int gv_history_of_specs(
    struct gv_history_state *states, const struct gv_history_job *job);

/* What identifies a set of files: the names of all, hashed with mode and id
 * and summed up, so that a set that comes back is known again. A snapshot of
 * some files only has not looked elsewhere: what it holds replaces what the
 * last one of all files had, until the next one of all. */
struct gv_history_sum {
	struct gv_oid oid;
	uint64_t files;
	bool keeps; /* there are such: each file is kept */
	struct gv_arena arena;
	struct gv_map by_path;
	struct file *over; /* those that are replaced */
};

#define GV_HISTORY_SUM_INIT                                                    \
	{                                                                      \
		.arena = GV_ARENA_INIT, .by_path = GV_MAP_INIT                 \
	}

/* Take in a file by git's line ":mode mode id id X" of it: how it differs from
 * the last snapshot of all files, or how one of some files only has it; and go
 * back to how all were in the last one of all. 0, GV_ENOMEM. */
int gv_history_sum_change(
    struct gv_history_sum *s, const char *line, const char *path);
int gv_history_sum_over(
    struct gv_history_sum *s, const char *line, const char *path);
int gv_history_sum_settle(struct gv_history_sum *s);

void gv_history_sum_release(struct gv_history_sum *s);

/* Add what the manifests say of the path: that a directory stands where the
 * tree has nothing for it, since no file is in it; and where that is asked for,
 * all that they say is mixed into the keys. */
int gv_history_add_manifests(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path);

/* Where a path that stood is in no tree any more, but the manifest says of it
 * or of a directory around it that it was there and is not stored, it is not
 * gone: nothing is known of it in that snapshot. */
int gv_history_mind_skipped(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path);

/* Take note that snapshot i cannot be read, because of this thread's message;
 * r is handed back where that is no matter of one snapshot, else 0. */
int gv_history_miss(const struct gv_history_job *job, size_t i, int r);

#endif
