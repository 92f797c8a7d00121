#include "drill/drill_timer.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/section.h"
#include "base/shell.h"
#include "crypto/sha.h"

/* A newline ends an entry, and '%' means something else in each. */
static bool
fits(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f || *text == '%')
			return false;
	return true;
}

bool
gv_drill_timer_fits(const struct gv_drill_timer *t)
{
	return fits(t->dir) && (t->env == NULL || fits(t->env)) &&
	    (t->every == NULL || fits(t->every));
}

static void
sum(unsigned char out[GV_SHA_BYTES], const struct gv_drill_timer *t)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text, "%s\n%s", t->dir, t->env ? t->env : "");
	gv_sha_sum(out, text.len ? text.p : "", text.len);
	gv_buf_release(&text);
}

int
gv_drill_timer_name(struct gv_buf *out, const struct gv_drill_timer *t)
{
	unsigned char digest[GV_SHA_BYTES];
	char digits[2 * GV_SHA_BYTES + 1];

	sum(digest, t);
	gv_enc_hex(digits, digest, sizeof(digest));
	gv_buf_addf(out, "git-vault-drill-%.8s", digits);
	return gv_buf_check(out);
}

static void
add_command(struct gv_buf *out, const struct gv_drill_timer *t)
{
	gv_buf_addf(out, "git vault -q drill run --if-due %s", t->every);
	if (t->env) {
		gv_buf_addstr(out, " --env");
		gv_shell_word(out, t->env);
	}
}

/* ---- crontab ------------------------------------------------------------- */

static void
add_mark(struct gv_buf *out, const char *which, const struct gv_drill_timer *t)
{
	gv_buf_addf(out, "# git-vault drill %s: %s%s%s\n", which, t->dir,
	    t->env ? " " : "", t->env ? t->env : "");
}

/* At some time of the early morning, another one for each repository. */
static void
add_entry(struct gv_buf *out, const struct gv_drill_timer *t)
{
	unsigned char digest[GV_SHA_BYTES];

	sum(digest, t);
	add_mark(out, "begin", t);
	gv_buf_addf(out, "%d %d * * * cd ", digest[0] % 60, 1 + digest[1] % 5);
	gv_shell_quote(out, t->dir);
	gv_buf_addstr(out, " && ");
	add_command(out, t);
	gv_buf_addch(out, '\n');
	add_mark(out, "end", t);
}

int
gv_drill_timer_crontab(
    struct gv_buf *out, const char *old, const struct gv_drill_timer *t)
{
	struct gv_buf begin = GV_BUF_INIT, end = GV_BUF_INIT,
		      entry = GV_BUF_INIT;
	int r;

	add_mark(&begin, "begin", t);
	add_mark(&end, "end", t);
	if (t->every)
		add_entry(&entry, t);
	if ((r = gv_buf_check(&begin)) == 0 && (r = gv_buf_check(&end)) == 0 &&
	    (r = gv_buf_check(&entry)) == 0)
		r = gv_section_replace(
		    out, old, begin.p, end.p, t->every ? entry.p : NULL);
	gv_buf_release(&begin);
	gv_buf_release(&end);
	gv_buf_release(&entry);
	return r;
}

/* ---- systemd ------------------------------------------------------------- */

int
gv_drill_timer_service(struct gv_buf *out, const struct gv_drill_timer *t)
{
	gv_buf_addf(out,
	    "[Unit]\nDescription=recovery drill of %s\n\n"
	    "[Service]\nType=oneshot\nWorkingDirectory=%s\n"
	    "ExecStart=/usr/bin/env ",
	    t->dir, t->dir);
	add_command(out, t);
	/* some stages could not run: that is no failure of the unit */
	gv_buf_addstr(out,
	    "\nSuccessExitStatus=3\nNice=10\n"
	    "IOSchedulingClass=idle\n");
	return gv_buf_check(out);
}

int
gv_drill_timer_timer(struct gv_buf *out, const struct gv_drill_timer *t)
{
	gv_buf_addf(out,
	    "[Unit]\nDescription=recovery drill of %s, if one is due\n\n"
	    "[Timer]\nOnCalendar=daily\nRandomizedDelaySec=4h\n"
	    "Persistent=true\n\n"
	    "[Install]\nWantedBy=timers.target\n",
	    t->dir);
	return gv_buf_check(out);
}
