#include "drift/envname.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "infra/environment.h"

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_alnum(char c)
{
	return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9');
}

static bool
is_separator(char c)
{
	return c == '.' || c == '-' || c == '_' || c == '/';
}

/* ---- finding ------------------------------------------------------------- */

static bool
look_up(unsigned *env, const struct gv_envname *names, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < names->n; i++) {
		const char *word = names->words[i].word;

		if ((word[0] ^ p[0]) & ~0x20 || strncasecmp(word, p, n) != 0 ||
		    word[n] != '\0')
			continue;
		*env = names->words[i].env;
		return true;
	}
	return false;
}

/* The environment that a word names as it is spelled, or in usual spellings. */
static bool
is_name(unsigned *env, const struct gv_envname *names, const char *p, size_t n)
{
	struct gv_environment_word w;

	if (look_up(env, names, p, n))
		return true;
	return gv_environment_next_word(&w, p, n, 0) && w.at == 0 &&
	    w.len == n && w.name && look_up(env, names, w.name, strlen(w.name));
}

static size_t
word_end(const char *p, size_t len, size_t at)
{
	while (at < len && is_alnum(p[at]))
		at++;
	return at;
}

static bool
is_negation(const char *p, size_t n)
{
	return n == 3 &&
	    (strncasecmp(p, "non", 3) == 0 || strncasecmp(p, "not", 3) == 0 ||
		strncasecmp(p, "pre", 3) == 0);
}

/* Where "non-prod" ends that begins with the word from `at` to `end`; 0: it is
 * none. */
static size_t
negated_end(const char *p, size_t len, size_t at, size_t end)
{
	struct gv_environment_word w;
	size_t to;

	if (!is_negation(p + at, end - at) || end + 1 >= len ||
	    !is_separator(p[end]) || !is_alnum(p[end + 1]))
		return 0;
	to = word_end(p, len, end + 1);
	if (!gv_environment_next_word(&w, p + at, to - at, 0) || w.at != 0 ||
	    w.len != to - at)
		return 0;
	return to;
}

bool
gv_envname_next(struct gv_envname_hit *out, const struct gv_envname *names,
    const char *p, size_t len, size_t from)
{
	size_t at = from, end, both;

	while (at < len) {
		if (!is_alnum(p[at])) {
			at++;
			continue;
		}
		end = word_end(p, len, at);
		both = negated_end(p, len, at, end);
		if (both)
			end = both;
		if (is_name(&out->env, names, p + at, end - at)) {
			out->at = at;
			out->len = end - at;
			return true;
		}
		at = end;
	}
	return false;
}

/* ---- folding ------------------------------------------------------------- */

static char
mark_of(const char *p, size_t len)
{
	if (!is_upper(p[0]))
		return GV_ENVNAME_LOWER;
	return len > 1 && is_lower(p[len - 1]) ? GV_ENVNAME_TITLE
					       : GV_ENVNAME_UPPER;
}

size_t
gv_envname_fold(struct gv_buf *out, const struct gv_envname *names,
    unsigned env, const char *p, size_t len)
{
	struct gv_envname_hit hit;
	size_t at = 0, from = 0, n = 0;

	while (gv_envname_next(&hit, names, p, len, from)) {
		from = hit.at + hit.len;
		if (hit.env != env)
			continue;
		gv_buf_add(out, p + at, hit.at - at);
		gv_buf_addch(out, mark_of(p + hit.at, hit.len));
		at = from;
		n++;
	}
	gv_buf_add(out, p + at, len - at);
	return n;
}

static bool
is_mark(char c)
{
	return c >= GV_ENVNAME_LOWER && c <= GV_ENVNAME_TITLE;
}

void
gv_envname_strip(
    struct gv_buf *out, const char *folded, size_t len, bool is_in_front)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (is_mark(folded[i])) {
			if (is_in_front && i > 0 && is_separator(folded[i - 1]))
				gv_buf_truncate(out, out->len - 1);
			else if (i + 1 < len && is_separator(folded[i + 1]))
				i++;
			continue;
		}
		gv_buf_addch(out, folded[i]);
	}
}

bool
gv_envname_is_letter(const char *a, size_t a_len, const char *a_name,
    const char *b, size_t b_len, const char *b_name)
{
	bool has_some = false;
	size_t i;

	if (a_len != b_len)
		return false;
	for (i = 0; i < a_len; i++) {
		if (a[i] == b[i])
			continue;
		if ((i > 0 && is_alnum(a[i - 1])) ||
		    (i + 1 < a_len && is_alnum(a[i + 1])) ||
		    (a[i] | 0x20) != (a_name[0] | 0x20) ||
		    (b[i] | 0x20) != (b_name[0] | 0x20) ||
		    is_upper(a[i]) != is_upper(b[i]))
			return false;
		has_some = true;
	}
	return has_some && a_len > 1;
}

bool
gv_envname_is_address(const char *p, size_t len)
{
	bool has_letter = false, has_sign = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)p[i] <= ' ')
			return false;
		has_letter |= is_upper(p[i]) || is_lower(p[i]);
		has_sign |= is_separator(p[i]) || p[i] == ':';
	}
	return has_letter && has_sign;
}
