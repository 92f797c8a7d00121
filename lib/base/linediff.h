#ifndef GV_LINEDIFF_H
#define GV_LINEDIFF_H
/*
 * Which lines differ between two texts in memory: the hunks of a unified diff.
 * No byte of the texts is copied, so they can be secrets; what is allocated
 * holds places and lengths of lines only.
 *
 *	const struct gv_linediff_to to = { on_hunk, on_line, ctx };
 *
 *	r = gv_linediff(&to, old, old_len, new, new_len, 3);
 *
 * The result is the shortest one as long as at most GV_LINEDIFF_MAX lines
 * differ. Beyond that, all between the first and the last difference is
 * reported as replaced.
 */

#include <stdbool.h>
#include <stddef.h>

#define GV_LINEDIFF_MAX 1000

/* Where a hunk is: first line, from 1, and how many lines, as in "@@ -1,3 +1,4
 * @@". A count of 0 names the line before. */
struct gv_linediff_hunk {
	size_t old_first, old_n, new_first, new_n;
};

struct gv_linediff_to {
	/* A hunk begins. 0, or a negative value, which ends it */
	int (*hunk)(void *ctx, const struct gv_linediff_hunk *h);
	/* One of its lines without the LF: ' ' in both texts, '-' in the old
	 * one, '+' in the new one. `is_cut`: no LF follows it. */
	int (*line)(
	    void *ctx, char sign, const char *line, size_t len, bool is_cut);
	void *ctx;
};

/* Compare two texts, and report each difference with `context` equal lines
 * around it. 0, also for equal texts; GV_ENOMEM; what a callback returned. */
int gv_linediff(const struct gv_linediff_to *to, const char *old,
    size_t old_len, const char *new, size_t new_len, size_t context);

#endif
