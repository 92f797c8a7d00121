#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "store/nested.h"
#include "store/repo.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "vault/census_internal.h"

/* Types that no file system gives: what a sparse checkout leaves out. */
#define TYPE_SPARSE_FILE 254
#define TYPE_SPARSE_DIR  255

/* One directory while it is read. */
struct reading {
	struct gv_census *c;
	struct gv_census_hand *h;
	struct gv_census_dir *d;
	uint32_t dir;
	int fd;        /* -1: a directory that is not on disk */
	size_t prefix; /* of h->path: the directory's, with its '/' */
	const struct gv_ignore_level *level;
	bool force; /* rules changed: children must be read too */
	struct gv_census_cursor cursor;
	const struct gv_row *old, *old_end; /* the cache's, merged along */
	const char *old_names;
	struct gv_row *rows;
	uint32_t n;
};

bool
gv_census_is_repo(
    const struct gv_census *c, const struct gv_buf *path, struct gv_oid *commit)
{
	struct gv_buf full = GV_BUF_INIT;
	bool yes;

	gv_buf_addf(&full, "%s/%s", c->opts.repo->worktree, path->p);
	yes = gv_buf_check(&full) == 0 && gv_nested_head(commit, full.p);
	gv_buf_release(&full);
	return yes;
}

static bool
is_dir_type(unsigned char type)
{
	return type == DT_DIR || type == TYPE_SPARSE_DIR;
}

static int
compare_names(const void *a, const void *b)
{
	const struct gv_dir_name *x = a, *y = b;

	return gv_path_compare(x->name, x->len, is_dir_type(x->type), y->name,
	    y->len, is_dir_type(y->type));
}

/* Some file systems do not tell the type in the listing. */
static void
complete_types(struct reading *rd)
{
	struct gv_dir_names *names = &rd->h->names;
	struct stat st;
	size_t i;

	for (i = 0; i < names->n; i++) {
		struct gv_dir_name *n = &names->names[i];

		if (n->type == DT_UNKNOWN &&
		    gv_entry_stat(rd->fd, n->name, &st) == 0)
			n->type = S_ISDIR(st.st_mode) ? DT_DIR : DT_REG;
	}
}

static bool
has_name(
    const struct gv_dir_names *names, size_t n, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (names->names[i].len == len &&
		    memcmp(names->names[i].name, name, len) == 0)
			return true;
	return false;
}

static int
add_sparse_name(struct gv_dir_names *names, const char *name, size_t len,
    unsigned char type)
{
	int r = gv_vec_grow((void **)&names->names, &names->cap, names->n + 1,
	    sizeof(*names->names));

	if (r == 0)
		names->names[names->n++] =
		    (struct gv_dir_name){ name, len, type };
	return r;
}

/* What git's index has here and a sparse checkout has not put on disk. The
 * names are borrowed from the index. */
static int
add_sparse(struct reading *rd)
{
	struct gv_dir_names *names = &rd->h->names;
	struct gv_census_cursor cur = rd->cursor;
	size_t on_disk = names->n;
	int r = 0;

	while (r == 0 && cur.at < cur.end) {
		const struct gv_index_entry *e = &cur.index->entries[cur.at];
		const char *name = e->path + cur.prefix;
		const char *slash = strchr(name, '/');
		size_t len = slash ? (size_t)(slash - name) : strlen(name);

		if ((e->flags & GV_INDEX_SKIP_WORKTREE) &&
		    !has_name(names, on_disk, name, len))
			r = add_sparse_name(names, name, len,
			    slash ? TYPE_SPARSE_DIR : TYPE_SPARSE_FILE);
		/* on to the next name: one that none in the index equals */
		cur.at++;
		while (slash && cur.at < cur.end &&
		    strncmp(cur.index->entries[cur.at].path, e->path,
			cur.prefix + len + 1) == 0)
			cur.at++;
	}
	return r;
}

/* The cache's row of this name, if it has one. */
static const struct gv_row *
find_old(struct reading *rd, const struct gv_dir_name *name)
{
	for (; rd->old < rd->old_end; rd->old++) {
		const struct gv_row *o = rd->old;
		int x = gv_path_compare(rd->old_names + o->name, o->name_len,
		    o->flags & GV_ROW_DIR, name->name, name->len,
		    is_dir_type(name->type));

		if (x == 0)
			return o;
		if (x > 0)
			return NULL;
	}
	return NULL;
}

static int
new_child(struct reading *rd, const struct gv_dir_name *name, uint32_t *number)
{
	struct gv_census *c = rd->c;
	struct gv_census_dir *child;
	char *copy;
	int r;

	pthread_mutex_lock(&c->lock);
	r = gv_census_dir_new(c, number);
	copy = r == 0 ? gv_arena_copy(&c->names, name->name, name->len) : NULL;
	pthread_mutex_unlock(&c->lock);
	if (r < 0)
		return r;
	if (copy == NULL)
		return GV_ENOMEM;
	child = gv_census_dir(c, *number);
	child->parent = rd->dir;
	child->name = copy;
	child->name_len = (uint16_t)name->len;
	child->flags = GV_CENSUS_NEW;
	if (name->type == TYPE_SPARSE_DIR)
		child->flags |= GV_CENSUS_VIRTUAL;
	return 0;
}

/* A directory that is entered: the one the cache knows, or a new one. */
static int
enter(struct reading *rd, struct gv_row *row, const struct gv_row *old,
    const struct gv_dir_name *name, uint8_t state)
{
	struct gv_census_dir *child;
	uint32_t number;
	bool known = false;
	int r;

	if (old && !(old->flags & GV_ROW_ABSENT)) {
		number = (uint32_t)old->size;
		child = gv_census_dir(rd->c, number);
		known = !(child->flags & GV_CENSUS_GONE);
	}
	if (!known) {
		r = new_child(rd, name, &number);
		if (r < 0)
			return r;
		child = gv_census_dir(rd->c, number);
	}
	row->size = number;
	row->mode = S_IFDIR;
	if (known && !rd->force &&
	    (child->state == state || child->state == GV_DIR_REPO))
		return 0;
	child->state = state;
	child->force |= rd->force;
	return gv_census_queue(rd->c, number);
}

/* Stat data as the cache has them, and old enough to be believed. */
static bool
is_same(
    const struct reading *rd, const struct gv_row *old, const struct stat *st)
{
	return old && !(old->flags & (GV_ROW_ABSENT | GV_ROW_UNSTABLE)) &&
	    old->mtime == gv_census_ns(&st->st_mtim) &&
	    old->ctime == gv_census_ns(&st->st_ctim) &&
	    old->ino == st->st_ino && old->size == (uint64_t)st->st_size &&
	    old->mode == st->st_mode &&
	    gv_census_is_settled(old->ctime, rd->c->opts.old->head->stamp);
}

static int
look_at(struct reading *rd, struct gv_row *row, const struct gv_row *old,
    const struct gv_index_entry *entry, const struct stat *st)
{
	bool special;
	int r;

	if (is_same(rd, old, st)) {
		uint16_t keep = old->flags & GV_ROW_POINTER;
		uint16_t flags = row->flags | keep;
		uint32_t name = row->name;

		*row = *old;
		row->flags = flags;
		row->name = name;
		return 0;
	}
	r = gv_census_fill(rd->c, rd->h, row, st);
	special = !S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode);
	if (special)
		row->flags |= GV_ROW_SKIPPED;
	if (!old || ((old->flags ^ row->flags) & GV_ROW_ABSENT))
		row->flags |= GV_ROW_NEW;
	else if (row->mtime != old->mtime || row->mode != old->mode ||
	    row->extra != old->extra)
		row->flags |= GV_ROW_CHANGED;
	if (special)
		return r;
	if (entry && gv_census_is_clean(rd->c->opts.index, entry, st)) {
		row->oid = entry->oid;
		row->flags |= gv_census_by_index(entry, st);
	} else {
		if (old)
			row->oid = old->oid;
		row->flags |= GV_ROW_READ;
	}
	return r;
}

static void
take_sparse(struct gv_row *row, const struct gv_row *old,
    const struct gv_index_entry *entry)
{
	row->mode = entry->mode;
	row->oid = entry->oid;
	row->flags |= GV_ROW_SPARSE;
	if (!old || !(old->flags & GV_ROW_SPARSE))
		row->flags |= GV_ROW_NEW;
}

/* Judge one name and make its row. */
static int
take_name(struct reading *rd, const struct gv_dir_name *name)
{
	struct gv_row *row = &rd->rows[rd->n];
	const struct gv_row *old = find_old(rd, name);
	bool is_dir = is_dir_type(name->type);
	const struct gv_index_entry *entry =
	    gv_census_cursor_find(&rd->cursor, name->name, name->len, is_dir);
	struct gv_census_verdict v;
	struct stat st;

	memset(row, 0, sizeof(*row));
	row->name = (uint32_t)rd->d->text.len;
	row->name_len = (uint16_t)name->len;
	gv_buf_add(&rd->d->text, name->name, name->len);
	gv_buf_truncate(&rd->h->path, rd->prefix);
	gv_buf_add(&rd->h->path, name->name, name->len);
	gv_census_judge(&v,
	    &(struct gv_census_case){ .state = rd->d->state,
		.level = rd->level,
		.siblings = &rd->h->names,
		.path = &rd->h->path,
		.name_at = rd->prefix,
		.is_dir = is_dir,
		.tracked = entry });
	row->flags = v.flags;
	if (v.flags & GV_ROW_ABSENT) {
		row->mode = is_dir ? S_IFDIR : S_IFREG;
		if (v.flags & GV_ROW_PRODUCT &&
		    !(old && old->flags & GV_ROW_PRODUCT))
			row->flags |= GV_ROW_NEW;
		rd->n++;
		return 0;
	}
	if (name->type == TYPE_SPARSE_FILE) {
		take_sparse(row, old, entry);
		rd->n++;
		return 0;
	}
	if (is_dir) {
		rd->n++;
		return enter(rd, row, old, name, v.state);
	}
	if (gv_entry_stat(rd->fd, name->name, &st) < 0) {
		if (errno == ENOENT)
			return 0; /* went between the listing and now */
		row->flags |= GV_ROW_SKIPPED | GV_ROW_NEW;
		row->mode = S_IFREG;
		rd->n++;
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return 0; /* became one just now: the next look sees it */
	rd->n++;
	return look_at(rd, row, old, entry, &st);
}

static bool
is_left_out(const struct reading *rd, const struct gv_dir_name *name)
{
	const struct gv_buf *git_dir = &rd->c->git_dir;
	size_t n = rd->prefix;

	if (name->len == 4 && memcmp(name->name, ".git", 4) == 0)
		return true;
	return git_dir->len == n + name->len &&
	    memcmp(git_dir->p, rd->h->path.p, n) == 0 &&
	    memcmp(git_dir->p + n, name->name, name->len) == 0;
}

static int
take_names(struct reading *rd)
{
	struct gv_dir_names *names = &rd->h->names;
	size_t i, bytes = 0;
	int r = 0;

	for (i = 0; i < names->n; i++)
		bytes += names->names[i].len;
	if (bytes > UINT32_MAX)
		return gv_err(GV_EREFUSED,
		    "%s: the names in this directory take over 4 GiB",
		    rd->h->path.p);
	if (names->n)
		qsort(names->names, names->n, sizeof(*names->names),
		    compare_names);
	free(rd->d->own);
	rd->d->own = NULL;
	gv_buf_reset(&rd->d->text);
	rd->rows = malloc((names->n + 1) * sizeof(*rd->rows));
	if (rd->rows == NULL)
		return gv_err_nomem();
	rd->d->own = rd->rows;
	rd->d->rows = rd->rows;
	rd->d->n = 0;
	r = gv_buf_grow(&rd->d->text, bytes + 1);
	for (i = 0; r == 0 && i < names->n; i++)
		if (!is_left_out(rd, &names->names[i]))
			r = take_name(rd, &names->names[i]);
	rd->d->names = rd->d->text.p;
	rd->d->n = rd->n;
	return r;
}

static void
note_stat(struct reading *rd, const struct stat *st)
{
	struct gv_census_dir *d = rd->d;
	int64_t mtime = gv_census_ns(&st->st_mtim);
	bool linked;
	uint32_t extra;

	rd->h->dir = rd->fd;
	rd->h->name_at = rd->h->path.len;
	extra = gv_census_extra(rd->c, rd->h, st, &linked);
	if (d->mtime != mtime || d->mode != st->st_mode || d->extra != extra)
		d->flags |= GV_CENSUS_CHANGED;
	d->flags &= (uint8_t)~GV_CENSUS_PLAIN;
	if (!linked)
		d->flags |= GV_CENSUS_PLAIN;
	d->mtime = mtime;
	d->ctime = gv_census_ns(&st->st_ctim);
	d->ino = st->st_ino;
	d->mode = st->st_mode;
	d->uid = st->st_uid;
	d->gid = st->st_gid;
	d->extra = extra;
}

/* A directory that cannot be listed holds nothing, and says why. */
static void
give_up(struct gv_census_dir *d, int error)
{
	d->flags |= error == ENOENT || error == ENOTDIR || error == ELOOP
	    ? GV_CENSUS_GONE
	    : GV_CENSUS_UNREAD;
	d->error = error;
	d->flags |= GV_CENSUS_DIRTY;
	free(d->own);
	d->own = NULL;
	d->n = 0;
	memset(&d->tree, 0, sizeof(d->tree));
}

static int
become_repo(struct gv_census_dir *d, const struct gv_oid *commit)
{
	if (d->state != GV_DIR_REPO || !gv_oid_equal(&d->tree, commit))
		d->flags |= GV_CENSUS_CHANGED;
	d->state = GV_DIR_REPO;
	d->flags |= GV_CENSUS_DIRTY;
	d->tree = *commit;
	free(d->own);
	d->own = NULL;
	d->n = 0;
	return 0;
}

static int
open_dir(struct reading *rd)
{
	struct gv_census_hand *h = rd->h;
	struct stat st;

	h->names.n = 0;
	gv_buf_reset(&h->names.text);
	rd->fd = -1;
	if (rd->d->flags & GV_CENSUS_VIRTUAL)
		return 0;
	rd->fd = gv_dir_open(rd->c->root_fd, h->path.p, h->path.len);
	if (rd->fd < 0 || gv_dir_stat_fd(rd->fd, &st) < 0 ||
	    gv_dir_list(&h->names, rd->fd) < 0)
		return -1;
	note_stat(rd, &st);
	complete_types(rd);
	return 0;
}

static int
read_rows(struct reading *rd)
{
	const struct gv_statcache *cache = rd->c->opts.old;
	struct gv_census_hand *h = rd->h;
	struct gv_census_dir *d = rd->d;
	uint64_t rules = d->rules;
	int r;

	r = gv_census_level(rd->c, rd->dir,
	    has_name(&h->names, h->names.n, ".gitignore", 10), &rd->level);
	if (r < 0)
		return r;
	rd->force = d->force || (d->old != UINT32_MAX && rules != d->rules);
	if (d->old != UINT32_MAX) {
		const struct gv_dir_row *row = &cache->dirs[d->old];

		rd->old = cache->rows + row->first;
		rd->old_end = rd->old + row->n;
		rd->old_names = cache->names;
	}
	gv_census_cursor_init(&rd->cursor, rd->c->opts.index, &h->path);
	if (rd->c->opts.index->has_skipped)
		r = add_sparse(rd);
	if (h->path.len)
		gv_buf_addch(&h->path, '/');
	h->name_at = rd->prefix = h->path.len;
	return r < 0 ? r : take_names(rd);
}

int
gv_census_read(struct gv_census *c, struct gv_census_hand *h, uint32_t dir)
{
	struct reading rd = { .c = c, .h = h, .dir = dir, .fd = -1 };
	struct gv_oid commit;
	int r = 0;

	rd.d = gv_census_dir(c, dir);
	gv_buf_reset(&h->path);
	gv_census_dir_path(c, dir, &h->path);
	r = gv_buf_check(&h->path);
	if (r < 0)
		return r;
	rd.d->flags |= GV_CENSUS_DIRTY;
	if (open_dir(&rd) < 0)
		give_up(rd.d, errno);
	else if (dir && has_name(&h->names, h->names.n, ".git", 4) &&
	    gv_census_is_repo(c, &h->path, &commit))
		r = become_repo(rd.d, &commit);
	else {
		if (rd.d->state == GV_DIR_REPO)
			rd.d->state = GV_DIR_NORMAL;
		r = read_rows(&rd);
	}
	if (rd.fd >= 0)
		gv_file_close(rd.fd);
	return r;
}
