#include "git-vault/config/config_report.h"

#include <string.h>

#include "base/buf.h"
#include "git-vault/front/json.h"
#include "git-vault/front/report.h"

static const char *const grades[] = { "error", "warning", "note" };

const char *
gv_config_verdict(const struct gv_param_report *report)
{
	switch (gv_param_verdict(report)) {
	case 0:
		return "valid";
	case 1:
		return "invalid";
	default:
		return "could not be checked";
	}
}

static size_t
count(const struct gv_param_report *report, enum gv_param_grade grade)
{
	size_t i, n = 0;

	for (i = 0; i < report->n; i++)
		n += report->items[i].grade == grade;
	return n;
}

static void
add_count(struct gv_buf *out, size_t n, const char *one)
{
	gv_buf_addf(out, "%zu %s%s", n, one, n == 1 ? "" : "s");
}

/* FILE:LINE:COLUMN, as much of it as is known. */
static void
add_place(struct gv_buf *out, const struct gv_param_problem *p)
{
	gv_buf_addstr(out, p->file);
	if (p->line)
		gv_buf_addf(out, ":%u", p->line);
	if (p->line && p->column)
		gv_buf_addf(out, ":%u", p->column);
}

/* ---- text ---------------------------------------------------------------- */

static void
add_where(struct gv_buf *out, const struct gv_param_problem *p)
{
	gv_buf_addf(out, " (%s", p->where ? p->where : "");
	if (p->n > 1)
		gv_buf_addf(out, " and %zu more", p->n - 1);
	gv_buf_addch(out, ')');
}

static void
add_sentence(struct gv_buf *out, const struct gv_param_problem *p)
{
	if (*p->key)
		gv_buf_addf(out, "%s: ", p->key);
	gv_buf_addstr(out, p->text);
}

static void
put_text(struct gv_buf *out, const struct gv_config_checked *c)
{
	const struct gv_param_report *r = c->report;
	const size_t wrong = count(r, GV_PARAM_WRONG);
	const size_t unsure = count(r, GV_PARAM_UNSURE);
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct gv_param_problem *p = &r->items[i];

		if (p->file) {
			add_place(out, p);
			gv_buf_addstr(out, ": ");
		}
		gv_buf_addf(
		    out, "%s: %s: ", gv_param_grades[p->grade], p->check);
		add_sentence(out, p);
		add_where(out, p);
		gv_buf_addch(out, '\n');
	}
	gv_buf_addf(out, "%s: ", gv_config_verdict(r));
	add_count(out, r->n_configs, "configuration");
	gv_buf_addstr(out, ", ");
	add_count(out, r->n_values, "value");
	if (wrong) {
		gv_buf_addstr(out, ", ");
		add_count(out, wrong, "error");
	}
	if (unsure)
		gv_buf_addf(out, ", %zu unknown", unsure);
	if (r->n_sealed)
		gv_buf_addf(out, ", %zu encrypted", r->n_sealed);
	if (r->n_references) {
		gv_buf_addstr(out, ", ");
		add_count(out, r->n_references, "reference");
		gv_buf_addstr(out, " not checked");
	}
	gv_buf_addch(out, '\n');
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_json(struct gv_json *j, const struct gv_config_checked *c)
{
	const struct gv_param_report *r = c->report;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_int(j, "schema", GV_JSON_SCHEMA);
	gv_json_string(j, "environment", c->env);
	gv_json_string(j, "at", c->at);
	gv_json_string(j, "verdict",
	    gv_param_verdict(r) == 0       ? "valid"
		: gv_param_verdict(r) == 1 ? "invalid"
					   : "unknown");
	gv_json_uint(j, "configurations", r->n_configs);
	gv_json_uint(j, "values", r->n_values);
	gv_json_uint(j, "encrypted", r->n_sealed);
	gv_json_uint(j, "references", r->n_references);
	gv_json_uint(j, "rules", r->n_rules);
	gv_json_uint(j, "schemas", r->n_schemas);
	if (c->has_good)
		gv_json_time(j, "last_good", c->good);
	else
		gv_json_null(j, "last_good");
	gv_json_array(j, "problems");
	for (i = 0; i < r->n; i++) {
		const struct gv_param_problem *p = &r->items[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "severity", gv_param_grades[p->grade]);
		gv_json_string(j, "check", p->check);
		gv_json_string(j, "key", p->key);
		if (p->file)
			gv_json_path(j, "file", p->file, strlen(p->file));
		else
			gv_json_null(j, "file");
		gv_json_uint(j, "line", p->line);
		gv_json_uint(j, "column", p->column);
		gv_json_string(j, "text", p->text);
		gv_json_string(j, "configuration", p->where);
		gv_json_uint(j, "configurations", p->n);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

/* ---- SARIF --------------------------------------------------------------- */

static const struct {
	const char *id, *summary;
} checks[] = {
	{ "api", "Kubernetes has the APIs that are named" },
	{ "approval", "the change has the approvals that rules ask for" },
	{ "certificate", "certificates have not ended" },
	{ "command", "the team's own commands find no fault" },
	{ "compatible", "what was good before fits what is there now" },
	{ "drift", "environments differ that should not" },
	{ "layer", "a layer can be read and merged" },
	{ "reference", "references to other vaults can name something" },
	{ "rule", "the rules between keys hold" },
	{ "schema", "values are as the schema says" },
	{ "secret", "secrets are opened, or can be" },
	{ "type", "a layer keeps the kinds of the values below it" },
	{ "version", "the version of the application fits the keys" },
};

#define N_CHECKS (sizeof(checks) / sizeof(checks[0]))

static void
put_result(struct gv_json *j, const struct gv_param_problem *p)
{
	struct gv_buf text = GV_BUF_INIT;

	add_sentence(&text, p);
	add_where(&text, p);
	gv_json_object(j, NULL);
	gv_json_string(j, "ruleId", p->check);
	gv_json_string(j, "level", grades[p->grade]);
	gv_report_text(j, "message", text.p ? text.p : "");
	gv_json_array(j, "locations");
	if (p->file) {
		gv_json_object(j, NULL);
		gv_json_object(j, "physicalLocation");
		gv_json_object(j, "artifactLocation");
		gv_report_uri(j, "uri", p->file);
		gv_json_string(j, "uriBaseId", "SRCROOT");
		gv_json_end(j);
		if (p->line) {
			gv_json_object(j, "region");
			gv_json_uint(j, "startLine", p->line);
			if (p->column)
				gv_json_uint(j, "startColumn", p->column);
			gv_json_end(j);
		}
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
	gv_buf_release(&text);
}

static void
put_sarif(struct gv_json *j, const struct gv_config_checked *c)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "$schema", GV_REPORT_SARIF_SCHEMA);
	gv_json_string(j, "version", "2.1.0");
	gv_json_array(j, "runs");
	gv_json_object(j, NULL);
	gv_json_object(j, "tool");
	gv_json_object(j, "driver");
	gv_json_string(j, "name", "git-vault");
	gv_json_string(j, "version", PACKAGE_VERSION);
	gv_json_array(j, "rules");
	for (i = 0; i < N_CHECKS; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "id", checks[i].id);
		gv_report_text(j, "shortDescription", checks[i].summary);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_array(j, "results");
	for (i = 0; i < c->report->n; i++)
		put_result(j, &c->report->items[i]);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
}

/* ---- JUnit --------------------------------------------------------------- */

/* A case for each problem, and one for each check without any. */
static void
put_junit(struct gv_buf *out, const struct gv_config_checked *c)
{
	const struct gv_param_report *r = c->report;
	const size_t wrong = count(r, GV_PARAM_WRONG);
	const size_t unsure = count(r, GV_PARAM_UNSURE);
	char now[GV_TIME_MAX];
	size_t i;

	gv_report_moment(now, c->now);
	gv_buf_addf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	    " <testsuite package=\"\" id=\"0\" name=\"git vault config "
	    "validate\" timestamp=\"%s\" hostname=\"localhost\" time=\"0\" "
	    "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n  <properties/>\n",
	    now, r->n ? r->n : 1, wrong, unsure);
	if (r->n == 0)
		gv_buf_addstr(out,
		    "  <testcase classname=\"config\" name=\"validate\" "
		    "time=\"0\"/>\n");
	for (i = 0; i < r->n; i++) {
		const struct gv_param_problem *p = &r->items[i];
		const char *tag = p->grade == GV_PARAM_WRONG ? "failure"
		    : p->grade == GV_PARAM_UNSURE            ? "error"
							     : NULL;

		gv_buf_addf(
		    out, "  <testcase classname=\"%s\" name=\"", p->check);
		gv_report_add_xml(out, p->where ? p->where : "");
		gv_buf_addstr(out, ": ");
		gv_report_add_xml(out, *p->key ? p->key : "all");
		gv_buf_addstr(out, "\" time=\"0\">\n");
		if (tag) {
			gv_buf_addf(out, "   <%s type=\"%s\" message=\"", tag,
			    gv_param_grades[p->grade]);
			if (p->file) {
				gv_report_add_xml(out, p->file);
				gv_buf_addf(
				    out, ":%u:%u: ", p->line, p->column);
			}
			gv_report_add_xml(out, p->text);
			gv_buf_addstr(out, "\"/>\n");
		}
		gv_buf_addstr(out, "  </testcase>\n");
	}
	gv_buf_addstr(out,
	    "  <system-out/>\n  <system-err/>\n </testsuite>\n"
	    "</testsuites>\n");
}

int
gv_config_report(struct gv_buf *out, const struct gv_config_checked *c,
    enum gv_config_form form)
{
	struct gv_json j = GV_JSON_INIT;

	switch (form) {
	case GV_CONFIG_JSON:
		put_json(&j, c);
		break;
	case GV_CONFIG_SARIF:
		j.is_foreign = true;
		put_sarif(&j, c);
		break;
	case GV_CONFIG_JUNIT:
		put_junit(out, c);
		break;
	case GV_CONFIG_HTML:
		gv_config_report_html(out, c);
		break;
	default:
		put_text(out, c);
		break;
	}
	if (j.buf.len)
		gv_buf_add(out, j.buf.p, j.buf.len);
	gv_json_release(&j);
	return gv_buf_check(out);
}
