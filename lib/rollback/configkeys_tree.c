#include "rollback/configkeys_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "doc/doc.h"

/*
 * What has values within values. Empty lists and maps are values themselves;
 * others are reported through their members. An argument of HCL is one value,
 * whatever its expression contains.
 */

struct tree {
	struct gv_configkeys_path path;
	const struct gv_doc *doc;
};

/* ---- names --------------------------------------------------------------- */

static int
set_number(struct tree *t, size_t number)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%zu", number);

	return gv_configkeys_path_set(&t->path, text, (size_t)n);
}

/* Give the text of a key or label to `put`. */
static int
put_name(struct tree *t, uint32_t node, bool is_key,
    int (*put)(struct gv_configkeys_path *p, const char *name, size_t len))
{
	const struct gv_doc_node *n = &t->doc->nodes[node];
	char name[GV_CONFIGKEYS_NAME_MAX + GV_CONFIGKEYS_NAME_MAX / 2];
	size_t len;
	int r;

	if ((is_key ? n->key_len : n->len) > GV_CONFIGKEYS_NAME_MAX)
		return GV_EREFUSED;
	len = is_key ? gv_doc_read_key(name, t->doc, node)
		     : gv_doc_read_text(name, t->doc, node);
	r = put(&t->path, name, len);
	explicit_bzero(name, len);
	return r;
}

static int
set_name(struct tree *t, uint32_t node)
{
	const struct gv_doc *d = t->doc;
	const struct gv_doc_node *n = &d->nodes[node];
	uint32_t i;
	int r;

	if (d->nodes[n->parent].kind == GV_DOC_LIST)
		return set_number(t, n->index);
	/* a list or a map as a key */
	if (n->key_style == GV_DOC_STYLE_FLOW)
		return GV_EREFUSED;
	r = put_name(t, node, true, gv_configkeys_path_set);
	if (n->kind != GV_DOC_BLOCK)
		return r;
	for (i = gv_doc_first(d, node);
	     r == 0 && i != GV_DOC_NONE && d->nodes[i].kind == GV_DOC_LABEL;
	     i = gv_doc_next(d, i))
		r = put_name(t, i, false, gv_configkeys_path_add);
	return r;
}

/* ---- values -------------------------------------------------------------- */

/* A value with its anchor and its tag: another one is a change. */
static int
tell(struct tree *t, uint32_t node)
{
	const struct gv_doc_node *n = &t->doc->nodes[node];
	const struct gv_doc_mark *m = gv_doc_mark(t->doc, node);
	size_t at = n->at;

	if (m && m->tag_len && m->tag_at < at)
		at = m->tag_at;
	if (m && m->anchor_len && m->anchor_at <= at)
		at = m->anchor_at - 1;
	return gv_configkeys_path_tell(&t->path, at, n->at + n->len - at);
}

static bool
is_tree(const struct gv_doc *d, uint32_t node)
{
	const struct gv_doc_node *n = &d->nodes[node];

	if (n->kind == GV_DOC_BLOCK)
		return true;
	if (d->format == GV_DOC_FORMAT_HCL && n->parent != GV_DOC_NONE)
		return false;
	return (n->kind == GV_DOC_LIST || n->kind == GV_DOC_MAP) &&
	    n->next > node + 1;
}

static int
visit(struct tree *t, uint32_t node)
{
	const struct gv_doc *d = t->doc;
	uint32_t i;
	int r;

	if (!is_tree(d, node))
		return tell(t, node);
	if ((r = gv_configkeys_path_enter(&t->path, 0, true)) < 0)
		return r;
	for (i = gv_doc_first(d, node); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(d, i))
		if (d->nodes[i].kind != GV_DOC_LABEL &&
		    (r = set_name(t, i)) == 0)
			r = visit(t, i);
	gv_secret_truncate(&t->path.text, t->path.levels[--t->path.depth].len);
	return r;
}

/* ---- documents ----------------------------------------------------------- */

/* Of several documents each has its number before all. */
static int
visit_all(struct tree *t)
{
	const struct gv_doc *d = t->doc;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->n_parts; i++) {
		if (d->n_parts > 1)
			r = set_number(t, i);
		if (r == 0 && d->parts[i].node != GV_DOC_NONE)
			r = visit(t, d->parts[i].node);
	}
	return r;
}

static int
read_doc(struct gv_configkeys *out, enum gv_doc_format format, const char *text,
    size_t len)
{
	struct tree t = { .path = { .out = out } };
	struct gv_doc d;
	int r = gv_doc_read(&d, format, text, len, &gv_secret_memory);

	if (r < 0)
		return r;
	t.doc = &d;
	r = d.n_errors ? GV_EREFUSED : visit_all(&t);
	gv_secret_release(&t.path.text);
	gv_doc_release(&d);
	return r;
}

int
gv_configkeys_read_json(struct gv_configkeys *out, const char *text, size_t len)
{
	return read_doc(out, GV_DOC_FORMAT_JSON, text, len);
}

int
gv_configkeys_read_yaml(struct gv_configkeys *out, const char *text, size_t len)
{
	return read_doc(out, GV_DOC_FORMAT_YAML, text, len);
}

int
gv_configkeys_read_hcl(struct gv_configkeys *out, const char *text, size_t len)
{
	return read_doc(out, GV_DOC_FORMAT_HCL, text, len);
}
