#ifndef GV_DRIFT_WHEN_H
#define GV_DRIFT_WHEN_H
/*
 * A time before now, as a tree that environments can be compared in: that of a
 * snapshot, or of a commit.
 *
 *	r = gv_drift_when(&when, repo, "2 weeks ago");
 */

#include <stdbool.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_repo;

struct gv_drift_when {
	struct gv_oid tree;
	char name[64]; /* the id of the snapshot, or the commit's */
	int64_t time;  /* of the snapshot or commit, or the date */
	bool is_commit;
};

/* Find what a text names: a snapshot, a commit of the project, or a date, for
 * which it is the newest snapshot that is not after it, or else the newest such
 * commit of HEAD. 0; as gv_record_resolve() and gv_record_time(). */
int gv_drift_when(
    struct gv_drift_when *out, struct gv_repo *repo, const char *text);

#endif
