#ifndef GV_BUNDLE_INTERNAL_H
#define GV_BUNDLE_INTERNAL_H
/*
 * What the files of bundles share; nobody else includes it.
 *
 *	bundle_manifest.c	what a bundle says of itself
 *	bundle_choose.c		which refs go into one, and what they need
 *	bundle_gate.c		which of them must not leave
 *	bundle_write.c		one is written
 *	bundle_open.c		one is read and checked
 *	bundle_import.c		what one has becomes ours
 */

#include "sync/bundle.h"
#include "sys/proc.h"

/* ---- bundle_choose.c ---- */

/* Set refs, needs, roots and the count of the manifest, whose basis (NULL:
 * none) the caller has read, and what is kept back. 0; GV_EREFUSED for a basis
 * of another vault;
 * GV_EUSAGE for a pattern that nothing matches; GV_ENOTFOUND for an unknown
 * snapshot; others. */
int gv_bundle_choose(struct gv_bundle_written *out, const struct gv_scratch *s,
    const struct gv_bundle_write_opts *opts,
    const struct gv_bundle_manifest *basis);

/* Append, a line each, what a pack of it holds, for git pack-objects --revs:
 * ids, and '^' and those that the basis had. 0 or a failure. */
int gv_bundle_choose_list(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_bundle_manifest *m, const struct gv_bundle_manifest *basis);

/* ---- bundle_gate.c ---- */

/* Take out of the manifest the refs that must not leave (outgoing.h), or set
 * them back to what the basis (NULL: none) has, and say what was found. 0;
 * GV_EREFUSED; as gv_outgoing_look(). */
int gv_bundle_gate(struct gv_bundle_written *out, struct gv_repo *repo,
    const struct gv_bundle_manifest *basis, int64_t now);

#endif
