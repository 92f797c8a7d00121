#ifndef GV_REPARENT_INTERNAL_H
#define GV_REPARENT_INTERNAL_H
/*
 * What the files of reparenting share; nobody else includes it.
 *
 *	reparent.c		the run: which parents go, and the refs
 *	reparent_index.c	the index of a snapshot whose base goes
 */

#include "detect/withhold.h"
#include "record/good.h"
#include "record/own.h"
#include "repo/ref.h"
#include "retention/reparent.h"

struct gv_odb;
struct gv_pack;
struct gv_pack_lane;
struct gv_record;

struct gv_reparent_run {
	struct gv_repo *repo;
	const struct gv_reparent_opts *opts;
	struct gv_reparent_result *result;
	struct gv_odb *odb;
	struct gv_pack *pack;
	struct gv_pack_lane *lane; /* NULL: nothing is written */
	struct gv_ref_tx tx;
	struct gv_oid all_of;
	struct gv_goods goods; /* that name snapshots by their commits */
	struct gv_oid *old;    /* commits that snapshots let go of */
	size_t n_old, cap_old;
	struct gv_own own;
	struct gv_buf renewed;       /* of those, lines for gv_own_append() */
	struct gv_withhold withhold; /* its screen NULL: not needed yet */
	int64_t now;                 /* seconds since 1970 */
};

/* A snapshot without an index of its own was taken where the index was the
 * base's tree. When the base goes, that tree stays, unless it is lost, but for
 * the values that no snapshot has in clear: *root becomes the snapshot's with
 * it, and *withholds whether there are any. */
int gv_reparent_index(struct gv_oid *root, bool *withholds,
    struct gv_reparent_run *run, const struct gv_record *rec);

#endif
