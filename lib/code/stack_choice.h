#ifndef GV_STACK_CHOICE_H
#define GV_STACK_CHOICE_H
/*
 * Which state is meant, for everything that takes an environment and a stack:
 * what was said, else what a file is called by the snapshots that store it,
 * else the only state there is. One rule, so that a save, a lock and a restore
 * never mean different states. What a path says by itself is in stack.h.
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
	bool is_state; /* false: a lock alone, of a state that is yet to be */
};

/* What a repository has: states, and locks of states. */
struct gv_stack_names {
	struct gv_stack_name *list; /* sorted, each once */
	size_t n, cap;
	bool has_state; /* false: there are locks at most */
};

/* Read them from the refs. 0 or a failure. To be released. */
int gv_stack_names_load(struct gv_stack_names *out, struct gv_repo *repo);

/* The states that a remote has. 0; as gv_statelock_take() where it cannot be
 * asked. To be released. */
int gv_stack_names_load_remote(
    struct gv_stack_names *out, struct gv_repo *repo, const char *remote);

/* Add a name behind the others. 0 or GV_ENOMEM. */
int gv_stack_names_add(struct gv_stack_names *names, const char *env,
    const char *stack, bool is_state);

/* NULL-safe, zeroed ok. */
void gv_stack_names_release(struct gv_stack_names *names);

bool gv_stack_names_has(
    const struct gv_stack_names *names, const char *env, const char *stack);

/* The name most like this one, or NULL where none is like it: other spellings
 * of an environment ("production"), and few letters that differ. `stack` NULL:
 * only the environment counts. The name itself is not like itself. */
const struct gv_stack_name *gv_stack_names_nearest(
    const struct gv_stack_names *names, const char *env, const char *stack);

/* How snapshots call the state of a file: its path from the top of the working
 * tree, and the scope that its secrets are encrypted for. 0; GV_ENOTFOUND
 * without a message where the path is not that of a state; GV_EUSAGE where the
 * scope is too long for a name; GV_ENOMEM. */
int gv_stack_name_of_file(
    struct gv_stack_name *out, const char *scope, const char *path);

/* What is asked for. All of it may be NULL. */
struct gv_stack_ask {
	const char *env, *stack; /* that were said */
	const char *here; /* the environment of the file or the directory */
	const struct gv_stack_name *own; /* how snapshots call the file */
	bool is_file; /* a file to be saved: it is never another file's state */
};

enum gv_stack_kind {
	GV_STACK_KNOWN,
	GV_STACK_NEW,     /* there is no such state yet */
	GV_STACK_SEVERAL, /* several fit */
	GV_STACK_NOWHERE, /* nothing says which environment */
};

struct gv_stack_choice {
	enum gv_stack_kind kind;
	const char *env, *stack; /* borrowed; of KNOWN and NEW */
	bool is_said; /* a person has named it, in whole or in part */
};

/* Choose. Pure. */
void gv_stack_choose(struct gv_stack_choice *out,
    const struct gv_stack_ask *ask, const struct gv_stack_names *names);

#endif
