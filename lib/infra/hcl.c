#include "infra/hcl.h"

#include <string.h>

#include "base/err.h"
#include "doc/doc.h"
#include "infra/hcl_internal.h"

/* The file is read as a tree, and its blocks are reported from there: nothing
 * is, where any of it is broken. */

struct reader {
	const struct gv_doc *doc;
	gv_hcl_fn *fn;
	void *ctx;
};

static struct gv_hcl_span
span_of(const struct gv_doc *d, size_t at, size_t len)
{
	return (struct gv_hcl_span){ d->text + at, len };
}

/* A text that is what it says: no template, no escape. */
static struct gv_hcl_span
plain_text(const struct gv_doc *d, uint32_t node)
{
	const struct gv_doc_node *n = &d->nodes[node];
	struct gv_hcl_span s = { NULL, 0 };
	size_t i;

	if (n->kind == GV_DOC_LABEL && n->style == GV_DOC_STYLE_PLAIN)
		return span_of(d, n->at, n->len);
	if (n->style != GV_DOC_STYLE_DOUBLE || n->len < 2 ||
	    (n->kind != GV_DOC_SCALAR && n->kind != GV_DOC_LABEL))
		return s;
	s = span_of(d, n->at + 1, n->len - 2);
	for (i = 0; i < s.len; i++)
		if (s.p[i] == '\\' ||
		    (s.p[i] == '{' && i &&
			(s.p[i - 1] == '$' || s.p[i - 1] == '%')))
			return (struct gv_hcl_span){ NULL, 0 };
	return s;
}

static void
set_argument(const struct gv_doc *d, struct gv_hcl_opening *own, uint32_t node)
{
	const struct gv_doc_node *n = &d->nodes[node];

	if (own->block.kind == GV_HCL_MODULE &&
	    gv_doc_key_is(d, node, "source"))
		own->block.source = plain_text(d, node);
	else
		gv_hcl_opening_set(own, span_of(d, n->key_at, n->key_len),
		    span_of(d, n->at, n->len));
}

static int
refuse_at(const struct gv_doc *d, size_t at, const char *what)
{
	size_t line, column;

	gv_doc_where(d, at, &line, &column);
	return gv_err(
	    GV_EREFUSED, "line %zu, column %zu: %s", line, column, what);
}

static int
read_labels(const struct gv_doc *d, struct gv_hcl_opening *own, uint32_t node)
{
	uint32_t i;

	for (i = gv_doc_first(d, node);
	     i != GV_DOC_NONE && d->nodes[i].kind == GV_DOC_LABEL;
	     i = gv_doc_next(d, i)) {
		if (own->n_labels < 2)
			own->block.labels[own->n_labels] = plain_text(d, i);
		if (plain_text(d, i).p == NULL)
			return refuse_at(d, d->nodes[i].at,
			    "a label with an escape or a template in it");
		own->n_labels++;
	}
	return own->n_labels == own->n_wanted
	    ? 0
	    : refuse_at(d, d->nodes[node].at,
		  "a block with other labels than its kind has");
}

/* A block, in `around`, and what is in it. Nesting is bounded by the tree's. */
static int
read_block(
    const struct reader *r, const struct gv_hcl_opening *around, uint32_t node)
{
	const struct gv_doc *d = r->doc;
	const struct gv_doc_node *n = &d->nodes[node];
	struct gv_hcl_opening own;
	size_t column;
	uint32_t i;
	int ret = 0;

	gv_hcl_opening_begin(&own, around, span_of(d, n->key_at, n->key_len));
	gv_doc_where(d, n->at, &own.block.line, &column);
	if (own.is_wanted && (ret = read_labels(d, &own, node)) < 0)
		return ret;
	for (i = gv_doc_first(d, node); ret == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(d, i)) {
		if (d->nodes[i].kind == GV_DOC_BLOCK)
			ret = read_block(r, &own, i);
		else if (own.is_wanted && d->nodes[i].kind != GV_DOC_LABEL)
			set_argument(d, &own, i);
	}
	return ret == 0 && own.is_wanted ? r->fn(r->ctx, &own.block) : ret;
}

int
gv_hcl_read(const char *text, size_t len, gv_hcl_fn *fn, void *ctx)
{
	struct gv_doc d;
	const struct reader r = { .doc = &d, .fn = fn, .ctx = ctx };
	uint32_t i;
	int ret = gv_doc_read(&d, GV_DOC_FORMAT_HCL, text, len, NULL);

	if (ret < 0)
		return ret;
	ret = gv_doc_check(&d);
	for (i = d.n ? gv_doc_first(&d, 0) : GV_DOC_NONE;
	     ret == 0 && i != GV_DOC_NONE; i = gv_doc_next(&d, i))
		if (d.nodes[i].kind == GV_DOC_BLOCK)
			ret = read_block(&r, NULL, i);
	gv_doc_release(&d);
	return ret;
}
