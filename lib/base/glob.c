#include "base/glob.h"

#include <ctype.h>
#include <string.h>

/*
 * No recursion: a failed attempt has at most two places to go back to. With
 * GV_GLOB_PATHNAME a '*' ends at the next slash and all other elements match
 * exactly one byte, so that between two slashes the last '*' alone is worth
 * another try, and across slashes the last "**" alone, whose rest may begin
 * behind any later slash. An earlier star could only bring the match to a
 * place that the later one reaches as well. For the same reason a text that
 * ends before its pattern needs no other try.
 */
struct retry {
	bool armed;
	size_t p; /* the pattern behind the stars */
	size_t t; /* where in the text that was last tried */
};

struct run {
	const char *pattern, *text;
	size_t pattern_len, text_len;
	unsigned flags;
	size_t p, t;
	struct retry star, deep;
};

enum stars {
	STARS_PASSED, /* go on behind them */
	STARS_MATCH,  /* they end the pattern and match */
	STARS_MISS,
};

static unsigned char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32)
				    : (unsigned char)c;
}

static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether `c` is of the POSIX class; -1 for a class that does not exist. */
static int
is_of_class(const char *name, size_t len, int c, bool icase)
{
	static const char *const names[] = { "alnum", "alpha", "blank", "cntrl",
		"digit", "graph", "lower", "print", "punct", "space", "upper",
		"xdigit" };
	bool is[] = { isalnum(c), isalpha(c), c == ' ' || c == '\t', iscntrl(c),
		isdigit(c), isgraph(c), islower(c), isprint(c), ispunct(c),
		is_space(c), isupper(c) || (icase && islower(c)), isxdigit(c) };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return c < 128 && is[i];
	return -1;
}

/* One byte of a text against the elements of a set. */
struct set {
	int c;
	bool icase, hit;
	int from; /* the byte that a '-' behind it makes a range of, or -1 */
};

static size_t
match_range(struct set *s, const char *p, size_t len)
{
	size_t n = p[1] == '\\' ? 3 : 2;
	int to, c = s->c;

	if (n > len)
		return 0;
	to = (unsigned char)p[n - 1];
	if (c >= s->from && c <= to)
		s->hit = true;
	if (s->icase && c >= 'a' && c <= 'z' && c - 32 >= s->from &&
	    c - 32 <= to)
		s->hit = true;
	s->from = -1;
	return n;
}

static size_t
match_class(struct set *s, const char *p, size_t len)
{
	const char *end = memchr(p + 2, ']', len - 2);
	int is;

	if (end == NULL)
		return 0;
	if (end == p + 2 || end[-1] != ':') {
		/* no class after all: a '[' like any other byte */
		s->hit |= s->c == '[';
		s->from = '[';
		return 1;
	}
	is = is_of_class(p + 2, (size_t)(end - p) - 3, s->c, s->icase);
	if (is < 0)
		return 0;
	s->hit |= is;
	s->from = -1;
	return (size_t)(end - p) + 1;
}

/* The next element of a set; returns its length, 0 where it is malformed. */
static size_t
match_element(struct set *s, const char *p, size_t len)
{
	size_t n = 1;

	if (*p == '-' && s->from > 0 && len > 1 && p[1] != ']')
		return match_range(s, p, len);
	if (*p == '[' && len > 1 && p[1] == ':')
		return match_class(s, p, len);
	if (*p == '\\') {
		if (len < 2)
			return 0;
		n = 2;
	}
	s->from = (unsigned char)p[n - 1];
	s->hit |= s->c == s->from;
	return n;
}

/* The length of the set at `p`; 0 where it is malformed. */
static size_t
read_set(struct set *s, const char *p, size_t len)
{
	const size_t first = len > 1 && (p[1] == '!' || p[1] == '^') ? 2 : 1;
	size_t i, n;

	for (i = first; i < len && (i == first || p[i] != ']'); i += n)
		if ((n = match_element(s, p + i, len - i)) == 0)
			return 0;
	return i < len ? i + 1 : 0;
}

/* The length of the set at `p` if it holds `c`, else 0. An upper-case letter
 * within it matches no letter at all where case is ignored: git's matcher
 * lowers the text and not the set. */
static size_t
match_set(const char *p, size_t len, int c, unsigned flags)
{
	struct set s = { .c = c, .icase = flags & GV_GLOB_ICASE, .from = -1 };
	bool negated = len > 1 && (p[1] == '!' || p[1] == '^');
	const size_t n = read_set(&s, p, len);

	if (n == 0 || s.hit == negated)
		return 0;
	return (flags & GV_GLOB_PATHNAME) && c == '/' ? 0 : n;
}

/* The length of the element at `p`, no star, if it matches `c`, else 0. */
static size_t
match_byte(const char *p, size_t len, char text, unsigned flags)
{
	bool icase = flags & GV_GLOB_ICASE;
	unsigned char c = icase ? lower(text) : (unsigned char)text;

	switch (*p) {
	case '?':
		return (flags & GV_GLOB_PATHNAME) && c == '/' ? 0 : 1;
	case '[':
		return match_set(p, len, c, flags);
	case '\\':
		return len > 1 && (unsigned char)p[1] == c ? 2 : 0;
	default:
		return (icase ? lower(*p) : (unsigned char)*p) == c;
	}
}

/* Whether the stars from `p` up to `end` are a "**" that stands for any
 * number of directories. */
static bool
is_deep(const struct run *g, size_t p, size_t end)
{
	const char *s = g->pattern;

	if (end - p < 2 || (p > 0 && s[p - 1] != '/'))
		return false;
	return end == g->pattern_len || s[end] == '/' ||
	    (s[end] == '\\' && end + 1 < g->pattern_len && s[end + 1] == '/');
}

static enum stars
pass_stars(struct run *g)
{
	size_t begin = g->p, end = begin;
	bool last, pathname = g->flags & GV_GLOB_PATHNAME;

	while (end < g->pattern_len && g->pattern[end] == '*')
		end++;
	last = end == g->pattern_len;
	if (pathname && is_deep(g, begin, end)) {
		if (last)
			return STARS_MATCH;
		g->star.armed = false;
		g->p = end + (g->pattern[end] == '/' ? 1 : 2);
		g->deep = (struct retry){ true, g->p, g->t };
		/* with an escaped slash git wants one directory at least */
		return g->pattern[end] == '/' ? STARS_PASSED : STARS_MISS;
	}
	if (last) {
		if (pathname &&
		    memchr(g->text + g->t, '/', g->text_len - g->t)) {
			g->star.armed = false;
			return STARS_MISS;
		}
		return STARS_MATCH;
	}
	g->p = end;
	g->star = (struct retry){ true, end, g->t };
	return STARS_PASSED;
}

/* Set out again from the nearest star; false where none is left. */
static bool
come_back(struct run *g)
{
	struct retry *r = &g->star;
	const char *slash;

	if (r->armed && r->t < g->text_len &&
	    (g->text[r->t] != '/' || !(g->flags & GV_GLOB_PATHNAME))) {
		r->t++;
	} else {
		g->star.armed = false;
		r = &g->deep;
		if (!r->armed)
			return false;
		slash = memchr(g->text + r->t, '/', g->text_len - r->t);
		if (slash == NULL)
			return false;
		r->t = (size_t)(slash - g->text) + 1;
	}
	g->p = r->p;
	g->t = r->t;
	return true;
}

bool
gv_glob_match(const char *pattern, size_t pattern_len, const char *text,
    size_t text_len, unsigned flags)
{
	struct run g = { .pattern = pattern,
		.text = text,
		.pattern_len = pattern_len,
		.text_len = text_len,
		.flags = flags };

	for (;;) {
		enum stars passed = STARS_PASSED;
		size_t n = 0;

		if (g.p < pattern_len && pattern[g.p] == '*') {
			passed = pass_stars(&g);
			if (passed == STARS_MATCH)
				return true;
			if (passed == STARS_PASSED)
				continue;
		} else if (g.p == pattern_len && g.t == text_len) {
			return true;
		} else if (g.t == text_len) {
			return false;
		} else if (g.p < pattern_len) {
			n = match_byte(
			    pattern + g.p, pattern_len - g.p, text[g.t], flags);
		}
		if (n) {
			g.p += n;
			g.t++;
		} else if (!come_back(&g)) {
			return false;
		}
	}
}

size_t
gv_glob_literal_len(const char *pattern, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr("*?[\\", pattern[i]) && pattern[i])
			break;
	return i;
}

bool
gv_glob_is_valid(const char *pattern, size_t len)
{
	struct set s = { .from = -1 };
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = pattern[i] == '\\' ? 2 : 1;
		if (pattern[i] == '[') {
			s.from = -1;
			n = read_set(&s, pattern + i, len - i);
		}
		if (n == 0 || n > len - i)
			return false;
	}
	return true;
}
