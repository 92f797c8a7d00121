#ifndef DIFF_STAT_H
#define DIFF_STAT_H
/*
 * Prints `git diff --stat`, --numstat and --shortstat if some files are stored
 * in chunks. Git knows only the pointers of these files, so their sizes are
 * corrected, and the lines of a pointer do not count. Everything else is git's
 * own output. If an attribute makes git show pointers as text, the columns of
 * the chart are still as wide as for these.
 *
 *	if (gv_diff_stat_is_due(diff, "--stat"))
 *		r = gv_diff_stat_print(out, diff, argv, &argv[4]);
 */

#include <stdbool.h>

struct gv_diff;
struct gv_out;

/* Whether the form is one of these, and a change is one of a file in chunks.
 * NULL is no change at all. */
bool gv_diff_stat_is_due(const struct gv_diff *diff, const char *form);

/* Run `argv`, a git diff, and print what it says. `form` are the two places in
 * it for --color, or another word about the form, and for the form itself; they
 * are overwritten, the form is the one that is printed. `diff`: the same
 * differences, without renames. 0, or GV_ERROR with git's words. */
int gv_diff_stat_print(struct gv_out *out, const struct gv_diff *diff,
    const char **argv, const char **form);

#endif
