#include "doc/doc_internal.h"

/*
 * Templates in a text of another format: {{ }} of Go and Jinja, {% %} and {# #}
 * of Jinja, ${ } of shells. Nothing is worked out: they are found, and what
 * they name.
 */

#define BUDGET(len) ((len)*4 + 4096)

/* ---- {{ }} --------------------------------------------------------------- */

/* Where a template ends that begins at `at`, behind its last sign; 0 if it does
 * not, or if none begins there. A text within one may hold "}}". *budget: how
 * many bytes may still be looked at, since each of many may have no end. */
static size_t
find_end(const char *p, size_t at, size_t len, size_t *budget)
{
	const char close = p[at + 1] == '{' ? '}' : p[at + 1];
	char quote = '\0';

	if (p[at] != '{' || !strchr("{%#", p[at + 1]))
		return 0;
	for (at += 2; at + 1 < len && *budget > 0; at++, --*budget) {
		if (quote) {
			if (p[at] == '\\' && quote != '`')
				at++;
			else if (p[at] == quote || p[at] == '\n')
				quote = '\0';
		} else if (p[at] == close && p[at + 1] == '}') {
			return at + 2;
		} else if (close != '#' &&
		    (p[at] == '"' || p[at] == '`' || p[at] == '\'')) {
			quote = p[at];
		}
	}
	return 0;
}

/* Whether nothing but blanks and other templates is around [from, to) in its
 * line, or in its lines. */
static bool
is_alone(const char *text, size_t len, size_t from, size_t to)
{
	while (from > 0 && gv_doc_is_blank(text[from - 1]))
		from--;
	if (from > 0 && text[from - 1] != '\n')
		return false;
	while (to < len && (gv_doc_is_blank(text[to]) || text[to] == '\r'))
		to++;
	return to == len || text[to] == '\n' || text[to] == '#';
}

#define LINES_MAX 64 /* to look for what a template is in front of */

static size_t
next_line(const char *text, size_t at, size_t len)
{
	const char *nl = memchr(text + at, '\n', len - at);

	return nl ? (size_t)(nl - text) + 1 : len;
}

/* How far the line of `at` is indented. */
static size_t
indent_of(const char *text, size_t at, size_t len)
{
	size_t n = 0;

	while (at > 0 && text[at - 1] != '\n')
		at--;
	while (at + n < len && text[at + n] == ' ')
		n++;
	return n;
}

/* Whether the lines behind [from, to) are in what it is the value of, as in
 *
 *	labels: {{- include "labels" . | nindent 4 }}
 *	  tier: web
 */
static bool
is_in_front(const char *text, size_t len, size_t from, size_t to)
{
	const size_t indent = indent_of(text, from, len);
	size_t at = from, n;

	while (at > 0 && gv_doc_is_blank(text[at - 1]))
		at--;
	if (at == from || at == 0 ||
	    (text[at - 1] != ':' && text[at - 1] != '-'))
		return false;
	while (to < len && (gv_doc_is_blank(text[to]) || text[to] == '\r'))
		to++;
	if (to < len && text[to] != '\n')
		return false;
	for (n = 0; n < LINES_MAX && to < len; n++) {
		to = next_line(text, to, len);
		for (at = to;
		     at < len && gv_doc_is_space(text[at]) && text[at] != '\n';)
			at++;
		if (at < len && text[at] != '\n' && text[at] != '{' &&
		    text[at] != '#')
			return at - to > indent;
	}
	return false;
}

/* Blank from the first sign on, each line of it: a comment. */
static void
mask_lines(char *mask, size_t from, size_t to)
{
	bool begins = true;

	for (; from < to; from++) {
		if (mask[from] == '\n')
			begins = true;
		else if (mask[from] != '\r') {
			mask[from] = begins ? '#' : 'a';
			begins = false;
		}
	}
}

static void
mask_word(char *mask, size_t from, size_t to)
{
	memset(mask + from, 'a', to - from);
}

void
gv_doc_template_mask(char *mask, const char *text, size_t len)
{
	size_t at = 0, end, budget = BUDGET(len);
	const char *p;

	while (at + 1 < len && (p = memchr(text + at, '{', len - at - 1))) {
		size_t last;

		at = (size_t)(p - text);
		end = find_end(text, at, len, &budget);
		if (end == 0) {
			at++;
			continue;
		}
		/* several in a row are one: {{ if .a }}{{ .b }}{{ end }} */
		while (
		    end + 1 < len && (last = find_end(text, end, len, &budget)))
			end = last;
		if (is_alone(text, len, at, end) ||
		    is_in_front(text, len, at, end))
			mask_lines(mask, at, end);
		else
			mask_word(mask, at, end);
		at = end;
	}
}

/* GITVAULT[RULE:ID] in place of a secret: without quotes between the signs of a
 * flow map it would be a list. */
void
gv_doc_placeholder_mask(char *mask, const char *text, size_t len)
{
	static const char begin[] = "GITVAULT[",
			  rule[] = "abcdefghijklmnopqrstuvwxyz0123456789-:";
	const char *p = text, *end = text + len, *to;

	while ((p = memmem(p, (size_t)(end - p), begin, strlen(begin)))) {
		for (to = p + strlen(begin); to < end && *to != ']'; to++)
			if (memchr(rule, *to, strlen(rule)) == NULL)
				break;
		if (to < end && *to == ']')
			mask_word(
			    mask, (size_t)(p - text), (size_t)(to + 1 - text));
		p = to;
	}
}

/* ---- what they name ------------------------------------------------------ */

/* .Values.image.tag, $.Values.a, $root.b within a template. */
static int
add_values(struct gv_doc_builder *b, size_t at, size_t end)
{
	const char *p = b->doc->text;
	char quote = '\0';
	size_t from;
	int r = 0;

	for (; r == 0 && at < end; at++) {
		if (quote ? p[at] == quote : p[at] == '"' || p[at] == '`') {
			quote = quote ? '\0' : p[at];
			continue;
		}
		if (quote || (p[at] != '.' && p[at] != '$') ||
		    gv_doc_is_word(p[at - 1]) || p[at - 1] == '.')
			continue;
		for (from = at++; at < end &&
		     (gv_doc_is_word(p[at]) || p[at] == '.' || p[at] == '-');)
			at++;
		while (p[at - 1] == '-' || p[at - 1] == '.')
			at--;
		if (at > from + 1)
			r = gv_doc_add_ref(
			    b, GV_DOC_REF_VALUE, from, at - from);
		else
			at = from;
	}
	return r;
}

int
gv_doc_template_refs(struct gv_doc_builder *b, size_t at, size_t len)
{
	const char *text = b->doc->text, *p;
	const size_t to = at + len;
	size_t end, budget = BUDGET(len);
	int r = 0, found = 0;

	while (r == 0 && at + 1 < to &&
	    (p = memchr(text + at, '{', to - at - 1))) {
		at = (size_t)(p - text);
		end = find_end(text, at, to, &budget);
		if (end == 0) {
			at++;
			continue;
		}
		found = 1;
		if ((r = gv_doc_add_ref(
			 b, GV_DOC_REF_TEMPLATE, at, end - at)) == 0)
			r = add_values(b, at + 2, end - 2);
		at = end;
	}
	return r < 0 ? r : found;
}

/* ---- ${ } ---------------------------------------------------------------- */

int
gv_doc_variable_refs(struct gv_doc_builder *b, size_t at, size_t len)
{
	const char *text = b->doc->text, *p;
	const size_t to = at + len;
	int r = 0, found = 0;
	size_t from;

	while (r == 0 && at + 1 < to &&
	    (p = memchr(text + at, '$', to - at - 1))) {
		at = (size_t)(p - text) + 1;
		if (text[at] == '$') { /* "$$" is one by itself */
			at++;
			continue;
		}
		at += text[at] == '{';
		if (at == to || gv_doc_is_digit(text[at]))
			continue;
		for (from = at; at < to && gv_doc_is_word(text[at]);)
			at++;
		if (at == from)
			continue;
		found = 1;
		r = gv_doc_add_ref(b, GV_DOC_REF_VAR, from, at - from);
	}
	return r < 0 ? r : found;
}
