#ifndef GV_PLAN_BEHIND_H
#define GV_PLAN_BEHIND_H
/*
 * Whether the traffic may go back to the side that had it before a failover:
 * not while that side lacks what the other one got since. It is decided by
 * what both sides have: states of tools by lineage and serial, or by the time
 * that they were saved, and known-good records by theirs. Knows no file and no
 * clock.
 *
 *	if (gv_plan_is_behind(&why, &old, &now, moved))
 *		…
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;

/* The newest version of a state. */
struct gv_plan_side_state {
	const char *stack;
	const char *lineage; /* or NULL */
	bool has_serial;
	uint64_t serial;
	int64_t time; /* that it was saved */
};

/* What is known of an environment that takes the traffic, or took it. */
struct gv_plan_side {
	const char *name;
	unsigned record; /* its newest known-good record; 0: none */
	int64_t recorded;
	const struct gv_plan_side_state *states;
	size_t n;
};

/* Whether `old` lacks what `now` got since the traffic moved at `moved`, in
 * seconds since 1970. Why, as the end of a sentence, is appended to *why. */
bool gv_plan_is_behind(struct gv_buf *why, const struct gv_plan_side *old,
    const struct gv_plan_side *now, int64_t moved);

#endif
