#ifndef DIFF_STAT_H
#define DIFF_STAT_H
/*
 * The chart of `git diff --stat`, where some files are kept in chunks: git has
 * only their pointers, so the sizes that it prints of them are set right. All
 * else of the chart is git's own.
 *
 *	if (gv_diff_stat_is_due(diff))
 *		r = gv_diff_stat_print(out, diff, argv, &argv[4]);
 */

#include <stdbool.h>

struct gv_diff;
struct gv_out;

/* Whether a change is one of a file in chunks. NULL is no change at all. */
bool gv_diff_stat_is_due(const struct gv_diff *diff);

/* Run `argv`, a git diff, and print what it says. `form` are the two places in
 * it for --color, or another word about the form, and for the form itself; they
 * are overwritten. `diff`: the same differences, without renames. 0, or
 * GV_ERROR with git's words. */
int gv_diff_stat_print(struct gv_out *out, const struct gv_diff *diff,
    const char **argv, const char **form);

#endif
