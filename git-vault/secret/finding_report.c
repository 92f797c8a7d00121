#include "git-vault/secret/finding_report.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "detect/sweep.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/report.h"
#include "repo/repo.h"

#define GITLAB_VERSION "15.0.7"
#define NO_COMMIT      "0000000000000000000000000000000000000000"

/* "GitHub token in env.DB_TOKEN: ghp_… (40 bytes), likely" */
static void
add_message(struct gv_buf *out, const struct gv_finding *f)
{
	struct gv_buf label = GV_BUF_INIT;

	gv_buf_addstr(out, f->rule->description);
	if (gv_finding_add_label(&label, f))
		gv_buf_addf(out, " in %s", label.p);
	gv_buf_addstr(out, ": ");
	gv_finding_mask(out, f);
	if (gv_finding_encoding(f, 0))
		gv_buf_addf(out, " in %s", gv_finding_tell_encoding(f, 0));
	gv_buf_addf(out, ", %s", gv_finding_grades[f->grade]);
	gv_buf_release(&label);
}

static void
put_message(struct gv_json *j, const char *key, const struct gv_finding *f)
{
	struct gv_buf text = GV_BUF_INIT;

	add_message(&text, f);
	gv_json_string(j, key, text.p);
	gv_buf_release(&text);
}

/* The fingerprint; "" where there is no key. */
static void
set_fingerprint(char out[GV_IDKEY_TEXT + 1], const struct gv_sweep *sweep,
    const struct gv_finding *f)
{
	*out = '\0';
	if (sweep->key)
		gv_idkey_format(out, sweep->key, &f->fingerprint);
}

/* --- SARIF --- */

/* Every rule, so that a viewer knows what was looked for. */
static void
put_driver(struct gv_json *j, const struct gv_sweep *sweep)
{
	size_t n, i;
	const struct gv_finding_rule *rules = gv_sweep_rules(sweep, &n);

	gv_json_object(j, "tool");
	gv_json_object(j, "driver");
	gv_json_string(j, "name", "git-vault");
	gv_json_string(j, "version", PACKAGE_VERSION);
	gv_json_array(j, "rules");
	for (i = 0; i < n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "id", rules[i].id);
		gv_report_text(j, "shortDescription", rules[i].description);
		if (rules[i].remediation)
			gv_report_text(j, "help", rules[i].remediation);
		gv_json_object(j, "properties");
		gv_json_string(j, "severity", rules[i].severity);
		gv_json_array(j, "tags");
		gv_json_string(j, NULL, "secret");
		gv_json_string(j, NULL, rules[i].kind);
		gv_json_end(j);
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
}

/* Columns would have to be in characters, so the place is in bytes. */
static void
put_location(struct gv_json *j, const struct gv_finding *f)
{
	gv_json_array(j, "locations");
	gv_json_object(j, NULL);
	gv_json_object(j, "physicalLocation");
	gv_json_object(j, "artifactLocation");
	gv_report_uri(j, "uri", f->path);
	if (*f->path != '/')
		gv_json_string(j, "uriBaseId", "SRCROOT");
	gv_json_end(j);
	gv_json_object(j, "region");
	gv_json_uint(j, "startLine", f->line);
	gv_json_uint(j, "endLine", f->end_line);
	gv_json_uint(j, "byteOffset", f->at);
	gv_json_uint(j, "byteLength", f->len);
	gv_json_end(j);
	gv_json_end(j);
	if (f->key) {
		gv_json_array(j, "logicalLocations");
		gv_json_object(j, NULL);
		gv_json_string(j, "fullyQualifiedName", f->key);
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

static void
put_encodings(struct gv_json *j, const struct gv_finding *f)
{
	const char *word;
	size_t i;

	if (gv_finding_encoding(f, 0) == NULL)
		return;
	gv_json_object(j, "properties");
	gv_json_array(j, "encodings");
	for (i = 0; (word = gv_finding_encoding(f, i)); i++)
		gv_json_string(j, NULL, word);
	gv_json_end(j);
	gv_json_end(j);
}

static void
put_result(
    struct gv_json *j, const struct gv_sweep *sweep, const struct gv_finding *f)
{
	char text[GV_IDKEY_TEXT + 1];

	gv_json_object(j, NULL);
	gv_json_string(j, "ruleId", f->rule->id);
	gv_json_string(j, "level",
	    f->grade >= GV_FINDING_LIKELY         ? "error"
		: f->grade == GV_FINDING_POSSIBLE ? "warning"
						  : "note");
	gv_json_object(j, "message");
	put_message(j, "text", f);
	gv_json_end(j);
	put_location(j, f);
	put_encodings(j, f);
	set_fingerprint(text, sweep, f);
	if (*text) {
		gv_json_object(j, "partialFingerprints");
		gv_json_string(j, "gitVault/v1", text);
		gv_json_end(j);
	}
	if (f->allowed != GV_FINDING_OPEN) {
		gv_json_array(j, "suppressions");
		gv_json_object(j, NULL);
		gv_json_string(j, "kind",
		    f->allowed == GV_FINDING_BY_COMMENT ? "inSource"
							: "external");
		if (f->reason)
			gv_json_string(j, "justification", f->reason);
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
}

void
gv_finding_report_sarif(struct gv_json *j, const struct gv_sweep *sweep,
    enum gv_finding_grade least)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "$schema", GV_REPORT_SARIF_SCHEMA);
	gv_json_string(j, "version", "2.1.0");
	gv_json_array(j, "runs");
	gv_json_object(j, NULL);
	put_driver(j, sweep);
	gv_json_array(j, "invocations");
	gv_json_object(j, NULL);
	gv_json_bool(j, "executionSuccessful", sweep->n_notes == 0);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_array(j, "results");
	for (i = 0; i < sweep->n; i++)
		if (sweep->findings[i].grade >= least)
			put_result(j, sweep, &sweep->findings[i]);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
}

/* --- GitLab --- */

static void
put_program(struct gv_json *j, const char *key)
{
	gv_json_object(j, key);
	gv_json_string(j, "id", "git-vault");
	gv_json_string(j, "name", "git-vault");
	gv_json_string(j, "version", PACKAGE_VERSION);
	gv_json_object(j, "vendor");
	gv_json_string(j, "name", "git-vault");
	gv_json_end(j);
	gv_json_end(j);
}

static void
put_moment(struct gv_json *j, const char *key, int64_t now)
{
	char text[GV_TIME_MAX];

	gv_report_moment(text, now);
	gv_json_string(j, key, text);
}

static const char *
gitlab_severity(const char *severity)
{
	return strcmp(severity, "critical") == 0 ? "Critical"
	    : strcmp(severity, "high") == 0      ? "High"
	    : strcmp(severity, "medium") == 0    ? "Medium"
						 : "Low";
}

/* What identifies this finding in all reports. */
static void
put_id(
    struct gv_json *j, const struct gv_sweep *sweep, const struct gv_finding *f)
{
	struct gv_buf id = GV_BUF_INIT;
	char text[GV_IDKEY_TEXT + 1];

	set_fingerprint(text, sweep, f);
	gv_buf_addf(
	    &id, "%s:%u:%u", *text ? text : f->path, f->line, f->column);
	gv_json_string(j, "id", id.p);
	gv_buf_release(&id);
}

static void
put_vulnerability(struct gv_json *j, const struct gv_ctx *ctx,
    const struct gv_sweep *sweep, const struct gv_finding *f)
{
	char commit[GV_OID_HEX + 1] = NO_COMMIT;

	if (f->places)
		gv_oid_format(commit, &f->places->introduced);
	else if (ctx->repo)
		gv_oid_format(commit, &ctx->repo->head);
	gv_json_object(j, NULL);
	put_id(j, sweep, f);
	gv_json_string(j, "category", "secret_detection");
	gv_json_string(j, "name", f->rule->description);
	put_message(j, "description", f);
	gv_json_string(j, "severity", gitlab_severity(f->rule->severity));
	if (f->rule->remediation)
		gv_json_string(j, "solution", f->rule->remediation);
	gv_json_object(j, "location");
	gv_json_string(j, "file", f->path);
	gv_json_uint(j, "start_line", f->line);
	gv_json_uint(j, "end_line", f->end_line);
	gv_json_object(j, "commit");
	gv_json_string(j, "sha", commit);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_array(j, "identifiers");
	gv_json_object(j, NULL);
	gv_json_string(j, "type", "git_vault_rule");
	gv_json_string(j, "name", f->rule->id);
	gv_json_string(j, "value", f->rule->id);
	gv_json_end(j);
	gv_json_end(j);
	gv_json_end(j);
}

/* What was not scanned; without a word GitLab only shows that it failed. */
static void
put_unread(struct gv_json *j, const struct gv_sweep *sweep)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	if (sweep->n_notes == 0)
		return;
	gv_json_array(j, "messages");
	for (i = 0; i < sweep->n_notes; i++) {
		gv_buf_reset(&text);
		gv_buf_addf(&text, "%s was not scanned: %s",
		    sweep->notes[i].path, sweep->notes[i].reason);
		gv_json_object(j, NULL);
		gv_json_string(j, "level", "warn");
		gv_json_string(j, "value", text.p);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_buf_release(&text);
}

void
gv_finding_report_gitlab(struct gv_json *j, const struct gv_ctx *ctx,
    const struct gv_sweep *sweep, enum gv_finding_grade least)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "version", GITLAB_VERSION);
	gv_json_object(j, "scan");
	put_program(j, "analyzer");
	put_program(j, "scanner");
	gv_json_string(j, "type", "secret_detection");
	put_moment(j, "start_time", ctx->now);
	put_moment(j, "end_time", ctx->now);
	gv_json_string(j, "status", sweep->n_notes ? "failure" : "success");
	put_unread(j, sweep);
	gv_json_end(j);
	gv_json_array(j, "vulnerabilities");
	for (i = 0; i < sweep->n; i++)
		if (gv_finding_counts(&sweep->findings[i], least))
			put_vulnerability(j, ctx, sweep, &sweep->findings[i]);
	gv_json_end(j);
	gv_json_end(j);
}

/* --- JUnit ---
 *
 * There is no one schema: this keeps the one of Ant's reports, which asks for
 * most, and so that of Jenkins.
 */

static void
put_case(struct gv_out *out, const struct gv_finding *f)
{
	struct gv_buf text = GV_BUF_INIT;

	add_message(&text, f);
	gv_out_printf(out, "  <testcase classname=\"");
	gv_report_xml(out, *f->path ? f->path : "(standard input)");
	gv_out_printf(out, "\" name=\"%s, line %u, column %u\" time=\"0\">\n",
	    f->rule->id, f->line, f->column);
	gv_out_printf(
	    out, "   <failure type=\"%s\" message=\"", f->rule->severity);
	gv_report_xml(out, text.p);
	gv_out_printf(out, "\"/>\n  </testcase>\n");
	gv_buf_release(&text);
}

static void
put_error(struct gv_out *out, const struct gv_sweep_note *note)
{
	gv_out_printf(out, "  <testcase classname=\"");
	gv_report_xml(out, note->path);
	gv_out_printf(out,
	    "\" name=\"is scanned\" time=\"0\">\n"
	    "   <error type=\"unread\" message=\"");
	gv_report_xml(out, note->reason);
	gv_out_printf(out, "\"/>\n  </testcase>\n");
}

/* A case for each finding and what could not be read; where there is neither,
 * one that passes. */
void
gv_finding_report_junit(const struct gv_ctx *ctx, const struct gv_sweep *sweep,
    enum gv_finding_grade least)
{
	struct gv_out *out = ctx->out;
	char now[GV_TIME_MAX];
	size_t failures = 0, i;

	gv_report_moment(now, ctx->now);
	for (i = 0; i < sweep->n; i++)
		failures += gv_finding_counts(&sweep->findings[i], least);
	i = failures + sweep->n_notes;
	gv_out_printf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	    " <testsuite package=\"\" id=\"0\" name=\"git vault scan\" "
	    "timestamp=\"%s\" hostname=\"localhost\" time=\"0\" "
	    "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n"
	    "  <properties/>\n",
	    now, i ? i : 1, failures, sweep->n_notes);
	if (i == 0)
		gv_out_printf(out,
		    "  <testcase classname=\"git vault scan\" "
		    "name=\"%" PRIu64 " files\" time=\"0\"/>\n",
		    sweep->files);
	for (i = 0; i < sweep->n && !gv_out_stopped(out); i++)
		if (gv_finding_counts(&sweep->findings[i], least))
			put_case(out, &sweep->findings[i]);
	for (i = 0; i < sweep->n_notes; i++)
		put_error(out, &sweep->notes[i]);
	gv_out_printf(out,
	    "  <system-out/>\n  <system-err/>\n"
	    " </testsuite>\n</testsuites>\n");
}
