#include "crypto/armor.h"

#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digits.h"

/*
 *	-----BEGIN AGE ENCRYPTED FILE-----
 *	base64, padded, 64 characters a line but the last
 *	-----END AGE ENCRYPTED FILE-----
 *
 * Lines end with LF or CR LF; white space stands before and behind only, and
 * not much of it.
 */

#define COLUMNS   64
#define PER_LINE  (COLUMNS / 4 * 3)
#define MAX_SPACE 1024

static const char first_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char last_line[] = "-----END AGE ENCRYPTED FILE-----";

struct cursor {
	const char *p, *end;
	size_t line; /* counted from one, as editors do */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
skip_space(struct cursor *c)
{
	const char *limit =
	    c->end - c->p > MAX_SPACE ? c->p + MAX_SPACE : c->end;

	for (; c->p < limit && is_space(*c->p); c->p++)
		c->line += *c->p == '\n';
}

/* The next line without its end; false where there is none. */
static bool
next_line(const char **line, size_t *len, struct cursor *c)
{
	const char *lf;

	if (c->p == c->end)
		return false;
	lf = memchr(c->p, '\n', (size_t)(c->end - c->p));
	*line = c->p;
	*len = (size_t)((lf ? lf : c->end) - c->p);
	if (lf && *len > 0 && lf[-1] == '\r')
		(*len)--;
	c->p = lf ? lf + 1 : c->end;
	c->line++;
	return true;
}

static bool
line_is(const char *line, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(line, text, len) == 0;
}

bool
gv_armor_is(const void *text, size_t len)
{
	struct cursor c = { text, (const char *)text + len, 0 };

	skip_space(&c);
	return (size_t)(c.end - c.p) >= sizeof(first_line) - 1 &&
	    memcmp(c.p, first_line, sizeof(first_line) - 1) == 0;
}

/* One line of base64; *n bytes were in it. */
static int
read_line(struct gv_buf *out, size_t *n, const char *line, size_t len)
{
	unsigned char bytes[PER_LINE];

	if (len == 0 || len > COLUMNS ||
	    gv_digits_read(
		bytes, sizeof(bytes), n, line, len, GV_DIGITS_PADDED) < 0)
		return GV_ECORRUPT;
	gv_buf_add(out, bytes, *n);
	return 0;
}

/* The lines up to the last one. */
static int
read_body(struct gv_buf *out, struct cursor *c)
{
	size_t n = PER_LINE, len;
	const char *line;

	while (next_line(&line, &len, c)) {
		if (line_is(line, len, last_line))
			return 0;
		if (n != PER_LINE)
			return gv_err(GV_ECORRUPT,
			    "age armor: line %zu follows one that is not full",
			    c->line - 1);
		if (read_line(out, &n, line, len) < 0)
			return gv_err(GV_ECORRUPT,
			    "age armor: line %zu is not base64 of at most "
			    "%d characters",
			    c->line - 1, COLUMNS);
	}
	return gv_err(
	    GV_ECORRUPT, "age armor: it ends early, without '%s'", last_line);
}

int
gv_armor_read(struct gv_buf *out, const void *text, size_t len)
{
	struct cursor c = { text, (const char *)text + len, 1 };
	size_t before = out->len, line_len;
	const char *line;
	int r;

	if (len > GV_ARMOR_MAX)
		return gv_err(GV_EREFUSED,
		    "age armor: %zu characters are too many; armor is for "
		    "small files",
		    len);
	skip_space(&c);
	if (!next_line(&line, &line_len, &c) ||
	    !line_is(line, line_len, first_line))
		return gv_err(GV_ECORRUPT,
		    "age armor: it does not begin with "
		    "a line '%s'",
		    first_line);
	r = read_body(out, &c);
	skip_space(&c);
	if (r < 0)
		goto out;
	if (c.p != c.end) {
		r = gv_err(GV_ECORRUPT,
		    "age armor: something follows it in line %zu", c.line);
		goto out;
	}
	r = gv_buf_check(out);
out:
	if (r < 0)
		gv_buf_truncate(out, before);
	return r;
}

int
gv_armor_add(struct gv_buf *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t before = out->len, n;
	char line[COLUMNS + 1];
	int r;

	if (len > GV_ARMOR_MAX / COLUMNS * PER_LINE)
		return gv_err(GV_EREFUSED,
		    "age armor: %zu bytes are too many; armor is for small "
		    "files",
		    len);
	gv_buf_addf(out, "%s\n", first_line);
	for (; len > 0; p += n, len -= n) {
		n = len < PER_LINE ? len : PER_LINE;
		sodium_bin2base64(
		    line, sizeof(line), p, n, sodium_base64_VARIANT_ORIGINAL);
		gv_buf_addf(out, "%s\n", line);
	}
	gv_buf_addf(out, "%s\n", last_line);
	r = gv_buf_check(out);
	if (r < 0)
		gv_buf_truncate(out, before);
	return r;
}
