#include "git-vault/analysis/lint_report.h"

#include "base/buf.h"
#include "git-vault/analysis/lint_out.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/report.h"
#include "graph/depgraph.h"
#include "lint/lint_patch.h"

/* ---- SARIF --------------------------------------------------------------- */

static const char *const levels[] = {
	[GV_LINT_INFO] = "note",
	[GV_LINT_WARNING] = "warning",
	[GV_LINT_ERROR] = "error",
};

static void
put_driver(struct gv_json *j)
{
	size_t n, i;
	const struct gv_lint_rule *rules = gv_lint_rules(&n);

	gv_json_object(j, "tool");
	gv_json_object(j, "driver");
	gv_json_string(j, "name", "git-vault");
	gv_json_string(j, "version", PACKAGE_VERSION);
	gv_json_array(j, "rules");
	for (i = 0; i < n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "id", rules[i].id);
		gv_report_text(j, "shortDescription", rules[i].summary);
		gv_json_object(j, "defaultConfiguration");
		gv_json_string(j, "level", levels[rules[i].severity]);
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
}

static void
put_artifact(struct gv_json *j, const struct gv_lint_view *view, uint32_t file)
{
	gv_json_object(j, "artifactLocation");
	gv_report_uri(j, "uri", view->graph->files[file].path);
	gv_json_string(j, "uriBaseId", "SRCROOT");
	gv_json_end(j);
}

static void
put_location(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_place *place)
{
	gv_json_object(j, NULL);
	gv_json_object(j, "physicalLocation");
	put_artifact(j, view, place->file);
	if (place->line) {
		gv_json_object(j, "region");
		gv_json_uint(j, "startLine", place->line);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

/* Changes [i, end) are of one file. */
static void
put_changes(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_change *c, size_t n)
{
	size_t i;

	gv_json_object(j, NULL);
	put_artifact(j, view, c->place.file);
	gv_json_array(j, "replacements");
	for (i = 0; i < n; i++) {
		gv_json_object(j, NULL);
		gv_json_object(j, "deletedRegion");
		gv_json_uint(j, "startLine", c[i].place.line);
		gv_json_uint(j, "startColumn", c[i].from);
		gv_json_uint(j, "endColumn", c[i].to);
		gv_json_end(j);
		gv_report_text(j, "insertedContent", c[i].fix->now);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

/* Its places are by file. */
static void
put_fix(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_change *c, size_t n)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i, end;

	gv_buf_addf(&text, "replace '%s' by '%s'", c->fix->was, c->fix->now);
	gv_json_array(j, "fixes");
	gv_json_object(j, NULL);
	gv_report_text(j, "description", text.p);
	gv_json_array(j, "artifactChanges");
	for (i = 0; i < n; i = end) {
		for (end = i; end < n && c[end].place.file == c[i].place.file;)
			end++;
		put_changes(j, view, &c[i], end - i);
	}
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
	gv_buf_release(&text);
}

/* The changes of a finding, of which *at is the first one that was not put yet.
 */
static void
put_fix_of(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_finding *f, const struct gv_lint_patch *patch,
    size_t *at)
{
	size_t n = 0;

	while (*at < patch->n_changes && patch->changes[*at].finding < f)
		(*at)++;
	while (
	    *at + n < patch->n_changes && patch->changes[*at + n].finding == f)
		n++;
	if (n)
		put_fix(j, view, &patch->changes[*at], n);
}

static void
put_result(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_finding *f, const struct gv_lint_patch *patch,
    size_t *at)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "ruleId", f->rule->id);
	gv_json_string(j, "level", levels[f->severity]);
	gv_report_text(j, "message", f->text);
	gv_json_array(j, "locations");
	put_location(j, view, &f->places[0]);
	gv_json_end(j);
	if (f->n > 1) {
		gv_json_array(j, "relatedLocations");
		for (i = 1; i < f->n; i++)
			put_location(j, view, &f->places[i]);
		gv_json_end(j);
	}
	gv_json_object(j, "partialFingerprints");
	gv_json_string(j, "gitVault/v1", f->subject);
	gv_json_end(j);
	put_fix_of(j, view, f, patch, at);
	if (f->allowed != GV_LINT_OPEN) {
		gv_json_array(j, "suppressions");
		gv_json_object(j, NULL);
		gv_json_string(j, "kind",
		    f->allowed == GV_LINT_BY_COMMENT ? "inSource" : "external");
		if (f->reason && *f->reason)
			gv_json_string(j, "justification", f->reason);
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
}

void
gv_lint_report_sarif(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_patch *patch)
{
	size_t i, at = 0;

	gv_json_object(j, NULL);
	gv_json_string(j, "$schema", GV_REPORT_SARIF_SCHEMA);
	gv_json_string(j, "version", "2.1.0");
	gv_json_array(j, "runs");
	gv_json_object(j, NULL);
	gv_json_string(j, "columnKind", "unicodeCodePoints");
	put_driver(j);
	gv_json_array(j, "results");
	for (i = 0; i < view->report->n; i++)
		if (view->report->findings[i].severity >= view->least &&
		    gv_lint_view_has(view, &view->report->findings[i]))
			put_result(
			    j, view, &view->report->findings[i], patch, &at);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
}

/* ---- JUnit --------------------------------------------------------------- */

static void
put_case(struct gv_out *out, const struct gv_lint_view *view,
    const struct gv_lint_finding *f)
{
	gv_out_printf(out, "  <testcase classname=\"");
	gv_report_xml(out, view->graph->files[f->places[0].file].path);
	gv_out_printf(
	    out, "\" name=\"%s, line %u, ", f->rule->id, f->places[0].line);
	gv_report_xml(out, f->subject);
	gv_out_printf(out, "\" time=\"0\">\n   <failure type=\"%s\" message=\"",
	    gv_lint_severities[f->severity]);
	gv_report_xml(out, f->text);
	gv_out_printf(out, "\"/>\n  </testcase>\n");
}

void
gv_lint_report_junit(const struct gv_ctx *ctx, const struct gv_lint_view *view)
{
	struct gv_out *out = ctx->out;
	char now[GV_TIME_MAX];
	size_t failures = 0, i;

	gv_report_moment(now, ctx->now);
	for (i = 0; i < view->report->n; i++)
		failures +=
		    gv_lint_view_counts(view, &view->report->findings[i]);
	gv_out_printf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	    " <testsuite package=\"\" id=\"0\" name=\"git vault check\" "
	    "timestamp=\"%s\" hostname=\"localhost\" time=\"0\" "
	    "tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n"
	    "  <properties/>\n",
	    now, failures ? failures : 1, failures);
	if (failures == 0)
		gv_out_printf(out,
		    "  <testcase classname=\"git vault check\" "
		    "name=\"%zu files\" time=\"0\"/>\n",
		    view->report->files);
	for (i = 0; i < view->report->n && !gv_out_stopped(out); i++)
		if (gv_lint_view_counts(view, &view->report->findings[i]))
			put_case(out, view, &view->report->findings[i]);
	gv_out_printf(out,
	    "  <system-out/>\n  <system-err/>\n"
	    " </testsuite>\n</testsuites>\n");
}
