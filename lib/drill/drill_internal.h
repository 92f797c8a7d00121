#ifndef GV_DRILL_INTERNAL_H
#define GV_DRILL_INTERNAL_H
/*
 * What the parts of a drill share.
 *
 *	drill_run.c		the stages in order, their times
 *	drill_ask.c		commands of git and git-vault, and answers
 *	drill_clone.c		what has to be there, the fresh clone
 *	drill_choose.c		which snapshot it is about
 *	drill_since.c		what is another since the last one that passed
 *	drill_refs.c		what the remote lacks, and who locks it
 *	drill_restore.c		the restore, and what it is held against
 *	drill_hold.c		objects, references, states
 *	drill_component.c	dumps of databases, in scratch servers
 *	drill_good.c		what the known-good record says
 *	drill_checks.c		the commands by which it was verified
 *	drill_scope.c		whether a key here opens each scope
 *	drill_sentinel.c	a file that is saved, lost and restored
 *	drill_plaintext.c	secrets that are stored in clear
 *	drill_policy.c		the rules of the policy; drill_rule.c for a file
 *	drill_tree.c		the files that came back
 *	drill_validate.c	the tools' checks in a sandbox
 *	drill_plan.c		a recovery plan, run in the clone
 *	drill_tell.c		what of a tool's output can be told
 *	drill_fault.c		breaks the clone on purpose: objects
 *	drill_damage.c		the same: states, locks, refs
 *	drill_strain.c		the same: a full disk, a slow remote, the clock
 *	drill_cause.c		what went wrong first, and what to do
 */

#include "base/buf.h"
#include "drill/drill.h"
#include "format/answer.h"

#define GV_DRILL_BUDGET 600 /* seconds, by default */

struct gv_drill_run {
	struct gv_drill *drill;
	struct gv_repo *repo;
	const struct gv_drill_opts *opts;
	const char *top;   /* where the remote's address counts from */
	const char *clone; /* the folder of the clone; NULL: not yet there */
	const char *home;
	const char *address;     /* of the remote; may hold a password */
	const char *upload_pack; /* runs it at the remote; NULL: git's own */
	const char *identity;
	const char **env; /* of the commands */
	int64_t until;    /* ms of gv_clock_tick(), when the budget is over */
	int64_t now;      /* of the clone's clock, when the drill began */
	int64_t begin;    /* the same moment by gv_clock_tick(), in ms */
	int blocks;       /* that files of the clone may have; -1: any */
	int clone_ms;     /* that the clone may take; 0: what is left */
	uint64_t secrets; /* that the snapshot holds */
	uint64_t bytes;   /* of its files */
	/* the newest one, which is of a time to come, so that another one was
	 * chosen; or NULL */
	const char *passed_over;
	const char *sentinel;    /* the path of that file in the clone */
	const char *sentinel_id; /* the snapshot of it; NULL: none */
	const char *key_detail;  /* what its key opens; NULL: nothing to open */
	bool has_key;
	bool is_over; /* the budget was not enough */
};

/* Run `git-vault --json ARGS…` in the clone (in no folder of its own before
 * there is one). 0 with *out to be released by the caller, also where it
 * failed: out->status says; GV_ECANCELED; GV_ERROR where the budget is over. */
int gv_drill_ask(
    struct gv_answer *out, struct gv_drill_run *run, const char *const *args);

/* The number at a key of the answer; 0 if the key is missing. */
uint64_t gv_drill_answer_count(const struct gv_answer *answer, const char *key);

/* How many secrets of other environments the answer lists in an array, as no
 * key here opens them: whoever recovers one environment need not read the
 * others. *is_own: one of the drill's own is among them; without an environment
 * each is. */
uint64_t gv_drill_answer_sealed(bool *is_own, const struct gv_drill_run *run,
    const struct gv_answer *answer, const char *key);

/* Run git in the clone: its exit status, and what it printed in *out (may be
 * NULL). Negative as gv_drill_ask(). */
int gv_drill_git(
    struct gv_buf *out, struct gv_drill_run *run, const char *const *args);

/* The same, with these bytes as its input. */
int gv_drill_git_feed(struct gv_buf *out, struct gv_drill_run *run,
    const char *const *args, const void *in, size_t len);

/* What git gets as the address of the remote: never an address that may hold a
 * password. */
const char *gv_drill_address(const struct gv_drill_run *run);

/* Find the functions of the business that the environment serves (of all where
 * there is none). 0; as gv_team_load(). (drill_target.c) */
int gv_drill_functions(struct gv_drill *drill, struct gv_repo *repo);

/* Text that lives as long as the drill; NULL without memory. */
const char *gv_drill_text(struct gv_drill *drill, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A stage: 0 with the step's result and detail set, the cause too where it
 * failed; or why the drill cannot go on at all. */
int gv_drill_prepare(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_clone(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_refs(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_save(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_restore(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_compare(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_objects(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_plaintext(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_references(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_sentinel(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_states(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_components(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_good(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_rules(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_validate(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_repeat(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_plan(struct gv_drill_run *run, struct gv_drill_step *step);

/* Make the file that is to come back, in the drill's folder. 0 or a failure. */
int gv_drill_sentinel_make(struct gv_drill_run *run);

/* Choose where it is in the clone: beside a file of the environment, so that a
 * key of this one alone reads it. 0 or a failure. */
int gv_drill_sentinel_name(struct gv_drill_run *run);

/* Fail the step if no key here opens the first secret of a scope that the drill
 * needs; else set run->key_detail. 0 or a failure. */
int gv_drill_open_scopes(struct gv_drill_run *run, struct gv_drill_step *step);

/* Fail the step if a state is locked by somebody who is gone: on the remote, or
 * in the clone alone. 0 or a failure. */
int gv_drill_locks(
    struct gv_drill_run *run, struct gv_drill_step *step, bool on_remote);

/* The files of the clone as they are on disk, but for what git alone knows. */
struct gv_drill_tree {
	struct gv_buf text; /* what the paths point into */
	const char **paths;
	size_t n, cap;
};

/* 0; GV_ERROR; GV_ENOMEM. The caller releases it in any case. */
int gv_drill_list(struct gv_drill_tree *tree, struct gv_drill_run *run);
void gv_drill_tree_release(struct gv_drill_tree *tree);

/* Whether the drill is about the known-good record of an environment. */
bool gv_drill_is_of_record(const struct gv_drill_run *run);

/* Add the commands of the policy by which the known-good record was verified:
 * what it says was checked is demanded of what came back. One that the policy
 * does not have any more is noted as not run. 0 or a failure. */
struct gv_policy;
struct gv_validator_calls;
int gv_drill_good_checks(struct gv_drill_run *run,
    struct gv_validator_calls *calls, const struct gv_policy *policy);

/* Add what a check found; GV_ENOMEM, also where a text of it is NULL. */
int gv_drill_note(
    struct gv_drill *drill, const struct gv_drill_validation *validation);

/* Whether a line that a tool printed in the clone can be told: drill_tell.c. 0
 * or a failure. */
int gv_drill_may_tell(
    bool *out, struct gv_drill_run *run, const char *line, size_t len);

/* Run git in the repository that is drilled, which it may only read. As
 * gv_drill_git(). */
int gv_drill_git_at_home(
    struct gv_buf *out, struct gv_drill_run *run, const char *const *args);

/* Choose the snapshot. 0; as gv_record_resolve(). */
int gv_drill_choose(struct gv_drill_run *run);

/* Break the clone as the options say. 0; GV_EREFUSED if it has nothing of the
 * kind; GV_ERROR. */
int gv_drill_break(struct gv_drill_run *run);

/* The faults that need no object to be broken: drill_damage.c. As
 * gv_drill_break(). */
int gv_drill_damage(struct gv_drill_run *run);

/* Make what surrounds the clone as the fault says, before there is one:
 * drill_strain.c. 0 or GV_ERROR. */
int gv_drill_strain(struct gv_drill_run *run);

/* A git command failed while the clone was broken: GV_ERROR. Else r. */
int gv_drill_must(
    struct gv_drill_run *run, const char *const *args, struct gv_buf *out);

/* The line of that number, modulo how many there are; *len bytes. NULL where
 * there is none. */
const char *
gv_drill_line(size_t *len, const struct gv_buf *lines, uint64_t number);

/* ---- drill_cause.c ---- */

/* What a stage saw, as far as it says what the cause is. */
struct gv_drill_symptom {
	enum gv_drill_stage stage;
	int status;          /* of the command: its exit status */
	const char *code;    /* of its error; or "" */
	const char *message; /* the same */
	bool has_key;        /* there is an identity file */
	bool is_listed;      /* the remote has the snapshot's ref */
};

/* The code of the cause, "unknown" where the symptom does not prove one. */
const char *gv_drill_cause_code(const struct gv_drill_symptom *symptom);

/* Mark the step as failed, and record its cause unless an earlier one stands.
 */
int gv_drill_fail(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_drill_symptom *symptom, const char *detail);

/* The same where nothing is known but the stage and a sentence. */
int gv_drill_fail_at(
    struct gv_drill_run *run, struct gv_drill_step *step, const char *detail);

/* The same where the stage itself proves the cause, which has this code; `next`
 * may be NULL: the one of the table. */
int gv_drill_fail_as(struct gv_drill_run *run, struct gv_drill_step *step,
    const char *code, const char *detail, const char *next);

/* The same of what a command answered. */
int gv_drill_fail_by(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_answer *answer);

#endif
