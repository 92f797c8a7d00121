#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/pack.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "walk/census.h"
#include "worktree/statcache.h"

/*
 * A file whose stat data the cache of the last snapshot vouches for is known
 * by name and need not be read. Of the others those of the right size come
 * first; each is read once, whatever is looked for.
 */
#define CHUNK (128 * 1024)

/* --- what there is --- */

/* The bytes under this name may stand in the file; if `is_sure`, they do. */
static int
remember(struct gv_repair_run *run, const struct gv_oid *oid,
    struct gv_repair_file *f, bool is_sure)
{
	struct gv_oid *key;

	if (!is_sure && gv_map_get(&run->by_id, oid->id, GV_OID_RAW))
		return 0;
	key = gv_arena_alloc(&run->arena, sizeof(*key));
	if (key == NULL)
		return GV_ENOMEM;
	*key = *oid;
	return gv_map_put(&run->by_id, key->id, GV_OID_RAW, f);
}

/* What the cache says of a file: its name too, unless something stands for it
 * in the tree. A name that may be out of date is worth a try. */
static int
ask_cache(
    struct gv_repair_run *run, struct gv_repair_file *f, const struct stat *st)
{
	const struct gv_statcache *cache = f->top->cache;
	const struct gv_row *row =
	    cache ? gv_statcache_find(cache, f->path, strlen(f->path)) : NULL;

	if (row == NULL || row->size != f->size ||
	    (row->flags &
		(GV_ROW_ABSENT | GV_ROW_DIR | GV_ROW_SPARSE | GV_ROW_POINTER |
		    GV_ROW_CHUNKED | GV_ROW_WITHHELD)))
		return 0;
	f->is_known = gv_census_is_row_same(row, st, cache->head->stamp);
	return remember(run, &row->oid, f, f->is_known);
}

static int
note_file(struct gv_repair_run *run, const struct gv_repair_top *top,
    const struct gv_buf *path, const struct stat *st)
{
	struct gv_repair_file *f;

	if (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode))
		return 0;
	if (GV_GROW(run->files, run->n_files, run->files_cap) < 0)
		return GV_ENOMEM;
	f = gv_arena_alloc(&run->arena, sizeof(*f));
	if (f == NULL)
		return GV_ENOMEM;
	f->top = top;
	f->size = (uint64_t)st->st_size;
	f->is_link = S_ISLNK(st->st_mode);
	f->path = gv_arena_copy(&run->arena, path->p, path->len);
	if (f->path == NULL)
		return GV_ENOMEM;
	run->files[run->n_files++] = f;
	return ask_cache(run, f, st);
}

/* What walks a working tree. */
struct walk {
	struct gv_repair_run *run;
	const struct gv_repair_top *top;
	int root;
	struct gv_buf todo; /* folders, a NUL behind each */
};

/* One folder: its files, and its folders to the list of those yet to see. */
static int
walk_dir(struct walk *w, const struct gv_buf *dir)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	size_t i;
	int fd = gv_dir_open(w->root, dir->p, dir->len), r = 0;

	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		names.n = 0;
	gv_file_close(fd);
	for (i = 0; r == 0 && i < names.n; i++) {
		if (strcmp(names.names[i].name, ".git") == 0)
			continue;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s%s%s", dir->p, dir->len ? "/" : "",
		    names.names[i].name);
		r = gv_buf_check(&path);
		if (r < 0 || gv_dir_stat(w->root, path.p, path.len, &st) < 0)
			continue;
		if (!S_ISDIR(st.st_mode))
			r = note_file(w->run, w->top, &path, &st);
		else if (!gv_repair_is_top(w->run, &st))
			gv_buf_add(&w->todo, path.p, path.len + 1);
	}
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

static int
by_size(const void *a, const void *b)
{
	const struct gv_repair_file *x = *(struct gv_repair_file *const *)a;
	const struct gv_repair_file *y = *(struct gv_repair_file *const *)b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->top->is_own != y->top->is_own)
		return x->top->is_own ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Everything below the top but .git. */
static int
walk_top(struct gv_repair_run *run, const struct gv_repair_top *top)
{
	struct walk w = { .run = run, .top = top, .todo = GV_BUF_INIT };
	struct gv_buf dir = GV_BUF_INIT;
	size_t at;
	int r = 0;

	w.root = gv_dir_open_root(top->dir);
	if (w.root < 0)
		return 0;
	gv_buf_addch(&w.todo, '\0');
	for (at = 0; r == 0 && at < w.todo.len; at += dir.len + 1) {
		gv_buf_reset(&dir);
		gv_buf_addstr(&dir, w.todo.p + at);
		if ((r = gv_buf_check(&dir)) == 0 &&
		    (r = walk_dir(&w, &dir)) == 0 &&
		    (r = gv_buf_check(&w.todo)) == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_file_close(w.root);
	gv_buf_release(&w.todo);
	gv_buf_release(&dir);
	return r;
}

int
gv_repair_files(struct gv_repair_run *run)
{
	size_t i;
	int r;

	if (run->tried & GV_REPAIR_WORKTREE)
		return 0;
	run->tried |= GV_REPAIR_WORKTREE;
	r = gv_repair_tops(run);
	for (i = 0; r == 0 && i < run->n_tops; i++)
		r = walk_top(run, run->tops[i]);
	if (run->n_files)
		qsort(run->files, run->n_files, sizeof(*run->files), by_size);
	return r;
}

const char *
gv_repair_file_name(struct gv_repair_run *run, const struct gv_repair_file *f)
{
	struct gv_buf name = GV_BUF_INIT;
	const char *copy = NULL;

	if (f->top->is_own)
		return f->path;
	gv_buf_addf(&name, "%s/%s", f->top->dir, f->path);
	if (gv_buf_check(&name) == 0)
		copy = gv_arena_copy(&run->arena, name.p, name.len);
	gv_buf_release(&name);
	return copy;
}

/* --- reading them --- */

static int
hash_fd(struct gv_oid *out, int fd, uint64_t size)
{
	struct gv_hash *hash = NULL;
	char *chunk = malloc(CHUNK);
	ssize_t n;
	int r =
	    chunk ? gv_hash_open(&hash, GV_OTYPE_BLOB, size) : gv_err_nomem();

	while (r == 0 && (n = gv_file_read_some(fd, chunk, CHUNK)) != 0) {
		r = n < 0 ? GV_ERROR : gv_hash_update(hash, chunk, (size_t)n);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	if (r == 0)
		r = gv_hash_finish(hash, out);
	gv_hash_close(hash);
	free(chunk);
	return r;
}

static int
hash_link(struct gv_oid *out, struct gv_buf *target, int root, const char *path)
{
	ssize_t n = -1;

	if (gv_buf_grow(target, 4096) == 0)
		n = gv_dir_read_link(root, path, strlen(path), target->p, 4096);
	if (n < 0)
		return GV_ERROR;
	target->len = (size_t)n;
	return gv_oid_of(out, GV_OTYPE_BLOB, target->p, target->len);
}

/* Name a file. 1, 0 where it cannot be read or changes, which makes it of no
 * use here but is no failure, or negative. */
static int
name_file(struct gv_oid *out, const struct gv_repair_file *f)
{
	struct gv_buf target = GV_BUF_INIT;
	struct stat st;
	int root = gv_dir_open_root(f->top->dir), fd, r = GV_ERROR;

	if (root < 0)
		return 0;
	if (f->is_link) {
		r = hash_link(out, &target, root, f->path);
		gv_buf_release(&target);
	} else {
		fd = gv_dir_open_file(root, f->path, strlen(f->path));
		if (fd >= 0 && gv_dir_stat_fd(fd, &st) == 0)
			r = hash_fd(out, fd, (uint64_t)st.st_size);
		gv_file_close(fd);
	}
	gv_file_close(root);
	return r == 0 ? 1 : r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* Name all files that nobody has named yet, of this size where there is one,
 * until one is what is looked for: 1. */
static int
name_files(struct gv_repair_run *run, const struct gv_oid *wanted,
    const uint64_t *size)
{
	struct gv_oid oid;
	size_t i;
	int r;

	for (i = 0; i < run->n_files; i++) {
		struct gv_repair_file *f = run->files[i];

		if (f->is_known || (size && f->size != *size))
			continue;
		f->is_known = true;
		r = name_file(&oid, f);
		if (r > 0 && remember(run, &oid, f, true) < 0)
			r = GV_ENOMEM;
		if (r < 0 || (r > 0 && gv_oid_equal(&oid, wanted)))
			return r;
	}
	return 0;
}

/* --- taking one --- */

static int64_t
read_fd(void *ctx, void *data, size_t len)
{
	return gv_file_read_full(*(int *)ctx, data, len);
}

/* Put a file into the new pack if it is what is looked for; names it. */
static int
store_file(struct gv_repair_run *run, struct gv_oid *out, uint64_t *len,
    const struct gv_oid *wanted, int fd)
{
	struct stat st;
	int r;

	if (gv_dir_stat_fd(fd, &st) < 0)
		return GV_ENOTFOUND;
	*len = (uint64_t)st.st_size;
	r = hash_fd(out, fd, *len);
	if (r < 0 || run->lane == NULL || !gv_oid_equal(out, wanted))
		return r;
	if (gv_file_rewind(fd) < 0)
		return GV_ENOTFOUND;
	return gv_pack_add_stream(run->lane, out, *len, read_fd, &fd, NULL);
}

/* Put what stands at the path into the new pack, if it is what is looked for:
 * 1, with the length in *len. */
static int
take_at(struct gv_repair_run *run, const struct gv_repair_item *item,
    uint64_t *len, int root, const char *path)
{
	struct gv_buf target = GV_BUF_INIT;
	struct gv_oid oid;
	struct stat st;
	int fd, r = GV_ENOTFOUND;

	if (gv_dir_stat(root, path, strlen(path), &st) < 0)
		return 0;
	if (S_ISLNK(st.st_mode)) {
		r = hash_link(&oid, &target, root, path);
		*len = target.len;
		if (r == 0 && run->lane && gv_oid_equal(&oid, &item->oid))
			r = gv_pack_add_known(run->lane, &oid, GV_OTYPE_BLOB,
			    target.p, target.len, NULL);
		gv_buf_release(&target);
	} else {
		fd = gv_dir_open_file(root, path, strlen(path));
		if (fd >= 0)
			r = store_file(run, &oid, len, &item->oid, fd);
		gv_file_close(fd);
	}
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return r == 0 && gv_oid_equal(&oid, &item->oid);
}

static int
take(struct gv_repair_run *run, struct gv_repair_item *item,
    const struct gv_repair_file *f)
{
	uint64_t len = 0;
	int root = gv_dir_open_root(f->top->dir), r;

	if (root < 0)
		return 0;
	r = take_at(run, item, &len, root, f->path);
	gv_file_close(root);
	if (r <= 0)
		return r;
	item->len = (size_t)len;
	item->is_stored = true;
	item->source = "working tree";
	item->detail = gv_repair_file_name(run, f);
	return item->detail ? 1 : GV_ENOMEM;
}

static int
find(struct gv_repair_run *run, struct gv_repair_item *item)
{
	const struct gv_repair_file *f =
	    gv_map_get(&run->by_id, item->oid.id, GV_OID_RAW);
	uint64_t size;
	int r = f ? take(run, item, f) : 0;

	if (r)
		return r;
	/* it was named by a row that is out of date */
	gv_map_del(&run->by_id, item->oid.id, GV_OID_RAW);
	if (gv_odb_read_size(run->lenient, &size, &item->oid) == 0)
		r = name_files(run, &item->oid, &size);
	/* the size is damaged too, or nobody has it any more */
	if (r == 0)
		r = name_files(run, &item->oid, NULL);
	if (r <= 0)
		return r;
	f = gv_map_get(&run->by_id, item->oid.id, GV_OID_RAW);
	return take(run, item, f);
}

int
gv_repair_from_worktree(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	int r;

	if (item->type && item->type != GV_OTYPE_BLOB)
		return 0;
	r = gv_repair_files(run);
	if (r < 0 || run->n_files == 0)
		return r;
	r = find(run, item);
	if (r == 1)
		*obj = (struct gv_object){ .type = GV_OTYPE_BLOB,
			.len = item->len };
	return r;
}
