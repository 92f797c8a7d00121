#ifndef GV_DRILL_H
#define GV_DRILL_H
/*
 * A rehearsal of the recovery: a fresh clone of the remote, in a folder of its
 * own and with a home of its own, gets the snapshot back through the commands
 * that a real recovery uses; what comes back is then held against what was
 * saved. Nothing is written to the repository, its working tree or the remote.
 *
 *	r = gv_drill_run(&drill, repo, &opts);
 *	drill.result, drill.cause, drill.steps[…]
 *	gv_drill_release(&drill);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "drill/validator.h"

struct gv_buf;
struct gv_repo;

#define GV_DRILL_RTO ((int64_t)4 * 3600) /* targets by default, in seconds */
#define GV_DRILL_RPO ((int64_t)3600)

/* Clocks may differ by that much, in seconds. A drill that is later has the
 * time of a wrong clock, and would count for too long. */
#define GV_DRILL_SKEW 300

enum gv_drill_stage {
	GV_DRILL_PREPARE, /* a remote, a key of each scope, space */
	GV_DRILL_CLONE,   /* a fresh clone, with what the remote has */
	GV_DRILL_REFS,    /* the clone has what the repository has, unlocked */
	GV_DRILL_SAVE,    /* a file made before is saved and lost */
	GV_DRILL_RESTORE, /* the snapshot into its tree */
	GV_DRILL_COMPARE, /* every byte, mode and link with the manifest */
	GV_DRILL_OBJECTS, /* the snapshot, its secrets and states as stored */
	GV_DRILL_PLAINTEXT,  /* no secret is stored in clear */
	GV_DRILL_REFERENCES, /* what files name exists */
	GV_DRILL_STATES,     /* the newest version of each state opens */
	GV_DRILL_COMPONENTS, /* dumps of components can be restored */
	GV_DRILL_SENTINEL,   /* the file that was saved comes back */
	GV_DRILL_GOOD,       /* as the known-good record says */
	GV_DRILL_RULES,      /* of the policy */
	GV_DRILL_VALIDATE,   /* the tools' own checks, in a sandbox */
	GV_DRILL_REPEAT,     /* a second restore changes nothing */
	GV_DRILL_PLAN,       /* a recovery plan, in a fresh tree */
	GV_DRILL_CLEAN,      /* the clone and all in it is removed */
	GV_DRILL_STAGES
};

/* "prepare", "clone" … */
const char *gv_drill_stage_name(enum gv_drill_stage stage);

enum gv_drill_result {
	GV_DRILL_NOT_RUN,   /* it did not come to it */
	GV_DRILL_PASSED,    /* it is as it has to be */
	GV_DRILL_FAILED,    /* it is not */
	GV_DRILL_COULD_NOT, /* it could not be found out */
	GV_DRILL_NOTHING,   /* there was nothing to do */
};

/* "not run", "passed", "failed", "could not run", "nothing". */
const char *gv_drill_result_name(enum gv_drill_result result);

/* The same for programs: "not_run", "passed", "failed", "could_not_run",
 * "nothing"; and the name of such a code, or the code itself. */
const char *gv_drill_result_code(enum gv_drill_result result);
const char *gv_drill_result_of(const char *code);

struct gv_drill_step {
	enum gv_drill_result result;
	int64_t ms;
	const char *detail; /* a sentence, or "" */
};

struct gv_drill_validation {
	const char *validator; /* its name */
	const char *path;      /* what it looked at */
	enum gv_drill_result result;
	uint64_t ms;
	const char *detail; /* why it failed or could not run; or "" */
};

/* What went wrong first. */
struct gv_drill_cause {
	const char *code;    /* "never_pushed" …; NULL: nothing did */
	const char *message; /* a sentence */
	const char *next;    /* a command to paste; "" for none */
	enum gv_drill_stage stage;
	/* of "unknown": codes of what it could be, by likelihood, NULL behind
	 * the last; else NULL */
	const char *const *candidates;
};

/* What is another since the last drill that passed. */
struct gv_drill_change {
	const char *drill; /* its id; NULL: none has passed yet */
	int64_t time;
	const char *what; /* "the keyring" …; NULL: nothing that is known */
	const char *was, *is; /* its values */
};

/* How to break the clone, to see that a drill notices. */
enum gv_drill_fault {
	GV_DRILL_NO_FAULT,
	GV_DRILL_CORRUPT_OBJECT,
	GV_DRILL_MISSING_OBJECT,
	GV_DRILL_MISSING_KEY,
	GV_DRILL_LOST_REF,
	GV_DRILL_TRUNCATED_STATE,
	GV_DRILL_STALE_LOCK,
	GV_DRILL_HALF_SYNC,
	GV_DRILL_OLD_KEYRING,
	GV_DRILL_DISK_FULL,
	GV_DRILL_SLOW_REMOTE,
	GV_DRILL_CLOCK_SKEW,
	GV_DRILL_FAULTS
};

/* "corrupt-object" …, by number; NULL behind the last, and 0 is "none". */
extern const char *const gv_drill_faults[GV_DRILL_FAULTS + 1];

struct gv_drill_opts {
	const char *env;      /* of what; NULL: all that the snapshot holds */
	const char *snapshot; /* an expression; NULL: good:ENV, or latest */
	const char *plan;     /* one to run at the end; or NULL */
	/* of the plan, NAME=VALUE, NULL-terminated; or NULL */
	const char *const *inputs;
	const char *remote;   /* its name; NULL: the default one */
	const char *identity; /* a file; NULL: where it is by itself */
	const char *dir;      /* an empty folder to work in */
	const char *self;     /* the path of this program */
	int64_t now;
	int64_t budget;   /* seconds; 0: 600 for each environment */
	int64_t rto, rpo; /* targets in seconds; 0: 4 hours, 1 hour */
	enum gv_drill_fault fault;
	uint64_t seed;  /* chooses what is broken, and with is_random of what */
	bool is_random; /* any snapshot, or any one of `env` */
	bool no_validators;
	bool keep; /* the folder stays */
	/* a stage begins; NULL */
	void (*begin)(void *ctx, enum gv_drill_stage stage);
	void *ctx;
};

struct gv_drill {
	char id[40];
	enum gv_drill_result result;
	const char *env; /* or NULL */
	const char *snapshot;
	int64_t snapshot_time;
	const char *commit; /* of the snapshot */
	const char
	    *policy;      /* the blob of the policy of the clone; NULL: none */
	const char *plan; /* that was run at the end; or NULL */
	const char *plan_sum;   /* SHA-256 of its text; NULL: it did not run */
	const char **functions; /* of the business, that the environment has,
				   by the policy here */
	size_t n_functions;
	const char *remote;
	const char *keyring; /* the clone's fingerprint; or NULL */
	const char *host, *user;
	const char *version; /* of this program */
	int64_t started, ended;
	int64_t ms; /* all of it */
	struct gv_drill_step steps[GV_DRILL_STAGES];
	struct gv_drill_cause cause;
	struct gv_drill_change since;
	uint64_t files;     /* that the snapshot holds */
	uint64_t differing; /* that did not come back as they were */
	uint64_t secrets, unopened;
	uint64_t clear; /* places with a secret in clear */
	uint64_t states, states_damaged;
	uint64_t findings; /* of references, errors only */
	struct gv_drill_validation *validations;
	size_t n_validations, cap;
	int sandbox; /* its level; 0: none was needed */
	const char *sandbox_why;
	enum gv_drill_fault fault;
	uint64_t seed;
	bool is_random;
	int64_t rto, rpo; /* targets in seconds */
	struct gv_arena arena;
};

/* Run one. 0 whatever it found, with *out set; GV_ENOTFOUND where there is no
 * such snapshot or remote; GV_EREFUSED; GV_ECANCELED; GV_ERROR; GV_ENOMEM. The
 * folder is gone then, but with `keep`. The caller releases *out in any case,
 * and after a failure removes the folder. */
int gv_drill_run(struct gv_drill *out, struct gv_repo *repo,
    const struct gv_drill_opts *opts);

void gv_drill_release(struct gv_drill *drill);

/* Seconds that the data was old when the drill began. */
int64_t gv_drill_age(const struct gv_drill *drill);

/* What kind of test it is: "fault" where it breaks something on purpose,
 * "sample" of a snapshot that was chosen by chance, "partial" of one
 * environment, or "full". */
const char *gv_drill_kind(const struct gv_drill *drill);

/* How many checks of tools and rules had a result. */
uint64_t
gv_drill_checks(const struct gv_drill *drill, enum gv_drill_result result);

/* Say in drill->since what is another since one that passed, whose report this
 * is; of no bytes where it is elsewhere; it is changed. 0 or GV_ENOMEM. */
struct gv_drill_logged;
int gv_drill_since(struct gv_drill *drill, const struct gv_drill_logged *passed,
    struct gv_buf *report);

/* How long a recovery may take, and how old its data may be, by the policy: of
 * an environment, or of all (`env` NULL) the strictest. In seconds. 0; as
 * gv_team_load(). */
int gv_drill_targets(
    int64_t *rto, int64_t *rpo, struct gv_repo *repo, const char *env);

/* Append the path of a new folder for one, which only this user can read. It is
 * below .git, so on a disk that has room for a working tree. Folders of drills
 * that were killed, which hold secrets in clear, are removed first. 0;
 * GV_ERROR; GV_ENOMEM. */
int gv_drill_make_dir(struct gv_buf *out, const struct gv_repo *repo);

#endif
