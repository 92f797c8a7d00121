#ifndef DRILL_OUT_H
#define DRILL_OUT_H
/*
 * Shows a drill: as text for people, or as the document of --json.
 *
 *	gv_drill_out(ctx, &drill, NULL);
 */

struct gv_ctx;
struct gv_drill;
struct gv_drill_log;
struct gv_json;

/* Show it; `kept` is where the clone stays, or NULL. */
void gv_drill_out(
    struct gv_ctx *ctx, const struct gv_drill *drill, const char *kept);

/* The document alone. */
void gv_drill_out_json(
    struct gv_json *j, const struct gv_drill *drill, const char *kept);

/* All of a log (`what` is not used); 0. */
int gv_drill_out_list(
    struct gv_ctx *ctx, const struct gv_drill_log *log, const char *what);

/* The one that `what` names, with its report where this clone has it. 0; as
 * gv_drill_log_find(). */
int gv_drill_out_one(
    struct gv_ctx *ctx, const struct gv_drill_log *log, const char *what);

/* What is drilled of each environment, or of the one that `what` names; 1 where
 * one is overdue, else 0, or a failure. */
int gv_drill_out_status(
    struct gv_ctx *ctx, const struct gv_drill_log *log, const char *what);

#endif
