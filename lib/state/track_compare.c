#include "state/track_diff.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "state/track_internal.h"
#include "state/track_move.h"
#include "state/track_patch.h"
#include "state/track_rekey.h"
#include "state/track_values.h"
#include "sys/clock.h"

/* An item, and what it is found by: its address and its deposed key. */
struct keyed {
	const struct gv_track_item *item;
	const char *key;
	size_t len;
};

/* One side: the leaves that the other lacks, and the items in them. */
struct side {
	struct gv_oid *leaves;
	size_t n, cap;
	struct gv_map set;   /* of the leaves */
	struct gv_map items; /* by address and deposed key */
	struct keyed *list;
	size_t n_items, cap_items;
};

struct diff {
	struct gv_odb *odb;
	struct gv_arena arena;
	struct side a, b;
	struct gv_track_change *changes;
	size_t n, cap;
};

/* ---- leaves ------------------------------------------------------------- */

static int
add_leaf(struct side *side, const struct gv_tree_entry *e)
{
	int r = 0;

	if (e)
		r = GV_GROW(side->leaves, side->n, side->cap);
	if (e && r == 0)
		side->leaves[side->n++] = e->oid;
	return r;
}

static int
add_leaves(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct diff *d = ctx;
	int r = add_leaf(&d->a, a);

	(void)path;
	(void)len;
	return r < 0 ? r : add_leaf(&d->b, b);
}

/* Names say the place, so what has only moved is on both sides. */
static int
index_leaves(struct side *side)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < side->n; i++)
		r = gv_map_put(&side->set, side->leaves[i].id, GV_OID_RAW,
		    &side->leaves[i]);
	return r;
}

static int
load_leaf(struct gv_track_leaf *out, struct diff *d, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(d->odb, &obj, oid, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_track_leaf_read(out, &d->arena, obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}

static int
add_item(struct diff *d, struct side *side, struct gv_track_item *item)
{
	size_t n = strlen(item->address), m = strlen(item->deposed);
	char *key = gv_arena_alloc(&d->arena, n + 1 + m);
	int r = key ? 0 : GV_ENOMEM;

	if (r < 0)
		return r;
	memcpy(key, item->address, n + 1);
	memcpy(key + n + 1, item->deposed, m);
	if ((r = GV_GROW(side->list, side->n_items, side->cap_items)) < 0 ||
	    (r = gv_map_put(&side->items, key, n + 1 + m, item)) < 0)
		return r;
	side->list[side->n_items++] = (struct keyed){ item, key, n + 1 + m };
	return 0;
}

static int
load_side(struct diff *d, struct side *side, const struct side *other)
{
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < side->n; i++) {
		struct gv_track_leaf leaf = { .n = 0 };

		if (gv_map_get(&other->set, side->leaves[i].id, GV_OID_RAW))
			continue;
		r = load_leaf(&leaf, d, &side->leaves[i]);
		for (k = 0; r == 0 && k < leaf.n; k++) {
			leaf.items[k].leaf = &side->leaves[i];
			r = add_item(d, side, &leaf.items[k]);
		}
	}
	return r;
}

static int
find_index(struct gv_oid *out, struct gv_odb *odb, const struct gv_oid *root)
{
	unsigned mode;
	int r = gv_tree_find(odb, root, "index", &mode, out);

	return r == GV_ENOTFOUND ? gv_err(GV_ECORRUPT, "it has no index") : r;
}

static int
load(struct diff *d, const struct gv_track_version *a,
    const struct gv_track_version *b)
{
	struct gv_oid index_a, index_b;
	int r;

	if ((r = find_index(&index_a, d->odb, &a->tree)) < 0 ||
	    (r = find_index(&index_b, d->odb, &b->tree)) < 0)
		return r;
	r = gv_tree_diff(d->odb, &index_a, &index_b, add_leaves, d);
	if (r < 0 || (r = index_leaves(&d->a)) < 0 ||
	    (r = index_leaves(&d->b)) < 0 ||
	    (r = load_side(d, &d->a, &d->b)) < 0)
		return r;
	return load_side(d, &d->b, &d->a);
}

/* ---- items -------------------------------------------------------------- */

static const struct gv_track_item *
find(const struct side *side, const struct keyed *k)
{
	return gv_map_get(&side->items, k->key, k->len);
}

/* The attributes of an item by their names. */
struct names {
	const struct gv_track_item *item;
	struct gv_map map; /* filled once it is needed */
};

static int
fill(struct names *names)
{
	const struct gv_track_item *item = names->item;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < item->n_has; i++)
		r = gv_map_put(&names->map, item->has[i].name,
		    strlen(item->has[i].name), (void *)&item->has[i]);
	return r;
}

/* Of the other item, which has it most likely in the same place. *out is NULL
 * where it has it not. 0 or GV_ENOMEM. */
static int
find_has(const struct gv_track_has **out, struct names *names, const char *name,
    size_t at)
{
	const struct gv_track_item *item = names->item;
	int r = 0;

	*out = at < item->n_has ? &item->has[at] : NULL;
	if (*out && strcmp((*out)->name, name) == 0)
		return 0;
	if (names->map.n == 0)
		r = fill(names);
	*out = gv_map_get(&names->map, name, strlen(name));
	return r;
}

/* What is another one is another thing: an object of a cluster or of Docker
 * that was made again under its name. */
bool
gv_track_is_identity(const char *name)
{
	return strcmp(name, "id") == 0 || strcmp(name, "metadata.uid") == 0 ||
	    strcmp(name, "ID") == 0 || strcmp(name, "Id") == 0;
}

static void
add_attribute(struct gv_track_change *c, struct gv_track_changed *out,
    const char *name, enum gv_track_change_kind kind)
{
	out[c->n++] = (struct gv_track_changed){ name, kind };
	if (kind == GV_TRACK_MODIFIED && gv_track_is_identity(name))
		c->kind = GV_TRACK_REPLACED;
}

static int
compare_attributes(struct gv_track_change *c, struct gv_track_changed *out)
{
	struct names a = { c->a, GV_MAP_INIT }, b = { c->b, GV_MAP_INIT };
	const struct gv_track_has *has;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->a->n_has; i++) {
		const struct gv_track_has *was = &c->a->has[i];

		r = find_has(&has, &b, was->name, i);
		if (r == 0 && has == NULL)
			add_attribute(c, out, was->name, GV_TRACK_DELETED);
		else if (r == 0 && strcmp(was->sum, has->sum) != 0)
			add_attribute(c, out, was->name, GV_TRACK_MODIFIED);
	}
	for (i = 0; r == 0 && i < c->b->n_has; i++) {
		const char *name = c->b->has[i].name;

		if ((r = find_has(&has, &a, name, i)) == 0 && has == NULL)
			add_attribute(c, out, name, GV_TRACK_ADDED);
	}
	gv_map_release(&a.map);
	gv_map_release(&b.map);
	return r;
}

static int
add_change(struct diff *d, const struct gv_track_item *a,
    const struct gv_track_item *b)
{
	struct gv_track_change c = { .a = a, .b = b };
	struct gv_track_changed *room;
	int r;

	c.kind = a == NULL ? GV_TRACK_ADDED
	    : b == NULL    ? GV_TRACK_DELETED
			   : GV_TRACK_MODIFIED;
	if (a && b) {
		if (strcmp(a->sum, b->sum) == 0)
			return 0;
		room = gv_arena_alloc(
		    &d->arena, (a->n_has + b->n_has + 1) * sizeof(*room));
		if (room == NULL)
			return GV_ENOMEM;
		r = compare_attributes(&c, room);
		if (r < 0)
			return r;
		c.attributes = room;
	}
	if ((r = GV_GROW(d->changes, d->n, d->cap)) == 0)
		d->changes[d->n++] = c;
	return r;
}

/* What was moved stands where it is now. */
static const char *
address(const struct gv_track_change *c)
{
	bool of_b = c->a == NULL || c->kind == GV_TRACK_MOVED;

	return of_b ? c->b->address : c->a->address;
}

static int
by_address(const void *x, const void *y)
{
	return strcmp(address(x), address(y));
}

static int
compare(struct diff *d)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->a.n_items; i++)
		r = add_change(
		    d, d->a.list[i].item, find(&d->b, &d->a.list[i]));
	for (i = 0; r == 0 && i < d->b.n_items; i++)
		if (find(&d->a, &d->b.list[i]) == NULL)
			r = add_change(d, NULL, d->b.list[i].item);
	return r;
}

/* ---- with a key --------------------------------------------------------- */

static const struct gv_state_item *
values_of(
    const struct gv_track_values *values, const struct gv_track_item *item)
{
	return item ? gv_track_values_find(values, item->address, item->deposed)
		    : NULL;
}

static int
learn(void *patch, const struct gv_state_item *item)
{
	return gv_track_patch_learn(patch, item);
}

/* All changes; with their values where there is a patch. */
static int
tell(struct diff *d, struct gv_track_patch *patch,
    const struct gv_track_move *m,
    int (*fn)(void *ctx, const struct gv_track_change *change), void *ctx)
{
	size_t i;
	int r = 0;

	if (d->n)
		qsort(d->changes, d->n, sizeof(*d->changes), by_address);
	for (i = 0; r == 0 && i < d->n; i++) {
		struct gv_track_change *c = &d->changes[i];

		if (patch)
			r = gv_track_patch_make(patch, c,
			    values_of(m->was, c->a), values_of(m->is, c->b));
		if (r == 0)
			r = fn(ctx, c);
	}
	return r;
}

static int
tell_with(struct diff *d, struct gv_track_move *m,
    int (*fn)(void *ctx, const struct gv_track_change *change), void *ctx)
{
	struct gv_track_patch *patch = NULL;
	int r;

	m->arena = &d->arena;
	m->changes = d->changes;
	m->n = d->n;
	r = gv_track_move_find(m);
	d->n = m->n;
	if (r < 0)
		goto out;
	if (m->with->values && d->n &&
	    (r = gv_track_patch_new(&patch, m->repo)) < 0)
		goto out;
	if (patch && (r = gv_track_values_each(m->was, learn, patch)) < 0)
		goto out;
	if (patch && (r = gv_track_values_each(m->is, learn, patch)) < 0)
		goto out;
	r = tell(d, patch, m, fn, ctx);
out:
	gv_track_patch_free(patch);
	gv_track_move_release(m);
	return r;
}

static void
release(struct side *side)
{
	free(side->leaves);
	free(side->list);
	gv_map_release(&side->set);
	gv_map_release(&side->items);
}

static void
tell_two_keys(char *out, size_t room, const struct gv_track_version *a,
    const struct gv_track_version *b)
{
	char hex_a[GV_OID_HEX + 1], hex_b[GV_OID_HEX + 1];

	gv_oid_format(hex_a, &a->commit);
	gv_oid_format(hex_b, &b->commit);
	snprintf(out, room,
	    "versions %.12s and %.12s of %s/%s were saved under different id "
	    "keys, so only a key that opens both can compare them",
	    hex_a, hex_b, a->env, a->stack);
}

/* The digests say nothing of each other: make those of both sides again, under
 * a key of this diff alone. */
static int
rekey(struct diff *d, struct gv_track_move *m)
{
	unsigned char key[GV_TRACK_LEAF_KEY];
	struct gv_track_rekey how = {
		.repo = m->repo, .v = m->a, .key = key, .arena = &d->arena
	};
	unsigned char was[sizeof(how.sum)];
	char why[300];
	int r;

	tell_two_keys(why, sizeof(why), m->a, m->b);
	if (m->with == NULL)
		return gv_err(GV_EREFUSED, "%s", why);
	if ((r = gv_track_with_open(&how.safe, m->with)) == 0 &&
	    (r = gv_clock_random(key, sizeof(key))) == 0)
		r = gv_track_rekey(&d->a.items, &how);
	memcpy(was, how.sum, sizeof(was));
	how.v = m->b;
	if (r == 0)
		r = gv_track_rekey(&d->b.items, &how);
	m->with->is_same = r == 0 && memcmp(was, how.sum, sizeof(was)) == 0;
	explicit_bzero(was, sizeof(was));
	explicit_bzero(how.sum, sizeof(how.sum));
	explicit_bzero(key, sizeof(key));
	return r == GV_ENOKEY ? gv_err_in(r, "%s", why) : r;
}

int
gv_track_with_open(struct gv_safe **out, struct gv_track_with *with)
{
	int r = with->safe ? 0 : with->open(with->ctx, &with->safe);

	*out = with->safe;
	return r;
}

int
gv_track_diff(struct gv_repo *repo, const struct gv_track_version *a,
    const struct gv_track_version *b, struct gv_track_with *with,
    int (*fn)(void *ctx, const struct gv_track_change *change), void *ctx)
{
	struct diff d = { .arena = GV_ARENA_INIT };
	struct gv_track_move m = { .repo = repo, .a = a, .b = b, .with = with };
	int r;

	if ((r = gv_repo_odb(repo, &d.odb)) < 0 || (r = load(&d, a, b)) < 0)
		goto out;
	if (strcmp(a->key, b->key) != 0 && (r = rekey(&d, &m)) != 0)
		goto out;
	if ((r = compare(&d)) < 0)
		goto out;
	r = with && !with->keys_only ? tell_with(&d, &m, fn, ctx)
				     : tell(&d, NULL, NULL, fn, ctx);
out:
	free(d.changes);
	release(&d.a);
	release(&d.b);
	gv_arena_release(&d.arena);
	return r < 0 ? r : 0;
}

/* ---- all items ---------------------------------------------------------- */

struct listing {
	struct diff d;
	int (*fn)(void *ctx, const struct gv_track_item *item);
	void *ctx;
};

static int
list_leaf(void *ctx, const struct gv_tree_entry *e)
{
	struct listing *l = ctx;
	struct gv_track_leaf leaf;
	size_t i;
	int r = load_leaf(&leaf, &l->d, &e->oid);

	for (i = 0; r == 0 && i < leaf.n; i++)
		r = l->fn(l->ctx, &leaf.items[i]);
	gv_arena_release(&l->d.arena);
	return r;
}

int
gv_track_items(struct gv_repo *repo, const struct gv_track_version *v,
    int (*fn)(void *ctx, const struct gv_track_item *item), void *ctx)
{
	struct listing l = {
		.d = { .arena = GV_ARENA_INIT }, .fn = fn, .ctx = ctx
	};
	int r = gv_repo_odb(repo, &l.d.odb);

	if (r == 0)
		r = gv_track_tree_each(
		    l.d.odb, &v->tree, "index", list_leaf, NULL, &l);
	gv_arena_release(&l.d.arena);
	return r;
}
