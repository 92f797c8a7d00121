#include <string.h>

#include "base/time.h"
#include "health/chart.h"
#include "health/page_internal.h"

/* Environments, each a card; and what each day was like for them. */

static void
row(struct gv_buf *out, const char *name, enum gv_page_sign sign)
{
	gv_buf_addf(out, "<dt>%s</dt><dd>", name);
	gv_page_sign(out, sign);
	gv_buf_addch(out, ' ');
}

static void
row_end(struct gv_buf *out)
{
	gv_buf_addstr(out, "</dd>\n");
}

/* ---- a card -------------------------------------------------------------- */

static enum gv_page_sign
point_sign(const struct gv_health *h, const struct gv_health_env *env)
{
	if (gv_health_is_late(h, env))
		return GV_PAGE_BAD;
	return env->rpo ? GV_PAGE_GOOD : GV_PAGE_NONE;
}

static void
add_point(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_env *env)
{
	row(out, "Snapshot", point_sign(h, env));
	if (h->newest)
		gv_page_ago(out, h->newest, h->now);
	else
		gv_buf_addstr(out, "none");
	if (h->point > h->newest) {
		gv_buf_addstr(out, "<small>unchanged as of ");
		gv_page_ago(out, h->point, h->now);
		gv_buf_addstr(out, "</small>");
	}
	if (env->rpo) {
		gv_buf_addstr(out, "<small>at most ");
		gv_page_span(out, env->rpo);
		gv_buf_addstr(out, "</small>");
	}
	row_end(out);
}

static void
add_good(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_env *env)
{
	const struct gv_doctor_env *of =
	    env->good < h->doctor.n_envs ? &h->doctor.envs[env->good] : NULL;

	if (of == NULL || !of->has_good) {
		row(out, "Known good", of ? GV_PAGE_WARN : GV_PAGE_NONE);
		gv_buf_addstr(out, of ? "no record counts" : "no record");
	} else {
		row(out, "Known good", GV_PAGE_GOOD);
		gv_buf_addf(out, "record %u<small>", of->good.n);
		gv_page_ago(out, of->good.time, h->now);
		gv_buf_addstr(out, "</small>");
	}
	row_end(out);
}

static void
add_drill(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_env *env)
{
	const struct gv_drill_state *d = &env->drill;

	if (!env->is_drilled) {
		row(out, "Drill", GV_PAGE_NONE);
		gv_buf_addstr(out, "none");
	} else if (d->last && d->last != d->passed) {
		row(out, "Drill", GV_PAGE_BAD);
		gv_buf_addstr(out, "failed ");
		gv_page_ago(out, d->last->time, h->now);
	} else {
		row(out, "Drill", d->is_overdue ? GV_PAGE_WARN : GV_PAGE_GOOD);
		gv_buf_addstr(out, d->is_overdue ? "overdue, " : "passed ");
		gv_page_ago(out, d->passed ? d->passed->time : 0, h->now);
	}
	row_end(out);
}

static void
add_drift(struct gv_buf *out, const struct gv_health_env *env)
{
	row(out, "Drift",
	    env->against == NULL ? GV_PAGE_NONE
		: env->drifts    ? GV_PAGE_WARN
				 : GV_PAGE_GOOD);
	if (env->against == NULL) {
		gv_buf_addstr(out, "not compared");
	} else {
		if (env->drifts)
			gv_buf_addf(out, "%zu key%s", env->drifts,
			    env->drifts == 1 ? "" : "s");
		else
			gv_buf_addstr(out, "none");
		gv_buf_addstr(out, "<small>against ");
		gv_page_text(out, env->against, 40);
		if (env->expected)
			gv_buf_addf(out, "; %zu expected", env->expected);
		gv_buf_addstr(out, "</small>");
	}
	row_end(out);
}

static void
add_config(struct gv_buf *out, const struct gv_health_env *env)
{
	row(out, "Configuration",
	    !env->has_config  ? GV_PAGE_NONE
		: env->wrong  ? GV_PAGE_BAD
		: env->unsure ? GV_PAGE_WARN
			      : GV_PAGE_GOOD);
	if (!env->has_config)
		gv_buf_addstr(out, "none");
	else if (env->wrong)
		gv_buf_addf(out, "%zu problem%s", env->wrong,
		    env->wrong == 1 ? "" : "s");
	else
		gv_buf_addstr(out, env->unsure ? "not all checked" : "valid");
	if (env->config_first) {
		gv_buf_addstr(out, "<small>");
		gv_page_text(out, env->config_first, 90);
		gv_buf_addstr(out, "</small>");
	}
	row_end(out);
}

/* That somebody waits for in this clone. */
static void
add_approvals(struct gv_buf *out, const struct gv_health_env *env)
{
	row(out, "Approvals", env->approvals ? GV_PAGE_WARN : GV_PAGE_NONE);
	if (env->approvals)
		gv_buf_addf(out, "%zu pending", env->approvals);
	else
		gv_buf_addstr(out, "none pending");
	row_end(out);
}

/* The worst that a card says. */
static enum gv_page_sign
card_sign(const struct gv_health *h, const struct gv_health_env *env)
{
	const bool failed =
	    env->drill.last && env->drill.last != env->drill.passed;

	if (point_sign(h, env) == GV_PAGE_BAD || env->wrong || failed)
		return GV_PAGE_BAD;
	return env->drifts || env->unsure || env->approvals ||
		(env->is_drilled && env->drill.is_overdue)
	    ? GV_PAGE_WARN
	    : GV_PAGE_GOOD;
}

void
gv_page_envs(struct gv_buf *out, const struct gv_health *h)
{
	size_t i;

	gv_page_head(out, "Environments", NULL);
	if (h->approvals)
		gv_buf_addf(out,
		    "<p class=\"card empty\">Approvals pending for removals of "
		    "snapshots: %zu</p>\n",
		    h->approvals);
	if (h->n_envs == 0) {
		gv_buf_addstr(out,
		    "<p class=\"card empty\">No environment is known here. "
		    "Which there are, and why: <code>git vault env "
		    "--explain</code></p>\n");
		return;
	}
	gv_buf_addstr(out, "<section class=\"envs\">\n");
	for (i = 0; i < h->n_envs; i++) {
		const struct gv_health_env *env = &h->envs[i];

		gv_buf_addstr(out, "<article class=\"card env\"><h3>");
		gv_page_sign(out, card_sign(h, env));
		gv_buf_addstr(out, "<span>");
		gv_page_text(out, env->name, 60);
		gv_buf_addstr(out, "</span></h3><dl>\n");
		add_point(out, h, env);
		add_good(out, h, env);
		add_drill(out, h, env);
		add_drift(out, env);
		add_config(out, env);
		add_approvals(out, env);
		gv_buf_addstr(out, "</dl></article>\n");
	}
	gv_buf_addstr(out, "</section>\n");
}

/* ---- days ---------------------------------------------------------------- */

static void
add_legend(struct gv_buf *out)
{
	static const struct {
		enum gv_health_day day;
		const char *says;
	} all[] = { { GV_HEALTH_FINE, "saved" },
		{ GV_HEALTH_PARTLY, "in part" }, { GV_HEALTH_FAILED, "failed" },
		{ GV_HEALTH_MISSED, "missed: older than the policy allows" },
		{ GV_HEALTH_NOTHING, "nothing ran" } };
	size_t i;

	gv_buf_addstr(out, "<ul class=\"legend\">");
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		gv_buf_addf(out,
		    "<li><svg viewBox=\"0 0 10 12\" aria-hidden=\"true\"><rect "
		    "class=\"d-%s\" x=\"1\" y=\"1\" width=\"8\" height=\"10\" "
		    "rx=\"1\"/></svg>%s</li>",
		    gv_health_day_kinds[all[i].day], all[i].says);
	gv_buf_addstr(out, "</ul>\n");
}

void
gv_page_days(struct gv_buf *out, const struct gv_health *h)
{
	char first[GV_TIME_MAX];
	size_t i;

	if (h->n_envs == 0)
		return;
	gv_page_head(out, "The last 90 days", "snapshots and dumps by day");
	gv_buf_addstr(out, "<section class=\"card strip\">\n");
	for (i = 0; i < h->n_envs; i++) {
		gv_buf_addstr(out, "<div class=\"day\"><b>");
		gv_page_text(out, h->envs[i].name, 60);
		gv_buf_addstr(out, "</b>");
		gv_chart_days(
		    out, h->envs[i].days, GV_HEALTH_DAYS, h->envs[i].name);
		gv_buf_addstr(out, "</div>\n");
	}
	gv_time_rfc3339(first, h->now - (GV_HEALTH_DAYS - 1) * GV_HEALTH_DAY);
	first[10] = '\0';
	gv_buf_addf(out,
	    "<div class=\"axis\"><span>%s</span><span>today</span></div>\n",
	    first);
	add_legend(out);
	gv_buf_addstr(out, "</section>\n");
}
