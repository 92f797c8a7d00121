#ifndef PLAN_OUT_H
#define PLAN_OUT_H
/*
 * Recovery plans and their runs as `git vault plan` prints them.
 */

#include <stddef.h>
#include <stdint.h>

struct gv_ctx;
struct gv_plan;
struct gv_plan_estimate;
struct gv_plan_order;
struct gv_recover;
struct gv_recover_news;
struct gv_recover_pause;

/* A plan of the list. */
struct gv_plan_row {
	const char *name;
	const struct gv_plan *plan;
	const char *state;  /* "draft", "validated", "ready", "deprecated" */
	const char *run;    /* the id of the last one; or NULL */
	int64_t time;       /* when it began */
	const char *result; /* or NULL */
};

void
gv_plan_out_list(struct gv_ctx *ctx, const struct gv_plan_row *rows, size_t n);

/* The faults of a plan, a line each. In JSON into the open array. */
void gv_plan_out_faults(struct gv_ctx *ctx, const struct gv_plan *plan);

void gv_plan_out_show(struct gv_ctx *ctx, const struct gv_plan *plan,
    const struct gv_plan_order *order);

void gv_plan_out_estimate(struct gv_ctx *ctx, const struct gv_plan *plan,
    const struct gv_plan_estimate *e);

/* For DOT and Mermaid. */
void gv_plan_out_dot(struct gv_ctx *ctx, const struct gv_plan *plan);
void gv_plan_out_mermaid(struct gv_ctx *ctx, const struct gv_plan *plan);

/* What happens, as it happens. */
void gv_plan_out_news(struct gv_ctx *ctx, const struct gv_recover_news *news);

/* Where a run is. */
void gv_plan_out_run(struct gv_ctx *ctx, const struct gv_recover *run,
    const struct gv_recover_pause *pause);

/* One line of a run, or in JSON an object of the open array. */
void gv_plan_out_row(struct gv_ctx *ctx, const struct gv_recover *run);
void gv_plan_out_rows_begin(struct gv_ctx *ctx);
void gv_plan_out_rows_end(struct gv_ctx *ctx);

/* "running", "paused", "passed" …: the run as a whole. */
const char *gv_plan_out_state(const struct gv_recover *run);

#endif
