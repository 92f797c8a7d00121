#include "vault/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "store/tree.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "vault/snapshot_internal.h"

/* A single file up to this size is hashed at once. */
#define SMALL ((size_t)64 * 1024 * 1024)

/* One comparison. Against the cache where there is one; else against the
 * newest snapshot's tree, held as a map of paths. */
struct comparing {
	struct gv_status *out;
	struct gv_snapshot_run *run;
	struct gv_map tree;
	struct gv_map unread; /* paths that cannot be read, to themselves */
	struct gv_arena arena;
	struct gv_buf path;
};

struct tree_entry {
	struct gv_oid oid;
	unsigned mode;
	bool seen;
};

static enum gv_status_kind
kind_of(const struct gv_row *row)
{
	if (row->flags & GV_ROW_PRECIOUS)
		return GV_STATUS_PRECIOUS;
	return row->flags & GV_ROW_TRACKED ? GV_STATUS_TRACKED
					   : GV_STATUS_UNTRACKED;
}

static int
add(struct gv_status *out, const struct gv_buf *path, char change,
    const struct gv_row *row)
{
	struct gv_status_entry e = { .len = path->len, .change = change };
	int r;

	if (row) {
		e.kind = kind_of(row);
		e.size = row->size;
	}
	e.path = malloc(path->len + 1);
	if (e.path == NULL)
		return gv_err_nomem();
	memcpy(e.path, path->p, path->len + 1);
	r = gv_vec_grow((void **)&out->entries, &out->cap, out->n + 1,
	    sizeof(*out->entries));
	if (r == 0)
		out->entries[out->n++] = e;
	else
		free(e.path);
	return r;
}

static bool
is_file(const struct gv_row *row)
{
	return !(row->flags & (GV_ROW_ABSENT | GV_ROW_DIR));
}

static int
add_row(
    struct comparing *cmp, uint32_t dir, const struct gv_row *row, char change)
{
	gv_buf_reset(&cmp->path);
	gv_census_path(cmp->run->census, dir, row, &cmp->path);
	if (change == 'A' && (row->flags & GV_ROW_PRECIOUS))
		cmp->out->unheld++;
	return add(cmp->out, &cmp->path, change, row);
}

static int
add_gone(void *ctx, const struct gv_buf *path, const struct gv_row *row)
{
	struct comparing *cmp = ctx;

	return is_file(row) ? add(cmp->out, path, 'D', row) : 0;
}

/* What the cache has and the census has not. */
static int
lose(struct comparing *cmp, uint32_t dir, const struct gv_row *old)
{
	const struct gv_statcache *cache = cmp->run->cache;

	if (old->flags & GV_ROW_ABSENT)
		return 0;
	gv_buf_reset(&cmp->path);
	gv_census_dir_path(cmp->run->census, dir, &cmp->path);
	if (cmp->path.len)
		gv_buf_addch(&cmp->path, '/');
	gv_buf_add(&cmp->path, cache->names + old->name, old->name_len);
	if (old->flags & GV_ROW_DIR)
		return gv_statcache_walk(
		    cache, (uint32_t)old->size, &cmp->path, add_gone, cmp);
	return add(cmp->out, &cmp->path, 'D', old);
}

/* What should be stored and cannot be, as far as a row tells. */
static bool
is_unreadable(const struct gv_row *row)
{
	return (row->flags & GV_ROW_SKIPPED) &&
	    (S_ISREG(row->mode) || S_ISDIR(row->mode));
}

/* A file that was in chunks, or had values taken out, and that git has by now:
 * its names say nothing of each other, its stat data do. */
static bool
is_regained(const struct comparing *cmp, const struct gv_row *row,
    const struct gv_row *old)
{
	return (old->flags & (GV_ROW_CHUNKED | GV_ROW_WITHHELD)) &&
	    !(row->flags & (GV_ROW_CHUNKED | GV_ROW_WITHHELD)) &&
	    row->mtime == old->mtime && row->ctime == old->ctime &&
	    row->ino == old->ino && row->size == old->size &&
	    gv_census_is_settled(old->ctime, cmp->run->cache->head->stamp);
}

static int
compare_pair(struct comparing *cmp, uint32_t dir, const struct gv_row *row,
    const struct gv_row *old)
{
	if (is_unreadable(row))
		return add_row(cmp, dir, row, 'X');
	if (row->flags & GV_ROW_ABSENT)
		return old ? lose(cmp, dir, old) : 0;
	if (row->flags & GV_ROW_DIR)
		return 0;
	if (old == NULL || !is_file(old))
		return add_row(cmp, dir, row, 'A');
	if ((!gv_oid_equal(&row->oid, &old->oid) &&
		!is_regained(cmp, row, old)) ||
	    (row->mode & S_IFMT) != (old->mode & S_IFMT))
		return add_row(cmp, dir, row, 'M');
	if (row->mtime != old->mtime || row->mode != old->mode ||
	    row->extra != old->extra)
		return add_row(cmp, dir, row, 'm');
	return 0;
}

/* The rows of a directory beside the cache's, both in Git's order. */
static int
compare_rows(struct comparing *cmp, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(cmp->run->census, dir);
	const struct gv_statcache *cache = cmp->run->cache;
	const struct gv_row *old = NULL, *old_end = NULL;
	uint32_t i = 0;
	int r = 0;

	if (d->old != UINT32_MAX) {
		old = cache->rows + cache->dirs[d->old].first;
		old_end = old + cache->dirs[d->old].n;
	}
	while (r == 0 && (i < d->n || old < old_end)) {
		int x = old == old_end ? -1 : i == d->n ? 1 : 0;

		if (x == 0)
			x = gv_path_compare(gv_census_name(d, &d->rows[i]),
			    d->rows[i].name_len, d->rows[i].flags & GV_ROW_DIR,
			    cache->names + old->name, old->name_len,
			    old->flags & GV_ROW_DIR);
		if (x > 0) {
			r = lose(cmp, dir, old++);
			continue;
		}
		r = compare_pair(cmp, dir, &d->rows[i++], x ? NULL : old);
		if (x == 0)
			old++;
	}
	return r;
}

static int
take_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct comparing *cmp = ctx;
	struct tree_entry *entry;
	char *copy;

	if (e->mode == GV_MODE_DIR || e->mode == GV_MODE_GIT)
		return 0;
	entry = gv_arena_alloc(&cmp->arena, sizeof(*entry));
	copy = gv_arena_copy(&cmp->arena, path, len);
	if (entry == NULL || copy == NULL)
		return GV_ENOMEM;
	entry->oid = e->oid;
	entry->mode = e->mode;
	return gv_map_put(&cmp->tree, copy, len, entry);
}

/* What cmp->path is, or is in, cannot be read: no file there is gone. */
static int
add_unread(struct comparing *cmp, const struct gv_row *row)
{
	char *copy = gv_arena_copy(&cmp->arena, cmp->path.p, cmp->path.len);
	int r = copy ? gv_map_put(&cmp->unread, copy, cmp->path.len, copy)
		     : GV_ENOMEM;

	return r < 0 ? r : add(cmp->out, &cmp->path, 'X', row);
}

/* Its row in the parent's list. */
static const struct gv_row *
row_of(const struct gv_census *c, uint32_t dir)
{
	const struct gv_census_dir *up =
	    gv_census_dir(c, gv_census_dir(c, dir)->parent);
	uint32_t i;

	for (i = 0; i < up->n; i++)
		if ((up->rows[i].flags & GV_ROW_DIR) &&
		    !(up->rows[i].flags & GV_ROW_ABSENT) &&
		    up->rows[i].size == dir)
			return &up->rows[i];
	return NULL;
}

static int
add_unread_dir(struct comparing *cmp, uint32_t dir)
{
	gv_buf_reset(&cmp->path);
	gv_census_dir_path(cmp->run->census, dir, &cmp->path);
	return add_unread(cmp, row_of(cmp->run->census, dir));
}

static int
compare_with_tree(struct comparing *cmp, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(cmp->run->census, dir);
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];
		struct tree_entry *e;

		if (!is_file(row) && !is_unreadable(row))
			continue;
		gv_buf_reset(&cmp->path);
		gv_census_path(cmp->run->census, dir, row, &cmp->path);
		if (is_unreadable(row)) {
			r = add_unread(cmp, row);
			continue;
		}
		e = gv_map_get(&cmp->tree, cmp->path.p, cmp->path.len);
		if (e == NULL) {
			r = add_row(cmp, dir, row, 'A');
			continue;
		}
		e->seen = true;
		if (!gv_oid_equal(&e->oid, &row->oid) ||
		    !S_ISLNK(row->mode) != !S_ISLNK(e->mode))
			r = add_row(cmp, dir, row, 'M');
		else if (S_ISREG(row->mode) &&
		    !(row->mode & S_IXUSR) != !(e->mode & S_IXUSR))
			r = add_row(cmp, dir, row, 'm');
	}
	return r;
}

static bool
is_in_unread(const struct comparing *cmp, const struct gv_buf *path)
{
	size_t i;

	for (i = 1; cmp->unread.n && i <= path->len; i++)
		if ((i == path->len || path->p[i] == '/') &&
		    gv_map_get(&cmp->unread, path->p, i))
			return true;
	return false;
}

static int
add_unseen(struct comparing *cmp)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < cmp->tree.cap; i++) {
		const struct gv_map_slot *s = &cmp->tree.slots[i];
		const struct tree_entry *e = s->value;

		if (e == NULL || e->seen)
			continue;
		gv_buf_reset(&path);
		gv_buf_add(&path, s->key, s->len);
		if (!is_in_unread(cmp, &path))
			r = add(cmp->out, &path, 'D', NULL);
	}
	gv_buf_release(&path);
	return r;
}

/* The directory itself. Its time is no change: each name in it sets that. */
static int
compare_dir(struct comparing *cmp, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(cmp->run->census, dir);
	const struct gv_dir_row *old =
	    d->old == UINT32_MAX ? NULL : &cmp->run->cache->dirs[d->old];

	/* one that is, or was, not on disk has no mode */
	if (old == NULL || d->mode == 0 || old->mode == 0 ||
	    (d->mode == old->mode && d->extra == old->extra))
		return 0;
	gv_buf_reset(&cmp->path);
	gv_census_dir_path(cmp->run->census, dir, &cmp->path);
	if (cmp->path.len == 0)
		gv_buf_addch(&cmp->path, '.');
	return add(cmp->out, &cmp->path, 'm', NULL);
}

static int
compare_with_cache(struct comparing *cmp, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(cmp->run->census, dir);
	int r = compare_dir(cmp, dir);

	/* rows that are the cache's own stand as they were */
	return r == 0 && (d->own || d->n == 0) ? compare_rows(cmp, dir) : r;
}

static void
count(struct comparing *cmp, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(cmp->run->census, dir);
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		uint32_t flags = d->rows[i].flags;

		cmp->out->products += !!(flags & GV_ROW_PRODUCT);
		cmp->out->ignored += !!(flags & GV_ROW_IGNORED);
		cmp->out->precious += !!(flags & GV_ROW_PRECIOUS);
	}
}

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct gv_status_entry *)a)->path,
	    ((const struct gv_status_entry *)b)->path);
}

/* The last snapshot's record, and what to compare with. */
static int
find_last(struct comparing *cmp)
{
	struct gv_snapshot_run *run = cmp->run;
	int r;

	if (run->cache)
		return gv_record_load(
		    &cmp->out->last, run->repo, &run->cache->head->commit);
	r = gv_snapshot_last(&cmp->out->last, run->repo);
	if (r == GV_ENOTFOUND)
		return 0;
	return r < 0
	    ? r
	    : gv_tree_walk(run->odb, &cmp->out->last.tree, take_entry, cmp);
}

static int
compare(struct comparing *cmp)
{
	struct gv_snapshot_run *run = cmp->run;
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->census, run->order[i]);

		count(cmp, run->order[i]);
		if (d->flags & GV_CENSUS_UNREAD)
			r = add_unread_dir(cmp, run->order[i]);
		else if (run->cache == NULL)
			r = compare_with_tree(cmp, run->order[i]);
		else
			r = compare_with_cache(cmp, run->order[i]);
	}
	if (r == 0 && run->cache == NULL)
		r = add_unseen(cmp);
	if (r == 0 && cmp->out->n)
		qsort(cmp->out->entries, cmp->out->n,
		    sizeof(*cmp->out->entries), compare_entries);
	return r;
}

int
gv_status_get(struct gv_status *out, struct gv_repo *repo)
{
	struct gv_snapshot_opts opts = { .dry_run = true };
	struct gv_snapshot snap = { 0 };
	struct gv_snapshot_run run = { GV_SNAPSHOT_RUN(&opts, &snap, repo) };
	struct comparing cmp = { .out = out,
		.run = &run,
		.arena = GV_ARENA_INIT,
		.tree = GV_MAP_INIT,
		.unread = GV_MAP_INIT,
		.path = GV_BUF_INIT };
	int r;

	memset(out, 0, sizeof(*out));
	run.withhold.looks = true;
	r = gv_snapshot_open(&run);
	if (r == 0)
		r = find_last(&cmp);
	/* what is all new need not be searched */
	opts.no_scan = *out->last.id == '\0' ||
	    !gv_config_bool(&repo->config, GV_SNAPSHOT_SCAN, true);
	if (r == 0)
		r = gv_snapshot_search_open(&run);
	if (r == 0 && *out->last.id)
		r = gv_snapshot_search(&run);
	/* without a pack: what must be read is only hashed */
	if (r == 0)
		r = gv_snapshot_capture(&run);
	if (r == 0)
		r = compare(&cmp);
	out->files = snap.files;
	out->bytes = snap.bytes;
	gv_map_release(&cmp.tree);
	gv_map_release(&cmp.unread);
	gv_arena_release(&cmp.arena);
	gv_buf_release(&cmp.path);
	gv_snapshot_close(&run);
	gv_snapshot_release(&snap);
	if (r < 0)
		gv_status_release(out);
	return r;
}

/* A row of the cache beside the file as it is: '=' , 'm' or 'M'; 'D' where
 * it went, 0 where only the whole look can tell. */
static int
judge_file(char *change, const struct gv_repo *repo, const struct gv_row *row,
    int64_t stamp, const char *path)
{
	struct gv_buf full = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_oid id;
	struct stat st;
	int r = 0;

	gv_buf_addf(&full, "%s/%s", repo->worktree, path);
	*change = 0;
	if (gv_dir_stat(AT_FDCWD, full.p, full.len, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			*change = 'D';
		goto out;
	}
	if (st.st_mode != row->mode || !S_ISREG(st.st_mode))
		goto out;
	*change = 'M';
	if ((uint64_t)st.st_size != row->size)
		goto out;
	*change = '=';
	if (gv_census_ns(&st.st_mtim) == row->mtime &&
	    gv_census_ns(&st.st_ctim) == row->ctime && st.st_ino == row->ino &&
	    gv_census_is_settled(row->ctime, stamp))
		goto out;
	*change = 0;
	/* its id is of what stands for it, which only the whole look makes
	 * again */
	if (row->flags & (GV_ROW_CHUNKED | GV_ROW_WITHHELD))
		goto out;
	if (gv_file_read(&text, AT_FDCWD, full.p, SMALL) < 0)
		goto out;
	r = gv_oid_of(&id, GV_OTYPE_BLOB, text.p, text.len);
	*change = gv_oid_equal(&id, &row->oid) ? 'm' : 'M';
	if (*change == 'm' && gv_census_ns(&st.st_mtim) == row->mtime)
		*change = 0; /* owner or attributes, or nothing at all */
out:
	gv_buf_release(&full);
	gv_buf_release(&text);
	return r;
}

/* What the cache has of a path. */
struct known {
	bool any;
	struct gv_row row;
	char id[GV_RECORD_ID_LEN + 1]; /* the snapshot's that it tells of */
};

/* By the cache alone: 1 where that tells. */
static int
look_up(struct gv_status *out, struct gv_repo *repo, const char *path,
    size_t len, struct known *known)
{
	struct gv_statcache *cache = NULL;
	struct gv_buf name = GV_BUF_INIT, at = GV_BUF_INIT;
	const struct gv_row *row = NULL;
	struct gv_refs refs = { 0 };
	const struct gv_ref *ref = NULL;
	char change = 0;
	int r;

	gv_snapshot_cache_path(&name, repo);
	if (gv_statcache_open(&cache, name.p) == 0)
		row = gv_statcache_find(cache, path, len);
	r = gv_buf_check(&name);
	*known = (struct known){ .any = row != NULL };
	if (row) {
		known->row = *row;
		memcpy(known->id, cache->head->id, GV_RECORD_ID_LEN);
	}
	/* what was not read as it stands there, only the whole look knows */
	if (r < 0 || row == NULL || !is_file(row) ||
	    (row->flags & (GV_ROW_SPARSE | GV_ROW_UNSTABLE | GV_ROW_POINTER)))
		goto out;
	gv_buf_reset(&name);
	gv_buf_addf(&name, GV_REF_SNAPSHOTS "%s", cache->head->id);
	r = gv_ref_list(&refs, repo, name.p);
	ref = r == 0 ? gv_refs_find(&refs, name.p) : NULL;
	if (ref == NULL || !gv_oid_equal(&ref->oid, &cache->head->commit))
		goto out;
	gv_buf_add(&at, path, len);
	r = judge_file(&change, repo, row, cache->head->stamp, at.p);
	if (r == 0 && change)
		r = add(out, &at, change, row);
	if (r == 0 && change)
		r = gv_record_load(&out->last, repo, &cache->head->commit);
	if (r == 0)
		r = change != 0;
out:
	gv_statcache_close(cache);
	gv_refs_release(&refs);
	gv_buf_release(&name);
	gv_buf_release(&at);
	return r;
}

static bool
stands(const struct gv_repo *repo, const char *path, size_t len)
{
	struct gv_buf full = GV_BUF_INIT;
	struct stat st;
	bool yes;

	gv_buf_addf(&full, "%s/%.*s", repo->worktree, (int)len, path);
	yes = gv_buf_check(&full) == 0 &&
	    gv_dir_stat(AT_FDCWD, full.p, full.len, &st) == 0;
	gv_buf_release(&full);
	return yes;
}

static int
add_unchanged(struct gv_status *out, const char *path, size_t len,
    const struct gv_row *row)
{
	struct gv_buf at = GV_BUF_INIT;
	int r;

	gv_buf_add(&at, path, len);
	r = gv_buf_check(&at);
	if (r == 0)
		r = add(out, &at, '=', row);
	gv_buf_release(&at);
	if (r < 0)
		gv_status_release(out);
	return r;
}

int
gv_status_of(
    struct gv_status *out, struct gv_repo *repo, const char *path, size_t len)
{
	struct known known;
	size_t i, n = 0;
	int r;

	memset(out, 0, sizeof(*out));
	r = look_up(out, repo, path, len, &known);
	if (r != 0) {
		if (r < 0)
			gv_status_release(out);
		return r < 0 ? r : 0;
	}
	r = gv_status_get(out, repo);
	if (r < 0)
		return r;
	for (i = 0; i < out->n; i++) {
		struct gv_status_entry e = out->entries[i];

		if (gv_path_is_below(e.path, e.len, path, len))
			out->entries[n++] = e;
		else
			free(e.path);
	}
	out->n = n;
	out->is_held = known.any && !(known.row.flags & GV_ROW_ABSENT) &&
	    strcmp(known.id, out->last.id) == 0;
	if (n == 0 && out->is_held && is_file(&known.row) &&
	    !(known.row.flags & GV_ROW_SPARSE))
		return add_unchanged(out, path, len, &known.row);
	if (n || known.any || stands(repo, path, len))
		return 0;
	gv_status_release(out);
	return gv_err(GV_ENOTFOUND,
	    "there is no %.*s, nor was there at the last snapshot", (int)len,
	    path);
}

int
gv_status_explain(char **out, enum gv_census_kept *kept, struct gv_repo *repo,
    const char *path, size_t len)
{
	struct gv_census_opts opts = { .repo = repo };
	struct gv_census *census = NULL;
	struct gv_index *index = NULL;
	int r = gv_index_open(&index, repo);

	opts.index = index;
	if (r == 0)
		r = gv_census_take(&census, &opts);
	if (r == 0)
		r = gv_census_explain(out, kept, census, path, len);
	gv_census_free(census);
	gv_index_close(index);
	return r;
}

void
gv_status_release(struct gv_status *status)
{
	size_t i;

	if (status == NULL)
		return;
	for (i = 0; i < status->n; i++)
		free(status->entries[i].path);
	free(status->entries);
	gv_record_release(&status->last);
	memset(status, 0, sizeof(*status));
}
