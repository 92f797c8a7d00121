#ifndef GV_PARCEL_INTERNAL_H
#define GV_PARCEL_INTERNAL_H
/*
 * What the files of parcels share; nobody else includes it.
 *
 *	parcel_manifest.c	what a bundle says of itself
 *	parcel_choose.c		which refs go into one, and what they need
 *	parcel_write.c		one is written
 *	parcel_open.c		one is read and checked
 *	parcel_import.c		what one has becomes ours
 */

#include "sys/proc.h"
#include "vault/parcel.h"

/* ---- parcel_choose.c ---- */

/* Set refs, needs, roots and the count of a manifest, of whose basis (NULL:
 * none) the caller has asked. 0; GV_EREFUSED for a basis of another vault;
 * GV_EUSAGE for a pattern that nothing matches; GV_ENOTFOUND for a snapshot
 * that is none; others. */
int gv_parcel_choose(struct gv_parcel_manifest *out, const struct gv_scratch *s,
    const struct gv_parcel_write_opts *opts,
    const struct gv_parcel_manifest *basis);

/* Append, a line each, what a pack of it holds, for git pack-objects --revs:
 * ids, and '^' and those that the basis had. 0 or a failure. */
int gv_parcel_choose_list(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_parcel_manifest *m, const struct gv_parcel_manifest *basis);

#endif
