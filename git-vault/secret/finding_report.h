#ifndef FINDING_REPORT_H
#define FINDING_REPORT_H
/*
 * What a scan found, in the formats of other programs: SARIF 2.1.0, the
 * secret detection report of GitLab, JUnit. Of values they hold nothing but
 * what gv_finding_mask() shows.
 *
 *	gv_finding_report_junit(ctx, sweep, GV_FINDING_LIKELY);
 */

#include "detect/finding.h"

struct gv_ctx;
struct gv_json;
struct gv_sweep;

void gv_finding_report_sarif(struct gv_json *j, const struct gv_sweep *sweep,
    enum gv_finding_grade least);

void gv_finding_report_gitlab(struct gv_json *j, const struct gv_ctx *ctx,
    const struct gv_sweep *sweep, enum gv_finding_grade least);

void gv_finding_report_junit(const struct gv_ctx *ctx,
    const struct gv_sweep *sweep, enum gv_finding_grade least);

#endif
