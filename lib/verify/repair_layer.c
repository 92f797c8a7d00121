#include "verify/repair_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "record/manifest.h"
#include "repo/repo.h"
#include "snapshot/snapshot_internal.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/owner.h"
#include "sys/xattr.h"
#include "worktree/statcache.h"

/*
 * The last layer of the last snapshot's manifest, written once more: the cache
 * has the times and modes of all that stood there, the working tree mostly
 * still the rest. It is the base, or what differs from the layers before it.
 * All earlier ones hold lines that stand nowhere else.
 */

/* A path that went, and the directory where that is said. */
struct gone {
	const struct gv_manifest_entry *e;
	const char *home;
};

struct writing {
	struct gv_repair_run *run;
	const struct gv_statcache *cache;
	struct gv_manifest *before; /* NULL: this is the base */
	struct gv_arena arena;
	struct gv_buf text, path, xattrs;
	const char **dirs;     /* their paths, by number */
	struct gv_map present; /* path -> itself: all that has a line */
	struct gv_map entered; /* path -> it, of all directories */
	struct gone *gone;
	size_t n_gone;
	struct gv_owner owner;
	struct stat top;
	int root;
};

/* What only a look at the thing itself tells. */
static void
look(struct writing *w, struct gv_manifest_entry *e)
{
	struct gv_buf full = GV_BUF_INIT;
	struct stat st;

	if (gv_dir_stat(w->root, e->path, e->path_len, &st) < 0)
		return;
	if (st.st_uid != w->top.st_uid)
		e->user = gv_owner_user(&w->owner, st.st_uid);
	if (st.st_gid != w->top.st_gid)
		e->group = gv_owner_group(&w->owner, st.st_gid);
	if (!S_ISDIR(st.st_mode) && st.st_nlink > 1)
		e->link = st.st_ino;
	gv_buf_reset(&w->xattrs);
	gv_buf_addf(&full, "%s/%s", w->run->repo->worktree, e->path);
	if (gv_buf_check(&full) == 0 &&
	    gv_xattr_get(&w->xattrs, AT_FDCWD, full.p) > 0)
		e->xattrs = w->xattrs.p;
	gv_buf_release(&full);
}

static bool
is_text_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether the layers before say the same already. */
static bool
is_said(struct writing *w, struct gv_manifest_entry *e)
{
	const struct gv_manifest_entry *old =
	    w->before ? gv_manifest_get(w->before, e->path, e->path_len) : NULL;
	const char *user, *group;

	if (old == NULL || old->type != e->type || old->mtime_s != e->mtime_s ||
	    old->mtime_ns != e->mtime_ns)
		return false;
	/* where it has holes only the file would tell */
	e->holes = old->holes;
	user = e->user ? e->user : gv_owner_user(&w->owner, w->top.st_uid);
	group = e->group ? e->group : gv_owner_group(&w->owner, w->top.st_gid);
	return old->mode == e->mode && old->link == e->link &&
	    old->chunked == e->chunked &&
	    is_text_same(old->xattrs, e->xattrs) &&
	    is_text_same(old->reason, e->reason) &&
	    is_text_same(old->user, user) && is_text_same(old->group, group);
}

static void
set_time(struct writing *w, struct gv_manifest_entry *e, int64_t mtime)
{
	struct stat st;

	e->mtime_s = mtime / 1000000000 - (mtime % 1000000000 < 0);
	e->mtime_ns =
	    (uint32_t)((mtime % 1000000000 + 1000000000) % 1000000000);
	if (!gv_census_is_beyond(mtime) ||
	    gv_dir_stat(w->root, e->path, e->path_len, &st) < 0)
		return;
	e->mtime_s = st.st_mtim.tv_sec;
	e->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
}

static int
put(struct writing *w, struct gv_manifest_entry *e, int64_t mtime)
{
	set_time(w, e, mtime);
	if (!is_said(w, e))
		gv_manifest_put(&w->text, e);
	return gv_buf_check(&w->text);
}

static int
put_dir(struct writing *w, uint32_t i)
{
	const struct gv_dir_row *d = &w->cache->dirs[i];
	struct gv_manifest_entry e = { .type = d->state == GV_DIR_REPO
		    ? GV_MANIFEST_REPO
		    : GV_MANIFEST_DIR,
		.mode = d->mode & 07777,
		.path = w->dirs[i],
		.path_len = strlen(w->dirs[i]) };

	if (d->mode == 0)
		return 0; /* it was never looked at */
	look(w, &e);
	return put(w, &e, d->mtime);
}

static int
put_row(struct writing *w, const char *path, const struct gv_row *row)
{
	struct gv_manifest_entry e = { .path = path, .path_len = strlen(path) };

	gv_snapshot_set_row(&e, row, w->cache->names + row->name);
	if (!(row->flags & GV_ROW_SPARSE) &&
	    (row->mtime || !(row->flags & GV_ROW_ABSENT)))
		look(w, &e);
	return put(w, &e, row->mtime);
}

/* The nearest directory above that is still there. */
static const char *
home_of(const struct writing *w, const struct gv_manifest_entry *e)
{
	size_t len = e->path_len;
	const char *home = NULL;

	while (home == NULL && len > 0) {
		while (len > 0 && e->path[len - 1] != '/')
			len--;
		len -= len > 0;
		home = gv_map_get(&w->entered, e->path, len);
	}
	return home;
}

/* What the layers before have, and the cache lacks. */
static int
list_gone(struct writing *w)
{
	size_t i, cap = 0;
	int r = 0;

	for (i = 0; w->before && i < gv_manifest_count(w->before); i++) {
		const struct gv_manifest_entry *e =
		    gv_manifest_at(w->before, i);

		if (e->path_len == 0 ||
		    gv_map_get(&w->present, e->path, e->path_len))
			continue;
		r = GV_GROW(w->gone, w->n_gone, cap);
		if (r < 0)
			return r;
		w->gone[w->n_gone++] = (struct gone){ e, home_of(w, e) };
	}
	return 0;
}

/* What went from a directory, with all that was below. */
static int
put_gone(struct writing *w, const char *dir)
{
	size_t i;

	for (i = 0; i < w->n_gone; i++) {
		struct gv_manifest_entry e = { .type = GV_MANIFEST_GONE,
			.path = w->gone[i].e->path,
			.path_len = w->gone[i].e->path_len };

		if (w->gone[i].home == dir)
			gv_manifest_put(&w->text, &e);
	}
	return gv_buf_check(&w->text);
}

static const char *
join(struct writing *w, const char *dir, const struct gv_row *row)
{
	gv_buf_reset(&w->path);
	gv_buf_addf(&w->path, "%s%s%.*s", dir, *dir ? "/" : "",
	    (int)row->name_len, w->cache->names + row->name);
	if (gv_buf_check(&w->path) < 0)
		return NULL;
	return gv_arena_copy(&w->arena, w->path.p, w->path.len);
}

static bool
is_entered(const struct gv_row *row)
{
	return (row->flags & GV_ROW_DIR) && !(row->flags & GV_ROW_ABSENT);
}

/* The paths of all, a directory before what is in it. */
static int
list_paths(struct writing *w)
{
	uint32_t i, j;
	int r = 0;

	w->dirs[0] = "";
	r = gv_map_put(&w->entered, "", 0, (void *)(uintptr_t)w->dirs[0]);
	for (i = 0; r == 0 && i < w->cache->head->dirs; i++) {
		const struct gv_dir_row *d = &w->cache->dirs[i];

		for (j = 0; r == 0 && j < d->n; j++) {
			const struct gv_row *row =
			    &w->cache->rows[d->first + j];
			const char *path = join(w, w->dirs[i], row);

			if (path == NULL)
				return GV_ENOMEM;
			if (is_entered(row)) {
				w->dirs[row->size] = path;
				r = gv_map_put(&w->entered, path, strlen(path),
				    (void *)(uintptr_t)path);
			}
			if (r == 0 && !(row->flags & GV_ROW_IGNORED))
				r = gv_map_put(&w->present, path, strlen(path),
				    (void *)(uintptr_t)path);
		}
	}
	return r;
}

static int
put_all(struct writing *w)
{
	uint32_t i, j;
	int r = 0;

	gv_manifest_begin(&w->text, gv_owner_user(&w->owner, w->top.st_uid),
	    gv_owner_group(&w->owner, w->top.st_gid));
	for (i = 0; r == 0 && i < w->cache->head->dirs; i++) {
		const struct gv_dir_row *d = &w->cache->dirs[i];

		if (w->dirs[i] == NULL)
			return 0;
		if ((r = put_gone(w, w->dirs[i])) == 0)
			r = put_dir(w, i);
		for (j = 0; r == 0 && j < d->n; j++) {
			const struct gv_row *row =
			    &w->cache->rows[d->first + j];
			const char *path = join(w, w->dirs[i], row);

			if (path == NULL)
				return GV_ENOMEM;
			if (!is_entered(row) && !(row->flags & GV_ROW_IGNORED))
				r = put_row(w, path, row);
		}
	}
	return r;
}

/* The layers before the last one, as an earlier snapshot has them. 1, 0 where
 * none has them or they are damaged too. */
static int
load_before(struct writing *w)
{
	const struct gv_statcache_head *h = w->cache->head;
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid oid;
	char name[16];
	uint32_t i;
	int r;

	for (i = 0; i + 1 < h->n_layers; i++) {
		snprintf(
		    name, sizeof(name), "%04x", h->layers[i].number & 0xffffu);
		gv_tree_add(&tree, GV_MODE_FILE, name, 4, &h->layers[i].oid);
	}
	if (i == 0)
		return 1;
	if ((r = gv_buf_check(&tree)) == 0 &&
	    (r = gv_oid_of(&oid, GV_OTYPE_TREE, tree.p, tree.len)) == 0)
		r = gv_manifest_load(&w->before, w->run->odb, &oid);
	gv_buf_release(&tree);
	return r == 0 ? 1 : r == GV_ENOMEM ? r : 0;
}

static int
write_layer(struct writing *w)
{
	struct gv_object obj = { .type = GV_OTYPE_BLOB };
	struct gv_oid oid;
	int r = load_before(w);

	if (r <= 0)
		return r;
	w->dirs = calloc(w->cache->head->dirs + 1, sizeof(*w->dirs));
	if ((r = w->dirs ? list_paths(w) : gv_err_nomem()) == 0 &&
	    (r = list_gone(w)) == 0 && (r = put_all(w)) == 0)
		r = gv_oid_of(&oid, GV_OTYPE_BLOB, w->text.p, w->text.len);
	obj.data = (const unsigned char *)w->text.p;
	obj.len = w->text.len;
	if (r == 0)
		r = gv_repair_offer(w->run, &oid, &obj,
		    "computed from the cache and the working tree", "");
	return r < 0 ? r : 0;
}

int
gv_repair_layer(struct gv_repair_run *run)
{
	struct writing w = { .run = run, .owner = GV_OWNER_INIT, .root = -1 };
	const struct gv_repair_item *item = NULL;
	uint32_t n;
	int r = 0;

	gv_repair_cache(run);
	n = run->cache ? run->cache->head->n_layers : 0;
	if (n > 0 && n <= GV_STATCACHE_LAYERS)
		item = gv_map_get(&run->items,
		    run->cache->head->layers[n - 1].oid.id, GV_OID_RAW);
	if (item == NULL || item->found || run->repo->worktree == NULL)
		return 0;
	w.cache = run->cache;
	w.text = w.path = w.xattrs = (struct gv_buf)GV_BUF_INIT;
	w.root = gv_dir_open_root(run->repo->worktree);
	if (w.root >= 0 && gv_dir_stat_fd(w.root, &w.top) == 0)
		r = write_layer(&w);
	gv_file_close(w.root);
	gv_manifest_free(w.before);
	gv_owner_release(&w.owner);
	gv_map_release(&w.present);
	gv_map_release(&w.entered);
	gv_arena_release(&w.arena);
	gv_buf_release(&w.text);
	gv_buf_release(&w.path);
	gv_buf_release(&w.xattrs);
	free(w.dirs);
	free(w.gone);
	return r;
}
