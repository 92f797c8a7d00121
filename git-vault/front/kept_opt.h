#ifndef GV_KEPT_OPT_H
#define GV_KEPT_OPT_H
/*
 * Options whose values are written into records as they stand.
 *
 *	r = gv_kept_opt_check(ctx->repo, cmd->opts, ctx->opts);
 */

struct gv_opt;
struct gv_repo;

/* Hold the values of those that were given (opts, up to its end; `values` is
 * their struct) against the scanner: see gv_disclosure_check(). */
int gv_kept_opt_check(
    struct gv_repo *repo, const struct gv_opt *opts, const void *values);

#endif
