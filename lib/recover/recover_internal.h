#ifndef GV_RECOVER_INTERNAL_H
#define GV_RECOVER_INTERNAL_H
/*
 * What the parts of a run share.
 *
 *	recover.c		runs as folders: begin, open, list
 *	recover_owner.c		the process that is at work on a run
 *	recover_journal.c	the journal as a file
 *	recover_go.c		the loop: decisions, jobs beside each other
 *	recover_job.c		a step with its values, and which try it is
 *	recover_program.c	programs, and those that a killed run left
 *	recover_box.c		a rehearsal's sandbox
 *	recover_command.c	commands, their lines, their outputs
 *	recover_ask.c		commands of git-vault, and their answers
 *	recover_vault.c		restore, secrets, state
 *	recover_back.c		files that a restore wrote, taken back
 *	recover_again.c		a restore whose earlier try was killed
 *	recover_tree.c		a directory that a restore wrote
 *	recover_probe.c		whether something holds
 *	recover_switch.c	a value in a file, there and back
 *	recover_approve.c	whether enough people agree
 */

#include <pthread.h>

#include "base/buf.h"
#include "format/answer.h"
#include "policy/disclosure.h"
#include "record/undo.h"
#include "recover/recover.h"

struct gv_recover {
	struct gv_repo *repo;
	char *id, *dir;
	int lock; /* -1: not ours */
	struct gv_buf text;
	struct gv_plan plan;
	struct gv_plan_progress progress;
	struct gv_arena arena;
	const char *environment; /* or NULL */
	char *remote;            /* that is asked by default; or NULL */
	char digest[GV_RECOVER_DIGEST + 1];
	/* held by the one step that reads a file and writes it changed */
	pthread_mutex_t switching;
	/* of a rehearsal: recover_box.c */
	struct gv_sandbox *box; /* or NULL */
	struct gv_buf box_dir;
	pthread_mutex_t boxing; /* held by the one who uses it */
};

/* One try of one step, or of its way back, with all values put in. It belongs
 * to one thread, and touches nothing that others do. */
struct gv_recover_job {
	struct gv_recover *run;
	const struct gv_recover_how *how;
	const struct gv_plan_step *step; /* as the plan has it */
	struct gv_plan_step s;           /* the same with its values */
	unsigned attempt;
	bool is_back;
	bool was_begun;  /* an earlier try may have left something */
	const char *top; /* of the working tree */
	const char **env;
	const char **mark; /* a place in it; recover_program.c */
	int64_t until;     /* ms of gv_clock_tick(): its deadline; 0: none */
	const char *old;   /* of a switch that goes back … */
	const char *raw;   /* … as it was written; or NULL */
	/* of a step that goes back: what it left, as names and values in turn;
	 * or NULL */
	const char *const *left;
	const char *sum; /* of what goes back: a state's file, or a folder */
	bool was_there;  /* that folder, before the run wrote into it */
	/* tells a line that a command printed */
	void (*line)(void *ctx, const struct gv_recover_job *job,
	    const char *line, size_t len);
	void *ctx;

	/* what came of it */
	enum gv_plan_result result;
	int status;
	int signal; /* that ended its program; 0: none did */
	int64_t ms;
	const char *detail;  /* a sentence; or NULL */
	const char **values; /* names and values in turn */
	size_t n_values;
	bool is_parked; /* it cannot go on without people */
	struct gv_arena arena;
};

/* ---- recover_owner.c ---- */

/* Take the lock of the run, and write down that it is ours. 0; GV_ELOCKED;
 * GV_ERROR; GV_ENOMEM. */
int gv_recover_own(struct gv_recover *run);

/* Refuse to begin beside a run of the same plan and environment that is at
 * work. 0; GV_ELOCKED with what to do; GV_ERROR; GV_ENOMEM. */
int gv_recover_check_alone(const struct gv_recover *run);

/* ---- recover_journal.c ---- */

int gv_recover_journal_load(struct gv_recover *run);
/* Write a record, and take it in. With `durable` it outlives a loss of power.
 */
int gv_recover_journal_add(
    struct gv_recover *run, const struct gv_plan_record *record, bool durable);

/* ---- recover_job.c ---- */

/* Put the values into the step. 0; GV_ENOMEM; GV_EREFUSED where one is missing.
 */
int gv_recover_job_init(struct gv_recover_job *out, struct gv_recover *run,
    const struct gv_recover_how *how, uint32_t step);
/* Do it: the result is in the job. 0; GV_ECANCELED; GV_ENOMEM. */
int gv_recover_job_do(struct gv_recover_job *job);
void gv_recover_job_release(struct gv_recover_job *job);

/* Text that lives as long as the job; NULL without memory. */
const char *gv_recover_text(struct gv_recover_job *job, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The try has failed, and why. 0; GV_ENOMEM. */
int gv_recover_fail(struct gv_recover_job *job, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same by the message of a failure. 0; GV_ENOMEM and GV_ECANCELED are given
 * back. */
int gv_recover_fail_by(struct gv_recover_job *job, int r);
int gv_recover_value(
    struct gv_recover_job *job, const char *name, const char *value);
/* A value that the step left when it was done, for one that goes back; or NULL.
 */
const char *gv_recover_left(const struct gv_recover_job *job, const char *name);
/* Why a command of the step is run, for the audit chain; NULL without memory.
 */
const char *gv_recover_reason(struct gv_recover_job *job);

/* Values of references; `ctx` is a gv_recover. */
int
gv_recover_look(struct gv_buf *out, void *ctx, const struct gv_plan_part *part);

/* How many texts a list has; NULL has none. */
size_t gv_recover_count(const char *const *list);

/* The path of a file of the working tree, which leads through no link in it: a
 * pull can put one there without a change of the plan. 1; 0 with the job
 * failed; GV_ENOMEM. */
int
gv_recover_path(const char **out, struct gv_recover_job *job, const char *path);

/* ms that are left of the step's times; 0: no limit; GV_ERROR where they are
 * over. */
int gv_recover_time_left(int *ms, const struct gv_recover_job *job);

/* ---- recover_program.c ---- */

struct gv_proc;
struct gv_proc_opts;

/* Run a program of the step, in a session of its own and with its environment,
 * and write down that it is at work. As gv_proc_run(). */
int gv_recover_program(
    struct gv_proc *p, struct gv_recover_job *job, struct gv_proc_opts *opts);

/* ---- recover_box.c ---- */

/* Why a rehearsal leaves a step out, as a record has it; NULL: it does not. */
const char *gv_recover_box_skips(const struct gv_plan_step *step);

/* Append where the folder of the run is there, for a step that runs in `dir`
 * (NULL: the top). */
void gv_recover_box_folder(struct gv_buf *out, const char *dir);

/* Run a program of the step in the sandbox. As gv_recover_spawn(). */
int gv_recover_box_spawn(int *status, struct gv_recover_job *job,
    const char *const *argv, const char *dir, struct gv_buf *out);

/* Write a file there. 0, also with the job failed; as gv_recover_job_do(). */
int gv_recover_box_write(
    struct gv_recover_job *job, const char *file, const struct gv_buf *text);

/* A step has changed the tree, so that the sandbox is made again. */
void gv_recover_box_changed(struct gv_recover_job *job);
/* End it. */
void gv_recover_box_end(struct gv_recover *run);

/* Append a file of the tree, or of the sandbox. 1; 0 with the job failed;
 * GV_ECANCELED; GV_ENOMEM. */
int gv_recover_file_read(struct gv_buf *out, struct gv_recover_job *job,
    const char *file, size_t most);
/* Whether there is one: 1 or 0; GV_ECANCELED; GV_ENOMEM. */
int gv_recover_file_is(struct gv_recover_job *job, const char *file);

/* ---- the kinds; all as gv_recover_job_do() ---- */

int gv_recover_command(struct gv_recover_job *job);
int gv_recover_command_back(struct gv_recover_job *job);
/* Show a line that it has printed, without what may be a secret. */
void gv_recover_tell(struct gv_recover_job *job,
    struct gv_disclosure *disclosure, const char *line, size_t len);

/* Run one: its exit status, or -1 with the job failed. `out` takes what it
 * prints on its standard output; NULL: that is shown, too. */
int gv_recover_spawn(int *status, struct gv_recover_job *job,
    const struct gv_plan_command *command, const char *dir, struct gv_buf *out);
int gv_recover_restore(struct gv_recover_job *job);
int gv_recover_restore_back(struct gv_recover_job *job);
int gv_recover_secrets(struct gv_recover_job *job);
int gv_recover_state(struct gv_recover_job *job);
int gv_recover_state_back(struct gv_recover_job *job);
int gv_recover_switch(struct gv_recover_job *job);
int gv_recover_switch_back(struct gv_recover_job *job);
/* On the thread that has the repository. */
int gv_recover_approve(struct gv_recover_job *job);

/* Whether it holds: 1; 0 with the job failed and why; GV_ECANCELED; GV_ENOMEM.
 */
int
gv_recover_probe(struct gv_recover_job *job, const struct gv_plan_probe *probe);
/* The part of it that asks others over a network. */
int gv_recover_probe_net(
    struct gv_recover_job *job, const struct gv_plan_probe *probe);

/* ---- recover_back.c ---- */

/* Keep which files a restore wrote: `answer` is its document. 0; GV_ENOMEM. */
int gv_recover_keep_changes(
    struct gv_recover_job *job, const struct gv_unjson_node *answer);
/* Take these back, and no other. One that somebody has changed since stays, and
 * the job fails with its name. As gv_recover_job_do(). */
int gv_recover_back(struct gv_recover_job *job);

/* ---- recover_again.c ---- */

/* The restore of an earlier try that was killed. */
struct gv_recover_earlier {
	const char *safety; /* its safety snapshot; NULL: there was none */
	/* private */
	struct gv_undo undo;
	bool is_open;
};

/* Find it, before the step restores again. 0 or GV_ENOMEM; to be released in
 * any case. */
int gv_recover_earlier_find(
    struct gv_recover_earlier *out, const struct gv_recover_job *job);
void gv_recover_earlier_release(struct gv_recover_earlier *earlier);

/* Keep which files both tries wrote, and the safety snapshot of the first, for
 * the way back. As gv_recover_job_do(). */
int gv_recover_earlier_keep(
    struct gv_recover_job *job, const struct gv_recover_earlier *earlier);

/* ---- recover_tree.c ---- */

/* The sum of a directory's names and stat data, which is another one once
 * anything in it was changed. 0; GV_ERROR; GV_ENOMEM. */
int gv_recover_tree_sum(char out[GV_RECOVER_DIGEST + 1], const char *path);
/* Remove it; only what is in it, if it was there before the run. 0; GV_ERROR;
 * GV_ENOMEM. */
int gv_recover_tree_remove(const char *path, bool was_there);

/* ---- recover_switch.c ---- */

/* The value of a key in a file of the working tree. 1; 0 with the job failed
 * and why; GV_ENOMEM. */
int gv_recover_key_get(struct gv_buf *out, struct gv_recover_job *job,
    const char *file, const char *key);

/* The same as it is written there, with its quotes. */
int gv_recover_key_raw(struct gv_buf *out, struct gv_recover_job *job,
    const char *file, const char *key);

/* ---- recover_ask.c ---- */

/* Run `git-vault --json ARGS…`. 0 with *out to be released by the caller, also
 * where it failed; GV_ECANCELED; GV_ERROR; GV_ENOMEM. */
int gv_recover_ask(
    struct gv_answer *out, struct gv_recover_job *job, const char *const *args);
/* Fail the job by it, with the reason that the document has; `args` as they
 * were asked. 0; GV_ENOMEM. */
int gv_recover_fail_as(struct gv_recover_job *job,
    const struct gv_answer *answer, const char *const *args);
/* Fail the job since no key here opens `n` secrets of a scope. 0; GV_ENOMEM. */
int gv_recover_fail_sealed(
    struct gv_recover_job *job, uint64_t n, const char *scope);

#endif
