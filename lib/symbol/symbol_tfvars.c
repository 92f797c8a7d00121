#include "symbol/symbol_internal.h"

/*
 * What goes with Terraform's code: the values of variables (*.tfvars), and the
 * versions of providers that init chose (.terraform.lock.hcl).
 */

void
gv_symbol_tfvars(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_row row = { .in = GV_SYMBOL_NONE };
	struct gv_buf key = GV_BUF_INIT;
	uint32_t i;

	for (i = gv_doc_first(doc, root); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		if (!gv_symbol_key(&key, doc, i))
			continue;
		row.line = gv_symbol_line(doc, i);
		row.name = key.p;
		row.name_len = key.len;
		row.kind = GV_SYMBOL_VALUE;
		row.word = GV_SYMBOL_VALUE_TF_ASSIGNMENT;
		gv_symbol_add(out, &row);
		row.kind = GV_SYMBOL_REFERENCE;
		row.word = GV_SYMBOL_EDGE_TF_VAR_FILE;
		row.space = GV_SYMBOL_SPACE_TF_VARIABLE;
		row.how = GV_SYMBOL_BY_NAME;
		gv_symbol_add(out, &row);
	}
	out->failed |= key.failed;
	gv_buf_release(&key);
}

/* provider "registry.terraform.io/hashicorp/aws" { version = "5.1.0" } */
void
gv_symbol_terraform_lock(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_VALUE,
		.word = GV_SYMBOL_VALUE_TF_LOCKED,
		.in = GV_SYMBOL_NONE };
	struct gv_buf name = GV_BUF_INIT, version = GV_BUF_INIT;
	uint32_t i;

	for (i = gv_doc_first(doc, root); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		if (!gv_doc_key_is(doc, i, "provider") ||
		    !gv_symbol_scalar(&name, doc, gv_doc_first(doc, i)))
			continue;
		gv_symbol_scalar(&version, doc, gv_doc_get(doc, i, "version"));
		row.line = gv_symbol_line(doc, i);
		row.name = name.p;
		row.name_len = name.len;
		row.extra = version.p;
		row.extra_len = version.len;
		gv_symbol_add(out, &row);
	}
	out->failed |= name.failed | version.failed;
	gv_buf_release(&name);
	gv_buf_release(&version);
}
