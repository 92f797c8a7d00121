#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/front/verb.h"
#include "git-vault/recovery/plan_new.h"
#include "git-vault/recovery/plan_out.h"
#include "git-vault/recovery/plan_run.h"
#include "plan/plan.h"
#include "plan/plan_order.h"
#include "policy/plan_consent.h"
#include "policy/plan_file.h"
#include "recover/recover.h"

#define NAME_SIZE 65
#define PERIOD    ((int64_t)90 * 86400) /* in which a plan is to have passed */

static const char *const formats[] = { "text", "json", "dot", "mermaid", NULL };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct gv_plan_opts, env),
	    .help = "run it for this environment; default: the plan's own" },
	{ .type = GV_OPT_LIST,
	    .name = "input",
	    .arg = "NAME=VALUE",
	    .at = offsetof(struct gv_plan_opts, inputs),
	    .help = "give an input a value; may be repeated",
	    .is_kept = true },
	{ .type = GV_OPT_INT,
	    .letter = 'j',
	    .name = "jobs",
	    .arg = "N",
	    .at = offsetof(struct gv_plan_opts, jobs),
	    .help = "run at most N steps beside each other; default: the "
		    "plan's own" },
	GV_ASK_OPT(struct gv_plan_opts, yes),
	{ .type = GV_OPT_BOOL,
	    .name = "sandbox",
	    .at = offsetof(struct gv_plan_opts, sandbox),
	    .help = "run commands on a copy, without a network or keys" },
	{ .type = GV_OPT_STRING,
	    .name = "digest",
	    .arg = "SHA256",
	    .at = offsetof(struct gv_plan_opts, digest),
	    .help = "run the plan only if this is its content, and take that "
		    "as accepted" },
	{ .type = GV_OPT_BOOL,
	    .name = "in-freeze",
	    .at = offsetof(struct gv_plan_opts, in_freeze),
	    .help = "proceed although the environment is frozen; needs "
		    "--reason" },
	GV_UNAPPROVED_OPT(struct gv_plan_opts, unapproved),
	{ .type = GV_OPT_STRING,
	    .name = "redo",
	    .arg = "STEP",
	    .at = offsetof(struct gv_plan_opts, redo),
	    .help = "run this interrupted or failed step again" },
	{ .type = GV_OPT_STRING,
	    .name = "done",
	    .arg = "STEP",
	    .at = offsetof(struct gv_plan_opts, done),
	    .help = "take this interrupted step as passed" },
	{ .type = GV_OPT_BOOL,
	    .name = "rollback",
	    .at = offsetof(struct gv_plan_opts, rollback),
	    .help = "also take back what the run did" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "limit",
	    .arg = "N",
	    .at = offsetof(struct gv_plan_opts, limit),
	    .help = "show at most N runs" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = offsetof(struct gv_plan_opts, format),
	    .help = "print text, json, dot or mermaid" },
	GV_REASON_OPT(struct gv_plan_opts, reason),
	{ .type = GV_OPT_STRING,
	    .name = "template",
	    .arg = "TEMPLATE",
	    .at = offsetof(struct gv_plan_opts, template),
	    .help = "the situation that the new plan is for" },
	{ .type = GV_OPT_STRING,
	    .name = "behind",
	    .arg = "SIDE",
	    .at = offsetof(struct gv_plan_opts, behind),
	    .help = "take a failover back although this side is behind" },
	GV_IDENTITY_OPT(struct gv_plan_opts, identities), GV_OPT_LAST
};

/* ---- all plans ----------------------------------------------------------- */

struct rows {
	struct gv_plan_row *all;
	struct gv_plan *plans;
	size_t n;
};

/* What a plan is worth: one that passed in its period is ready. */
static int
judge(struct gv_ctx *ctx, struct gv_plan_row *row, const struct gv_buf *text,
    int64_t passed)
{
	const struct gv_plan *plan = row->plan;
	const int64_t period = plan->every ? plan->every : PERIOD;
	bool is_accepted;
	int r = gv_plan_consent_has(
	    &is_accepted, ctx->repo, row->name, text->p, text->len);

	if (r < 0)
		return r;
	if (plan->n_faults || !is_accepted)
		row->state = "draft";
	else if (plan->deprecated)
		row->state = "deprecated";
	else if (passed && ctx->now - passed <= period)
		row->state = "ready";
	else
		row->state = "validated";
	return 0;
}

/* The last run of a plan, and when this content of it last passed; a rehearsal
 * that skipped every step has proven nothing. */
static int
find_run(struct gv_ctx *ctx, struct gv_plan_row *row, int64_t *passed,
    const struct gv_buf *ids, const char *digest, struct gv_arena *arena)
{
	const char *p = ids->p, *line;
	size_t n;
	int r = 0;

	*passed = 0;
	while (r == 0 && gv_lines_next(&line, &n, &p, ids->p + ids->len)) {
		const char *id = gv_arena_copy(arena, line, n);
		struct gv_recover *run = NULL;
		const struct gv_plan_progress *at;

		if (id == NULL)
			return GV_ENOMEM;
		r = gv_recover_open(&run, ctx->repo, id, false);
		if (r == GV_ENOMEM)
			return r;
		/* history reports a damaged one */
		if (r < 0) {
			r = 0;
			continue;
		}
		at = gv_recover_progress(run);
		if (strcmp(gv_recover_plan(run)->name, row->name) == 0) {
			if (row->run == NULL) {
				row->run = id;
				row->time = at->began;
				row->result = gv_plan_out_state(run);
			}
			if (*passed == 0 && at->finished == GV_PLAN_PASSED &&
			    at->n_passed > 0 &&
			    strcmp(at->begin->digest, digest) == 0)
				*passed = at->ended;
		}
		gv_recover_close(run);
	}
	return r;
}

static int
add_row(struct rows *to, struct gv_ctx *ctx, const char *name,
    const struct gv_buf *ids, struct gv_arena *arena)
{
	struct gv_plan *plan = &to->plans[to->n];
	struct gv_plan_row *row = &to->all[to->n];
	struct gv_buf text = GV_BUF_INIT;
	char digest[GV_RECOVER_DIGEST + 1];
	int64_t passed;
	int r = gv_plan_load(plan, &text, ctx, name, false);

	to->n++;
	if (r < 0)
		goto out;
	*row = (struct gv_plan_row){ .name = name, .plan = plan };
	gv_recover_digest(digest, text.p, text.len);
	if ((r = find_run(ctx, row, &passed, ids, digest, arena)) == 0)
		r = judge(ctx, row, &text, passed);
out:
	gv_buf_release(&text);
	return r;
}

static int
add_rows(struct rows *to, struct gv_ctx *ctx, const struct gv_buf *names,
    const struct gv_buf *ids, struct gv_arena *arena)
{
	const char *p = names->p, *line, *name;
	size_t n, most = 0;
	int r = 0;

	while (gv_lines_next(&line, &n, &p, names->p + names->len))
		most++;
	to->all = calloc(most + 1, sizeof(*to->all));
	to->plans = calloc(most + 1, sizeof(*to->plans));
	if (to->all == NULL || to->plans == NULL)
		return gv_err_nomem();
	p = names->p;
	while (r == 0 && gv_lines_next(&line, &n, &p, names->p + names->len))
		r = (name = gv_arena_copy(arena, line, n)) == NULL
		    ? GV_ENOMEM
		    : add_row(to, ctx, name, ids, arena);
	return r;
}

static int
list(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_buf names = GV_BUF_INIT, ids = GV_BUF_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct rows rows = { .n = 0 };
	size_t i;
	int r;

	(void)argc;
	(void)argv;
	if ((r = gv_plan_file_list(&names, ctx->repo)) < 0 ||
	    (r = gv_recover_list(&ids, ctx->repo)) < 0 ||
	    (r = add_rows(&rows, ctx, &names, &ids, &arena)) < 0)
		goto out;
	gv_plan_out_list(ctx, rows.all, rows.n);
	if (rows.n == 0)
		gv_out_say(ctx->out,
		    "there are no plans in " GV_PLAN_FILE_DIR
		    "; to see what one is: git vault help plan");
out:
	for (i = 0; i < rows.n; i++)
		gv_plan_release(&rows.plans[i]);
	free(rows.plans);
	free(rows.all);
	gv_arena_release(&arena);
	gv_buf_release(&names);
	gv_buf_release(&ids);
	return r;
}

/* ---- lint ---------------------------------------------------------------- */

struct linting {
	struct gv_ctx *ctx;
	struct gv_plan *plan;
	struct gv_plan_fault *all;
	size_t n, cap;
};

/* What is not on this host may be on the one that the plan is for. */
static int
note_missing(void *arg, uint32_t line, bool is_of_host, const char *what)
{
	struct linting *l = arg;
	const size_t len = strlen(what);
	int r;

	if (is_of_host) {
		gv_out_warn(
		    l->ctx->out, "%s:%u: %s", l->plan->name, line, what);
		return 0;
	}
	if ((r = GV_GROW(l->all, l->n, l->cap)) < 0)
		return r;
	l->all[l->n] = (struct gv_plan_fault){ .line = line,
		.what = gv_arena_copy(&l->plan->arena, what, len) };
	return l->all[l->n++].what ? 0 : gv_err_nomem();
}

static int
find_missing(struct gv_ctx *ctx, struct gv_plan *plan)
{
	struct linting l = { .ctx = ctx, .plan = plan };
	size_t i;
	int r = gv_recover_missing(ctx->repo, plan, NULL, note_missing, &l);

	for (i = 0; r == 0 && i < l.n; i++)
		r = gv_plan_add_fault(plan, l.all[i].line, l.all[i].what);
	free(l.all);
	return r;
}

static int
lint_one(struct gv_ctx *ctx, const char *name, size_t *faults)
{
	struct gv_plan plan = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_plan_load(&plan, &text, ctx, name, false);

	if (r == 0)
		r = find_missing(ctx, &plan);
	if (r == 0) {
		gv_plan_out_faults(ctx, &plan);
		*faults += plan.n_faults;
	}
	gv_plan_release(&plan);
	gv_buf_release(&text);
	return r;
}

static int
lint_all(struct gv_ctx *ctx, size_t *faults)
{
	struct gv_buf names = GV_BUF_INIT;
	char name[NAME_SIZE];
	const char *p, *line;
	size_t n;
	int r = gv_plan_file_list(&names, ctx->repo);

	p = names.p;
	while (r == 0 && gv_lines_next(&line, &n, &p, names.p + names.len)) {
		memcpy(name, line, n);
		name[n] = '\0';
		r = lint_one(ctx, name, faults);
	}
	gv_buf_release(&names);
	return r;
}

static int
lint(struct gv_ctx *ctx, int argc, char **argv)
{
	size_t faults = 0;
	int i, r = 0;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "faults");
	}
	for (i = 0; r == 0 && i < argc; i++)
		r = lint_one(ctx, argv[i], &faults);
	if (argc == 0)
		r = lint_all(ctx, &faults);
	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	}
	return faults ? 1 : 0;
}

/* ---- one plan ------------------------------------------------------------ */

static int
with_order(struct gv_ctx *ctx, const char *name,
    int (*fn)(struct gv_ctx *ctx, const struct gv_plan *plan,
	const struct gv_plan_order *order))
{
	struct gv_plan plan = { .n = 0 };
	struct gv_plan_order order = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_plan_load(&plan, &text, ctx, name, true);

	if (r == 0 && (r = gv_plan_order(&order, &plan)) == 0)
		r = fn(ctx, &plan, &order);
	gv_plan_order_release(&order);
	gv_plan_release(&plan);
	gv_buf_release(&text);
	return r;
}

static int
show_it(struct gv_ctx *ctx, const struct gv_plan *plan,
    const struct gv_plan_order *order)
{
	gv_plan_out_show(ctx, plan, order);
	return 0;
}

static int
show(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	return with_order(ctx, argv[0], show_it);
}

static int
graph_it(struct gv_ctx *ctx, const struct gv_plan *plan,
    const struct gv_plan_order *order)
{
	const struct gv_plan_opts *o = ctx->opts;

	if (ctx->json || o->format <= GV_PLAN_TEXT)
		gv_plan_out_show(ctx, plan, order);
	else if (o->format == GV_PLAN_DOT)
		gv_plan_out_dot(ctx, plan);
	else
		gv_plan_out_mermaid(ctx, plan);
	return 0;
}

static int
graph(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	return with_order(ctx, argv[0], graph_it);
}

/* How long each step took in the last run that has it, in seconds; -1: it never
 * passed. */
static int
take_lengths(struct gv_ctx *ctx, const struct gv_plan *plan, int64_t *lengths)
{
	struct gv_buf ids = GV_BUF_INIT;
	const char *p, *line;
	char id[NAME_SIZE];
	size_t n, i;
	uint32_t at;
	int r = gv_recover_list(&ids, ctx->repo);

	for (i = 0; i < plan->n; i++)
		lengths[i] = -1;
	p = ids.p;
	while (r == 0 && gv_lines_next(&line, &n, &p, ids.p + ids.len)) {
		struct gv_recover *run = NULL;
		const struct gv_plan *of;

		if (n >= sizeof(id))
			continue;
		memcpy(id, line, n);
		id[n] = '\0';
		if (gv_recover_open(&run, ctx->repo, id, false) < 0)
			continue;
		of = gv_recover_plan(run);
		for (i = 0; i < of->n && strcmp(of->name, plan->name) == 0;
		     i++) {
			const struct gv_plan_step_progress *s =
			    &gv_recover_progress(run)->steps[i];

			at = gv_plan_find(plan, of->steps[i].id);
			if (at != GV_PLAN_NONE && lengths[at] < 0 &&
			    s->status == GV_PLAN_IS_PASSED)
				lengths[at] = (s->ms + 999) / 1000;
		}
		gv_recover_close(run);
	}
	gv_buf_release(&ids);
	return r;
}

static int
estimate_it(struct gv_ctx *ctx, const struct gv_plan *plan,
    const struct gv_plan_order *order)
{
	int64_t *lengths = calloc(plan->n + 1, sizeof(*lengths));
	struct gv_plan_estimate e = { .critical = NULL };
	int r = lengths ? take_lengths(ctx, plan, lengths) : gv_err_nomem();

	if (r == 0 && (r = gv_plan_estimate(&e, plan, order, lengths)) == 0)
		gv_plan_out_estimate(ctx, plan, &e);
	free(e.critical);
	free(lengths);
	return r;
}

static int
estimate(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	return with_order(ctx, argv[0], estimate_it);
}

/* ---- runs ---------------------------------------------------------------- */

static int
status(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_recover *run = NULL;
	int r = gv_recover_open(&run, ctx->repo, argc ? argv[0] : NULL, false);

	if (r == 0)
		gv_plan_out_run(ctx, run, NULL);
	gv_recover_close(run);
	return r;
}

static int
show_run(struct gv_ctx *ctx, const char *id, const char *name, int64_t *left)
{
	struct gv_recover *run = NULL;
	int r = gv_recover_open(&run, ctx->repo, id, false);

	if (r == GV_ENOMEM)
		return r;
	if (r < 0) {
		gv_out_warn(ctx->out, "%s", gv_err_message());
		return 0;
	}
	if (name == NULL || strcmp(gv_recover_plan(run)->name, name) == 0) {
		gv_plan_out_row(ctx, run);
		--*left;
	}
	gv_recover_close(run);
	return 0;
}

static int
history(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_buf ids = GV_BUF_INIT;
	int64_t left = o->limit < 0 ? INT64_MAX : o->limit;
	const char *p, *line;
	char id[NAME_SIZE];
	size_t n;
	int r = gv_recover_list(&ids, ctx->repo);

	if (r < 0)
		goto out;
	gv_plan_out_rows_begin(ctx);
	p = ids.p;
	while (r == 0 && left > 0 &&
	    gv_lines_next(&line, &n, &p, ids.p + ids.len)) {
		if (n >= sizeof(id))
			continue;
		memcpy(id, line, n);
		id[n] = '\0';
		r = show_run(ctx, id, argc ? argv[0] : NULL, &left);
	}
	gv_plan_out_rows_end(ctx);
out:
	gv_buf_release(&ids);
	return r;
}

/* ---- the command --------------------------------------------------------- */

enum takes {
	ENV = 1 << 0,
	BEGIN = 1 << 1,
	GO = 1 << 2,
	RESUME = 1 << 3,
	ABORT = 1 << 4,
	LIMIT = 1 << 5,
	FORMAT = 1 << 6,
	APPROVE = 1 << 7,
	NEW = 1 << 8,
	RUN = 1 << 9,
	UNDO = 1 << 10,
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_verb verbs[] = {
		{ "list", 0, 0, 0, list },
		{ "show", 1, 1, 0, show },
		{ "lint", 0, -1, 0, lint },
		{ "new", 0, 1, ENV | NEW, gv_plan_new },
		{ "schema", 0, 0, 0, gv_plan_schema },
		{ "graph", 1, 1, FORMAT, graph },
		{ "estimate", 1, 1, 0, estimate },
		{ "test", 1, 1, ENV | BEGIN, gv_plan_test },
		{ "drill", 1, 1, ENV | BEGIN, gv_plan_drill },
		{ "run", 1, 1, ENV | BEGIN | GO | RUN, gv_plan_run },
		{ "status", 0, 1, 0, status },
		{ "resume", 0, 1, GO | RESUME, gv_plan_resume },
		{ "abort", 0, 1, ABORT, gv_plan_abort },
		{ "undo", 1, 1, GO | UNDO, gv_plan_undo },
		{ "history", 0, 1, LIMIT, history },
		{ "approve", 1, 3, ENV | BEGIN | APPROVE, gv_plan_approve },
		{ .name = NULL },
	};
	const struct gv_plan_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->env != NULL, ENV, "env" },
		{ o->inputs.n > 0, BEGIN, "input" },
		{ o->jobs > 0, GO, "jobs" },
		{ o->yes, GO, "yes" },
		{ o->sandbox, RUN, "sandbox" },
		{ o->digest != NULL, RUN, "digest" },
		{ o->in_freeze, RUN, "in-freeze" },
		{ o->unapproved, RUN, "without-approval" },
		{ o->redo != NULL, RESUME, "redo" },
		{ o->done != NULL, RESUME, "done" },
		{ o->rollback, ABORT, "rollback" },
		{ o->limit >= 0, LIMIT, "limit" },
		{ o->format >= 0, FORMAT, "format" },
		{ o->reason != NULL, APPROVE | RUN, "reason" },
		{ o->template != NULL, NEW, "template" },
		{ o->identities.n > 0, APPROVE, "identity" },
		{ o->behind != NULL, UNDO, "behind" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

static const struct gv_plan_opts defaults = { .limit = -1, .format = -1 };

const struct gv_cmd cmd_plan = {
	.name = "plan",
	.summary = "run a recovery step by step, and go on with it after an "
		   "interruption",
	.usage = "list\n"
		 "show PLAN\n"
		 "lint [PLAN...]\n"
		 "new [--template TEMPLATE --env ENV] [PLAN]\n"
		 "schema\n"
		 "graph [--format FORMAT] PLAN\n"
		 "estimate PLAN\n"
		 "test [--env ENV] [--input NAME=VALUE]... PLAN\n"
		 "drill [--env ENV] [--input NAME=VALUE]... PLAN\n"
		 "run [--env ENV] [--input NAME=VALUE]... [--sandbox] "
		 "[--digest SHA256] [--in-freeze] [--without-approval] "
		 "[--reason TEXT] [-j N] [-y] PLAN\n"
		 "status [RUN]\n"
		 "resume [--redo STEP | --done STEP] [-j N] [RUN]\n"
		 "abort [--rollback] [RUN]\n"
		 "undo [--behind SIDE] [-j N] [-y] RUN\n"
		 "history [-n N] [PLAN]\n"
		 "approve [--env ENV] [--input NAME=VALUE]... [--reason TEXT] "
		 "PLAN [RUN STEP]",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_WORKTREE | GV_CMD_PAGER | GV_CMD_FORMAT,
	.opts = opts,
	.opts_size = sizeof(struct gv_plan_opts),
	.defaults = &defaults,
	.verb = "list",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
