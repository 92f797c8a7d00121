#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "layer/layer_internal.h"

/*
 * What each layer has at a path. Nothing is recorded while layers are merged:
 * a layer is asked for the path again, and values know their layers.
 */

/* The value on the way to a path that is neither a map nor a list, or a null
 * that may delete. NULL if it is missing. */
static const struct gv_layer_value *
obstacle(const struct gv_layer_value *v, const char *path)
{
	struct gv_buf prefix = GV_BUF_INIT, text = GV_BUF_INIT;
	const struct gv_layer_value *at = v;
	struct gv_layer_step step;

	while (*path && at) {
		gv_buf_reset(&text);
		if (gv_layer_class(at) == 0 ||
		    !gv_layer_next_step(&step, &path, &text))
			break;
		if (step.is_element)
			gv_layer_add_element(&prefix, step.element);
		else
			gv_layer_add_key(&prefix, step.p, step.len);
		at = gv_buf_check(&prefix) < 0 ? NULL
					       : gv_layer_find(v, prefix.p);
	}
	gv_buf_release(&prefix);
	gv_buf_release(&text);
	return *path && at && gv_layer_class(at) == 0 ? at : NULL;
}

/* Mark the layers that some of a value comes from; a value that is shared
 * comes from one layer as a whole. */
static void
mark(struct gv_layer_told *out, size_t n, const struct gv_layer_tree *merged,
    const struct gv_layer_value *v)
{
	uint32_t i;

	if (gv_layer_class(v) == 0 || v->n == 0 || v->owner == NULL ||
	    (v->owner != merged->token && v->owner != merged->before)) {
		if (v->layer < n)
			out[v->layer].wins = true;
		return;
	}
	for (i = 0; i < v->n; i++)
		mark(out, n, merged, v->items[i]);
}

static bool
null_deletes(const struct gv_layer_opts *opts, const char *path)
{
	const struct gv_layer_rule *rule = gv_layer_rule_of(opts, path);

	return rule && rule->null_deletes >= 0 ? rule->null_deletes
					       : opts->null_deletes;
}

void
gv_layer_explain(struct gv_layer_told *out,
    const struct gv_layer *const *layers, size_t n,
    const struct gv_layer_tree *merged, const char *path,
    const struct gv_layer_opts *opts)
{
	const bool deletes = null_deletes(opts, path);
	const struct gv_layer_value *v = gv_layer_find(merged->root, path);
	size_t i;

	for (i = 0; i < n; i++) {
		const struct gv_layer_value *root = layers[i]->tree.root;

		out[i] = (struct gv_layer_told){ .state = GV_LAYER_ABSENT };
		if (layers[i]->is_missing) {
			out[i].state = GV_LAYER_NO_FILE;
			continue;
		}
		out[i].value = gv_layer_find(root, path);
		if (out[i].value)
			out[i].state = deletes &&
				out[i].value->kind == GV_LAYER_NULL && i > 0
			    ? GV_LAYER_DELETES
			    : GV_LAYER_FOUND;
		else if (root && (out[i].value = obstacle(root, path)))
			out[i].state =
			    out[i].value->kind == GV_LAYER_NULL && deletes
			    ? GV_LAYER_DELETES
			    : GV_LAYER_HIDES;
	}
	if (v)
		mark(out, n, merged, v);
}
