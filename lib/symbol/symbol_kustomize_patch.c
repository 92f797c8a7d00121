#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * What a kustomization changes in the objects that it puts together: patches in
 * files and in place, replacements, and the older forms of both.
 */

/* Names of targets are regular expressions: ".*" is any text, and one that has
 * more of them in it is computed as a whole. */
static void
take_expression(struct gv_buf *name, unsigned *flags)
{
	size_t from = 0, to = 0;

	if (name->len && name->p[0] == '^')
		from = 1;
	if (name->len > from && name->p[name->len - 1] == '$')
		gv_buf_truncate(name, name->len - 1);
	while (from < name->len) {
		if (name->p[from] == '.' && from + 1 < name->len &&
		    (name->p[from + 1] == '*' || name->p[from + 1] == '+')) {
			name->p[to++] = '*';
			from += 2;
		} else if (strchr("*+?|()[]{}\\^$", name->p[from])) {
			to = 0;
			name->p[to++] = '*';
			break;
		} else {
			name->p[to++] = name->p[from++];
		}
	}
	gv_buf_truncate(name, to);
	if (memchr(name->p, '*', name->len))
		*flags |= GV_SYMBOL_PATTERN;
}

/* target: {kind: Deployment, name: web, namespace: prod}; what is not written
 * is any. */
static void
add_target(struct gv_symbol_object *o, uint32_t target)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = GV_SYMBOL_EDGE_KUSTOMIZE_PATCH_TARGET,
		.space = GV_SYMBOL_SPACE_K8S_OBJECT,
		.in = o->id };
	unsigned flags = 0;

	if (target == GV_DOC_NONE || o->doc->nodes[target].kind != GV_DOC_MAP)
		return;
	gv_buf_reset(&o->target);
	if (gv_symbol_said(
		&o->text, o->doc, gv_symbol_get(o, target, "kind"), &flags)) {
		take_expression(&o->text, &flags);
		gv_buf_add(&o->target, o->text.p, o->text.len);
	} else {
		gv_buf_addch(&o->target, '*');
		flags |= GV_SYMBOL_PATTERN;
	}
	gv_buf_addch(&o->target, '/');
	if (gv_symbol_said(
		&o->text, o->doc, gv_symbol_get(o, target, "name"), &flags)) {
		take_expression(&o->text, &flags);
		gv_buf_add(&o->target, o->text.p, o->text.len);
	} else {
		gv_buf_addch(&o->target, '*');
		flags |= GV_SYMBOL_PATTERN;
	}
	gv_symbol_said(
	    &o->extra, o->doc, gv_symbol_get(o, target, "namespace"), &flags);
	row.line = gv_symbol_line(o->doc, target);
	row.flags = (uint16_t)flags;
	row.name = o->target.p;
	row.name_len = o->target.len;
	row.scope = o->extra.p;
	row.scope_len = o->extra.len;
	gv_symbol_add(o->out, &row);
}

/* An object that is written in place: it changes the one of its name. */
static void
add_inline_object(struct gv_symbol_object *o, const struct gv_doc *doc,
    uint32_t root, uint32_t line)
{
	const uint32_t meta = gv_doc_get(doc, root, "metadata");
	const uint32_t kind = gv_doc_get(doc, root, "kind");
	const uint32_t name = gv_doc_get(doc, meta, "name");
	unsigned flags = 0;

	gv_buf_reset(&o->target);
	if (!gv_symbol_said(&o->extra, doc, kind, &flags))
		return;
	gv_buf_addf(&o->target, "%s/", o->extra.p);
	if (!gv_symbol_said(&o->extra, doc, name, &flags))
		return;
	gv_buf_add(&o->target, o->extra.p, o->extra.len);
	gv_symbol_said(
	    &o->extra, doc, gv_doc_get(doc, meta, "namespace"), &flags);
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = GV_SYMBOL_EDGE_KUSTOMIZE_PATCH_TARGET,
		.space = GV_SYMBOL_SPACE_K8S_OBJECT,
		.flags = (uint16_t)flags,
		.line = line + gv_symbol_line(doc, name) - 1,
		.in = o->id,
		.name = o->target.p,
		.name_len = o->target.len,
		.scope = o->extra.p,
		.scope_len = o->extra.len });
}

/* A patch that is written in place, as a text or as YAML: `patch: |`. */
static void
add_inline(struct gv_symbol_object *o, uint32_t node)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_doc doc;
	uint32_t line;
	size_t i;

	if (node == GV_DOC_NONE || !gv_symbol_scalar(&text, o->doc, node)) {
		gv_buf_release(&text);
		return;
	}
	line = gv_symbol_line_at(o->doc, o->doc->nodes[node].at);
	if (o->doc->nodes[node].style == GV_DOC_STYLE_LITERAL ||
	    o->doc->nodes[node].style == GV_DOC_STYLE_FOLDED)
		line++;
	if (text.failed ||
	    gv_doc_read(&doc, GV_DOC_FORMAT_YAML, text.p, text.len, NULL) < 0) {
		o->out->failed = true;
		gv_buf_release(&text);
		return;
	}
	for (i = 0; i < doc.n_parts; i++)
		if (doc.parts[i].node != GV_DOC_NONE)
			add_inline_object(o, &doc, doc.parts[i].node, line);
	gv_doc_release(&doc);
	gv_buf_release(&text);
}

/* patches: [{path, patch, target}], patchesJson6902: the same */
void
gv_symbol_patches(struct gv_symbol_object *o, uint32_t list)
{
	uint32_t i, target;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		/* a bare path is wrong here, but names a file all the same */
		if (o->doc->nodes[i].kind != GV_DOC_MAP) {
			gv_symbol_kustomize_path(
			    o, i, GV_SYMBOL_EDGE_KUSTOMIZE_PATCH, false);
			continue;
		}
		gv_symbol_kustomize_path(o, gv_symbol_get(o, i, "path"),
		    GV_SYMBOL_EDGE_KUSTOMIZE_PATCH, false);
		target = gv_symbol_get(o, i, "target");
		add_target(o, target);
		if (target == GV_DOC_NONE)
			add_inline(o, gv_symbol_get(o, i, "patch"));
	}
}

/* Paths, or objects as texts, or as they are. */
void
gv_symbol_patch_merges(struct gv_symbol_object *o, uint32_t list)
{
	uint32_t i;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		const struct gv_doc_node *n = &o->doc->nodes[i];

		if (n->kind == GV_DOC_MAP)
			add_inline_object(o, o->doc, i, 1);
		else if (memchr(o->doc->text + n->at, '\n', n->len))
			add_inline(o, i);
		else
			gv_symbol_kustomize_path(
			    o, i, GV_SYMBOL_EDGE_KUSTOMIZE_PATCH, false);
	}
}

/* replacements: [{path}, {source: {kind, name}, targets: [{select}]}] */
void
gv_symbol_patch_replacements(struct gv_symbol_object *o, uint32_t list)
{
	uint32_t i, k, targets;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		gv_symbol_kustomize_path(o, gv_symbol_get(o, i, "path"),
		    GV_SYMBOL_EDGE_KUSTOMIZE_PATCH, false);
		add_target(o, gv_symbol_get(o, i, "source"));
		targets = gv_symbol_get(o, i, "targets");
		if (targets == GV_DOC_NONE)
			continue;
		for (k = gv_doc_first(o->doc, targets); k != GV_DOC_NONE;
		     k = gv_doc_next(o->doc, k))
			add_target(o, gv_symbol_get(o, k, "select"));
	}
}

/* vars: [{name, objref: {kind, name}}] */
void
gv_symbol_patch_vars(struct gv_symbol_object *o, uint32_t list)
{
	uint32_t i;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		add_target(o, gv_symbol_get(o, i, "objref"));
}
