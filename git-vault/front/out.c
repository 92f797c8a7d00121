#include "git-vault/front/out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/path.h"
#include "base/utf8.h"
#include "git-vault/front/out_internal.h"
#include "git-vault/front/progress.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/pager.h"
#include "sys/tty.h"

/* How much is held before it is written. */
#define FULL (64 * 1024)

int
gv_out_new(struct gv_out **out, const struct gv_out_opts *opts)
{
	struct gv_out *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return gv_err_nomem();
	o->opts = *opts;
	o->buf = o->cells.text = (struct gv_buf)GV_BUF_INIT;
	o->quote_path = true;
	o->color_out = o->color_err = o->color_diff = opts->color == 1;
	o->terminal = gv_tty_is(1) || gv_tty_is_paged();
	o->fitted = o->terminal && !opts->is_long;
	gv_out_load_colors(o, NULL);
	*out = o;
	return 0;
}

/* pager.vault: false never, true or a command always, else as the command
 * wants it. Where git has started a pager already, stdout is no terminal. */
static void
choose_pager(struct gv_out *o, const struct gv_config *c, bool wanted)
{
	const char *set = gv_config_get(c, "pager.vault"), *command;

	if (o->opts.no_pager || !gv_tty_is(1))
		return;
	if (set &&
	    gv_config_bool(c, "pager.vault", false) ==
		gv_config_bool(c, "pager.vault", true)) {
		wanted = gv_config_bool(c, "pager.vault", false);
		set = NULL;
	} else if (set) {
		wanted = true;
	}
	command = gv_pager_choose(set, gv_config_get(c, "core.pager"));
	if (wanted && command)
		o->pager_command = strdup(command);
}

void
gv_out_configure(struct gv_out *o, const struct gv_config *c, bool pager)
{
	o->quote_path = gv_config_bool(c, "core.quotepath", true);
	gv_out_choose_color(o, c);
	gv_out_load_colors(o, c);
	choose_pager(o, c, pager);
}

void
gv_out_without_pager(struct gv_out *o)
{
	free(o->pager_command);
	o->pager_command = NULL;
}

bool
gv_out_stopped(struct gv_out *o)
{
	/* a caller that gets true leaves something out, so the run ends as
	 * interrupted; without such a call everything was done */
	if (gv_cancel_requested())
		o->canceled = true;
	return o->error || o->gone || o->canceled;
}

static void
write_err(const char *p, size_t left)
{
	while (left > 0) {
		ssize_t n = write(2, p, left);

		if (n < 0 && errno != EINTR)
			break; /* nobody is left to be told */
		p += n > 0 ? n : 0;
		left -= n > 0 ? (size_t)n : 0;
	}
}

static bool
is_command(const char *line)
{
	static const char *const starts[] = { "hint: git ", "hint: terraform ",
		"    git " };
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (strncmp(line, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* One line of a message behind `used` columns. Where a user reads it, it is
 * broken at blanks, but for a hint that is a command from its beginning. */
static void
add_line(const struct gv_out *o, struct gv_buf *to, const char *text,
    size_t len, size_t used)
{
	struct gv_buf safe = GV_BUF_INIT;
	size_t columns = SIZE_MAX;

	gv_out_make_safe(&safe, text, len);
	if (o->opts.unnamed && !o->opts.is_long && !is_command(text))
		columns = (size_t)gv_tty_columns(2);
	gv_out_add_prose(to, safe.p, safe.len, columns, used);
	gv_buf_addch(to, '\n');
	to->failed = to->failed || safe.failed;
	gv_buf_release(&safe);
}

/* One message, in one write, so that those of several processes do not mix. */
static void
tell(struct gv_out *o, enum gv_out_slot slot, const char *kind,
    const char *sentence)
{
	static const char none[] = "git-vault: out of memory\n";
	struct gv_buf line = GV_BUF_INIT;
	const char *p, *end;
	bool color_out = o->color_out;
	size_t used;

	gv_progress_clear(o->opts.progress);
	o->color_out = o->color_err;
	if (o->opts.unnamed)
		gv_out_add_colored(o, &line, slot, kind, strlen(kind));
	else
		gv_out_add_colored(o, &line, slot, "git-vault:", 10);
	o->color_out = color_out;
	if (!o->opts.unnamed && *kind)
		gv_buf_addf(&line, " %s", kind);
	if (line.len)
		gv_buf_addch(&line, ' ');
	used = line.len ? strlen(kind) + 1 : 0;
	/* a sentence may have further lines, but nothing else that acts */
	for (p = sentence; *p; p = *end ? end + 1 : end, used = 0) {
		end = p + strcspn(p, "\n");
		add_line(o, &line, p, (size_t)(end - p), used);
	}
	if (line.failed) {
		gv_buf_release(&line);
		write_err(none, strlen(none));
		return;
	}
	write_err(line.p, line.len);
	gv_buf_release(&line);
}

static void
start_pager(struct gv_out *o)
{
	if (o->pager_command == NULL)
		return;
	if (gv_pager_open(&o->pager, o->pager_command) < 0) {
		/* then the terminal itself has to do */
		o->pager = NULL;
		tell(o, GV_OUT_CHANGED, "warning:", gv_err_message());
	}
	free(o->pager_command);
	o->pager_command = NULL;
}

static void
put(struct gv_out *o, const char *p, size_t left)
{
	if (left && !o->error && !o->gone && !o->canceled) {
		gv_progress_clear(o->opts.progress);
		start_pager(o);
	}
	while (left && !o->error && !o->gone && !o->canceled) {
		ssize_t n = write(1, p, left);

		if (n >= 0) {
			o->begun = true;
			if (n > 0)
				o->last = p[n - 1];
			p += n;
			left -= (size_t)n;
		} else if (errno == EINTR) {
			o->canceled = gv_cancel_requested();
		} else if (errno == EPIPE) {
			o->gone = true;
		} else {
			o->error = errno;
		}
	}
}

static void
drain(struct gv_out *o)
{
	put(o, o->buf.p, o->buf.len);
	gv_buf_truncate(&o->buf, 0);
}

bool
gv_out_drop(struct gv_out *o)
{
	gv_buf_truncate(&o->buf, 0);
	return !o->begun && !o->error && !o->gone && !o->canceled;
}

int
gv_out_flush(struct gv_out *o)
{
	drain(o);
	if (o->canceled)
		return gv_cancel_error();
	if (o->error && !o->reported) {
		o->reported = true;
		errno = o->error;
		gv_err_sys("cannot write to standard output");
		return GV_ERROR;
	}
	return gv_buf_check(&o->buf);
}

static void
close_pager(struct gv_out *o)
{
	gv_pager_close(o->pager);
	o->pager = NULL;
}

int
gv_out_finish(struct gv_out *o)
{
	drain(o);
	close_pager(o);
	/* some file systems speak of a full disk only now */
	if (close(1) < 0 && errno != EBADF && !o->error)
		o->error = errno;
	return gv_out_flush(o);
}

void
gv_out_free(struct gv_out *o)
{
	if (o == NULL)
		return;
	gv_buf_release(&o->buf);
	gv_buf_release(&o->cells.text);
	free(o->cells.cells);
	free(o->pager_command);
	free(o);
}

bool
gv_out_hand_over(struct gv_out *o)
{
	drain(o);
	start_pager(o);
	return o->color_diff;
}

static void
drain_if_full(struct gv_out *o)
{
	if (o->buf.len >= FULL)
		drain(o);
}

void
gv_out_printf(struct gv_out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	gv_buf_vaddf(&o->buf, fmt, ap);
	va_end(ap);
	drain_if_full(o);
}

void
gv_out_end_line(struct gv_out *o)
{
	char last = o->buf.len ? o->buf.p[o->buf.len - 1] : o->last;

	if (last && last != '\n')
		gv_out_printf(o, "\n");
}

void
gv_out_paint(struct gv_out *o, enum gv_out_slot slot, const char *fmt, ...)
{
	struct gv_buf b = GV_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	if (!o->color_out || !o->colors[slot][0]) {
		gv_buf_vaddf(&o->buf, fmt, ap);
	} else {
		gv_buf_vaddf(&b, fmt, ap);
		gv_out_add_colored(o, &o->buf, slot, b.p, b.len);
		gv_buf_release(&b);
	}
	va_end(ap);
	drain_if_full(o);
}

void
gv_out_id(struct gv_out *o, const char *id)
{
	if (o->terminal)
		gv_out_paint(o, GV_OUT_ID, "%s", id);
	else
		gv_out_printf(o, "%s", id);
}

void
gv_out_pass(struct gv_out *o, const void *data, size_t len)
{
	drain(o);
	put(o, data, len);
}

/* A control character but a tab, shown as gv_out_text() does it. */
static void
put_control(struct gv_out *o, unsigned char c)
{
	char octal[5];

	snprintf(octal, sizeof(octal), "\\%03o", c);
	put(o, octal, 4);
}

static bool
is_control(unsigned char c)
{
	return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* What a terminal obeys: also controls of eight bits, C2 80 to C2 9F, and a CR
 * that ends no line, behind which another text hides. */
static bool
is_obeyed(unsigned char c, unsigned char before, unsigned char behind)
{
	if (c == '\n' || (c == '\r' && behind == '\n'))
		return false;
	return is_control(c) || (before == 0xc2 && c >= 0x80 && c < 0xa0);
}

void
gv_out_show(struct gv_out *o, const void *data, size_t len)
{
	const char *p = data;
	size_t i, begin = 0;

	drain(o);
	for (i = 0; o->terminal && i < len; i++)
		if (is_obeyed((unsigned char)p[i],
			(unsigned char)(i ? p[i - 1] : o->last),
			(unsigned char)(i + 1 < len ? p[i + 1] : 0))) {
			put(o, p + begin, i - begin);
			put_control(o, (unsigned char)p[i]);
			begin = i + 1;
		}
	put(o, p + begin, len - begin);
}

void
gv_out_pass_line(
    struct gv_out *o, enum gv_out_slot slot, const char *line, size_t len)
{
	bool colored = o->color_diff && o->colors[slot][0];
	size_t i, begin = 0;

	drain(o);
	if (colored)
		put(o, o->colors[slot], strlen(o->colors[slot]));
	for (i = 0; o->terminal && i < len; i++)
		if (is_control((unsigned char)line[i])) {
			put(o, line + begin, i - begin);
			put_control(o, (unsigned char)line[i]);
			begin = i + 1;
		}
	put(o, line + begin, len - begin);
	put(o, colored ? "\033[m\n" : "\n", colored ? 4 : 1);
}

void
gv_out_write(struct gv_out *o, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		size_t n = len < FULL ? len : FULL;

		gv_buf_add(&o->buf, p, n);
		p += n;
		len -= n;
		drain_if_full(o);
	}
}

/* Characters that turn the direction of the text about could make a line read
 * as something that it is not. */
static bool
is_tricky(uint32_t c)
{
	return gv_utf8_width(c) < 0 || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069);
}

void
gv_out_make_safe(struct gv_buf *out, const char *text, size_t len)
{
	uint32_t c;
	size_t n, i;

	for (; len > 0; text += n, len -= n) {
		n = gv_utf8_ascii(text, len);
		if (n) {
			gv_buf_add(out, text, n);
			continue;
		}
		n = gv_utf8_next(&c, text, len);
		if (n && !is_tricky(c)) {
			gv_buf_add(out, text, n);
			continue;
		}
		n = n ? n : 1;
		for (i = 0; i < n; i++)
			gv_buf_addf(out, "\\%03o", (unsigned char)text[i]);
	}
}

void
gv_out_make_path(
    const struct gv_out *o, struct gv_buf *out, const char *path, size_t len)
{
	struct gv_buf safe = GV_BUF_INIT;
	bool plain;

	if (gv_utf8_ascii(path, len) == len && !memchr(path, '"', len) &&
	    !memchr(path, '\\', len)) {
		gv_buf_add(out, path, len);
		return;
	}
	gv_out_make_safe(&safe, path, len);
	plain = safe.len == len && !memchr(path, '"', len) &&
	    !memchr(path, '\\', len);
	gv_buf_release(&safe);
	if (plain && !o->quote_path)
		gv_buf_add(out, path, len);
	else
		gv_path_quote(out, path, len);
}

void
gv_out_text(struct gv_out *o, const char *text, size_t len)
{
	gv_out_make_safe(&o->buf, text, len);
	drain_if_full(o);
}

void
gv_out_path(struct gv_out *o, const char *path, size_t len)
{
	gv_out_make_path(o, &o->buf, path, len);
	drain_if_full(o);
}

static void
message(struct gv_out *o, enum gv_out_slot slot, const char *kind,
    const char *fmt, va_list ap)
{
	struct gv_buf said = GV_BUF_INIT, bare = GV_BUF_INIT;

	if (o->buf.len && o->pager == NULL)
		drain(o); /* on a terminal both must come in order */
	gv_buf_vaddf(&said, fmt, ap);
	/* Git's own words have addresses in them, too */
	gv_remote_add_bare(&bare, said.p);
	tell(o, slot, kind, bare.p);
	gv_buf_release(&said);
	gv_buf_release(&bare);
}

void
gv_out_say(struct gv_out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->opts.verbosity < 0)
		return;
	va_start(ap, fmt);
	message(o, GV_OUT_PLAIN, "", fmt, ap);
	va_end(ap);
}

void
gv_out_detail(struct gv_out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->opts.verbosity < 1)
		return;
	va_start(ap, fmt);
	message(o, GV_OUT_PLAIN, "", fmt, ap);
	va_end(ap);
}

void
gv_out_warn(struct gv_out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(o, GV_OUT_CHANGED, "warning:", fmt, ap);
	va_end(ap);
}

void
gv_out_report(struct gv_out *o, const char *text, size_t len)
{
	gv_progress_clear(o->opts.progress);
	write_err(text, len);
}

void
gv_out_error(struct gv_out *o, const char *fmt, ...)
{
	va_list ap;

	drain(o);
	close_pager(o); /* the error is the last word on the terminal */
	va_start(ap, fmt);
	message(o, GV_OUT_REMOVED, o->opts.unnamed ? "error:" : "", fmt, ap);
	va_end(ap);
}

void
gv_out_size(char out[GV_OUT_SIZE_MAX], uint64_t bytes)
{
	gv_enc_size(out, bytes);
}

void
gv_out_count(char out[GV_OUT_SIZE_MAX], uint64_t n, const char *one)
{
	if (n == 0)
		snprintf(out, GV_OUT_SIZE_MAX, "no %ss", one);
	else
		snprintf(out, GV_OUT_SIZE_MAX, "%" PRIu64 " %s%s", n, one,
		    n == 1 ? "" : "s");
}
