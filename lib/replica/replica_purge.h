#ifndef GV_REPLICA_PURGE_H
#define GV_REPLICA_PURGE_H
/*
 * What the parts of a purge of a target share; include it nowhere else.
 *
 *	replica_purge.c		all of it, in order; what cannot be removed
 *	replica_purge_reach.c	what refs still lead to
 *	replica_purge_look.c	which packs the store has, and what is in them
 */

#include "replica/replica_internal.h"
#include "replica/replica_owed.h"

/* A version of a pack or an index that a store keeps. */
struct gv_replica_purge_item {
	unsigned char sum[GV_REPLICA_SUM]; /* of the pack */
	const char *name, *id;
	uint64_t bytes;
	int64_t modified;
	int64_t until; /* of one that is deleted: when the store lets it go */
	bool is_index, is_current, is_marker, is_deleted;
};

/* A chain as it is now. */
struct gv_replica_purge_chain {
	const char *host;
	struct gv_replica_manifest state;
};

struct gv_replica_purge {
	struct gv_replica_purged *out;
	struct gv_replica *rep;
	const struct gv_replica_purge_opts *opts;
	struct gv_replica_owed owed;
	struct gv_oid *gone; /* of them what nothing here leads to; sorted */
	size_t n_gone;
	struct gv_oid *kept; /* … what is in the vault for another reason */
	size_t n_kept;
	bool is_held_back; /* refs that do not leave may have it */
	struct gv_replica_purge_chain *chains;
	size_t n_chains, cap_chains;
	struct gv_replica_manifest known;    /* packs of the grace time */
	struct gv_replica_purge_item *items; /* by pack, index behind it */
	size_t n_items, cap_items;
	bool is_again; /* only what is deleted already, to be so for good */
	struct gv_arena arena;
};

/* Sort out of what is owed what refs of a sorted manifest still lead to. 0;
 * GV_ERROR; GV_ENOMEM. */
int gv_replica_purge_reach(
    struct gv_replica_purge *p, const struct gv_replica_manifest *refs);

/* Read all chains, and list the versions of all packs. *sees_all is false where
 * the store does not tell what it keeps of deleted ones. 0; GV_ECORRUPT where a
 * chain cannot be read; as gv_store_versions(). */
int gv_replica_purge_look(struct gv_replica_purge *p, bool *sees_all);

/* The same versions once more: of what is deleted, and kept by the store, or of
 * what is not. As gv_store_versions(). */
int gv_replica_purge_list(struct gv_replica_purge *p, bool *sees_all);

/* Whether a pack has one of what is gone; `idx_sum` of its index (NULL: not
 * known). 1; 0; 2 where that cannot be seen; as gv_store_get(). */
int gv_replica_purge_holds(struct gv_replica_purge *p, const unsigned char *sum,
    const unsigned char *idx_sum);

/* Whether an index of git, of either version, has one of these ids, which are
 * sorted. 1, 0, or GV_ECORRUPT. Pure. */
int gv_replica_purge_index(const unsigned char *idx, size_t len,
    const struct gv_oid *sorted, size_t n);

/* Add to what is left of that kind and host; `rest` is copied. 0 or GV_ENOMEM.
 */
int gv_replica_purge_left(
    struct gv_replica_purge *p, const struct gv_replica_purge_rest *rest);

#endif
