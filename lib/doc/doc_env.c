#include "doc/doc_internal.h"

/*
 * NAME=value, a line each, as Docker, Compose and shells read it: "export"
 * before the name, quotes over several lines, comments behind a blank. Any
 * other line is a broken node of its own.
 */

struct reading {
	struct gv_doc_builder *b;
	const char *text;
	size_t at, len;
};

static void
skip_blanks(struct reading *r)
{
	while (r->at < r->len && gv_doc_is_blank(r->text[r->at]))
		r->at++;
}

/* To the quote that ends a text, behind which nothing but a comment follows.
 * Whether that is so. */
static bool
skip_quoted(struct reading *r)
{
	const char quote = r->text[r->at++];

	for (; r->at < r->len && r->text[r->at] != quote; r->at++)
		if (r->text[r->at] == '\\' && quote == '"')
			r->at++;
	if (r->at >= r->len)
		return false;
	r->at++;
	return true;
}

static bool
is_line_end(const struct reading *r, size_t at)
{
	while (at < r->len &&
	    (gv_doc_is_blank(r->text[at]) || r->text[at] == '\r'))
		at++;
	return at == r->len || r->text[at] == '\n' || r->text[at] == '#';
}

/* Up to a comment or the end of the line, without the blanks before it. */
static size_t
find_plain_end(const struct reading *r, size_t at, size_t end)
{
	size_t i;

	for (i = at; i < end; i++)
		if (r->text[i] == '#' && i > at &&
		    gv_doc_is_blank(r->text[i - 1]))
			break;
	while (i > at && gv_doc_is_space(r->text[i - 1]))
		i--;
	return i;
}

static int
add_comment(struct reading *r)
{
	const size_t end = gv_doc_line_end(r->b->doc, r->at);
	int e = 0;

	while (r->at < end && gv_doc_is_space(r->text[r->at]))
		r->at++;
	if (r->at < end && r->text[r->at] == '#')
		e = gv_doc_add_comment(r->b, r->at, end);
	r->at = end;
	return e;
}

static int
read_value(struct reading *r, struct gv_doc_node *node)
{
	const size_t from = r->at, end = gv_doc_line_end(r->b->doc, from);
	const char c = from < r->len ? r->text[from] : '\n';
	bool is_quoted = c == '"' || c == '\'' || c == '`';
	int e;

	is_quoted = is_quoted && skip_quoted(r) && is_line_end(r, r->at);
	if (!is_quoted)
		r->at = find_plain_end(r, from, end);
	else
		node->style =
		    c == '"' ? GV_DOC_STYLE_DOUBLE : GV_DOC_STYLE_SINGLE;
	node->at = (uint32_t)from;
	node->len = (uint32_t)(r->at - from);
	e = gv_doc_add(r->b, node);
	if (e == 0 && node->style != GV_DOC_STYLE_SINGLE)
		e = gv_doc_variable_refs(r->b, from, node->len);
	if (e > 0)
		r->b->doc->nodes[r->b->doc->n - 1].kind = GV_DOC_CODE;
	return e < 0 ? e : add_comment(r);
}

static size_t
read_name(struct reading *r)
{
	const size_t from = r->at;

	while (r->at < r->len &&
	    (gv_doc_is_word(r->text[r->at]) ||
		(r->at > from && strchr(".-", r->text[r->at]))))
		r->at++;
	return r->at - from;
}

static int
read_line(struct reading *r)
{
	static const char export[] = "export";
	const size_t line = r->at, end = gv_doc_line_end(r->b->doc, line);
	struct gv_doc_node node = { .key_at = (uint32_t)line };

	node.key_len = (uint32_t)read_name(r);
	skip_blanks(r);
	if (node.key_len == strlen(export) && r->at < end &&
	    memcmp(r->text + line, export, strlen(export)) == 0 &&
	    r->text[r->at] != '=') {
		node.key_at = (uint32_t)r->at;
		node.key_len = (uint32_t)read_name(r);
		skip_blanks(r);
	}
	if (node.key_len && r->at < end && r->text[r->at] == '=') {
		r->at++;
		skip_blanks(r);
		return read_value(r, &node);
	}
	r->at = end;
	return gv_doc_add_broken(
	    r->b, line, end, line, "this line is no NAME=value");
}

int
gv_doc_read_env(struct gv_doc_builder *b, size_t from)
{
	struct gv_doc_node root = { .kind = GV_DOC_MAP, .at = (uint32_t)from };
	struct reading r = {
		.b = b, .text = b->doc->text, .at = from, .len = b->doc->len
	};
	int e = gv_doc_open(b, &root);

	while (e == 0 && r.at < r.len) {
		while (r.at < r.len && gv_doc_is_space(r.text[r.at]))
			r.at++;
		if (r.at < r.len && r.text[r.at] == '#')
			e = add_comment(&r);
		else if (r.at < r.len)
			e = read_line(&r);
	}
	return e;
}
