#include "symbol/symbol_cfn.h"

#include <string.h>

/*
 * Templates of CloudFormation and SAM, in YAML with short tags and in JSON:
 * what a template defines. What its functions refer to is in symbol_cfn_ref.c,
 * once all names are known.
 */

static bool
has(const struct gv_doc *doc, uint32_t map, const char *key)
{
	return gv_doc_get(doc, map, key) != GV_DOC_NONE;
}

/* Whether a document is a template: it says so, or one of its resources is of a
 * type like AWS::S3::Bucket. */
static bool
is_template(struct gv_symbol_writer *w, uint32_t root)
{
	const uint32_t resources = gv_doc_get(w->doc, root, "Resources");
	uint32_t i;

	if (!gv_symbol_is_map(w, root) || !gv_symbol_is_map(w, resources))
		return false;
	if (has(w->doc, root, "AWSTemplateFormatVersion"))
		return true;
	for (i = gv_symbol_first(w, resources); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, resources, i))
		if (gv_symbol_take_of(w, i, "Type") &&
		    memmem(w->text.p, w->text.len, "::", 2))
			return true;
	return false;
}

/* ---- what is defined ----------------------------------------------------- */

/* The bytes of a name are those of the file: names have letters and digits
 * only, so that nothing is escaped in them. */
static void
keep(struct gv_symbol_cfn *t, struct gv_map *names, uint32_t node)
{
	const struct gv_doc_node *n = &t->w.doc->nodes[node];
	const char *p = t->w.doc->text + n->key_at;
	size_t len = n->key_len;

	if (len > 1 && (*p == '"' || *p == '\'')) {
		p++;
		len -= 2;
	}
	if (len && gv_map_put(names, p, len, (void *)((uintptr_t)node + 1)) < 0)
		t->w.out->failed = true;
}

/* Fn::ForEach::X makes names that are not written. */
static bool
define(struct gv_symbol_cfn *t, uint32_t node, enum gv_symbol_space space,
    unsigned flags)
{
	struct gv_symbol_writer *w = &t->w;

	w->in = GV_SYMBOL_NONE;
	if (!gv_symbol_take_key(w, node) || gv_symbol_text_begins(w, "Fn::")) {
		gv_buf_reset(&w->extra);
		t->has_macros = true;
		return false;
	}
	w->in = gv_symbol_define(w, space, flags);
	return true;
}

static void
of_parameter(struct gv_symbol_cfn *t, uint32_t node)
{
	struct gv_symbol_writer *w = &t->w;
	const uint32_t allowed = gv_doc_get(w->doc, node, "AllowedValues");
	uint32_t i;

	define(t, node, GV_SYMBOL_SPACE_CFN_PARAMETER,
	    has(w->doc, node, "Default") ? GV_SYMBOL_DEFAULT : 0);
	keep(t, &t->parameters, node);
	/* what may be chosen for a secret is not told */
	if (gv_symbol_switch_is(w, node, "NoEcho", true))
		return;
	for (i = gv_symbol_first(w, allowed); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, allowed, i))
		if (gv_symbol_take(w, i))
			gv_symbol_tell(w, GV_SYMBOL_VALUE_CFN_ALLOWED);
}

static void
of_mapping(struct gv_symbol_cfn *t, uint32_t node)
{
	struct gv_symbol_writer *w = &t->w;
	uint32_t i;

	define(t, node, GV_SYMBOL_SPACE_CFN_MAPPING, 0);
	if (!gv_symbol_is_map(w, node))
		return;
	for (i = gv_symbol_first(w, node); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, node, i))
		if (gv_symbol_take_key(w, i))
			gv_symbol_tell(w, GV_SYMBOL_VALUE_CFN_MAPPING_KEY);
}

static void
of_condition(struct gv_symbol_cfn *t, uint32_t node)
{
	if (define(t, node, GV_SYMBOL_SPACE_CFN_CONDITION, 0))
		gv_symbol_cfn_refs(t, node);
}

static void
add_condition(struct gv_symbol_cfn *t, uint32_t node)
{
	if (gv_symbol_take_of(&t->w, node, "Condition"))
		gv_symbol_refer_name(&t->w, GV_SYMBOL_EDGE_CFN_CONDITION,
		    GV_SYMBOL_SPACE_CFN_CONDITION,
		    t->has_macros ? GV_SYMBOL_ELSEWHERE : 0);
}

static void
of_resource(struct gv_symbol_cfn *t, uint32_t node)
{
	struct gv_symbol_writer *w = &t->w;
	const uint32_t needs = gv_doc_get(w->doc, node, "DependsOn");
	uint32_t i;

	if (gv_symbol_take_of(w, node, "Type"))
		gv_buf_add(&w->extra, w->text.p, w->text.len);
	define(t, node, GV_SYMBOL_SPACE_CFN_RESOURCE, 0);
	for (i = gv_symbol_first(w, needs); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, needs, i))
		if (gv_symbol_take(w, i))
			gv_symbol_refer_name(w, GV_SYMBOL_EDGE_CFN_DEPENDS_ON,
			    GV_SYMBOL_SPACE_CFN_RESOURCE,
			    t->has_macros ? GV_SYMBOL_ELSEWHERE : 0);
	add_condition(t, node);
	gv_symbol_cfn_refs(t, node);
}

static void
of_output(struct gv_symbol_cfn *t, uint32_t node)
{
	struct gv_symbol_writer *w = &t->w;
	const uint32_t name =
	    gv_doc_get(w->doc, gv_doc_get(w->doc, node, "Export"), "Name");

	define(t, node, GV_SYMBOL_SPACE_CFN_OUTPUT, 0);
	if (name != GV_DOC_NONE && gv_symbol_cfn_name(w, name))
		gv_symbol_define(w, GV_SYMBOL_SPACE_CFN_EXPORT, 0);
	add_condition(t, node);
	gv_symbol_cfn_refs(t, node);
}

/* ---- the sections -------------------------------------------------------- */

typedef void section_fn(struct gv_symbol_cfn *t, uint32_t node);

static void
each(struct gv_symbol_cfn *t, uint32_t root, const char *key, section_fn *fn)
{
	const uint32_t map = gv_doc_get(t->w.doc, root, key);
	uint32_t i;

	if (!gv_symbol_is_map(&t->w, map))
		return;
	for (i = gv_symbol_first(&t->w, map); i != GV_DOC_NONE;
	     i = gv_symbol_next(&t->w, map, i))
		fn(t, i);
	t->w.in = GV_SYMBOL_NONE;
}

static void
keep_resource(struct gv_symbol_cfn *t, uint32_t node)
{
	const uint32_t type = gv_doc_get(t->w.doc, node, "Type");
	const struct gv_doc_mark *mark =
	    type == GV_DOC_NONE ? NULL : gv_doc_mark(t->w.doc, type);

	/* Type: !Rain::Module x.yml has resources of its own */
	if (gv_symbol_is_map(&t->w, type) ||
	    (mark && mark->tag_len > 6 &&
		memcmp(t->w.doc->text + mark->tag_at, "!Rain:", 6) == 0))
		t->has_macros = true;
	keep(t, &t->resources, node);
}

/* Transform: one or several; all but that of SAM are macros. */
static void
of_transforms(struct gv_symbol_cfn *t, uint32_t list)
{
	uint32_t i;

	if (gv_symbol_is_map(&t->w, list))
		t->has_macros = true;
	for (i = gv_symbol_first(&t->w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(&t->w, list, i)) {
		if (gv_symbol_take(&t->w, i) &&
		    gv_symbol_text_begins(&t->w, "AWS::Serverless"))
			t->is_sam = true;
		else
			t->has_macros = true;
	}
}

void
gv_symbol_cfn(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	static const char *const others[] = { "Globals", "Rules" };
	struct gv_symbol_cfn t = { .parameters = GV_MAP_INIT,
		.resources = GV_MAP_INIT };
	uint32_t node;
	size_t i;

	gv_symbol_writer_init(&t.w, out, doc);
	if (!is_template(&t.w, root))
		goto out;
	of_transforms(&t, gv_doc_get(doc, root, "Transform"));
	/* modules that a tool puts in, with names of their own */
	t.has_macros |= has(doc, root, "Modules");
	each(&t, root, "Parameters", of_parameter);
	each(&t, root, "Resources", keep_resource);
	each(&t, root, "Mappings", of_mapping);
	each(&t, root, "Conditions", of_condition);
	each(&t, root, "Resources", of_resource);
	each(&t, root, "Outputs", of_output);
	for (i = 0; i < 2; i++)
		if ((node = gv_doc_get(doc, root, others[i])) != GV_DOC_NONE)
			gv_symbol_cfn_refs(&t, node);
out:
	gv_map_release(&t.parameters);
	gv_map_release(&t.resources);
	gv_symbol_writer_release(&t.w);
}
