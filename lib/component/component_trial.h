#ifndef GV_COMPONENT_TRIAL_H
#define GV_COMPONENT_TRIAL_H
/*
 * Proves that a stored dump can be restored: its own programs restore it into a
 * scratch server, file or directory in a sandbox, where what came back is
 * dumped or counted again. The sandbox is in memory, without a network, so that
 * the dump in clear reaches no disk and no real server.
 *
 *	r = gv_component_trial(&trial, repo, safe, &opts);
 *	if (trial.result == GV_COMPONENT_UNPROVEN)
 *		... trial.detail says why
 *	gv_component_trial_release(&trial);
 */

#include <stdint.h>

struct gv_component_stored;
struct gv_policy_component;
struct gv_ref;
struct gv_repo;
struct gv_safe;

enum gv_component_proven {
	GV_COMPONENT_UNPROVEN, /* this host could not find out */
	GV_COMPONENT_EQUAL,    /* dumped again, it is what was stored */
	GV_COMPONENT_SERVED,  /* a server has it, as far as it can be counted */
	GV_COMPONENT_CHECKED, /* only the team's own check passed */
	GV_COMPONENT_FAILED
};

/* "could_not_run", "equal", "served", "checked", "failed". */
extern const char *const gv_component_proofs[];

struct gv_component_trial_opts {
	const struct gv_component_stored *stored;
	const struct gv_ref *ref;
	/* of the policy in force; NULL: it has none of that name */
	const struct gv_policy_component *component;
	const char *self; /* the path of this program, see sandbox.h */
};

struct gv_component_trial {
	enum gv_component_proven result;
	char *detail; /* a sentence */
	uint64_t size;
	int64_t ms;
};

/* Try one. 0 whatever came out, also where the dump is damaged or no key here
 * opens it; GV_ECANCELED; GV_ENOMEM. To be released in any case. */
int gv_component_trial(struct gv_component_trial *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_component_trial_opts *opts);

/* Zeroed ok. */
void gv_component_trial_release(struct gv_component_trial *trial);

/* The script of a type that restores the file "dump" and proves it, for sh;
 * NULL for a type without one. Its first argument is 1 where a second dump must
 * be equal, its second what the program that dumps reads. It ends with 0 and
 * "equal: ..." or "served: ..." on standard output; with 126 where something is
 * missing on this host; else with why on standard error. */
const char *gv_component_trial_script(const char *engine);

#endif
