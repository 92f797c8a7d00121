#include "doc/doc_internal.h"

/*
 * A Dockerfile: each instruction is a block whose key is its word. What is
 * behind it are words; the assignments of ENV, ARG and LABEL have keys. A
 * command that is no list is one text, as a shell gets it.
 */

struct reading {
	struct gv_doc_builder *b;
	const char *text;
	size_t at, end, len; /* `end`: of the instruction */
	char escape;         /* '\\', or '`' by a directive */
	size_t budget;       /* bytes that may be searched for ends of texts */
};

static bool
is_word(const struct reading *r, size_t at, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len && word[i]; i++)
		if ((r->text[at + i] & ~0x20) != word[i])
			return false;
	return i == len && word[i] == '\0';
}

/* Whether a line goes on with the next one: the escape is its last sign. */
static bool
goes_on(const struct reading *r, size_t from, size_t end)
{
	while (end > from && gv_doc_is_space(r->text[end - 1]))
		end--;
	return end > from && r->text[end - 1] == r->escape;
}

/* An empty line, or a comment, is skipped within an instruction. */
static bool
is_skipped(const struct reading *r, size_t at, size_t end)
{
	while (at < end && gv_doc_is_space(r->text[at]))
		at++;
	return at == end || r->text[at] == '#';
}

static size_t
find_end(const struct reading *r, size_t from)
{
	size_t end = gv_doc_line_end(r->b->doc, from), next;

	while (end < r->len && goes_on(r, from, end)) {
		from = end + 1;
		next = gv_doc_line_end(r->b->doc, from);
		while (next < r->len && is_skipped(r, from, next)) {
			from = next + 1;
			next = gv_doc_line_end(r->b->doc, from);
		}
		end = next;
	}
	return end;
}

static bool
begins_line(const struct reading *r, size_t at)
{
	while (at > 0 && gv_doc_is_blank(r->text[at - 1]))
		at--;
	return at == 0 || r->text[at - 1] == '\n';
}

/* Blanks, ends of lines that go on, and comments between them. */
static int
skip_blanks(struct reading *r)
{
	int e = 0;

	while (e == 0 && r->at < r->end) {
		const char c = r->text[r->at];
		const size_t end = gv_doc_line_end(r->b->doc, r->at);

		if (gv_doc_is_space(c)) {
			r->at++;
		} else if (c == r->escape && goes_on(r, r->at, end) &&
		    is_skipped(r, r->at + 1, end)) {
			r->at = end;
		} else if (c == '#' && begins_line(r, r->at)) {
			e = gv_doc_add_comment(r->b, r->at, end);
			r->at = end;
		} else {
			break;
		}
	}
	return e;
}

/* To the end of a word, or to the sign `until` in it, outside of quotes. */
static void
skip_word(struct reading *r, char until)
{
	char quote = '\0';

	for (; r->at < r->end; r->at++) {
		const char c = r->text[r->at];

		if (c == r->escape && r->at + 1 < r->end) {
			if (gv_doc_is_space(r->text[r->at + 1]) && !quote)
				return;
			r->at++;
		} else if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (gv_doc_is_space(c) || c == until) {
			return;
		}
	}
	r->at = r->end;
}

/* Add a node of [from, r->at) with its references. */
static int
add_value(struct reading *r, struct gv_doc_node *node, size_t from)
{
	const char *p = r->text + from;
	const size_t len = r->at - from;
	int e;

	node->at = (uint32_t)from;
	node->len = (uint32_t)len;
	if (len > 1 && (*p == '"' || *p == '\'') && p[len - 1] == *p &&
	    memchr(p + 1, *p, len - 2) == NULL)
		node->style =
		    *p == '"' ? GV_DOC_STYLE_DOUBLE : GV_DOC_STYLE_SINGLE;
	e = gv_doc_add(r->b, node);
	if (e == 0 && node->style != GV_DOC_STYLE_SINGLE)
		e = gv_doc_variable_refs(r->b, from, len);
	if (e > 0)
		r->b->doc->nodes[r->b->doc->n - 1].kind = GV_DOC_CODE;
	return e < 0 ? e : 0;
}

/* ---- what is behind an instruction --------------------------------------- */

static int
read_words(struct reading *r)
{
	int e = skip_blanks(r);

	while (e == 0 && r->at < r->end) {
		struct gv_doc_node node = { 0 };
		const size_t from = r->at;

		skip_word(r, '\0');
		r->at += r->at == from;
		e = add_value(r, &node, from);
		if (e == 0)
			e = skip_blanks(r);
	}
	return e;
}

/* NAME=value …, and NAME value of an older form. */
static int
read_assignments(struct reading *r)
{
	int e = skip_blanks(r);
	size_t from, n;

	for (n = 0; e == 0 && r->at < r->end; n++) {
		struct gv_doc_node node = { .key_at = (uint32_t)r->at };

		skip_word(r, '=');
		node.key_len = (uint32_t)(r->at - node.key_at);
		if (node.key_len == 0) {
			r->at++;
			continue;
		}
		if (r->at < r->end && r->text[r->at] == '=') {
			from = ++r->at;
			skip_word(r, '\0');
		} else {
			e = skip_blanks(r);
			from = r->at;
			/* ARG NAME has none */
			if (e == 0 && n == 0)
				r->at = r->end;
		}
		if (e == 0)
			e = add_value(r, &node, from);
		if (e == 0)
			e = skip_blanks(r);
	}
	return e;
}

/* ["a", "b"]; whether it is one. */
static bool
is_list(const struct reading *r)
{
	size_t end = r->end;

	while (end > r->at && gv_doc_is_space(r->text[end - 1]))
		end--;
	return end > r->at + 1 && r->text[r->at] == '[' &&
	    r->text[end - 1] == ']';
}

static int
read_list(struct reading *r)
{
	int e = 0;

	for (r->at++; e == 0 && r->at < r->end; r->at++) {
		struct gv_doc_node node = { .style = GV_DOC_STYLE_DOUBLE };
		const size_t from = r->at;

		if (r->text[r->at] != '"')
			continue;
		for (r->at++; r->at < r->end && r->text[r->at] != '"'; r->at++)
			if (r->text[r->at] == '\\')
				r->at++;
		if (r->at >= r->end) {
			r->at = r->end;
			return gv_doc_add_broken(r->b, from, r->end, from,
			    "a text in a list does not end");
		}
		node.at = (uint32_t)from;
		node.len = (uint32_t)(r->at + 1 - from);
		e = gv_doc_add(r->b, &node);
	}
	return e;
}

/* "--flag=value" in front of what an instruction is about. */
static int
read_flags(struct reading *r)
{
	int e = skip_blanks(r);

	while (e == 0 && r->end - r->at > 2 &&
	    memcmp(r->text + r->at, "--", 2) == 0) {
		struct gv_doc_node flag = { 0 };
		const size_t from = r->at;

		skip_word(r, '\0');
		e = add_value(r, &flag, from);
		if (e == 0)
			e = skip_blanks(r);
	}
	return e;
}

/* The rest as it is. */
static int
read_command(struct reading *r)
{
	struct gv_doc_node node = { .kind = GV_DOC_CODE };
	size_t end = r->end;

	while (end > r->at && gv_doc_is_space(r->text[end - 1]))
		end--;
	node.at = (uint32_t)r->at;
	node.len = (uint32_t)(end - r->at);
	return r->at == end ? 0 : gv_doc_add(r->b, &node);
}

/* ---- heredocs ------------------------------------------------------------ */

/* Behind the text that "<<WORD" in the instruction begins, or its end. Each of
 * many may have none, so the search is bounded by the size of the file. */
static size_t
skip_heredoc(struct reading *r, size_t from)
{
	const char *p = memmem(r->text + from, r->end - from, "<<", 2);
	size_t at, word, len, line, end;

	if (p == NULL)
		return r->end;
	at = (size_t)(p - r->text) + 2;
	at += at < r->end && r->text[at] == '-';
	at += at < r->end && (r->text[at] == '"' || r->text[at] == '\'');
	for (word = at; at < r->end && gv_doc_is_word(r->text[at]);)
		at++;
	len = at - word;
	for (line = r->end + 1; len && line < r->len; line = end + 1) {
		end = gv_doc_line_end(r->b->doc, line);
		if (end - line >= r->budget)
			return r->end;
		r->budget -= end - line + 1;
		at = line;
		while (at < end && r->text[at] == '\t')
			at++;
		if (end - at >= len &&
		    memcmp(r->text + at, r->text + word, len) == 0 &&
		    is_skipped(r, at + len, end))
			return end;
	}
	return r->end;
}

/* ---- instructions -------------------------------------------------------- */

static int
read_arguments(struct reading *r, size_t at, size_t len)
{
	static const char *const commands[] = { "RUN", "CMD", "ENTRYPOINT",
		"HEALTHCHECK", "ONBUILD" };
	size_t i;
	int e;

	if (is_word(r, at, len, "ENV") || is_word(r, at, len, "ARG") ||
	    is_word(r, at, len, "LABEL"))
		return read_assignments(r);
	e = read_flags(r);
	if (e < 0)
		return e;
	if (is_list(r))
		return read_list(r);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (is_word(r, at, len, commands[i]))
			return read_command(r);
	return read_words(r);
}

static int
read_instruction(struct reading *r)
{
	struct gv_doc_node node = { .kind = GV_DOC_BLOCK,
		.at = (uint32_t)r->at,
		.key_at = (uint32_t)r->at };
	const size_t from = r->at;
	size_t after;
	int e;

	while (r->at < r->len && gv_doc_is_letter(r->text[r->at]))
		r->at++;
	node.key_len = (uint32_t)(r->at - from);
	r->end = find_end(r, from);
	if (node.key_len == 0 ||
	    (r->at < r->end && !gv_doc_is_space(r->text[r->at]))) {
		r->at = r->end;
		return gv_doc_add_broken(
		    r->b, from, r->end, from, "this is no instruction");
	}
	after = is_word(r, from, node.key_len, "RUN") ||
		is_word(r, from, node.key_len, "COPY") ||
		is_word(r, from, node.key_len, "ADD")
	    ? skip_heredoc(r, from)
	    : r->end;
	e = gv_doc_open(r->b, &node);
	if (e == 0)
		e = read_arguments(r, from, node.key_len);
	if (e == 0)
		gv_doc_close(r->b, after);
	r->at = after;
	return e;
}

/* "# escape=`" before all else. */
static char
find_escape(const struct gv_doc *d, size_t from)
{
	static const char word[] = "escape=`";
	const size_t end = gv_doc_line_end(d, from);

	if (from < end && d->text[from] == '#' &&
	    memmem(d->text + from, end - from, word, strlen(word)))
		return '`';
	return '\\';
}

int
gv_doc_read_docker(struct gv_doc_builder *b, size_t from)
{
	struct gv_doc_node root = { .kind = GV_DOC_MAP, .at = (uint32_t)from };
	struct reading r = { .b = b,
		.text = b->doc->text,
		.at = from,
		.len = b->doc->len,
		.escape = find_escape(b->doc, from),
		.budget = b->doc->len * 4 };
	int e = gv_doc_open(b, &root);
	size_t end;

	while (e == 0 && r.at < r.len) {
		while (r.at < r.len && gv_doc_is_space(r.text[r.at]))
			r.at++;
		if (r.at == r.len)
			break;
		end = gv_doc_line_end(b->doc, r.at);
		if (r.text[r.at] == '#') {
			e = gv_doc_add_comment(b, r.at, end);
			r.at = end;
		} else {
			e = read_instruction(&r);
		}
	}
	return e;
}
