#ifndef DRIFT_OUT_H
#define DRIFT_OUT_H
/*
 * What differs between environments, for people and as JSON.
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_ctx;
struct gv_drift_patch;
struct gv_drift_report;

/* A comparison and the names of its two sides. */
struct gv_drift_out {
	const char *left, *right;
	const struct gv_drift_report *report;
};

/* Print one comparison; `classes` has a bit for each class that is shown. 0. */
int gv_drift_out_pair(
    struct gv_ctx *ctx, const struct gv_drift_out *pair, unsigned classes);

/* Print a patch, and say how much of the drift is not in it. */
void gv_drift_out_patch(struct gv_ctx *ctx, const struct gv_drift_patch *patch);

/* Print all: a line for each pair, and each key once, with the environment that
 * differs from all others. `names` are those of the n environments; pairs are
 * in the order 0-1, 0-2 … 1-2 …. 0 or GV_ENOMEM. */
int gv_drift_out_all(struct gv_ctx *ctx, const struct gv_drift_out *pairs,
    const char *const *names, size_t n, unsigned classes);

#endif
