#include "symbol/symbol_internal.h"

#include <string.h>

/*
 * A resource that uploads a file names it twice: once as the file, once for the
 * sum by which Terraform sees that it changed. If these are two files, changes
 * of the first are never uploaded.
 */

static const struct {
	const char *file, *sum;
} pairs[] = {
	{ "filename", "source_code_hash" },
	{ "source", "etag" },
	{ "source", "source_hash" },
	{ "source", "content_md5" },
};

static const char *const sums[] = { "filebase64sha256", "filebase64sha512",
	"filemd5", "filesha1", "filesha256", "filesha512" };

/* The path without what stands for the folder of the module. */
static const char *
skip_module(const struct gv_buf *path)
{
	static const char module[] = "${path.module}/";

	if (strncmp(path->p, module, sizeof(module) - 1) == 0)
		return path->p + sizeof(module) - 1;
	return strncmp(path->p, "./", 2) == 0 ? path->p + 2 : path->p;
}

/* The file of which an argument is the sum. False: it is computed. */
static bool
take_summed(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	size_t i;

	for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		if (gv_symbol_call(out, doc->text + n->at, n->len, sums[i]))
			return out->len > 0;
	return false;
}

static bool
is_computed(const char *path)
{
	return strstr(path, "${") || strstr(path, "%{") || strstr(path, "://");
}

static void
tell(struct gv_symbols *out, size_t pair, const char *a, const char *b,
    uint32_t line, uint32_t in)
{
	struct gv_buf name = GV_BUF_INIT, extra = GV_BUF_INIT;

	gv_buf_addf(&name, "%s and %s", pairs[pair].file, pairs[pair].sum);
	gv_buf_addf(&extra, "'%s' and '%s'", a, b);
	if (name.failed || extra.failed)
		out->failed = true;
	else
		gv_symbol_add(out,
		    &(struct gv_symbol_row){ .kind = GV_SYMBOL_VALUE,
			.word = GV_SYMBOL_VALUE_TF_DISAGREE,
			.line = line,
			.in = in,
			.name = name.p,
			.name_len = name.len,
			.extra = extra.p,
			.extra_len = extra.len });
	gv_buf_release(&name);
	gv_buf_release(&extra);
}

void
gv_symbol_terraform_pairs(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t body, uint32_t in)
{
	struct gv_buf file = GV_BUF_INIT, sum = GV_BUF_INIT;
	uint32_t a, b;
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		a = gv_doc_get(doc, body, pairs[i].file);
		b = gv_doc_get(doc, body, pairs[i].sum);
		if (a == GV_DOC_NONE || b == GV_DOC_NONE ||
		    !gv_symbol_scalar(&file, doc, a) ||
		    !take_summed(&sum, doc, b) ||
		    is_computed(skip_module(&file)) ||
		    is_computed(skip_module(&sum)) ||
		    strcmp(skip_module(&file), skip_module(&sum)) == 0)
			continue;
		tell(out, i, skip_module(&file), skip_module(&sum),
		    gv_symbol_line(doc, b), in);
	}
	out->failed |= file.failed || sum.failed;
	gv_buf_release(&file);
	gv_buf_release(&sum);
}
