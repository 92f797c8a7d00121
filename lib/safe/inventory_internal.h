#ifndef GV_INVENTORY_INTERNAL_H
#define GV_INVENTORY_INTERNAL_H
/*
 * What the files of the inventory share; nobody else includes it.
 */

#include "safe/inventory.h"

struct gv_odb;

struct gv_inventory_run {
	struct gv_inventory *inv;
	struct gv_repo *repo;
	const struct gv_inventory_opts *opts;
	struct gv_odb *odb;
	struct gv_map known; /* "scope/id" to 1 + the value's position */
	struct gv_map parts; /* objects that are chunks of larger values */
	struct gv_arena arena;
};

/* Note what is damaged: the message, of `what`. 0 or GV_ENOMEM. */
int gv_inventory_note(struct gv_inventory_run *run, const char *what);

/* Whether the values of a scope are asked for. */
bool gv_inventory_wants(const struct gv_inventory_run *run, const char *scope);

/* Values and places out of the lists of the snapshots. */
int gv_inventory_read_lists(struct gv_inventory_run *run);

/* Values and what is said of them out of refs/vault/secrets/. */
int gv_inventory_read_scopes(struct gv_inventory_run *run);

/* Take those out that are but chunks of larger ones. */
int gv_inventory_drop_parts(struct gv_inventory_run *run);

#endif
