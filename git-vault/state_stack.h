#ifndef STATE_STACK_H
#define STATE_STACK_H
/*
 * Which state the verbs of `git vault state` are about: what --env and --stack
 * say, what the file or the current directory says, and what there is. All
 * verbs ask here, so that a save, a lock and a restore mean the same state.
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
	bool is_new;   /* there is no such state, and no lock of it */
	bool is_said;  /* by --env or --stack; else the path tells it */
	bool is_first; /* no state is saved in this repository at all */
	struct gv_stack_name near; /* of a new one: the name most like it, */
	bool has_near;             /* if there is one */
	struct gv_stack_name own;  /* how snapshots call the file, */
	bool is_kept;              /* if they store it under that name */
};

/* Find the state of a file that is to be saved ("-": stdin), or, with NULL, the
 * one that is meant in the current directory. 0; GV_EUSAGE where nothing tells
 * which one, or a name is not one; GV_ENOMEM; GV_ERROR. */
int gv_state_stack_find(
    struct gv_state_stack *out, const struct gv_ctx *ctx, const char *file);

/* Its names, for as long as it stays where it is. */
struct gv_track_of gv_state_stack_of(const struct gv_state_stack *s);

/* GV_ENOTFOUND: there is no such state `what` ("to lock"); the name most like
 * it, and how it is begun all the same, by a verb with its options. */
int gv_state_stack_refuse(const struct gv_state_stack *s, const char *what,
    const char *verb, const char *rest);

/* GV_ENOTFOUND: there is no such state; the name most like it. */
int gv_state_stack_none(const struct gv_state_stack *s);

/* Put "; did you mean …?" behind this thread's message, where a name is like
 * it; returns `code`. */
int gv_state_stack_add_near(int code, const struct gv_state_stack *s);

/* A new one is not new if this remote has its state. 0 or a failure. */
int gv_state_stack_ask_remote(
    struct gv_state_stack *s, const struct gv_ctx *ctx, const char *remote);

/* That --force and --reason go together. 0 or GV_EUSAGE; `what` is what is
 * done by force. */
int gv_state_check_force(const struct gv_ctx *ctx, const char *what);

#endif
