#ifndef GV_PRUNE_COMPONENT_H
#define GV_PRUNE_COMPONENT_H
/*
 * Retention of dumps of components: each component by its own rules in the
 * policy in force, else by those of the section retention. Without either
 * nothing is deleted. A dump that goes leaves a tombstone, as a snapshot does,
 * but nothing in the trash. A dump that no key of this vault bound stays, and
 * takes no place of those that the rules keep: anybody who can push makes one.
 *
 *	r = gv_prune_component_run(&done, repo, safe, now, dry_run);
 *	gv_prune_component_release(&done);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_repo;
struct gv_safe;

/* A dump that goes, or would. */
struct gv_prune_component_item {
	char *ref;
	char *why; /* what decided, in words */
};

struct gv_prune_component {
	struct gv_prune_component_item *items;
	size_t n, cap;
	size_t n_kept;
	size_t n_unknown; /* of these, that no key at hand bound */
	char *put_off; /* why nothing was deleted although rules say so; NULL */
};

/* Delete; an identity of `safe` (NULL: one of this host) signs the event.
 * 0; GV_EREFUSED for a policy that cannot be read; GV_ELOCKED;
 * GV_EEXISTS where a ref moved meanwhile; GV_ECORRUPT. Nothing was deleted
 * after a failure. */
int gv_prune_component_run(struct gv_prune_component *out, struct gv_repo *repo,
    struct gv_safe *safe, int64_t now, bool dry_run);

/* Zeroed ok. */
void gv_prune_component_release(struct gv_prune_component *done);

#endif
