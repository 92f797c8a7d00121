#ifndef GV_LAYOUT_H
#define GV_LAYOUT_H
/*
 * Places boxes that arrows connect, in ranks from left to right: an arrow leads
 * to a box further right, with as few crossings as some sweeps find. Boxes do
 * not overlap, no arrow goes through one, and the same input gives the same
 * places. Boxes without arrows are in rows below. Knows sizes and numbers only.
 *
 *	struct gv_layout l = { .boxes = boxes, .n_boxes = 3,
 *	    .edges = edges, .n_edges = 2 };
 *	r = gv_layout_run(&l);
 *	draw(l.boxes[0].x, l.boxes[0].y);
 *	gv_layout_release(&l);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_layout_box {
	double width, height; /* given */
	double x, y;          /* found: its upper left corner */
	uint32_t rank;        /* found: from 0, at the left */
};

struct gv_layout_edge {
	uint32_t from, to; /* given: boxes; one to itself is not drawn */
	bool is_back;      /* found: it leads left, to close a circle */
	uint32_t first, n; /* found: its points, from `from` to `to`; n is 0
			      or even: from each odd one to the next it goes
			      straight on past a rank */
};

struct gv_layout_point {
	double x, y;
};

struct gv_layout {
	struct gv_layout_box *boxes; /* the caller's */
	uint32_t n_boxes;
	struct gv_layout_edge *edges; /* the caller's */
	uint32_t n_edges;
	struct gv_layout_point *points; /* found */
	size_t n_points, cap_points;
	double width, height; /* found: of all of it, from 0, 0 */
	uint64_t crossings;   /* found: of arrows with each other */
};

/* Place them. 0 or GV_ENOMEM. */
int gv_layout_run(struct gv_layout *l);

/* Free what was found; NULL-safe, zeroed ok. The boxes and edges stay. */
void gv_layout_release(struct gv_layout *l);

#endif
