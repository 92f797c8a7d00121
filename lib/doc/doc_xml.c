#include "doc/doc_internal.h"

/*
 * XML. An element is a map with its name as key; its attributes are scalars in
 * it, as are its texts, which have no key. An element with nothing but a text
 * is that text, a scalar. No entity is replaced but the five of XML itself, and
 * nothing that a DOCTYPE names is read.
 */

struct reading {
	struct gv_doc_builder *b;
	const char *text;
	size_t at, len;
	const char *wrong;
	struct element {
		size_t name, len; /* of its start, to be found in its end */
		uint32_t node;
	} open[GV_DOC_DEPTH_NESTED + 1];
};

static int
refuse(struct reading *r, const char *what)
{
	r->wrong = what;
	return GV_EREFUSED;
}

static bool
is_next(const struct reading *r, const char *what)
{
	const size_t n = strlen(what);

	return r->len - r->at >= n && memcmp(r->text + r->at, what, n) == 0;
}

static void
skip_spaces(struct reading *r)
{
	while (r->at < r->len && gv_doc_is_space(r->text[r->at]))
		r->at++;
}

static bool
is_of_name(char c)
{
	return gv_doc_is_word(c) || c == '-' || c == '.' || c == ':' ||
	    (signed char)c < 0;
}

static size_t
read_name(struct reading *r)
{
	const size_t from = r->at;

	while (r->at < r->len && is_of_name(r->text[r->at]))
		r->at++;
	return r->at - from;
}

/* Behind the next such sign. */
static int
skip_to(struct reading *r, const char *sign, const char *wrong)
{
	const char *p =
	    memmem(r->text + r->at, r->len - r->at, sign, strlen(sign));

	if (p == NULL)
		return refuse(r, wrong);
	r->at = (size_t)(p - r->text) + strlen(sign);
	return 0;
}

/* ---- what is no element -------------------------------------------------- */

static int
read_comment(struct reading *r)
{
	const size_t from = r->at;
	int e = skip_to(r, "-->", "a comment does not end");

	return e < 0 ? e : gv_doc_add_comment(r->b, from, r->at);
}

/* <!DOCTYPE x [ … ]>: what it declares is skipped. */
static int
skip_doctype(struct reading *r)
{
	size_t depth = 0;
	char quote = '\0';

	for (; r->at < r->len; r->at++) {
		const char c = r->text[r->at];

		if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '[' || c == '<') {
			depth++;
		} else if (c == ']') {
			depth -= depth > 0;
		} else if (c == '>' && --depth == 0) {
			r->at++;
			return 0;
		}
	}
	return refuse(r, "a declaration does not end");
}

/* ---- texts --------------------------------------------------------------- */

static int
add_text(struct reading *r, size_t from, size_t to)
{
	struct gv_doc_node node = { 0 };

	while (from < to && gv_doc_is_space(r->text[from]))
		from++;
	while (to > from && gv_doc_is_space(r->text[to - 1]))
		to--;
	node.at = (uint32_t)from;
	node.len = (uint32_t)(to - from);
	if (from == to)
		return 0;
	return r->b->depth > 1 ? gv_doc_add(r->b, &node)
			       : refuse(r, "a text is outside of all elements");
}

static int
read_text(struct reading *r)
{
	const size_t from = r->at;
	const char *p = memchr(r->text + from, '<', r->len - from);

	r->at = p ? (size_t)(p - r->text) : r->len;
	return add_text(r, from, r->at);
}

static int
read_cdata(struct reading *r)
{
	const size_t from = r->at;
	int e = skip_to(r, "]]>", "a CDATA section does not end");

	return e < 0 ? e : add_text(r, from, r->at);
}

/* ---- elements ------------------------------------------------------------ */

static int
read_attribute(struct reading *r)
{
	struct gv_doc_node node = { .key_at = (uint32_t)r->at,
		.key_style = GV_DOC_STYLE_ATTRIBUTE };
	const char *end;
	char quote;

	node.key_len = (uint32_t)read_name(r);
	skip_spaces(r);
	if (node.key_len == 0 || !is_next(r, "="))
		return refuse(r, "an attribute should be here");
	r->at++;
	skip_spaces(r);
	quote = r->at < r->len ? r->text[r->at] : '\0';
	if (quote != '"' && quote != '\'')
		return refuse(r, "the value of an attribute has no quotes");
	node.style = quote == '"' ? GV_DOC_STYLE_DOUBLE : GV_DOC_STYLE_SINGLE;
	node.at = (uint32_t)r->at;
	end = memchr(r->text + r->at + 1, quote, r->len - r->at - 1);
	if (end == NULL)
		return refuse(r, "the value of an attribute does not end");
	r->at = (size_t)(end - r->text) + 1;
	node.len = (uint32_t)(r->at - node.at);
	return gv_doc_add(r->b, &node);
}

/* Close the innermost element: what has but one text is that text. */
static void
close_element(struct reading *r)
{
	struct gv_doc *d = r->b->doc;
	const uint32_t i = r->open[r->b->depth].node;
	struct gv_doc_node *n = &d->nodes[i];

	gv_doc_close(r->b, r->at);
	if (d->n == i + 1) {
		n->kind = GV_DOC_SCALAR; /* <a/> */
		n->len = 0;
	} else if (d->n == i + 2 && n[1].kind == GV_DOC_SCALAR &&
	    !gv_doc_has_key(&n[1])) {
		n->kind = GV_DOC_SCALAR;
		n->at = n[1].at;
		n->len = n[1].len;
		n->next = i + 1;
		d->n--;
	}
}

static int
read_start(struct reading *r)
{
	struct gv_doc_node node = { .kind = GV_DOC_MAP,
		.at = (uint32_t)r->at,
		.key_at = (uint32_t)r->at + 1 };
	int e;

	r->at++;
	node.key_len = (uint32_t)read_name(r);
	if (node.key_len == 0)
		return refuse(r, "an element should follow '<'");
	e = gv_doc_open(r->b, &node);
	if (e < 0)
		return e;
	r->open[r->b->depth] =
	    (struct element){ node.key_at, node.key_len, gv_doc_last(r->b) };
	for (skip_spaces(r); e == 0; skip_spaces(r)) {
		if (is_next(r, "/>")) {
			r->at += 2;
			close_element(r);
			return 0;
		}
		if (is_next(r, ">")) {
			r->at++;
			return 0;
		}
		e = read_attribute(r);
	}
	return e;
}

static int
read_end(struct reading *r)
{
	const struct element *el = &r->open[r->b->depth];
	size_t from, len;

	r->at += 2;
	from = r->at;
	len = read_name(r);
	skip_spaces(r);
	if (r->b->depth < 2 || len != el->len ||
	    memcmp(r->text + from, r->text + el->name, len) != 0) {
		r->at = from - 2;
		return refuse(r, "this ends no element that is open");
	}
	if (!is_next(r, ">"))
		return refuse(r, "the end of an element is not closed");
	r->at++;
	close_element(r);
	return 0;
}

/* ---- the file ------------------------------------------------------------ */

static int
read_next(struct reading *r)
{
	if (!is_next(r, "<"))
		return read_text(r);
	if (is_next(r, "<!--"))
		return read_comment(r);
	if (is_next(r, "<![CDATA["))
		return read_cdata(r);
	if (is_next(r, "<?"))
		return skip_to(r, "?>", "an instruction does not end");
	if (is_next(r, "<!"))
		return skip_doctype(r);
	return is_next(r, "</") ? read_end(r) : read_start(r);
}

int
gv_doc_read_xml(struct gv_doc_builder *b, size_t from)
{
	struct gv_doc_node root = { .kind = GV_DOC_MAP, .at = (uint32_t)from };
	struct reading r = {
		.b = b, .text = b->doc->text, .at = from, .len = b->doc->len
	};
	int e = gv_doc_open(b, &root);

	while (e == 0 && r.at < r.len)
		e = read_next(&r);
	if (e == 0 && b->depth > 1)
		e = refuse(&r, "the file ends within an element");
	if (e != GV_EREFUSED || r.wrong == NULL)
		return e;
	gv_doc_close_to(b, 0, r.at);
	return gv_doc_add_broken(b, r.at, r.len, r.at, r.wrong);
}
