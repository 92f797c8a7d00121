#ifndef REVEAL_PATCH_H
#define REVEAL_PATCH_H
/*
 * The patch of one file with its secrets, as git would print it: each line goes
 * from locked memory to stdout, and to nothing else.
 *
 *	r = gv_reveal_patch_print(&left, ctx, change, texts, 3);
 */

#include <stddef.h>

#include "view/reveal.h"

struct gv_ctx;
struct gv_diff_change;

/* Secrets that could not be shown, of all files so far. */
struct gv_reveal_patch_left {
	size_t sealed, damaged;
};

/* Print the patch of both sides, and warn by name of each secret that stays
 * encrypted. Adds to *left. 0 or a failure. */
int gv_reveal_patch_print(struct gv_reveal_patch_left *left, struct gv_ctx *ctx,
    const struct gv_diff_change *c, const struct gv_reveal_text texts[2],
    size_t context);

#endif
