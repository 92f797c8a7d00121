#ifndef GV_ODB_HEALTH_H
#define GV_ODB_HEALTH_H
/*
 * What is damaged in the object folder itself, file by file, also where
 * another copy of each object is whole: for verify's sake an object is there,
 * but git fsck is not content, and the next gc may stumble. For repair.
 *
 *	r = gv_odb_health_packs(&stems, objects_dir);
 *	r = gv_odb_health_check(&health, odb, stem);
 *	gv_odb_health_release(&health);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_odb;

struct gv_odb_health {
	struct gv_oid *whole; /* objects that can be read in this very pack */
	size_t n_whole, whole_cap;
	struct gv_oid *damaged; /* that its index names, and cannot be */
	size_t n_damaged, damaged_cap;
	bool no_index;  /* there is none, or none that can be read */
	bool index_bad; /* its own checksum is not right */
	bool pack_bad;  /* a byte of the pack is not what it was */
};

/* Append the stems ("/…/pack/pack-…") of all packs of the folder, with a NUL
 * behind each. 0 or GV_ERROR. */
int gv_odb_health_packs(struct gv_buf *out, const char *objects_dir);

/* Read all of one pack, each object by itself, through a database that was
 * opened lenient. 0, GV_ENOMEM, GV_ERROR where it cannot be read for want of
 * permission. The caller releases *out. */
int gv_odb_health_check(
    struct gv_odb_health *out, struct gv_odb *odb, const char *stem);

/* Append the paths of loose objects of the folder that are damaged, each with
 * a NUL behind it; their ids to *ids (`n` of them, the caller frees). */
int gv_odb_health_loose(struct gv_buf *paths, struct gv_oid **ids, size_t *n,
    const char *objects_dir);

/* Give the name of every object of packs and loose files to fn, of those in
 * several places several times, damaged ones too. 0, fn's negative value,
 * GV_ENOMEM. */
int gv_odb_health_each(struct gv_odb *odb,
    int (*fn)(void *ctx, const struct gv_oid *id), void *ctx);

/* Append the paths of damaged files that git makes from the folder's objects,
 * and makes again if they are missing: the multi-pack-index, and
 * files of the commit-graph, each with a NUL behind it. 0 or GV_ENOMEM. */
int gv_odb_health_caches(struct gv_buf *out, const char *objects_dir);

/* Set `out` to the file that names such a path, and goes before it: of a
 * commit-graph in several files; else to nothing. 0 or GV_ENOMEM. */
int gv_odb_health_chain(struct gv_buf *out, const char *path);

/* Free; NULL-safe, zeroed struct ok. */
void gv_odb_health_release(struct gv_odb_health *h);

#endif
