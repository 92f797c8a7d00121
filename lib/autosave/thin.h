#ifndef GV_THIN_H
#define GV_THIN_H
/*
 * Which automatic saves stay: all of a day, then the last of each hour for a
 * week, of each day for 30 days, of each week for 26 weeks. A pure function.
 *
 *	n = gv_thin_choose(stays, times, count);	how many go
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many saves are added before a chain is thinned again. */
#define GV_THIN_AFTER 60

/* Decide on saves of these times (seconds since 1970), newest link first. Ages
 * count from the newest link and not from a clock, so that a clock set forward
 * lets nothing go. The first always stays, and so does what claims to be newer
 * than it. stays[i] is set for each; how many are to go. */
size_t gv_thin_choose(bool *stays, const int64_t *times, size_t n);

#endif
