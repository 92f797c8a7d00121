#include "drift/version.h"

#include <stdlib.h>
#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct gv_version_span
span(const char *p, const char *end)
{
	return (struct gv_version_span){ p, (size_t)(end - p) };
}

/* ---- references ---------------------------------------------------------- */

static const char *
last(const char *p, const char *end, char c)
{
	while (end > p)
		if (*--end == c)
			return end;
	return NULL;
}

/* What stands before the first slash is a host if it has a dot or a port. */
static bool
is_host(const char *p, const char *end)
{
	const size_t n = (size_t)(end - p);

	return memchr(p, '.', n) || memchr(p, ':', n) ||
	    (n == 9 && memcmp(p, "localhost", 9) == 0);
}

bool
gv_version_image(struct gv_version_image *out, const char *p, size_t len)
{
	const char *end = p + len, *at, *slash, *colon;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < len; i++)
		if (!is_word(p[i]) && !strchr("./:@_-", p[i]))
			return false;
	at = memchr(p, '@', len);
	if (at) {
		out->digest = span(at + 1, end);
		end = at;
	}
	slash = last(p, end, '/');
	colon = last(slash ? slash : p, end, ':');
	if (colon) {
		out->tag = span(colon + 1, end);
		end = colon;
	}
	slash = memchr(p, '/', (size_t)(end - p));
	if (slash && is_host(p, slash)) {
		out->registry = span(p, slash);
		p = slash + 1;
	}
	out->name = span(p, end);
	return out->name.len > 0;
}

bool
gv_version_ref(struct gv_version_span *address, struct gv_version_span *version,
    const char *p, size_t len)
{
	const char *at = memmem(p, len, "?ref=", 5), *end = p + len, *and;

	if (at == NULL)
		return false;
	*address = span(p, at);
	and = memchr(at + 5, '&', (size_t)(end - at - 5));
	*version = span(at + 5, and? and : end);
	return true;
}

/* ---- versions ------------------------------------------------------------ */

/* Behind "v", "V" and what stands before the last '/' or "release-". */
static void
skip_prefix(const char **p, size_t *len)
{
	size_t i = 0;

	while (i < *len && !is_digit((*p)[i]))
		i++;
	/* only a "v", or words that end with a sign */
	if (i == *len || (i > 0 && (*p)[i - 1] != 'v' && is_word((*p)[i - 1])))
		i = 0;
	*p += i;
	*len -= i;
}

static size_t
take_number(unsigned long *out, const char *p, size_t len)
{
	size_t i;

	*out = 0;
	for (i = 0; i < len && is_digit(p[i]) && i < 15; i++)
		*out = *out * 10 + (unsigned long)(p[i] - '0');
	return i;
}

bool
gv_version_is(const char *p, size_t len)
{
	size_t i, n;
	bool has_dot = false;

	if (len == 0 || len > 64)
		return false;
	n = len;
	skip_prefix(&p, &len);
	if (len == 0 || !is_digit(p[0]))
		return false;
	for (i = 0; i < len && (is_digit(p[i]) || p[i] == '.'); i++)
		has_dot |= p[i] == '.';
	/* "7f3a…" is the id of a commit, and so is what has only digits and is
	 * as long; "2024-11-03" is a version by its date */
	if (i < len && p[i] != '-' && p[i] != '+' && p[i] != '_')
		return i > 0 && has_dot;
	return has_dot || n < 20;
}

/* What comes behind the numbers: nothing is newer than "-rc1". */
static int
compare_rest(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const size_t n = a_len < b_len ? a_len : b_len;
	int order;

	if (a_len == 0 || b_len == 0)
		return (b_len > 0) - (a_len > 0);
	order = memcmp(a, b, n);
	return order ? order : (a_len > b_len) - (a_len < b_len);
}

bool
gv_version_compare(int *order, unsigned long *steps, const char *a,
    size_t a_len, const char *b, size_t b_len)
{
	unsigned long x, y;
	size_t n, m;

	*steps = 1;
	if (!gv_version_is(a, a_len) || !gv_version_is(b, b_len))
		return false;
	skip_prefix(&a, &a_len);
	skip_prefix(&b, &b_len);
	for (;;) {
		n = take_number(&x, a, a_len);
		m = take_number(&y, b, b_len);
		if (n == 0 && m == 0)
			break;
		if (x != y) {
			*order = x < y ? -1 : 1;
			*steps = x < y ? y - x : x - y;
			return true;
		}
		a += n;
		a_len -= n;
		b += m;
		b_len -= m;
		if (a_len == 0 || b_len == 0 || *a != *b ||
		    (*a != '.' && *a != '-'))
			break;
		a++;
		a_len--;
		b++;
		b_len--;
	}
	/* 1.4 and 1.4.1 */
	if (a_len == 0 && b_len > 0 && *b == '.')
		*order = -1;
	else if (b_len == 0 && a_len > 0 && *a == '.')
		*order = 1;
	else
		*order = compare_rest(a, a_len, b, b_len);
	return true;
}

bool
gv_version_is_range(const char *p, size_t len)
{
	if (len == 0)
		return false;
	if (strchr("~^<>*", p[0]))
		return true;
	return (len > 2 &&
		   (memcmp(p + len - 2, ".x", 2) == 0 ||
		       memcmp(p + len - 2, ".*", 2) == 0)) ||
	    (memchr(p, ',', len) && memmem(p, len, ">", 1));
}

bool
gv_version_is_moving(const char *p, size_t len)
{
	static const char *const words[] = { "latest", "main", "master", "HEAD",
		"edge", "nightly", "stable", NULL };
	size_t i;

	for (i = 0; words[i]; i++)
		if (strlen(words[i]) == len && memcmp(words[i], p, len) == 0)
			return true;
	return false;
}
