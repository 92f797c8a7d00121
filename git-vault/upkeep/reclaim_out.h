#ifndef RECLAIM_OUT_H
#define RECLAIM_OUT_H
/*
 * Frees the space of snapshots that the command has just deleted. They are gone
 * by then, so a failure here is reported and ends with "done in part".
 *
 *	reclaim = gv_reclaim_run(&res, ctx);
 *	gv_reclaim_out(ctx, &res, reclaim);
 */

struct gv_ctx;
struct gv_fold_result;

/* Give back what is old enough. 0, or 3 with a warning printed that says why
 * it was not done and how to do it later. */
int gv_reclaim_run(struct gv_fold_result *res, struct gv_ctx *ctx);

/* Print what was done: with --json as the field "reclaimed" of the object that
 * is open. Nothing where `failed` (what the other one returned). */
void gv_reclaim_out(
    struct gv_ctx *ctx, const struct gv_fold_result *res, int failed);

#endif
