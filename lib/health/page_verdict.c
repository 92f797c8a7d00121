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

static enum gv_page_sign
verdict(const struct gv_health *h)
{
	if (h->doctor.counts[GV_DOCTOR_ERROR] || h->snapshots == 0)
		return GV_PAGE_BAD;
	return gv_health_is_good(h) ? GV_PAGE_GOOD : GV_PAGE_WARN;
}

static void
add_sentence(struct gv_buf *out, const struct gv_health *h)
{
	const size_t n = h->doctor.counts[GV_DOCTOR_ERROR] +
	    h->doctor.counts[GV_DOCTOR_WARNING] + problems(h);

	if (gv_health_is_good(h))
		gv_buf_addstr(out, "Everything is recoverable");
	else if (h->snapshots == 0)
		gv_buf_addstr(out, "There is no snapshot: nothing is saved");
	else
		gv_buf_addf(out,
		    n == 1 ? "%zu thing needs attention"
			   : "%zu things need attention",
		    n);
}

static void
add_item(struct gv_buf *out, enum gv_page_sign sign, const char *text,
    size_t len, const char *command)
{
	const struct gv_picture_text sentence = { text, len };

	gv_buf_addstr(out, "<li>");
	gv_page_sign(out, sign);
	gv_picture_add_text(out, sentence);
	if (command) {
		gv_buf_addstr(out, "<br><code>");
		gv_page_text(out, command, 0);
		gv_buf_addstr(out, "</code>");
	}
	gv_buf_addstr(out, "</li>\n");
}

static void
add_findings(struct gv_buf *out, const struct gv_health *h)
{
	static const enum gv_page_sign sign[] = { GV_PAGE_NONE, GV_PAGE_WARN,
		GV_PAGE_BAD };
	const char *p = h->problems.p, *end;
	size_t i, n = 0;

	for (i = 0; i < h->doctor.n; i++) {
		const struct gv_doctor_finding *f = &h->doctor.findings[i];

		if (n++ < SHOWN)
			add_item(out, sign[f->grade], f->text, strlen(f->text),
			    f->command);
	}
	for (; p && *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		if (n++ < SHOWN)
			add_item(out, GV_PAGE_WARN, p, (size_t)(end - p), NULL);
	}
	if (n > SHOWN)
		gv_buf_addf(out,
		    "<li>and %zu more<br><code>git vault doctor</code></li>\n",
		    n - SHOWN);
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
	if (h->doctor.n || h->problems.len) {
		gv_buf_addstr(out, "<ol>\n");
		add_findings(out, h);
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
	gv_buf_addf(out, "%zu snapshot%s", h->doctor.refs.refs.n,
	    h->doctor.refs.refs.n == 1 ? "" : "s");
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
		gv_buf_addf(out, "%zu %%", h->doctor.n_verified * 100 / all);
	else
		gv_buf_addstr(out, "–");
	middle(out);
	gv_buf_addf(
	    out, "%zu of %zu snapshots, last ", h->doctor.n_verified, all);
	gv_page_ago(out, h->doctor.verified, h->now);
	end(out);
}

static void
add_copies(struct gv_buf *out, const struct gv_health *h)
{
	size_t i, whole = 0;

	for (i = 0; i < h->n_copies; i++)
		whole += h->copies[i].is_known && h->copies[i].behind == 0;
	begin(out, "Copies elsewhere");
	if (h->n_copies)
		gv_buf_addf(out, "%zu of %zu", whole, h->n_copies);
	else
		gv_buf_addstr(out, "none");
	middle(out);
	gv_buf_addstr(out,
	    h->n_copies == 0           ? "no remote or store has a copy"
		: whole == h->n_copies ? "each has all snapshots"
				       : "have all snapshots");
	end(out);
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
		gv_buf_addf(out, "%.1f %%", saved * 100);
	middle(out);
	if (saved < 0)
		gv_buf_addstr(out, "no run has said so yet; goal 70 %");
	else
		gv_buf_addf(out, "of what %zu run%s captured; goal %.0f %%", n,
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
