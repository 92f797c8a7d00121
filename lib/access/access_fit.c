#include <stdint.h>
#include <string.h>

#include "access/access.h"
#include "base/glob.h"

/*
 * Patterns of keys and of folders are matched step by step, by the set of
 * places in the pattern that can be reached: time grows with pattern times
 * text, whatever a policy says.
 */

#define STEPS_MAX 62 /* places in a set; a longer text fits every pattern */

struct steps {
	const char *p[STEPS_MAX];
	size_t len[STEPS_MAX];
	size_t n;
	bool is_cut;
};

static bool
is_number(const char *p, size_t len)
{
	return len > 0 && strspn(p, "0123456789") >= len;
}

/* Split at any of these characters. Empty steps are left out, and so are
 * numbers in brackets, which are elements of lists. */
static void
split(struct steps *out, const char *text, size_t len, const char *at)
{
	size_t i = 0, from;

	out->n = 0;
	out->is_cut = false;
	while (i < len) {
		const bool in_list = text[i] == '[';

		if (strchr(at, text[i]) && text[i]) {
			i++;
			if (!in_list)
				continue;
		}
		for (from = i; i < len && !(text[i] && strchr(at, text[i]));)
			i++;
		if (i == from || (in_list && is_number(text + from, i - from)))
			continue;
		if (out->n == STEPS_MAX) {
			out->is_cut = true;
			return;
		}
		out->p[out->n] = text + from;
		out->len[out->n++] = i - from;
	}
}

static bool
is_any(const struct steps *s, size_t i)
{
	return s->len[i] == 2 && memcmp(s->p[i], "**", 2) == 0;
}

/* With each place before a "**" also the one behind it. */
static uint64_t
close_over(const struct steps *pattern, uint64_t places)
{
	size_t i;

	for (i = 0; i < pattern->n; i++)
		if (places >> i & 1 && is_any(pattern, i))
			places |= UINT64_C(2) << i;
	return places;
}

static uint64_t
step(const struct steps *pattern, uint64_t places, const char *p, size_t len,
    unsigned flags)
{
	uint64_t next = 0;
	size_t i;

	for (i = 0; i < pattern->n; i++) {
		if (!(places >> i & 1))
			continue;
		if (is_any(pattern, i))
			next |= UINT64_C(1) << i;
		else if (gv_glob_match(
			     pattern->p[i], pattern->len[i], p, len, flags))
			next |= UINT64_C(2) << i;
	}
	return close_over(pattern, next);
}

/* Whether the text is one of the pattern, below one, or leads to one. */
static bool
is_near(const struct steps *pattern, const struct steps *text, unsigned flags)
{
	uint64_t places = close_over(pattern, 1);
	size_t i;

	if (pattern->is_cut || text->is_cut)
		return true;
	for (i = 0; i < text->n && places; i++) {
		if (places >> pattern->n & 1)
			return true;
		places = step(pattern, places, text->p[i], text->len[i], flags);
	}
	return places != 0;
}

/* Behind one step of a key, in quotes or without. */
static const char *
skip_step(const char *p)
{
	if (*p != '[')
		return p + strcspn(p, ".[");
	for (p++; *p && *p != '"' && *p != ']'; p++)
		;
	if (*p == '"')
		for (p++; *p && *p != '"'; p++)
			p += *p == '\\' && p[1];
	p += strcspn(p, "]");
	return p + (*p == ']');
}

/* What a key below providers.NAME sets for that provider: "" for all of it;
 * NULL: it is not below one. */
static const char *
inside_provider(const char *key)
{
	static const char word[] = "providers";
	const char *at = skip_step(key);
	const size_t quoted = *key == '[' ? 2 : 0;

	if ((size_t)(at - key) != sizeof(word) - 1 + 2 * quoted ||
	    memcmp(key + quoted, word, sizeof(word) - 1) != 0)
		return NULL;
	at = skip_step(at + (*at == '.'));
	return at + (*at == '.');
}

bool
gv_access_fits_key(const char *pattern, const char *key)
{
	static const char at[] = ".[]\"'";
	const char *inside = inside_provider(key);
	struct steps a, b;

	split(&a, pattern, strlen(pattern), at);
	split(&b, key, strlen(key), at);
	if (is_near(&a, &b, 0))
		return true;
	if (inside)
		split(&b, inside, strlen(inside), at);
	return inside && is_near(&a, &b, 0);
}

static bool
is_below(const char *folder, size_t n, const char *path, size_t len)
{
	while (n && folder[n - 1] == '/')
		n--;
	return gv_glob_literal_len(folder, n) == n && len > n &&
	    path[n] == '/' && gv_glob_match(folder, n, path, n, GV_GLOB_ICASE);
}

bool
gv_access_fits_path(
    const char *pattern, const char *path, size_t len, bool leads)
{
	const size_t n = strlen(pattern);
	struct steps a, b;

	/* a capital letter in a set, or behind a backslash, fits no letter
	 * where case is ignored, as Git has it */
	if (gv_glob_match(
		pattern, n, path, len, GV_GLOB_PATHNAME | GV_GLOB_ICASE) ||
	    gv_glob_match(pattern, n, path, len, GV_GLOB_PATHNAME) ||
	    is_below(pattern, n, path, len))
		return true;
	if (!leads)
		return false;
	split(&a, pattern, n, "/");
	split(&b, path, len, "/");
	return is_near(&a, &b, GV_GLOB_ICASE);
}
