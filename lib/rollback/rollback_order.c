#include "rollback/rollback_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "rollback/rollback_graph.h"
#include "state/track.h"
#include "state/track_diff.h"

const char *const gv_rollback_actions[] = {
	[GV_ROLLBACK_CREATE] = "create",
	[GV_ROLLBACK_CHANGE] = "change",
	[GV_ROLLBACK_REPLACE] = "replace",
	[GV_ROLLBACK_REMOVE] = "remove",
};

/* ---- steps -------------------------------------------------------------- */

static int
add_step(struct gv_rollback_order *o, enum gv_rollback_action action,
    const char *address)
{
	struct gv_rollback_step *step;

	if (GV_GROW(o->steps, o->n, o->cap) < 0)
		return gv_err_nomem();
	step = &o->steps[o->n];
	*step = (struct gv_rollback_step){ .action = action,
		.address = gv_arena_copy(&o->arena, address, strlen(address)) };
	if (step->address == NULL)
		return gv_err_nomem();
	o->n++;
	return 0;
}

int
gv_rollback_order_add(void *order, const struct gv_track_change *c)
{
	int r;

	switch (c->kind) {
	case GV_TRACK_ADDED:
		return add_step(order, GV_ROLLBACK_CREATE, c->b->address);
	case GV_TRACK_DELETED:
		return add_step(order, GV_ROLLBACK_REMOVE, c->a->address);
	case GV_TRACK_REPLACED:
		return add_step(order, GV_ROLLBACK_REPLACE, c->b->address);
	case GV_TRACK_MOVED:
		r = add_step(order, GV_ROLLBACK_CREATE, c->b->address);
		return r < 0
		    ? r
		    : add_step(order, GV_ROLLBACK_REMOVE, c->a->address);
	default:
		return add_step(order, GV_ROLLBACK_CHANGE, c->b->address);
	}
}

static int
by_need(const void *a, const void *b)
{
	const struct gv_rollback_step *x = a, *y = b;
	bool x_goes = x->action == GV_ROLLBACK_REMOVE;
	bool y_goes = y->action == GV_ROLLBACK_REMOVE;

	if (x_goes != y_goes)
		return x_goes ? 1 : -1;
	if (x->rank != y->rank)
		return (x->rank < y->rank) == x_goes ? 1 : -1;
	return strcmp(x->address, y->address);
}

void
gv_rollback_order_sort(struct gv_rollback_order *o,
    struct gv_rollback_graph *before, struct gv_rollback_graph *after)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		o->steps[i].rank = gv_rollback_graph_of(
		    o->steps[i].action == GV_ROLLBACK_REMOVE ? before : after,
		    o->steps[i].address);
	if (o->n)
		qsort(o->steps, o->n, sizeof(*o->steps), by_need);
}

/* ---- of two versions ---------------------------------------------------- */

static int
load(struct gv_rollback_graph **out, struct gv_repo *repo,
    const struct gv_track_version *v)
{
	int r;

	*out = gv_rollback_graph_new(strcmp(v->tool, "terraform") == 0);
	if (*out == NULL)
		return GV_ENOMEM;
	if ((r = gv_track_items(repo, v, gv_rollback_graph_add, *out)) == 0)
		gv_rollback_graph_rank(*out);
	return r;
}

int
gv_rollback_order(struct gv_rollback_order *out, struct gv_repo *repo,
    const struct gv_track_version *from, const struct gv_track_version *to,
    struct gv_track_with *with)
{
	struct gv_rollback_graph *before = NULL, *after = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_track_diff(repo, from, to, with, gv_rollback_order_add, out);
	if (r < 0)
		goto out;
	if (out->n && (r = load(&before, repo, from)) < 0)
		goto out;
	if (out->n && (r = load(&after, repo, to)) < 0)
		goto out;
	if (out->n)
		gv_rollback_order_sort(out, before, after);
out:
	gv_rollback_graph_free(before);
	gv_rollback_graph_free(after);
	if (r < 0)
		gv_rollback_order_release(out);
	return r;
}

void
gv_rollback_order_release(struct gv_rollback_order *order)
{
	if (order == NULL)
		return;
	free(order->steps);
	gv_arena_release(&order->arena);
	memset(order, 0, sizeof(*order));
}
