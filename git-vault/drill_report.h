#ifndef DRILL_REPORT_H
#define DRILL_REPORT_H
/*
 * A drill in the formats of other programs: JUnit for pipelines, and a page of
 * HTML for people, which needs no other file.
 *
 *	gv_drill_report_html(ctx, &drill);
 */

struct gv_ctx;
struct gv_drill;

void
gv_drill_report_junit(const struct gv_ctx *ctx, const struct gv_drill *drill);

void
gv_drill_report_html(const struct gv_ctx *ctx, const struct gv_drill *drill);

#endif
