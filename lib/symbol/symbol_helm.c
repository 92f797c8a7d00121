#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * A chart of Helm: Chart.yaml with what it depends on, Chart.lock with the
 * versions that were chosen, and values. Each file of values defines its keys;
 * that values-prod.yaml goes over values.yaml is seen by their names, so it is
 * for who joins files.
 */

/* A longer key is not gone into: it is repeated with each that is below it. */
#define KEY_MAX 1024

/* Take a '/' off the end. */
static void
trim(struct gv_buf *text)
{
	if (text->len && text->p[text->len - 1] == '/')
		gv_buf_truncate(text, text->len - 1);
}

void
gv_symbol_chart(struct gv_symbol_object *o, const struct gv_symbol_row *row,
    uint32_t repository, uint32_t name, uint32_t version)
{
	struct gv_symbol_row add = *row;
	unsigned flags = add.flags;

	gv_buf_reset(&o->target);
	gv_buf_addstr(&o->target, "helm:");
	if (gv_symbol_said(&o->text, o->doc, repository, &flags)) {
		gv_symbol_drop_user(&o->text);
		trim(&o->text);
		gv_buf_addf(&o->target, "%s/", o->text.p);
	}
	gv_symbol_said(&o->text, o->doc, name, &flags);
	gv_buf_add(&o->target, o->text.p, o->text.len);
	gv_symbol_said(&o->extra, o->doc, version, &flags);
	add.kind = GV_SYMBOL_REFERENCE;
	add.how = GV_SYMBOL_EXTERNAL;
	add.flags = (uint16_t)flags;
	add.name = o->target.p;
	add.name_len = o->target.len;
	add.extra = o->extra.p;
	add.extra_len = o->extra.len;
	gv_symbol_add(o->out, &add);
}

/* ---- Chart.yaml ---------------------------------------------------------- */

/* file://../common, or a chart that lies in charts/. Whether it is one. */
static bool
add_local(
    struct gv_symbol_object *o, struct gv_symbol_row *row, uint32_t repository)
{
	if (gv_symbol_scalar(&o->text, o->doc, repository)) {
		if (strncmp(o->text.p, "file://", 7) != 0)
			return false;
		gv_buf_reset(&o->target);
		gv_buf_addstr(&o->target, o->text.p + 7);
	} else {
		gv_buf_reset(&o->target);
		gv_buf_addf(&o->target, "charts/%s", o->name.p);
	}
	row->flags |= GV_SYMBOL_FOLDER;
	trim(&o->target);
	gv_symbol_path(o->out, row, &o->target);
	return true;
}

/* Its values decide whether it is there. */
static void
add_condition(struct gv_symbol_object *o, uint32_t node)
{
	unsigned flags = GV_SYMBOL_OPTIONAL;
	const char *comma;

	if (!gv_symbol_said(&o->text, o->doc, node, &flags))
		return;
	comma = memchr(o->text.p, ',', o->text.len);
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = GV_SYMBOL_EDGE_HELM_VALUE,
		.space = GV_SYMBOL_SPACE_HELM_VALUE,
		.flags = (uint16_t)flags,
		.line = gv_symbol_line(o->doc, node),
		.in = o->id,
		.name = o->text.p,
		.name_len =
		    comma ? (size_t)(comma - o->text.p) : o->text.len });
}

/* dependencies: [{name, version, repository, alias, condition}]; `scope` is the
 * key that its values are below. */
static void
add_dependency(struct gv_symbol_object *o, uint32_t item)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_HELM_DEPENDENCY,
		.in = o->id };
	const uint32_t name = gv_symbol_get(o, item, "name");
	const uint32_t repository = gv_symbol_get(o, item, "repository");
	struct gv_buf below = GV_BUF_INIT;
	unsigned flags = 0;

	if (!gv_symbol_said(&o->name, o->doc, name, &flags))
		return;
	if (!gv_symbol_said(
		&below, o->doc, gv_symbol_get(o, item, "alias"), &flags))
		gv_buf_add(&below, o->name.p, o->name.len);
	row.line = gv_symbol_line(o->doc, name);
	row.scope = below.p;
	row.scope_len = below.len;
	if (!add_local(o, &row, repository))
		gv_symbol_chart(o, &row, repository, name,
		    gv_symbol_get(o, item, "version"));
	add_condition(o, gv_symbol_get(o, item, "condition"));
	o->out->failed |= below.failed;
	gv_buf_release(&below);
}

static void
each_dependency(struct gv_symbol_object *o,
    void (*fn)(struct gv_symbol_object *o, uint32_t item))
{
	const uint32_t list = gv_symbol_get(o, o->root, "dependencies");
	uint32_t i;

	if (list == GV_DOC_NONE || o->doc->nodes[list].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		fn(o, i);
}

void
gv_symbol_helm_chart(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_object o = GV_SYMBOL_OBJECT_INIT(out, doc, root);
	const uint32_t name = gv_doc_get(doc, root, "name");
	unsigned flags = 0;

	gv_symbol_said(&o.extra, doc, gv_doc_get(doc, root, "version"), &flags);
	flags = 0;
	if (gv_symbol_said(&o.text, doc, name, &flags))
		o.id = gv_symbol_add(out,
		    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
			.word = GV_SYMBOL_SPACE_HELM_CHART,
			.flags = (uint16_t)flags,
			.line = gv_symbol_line(doc, name),
			.in = GV_SYMBOL_NONE,
			.name = o.text.p,
			.name_len = o.text.len,
			.extra = o.extra.p,
			.extra_len = o.extra.len });
	each_dependency(&o, add_dependency);
	gv_symbol_object_release(&o);
}

/* ---- Chart.lock ---------------------------------------------------------- */

static void
add_locked(struct gv_symbol_object *o, uint32_t item)
{
	const uint32_t name = gv_symbol_get(o, item, "name");
	unsigned flags = 0;

	if (!gv_symbol_said(&o->text, o->doc, name, &flags))
		return;
	gv_symbol_said(
	    &o->extra, o->doc, gv_symbol_get(o, item, "version"), &flags);
	gv_symbol_said(
	    &o->target, o->doc, gv_symbol_get(o, item, "repository"), &flags);
	gv_symbol_drop_user(&o->target);
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_VALUE,
		.word = GV_SYMBOL_VALUE_HELM_LOCKED,
		.line = gv_symbol_line(o->doc, name),
		.in = GV_SYMBOL_NONE,
		.name = o->text.p,
		.name_len = o->text.len,
		.scope = o->target.p,
		.scope_len = o->target.len,
		.extra = o->extra.p,
		.extra_len = o->extra.len });
}

void
gv_symbol_helm_lock(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_object o = GV_SYMBOL_OBJECT_INIT(out, doc, root);

	each_dependency(&o, add_locked);
	gv_symbol_object_release(&o);
}

/* ---- values -------------------------------------------------------------- */

/* Each key that has no keys below it: "ingress.hosts", a list as a whole. Who
 * names "ingress" means all that begin with "ingress.". */
static void
add_values(struct gv_symbol_object *o, uint32_t map)
{
	const size_t len = o->name.len;
	uint32_t i;

	for (i = gv_doc_first(o->doc, map); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		/* what SOPS writes is no value */
		if (!gv_symbol_key(&o->text, o->doc, i) ||
		    (len == 0 && strcmp(o->text.p, "sops") == 0))
			continue;
		if (len)
			gv_buf_addch(&o->name, '.');
		gv_buf_add(&o->name, o->text.p, o->text.len);
		if (o->doc->nodes[i].kind == GV_DOC_MAP &&
		    gv_doc_first(o->doc, i) != GV_DOC_NONE &&
		    o->name.len <= KEY_MAX)
			add_values(o, i);
		else
			gv_symbol_add(o->out,
			    &(struct gv_symbol_row){
				.kind = GV_SYMBOL_DEFINITION,
				.word = GV_SYMBOL_SPACE_HELM_VALUE,
				.line = gv_symbol_line(o->doc, i),
				.in = GV_SYMBOL_NONE,
				.name = o->name.p,
				.name_len = o->name.len });
		gv_buf_truncate(&o->name, len);
	}
}

void
gv_symbol_helm_values(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_object o = GV_SYMBOL_OBJECT_INIT(out, doc, root);

	if (doc->nodes[root].kind == GV_DOC_MAP)
		add_values(&o, root);
	gv_symbol_object_release(&o);
}
