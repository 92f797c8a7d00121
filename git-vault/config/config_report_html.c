#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "git-vault/config/config_report.h"
#include "git-vault/front/report.h"

/* The page has no script, and loads nothing. */

static const char style[] =
    ":root{color-scheme:light dark;--line:#8884;--good:#1a7f37;--bad:#cf222e;"
    "--part:#9a6700;--soft:#6e7781}\n"
    "@media(prefers-color-scheme:dark){:root{--good:#3fb950;--bad:#ff7b72;"
    "--part:#d29922;--soft:#9da7b3}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:66rem;margin:2rem auto;"
    "padding:0 1rem}\n"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}\n"
    ".sub,dt{color:var(--soft)}\n"
    ".verdict{border-left:.4rem solid;padding:.6rem 1rem;margin:1.2rem 0;"
    "font-size:1.15rem}\n"
    ".valid{color:var(--good)}.error{color:var(--bad)}"
    ".unknown{color:var(--part)}.note{color:var(--soft)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;"
    "margin:0}dd{margin:0;overflow-wrap:anywhere}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "td,th{text-align:left;padding:.4rem .8rem .4rem 0;border-top:1px solid "
    "var(--line);vertical-align:top}th{border:0;color:var(--soft);"
    "font-weight:normal}\n"
    "td{overflow-wrap:break-word}td:nth-child(-n+2){white-space:nowrap}\n"
    "td:nth-child(4){overflow-wrap:anywhere}\n"
    "td:nth-child(3){min-width:9em}\n"
    "code{font-size:.9em}\n"
    "@media print{body{margin:0}}\n";

static void
put_term(struct gv_buf *out, const char *term, const char *text)
{
	gv_buf_addf(out, "<dt>%s</dt><dd>", term);
	gv_report_add_xml(out, text);
	gv_buf_addstr(out, "</dd>\n");
}

static void
put_number(struct gv_buf *out, const char *term, size_t n)
{
	gv_buf_addf(out, "<dt>%s</dt><dd>%zu</dd>\n", term, n);
}

/* How many findings there are of each grade. */
static void
put_counts(struct gv_buf *out, const struct gv_param_report *r)
{
	static const char *const terms[GV_PARAM_GRADES] = { "Errors",
		"Could not be checked", "Notes" };
	size_t counts[GV_PARAM_GRADES] = { 0 }, i;

	for (i = 0; i < r->n; i++)
		counts[r->items[i].grade]++;
	for (i = 0; i < GV_PARAM_GRADES; i++)
		if (counts[i])
			put_number(out, terms[i], counts[i]);
}

static void
put_facts(struct gv_buf *out, const struct gv_config_checked *c)
{
	char text[GV_TIME_MAX];

	gv_buf_addstr(out, "<dl>\n");
	put_counts(out, c->report);
	put_term(out, "Environment", c->env ? c->env : "all");
	put_term(out, "Files", c->at ? c->at : "working tree");
	gv_time_rfc3339(text, c->now);
	put_term(out, "Checked", text);
	put_number(out, "Configurations", c->report->n_configs);
	put_number(out, "Values", c->report->n_values);
	if (c->report->n_sealed)
		put_number(out, "Encrypted values", c->report->n_sealed);
	if (c->report->n_references)
		put_number(
		    out, "References not checked", c->report->n_references);
	put_number(out, "Schemas", c->report->n_schemas);
	put_number(out, "Rules asked", c->report->n_rules);
	if (c->has_good) {
		gv_time_rfc3339(text, c->good);
		put_term(out, "Last known-good", text);
	} else if (c->no_good) {
		put_term(out, "Last known-good", "none");
	}
	gv_buf_addstr(out, "</dl>\n");
}

static void
put_row(struct gv_buf *out, const struct gv_param_problem *p)
{
	const char *grade = gv_param_grades[p->grade];

	gv_buf_addf(out, "<tr><td class=\"%s\">%s</td><td>%s</td><td><code>",
	    grade, grade, p->check);
	gv_report_add_xml(out, p->key);
	gv_buf_addstr(out, "</code></td><td>");
	gv_report_add_xml(out, p->text);
	gv_buf_addstr(out, "</td><td><code>");
	if (p->file)
		gv_report_add_xml(out, p->file);
	if (p->file && p->line)
		gv_buf_addf(out, ":%u", p->line);
	if (p->file && p->line && p->column)
		gv_buf_addf(out, ":%u", p->column);
	gv_buf_addstr(out, "</code></td><td>");
	gv_report_add_xml(out, p->where ? p->where : "");
	if (p->n > 1)
		gv_buf_addf(out, " and %zu more", p->n - 1);
	gv_buf_addstr(out, "</td></tr>\n");
}

void
gv_config_report_html(struct gv_buf *out, const struct gv_config_checked *c)
{
	static const char *const classes[] = { "valid", "error", "unknown",
		"unknown" };
	const struct gv_param_report *r = c->report;
	unsigned grade;
	size_t i;

	gv_buf_addf(out,
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "\n<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src"
	    " 'none'; style-src 'unsafe-inline'\">\n"
	    "<title>Configuration: %s</title>\n<style>\n%s</style></head>"
	    "<body>\n<h1>Configuration</h1>\n"
	    "<p class=\"verdict %s\">%s</p>\n",
	    gv_config_verdict(r), style, classes[gv_param_verdict(r)],
	    gv_config_verdict(r));
	put_facts(out, c);
	gv_buf_addstr(out, "<h2>Findings</h2>\n");
	if (r->n == 0)
		gv_buf_addstr(out,
		    "<p class=\"sub\">There are no findings."
		    "</p>\n");
	else
		gv_buf_addstr(out,
		    "<table><tr><th></th><th>Check</th><th>Key</th>"
		    "<th>Finding</th><th>Place</th><th>Configuration</th>"
		    "</tr>\n");
	/* what decides the verdict comes first */
	for (grade = 0; grade < GV_PARAM_GRADES; grade++)
		for (i = 0; i < r->n; i++)
			if (r->items[i].grade == grade)
				put_row(out, &r->items[i]);
	gv_buf_addf(out, "%s</body></html>\n", r->n ? "</table>\n" : "");
}
