#include "layer/layer_nest.h"

#include <string.h>

#include "base/err.h"
#include "layer/layer_internal.h"

/*
 * For Spring a key with dots is the path that it spells: server.port is the key
 * port of server, whichever file says it in whichever way, and hosts[0] is the
 * first element of a list. What spells no path stays a key.
 */

#define STEPS_MAX 64

struct step {
	const char *p; /* NULL: an element */
	size_t len, at;
};

static int put(struct gv_layer_tree *tree, struct gv_layer_value *in,
    const struct step *steps, size_t n, struct gv_layer_value *v);

/* ---- steps --------------------------------------------------------------- */

/* Read "[12]"; returns what is behind it, or NULL. */
static const char *
read_element(struct step *out, const char *p, const char *end)
{
	out->p = NULL;
	out->at = 0;
	for (p++; p < end && *p >= '0' && *p <= '9' && out->at < 100000; p++)
		out->at = out->at * 10 + (size_t)(*p - '0');
	return p < end && *p == ']' && p[-1] != '[' ? p + 1 : NULL;
}

/* How many steps a key spells; 0: it is a key. */
static size_t
split(struct step steps[STEPS_MAX], const char *key, size_t len)
{
	const char *p = key, *end = key + len, *from;
	size_t n = 0;

	for (;;) {
		for (from = p; p < end && *p != '.' && *p != '['; p++)
			;
		if (p == from || n == STEPS_MAX)
			return 0;
		steps[n++] =
		    (struct step){ .p = from, .len = (size_t)(p - from) };
		while (p && p < end && *p == '[') {
			if (n == STEPS_MAX)
				return 0;
			p = read_element(&steps[n++], p, end);
		}
		if (p == NULL)
			return 0;
		if (p == end)
			return n;
		if (*p++ != '.')
			return 0;
	}
}

/* ---- values -------------------------------------------------------------- */

/* What stands at the first step; NULL: nothing. */
static struct gv_layer_value **
find(int *r, struct gv_layer_tree *tree, struct gv_layer_value *in,
    const struct step *s)
{
	uint32_t i;

	*r = 0;
	if (s->p == NULL)
		return s->at < in->n ? &in->items[s->at] : NULL;
	i = gv_layer_place(r, tree, in, s->p, s->len);
	return i == GV_LAYER_NONE ? NULL : &in->items[i];
}

static int
set(struct gv_layer_tree *tree, struct gv_layer_value *in, const struct step *s,
    struct gv_layer_value *v)
{
	struct gv_layer_value *named;

	if (s->p == NULL) {
		if (s->at == in->n)
			return gv_layer_append(tree, in, v);
		in->items[s->at] = v;
		return 0;
	}
	named = gv_layer_named(tree, v, s->p, s->len);
	return named ? gv_layer_put(tree, in, named) : GV_ENOMEM;
}

/* A value over one that is there already: maps become one. */
static int
put_last(struct gv_layer_tree *tree, struct gv_layer_value *in,
    const struct step *s, struct gv_layer_value *v)
{
	struct gv_layer_value **had;
	struct step one;
	uint32_t i;
	int r;

	had = find(&r, tree, in, s);
	if (r < 0)
		return r;
	if (had == NULL || (*had)->kind != GV_LAYER_MAP ||
	    v->kind != GV_LAYER_MAP)
		return set(tree, in, s, v);
	if ((r = gv_layer_own(tree, had)) < 0)
		return r;
	for (i = 0; r == 0 && i < v->n; i++) {
		one = (struct step){ .p = v->items[i]->key,
			.len = v->items[i]->key_len };
		r = put(tree, *had, &one, 1, v->items[i]);
	}
	return r;
}

/* What leads on: a map or a list, made if it is missing. */
static int
put(struct gv_layer_tree *tree, struct gv_layer_value *in,
    const struct step *steps, size_t n, struct gv_layer_value *v)
{
	const enum gv_layer_kind kind =
	    n > 1 && steps[1].p == NULL ? GV_LAYER_LIST : GV_LAYER_MAP;
	struct gv_layer_value **had, *next;
	int r;

	if (n == 1)
		return put_last(tree, in, steps, v);
	had = find(&r, tree, in, steps);
	if (r < 0)
		return r;
	if (had == NULL || (*had)->kind != kind) {
		if ((next = gv_layer_new(tree, kind)) == NULL)
			return GV_ENOMEM;
		next->layer = v->layer;
		next->line = v->line;
		next->column = v->column;
		next->at = v->at;
		if ((r = set(tree, in, steps, next)) < 0)
			return r;
		had = find(&r, tree, in, steps);
	}
	if (r < 0 || (r = gv_layer_own(tree, had)) < 0)
		return r;
	return put(tree, *had, steps + 1, n - 1, v);
}

/* Whether each element that is named is there, or is the next one. */
static bool
fits(struct gv_layer_tree *tree, struct gv_layer_value *in,
    const struct step *steps, size_t n)
{
	struct gv_layer_value **at;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		if (in && steps[i].p == NULL && in->kind == GV_LAYER_LIST &&
		    steps[i].at > in->n)
			return false;
		if ((in == NULL || in->kind != GV_LAYER_LIST) &&
		    steps[i].p == NULL && steps[i].at > 0)
			return false;
		if (in && (in->kind == GV_LAYER_LIST) != (steps[i].p == NULL))
			in = NULL;
		at = in ? find(&r, tree, in, &steps[i]) : NULL;
		in = at &&
			((*at)->kind == GV_LAYER_MAP ||
			    (*at)->kind == GV_LAYER_LIST)
		    ? *at
		    : NULL;
	}
	return true;
}

/* ---- all ----------------------------------------------------------------- */

static bool
spells_none(const struct gv_layer_value *map)
{
	uint32_t i;

	for (i = 0; i < map->n; i++)
		if (memchr(map->items[i]->key, '.', map->items[i]->key_len) ||
		    memchr(map->items[i]->key, '[', map->items[i]->key_len))
			return false;
	return true;
}

static int
nest_map(struct gv_layer_tree *tree, struct gv_layer_value **slot)
{
	const struct gv_layer_value *map = *slot;
	struct gv_layer_value *out = gv_layer_new(tree, GV_LAYER_MAP);
	struct step steps[STEPS_MAX];
	size_t n;
	uint32_t i;
	int r = 0;

	if (out == NULL)
		return GV_ENOMEM;
	out->key = map->key;
	out->key_len = map->key_len;
	out->layer = map->layer;
	out->line = map->line;
	out->column = map->column;
	out->at = map->at;
	out->size = map->size;
	out->style = map->style;
	for (i = 0; r == 0 && i < map->n; i++) {
		struct gv_layer_value *v = map->items[i];

		n = split(steps, v->key, v->key_len);
		if (n == 0 || !fits(tree, out, steps, n)) {
			steps[0] =
			    (struct step){ .p = v->key, .len = v->key_len };
			n = 1;
		}
		r = put(tree, out, steps, n, v);
	}
	*slot = out;
	return r;
}

/* From the top, so that the depth is that of what is made. */
static int
nest(struct gv_layer_tree *tree, struct gv_layer_value **slot, unsigned depth)
{
	struct gv_layer_value *v = *slot;
	uint32_t i;
	int r = 0;

	if (v->kind != GV_LAYER_MAP && v->kind != GV_LAYER_LIST)
		return 0;
	if (depth > GV_LAYER_DEPTH_MAX)
		return gv_err(GV_EREFUSED,
		    "line %u: its keys are nested more than %d deep", v->line,
		    GV_LAYER_DEPTH_MAX);
	if (v->kind == GV_LAYER_MAP && !spells_none(v) &&
	    (r = nest_map(tree, slot)) < 0)
		return r;
	v = *slot;
	for (i = 0; r == 0 && i < v->n; i++)
		r = nest(tree, &v->items[i], depth + 1);
	return r;
}

int
gv_layer_nest(struct gv_layer_tree *tree, struct gv_layer_value **slot)
{
	return nest(tree, slot, 0);
}
