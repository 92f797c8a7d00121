/* lib/draw/layout: where boxes and arrows go. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "draw/layout.h"

#define BOXES 40

/* Numbers that look drawn by lot and are always the same. */
static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void
open_layout(struct gv_layout *l, uint32_t boxes, uint32_t edges)
{
	uint32_t i;

	*l = (struct gv_layout){ .n_boxes = boxes, .n_edges = edges };
	l->boxes = calloc(boxes + 1, sizeof(*l->boxes));
	l->edges = calloc(edges + 1, sizeof(*l->edges));
	assert_true(l->boxes && l->edges);
	for (i = 0; i < boxes; i++) {
		l->boxes[i].width = 80 + i % 7 * 10;
		l->boxes[i].height = 40;
	}
}

static void
connect(struct gv_layout *l, uint32_t i, uint32_t from, uint32_t to)
{
	l->edges[i].from = from;
	l->edges[i].to = to;
}

static void
fill_by_lot(struct gv_layout *l, uint32_t boxes, uint32_t edges, uint32_t seed)
{
	uint32_t i;

	open_layout(l, boxes, edges);
	for (i = 0; i < edges; i++)
		connect(l, i, next_number(&seed) % boxes,
		    next_number(&seed) % boxes);
	assert_int_equal(gv_layout_run(l), 0);
}

static void
close_layout(struct gv_layout *l)
{
	free(l->boxes);
	free(l->edges);
	gv_layout_release(l);
}

static bool
overlap(const struct gv_layout_box *a, const struct gv_layout_box *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width &&
	    a->y < b->y + b->height && b->y < a->y + a->height;
}

static void
assert_apart(const struct gv_layout *l)
{
	uint32_t i, k;

	for (i = 0; i < l->n_boxes; i++) {
		const struct gv_layout_box *box = &l->boxes[i];

		assert_true(box->x >= 0 && box->y > -0.001);
		assert_true(box->x + box->width < l->width + 0.001);
		assert_true(box->y + box->height < l->height + 0.001);
		for (k = 0; k < i; k++)
			assert_false(overlap(box, &l->boxes[k]));
	}
}

/* Each arrow leads right, but those that close a circle; where it goes straight
 * on past a rank it touches no box. */
static void
assert_edges_pass(const struct gv_layout *l)
{
	uint32_t i, k, n;

	for (i = 0; i < l->n_edges; i++) {
		const struct gv_layout_edge *e = &l->edges[i];
		const struct gv_layout_point *at = l->points + e->first;

		if (e->from == e->to) {
			assert_int_equal(e->n, 0);
			continue;
		}
		assert_true(e->n >= 2 && e->n % 2 == 0);
		if (e->is_back)
			assert_true(
			    l->boxes[e->from].rank > l->boxes[e->to].rank);
		else
			assert_true(
			    l->boxes[e->from].rank < l->boxes[e->to].rank);
		for (k = 1; k + 1 < e->n; k += 2)
			for (n = 0; n < l->n_boxes; n++)
				assert_false(at[k].y > l->boxes[n].y &&
				    at[k].y <
					l->boxes[n].y + l->boxes[n].height &&
				    (at[k].x + at[k + 1].x) / 2 >
					l->boxes[n].x &&
				    (at[k].x + at[k + 1].x) / 2 <
					l->boxes[n].x + l->boxes[n].width);
	}
}

static void
boxes_do_not_overlap_and_arrows_pass_between_them(void **state)
{
	struct gv_layout l;
	uint32_t seed;

	(void)state;
	for (seed = 1; seed < 40; seed++) {
		fill_by_lot(&l, BOXES, seed * 2, seed);
		assert_apart(&l);
		assert_edges_pass(&l);
		close_layout(&l);
	}
}

static void
the_same_input_gives_the_same_places(void **state)
{
	struct gv_layout a, b;
	uint32_t i;

	(void)state;
	fill_by_lot(&a, BOXES, 90, 7);
	fill_by_lot(&b, BOXES, 90, 7);
	assert_int_equal(a.n_points, b.n_points);
	assert_memory_equal(a.boxes, b.boxes, BOXES * sizeof(*a.boxes));
	for (i = 0; i < a.n_points; i++)
		assert_true(a.points[i].x == b.points[i].x &&
		    a.points[i].y == b.points[i].y);
	close_layout(&a);
	close_layout(&b);
}

static void
a_circle_is_broken_at_one_arrow(void **state)
{
	struct gv_layout l;
	uint32_t i, n = 0;

	(void)state;
	open_layout(&l, 4, 5);
	for (i = 0; i < 4; i++)
		connect(&l, i, i, (i + 1) % 4);
	connect(&l, 4, 2, 2);
	assert_int_equal(gv_layout_run(&l), 0);
	for (i = 0; i < 5; i++)
		n += l.edges[i].is_back;
	assert_int_equal(n, 1);
	assert_true(l.edges[3].is_back);
	assert_int_equal(l.boxes[3].rank, 3);
	assert_edges_pass(&l);
	close_layout(&l);
}

static void
crossings_that_need_not_be_are_gone(void **state)
{
	struct gv_layout l;

	(void)state;
	/* 0 1 2 lead to 5 4 3 */
	open_layout(&l, 6, 3);
	connect(&l, 0, 0, 5);
	connect(&l, 1, 1, 4);
	connect(&l, 2, 2, 3);
	assert_int_equal(gv_layout_run(&l), 0);
	assert_int_equal(l.crossings, 0);
	/* what has one neighbour is at its height */
	assert_true(l.boxes[0].y == l.boxes[5].y);
	assert_true(l.boxes[2].y == l.boxes[3].y);
	close_layout(&l);
	/* each of two leads to each of two: one crossing stays */
	open_layout(&l, 4, 4);
	connect(&l, 0, 0, 2);
	connect(&l, 1, 0, 3);
	connect(&l, 2, 1, 2);
	connect(&l, 3, 1, 3);
	assert_int_equal(gv_layout_run(&l), 0);
	assert_int_equal(l.crossings, 1);
	close_layout(&l);
}

static void
a_rank_has_room_for_some(void **state)
{
	struct gv_layout l;
	uint32_t i, k, in_rank;

	(void)state;
	/* one that leads to 60 */
	open_layout(&l, 61, 60);
	for (i = 0; i < 60; i++)
		connect(&l, i, 0, i + 1);
	assert_int_equal(gv_layout_run(&l), 0);
	for (i = 1; i < 61; i++) {
		for (in_rank = 0, k = 1; k < 61; k++)
			in_rank += l.boxes[k].rank == l.boxes[i].rank;
		assert_true(in_rank <= 22);
	}
	assert_apart(&l);
	assert_edges_pass(&l);
	close_layout(&l);
}

static void
what_has_no_arrow_is_below(void **state)
{
	struct gv_layout l;
	uint32_t i;

	(void)state;
	open_layout(&l, 30, 1);
	connect(&l, 0, 3, 4);
	assert_int_equal(gv_layout_run(&l), 0);
	assert_true(l.boxes[4].x > l.boxes[3].x + l.boxes[3].width);
	for (i = 0; i < 30; i++)
		if (i != 3 && i != 4)
			assert_true(
			    l.boxes[i].y > l.boxes[3].y + l.boxes[3].height);
	assert_apart(&l);
	close_layout(&l);
	open_layout(&l, 0, 0);
	assert_int_equal(gv_layout_run(&l), 0);
	assert_true(l.width == 0 && l.height == 0);
	close_layout(&l);
}

static void
many_boxes_are_placed_too(void **state)
{
	struct gv_layout l;

	(void)state;
	fill_by_lot(&l, 2000, 3000, 11);
	assert_apart(&l);
	close_layout(&l);
}

UNIT(layout)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    boxes_do_not_overlap_and_arrows_pass_between_them),
		cmocka_unit_test(the_same_input_gives_the_same_places),
		cmocka_unit_test(a_circle_is_broken_at_one_arrow),
		cmocka_unit_test(crossings_that_need_not_be_are_gone),
		cmocka_unit_test(a_rank_has_room_for_some),
		cmocka_unit_test(what_has_no_arrow_is_below),
		cmocka_unit_test(many_boxes_are_placed_too),
	};

	return UNIT_RUN(tests);
}
