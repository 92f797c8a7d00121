#include "health/metrics.h"

#include <string.h>

#include "base/buf.h"
#include "base/lines.h"

#define OPEN  "application/openmetrics-text"
#define PLAIN "text/plain"
#define TOTAL "_total"

/* ---- what a client accepts ----------------------------------------------- */

/* The next of the parts between `sep`; NULL at the end. */
static const char *
next_part(size_t *len, const char **at, const char *end, char sep)
{
	const char *p = *at, *to;

	while (p < end && (*p == ' ' || *p == '\t' || *p == sep))
		p++;
	if (p == end)
		return NULL;
	to = memchr(p, sep, (size_t)(end - p));
	*at = to ? to : end;
	for (*len = (size_t)(*at - p); p[*len - 1] == ' '; (*len)--)
		;
	return p;
}

static bool
is(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

/* "1", "0.75", of which three digits count; in thousandths. */
static int
quality(const char *text, size_t len)
{
	int q = 0, unit = 100;
	size_t i;

	if (len == 0 || *text != '0')
		return len ? 1000 : 0;
	for (i = 2;
	     i < len && text[1] == '.' && text[i] >= '0' && text[i] <= '9';
	     i++, unit /= 10)
		q += unit * (text[i] - '0');
	return q;
}

/* How much a range of an Accept header is wanted, in thousandths; 0 where it is
 * not of this type, or of another version. */
static int
weight(const char *range, size_t len, const char *type)
{
	const char *end = range + len, *p = range, *part;
	int q = 1000;
	size_t n;

	part = next_part(&n, &p, end, ';');
	if (part == NULL || !is(part, n, type))
		return 0;
	while ((part = next_part(&n, &p, end, ';')) != NULL) {
		if (n > 8 && memcmp(part, "version=", 8) == 0 &&
		    strcmp(type, OPEN) == 0 && !is(part + 8, n - 8, "1.0.0"))
			return 0;
		if (n > 2 && memcmp(part, "q=", 2) == 0)
			q = quality(part + 2, n - 2);
	}
	return q;
}

static int
most(const char *accept, const char *type)
{
	const char *p = accept, *end = accept + strlen(accept), *range;
	int q = 0, one;
	size_t n;

	while ((range = next_part(&n, &p, end, ',')) != NULL)
		if ((one = weight(range, n, type)) > q)
			q = one;
	return q;
}

bool
gv_metrics_open_is_wanted(const char *accept)
{
	const int q = accept ? most(accept, OPEN) : 0;

	return q > 0 && q >= most(accept, PLAIN);
}

/* ---- the other form ------------------------------------------------------ */

/* Whether the line is "# HELP NAME_total …" or "# TYPE NAME_total …"; *at is
 * then where NAME ends. */
static bool
is_of_counter(size_t *at, const char *line, size_t len)
{
	const char *end;
	size_t n;

	if (len < 8 ||
	    (memcmp(line, "# HELP ", 7) != 0 &&
		memcmp(line, "# TYPE ", 7) != 0))
		return false;
	end = memchr(line + 7, ' ', len - 7);
	n = end ? (size_t)(end - line) : len;
	if (n < 7 + strlen(TOTAL) ||
	    memcmp(line + n - strlen(TOTAL), TOTAL, strlen(TOTAL)) != 0)
		return false;
	*at = n - strlen(TOTAL);
	return true;
}

int
gv_metrics_open_text(struct gv_buf *out, const char *text, size_t len)
{
	/* an empty text may have no place */
	const char *const end = len ? text + len : text;
	const char *p = text, *line;
	size_t n, at;

	while (gv_lines_next(&line, &n, &p, end)) {
		if (is_of_counter(&at, line, n)) {
			gv_buf_add(out, line, at);
			at += strlen(TOTAL);
			gv_buf_add(out, line + at, n - at);
		} else {
			gv_buf_add(out, line, n);
		}
		gv_buf_addch(out, '\n');
	}
	gv_buf_addstr(out, "# EOF\n");
	return gv_buf_check(out);
}
