#ifndef DRIFT_H
#define DRIFT_H
/*
 * What the files of the command drift share.
 *
 *	const struct gv_drift_cmd_opts *o = ctx->opts;
 *
 *	if (strcmp(argv[0], "accept") == 0)
 *		return gv_drift_cmd_accept(ctx, argc, argv);
 */

#include <stdbool.h>

#include "base/time.h"
#include "git-vault/front/opt.h"

struct gv_ctx;

#define GV_DRIFT_CMD_ENVS 16 /* environments of --all */

struct gv_drift_cmd_opts {
	const char *classes, *from, *since, *reason, *until, *owner;
	bool all, strict, patch, state, comments;
};

/* The day that it is, in UTC: 2026-11-28. */
void gv_drift_cmd_today(char out[GV_TIME_MAX], const struct gv_ctx *ctx);

/* Accept differences: of files, or with --state of saved states. As the run()
 * of a command. */
int gv_drift_cmd_accept(struct gv_ctx *ctx, int argc, char **argv);

#endif
