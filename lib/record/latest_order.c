#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "record/latest.h"
#include "record/record.h"

/*
 * Each snapshot names the one before it. As long as the clock goes forward, ids
 * are in the same order. If the clock was set back, a snapshot is placed at the
 * second of the youngest snapshot that it follows, behind it by the number of
 * steps between the two.
 */

int
gv_latest_chain_add(struct gv_latest_chain *chain, struct gv_arena *arena,
    const struct gv_record *rec)
{
	struct gv_latest_step step = { 0 };
	int r = GV_GROW(chain->steps, chain->n, chain->cap);

	if (r < 0)
		return r;
	step.id = gv_arena_copy(arena, rec->id, GV_RECORD_ID_LEN);
	if (rec->previous)
		step.previous =
		    gv_arena_copy(arena, rec->previous, strlen(rec->previous));
	if (step.id == NULL || (rec->previous && step.previous == NULL))
		return GV_ENOMEM;
	chain->steps[chain->n++] = step;
	return 0;
}

static bool
is_before(const char *a, const char *b)
{
	return strncmp(a, b, GV_RECORD_STAMP_LEN) < 0;
}

/* Of a step whose previous one, if there is one, is done. */
static void
set_since(struct gv_latest_step *step, const struct gv_latest_step *previous)
{
	const char *since = previous ? previous->since : step->previous;

	step->since = step->id;
	step->after = 0;
	/* one second holds several: they are in the order of their chain */
	if (since && !is_before(since, step->id)) {
		step->since = since;
		step->after = previous ? previous->after + 1 : 1;
	}
}

/* Go back to one that is done, or that follows nothing, and do all of them from
 * there; a ring, which nothing honest makes, is cut where it was entered. */
static void
walk(struct gv_latest_step *step, const struct gv_map *by_id,
    struct gv_latest_step **stack)
{
	struct gv_latest_step *previous = NULL;
	size_t n = 0;

	while (step && step->since == NULL) {
		stack[n++] = step;
		step->since = step->id; /* seen */
		step = step->previous
		    ? gv_map_get(by_id, step->previous, strlen(step->previous))
		    : NULL;
	}
	for (previous = step; n; previous = stack[n])
		set_since(stack[--n], previous);
}

static int
compare(const void *a, const void *b)
{
	const struct gv_latest_step *x = a, *y = b;
	int c = strncmp(y->since, x->since, GV_RECORD_STAMP_LEN);

	if (c == 0 && x->after != y->after)
		return x->after < y->after ? 1 : -1;
	return c ? c : strcmp(y->id, x->id);
}

int
gv_latest_order(struct gv_latest_step *steps, size_t n)
{
	struct gv_latest_step **stack = calloc(n + 1, sizeof(*stack));
	struct gv_map by_id = GV_MAP_INIT;
	int r = stack ? 0 : gv_err_nomem();
	size_t i;

	for (i = 0; r == 0 && i < n; i++) {
		steps[i].since = NULL;
		r = gv_map_put(
		    &by_id, steps[i].id, strlen(steps[i].id), &steps[i]);
	}
	for (i = 0; r == 0 && i < n; i++)
		walk(&steps[i], &by_id, stack);
	if (r == 0 && n)
		qsort(steps, n, sizeof(*steps), compare);
	gv_map_release(&by_id);
	free(stack);
	return r;
}
