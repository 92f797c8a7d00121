#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "doc/doc_internal.h"

/*
 * Keys are added and removed where they are in the text, so that comments and
 * the order of all else stay.
 */

/* The root of the only document, or GV_DOC_NONE. */
static uint32_t
root_of(const struct gv_doc *doc)
{
	return doc->n_parts ? doc->parts[0].node : GV_DOC_NONE;
}

static bool
is_lines(const struct gv_doc *doc)
{
	return doc->format == GV_DOC_FORMAT_ENV ||
	    doc->format == GV_DOC_FORMAT_PROPERTIES ||
	    doc->format == GV_DOC_FORMAT_HCL;
}

static bool
is_yaml(const struct gv_doc *doc)
{
	return doc->format == GV_DOC_FORMAT_YAML ||
	    doc->format == GV_DOC_FORMAT_COMPOSE;
}

static bool
is_flow(const struct gv_doc *doc, uint32_t map)
{
	return doc->format == GV_DOC_FORMAT_JSON ||
	    (map != GV_DOC_NONE && doc->nodes[map].style == GV_DOC_STYLE_FLOW);
}

static uint32_t
last_of(const struct gv_doc *doc, uint32_t map)
{
	uint32_t i = gv_doc_first(doc, map), last = GV_DOC_NONE;

	for (; i != GV_DOC_NONE; i = gv_doc_next(doc, i))
		last = i;
	return last;
}

/* ---- texts --------------------------------------------------------------- */

static bool
is_plain(const char *key)
{
	return *key &&
	    strspn(key,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-./") == strlen(key);
}

static void
add_key(struct gv_buf *out, const char *key, bool is_json)
{
	if (is_json || !is_plain(key))
		gv_doc_add_escaped(out, key, false);
	else
		gv_buf_addstr(out, key);
}

static void
add_text(struct gv_buf *out, const struct gv_doc *doc,
    const struct gv_doc_addition *a)
{
	gv_doc_add_value(out, doc, GV_DOC_STYLE_PLAIN, a->text, a->is_quoted);
}

/* a: {b: {c: text}} on one line. */
static void
add_flow(struct gv_buf *out, const struct gv_doc *doc,
    const struct gv_doc_addition *a)
{
	const bool is_json = doc->format == GV_DOC_FORMAT_JSON;
	size_t i;

	for (i = 0; i < a->n; i++) {
		add_key(out, a->keys[i], is_json);
		gv_buf_addstr(out, i + 1 < a->n ? ": {" : ": ");
	}
	add_text(out, doc, a);
	for (i = 1; i < a->n; i++)
		gv_buf_addch(out, '}');
}

static void
add_block(struct gv_buf *out, const struct gv_doc *doc,
    const struct gv_doc_addition *a, size_t indent)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		gv_buf_addf(out, "%*s", (int)(indent + 2 * i), "");
		add_key(out, a->keys[i], false);
		gv_buf_addstr(out, i + 1 < a->n ? ":" : ": ");
		if (i + 1 < a->n)
			gv_doc_add_line_end(out, doc);
	}
	add_text(out, doc, a);
	gv_doc_add_line_end(out, doc);
}

/* ---- adding -------------------------------------------------------------- */

/* Behind the last member, on a line of its own where those are. */
static void
put_flow(struct gv_buf *out, const struct gv_doc *doc, uint32_t map,
    const struct gv_doc_addition *a)
{
	const struct gv_doc_node *m = &doc->nodes[map];
	const uint32_t last = last_of(doc, map);
	size_t at = (size_t)m->at + 1, begin, indent;

	if (last == GV_DOC_NONE) {
		gv_buf_add(out, doc->text, at);
		add_flow(out, doc, a);
	} else {
		at = gv_doc_end(doc, last);
		gv_buf_add(out, doc->text, at);
		gv_buf_addch(out, ',');
		begin = gv_doc_line_begin(doc, doc->nodes[last].key_at);
		indent = doc->nodes[last].key_at - begin;
		if (begin > m->at &&
		    strspn(doc->text + begin, " \t") >= indent) {
			gv_doc_add_line_end(out, doc);
			gv_buf_add(out, doc->text + begin, indent);
		} else {
			gv_buf_addch(out, ' ');
		}
		add_flow(out, doc, a);
	}
	gv_buf_add(out, doc->text + at, doc->len - at);
}

/* Add lines at a place, the one before being whole. */
static void
put_lines(struct gv_buf *out, const struct gv_doc *doc, size_t at,
    const struct gv_buf *lines)
{
	gv_buf_add(out, doc->text, at);
	if (at > 0 && doc->text[at - 1] != '\n')
		gv_doc_add_line_end(out, doc);
	gv_buf_add(out, lines->p, lines->len);
	gv_buf_add(out, doc->text + at, doc->len - at);
}

static int
put_block(struct gv_buf *out, const struct gv_doc *doc, uint32_t map,
    const struct gv_doc_addition *a)
{
	struct gv_buf lines = GV_BUF_INIT;
	size_t at = doc->len, indent = 0;
	uint32_t last = GV_DOC_NONE;
	int r;

	if (map != GV_DOC_NONE) {
		last = last_of(doc, map);
		if (last == GV_DOC_NONE)
			return gv_err(GV_EREFUSED, "the map is empty");
		at = gv_doc_after_line(doc, gv_doc_end(doc, last));
		indent = doc->nodes[last].key_at -
		    gv_doc_line_begin(doc, doc->nodes[last].key_at);
	}
	add_block(&lines, doc, a, indent);
	if ((r = gv_buf_check(&lines)) == 0)
		put_lines(out, doc, at, &lines);
	gv_buf_release(&lines);
	return r;
}

/* KEY=value at the end. */
static int
put_line(struct gv_buf *out, const struct gv_doc *doc,
    const struct gv_doc_addition *a)
{
	struct gv_buf line = GV_BUF_INIT;
	size_t i;
	int r;

	if (a->n > 1 && doc->format != GV_DOC_FORMAT_PROPERTIES)
		return gv_err(GV_EREFUSED,
		    "only names at the top can be added to this format");
	for (i = 0; i < a->n; i++)
		gv_buf_addf(&line, "%s%s", i ? "." : "", a->keys[i]);
	gv_buf_addstr(&line, doc->format == GV_DOC_FORMAT_HCL ? " = " : "=");
	add_text(&line, doc, a);
	gv_doc_add_line_end(&line, doc);
	if ((r = gv_buf_check(&line)) == 0)
		put_lines(out, doc, doc->len, &line);
	gv_buf_release(&line);
	return r;
}

int
gv_doc_extend(struct gv_buf *out, const struct gv_doc *doc, uint32_t map,
    const struct gv_doc_addition *added)
{
	int r = 0;

	if (doc->n_parts > 1)
		return gv_err(GV_EREFUSED, "the file has several documents");
	if (map == GV_DOC_NONE)
		map = root_of(doc);
	if (is_lines(doc))
		r = put_line(out, doc, added);
	else if (map != GV_DOC_NONE && doc->nodes[map].kind != GV_DOC_MAP)
		r = gv_err(GV_EREFUSED, "there is no map to add it to");
	else if (map != GV_DOC_NONE && is_flow(doc, map))
		put_flow(out, doc, map, added);
	else if (is_yaml(doc))
		r = put_block(out, doc, map, added);
	else
		r = gv_err(GV_EREFUSED, "no key can be added to this format");
	return r < 0 ? r : gv_buf_check(out);
}

/* ---- removing ------------------------------------------------------------ */

int
gv_doc_drop(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	const uint32_t parent = n->parent, next = gv_doc_next(doc, node);
	const size_t begin = gv_doc_line_begin(doc, n->key_at);
	size_t from = n->key_at, to = gv_doc_end(doc, node);
	uint32_t i, before = GV_DOC_NONE;

	if (n->key_len == 0)
		return gv_err(GV_EREFUSED,
		    "the value there has no key of its own, so it cannot be removed");
	if (!is_flow(doc, parent)) {
		if (strspn(doc->text + begin, " \t") < n->key_at - begin)
			return gv_err(
			    GV_EREFUSED, "it is on a line with something else");
		from = begin;
		to = gv_doc_after_line(doc, to);
	} else if (next != GV_DOC_NONE) {
		to = doc->nodes[next].key_at;
	} else {
		for (i = gv_doc_first(doc, parent); i != node;
		     i = gv_doc_next(doc, i))
			before = i;
		if (before != GV_DOC_NONE)
			from = gv_doc_end(doc, before);
	}
	gv_buf_add(out, doc->text, from);
	gv_buf_add(out, doc->text + to, doc->len - to);
	return gv_buf_check(out);
}
