#include "symbol/symbol_internal.h"

#include <string.h>

/*
 * Terragrunt: units that include a configuration above them, read others, take
 * their code from a source and depend on other units; stacks, whose units are
 * written in one file.
 */

#define PARENT_DEFAULT "terragrunt.hcl" /* of find_in_parent_folders() */

struct reader {
	struct gv_symbols *out;
	const struct gv_doc *doc;
	struct gv_buf text, name;
};

#define PARENTS "find_in_parent_folders"

/* Whether the call has a second argument: what counts where no folder above
 * has the file. */
static bool
has_fallback(const char *text, size_t len)
{
	const char *p = memmem(text, len, PARENTS "(", sizeof(PARENTS)),
		   *end = text + len;
	bool is_quoted = false;
	size_t depth = 0;

	for (; p && p < end; p++) {
		if (is_quoted && *p == '\\')
			p++;
		else if (*p == '"')
			is_quoted = !is_quoted;
		else if (is_quoted)
			continue;
		else if (*p == '(')
			depth++;
		else if (*p == ',' && depth == 1)
			return true;
		else if (*p == ')' && --depth == 0)
			return false;
	}
	return false;
}

/* Whether a text has that call: then its file is in in->text, and `row` is to
 * refer to it. */
static bool
finds_above(
    struct reader *in, struct gv_symbol_row *row, const char *text, size_t len)
{
	if (!gv_symbol_call(&in->text, text, len, PARENTS))
		return false;
	if (in->text.len == 0)
		gv_buf_addstr(&in->text, PARENT_DEFAULT);
	row->how = GV_SYMBOL_BY_PARENT;
	if (has_fallback(text, len))
		row->flags |= GV_SYMBOL_OPTIONAL;
	return true;
}

/* Add the path that a value is: a text, or what find_in_parent_folders() finds,
 * with what is written behind it. */
static void
add_path(struct reader *in, struct gv_symbol_row *row, uint32_t node)
{
	const struct gv_doc_node *n;

	if (node == GV_DOC_NONE)
		return;
	n = &in->doc->nodes[node];
	row->line = gv_symbol_line(in->doc, node);
	if (!finds_above(in, row, in->doc->text + n->at, n->len) &&
	    !gv_symbol_scalar(&in->text, in->doc, node))
		return;
	gv_symbol_path(in->out, row, &in->text);
}

static void
of_include(struct reader *in, uint32_t block)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_TG_INCLUDE,
		.in = GV_SYMBOL_NONE };

	add_path(in, &row, gv_doc_get(in->doc, block, "path"));
}

static void
of_terraform(struct reader *in, uint32_t block)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_TG_SOURCE,
		.in = GV_SYMBOL_NONE };
	const uint32_t source = gv_doc_get(in->doc, block, "source");

	if (!gv_symbol_scalar(&in->text, in->doc, source))
		return;
	row.line = gv_symbol_line(in->doc, source);
	gv_symbol_source(in->out, &row, &in->text);
}

/* dependency "vpc" { config_path = "../vpc" } */
static void
of_dependency(struct reader *in, uint32_t block)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_TG_DEPENDENCY,
		.flags = GV_SYMBOL_FOLDER };

	gv_symbol_scalar(&in->name, in->doc, gv_doc_first(in->doc, block));
	row.in = gv_symbol_add(in->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_TG_DEPENDENCY,
		.line = gv_symbol_line(in->doc, block),
		.in = GV_SYMBOL_NONE,
		.name = in->name.p,
		.name_len = in->name.len });
	add_path(in, &row, gv_doc_get(in->doc, block, "config_path"));
}

/* dependencies { paths = ["../vpc", "../rds"] } */
static void
of_dependencies(struct reader *in, uint32_t block)
{
	const uint32_t paths = gv_doc_get(in->doc, block, "paths");
	uint32_t i;

	if (paths == GV_DOC_NONE)
		return;
	for (i = gv_doc_first(in->doc, paths); i != GV_DOC_NONE;
	     i = gv_doc_next(in->doc, i)) {
		struct gv_symbol_row row = { .word =
						 GV_SYMBOL_EDGE_TG_DEPENDENCY,
			.flags = GV_SYMBOL_FOLDER,
			.in = GV_SYMBOL_NONE };

		add_path(in, &row, i);
	}
}

/* unit "vpc" { source = "../units/vpc" }, stack "x" { … } */
static void
of_unit(struct reader *in, uint32_t block)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_TG_SOURCE };
	const uint32_t source = gv_doc_get(in->doc, block, "source");

	if (!gv_symbol_scalar(
		&in->name, in->doc, gv_doc_first(in->doc, block)) ||
	    !gv_symbol_scalar(&in->text, in->doc, source))
		return;
	row.in = gv_symbol_add(in->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_TG_UNIT,
		.line = gv_symbol_line(in->doc, block),
		.in = GV_SYMBOL_NONE,
		.name = in->name.p,
		.name_len = in->name.len });
	row.line = gv_symbol_line(in->doc, source);
	gv_symbol_source(in->out, &row, &in->text);
}

static const struct {
	const char *type;
	void (*fn)(struct reader *in, uint32_t block);
} types[] = {
	{ "include", of_include },
	{ "terraform", of_terraform },
	{ "dependency", of_dependency },
	{ "dependencies", of_dependencies },
	{ "unit", of_unit },
	{ "stack", of_unit },
};

/* read_terragrunt_config() stands anywhere in an expression, and so do the
 * functions that read files. */
static void
add_calls(struct reader *in, uint32_t root)
{
	static const char *const functions[] = { "read_terragrunt_config",
		"read_tfvars_file", "sops_decrypt_file", "file",
		"templatefile" };
	const struct gv_doc_ref *refs;
	size_t n, i, f;

	refs = gv_doc_refs(in->doc, root, &n);
	for (i = 0; i < n; i++) {
		struct gv_symbol_row row = { .word =
						 GV_SYMBOL_EDGE_TG_READ_CONFIG,
			.line = gv_symbol_line_at(in->doc, refs[i].at),
			.in = GV_SYMBOL_NONE };
		const char *text = in->doc->text + refs[i].at;

		for (f = 0; f < sizeof(functions) / sizeof(functions[0]); f++)
			if (refs[i].kind == GV_DOC_REF_CALL &&
			    refs[i].len > strlen(functions[f]) &&
			    text[strlen(functions[f])] == '(' &&
			    memcmp(text, functions[f], strlen(functions[f])) ==
				0)
				break;
		if (f == sizeof(functions) / sizeof(functions[0]))
			continue;
		if (!finds_above(in, &row, text, refs[i].len))
			gv_symbol_call(
			    &in->text, text, refs[i].len, functions[f]);
		if (in->text.len)
			gv_symbol_path(in->out, &row, &in->text);
	}
}

void
gv_symbol_terragrunt(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct reader in = { out, doc, GV_BUF_INIT, GV_BUF_INIT };
	uint32_t i;
	size_t t;

	for (i = gv_doc_first(doc, root); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		for (t = 0; t < sizeof(types) / sizeof(types[0]); t++)
			if (doc->nodes[i].kind == GV_DOC_BLOCK &&
			    gv_doc_key_is(doc, i, types[t].type))
				types[t].fn(&in, i);
	add_calls(&in, root);
	out->failed |= in.text.failed | in.name.failed;
	gv_buf_release(&in.text);
	gv_buf_release(&in.name);
}
