#include "health/page.h"

#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "base/time.h"
#include "draw/picture.h"
#include "health/health_text.h"
#include "health/page_internal.h"
#include "repo/hash.h"

#define NOW 10 /* seconds */

const char *const gv_page_signs[] = { "good", "warn", "bad", "none" };

/* ---- texts --------------------------------------------------------------- */

void
gv_page_text(struct gv_buf *out, const char *text, size_t most)
{
	struct gv_picture_text t = { text, strlen(text) };
	const bool is_cut = most && t.len > most;

	if (is_cut)
		for (t.len = most; t.len && (text[t.len] & 0xc0) == 0x80;)
			t.len--;
	gv_picture_add_text(out, t);
	if (is_cut)
		gv_buf_addstr(out, "…");
}

void
gv_page_sign(struct gv_buf *out, enum gv_page_sign sign)
{
	static const char *const words[] = { "good", "attention", "bad",
		"not known" };

	gv_buf_addf(out,
	    "<svg class=\"ic %s\" role=\"img\" aria-label=\"%s\">"
	    "<use href=\"#s%d\"/></svg>",
	    gv_page_signs[sign], words[sign], (int)sign);
}

void
gv_page_ago(struct gv_buf *out, int64_t time, int64_t now)
{
	char at[GV_TIME_MAX];

	if (time <= 0) {
		gv_buf_addstr(out, "never");
		return;
	}
	gv_time_rfc3339(at, time);
	gv_buf_addf(out, "<time datetime=\"%s\" title=\"%s\">", at, at);
	if (time <= now && now - time < NOW)
		gv_buf_addstr(out, "just now");
	else
		gv_time_add_relative(out, time, now);
	gv_buf_addstr(out, "</time>");
}

void
gv_page_span(struct gv_buf *out, int64_t seconds)
{
	static const struct {
		int64_t length;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" },
		{ 1, "s" } };
	int64_t n;
	size_t i = 0, said = 0;

	if (seconds <= 0) {
		gv_buf_addstr(out, "0 s");
		return;
	}
	while (seconds < units[i].length)
		i++;
	for (; i < 4 && said < 2; i++, said++) {
		n = seconds / units[i].length;
		seconds %= units[i].length;
		if (n)
			gv_buf_addf(out, "%s%" PRId64 " %s", said ? " " : "", n,
			    units[i].unit);
	}
}

void
gv_page_size(struct gv_buf *out, uint64_t bytes)
{
	char text[GV_ENC_SIZE_MAX];

	gv_enc_size(text, bytes);
	gv_buf_addstr(out, text);
}

void
gv_page_head(struct gv_buf *out, const char *title, const char *more)
{
	gv_buf_addf(out, "<h2>%s", title);
	if (more)
		gv_buf_addf(out, "<small>%s</small>", more);
	gv_buf_addstr(out, "</h2>\n");
}

void
gv_page_cell(struct gv_buf *out, const char *name, bool is_number)
{
	gv_buf_addf(out, "<td%s data-l=\"%s\"><div>",
	    is_number ? " class=\"num\"" : "", name);
}

void
gv_page_cell_end(struct gv_buf *out)
{
	gv_buf_addstr(out, "</div></td>");
}

/* ---- the page ------------------------------------------------------------ */

/* The style, and the signs that are drawn once, which page.awk makes texts of.
 */

/* The policy allows this style by its digest. */
static int
add_policy(struct gv_buf *out)
{
	struct gv_buf style = GV_BUF_INIT;
	struct gv_hash_sha256 h;
	unsigned char digest[32];
	int r;

	GV_BUF_ADDSTRS(&style, health_css);
	if ((r = gv_buf_check(&style)) < 0)
		goto out;
	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, style.p, style.len);
	gv_hash_sha256_finish(&h, digest);
	gv_buf_addstr(out,
	    "default-src 'none'; base-uri 'none'; form-action 'none'; "
	    "style-src 'sha256-");
	gv_enc_base64(out, digest, sizeof(digest));
	gv_buf_addstr(out, "'");
	r = gv_buf_check(out);
out:
	gv_buf_release(&style);
	return r;
}

static int
add_top(struct gv_buf *out, const struct gv_health *h)
{
	int r;

	gv_buf_addstr(out,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n");
	gv_buf_addstr(
	    out, "<meta http-equiv=\"Content-Security-Policy\" content=\"");
	if ((r = add_policy(out)) < 0)
		return r;
	gv_buf_addstr(out,
	    "\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n"
	    "<meta name=\"robots\" content=\"noindex\">\n<title>");
	gv_page_text(out, h->repository, 80);
	gv_buf_addstr(out, " – vault health</title>\n<style>");
	GV_BUF_ADDSTRS(out, health_css);
	gv_buf_addstr(out, "</style>\n</head>\n<body>\n");
	return gv_buf_check(out);
}

static void
add_header(struct gv_buf *out, const struct gv_health *h)
{
	char at[GV_TIME_MAX];

	gv_time_rfc3339(at, h->now);
	at[10] = ' ';
	at[16] = '\0';
	GV_BUF_ADDSTRS(out, signs_svg);
	gv_buf_addstr(out, "<header class=\"top\"><h1>");
	gv_page_text(out, h->repository, 80);
	gv_buf_addf(
	    out, "</h1><p>as it was at %s UTC</p></header>\n<main>\n", at);
}

static void
add_footer(struct gv_buf *out, const struct gv_health *h, const char *version)
{
	gv_buf_addstr(out, "</main>\n<footer>\n");
	if (h->left_out)
		gv_buf_addf(out,
		    "<p>%zu environments, components, copies or reports are "
		    "beyond the bounds of this page and not on it.</p>\n",
		    h->left_out);
	gv_buf_addf(out,
	    "<p>Runs are counted by their reports, which come from all hosts "
	    "and are not signed.</p>\n<p>git-vault %s</p>\n</footer>\n"
	    "</body>\n</html>\n",
	    version);
}

int
gv_page_html(
    struct gv_buf *out, const struct gv_health *health, const char *version)
{
	int r = add_top(out, health);

	if (r < 0)
		return r;
	add_header(out, health);
	gv_page_verdict(out, health);
	gv_page_tiles(out, health);
	gv_page_envs(out, health);
	gv_page_days(out, health);
	gv_page_goals(out, health);
	gv_page_jobs(out, health);
	gv_page_copies(out, health);
	gv_page_components(out, health);
	gv_page_drills(out, health);
	gv_page_sizes(out, health);
	gv_page_events(out, health);
	add_footer(out, health, version);
	return gv_buf_check(out);
}
