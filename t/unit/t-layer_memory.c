/* lib/layer without memory: layers are merged and written whole, or not at all;
 * nothing leaks. */
#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "layer/layer.h"
#include "layer/layer_emit.h"
#include "unit/shortage.h"

#define MOST 3

typedef int
patch_fn(struct gv_layer_tree *tree, const struct gv_layer_value *patch);

struct use {
	const char *texts[MOST];
	size_t n;
	patch_fn *patch; /* what takes the last one; NULL: it is merged, too */
	enum gv_layer_form form;
};

static int
merge(struct gv_buf *out, const struct use *u, const struct gv_layer *layers)
{
	static const struct gv_layer_rule rules[] = {
		{ .path = "a.list",
		    .way = GV_LAYER_APPEND,
		    .null_deletes = -1 },
		{ .path = "a.set", .way = GV_LAYER_UNIQUE, .null_deletes = -1 },
		{ .path = "a.before",
		    .way = GV_LAYER_PREPEND,
		    .null_deletes = -1 },
		{ .path = "**.by",
		    .way = GV_LAYER_BY,
		    .by = "name",
		    .null_deletes = -1 },
	};
	static const struct gv_layer_opts opts = { .rules = rules,
		.n_rules = sizeof(rules) / sizeof(rules[0]),
		.null_deletes = true };
	const struct gv_layer_emit_opts emit = { .form = u->form };
	const struct gv_layer *list[MOST] = { NULL };
	struct gv_layer_tree tree;
	size_t i;
	int r;

	for (i = 0; i < u->n; i++)
		list[i] = &layers[i];
	r = gv_layer_merge(&tree, list, u->n - (u->patch != NULL), &opts);
	if (r < 0)
		return r;
	if (u->patch)
		r = u->patch(&tree, layers[u->n - 1].tree.root);
	if (r == 0)
		r = gv_layer_emit(out, tree.root, &emit);
	gv_layer_tree_release(&tree);
	return r;
}

static int
use(struct gv_buf *out, const void *ctx)
{
	const struct use *u = ctx;
	struct gv_layer layers[MOST] = { 0 };
	size_t n;
	int r = 0;

	for (n = 0; n < u->n; n++) {
		layers[n] = (struct gv_layer){ .name = "x.yaml",
			.text = u->texts[n],
			.len = strlen(u->texts[n]),
			.format = GV_DOC_FORMAT_YAML };
		r = gv_layer_read(&layers[n],
		    &(struct gv_layer_read_opts){ .layer = (uint32_t)n });
		if (r < 0)
			break;
	}
	if (r == 0)
		r = merge(out, u, layers);
	while (n--)
		gv_layer_release(&layers[n]);
	return r;
}

static void
layers_are_merged_whole(void **state)
{
	struct use u = { .n = 3 };

	(void)state;
	u.texts[0] = "a:\n  list: [1, 2]\n  set: [1, x]\n  before: [1]\n"
		     "  m: &m {x: 1, y: \"q\\n\"}\n  by:\n"
		     "  - {name: p, v: 1}\n  - {name: q, v: 2}\n"
		     "d: {<<: *m, z: 3}\ngone: 1\n";
	u.texts[1] = "a:\n  list: [3]\n  set: [x, y, [1, {a: 1}]]\n"
		     "  before: [0]\n  m: {x: 2}\n  by:\n"
		     "  - {name: q, v: 3, w: 1}\n  - {name: r}\n"
		     "gone: null\nd: 1\n";
	u.texts[2] = "a: {set: [y, [1, {a: 1.0}]], m: [1]}\n";
	for (u.form = GV_LAYER_JSON; u.form <= GV_LAYER_CONFIGMAP; u.form++)
		if (u.form != GV_LAYER_TFVARS)
			shortage_each(use, &u);
}

static void
many_keys_are_merged_whole(void **state)
{
	struct gv_buf below = GV_BUF_INIT, above = GV_BUF_INIT;
	struct use u = { .n = 2 };
	unsigned i;

	(void)state;
	for (i = 0; i < 40; i++) {
		gv_buf_addf(&below, "key%u: {x: 1}\n", i);
		gv_buf_addf(&above, "key%u: {x: 2}\n", i * 2);
	}
	assert_int_equal(gv_buf_check(&below), 0);
	assert_int_equal(gv_buf_check(&above), 0);
	u.texts[0] = below.p;
	u.texts[1] = above.p;
	shortage_each(use, &u);
	gv_buf_release(&below);
	gv_buf_release(&above);
}

static void
patches_are_applied_whole(void **state)
{
	struct use u = { .n = 2 };

	(void)state;
	u.texts[0] = "a: {b: 1, c/d: [1, 2]}\n";
	u.texts[1] = "a: {b: null, e: {f: null, g: 1}}\n";
	u.patch = gv_layer_merge_patch;
	shortage_each(use, &u);
	u.texts[1] = "- {op: add, path: /a/e, value: {x: 1}}\n"
		     "- {op: move, from: /a/b, path: /a/c~1d/-}\n"
		     "- {op: copy, from: /a/e, path: /f}\n"
		     "- {op: replace, path: /a/c~1d/0, value: 9}\n"
		     "- {op: remove, path: /a/c~1d/1}\n";
	u.patch = gv_layer_patch;
	shortage_each(use, &u);
	/* the whole value, and nothing in its place */
	u.texts[1] = "- {op: replace, path: '', value: {x: [1]}}\n";
	shortage_each(use, &u);
	u.texts[1] = "- {op: remove, path: ''}\n";
	shortage_each(use, &u);
}

UNIT(layer_memory)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_are_merged_whole),
		cmocka_unit_test(many_keys_are_merged_whole),
		cmocka_unit_test(patches_are_applied_whole),
	};

	return UNIT_RUN(tests);
}
