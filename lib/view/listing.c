#include "view/listing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "infra/precious.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"
#include "record/record_nested.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "view/content.h"
#include "view/diff.h"
#include "view/revealed.h"

struct load {
	struct gv_listing *list;
	struct gv_odb *odb;
	const struct gv_record *rec;
	const char *dir; /* what is listed */
	size_t dir_len;
	unsigned flags;
	struct gv_map by_path; /* of the tree's: to 1 + the place */
	struct gv_oid tracked; /* the base commit's tree, or zero */
	struct gv_buf full;    /* a path from the top */
};

static int
add(struct load *l, const char *path, size_t len, unsigned mode,
    const struct gv_oid *oid)
{
	struct gv_listing *list = l->list;
	struct gv_listing_entry *e;
	int r = GV_GROW(list->entries, list->n, list->cap);

	if (r < 0)
		return r;
	e = &list->entries[list->n];
	memset(e, 0, sizeof(*e));
	e->path = gv_arena_copy(&list->arena, path, len);
	if (e->path == NULL)
		return GV_ENOMEM;
	e->path_len = len;
	e->mode = mode;
	if (oid)
		e->oid = *oid;
	e->kind = S_ISDIR(mode)              ? GV_LISTING_DIR
	    : S_ISLNK(mode)                  ? GV_LISTING_LINK
	    : (mode & S_IFMT) == GV_MODE_GIT ? GV_LISTING_REPO
					     : GV_LISTING_FILE;
	list->n++;
	return 0;
}

static int
visit(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct load *l = ctx;
	int r = add(l, path, len, e->mode, &e->oid);

	if (gv_cancel_requested())
		return gv_cancel_error();
	return r < 0 ? r : !(l->flags & GV_LISTING_DEEP);
}

/* --- the manifest --- */

/* The place of a path of the tree in the list, or SIZE_MAX. */
static size_t
place_of(const struct load *l, const char *path, size_t len)
{
	const struct gv_listing_entry *first = l->list->entries, *e;

	e = gv_map_get(&l->by_path, path, len);
	return e ? (size_t)(e - first) : SIZE_MAX;
}

static void
describe(struct gv_listing_entry *e, const struct gv_manifest_entry *meta)
{
	unsigned mode = gv_diff_mode(meta);

	e->meta = meta;
	if (meta->type == GV_MANIFEST_SPARSE)
		e->kind = GV_LISTING_SPARSE;
	else if (meta->type == GV_MANIFEST_SKIPPED)
		e->kind = GV_LISTING_SKIPPED;
	else if ((mode & S_IFMT) == (e->mode & S_IFMT))
		e->mode = mode;
}

/* Whether a line tells of what the tree may have nothing for: a directory that
 * no file is in, a repository without a commit, what is not stored. */
static bool
stands_alone(const struct gv_manifest_entry *meta)
{
	return meta->type == GV_MANIFEST_DIR ||
	    meta->type == GV_MANIFEST_REPO || meta->type == GV_MANIFEST_SKIPPED;
}

/* The mode of that, as in a tree. */
static unsigned
mode_of(const struct gv_manifest_entry *meta)
{
	return meta->type == GV_MANIFEST_DIR ? GV_MODE_DIR
	    : meta->type == GV_MANIFEST_REPO ? GV_MODE_GIT
					     : 0;
}

/* A line of the manifest below the directory; `path` is from there. */
static int
take_line(struct load *l, const struct gv_manifest_entry *meta,
    const char *path, size_t len)
{
	size_t at = place_of(l, path, len);
	int r;

	if (at == SIZE_MAX) {
		if (!stands_alone(meta) ||
		    (!(l->flags & GV_LISTING_DEEP) && memchr(path, '/', len)))
			return 0;
		at = l->list->n;
		r = add(l, path, len, mode_of(meta), NULL);
		if (r < 0)
			return r;
	}
	describe(&l->list->entries[at], meta);
	return 0;
}

static int
add_metadata(struct load *l)
{
	const struct gv_manifest *m = l->list->manifest;
	size_t skip = l->dir_len + (l->dir_len > 0), i, n = l->list->n;
	int r;

	if (m == NULL)
		return 0;
	r = gv_vec_grow((void **)&l->list->entries, &l->list->cap,
	    n + gv_manifest_count(m), sizeof(*l->list->entries));

	/* from here on the entries stay where they are */
	for (i = 0; r == 0 && i < n; i++)
		r = gv_map_put(&l->by_path, l->list->entries[i].path,
		    l->list->entries[i].path_len, &l->list->entries[i]);
	for (i = 0; r == 0 && i < gv_manifest_count(m); i++) {
		const struct gv_manifest_entry *meta = gv_manifest_at(m, i);

		if (meta->path_len > l->dir_len &&
		    gv_path_is_below(
			meta->path, meta->path_len, l->dir, l->dir_len))
			r = take_line(
			    l, meta, meta->path + skip, meta->path_len - skip);
	}
	return r;
}

static int
load_manifest(struct load *l)
{
	struct gv_oid tree;
	unsigned mode;
	int r = gv_tree_find(l->odb, &l->rec->meta, "manifest", &mode, &tree);

	/* a snapshot made by hand has none: names and modes are there */
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0)
		r = gv_manifest_load(&l->list->manifest, l->odb, &tree);
	return r < 0 ? gv_err_in(r, "snapshot %s: its manifest", l->rec->id)
		     : 0;
}

/* --- what is found out of each --- */

static int
read_target(struct load *l, struct gv_listing_entry *e)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(l->odb, &obj, &e->oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	e->size = obj.len;
	e->target = gv_arena_copy(&l->list->arena, obj.data, obj.len);
	gv_object_release(&obj);
	return e->target ? 0 : GV_ENOMEM;
}

static int
note_unread(struct gv_listing *list)
{
	const char *why = gv_err_message();

	list->unread = gv_arena_copy(&list->arena, why, strlen(why));
	return list->unread ? 0 : GV_ENOMEM;
}

/* How many values are withheld of a file. */
static void
find_values(
    struct load *l, const struct gv_revealed *given, struct gv_listing_entry *e)
{
	const struct gv_revealed_file *f;

	if (given == NULL || e->kind != GV_LISTING_FILE)
		return;
	gv_buf_reset(&l->full);
	gv_buf_add(&l->full, l->dir, l->dir_len);
	if (l->dir_len)
		gv_buf_addch(&l->full, '/');
	gv_buf_add(&l->full, e->path, e->path_len);
	f = gv_revealed_find(given, l->full.p, l->full.len);
	e->values = f ? f->n : 0;
}

static int
find_size(struct load *l, struct gv_listing_entry *e)
{
	if (gv_oid_is_zero(&e->oid))
		return 0;
	if (S_ISLNK(e->mode))
		return read_target(l, e);
	if (!S_ISREG(e->mode))
		return 0;
	if (e->meta && e->meta->chunked) {
		e->size = e->meta->chunked;
		return 0;
	}
	return gv_odb_read_size(l->odb, &e->size, &e->oid);
}

/* Whether git tracks a path: it stands in the commit that the snapshot was
 * taken on, or was staged. 1, 0, or a failure. */
static int
is_tracked(struct load *l, const char *path)
{
	const struct gv_oid *trees[2] = { &l->tracked, &l->rec->index };
	struct gv_oid oid;
	unsigned mode;
	int i, r;

	for (i = 0; i < 2; i++) {
		if (gv_oid_is_zero(trees[i]))
			continue;
		r = gv_tree_find(l->odb, trees[i], path, &mode, &oid);
		if (r != GV_ENOTFOUND)
			return r < 0 ? r : 1;
	}
	return 0;
}

/* The entry's path from the top. */
static int
set_full(struct load *l, const struct gv_listing_entry *e)
{
	gv_buf_reset(&l->full);
	gv_buf_add(&l->full, l->dir, l->dir_len);
	if (l->dir_len)
		gv_buf_addch(&l->full, '/');
	gv_buf_add(&l->full, e->path, e->path_len);
	return gv_buf_check(&l->full);
}

static int
find_link(struct load *l, struct gv_listing_entry *e)
{
	struct gv_record_nested link;
	int r;

	if (e->kind != GV_LISTING_REPO || l->rec->n_nested == 0)
		return 0;
	r = set_full(l, e);
	if (r < 0 || gv_record_nested_at(&link, l->rec, l->full.p) == NULL)
		return r;
	e->linked = gv_arena_copy(&l->list->arena, link.id, GV_RECORD_ID_LEN);
	return e->linked ? 0 : GV_ENOMEM;
}

static int
find_rule(struct load *l, struct gv_listing_entry *e)
{
	const char *rule;
	int r;

	if (e->kind != GV_LISTING_FILE)
		return 0;
	r = set_full(l, e);
	rule = r < 0 ? NULL : gv_precious_rule(l->full.p, l->full.len);
	if (rule == NULL)
		return r;
	if ((r = is_tracked(l, l->full.p)) == 0)
		e->precious = rule;
	return r < 0 ? r : 0;
}

/* The tree of the base commit. One that is gone means: nothing is known. */
static void
find_tracked(struct load *l, struct gv_repo *repo)
{
	struct gv_diff_side side;

	if (!gv_oid_is_zero(&l->rec->base) &&
	    gv_diff_side_of_commit(&side, repo, &l->rec->base) == 0)
		l->tracked = side.tree;
}

static int
by_path(const void *a, const void *b)
{
	const struct gv_listing_entry *x = a, *y = b;

	return gv_path_compare(x->path, x->path_len, x->kind == GV_LISTING_DIR,
	    y->path, y->path_len, y->kind == GV_LISTING_DIR);
}

/* The path alone, by its last name: what is listed is then in the directory
 * that holds it. */
static int
list_one(struct load *l, unsigned mode, const struct gv_oid *oid)
{
	const char *slash = strrchr(l->dir, '/');
	const char *name = slash ? slash + 1 : l->dir;

	l->dir_len = slash ? (size_t)(slash - l->dir) : 0;
	return add(l, name, strlen(name), mode, oid);
}

/* What the path itself is: a directory's entries, or that one alone. */
static int
list_path(struct load *l, struct gv_repo *repo)
{
	const struct gv_manifest *m = l->list->manifest;
	const struct gv_manifest_entry *meta =
	    m ? gv_manifest_get(m, l->dir, l->dir_len) : NULL;
	struct gv_content c;
	int r = gv_content_find(&c, repo, l->rec, l->dir);

	if (r == GV_ENOTFOUND && meta && stands_alone(meta))
		return list_one(l, mode_of(meta), NULL);
	if (r < 0)
		return r;
	return S_ISDIR(c.mode) ? gv_tree_walk(l->odb, &c.oid, visit, l)
			       : list_one(l, c.mode, &c.oid);
}

int
gv_listing_load(struct gv_listing *out, struct gv_repo *repo,
    const struct gv_record *rec, const char *path, unsigned flags)
{
	struct gv_listing list = { .arena = GV_ARENA_INIT };
	struct load l = { .list = &list,
		.rec = rec,
		.dir = path,
		.dir_len = strlen(path),
		.flags = flags,
		.by_path = GV_MAP_INIT,
		.full = GV_BUF_INIT };
	struct gv_revealed *given = NULL;
	size_t i, n;
	int r = gv_repo_odb(repo, &l.odb);

	if (r == 0)
		r = gv_revealed_load(&given, l.odb, rec, GV_REVEALED_TREE);
	/* names and modes are there without it */
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = note_unread(&list);
	if (r == 0 && (r = load_manifest(&l)) == 0)
		r = list_path(&l, repo);
	n = list.n;
	if (r == 0)
		r = add_metadata(&l);
	/* of one file, its neighbours' lines do not count */
	if (l.dir_len < strlen(path))
		list.n = n;
	find_tracked(&l, repo);
	for (i = 0; r == 0 && i < list.n; i++) {
		find_values(&l, given, &list.entries[i]);
		if ((r = find_rule(&l, &list.entries[i])) == 0 &&
		    (r = find_link(&l, &list.entries[i])) == 0 &&
		    (flags & GV_LISTING_SIZES))
			r = find_size(&l, &list.entries[i]);
	}
	gv_revealed_free(given);
	gv_map_release(&l.by_path);
	gv_buf_release(&l.full);
	if (r < 0) {
		gv_listing_release(&list);
		return r;
	}
	if (list.n > 1)
		qsort(list.entries, list.n, sizeof(*list.entries), by_path);
	*out = list;
	return 0;
}

void
gv_listing_release(struct gv_listing *list)
{
	if (list == NULL)
		return;
	free(list->entries);
	gv_arena_release(&list->arena);
	gv_manifest_free(list->manifest);
	memset(list, 0, sizeof(*list));
}
