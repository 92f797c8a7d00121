#include "scan/scan_internal.h"

#include <string.h>

#include "base/utf8.h"
#include "lex/ascii.h"
#include "lex/seek.h"

#define STRING_MAX ((size_t)1 << 20)
#define STRING_MIN 12
#define SECRET_MIN 8   /* bytes behind the first sign that is encoded */
#define JOINT_MAX  256 /* bytes between two strings that are joined */
#define LINE_MAX   512 /* and in front of the first, on its line */

static size_t
find_backslash(const char *p, size_t at, size_t end)
{
	return gv_seek(p, at, end, '\\');
}

/* --- strings with escapes: files in files --- */

/* \n, \", \u0041 … as JSON has them (RFC 8259, 7). */
static size_t
step_escape(const char *p, size_t at, size_t end, char out[4], unsigned *n)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	const char *known;
	uint32_t ch = 0;
	size_t i;

	*n = 1;
	out[0] = p[at];
	if (p[at] != '\\' || at + 1 >= end)
		return 1;
	out[0] = p[at + 1];
	if (p[at + 1] == 'u' && end - at >= 6) {
		for (i = 2; i < 6; i++) {
			int digit = gv_ascii_hex(p[at + i]);

			if (digit < 0)
				return 2;
			ch = ch << 4 | (uint32_t)digit;
		}
		*n = (unsigned)gv_utf8_put(out, ch);
		return 6;
	}
	known = p[at + 1] ? strchr(from, p[at + 1]) : NULL;
	if (known)
		out[0] = to[known - from];
	return 2;
}

static const struct gv_scan_code escape = { GV_SCAN_ESCAPE, step_escape,
	find_backslash };

static int
scan_string(struct gv_scan_run *run, size_t from, size_t to)
{
	struct gv_scan_piece piece = {
		.from = from, .to = to, .code = &escape
	};

	if (to - from < STRING_MIN || to - from > STRING_MAX ||
	    memchr(run->lex.text + from, '\\', to - from) == NULL)
		return 0;
	return gv_scan_piece(run, &piece, 1);
}

int
gv_scan_escaped(struct gv_scan_run *run, size_t from, size_t to)
{
	return run->depth < GV_SCAN_DEPTH ? scan_string(run, from, to) : 0;
}

static int
scan_escapes(struct gv_scan_run *run)
{
	const char *p = run->lex.text, *quote;
	size_t at = 0, from, len = run->lex.len;
	int r = 0;

	/* what begins otherwise is no secret, whatever its name */
	while (at < len && gv_ascii_is_space(p[at]))
		at++;
	if (at == len || (p[at] != '{' && p[at] != '[') ||
	    memchr(p, '\\', len) == NULL ||
	    gv_scan_syntax(run) != GV_SYNTAX_JSON)
		return 0;
	while (r == 0 && at < len && (quote = memchr(p + at, '"', len - at))) {
		from = at = (size_t)(quote - p) + 1;
		while (at < len && p[at] != '"')
			at += p[at] == '\\' ? 2 : 1;
		if (at < len)
			r = scan_string(run, from, at);
		at++;
	}
	return r;
}

/* --- percent signs (RFC 3986, 2.1) --- */

static int
percent_at(const char *p, size_t at, size_t end)
{
	int a, b;

	if (p[at] != '%' || end - at < 3)
		return -1;
	a = gv_ascii_hex(p[at + 1]);
	b = gv_ascii_hex(p[at + 2]);
	return a < 0 || b < 0 ? -1 : a * 16 + b;
}

static size_t
step_percent(const char *p, size_t at, size_t end, char out[4], unsigned *n)
{
	int ch = percent_at(p, at, end);

	*n = 1;
	out[0] = ch < 0 ? p[at] : (char)ch;
	return ch < 0 ? 1 : 3;
}

static size_t
find_percent(const char *p, size_t at, size_t end)
{
	return gv_seek(p, at, end, '%');
}

static const struct gv_scan_code percent = { GV_SCAN_PERCENT, step_percent,
	find_percent };

/* What stands between a name and its value, or begins and ends these. */
static bool
is_sign(int ch)
{
	switch (ch) {
	case '=':
	case ':':
	case '&':
	case ';':
	case ',':
	case '{':
	case '[':
	case '"':
	case '\'':
	case '\n':
	case '%':
		return true;
	default:
		return false;
	}
}

/* All that is visible but what sets a URL off, "'`<>\^{|}; none above ASCII. */
static inline bool
is_of_url(char ch)
{
	static const char table[256] = "0000000000000000"
				       "0000000000000000"
				       "0101111011111111"
				       "1111111111110101"
				       "1111111111111111"
				       "1111111111110101"
				       "0111111111111111"
				       "1111111111100010";

	return table[(unsigned char)ch] & 1;
}

static int
scan_percents(struct gv_scan_run *run)
{
	const char *p = run->lex.text;
	size_t at = 0, done = 0, len = run->lex.len;
	int r = 0;

	while (r == 0 && (at = gv_seek(p, at, len, '%')) < len) {
		struct gv_scan_piece piece = { .code = &percent };

		if (!is_sign(percent_at(p, at, len))) {
			at++;
			continue;
		}
		for (piece.from = at;
		     piece.from > done && at - piece.from < STRING_MAX &&
		     is_of_url(p[piece.from - 1]);
		     piece.from--)
			;
		for (piece.to = at; piece.to < len &&
		     piece.to - at < STRING_MAX && is_of_url(p[piece.to]);
		     piece.to++)
			;
		if (piece.to - at >= 3 + SECRET_MIN)
			r = gv_scan_piece(run, &piece, 1);
		at = done = piece.to;
	}
	return r;
}

/* --- strings that are put together, and lines that go on --- */

static bool
is_quote(char ch)
{
	return ch == '"' || ch == '\'';
}

/* What a token may have at a place where it is broken. */
static bool
is_inner(char ch)
{
	return gv_ascii_is_name(ch) || ch == '/' || ch == ':' || ch == '@';
}

static size_t
skip_space(const char *p, size_t at, size_t end)
{
	while (at < end && gv_ascii_is_space(p[at]))
		at++;
	return at;
}

/* How many bytes from the quote that closes a string to behind the one that
 * opens the next: "a" + "b", and side by side over the end of a line where that
 * joins them. 0: it is no joint. Nor is "+" one. */
static size_t
joint_of_strings(const char *p, size_t at, size_t end, bool joins_lines)
{
	size_t i;

	if (end - at > JOINT_MAX)
		end = at + JOINT_MAX;
	if (at == 0 || !is_inner(p[at - 1]))
		return 0;
	i = skip_space(p, at + 1, end);
	if (i < end &&
	    (p[i] == '+' || p[i] == '.' || p[i] == '&' || p[i] == '\\' ||
		p[i] == '~')) {
		i = skip_space(p, i + 1, end);
		/* "..", "&&", "+=" */
		if (i < end && p[i] == '.')
			i = skip_space(p, i + 1, end);
	} else if (!joins_lines || memchr(p + at, '\n', i - at) == NULL) {
		return 0;
	}
	return i + 1 < end && is_quote(p[i]) && is_inner(p[i + 1]) ? i + 1 - at
								   : 0;
}

/* From the backslash at the end of a line to what goes on on the next. */
static size_t
joint_of_lines(const char *p, size_t at, size_t end)
{
	size_t i = at + 1;

	if (end - at > JOINT_MAX)
		end = at + JOINT_MAX;
	if (at == 0 || !is_inner(p[at - 1]))
		return 0;
	i += i < end && p[i] == '\r';
	if (i == end || p[i] != '\n')
		return 0;
	for (i++; i < end && gv_ascii_is_blank(p[i]); i++)
		;
	return i < end && is_inner(p[i]) ? i - at : 0;
}

static size_t
step_line(const char *p, size_t at, size_t end, char out[4], unsigned *n)
{
	size_t len = p[at] == '\\' ? joint_of_lines(p, at, end) : 0;

	*n = len == 0;
	out[0] = p[at];
	return len ? len : 1;
}

static size_t
step_joint(const char *p, size_t at, size_t end, char out[4], unsigned *n)
{
	size_t len = is_quote(p[at]) ? joint_of_strings(p, at, end, true) : 0;

	*n = 0;
	return len ? len : step_line(p, at, end, out, n);
}

/* Of Go, where a line of its own is another package to import. */
static size_t
step_signed(const char *p, size_t at, size_t end, char out[4], unsigned *n)
{
	size_t len = is_quote(p[at]) ? joint_of_strings(p, at, end, false) : 0;

	*n = 0;
	return len ? len : step_line(p, at, end, out, n);
}

/* The next byte that may begin a joint. */
static size_t
find_mark(const char *p, size_t at, size_t end)
{
	return gv_seek_any(p, at, end, '\\', '"', '\'');
}

static const struct gv_scan_code line = { GV_SCAN_JOINED, step_line,
	find_backslash };
static const struct gv_scan_code joint = { GV_SCAN_JOINED, step_joint,
	find_mark };
static const struct gv_scan_code by_sign = { GV_SCAN_JOINED, step_signed,
	find_mark };

static bool
is_go(const char *path)
{
	const char *dot = path ? strrchr(path, '.') : NULL;

	return dot && strcmp(dot, ".go") == 0;
}

/* Where the next joint begins, or `len`; *behind is where it ends. */
static size_t
find_joint(const struct gv_scan_run *run, size_t at,
    const struct gv_scan_code *code, size_t *behind)
{
	const char *p = run->lex.text;
	size_t len = run->lex.len;
	char out[4];
	unsigned n;

	while (at < len && (at = code->find(p, at, len)) < len) {
		*behind = at + code->step(p, at, len, out, &n);
		if (n == 0)
			return at;
		at++;
	}
	return len;
}

/* In programs; a line may go on in most other files, too. What is near to
 * each other is scanned as one. */
static int
scan_joints(struct gv_scan_run *run)
{
	const char *p = run->lex.text;
	size_t len = run->lex.len, at, done = 0, next, behind = 0;
	const struct gv_scan_code *code = &line;
	int r = 0;

	if (gv_scan_syntax(run) == GV_SYNTAX_CODE)
		code = is_go(run->path) ? &by_sign : &joint;
	for (at = find_joint(run, 0, code, &behind); r == 0 && at < len;
	     at = next) {
		struct gv_scan_piece piece = { .from = at, .code = code };

		while (piece.from > done && at - piece.from < LINE_MAX &&
		    p[piece.from - 1] != '\n')
			piece.from--;
		for (next = at; next < len && next - at < STRING_MAX;) {
			if (behind > piece.to)
				piece.to = gv_seek(p, behind, len, '\n');
			next = find_joint(run, behind, code, &behind);
			if (next > piece.to + LINE_MAX)
				break;
		}
		if (piece.to - piece.from > STRING_MAX)
			piece.to = piece.from + STRING_MAX;
		r = gv_scan_piece(run, &piece, 1);
		done = piece.to;
		if (next < done)
			next = find_joint(run, done, code, &behind);
	}
	return r;
}

int
gv_scan_strings(struct gv_scan_run *run)
{
	int r = scan_escapes(run);

	/* names and the beginnings of tokens are mostly in clear: where none
	 * is, a look for these would cost a tenth of the whole scan */
	if (r < 0 || run->hits == 0)
		return r;
	r = scan_percents(run);
	return r < 0 ? r : scan_joints(run);
}
