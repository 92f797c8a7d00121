#include "symbol/symbol_writer.h"

#include <string.h>

/*
 * Pulumi: a project, the settings of one of its stacks, and programs in YAML.
 * Of settings the names, and whether they are encrypted.
 */

/* awskms://alias/x?region=y: the address alone. */
static void
add_provider(struct gv_symbol_writer *w, uint32_t root)
{
	const char *query;

	if (!gv_symbol_take_of(w, root, "secretsprovider"))
		return;
	query = memchr(w->text.p, '?', w->text.len);
	if (query)
		gv_buf_truncate(&w->text, (size_t)(query - w->text.p));
	gv_symbol_refer_external(
	    w, GV_SYMBOL_EDGE_PULUMI_SECRETS_PROVIDER, "secretsprovider", 0);
}

/* A setting of a project: "size" is "PROJECT:size" in the files of its stacks.
 */
static void
define_config(
    struct gv_symbol_writer *w, uint32_t item, const struct gv_buf *project)
{
	struct gv_buf name = GV_BUF_INIT;
	unsigned flags = GV_SYMBOL_DEFAULT;

	if (!gv_symbol_take_key(w, item))
		return;
	if (memchr(w->text.p, ':', w->text.len) == NULL) {
		gv_buf_addf(&name, "%s:", project->p);
		gv_buf_add(&name, w->text.p, w->text.len);
		gv_symbol_take_bytes(w, name.p, name.len);
	}
	if (gv_symbol_is_map(w, item) &&
	    gv_doc_get(w->doc, item, "default") == GV_DOC_NONE &&
	    gv_doc_get(w->doc, item, "value") == GV_DOC_NONE)
		flags = 0;
	gv_symbol_define(w, GV_SYMBOL_SPACE_PULUMI_CONFIG, flags);
	w->out->failed |= name.failed;
	gv_buf_release(&name);
}

/* resources: {other: {type: pulumi:pulumi:StackReference, properties: {name:
 * org/project/stack}}} of a program; without a name it is that of the
 * resource. */
static void
add_stacks(struct gv_symbol_writer *w, uint32_t root)
{
	const uint32_t resources = gv_doc_get(w->doc, root, "resources");
	uint32_t i, type;

	if (!gv_symbol_is_map(w, resources))
		return;
	for (i = gv_symbol_first(w, resources); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, resources, i)) {
		type = gv_doc_get(w->doc, i, "type");
		if (type == GV_DOC_NONE ||
		    !gv_doc_is(w->doc, type, "pulumi:pulumi:StackReference"))
			continue;
		if (gv_symbol_take_of(
			w, gv_doc_get(w->doc, i, "properties"), "name") ||
		    gv_symbol_take_key(w, i))
			gv_symbol_refer_name(w, GV_SYMBOL_EDGE_PULUMI_STACK_REF,
			    GV_SYMBOL_SPACE_PULUMI_STACK, GV_SYMBOL_ELSEWHERE);
	}
}

void
gv_symbol_pulumi_project(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	const uint32_t config = gv_doc_get(doc, root, "config");
	const uint32_t runtime = gv_doc_get(doc, root, "runtime");
	struct gv_buf project = GV_BUF_INIT;
	struct gv_symbol_writer w;
	uint32_t i;

	gv_symbol_writer_init(&w, out, doc);
	gv_symbol_scalar(&project, doc, gv_doc_get(doc, root, "name"));
	if (gv_symbol_is_map(&w, runtime)
		? gv_symbol_take_of(&w, runtime, "name")
		: gv_symbol_take(&w, runtime))
		gv_buf_add(&w.extra, w.text.p, w.text.len);
	if (gv_symbol_take_of(&w, root, "name"))
		w.in = gv_symbol_define(&w, GV_SYMBOL_SPACE_PULUMI_PROJECT, 0);
	gv_buf_reset(&w.extra);
	if (gv_symbol_take_of(&w, root, "main"))
		gv_symbol_refer_path(&w, GV_SYMBOL_EDGE_PULUMI_PROJECT,
		    gv_symbol_text_begins(&w, "dist/") ||
			    gv_symbol_text_begins(&w, "./dist/") ||
			    gv_symbol_text_begins(&w, "bin/") ||
			    gv_symbol_text_begins(&w, "build/")
			? GV_SYMBOL_ELSEWHERE
			: 0);
	if (gv_symbol_is_map(&w, config))
		for (i = gv_symbol_first(&w, config); i != GV_DOC_NONE;
		     i = gv_symbol_next(&w, config, i))
			define_config(&w, i, &project);
	add_stacks(&w, root);
	out->failed |= project.failed;
	gv_buf_release(&project);
	gv_symbol_writer_release(&w);
}

void
gv_symbol_pulumi_stack(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	const uint32_t config = gv_doc_get(doc, root, "config");
	struct gv_symbol_writer w;
	uint32_t i;

	gv_symbol_writer_init(&w, out, doc);
	add_provider(&w, root);
	if (gv_symbol_is_map(&w, config))
		for (i = gv_symbol_first(&w, config); i != GV_DOC_NONE;
		     i = gv_symbol_next(&w, config, i)) {
			if (gv_symbol_take_key(&w, i))
				gv_symbol_refer_name(&w,
				    GV_SYMBOL_EDGE_PULUMI_CONFIG,
				    GV_SYMBOL_SPACE_PULUMI_CONFIG,
				    GV_SYMBOL_ELSEWHERE |
					(gv_symbol_clear_is_sealed(doc, i)
						? GV_SYMBOL_SEALED
						: 0));
		}
	if (gv_symbol_is_map(&w, config))
		gv_symbol_clear(out, doc, gv_doc_follow(doc, config));
	gv_symbol_writer_release(&w);
}
