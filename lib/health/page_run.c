#include <string.h>

#include "health/chart.h"
#include "health/page_internal.h"

/* How runs end: against the goals, and each job of the policy. */

/* ---- goals --------------------------------------------------------------- */

static void
add_window(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_goal *goal, unsigned days)
{
	struct gv_health_ratio r;
	double share;

	gv_health_ratio(&r, goal, h->runs, h->n_runs, days, h->now);
	share = r.n ? (double)r.good / (double)r.n : 0;
	gv_buf_addf(out, "<p><span>%u days</span>", days);
	if (r.n == 0) {
		gv_buf_addstr(out, "<span>no runs</span></p>");
		gv_chart_bar(out, 0, "on");
		return;
	}
	/* a share that was missed is never rounded up to all */
	gv_buf_addf(out, "<span><b>%.*f\u00a0%%</b> %zu of %zu</span></p>",
	    r.good == r.n ? 0 : 2,
	    r.good < r.n && share > 0.9999 ? 99.99 : share * 100, r.good, r.n);
	gv_chart_bar(out, share, gv_health_is_met(goal, &r) ? "on" : "off");
}

static enum gv_page_sign
goal_sign(const struct gv_health *h, const struct gv_health_goal *goal)
{
	struct gv_health_ratio r;

	gv_health_ratio(&r, goal, h->runs, h->n_runs, GV_HEALTH_DAYS, h->now);
	if (r.n == 0)
		return GV_PAGE_NONE;
	return gv_health_is_met(goal, &r) ? GV_PAGE_GOOD : GV_PAGE_BAD;
}

void
gv_page_goals(struct gv_buf *out, const struct gv_health *h)
{
	static const char *const titles[GV_HEALTH_GOALS] = { "Backup",
		"Replication", "Recovery", "Rollback" };
	size_t i;

	gv_page_head(out, "Runs that succeed", "as a whole, of all hosts");
	if (h->n_runs == 0) {
		gv_buf_addf(out,
		    "<p class=\"card empty\">No run of the last %d days was "
		    "reported.</p>\n",
		    GV_HEALTH_DAYS);
		return;
	}
	gv_buf_addstr(out, "<section class=\"goals\">\n");
	for (i = 0; i < GV_HEALTH_GOALS; i++) {
		const struct gv_health_goal *goal = &gv_health_goals[i];

		gv_buf_addstr(out, "<div class=\"card goal\"><h3>");
		gv_page_sign(out, goal_sign(h, goal));
		gv_buf_addf(out, "%s<small>goal %.6g\u00a0%%</small></h3>",
		    titles[i], goal->share * 100);
		add_window(out, h, goal, 30);
		add_window(out, h, goal, 90);
		gv_buf_addstr(out, "</div>\n");
	}
	gv_buf_addstr(out, "</section>\n");
}

/* ---- jobs ---------------------------------------------------------------- */

static void
add_result(struct gv_buf *out, const struct gv_job_last *last)
{
	static const enum gv_page_sign sign[GV_JOB_STATUSES] = { GV_PAGE_GOOD,
		GV_PAGE_WARN, GV_PAGE_BAD };

	gv_page_cell(out, "result", false);
	gv_page_sign(out, last ? sign[last->status] : GV_PAGE_NONE);
	gv_buf_addf(
	    out, " %s", last ? gv_job_statuses[last->status] : "never ran");
	gv_page_cell_end(out);
}

/* The oldest of the last durations is the first point. */
static void
add_times(struct gv_buf *out, const struct gv_job_last *last)
{
	struct gv_health_trend trend = { .n = 0 };
	size_t i;

	for (i = last ? last->n_times : 0; i > 0; i--)
		trend.at[trend.n++] = (double)last->times[i - 1];
	gv_page_cell(out, "trend", true);
	gv_chart_line(out, "spark", &trend, "how long the last runs took");
	gv_page_cell_end(out);
}

static void
add_next(struct gv_buf *out, const struct gv_health *h,
    const struct gv_job_listed *job)
{
	gv_page_cell(out, "next", false);
	if (job->next > h->now) {
		gv_buf_addstr(out, "in ");
		gv_page_span(out, job->next - h->now);
	} else {
		gv_buf_addstr(out, "<span class=\"warn\">due");
		if (job->last) {
			gv_buf_addstr(out, " for ");
			gv_page_span(out, h->now - job->next);
		}
		gv_buf_addstr(out, "</span>");
	}
	gv_buf_addstr(out, "<small>every ");
	gv_page_span(out, job->every);
	gv_buf_addstr(out, "</small>");
	gv_page_cell_end(out);
}

static void
add_job(struct gv_buf *out, const struct gv_health *h,
    const struct gv_job_listed *job)
{
	gv_buf_addstr(out, "<tr>");
	gv_page_cell(out, "job", false);
	gv_page_text(out, job->name, 60);
	gv_buf_addf(out, "<small>%s", job->what);
	if (job->env) {
		gv_buf_addstr(out, " of ");
		gv_page_text(out, job->env, 60);
	}
	gv_buf_addstr(out, "</small>");
	gv_page_cell_end(out);
	add_result(out, job->last);
	gv_page_cell(out, "last", false);
	if (job->last)
		gv_page_ago(out, job->last->ended, h->now);
	gv_page_cell_end(out);
	add_next(out, h, job);
	gv_page_cell(out, "took", true);
	if (job->last)
		gv_page_span(out, job->last->ended - job->last->begun);
	gv_page_cell_end(out);
	gv_page_cell(out, "added", true);
	if (job->last && job->last->has_size)
		gv_page_size(out, job->last->stored);
	gv_page_cell_end(out);
	add_times(out, job->last);
	gv_buf_addstr(out, "</tr>\n");
}

/* What took more than twice its median is named. */
static void
add_slow(struct gv_buf *out, const struct gv_health *h)
{
	struct gv_health_slow slow[16];
	const size_t n = gv_health_slowest(
	    slow, sizeof(slow) / sizeof(slow[0]), h->runs, h->n_runs);
	size_t i;

	for (i = 0; i < n; i++) {
		const struct gv_job_run *run = slow[i].run;

		gv_buf_addstr(out, "<p class=\"card empty\">");
		gv_page_sign(out, GV_PAGE_WARN);
		gv_buf_addstr(out, " The last run of ");
		gv_page_text(out, run->job ? run->job : run->what, 60);
		gv_buf_addstr(out, run->job ? " took " : " by hand took ");
		gv_page_span(out, run->ended - run->begun);
		gv_buf_addstr(out, ", more than twice the median of ");
		gv_page_span(out, slow[i].median);
		gv_buf_addstr(out, ".</p>\n");
	}
}

void
gv_page_jobs(struct gv_buf *out, const struct gv_health *h)
{
	size_t i;

	gv_page_head(out, "Jobs", "of the policy, in this clone");
	if (h->jobs.n == 0) {
		gv_buf_addf(out,
		    "<p class=\"card empty\">%s <code>git vault help "
		    "schedule</code></p>\n",
		    h->jobs.waits
			? "The schedule of the policy waits for consent. How "
			  "to give it:"
			: "The policy schedules nothing. How it does:");
		add_slow(out, h);
		return;
	}
	gv_buf_addstr(out,
	    "<section class=\"card list\"><table><thead><tr><th>Job"
	    "<th>Result<th>Last run<th>Next<th class=\"num\">Took"
	    "<th class=\"num\">Added<th class=\"num\">Trend</tr></thead><tbody>\n");
	for (i = 0; i < h->jobs.n; i++)
		add_job(out, h, &h->jobs.items[i]);
	gv_buf_addstr(out, "</tbody></table></section>\n");
	add_slow(out, h);
}
