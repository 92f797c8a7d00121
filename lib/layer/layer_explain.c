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

const struct gv_layer_rule *
gv_layer_rule_of_list(
    struct gv_buf *list, const struct gv_layer_opts *opts, const char *path)
{
	const struct gv_layer_rule *rule = NULL;
	const char *end = path + strlen(path);

	while (
	    rule == NULL && (end = memrchr(path, '[', (size_t)(end - path)))) {
		if (end[1] < '0' || end[1] > '9')
			continue;
		gv_buf_reset(list);
		gv_buf_add(list, path, (size_t)(end - path));
		if (gv_buf_check(list) < 0)
			return NULL;
		rule = gv_layer_rule_of(opts, list->p);
		if (rule && rule->way <= GV_LAYER_REPLACE)
			rule = NULL;
	}
	return rule;
}

/* The element of a layer's own list that a merged one is, or is made of. */
static const struct gv_layer_value *
find_own(const struct gv_layer_value *list, const struct gv_layer_value *v,
    const struct gv_layer_rule *rule)
{
	const struct gv_layer_value *a, *b;
	const size_t len = rule->by ? strlen(rule->by) : 0;
	uint32_t i;

	if (list == NULL || list->kind != GV_LAYER_LIST || len == 0 ||
	    (a = gv_layer_get(v, rule->by, len)) == NULL)
		return NULL;
	for (i = 0; i < list->n; i++) {
		b = gv_layer_get(list->items[i], rule->by, len);
		if (b && gv_layer_is_equal(a, b))
			return list->items[i];
	}
	return NULL;
}

/* What is in an element of a list that is merged: its number in a layer is that
 * of another one. */
struct element {
	const struct gv_layer_rule *rule; /* of the list */
	const struct gv_layer_tree *merged;
	const char *path;
	struct gv_buf list; /* the path of the list */
};

static void
explain_element(struct gv_layer_told *out, const struct gv_layer *const *layers,
    size_t n, const struct element *e)
{
	const struct gv_layer_tree *merged = e->merged;
	const struct gv_buf *list = &e->list;
	const char *path = e->path;
	const char *rest = path + list->len;
	const struct gv_layer_value *v = gv_layer_find(merged->root, path);
	const struct gv_layer_value *own, *element;
	struct gv_buf at = GV_BUF_INIT;
	size_t i;

	rest += strcspn(rest, "]");
	rest += *rest == ']';
	gv_buf_add(&at, path, (size_t)(rest - path));
	element =
	    gv_buf_check(&at) < 0 ? NULL : gv_layer_find(merged->root, at.p);
	rest += *rest == '.';
	for (i = 0; i < n; i++) {
		if (layers[i]->is_missing)
			continue;
		own = element
		    ? find_own(gv_layer_find(layers[i]->tree.root, list->p),
			  element, e->rule)
		    : NULL;
		own = own ? gv_layer_find(own, rest) : NULL;
		if (own == NULL && v && v->layer == i)
			own = v;
		out[i].value = own;
		out[i].state = own ? GV_LAYER_FOUND : GV_LAYER_ABSENT;
	}
	gv_buf_release(&at);
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
	struct element e = {
		.merged = merged, .path = path, .list = GV_BUF_INIT
	};
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
	if ((e.rule = gv_layer_rule_of_list(&e.list, opts, path)) != NULL)
		explain_element(out, layers, n, &e);
	gv_buf_release(&e.list);
	if (v)
		mark(out, n, merged, v);
}
