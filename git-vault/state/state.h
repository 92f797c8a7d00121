#ifndef STATE_H
#define STATE_H
/*
 * The verbs of `git vault state`, a file for each; cmd_state.c has the table of
 * their options and calls them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "git-vault/front/opt.h"
#include "git-vault/state/serve_go.h"

struct gv_ctx;

struct gv_state_opts {
	struct gv_opt_list identities;
	const char *env, *stack, *operation, *info, *wait, *reason;
	const char *commit, *to, *from, *code, *live;
	struct gv_serve_args serve; /* --remote is for locks, too */
	int64_t limit, document;    /* negative: not given */
	bool force, begin, stat, patch, push_ready, unbound_too;
	bool ours, theirs, with_lost;
};

/* What a verb of them does: as run() of a command, without its own name. */
int gv_state_save(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_list(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_show(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_log(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_diff(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_at(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_for_resource(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_blame(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_verify(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_triage(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_repair(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_restore(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_lock(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_unlock(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_locks(struct gv_ctx *ctx, int argc, char **argv);
int gv_state_serve(struct gv_ctx *ctx, int argc, char **argv);

#endif
