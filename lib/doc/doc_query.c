#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "doc/doc_internal.h"

/* ---- steps --------------------------------------------------------------- */

uint32_t
gv_doc_first(const struct gv_doc *doc, uint32_t node)
{
	if (node == GV_DOC_NONE)
		return doc->n ? 0 : GV_DOC_NONE;
	return node + 1 < doc->nodes[node].next ? node + 1 : GV_DOC_NONE;
}

uint32_t
gv_doc_next(const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	const uint32_t end = n->parent == GV_DOC_NONE
	    ? (uint32_t)doc->n
	    : doc->nodes[n->parent].next;

	return n->next < end ? n->next : GV_DOC_NONE;
}

static const struct gv_doc_mark *
find_mark(const struct gv_doc *doc, uint32_t node)
{
	size_t from = 0, to = doc->n_marks, i;

	while (from < to) {
		i = from + (to - from) / 2;
		if (doc->marks[i].node < node)
			from = i + 1;
		else
			to = i;
	}
	return from < doc->n_marks && doc->marks[from].node == node
	    ? &doc->marks[from]
	    : NULL;
}

const struct gv_doc_mark *
gv_doc_mark(const struct gv_doc *doc, uint32_t node)
{
	return doc->n_marks ? find_mark(doc, node) : NULL;
}

uint32_t
gv_doc_follow(const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_mark *m;

	if (node == GV_DOC_NONE || doc->nodes[node].kind != GV_DOC_ALIAS)
		return node;
	m = find_mark(doc, node);
	return m ? m->target : GV_DOC_NONE;
}

const struct gv_doc_ref *
gv_doc_refs(const struct gv_doc *doc, uint32_t node, size_t *n)
{
	size_t from = 0, to = doc->n_refs, i;

	while (from < to) {
		i = from + (to - from) / 2;
		if (doc->refs[i].node < node)
			from = i + 1;
		else
			to = i;
	}
	for (i = from; i < doc->n_refs; i++)
		if (doc->refs[i].node >= doc->nodes[node].next)
			break;
	*n = i - from;
	return *n ? &doc->refs[from] : NULL;
}

/* ---- texts --------------------------------------------------------------- */

/* Whether a text says the same without being decoded. */
static bool
is_simple(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == '\\' || p[i] == '\n' || p[i] == '\'' ||
		    p[i] == '$' || p[i] == '%' || p[i] == '&')
			return false;
	return true;
}

static bool
is_text(const struct gv_doc *doc, size_t at, size_t len,
    enum gv_doc_style style, const char *text)
{
	const char *p = doc->text + at;
	const size_t n = strlen(text);
	char *out;
	bool is;

	if ((style == GV_DOC_STYLE_DOUBLE || style == GV_DOC_STYLE_SINGLE) &&
	    len >= 2 && is_simple(p + 1, len - 2))
		return len - 2 == n && memcmp(p + 1, text, n) == 0;
	if (style == GV_DOC_STYLE_PLAIN && is_simple(p, len))
		return len == n && memcmp(p, text, n) == 0;
	if (n > len + len / 2)
		return false;
	out = malloc(len + len / 2 + 1);
	if (out == NULL)
		return false;
	is = gv_doc_decode(out, doc, style, p, len) == n &&
	    memcmp(out, text, n) == 0;
	explicit_bzero(out, len + len / 2 + 1);
	free(out);
	return is;
}

bool
gv_doc_is(const struct gv_doc *doc, uint32_t node, const char *text)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	return (n->kind == GV_DOC_SCALAR || n->kind == GV_DOC_LABEL) &&
	    is_text(doc, n->at, n->len, n->style, text);
}

bool
gv_doc_key_is(const struct gv_doc *doc, uint32_t node, const char *text)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	return gv_doc_has_key(n) &&
	    is_text(doc, n->key_at, n->key_len, n->key_style, text);
}

static bool
is_text_node(const struct gv_doc *doc, const struct gv_doc_node *n)
{
	return n->kind == GV_DOC_SCALAR || n->kind == GV_DOC_LABEL ||
	    (n->kind == GV_DOC_CODE && doc->format != GV_DOC_FORMAT_HCL);
}

size_t
gv_doc_read_text(char *out, const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	if (is_text_node(doc, n))
		return gv_doc_decode(
		    out, doc, n->style, doc->text + n->at, n->len);
	if (n->len)
		memcpy(out, doc->text + n->at, n->len);
	return n->len;
}

size_t
gv_doc_read_key(char *out, const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	return n->key_len ? gv_doc_decode(out, doc, n->key_style,
				doc->text + n->key_at, n->key_len)
			  : 0;
}

void
gv_doc_text(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	const size_t len = doc->nodes[node].len;

	if (gv_buf_grow(out, len + len / 2 + 1) < 0)
		return;
	out->len += gv_doc_read_text(out->p + out->len, doc, node);
	out->p[out->len] = '\0';
}

void
gv_doc_key(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	const size_t len = doc->nodes[node].key_len;

	if (gv_buf_grow(out, len + len / 2 + 1) < 0)
		return;
	out->len += gv_doc_read_key(out->p + out->len, doc, node);
	out->p[out->len] = '\0';
}

/* ---- paths --------------------------------------------------------------- */

static bool
is_bare(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!gv_doc_is_word(p[i]) && !strchr("-/$@", p[i]) &&
		    (signed char)p[i] >= 0)
			return false;
	return len > 0;
}

/* Put the name that was appended behind `dot` in brackets if it needs them. */
static void
quote(struct gv_buf *out, size_t dot, size_t from)
{
	struct gv_buf name = GV_BUF_INIT;
	size_t i;

	if (gv_buf_check(out) < 0 || is_bare(out->p + from, out->len - from))
		return;
	gv_buf_add(&name, out->p + from, out->len - from);
	gv_buf_truncate(out, dot);
	gv_buf_addstr(out, "[\"");
	for (i = 0; i < name.len; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			gv_buf_addch(out, '\\');
		gv_buf_addch(out, name.p[i]);
	}
	gv_buf_addstr(out, "\"]");
	gv_buf_release(&name);
}

static void
add_name(
    struct gv_buf *out, size_t begin, const struct gv_doc *doc, uint32_t node)
{
	const size_t dot = out->len;
	size_t from;

	if (dot > begin)
		gv_buf_addch(out, '.');
	from = out->len;
	if (doc->nodes[node].kind == GV_DOC_LABEL)
		gv_doc_text(out, doc, node);
	else
		gv_doc_key(out, doc, node);
	quote(out, dot, from);
}

void
gv_doc_add_step(
    struct gv_buf *out, size_t begin, const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	const bool is_named = gv_doc_has_key(n) || n->kind == GV_DOC_LABEL;
	uint32_t i;

	if (is_named)
		add_name(out, begin, doc, node);
	if (n->style == GV_DOC_STYLE_ITEM ||
	    (!is_named && n->parent != GV_DOC_NONE &&
		doc->nodes[n->parent].kind != GV_DOC_MAP))
		gv_buf_addf(out, "[%u]", n->index);
	if (n->kind != GV_DOC_BLOCK)
		return;
	for (i = gv_doc_first(doc, node);
	     i != GV_DOC_NONE && doc->nodes[i].kind == GV_DOC_LABEL;
	     i = gv_doc_next(doc, i))
		add_name(out, begin, doc, i);
}

void
gv_doc_path(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	uint32_t up[GV_DOC_DEPTH_MAX + 1];
	const size_t begin = out->len;
	size_t n = 0;

	if (doc->nodes[node].kind == GV_DOC_LABEL)
		node = doc->nodes[node].parent;
	for (; node != GV_DOC_NONE; node = doc->nodes[node].parent)
		up[n++] = node;
	while (n > 0)
		gv_doc_add_step(out, begin, doc, up[--n]);
}
