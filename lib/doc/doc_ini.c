#include "doc/doc_internal.h"

/*
 * Settings a line each: INI, with sections, and .properties, without. A name
 * ends at '=', at ':' or at a blank; what is behind it is the value. A line
 * that is indented more than the name before it goes on with its value (INI);
 * so does one behind a backslash (.properties).
 */

struct reading {
	struct gv_doc_builder *b;
	const char *text;
	size_t at, len;
	bool is_ini;
	size_t indent; /* of the last name */
};

static size_t
skip_blanks(const struct reading *r, size_t at, size_t end)
{
	while (at < end && gv_doc_is_space(r->text[at]))
		at++;
	return at;
}

static size_t
trim(const struct reading *r, size_t from, size_t end)
{
	while (end > from && gv_doc_is_space(r->text[end - 1]))
		end--;
	return end;
}

/* ---- where a value ends -------------------------------------------------- */

/* Of a value, further lines of which are indented more than its name. */
static size_t
find_ini_end(const struct reading *r, size_t end)
{
	for (;;) {
		size_t line = end < r->len ? end + 1 : end, at = line;
		const size_t next = gv_doc_line_end(r->b->doc, line);

		while (at < next && gv_doc_is_blank(r->text[at]))
			at++;
		if (line >= r->len || at - line <= r->indent ||
		    skip_blanks(r, at, next) == next ||
		    strchr("#;", r->text[at]))
			return end;
		end = next;
	}
}

/* Of a value whose lines end with a backslash; of two the second is a sign. */
static size_t
find_property_end(const struct reading *r, size_t from, size_t end)
{
	for (;;) {
		size_t n = 0, i = end;

		i -= i > from && r->text[i - 1] == '\r';
		while (i > from && r->text[i - 1] == '\\') {
			i--;
			n++;
		}
		if (n % 2 == 0 || end >= r->len)
			return end;
		from = end + 1;
		end = gv_doc_line_end(r->b->doc, from);
	}
}

/* ---- lines --------------------------------------------------------------- */

/* The end of a name; *sign is where its value's sign is, or the blank. */
static size_t
find_name_end(const struct reading *r, size_t at, size_t end)
{
	for (; at < end; at++) {
		const char c = r->text[at];

		if (c == '\\' && !r->is_ini)
			at++;
		else if (c == '=' || c == ':' || gv_doc_is_space(c))
			return at;
	}
	return end;
}

static uint8_t
style_of(const struct reading *r, size_t at, size_t end)
{
	const char c = at < end ? r->text[at] : '\0';

	if (!r->is_ini || end - at < 2 || (c != '"' && c != '\'') ||
	    r->text[end - 1] != c || memchr(r->text + at + 1, c, end - at - 2))
		return GV_DOC_STYLE_PLAIN;
	return c == '"' ? GV_DOC_STYLE_DOUBLE : GV_DOC_STYLE_SINGLE;
}

static int
read_setting(struct reading *r, size_t at, size_t end)
{
	struct gv_doc_node node = { .key_at = (uint32_t)at };
	const size_t name = find_name_end(r, at, end);
	size_t value, to;

	node.key_len = (uint32_t)(name - at);
	value = skip_blanks(r, name, end);
	if (value < end && (r->text[value] == '=' || r->text[value] == ':'))
		value = skip_blanks(r, value + 1, end);
	to =
	    r->is_ini ? find_ini_end(r, end) : find_property_end(r, value, end);
	r->at = to;
	if (name == at)
		return gv_doc_add_broken(
		    r->b, at, to, at, "this line has no name");
	to = trim(r, value, to);
	node.at = (uint32_t)(value < to ? value : to);
	node.len = (uint32_t)(to - node.at);
	node.style = style_of(r, node.at, to);
	if (value == end && to == end && node.len == 0)
		node.type = GV_DOC_TYPE_NULL; /* a switch: "skip-networking" */
	return gv_doc_add(r->b, &node);
}

/* "[section]" */
static int
read_section(struct reading *r, size_t at, size_t end)
{
	struct gv_doc_node node = { .kind = GV_DOC_MAP, .at = (uint32_t)at };
	const char *close = memrchr(r->text + at, ']', end - at);
	size_t from, to;

	r->at = end;
	r->indent = 0;
	if (close == NULL)
		return gv_doc_add_broken(
		    r->b, at, end, at, "a section is not closed by ]");
	gv_doc_close_to(r->b, 1, trim(r, 0, at));
	from = skip_blanks(r, at + 1, (size_t)(close - r->text));
	to = trim(r, from, (size_t)(close - r->text));
	node.key_at = (uint32_t)from;
	node.key_len = (uint32_t)(to - from);
	return gv_doc_open(r->b, &node);
}

static int
read_lines(struct gv_doc_builder *b, size_t from, bool is_ini)
{
	struct gv_doc_node root = { .kind = GV_DOC_MAP, .at = (uint32_t)from };
	struct reading r = { .b = b,
		.text = b->doc->text,
		.at = from,
		.len = b->doc->len,
		.is_ini = is_ini };
	int e = gv_doc_open(b, &root);

	while (e == 0 && r.at < r.len) {
		const size_t end = gv_doc_line_end(b->doc, r.at);
		const size_t at = skip_blanks(&r, r.at, end);

		r.indent = at - r.at;
		r.at = end;
		if (at < end && strchr(is_ini ? "#;" : "#!", r.text[at]))
			e = gv_doc_add_comment(b, at, end);
		else if (at < end && is_ini && r.text[at] == '[')
			e = read_section(&r, at, end);
		else if (at < end)
			e = read_setting(&r, at, end);
		r.at += r.at < r.len;
	}
	gv_doc_close_to(b, 1, trim(&r, from, r.len));
	return e;
}

int
gv_doc_read_ini(struct gv_doc_builder *b, size_t from)
{
	return read_lines(b, from, true);
}

int
gv_doc_read_properties(struct gv_doc_builder *b, size_t from)
{
	return read_lines(b, from, false);
}
