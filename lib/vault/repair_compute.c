#include "vault/repair_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "store/ref.h"
#include "store/repo.h"
#include "store/statcache.h"
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

/* And for all of them. */
#define MAX_HASHED_ALL ((uint64_t)4 << 30)

/* An object that nothing reaches. */
struct loner {
	struct gv_oid oid;
	enum gv_otype type;
	bool is_used; /* in the tree that is being tried */
};

/* The snapshots there are, and what nothing reaches. */
struct all {
	struct gv_repair_run *run;
	struct gv_refs refs;
	struct gv_oid *roots; /* zero where the commit is lost */
	bool has_loners;
	struct loner *loners;
	size_t n_loners, cap_loners;
	uint64_t hashed;
};

/* --- reading --- */

int
gv_repair_read(struct gv_object *out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type)
{
	const struct gv_repair_item *item =
	    gv_map_get(&run->items, oid->id, GV_OID_RAW);
	int r;

	if (item && item->found && item->obj.data && item->type == type) {
		*out = item->obj;
		out->owner = NULL; /* the item's own */
		return 1;
	}
	r = gv_odb_read_type(run->odb, out, oid, type);
	return r == 0 ? 1 : r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* The entry of one name. 1, 0, negative. */
static int
find_entry(struct gv_tree_entry *out, struct gv_repair_run *run,
    const struct gv_oid *tree, const char *name, size_t len)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	int r = gv_repair_read(&obj, run, tree, GV_OTYPE_TREE);

	if (r <= 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, out)) > 0)
		if (out->name_len == len && memcmp(out->name, name, len) == 0)
			break;
	out->name = NULL;
	gv_object_release(&obj);
	return r > 0;
}

int
gv_repair_find_path(struct gv_tree_entry *out, struct gv_repair_run *run,
    const struct gv_oid *tree, const char *path)
{
	const char *slash;
	int r = 1;

	memset(out, 0, sizeof(*out));
	out->mode = GV_MODE_DIR;
	out->oid = *tree;
	for (; r == 1 && *path; path = slash + (*slash == '/')) {
		struct gv_oid at = out->oid;

		slash = strchrnul(path, '/');
		r = out->mode != GV_MODE_DIR
		    ? 0
		    : find_entry(out, run, &at, path, (size_t)(slash - path));
	}
	return r;
}

int
gv_repair_offer(struct gv_repair_run *run, const struct gv_oid *oid,
    const struct gv_object *obj, const char *source, const char *detail)
{
	struct gv_repair_item *item =
	    gv_map_get(&run->items, oid->id, GV_OID_RAW);
	struct gv_object copy = *obj;

	if (item == NULL || item->found ||
	    (item->type && item->type != obj->type))
		return 0;
	copy.owner = malloc(obj->len + 1);
	if (copy.owner == NULL)
		return gv_err_nomem();
	memcpy(copy.owner, obj->data, obj->len);
	copy.data = copy.owner;
	item->source = source;
	item->detail = detail;
	return gv_repair_take(run, item, &copy);
}

/* Offer bytes as a tree. */
static int
offer_tree(struct all *all, const void *data, size_t len, const char *source)
{
	const struct gv_object obj = {
		.type = GV_OTYPE_TREE, .data = data, .len = len
	};
	struct gv_oid oid;
	int r = gv_oid_of(&oid, GV_OTYPE_TREE, data, len);

	all->hashed += len;
	return r < 0 ? r : gv_repair_offer(all->run, &oid, &obj, source, "");
}

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
	struct all *all;
	const struct gv_repair_item *item;
	struct gv_oid base; /* the tree it was taken on, for a top; or zero */
	struct gv_object trees[NEIGHBOURS];
	size_t n_trees;
	/* while it is tried */
	struct entry *entries;
	struct choice *choices;
	size_t n_entries, entries_cap, n_choices;
};

static int
add_entry(struct between *b, const struct gv_tree_entry *e, size_t from)
{
	int r = gv_vec_grow((void **)&b->entries, &b->entries_cap,
	    b->n_entries + 1, sizeof(*b->entries));

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
		r = gv_buf_check(&tree);
		if (r == 0)
			r = offer_tree(b->all, tree.p, tree.len,
			    "computed from other snapshots");
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
		r = list_entries(b, n);
		if (r == 0)
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
	struct all *all = t->b->all;
	char *id = t->tree.p + at - GV_OID_RAW;
	char before[GV_OID_RAW];
	size_t i;
	int r = 0;

	memcpy(before, id, GV_OID_RAW);
	for (i = 0; r == 0 && i < all->n_loners; i++) {
		struct loner *l = &all->loners[i];

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
		r = offer_tree(
		    t->b->all, p, t->tree.len, "computed from other snapshots");
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
add_loner(struct all *all, const struct gv_oid *oid, enum gv_otype type)
{
	int r = gv_vec_grow((void **)&all->loners, &all->cap_loners,
	    all->n_loners + 1, sizeof(*all->loners));

	if (r == 0)
		all->loners[all->n_loners++] =
		    (struct loner){ .oid = *oid, .type = type };
	return r;
}

static int
visit_loner(void *ctx, const struct gv_oid *oid)
{
	struct all *all = ctx;
	enum gv_otype type;
	size_t size;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (gv_map_get(&all->run->reached, oid->id, GV_OID_RAW) ||
	    gv_odb_read_header(all->run->odb, &type, &size, oid) < 0 ||
	    (type != GV_OTYPE_TREE && type != GV_OTYPE_BLOB))
		return 0;
	return add_loner(all, oid, type);
}

static int
list_loners(struct between *b)
{
	struct all *all = b->all;
	int r = 0;

	if (!all->has_loners)
		r = gv_odb_health_each(all->run->odb, visit_loner, all);
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
		const struct loner *l = &b->all->loners[i];

		if (l->type != GV_OTYPE_BLOB)
			continue;
		gv_buf_reset(&tree);
		gv_buf_add(&tree, data, len);
		gv_tree_add(&tree, GV_MODE_FILE, name, 4, &l->oid);
		r = gv_buf_check(&tree);
		if (r == 0)
			r = offer_tree(b->all, tree.p, tree.len,
			    "computed from other snapshots");
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
		r = offer_tree(
		    b->all, tree->data, len, "computed from other snapshots");
		if (r == 0)
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
			r = gv_buf_check(&t.tree);
			if (r == 0)
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

/* Add the tree of another snapshot at the path, if it is another one. */
static int
add_neighbour(struct between *b, const struct gv_oid *root, const char *path)
{
	struct gv_object *tree = &b->trees[b->n_trees];
	struct gv_tree_entry e;
	size_t i;
	int r;

	if (gv_oid_is_zero(root))
		return 0;
	r = gv_repair_find_path(&e, b->all->run, root, path);
	if (r == 1 && e.mode == GV_MODE_DIR)
		r = gv_repair_read(tree, b->all->run, &e.oid, GV_OTYPE_TREE);
	else
		r = r < 0 ? r : 0;
	if (r <= 0)
		return r;
	for (i = 0; i < b->n_trees; i++)
		if (b->trees[i].len == tree->len &&
		    memcmp(b->trees[i].data, tree->data, tree->len) == 0)
			break;
	if (i == b->n_trees)
		b->n_trees++;
	else
		gv_object_release(tree);
	return 0;
}

static int
find_neighbours(struct between *b, const struct gv_repair_place *p)
{
	size_t i, at = p->snapshot;
	int r = 0;

	for (i = 1; r == 0 && i <= FAR && b->n_trees < NEIGHBOURS; i++) {
		if (at >= i)
			r = add_neighbour(b, &b->all->roots[at - i], p->path);
		if (r == 0 && at + i < b->all->refs.n &&
		    b->n_trees < NEIGHBOURS)
			r = add_neighbour(b, &b->all->roots[at + i], p->path);
	}
	return r;
}

int
gv_repair_read_head(struct gv_oid *tree, struct gv_oid *parent,
    struct gv_repair_run *run, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	const char *p;
	int r = gv_repair_read(&obj, run, commit, GV_OTYPE_COMMIT);

	memset(tree, 0, sizeof(*tree));
	memset(parent, 0, sizeof(*parent));
	if (r <= 0)
		return r;
	p = (const char *)obj.data;
	if (obj.len > 46 && memcmp(p, "tree ", 5) == 0 &&
	    gv_oid_parse(tree, p + 5) == 0 && obj.len > 94 &&
	    memcmp(p + 46, "parent ", 7) == 0)
		gv_oid_parse(parent, p + 53);
	gv_object_release(&obj);
	return 0;
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

/* --- the layers that the cache of the last snapshot names --- */

static int
make_layers(struct all *all)
{
	const struct gv_statcache_head *h;
	struct gv_buf tree = GV_BUF_INIT;
	char name[16];
	uint32_t i;
	int r;

	gv_repair_cache(all->run);
	if (all->run->cache == NULL)
		return 0;
	h = all->run->cache->head;
	for (i = 0; i < h->n_layers && i < GV_STATCACHE_LAYERS; i++) {
		snprintf(
		    name, sizeof(name), "%04x", h->layers[i].number & 0xffffu);
		gv_tree_add(&tree, GV_MODE_FILE, name, 4, &h->layers[i].oid);
	}
	r = gv_buf_check(&tree);
	if (r == 0 && tree.len)
		r = offer_tree(
		    all, tree.p, tree.len, "computed from the cache");
	gv_buf_release(&tree);
	return r < 0 ? r : 0;
}

/* --- all of it --- */

static int
compute_tree(struct all *all, const struct gv_repair_place *p)
{
	struct between b = { .all = all, .item = p->item };
	size_t i;
	int r = find_neighbours(&b, p);

	if (r == 0)
		r = add_base(&b, p);
	if (r == 0)
		r = try_between(&b, strcmp(p->path, "meta/manifest") == 0);
	for (i = 0; i < b.n_trees; i++)
		gv_object_release(&b.trees[i]);
	free(b.entries);
	free(b.choices);
	return r;
}

/* Where each lost object is missed first. */
static int
list_places(struct all *all)
{
	struct gv_repair_run *run = all->run;
	struct gv_repair_item *item;
	struct gv_repair_place *p;
	size_t i, j = 0;

	run->n_places = 0;
	for (i = 0; i < run->n_faults; i++) {
		const struct gv_verify_fault *f = &run->faults[i];

		item = gv_map_get(&run->items, f->oid.id, GV_OID_RAW);
		if (item == NULL || item->found || item->is_placed)
			continue;
		for (; j < all->refs.n; j++)
			if (strcmp(all->refs.refs[j].name +
				    strlen(GV_REF_SNAPSHOTS),
				f->snapshot) == 0)
				break;
		if (j == all->refs.n) {
			j = 0;
			continue;
		}
		if (gv_vec_grow((void **)&run->places, &run->places_cap,
			run->n_places + 1, sizeof(*run->places)) < 0)
			return GV_ENOMEM;
		p = &run->places[run->n_places++];
		*p = (struct gv_repair_place){ item, all->roots[j], j, f->path,
			f->len };
		item->is_placed = true;
	}
	for (i = 0; i < run->n_places; i++)
		run->places[i].item->is_placed = false;
	return 0;
}

static int
find_all(struct all *all)
{
	struct gv_oid parent;
	size_t i;
	int r = gv_ref_list(&all->refs, all->run->repo, GV_REF_SNAPSHOTS);

	if (r == 0) {
		all->roots = calloc(all->refs.n + 1, sizeof(*all->roots));
		r = all->roots ? 0 : gv_err_nomem();
	}
	for (i = 0; r == 0 && i < all->refs.n; i++)
		r = gv_repair_read_head(
		    &all->roots[i], &parent, all->run, &all->refs.refs[i].oid);
	return r < 0 ? r : list_places(all);
}

static uint64_t
count_found(const struct gv_repair_run *run)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < run->n_places; i++)
		n += run->places[i].item->found;
	return n;
}

int
gv_repair_compute(struct gv_repair_run *run, uint64_t *made)
{
	struct all all = { .run = run };
	size_t i;
	int r = find_all(&all);

	if (r == 0)
		r = make_layers(&all);
	for (i = 0; r == 0 && i < run->n_places; i++)
		if (run->places[i].item->type == GV_OTYPE_TREE &&
		    !run->places[i].item->found && all.hashed < MAX_HASHED_ALL)
			r = compute_tree(&all, &run->places[i]);
	if (r == 0)
		r = gv_repair_chunks(run);
	if (r == 0)
		r = gv_repair_layer(run);
	*made = count_found(run);
	gv_refs_release(&all.refs);
	free(all.roots);
	free(all.loners);
	return r;
}
