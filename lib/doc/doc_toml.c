#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "doc/doc_internal.h"

/*
 * TOML. A header [a.b] opens a map for each of its names, below the root, until
 * the next header; so one table may be several nodes. [[a.b]] is one of a list:
 * its number is counted by the names before it. A line that cannot be read is
 * broken by itself.
 */

struct reading {
	struct gv_doc_builder *b;
	const char *text;
	size_t at, len;
	struct gv_map tables; /* names of [[ ]] to how many there were */
	struct gv_arena arena;
	const char *wrong;
};

static int
refuse(struct reading *r, const char *what)
{
	if (r->wrong == NULL)
		r->wrong = what;
	return GV_EREFUSED;
}

static char
peek(const struct reading *r)
{
	return r->at < r->len ? r->text[r->at] : '\0';
}

static bool
is_next(const struct reading *r, const char *what)
{
	const size_t n = strlen(what);

	return r->len - r->at >= n && memcmp(r->text + r->at, what, n) == 0;
}

static void
skip_blanks(struct reading *r)
{
	while (gv_doc_is_blank(peek(r)))
		r->at++;
}

static int
read_comment(struct reading *r)
{
	const size_t from = r->at;

	r->at = gv_doc_line_end(r->b->doc, from);
	return gv_doc_add_comment(r->b, from, r->at);
}

/* Over ends of lines and comments. */
static int
skip_lines(struct reading *r)
{
	int e = 0;

	while (e == 0 && r->at < r->len) {
		if (gv_doc_is_space(peek(r)))
			r->at++;
		else if (peek(r) == '#')
			e = read_comment(r);
		else
			break;
	}
	return e;
}

/* ---- texts --------------------------------------------------------------- */

static int
read_triple(struct reading *r, uint8_t *style)
{
	const char quote = peek(r);

	*style =
	    quote == '"' ? GV_DOC_STYLE_TRIPLE : GV_DOC_STYLE_TRIPLE_SINGLE;
	for (r->at += 3; r->at < r->len; r->at++) {
		if (quote == '"' && peek(r) == '\\') {
			r->at++;
		} else if (peek(r) == quote && r->len - r->at > 2 &&
		    r->text[r->at + 1] == quote &&
		    r->text[r->at + 2] == quote) {
			/* up to two quotes may be in front of the three */
			for (r->at += 3; peek(r) == quote;)
				r->at++;
			return 0;
		}
	}
	r->at = r->len;
	return refuse(r, "a text of several lines does not end");
}

static int
read_text(struct reading *r, uint8_t *style)
{
	const char quote = peek(r);

	if (is_next(r, "\"\"\"") || is_next(r, "'''"))
		return read_triple(r, style);
	*style = quote == '"' ? GV_DOC_STYLE_DOUBLE : GV_DOC_STYLE_SINGLE;
	for (r->at++; r->at < r->len && peek(r) != quote; r->at++) {
		if (peek(r) == '\n')
			return refuse(r, "a text does not end in its line");
		if (quote == '"' && peek(r) == '\\')
			r->at++;
	}
	if (r->at >= r->len) {
		r->at = r->len;
		return refuse(r, "a text does not end in its line");
	}
	r->at++;
	return 0;
}

/* ---- keys ---------------------------------------------------------------- */

static bool
is_bare(char c)
{
	return gv_doc_is_word(c) || c == '-';
}

/* One name of a key. */
static int
read_name(struct reading *r, struct gv_doc_node *node)
{
	const size_t from = r->at;
	int e = 0;

	if (peek(r) == '"' || peek(r) == '\'')
		e = read_text(r, &node->key_style);
	else
		while (is_bare(peek(r)))
			r->at++;
	if (e == 0 && r->at == from)
		return refuse(r, "a name should be here");
	node->key_at = (uint32_t)from;
	node->key_len = (uint32_t)(r->at - from);
	skip_blanks(r);
	return e;
}

/* a.b.c: what is before the last name is opened as maps. */
static int
read_key(struct reading *r, struct gv_doc_node *node)
{
	int e = read_name(r, node);

	while (e == 0 && peek(r) == '.') {
		node->kind = GV_DOC_MAP;
		node->at = node->key_at;
		e = gv_doc_open(r->b, node);
		*node = (struct gv_doc_node){ 0 };
		r->at++;
		skip_blanks(r);
		if (e == 0)
			e = read_name(r, node);
	}
	return e;
}

/* ---- values -------------------------------------------------------------- */

static int read_value(struct reading *r, struct gv_doc_node *node);
static int read_pair(struct reading *r);

static int
read_list(struct reading *r)
{
	int e;

	r->at++;
	e = skip_lines(r);
	while (e == 0 && peek(r) != ']') {
		struct gv_doc_node node = { 0 };

		e = read_value(r, &node);
		if (e == 0)
			e = skip_lines(r);
		if (e < 0 || peek(r) == ']')
			break;
		if (peek(r) != ',')
			return refuse(r, "a comma or a ] should be here");
		r->at++;
		e = skip_lines(r);
	}
	r->at += e == 0;
	return e;
}

static int
read_map(struct reading *r)
{
	int e;

	r->at++;
	e = skip_lines(r);
	while (e == 0 && peek(r) != '}') {
		e = read_pair(r);
		if (e == 0)
			e = skip_lines(r);
		if (e < 0 || peek(r) == '}')
			break;
		if (peek(r) != ',')
			return refuse(r, "a comma or a } should be here");
		r->at++;
		e = skip_lines(r);
	}
	r->at += e == 0;
	return e;
}

static bool
are_all(const char *p, size_t len, const char *of)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!gv_doc_is_digit(p[i]) && !strchr(of, p[i]))
			return false;
	return true;
}

/* A number, a time, true or false; -1: none of these. */
static int
type_of(const char *p, size_t len)
{
	if ((len == 4 && memcmp(p, "true", 4) == 0) ||
	    (len == 5 && memcmp(p, "false", 5) == 0))
		return GV_DOC_TYPE_BOOL;
	if (len > 2 && p[0] == '0' && strchr("xob", p[1]))
		return are_all(p + 2, len - 2, "abcdefABCDEF_")
		    ? GV_DOC_TYPE_INT
		    : -1;
	if (len > 4 && gv_doc_is_digit(*p) && (p[4] == '-' || p[2] == ':') &&
	    are_all(p, len, "-:.+ tTzZ"))
		return GV_DOC_TYPE_TIME;
	if (len && (*p == '+' || *p == '-')) {
		p++;
		len--;
	}
	if (len == 3 && (memcmp(p, "inf", 3) == 0 || memcmp(p, "nan", 3) == 0))
		return GV_DOC_TYPE_FLOAT;
	if (len == 0 || !gv_doc_is_digit(*p))
		return -1;
	if (are_all(p, len, "_"))
		return GV_DOC_TYPE_INT;
	return are_all(p, len, "_.eE+-") ? GV_DOC_TYPE_FLOAT : -1;
}

static int
read_plain(struct reading *r, struct gv_doc_node *node)
{
	const size_t from = r->at;
	int type;

	while (r->at < r->len && !gv_doc_is_space(peek(r)) &&
	    !strchr(",]}#", peek(r)))
		r->at++;
	/* a date and a time may have a blank between them */
	if (r->at - from == 10 && r->text[from + 4] == '-' && peek(r) == ' ' &&
	    r->len - r->at > 3 && gv_doc_is_digit(r->text[r->at + 1]) &&
	    r->text[r->at + 3] == ':')
		for (r->at++; r->at < r->len && !gv_doc_is_space(peek(r)) &&
		     !strchr(",]}#", peek(r));)
			r->at++;
	type = type_of(r->text + from, r->at - from);
	if (type < 0) {
		r->at = from;
		return refuse(r, "this is no value");
	}
	node->type = (uint8_t)type;
	return 0;
}

static int
read_container(struct reading *r, struct gv_doc_node *node)
{
	int e;

	node->kind = peek(r) == '[' ? GV_DOC_LIST : GV_DOC_MAP;
	node->style = GV_DOC_STYLE_FLOW;
	e = gv_doc_open(r->b, node);
	if (e == 0)
		e = node->kind == GV_DOC_LIST ? read_list(r) : read_map(r);
	if (e == 0)
		gv_doc_close(r->b, r->at);
	return e;
}

static int
read_value(struct reading *r, struct gv_doc_node *node)
{
	int e;

	node->at = (uint32_t)r->at;
	switch (peek(r)) {
	case '[':
	case '{':
		return read_container(r, node);
	case '"':
	case '\'':
		e = read_text(r, &node->style);
		break;
	default:
		e = read_plain(r, node);
	}
	node->len = (uint32_t)(r->at - node->at);
	return e < 0 ? e : gv_doc_add(r->b, node);
}

/* key = value */
static int
read_pair(struct reading *r)
{
	const size_t depth = r->b->depth;
	struct gv_doc_node node = { 0 };
	int e = read_key(r, &node);

	if (e == 0 && peek(r) != '=')
		e = refuse(r, "a = should follow a key");
	if (e < 0)
		return e;
	r->at++;
	skip_blanks(r);
	e = read_value(r, &node);
	if (e == 0)
		gv_doc_close_to(r->b, depth, r->at);
	return e;
}

/* ---- headers ------------------------------------------------------------- */

/* How many tables of a list had these names before. `add`: count one more. */
static int
count_table(struct reading *r, const struct gv_buf *names, bool add, size_t *n)
{
	const size_t found =
	    (size_t)gv_map_get(&r->tables, names->p, names->len);
	const char *copy;

	*n = found;
	if (!add)
		return 0;
	copy = gv_arena_copy(&r->arena, names->p, names->len);
	return copy
	    ? gv_map_put(&r->tables, copy, names->len, (void *)(found + 1))
	    : GV_ENOMEM;
}

/* Open the map of one name of a header. */
static int
open_name(struct reading *r, struct gv_doc_node *node, struct gv_buf *names,
    bool is_item)
{
	size_t n;
	int e;

	node->kind = GV_DOC_MAP;
	node->at = node->key_at;
	gv_buf_add(names, r->text + node->key_at, node->key_len);
	gv_buf_addch(names, '\n');
	e = gv_buf_check(names);
	if (e == 0)
		e = count_table(r, names, is_item, &n);
	if (e == 0 && (is_item || n))
		node->style = GV_DOC_STYLE_ITEM;
	if (e == 0)
		e = gv_doc_open(r->b, node);
	if (e == 0 && node->style == GV_DOC_STYLE_ITEM)
		r->b->doc->nodes[gv_doc_last(r->b)].index =
		    (uint32_t)(is_item ? n : n - 1);
	return e;
}

static int
read_names(struct reading *r, bool is_item, struct gv_buf *names)
{
	int e;

	for (;;) {
		struct gv_doc_node node = { 0 };

		skip_blanks(r);
		e = read_name(r, &node);
		if (e < 0)
			return e;
		e = open_name(r, &node, names, is_item && peek(r) == ']');
		if (e < 0 || peek(r) != '.')
			return e;
		r->at++;
	}
}

static int
read_header(struct reading *r)
{
	const bool is_item = is_next(r, "[[");
	struct gv_buf names = GV_BUF_INIT;
	int e;

	gv_doc_close_to(r->b, 1, r->at);
	r->at += is_item ? 2 : 1;
	e = read_names(r, is_item, &names);
	gv_buf_release(&names);
	if (e == 0 && !is_next(r, is_item ? "]]" : "]"))
		e = refuse(r, "a header is not closed");
	r->at += e < 0 ? 0 : is_item ? 2 : 1;
	return e;
}

/* ---- the file ------------------------------------------------------------ */

static int
read_line(struct reading *r)
{
	int e = peek(r) == '[' ? read_header(r) : read_pair(r);

	if (e < 0)
		return e;
	skip_blanks(r);
	if (peek(r) == '#')
		e = read_comment(r);
	if (e == 0 && peek(r) == '\r')
		r->at++;
	if (e == 0 && r->at < r->len && peek(r) != '\n')
		e = refuse(r, "something after the end");
	return e;
}

/* Mark what could not be read; go on with the next line. */
static int
recover(struct reading *r, size_t from, size_t depth)
{
	const char *what = r->wrong;
	const size_t end = gv_doc_line_end(r->b->doc, r->at);

	r->wrong = NULL;
	gv_doc_close_to(r->b, depth, r->at);
	from = r->at > from && end < r->at ? r->at : from;
	if (r->b->doc->n_errors >= GV_DOC_ERRORS_MAX - 1) {
		r->at = r->len;
		return gv_doc_add_broken(r->b, from, r->len, from, what);
	}
	from = gv_doc_add_broken(r->b, from, end, r->at, what) < 0 ? 1 : 0;
	r->at = end;
	return from ? GV_EREFUSED : 0;
}

static int
read_lines(struct reading *r)
{
	size_t from, depth;
	int e = skip_lines(r);

	while (e == 0 && r->at < r->len) {
		from = r->at;
		depth = r->b->depth;
		e = read_line(r);
		if (e == GV_EREFUSED && r->wrong)
			e = recover(
			    r, from, depth > r->b->depth ? r->b->depth : depth);
		if (e == 0)
			e = skip_lines(r);
	}
	return e;
}

int
gv_doc_read_toml(struct gv_doc_builder *b, size_t from)
{
	struct gv_doc_node root = { .kind = GV_DOC_MAP, .at = (uint32_t)from };
	struct reading r = {
		.b = b, .text = b->doc->text, .at = from, .len = b->doc->len
	};
	int e = gv_doc_open(b, &root);

	if (e == 0)
		e = read_lines(&r);
	gv_map_release(&r.tables);
	gv_arena_release(&r.arena);
	return e;
}
