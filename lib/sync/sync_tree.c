#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "sync/sync_internal.h"

/*
 * Three trees side by side, in Git's order: the names that come next in any of
 * them are one entry of what they become. A level of folders is all there is in
 * statements of the vault; deeper ones are merged all the same.
 */

#define LEVELS 8

struct side {
	struct gv_object obj;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	bool has; /* an entry that comes next */
};

struct level {
	const struct gv_sync_tree *t;
	const char *folder;
	int depth;
	struct side sides[GV_SYNC_WHERES];
	struct gv_buf tree;
};

int
gv_sync_choose(
    struct gv_oid *out, const struct gv_oid *const sides[GV_SYNC_WHERES])
{
	const struct gv_oid *base = sides[GV_SYNC_AT_BASE];
	const struct gv_oid *ours = sides[GV_SYNC_AT_OURS];
	const struct gv_oid *theirs = sides[GV_SYNC_AT_THEIRS];

	if (gv_oid_equal(ours, theirs) || gv_oid_equal(theirs, base))
		*out = *ours;
	else if (gv_oid_equal(ours, base) || gv_oid_is_zero(ours))
		*out = *theirs;
	else if (gv_oid_is_zero(theirs))
		*out = *ours;
	else
		return 0;
	return 1;
}

static int
advance(struct side *s)
{
	int r = gv_tree_next(&s->it, &s->e);

	s->has = r > 0;
	return r < 0 ? r : 0;
}

static int
load(struct side *s, struct gv_odb *odb, const struct gv_oid *tree)
{
	int r;

	if (gv_oid_is_zero(tree))
		return 0;
	r = gv_odb_read_type(odb, &s->obj, tree, GV_OTYPE_TREE);
	if (r < 0)
		return r;
	gv_tree_iter_init(&s->it, s->obj.data, s->obj.len);
	return advance(s);
}

static int
compare(const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	return gv_path_compare(a->name, a->name_len, a->mode == GV_MODE_DIR,
	    b->name, b->name_len, b->mode == GV_MODE_DIR);
}

/* The entry that comes first; NULL at the end of all. */
static const struct gv_tree_entry *
first(const struct level *l)
{
	const struct gv_tree_entry *e = NULL;
	size_t i;

	for (i = 0; i < GV_SYNC_WHERES; i++)
		if (l->sides[i].has &&
		    (e == NULL || compare(&l->sides[i].e, e) < 0))
			e = &l->sides[i].e;
	return e;
}

static int merge_level(const struct gv_sync_tree *t, const char *folder,
    int depth, struct gv_oid *out, const struct gv_oid trees[GV_SYNC_WHERES]);

/* Whether not both sides have changed it. What is to go may be in folders that
 * nobody has changed, so that is asked for without such. */
static bool
is_settled(const struct gv_oid oids[GV_SYNC_WHERES])
{
	return gv_oid_equal(&oids[GV_SYNC_AT_OURS], &oids[GV_SYNC_AT_THEIRS]) ||
	    gv_oid_equal(&oids[GV_SYNC_AT_OURS], &oids[GV_SYNC_AT_BASE]) ||
	    gv_oid_equal(&oids[GV_SYNC_AT_THEIRS], &oids[GV_SYNC_AT_BASE]);
}

/* What one name becomes; zero: nothing. */
static int
merge_entry(struct level *l, const struct gv_tree_entry *e, struct gv_oid *out,
    const struct gv_oid oids[GV_SYNC_WHERES])
{
	const struct gv_oid *const sides[] = { &oids[GV_SYNC_AT_BASE],
		&oids[GV_SYNC_AT_OURS], &oids[GV_SYNC_AT_THEIRS] };
	bool is_folder = e->mode == GV_MODE_DIR;

	memset(out, 0, sizeof(*out));
	if (!is_folder && l->t->out &&
	    gv_map_get(l->t->out, e->name, e->name_len))
		return 0;
	if (!is_folder && l->t->held && strcmp(l->folder, "pinned") == 0 &&
	    gv_map_get(l->t->held, e->name, e->name_len)) {
		*out = oids[GV_SYNC_AT_OURS];
		return 0;
	}
	/* a folder that one side has not is one without files */
	if (is_folder &&
	    !(l->t->out == NULL && l->t->held == NULL && is_settled(oids)))
		return merge_level(l->t, e->name, l->depth + 1, out, oids);
	return gv_sync_choose(out, sides)
	    ? 0
	    : l->t->pick(l->t->edit, out, l->folder, oids);
}

static int
next(struct level *l)
{
	const struct gv_tree_entry *next = first(l);
	struct gv_oid oids[GV_SYNC_WHERES], out;
	struct gv_tree_entry e;
	bool is_here[GV_SYNC_WHERES];
	size_t i;
	int r;

	if (next == NULL)
		return 0;
	e = *next;
	memset(oids, 0, sizeof(oids));
	for (i = 0; i < GV_SYNC_WHERES; i++) {
		is_here[i] =
		    l->sides[i].has && compare(&l->sides[i].e, &e) == 0;
		if (is_here[i])
			oids[i] = l->sides[i].e.oid;
	}
	if ((r = merge_entry(l, &e, &out, oids)) == 0 && !gv_oid_is_zero(&out))
		gv_tree_add(&l->tree, e.mode, e.name, e.name_len, &out);
	for (i = 0; r == 0 && i < GV_SYNC_WHERES; i++)
		if (is_here[i])
			r = advance(&l->sides[i]);
	return r < 0 ? r : 1;
}

/* Where one has a file that the other has a folder for, the folder stays: no
 * statement is a file beside folders. */
static int
mend(struct gv_buf *tree)
{
	struct gv_buf mended = GV_BUF_INIT;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	gv_tree_iter_mend(&it, tree->p, tree->len);
	while ((r = gv_tree_next(&it, &e)) > 0)
		gv_tree_add(&mended, e.mode, e.name, e.name_len, &e.oid);
	if (r == 0 && (r = gv_buf_check(&mended)) == 0) {
		gv_buf_release(tree);
		*tree = mended;
	} else
		gv_buf_release(&mended);
	return r;
}

static int
merge_level(const struct gv_sync_tree *t, const char *folder, int depth,
    struct gv_oid *out, const struct gv_oid trees[GV_SYNC_WHERES])
{
	struct level l = {
		.t = t, .folder = folder, .depth = depth, .tree = GV_BUF_INIT
	};
	size_t i;
	int r = depth < LEVELS
	    ? 0
	    : gv_err(GV_ECORRUPT, "it has folders in folders without end");

	memset(out, 0, sizeof(*out));
	for (i = 0; r == 0 && i < GV_SYNC_WHERES; i++)
		r = load(&l.sides[i], t->edit->odb, &trees[i]);
	while (r == 0 && (r = next(&l)) > 0)
		r = 0;
	if (r == 0 && (r = gv_buf_check(&l.tree)) == 0 &&
	    (r = mend(&l.tree)) == 0 && l.tree.len)
		r = gv_pack_add(t->edit->lane, out, GV_OTYPE_TREE, l.tree.p,
		    l.tree.len, NULL);
	for (i = 0; i < GV_SYNC_WHERES; i++)
		gv_object_release(&l.sides[i].obj);
	gv_buf_release(&l.tree);
	return r;
}

int
gv_sync_tree(const struct gv_sync_tree *t, struct gv_oid *out,
    const struct gv_oid trees[GV_SYNC_WHERES])
{
	return merge_level(t, "", 0, out, trees);
}
