#ifndef DRILL_BISECT_H
#define DRILL_BISECT_H
/*
 * The first snapshot whose drill fails: between one whose drill passed and one
 * whose drill failed, half of the rest are left behind with each drill.
 *
 *	r = gv_drill_bisect(ctx, good, bad, try);
 */

#include "drill/drill.h"

struct gv_ctx;

/* Drill one snapshot: 0 with its result, and the code of its cause copied to
 * `cause` ("" where it did not fail). */
typedef int gv_drill_try(struct gv_ctx *ctx, const char *snapshot,
    enum gv_drill_result *result, char cause[32]);

/* Search between two snapshots; NULL: those of the newest drill that passed,
 * and of the newest that failed after it. 0; GV_EREFUSED where there is nothing
 * to search; as `try`. */
int gv_drill_bisect(
    struct gv_ctx *ctx, const char *good, const char *bad, gv_drill_try *try);

#endif
