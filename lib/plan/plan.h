#ifndef GV_PLAN_H
#define GV_PLAN_H
/*
 * A recovery plan: steps that need each other, as .gitvault/plans/NAME.yaml
 * describes them (git-vault-plan(5)). This folder reads plans, judges them and
 * decides what comes next; it runs nothing and knows no file and no clock.
 *
 *	r = gv_plan_read(&plan, "lost-prod", text, len);
 *	if (plan.n_faults == 0)
 *		… plan.steps[i].id, plan.steps[i].needs[…] …
 *	gv_plan_release(&plan);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define GV_PLAN_STEPS_MAX  10000
#define GV_PLAN_FAULTS_MAX 100
#define GV_PLAN_SIZE_MAX   ((size_t)1024 * 1024) /* bytes of a plan file */
#define GV_PLAN_JOBS_MAX   15 /* a thread each, and one that decides */
#define GV_PLAN_NONE       UINT32_MAX

enum gv_plan_kind {
	GV_PLAN_RUN,     /* a command */
	GV_PLAN_RESTORE, /* files of a snapshot into the working tree */
	GV_PLAN_SECRETS, /* the secrets of the environment open */
	GV_PLAN_STATE,   /* a version of a state as a file, ready to push */
	GV_PLAN_CHECK,   /* something holds */
	GV_PLAN_WAIT,    /* the same, asked again until it does */
	GV_PLAN_APPROVE, /* people agree */
	GV_PLAN_SWITCH,  /* a value in a file moves to another */
	GV_PLAN_KINDS
};

/* "run" …, by number; NULL behind the last. */
extern const char *const gv_plan_kinds[GV_PLAN_KINDS + 1];

/* What happens when a step has failed for good. */
enum gv_plan_failure {
	GV_PLAN_STOP,     /* no other step begins */
	GV_PLAN_CONTINUE, /* steps that do not need it go on */
	GV_PLAN_ROLLBACK, /* what was done is taken back, the last first */
};

/* A program and its arguments, or a text for sh -c. Neither: nothing. */
struct gv_plan_command {
	const char *const *argv; /* NULL-terminated; NULL: `shell` */
	const char *shell;
};

/* All tries count: attempts 3 is one try and two more. */
struct gv_plan_retry {
	unsigned attempts; /* at least 1 */
	int64_t delay;     /* seconds before the second try */
	int64_t max_delay; /* seconds; the longest delay */
	unsigned backoff;  /* by which each further delay is multiplied */
};

enum gv_plan_probe_kind {
	GV_PLAN_PROBE_NONE,
	GV_PLAN_PROBE_COMMAND,    /* exits with 0 */
	GV_PLAN_PROBE_FILE,       /* exists */
	GV_PLAN_PROBE_KEY,        /* of a file, has a value */
	GV_PLAN_PROBE_HTTP,       /* answers with a status, a text, in time */
	GV_PLAN_PROBE_TCP,        /* HOST:PORT takes a connection */
	GV_PLAN_PROBE_TLS,        /* the same, with a valid certificate */
	GV_PLAN_PROBE_PROMETHEUS, /* a query gives a value */
	GV_PLAN_PROBE_GOOD,       /* the policy's checks of an environment */
	GV_PLAN_PROBE_VARIABLE,   /* of the environment, is set */
	GV_PLAN_PROBE_KINDS
};

/* "command" …, by number ("" for none); NULL behind the last. They are the keys
 * that a check, wait or precondition is written with. */
extern const char *const gv_plan_probes[GV_PLAN_PROBE_KINDS + 1];

/* Something that holds or does not. */
struct gv_plan_probe {
	enum gv_plan_probe_kind kind;
	uint32_t line;
	struct gv_plan_command command;
	const char *subject; /* path, address, HOST:PORT, name, url */
	const char *key;     /* in the file; the query */
	const char *expect;  /* value, text of the answer; NULL: any */
	int status;          /* of HTTP; 0: 200 to 299 */
	int64_t within;      /* seconds until the answer; 0: 10 */
	const char *ca;      /* a file of certificates to trust; or NULL */
	int64_t days;        /* for which the certificate is valid; 0: any */
};

/* What a step gives to those that need it. */
struct gv_plan_output {
	const char *name;
	const char *file;   /* its source; NULL: what the command printed */
	const char *select; /* a path in it as JSON; NULL: all of it */
	uint32_t line;
};

struct gv_plan_step {
	const char *id;
	const char *name; /* a title; or NULL */
	enum gv_plan_kind kind;
	uint32_t line;
	bool is_final;    /* of `finally`: it runs whatever happened */
	bool is_left_out; /* of drills */
	bool is_once;     /* an interrupted try is not repeated by itself */

	const uint32_t *needs; /* steps by number */
	size_t n_needs;
	const char *when; /* a condition; NULL: always */
	const struct gv_plan_probe *preconditions;
	size_t n_preconditions;

	struct gv_plan_command command;
	const char *const *env; /* NAME=VALUE, NULL-terminated; or NULL */
	const char *dir;        /* to run in; NULL: the top */
	const char *snapshot;   /* of restore, secrets; NULL: good:ENV */
	const char *const *paths;
	const char *into; /* a folder or file to write; NULL: in place */
	const char *as;   /* of restore: whose files they become; or NULL */
	bool replaces;    /* with `as`: files that are there, too */
	bool crosses;     /* … and secrets that more people can read there */
	const char *stack, *version;  /* of state */
	struct gv_plan_probe probe;   /* of check and wait */
	const char *const *approvers; /* names in the keyring; or NULL */
	unsigned approvals;           /* how many of them */
	int64_t lasts;                /* seconds that one counts */
	const char *file, *key, *to;  /* of switch */
	const struct gv_plan_probe *before, *after; /* of switch; or NULL */
	/* holds once the side that it came from can have the traffic again */
	const struct gv_plan_probe *caught_up;

	int64_t timeout;  /* seconds of one try; 0: none */
	int64_t deadline; /* seconds of all tries with their delays; 0: none */
	int64_t expected; /* seconds; 0: not known */
	struct gv_plan_retry retry;
	enum gv_plan_failure on_failure;
	struct gv_plan_command rollback;
	const char *rollback_in; /* the folder it runs in; NULL: the top */
	bool has_rollback;
	const struct gv_plan_output *outputs;
	size_t n_outputs;
};

/* A value that a run is given. */
struct gv_plan_input {
	const char *name;
	const char *value; /* without one given; NULL: none */
	bool is_required;
	uint32_t line;
	/* the same by environment: pairs of name and value, NULL-terminated */
	const char *const *by_environment;
};

/* What is wrong with a plan, and where. */
struct gv_plan_fault {
	uint32_t line, column;
	const char *what;
};

struct gv_plan {
	const char *name;
	const char *title;       /* or NULL */
	const char *deprecated;  /* why it is not to be used; or NULL */
	const char *environment; /* or NULL */
	int64_t rto, rpo;        /* seconds; 0: none */
	int64_t every; /* seconds within which a drill has to pass; 0: 90 days
			*/
	unsigned jobs; /* steps beside each other; at least 1 */
	const char *const *env; /* as of a step */
	struct gv_plan_input *inputs;
	size_t n_inputs, cap_inputs;
	struct gv_plan_step *steps; /* `steps`, then `finally` */
	size_t n, cap;
	struct gv_plan_fault *faults; /* in the order of the text */
	size_t n_faults, cap_faults;
	bool has_more_faults;
	struct gv_arena arena;
};

/* Read a plan; the bytes need not stay. 0, also where plan->faults says what is
 * wrong with it, and then it must not be run; GV_ENOMEM. The caller releases
 * *out in any case. */
int gv_plan_read(
    struct gv_plan *out, const char *name, const char *text, size_t len);

/* A plan that cannot be read, for this reason: it has no step and one fault. 0;
 * GV_ENOMEM. As gv_plan_read(). */
int gv_plan_unread(struct gv_plan *out, const char *name, const char *why);

/* Add a fault that is not in the text itself but in what it names. 0;
 * GV_ENOMEM. */
int gv_plan_add_fault(struct gv_plan *plan, uint32_t line, const char *what);

/* Zeroed ok. */
void gv_plan_release(struct gv_plan *plan);

/* The number of the step with this id, or GV_PLAN_NONE. */
uint32_t gv_plan_find(const struct gv_plan *plan, const char *id);

/* Whether a step that passed can be taken back: by its own command, or because
 * git-vault knows how. */
bool gv_plan_goes_back(const struct gv_plan_step *step);

/* Whether a text can be the name of a plan, a step, an input or an output:
 * letters, digits, '-' and '_', at most 64. */
bool gv_plan_is_name(const char *text);

/* The same of an environment, which may have '.' in it, though not in front. */
bool gv_plan_is_environment(const char *text);

/* The environments that a run of the plan is about: whoever guards one asks for
 * all of these. */
struct gv_plan_envs {
	char **names;
	size_t n, cap;
};

/* Find them: `given` for the run (or NULL), that of the plan, and those of the
 * records that its restores put into the tree. 0; GV_ENOMEM. To be released in
 * any case. */
int gv_plan_envs(
    struct gv_plan_envs *out, const struct gv_plan *plan, const char *given);

/* Zeroed ok. */
void gv_plan_envs_release(struct gv_plan_envs *envs);

#endif
