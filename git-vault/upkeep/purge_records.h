#ifndef GV_PURGE_RECORDS_H
#define GV_PURGE_RECORDS_H
/*
 * Known-good records whose snapshots a purge rewrites. A record names its
 * snapshot's commit, so that nobody can put another in its place; after a purge
 * it names one that is gone, and the environment has to be marked again.
 */

#include "base/arena.h"
#include "base/map.h"
#include "record/good.h"

struct gv_ctx;
struct gv_purge_note;

struct gv_purge_records {
	struct gv_goods goods;
	struct gv_map snapshots; /* the ids that a purge told of */
	struct gv_arena ids;
};

/* Read the records, before anything is rewritten. 0; as gv_goods_load(). */
int gv_purge_records_load(struct gv_purge_records *out, struct gv_ctx *ctx);

/* Note the snapshot that a purge rewrites, if it tells of one. 0; GV_ENOMEM. */
int gv_purge_records_of(
    struct gv_purge_records *records, const struct gv_purge_note *note);

/* Tell for each environment which records cannot be gone back to any more, and
 * how it is marked again: as lines, or as the array "records" of a document. */
void gv_purge_records_tell(
    const struct gv_purge_records *records, struct gv_ctx *ctx, bool dry_run);

/* NULL-safe, zeroed ok. */
void gv_purge_records_release(struct gv_purge_records *records);

#endif
