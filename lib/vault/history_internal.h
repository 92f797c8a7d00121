#ifndef GV_HISTORY_INTERNAL_H
#define GV_HISTORY_INTERNAL_H
/*
 * What the parts of the history share: how a path stood in each snapshot.
 *
 *	r = gv_history_of_path(states, &job, "envs/prod/main.tf");
 *	r = gv_history_of_specs(states, &job);
 */

#include "vault/history.h"

/* How it stood in one snapshot. Two are the same version where `key` is. */
struct gv_history_state {
	bool known; /* false: the snapshot could not be read */
	bool there;
	unsigned mode;
	struct gv_oid oid;
	uint64_t files; /* of a set */
	struct gv_oid key;
};

struct gv_history_job {
	struct gv_repo *repo;
	const struct gv_records *snapshots;
	const struct gv_history_opts *opts;
	struct gv_buf *damaged;
};

/* One path from the top, by our own reading of the trees. */
int gv_history_of_path(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path);

/* Any pathspecs, by git, which compares all snapshots in one run. */
int gv_history_of_specs(
    struct gv_history_state *states, const struct gv_history_job *job);

/* Mix what the manifests say of the path into the keys. */
int gv_history_add_metadata(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path);

/* Take note that snapshot i cannot be read, because of this thread's message;
 * r is handed back where that is no matter of one snapshot, else 0. */
int gv_history_miss(const struct gv_history_job *job, size_t i, int r);

#endif
