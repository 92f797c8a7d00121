#include "git-vault/recovery/drill_report.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/time.h"
#include "drill/drill.h"
#include "git-vault/front/json.h"
#include "git-vault/front/report.h"
#include "git-vault/recovery/drill_out.h"
#include "sandbox/sandbox.h"
#include "sys/file.h"

/* ---- JUnit --------------------------------------------------------------- */

static void
put_case(struct gv_buf *out, const char *class, const char *name,
    enum gv_drill_result result, int64_t ms, const char *detail)
{
	gv_buf_addf(out, "  <testcase classname=\"");
	gv_report_add_xml(out, class);
	gv_buf_addf(out, "\" name=\"");
	gv_report_add_xml(out, name);
	gv_buf_addf(out, "\" time=\"%.3f\"", (double)ms / 1000);
	switch (result) {
	case GV_DRILL_FAILED:
		gv_buf_addf(out, ">\n   <failure type=\"failed\" message=\"");
		break;
	case GV_DRILL_COULD_NOT:
	case GV_DRILL_NOT_RUN:
		gv_buf_addf(out, ">\n   <skipped message=\"");
		break;
	default:
		gv_buf_addf(out, "/>\n");
		return;
	}
	gv_report_add_xml(out, detail);
	gv_buf_addf(out, "\"/>\n  </testcase>\n");
}

static void
count(const struct gv_drill *d, size_t *failed, size_t *skipped)
{
	size_t i;

	*failed = *skipped = 0;
	for (i = 0; i < GV_DRILL_STAGES + d->n_validations; i++) {
		const enum gv_drill_result r = i < GV_DRILL_STAGES
		    ? d->steps[i].result
		    : d->validations[i - GV_DRILL_STAGES].result;

		*failed += r == GV_DRILL_FAILED;
		*skipped += r == GV_DRILL_COULD_NOT || r == GV_DRILL_NOT_RUN;
	}
}

void
gv_drill_report_junit(struct gv_buf *out, const struct gv_drill *d)
{
	char now[GV_TIME_MAX];
	size_t failed, skipped, i;

	gv_report_moment(now, d->started);
	count(d, &failed, &skipped);
	gv_buf_addf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	    " <testsuite package=\"\" id=\"0\" name=\"git vault drill\" "
	    "timestamp=\"%s\" hostname=\"",
	    now);
	gv_report_add_xml(out, d->host);
	gv_buf_addf(out,
	    "\" time=\"%.3f\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
	    "skipped=\"%zu\">\n  <properties/>\n",
	    (double)d->ms / 1000, GV_DRILL_STAGES + d->n_validations, failed,
	    skipped);
	for (i = 0; i < GV_DRILL_STAGES; i++)
		put_case(out, "drill",
		    gv_drill_stage_name((enum gv_drill_stage)i),
		    d->steps[i].result, d->steps[i].ms,
		    d->steps[i].detail ? d->steps[i].detail : "");
	for (i = 0; i < d->n_validations; i++) {
		const struct gv_drill_validation *v = &d->validations[i];

		put_case(out, v->validator, v->path, v->result, (int64_t)v->ms,
		    v->detail);
	}
	gv_buf_addf(out,
	    "  <system-out/>\n  <system-err/>\n"
	    " </testsuite>\n</testsuites>\n");
}

/* ---- HTML ---------------------------------------------------------------- */

static const char style[] =
    ":root{color-scheme:light dark;--line:#8884;--good:#1a7f37;--bad:#cf222e;"
    "--part:#9a6700;--soft:#6e7781}\n"
    "@media(prefers-color-scheme:dark){:root{--good:#3fb950;--bad:#ff7b72;"
    "--part:#d29922;--soft:#9da7b3}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;"
    "padding:0 1rem}\n"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}\n"
    ".sub,dt,.ms,.none{color:var(--soft)}.passed,.failed,.part,.none{white-space:nowrap}\n"
    ".verdict{border-left:.4rem solid;padding:.6rem 1rem;margin:1.2rem 0}\n"
    ".passed{color:var(--good)}.failed{color:var(--bad)}.part{color:"
    "var(--part)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;"
    "margin:0}dd{margin:0;overflow-wrap:anywhere}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "td,th{text-align:left;padding:.35rem .7rem .35rem 0;border-top:1px solid "
    "var(--line);vertical-align:top}th{border:0;color:var(--soft);"
    "font-weight:normal}\n"
    "td:last-child{overflow-wrap:anywhere}.ms{text-align:right;"
    "white-space:nowrap}\n"
    ".bar{width:30%;min-width:8rem}.bar i{display:block;height:.7rem;"
    "margin-top:.4rem;background:currentColor;border-radius:2px;"
    "min-width:2px}\n"
    "code{background:var(--line);padding:.1rem .4rem;border-radius:3px}\n"
    "@media print{body{margin:0}}\n";

static const char *
class_of(enum gv_drill_result result)
{
	switch (result) {
	case GV_DRILL_PASSED:
		return "passed";
	case GV_DRILL_FAILED:
		return "failed";
	case GV_DRILL_COULD_NOT:
		return "part";
	default:
		return "none";
	}
}

static void
put_term(struct gv_buf *out, const char *term, const char *text)
{
	gv_buf_addf(out, "<dt>%s</dt><dd>", term);
	gv_report_add_xml(out, text);
	gv_buf_addf(out, "</dd>\n");
}

/* Two units, of which the second is left out where it is 0. */
static void
add_span(struct gv_buf *out, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" },
		{ 1, "s" } };
	size_t i = 0;

	while (units[i].seconds > 1 && seconds < units[i].seconds)
		i++;
	gv_buf_addf(out, "%lld %s", (long long)(seconds / units[i].seconds),
	    units[i].name);
	seconds %= units[i].seconds;
	if (units[i].seconds > 1 && seconds >= units[i + 1].seconds)
		gv_buf_addf(out, " %lld %s",
		    (long long)(seconds / units[i + 1].seconds),
		    units[i + 1].name);
}

static void
put_span(struct gv_buf *out, const char *term, int64_t seconds, int64_t most)
{
	gv_buf_addf(out, "<dt>%s</dt><dd class=\"%s\">", term,
	    seconds <= most ? "passed" : "failed");
	add_span(out, seconds);
	gv_buf_addstr(out, " of ");
	add_span(out, most);
	gv_buf_addstr(out, "</dd>\n");
}

static void
put_since(struct gv_buf *out, const struct gv_drill *d)
{
	gv_buf_addf(out, "<dt>Since %s passed</dt><dd>", d->since.drill);
	if (d->since.what == NULL) {
		gv_buf_addstr(out, "nothing that is known has changed</dd>\n");
		return;
	}
	gv_report_add_xml(out, d->since.what);
	gv_buf_addstr(out, " has changed: ");
	gv_report_add_xml(out, d->since.was);
	gv_buf_addstr(out, " \342\206\222 ");
	gv_report_add_xml(out, d->since.is);
	gv_buf_addstr(out, "</dd>\n");
}

static void
put_facts(struct gv_buf *out, const struct gv_drill *d)
{
	char text[GV_TIME_MAX];

	gv_buf_addf(out, "<dl>\n");
	put_term(out, "Drill", d->id);
	if (d->env)
		put_term(out, "Environment", d->env);
	put_term(out, "Snapshot", d->snapshot ? d->snapshot : "-");
	gv_time_rfc3339(text, d->snapshot_time);
	put_term(out, "Taken", text);
	put_term(out, "From the remote", d->remote ? d->remote : "-");
	put_term(out, "Keyring", d->keyring ? d->keyring : "none");
	gv_time_rfc3339(text, d->started);
	put_term(out, "Started", text);
	put_term(out, "On", d->host);
	put_term(out, "By", d->user);
	put_term(out, "With", d->version);
	put_span(out, "Recovery time", d->ms / 1000, d->rto);
	put_span(out, "Age of the data", gv_drill_age(d), d->rpo);
	if (d->sandbox)
		put_term(out, "Sandbox",
		    gv_sandbox_level_name((enum gv_sandbox_level)d->sandbox));
	if (d->is_random)
		gv_buf_addf(out, "<dt>Chosen</dt><dd>by the seed %llu</dd>\n",
		    (unsigned long long)d->seed);
	if (d->since.drill)
		put_since(out, d);
	if (d->fault)
		put_term(out, "Broken on purpose", gv_drill_faults[d->fault]);
	gv_buf_addf(out, "</dl>\n");
}

/* Stages as a timeline: each bar begins where the one before ended. */
static void
put_stages(struct gv_buf *out, const struct gv_drill *d)
{
	int64_t at = 0, all = d->ms > 0 ? d->ms : 1;
	int i;

	gv_buf_addf(out,
	    "<h2>Stages</h2>\n<table>\n<tr><th>Stage<th>Result<th class=\"ms\">"
	    "Time<th>Timeline<th>Detail</tr>\n");
	for (i = 0; i < GV_DRILL_STAGES; i++) {
		const struct gv_drill_step *s = &d->steps[i];

		gv_buf_addf(out,
		    "<tr><td>%s<td class=\"%s\">%s<td class=\"ms\">%.1f s"
		    "<td class=\"bar %s\"><i style=\"margin-left:%lld%%;"
		    "width:%lld%%\"></i><td>",
		    gv_drill_stage_name((enum gv_drill_stage)i),
		    class_of(s->result), gv_drill_result_name(s->result),
		    (double)s->ms / 1000, class_of(s->result),
		    (long long)(at * 100 / all),
		    (long long)(s->ms * 100 / all));
		gv_report_add_xml(out, s->detail ? s->detail : "");
		gv_buf_addf(out, "</tr>\n");
		at += s->ms;
	}
	gv_buf_addf(out, "</table>\n");
}

static void
put_validations(struct gv_buf *out, const struct gv_drill *d)
{
	size_t i;

	if (d->n_validations == 0)
		return;
	gv_buf_addf(out,
	    "<h2>Checks of the tools</h2>\n<table>\n<tr><th>Tool<th>Of<th>"
	    "Result<th class=\"ms\">Time<th>Detail</tr>\n");
	for (i = 0; i < d->n_validations; i++) {
		const struct gv_drill_validation *v = &d->validations[i];

		gv_buf_addf(out, "<tr><td>");
		gv_report_add_xml(out, v->validator);
		gv_buf_addf(out, "<td>");
		gv_report_add_xml(out, v->path);
		gv_buf_addf(out,
		    "<td class=\"%s\">%s<td class=\"ms\">%.1f s<td>",
		    class_of(v->result), gv_drill_result_name(v->result),
		    (double)v->ms / 1000);
		gv_report_add_xml(out, v->detail);
		gv_buf_addf(out, "</tr>\n");
	}
	gv_buf_addf(out, "</table>\n");
}

static void
put_verdict(struct gv_buf *out, const struct gv_drill *d)
{
	gv_buf_addf(
	    out, "<div class=\"verdict %s\"><strong>", class_of(d->result));
	if (d->result == GV_DRILL_FAILED) {
		gv_buf_addf(out, "The recovery fails: ");
		gv_report_add_xml(
		    out, d->cause.message ? d->cause.message : "");
		gv_buf_addf(out, "</strong>");
		if (d->cause.next && *d->cause.next) {
			gv_buf_addf(out, "<br>Next: <code>");
			gv_report_add_xml(out, d->cause.next);
			gv_buf_addf(out, "</code>");
		}
	} else {
		gv_buf_addf(out, "%s</strong>",
		    d->result == GV_DRILL_PASSED
			? "The recovery works"
			: "The recovery works as far as it was tried");
	}
	gv_buf_addf(out, "</div>\n");
}

void
gv_drill_report_html(struct gv_buf *out, const struct gv_drill *d)
{
	gv_buf_addf(out,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	    "'none'; style-src 'unsafe-inline'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<title>Recovery drill %s</title>\n<style>\n%s</style>\n</head>\n"
	    "<body>\n<h1>Recovery drill</h1>\n<div class=\"sub\">a fresh clone, "
	    "with nothing of this machine but its key</div>\n",
	    d->id, style);
	put_verdict(out, d);
	put_facts(out, d);
	put_stages(out, d);
	put_validations(out, d);
	gv_buf_addf(out, "</body>\n</html>\n");
}

/* ---- files --------------------------------------------------------------- */

static int
save(const char *dir, const struct gv_drill *d, const char *kind,
    const struct gv_buf *bytes)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/%s.%s", dir, d->id, kind);
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(bytes)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, bytes->p, bytes->len, 0666, false);
	gv_buf_release(&path);
	return r;
}

int
gv_drill_report_save(const char *dir, const struct gv_drill *d)
{
	struct gv_json json = GV_JSON_INIT;
	struct gv_buf junit = GV_BUF_INIT, html = GV_BUF_INIT;
	int r;

	gv_drill_out_json(&json, d, NULL);
	gv_drill_report_junit(&junit, d);
	gv_drill_report_html(&html, d);
	if ((r = gv_file_mkdirs(AT_FDCWD, dir, 0777)) == 0 &&
	    (r = save(dir, d, "json", &json.buf)) == 0 &&
	    (r = save(dir, d, "xml", &junit)) == 0)
		r = save(dir, d, "html", &html);
	gv_json_release(&json);
	gv_buf_release(&junit);
	gv_buf_release(&html);
	return r;
}
