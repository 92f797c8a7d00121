#ifndef FINDING_OUT_H
#define FINDING_OUT_H
/*
 * What a scan found, in each of its formats; of values never more than
 * gv_finding_mask() shows, but where they were kept to be shown.
 *
 *	gv_finding_out_all(ctx, sweep, GV_FINDING_OUT_CSV, GV_FINDING_LIKELY);
 */

#include <stddef.h>

#include "detect/finding.h"

struct gv_ctx;
struct gv_sweep;

enum gv_finding_out_format {
	GV_FINDING_OUT_TEXT,
	GV_FINDING_OUT_JSON,
	GV_FINDING_OUT_CSV,
	GV_FINDING_OUT_SARIF,
	GV_FINDING_OUT_JUNIT,
	GV_FINDING_OUT_GITLAB,
};

/* Print the findings of this grade and above. 0 or GV_ENOMEM. */
int gv_finding_out_all(struct gv_ctx *ctx, const struct gv_sweep *sweep,
    enum gv_finding_out_format format, enum gv_finding_grade least);

/* Warn of files that could not be read, and of archives that were not looked
 * into, or not all of the way. */
void gv_finding_out_unread(struct gv_ctx *ctx, const struct gv_sweep *sweep);

/* Warn where findings should have fingerprints and there is no key of them. */
void gv_finding_out_keyless(struct gv_ctx *ctx, const struct gv_sweep *sweep);

/* All that there is to say of one finding, or of a rule. */
void gv_finding_out_explain(struct gv_ctx *ctx, const struct gv_sweep *sweep,
    const struct gv_finding *f);
void
gv_finding_out_rule(struct gv_ctx *ctx, const struct gv_finding_rule *rule);

/* A list of rules. */
void gv_finding_out_rules(
    struct gv_ctx *ctx, const struct gv_finding_rule *rules, size_t n);

#endif
