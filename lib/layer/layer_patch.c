#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "layer/layer_internal.h"

/*
 * RFC 6902: operations on places that JSON pointers (RFC 6901) name. All or
 * nothing: the tree gets a new token first, so each value that an operation
 * changes is copied, and the old root is still what it was.
 */

struct pointer {
	struct gv_layer_step *steps;
	size_t n, cap;
	struct gv_buf text; /* decoded, each step behind the other */
};

/* ---- pointers ------------------------------------------------------------ */

/* "~1" is '/', "~0" is '~'. */
static int
decode(struct pointer *out, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] != '~') {
			gv_buf_addch(&out->text, p[i]);
			continue;
		}
		if (i + 1 == len || (p[i + 1] != '0' && p[i + 1] != '1'))
			return gv_err(GV_EREFUSED,
			    "a '~' in the pointer is followed by neither 0 nor "
			    "1");
		gv_buf_addch(&out->text, p[++i] == '1' ? '/' : '~');
	}
	return gv_buf_check(&out->text);
}

static int
read_pointer(
    struct pointer *out, const struct gv_layer_value *op, const char *name)
{
	const struct gv_layer_value *v = gv_layer_get(op, name, strlen(name));
	const char *p, *end, *slash;
	size_t from, n = 0;
	int r;

	out->n = 0;
	gv_buf_reset(&out->text);
	if (v == NULL || v->kind != GV_LAYER_TEXT)
		return gv_err(GV_EREFUSED, "it has no \"%s\"", name);
	if (v->len && v->text[0] != '/')
		return gv_err(
		    GV_EREFUSED, "its \"%s\" does not begin with /", name);
	for (p = v->text, end = p + v->len; p < end; p++)
		n += *p == '/';
	free(out->steps);
	out->steps = calloc(n + 1, sizeof(*out->steps));
	if (out->steps == NULL)
		return gv_err_nomem();
	/* room for all of it, so that no step moves */
	if ((r = gv_buf_grow(&out->text, v->len + 1)) < 0)
		return r;
	for (p = v->text; p < end; p = slash) {
		p++;
		slash = memchr(p, '/', (size_t)(end - p));
		slash = slash ? slash : end;
		from = out->text.len;
		if ((r = decode(out, p, (size_t)(slash - p))) < 0)
			return r;
		out->steps[out->n++] =
		    (struct gv_layer_step){ .p = out->text.p + from,
			    .len = out->text.len - from };
	}
	return 0;
}

/* The index that a step names in a list, "-" being the end. */
static int
index_of(uint32_t *out, const struct gv_layer_value *list,
    const struct gv_layer_step *step, bool may_be_end)
{
	uint64_t i = 0;
	size_t k;

	if (step->len == 1 && step->p[0] == '-' && may_be_end) {
		*out = list->n;
		return 0;
	}
	if (step->len == 0 || step->len > 10 ||
	    (step->len > 1 && step->p[0] == '0'))
		return gv_err(GV_EREFUSED, "it names no element of a list");
	for (k = 0; k < step->len; k++) {
		if (step->p[k] < '0' || step->p[k] > '9')
			return gv_err(
			    GV_EREFUSED, "it names no element of a list");
		i = i * 10 + (uint64_t)(step->p[k] - '0');
	}
	if (i > list->n || (i == list->n && !may_be_end))
		return gv_err(GV_EREFUSED, "the list has %u elements", list->n);
	*out = (uint32_t)i;
	return 0;
}

/* The place of what a pointer's first n steps name. */
static int
find_slot(struct gv_layer_value ***out, struct gv_layer_tree *tree,
    const struct pointer *p, size_t n, bool owns)
{
	struct gv_layer_value **slot = &tree->root;
	uint32_t i;
	size_t k;
	int r;

	for (k = 0; k < n; k++) {
		if (owns && (r = gv_layer_own(tree, slot)) < 0)
			return r;
		if ((*slot)->kind == GV_LAYER_LIST) {
			if ((r = index_of(&i, *slot, &p->steps[k], false)) < 0)
				return r;
		} else if ((*slot)->kind != GV_LAYER_MAP) {
			return gv_err(GV_EREFUSED,
			    "the pointer goes through a single value");
		} else {
			for (i = 0; i < (*slot)->n; i++)
				if ((*slot)->items[i]->key_len ==
					p->steps[k].len &&
				    memcmp((*slot)->items[i]->key,
					p->steps[k].p, p->steps[k].len) == 0)
					break;
			if (i == (*slot)->n)
				return gv_err(GV_EREFUSED,
				    "there is nothing at the pointer");
		}
		slot = &(*slot)->items[i];
	}
	*out = slot;
	return 0;
}

/* ---- operations ---------------------------------------------------------- */

static int
add(struct gv_layer_tree *tree, const struct pointer *p,
    const struct gv_layer_value *value)
{
	const struct gv_layer_step *last;
	struct gv_layer_value **slot, *v;
	const char *key;
	uint32_t i;
	int r;

	if (p->n == 0) {
		v = gv_layer_named(tree, value, NULL, 0);
		tree->root = v;
		return v ? 0 : GV_ENOMEM;
	}
	last = &p->steps[p->n - 1];
	if ((r = find_slot(&slot, tree, p, p->n - 1, true)) < 0 ||
	    (r = gv_layer_own(tree, slot)) < 0)
		return r;
	if ((*slot)->kind == GV_LAYER_LIST) {
		if ((r = index_of(&i, *slot, last, true)) < 0)
			return r;
		v = gv_layer_named(tree, value, NULL, 0);
		return v ? gv_layer_insert(tree, *slot, i, v) : GV_ENOMEM;
	}
	if ((*slot)->kind != GV_LAYER_MAP)
		return gv_err(
		    GV_EREFUSED, "nothing can be added to a single value");
	key = gv_arena_copy(&tree->arena, last->p, last->len);
	v = key ? gv_layer_named(tree, value, key, last->len) : NULL;
	return v ? gv_layer_put(tree, *slot, v) : GV_ENOMEM;
}

static int
take_out(struct gv_layer_value **out, struct gv_layer_tree *tree,
    const struct pointer *p)
{
	struct gv_layer_value **slot, **up;
	int r;

	if ((r = find_slot(&slot, tree, p, p->n, true)) < 0)
		return r;
	*out = *slot;
	if (p->n == 0) {
		tree->root = gv_layer_new(tree, GV_LAYER_NULL);
		return tree->root ? 0 : GV_ENOMEM;
	}
	if ((r = find_slot(&up, tree, p, p->n - 1, true)) < 0)
		return r;
	gv_layer_remove(*up, (size_t)(slot - (*up)->items));
	return 0;
}

static int
replace(struct gv_layer_tree *tree, const struct pointer *p,
    const struct gv_layer_value *value)
{
	struct gv_layer_value **slot;
	int r;

	if ((r = find_slot(&slot, tree, p, p->n, true)) < 0)
		return r;
	*slot = gv_layer_named(tree, value, (*slot)->key, (*slot)->key_len);
	return *slot ? 0 : GV_ENOMEM;
}

/* A thing cannot be moved into itself. */
static bool
is_within(const struct pointer *inner, const struct pointer *outer)
{
	size_t i;

	if (inner->n <= outer->n)
		return false;
	for (i = 0; i < outer->n; i++)
		if (inner->steps[i].len != outer->steps[i].len ||
		    memcmp(inner->steps[i].p, outer->steps[i].p,
			outer->steps[i].len) != 0)
			return false;
	return true;
}

static int
move_or_copy(struct gv_layer_tree *tree, const struct pointer *to,
    struct pointer *from, const struct gv_layer_value *op, bool moves)
{
	struct gv_layer_value **slot, *v;
	int r;

	if ((r = read_pointer(from, op, "from")) < 0)
		return r;
	if (!moves) {
		if ((r = find_slot(&slot, tree, from, from->n, false)) < 0)
			return r;
		/* shared from now on, by both places */
		v = *slot;
		tree->token = gv_arena_alloc(&tree->arena, 1);
		return tree->token ? add(tree, to, v) : GV_ENOMEM;
	}
	if (is_within(to, from))
		return gv_err(
		    GV_EREFUSED, "a value cannot be moved into itself");
	if ((r = take_out(&v, tree, from)) < 0)
		return r;
	return add(tree, to, v);
}

static bool
is_word(const struct gv_layer_value *v, const char *word)
{
	return v->len == strlen(word) && memcmp(v->text, word, v->len) == 0;
}

static int
apply(struct gv_layer_tree *tree, const struct gv_layer_value *op,
    struct pointer *path, struct pointer *from)
{
	const struct gv_layer_value *name = gv_layer_get(op, "op", 2);
	const struct gv_layer_value *value = gv_layer_get(op, "value", 5);
	struct gv_layer_value **slot, *gone;
	int r;

	if (name == NULL || name->kind != GV_LAYER_TEXT)
		return gv_err(GV_EREFUSED, "it has no \"op\"");
	if ((r = read_pointer(path, op, "path")) < 0)
		return r;
	if (is_word(name, "remove"))
		return take_out(&gone, tree, path);
	if (is_word(name, "move") || is_word(name, "copy"))
		return move_or_copy(
		    tree, path, from, op, is_word(name, "move"));
	if (!is_word(name, "add") && !is_word(name, "replace") &&
	    !is_word(name, "test"))
		return gv_err(GV_EREFUSED,
		    "its \"op\" must be add, remove, replace, move, "
		    "copy or test");
	if (value == NULL)
		return gv_err(GV_EREFUSED, "it has no \"value\"");
	if (is_word(name, "add"))
		return add(tree, path, value);
	if (is_word(name, "replace"))
		return replace(tree, path, value);
	if ((r = find_slot(&slot, tree, path, path->n, false)) < 0)
		return r;
	return gv_layer_is_equal(*slot, value)
	    ? 0
	    : gv_err(GV_EREFUSED, "the value differs from the tested one");
}

int
gv_layer_patch(struct gv_layer_tree *tree, const struct gv_layer_value *patch)
{
	struct gv_layer_value *before = tree->root;
	struct pointer path = { .text = GV_BUF_INIT };
	struct pointer from = { .text = GV_BUF_INIT };
	uint32_t i;
	int r = 0;

	if (patch == NULL || patch->kind != GV_LAYER_LIST)
		return gv_err(GV_EREFUSED, "a patch is a list of operations");
	tree->token = gv_arena_alloc(&tree->arena, 1);
	if (tree->token == NULL ||
	    (tree->root == NULL &&
		(tree->root = gv_layer_new(tree, GV_LAYER_NULL)) == NULL)) {
		tree->root = before;
		return GV_ENOMEM;
	}
	for (i = 0; r == 0 && i < patch->n; i++)
		if ((r = apply(tree, patch->items[i], &path, &from)) < 0)
			gv_err_in(r, "operation %u", i + 1);
	if (r < 0)
		tree->root = before;
	free(path.steps);
	free(from.steps);
	gv_buf_release(&path.text);
	gv_buf_release(&from.text);
	return r;
}
