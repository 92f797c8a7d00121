/*
 * Any bytes as two layers of a format that the first byte names, with a zero
 * byte between them: each leaf of the merged tree is found by its path and
 * comes from a layer that is said to win, what is written and read again is
 * equal, and substitution, patches and the dialect of Hiera end.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/err.h"
#include "layer/layer.h"
#include "layer/layer_emit.h"
#include "layer/layer_hiera.h"
#include "layer/layer_template.h"

static const enum gv_doc_format formats[] = { GV_DOC_FORMAT_YAML,
	GV_DOC_FORMAT_JSON, GV_DOC_FORMAT_HCL, GV_DOC_FORMAT_ENV,
	GV_DOC_FORMAT_TOML, GV_DOC_FORMAT_INI, GV_DOC_FORMAT_PROPERTIES,
	GV_DOC_FORMAT_TEMPLATE };

static const struct gv_layer_rule rules[] = {
	{ .path = "**.a", .way = GV_LAYER_APPEND, .null_deletes = 1 },
	{ .path = "b", .way = GV_LAYER_UNIQUE, .null_deletes = -1 },
	{ .path = "*.c", .way = GV_LAYER_BY, .by = "n", .null_deletes = -1 },
	{ .path = "d[]", .way = GV_LAYER_REPLACE, .null_deletes = 0 },
};

struct look {
	const struct gv_layer *list[2];
	const struct gv_layer_tree *tree;
	const struct gv_layer_opts *opts;
	int n;
};

static int
look_at_leaf(void *ctx, const char *path, const struct gv_layer_value *v)
{
	struct look *l = ctx;
	struct gv_layer_told told[2];

	must(v->layer < 2 && v->line > 0 && v->column > 0);
	if (*path == '\0' || ++l->n > 64)
		return 0;
	/* a zero byte in a key cannot be in a path */
	if (gv_layer_find(l->tree->root, path) != v)
		return 0;
	gv_layer_explain(told, l->list, 2, l->tree, path, l->opts);
	must(told[v->layer].wins);
	return 0;
}

static void
write_and_read(const struct gv_layer_value *root)
{
	static const struct {
		enum gv_layer_form form;
		enum gv_doc_format format;
	} forms[] = { { GV_LAYER_JSON, GV_DOC_FORMAT_JSON },
		{ GV_LAYER_YAML, GV_DOC_FORMAT_YAML } };
	int i;

	for (i = 0; i < 2; i++) {
		struct gv_buf out = GV_BUF_INIT;
		struct gv_layer again = { .name = "again",
			.format = forms[i].format };

		must(gv_layer_emit(&out, root,
			 &(struct gv_layer_emit_opts){
			     .form = forms[i].form }) == 0);
		again.text = out.p;
		again.len = out.len;
		/* YAML is read to a depth of 200 */
		if (gv_layer_read(&again, &(struct gv_layer_read_opts){ 0 }) ==
		    0)
			gv_layer_release(&again);
		else
			must(i == 1);
		gv_buf_release(&out);
	}
}

static void
work(struct gv_layer *layers)
{
	static const struct gv_layer_opts opts = { .rules = rules,
		.n_rules = 4 };
	struct look l = { .list = { &layers[0], &layers[1] }, .opts = &opts };
	struct gv_layer_tree tree, hiera;
	struct gv_buf out = GV_BUF_INIT;

	must(gv_layer_merge(&tree, l.list, 2, &opts) == 0);
	l.tree = &tree;
	gv_layer_each(tree.root, look_at_leaf, &l);
	write_and_read(tree.root);
	if (gv_layer_substitute(
		&tree, &(struct gv_layer_template){ .provider = "p" }) == 0)
		write_and_read(tree.root);
	gv_layer_emit(&out, tree.root,
	    &(struct gv_layer_emit_opts){ .form = GV_LAYER_ENV });
	gv_layer_patch(&tree, layers[1].tree.root);
	if (layers[1].tree.root)
		must(gv_layer_merge_patch(&tree, layers[1].tree.root) == 0);
	if (gv_layer_hiera_merge(&hiera, l.list, 2) == 0)
		gv_layer_tree_release(&hiera);
	gv_layer_tree_release(&tree);
	gv_buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1, *nul;
	struct gv_layer layers[2] = { { .name = "low" }, { .name = "high" } };
	uint32_t i, n = 0;

	if (size == 0)
		return 0;
	size--;
	nul = size ? memchr(text, '\0', size) : NULL;
	layers[0].text = text;
	layers[0].len = nul ? (size_t)(nul - text) : size;
	layers[1].text = nul ? nul + 1 : text;
	layers[1].len = nul ? size - layers[0].len - 1 : 0;
	for (i = 0; i < 2; i++) {
		layers[i].format =
		    formats[data[0] % (sizeof(formats) / sizeof(*formats))];
		if (gv_layer_read(&layers[i],
			&(struct gv_layer_read_opts){ .layer = i }) < 0)
			break;
		n++;
	}
	if (n == 2)
		work(layers);
	while (n > 0)
		gv_layer_release(&layers[--n]);
	return 0;
}
