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

/* The cache that looked at the files last. */
static struct gv_statcache *
open_cache(const struct gv_watched *p)
{
	static const char *const names[] = { "auto-index", "index" };
	struct gv_statcache *best = NULL, *one;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < 2; i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/vault/%s", p->git_dir, names[i]);
		if (gv_buf_check(&path) < 0 ||
		    gv_statcache_open(&one, path.p) < 0)
			continue;
		if (best && best->head->stamp >= one->head->stamp) {
			gv_statcache_close(one);
		} else {
			gv_statcache_close(best);
			best = one;
		}
	}
	gv_buf_release(&path);
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

static bool
is_minded(const struct gv_dir_row *row)
{
	return row->state == GV_DIR_NORMAL || row->state == GV_DIR_WANTED ||
	    row->state == GV_DIR_PRECIOUS_ONLY;
}

int
gv_watch_folders(struct gv_watch *w, size_t i)
{
	struct gv_watched *p = &w->items[i];
	struct gv_statcache *cache = NULL;
	struct gv_buf path = GV_BUF_INIT;
	size_t before, after, looked;
	uint32_t dir;
	int r = p->git_dir ? 0 : find_git_dir(p);

	if (r < 0)
		return r;
	before = gv_notice_count(w->notice, i, &looked);
	r = gv_notice_add(w->notice, p->git_dir, i);
	if (r == 0)
		r = gv_notice_add(w->notice, p->path, i);
	cache = r == 0 ? open_cache(p) : NULL;
	for (dir = 1; r >= 0 && cache && dir < cache->head->dirs; dir++) {
		if (!is_minded(&cache->dirs[dir]))
			continue;
		gv_buf_reset(&path);
		gv_buf_addstr(&path, p->path);
		add_path(&path, cache, dir);
		if ((r = gv_buf_check(&path)) == 0)
			r = gv_notice_add(w->notice, path.p, i);
		/* it went meanwhile: its parent folder has an event of that */
		r = r == GV_ENOTFOUND ? 0 : r;
	}
	gv_statcache_close(cache);
	gv_buf_release(&path);
	after = gv_notice_count(w->notice, i, &looked);
	return r < 0 ? r : (int)(after > before);
}
