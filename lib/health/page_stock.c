#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "health/chart.h"
#include "health/page_internal.h"

/* What there is: copies, components, drills, sizes, events. */

static void
open_table(struct gv_buf *out, const char *heads)
{
	gv_buf_addf(out,
	    "<section class=\"card list\"><table><thead><tr>%s</tr></thead>"
	    "<tbody>\n",
	    heads);
}

static void
close_table(struct gv_buf *out)
{
	gv_buf_addstr(out, "</tbody></table></section>\n");
}

static void
add_time(struct gv_buf *out, const char *name, int64_t time, int64_t now)
{
	gv_page_cell(out, name, false);
	gv_page_ago(out, time, now);
	gv_page_cell_end(out);
}

/* ---- copies -------------------------------------------------------------- */

static void
add_behind(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_copy *copy)
{
	gv_page_cell(out, "state", false);
	gv_page_sign(out,
	    copy->is_damaged      ? GV_PAGE_BAD
		: !copy->is_known ? GV_PAGE_NONE
		: copy->behind    ? GV_PAGE_WARN
				  : GV_PAGE_GOOD);
	if (copy->is_damaged) {
		gv_buf_addstr(out, " is damaged or gone");
	} else if (!copy->is_known) {
		gv_buf_addstr(out, " not known");
	} else if (copy->behind == 0) {
		gv_buf_addstr(out, " has all snapshots");
	} else {
		gv_buf_addf(out, " lacks %" PRIu64 " snapshot%s", copy->behind,
		    copy->behind == 1 ? "" : "s");
		if (copy->since) {
			gv_buf_addstr(out, "<small>the oldest ");
			gv_page_ago(out, copy->since, h->now);
			gv_buf_addstr(out, "</small>");
		}
	}
	gv_page_cell_end(out);
}

static void
add_copy(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_copy *copy)
{
	gv_buf_addstr(out, "<tr>");
	gv_page_cell(out, "copy", false);
	gv_page_text(out, copy->name, 60);
	gv_buf_addf(out, "<small>%s</small>",
	    copy->is_store ? "store" : "remote of Git");
	gv_page_cell_end(out);
	add_behind(out, h, copy);
	if (copy->is_store || copy->last) {
		add_time(out, copy->is_store ? "pushed" : "received",
		    copy->last, h->now);
	} else {
		gv_page_cell(out, "received", false);
		gv_buf_addstr(out, "<span class=\"none\">no receipt</span>");
		gv_page_cell_end(out);
	}
	gv_page_cell(out, "verified", false);
	if (copy->is_store) {
		gv_page_ago(out, copy->verified, h->now);
		if (copy->verified && copy->how)
			gv_buf_addf(out, "<small>%s</small>", copy->how);
	}
	gv_page_cell_end(out);
	gv_buf_addstr(out, "</tr>\n");
}

void
gv_page_copies(struct gv_buf *out, const struct gv_health *h)
{
	size_t i;

	gv_page_head(out, "Copies", "as they were last seen");
	if (h->n_copies == 0) {
		gv_buf_addstr(out,
		    "<p class=\"card empty\">No remote or store has a copy: "
		    "what this machine loses is lost. How to keep one: "
		    "<code>git vault help sync</code></p>\n");
		return;
	}
	open_table(out, "<th>Copy<th>State<th>Pushed or received<th>Verified");
	for (i = 0; i < h->n_copies; i++)
		add_copy(out, h, &h->copies[i]);
	close_table(out);
	if (h->lacking)
		gv_buf_addf(out,
		    "<p class=\"card empty\">%" PRIu64 " of %" PRIu64
		    " snapshots have fewer verified copies than the policy "
		    "wants: <code>git vault replicate verify</code></p>\n",
		    h->lacking, h->wanted);
}

/* ---- components ---------------------------------------------------------- */

static void
add_component(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_component *c)
{
	gv_buf_addstr(out, "<tr>");
	gv_page_cell(out, "component", false);
	gv_page_text(out, c->name, 60);
	gv_buf_addstr(out, "<small>");
	gv_page_text(out, c->engine, 40);
	if (*c->engine)
		gv_buf_addstr(out, " of ");
	gv_page_text(out, c->env, 60);
	gv_buf_addstr(out, "</small>");
	gv_page_cell_end(out);
	gv_page_cell(out, "last dump", false);
	if (c->time == 0) {
		gv_page_sign(out, GV_PAGE_WARN);
		gv_buf_addch(out, ' ');
	}
	gv_page_ago(out, c->time, h->now);
	gv_page_cell_end(out);
	gv_page_cell(out, "dumps", true);
	gv_buf_addf(out, "%zu", c->dumps);
	gv_page_cell_end(out);
	gv_page_cell(out, "size", true);
	if (c->time)
		gv_page_size(out, c->bytes);
	gv_page_cell_end(out);
	gv_page_cell(out, "trend", true);
	gv_chart_line(out, "spark", &c->sizes, "sizes of the last dumps");
	gv_page_cell_end(out);
	gv_buf_addstr(out, "</tr>\n");
}

void
gv_page_components(struct gv_buf *out, const struct gv_health *h)
{
	size_t i;

	if (h->n_components == 0)
		return;
	gv_page_head(out, "Components",
	    "databases and services; a dump is stored once it was checked");
	open_table(out,
	    "<th>Component<th>Last dump<th class=\"num\">Dumps"
	    "<th class=\"num\">Size<th class=\"num\">Trend");
	for (i = 0; i < h->n_components; i++)
		add_component(out, h, &h->components[i]);
	close_table(out);
}

/* ---- drills -------------------------------------------------------------- */

static void
add_measured(struct gv_buf *out, const struct gv_health_env *env)
{
	const struct gv_drill_logged *d = env->drill.passed;
	const int64_t took = d ? d->ms / 1000 : 0;

	gv_page_cell(out, "took", true);
	if (d) {
		gv_buf_addf(out, "<span%s>",
		    env->rto && took > env->rto ? " class=\"bad\"" : "");
		gv_page_span(out, took ? took : 1);
		gv_buf_addstr(out, "</span>");
	}
	gv_page_cell_end(out);
	gv_page_cell(out, "may take", true);
	if (env->rto)
		gv_page_span(out, env->rto);
	else
		gv_buf_addstr(out, "–");
	gv_page_cell_end(out);
}

static void
add_drill(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_env *env)
{
	const struct gv_drill_state *d = &env->drill;

	gv_buf_addstr(out, "<tr>");
	gv_page_cell(out, "environment", false);
	gv_page_text(out, env->name, 60);
	gv_page_cell_end(out);
	gv_page_cell(out, "result", false);
	gv_page_sign(out,
	    d->last == NULL            ? GV_PAGE_WARN
		: d->last != d->passed ? GV_PAGE_BAD
		: d->is_overdue        ? GV_PAGE_WARN
				       : GV_PAGE_GOOD);
	gv_buf_addstr(out,
	    d->last == NULL            ? " never run"
		: d->last != d->passed ? " failed"
		: d->is_overdue        ? " passed, overdue"
				       : " passed");
	gv_page_cell_end(out);
	add_time(out, "last", d->last ? d->last->time : 0, h->now);
	add_measured(out, env);
	gv_page_cell(out, "trend", true);
	gv_chart_line(
	    out, "spark", &env->recovery, "how long the last drills took");
	gv_page_cell_end(out);
	gv_buf_addstr(out, "</tr>\n");
}

void
gv_page_drills(struct gv_buf *out, const struct gv_health *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n_envs; i++)
		n += h->envs[i].is_drilled;
	gv_page_head(out, "Recovery drills", NULL);
	if (n == 0) {
		gv_buf_addstr(out,
		    "<p class=\"card empty\">No recovery was rehearsed yet: "
		    "<code>git vault drill run</code></p>\n");
		return;
	}
	open_table(out,
	    "<th>Environment<th>Result<th>Last drill<th class=\"num\">Took"
	    "<th class=\"num\">May take<th class=\"num\">Trend");
	for (i = 0; i < h->n_envs; i++)
		if (h->envs[i].is_drilled)
			add_drill(out, h, &h->envs[i]);
	close_table(out);
}

/* ---- sizes --------------------------------------------------------------- */

static void
add_ends(struct gv_buf *out, int64_t from, int64_t to)
{
	char a[GV_TIME_MAX], b[GV_TIME_MAX];

	gv_time_rfc3339(a, from);
	gv_time_rfc3339(b, to);
	gv_buf_addf(out,
	    "<div class=\"ends\"><span>%.10s</span><span>%.10s</span></div>", a,
	    b);
}

void
gv_page_sizes(struct gv_buf *out, const struct gv_health *h)
{
	double least = 0, most = 0;
	size_t i;

	if (h->snapshots == 0)
		return;
	for (i = 0; i < h->sizes.n; i++) {
		least =
		    i == 0 || h->sizes.at[i] < least ? h->sizes.at[i] : least;
		most = h->sizes.at[i] > most ? h->sizes.at[i] : most;
	}
	gv_page_head(out, "Size", NULL);
	gv_buf_addstr(out,
	    "<section class=\"card size\"><dl><dt>newest snapshot</dt><dd>");
	gv_page_size(out, h->bytes);
	gv_buf_addstr(out, "</dd><dt>packs of the repository</dt><dd>");
	gv_page_size(out, h->store);
	gv_buf_addstr(out, "</dd></dl>\n<div>");
	if (h->sizes.n > 1) {
		gv_chart_line(
		    out, "chart", &h->sizes, "sizes of snapshots over time");
		add_ends(out, h->oldest, h->newest);
		gv_buf_addstr(out, "<div class=\"ends\"><span>snapshots of ");
		gv_page_size(out, (uint64_t)least);
		gv_buf_addstr(out, " to ");
		gv_page_size(out, (uint64_t)most);
		gv_buf_addstr(out, "</span></div>");
	} else {
		gv_buf_addstr(out,
		    "<p class=\"soft\">A line is drawn from two snapshots on."
		    "</p>");
	}
	gv_buf_addstr(out, "</div></section>\n");
}

/* ---- events -------------------------------------------------------------- */

void
gv_page_events(struct gv_buf *out, const struct gv_health *h)
{
	size_t i;

	if (h->events.n == 0)
		return;
	gv_page_head(out, "Events", "the last ones of the audit chain");
	gv_buf_addstr(out, "<section class=\"card\"><ul class=\"events\">\n");
	for (i = 0; i < h->events.n; i++) {
		const struct gv_audit_event_at *at = &h->events.events[i];

		gv_buf_addstr(out, "<li>");
		gv_page_ago(out, at->entry.time, h->now);
		gv_buf_addstr(out, "<span>");
		gv_page_text(out, at->entry.what, 40);
		gv_buf_addstr(out, "</span><span class=\"soft\">");
		gv_page_text(out, at->entry.actor ? at->entry.actor : "", 80);
		gv_buf_addstr(out, " on ");
		gv_page_text(out, at->host, 60);
		if (at->entry.scopes && *at->entry.scopes) {
			gv_buf_addstr(out, ", ");
			gv_page_text(out, at->entry.scopes, 80);
		}
		if (at->entry.result && strcmp(at->entry.result, "done") != 0) {
			gv_buf_addstr(out, ": ");
			gv_page_text(out, at->entry.result, 40);
		}
		gv_buf_addstr(out, at->signer ? "" : " (not signed)");
		gv_buf_addstr(out, "</span></li>\n");
	}
	gv_buf_addstr(out, "</ul></section>\n");
}
