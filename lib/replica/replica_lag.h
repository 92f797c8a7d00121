#ifndef GV_REPLICA_LAG_H
#define GV_REPLICA_LAG_H
/*
 * How far a target is behind this repository, as this clone remembers it.
 * Nobody is asked but git.
 *
 *	r = gv_replica_lag(&lag, NULL, &where);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_replica_manifest;
struct gv_repo;

struct gv_replica_lag_of {
	struct gv_repo *repo;
	const char *dir; /* of the target's memory */
	int64_t now;
	bool has_bytes; /* count them */
};

struct gv_replica_lag {
	bool is_known;      /* this clone has pushed there */
	uint64_t seq;       /* of its newest manifest */
	uint64_t snapshots; /* that are not there yet */
	uint64_t bytes;     /* of Git's objects that are not, as git counts */
	int64_t behind;     /* seconds since the oldest of these was taken */
	uint64_t refs;      /* that differ */
};

/* Find out. *before (NULL: not wanted) is what was pushed last, and the
 * caller's to release in any case. 0; GV_ERROR; GV_ENOMEM. */
int gv_replica_lag(struct gv_replica_lag *out,
    struct gv_replica_manifest *before, const struct gv_replica_lag_of *of);

#endif
