#ifndef GV_PARCEL_INTERNAL_H
#define GV_PARCEL_INTERNAL_H
/*
 * What the files of parcels share; nobody else includes it.
 *
 *	parcel_manifest.c	what a bundle says of itself
 *	parcel_choose.c		which refs go into one, and what they need
 *	parcel_gate.c		which of them must not leave
 *	parcel_write.c		one is written
 *	parcel_open.c		one is read and checked
 *	parcel_import.c		what one has becomes ours
 */

#include "sync/parcel.h"
#include "sys/proc.h"

/* ---- parcel_choose.c ---- */

/* Set refs, needs, roots and the count of the manifest, whose basis (NULL:
 * none) the caller has read, and what is kept back. 0; GV_EREFUSED for a basis
 * of another vault;
 * GV_EUSAGE for a pattern that nothing matches; GV_ENOTFOUND for a snapshot
 * that is none; others. */
int gv_parcel_choose(struct gv_parcel_written *out, const struct gv_scratch *s,
    const struct gv_parcel_write_opts *opts,
    const struct gv_parcel_manifest *basis);

/* Append, a line each, what a pack of it holds, for git pack-objects --revs:
 * ids, and '^' and those that the basis had. 0 or a failure. */
int gv_parcel_choose_list(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_parcel_manifest *m, const struct gv_parcel_manifest *basis);

/* ---- parcel_gate.c ---- */

/* Take out of the manifest the refs that must not leave (outgoing.h), or set
 * them back to what the basis (NULL: none) has, and say what was found. 0;
 * GV_EREFUSED; as gv_outgoing_look(). */
int gv_parcel_gate(struct gv_parcel_written *out, struct gv_repo *repo,
    const struct gv_parcel_manifest *basis, int64_t now);

#endif
