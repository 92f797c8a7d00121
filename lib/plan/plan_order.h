#ifndef GV_PLAN_ORDER_H
#define GV_PLAN_ORDER_H
/*
 * In which order the steps of a plan can run, and how long that takes.
 *
 *	r = gv_plan_order(&order, &plan);
 *	if (r == 0 && order.n_cycle == 0)
 *		… plan.steps[order.steps[0]] runs first …
 *	gv_plan_order_release(&order);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_plan;

struct gv_plan_order {
	uint32_t *steps; /* every step behind those that it needs; of `finally`
			    behind all others; else as in the plan */
	size_t n;        /* all, or fewer where there is a cycle */
	uint32_t *cycle; /* each needs the next, the last the first */
	size_t n_cycle;
};

/* 0, also where there is a cycle; GV_ENOMEM. The caller releases *out. */
int gv_plan_order(struct gv_plan_order *out, const struct gv_plan *plan);

/* Zeroed ok. */
void gv_plan_order_release(struct gv_plan_order *order);

/* How long a run takes by what each step is expected to. */
struct gv_plan_estimate {
	int64_t total;      /* seconds, with the plan's number of jobs */
	int64_t least;      /* seconds of the critical path alone */
	uint32_t *critical; /* the steps of that path, the first one first */
	size_t n_critical;
	size_t n_unknown; /* steps without a length; they count as 0 */
};

/* `lengths` are seconds by step, -1 where not known; NULL: what the plan says.
 * 0; GV_ENOMEM. The caller frees out->critical. */
int gv_plan_estimate(struct gv_plan_estimate *out, const struct gv_plan *plan,
    const struct gv_plan_order *order, const int64_t *lengths);

#endif
