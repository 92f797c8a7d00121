#include "draw/layout_internal.h"

#include <stdlib.h>

#include "base/err.h"

/*
 * Ranks. A search in depth finds the edges that close a circle; these count as
 * if they led the other way. Then boxes are taken in an order in which each
 * comes after all that lead to it, and get the first rank behind those that has
 * room: a picture with ranks of any height would be a thin column.
 */

#define ROOM_LEAST 6
#define ROOM_MOST  22

struct ranking {
	struct gv_layout *l;
	uint32_t *at, *list; /* edges by box; list[at[i]] … list[at[i + 1]] */
	uint32_t *stack, *next; /* of the search; next edge of each box */
	uint8_t *state;         /* 0 not seen, 1 on the stack, 2 done */
	uint32_t *order, *todo;
	uint32_t *used; /* boxes of each rank */
	uint32_t room;
};

/* Where an edge begins and ends, once circles are broken. */
static uint32_t
tail_of(const struct gv_layout_edge *e)
{
	return e->is_back ? e->to : e->from;
}

static uint32_t
head_of(const struct gv_layout_edge *e)
{
	return e->is_back ? e->from : e->to;
}

static void
index_edges(struct ranking *r)
{
	const struct gv_layout *l = r->l;
	uint32_t i;

	for (i = 0; i <= l->n_boxes + 1; i++)
		r->at[i] = 0;
	for (i = 0; i < l->n_edges; i++)
		r->at[tail_of(&l->edges[i]) + 2]++;
	for (i = 1; i <= l->n_boxes + 1; i++)
		r->at[i] += r->at[i - 1];
	for (i = 0; i < l->n_edges; i++)
		r->list[r->at[tail_of(&l->edges[i]) + 1]++] = i;
}

static void
search(struct ranking *r, uint32_t start)
{
	struct gv_layout *l = r->l;
	uint32_t n = 0, box;
	struct gv_layout_edge *e;

	r->stack[n++] = start;
	r->state[start] = 1;
	r->next[start] = r->at[start];
	while (n) {
		box = r->stack[n - 1];
		if (r->next[box] == r->at[box + 1]) {
			r->state[box] = 2;
			n--;
			continue;
		}
		e = &l->edges[r->list[r->next[box]++]];
		if (r->state[e->to] == 1) {
			e->is_back = e->to != e->from;
		} else if (r->state[e->to] == 0) {
			r->state[e->to] = 1;
			r->next[e->to] = r->at[e->to];
			r->stack[n++] = e->to;
		}
	}
}

/* Boxes, each after all that lead to it. */
static void
sort(struct ranking *r)
{
	const struct gv_layout *l = r->l;
	uint32_t i, k, n = 0, done;

	for (i = 0; i < l->n_boxes; i++)
		r->todo[i] = 0;
	for (i = 0; i < l->n_edges; i++)
		if (l->edges[i].from != l->edges[i].to)
			r->todo[head_of(&l->edges[i])]++;
	for (i = 0; i < l->n_boxes; i++)
		if (r->todo[i] == 0)
			r->order[n++] = i;
	for (done = 0; done < n; done++) {
		const uint32_t box = r->order[done];

		for (k = r->at[box]; k < r->at[box + 1]; k++) {
			i = head_of(&l->edges[r->list[k]]);
			if (i != box && --r->todo[i] == 0)
				r->order[n++] = i;
		}
	}
}

static bool
is_alone(const struct ranking *r, uint32_t box)
{
	return r->state[box] == 0;
}

/* Left to right: as near to the left as there is room. `todo` is now the first
 * rank that a box may have. */
static void
assign(struct ranking *r)
{
	const struct gv_layout *l = r->l;
	uint32_t i, k, box, rank, to;

	for (i = 0; i < l->n_boxes; i++)
		r->todo[i] = 0;
	for (i = 0; i < l->n_boxes; i++) {
		box = r->order[i];
		if (is_alone(r, box))
			continue;
		rank = r->todo[box];
		while (r->used[rank] >= r->room)
			rank++;
		r->used[rank]++;
		l->boxes[box].rank = rank;
		for (k = r->at[box]; k < r->at[box + 1]; k++) {
			to = head_of(&l->edges[r->list[k]]);
			if (to != box && r->todo[to] <= rank)
				r->todo[to] = rank + 1;
		}
	}
}

/* What nothing leads to goes right, up to what it leads to: edges become short.
 */
static void
draw_near(struct ranking *r)
{
	const struct gv_layout *l = r->l;
	uint32_t i, k, box, most, rank, to;

	for (i = l->n_boxes; i-- > 0;) {
		box = r->order[i];
		if (is_alone(r, box) || r->todo[box] != 0)
			continue;
		most = UINT32_MAX;
		for (k = r->at[box]; k < r->at[box + 1]; k++) {
			to = head_of(&l->edges[r->list[k]]);
			if (to != box && l->boxes[to].rank < most)
				most = l->boxes[to].rank;
		}
		if (most == UINT32_MAX)
			continue;
		for (rank = most - 1; rank > l->boxes[box].rank; rank--)
			if (r->used[rank] < r->room)
				break;
		r->used[l->boxes[box].rank]--;
		r->used[rank]++;
		l->boxes[box].rank = rank;
	}
}

/* Ranks that have become empty go. */
static void
close_gaps(struct ranking *r)
{
	const struct gv_layout *l = r->l;
	uint32_t i, n = 0;

	for (i = 0; i <= l->n_boxes; i++)
		r->todo[i] = r->used[i] ? n++ : n;
	for (i = 0; i < l->n_boxes; i++)
		l->boxes[i].rank =
		    is_alone(r, i) ? 0 : r->todo[l->boxes[i].rank];
}

static uint32_t
room_for(uint32_t n)
{
	uint32_t room = ROOM_LEAST;

	/* a little higher than wide: 2.2 is the square of how much */
	while ((uint64_t)room * room * 10 < (uint64_t)n * 22)
		room++;
	/* of many there is no picture that fits a screen */
	return room < ROOM_MOST || n > 400 ? room : ROOM_MOST;
}

int
gv_layout_rank(struct gv_layout *l)
{
	const size_t n = l->n_boxes;
	struct ranking r = { .l = l, .room = room_for(l->n_boxes) };
	uint32_t i;
	int result = 0;

	r.at = calloc(n + 3, sizeof(*r.at));
	r.list = calloc((size_t)l->n_edges + 1, sizeof(*r.list));
	r.stack = calloc(n + 1, sizeof(*r.stack));
	r.next = calloc(n + 1, sizeof(*r.next));
	r.state = calloc(n + 1, sizeof(*r.state));
	r.order = calloc(n + 1, sizeof(*r.order));
	r.todo = calloc(n + 2, sizeof(*r.todo));
	r.used = calloc(2 * n + 2, sizeof(*r.used));
	if (!r.at || !r.list || !r.stack || !r.next || !r.state || !r.order ||
	    !r.todo || !r.used) {
		result = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < l->n_edges; i++)
		l->edges[i].is_back = false;
	index_edges(&r);
	for (i = 0; i < n; i++)
		if (r.state[i] == 0)
			search(&r, i);
	index_edges(&r);
	/* from now on: whether a box has an edge */
	for (i = 0; i < n; i++)
		r.state[i] = 0;
	for (i = 0; i < l->n_edges; i++)
		if (l->edges[i].from != l->edges[i].to)
			r.state[l->edges[i].from] = r.state[l->edges[i].to] = 1;
	sort(&r);
	assign(&r);
	draw_near(&r);
	close_gaps(&r);
out:
	free(r.at);
	free(r.list);
	free(r.stack);
	free(r.next);
	free(r.state);
	free(r.order);
	free(r.todo);
	free(r.used);
	return result;
}
