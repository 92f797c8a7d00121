#ifndef GV_THIN_H
#define GV_THIN_H
/*
 * Which automatic saves stay: without a policy all of a day, then the last of
 * each hour for a week, of each day for 30 days, of each week for 26 weeks. The
 * class of a save is that of the most important file that changed in it. A pure
 * function.
 *
 *	n = gv_thin_choose(stays, saves, count, rules);		how many go
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "infra/class.h"

/* How many saves are added before a chain is thinned again. */
#define GV_THIN_AFTER 60

#define GV_THIN_SPANS 4

/* For how many seconds they stay: all, then the last of each hour, day, week.
 */
struct gv_thin_rule {
	int64_t keep[GV_THIN_SPANS];
};

struct gv_thin_save {
	int64_t time; /* seconds since 1970 */
	enum gv_class class;
};

/* Decide on saves, newest link first. Ages count from the newest link and not
 * from a clock, so that a clock set forward lets nothing go. The first always
 * stays, and so does what claims to be newer than it. One that goes leaves what
 * changed in it to the next newer one that stays, as that has all files.
 * stays[i] is set for each; how many are to go. */
size_t gv_thin_choose(bool *stays, const struct gv_thin_save *saves, size_t n,
    const struct gv_thin_rule rules[GV_CLASSES]);

/* Whether the class of a save of that age makes a difference. */
bool
gv_thin_needs_class(int64_t age, const struct gv_thin_rule rules[GV_CLASSES]);

#endif
