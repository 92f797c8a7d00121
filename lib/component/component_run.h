#ifndef GV_COMPONENT_RUN_H
#define GV_COMPONENT_RUN_H
/*
 * Dumps a component and stores it. A dump counts only if its program ended with
 * 0, it is complete by its own form (component_proof.h), and the team's check,
 * if there is one, passed on what was stored. Otherwise nothing is stored.
 *
 *	r = gv_component_run(&ran, repo, safe, &opts);
 *	if (ran.why)
 *		...
 *	gv_component_ran_release(&ran);
 */

#include <stdbool.h>
#include <stdint.h>

#include "component/component_record.h"

struct gv_policy_component;
struct gv_policy_texts;
struct gv_repo;
struct gv_safe;

struct gv_component_run_opts {
	const struct gv_policy_component *component;
	const char *label, *point; /* NULL: none */
	const char *mode;          /* in place of the policy's; NULL */
	int64_t now;
};

struct gv_component_ran {
	struct gv_component_record record; /* where `why` is NULL */
	uint64_t size;                     /* of the dump */
	int64_t took_ms;
	char *why;    /* why it failed, and nothing was stored; NULL */
	char *broken; /* why the last dump was no base for all of it; NULL */
};

/* Dump it. 0, also where the component failed; GV_ECANCELED; GV_ENOMEM. To be
 * released in any case. */
int gv_component_run(struct gv_component_ran *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_component_run_opts *opts);

/* Run a program of a point; one that is needed also where the user wishes to
 * stop. 0; GV_ERROR with what it said; others. */
int gv_component_command(
    struct gv_repo *repo, const struct gv_policy_texts *argv, bool is_needed);

/* Feed a stored dump to the team's check. 0; GV_ERROR with what it said. */
struct gv_ref;
int gv_component_check(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_policy_component *component, const struct gv_ref *ref);

void gv_component_ran_release(struct gv_component_ran *ran);

#endif
