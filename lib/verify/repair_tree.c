#include "verify/repair_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "sys/cancel.h"

/*
 * A lost tree stood between those that other snapshots have at its path: what
 * it held is mostly what the one or the other of its neighbours holds, name by
 * name. What it alone held is reached by nothing now, so whatever is stored
 * and not reached may have stood in it. And the list of a manifest's layers
 * begins as the next one's. All of that is tried, as far as it is little, and
 * the id says which was right.
 */
#define NEIGHBOURS  6
#define FAR         24 /* how many snapshots away a neighbour is looked for */
#define SUBSTITUTES 3  /* names that stand for what is not reached, at most */

/* So many bytes are hashed for one tree at most, of each way to try. */
#define MAX_HASHED ((uint64_t)128 << 20)

/* --- between its neighbours --- */

/* What a neighbour has. */
struct entry {
	struct gv_tree_entry e;
	size_t from; /* the number of the neighbour */
};

/* A name with all that it may stand for. */
struct choice {
	const struct entry *first;
	size_t n;      /* entries */
	bool may_lack; /* one neighbour does not have it */
	size_t at;     /* of those, the present one; n: absent */
};

struct between {
	struct gv_repair_all *all;
	const struct gv_repair_item *item;
	struct gv_oid base; /* the tree it was taken on, for a top; or zero */
	struct gv_object trees[NEIGHBOURS];
	size_t n_trees;
	const char *source;
	/* while it is tried */
	struct entry *entries;
	struct choice *choices;
	size_t n_entries, entries_cap, n_choices;
};

static int
add_entry(struct between *b, const struct gv_tree_entry *e, size_t from)
{
	int r = GV_GROW(b->entries, b->n_entries, b->entries_cap);

	if (r == 0)
		b->entries[b->n_entries++] = (struct entry){ *e, from };
	return r;
}

static int
by_name(const void *a, const void *b)
{
	const struct gv_tree_entry *x = &((const struct entry *)a)->e;
	const struct gv_tree_entry *y = &((const struct entry *)b)->e;

	return gv_path_compare(x->name, x->name_len, x->mode == GV_MODE_DIR,
	    y->name, y->name_len, y->mode == GV_MODE_DIR);
}

static int
by_name_and_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = by_name(a, b);

	return c ? c : (x->from > y->from) - (x->from < y->from);
}

/* The entries of the first `n` neighbours in order. */
static int
list_entries(struct between *b, size_t n)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t i;
	int r = 0;

	b->n_entries = 0;
	for (i = 0; r == 0 && i < n; i++) {
		gv_tree_iter_init(&it, b->trees[i].data, b->trees[i].len);
		while ((r = gv_tree_next(&it, &e)) > 0)
			if (add_entry(b, &e, i) < 0)
				return GV_ENOMEM;
		r = r == GV_ECORRUPT ? 0 : r;
	}
	if (r == 0 && b->n_entries)
		qsort(b->entries, b->n_entries, sizeof(*b->entries),
		    by_name_and_place);
	return r;
}

/* Take one name's entries, each distinct one once. */
static size_t
take_choice(struct choice *c, struct entry *first, size_t n, size_t trees)
{
	size_t i, j;

	*c = (struct choice){ .first = first };
	for (i = 0; i < n; i++) {
		for (j = 0; j < c->n; j++)
			if (first[j].e.mode == first[i].e.mode &&
			    gv_oid_equal(&first[j].e.oid, &first[i].e.oid))
				break;
		if (j == c->n)
			first[c->n++] = first[i];
	}
	c->may_lack = n < trees;
	return c->n + c->may_lack;
}

/* 1 where there is so little to choose that all of it can be tried, else 0. */
static int
list_choices(struct between *b, size_t trees)
{
	uint64_t tries = 1, len = 1;
	size_t i, n;

	free(b->choices);
	b->n_choices = 0;
	b->choices = calloc(b->n_entries + 1, sizeof(*b->choices));
	if (b->choices == NULL)
		return gv_err_nomem();
	for (i = 0; i < b->n_entries; i += n) {
		for (n = 1; i + n < b->n_entries; n++)
			if (by_name(&b->entries[i], &b->entries[i + n]) != 0)
				break;
		len += b->entries[i].e.name_len + 8 + GV_OID_RAW;
		tries *= take_choice(
		    &b->choices[b->n_choices++], &b->entries[i], n, trees);
		if (tries * len > MAX_HASHED)
			return 0;
	}
	return 1;
}

/* Go on to the next choice of all; false after the last. */
static bool
choose_next(struct between *b)
{
	size_t i;

	for (i = 0; i < b->n_choices; i++) {
		struct choice *c = &b->choices[i];

		if (++c->at < c->n + c->may_lack)
			return true;
		c->at = 0;
	}
	return false;
}

static int
try_all(struct between *b)
{
	struct gv_buf tree = GV_BUF_INIT;
	size_t i;
	int r = 0;

	do {
		gv_buf_reset(&tree);
		for (i = 0; i < b->n_choices; i++) {
			const struct choice *c = &b->choices[i];
			const struct gv_tree_entry *e = &c->first[c->at].e;

			if (c->at < c->n)
				gv_tree_add(&tree, e->mode, e->name,
				    e->name_len, &e->oid);
		}
		if ((r = gv_buf_check(&tree)) == 0)
			r = gv_repair_offer_tree(
			    b->all, tree.p, tree.len, b->source);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	} while (r == 0 && !b->item->found && choose_next(b));
	gv_buf_release(&tree);
	return r < 0 ? r : 0;
}

/* All choices among neighbours, the nearest first. */
static int
try_choices(struct between *b)
{
	size_t n;
	int r = 0;

	for (n = 1; r == 0 && !b->item->found && n <= b->n_trees; n++) {
		if ((r = list_entries(b, n)) == 0)
			r = list_choices(b, n);
		if (r <= 0)
			break;
		r = try_all(b);
	}
	return r;
}

/* --- with what nothing reaches --- */

/* A neighbour's tree in which some names come to stand for loners. */
struct trial {
	struct between *b;
	struct gv_buf tree;
	uint64_t hashed;
};

static int try_substitutes(struct trial *t, size_t from, unsigned depth);

/* Let the name whose id stands at `at` stand for each loner. */
static int
substitute(struct trial *t, size_t at, enum gv_otype type, unsigned depth)
{
	struct gv_repair_all *all = t->b->all;
	char *id = t->tree.p + at - GV_OID_RAW;
	char before[GV_OID_RAW];
	size_t i;
	int r = 0;

	memcpy(before, id, GV_OID_RAW);
	for (i = 0; r == 0 && i < all->n_loners; i++) {
		struct gv_repair_loner *l = &all->loners[i];

		if (l->type != type || l->is_used)
			continue;
		memcpy(id, l->oid.id, GV_OID_RAW);
		l->is_used = true;
		r = try_substitutes(t, at, depth - 1);
		l->is_used = false;
	}
	memcpy(id, before, GV_OID_RAW);
	return r;
}

/* Try the tree as it is where nothing more is to be put into it; else put
 * something into it behind `from`. 1 where the search is at its end. */
static int
try_substitutes(struct trial *t, size_t from, unsigned depth)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	const unsigned char *p = (const unsigned char *)t->tree.p;
	int r = 0;

	if (depth == 0) {
		t->hashed += t->tree.len;
		r = gv_repair_offer_tree(
		    t->b->all, p, t->tree.len, t->b->source);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
		return r ? r : t->hashed > MAX_HASHED;
	}
	gv_tree_iter_init(&it, p + from, t->tree.len - from);
	while (r == 0 && gv_tree_next(&it, &e) > 0)
		if (e.mode != GV_MODE_GIT)
			r = substitute(t, (size_t)(it.p - p),
			    e.mode == GV_MODE_DIR ? GV_OTYPE_TREE
						  : GV_OTYPE_BLOB,
			    depth);
	return r;
}

static int
add_loner(
    struct gv_repair_all *all, const struct gv_oid *oid, enum gv_otype type)
{
	int r = GV_GROW(all->loners, all->n_loners, all->cap_loners);

	if (r == 0)
		all->loners[all->n_loners++] =
		    (struct gv_repair_loner){ .oid = *oid, .type = type };
	return r;
}

static int
visit_loner(void *ctx, const struct gv_oid *oid)
{
	struct gv_repair_all *all = ctx;
	enum gv_otype type;
	size_t size;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (gv_map_get(&all->run->reached, oid->id, GV_OID_RAW) ||
	    gv_odb_read_header(all->run->lenient, &type, &size, oid) < 0 ||
	    (type != GV_OTYPE_TREE && type != GV_OTYPE_BLOB))
		return 0;
	return add_loner(all, oid, type);
}

/* What was found for no snapshot, and only then can be read. */
static int
visit_items(struct gv_repair_all *all)
{
	const struct gv_map *items = &all->run->items;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < items->cap; i++) {
		const struct gv_repair_item *item = items->slots[i].value;

		if (item && item->found &&
		    (item->type == GV_OTYPE_TREE ||
			item->type == GV_OTYPE_BLOB) &&
		    !gv_map_get(&all->run->reached, item->oid.id, GV_OID_RAW))
			r = add_loner(all, &item->oid, item->type);
	}
	return r;
}

static int
list_loners(struct between *b)
{
	struct gv_repair_all *all = b->all;
	int r = 0;

	if (!all->has_loners)
		r = gv_odb_health_each(all->run->lenient, visit_loner, all);
	if (r == 0 && !all->has_loners)
		r = visit_items(all);
	all->has_loners = true;
	return r == 0 && !gv_oid_is_zero(&b->base)
	    ? add_loner(all, &b->base, GV_OTYPE_TREE)
	    : r;
}

/* --- a list of layers --- */

/* The beginning of a list, with one more layer behind it. */
static int
try_longer(struct between *b, const void *data, size_t len, unsigned number)
{
	struct gv_buf tree = GV_BUF_INIT;
	char name[16];
	size_t i;
	int r = 0;

	snprintf(name, sizeof(name), "%04x", number & 0xffffu);
	for (i = 0; r == 0 && i < b->all->n_loners; i++) {
		const struct gv_repair_loner *l = &b->all->loners[i];

		if (l->type != GV_OTYPE_BLOB)
			continue;
		gv_buf_reset(&tree);
		gv_buf_add(&tree, data, len);
		gv_tree_add(&tree, GV_MODE_FILE, name, 4, &l->oid);
		if ((r = gv_buf_check(&tree)) == 0)
			r = gv_repair_offer_tree(
			    b->all, tree.p, tree.len, b->source);
	}
	gv_buf_release(&tree);
	return r;
}

/* It only grows, by numbers without a gap, until the last few are merged. */
static int
try_layers(struct between *b, const struct gv_object *tree)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	unsigned last = 0, number;
	int r = 0;

	gv_tree_iter_init(&it, tree->data, tree->len);
	while (gv_tree_next(&it, &e) > 0)
		last = (unsigned)strtoul(e.name, NULL, 16);
	gv_tree_iter_init(&it, tree->data, tree->len);
	while (r == 0 && gv_tree_next(&it, &e) > 0) {
		const size_t len = (size_t)(it.p - tree->data);

		number = (unsigned)strtoul(e.name, NULL, 16);
		if ((r = gv_repair_offer_tree(
			 b->all, tree->data, len, b->source)) == 0)
			r = try_longer(b, tree->data, len, number + 1);
		if (r == 0 && number != last)
			r = try_longer(b, tree->data, len, last + 1);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	return r < 0 ? r : 0;
}

/* --- all the ways --- */

static int
try_loners(struct between *b)
{
	struct trial t = { .b = b, .tree = GV_BUF_INIT };
	unsigned depth;
	size_t i;
	int r = 0;

	for (depth = 1; depth <= SUBSTITUTES; depth++)
		for (i = 0; r == 0 && !b->item->found && i < b->n_trees; i++) {
			gv_buf_reset(&t.tree);
			gv_buf_add(&t.tree, b->trees[i].data, b->trees[i].len);
			if ((r = gv_buf_check(&t.tree)) == 0)
				r = try_substitutes(&t, 0, depth);
		}
	gv_buf_release(&t.tree);
	return r < 0 ? r : 0;
}

static int
try_between(struct between *b, bool is_layers)
{
	const bool has_base = !gv_oid_is_zero(&b->base);
	size_t i;
	int r = try_choices(b);

	if (r == 0 && !b->item->found)
		r = list_loners(b);
	if (r < 0 || b->item->found)
		return r;
	for (i = 0; is_layers && r == 0 && i < b->n_trees; i++)
		r = try_layers(b, &b->trees[i]);
	if (r == 0)
		r = try_loners(b);
	b->all->n_loners -= has_base;
	return r;
}

/* --- the neighbours --- */

/* Keep the tree that was read behind the others, if it is another one. */
static bool
keep_neighbour(struct between *b)
{
	struct gv_object *tree = &b->trees[b->n_trees];
	size_t i;

	for (i = 0; i < b->n_trees; i++)
		if (b->trees[i].len == tree->len &&
		    memcmp(b->trees[i].data, tree->data, tree->len) == 0) {
			gv_object_release(tree);
			return false;
		}
	b->n_trees++;
	return true;
}

/* Add the tree of another snapshot at the path. */
static int
add_neighbour(struct between *b, const struct gv_oid *root, const char *path)
{
	struct gv_tree_entry e;
	int r;

	if (gv_oid_is_zero(root))
		return 0;
	r = gv_repair_find_path(&e, b->all->run, root, path);
	if (r == 1 && e.mode == GV_MODE_DIR)
		r = gv_repair_read(
		    &b->trees[b->n_trees], b->all->run, &e.oid, GV_OTYPE_TREE);
	else
		r = r < 0 ? r : 0;
	if (r == 1)
		keep_neighbour(b);
	return r < 0 ? r : 0;
}

/* The working tree stands where the next snapshot would. */
static int
add_survey(struct between *b, const char *path)
{
	int r = gv_repair_survey_at(&b->trees[b->n_trees], b->all->run, path);

	if (r == 1 && keep_neighbour(b))
		b->source =
		    "computed from other snapshots and the working tree";
	return r < 0 ? r : 0;
}

static int
find_neighbours(struct between *b, const struct gv_repair_place *p)
{
	const size_t n = b->all->refs.n;
	size_t i, at = p->snapshot;
	int r = 0;

	for (i = 1; r == 0 && i <= FAR && b->n_trees < NEIGHBOURS; i++) {
		if (at >= i)
			r = add_neighbour(b, &b->all->roots[at - i], p->path);
		if (r < 0 || b->n_trees == NEIGHBOURS)
			break;
		if (at + i < n)
			r = add_neighbour(b, &b->all->roots[at + i], p->path);
		else if (at + i == n)
			r = add_survey(b, p->path);
	}
	return r;
}

/* The commit that the snapshot was taken on has the path too; and the top of a
 * snapshot of a clean working tree has that commit's very tree. */
static int
add_base(struct between *b, const struct gv_repair_place *p)
{
	struct gv_oid tree, base, none;
	int r = gv_repair_read_head(
	    &tree, &base, b->all->run, &b->all->refs.refs[p->snapshot].oid);

	if (r < 0 || gv_oid_is_zero(&base))
		return r;
	r = gv_repair_read_head(&tree, &none, b->all->run, &base);
	if (r == 0 && p->len == 0)
		b->base = tree;
	if (r < 0 || strncmp(p->path, "tree", 4) != 0 ||
	    b->n_trees == NEIGHBOURS)
		return r;
	return add_neighbour(b, &tree, p->path + 4 + (p->path[4] == '/'));
}

/* --- all of it --- */

int
gv_repair_tree(struct gv_repair_all *all, const struct gv_repair_place *p)
{
	struct between b = { .all = all,
		.item = p->item,
		.source = "computed from other snapshots" };
	size_t i;
	int r = find_neighbours(&b, p);

	if (r == 0 && (r = add_base(&b, p)) == 0)
		r = try_between(&b, strcmp(p->path, "meta/manifest") == 0);
	for (i = 0; i < b.n_trees; i++)
		gv_object_release(&b.trees[i]);
	free(b.entries);
	free(b.choices);
	return r;
}
