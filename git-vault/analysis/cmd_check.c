#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/analysis/lint_out.h"
#include "git-vault/analysis/lint_report.h"
#include "git-vault/analysis/lint_state.h"
#include "git-vault/analysis/lint_team.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "graph/depgraph_load.h"
#include "lint/lint_kept.h"
#include "lint/lint_patch.h"
#include "policy/team_rules.h"
#include "repo/repo.h"
#include "sys/heap.h"
#include "sys/outfile.h"
#include "sys/workers.h"

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_SARIF,
	FORMAT_JUNIT,
};

static const char *const formats[] = { "text", "json", "sarif", "junit", NULL };
static const char *const severities[] = { "info", "warning", "error", NULL };

struct check_opts {
	const char *env, *baseline, *write_baseline;
	struct gv_opt_list rules;
	int severity, format;
	bool list_rules, patch;
};

static const struct check_opts defaults = { .severity = GV_LINT_WARNING };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct check_opts, env),
	    .help = "check only this environment and what all share" },
	{ .type = GV_OPT_LIST,
	    .name = "rule",
	    .arg = "RULE",
	    .at = offsetof(struct check_opts, rules),
	    .help = "check only this rule, or group of rules such as tf" },
	{ .type = GV_OPT_CHOICE,
	    .name = "severity",
	    .arg = "SEVERITY",
	    .choices = severities,
	    .at = offsetof(struct check_opts, severity),
	    .help = "lowest severity to report: info, warning or error; "
		    "default: warning" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = offsetof(struct check_opts, format),
	    .help = "print text, json, sarif or junit" },
	{ .type = GV_OPT_STRING,
	    .name = "baseline",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct check_opts, baseline),
	    .help = "ignore the findings listed in this file" },
	{ .type = GV_OPT_STRING,
	    .name = "write-baseline",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct check_opts, write_baseline),
	    .help = "write the findings to a baseline file instead of "
		    "printing them" },
	{ .type = GV_OPT_BOOL,
	    .name = "patch",
	    .at = offsetof(struct check_opts, patch),
	    .help = "print a patch of the certain remedies" },
	{ .type = GV_OPT_BOOL,
	    .name = "list-rules",
	    .at = offsetof(struct check_opts, list_rules),
	    .help = "list the rules" },
	GV_OPT_LAST
};

/* ---- the baseline -------------------------------------------------------- */

static int
write_baseline(struct gv_ctx *ctx, const struct gv_lint_view *view)
{
	const struct check_opts *o = ctx->opts;
	struct gv_outfile file = {
		.path = o->write_baseline, .mode = 0666, .replaces = true
	};
	struct gv_buf text = GV_BUF_INIT;
	size_t i, n = 0;
	int r;

	gv_buf_addstr(&text, GV_LINT_TEAM_HEAD "\n");
	for (i = 0; i < view->report->n; i++) {
		const struct gv_lint_finding *f = &view->report->findings[i];

		if (!gv_lint_view_counts(view, f) || strchr(f->subject, '\n'))
			continue;
		gv_buf_addf(&text, "%s %s\n", f->rule->id, f->subject);
		n++;
	}
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_outfile_put(&file, text.p, text.len);
	gv_buf_release(&text);
	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_path(ctx->json, "file", o->write_baseline,
		    strlen(o->write_baseline));
		gv_json_uint(ctx->json, "findings", n);
		gv_json_end(ctx->json);
	} else {
		gv_out_say(ctx->out, "wrote %zu finding%s to the baseline", n,
		    n == 1 ? "" : "s");
	}
	return 0;
}

/* ---- the command --------------------------------------------------------- */

static int
check_opts(const struct gv_ctx *ctx)
{
	const struct check_opts *o = ctx->opts;
	size_t i, k, n;
	const struct gv_lint_rule *rules = gv_lint_rules(&n);

	if (ctx->json && o->format > FORMAT_JSON)
		return gv_err(GV_EUSAGE,
		    "--json and --format %s exclude each other",
		    formats[o->format]);
	if (ctx->json && o->write_baseline &&
	    gv_outfile_is_stdout(o->write_baseline))
		return gv_err(
		    GV_EUSAGE, "with --json, give --write-baseline a file");
	if (o->patch && (ctx->json || o->format || o->write_baseline))
		return gv_err(GV_EUSAGE,
		    "--patch does not go with --json, --format and "
		    "--write-baseline");
	for (i = 0; i < o->rules.n; i++) {
		for (k = 0; k < n; k++)
			if (gv_lint_rule_is(&rules[k], o->rules.items[i]))
				break;
		if (k == n)
			return gv_err(GV_EUSAGE,
			    "unknown rule '%s'; to list the rules: git vault "
			    "check --list-rules",
			    o->rules.items[i]);
	}
	return 0;
}

struct paths {
	struct gv_buf *bufs;
	const char **items;
	size_t n;
};

static int
read_paths(struct paths *out, const struct gv_repo *repo, int argc, char **argv)
{
	int i, r;

	out->bufs = calloc((size_t)argc + 1, sizeof(*out->bufs));
	out->items = calloc((size_t)argc + 1, sizeof(*out->items));
	if (out->bufs == NULL || out->items == NULL)
		return gv_err_nomem();
	for (i = 0; i < argc; i++) {
		out->bufs[i] = (struct gv_buf)GV_BUF_INIT;
		out->n++;
		if ((r = gv_place_from_top(&out->bufs[i], repo, argv[i])) < 0)
			return r;
		out->items[i] = out->bufs[i].p;
	}
	return 0;
}

static void
release_paths(struct paths *paths)
{
	size_t i;

	for (i = 0; i < paths->n; i++)
		gv_buf_release(&paths->bufs[i]);
	free(paths->bufs);
	free(paths->items);
}

static bool
is_asked_for(const void *ctx, const struct gv_lint_finding *finding)
{
	return gv_lint_view_counts(ctx, finding);
}

static int
make_patch(struct gv_lint_patch *out, const struct gv_ctx *ctx,
    const struct gv_lint_view *view, const struct gv_lint_opts *how)
{
	struct gv_team_rules rules = GV_TEAM_RULES_INIT;
	struct gv_lint_patch_opts from = { .read = how->read,
		.read_ctx = how->read_ctx,
		.wants = is_asked_for,
		.wants_ctx = view };
	int r;

	if ((r = gv_team_rules_load(&rules, ctx->repo)) == 0) {
		from.rules = rules.set;
		r = gv_lint_patch(out, view->report, view->graph, &from);
	}
	gv_team_rules_release(&rules);
	return r;
}

static int
show(struct gv_ctx *ctx, const struct gv_lint_view *view,
    const struct gv_lint_opts *how)
{
	const struct check_opts *o = ctx->opts;
	struct gv_json own = GV_JSON_INIT, *json = ctx->json;
	struct gv_lint_patch patch = { .done = 0 };
	size_t i;
	int r = 0;

	own.out = ctx->out;
	own.is_foreign = o->format == FORMAT_SARIF;
	if (o->write_baseline)
		return write_baseline(ctx, view);
	if (o->format == FORMAT_JSON && json == NULL)
		ctx->json = &own;
	if ((o->format == FORMAT_SARIF || o->patch) &&
	    (r = make_patch(&patch, ctx, view, how)) < 0)
		goto out;
	if (o->format == FORMAT_SARIF)
		gv_lint_report_sarif(&own, view, &patch);
	else if (o->format == FORMAT_JUNIT)
		gv_lint_report_junit(ctx, view);
	else if (o->patch)
		gv_lint_out_patch(ctx, &patch);
	else
		gv_lint_out(ctx, view);
	r = gv_json_flush(&own);
out:
	ctx->json = json;
	gv_json_release(&own);
	gv_lint_patch_release(&patch);
	if (r < 0)
		return r;
	for (i = 0; i < view->report->n; i++)
		if (gv_lint_view_counts(view, &view->report->findings[i]))
			return 1;
	return 0;
}

/* Whether what is asked for says no more than the report does. */
static bool
is_report_enough(const struct check_opts *o)
{
	return !o->patch && o->format != FORMAT_SARIF;
}

struct keeping {
	const struct gv_lint_kept *kept;
	const struct gv_repo *repo;
	const struct gv_lint_report *report;
};

static int
keep(void *ctx, int worker)
{
	const struct keeping *k = ctx;

	if (worker == 1)
		gv_lint_kept_save(k->kept, k->repo, k->report);
	return 0;
}

/* Another thread keeps the report meanwhile, if that is worth it. */
static int
show_and_keep(struct gv_ctx *ctx, const struct gv_lint_view *view,
    const struct gv_lint_opts *how, const struct gv_lint_kept *kept)
{
	struct keeping k = { kept, ctx->repo, view->report };
	struct gv_workers workers;
	int r;

	gv_workers_start(&workers, 2, keep, &k);
	r = show(ctx, view, how);
	(void)gv_workers_finish(&workers);
	return r;
}

static int
look(struct gv_ctx *ctx, struct gv_depgraph_loaded *loaded,
    struct gv_lint_view *view, struct gv_lint_opts *how)
{
	struct gv_lint_report report = { .n = 0 };
	struct gv_lint_kept kept;
	const bool may_keep = is_report_enough(ctx->opts);
	int r, shown = 0;

	view->report = &report;
	view->graph = &loaded->graph;
	gv_lint_kept_key(&kept, &loaded->kept, &loaded->graph, how);
	r = may_keep ? gv_lint_kept_load(
			   &report, &kept, ctx->repo, loaded->graph.n_files)
		     : 0;
	if (r != 0) {
		shown = r < 0 ? r : show(ctx, view, how);
		goto out;
	}
	if ((r = gv_depgraph_load_rest(loaded, ctx->repo, 0)) < 0)
		goto out;
	kept.has_key &= loaded->kept.has_key;
	gv_depgraph_settle(&loaded->graph);
	/* findings take what loading has left */
	gv_heap_trim();
	if ((r = gv_lint_run(&report, &loaded->graph, how)) < 0)
		goto out;
	if (!may_keep || !kept.has_key) {
		shown = show(ctx, view, how);
		goto out;
	}
	/* what is kept takes the memory of what only the rules need */
	gv_depgraph_unload_links(loaded);
	shown = show_and_keep(ctx, view, how, &kept);
out:
	view->report = NULL;
	gv_lint_release(&report);
	gv_lint_kept_release(&kept);
	return r < 0 ? r : shown;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct check_opts *o = ctx->opts;
	struct gv_depgraph_loaded loaded = { .n_read = 0 };
	struct gv_lint_team team = GV_LINT_TEAM_INIT;
	struct gv_lint_states states = GV_LINT_STATES_INIT;
	struct paths paths = { .n = 0 };
	struct gv_lint_opts how = {
		.now = ctx->now, .rules = o->rules.items, .n_rules = o->rules.n
	};
	struct gv_lint_view view = {
		.least = (enum gv_lint_severity)o->severity, .env = o->env
	};
	int r = check_opts(ctx);

	if (r == 0 && o->list_rules) {
		gv_lint_out_rules(ctx);
		return 0;
	}
	gv_heap_apart();
	if (r < 0 || (r = read_paths(&paths, ctx->repo, argc, argv)) < 0 ||
	    (r = gv_lint_team_load(&team, ctx, NULL)) < 0 ||
	    (o->write_baseline == NULL &&
		(r = gv_lint_team_add_baseline(&team, ctx, NULL)) < 0) ||
	    (o->baseline &&
		(r = gv_lint_team_add_file(&team, o->baseline)) < 0) ||
	    (r = gv_depgraph_load_files(&loaded, ctx->repo)) < 0 ||
	    (r = gv_lint_states_load(&states, ctx)) < 0)
		goto out;
	how.states = states.items;
	how.n_states = states.n;
	gv_lint_team_warn(&team, ctx);
	how.least = view.least;
	gv_lint_team_apply(&how, &team, NULL);
	view.paths = paths.items;
	view.n_paths = paths.n;
	r = look(ctx, &loaded, &view, &how);
out:
	gv_depgraph_unload(&loaded);
	gv_lint_states_release(&states);
	gv_lint_team_release(&team);
	release_paths(&paths);
	return r;
}

const struct gv_cmd cmd_check = {
	.name = "check",
	.summary = "find references, versions and values that do not fit "
		   "together",
	.usage = "[--env ENV] [--rule RULE] [--severity SEVERITY] "
		 "[--format FORMAT | --patch] [--baseline FILE] [PATH...]\n"
		 "--write-baseline FILE [--env ENV] [--rule RULE] "
		 "[--severity SEVERITY] [PATH...]\n"
		 "--list-rules",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER | GV_CMD_FORMAT,
	.opts = opts,
	.opts_size = sizeof(struct check_opts),
	.defaults = &defaults,
	.max_args = -1,
	.args = { GV_OPT_PATH },
	.run = run,
};
