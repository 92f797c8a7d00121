#ifndef STATE_STACK_H
#define STATE_STACK_H
/*
 * Finds which state a verb of `git vault state` is about: by --env and --stack,
 * by the file or the current directory, and by the states of the repository.
 * All verbs ask here, so that a save, a lock and a restore mean the same state.
 *
 *	r = gv_state_stack_find(&s, ctx, path);
 *	if (r == 0 && s.is_new)
 *		r = gv_state_stack_refuse(&s, "to lock", command);
 */

#include <stdbool.h>

#include "code/stack_choice.h"
#include "state/track.h"

struct gv_ctx;

struct gv_state_stack {
	struct gv_stack_name name;
	bool is_new;   /* neither the state nor a lock of it exists */
	bool is_said;  /* named by --env or --stack, not by the path */
	bool is_first; /* no state is saved in this repository at all */
	struct gv_stack_name near; /* if it is new: the most similar name, */
	bool has_near;             /* if there is one */
	struct gv_stack_name own;  /* the name that snapshots give the file, */
	bool is_kept;              /* if they store it under that one */
};

/* Find the state of a file that is to be saved ("-": stdin), or with NULL the
 * state of the current directory. 0; GV_EUSAGE if nothing says which state, or
 * a name is invalid; GV_ENOMEM; GV_ERROR. */
int gv_state_stack_find(
    struct gv_state_stack *out, const struct gv_ctx *ctx, const char *file);

/* Its names. They are borrowed from *s. */
struct gv_track_of gv_state_stack_of(const struct gv_state_stack *s);

/* Fail with GV_ENOTFOUND: there is no such state `what` ("to lock"). The
 * message names the most similar state, and the command that creates the new
 * one: a verb with its options. */
int gv_state_stack_refuse(const struct gv_state_stack *s, const char *what,
    const char *verb, const char *rest);

/* Fail with GV_ENOTFOUND: there is no such state. The message names the most
 * similar one. */
int gv_state_stack_none(const struct gv_state_stack *s);

/* Whether a state is saved that --env and --stack, as far as they are given,
 * name: 0; GV_ENOTFOUND with the most similar name; GV_EUSAGE. */
int gv_state_stack_check_said(const struct gv_ctx *ctx);

/* Append "; did you mean …?" to this thread's message if a name is similar.
 * Returns `code`. */
int gv_state_stack_add_near(int code, const struct gv_state_stack *s);

/* Clear is_new if this remote has the state. 0 or a failure. */
int gv_state_stack_ask_remote(
    struct gv_state_stack *s, const struct gv_ctx *ctx, const char *remote);

/* That --force and --reason go together. 0 or GV_EUSAGE; `what` is what is
 * done by force. */
int gv_state_check_force(const struct gv_ctx *ctx, const char *what);

#endif
