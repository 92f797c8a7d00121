#ifndef PLAN_RUN_H
#define PLAN_RUN_H
/*
 * What `git vault plan` does with a plan: its options, and the verbs that run.
 */

#include <stdbool.h>
#include <stdint.h>

#include "git-vault/front/opt.h"

struct gv_ctx;

struct gv_plan_opts {
	const char *env, *redo, *done, *reason, *template, *digest, *behind;
	struct gv_opt_list inputs, identities;
	int64_t jobs, limit;
	int format;
	bool yes, rollback, sandbox, in_freeze, unapproved;
};

enum gv_plan_format {
	GV_PLAN_TEXT,
	GV_PLAN_JSON,
	GV_PLAN_DOT,
	GV_PLAN_MERMAID,
};

struct gv_plan;
struct gv_buf;

/* Read a plan of the repository, with its text. 0; GV_EREFUSED where it has
 * faults and `strict`, with the first; as gv_plan_file_read(), which without
 * `strict` is a fault as well. Both are to be
 * released in any case. */
int gv_plan_load(struct gv_plan *plan, struct gv_buf *text, struct gv_ctx *ctx,
    const char *name, bool strict);

/* Go on with a run, tell what happens and what comes of it, and record it in
 * the audit chain. 0 if it passed or is taken back; 1 if
 * not; 3 if it waits for a person; as gv_recover_go(). */
struct gv_recover;
struct gv_plan_how {
	int64_t jobs;      /* 0: the plan's */
	bool is_rehearsal; /* and then no event */
	const char *note;  /* added to the event; NULL: nothing */
};
int gv_plan_go_on(
    struct gv_ctx *ctx, struct gv_recover *run, const struct gv_plan_how *on);

/* Begin a run with the inputs that are given; a trial is nowhere but in memory.
 * As gv_recover_begin(). */
int gv_plan_begin(struct gv_recover **out, struct gv_ctx *ctx,
    const struct gv_plan *plan, const struct gv_buf *text, bool is_trial);

/* Append the command by which others approve a run, with all that they agree
 * to: they see the inputs in it, and without them approve something else. 0 or
 * GV_ENOMEM. */
int gv_plan_add_approve(struct gv_buf *out, const struct gv_recover *run);

/* The verbs; argv has their arguments alone. */
int gv_plan_run(struct gv_ctx *ctx, int argc, char **argv);
int gv_plan_drill(struct gv_ctx *ctx, int argc, char **argv);
int gv_plan_resume(struct gv_ctx *ctx, int argc, char **argv);
int gv_plan_undo(struct gv_ctx *ctx, int argc, char **argv);
int gv_plan_abort(struct gv_ctx *ctx, int argc, char **argv);
int gv_plan_test(struct gv_ctx *ctx, int argc, char **argv);
int gv_plan_approve(struct gv_ctx *ctx, int argc, char **argv);

#endif
