#ifndef GV_WHOLE_H
#define GV_WHOLE_H
/*
 * Which environments of a snapshot are whole: whose states were settled when it
 * was taken. An environment is not whole if a state of it was locked, or got
 * another version while the snapshot was taken; if resources in it are tainted
 * or deposed; or if the code in the snapshot is not the code of the commit that
 * the state belongs to. What only that moment knew is in the snapshot's commit
 * (Vault-Unsettled), the rest follows from the version of the state. An
 * environment without a state is not listed.
 *
 *	r = gv_whole_load(&whole, repo, &rec);
 *	if (!gv_whole_has(&whole, "prod"))
 *		...
 *	gv_whole_release(&whole);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct gv_buf;
struct gv_record;
struct gv_repo;

enum gv_whole_why {
	GV_WHOLE_LOCKED,     /* its state was locked */
	GV_WHOLE_MOVED,      /* its state got another version meanwhile */
	GV_WHOLE_UNFINISHED, /* resources are tainted, or deposed */
	GV_WHOLE_UNAPPLIED,  /* the code is not that of the state's commit */
};

/* "locked", "moved", "unfinished", "unapplied". */
extern const char *const gv_whole_whys[GV_WHOLE_UNAPPLIED + 1];

struct gv_whole_reason {
	const char *env, *stack;
	enum gv_whole_why why;
	uint64_t n; /* UNFINISHED: resources */
};

struct gv_whole {
	const char **envs; /* all that have a state, sorted */
	size_t n_envs, cap_envs;
	struct gv_whole_reason *reasons; /* by environment, stack, why */
	size_t n, cap;
	struct gv_arena arena;
};

#define GV_WHOLE_INIT                                                          \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Add a state, and a reason of one; twice counts once. 0 or GV_ENOMEM. */
int gv_whole_add_env(struct gv_whole *whole, const char *env);
int gv_whole_add(struct gv_whole *whole, const struct gv_whole_reason *reason);

/* Append what Vault-Unsettled says of a state, "ENV/STACK locked"; and add what
 * one says: 0, also of a word that a later version knows; GV_ENOMEM. */
void
gv_whole_format(struct gv_buf *out, const char *name, enum gv_whole_why why);
int gv_whole_parse(struct gv_whole *whole, const char *text);

/* Put all in order, once they are there. */
void gv_whole_sort(struct gv_whole *whole);

/* Whether nothing speaks against an environment. */
bool gv_whole_has(const struct gv_whole *whole, const char *env);

/* Append why an environment is not whole: "state web: locked, 2 resources
 * tainted or deposed". */
void gv_whole_add_reasons(
    struct gv_buf *out, const struct gv_whole *whole, const char *env);

/* Find out all of a snapshot; of a state that began later nothing is said. 0;
 * GV_ECORRUPT, GV_ENOTFOUND; GV_ENOMEM. To be released in any case. */
int gv_whole_load(
    struct gv_whole *out, struct gv_repo *repo, const struct gv_record *rec);

/* The same of the newest states of an environment, as they are now: resources
 * that are tainted or deposed speak against it, nothing else. */
int gv_whole_load_newest(
    struct gv_whole *out, struct gv_repo *repo, const char *env);

/* Free; zeroed ok. */
void gv_whole_release(struct gv_whole *whole);

#endif
