#include "layer/layer_hiera.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <cre2.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "layer/layer_internal.h"

/*
 * What Hiera does, odd corners included: `unique` has the elements of the
 * highest layer first, `deep` those of the lowest; a key cannot be removed,
 * only emptied; a null is found like any other value. Measured with puppet
 * lookup.
 */

#define MAX_MEM      ((int64_t)1 << 20) /* of a pattern */
#define PATTERN_MAX  1000
#define PATTERNS_MAX 1000

const char *const gv_layer_hiera_ways[] = { "first", "unique", "hash", "deep",
	NULL };

static int
deep(struct gv_layer_tree *tree, const struct gv_layer_hiera_option *o,
    struct gv_layer_value **low, const struct gv_layer_value *high);

/* ---- lookup_options ------------------------------------------------------ */

static bool
is(const struct gv_layer_value *v, const char *word)
{
	return v && gv_layer_class(v) == 0 && v->len == strlen(word) &&
	    memcmp(v->text, word, v->len) == 0;
}

static int
read_way(struct gv_layer_hiera_option *out, const struct gv_layer_value *merge,
    const char *key, size_t len)
{
	const struct gv_layer_value *way = merge, *more;
	int i;

	if (merge->kind == GV_LAYER_MAP)
		way = gv_layer_get(merge, "strategy", 8);
	for (i = 0; gv_layer_hiera_ways[i]; i++)
		if (is(way, gv_layer_hiera_ways[i]))
			break;
	if (gv_layer_hiera_ways[i] == NULL)
		return gv_err(GV_EREFUSED,
		    "lookup_options (line %u) has no strategy for '%.*s' that "
		    "Hiera knows",
		    merge->line, (int)len, key);
	out->way = (enum gv_layer_hiera_way)i;
	out->from = merge;
	more = gv_layer_get(merge, "merge_hash_arrays", 17);
	out->merges_arrays = is(more, "true");
	more = gv_layer_get(merge, "knockout_prefix", 15);
	if (more && more->kind == GV_LAYER_TEXT && more->len) {
		out->knockout = more->text;
		out->knockout_len = more->len;
	}
	return 0;
}

/* The patterns of all layers, compiled once, those of the highest first. */
struct patterns {
	struct pattern {
		const struct gv_layer_value *option;
		cre2_regexp_t *re;
	} * list;
	size_t n, cap;
};

static void
release_patterns(struct patterns *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		cre2_delete(p->list[i].re);
	free(p->list);
}

static int
add_pattern(struct patterns *p, const struct gv_layer_value *option)
{
	cre2_options_t *opt;
	cre2_regexp_t *re;

	if (option->key_len == 0 || option->key[0] != '^')
		return 0;
	if (option->key_len > PATTERN_MAX || p->n == PATTERNS_MAX)
		return gv_err(GV_EREFUSED,
		    "lookup_options (line %u) has too many or too long "
		    "patterns",
		    option->line);
	if (GV_GROW(p->list, p->n, p->cap) < 0 ||
	    (opt = cre2_opt_new()) == NULL)
		return gv_err_nomem();
	cre2_opt_set_log_errors(opt, 0);
	cre2_opt_set_max_mem(opt, MAX_MEM);
	re = cre2_new(option->key, (int)option->key_len, opt);
	cre2_opt_delete(opt);
	if (re == NULL)
		return gv_err_nomem();
	p->list[p->n++] = (struct pattern){ option, re };
	return cre2_error_code(re)
	    ? gv_err(GV_EREFUSED,
		  "lookup_options (line %u) has a pattern that cannot be "
		  "read: %s",
		  option->line, cre2_error_string(re))
	    : 0;
}

static int
compile(struct patterns *out, const struct gv_layer *const *layers, size_t n)
{
	const struct gv_layer_value *options;
	uint32_t k;
	int r = 0;

	*out = (struct patterns){ .list = NULL };
	for (; r == 0 && n > 0; n--) {
		options = gv_layer_get(
		    layers[n - 1]->tree.root, "lookup_options", 14);
		for (k = 0; r == 0 && options &&
		     options->kind == GV_LAYER_MAP && k < options->n;
		     k++)
			r = add_pattern(out, options->items[k]);
	}
	if (r < 0)
		release_patterns(out);
	return r;
}

/* Options are merged over layers like hashes: the highest layer that has one
 * for a key wins, an exact key before any pattern. */
static int
find_option(struct gv_layer_hiera_option *out, const struct patterns *patterns,
    const struct gv_layer *const *layers, size_t n, const char *key, size_t len)
{
	const struct gv_layer_value *found = NULL;
	size_t i;

	*out = (struct gv_layer_hiera_option){ .way = GV_LAYER_HIERA_FIRST };
	for (i = n; found == NULL && i > 0; i--)
		found = gv_layer_get(gv_layer_get(layers[i - 1]->tree.root,
					 "lookup_options", 14),
		    key, len);
	for (i = 0; found == NULL && len <= INT_MAX && i < patterns->n; i++)
		if (cre2_match(patterns->list[i].re, key, (int)len, 0, (int)len,
			CRE2_UNANCHORED, NULL, 0))
			found = patterns->list[i].option;
	if (found == NULL || (found = gv_layer_get(found, "merge", 5)) == NULL)
		return 0;
	return read_way(out, found, key, len);
}

int
gv_layer_hiera_option_of(struct gv_layer_hiera_option *out,
    const struct gv_layer *const *layers, size_t n, const char *key, size_t len)
{
	struct patterns patterns;
	int r;

	if ((r = compile(&patterns, layers, n)) < 0)
		return r;
	r = find_option(out, &patterns, layers, n, key, len);
	release_patterns(&patterns);
	return r;
}

/* ---- deep ---------------------------------------------------------------- */

static bool
is_knockout(
    const struct gv_layer_hiera_option *o, const struct gv_layer_value *v)
{
	return o->knockout && v->kind == GV_LAYER_TEXT &&
	    v->len >= o->knockout_len &&
	    memcmp(v->text, o->knockout, o->knockout_len) == 0;
}

static bool
are_maps(const struct gv_layer_value *list)
{
	uint32_t i;

	for (i = 0; i < list->n; i++)
		if (list->items[i]->kind != GV_LAYER_MAP)
			return false;
	return true;
}

/* Remove the elements that knockouts of the upper list name; the knockout
 * alone removes all. */
static void
knock_out(const struct gv_layer_hiera_option *o, struct gv_layer_value *low,
    const struct gv_layer_value *high)
{
	uint32_t i, k, n = 0;

	for (i = 0; i < low->n; i++) {
		const struct gv_layer_value *v = low->items[i];
		bool stays = true;

		for (k = 0; stays && k < high->n; k++) {
			const struct gv_layer_value *h = high->items[k];
			const uint32_t p = o->knockout_len;

			if (!is_knockout(o, h))
				continue;
			stays = h->len > p &&
			    !(gv_layer_class(v) == 0 && v->len == h->len - p &&
				memcmp(v->text, h->text + p, v->len) == 0);
		}
		if (stays)
			low->items[n++] = low->items[i];
	}
	low->n = n;
}

/* Elements of the lowest layer first, each once. The index has what is there,
 * so that long lists take no quadratic time. */
static int
unite(struct gv_layer_tree *tree, const struct gv_layer_hiera_option *o,
    struct gv_layer_value *to, const struct gv_layer_value *more)
{
	struct gv_buf id = GV_BUF_INIT;
	struct gv_map seen = GV_MAP_INIT;
	const struct gv_layer_value *of[2] = { NULL, more };
	struct gv_layer_value was = *to;
	const char *copy;
	uint32_t i;
	int k, r = 0;

	of[0] = &was;
	to->n = to->cap = to->front = 0;
	to->items = NULL;
	for (k = 0; r == 0 && k < 2; k++)
		for (i = 0; r == 0 && i < of[k]->n; i++) {
			struct gv_layer_value *v = of[k]->items[i];

			if (o && is_knockout(o, v))
				continue;
			gv_buf_reset(&id);
			gv_layer_add_canonical(&id, v);
			if ((r = gv_buf_check(&id)) < 0 ||
			    gv_map_get(&seen, id.p, id.len))
				continue;
			copy = gv_arena_copy(&tree->arena, id.p, id.len);
			if (copy == NULL ||
			    gv_map_put(&seen, copy, id.len, v) < 0)
				r = GV_ENOMEM;
			else
				r = gv_layer_append(tree, to, v);
		}
	gv_map_release(&seen);
	gv_buf_release(&id);
	return r;
}

static int
deep_list(struct gv_layer_tree *tree, const struct gv_layer_hiera_option *o,
    struct gv_layer_value **low, const struct gv_layer_value *high)
{
	uint32_t i;
	int r;

	if ((r = gv_layer_own(tree, low)) < 0)
		return r;
	if (o->knockout)
		knock_out(o, *low, high);
	if (!o->merges_arrays || !are_maps(*low) || !are_maps(high))
		return unite(tree, o, *low, high);
	for (i = 0; r == 0 && i < high->n; i++)
		r = i < (*low)->n
		    ? deep(tree, o, &(*low)->items[i], high->items[i])
		    : gv_layer_append(tree, *low, high->items[i]);
	return r;
}

static int
deep_map(struct gv_layer_tree *tree, const struct gv_layer_hiera_option *o,
    struct gv_layer_value **low, const struct gv_layer_value *high)
{
	struct gv_layer_value *v;
	uint32_t i, at;
	int r;

	if ((r = gv_layer_own(tree, low)) < 0)
		return r;
	for (i = 0; i < high->n; i++) {
		v = high->items[i];
		at = gv_layer_place(&r, tree, *low, v->key, v->key_len);
		if (r < 0)
			return r;
		if (at == GV_LAYER_NONE) {
			/* a new value is merged with itself */
			if ((r = deep(tree, o, &v, high->items[i])) < 0 ||
			    (r = gv_layer_append(tree, *low, v)) < 0)
				return r;
		} else if ((r = deep(tree, o, &(*low)->items[at], v)) < 0) {
			return r;
		}
	}
	return 0;
}

static int
deep(struct gv_layer_tree *tree, const struct gv_layer_hiera_option *o,
    struct gv_layer_value **low, const struct gv_layer_value *high)
{
	struct gv_layer_value *v;

	if ((*low)->kind == GV_LAYER_MAP && high->kind == GV_LAYER_MAP)
		return deep_map(tree, o, low, high);
	if ((*low)->kind == GV_LAYER_LIST && high->kind == GV_LAYER_LIST)
		return deep_list(tree, o, low, high);
	/* deep_merge takes a nil for nothing to merge */
	if (high->kind == GV_LAYER_NULL)
		return 0;
	if (!is_knockout(o, high)) {
		*low = (struct gv_layer_value *)(uintptr_t)high;
		return 0;
	}
	/* a key that is knocked out stays, without its value */
	v = gv_layer_named(tree, high, high->key, high->key_len);
	if (v == NULL)
		return GV_ENOMEM;
	v->text = "";
	v->len = 0;
	*low = v;
	return 0;
}

/* ---- the other strategies ------------------------------------------------ */

/* One level of maps: keys of the lowest layer first, values of the highest. */
static int
hash(struct gv_layer_tree *tree, struct gv_layer_value **low,
    const struct gv_layer_value *high)
{
	uint32_t i;
	int r;

	if ((*low)->kind != GV_LAYER_MAP || high->kind != GV_LAYER_MAP)
		return gv_err(
		    GV_EREFUSED, "the strategy hash needs maps in all layers");
	if ((r = gv_layer_own(tree, low)) < 0)
		return r;
	for (i = 0; r == 0 && i < high->n; i++)
		r = gv_layer_put(tree, *low, high->items[i]);
	return r;
}

static int
flatten(struct gv_layer_tree *tree, struct gv_layer_value *to,
    const struct gv_layer_value *v)
{
	uint32_t i;
	int r = 0;

	if (v->kind == GV_LAYER_MAP)
		return gv_err(GV_EREFUSED,
		    "the strategy unique takes no maps (line %u)", v->line);
	if (v->kind != GV_LAYER_LIST)
		return gv_layer_append(
		    tree, to, (struct gv_layer_value *)(uintptr_t)v);
	for (i = 0; r == 0 && i < v->n; i++)
		r = flatten(tree, to, v->items[i]);
	return r;
}

/* Values of all layers, the highest first, each once. */
static int
unique(struct gv_layer_value **out, struct gv_layer_tree *tree,
    const struct gv_layer *const *layers, size_t n, const char *key, size_t len)
{
	static const struct gv_layer_value none = { .kind = GV_LAYER_LIST };
	struct gv_layer_value *list = NULL;
	const struct gv_layer_value *v;
	size_t i;
	int r;

	for (i = n; i > 0; i--) {
		v = gv_layer_get(layers[i - 1]->tree.root, key, len);
		if (v == NULL)
			continue;
		if (list == NULL) {
			if ((list = gv_layer_named(tree, v, key, len)) == NULL)
				return GV_ENOMEM;
			list->kind = GV_LAYER_LIST;
			list->owner = tree->token;
			list->items = NULL;
			list->n = list->cap = list->front = 0;
		}
		if ((r = flatten(tree, list, v)) < 0)
			return r;
	}
	*out = list;
	return list ? unite(tree, NULL, list, &none) : 0;
}

/* ---- looking up ---------------------------------------------------------- */

static int
look_up(struct gv_layer_value **out, struct gv_layer_tree *tree,
    const struct patterns *patterns, const struct gv_layer *const *layers,
    size_t n, const struct gv_layer_value *named)
{
	const char *key = named->key;
	const size_t len = named->key_len;
	struct gv_layer_hiera_option o;
	const struct gv_layer_value *v;
	size_t i;
	int r;

	*out = NULL;
	if ((r = find_option(&o, patterns, layers, n, key, len)) < 0)
		return r;
	if (o.way == GV_LAYER_HIERA_UNIQUE)
		return unique(out, tree, layers, n, key, len);
	for (i = 0; r == 0 && i < n; i++) {
		v = gv_layer_get(layers[i]->tree.root, key, len);
		if (v == NULL)
			continue;
		if (*out == NULL || o.way == GV_LAYER_HIERA_FIRST)
			*out = (struct gv_layer_value *)(uintptr_t)v;
		else if (o.way == GV_LAYER_HIERA_HASH)
			r = hash(tree, out, v);
		else
			r = deep(tree, &o, out, v);
	}
	return r;
}

static bool
is_options(const struct gv_layer_value *v)
{
	return v->key_len == 14 && memcmp(v->key, "lookup_options", 14) == 0;
}

/* Look up the keys of a layer that no layer before it has. */
static int
look_up_all(struct gv_layer_tree *tree, const struct patterns *patterns,
    const struct gv_layer *const *layers, size_t n,
    const struct gv_layer_value *root)
{
	struct gv_layer_value *item, *v;
	uint32_t k, at;
	int r;

	if (root == NULL || root->kind != GV_LAYER_MAP)
		return 0;
	for (k = 0; k < root->n; k++) {
		item = root->items[k];
		at = gv_layer_place(
		    &r, tree, tree->root, item->key, item->key_len);
		if (r < 0)
			return r;
		if (at != GV_LAYER_NONE || is_options(item))
			continue;
		if ((r = look_up(&v, tree, patterns, layers, n, item)) < 0)
			return gv_err_in(
			    r, "%.*s", (int)item->key_len, item->key);
		if ((r = gv_layer_append(tree, tree->root, v)) < 0)
			return r;
	}
	return 0;
}

int
gv_layer_hiera_merge(
    struct gv_layer_tree *out, const struct gv_layer *const *layers, size_t n)
{
	struct patterns patterns;
	size_t i;
	int r;

	*out = (struct gv_layer_tree){ .root = NULL };
	if ((r = compile(&patterns, layers, n)) < 0)
		return r;
	if ((out->root = gv_layer_new(out, GV_LAYER_MAP)) == NULL)
		r = GV_ENOMEM;
	for (i = 0; r == 0 && i < n; i++)
		r = look_up_all(
		    out, &patterns, layers, n, layers[i]->tree.root);
	release_patterns(&patterns);
	if (r < 0)
		gv_layer_tree_release(out);
	return r;
}
