#include "toolstate/state_repair_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"

/*
 * Each thing is placed when all that it needs is: a walk in depth, by a stack
 * of our own since who made the file says how deep it goes. Of several things
 * under one address the first that is placed is enough, and the first in the
 * order is gone to.
 */

enum { NEW, OPEN, PLACED };

/* A thing whose needs are gone through. */
struct step {
	size_t thing, need;
};

struct walk {
	const struct gv_state_order *what;
	struct gv_map first;  /* of an address, the thing, from 1 */
	struct gv_map placed; /* addresses */
	unsigned char *seen;
	struct step *stack;
	size_t depth;
	size_t *out, n;
};

static const char *
address_of(const struct gv_state_found *f)
{
	return f->n_items ? f->items[0] : f->address;
}

static bool
is_ordered(const struct gv_state_found *f)
{
	return !f->is_output;
}

static int
place(struct walk *w, size_t thing)
{
	const char *address = address_of(w->what->things[thing]);

	w->seen[thing] = PLACED;
	w->out[w->n++] = thing;
	return gv_map_put(&w->placed, address, strlen(address), w);
}

static void
push(struct walk *w, size_t thing)
{
	w->seen[thing] = OPEN;
	w->stack[w->depth++] = (struct step){ thing, 0 };
}

/* One need of the thing on the top. */
static int
look(struct walk *w, const struct gv_state_found *f, const char *need)
{
	uintptr_t at;

	if (gv_map_get(&w->placed, need, strlen(need)))
		return 0;
	at = (uintptr_t)gv_map_get(&w->first, need, strlen(need));
	if (at && w->seen[at - 1] == NEW) {
		push(w, at - 1);
		return 0;
	}
	return w->what->unmet ? w->what->unmet(w->what->ctx, f, need) : 0;
}

static int
visit(struct walk *w, size_t thing)
{
	int r = 0;

	if (w->seen[thing] != NEW)
		return 0;
	push(w, thing);
	while (r == 0 && w->depth) {
		struct step *top = &w->stack[w->depth - 1];
		const struct gv_state_found *f = w->what->things[top->thing];

		if (top->need < f->n_needs) {
			r = look(w, f, f->needs[top->need++]);
		} else {
			w->depth--;
			r = place(w, top->thing);
		}
	}
	return r;
}

static int
begin(struct walk *w, const size_t *order)
{
	size_t n = w->what->n, i;
	int r = 0;

	w->seen = calloc(n + 1, sizeof(*w->seen));
	w->stack = calloc(n + 1, sizeof(*w->stack));
	w->out = calloc(n + 1, sizeof(*w->out));
	if (w->seen == NULL || w->stack == NULL || w->out == NULL)
		return gv_err_nomem();
	for (i = n; r == 0 && i > 0; i--) {
		const struct gv_state_found *f = w->what->things[order[i - 1]];
		const char *address = address_of(f);

		if (is_ordered(f))
			r = gv_map_put(&w->first, address, strlen(address),
			    (void *)(uintptr_t)(order[i - 1] + 1));
	}
	return r;
}

int
gv_state_order_make(size_t *order, const struct gv_state_order *what)
{
	struct walk w = {
		.what = what, .first = GV_MAP_INIT, .placed = GV_MAP_INIT
	};
	size_t i, next = 0;
	int r = begin(&w, order);

	for (i = 0; r == 0 && i < what->n; i++)
		if (is_ordered(what->things[order[i]]))
			r = visit(&w, order[i]);
	for (i = 0; r == 0 && i < what->n; i++)
		if (is_ordered(what->things[order[i]]))
			order[i] = w.out[next++];
	gv_map_release(&w.first);
	gv_map_release(&w.placed);
	free(w.seen);
	free(w.stack);
	free(w.out);
	return r;
}
