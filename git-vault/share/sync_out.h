#ifndef SYNC_OUT_H
#define SYNC_OUT_H
/*
 * What became of refs by a sync or an import, as text and as JSON.
 *
 *	if (ctx->json)
 *		gv_sync_out_json(ctx, &report);
 *	else
 *		gv_sync_out_text(ctx, &report);
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_sync_report;

/* A line for each. */
void gv_sync_out_text(struct gv_ctx *ctx, const struct gv_sync_report *report);

/* Say in one sentence what was done, or with `dry_run` what would be: "fetched
 * 2 snapshots from origin; pushed 1 state to origin". Something was. */
void gv_sync_out_summary(
    struct gv_ctx *ctx, const struct gv_sync_report *report, bool dry_run);

/* Into an object that is open: how many of each, and the array "refs". */
void gv_sync_out_json(struct gv_ctx *ctx, const struct gv_sync_report *report);

/* Say that snapshots were moved to the trash, and how to bring them back. */
void
gv_sync_out_trashed(struct gv_ctx *ctx, const struct gv_sync_report *report);

#endif
