#ifndef GV_VALIDATOR_H
#define GV_VALIDATOR_H
/*
 * The checks of the tools whose files a repository holds: which apply to a
 * tree, how they are called, and what their answers mean. Nothing is run here.
 *
 *	r = gv_validator_find(&calls, paths, n);
 *	verdict = gv_validator_judge(&calls.items[i], status, out, err);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct gv_validator_call {
	const char *name;        /* "terraform validate" */
	const char *path;        /* what it looks at; "" is the whole tree */
	const char *const *argv; /* NULL-terminated, from the tree's top */
	const char *program;     /* argv[0] */
	const char *const *env;  /* "NAME=value" to add; or NULL */
	/* asks for the tool's version, and the oldest that counts; NULL: any */
	const char *const *version;
	const char *least;
};

struct gv_validator_calls {
	struct gv_validator_call *items;
	size_t n, cap;
	struct gv_arena arena;
};

/* The calls for a tree of these paths, sorted as strcmp() does. 0 or
 * GV_ENOMEM; the caller releases *out in any case. */
int gv_validator_find(
    struct gv_validator_calls *out, const char *const *paths, size_t n);

/* Add a command of the team for a shell. 0 or GV_ENOMEM. */
int gv_validator_add(
    struct gv_validator_calls *calls, const char *name, const char *command);

/* Have the commands from `first` on, which are of the team, run with the
 * servers of the policy, whose texts must outlive them (validator_serve.c). 0
 * or GV_ENOMEM. */
struct gv_policy_drills;
int gv_validator_serve(struct gv_validator_calls *calls, size_t first,
    const struct gv_policy_drills *drills);

void gv_validator_release(struct gv_validator_calls *calls);

enum gv_validator_verdict {
	GV_VALIDATOR_PASSED,
	GV_VALIDATOR_FAILED,
	GV_VALIDATOR_COULD_NOT, /* what it needs is not here: no verdict */
};

/* What is wrong with the version that a tool prints: NULL, or a part of it that
 * is too old, of *len bytes, or "" where it prints none. */
const char *
gv_validator_old(size_t *len, const char *least, const char *printed);

/* What an exit status with these outputs means (NUL behind them). */
enum gv_validator_verdict
gv_validator_judge(int status, const char *out, const char *err);

/* What these outputs say is missing here, in words of this module's own, which
 * are no secret; NULL: nothing that is known. */
const char *gv_validator_lack(const char *out, const char *err);

/* The line of the outputs that says most about a failure; borrowed, *len bytes,
 * never NULL. */
const char *gv_validator_line(size_t *len, const char *out, const char *err);

/* What the lines behind it add: where that is, as "on FILE line N", or the line
 * behind one that ends with a colon; borrowed, *len bytes. NULL: nothing. */
const char *gv_validator_place(size_t *len, const char *line);

#endif
