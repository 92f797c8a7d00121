#ifndef STATE_STACK_H
#define STATE_STACK_H
/*
 * Which state the verbs of `git vault state` are about: --env and --stack, and
 * what they are where they were not given.
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_repo;
struct gv_track_version;

struct gv_state_stack {
	const char *env, *stack; /* borrowed */
};

/* The environment is that which the current directory is of, by its name; the
 * stack is "default". 0, or GV_EUSAGE where the directory says nothing. */
int gv_state_stack_of(struct gv_state_stack *out, const struct gv_ctx *ctx);

/* The environment that the current directory is of, NULL where it does not
 * say; a constant. 0 or GV_ENOMEM. */
int gv_state_stack_here(const char **out, const struct gv_repo *repo);

/* Whether snapshots keep this file, too, as the state of a stack that they have
 * named after its path: the newest version of that, for the caller to release.
 * False where its path says nothing, or where that cannot be told. */
bool gv_state_stack_of_file(struct gv_track_version *out,
    const struct gv_ctx *ctx, const char *env, const char *path);

/* That --force and --reason go together. 0 or GV_EUSAGE; `what` is what is
 * done by force. */
int gv_state_check_force(const struct gv_ctx *ctx, const char *what);

#endif
