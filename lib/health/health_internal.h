#ifndef GV_HEALTH_INTERNAL_H
#define GV_HEALTH_INTERNAL_H
/*
 * How the parts of a vault's health are collected. Each part adds what it
 * found to the struct; what cannot be read becomes a sentence, unless memory
 * is short or the user wants to stop.
 */

#include "health/health.h"

/* What of a part failed: 0, with the sentence among the problems; or `r`, where
 * all has to end. 0 and more is passed through as 0. */
int gv_health_settle(struct gv_health *h, const char *part, int r);

/* A copy in the arena; NULL where memory is short. */
const char *gv_health_keep(struct gv_health *h, const char *text);

/* The environment of that name, or NULL. */
struct gv_health_env *gv_health_find_env(struct gv_health *h, const char *name);

/* Add a number; of more than there is room for, the first goes. */
void gv_health_trend_add(struct gv_health_trend *trend, double value);

/* ---- health_runs.c: reports of runs, the list of jobs ---- */

int gv_health_load_runs(struct gv_health *h, struct gv_repo *repo);
int gv_health_load_jobs(struct gv_health *h, struct gv_repo *repo);

/* ---- health_snapshots.c: snapshots and what they take ---- */

int gv_health_load_snapshots(
    struct gv_health *h, struct gv_health_taken *taken, struct gv_repo *repo);

/* ---- health_envs.c: environments, drift, configuration ---- */

int gv_health_load_envs(struct gv_health *h,
    const struct gv_health_taken *taken, struct gv_repo *repo);

/* ---- health_stock.c: copies, components, drills, events ---- */

int gv_health_load_copies(struct gv_health *h, struct gv_repo *repo);
int gv_health_load_components(struct gv_health *h, struct gv_repo *repo);
int gv_health_load_drills(struct gv_health *h, struct gv_repo *repo);
int gv_health_load_events(struct gv_health *h, struct gv_repo *repo);

/* ---- health_waits.c: what waits for somebody ---- */

int gv_health_load_approvals(struct gv_health *h, struct gv_repo *repo);
int gv_health_load_secrets(struct gv_health *h, struct gv_repo *repo);

#endif
