#ifndef DRILL_GO_H
#define DRILL_GO_H
/*
 * One drill from its options to its report: what `git vault drill run` and `git
 * vault plan drill` do. ctx->opts is a struct gv_drill_go_opts.
 */

#include <stdbool.h>
#include <stdint.h>

#include "git-vault/front/opt.h"

enum gv_drill_format {
	GV_DRILL_TEXT,
	GV_DRILL_JSON,
	GV_DRILL_JUNIT,
	GV_DRILL_HTML,
};

struct gv_drill_go_opts {
	const char *env, *snapshot, *from_remote, *identity, *budget, *report;
	const char *plan;
	struct gv_opt_list inputs;
	const char *if_due, *every;
	int fault, format, with;
	int64_t seed; /* -1: none given */
	bool keep, no_validators, random, remove, yes;
};

struct gv_ctx;
struct gv_drill_opts;

/* What a drill of this environment (NULL: all) is run with. 0; GV_EUSAGE; as
 * gv_drill_targets(). */
int gv_drill_go_fill(
    struct gv_drill_opts *out, struct gv_ctx *ctx, const char *env);

/* Run it, record it and print its report. 0 if it passed, 1 if it failed, 3 if
 * a part could not be found out; as gv_drill_run(). */
int gv_drill_go(struct gv_ctx *ctx, const char *env);

#endif
