#ifndef GV_REPLICA_VERIFY_H
#define GV_REPLICA_VERIFY_H
/*
 * What the parts of a verify share; include it nowhere else.
 *
 *	replica_verify.c	the levels, one behind the other
 *	replica_verify_read.c	which packs are read, and what was read before
 *	replica_verify_audit.c	how far chains were, by the audit
 */

#include "replica/replica_internal.h"

struct gv_replica_verify {
	struct gv_replica_verified *out;
	struct gv_replica *rep;
	const struct gv_replica_verify_opts *opts;
	struct gv_replica_listing all;
	struct gv_replica_manifest needed; /* packs of all chains, each once */
	struct gv_replica_manifest mine;   /* packs of this clone's own */
	struct gv_replica_manifest held;   /* snapshots of all chains */
	uint64_t own; /* the manifest of this clone up to which it is; 0 */
};

/* The host of this clone, where its own chain needs a pack, which it can send
 * again; else NULL. Borrowed. */
const char *gv_replica_verify_host(const struct gv_replica_verify *verify,
    const unsigned char sum[GV_REPLICA_SUM]);

/* Read a share of the packs that are needed, those first that were not read for
 * the longest time. *since is when the one was read that was read first, of all
 * that are needed; 0 where one never was. 0, also with faults; others. */
int gv_replica_verify_read(int64_t *since, struct gv_replica_verify *verify);

/* What the audit of this repository tells of the store: a chain that is shorter
 * there is a fault. 0; GV_ENOMEM; GV_ERROR. */
int gv_replica_verify_audit(struct gv_replica_verify *verify);

#endif
