#ifndef GV_RECORD_WALK_H
#define GV_RECORD_WALK_H
/*
 * Snapshots one after the other, read only when they are asked for.
 *
 *	r = gv_record_walk_open(&walk, repo, GV_RECORD_RECALL);
 *	while (r >= 0 && (r = gv_record_walk_next(walk, &rec)) > 0)
 *		gv_record_release(&rec);
 *	gv_record_walk_close(walk);
 */

#include <stdbool.h>

#include "record/record.h"

struct gv_oid;
struct gv_repo;

/* The snapshots one after the other, the newest first, each read only when
 * it is asked for, or a little ahead. The caller closes it. */
struct gv_record_walk;

enum gv_record_how {
	/* as gv_records_recall() does */
	GV_RECORD_RECALL = 1,
	/* no more than the commits: `root` is the last that is surely set of
	 * the trees, and nobody has looked whether they are there */
	GV_RECORD_SKIM = 2,
	/* all will be asked for, this many are read at a time */
	GV_RECORD_ALL = 4,
};

/* Begin; `how` is a sum of the above. 0 or a failure. */
int gv_record_walk_open(
    struct gv_record_walk **out, struct gv_repo *repo, unsigned how);

/* Sentences, one a line, of damaged marks and tombstones, which count as none;
 * borrowed. */
const char *gv_record_walk_damaged(const struct gv_record_walk *walk);

/* The next one: 1 with *out set (the caller releases it), 0 at the end,
 * GV_ECORRUPT for a damaged one, named in the message (ask again for the one
 * behind it), or another failure. */
int gv_record_walk_next(struct gv_record_walk *walk, struct gv_record *out);

/* Read one by its commit, all of it, however it came. 0; GV_ENOTFOUND where it
 * was deleted just now, GV_ECORRUPT: `rec` as it was. */
int gv_record_walk_whole(struct gv_record_walk *walk, struct gv_record *rec);

/* Before the first is asked for: look only at snapshots whose commits `takes`
 * accepts. 0 or GV_ENOMEM. */
int gv_record_walk_choose(struct gv_record_walk *walk,
    bool (*takes)(void *ctx, const struct gv_oid *commit), void *ctx);

void gv_record_walk_close(struct gv_record_walk *walk);

#endif
