#ifndef LAYER_TOLD_H
#define LAYER_TOLD_H
/*
 * Layers from texts of YAML or JSON, and what they become, as one line of JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "layer/layer.h"
#include "layer/layer_emit.h"
#include "layer/layer_hiera.h"

#define TOLD_LAYERS 4

struct told {
	struct gv_layer layers[TOLD_LAYERS];
	const struct gv_layer *list[TOLD_LAYERS];
	size_t n;
	struct gv_layer_tree tree;
};

static inline int
told_read(struct gv_layer *out, const char *name, enum gv_doc_format format,
    const char *text, uint32_t number)
{
	*out = (struct gv_layer){ .name = name,
		.text = text,
		.len = strlen(text),
		.format = format };
	return gv_layer_read(
	    out, &(struct gv_layer_read_opts){ .layer = number });
}

/* Read layers, the lowest first; NULL ends them. */
static inline void
told_layers(struct told *t, const char *const *texts)
{
	static const char *const names[] = { "base.yaml", "aws.yaml",
		"prod.yaml", "local.yaml" };

	memset(t, 0, sizeof(*t));
	for (; texts[t->n]; t->n++) {
		assert_int_equal(
		    told_read(&t->layers[t->n], names[t->n], GV_DOC_FORMAT_YAML,
			texts[t->n], (uint32_t)t->n),
		    0);
		t->list[t->n] = &t->layers[t->n];
	}
}

static inline void
told_merge(
    struct told *t, const char *const *texts, const struct gv_layer_opts *opts)
{
	static const struct gv_layer_opts plain = { .rules = NULL };

	told_layers(t, texts);
	assert_int_equal(
	    gv_layer_merge(&t->tree, t->list, t->n, opts ? opts : &plain), 0);
}

static inline void
told_release(struct told *t)
{
	size_t i;

	gv_layer_tree_release(&t->tree);
	for (i = 0; i < t->n; i++)
		gv_layer_release(&t->layers[i]);
}

static inline void
assert_value(const struct gv_layer_value *v, const char *expect)
{
	struct gv_buf got = GV_BUF_INIT;

	assert_non_null(v);
	if (gv_layer_emit_plain(&got, v) < 0)
		gv_buf_addstr(&got, gv_err_message());
	assert_string_equal(got.p, expect);
	gv_buf_release(&got);
}

#define LAYERS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
