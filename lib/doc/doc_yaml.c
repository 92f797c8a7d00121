#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "doc/doc_internal.h"
#include "format/yamlevent.h"

/*
 * libyaml is shown a mask of the text, and says where nodes begin and end; what
 * they say is taken from the text. Each document is read by itself, so that a
 * fault in one does not hide the others: "---" at the beginning of a line is
 * nothing else, wherever it is.
 *
 * An event says of a node where its anchor or tag begins, of a block the place
 * of what is behind it. Comments are in no event: they are looked for between
 * one node and the next.
 */

#define PARTS_MAX 100000

struct reading {
	struct gv_doc_builder *b;
	char *mask;
	size_t from, to; /* the document */
	size_t scanned;  /* up to where comments were looked for */
	size_t end;      /* of the last node */
	bool wants_key[GV_DOC_DEPTH_NESTED + 2];
	struct gv_doc_node key; /* its key fields, until its value comes */
	size_t skip;            /* levels within a key that is no scalar */
	size_t key_from;
	struct gv_map anchors; /* name to node + 2, or 1: of a key */
	struct gv_doc_mark mark;
	bool has_documents;
};

/* ---- comments ------------------------------------------------------------ */

static int
add_comments(struct reading *r, size_t to)
{
	const char *text = r->b->doc->text, *p;
	size_t at = r->scanned, end;
	int e;

	if (to > r->scanned)
		r->scanned = to;
	while (at < to && (p = memchr(text + at, '#', to - at))) {
		at = (size_t)(p - text);
		if (at > r->from && !gv_doc_is_space(text[at - 1])) {
			at++;
			continue;
		}
		end = gv_doc_line_end(r->b->doc, at);
		e = gv_doc_add_comment(r->b, at, end);
		if (e < 0)
			return e;
		at = end;
	}
	return 0;
}

/* ---- anchors and tags ---------------------------------------------------- */

/* Skip blanks, ends of lines and comments. */
static size_t
skip_gap(const struct gv_doc *d, size_t at, size_t end)
{
	for (; at < end; at++) {
		if (d->text[at] == '#')
			at = gv_doc_line_end(d, at);
		else if (!gv_doc_is_space(d->text[at]))
			break;
	}
	return at < end ? at : end;
}

/* Skip the anchor and the tag in front of a node, and note them in r->mark;
 * where the node itself begins. */
static size_t
skip_properties(struct reading *r, const struct gv_yamlevent *event, size_t end)
{
	const struct gv_doc *d = r->b->doc;
	size_t at = r->from + event->at, from;
	int left = event->has_anchor + event->has_tag;

	r->mark = (struct gv_doc_mark){ .target = GV_DOC_NONE };
	for (; left > 0; left--) {
		for (from = at; at < end && !gv_doc_is_space(d->text[at]); at++)
			if (d->text[at] == ',' && d->text[from] == '&')
				break;
		if (d->text[from] == '&') {
			r->mark.anchor_at = (uint32_t)from + 1;
			r->mark.anchor_len = (uint32_t)(at - from - 1);
		} else {
			r->mark.tag_at = (uint32_t)from;
			r->mark.tag_len = (uint32_t)(at - from);
		}
		at = skip_gap(d, at, end);
	}
	return at;
}

static int
keep_anchor(struct reading *r, size_t value)
{
	/* a number in place of a pointer: it points to nothing */
	return gv_map_put(&r->anchors, r->b->doc->text + r->mark.anchor_at,
	    r->mark.anchor_len, (void *)value);
}

static int
keep_mark(struct reading *r)
{
	int e;

	if (r->mark.anchor_len == 0 && r->mark.tag_len == 0)
		return 0;
	r->mark.node = gv_doc_last(r->b);
	e = gv_doc_add_mark(r->b, &r->mark);
	if (e == 0 && r->mark.anchor_len)
		e = keep_anchor(r, (size_t)r->mark.node + 2);
	return e;
}

static bool
is_open(const struct gv_doc_builder *b, uint32_t node)
{
	size_t i;

	for (i = 1; i <= b->depth; i++)
		if (b->levels[i].node == node)
			return true;
	return false;
}

/* The alias that was added last, from its sign to `end`. */
static int
keep_alias(struct reading *r, size_t at, size_t end)
{
	const char *name = r->b->doc->text + at + 1;
	size_t found;
	int e = 0;

	r->mark = (struct gv_doc_mark){ .node = gv_doc_last(r->b),
		.anchor_at = (uint32_t)at + 1,
		.anchor_len = (uint32_t)(end - at - 1),
		.target = GV_DOC_NONE };
	found = (size_t)gv_map_get(&r->anchors, name, r->mark.anchor_len);
	if (found == 0)
		e = gv_doc_add_error(r->b, at, "an alias without an anchor");
	else if (found > 1 && is_open(r->b, (uint32_t)(found - 2)))
		e = gv_doc_add_error(
		    r->b, at, "an alias inside its own anchor");
	else if (found > 1)
		r->mark.target = (uint32_t)(found - 2);
	return e < 0 ? e : gv_doc_add_mark(r->b, &r->mark);
}

/* ---- nodes --------------------------------------------------------------- */

static uint8_t
style_of(char c)
{
	switch (c) {
	case '"':
		return GV_DOC_STYLE_DOUBLE;
	case '\'':
		return GV_DOC_STYLE_SINGLE;
	case '|':
		return GV_DOC_STYLE_LITERAL;
	case '>':
		return GV_DOC_STYLE_FOLDED;
	case '[':
		return GV_DOC_STYLE_FLOW;
	default:
		return GV_DOC_STYLE_PLAIN;
	}
}

/* libyaml has the empty lines behind a block among its own. They and its last
 * line end stay outside, so that a patch keeps them, but for those of "|+". */
static size_t
trim_block(const char *text, size_t at, size_t end)
{
	const char *nl = memchr(text + at, '\n', end - at);
	size_t i;

	for (i = at; nl && text + i < nl && text[i] != '#'; i++)
		if (text[i] == '+')
			return end;
	for (i = end; i > at; i = end) {
		while (i > at && gv_doc_is_blank(text[i - 1]))
			i--;
		if (i == at || text[i - 1] != '\n')
			break;
		end = i - 1;
		end -= end > at && text[end - 1] == '\r';
	}
	return end;
}

/* Comments behind the sign of a block, "| # why". */
static int
add_header_comment(struct reading *r, size_t at, size_t end)
{
	const char *text = r->b->doc->text;
	const char *nl = memchr(text + at, '\n', end - at);
	const char *hash =
	    memchr(text + at, '#', nl ? (size_t)(nl - text) - at : end - at);

	return hash ? gv_doc_add_comment(r->b, (size_t)(hash - text),
			  nl ? (size_t)(nl - text) : end)
		    : 0;
}

static bool
is_key(const struct reading *r)
{
	const struct gv_doc_builder *b = r->b;
	const uint32_t in = b->levels[b->depth].node;

	return b->depth && b->doc->nodes[in].kind == GV_DOC_MAP &&
	    r->wants_key[b->depth];
}

/* Put the key that waits into its value. */
static void
take_key(struct reading *r, struct gv_doc_node *node)
{
	const struct gv_doc_builder *b = r->b;
	const uint32_t in = b->levels[b->depth].node;

	if (b->depth == 0 || b->doc->nodes[in].kind != GV_DOC_MAP)
		return;
	node->key_at = r->key.key_at;
	node->key_len = r->key.key_len;
	node->key_style = r->key.key_style;
	r->wants_key[b->depth] = true;
}

static int
set_key(struct reading *r, size_t at, size_t end, uint8_t style)
{
	r->key.key_at = (uint32_t)at;
	/* a list of nothing as a key ends before it begins */
	r->key.key_len = end > at ? (uint32_t)(end - at) : 0;
	r->key.key_style = style;
	r->wants_key[r->b->depth] = false;
	return r->mark.anchor_len ? keep_anchor(r, 1) : 0;
}

/* References of the scalar that was added last. */
static int
add_refs(struct reading *r, size_t at, size_t len)
{
	struct gv_doc *d = r->b->doc;
	int e = 0;

	if (d->format == GV_DOC_FORMAT_TEMPLATE)
		e = gv_doc_template_refs(r->b, at, len);
	else if (d->format == GV_DOC_FORMAT_COMPOSE)
		e = gv_doc_variable_refs(r->b, at, len);
	if (e > 0)
		d->nodes[d->n - 1].kind = GV_DOC_CODE;
	return e < 0 ? e : 0;
}

static int
on_scalar(struct reading *r, const struct gv_yamlevent *event)
{
	const char *text = r->b->doc->text;
	size_t end = r->from + event->end;
	size_t at = skip_properties(r, event, end);
	struct gv_doc_node node = { .style = style_of(event->style) };
	int e = 0;

	r->end = end;
	if (event->style == '|' || event->style == '>') {
		e = add_header_comment(r, at, end);
		end = trim_block(text, at, end);
	}
	r->scanned = r->end;
	if (e < 0)
		return e;
	r->end = end;
	if (is_key(r))
		return set_key(r, at, end, node.style);
	node.at = (uint32_t)at;
	node.len = (uint32_t)(end - at);
	if (event->style == '\0' && r->mark.tag_len == 0)
		node.type = gv_doc_type_of_yaml(text + at, end - at);
	take_key(r, &node);
	e = gv_doc_add(r->b, &node);
	if (e == 0)
		e = keep_mark(r);
	return e < 0 ? e : add_refs(r, at, end - at);
}

static int
on_alias(struct reading *r, const struct gv_yamlevent *event)
{
	struct gv_doc_node node = { .kind = GV_DOC_ALIAS,
		.at = (uint32_t)(r->from + event->at),
		.len = (uint32_t)(event->end - event->at) };
	int e;

	r->end = r->scanned = r->from + event->end;
	r->mark.anchor_len = 0;
	if (is_key(r))
		return set_key(r, node.at, r->end, GV_DOC_STYLE_FLOW);
	take_key(r, &node);
	e = gv_doc_add(r->b, &node);
	return e < 0 ? e : keep_alias(r, node.at, r->end);
}

static int
on_start(struct reading *r, const struct gv_yamlevent *event)
{
	struct gv_doc_node node = { .style = style_of(event->style),
		.kind = event->kind == GV_YAMLEVENT_MAP ? GV_DOC_MAP
							: GV_DOC_LIST };
	int e;

	/* of a block the properties end where its first node begins */
	node.at = (uint32_t)skip_properties(r, event, r->to);
	if (event->style)
		r->end = r->from + event->end;
	if (is_key(r)) {
		r->skip = 1;
		r->key_from = node.at;
		return 0;
	}
	take_key(r, &node);
	e = gv_doc_open(r->b, &node);
	if (e < 0)
		return e;
	r->wants_key[r->b->depth] = true;
	return keep_mark(r);
}

static int
on_end(struct reading *r, const struct gv_yamlevent *event)
{
	if (event->end > event->at)
		r->end = r->from + event->end;
	gv_doc_close(r->b, r->end);
	return 0;
}

/* Within a key that is a list or a map. */
static int
skip_event(struct reading *r, const struct gv_yamlevent *event)
{
	int e;

	if (event->kind == GV_YAMLEVENT_LIST || event->kind == GV_YAMLEVENT_MAP)
		r->skip++;
	if (r->b->depth + r->skip > r->b->depth_max) {
		e = gv_doc_add_error(
		    r->b, r->from + event->at, "it is nested too deep");
		return e < 0 ? e : GV_EREFUSED;
	}
	if (event->end > event->at)
		r->end = r->from + event->end;
	if (event->kind != GV_YAMLEVENT_END || --r->skip > 0)
		return 0;
	r->mark.anchor_len = 0;
	return set_key(r, r->key_from, r->end, GV_DOC_STYLE_FLOW);
}

static int
on_event(void *ctx, const struct gv_yamlevent *event)
{
	struct reading *r = ctx;
	int e = 0;

	if (event->kind == GV_YAMLEVENT_DOCUMENT && r->has_documents) {
		e = gv_doc_add_error(r->b, r->from + event->at,
		    "a document without --- before it");
		return e < 0 ? e : GV_EREFUSED;
	}
	if (event->kind != GV_YAMLEVENT_END || event->end > event->at)
		e = add_comments(r, r->from + event->at);
	if (e < 0)
		return e;
	if (r->skip)
		return skip_event(r, event);
	switch (event->kind) {
	case GV_YAMLEVENT_DOCUMENT:
		r->has_documents = true;
		r->end = r->from + event->end;
		return 0;
	case GV_YAMLEVENT_SCALAR:
		return on_scalar(r, event);
	case GV_YAMLEVENT_ALIAS:
		return on_alias(r, event);
	case GV_YAMLEVENT_LIST:
	case GV_YAMLEVENT_MAP:
		return on_start(r, event);
	default:
		return on_end(r, event);
	}
}

/* ---- documents ----------------------------------------------------------- */

static int
read_events(struct reading *r)
{
	struct gv_doc_builder *b = r->b;
	struct gv_yamlevent_error error = { 0 };
	size_t at = r->end;
	int e = gv_yamlevent_each(
	    r->mask + r->from, r->to - r->from, on_event, r, &error);

	if (e == 0)
		return add_comments(r, r->to);
	if (e != GV_EREFUSED)
		return e;
	gv_doc_close_to(b, 0, r->end);
	/* else there is an error already */
	if (error.what)
		at = r->from + error.at;
	if (at > r->to)
		at = r->to;
	return gv_doc_add_broken(
	    b, r->end < at ? r->end : at, r->to, at, error.what);
}

static int
read_document(struct reading *r)
{
	const uint32_t first = (uint32_t)r->b->doc->n;
	int e;

	r->scanned = r->end = r->from;
	r->skip = 0;
	r->has_documents = false;
	e = read_events(r);
	gv_map_release(&r->anchors);
	if (e < 0)
		return e;
	if (r->b->doc->n_parts == PARTS_MAX) {
		e = gv_doc_add_error(
		    r->b, r->from, "it has too many documents");
		return e < 0 ? e : GV_EREFUSED;
	}
	/* comments alone are no document */
	if (!r->has_documents && r->b->doc->n == first)
		return 0;
	return gv_doc_add_part(r->b, first, r->from, r->to);
}

static bool
begins_document(const struct gv_doc *d, size_t at)
{
	return d->len - at >= 3 && memcmp(d->text + at, "---", 3) == 0 &&
	    (d->len - at == 3 || gv_doc_is_space(d->text[at + 3]));
}

/* Where the document ends that begins here: at the next "---". */
static size_t
find_end(const struct gv_doc *d, size_t from)
{
	const char *p = d->text + from, *end = d->text + d->len;

	while ((p = memmem(p, (size_t)(end - p), "\n---", 4))) {
		p++;
		if (begins_document(d, (size_t)(p - d->text)))
			return (size_t)(p - d->text);
	}
	return d->len;
}

int
gv_doc_read_yaml(struct gv_doc_builder *b, size_t from)
{
	struct gv_doc *d = b->doc;
	struct reading *r = calloc(1, sizeof(*r));
	int e = 0;

	if (r == NULL)
		return gv_err_nomem();
	r->b = b;
	r->mask = gv_memory_get(b->memory, d->len + 1);
	if (r->mask == NULL) {
		free(r);
		return GV_ENOMEM;
	}
	gv_yamlevent_mask(r->mask, d->text, d->len);
	gv_doc_placeholder_mask(r->mask, d->text, d->len);
	if (d->format == GV_DOC_FORMAT_TEMPLATE)
		gv_doc_template_mask(r->mask, d->text, d->len);
	for (r->from = from; e == 0 && r->from < d->len; r->from = r->to) {
		r->to = find_end(d, r->from);
		e = read_document(r);
	}
	gv_memory_put(b->memory, r->mask, d->len + 1);
	free(r);
	return e;
}
