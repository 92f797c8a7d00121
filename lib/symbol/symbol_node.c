#include "symbol/symbol_internal.h"

#include <string.h>

uint32_t
gv_symbol_line_at(const struct gv_doc *doc, size_t at)
{
	size_t line, column;

	gv_doc_where(doc, at, &line, &column);
	return (uint32_t)line;
}

uint32_t
gv_symbol_line(const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	return gv_symbol_line_at(doc, n->key_len ? n->key_at : n->at);
}

/* Whether an expression of HCL is one text in quotes. */
static bool
is_quoted(const char *p, size_t len)
{
	size_t depth = 0, i;

	if (len < 2 || *p != '"')
		return false;
	for (i = 1; i < len; i++) {
		if (p[i] == '\\')
			i++;
		else if (p[i] == '{' && (depth || p[i - 1] == '$'))
			depth++;
		else if (p[i] == '}' && depth)
			depth--;
		else if (p[i] == '"' && depth == 0)
			return i == len - 1;
	}
	return false;
}

/* An expression of HCL: what stands in the quotes, or as it would stand in
 * some, so that gv_symbol_fold() makes a '*' of it. */
static void
add_code(struct gv_buf *out, const char *p, size_t len)
{
	const bool quoted = is_quoted(p, len);

	if (quoted) {
		gv_buf_add(out, p + 1, len - 2);
		return;
	}
	gv_buf_addstr(out, "${");
	gv_buf_add(out, p, len);
	gv_buf_addch(out, '}');
}

bool
gv_symbol_scalar(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	gv_buf_reset(out);
	node = gv_doc_follow(doc, node);
	if (node == GV_DOC_NONE ||
	    (doc->nodes[node].kind != GV_DOC_SCALAR &&
		doc->nodes[node].kind != GV_DOC_CODE &&
		doc->nodes[node].kind != GV_DOC_LABEL) ||
	    doc->nodes[node].type == GV_DOC_TYPE_NULL)
		return false;
	if (doc->nodes[node].kind == GV_DOC_CODE &&
	    doc->format == GV_DOC_FORMAT_HCL)
		add_code(
		    out, doc->text + doc->nodes[node].at, doc->nodes[node].len);
	else
		gv_doc_text(out, doc, node);
	return out->len > 0;
}

bool
gv_symbol_key(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	gv_buf_reset(out);
	gv_doc_key(out, doc, node);
	return out->len > 0;
}

/* Where the computed part that begins at `at` ends; `at` itself where none
 * does. One that is not closed reaches to the end. */
static size_t
part_end(const struct gv_buf *text, size_t at)
{
	const char *p = text->p + at;
	const size_t len = text->len - at;
	size_t i, depth = 0;
	const char *end;

	if (len >= 2 && p[0] == '{' && (p[1] == '{' || p[1] == '%')) {
		end = memmem(p + 2, len - 2, p[1] == '{' ? "}}" : "%}", 2);
		return end ? (size_t)(end - text->p) + 2 : text->len;
	}
	if (len < 2 || (p[0] != '$' && p[0] != '%') || p[1] != '{')
		return at;
	for (i = 1; i < len; i++) {
		if (p[i] == '{')
			depth++;
		else if (p[i] == '}' && --depth == 0)
			return at + i + 1;
	}
	return text->len;
}

bool
gv_symbol_fold(struct gv_buf *text)
{
	size_t from = 0, to = 0;
	bool found = false;

	while (from < text->len) {
		const size_t end = part_end(text, from);

		if (end == from) {
			text->p[to++] = text->p[from++];
			continue;
		}
		found = true;
		from = end;
		if (to == 0 || text->p[to - 1] != '*')
			text->p[to++] = '*';
	}
	if (found)
		gv_buf_truncate(text, to);
	return found;
}

/* Where the version of an image begins, its ':' or '@'; its length where it has
 * none. The ':' of a port is followed by a '/'. */
static size_t
version_at(const struct gv_buf *image)
{
	const char *digest = memchr(image->p, '@', image->len);
	size_t end = digest ? (size_t)(digest - image->p) : image->len, i;

	for (i = end; i > 0 && image->p[i - 1] != '/'; i--)
		if (image->p[i - 1] == ':')
			return i - 1;
	return end;
}

void
gv_symbol_image(struct gv_symbols *out, const struct gv_symbol_row *row,
    struct gv_buf *image)
{
	struct gv_symbol_row add = *row;
	struct gv_buf name = GV_BUF_INIT;
	size_t at;

	if (gv_symbol_fold(image))
		add.flags |= GV_SYMBOL_PATTERN;
	at = version_at(image);
	gv_buf_addstr(&name, "image:");
	gv_buf_add(&name, image->p, at);
	add.kind = GV_SYMBOL_REFERENCE;
	add.how = GV_SYMBOL_EXTERNAL;
	add.name = name.p;
	add.name_len = name.len;
	if (at < image->len && image->p[at] == ':')
		at++;
	add.extra = image->p + at;
	add.extra_len = image->len - at;
	if (name.failed)
		out->failed = true;
	else
		gv_symbol_add(out, &add);
	gv_buf_release(&name);
}
