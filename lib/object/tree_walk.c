#include "object/tree.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"

/* A directory on the way down. The way is a list, not the C stack, since a
 * tree may be ten thousand deep. */
struct level {
	struct gv_object obj;
	struct gv_tree_iter it;
	size_t path_len; /* of the directory, with its '/' */
};

struct walk {
	struct gv_odb *odb;
	struct level *levels;
	size_t n, cap;
	struct gv_buf path;
	bool is_mended;
};

static int
enter(struct walk *w, const struct gv_oid *tree)
{
	struct level *top;
	int r = GV_GROW(w->levels, w->n, w->cap);

	if (r < 0)
		return r;
	top = &w->levels[w->n];
	r = gv_odb_read_type(w->odb, &top->obj, tree, GV_OTYPE_TREE);
	if (r < 0)
		return w->path.len ? gv_err_in(r, "%s", w->path.p) : r;
	(w->is_mended ? gv_tree_iter_mend : gv_tree_iter_init)(
	    &top->it, top->obj.data, top->obj.len);
	if (w->path.len)
		gv_buf_addch(&w->path, '/');
	top->path_len = w->path.len;
	w->n++;
	return gv_buf_check(&w->path);
}

/* The next entry of the deepest directory; 0 where it has no more. */
static int
next(struct walk *w, struct gv_tree_entry *e)
{
	struct level *top = &w->levels[w->n - 1];
	int r = gv_tree_next(&top->it, e);

	gv_buf_truncate(&w->path, top->path_len);
	if (r < 0)
		return top->path_len ? gv_err_in(r, "%s", w->path.p) : r;
	if (r == 0) {
		gv_object_release(&top->obj);
		w->n--;
		return 0;
	}
	gv_buf_add(&w->path, e->name, e->name_len);
	r = gv_buf_check(&w->path);
	return r < 0 ? r : 1;
}

static int
walk(struct walk *w, const struct gv_oid *tree,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_tree_entry *e),
    void *ctx)
{
	struct gv_tree_entry e;
	int r = enter(w, tree);

	while (r >= 0 && w->n) {
		r = next(w, &e);
		if (r <= 0)
			continue;
		r = fn(ctx, w->path.p, w->path.len, &e);
		if (r == 0 && (e.mode & 0170000) == GV_MODE_DIR)
			r = enter(w, &e.oid);
	}
	while (w->n)
		gv_object_release(&w->levels[--w->n].obj);
	free(w->levels);
	gv_buf_release(&w->path);
	return r < 0 ? r : 0;
}

int
gv_tree_walk(struct gv_odb *odb, const struct gv_oid *tree,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_tree_entry *e),
    void *ctx)
{
	struct walk w = { .odb = odb, .path = GV_BUF_INIT };

	return walk(&w, tree, fn, ctx);
}

int
gv_tree_walk_mend(struct gv_odb *odb, const struct gv_oid *tree,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_tree_entry *e),
    void *ctx)
{
	struct walk w = { .odb = odb, .path = GV_BUF_INIT, .is_mended = true };

	return walk(&w, tree, fn, ctx);
}
