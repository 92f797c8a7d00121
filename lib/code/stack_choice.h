#ifndef GV_STACK_CHOICE_H
#define GV_STACK_CHOICE_H
/*
 * Chooses the state for everything that takes an environment and a stack: the
 * one that the user named, else the one under which snapshots store the file,
 * else the only state. There is one rule, so that a save, a lock and a restore
 * never mean different states. stack.h says what a path alone tells.
 *
 *	r = gv_stack_names_load(&names, repo);
 *	gv_stack_choose(&choice, &ask, &names);
 *	if (choice.kind == GV_STACK_NEW)
 *		near = gv_stack_names_nearest(&names, choice.env, choice.stack);
 *	gv_stack_names_release(&names);
 */

#include <stdbool.h>
#include <stddef.h>

#include "code/stack.h"

struct gv_policy;
struct gv_repo;

struct gv_stack_name {
	char env[GV_STACK_NAME], stack[GV_STACK_NAME];
	bool is_state; /* false: only a lock exists */
};

/* The states and the locks of states of a repository. */
struct gv_stack_names {
	struct gv_stack_name *list; /* sorted, without duplicates */
	size_t n, cap;
	bool has_state; /* false: there are only locks, or nothing */
};

/* Read them from the refs. 0 or a failure. The caller releases *out. */
int gv_stack_names_load(struct gv_stack_names *out, struct gv_repo *repo);

/* Read the states of a remote. 0; as gv_statelock_take() if it cannot be asked.
 * The caller releases *out. */
int gv_stack_names_load_remote(
    struct gv_stack_names *out, struct gv_repo *repo, const char *remote);

/* Append a name. 0 or GV_ENOMEM. */
int gv_stack_names_add(struct gv_stack_names *names, const char *env,
    const char *stack, bool is_state);

/* NULL-safe, zeroed ok. */
void gv_stack_names_release(struct gv_stack_names *names);

bool gv_stack_names_has(
    const struct gv_stack_names *names, const char *env, const char *stack);

/* The most similar other name, or NULL: another spelling of the environment
 * ("production"), or a name in which few letters differ. With `stack` NULL only
 * the environment is compared. */
const struct gv_stack_name *gv_stack_names_nearest(
    const struct gv_stack_names *names, const char *env, const char *stack);

/* The name that snapshots give the state of a file. It follows from the path
 * from the top of the working tree, and from the scope that the file's secrets
 * are encrypted for. 0; GV_ENOTFOUND without a message if the path is not that
 * of a state; GV_EUSAGE if the scope is too long for a name; GV_ENOMEM. */
int gv_stack_name_of_file(
    struct gv_stack_name *out, const char *scope, const char *path);

/* What is known about the state. Each pointer may be NULL. */
struct gv_stack_ask {
	const char *env, *stack; /* as the user named them */
	const char *here; /* the environment of the file or the directory */
	/* the name that snapshots give the file */
	const struct gv_stack_name *own;
	bool is_file; /* a file to save: never the state of another file */
};

enum gv_stack_kind {
	GV_STACK_KNOWN,
	GV_STACK_NEW,     /* there is no such state yet */
	GV_STACK_SEVERAL, /* several fit */
	GV_STACK_NOWHERE, /* nothing says which environment */
};

struct gv_stack_choice {
	enum gv_stack_kind kind;
	const char *env, *stack; /* borrowed; set for KNOWN and NEW */
	bool is_said;            /* the user named at least one of them */
};

/* Choose. Pure. */
void gv_stack_choose(struct gv_stack_choice *out,
    const struct gv_stack_ask *ask, const struct gv_stack_names *names);

#endif
