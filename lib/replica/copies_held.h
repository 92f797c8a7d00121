#ifndef GV_COPIES_HELD_H
#define GV_COPIES_HELD_H
/*
 * Which snapshots the last verification of a target found there: a file next
 * to the memory of the target. It is lost without harm: then no snapshot counts
 * as copied until the next verification.
 *
 *	r = gv_copies_held_save(&state, dir);
 *	r = gv_copies_held_load(&held, dir);
 */

#include <stddef.h>

#include "base/arena.h"
#include "repo/oid.h"

struct gv_buf;
struct gv_replica_manifest;

struct gv_copies_snapshot {
	const char *id;
	struct gv_oid commit;
};

struct gv_copies_held {
	struct gv_copies_snapshot *all; /* sorted by id */
	size_t n, cap;
	struct gv_arena arena; /* what the ids point into */
};

#define GV_COPIES_HELD_INIT                                                    \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* NULL-safe, zeroed ok. */
void gv_copies_held_release(struct gv_copies_held *held);

/* Write the snapshots among the refs of `found`, durably. Refs of several hosts
 * are listed one after the other. 0; GV_ERROR; GV_ENOMEM. */
int
gv_copies_held_save(const struct gv_replica_manifest *found, const char *dir);

/* Read them; none where the file is missing or damaged. 0; GV_ENOMEM;
 * GV_ERROR. To be released in any case. */
int gv_copies_held_load(struct gv_copies_held *out, const char *dir);

/* The text of it, and back. 0; GV_ECORRUPT; GV_ENOMEM. */
int gv_copies_held_format(
    struct gv_buf *out, const struct gv_replica_manifest *found);
int
gv_copies_held_parse(struct gv_copies_held *out, const char *text, size_t len);

#endif
