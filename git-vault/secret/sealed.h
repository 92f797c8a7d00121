#ifndef SEALED_H
#define SEALED_H
/*
 * The verbs of `git vault secret`, a file for each; cmd_secret.c has the table
 * of their options and calls them.
 */

#include <stdbool.h>

#include "git-vault/front/opt.h"

struct gv_ctx;
struct gv_inventory;
struct gv_inventory_value;

enum gv_sealed_format {
	GV_SEALED_ENV,
	GV_SEALED_JSON,
	GV_SEALED_K8S,
	GV_SEALED_AGE,
};

struct gv_sealed_opts {
	struct gv_opt_list scopes, identities;
	const char *env, *reason, *output, *value_from;
	int format;
	bool reuse, exposed, reveal, patch, from_stdin, forget, precious,
	    dry_run;
};

/* What a verb of them does: as run() of a command, without its own name. */
int gv_sealed_list(struct gv_ctx *ctx, int argc, char **argv);
int gv_sealed_show(struct gv_ctx *ctx, int argc, char **argv);
int gv_sealed_history(struct gv_ctx *ctx, int argc, char **argv);
int gv_sealed_rotate(struct gv_ctx *ctx, int argc, char **argv);
int gv_sealed_revoke(struct gv_ctx *ctx, int argc, char **argv);
int gv_sealed_export(struct gv_ctx *ctx, int argc, char **argv);
int gv_sealed_import(struct gv_ctx *ctx, int argc, char **argv);
int gv_sealed_purge(struct gv_ctx *ctx, int argc, char **argv);
int gv_sealed_migrate(struct gv_ctx *ctx, int argc, char **argv);

#endif
