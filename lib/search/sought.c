#include "search/sought.h"

#include <stdint.h>
#include <string.h>

#include <cre2.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

#define LOOKED_AT 8000
#define MEMORY    ((int64_t)64 * 1024 * 1024) /* of RE2's automata */

/* ---- regular expressions ------------------------------------------------- */

/* What is no word on either side. RE2 takes \b and \w for ASCII alone. */
#define OTHER       "[^\\pL\\pM\\pN_]"
#define OTHER_BYTES "[^\\w\\x80-\\xff]"

static bool
is_word_byte(unsigned char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* An expression between two ends of words, each of which may be missing. */
struct parts {
	const char *flags; /* "(?i)" */
	size_t flags_len;
	const char *p;
	size_t len;
	bool begins, ends;
};

static bool
is_escape(const char *p, const char *begin)
{
	return p > begin && p[-1] == '\\';
}

/* The \b at either end of a sequence that begins or ends with a letter. */
static void
split(struct parts *out, const char *pattern, unsigned flags)
{
	const char *p = pattern, *end = pattern + strlen(pattern);
	const char *last;

	*out = (struct parts){ .flags = p,
		.begins = flags & GV_SOUGHT_WORD,
		.ends = flags & GV_SOUGHT_WORD };
	if (strncmp(p, "(?", 2) == 0 && p[2 + strspn(p + 2, "imsU-")] == ')')
		p += 3 + strspn(p + 2, "imsU-");
	out->flags_len = (size_t)(p - pattern);
	if (strchr(p, '|') == NULL && end - p > 2) {
		if (strncmp(p, "\\b", 2) == 0 &&
		    is_word_byte((unsigned char)p[2]) &&
		    strchr("*?{", p[3]) == NULL) {
			out->begins = true;
			p += 2;
		}
		last = end - 3;
		if (last >= p && strcmp(last + 1, "\\b") == 0 &&
		    is_word_byte((unsigned char)*last) && !is_escape(last, p) &&
		    !(last > p && is_escape(last - 1, p))) {
			out->ends = true;
			end -= 2;
		}
	}
	out->p = p;
	out->len = (size_t)(end - p);
}

/* Lines are searched one after the other in one text. */
static void
format_regex(struct gv_buf *out, const struct parts *parts, const char *other)
{
	gv_buf_addf(out, "(?m-s)%.*s", (int)parts->flags_len, parts->flags);
	if (parts->begins)
		gv_buf_addf(out, "(?:^|%s)", other);
	gv_buf_addf(out, "%s%.*s)",
	    parts->begins || parts->ends ? "(" : "(?:", (int)parts->len,
	    parts->p);
	if (parts->ends)
		gv_buf_addf(out, "(?:$|%s)", other);
}

static int
compile_one(void **out, const struct parts *parts, cre2_encoding_t encoding)
{
	cre2_options_t *opt = cre2_opt_new();
	struct gv_buf text = GV_BUF_INIT;
	int r;

	format_regex(&text, parts, encoding == CRE2_UTF8 ? OTHER : OTHER_BYTES);
	if (opt == NULL || gv_buf_check(&text) < 0) {
		r = gv_err_nomem();
		goto out;
	}
	cre2_opt_set_log_errors(opt, 0);
	/* a match lies within a line, whatever the expression says */
	cre2_opt_set_never_nl(opt, 1);
	cre2_opt_set_encoding(opt, encoding);
	cre2_opt_set_max_mem(opt, MEMORY);
	*out = cre2_new(text.p, (int)text.len, opt);
	r = *out ? 0 : gv_err_nomem();
	if (r == 0 && cre2_error_code(*out))
		r = gv_err(GV_EUSAGE,
		    "the pattern is no regular expression: %.200s",
		    cre2_error_string(*out));
out:
	if (opt)
		cre2_opt_delete(opt);
	gv_buf_release(&text);
	return r;
}

/* By characters, and by bytes, since a file may be in any encoding. */
static int
compile(struct gv_sought *n, const char *pattern)
{
	struct parts parts;
	int r = 0;

	split(&parts, pattern, n->flags);
	n->group = parts.begins || parts.ends;
	n->keeps_cr = strchr(pattern, '\r') || strstr(pattern, "\\r") ||
	    strstr(pattern, "\\x") || strstr(pattern, "\\0");
	if (gv_utf8_is_valid(pattern, strlen(pattern)))
		r = compile_one(&n->regex, &parts, CRE2_UTF8);
	if (r == 0)
		r = compile_one(&n->by_bytes, &parts, CRE2_Latin1);
	if (r < 0)
		gv_sought_release(n);
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
	n->keeps_cr = strchr(pattern, '\r') != NULL;
	return 0;
}

void
gv_sought_release(struct gv_sought *n)
{
	if (n->regex)
		cre2_delete(n->regex);
	if (n->by_bytes)
		cre2_delete(n->by_bytes);
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

/* Most texts are ASCII. */
static bool
is_utf8(const char *text, size_t len)
{
	uint64_t word, high = 0;
	size_t i;

	for (i = 0; i + sizeof(word) <= len && high == 0; i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		high = word & UINT64_C(0x8080808080808080);
	}
	if (high)
		i -= sizeof(word);
	return gv_utf8_is_valid(text + i, len - i);
}

static bool
find_regex(size_t *at, size_t *match, const struct gv_sought *n,
    const struct gv_sought_text *text, size_t from, bool is_bytes)
{
	cre2_string_t found[2];

	if (cre2_match(is_bytes ? n->by_bytes : n->regex, text->p,
		(int)text->len, (int)from, (int)text->len, CRE2_UNANCHORED,
		found, n->group + 1) != 1)
		return false;
	*at = (size_t)(found[n->group].data - text->p);
	*match = (size_t)found[n->group].length;
	return true;
}

static bool
find(size_t *at, size_t *match, const struct gv_sought *n,
    const struct gv_sought_text *text, size_t from, bool is_bytes)
{
	return n->by_bytes
	    ? find_regex(at, match, n, text, from, is_bytes)
	    : find_string(at, match, n, text->p, text->len, from);
}

static bool
is_bytes(const struct gv_sought *n, const char *text, size_t len)
{
	return n->by_bytes && (n->regex == NULL || !is_utf8(text, len));
}

bool
gv_sought_find(size_t *at, size_t *match, const struct gv_sought *n,
    const char *text, size_t len, size_t from)
{
	return find(at, match, n, &(struct gv_sought_text){ text, len, NULL },
	    from, is_bytes(n, text, len));
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
	const struct gv_sought_text all = { text, len, NULL };
	const char *p, *end;
	size_t at, match;

	if (hit->next == 0)
		hit->is_bytes = is_bytes(n, text, len);
	/* an expression that matches nothing at all would match behind the
	 * last line's end */
	if (hit->next >= len ||
	    !find(&at, &match, n, &all, hit->next, hit->is_bytes) || at >= len)
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
