#ifndef COPIES_OUT_H
#define COPIES_OUT_H
/*
 * Copies elsewhere, as other commands tell of them.
 *
 *	gv_copies_out_push(ctx, is_save, 0);
 */

#include <stdbool.h>

struct gv_ctx;

/* After a snapshot or a sync: push to the targets that are to be pushed to
 * automatically, in the background. At most `wait_s` seconds are waited for it;
 * then it goes on alone. A target that fails is reported once, and fails
 * nothing. */
void gv_copies_out_push(struct gv_ctx *ctx, bool is_save, int wait_s);

#endif
