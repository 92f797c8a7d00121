#include "scan/marked.h"

#include <string.h>

struct telling {
	const struct gv_spantree *tree;
	gv_marked_fn fn;
	void *ctx;
	size_t steps;
};

/* Aliases may repeat each other without end, so there is a limit. */
#define STEPS_MAX ((size_t)256 << 10)

/* Report each scalar of a value, under the nearest name. */
static int
tell(struct telling *t, const struct gv_spantree_node *node,
    const struct gv_spantree_span *name, enum gv_marked_kind kind,
    unsigned depth)
{
	struct gv_marked_value value = { kind, *name, { 0, 0, 0 } };
	size_t i;
	int r = 0;

	node = gv_spantree_follow(t->tree, node);
	if (node == NULL || depth == GV_SPANTREE_DEPTH ||
	    ++t->steps > STEPS_MAX)
		return 0;
	if (node->kind == GV_SPANTREE_SCALAR) {
		value.value = node->value;
		return node->value.len ? t->fn(t->ctx, &value) : 0;
	}
	for (i = node->first; r == 0 && i != GV_SPANTREE_NONE;
	     i = t->tree->nodes[i].next) {
		const struct gv_spantree_node *in = &t->tree->nodes[i];

		r = tell(t, in, in->key.len ? &in->key : name, kind, depth + 1);
	}
	return r;
}

/* Report the values of a member of a map, if there is one. */
static int
tell_member(struct telling *t, const struct gv_spantree_node *map,
    const char *key, enum gv_marked_kind kind)
{
	const struct gv_spantree_node *in = gv_spantree_get(t->tree, map, key);

	return in ? tell(t, in, in->key.len ? &in->key : &map->key, kind, 0)
		  : 0;
}

static bool
is(const struct gv_spantree *tree, const struct gv_spantree_node *map,
    const char *key, const char *const *words)
{
	const struct gv_spantree_node *in = gv_spantree_get(tree, map, key);

	for (; in && in->kind == GV_SPANTREE_SCALAR && *words; words++)
		if (gv_spantree_is(tree, &in->value, *words))
			return true;
	return false;
}

/* What may mark something in a map. */
enum {
	BY_KIND = 1 << 0,
	BY_NOECHO = 1 << 1,
	BY_SENSITIVE = 1 << 2,
	BY_PULUMI = 1 << 3,
	BY_ANY = (1 << 4) - 1,
};

/* By the first bytes of its keys: most maps have none that begins so. */
static unsigned
marks_of(const struct gv_spantree *tree, const struct gv_spantree_node *map)
{
	const struct gv_spantree_node *in;
	unsigned marks = 0;
	size_t i;

	for (i = map->first; i != GV_SPANTREE_NONE; i = in->next) {
		in = &tree->nodes[i];
		switch (in->key.len ? tree->text[in->key.at] : '\0') {
		case 'k':
			marks |= BY_KIND;
			break;
		case 'N':
			marks |= BY_NOECHO;
			break;
		case 's':
			marks |= BY_SENSITIVE;
			break;
		case '4': /* of GV_MARKED_PULUMI */
			marks |= BY_PULUMI;
			break;
		case '<': /* "<<", of what is merged into it */
		case '\\':
			return BY_ANY;
		default:
			break;
		}
	}
	return marks;
}

static int
read_map(struct telling *t, const struct gv_spantree_node *map)
{
	static const char *const secret[] = { "Secret", NULL };
	static const char *const yes[] = { "true", "True", "TRUE", "yes", "Yes",
		"on", NULL };
	const unsigned marks = marks_of(t->tree, map);
	int r = 0;

	if (marks & BY_KIND && is(t->tree, map, "kind", secret)) {
		if ((r = tell_member(t, map, "data", GV_MARKED_SECRET_DATA)) ==
		    0)
			r = tell_member(t, map, "stringData", GV_MARKED_SECRET);
	}
	if (r == 0 && marks & BY_NOECHO && is(t->tree, map, "NoEcho", yes))
		r = tell_member(t, map, "Default", GV_MARKED_NOECHO);
	if (r == 0 && marks & BY_SENSITIVE &&
	    is(t->tree, map, "sensitive", yes))
		r = tell_member(t, map, "default", GV_MARKED_SENSITIVE);
	if (r == 0 && marks & BY_PULUMI &&
	    gv_spantree_get(t->tree, map, GV_MARKED_PULUMI))
		r = tell_member(t, map, "plaintext", GV_MARKED_PLAINTEXT);
	return r;
}

int
gv_marked_each(const struct gv_spantree *tree, gv_marked_fn fn, void *ctx)
{
	struct telling t = { .tree = tree, .fn = fn, .ctx = ctx };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < tree->n; i++)
		if (tree->nodes[i].kind == GV_SPANTREE_MAP)
			r = read_map(&t, &tree->nodes[i]);
	return r;
}
