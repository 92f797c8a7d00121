#ifndef GV_DRILL_INTERNAL_H
#define GV_DRILL_INTERNAL_H
/*
 * What the parts of a drill share.
 *
 *	drill_run.c		the stages in order, their times
 *	drill_ask.c		commands of git and of git-vault, and their
 *answers drill_clone.c		what has to be there, the fresh clone
 *	drill_restore.c		the restore, and what it is held against
 *	drill_hold.c		objects, references, states
 *	drill_sentinel.c	a file that is saved, lost and restored
 *	drill_validate.c	the tools' checks in a sandbox
 *	drill_tell.c		what of a tool's output can be told
 *	drill_fault.c		breaks the clone on purpose
 *	drill_cause.c		what went wrong first, and what to do
 */

#include "base/buf.h"
#include "drill/drill.h"
#include "format/unjson.h"

struct gv_drill_run {
	struct gv_drill *drill;
	struct gv_repo *repo;
	const struct gv_drill_opts *opts;
	const char *top;   /* where the remote's address counts from */
	const char *clone; /* the folder of the clone; NULL: not yet there */
	const char *home;
	const char *address; /* of the remote; may hold a password */
	const char *identity;
	const char **env; /* of the commands */
	int64_t until;    /* ms of gv_clock_tick(), when the budget is over */
	bool has_key;
};

/* What a command of git-vault answered. */
struct gv_drill_answer {
	int status;
	struct gv_buf text, err; /* the document, messages */
	struct gv_unjson *doc;   /* NULL: it printed none */
	const char *code;        /* of a failure; "" */
	const char *message;     /* the same */
};

/* Run `git-vault --json ARGS…` in the clone (in no folder of its own before
 * there is one). 0 with *out to be released by the caller, also where it
 * failed: out->status says; GV_ECANCELED; GV_ERROR where the budget is over. */
int gv_drill_ask(struct gv_drill_answer *out, struct gv_drill_run *run,
    const char *const *args);
void gv_drill_answer_release(struct gv_drill_answer *answer);

/* The number at a key of the answer; 0 if the key is missing. */
uint64_t
gv_drill_answer_count(const struct gv_drill_answer *answer, const char *key);

/* Run git in the clone: its exit status, and what it printed in *out (may be
 * NULL). Negative as gv_drill_ask(). */
int gv_drill_git(
    struct gv_buf *out, struct gv_drill_run *run, const char *const *args);

/* The same, with these bytes as its input. */
int gv_drill_git_feed(struct gv_drill_run *run, const char *const *args,
    const void *in, size_t len);

/* Text that lives as long as the drill; NULL without memory. */
const char *gv_drill_text(struct gv_drill *drill, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A stage: 0 with the step's result and detail set, the cause too where it
 * failed; or why the drill cannot go on at all. */
int gv_drill_prepare(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_clone(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_restore(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_compare(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_objects(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_references(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_sentinel(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_states(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_validate(struct gv_drill_run *run, struct gv_drill_step *step);
int gv_drill_repeat(struct gv_drill_run *run, struct gv_drill_step *step);

/* Whether a line that a tool printed in the clone can be told: drill_tell.c. 0
 * or a failure. */
int gv_drill_may_tell(
    bool *out, struct gv_drill_run *run, const char *line, size_t len);

/* Break the clone as the options say. 0; GV_ERROR. */
int gv_drill_break(struct gv_drill_run *run);

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

/* The same of what a command answered. */
int gv_drill_fail_by(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_drill_answer *answer);

#endif
