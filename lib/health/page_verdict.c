#include <string.h>

#include "health/page_internal.h"

/* What is wrong, in sentences, and the figures that sum it up. */

#define SHOWN 12 /* findings; more are counted */

/* ---- the verdict --------------------------------------------------------- */

static size_t
problems(const struct gv_health *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->problems.len; i++)
		n += h->problems.p[i] == '\n';
	return n;
}

/* Without a snapshot they all are late, and one sentence says it. */
static bool
is_late(const struct gv_health *h, const struct gv_health_env *env)
{
	return h->snapshots && gv_health_is_late(h, env);
}

/* Of environments: what their cards say in red, and doctor does not. */
static size_t
broken(const struct gv_health *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n_envs; i++)
		n += (size_t)is_late(h, &h->envs[i]) + (h->envs[i].wrong > 0);
	return n;
}

static size_t
undumped(const struct gv_health *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n_components; i++)
		n += h->components[i].time == 0;
	return n;
}

static enum gv_page_sign
verdict(const struct gv_health *h)
{
	if (h->doctor.counts[GV_DOCTOR_ERROR] || h->snapshots == 0 || broken(h))
		return GV_PAGE_BAD;
	return gv_health_is_good(h) ? GV_PAGE_GOOD : GV_PAGE_WARN;
}

static void
add_sentence(struct gv_buf *out, const struct gv_health *h)
{
	const size_t n = h->doctor.counts[GV_DOCTOR_ERROR] +
	    h->doctor.counts[GV_DOCTOR_WARNING] + broken(h) + undumped(h) +
	    problems(h);

	if (gv_health_is_good(h))
		gv_buf_addstr(out, "Everything is recoverable");
	else if (h->snapshots == 0)
		gv_buf_addstr(out, "Nothing is saved");
	else
		gv_buf_addf(out,
		    n == 1 ? "%zu thing needs attention"
			   : "%zu things need attention",
		    n);
}

struct items {
	struct gv_buf *out;
	const struct gv_health *h;
	size_t n; /* also of those that are not shown */
};

/* False where there are enough. */
static bool
begin_item(struct items *to, enum gv_page_sign sign)
{
	if (to->n++ >= SHOWN)
		return false;
	gv_buf_addstr(to->out, "<li>");
	gv_page_sign(to->out, sign);
	return true;
}

static void
end_item(struct items *to, const char *command)
{
	if (command) {
		gv_buf_addstr(to->out, "<br><code>");
		gv_page_text(to->out, command, 0);
		gv_buf_addstr(to->out, "</code>");
	}
	gv_buf_addstr(to->out, "</li>\n");
}

static void
add_findings(struct items *to, enum gv_doctor_grade grade)
{
	static const enum gv_page_sign sign[] = { GV_PAGE_NONE, GV_PAGE_WARN,
		GV_PAGE_BAD };
	const struct gv_doctor_report *doctor = &to->h->doctor;
	size_t i;

	for (i = 0; i < doctor->n; i++) {
		const struct gv_doctor_finding *f = &doctor->findings[i];

		if (f->grade != grade || !begin_item(to, sign[f->grade]))
			continue;
		gv_page_text(to->out, f->text, 0);
		end_item(to, f->command);
	}
}

static void
add_broken(struct items *to, const struct gv_health_env *env)
{
	struct gv_buf *out = to->out;

	if (is_late(to->h, env) && begin_item(to, GV_PAGE_BAD)) {
		gv_page_text(out, env->name, 60);
		gv_buf_addstr(out, ": the newest snapshot was taken ");
		gv_page_ago(out, to->h->newest, to->h->now);
		gv_buf_addstr(out, ", and the policy wants one every ");
		gv_page_span(out, env->rpo);
		end_item(to, "git vault snapshot");
	}
	if (env->wrong && begin_item(to, GV_PAGE_BAD)) {
		gv_page_text(out, env->name, 60);
		gv_buf_addf(out,
		    ": the configuration at HEAD has %zu problem%s", env->wrong,
		    env->wrong == 1 ? "" : "s");
		end_item(to, "git vault config validate --all");
	}
}

static void
add_undumped(struct items *to, const struct gv_health_component *c)
{
	if (c->time || !begin_item(to, GV_PAGE_WARN))
		return;
	gv_buf_addstr(to->out, "the component ");
	gv_page_text(to->out, c->name, 60);
	gv_buf_addstr(to->out, " was never dumped");
	end_item(to, "git vault component run");
}

static void
add_problems(struct items *to)
{
	const char *p = to->h->problems.p, *end;

	for (; p && *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		if (!begin_item(to, GV_PAGE_WARN))
			continue;
		gv_picture_add_text(
		    to->out, (struct gv_picture_text){ p, (size_t)(end - p) });
		end_item(to, NULL);
	}
}

/* The worst first. */
static void
add_items(struct gv_buf *out, const struct gv_health *h)
{
	struct items to = { .out = out, .h = h };
	size_t i;

	add_findings(&to, GV_DOCTOR_ERROR);
	for (i = 0; i < h->n_envs; i++)
		add_broken(&to, &h->envs[i]);
	add_findings(&to, GV_DOCTOR_WARNING);
	for (i = 0; i < h->n_components; i++)
		add_undumped(&to, &h->components[i]);
	add_problems(&to);
	add_findings(&to, GV_DOCTOR_NOTE);
	if (to.n > SHOWN)
		gv_buf_addf(out,
		    "<li>and %zu more<br><code>git vault doctor</code></li>\n",
		    to.n - SHOWN);
}

void
gv_page_verdict(struct gv_buf *out, const struct gv_health *h)
{
	const enum gv_page_sign sign = verdict(h);

	gv_buf_addf(
	    out, "<section class=\"verdict %s\"><p>", gv_page_signs[sign]);
	gv_page_sign(out, sign);
	add_sentence(out, h);
	gv_buf_addstr(out, "</p>\n");
	if (h->doctor.n || !gv_health_is_good(h)) {
		gv_buf_addstr(out, "<ol>\n");
		add_items(out, h);
		gv_buf_addstr(out, "</ol>\n");
	}
	gv_buf_addstr(out, "</section>\n");
}

/* ---- figures ------------------------------------------------------------- */

static void
begin(struct gv_buf *out, const char *title)
{
	gv_buf_addf(out, "<div class=\"card tile\"><h3>%s</h3><b>", title);
}

static void
middle(struct gv_buf *out)
{
	gv_buf_addstr(out, "</b><p>");
}

static void
end(struct gv_buf *out)
{
	gv_buf_addstr(out, "</p></div>\n");
}

static void
add_newest(struct gv_buf *out, const struct gv_health *h)
{
	begin(out, "Newest snapshot");
	if (h->newest)
		gv_page_ago(out, h->newest, h->now);
	else
		gv_buf_addstr(out, "none");
	middle(out);
	if (h->doctor.refs.refs.n)
		gv_buf_addf(out, "%zu snapshot%s", h->doctor.refs.refs.n,
		    h->doctor.refs.refs.n == 1 ? "" : "s");
	else
		gv_buf_addstr(out, "nothing can be restored");
	if (h->oldest && h->snapshots > 1) {
		gv_buf_addstr(out, ", the first ");
		gv_page_ago(out, h->oldest, h->now);
	}
	end(out);
}

static void
add_verified(struct gv_buf *out, const struct gv_health *h)
{
	const size_t all = h->doctor.refs.refs.n;

	begin(out, "Verified");
	if (all)
		gv_buf_addf(
		    out, "%zu\u00a0%%", h->doctor.n_verified * 100 / all);
	else
		gv_buf_addstr(out, "–");
	middle(out);
	if (all == 0) {
		gv_buf_addstr(out, "no snapshot to verify");
	} else if (h->doctor.n_verified == 0) {
		gv_buf_addf(
		    out, "none of %zu snapshot%s", all, all == 1 ? "" : "s");
	} else {
		gv_buf_addf(out, "%zu of %zu snapshot%s, last ",
		    h->doctor.n_verified, all, all == 1 ? "" : "s");
		gv_page_ago(out, h->doctor.verified, h->now);
	}
	end(out);
}

static void
add_copies(struct gv_buf *out, const struct gv_health *h)
{
	size_t i, whole = 0;

	for (i = 0; i < h->n_copies; i++)
		whole += h->copies[i].is_known && h->copies[i].behind == 0 &&
		    !h->copies[i].is_damaged;
	begin(out, "Copies elsewhere");
	if (h->n_copies)
		gv_buf_addf(out, "%zu of %zu", whole, h->n_copies);
	else
		gv_buf_addstr(out, "none");
	middle(out);
	gv_buf_addstr(out,
	    h->n_copies == 0           ? "no remote or store has a copy"
		: whole == h->n_copies ? "each with all snapshots"
				       : "with all snapshots");
	end(out);
}

/* Less than all is never rounded up to all. */
static void
add_share(struct gv_buf *out, double share)
{
	if (share >= 1 || share <= 0)
		gv_buf_addf(out, "%.0f\u00a0%%", share * 100);
	else
		gv_buf_addf(
		    out, "%.1f\u00a0%%", share > 0.999 ? 99.9 : share * 100);
}

static void
add_saved(struct gv_buf *out, const struct gv_health *h)
{
	size_t n;
	const double saved = gv_health_saved(&n, h->runs, h->n_runs, h->now);

	begin(out, "Space saved");
	if (saved < 0)
		gv_buf_addstr(out, "–");
	else
		add_share(out, saved);
	middle(out);
	if (saved < 0)
		gv_buf_addstr(out, "no run has said so yet; goal 70\u00a0%");
	else
		gv_buf_addf(out, "in %zu run%s; goal %.0f\u00a0%%", n,
		    n == 1 ? "" : "s", GV_HEALTH_SAVED * 100);
	end(out);
}

void
gv_page_tiles(struct gv_buf *out, const struct gv_health *h)
{
	gv_buf_addstr(out, "<section class=\"tiles\">\n");
	add_newest(out, h);
	add_verified(out, h);
	add_copies(out, h);
	add_saved(out, h);
	gv_buf_addstr(out, "</section>\n");
}
