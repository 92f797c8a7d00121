#include "lint_report.h"

#include "lint_out.h"
#include "cmd.h"
#include "graph/depgraph.h"
#include "json.h"
#include "out.h"
#include "report.h"

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
put_location(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_place *place)
{
	gv_json_object(j, NULL);
	gv_json_object(j, "physicalLocation");
	gv_json_object(j, "artifactLocation");
	gv_report_uri(j, "uri", view->graph->files[place->file].path);
	gv_json_string(j, "uriBaseId", "SRCROOT");
	gv_json_end(j);
	if (place->line) {
		gv_json_object(j, "region");
		gv_json_uint(j, "startLine", place->line);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

static void
put_result(struct gv_json *j, const struct gv_lint_view *view,
    const struct gv_lint_finding *f)
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
gv_lint_report_sarif(struct gv_json *j, const struct gv_lint_view *view)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "$schema", GV_REPORT_SARIF_SCHEMA);
	gv_json_string(j, "version", "2.1.0");
	gv_json_array(j, "runs");
	gv_json_object(j, NULL);
	put_driver(j);
	gv_json_array(j, "results");
	for (i = 0; i < view->report->n; i++)
		if (view->report->findings[i].severity >= view->least &&
		    gv_lint_view_has(view, &view->report->findings[i]))
			put_result(j, view, &view->report->findings[i]);
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
