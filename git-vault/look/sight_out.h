#ifndef SIGHT_OUT_H
#define SIGHT_OUT_H
/*
 * A project at a glance, as text and as JSON.
 *
 *	gv_sight_out_json(ctx->json, NULL, &sight);
 *	gv_sight_out_text(ctx, &sight);
 */

#include <stddef.h>

struct gv_ctx;
struct gv_json;
struct gv_sight;

/* The members that a project has in every document; `key` as of gv_json.h. */
void gv_sight_out_json(
    struct gv_json *j, const char *key, const struct gv_sight *sight);

/* A line for each thing to know of one project. */
void gv_sight_out_text(struct gv_ctx *ctx, const struct gv_sight *sight);

/* A table, a line each. */
void gv_sight_out_table(
    struct gv_ctx *ctx, const struct gv_sight *const *sights, size_t n);

#endif
