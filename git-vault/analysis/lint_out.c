#include "git-vault/analysis/lint_out.h"

#include <string.h>

#include "base/buf.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "graph/depgraph.h"
#include "lint/lint_patch.h"

#define PLACES_MOST 3 /* that are listed with a finding; -v lists all */

static const enum gv_out_slot slots[] = {
	[GV_LINT_INFO] = GV_OUT_DIM,
	[GV_LINT_WARNING] = GV_OUT_CHANGED,
	[GV_LINT_ERROR] = GV_OUT_REMOVED,
};

/* ---- which are shown ----------------------------------------------------- */

static bool
is_in(const struct gv_lint_view *view, const struct gv_depgraph_file *file)
{
	size_t i, len;

	for (i = 0; i < view->n_paths; i++) {
		len = strlen(view->paths[i]);
		if (len == 0 ||
		    (file->len >= len &&
			memcmp(file->path, view->paths[i], len) == 0 &&
			(file->path[len] == '\0' || file->path[len] == '/')))
			return true;
	}
	return view->n_paths == 0;
}

bool
gv_lint_view_has(
    const struct gv_lint_view *view, const struct gv_lint_finding *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct gv_depgraph_file *file =
		    &view->graph->files[f->places[i].file];

		if (is_in(view, file) &&
		    (view->env == NULL || file->env == NULL ||
			strcmp(view->env, file->env) == 0))
			return true;
	}
	return false;
}

bool
gv_lint_view_counts(
    const struct gv_lint_view *view, const struct gv_lint_finding *f)
{
	return f->allowed == GV_LINT_OPEN && f->severity >= view->least &&
	    gv_lint_view_has(view, f);
}

/* ---- text ---------------------------------------------------------------- */

static void
print_place(struct gv_ctx *ctx, const struct gv_lint_view *view,
    const struct gv_lint_place *place)
{
	const struct gv_depgraph_file *file = &view->graph->files[place->file];

	gv_out_path(ctx->out, file->path, file->len);
	if (place->line)
		gv_out_printf(ctx->out, ":%u", place->line);
}

/* "also a.tf:3, b.tf:9 and 4 more" */
static void
print_others(struct gv_ctx *ctx, const struct gv_lint_view *view,
    const struct gv_lint_finding *f)
{
	const size_t n =
	    ctx->verbosity > 0 || f->n <= PLACES_MOST + 1 ? f->n : PLACES_MOST;
	size_t i;

	if (f->n < 2)
		return;
	gv_out_printf(ctx->out, "    also ");
	for (i = 1; i < n; i++) {
		gv_out_printf(ctx->out, i > 1 ? ", " : "");
		print_place(ctx, view, &f->places[i]);
	}
	if (n < f->n)
		gv_out_printf(ctx->out, " and %zu more", f->n - n);
	gv_out_printf(ctx->out, "\n");
}

static void
print_finding(struct gv_ctx *ctx, const struct gv_lint_view *view,
    const struct gv_lint_finding *f)
{
	const size_t mark = gv_out_fold_begin(ctx->out);

	/* there may be half a million, so that few parts have a format */
	gv_out_paint(ctx->out, slots[f->severity],
	    "%s:", gv_lint_severities[f->severity]);
	gv_out_write(ctx->out, " ", 1);
	print_place(ctx, view, &f->places[0]);
	gv_out_write(ctx->out, ": ", 2);
	gv_out_text(ctx->out, f->text, strlen(f->text));
	gv_out_paint(ctx->out, GV_OUT_DIM, " [%s]", f->rule->id);
	gv_out_write(ctx->out, "\n", 1);
	print_others(ctx, view, f);
	gv_out_fold_end(ctx->out, mark);
}

/* "2 errors, 1 warning; not shown: 4 notes (see --severity); 3 allowed" */
static void
add_sums(struct gv_buf *out, const struct gv_lint_view *view)
{
	static const char *const names[] = { "note", "warning", "error" };
	size_t counts[GV_LINT_ERROR + 1] = { 0 }, allowed = 0, hidden = 0, i;
	int s;

	for (i = 0; i < view->report->n; i++) {
		const struct gv_lint_finding *f = &view->report->findings[i];

		if (!gv_lint_view_has(view, f))
			continue;
		if (f->allowed != GV_LINT_OPEN)
			allowed++;
		else
			counts[f->severity]++;
	}
	for (s = GV_LINT_ERROR; s >= (int)view->least; s--)
		if (counts[s])
			gv_buf_addf(out, "%s%zu %s%s", out->len ? ", " : "",
			    counts[s], names[s], counts[s] == 1 ? "" : "s");
	if (out->len == 0)
		gv_buf_addstr(out, "nothing found");
	for (s = (int)view->least - 1; s >= 0; s--) {
		if (counts[s] == 0)
			continue;
		gv_buf_addf(out, "%s%zu %s%s",
		    hidden ? ", " : "; not shown: ", counts[s], names[s],
		    counts[s] == 1 ? "" : "s");
		hidden += counts[s];
	}
	if (hidden)
		gv_buf_addstr(out, " (see --severity)");
	if (allowed)
		gv_buf_addf(out, "; %zu allowed", allowed);
}

static void
say_sums(struct gv_ctx *ctx, const struct gv_lint_view *view)
{
	char files[GV_OUT_SIZE_MAX], edges[GV_OUT_SIZE_MAX];
	struct gv_buf text = GV_BUF_INIT;

	add_sums(&text, view);
	gv_out_count(files, view->report->files, "file");
	gv_out_count(edges, view->report->edges, "reference");
	gv_out_say(ctx->out, "checked %s with %s: %s", files, edges, text.p);
	if (view->report->computed)
		gv_out_say(ctx->out,
		    "%zu of the references have a computed target, which was "
		    "not checked",
		    view->report->computed);
	gv_buf_release(&text);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
json_finding(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_finding *f)
{
	static const char *const by[] = { NULL, "comment", "policy",
		"baseline" };
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "rule", f->rule->id);
	gv_json_string(j, "severity", gv_lint_severities[f->severity]);
	gv_json_string(j, "message", f->text);
	gv_json_string(j, "subject", f->subject);
	gv_json_array(j, "places");
	for (i = 0; i < f->n; i++) {
		const struct gv_depgraph_file *file =
		    &view->graph->files[f->places[i].file];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", file->path, file->len);
		if (f->places[i].line)
			gv_json_uint(j, "line", f->places[i].line);
		else
			gv_json_null(j, "line");
		gv_json_string(j, "environment", file->env);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_string(j, "allowed_by", by[f->allowed]);
	gv_json_string(j, "reason", f->reason && *f->reason ? f->reason : NULL);
	gv_json_end(j);
}

static void
json_all(struct gv_json *j, const struct gv_lint_view *view)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "findings");
	for (i = 0; i < view->report->n; i++)
		if (gv_lint_view_has(view, &view->report->findings[i]) &&
		    view->report->findings[i].severity >= view->least)
			json_finding(j, view, &view->report->findings[i]);
	gv_json_end(j);
	gv_json_uint(j, "files", view->report->files);
	gv_json_uint(j, "references", view->report->edges);
	gv_json_uint(j, "computed", view->report->computed);
	gv_json_end(j);
}

void
gv_lint_out(struct gv_ctx *ctx, const struct gv_lint_view *view)
{
	size_t i;

	if (ctx->json) {
		json_all(ctx->json, view);
		return;
	}
	for (i = 0; i < view->report->n && !gv_out_stopped(ctx->out); i++)
		if (gv_lint_view_counts(view, &view->report->findings[i]))
			print_finding(ctx, view, &view->report->findings[i]);
	say_sums(ctx, view);
}

/* ---- a patch ------------------------------------------------------------- */

void
gv_lint_out_patch(struct gv_ctx *ctx, const struct gv_lint_patch *patch)
{
	char left[GV_OUT_SIZE_MAX];

	gv_out_pass_patch(ctx->out, patch->text.p, patch->text.len);
	gv_out_count(left, patch->left, "finding");
	if (patch->left)
		gv_out_say(ctx->out,
		    "%s %s no certain remedy; to list them: git vault check",
		    left, patch->left == 1 ? "has" : "have");
}

/* ---- the rules ----------------------------------------------------------- */

void
gv_lint_out_rules(struct gv_ctx *ctx)
{
	static const struct gv_out_column columns[] = {
		{ .head = "RULE", .whole = true },
		{ .head = "SEVERITY", .whole = true },
		{ .head = "FINDS", .wrap = true },
	};
	size_t n, i;
	const struct gv_lint_rule *rules = gv_lint_rules(&n);

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "rules");
		for (i = 0; i < n; i++) {
			gv_json_object(ctx->json, NULL);
			gv_json_string(ctx->json, "id", rules[i].id);
			gv_json_string(ctx->json, "severity",
			    gv_lint_severities[rules[i].severity]);
			gv_json_string(
			    ctx->json, "description", rules[i].summary);
			gv_json_end(ctx->json);
		}
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_columns(ctx->out, columns, 3);
	for (i = 0; i < n; i++) {
		gv_out_cell_text(ctx->out, GV_OUT_TAG, rules[i].id);
		gv_out_cell_text(ctx->out, slots[rules[i].severity],
		    gv_lint_severities[rules[i].severity]);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rules[i].summary);
	}
	gv_out_columns_end(ctx->out);
}
