/*
 * The wildcard matcher against a plain one that tries everything and keeps
 * what it learnt. Input: a byte of flags, the pattern, a NUL, the text.
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "base/glob.h"

#define MAX 64

struct plain {
	const char *p, *t;
	size_t p_len, t_len;
	unsigned flags;
	char known[MAX + 1][MAX + 1]; /* 0 unknown, 1 no, 2 yes */
};

static int
down(const struct plain *m, char c)
{
	int u = (unsigned char)c;

	return (m->flags & GV_GLOB_ICASE) && u >= 'A' && u <= 'Z' ? u + 32 : u;
}

static int
class_holds(const char *name, size_t len, int c, bool icase)
{
	char s[8] = "";

	if (len >= sizeof(s))
		return -1;
	memcpy(s, name, len);
	if (c > 127)
		c = 256; /* of no class */
#define IS(n, e)                                                               \
	if (strcmp(s, n) == 0)                                                 \
	return c < 128 && (e)
	IS("alnum", isalnum(c));
	IS("alpha", isalpha(c));
	IS("blank", c == ' ' || c == '\t');
	IS("cntrl", c < 32 || c == 127);
	IS("digit", c >= '0' && c <= '9');
	IS("graph", c > 32 && c < 127);
	IS("lower", c >= 'a' && c <= 'z');
	IS("print", c >= 32 && c < 127);
	IS("punct", c > 32 && c < 127 && !isalnum(c));
	IS("space", c == ' ' || c == '\t' || c == '\n' || c == '\r');
	IS("upper", (c >= 'A' && c <= 'Z') || (icase && c >= 'a' && c <= 'z'));
	IS("xdigit", isxdigit(c));
	return -1;
}

/* The set that begins at i as a table of what it holds; returns where the
 * pattern goes on, 0 where it is malformed. */
static size_t
read_set(const struct plain *m, size_t i, bool holds[256])
{
	bool icase = m->flags & GV_GLOB_ICASE, negated = false, first = true;
	const char *p = m->p;
	int from = 0, c;

	memset(holds, 0, 256);
	if (++i < m->p_len && (p[i] == '!' || p[i] == '^')) {
		negated = true;
		i++;
	}
	for (;; i++, first = false) {
		if (i >= m->p_len)
			return 0;
		if (p[i] == ']' && !first)
			break;
		if (p[i] == '-' && from && i + 1 < m->p_len &&
		    p[i + 1] != ']') {
			if (p[++i] == '\\' && ++i >= m->p_len)
				return 0;
			for (c = 0; c < 256; c++) {
				int up = c >= 'a' && c <= 'z' ? c - 32 : c;
				int to = (unsigned char)p[i];

				if ((c >= from && c <= to) ||
				    (icase && up >= from && up <= to))
					holds[c] = true;
			}
			from = 0;
			continue;
		}
		if (p[i] == '[' && i + 1 < m->p_len && p[i + 1] == ':') {
			size_t end = i + 2;

			while (end < m->p_len && p[end] != ']')
				end++;
			if (end == m->p_len)
				return 0;
			if (end > i + 2 && p[end - 1] == ':') {
				for (c = 0; c < 256; c++) {
					int is = class_holds(
					    p + i + 2, end - i - 3, c, icase);

					if (is < 0)
						return 0;
					holds[c] |= is;
				}
				i = end;
				from = 0;
				continue;
			}
		}
		if (p[i] == '\\' && ++i >= m->p_len)
			return 0;
		from = (unsigned char)p[i];
		holds[from] = true;
	}
	for (c = 0; negated && c < 256; c++)
		holds[c] = !holds[c];
	if (m->flags & GV_GLOB_PATHNAME)
		holds['/'] = false;
	return i + 1;
}

static bool plain_match(struct plain *m, size_t i, size_t k);

static bool
plain_stars(struct plain *m, size_t i, size_t k)
{
	size_t end = i;
	bool pathname = m->flags & GV_GLOB_PATHNAME, deep;

	while (end < m->p_len && m->p[end] == '*')
		end++;
	deep = end - i > 1 && (i == 0 || m->p[i - 1] == '/') &&
	    (end == m->p_len || m->p[end] == '/' ||
		(m->p[end] == '\\' && end + 1 < m->p_len &&
		    m->p[end + 1] == '/'));
	if (pathname && deep && end < m->p_len && m->p[end] == '/' &&
	    plain_match(m, end + 1, k))
		return true;
	for (;; k++) {
		if (plain_match(m, end, k))
			return true;
		if (k == m->t_len || (pathname && !deep && m->t[k] == '/'))
			return false;
	}
}

static bool
plain_once(struct plain *m, size_t i, size_t k)
{
	bool holds[256];
	size_t next;

	if (i == m->p_len)
		return k == m->t_len;
	if (m->p[i] == '*')
		return plain_stars(m, i, k);
	if (k == m->t_len)
		return false;
	if (m->p[i] == '[') {
		next = read_set(m, i, holds);
		return next && holds[down(m, m->t[k])] &&
		    plain_match(m, next, k + 1);
	}
	if (m->p[i] == '?')
		return (!(m->flags & GV_GLOB_PATHNAME) || m->t[k] != '/') &&
		    plain_match(m, i + 1, k + 1);
	if (m->p[i] == '\\')
		return i + 1 < m->p_len &&
		    (unsigned char)m->p[i + 1] == down(m, m->t[k]) &&
		    plain_match(m, i + 2, k + 1);
	return down(m, m->p[i]) == down(m, m->t[k]) &&
	    plain_match(m, i + 1, k + 1);
}

static bool
plain_match(struct plain *m, size_t i, size_t k)
{
	if (m->known[i][k] == 0)
		m->known[i][k] = plain_once(m, i, k) ? 2 : 1;
	return m->known[i][k] == 2;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plain m = { 0 };
	const uint8_t *nul;
	bool matches;

	if (size < 2)
		return 0;
	nul = memchr(data + 1, '\0', size - 1);
	if (nul == NULL)
		return 0;
	m.flags = data[0] & (GV_GLOB_PATHNAME | GV_GLOB_ICASE);
	m.p = (const char *)data + 1;
	m.p_len = (size_t)(nul - data) - 1;
	m.t = (const char *)nul + 1;
	m.t_len = (size_t)(data + size - nul) - 1;
	matches = gv_glob_match(m.p, m.p_len, m.t, m.t_len, m.flags);
	if (m.p_len <= MAX && m.t_len <= MAX &&
	    plain_match(&m, 0, 0) != matches)
		abort();
	if (gv_glob_literal_len(m.p, m.p_len) > m.p_len)
		abort();
	return 0;
}
