#ifndef STANDING_OUT_H
#define STANDING_OUT_H
/*
 * Prints how each environment and each of its components stands.
 *
 *	gv_standing_out(ctx, &standing);
 */

struct gv_ctx;
struct gv_standing;

/* With `env` that one alone. 0; GV_ENOTFOUND where there is no such
 * environment. */
int gv_standing_out(
    struct gv_ctx *ctx, const struct gv_standing *s, const char *env);

#endif
