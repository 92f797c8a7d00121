#include "base/semver.h"

#include <string.h>

#define DIGITS_MAX 18 /* of a number, so that each fits */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '-';
}

/* ---- versions ------------------------------------------------------------ */

/* Move *p behind a number. */
static bool
read_number(uint64_t *out, const char **p, const char *end)
{
	const char *from = *p;

	for (*out = 0; *p < end && is_digit(**p); ++*p)
		*out = *out * 10 + (uint64_t)(**p - '0');
	return *p > from && *p - from <= DIGITS_MAX;
}

/* Words with dots between them, up to their end: none is empty. */
static bool
read_words(const char **p, const char *end)
{
	bool had_word = false;

	for (; *p < end && (is_word(**p) || **p == '.'); ++*p) {
		if (**p == '.' && !had_word)
			return false;
		had_word = **p != '.';
	}
	return had_word;
}

/* What is behind the numbers. */
static bool
read_rest(struct gv_semver *out, const char *p, const char *end)
{
	if (p < end && *p == '-') {
		out->pre = ++p;
		if (!read_words(&p, end))
			return false;
		out->pre_len = (size_t)(p - out->pre);
	}
	if (p < end && *p == '+') {
		p++;
		if (!read_words(&p, end))
			return false;
	}
	return p == end;
}

bool
gv_semver_read(struct gv_semver *out, const char *p, size_t len)
{
	const char *end = p + len;

	*out = (struct gv_semver){ .n = 0 };
	if (p < end && (*p == 'v' || *p == 'V'))
		p++;
	for (;;) {
		if (!read_number(&out->numbers[out->n++], &p, end))
			return false;
		if (out->n == 3 || p == end || *p != '.')
			return read_rest(out, p, end);
		p++;
	}
}

static int
compare_numbers(const uint64_t *a, const uint64_t *b)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* Numbers by their size, and before words; words as bytes. */
static int
compare_word(const char *a, size_t n, const char *b, size_t m)
{
	const char *p = a, *q = b;
	uint64_t x, y;
	const bool is_x = read_number(&x, &p, a + n) && p == a + n;
	const bool is_y = read_number(&y, &q, b + m) && q == b + m;
	int order;

	if (is_x && is_y)
		return x < y ? -1 : x > y;
	if (is_x != is_y)
		return is_x ? -1 : 1;
	order = memcmp(a, b, n < m ? n : m);
	return order ? order : n < m ? -1 : n > m;
}

static size_t
word_len(const char *p, const char *end)
{
	const char *dot = memchr(p, '.', (size_t)(end - p));

	return (size_t)((dot ? dot : end) - p);
}

static int
compare_words(const struct gv_semver *a, const struct gv_semver *b)
{
	const char *p = a->pre, *q = b->pre;
	const char *const p_end = p + a->pre_len, *const q_end = q + b->pre_len;
	size_t n, m;
	int order;

	while (p < p_end && q < q_end) {
		n = word_len(p, p_end);
		m = word_len(q, q_end);
		if ((order = compare_word(p, n, q, m)) != 0)
			return order;
		p += n + 1;
		q += m + 1;
	}
	return (p < p_end) - (q < q_end);
}

/* A release is behind all that lead to it. */
static int
compare_pre(const struct gv_semver *a, const struct gv_semver *b)
{
	return a->pre_len && b->pre_len ? compare_words(a, b)
					: (a->pre_len == 0) - (b->pre_len == 0);
}

int
gv_semver_compare(const struct gv_semver *a, const struct gv_semver *b)
{
	const int order = compare_numbers(a->numbers, b->numbers);

	return order ? order : compare_pre(a, b);
}

/* ---- ranges -------------------------------------------------------------- */

/* A comparison: from `low` up to `high`, which is not in it; a range has the
 * text of it as long as it is used. */
struct span {
	struct gv_semver low, high;
	bool has_low, has_high, is_low_out, is_high_in;
};

/* The first version behind all that begin with `n` of its numbers. */
static struct gv_semver
behind(const struct gv_semver *v, unsigned n)
{
	struct gv_semver next = { .n = 3 };

	memcpy(next.numbers, v->numbers, n * sizeof(next.numbers[0]));
	next.numbers[n - 1]++;
	return next;
}

/* How many numbers of "^1.2.3" may not change: up to the first that is not 0.
 */
static unsigned
caret(const struct gv_semver *v)
{
	unsigned i = 0;

	while (i + 1 < v->n && v->numbers[i] == 0)
		i++;
	return i + 1;
}

static void
make_span(struct span *out, const char *op, size_t len, struct gv_semver v)
{
	const bool is_or = len == 2;

	*out = (struct span){ .low = v };
	if (len && *op == '<') {
		out->has_high = true;
		out->is_high_in = is_or && v.n == 3;
		out->high = is_or && v.n < 3 ? behind(&v, v.n) : v;
		return;
	}
	out->has_low = true;
	if (len && *op == '>') {
		out->is_low_out = !is_or && v.pre_len;
		if (!is_or && v.pre_len == 0)
			out->low = behind(&v, v.n);
		return;
	}
	out->has_high = true;
	if (len && *op == '^')
		out->high = behind(&v, caret(&v));
	else if (len && *op == '~')
		out->high = behind(&v, v.n > 2 ? 2 : v.n);
	else if (v.pre_len == 0)
		out->high = behind(&v, v.n);
	else
		out->high = v;
	out->is_high_in = v.pre_len && (len == 0 || *op == '=');
}

/* "1.x", "*": the numbers before it. 1; 0 where it is not so; -1: any version.
 */
static int
read_wild(struct gv_semver *out, const char *p, const char *end)
{
	const char *last = end - 1;

	if (p == end || !strchr("xX*", *last))
		return 0;
	if (last == p)
		return -1;
	if (last[-1] != '.')
		return 0;
	/* 1.x.x */
	for (; last - p > 2 && last[-1] == '.' && strchr("xX*", last[-2]) &&
	     last[-3] == '.';
	     last -= 2)
		;
	return gv_semver_read(out, p, (size_t)(last - 1 - p)) && out->n < 3 &&
	    out->pre_len == 0;
}

/* The next comparison up to `end`. 1; 0 behind the last; -1 for other texts. */
static int
next_span(struct span *out, const char **p, const char *end)
{
	const char *op, *from;
	struct gv_semver v;
	size_t len;
	int wild;

	while (*p < end && strchr(" \t,", **p))
		++*p;
	if (*p == end)
		return 0;
	op = *p;
	while (*p < end && strchr("<>=^~", **p))
		++*p;
	len = (size_t)(*p - op);
	if (len > 2 || (len == 2 && (!strchr("<>", *op) || op[1] != '=')))
		return -1;
	while (*p < end && **p == ' ')
		++*p;
	for (from = *p; *p < end && !strchr(" \t,", **p);)
		++*p;
	if ((wild = read_wild(&v, from, *p)) < 0) {
		*out = (struct span){ .has_low = false };
		return len ? -1 : 1;
	}
	if (wild ? len != 0 : !gv_semver_read(&v, from, (size_t)(*p - from)))
		return -1;
	if (v.pre_len && v.n < 3)
		return -1;
	make_span(out, op, len, v);
	return 1;
}

/* A bound without a pre-release does not tell those of its version apart. */
static int
compare_bound(const struct gv_semver *v, const struct gv_semver *bound)
{
	return bound->pre_len ? gv_semver_compare(v, bound)
			      : compare_numbers(v->numbers, bound->numbers);
}

static bool
is_before(const struct span *s, const struct gv_semver *v)
{
	int order;

	if (!s->has_low)
		return false;
	order = compare_bound(v, &s->low);
	return s->is_low_out ? order <= 0 : order < 0;
}

static bool
is_behind(const struct span *s, const struct gv_semver *v)
{
	int order;

	if (!s->has_high)
		return false;
	order = compare_bound(v, &s->high);
	return s->is_high_in ? order > 0 : order >= 0;
}

struct verdict {
	bool is_range;
	bool fits;  /* one of the alternatives */
	bool below; /* all of them */
};

static struct verdict
judge(const char *range, const struct gv_semver *v)
{
	struct verdict out = { .is_range = true, .below = true };
	const char *p = range, *end;
	struct span s;
	int r;

	for (;;) {
		bool fits = true, below = false, any = false;

		end = strstr(p, "||");
		end = end ? end : p + strlen(p);
		while ((r = next_span(&s, &p, end)) > 0) {
			any = true;
			fits = fits && !is_before(&s, v) && !is_behind(&s, v);
			below = below || is_before(&s, v);
		}
		if (r < 0 || !any)
			return (struct verdict){ .is_range = false };
		out.fits = out.fits || fits;
		out.below = out.below && below;
		if (*end == '\0')
			return out;
		p = end + 2;
	}
}

bool
gv_semver_is_range(const char *range)
{
	const struct gv_semver any = { .n = 3 };

	return judge(range, &any).is_range;
}

bool
gv_semver_fits(const char *range, const struct gv_semver *v)
{
	return judge(range, v).fits;
}

bool
gv_semver_is_below(const char *range, const struct gv_semver *v)
{
	return judge(range, v).below;
}
