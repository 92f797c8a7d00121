#ifndef STATE_H
#define STATE_H
/*
 * The verbs of `git vault state`, a file for each; cmd_state.c has the table of
 * their options and calls them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "opt.h"

struct gv_ctx;

struct gv_state_opts {
	struct gv_opt_list identities;
	const char *env, *stack, *operation, *info, *remote, *wait, *reason;
	const char *commit, *to, *from, *code;
	const char *listen, *credentials, *tls_cert, *tls_key;
	int64_t limit, document, max_body, timeout; /* negative: not given */
	bool force, begin, stat, patch, push_ready, unbound_too;
	bool ours, theirs, with_lost;
};

#define GV_STATE_BODY    (INT64_C(100) << 20) /* of a state that is served */
#define GV_STATE_TIMEOUT 60                   /* seconds */

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
