#include "layer/layer_template.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "layer/layer_emit.h"
#include "layer/layer_internal.h"

#define LEVELS_MAX 4096    /* values within values, through names */
#define NODES_MAX  4194304 /* in the lists and maps that names stand for */

/*
 * Each value is substituted once and remembered, so that time grows with the
 * text that comes out, and that is bounded. While a value is being worked on,
 * its entry is the work itself: to meet it again is a circle.
 */

/* A map, and those around it. */
struct scope {
	const struct gv_layer_value *map;
	const struct scope *up;
	const char *key; /* of the value in it that is worked on */
	size_t key_len;
};

struct work {
	struct gv_layer_tree *tree;
	const struct gv_layer_template *t;
	const char *open, *close;
	struct gv_map done; /* by the address of a value */
	size_t made;        /* bytes of new text */
	size_t nodes;       /* in the lists and maps that were named */
	unsigned depth, level;
	bool is_veiled; /* a name in the value that is worked on */
	const struct gv_buf *names[GV_LAYER_TEMPLATE_DEPTH];
};

static int substitute(struct work *w, const struct gv_layer_value **out,
    const struct gv_layer_value *v, const struct scope *scope);

/* ---- names --------------------------------------------------------------- */

static void
add_path(struct gv_buf *out, const struct scope *scope)
{
	if (scope == NULL)
		return;
	add_path(out, scope->up);
	if (scope->key)
		gv_layer_add_key(out, scope->key, scope->key_len);
}

static int
refuse(const struct work *w, const struct gv_layer_value *v,
    const struct scope *scope, const char *what, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	add_path(&path, scope);
	r = gv_err(GV_EREFUSED, "%s (line %u, column %u): %s '%s'", path.p,
	    v->line, v->column, what, w->is_veiled ? "<secret>" : name);
	if (v->layer < w->t->n)
		gv_err_in(r, "%s", w->t->layers[v->layer]->name);
	gv_buf_release(&path);
	return r;
}

static int
refuse_circle(const struct work *w, const struct gv_layer_value *v,
    const struct scope *scope)
{
	struct gv_buf names = GV_BUF_INIT;
	unsigned i;
	int r;

	for (i = 0; i < w->depth; i++)
		gv_buf_addf(&names, "%s%s", i ? " -> " : "", w->names[i]->p);
	r = refuse(w, v, scope, "names go in a circle:", names.p);
	gv_buf_release(&names);
	return r;
}

/* What a path names in a scope, looked at in its own place. *out NULL: there is
 * none. */
static int
substitute_at(struct work *w, const struct gv_layer_value **out,
    const struct scope *at, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_layer_step step;
	struct scope inner = *at, next = { .up = &inner };
	const struct gv_layer_value *v = NULL;
	const char *rest = path;
	int r = 0;

	*out = NULL;
	if (gv_layer_next_step(&step, &rest, &text))
		v = gv_layer_take(at->map, &step);
	gv_buf_release(&text);
	if (v && *rest) {
		inner.key = v->key;
		inner.key_len = v->key_len;
		next.map = v;
		if ((r = substitute_at(w, out, &next, rest)) < 0 || *out)
			return r;
		v = NULL;
	}
	/* a key that has dots itself */
	if (v == NULL)
		v = gv_layer_get(at->map, path, strlen(path));
	if (v == NULL)
		return 0;
	inner.key = v->key;
	inner.key_len = v->key_len;
	return substitute(w, out, v, &inner);
}

/* A name in the innermost map that has it. *out NULL: none has. */
static int
look_up(struct work *w, const struct gv_layer_value **out, const char *name,
    const struct scope *scope)
{
	struct scope at;
	int r;

	*out = NULL;
	for (; scope; scope = scope->up) {
		if (gv_layer_find(scope->map, name) == NULL)
			continue;
		at = *scope;
		at.key = NULL;
		if ((r = substitute_at(w, out, &at, name)) < 0 || *out)
			return r;
	}
	return 0;
}

/* ---- texts --------------------------------------------------------------- */

/* Where the name that begins at `p` ends, names within it left out; NULL: it
 * does not. */
static const char *
find_end(const struct work *w, const char *p, const char *end)
{
	const size_t open = strlen(w->open), close = strlen(w->close);
	unsigned nested = 0;

	while (p < end) {
		if ((size_t)(end - p) >= open &&
		    memcmp(p, w->open, open) == 0) {
			nested++;
			p += open;
		} else if ((size_t)(end - p) >= close &&
		    memcmp(p, w->close, close) == 0) {
			if (nested-- == 0)
				return p;
			p += close;
		} else {
			p++;
		}
	}
	return NULL;
}

static int make(struct work *w, struct gv_buf *out, const char *p,
    const char *end, const struct gv_layer_value *v, const struct scope *scope);

/* What the map has for the provider. */
static int
pick(struct work *w, const struct gv_layer_value **out, const char *path,
    const struct gv_layer_value *v, const struct scope *scope)
{
	const char *provider = w->t->provider;
	const struct gv_layer_value *map;
	int r;

	if ((r = look_up(w, &map, path, scope)) < 0)
		return r;
	if (map == NULL)
		return refuse(w, v, scope, "there is no map", path);
	if (provider == NULL)
		return w->t->leaves_maps
		    ? 0
		    : refuse(w, v, scope, "no provider was named for the map",
			  path);
	*out = gv_layer_get(map, provider, strlen(provider));
	return *out ? 0
		    : refuse(w, v, scope,
			  "the map has nothing for the provider", provider);
}

/* What ${name} stands for. *out NULL: it stays as it is (a secret, or a map
 * without a provider). */
static int
resolve(struct work *w, const struct gv_layer_value **out, const char *p,
    const char *end, const struct gv_layer_value *v, const struct scope *scope)
{
	struct gv_buf name = GV_BUF_INIT;
	int r = 0;

	*out = NULL;
	if (end - p > 7 && memcmp(p, "secret:", 7) == 0)
		return 0;
	if (w->depth == GV_LAYER_TEMPLATE_DEPTH)
		return refuse(w, v, scope, "names nest too deep in", w->open);
	w->names[w->depth++] = &name;
	if ((r = make(w, &name, p, end, v, scope)) < 0 ||
	    (r = gv_buf_check(&name)) < 0)
		goto out;
	if (strncmp(name.p, "map:", 4) != 0) {
		if ((r = look_up(w, out, name.p, scope)) == 0 && *out == NULL)
			r = refuse(w, v, scope,
			    "there is no value for the name", name.p);
		goto out;
	}
	r = pick(w, out, name.p + 4, v, scope);
out:
	if (r == 0 && *out && w->t->is_veiled &&
	    w->t->is_veiled(w->t->ctx, *out))
		w->is_veiled = true;
	w->names[--w->depth] = NULL;
	gv_buf_release(&name);
	return r;
}

static int
add(struct work *w, struct gv_buf *out, const char *p, size_t len,
    const struct gv_layer_value *v, const struct scope *scope)
{
	w->made += len;
	if (w->made > GV_LAYER_TEMPLATE_MOST)
		return refuse(w, v, scope,
		    "more than 64 MiB of text are made by", w->open);
	gv_buf_add(out, p, len);
	return gv_buf_check(out);
}

/* The next place where the sign of a name is, or the end. */
static const char *
find_open(const struct work *w, const char *p, const char *end)
{
	const char *at = memmem(p, (size_t)(end - p), w->open, strlen(w->open));

	return at ? at : end;
}

/* Append a text with its names substituted. */
static int
make(struct work *w, struct gv_buf *out, const char *p, const char *end,
    const struct gv_layer_value *v, const struct scope *scope)
{
	const size_t open = strlen(w->open), close = strlen(w->close);
	const struct gv_layer_value *named;
	struct gv_buf text = GV_BUF_INIT;
	const char *at, *to;
	int r = 0;

	while (r == 0 && p < end) {
		at = find_open(w, p, end);
		if (at > p && at < end && at[-1] == w->open[0]) {
			/* "$${" is "${" */
			r = add(w, out, p, (size_t)(at - p) - 1, v, scope);
			if (r == 0)
				r = add(w, out, w->open, open, v, scope);
			p = at + open;
			continue;
		}
		if ((r = add(w, out, p, (size_t)(at - p), v, scope)) < 0 ||
		    at == end)
			break;
		to = find_end(w, at + open, end);
		if (to == NULL) {
			r = refuse(
			    w, v, scope, "a name is not closed by", w->close);
			break;
		}
		p = to + close;
		if ((r = resolve(w, &named, at + open, to, v, scope)) < 0)
			break;
		if (named == NULL) {
			r = add(w, out, at, (size_t)(p - at), v, scope);
			continue;
		}
		if (gv_layer_class(named)) {
			gv_buf_reset(&text);
			gv_buf_add(&text, at + open, (size_t)(to - at) - open);
			r = refuse(w, v, scope,
			    "a list or map cannot be put into the text:",
			    text.p);
			break;
		}
		gv_buf_reset(&text);
		if ((r = gv_layer_emit_plain(&text, named)) == 0)
			r = add(w, out, text.p, text.len, v, scope);
	}
	gv_buf_release(&text);
	return r;
}

/* Whether all of a text is one name: its place. */
static bool
is_only_name(const struct work *w, const struct gv_layer_value *v,
    const char **from, const char **to)
{
	const size_t open = strlen(w->open), close = strlen(w->close);
	const char *end = v->text + v->len;

	if (v->len < open + close || memcmp(v->text, w->open, open) != 0)
		return false;
	*from = v->text + open;
	*to = find_end(w, *from, end);
	return *to && *to + close == end;
}

/* ---- values -------------------------------------------------------------- */

/* Count the nodes of a value, which a name now stands for once more. False:
 * they are too many. */
static bool
count(struct work *w, const struct gv_layer_value *v)
{
	uint32_t i;

	if (++w->nodes > NODES_MAX)
		return false;
	for (i = 0; i < v->n; i++)
		if (!count(w, v->items[i]))
			return false;
	return true;
}

static int
substitute_text(struct work *w, const struct gv_layer_value **out,
    const struct gv_layer_value *v, const struct scope *scope)
{
	const struct gv_layer_value *named;
	struct gv_layer_value *made;
	struct gv_buf text = GV_BUF_INIT;
	const char *from, *to;
	int r;

	*out = v;
	if (find_open(w, v->text, v->text + v->len) == v->text + v->len)
		return 0;
	if (is_only_name(w, v, &from, &to)) {
		if ((r = resolve(w, &named, from, to, v, scope)) < 0 ||
		    named == NULL)
			return r;
		made = gv_layer_named(w->tree, named, v->key, v->key_len);
		if (made == NULL)
			return GV_ENOMEM;
		made->layer = v->layer;
		made->line = v->line;
		made->column = v->column;
		made->at = v->at;
		made->size = v->size;
		made->is_veiled = w->is_veiled;
		*out = made;
		return count(w, named)
		    ? 0
		    : refuse(
			  w, v, scope, "too many values are named by", w->open);
	}
	if ((r = make(w, &text, v->text, v->text + v->len, v, scope)) < 0)
		goto out;
	made = gv_layer_named(w->tree, v, v->key, v->key_len);
	if (made == NULL ||
	    (made->text = gv_arena_copy(&w->tree->arena, text.p, text.len)) ==
		NULL) {
		r = GV_ENOMEM;
		goto out;
	}
	made->len = (uint32_t)text.len;
	made->is_veiled = w->is_veiled;
	*out = made;
out:
	gv_buf_release(&text);
	return r;
}

static int
substitute_items(struct work *w, const struct gv_layer_value **out,
    const struct gv_layer_value *v, const struct scope *scope)
{
	struct scope inner = { .map = v, .up = scope };
	struct gv_layer_value *made = (struct gv_layer_value *)(uintptr_t)v;
	const struct gv_layer_value *item;
	uint32_t i;
	int r;

	for (i = 0; i < v->n; i++) {
		inner.key = v->items[i]->key;
		inner.key_len = v->items[i]->key_len;
		if ((r = substitute(w, &item, v->items[i],
			 v->kind == GV_LAYER_MAP ? &inner : scope)) < 0)
			return r;
		if (item == v->items[i])
			continue;
		if ((r = gv_layer_own(w->tree, &made)) < 0)
			return r;
		made->items[i] = (struct gv_layer_value *)(uintptr_t)item;
	}
	*out = made;
	return 0;
}

static int
substitute(struct work *w, const struct gv_layer_value **out,
    const struct gv_layer_value *v, const struct scope *scope)
{
	const void *known = gv_map_get(&w->done, &v, sizeof(v));
	const bool outer = w->is_veiled;
	const void *key;
	int r;

	if (known == (const void *)w)
		return refuse_circle(w, v, scope);
	if (known) {
		*out = known;
		return 0;
	}
	if (gv_layer_class(v) == 0 && v->kind != GV_LAYER_TEXT) {
		*out = v;
		return 0;
	}
	if (w->level == LEVELS_MAX)
		return refuse(
		    w, v, scope, "values nest too deep through", w->open);
	if ((key = gv_arena_copy(&w->tree->arena, &v, sizeof(v))) == NULL ||
	    gv_map_put(&w->done, key, sizeof(v), w) < 0)
		return GV_ENOMEM;
	w->level++;
	w->is_veiled = false;
	r = v->kind == GV_LAYER_TEXT ? substitute_text(w, out, v, scope)
				     : substitute_items(w, out, v, scope);
	w->is_veiled = outer;
	w->level--;
	return r < 0
	    ? r
	    : gv_map_put(&w->done, key, sizeof(v), (void *)(uintptr_t)*out);
}

int
gv_layer_substitute(
    struct gv_layer_tree *tree, const struct gv_layer_template *t)
{
	struct work w = { .tree = tree,
		.t = t,
		.open = t->open ? t->open : "${",
		.close = t->close ? t->close : "}",
		.done = GV_MAP_INIT };
	const struct gv_layer_value *root = tree->root;
	int r;

	if (root == NULL)
		return 0;
	if (*w.open == '\0' || *w.close == '\0')
		return gv_err(GV_EREFUSED, "a delimiter is empty");
	/* what is there now is read while it is replaced */
	tree->before = tree->token;
	tree->token = gv_arena_alloc(&tree->arena, 1);
	if (tree->token == NULL)
		return GV_ENOMEM;
	r = substitute(&w, &root, root, NULL);
	if (r == 0)
		tree->root = (struct gv_layer_value *)(uintptr_t)root;
	gv_map_release(&w.done);
	return r;
}
