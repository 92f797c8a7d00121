#include "object/tree.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/odb.h"

/* One side of a directory that differs; no bytes where it is missing. */
struct side {
	struct gv_object obj;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	bool has; /* whether e is an entry that waits */
};

struct level {
	struct side sides[2];
	size_t path_len; /* of the directory, with its '/' */
};

struct diff {
	struct gv_odb *odb;
	struct level *levels; /* a list, since trees may be very deep */
	size_t n, cap;
	struct gv_buf path;
	int (*fn)(void *ctx, const char *path, size_t len,
	    const struct gv_tree_entry *a, const struct gv_tree_entry *b);
	void *ctx;
};

static bool
is_dir(const struct gv_tree_entry *e)
{
	return e && (e->mode & 0170000) == GV_MODE_DIR;
}

static int
in_path(const struct diff *d, int r)
{
	return d->path.len ? gv_err_in(r, "%s", d->path.p) : r;
}

static int
advance(struct diff *d, struct side *s)
{
	int r = gv_tree_next(&s->it, &s->e);

	s->has = r > 0;
	return r < 0 ? in_path(d, r) : 0;
}

static int
open_side(struct diff *d, struct side *s, const struct gv_oid *tree)
{
	int r = 0;

	memset(s, 0, sizeof(*s));
	if (tree)
		r = gv_odb_read_type(d->odb, &s->obj, tree, GV_OTYPE_TREE);
	if (r < 0)
		return in_path(d, r);
	gv_tree_iter_init(&s->it, s->obj.data, s->obj.len);
	return s->obj.len ? advance(d, s) : 0;
}

static void
release_level(struct level *level)
{
	gv_object_release(&level->sides[0].obj);
	gv_object_release(&level->sides[1].obj);
}

static int
enter(struct diff *d, const struct gv_oid *a, const struct gv_oid *b)
{
	struct level *top;
	int r = GV_GROW(d->levels, d->n, d->cap);

	if (r < 0)
		return r;
	top = &d->levels[d->n];
	memset(top, 0, sizeof(*top));
	if ((r = open_side(d, &top->sides[0], a)) == 0)
		r = open_side(d, &top->sides[1], b);
	if (r < 0) {
		release_level(top);
		return r;
	}
	if (d->path.len)
		gv_buf_addch(&d->path, '/');
	top->path_len = d->path.len;
	d->n++;
	return gv_buf_check(&d->path);
}

/* One path: a or b is NULL where the other side is alone. A file and a
 * directory of one name are two paths. */
static int
compare(struct diff *d, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	const struct gv_tree_entry *any = a ? a : b;
	int r;

	if (a && b && gv_oid_equal(&a->oid, &b->oid) &&
	    (a->mode == b->mode || is_dir(a)))
		return 0;
	gv_buf_add(&d->path, any->name, any->name_len);
	r = gv_buf_check(&d->path);
	if (r < 0)
		return r;
	if (is_dir(any))
		return enter(d, a ? &a->oid : NULL, b ? &b->oid : NULL);
	return d->fn(d->ctx, d->path.p, d->path.len, a, b);
}

/* The next path of the deepest directory. */
static int
step(struct diff *d)
{
	struct level *top = &d->levels[d->n - 1];
	struct side *a = &top->sides[0], *b = &top->sides[1];
	struct gv_tree_entry ea = a->e, eb = b->e;
	int c = 0, r = 0;

	gv_buf_truncate(&d->path, top->path_len);
	if (!a->has && !b->has) {
		release_level(top);
		d->n--;
		return 0;
	}
	if (a->has && b->has)
		c = gv_path_compare(ea.name, ea.name_len, is_dir(&ea), eb.name,
		    eb.name_len, is_dir(&eb));
	else
		c = a->has ? -1 : 1;
	/* moved on first: entering a directory may move the levels */
	if (c <= 0)
		r = advance(d, a);
	if (r == 0 && c >= 0)
		r = advance(d, b);
	return r < 0 ? r : compare(d, c <= 0 ? &ea : NULL, c >= 0 ? &eb : NULL);
}

int
gv_tree_diff(struct gv_odb *odb, const struct gv_oid *a, const struct gv_oid *b,
    int (*fn)(void *ctx, const char *path, size_t len,
	const struct gv_tree_entry *a, const struct gv_tree_entry *b),
    void *ctx)
{
	struct diff d = {
		.odb = odb, .path = GV_BUF_INIT, .fn = fn, .ctx = ctx
	};
	int r;

	if ((a && b && gv_oid_equal(a, b)) || (!a && !b))
		return 0;
	r = enter(&d, a, b);
	while (r >= 0 && d.n)
		r = step(&d);
	while (d.n)
		release_level(&d.levels[--d.n]);
	free(d.levels);
	gv_buf_release(&d.path);
	return r < 0 ? r : 0;
}
