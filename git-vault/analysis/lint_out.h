#ifndef LINT_OUT_H
#define LINT_OUT_H
/*
 * What a check of the tree found, as text or as a document.
 *
 *	gv_lint_out(ctx, &view);
 */

#include <stdbool.h>

#include "lint/lint.h"

struct gv_ctx;
struct gv_depgraph;
struct gv_lint_patch;

/* A report, and which of its findings are shown. */
struct gv_lint_view {
	const struct gv_lint_report *report;
	const struct gv_depgraph *graph;
	enum gv_lint_severity least;
	const char *env;          /* only of files of it, and of none; NULL */
	const char *const *paths; /* only of these files and folders */
	size_t n_paths;
};

/* Whether a finding is one of the view, allowed ones and those of a lower
 * severity among them. */
bool gv_lint_view_has(
    const struct gv_lint_view *view, const struct gv_lint_finding *f);

/* Whether it also counts: it is open and severe enough. */
bool gv_lint_view_counts(
    const struct gv_lint_view *view, const struct gv_lint_finding *f);

void gv_lint_out(struct gv_ctx *ctx, const struct gv_lint_view *view);

/* A patch, and what it leaves. */
void gv_lint_out_patch(struct gv_ctx *ctx, const struct gv_lint_patch *patch);

/* The rules, by id. */
void gv_lint_out_rules(struct gv_ctx *ctx);

#endif
