#include "snapshot/seen.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "snapshot/snapshot_internal.h"

struct gv_seen {
	struct gv_statcache *cache;
};

int
gv_seen_open(struct gv_seen **out, const struct gv_repo *repo,
    const struct gv_oid *commit)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_seen *seen = NULL;
	int r;

	gv_survey_cache_path(&path, repo);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	seen = calloc(1, sizeof(*seen));
	if (seen == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	r = gv_statcache_open(&seen->cache, path.p);
	if (r == 0 && !gv_oid_equal(&seen->cache->head->commit, commit))
		r = GV_ENOTFOUND;
out:
	gv_buf_release(&path);
	if (r < 0)
		gv_seen_close(seen);
	else
		*out = seen;
	return r;
}

void
gv_seen_close(struct gv_seen *seen)
{
	if (seen == NULL)
		return;
	gv_statcache_close(seen->cache);
	free(seen);
}

enum gv_seen_kind
gv_seen_kind(const struct gv_seen *seen, const char *path, size_t len)
{
	const struct gv_row *row = gv_statcache_find(seen->cache, path, len);

	if (row == NULL || (row->flags & GV_ROW_ABSENT))
		return GV_SEEN_NOTHING;
	if (row->flags & GV_ROW_DIR)
		return seen->cache->dirs[row->size].state == GV_DIR_REPO
		    ? GV_SEEN_REPO
		    : GV_SEEN_DIR;
	if (row->flags & GV_ROW_POINTER)
		return GV_SEEN_POINTER;
	if (row->flags & GV_ROW_TRACKED)
		return GV_SEEN_TRACKED;
	return row->flags & (GV_ROW_PRECIOUS | GV_ROW_LOCAL | GV_ROW_WANTED)
	    ? GV_SEEN_IGNORED
	    : GV_SEEN_UNTRACKED;
}

/* The row of a file or link that is held. */
static const struct gv_row *
file_of(const struct gv_seen *seen, const char *path, size_t len)
{
	const struct gv_row *row = gv_statcache_find(seen->cache, path, len);

	return row && !(row->flags & (GV_ROW_ABSENT | GV_ROW_DIR)) ? row : NULL;
}

bool
gv_seen_is_settled(const struct gv_seen *seen, const char *path, size_t len)
{
	const struct gv_row *row = file_of(seen, path, len);

	return row &&
	    !(row->flags &
		(GV_ROW_UNSTABLE | GV_ROW_SPARSE | GV_ROW_POINTER)) &&
	    gv_census_is_settled(row->ctime, seen->cache->head->stamp);
}

bool
gv_seen_is_same(const struct gv_seen *seen, const char *path, size_t len,
    const struct stat *st)
{
	const struct gv_row *row = file_of(seen, path, len);

	return row && gv_census_is_row_same(row, st, seen->cache->head->stamp);
}

const uint64_t *
gv_seen_inode(const struct gv_seen *seen, const char *path, size_t len)
{
	const struct gv_row *row = gv_statcache_find(seen->cache, path, len);

	if (row == NULL || (row->flags & GV_ROW_ABSENT))
		return NULL;
	return row->flags & GV_ROW_DIR ? &seen->cache->dirs[row->size].ino
				       : &row->ino;
}

bool
gv_seen_is_any_twin(const struct gv_seen *seen, const struct gv_map *inodes)
{
	const struct gv_statcache *c = seen->cache;
	size_t n = 0;
	uint32_t i;

	if (inodes->n == 0)
		return false;
	for (i = 0; i < c->head->rows; i++)
		n += !(c->rows[i].flags & GV_ROW_DIR) &&
		    gv_map_get(inodes, &c->rows[i].ino, sizeof(uint64_t));
	for (i = 0; i < c->head->dirs; i++)
		n += gv_map_get(inodes, &c->dirs[i].ino, sizeof(uint64_t)) !=
		    NULL;
	return n > inodes->n;
}
