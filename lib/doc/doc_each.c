#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "doc/doc_internal.h"

/*
 * What a program sees that loads a document. A few lines of aliases of aliases
 * can stand for billions of values, so their number is bounded by the size of
 * the document.
 */

#define REPEATS_MAX 10
#define VISITS_MIN  100000

struct visit {
	const struct gv_doc *doc;
	struct gv_buf path;
	gv_doc_value_fn *fn;
	void *ctx;
	size_t visits;
	unsigned depth;
};

static int visit_node(struct visit *v, uint32_t node);

static int
visit_child(struct visit *v, uint32_t node)
{
	const size_t before = v->path.len;
	int r;

	gv_doc_add_step(&v->path, 0, v->doc, node);
	if ((r = gv_buf_check(&v->path)) == 0)
		r = visit_node(v, node);
	gv_buf_truncate(&v->path, before);
	return r;
}

/* ---- merges -------------------------------------------------------------- */

struct merge {
	struct visit *v;
	struct gv_map seen;
	struct gv_arena keys;
};

static bool
is_merge(const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	return n->key_len == 2 && n->key_style == GV_DOC_STYLE_PLAIN &&
	    memcmp(doc->text + n->key_at, "<<", 2) == 0;
}

/* Whether this key is the first of its name: 1 or 0, GV_ENOMEM. */
static int
note_key(struct merge *m, uint32_t node)
{
	struct gv_buf key = GV_BUF_INIT;
	const char *copy;
	int r;

	gv_doc_key(&key, m->v->doc, node);
	if ((r = gv_buf_check(&key)) == 0 &&
	    gv_map_get(&m->seen, key.p, key.len) == NULL) {
		copy = gv_arena_copy(&m->keys, key.p, key.len);
		r = copy ? gv_map_put(&m->seen, copy, key.len, m) : GV_ENOMEM;
		r = r < 0 ? r : 1;
	}
	gv_buf_release(&key);
	return r;
}

static int merge_from(struct merge *m, uint32_t node);

/* The keys of a map that no map before it has; then what it merges itself. */
static int
merge_map(struct merge *m, uint32_t map)
{
	const struct gv_doc *doc = m->v->doc;
	uint32_t i;
	int r = 0;

	for (i = gv_doc_first(doc, map); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		if (is_merge(doc, i))
			continue;
		r = note_key(m, i);
		if (r > 0)
			r = visit_child(m->v, i);
	}
	for (i = gv_doc_first(doc, map); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (is_merge(doc, i))
			r = merge_from(m, i);
	return r;
}

static int
enter(struct visit *v)
{
	const size_t max = v->doc->n * REPEATS_MAX > VISITS_MIN
	    ? v->doc->n * REPEATS_MAX
	    : VISITS_MIN;

	if (++v->visits > max)
		return gv_err(GV_EREFUSED,
		    "its aliases repeat more than a file may hold");
	if (v->depth == GV_DOC_DEPTH_MAX)
		return gv_err(GV_EREFUSED, "its aliases nest too deep");
	v->depth++;
	return 0;
}

/* A map, or the maps of a list, the first of which has precedence. */
static int
merge_from(struct merge *m, uint32_t node)
{
	const struct gv_doc *doc = m->v->doc;
	uint32_t i;
	int r;

	node = gv_doc_follow(doc, node);
	if (node == GV_DOC_NONE)
		return 0;
	r = enter(m->v);
	if (r < 0)
		return r;
	if (doc->nodes[node].kind == GV_DOC_MAP)
		r = merge_map(m, node);
	else if (doc->nodes[node].kind == GV_DOC_LIST)
		for (i = gv_doc_first(doc, node); r == 0 && i != GV_DOC_NONE;
		     i = gv_doc_next(doc, i))
			r = merge_from(m, i);
	m->v->depth--;
	return r;
}

static bool
has_merge(const struct gv_doc *doc, uint32_t map)
{
	uint32_t i;

	/* only YAML has them, and all but some of its files have none */
	if (doc->n_marks == 0)
		return false;
	for (i = gv_doc_first(doc, map); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (is_merge(doc, i))
			return true;
	return false;
}

static int
visit_merged(struct visit *v, uint32_t map)
{
	struct merge m = { .v = v, .seen = GV_MAP_INIT };
	int r = merge_map(&m, map);

	gv_map_release(&m.seen);
	gv_arena_release(&m.keys);
	return r;
}

/* ---- nodes --------------------------------------------------------------- */

static int
visit_children(struct visit *v, uint32_t node)
{
	const struct gv_doc *doc = v->doc;
	bool has_some = false;
	uint32_t i;
	int r = 0;

	for (i = gv_doc_first(doc, node); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		if (doc->nodes[i].kind == GV_DOC_LABEL)
			continue;
		has_some = true;
		r = visit_child(v, i);
	}
	return r || has_some ? r : v->fn(v->ctx, &v->path, node);
}

static int
visit_node(struct visit *v, uint32_t node)
{
	const struct gv_doc *doc = v->doc;
	uint8_t kind;
	int r;

	node = gv_doc_follow(doc, node);
	if (node == GV_DOC_NONE)
		return 0;
	r = enter(v);
	if (r < 0)
		return r;
	kind = doc->nodes[node].kind;
	if (kind == GV_DOC_MAP && has_merge(doc, node))
		r = visit_merged(v, node);
	else if (kind == GV_DOC_MAP || kind == GV_DOC_LIST ||
	    kind == GV_DOC_BLOCK)
		r = visit_children(v, node);
	else
		r = v->fn(v->ctx, &v->path, node);
	v->depth--;
	return r;
}

int
gv_doc_each(
    const struct gv_doc *doc, uint32_t root, gv_doc_value_fn *fn, void *ctx)
{
	struct visit v = {
		.doc = doc, .path = GV_BUF_INIT, .fn = fn, .ctx = ctx
	};
	int r = root == GV_DOC_NONE ? 0 : visit_node(&v, root);

	gv_buf_release(&v.path);
	return r;
}
