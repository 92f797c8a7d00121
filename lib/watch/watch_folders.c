#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/foreign.h"
#include "sys/file.h"
#include "watch/watch_internal.h"
#include "worktree/statcache.h"

/* The vault of a working copy of Subversion or Mercurial. */
static int
take_foreign(struct gv_watched *p)
{
	struct gv_foreign of;
	int r = gv_foreign_look(&of, p->path);

	if (r == 0 && of.has_vault) {
		p->git_dir = of.git_dir;
		of.git_dir = NULL;
	}
	gv_foreign_release(&of);
	return r;
}

/* ".git" is the folder itself, or a file that names it. */
static int
find_git_dir(struct gv_watched *p)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *end;
	int r;

	gv_buf_addf(&path, "%s/.git", p->path);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	if (gv_file_is_dir(AT_FDCWD, path.p)) {
		p->git_dir = gv_buf_take(&path);
	} else if (gv_file_read(&text, AT_FDCWD, path.p, 8192) == 0 &&
	    strncmp(text.p, "gitdir: ", 8) == 0) {
		if ((end = strchr(text.p, '\n')) != NULL)
			gv_buf_truncate(&text, (size_t)(end - text.p));
		gv_buf_reset(&path);
		if (text.p[8] != '/')
			gv_buf_addf(&path, "%s/", p->path);
		gv_buf_addstr(&path, text.p + 8);
		p->git_dir = gv_buf_take(&path);
	} else if (gv_file_exists(AT_FDCWD, path.p) == false) {
		/* a bare one has no files to save */
		r = take_foreign(p);
	}
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r < 0 ? r : p->git_dir ? 0 : GV_ENOTFOUND;
}

static const char *const caches[GV_WATCH_CACHES] = { "auto-index", "index" };

static struct gv_statcache *
open_one(const struct gv_watched *p, size_t which)
{
	struct gv_statcache *cache = NULL;
	struct gv_buf path = GV_BUF_INIT;

	gv_buf_addf(&path, "%s/vault/%s", p->git_dir, caches[which]);
	if (gv_buf_check(&path) < 0 || gv_statcache_open(&cache, path.p) < 0)
		cache = NULL;
	gv_buf_release(&path);
	return cache;
}

/* The cache that looked at the files last. */
static struct gv_statcache *
open_last(const struct gv_watched *p, size_t *which)
{
	struct gv_statcache *best = NULL, *one;
	size_t i;

	for (i = 0; i < GV_WATCH_CACHES; i++) {
		if ((one = open_one(p, i)) == NULL)
			continue;
		if (best && best->head->stamp >= one->head->stamp) {
			gv_statcache_close(one);
		} else {
			gv_statcache_close(best);
			best = one;
			*which = i;
		}
	}
	return best;
}

static void
add_path(struct gv_buf *out, const struct gv_statcache *c, uint32_t dir)
{
	const struct gv_dir_row *row = &c->dirs[dir];

	if (dir == 0)
		return;
	add_path(out, c, row->parent);
	gv_buf_addch(out, '/');
	gv_buf_add(out, c->names + row->name, row->name_len);
}

/* Have a folder minded. 1 where events tell what happens in it, or it is in
 * each hint; 0 where neither is so, or it is not the one that the cache
 * knows. */
static int
mind(struct gv_watch *w, size_t i, const char *path, uint64_t ino)
{
	uint64_t dev, is;
	int r = gv_notice_add(w->notice, path, i);

	/* it went meanwhile: its parent folder has an event of that */
	if (r < 0)
		return r == GV_ENOTFOUND ? 1 : r;
	r = gv_notice_find(w->notice, i, path, &dev, &is);
	return r == 0 || (r == 1 && is == ino);
}

/* Have all of them minded; *is_whole: as the cache knows them. */
static int
mind_all(bool *is_whole, struct gv_watch *w, size_t i,
    const struct gv_statcache *cache)
{
	const struct gv_watched *p = &w->items[i];
	struct gv_buf path = GV_BUF_INIT;
	uint64_t dev, ino;
	uint32_t dir;
	int r = 0;

	/* the first one is minded already, by the very folder that is asked of
	 */
	*is_whole = gv_notice_find(w->notice, i, p->path, &dev, &ino) == 1 &&
	    ino == cache->dirs[0].ino;
	for (dir = 1; r >= 0 && dir < cache->head->dirs; dir++) {
		if (!gv_dir_row_is_minded(&cache->dirs[dir]))
			continue;
		gv_buf_reset(&path);
		gv_buf_addstr(&path, p->path);
		add_path(&path, cache, dir);
		if ((r = gv_buf_check(&path)) == 0)
			r = mind(w, i, path.p, cache->dirs[dir].ino);
		*is_whole = *is_whole && r == 1;
	}
	gv_buf_release(&path);
	return r < 0 ? r : 0;
}

static bool
is_counted(const struct gv_watch *w, const struct gv_statcache *cache)
{
	return memcmp(cache->head->moment.by, w->moment.by,
		   sizeof(w->moment.by)) == 0;
}

/* Rows that may change without an event in their folder; folders that are not
 * minded may as well. */
static bool
is_plain(const struct gv_statcache *cache)
{
	const uint32_t always = GV_ROW_SKIPPED | GV_ROW_UNSTABLE |
	    GV_ROW_POINTER | GV_ROW_SPARSE | GV_ROW_TWIN;
	uint32_t i;

	for (i = 0; i < cache->head->dirs; i++)
		if (!gv_dir_row_is_minded(&cache->dirs[i]))
			return false;
	for (i = 0; i < cache->head->rows; i++)
		if (cache->rows[i].flags & always)
			return false;
	return true;
}

static struct gv_watch_cover
cover_of(const struct gv_statcache *cache)
{
	return (struct gv_watch_cover){ .n = cache->head->moment.n,
		.walked = cache->head->walked / 1000000000,
		.is_plain = is_plain(cache) };
}

bool
gv_watch_covers(struct gv_watch *w, size_t i, uint64_t n)
{
	struct gv_watched *p = &w->items[i];
	struct gv_statcache *cache;
	bool is = false;
	size_t k;

	for (k = 0; k < GV_WATCH_CACHES; k++)
		if (p->covers[k].n == n)
			return true;
	for (k = 0; !is && p->git_dir && k < GV_WATCH_CACHES; k++) {
		if ((cache = open_one(p, k)) == NULL)
			continue;
		if (is_counted(w, cache) && cache->head->moment.n == n &&
		    mind_all(&is, w, i, cache) == 0 && is)
			p->covers[k] = cover_of(cache);
		gv_statcache_close(cache);
	}
	return is;
}

int
gv_watch_folders(struct gv_watch *w, size_t i)
{
	struct gv_watched *p = &w->items[i];
	struct gv_statcache *cache = NULL;
	size_t before, after, looked, which = 0;
	bool is_whole = false;
	int r = p->git_dir ? 0 : find_git_dir(p);

	if (r < 0)
		return r;
	before = gv_notice_count(w->notice, i, &looked);
	r = gv_notice_add(w->notice, p->git_dir, i);
	if (r == 0)
		r = gv_notice_add(w->notice, p->path, i);
	cache = r == 0 ? open_last(p, &which) : NULL;
	if (cache) {
		r = mind_all(&is_whole, w, i, cache);
		p->covers[which] = is_whole && is_counted(w, cache)
		    ? cover_of(cache)
		    : (struct gv_watch_cover){ .n = 0 };
	}
	gv_statcache_close(cache);
	after = gv_notice_count(w->notice, i, &looked);
	return r < 0 ? r : (int)(after > before);
}
