#ifndef DIFF_PLACES_H
#define DIFF_PLACES_H
/*
 * The words SNAP:PATH of a comparison, as git has them: one path of two
 * snapshots, or of a snapshot and the working tree.
 *
 *	r = gv_diff_places_read(&places, ctx, argc, argv);
 *	if (r > 0)
 *		… places.snaps[0 to places.n - 1], places.spec …
 *	gv_diff_places_release(&places);
 */

#include <stdbool.h>

#include "base/buf.h"

struct gv_ctx;

struct gv_diff_places {
	bool
	    with_secrets; /* set by the caller: what a hint offers shows them */
	struct gv_buf snaps[2];
	int n;
	struct gv_buf path;       /* from the top; "" is the top */
	struct gv_buf spec;       /* the same for git */
	const char *const *paths; /* that, for gv_diff_run() */
	/* private */
	const char *list[2];
};

#define GV_DIFF_PLACES_INIT                                                    \
	{                                                                      \
		.snaps = { GV_BUF_INIT, GV_BUF_INIT }, .path = GV_BUF_INIT,    \
		.spec = GV_BUF_INIT                                            \
	}

/* 1 where one of the first two words is SNAP:PATH, and no snapshot as a whole;
 * 0 where none is. GV_EUSAGE where others or two paths are named. */
int gv_diff_places_read(
    struct gv_diff_places *p, struct gv_ctx *ctx, int argc, char *const *argv);

void gv_diff_places_release(struct gv_diff_places *p);

#endif
