#ifndef SCHEDULE_OUT_H
#define SCHEDULE_OUT_H
/*
 * What `git vault schedule` prints, as text and JSON.
 *
 *	r = gv_schedule_out_list(ctx, now);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_ctx;
struct gv_job_go_result;
struct gv_job_run;
struct gv_job_runner;
struct gv_scheduler_place;

/* That it is installed; `path` is the project that was registered, or NULL. */
void gv_schedule_out_start(
    struct gv_ctx *ctx, const struct gv_scheduler_place *at, const char *path);
void gv_schedule_out_stop(struct gv_ctx *ctx, bool was);

/* Where it is installed. 0; 1 where it is not. */
int
gv_schedule_out_status(struct gv_ctx *ctx, const struct gv_scheduler_place *at);

/* The jobs of the policy, with their last and next runs, and what runs now. 0;
 * as gv_team_load(). */
int gv_schedule_out_list(struct gv_ctx *ctx, int64_t now);

/* Runs as they end: begin, each, end. The last gives the exit status. */
void gv_schedule_out_begin(struct gv_ctx *ctx);
void gv_schedule_out_run(struct gv_ctx *ctx, const struct gv_job_run *run);
int
gv_schedule_out_end(struct gv_ctx *ctx, const struct gv_job_go_result *result);

/* That a job is left for the next look, for the sake of a run by hand. */
void gv_schedule_out_left(struct gv_ctx *ctx, const char *job, const char *id);

/* Whether a run was stopped. */
void gv_schedule_out_cancel(
    struct gv_ctx *ctx, const struct gv_job_runner *one, bool ended);

#endif
