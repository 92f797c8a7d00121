#ifndef LIMIT_OUT_H
#define LIMIT_OUT_H
/*
 * Has the limit of the vault kept (retention/limit.h), and reports what went.
 *
 *	r = gv_limit_out_apply(&limit, ctx, false);
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_limit;

/* Apply the limit; with `is_dry` only print what would go. What it removed is
 * printed, and once for each limit that nothing more may go. That it could not
 * be kept is a warning. 0; GV_ECANCELED; GV_ENOMEM. */
int gv_limit_out_apply(struct gv_limit *limit, struct gv_ctx *ctx, bool is_dry);

#endif
