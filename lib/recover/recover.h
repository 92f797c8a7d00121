#ifndef GV_RECOVER_H
#define GV_RECOVER_H
/*
 * Runs of recovery plans (plan/plan.h). A run has a folder of its own in the
 * clone, .git/vault/plans/ID/, with the plan as it was when it began, and the
 * journal. It goes on from the journal after a kill, a reboot or an approval,
 * and no step that ended is repeated.
 *
 *	r = gv_recover_begin(&run, repo, &opts);	or gv_recover_open()
 *	r = gv_recover_go(run, &how);
 *	gv_recover_close(run);
 *
 * Lines of commands go to the caller, and are stored nowhere: they may hold
 * secrets. Their outputs are held against the scanner before they are stored.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "plan/plan.h"
#include "plan/plan_progress.h"

struct gv_oid;
struct gv_repo;

struct gv_recover;

/* The value that a step of approvals leaves: names, ", " between two. */
#define GV_RECOVER_APPROVED "approved_by"

struct gv_recover_begin_opts {
	const char *name; /* of the plan */
	const char *text; /* its bytes: it has no faults */
	size_t len;
	const char *environment;   /* NULL: the plan's own */
	const char *const *inputs; /* NAME=VALUE, NULL-terminated; or NULL */
	int64_t now;
	bool is_rehearsal; /* it will go on as one: gv_recover_how */
	bool is_trial;     /* for gv_recover_test() alone: nothing is written */
};

/* Begin a run: its folder and the first record are on disk then. 0; GV_EUSAGE
 * for an input that the plan does not have, or lacks, or that likely is a
 * secret; GV_EREFUSED where the plan has faults; GV_ELOCKED where a run of the
 * plan for the same environment is at work in this working tree; GV_ERROR;
 * GV_ENOMEM. */
int gv_recover_begin(struct gv_recover **out, struct gv_repo *repo,
    const struct gv_recover_begin_opts *opts);

/* Open a run by its id or a unique part of it; NULL: the newest. With `lock` it
 * is ours to go on with. 0; GV_ENOTFOUND; GV_ELOCKED where another process is
 * at work on it; GV_EREFUSED where several could be meant; GV_ECORRUPT where
 * the journal is damaged; GV_ERROR; GV_ENOMEM. */
int gv_recover_open(
    struct gv_recover **out, struct gv_repo *repo, const char *id, bool lock);

void gv_recover_close(struct gv_recover *run);

/* Forget a run that has done nothing yet: its folder goes. It stays open. */
void gv_recover_drop(struct gv_recover *run);

/* Whether another process is at work on it now. (recover_owner.c) */
bool gv_recover_is_at_work(const struct gv_recover *run);

/* Ask the process that is at work on a run to end, and wait for that. `id` as
 * of gv_recover_open(). 1; 0 where none is; GV_ERROR with what to do where it
 * cannot be asked or goes on; as gv_recover_open(). (recover_owner.c) */
int gv_recover_stop(struct gv_repo *repo, const char *id);

/* Remove the folder in which the sandbox of a killed rehearsal was. 0;
 * GV_ERROR; GV_ENOMEM. (recover_box.c) */
int gv_recover_box_sweep(struct gv_recover *run);

/* Append the ids of all runs of this clone, the newest first, an LF behind
 * each. 0; GV_ERROR; GV_ENOMEM. */
int gv_recover_list(struct gv_buf *out, const struct gv_repo *repo);

const char *gv_recover_id(const struct gv_recover *run);
/* Whether it ran in a sandbox, and so cannot be resumed. */
bool gv_recover_is_rehearsal(const struct gv_recover *run);
/* Its folder. */
const char *gv_recover_dir(const struct gv_recover *run);
const struct gv_plan *gv_recover_plan(const struct gv_recover *run);
const struct gv_plan_progress *
gv_recover_progress(const struct gv_recover *run);
const char *gv_recover_environment(const struct gv_recover *run);
/* What an approval is of that a known-good record of an environment, by its
 * tag, is recovered as another; `how` has the options that matter. 0 or
 * GV_ENOMEM. (recover_approve.c) */
int gv_recover_as_subject(struct gv_oid *out, const struct gv_oid *record,
    const char *from, const char *to, const char *how);
/* What an approval of a step is of: the plan's content, the run of that id, the
 * step, and the values of all inputs, as `run` has them. That may be a trial:
 * who approves is in another clone than the run. 0 or GV_ENOMEM. */
int gv_recover_subject(struct gv_oid *out, const struct gv_recover *run,
    const char *id, const char *step);
/* The digest of a plan's content, of GV_RECOVER_DIGEST characters and a NUL. */
#define GV_RECOVER_DIGEST 64
void gv_recover_digest(
    char out[GV_RECOVER_DIGEST + 1], const char *text, size_t len);

/* How many approvals a step wants, of whom, and how long one counts. Borrows
 * from the step. */
struct gv_policy_approval;
void gv_recover_rule(
    struct gv_policy_approval *out, const struct gv_plan_step *step);

/* Add a record: that it is resumed, ended, or what became of a step. 0;
 * GV_ERROR; GV_ENOMEM. */
int
gv_recover_note(struct gv_recover *run, const struct gv_plan_record *record);

/* ---- going on ---- */

/* What happens, as it happens. Calls do not overlap. */
struct gv_recover_news {
	const struct gv_plan_record *record; /* NULL: a line of a command */
	const struct gv_plan_step *step;     /* NULL: of the run */
	const char *line;                    /* that it printed */
	size_t len;
};

struct gv_recover_how {
	const char *self; /* the path of this program */
	unsigned jobs;    /* 0: the plan's */
	/* commands run in a sandbox, on a copy of the tree; steps that need
	 * people or a network are left out */
	bool is_rehearsal;
	void (*told)(void *ctx, const struct gv_recover_news *news);
	void *ctx;
};

/* Why a run does not go on by itself. */
struct gv_recover_pause {
	const struct gv_plan_step *step; /* NULL: it does not pause */
	bool is_unsure;  /* its try was interrupted, and is not to be repeated
			    unseen; else approvals are missing */
	const char *why; /* a sentence */
};

/* Go on until nothing is left to do, or the run pauses. 0, with the result in
 * the progress or *pause set; GV_ECANCELED where a signal stopped it; GV_ERROR
 * where the journal cannot be written; GV_ENOMEM. */
int gv_recover_go(struct gv_recover_pause *pause, struct gv_recover *run,
    const struct gv_recover_how *how);

/* What the killed process of this run has started and is still at work, of
 * tries that it began: wait for its end as long as the step may take, then end
 * it; at once where the run is aborted, or a signal stops us. gv_recover_go()
 * begins with it. 0; GV_ECANCELED; GV_ERROR where it cannot be ended;
 * GV_ENOMEM. (recover_program.c) */
int gv_recover_settle(struct gv_recover *run, const struct gv_recover_how *how);

/* What a plan names and is not there: its environment, states that are not
 * saved, approvers whom the keyring does not have, files and directories that
 * no step of it restores; and of this host, programs. missing() gets a sentence
 * for each, with the line. `env` as given for a run, or NULL. 0; what missing()
 * returned; GV_ERROR; GV_ENOMEM. (recover_missing.c) */
typedef int gv_recover_missing_fn(
    void *ctx, uint32_t line, bool is_of_host, const char *what);
int gv_recover_missing(struct gv_repo *repo, const struct gv_plan *plan,
    const char *env, gv_recover_missing_fn *missing, void *ctx);

/* Whether the side that a switch of the run came from is behind. */
struct gv_recover_behind {
	bool is_behind;
	bool is_unknown;    /* of a switch nothing can be said */
	struct gv_buf side; /* the value of the pointer that it would get back,
			       or the step of a command */
	struct gv_buf why;  /* the end of a sentence */
};

/* Look at each switch that passed, before the run is taken back: its own check
 * `caught_up` holds, or the environments that the values of its pointer name
 * are compared (plan/plan_behind.h). 0; as gv_recover_test(). To be released in
 * any case. (recover_behind.c) */
int gv_recover_behind(struct gv_recover_behind *out, struct gv_recover *run,
    const struct gv_recover_how *how);
void gv_recover_behind_release(struct gv_recover_behind *b);

/* Ask every precondition and check of a plan once, and change nothing: told()
 * gets a GV_PLAN_END for each step that has any. *failed is how many do not
 * hold. As above. */
int gv_recover_test(
    size_t *failed, struct gv_recover *run, const struct gv_recover_how *how);

#endif
