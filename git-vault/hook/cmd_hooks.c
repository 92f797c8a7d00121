#include "git-vault/front/cmd.h"

#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "git-vault/hook/hook.h"
#include "git-vault/hook/hook_foreign.h"
#include "hook/hook.h"
#include "hook/hook_merge.h"
#include "hook/hook_svn.h"
#include "repo/foreign.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/self.h"

/* What each hook of lib/hook/hook.c does. */
static const struct runner {
	const char *name;
	int (*run)(struct gv_ctx *ctx, int argc, char **argv);
} runners[] = {
	{ "pre-commit", gv_hook_pre_commit },
	{ "pre-push", gv_hook_pre_push },
	{ "post-merge", gv_hook_post_merge },
	{ "post-checkout", gv_hook_post_checkout },
	{ "post-rewrite", gv_hook_post_rewrite },
	{ "post-commit", gv_hook_post_commit },
	{ "pre-receive", gv_hook_pre_receive },
	{ "update", gv_hook_update },
	{ "post-receive", gv_hook_post_receive },
	{ "svn-post-commit", gv_hook_svn_post_commit },
	{ NULL, NULL },
};

struct hooks_opts {
	bool client, server;
	int layout;
	struct gv_opt_list only;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "client",
	    .at = offsetof(struct hooks_opts, client),
	    .help = "hooks for committing and pushing" },
	{ .type = GV_OPT_BOOL,
	    .name = "server",
	    .at = offsetof(struct hooks_opts, server),
	    .help = "hooks for a repository that others push to" },
	{ .type = GV_OPT_CHOICE,
	    .name = "layout",
	    .arg = "LAYOUT",
	    .choices = gv_hook_layouts,
	    .at = offsetof(struct hooks_opts, layout),
	    .help = "layout of the server's hooks: auto, plain, gitea or "
		    "gitlab; default: auto" },
	{ .type = GV_OPT_LIST,
	    .name = "only",
	    .arg = "NAME",
	    .at = offsetof(struct hooks_opts, only),
	    .help = "only this hook; may be repeated" },
	GV_OPT_LAST
};

enum takes { SIDE = 1, ONLY = 2, LAYOUT = 4 };

static const char *const states[] = {
	[GV_HOOK_ABSENT] = "absent",
	[GV_HOOK_FOREIGN] = "foreign",
	[GV_HOOK_OURS] = "installed",
	[GV_HOOK_CHAINED] = "chained",
	[GV_HOOK_MOVED] = "moved",
};

static const enum gv_out_slot slots[] = {
	[GV_HOOK_ABSENT] = GV_OUT_DIM,
	[GV_HOOK_FOREIGN] = GV_OUT_DIM,
	[GV_HOOK_OURS] = GV_OUT_ADDED,
	[GV_HOOK_CHAINED] = GV_OUT_ADDED,
	[GV_HOOK_MOVED] = GV_OUT_CHANGED,
};

static const char *const actions[] = {
	[GV_HOOK_LEFT] = "left",
	[GV_HOOK_ADDED] = "added",
	[GV_HOOK_REMOVED] = "removed",
	[GV_HOOK_REFUSED] = "refused",
};

static const char *const sides[] = {
	[GV_HOOK_CLIENT] = "client",
	[GV_HOOK_SERVER] = "server",
};

/* --- told --- */

static void
print_json(struct gv_ctx *ctx, const struct gv_hook_report *report, bool done,
    bool merges)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_path(j, "directory", report->dir, strlen(report->dir));
	gv_json_string(j, "refused", report->where);
	gv_json_string(j, "merge_driver", merges ? "installed" : "absent");
	gv_json_array(j, "hooks");
	for (i = 0; i < report->n; i++) {
		const struct gv_hook_step *s = &report->steps[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "name", s->hook->name);
		gv_json_string(j, "side", sides[s->hook->side]);
		gv_json_string(j, "state", states[s->state]);
		if (done)
			gv_json_string(j, "action", actions[s->action]);
		gv_json_string(j, "manager", s->manager);
		gv_json_string(j, "reason", s->why);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

static void
print_step(struct gv_ctx *ctx, const struct gv_hook_step *s, bool done)
{
	gv_out_paint(ctx->out, slots[s->state], "%-9s",
	    done && s->action ? actions[s->action] : states[s->state]);
	gv_out_printf(ctx->out, " %s", s->hook->name);
	if (s->state == GV_HOOK_CHAINED)
		gv_out_paint(ctx->out, GV_OUT_DIM, ", after %s",
		    s->manager ? s->manager : "the one that was there");
	else if (s->manager)
		gv_out_paint(ctx->out, GV_OUT_DIM, ", of %s", s->manager);
	if (s->why)
		gv_out_printf(ctx->out, ": %s", s->why);
	gv_out_printf(ctx->out, "\n");
}

static void
print_driver(struct gv_ctx *ctx, const char *word, bool is_there)
{
	gv_out_paint(
	    ctx->out, is_there ? GV_OUT_ADDED : GV_OUT_DIM, "%-9s", word);
	gv_out_printf(ctx->out, " merge driver for configuration\n");
}

/* 1 where one of them was not to be touched. */
static int
print_steps(struct gv_ctx *ctx, const struct gv_hook_report *report, bool done)
{
	size_t i;
	int r = 0;

	for (i = 0; i < report->n; i++) {
		const struct gv_hook_step *s = &report->steps[i];

		if (ctx->json == NULL && ctx->verbosity >= 0)
			print_step(ctx, s, done);
		if (s->action == GV_HOOK_REFUSED)
			r = 1;
	}
	return r;
}

static int
print(struct gv_ctx *ctx, const struct gv_hook_report *report, bool done)
{
	int r = gv_hook_merge_is(ctx->repo);

	if (r < 0)
		return r;
	if (ctx->json)
		print_json(ctx, report, done, r);
	else if (ctx->verbosity >= 0 && !done)
		print_driver(ctx, r ? "installed" : "absent", r);
	return print_steps(ctx, report, done);
}

static void
say_tracked(struct gv_ctx *ctx, const struct gv_hook_report *report)
{
	if (report->own && report->is_tracked)
		gv_out_say(ctx->out,
		    "husky runs the hooks in %s, which belongs to the project: "
		    "the lines added there do nothing in clones without git "
		    "vault",
		    report->dir);
	else if (report->is_tracked)
		gv_out_say(ctx->out,
		    "%s is in the working tree: its hooks may be committed, "
		    "together with paths of this host",
		    report->dir);
}

/* Other working trees, where somebody may think that they run as well. */
static int
warn_without(struct gv_ctx *ctx, const struct gv_hook_report *report)
{
	struct gv_buf tops = GV_BUF_INIT;
	const char *top;
	int r = gv_hook_without(&tops, report, ctx->repo);

	for (top = tops.p; r == 0 && top < tops.p + tops.len;
	     top += strlen(top) + 1)
		gv_out_warn(ctx->out,
		    "no hook of git vault runs in the working tree %s, since "
		    "core.hooksPath is a folder of each; 'git -C \"%s\" vault "
		    "hooks install' puts them in",
		    top, top);
	gv_buf_release(&tops);
	return r;
}

/* Ours in the folder that git has by itself run again once it is not sent
 * elsewhere any more. What failed before stays the message. */
static void
warn_left(struct gv_ctx *ctx)
{
	struct gv_hook_report left = { 0 };
	struct gv_buf names = GV_BUF_INIT;
	char *failure = gv_err_save();
	size_t i;
	int r = gv_hook_look_left(&left, ctx->repo);

	for (i = 0; r == 0 && i < left.n; i++)
		if (left.steps[i].state >= GV_HOOK_OURS)
			gv_buf_addf(&names, "%s%s", names.len ? ", " : "",
			    left.steps[i].hook->name);
	if (gv_buf_check(&names) == 0 && names.len)
		gv_out_warn(ctx->out,
		    "hooks of git vault are also in %s and will run again if "
		    "core.hooksPath is unset: %s; to remove them: git -c "
		    "core.hooksPath=\"%s\" vault hooks uninstall",
		    left.dir, names.p, left.dir);
	gv_err_restore(failure);
	gv_buf_release(&names);
	gv_hook_release(&left);
}

static const struct change {
	const char *what;
	enum gv_hook_action action;
} installed = { "hooks-install", GV_HOOK_ADDED },
  uninstalled = { "hooks-uninstall", GV_HOOK_REMOVED };

/* Report to the audit chain who changed the hooks, now or with the next event.
 * If that fails, the hooks stay. Changes that a failed command leaves are
 * reported too; its status and message stay. */
static void
audit(struct gv_ctx *ctx, const struct gv_hook_report *report,
    const struct change *change, int status)
{
	struct gv_audit_event event = { .what = change->what,
		.time = ctx->now,
		.target = report->dir,
		.result = status < 0 ? GV_AUDIT_PART : GV_AUDIT_DONE };
	struct gv_buf names = GV_BUF_INIT;
	char *failure = gv_err_save();
	size_t i;
	int r;

	for (i = 0; i < report->n; i++)
		if (report->steps[i].action == change->action)
			gv_buf_addf(&names, "%s%s", names.len ? ", " : "",
			    report->steps[i].hook->name);
	event.reason = names.p;
	if ((r = gv_buf_check(&names)) == 0 && names.len)
		r = gv_audit_tell_done(ctx->repo, NULL, &event);
	if (r < 0)
		gv_out_warn(ctx->out, "the hooks are changed, but %s",
		    gv_err_message());
	gv_err_restore(failure);
	gv_buf_release(&names);
}

/* --- verbs --- */

/* `side`: by itself. */
static void
choose(struct gv_hook_choice *out, const struct gv_ctx *ctx, unsigned side)
{
	const struct hooks_opts *o = ctx->opts;

	*out = (struct gv_hook_choice){ .side = o->server ? GV_HOOK_SERVER
		    : o->client                           ? GV_HOOK_CLIENT
							  : side,
		.layout = (enum gv_hook_layout)o->layout,
		.only = o->only.items,
		.n_only = o->only.n,
		.stub = gv_hook_stub };
}

/* The merge driver comes and goes with the hooks of a clone. */
static int
change_driver(struct gv_ctx *ctx, const struct gv_hook_choice *choice,
    const char *program)
{
	bool changed = false;
	int r;

	if (choice->n_only || !(choice->side & GV_HOOK_CLIENT))
		return 0;
	r = program ? gv_hook_merge_install(&changed, ctx->repo, program)
		    : gv_hook_merge_uninstall(&changed, ctx->repo);
	if (r == 0 && changed && ctx->json == NULL && ctx->verbosity >= 0)
		print_driver(ctx, program ? "added" : "removed", program);
	return r;
}

/* Whether the hook of a server was asked for, or is there: 1 where it is not on
 * this host, or nobody asked. */
static int
change_svn(struct gv_hook_report *report, struct gv_ctx *ctx,
    enum gv_hook_foreign_do what)
{
	const struct hooks_opts *o = ctx->opts;
	const char *home = gv_env_get("HOME");
	struct gv_buf program = GV_BUF_INIT;
	struct gv_hook_choice choice;
	int r;

	if (what == GV_HOOK_FOREIGN_LOOK)
		r = gv_hook_svn_look(report, ctx->repo) < 0;
	else if (what == GV_HOOK_FOREIGN_REMOVE)
		r = gv_hook_svn_uninstall(report, ctx->repo);
	else if (!o->server)
		r = 1;
	else if ((r = gv_self_path(&program)) == 0) {
		choice = (struct gv_hook_choice){ .stub = gv_hook_stub_svn,
			.program = program.p,
			.home = home && *home ? home : "/" };
		r = gv_hook_svn_install(report, ctx->repo, &choice);
	}
	gv_buf_release(&program);
	return r == 0 && report->where ? 1 : r;
}

/* In a working copy of Subversion or Mercurial. */
static int
foreign(struct gv_ctx *ctx, enum gv_hook_foreign_do what)
{
	static const struct change *const changes[] = {
		[GV_HOOK_FOREIGN_ADD] = &installed,
		[GV_HOOK_FOREIGN_REMOVE] = &uninstalled,
	};
	const bool done = what != GV_HOOK_FOREIGN_LOOK;
	struct gv_hook_report report = { 0 };
	int r = 1;

	if (gv_foreign_kind_of(ctx->repo->git_dir) == GV_FOREIGN_SVN)
		r = change_svn(&report, ctx, what);
	if (r == 1) {
		r = gv_hook_foreign_run(ctx, what);
		goto out;
	}
	if (done)
		audit(ctx, &report, changes[what], r);
	if (r < 0)
		goto out;
	if (ctx->json)
		print_json(ctx, &report, done, false);
	r = print_steps(ctx, &report, done);
	if (!done)
		gv_out_say(ctx->out, GV_HOOK_FOREIGN_NONE);
out:
	gv_hook_release(&report);
	return r;
}

static int
install(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_hook_report report = { 0 };
	struct gv_buf program = GV_BUF_INIT;
	struct gv_hook_choice choice;
	int r;

	(void)argc;
	(void)argv;
	if (gv_hook_foreign_is(ctx))
		return foreign(ctx, GV_HOOK_FOREIGN_ADD);
	r = gv_self_path(&program);
	choose(&choice, ctx, gv_hook_side_of(ctx->repo));
	choice.program = program.p;
	if (r == 0)
		r = gv_hook_install(&report, ctx->repo, &choice);
	audit(ctx, &report, &installed, r);
	if (r == 0) {
		int without = warn_without(ctx, &report);

		if (report.where == NULL)
			r = change_driver(ctx, &choice, program.p);
		r = r < 0 ? r : print(ctx, &report, true);
		say_tracked(ctx, &report);
		r = without < 0 ? without : r;
	}
	gv_hook_release(&report);
	gv_buf_release(&program);
	return r;
}

static int
uninstall(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_hook_report report = { 0 };
	struct gv_hook_choice choice;
	int r;

	(void)argc;
	(void)argv;
	if (gv_hook_foreign_is(ctx))
		return foreign(ctx, GV_HOOK_FOREIGN_REMOVE);
	choose(&choice, ctx, GV_HOOK_CLIENT | GV_HOOK_SERVER);
	r = gv_hook_uninstall(&report, ctx->repo, &choice);
	audit(ctx, &report, &uninstalled, r);
	if (r < 0 || (r = change_driver(ctx, &choice, NULL)) < 0)
		goto out;
	r = print(ctx, &report, true);
out:
	if (choice.n_only == 0)
		warn_left(ctx);
	gv_hook_release(&report);
	return r;
}

static int
status(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_hook_report report = { 0 };
	int r;

	(void)argc;
	(void)argv;
	if (gv_hook_foreign_is(ctx))
		return foreign(ctx, GV_HOOK_FOREIGN_LOOK);
	if ((r = gv_hook_look(&report, ctx->repo)) < 0)
		goto out;
	if ((r = print(ctx, &report, false)) != 0)
		goto out;
	if (report.where)
		gv_out_warn(ctx->out, "%s", report.where);
	r = warn_without(ctx, &report);
out:
	gv_hook_release(&report);
	return r;
}

static int
run_hook(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct runner *h;

	ctx->is_hook = true;
	for (h = runners; h->name; h++)
		if (strcmp(h->name, argv[0]) == 0)
			return h->run(ctx, argc - 1, argv + 1);
	return gv_err(GV_EUSAGE,
	    "git vault has no hook '%s'; to list its hooks: git vault hooks "
	    "status",
	    argv[0]);
}

static const struct gv_verb verbs[] = {
	{ "install", 0, 0, SIDE | ONLY | LAYOUT, install },
	{ "uninstall", 0, 0, SIDE | ONLY | LAYOUT, uninstall },
	{ "status", 0, 0, 0, status },
	{ "run", 1, -1, 0, run_hook },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct hooks_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->client, SIDE, "client" },
		{ o->server, SIDE, "server" },
		{ o->layout != 0, LAYOUT, "layout" },
		{ o->only.n > 0, ONLY, "only" },
		{ .name = NULL },
	};

	if (o->client && o->server)
		return gv_err(
		    GV_EUSAGE, "--client and --server exclude each other");
	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_hooks = {
	.name = "hooks",
	.summary = "install Git hooks that find secrets and take "
		   "snapshots",
	.usage = "install [--client | --server] [--layout LAYOUT] "
		 "[--only NAME]...\n"
		 "uninstall [--client | --server] [--layout LAYOUT] "
		 "[--only NAME]...\n"
		 "status\n"
		 "run NAME [ARG...]",
	.group = GV_CMD_SHARE,
	.flags = GV_CMD_REPO | GV_CMD_AMID,
	.opts = opts,
	.opts_size = sizeof(struct hooks_opts),
	.verb = "status",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
