#ifndef LINT_REPORT_H
#define LINT_REPORT_H
/*
 * What a check of the tree found, in the formats of other programs.
 *
 *	gv_lint_report_sarif(j, &view, &patch);
 */

struct gv_lint_patch;
struct gv_lint_view;
struct gv_ctx;
struct gv_json;

/* With what remedies them: `patch` is of the same report. */
void gv_lint_report_sarif(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_patch *patch);

void
gv_lint_report_junit(const struct gv_ctx *ctx, const struct gv_lint_view *view);

#endif
