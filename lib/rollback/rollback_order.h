#ifndef GV_ROLLBACK_ORDER_H
#define GV_ROLLBACK_ORDER_H
/*
 * What has to happen to resources to get from one version of a state to
 * another, in an order that their dependencies allow: what comes or changes
 * behind all that it needs, then what goes, before all that it needs.
 *
 *	r = gv_rollback_order(&order, repo, &now, &then);
 *	for (i = 0; i < order.n; i++) …
 *	gv_rollback_order_release(&order);
 */

#include <stddef.h>

#include "base/arena.h"

struct gv_repo;
struct gv_rollback_graph;
struct gv_track_change;
struct gv_track_version;
struct gv_track_with;

enum gv_rollback_action {
	GV_ROLLBACK_CREATE,
	GV_ROLLBACK_CHANGE,
	GV_ROLLBACK_REPLACE,
	GV_ROLLBACK_REMOVE,
	GV_ROLLBACK_ACTIONS
};

/* "create", "change", "replace", "remove". */
extern const char *const gv_rollback_actions[GV_ROLLBACK_ACTIONS];

struct gv_rollback_step {
	enum gv_rollback_action action;
	const char *address;
	size_t rank; /* private */
};

struct gv_rollback_order {
	struct gv_rollback_step *steps;
	size_t n, cap;
	struct gv_arena arena;
};

/* Find the steps. Resources that need each other in a circle come in the order
 * of the state. No key is needed unless the versions were saved under
 * different id keys; `with` lends one then (keys_only; NULL: nobody). 0; as
 * gv_track_diff(). The caller releases after success. */
int gv_rollback_order(struct gv_rollback_order *out, struct gv_repo *repo,
    const struct gv_track_version *from, const struct gv_track_version *to,
    struct gv_track_with *with);

/* Its pure parts: add the steps of a change, and sort the steps by the graphs
 * of the two versions. 0 or GV_ENOMEM. */
int gv_rollback_order_add(void *order, const struct gv_track_change *c);
void gv_rollback_order_sort(struct gv_rollback_order *order,
    struct gv_rollback_graph *before, struct gv_rollback_graph *after);

/* NULL-safe, zeroed ok. */
void gv_rollback_order_release(struct gv_rollback_order *order);

#endif
