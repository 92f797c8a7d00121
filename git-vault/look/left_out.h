#ifndef GV_LEFT_OUT_H
#define GV_LEFT_OUT_H
/*
 * Says what a snapshot leaves out, by kind and size, and how to list it and to
 * bring it in.
 *
 *	gv_left_out_say(ctx, snap.left);
 */

#include "snapshot/survey.h"

struct gv_ctx;

/* "3 build products, 2 ignored files over 1 MiB (4.5 MiB)"; nothing where
 * nothing is left out. */
void gv_left_out_add(struct gv_buf *out, const struct gv_survey_left *left);

/* The sentence with the command that lists them and the settings that bring
 * them in, on stderr; none where nothing is left out. */
void gv_left_out_say(struct gv_ctx *ctx, const struct gv_survey_left *left);

/* git vault status --ignored: all that Git ignores, stored or left out. 0 or a
 * failure. */
int gv_left_out_list(struct gv_ctx *ctx);

/* An array "left_out" of the kinds that there are. */
void gv_left_out_json(struct gv_ctx *ctx, const struct gv_survey_left *left);

#endif
