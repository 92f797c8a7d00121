#include "search/sought.h"

#include <stdint.h>
#include <string.h>

#include <cre2.h>

#include "base/buf.h"
#include "base/err.h"

#define LOOKED_AT 8000
#define MEMORY    ((int64_t)64 * 1024 * 1024) /* of RE2's automata */

static int
compile(struct gv_sought *n, const char *pattern)
{
	cre2_options_t *opt = cre2_opt_new();
	struct gv_buf text = GV_BUF_INIT;
	int r;

	/* lines are searched one after the other in one text */
	gv_buf_addf(&text,
	    n->flags & GV_SOUGHT_WORD ? "(?m-s)\\b(?:%s)\\b" : "(?m-s)(?:%s)",
	    pattern);
	if (opt == NULL || gv_buf_check(&text) < 0) {
		r = gv_err_nomem();
		goto out;
	}
	cre2_opt_set_log_errors(opt, 0);
	/* a match lies within a line, whatever the expression says */
	cre2_opt_set_never_nl(opt, 1);
	/* bytes, since a file may be in any encoding */
	cre2_opt_set_encoding(opt, CRE2_Latin1);
	cre2_opt_set_max_mem(opt, MEMORY);
	n->regex = cre2_new(text.p, (int)text.len, opt);
	r = n->regex ? 0 : gv_err_nomem();
	if (r == 0 && cre2_error_code(n->regex)) {
		r = gv_err(GV_EUSAGE,
		    "the pattern is no regular expression: %.200s",
		    cre2_error_string(n->regex));
		gv_sought_release(n);
	}
out:
	if (opt)
		cre2_opt_delete(opt);
	gv_buf_release(&text);
	return r;
}

int
gv_sought_init(struct gv_sought *n, const char *pattern, unsigned flags)
{
	const size_t len = strlen(pattern);

	memset(n, 0, sizeof(*n));
	if (len == 0)
		return gv_err(GV_EUSAGE, "the pattern is empty");
	if (len > GV_SOUGHT_MAX)
		return gv_err(GV_EUSAGE,
		    "the pattern has %zu bytes; it may have %zu at most", len,
		    GV_SOUGHT_MAX);
	n->flags = flags;
	if (flags & GV_SOUGHT_REGEX)
		return compile(n, pattern);
	if (strchr(pattern, '\n'))
		return gv_err(GV_EUSAGE,
		    "the pattern has several lines; each line is searched by "
		    "itself");
	n->string = pattern;
	n->len = len;
	return 0;
}

void
gv_sought_release(struct gv_sought *n)
{
	if (n->regex)
		cre2_delete(n->regex);
	memset(n, 0, sizeof(*n));
}

bool
gv_sought_is_text(const void *data, size_t len)
{
	return len <= GV_SOUGHT_TEXT &&
	    (len == 0 ||
		memchr(data, '\0', len < LOOKED_AT ? len : LOOKED_AT) == NULL);
}

/* ---- where it is --------------------------------------------------------- */

static bool
is_word_byte(unsigned char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static bool
is_whole_word(const char *text, size_t len, size_t at, size_t n)
{
	return (at == 0 || !is_word_byte((unsigned char)text[at - 1])) &&
	    (at + n >= len || !is_word_byte((unsigned char)text[at + n]));
}

static bool
find_string(size_t *at, size_t *match, const struct gv_sought *n,
    const char *text, size_t len, size_t from)
{
	const char *p;

	for (; from < len; from = *at + 1) {
		p = memmem(text + from, len - from, n->string, n->len);
		if (p == NULL)
			return false;
		*at = (size_t)(p - text);
		*match = n->len;
		if (!(n->flags & GV_SOUGHT_WORD) ||
		    is_whole_word(text, len, *at, n->len))
			return true;
	}
	return false;
}

bool
gv_sought_find(size_t *at, size_t *match, const struct gv_sought *n,
    const char *text, size_t len, size_t from)
{
	cre2_string_t found;

	if (n->regex == NULL)
		return find_string(at, match, n, text, len, from);
	if (cre2_match(n->regex, text, (int)len, (int)from, (int)len,
		CRE2_UNANCHORED, &found, 1) != 1)
		return false;
	*at = (size_t)(found.data - text);
	*match = (size_t)found.length;
	return true;
}

static size_t
count_lines(const char *text, size_t from, size_t to)
{
	const char *p = text + from, *end = text + to;
	size_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		n++;
	}
	return n;
}

bool
gv_sought_next(struct gv_sought_hit *hit, const struct gv_sought *n,
    const char *text, size_t len)
{
	const char *p, *end;
	size_t at, match;

	/* an expression that matches nothing at all would match behind the
	 * last line's end */
	if (hit->next >= len ||
	    !gv_sought_find(&at, &match, n, text, len, hit->next) || at >= len)
		return false;
	p = at ? memrchr(text, '\n', at) : NULL;
	hit->line = p ? (size_t)(p - text) + 1 : 0;
	end = memchr(text + at, '\n', len - at);
	hit->line_len = (end ? (size_t)(end - text) : len) - hit->line;
	if (hit->number == 0)
		hit->number = 1;
	hit->number += count_lines(text, hit->counted, hit->line);
	hit->counted = hit->line;
	hit->at = at;
	hit->match = match;
	hit->is_word = is_whole_word(text, len, at, match);
	hit->next = hit->line + hit->line_len + 1;
	return true;
}
