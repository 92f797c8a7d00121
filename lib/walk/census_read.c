#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "infra/precious.h"
#include "policy/wish.h"
#include "policy/wish_file.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "walk/census_internal.h"

/* Where a restore in place stages files, if git's folder lies on another file
 * system. */
#define OUR_OWN ".git-vault-restore"

/* One directory while it is read. */
struct reading {
	struct gv_census *c;
	struct gv_census_worker *h;
	struct gv_census_dir *d;
	uint32_t dir;
	int fd;        /* -1: a directory that is not on disk */
	size_t prefix; /* of h->path: the directory's, with its '/' */
	const struct gv_ignore_level *level;
	uint8_t state; /* as it is read */
	bool force;    /* rules changed: children must be read too */
	struct gv_census_cursor cursor;
	const struct gv_row *old, *old_end; /* the cache's, merged along */
	const char *old_names;
	struct gv_row *rows;
	uint32_t n;
};

static bool
is_dir_type(unsigned char type)
{
	return type == DT_DIR || type == GV_CENSUS_TYPE_SPARSE_DIR;
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

		if (n->type == DT_UNKNOWN)
			n->type = gv_entry_stat(rd->fd, n->name, &st) == 0
			    ? IFTODT(st.st_mode)
			    : DT_REG;
	}
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
	return 0;
}

/* Whether a directory that the cache knows is on disk now; it may have been
 * there, or not, at the last look. */
static void
set_virtual(struct gv_census_dir *d, bool yes)
{
	if (!yes) {
		d->flags &= (uint8_t)~GV_CENSUS_VIRTUAL;
		return;
	}
	if (d->ino)
		d->flags |= GV_CENSUS_CHANGED;
	d->flags |= GV_CENSUS_VIRTUAL;
	d->mtime = d->ctime = 0;
	d->ino = 0;
	d->mode = d->uid = d->gid = d->extra = 0;
}

/* Whether it is on the way to the only path that is asked of, or before it
 * where the limits are asked of as well. */
static bool
leads(const struct gv_census *c, uint32_t dir)
{
	const char *toward = c->opts.toward;
	struct gv_buf path = GV_BUF_INIT;
	bool is = toward == NULL;

	if (toward) {
		gv_census_dir_path(c, dir, &path);
		is = gv_buf_check(&path) < 0 ||
		    (c->opts.limits ? !gv_census_is_behind(c, &path)
				    : gv_path_is_below(toward, strlen(toward),
					  path.p, path.len));
	}
	gv_buf_release(&path);
	return is;
}

/* Whether files and directories have no stat data. */
static bool
is_bare(const struct gv_census *c)
{
	return c->opts.names_only || c->opts.limits;
}

/* Tell a child how it is to be read. It may be under way on another thread:
 * then it is read once more afterwards. */
static int
set_out(struct reading *rd, uint32_t number, uint8_t state, bool known)
{
	struct gv_census_dir *child = gv_census_dir(rd->c, number);
	bool stands;

	pthread_mutex_lock(&rd->c->lock);
	stands = known && !rd->force &&
	    (child->state == state || child->state == GV_DIR_REPO);
	if (!stands) {
		child->state = state;
		child->force |= rd->force;
	}
	pthread_mutex_unlock(&rd->c->lock);
	return stands || !leads(rd->c, number) ? 0
					       : gv_census_queue(rd->c, number);
}

/* A directory that is entered: the one the cache knows, or a new one. */
static int
enter(struct reading *rd, struct gv_row *row, const struct gv_row *old,
    const struct gv_dir_name *name, uint8_t state)
{
	bool virtual = name->type == GV_CENSUS_TYPE_SPARSE_DIR;
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
		if (old && (old->flags & GV_ROW_SKIPPED)) {
			/* unreadable last time: perhaps still so */
			child->flags |= GV_CENSUS_SAME;
			child->mtime = old->mtime;
			child->mode = old->mode;
			child->extra = old->extra;
		}
	}
	/* only in a sparse checkout, where one thread alone comes here */
	if (known)
		set_virtual(child, virtual);
	else if (virtual)
		child->flags |= GV_CENSUS_VIRTUAL;
	row->size = number;
	row->mode = S_IFDIR;
	return set_out(rd, number, state, known);
}

static int
look_at(struct reading *rd, struct gv_row *row, const struct gv_row *old,
    const struct gv_index_entry *entry, const struct stat *st)
{
	bool special = !S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode);
	uint32_t flags = row->flags, name = row->name;
	int r;

	if (old && !(old->flags & GV_ROW_ABSENT) &&
	    gv_census_is_same(rd->c, old, st) &&
	    !gv_census_is_vouched(rd->c, old, entry, st)) {
		*row = *old;
		row->flags = flags | (old->flags & GV_ROW_CHUNKED);
		/* what is ignored is withheld in another way */
		if (((old->flags ^ flags) & GV_ROW_PRECIOUS) == 0)
			row->flags |=
			    old->flags & (GV_ROW_WITHHELD | GV_ROW_SEARCHED);
		row->name = name;
		return 0;
	}
	r = gv_census_fill(rd->c, rd->h, row, st);
	/* what could not be read last time is new only if it can be now */
	if (!old || (old->flags & GV_ROW_ABSENT & ~GV_ROW_SKIPPED) ||
	    (old->flags & GV_ROW_BASE))
		row->flags |= GV_ROW_NEW;
	else if (row->mtime != old->mtime || row->mode != old->mode ||
	    row->extra != old->extra)
		row->flags |= GV_ROW_CHANGED;
	if (special) {
		row->flags |= GV_ROW_SKIPPED;
		if (old && !(old->flags & GV_ROW_SKIPPED))
			row->flags |= GV_ROW_NEW;
		return r;
	}
	if (old) {
		row->oid = old->oid;
		row->flags |= old->flags &
		    (GV_ROW_UNSTABLE | GV_ROW_POINTER | GV_ROW_CHUNKED);
		if ((old->flags & GV_ROW_SKIPPED) && !S_ISREG(old->mode))
			row->flags |= GV_ROW_NEW;
	}
	gv_census_find_id(rd->c, row, entry, st);
	if (old && (old->flags & GV_ROW_SKIPPED) && !(row->flags & GV_ROW_READ))
		row->flags |= GV_ROW_CHANGED;
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

/* By how it begins. */
static bool
is_precious(const struct reading *rd, const struct gv_dir_name *name)
{
	char head[GV_PRECIOUS_HEAD];
	int fd = gv_dir_open_file(rd->fd, name->name, name->len);
	ssize_t n = fd < 0 ? -1 : gv_file_read_full(fd, head, sizeof(head));

	gv_file_close(fd);
	return n > 0 && gv_precious_content(head, (size_t)n);
}

/* An ignored file that could be lost: it is stored unless the bounds say
 * otherwise, which is seen when all are known. */
static int
take_local(struct reading *rd, struct gv_row *row, const struct gv_row *old,
    const struct gv_dir_name *name, const struct stat *st)
{
	bool was = old && (old->flags & GV_ROW_LOCAL);
	uint32_t at = row->name;

	row->flags = (row->flags & ~(uint32_t)GV_ROW_IGNORED) | GV_ROW_PRECIOUS;
	if (was && gv_census_is_same(rd->c, old, st))
		row->flags |= old->flags & GV_ROW_CONTENT;
	else if (S_ISREG(st->st_mode) && st->st_size && is_precious(rd, name))
		row->flags |= GV_ROW_CONTENT;
	if (was && !(row->flags & GV_ROW_CONTENT) &&
	    !gv_census_is_same(rd->c, old, st) &&
	    gv_census_is_deferred(rd->c, old, st)) {
		rd->c->deferred++;
		*row = *old;
		row->name = at;
		return 0;
	}
	return look_at(rd, row, old, NULL, st);
}

/* What the rules leave out has no stat data, but for an ignore file: its
 * rules hold, ignored or not. */
static void
leave_out(struct reading *rd, struct gv_row *row, const struct gv_row *old,
    const struct gv_dir_name *name)
{
	struct stat st;

	row->mode = is_dir_type(name->type) ? S_IFDIR : S_IFREG;
	if ((row->flags & GV_ROW_PRODUCT) &&
	    !(old && (old->flags & GV_ROW_PRODUCT)))
		row->flags |= GV_ROW_NEW;
	if (gv_census_is_rules(name->name, name->len) &&
	    gv_entry_stat(rd->fd, name->name, &st) == 0)
		gv_census_stamp_row(row, &st);
}

/* What cannot be stored although it should be: it is tried every time. */
static void
skip(struct gv_row *row, const struct gv_row *old, unsigned mode, int error)
{
	row->flags |= GV_ROW_SKIPPED;
	row->mode = mode;
	row->spare = (uint32_t)error;
	if (!old || !(old->flags & GV_ROW_SKIPPED) || old->mode != mode)
		row->flags |= GV_ROW_NEW;
}

/* Whether the limits count it, so that its size is needed. */
static bool
is_counted(const struct reading *rd, const struct gv_row *row)
{
	return rd->c->opts.limits && (row->flags & GV_ROW_LOCAL);
}

static int
take_file(struct reading *rd, struct gv_row *row, const struct gv_row *old,
    const struct gv_dir_name *name, const struct gv_index_entry *entry)
{
	struct stat st;
	int r;

	rd->n++;
	if (name->type == GV_CENSUS_TYPE_SPARSE_FILE) {
		take_sparse(row, old, entry);
		return 0;
	}
	if (is_bare(rd->c) && !is_counted(rd, row)) {
		row->mode = (uint32_t)DTTOIF(name->type);
		if (name->type != DT_REG && name->type != DT_LNK)
			row->flags |= GV_ROW_SKIPPED;
		return 0;
	}
	if (gv_entry_stat(rd->fd, name->name, &st) == 0) {
		r = gv_census_leave_to_base(rd->c, rd->h, row,
		    &(struct gv_census_at){ rd->fd, name->name, name->len },
		    old, &st);
		if (r != 0)
			return r < 0 ? r : 0;
		if (!S_ISDIR(st.st_mode))
			return row->flags & GV_ROW_LOCAL
			    ? take_local(rd, row, old, name, &st)
			    : look_at(rd, row, old, entry, &st);
		/* became one just now: the next look sees it */
	} else if (errno != ENOENT) {
		skip(row, old, S_IFREG, errno);
		return 0;
	}
	/* or went between the listing and now */
	rd->n--;
	return 0;
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

	memset(row, 0, sizeof(*row));
	row->name = (uint32_t)rd->d->text.len;
	row->name_len = (uint16_t)name->len;
	gv_buf_add(&rd->d->text, name->name, name->len);
	gv_buf_truncate(&rd->h->path, rd->prefix);
	gv_buf_add(&rd->h->path, name->name, name->len);
	gv_census_judge(&v,
	    &(struct gv_census_case){ .state = rd->state,
		.level = rd->level,
		.wish = rd->d->wish_here,
		.accepted = rd->d->accepted_here,
		.census = rd->c,
		.siblings = &rd->h->names,
		.path = &rd->h->path,
		.name_at = rd->prefix,
		.is_dir = is_dir,
		.tracked = entry ||
		    (is_dir &&
			gv_census_is_gitlink(rd->c, &rd->h->path, NULL)) });
	row->flags = v.flags;
	if ((v.flags & GV_ROW_ABSENT) &&
	    (!(v.flags & GV_ROW_LOCAL) || rd->c->opts.names_only)) {
		leave_out(rd, row, old, name);
	} else if (!gv_path_is_safe(name->name, name->len)) {
		skip(row, old, is_dir ? S_IFDIR : S_IFREG, 0);
	} else if (is_dir) {
		rd->n++;
		return enter(rd, row, old, name, v.state);
	} else {
		return take_file(rd, row, old, name, entry);
	}
	rd->n++;
	return 0;
}

static bool
is(const struct gv_dir_name *name, const char *text)
{
	return name->len == strlen(text) &&
	    memcmp(name->name, text, name->len) == 0;
}

static bool
is_left_out(const struct reading *rd, const struct gv_dir_name *name)
{
	const struct gv_buf *git_dir = &rd->c->git_dir;
	size_t n = rd->prefix;

	if (is(name, ".git") || is(name, GV_CENSUS_PATCHING) ||
	    (n == 0 && is(name, OUR_OWN)))
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

	/* by its own descriptor, or by its path where it cannot be opened */
	rd->h->dir = rd->fd >= 0 ? rd->fd : rd->c->root_fd;
	rd->h->name_at = rd->fd >= 0 ? rd->h->path.len : 0;
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

static void
set_state(struct gv_census *c, struct gv_census_dir *d, uint8_t state)
{
	pthread_mutex_lock(&c->lock);
	d->state = state;
	pthread_mutex_unlock(&c->lock);
}

static void
drop_rows(struct gv_census_dir *d)
{
	free(d->own);
	d->own = NULL;
	d->n = 0;
}

/* A directory that cannot be listed holds nothing, and says why. */
static int
give_up(struct reading *rd, int error)
{
	struct gv_census_dir *d = rd->d;
	struct stat st;

	d->error = error;
	drop_rows(d);
	memset(&d->tree, 0, sizeof(d->tree));
	if (error == ENOENT || error == ENOTDIR || error == ELOOP) {
		d->flags |= GV_CENSUS_GONE;
		/* what the cache knew must be taken off its parent's list */
		return rd->dir && d->old != UINT32_MAX
		    ? gv_census_queue(rd->c, d->parent)
		    : 0;
	}
	d->flags |= GV_CENSUS_UNREAD;
	if (gv_dir_stat(rd->c->root_fd, rd->h->path.p, rd->h->path.len, &st) ==
	    0)
		note_stat(rd, &st);
	if (d->flags & GV_CENSUS_CHANGED)
		d->flags &= (uint8_t)~GV_CENSUS_SAME;
	return 0;
}

static int
become_repo(struct reading *rd, const struct gv_oid *commit)
{
	const struct gv_statcache *cache = rd->c->opts.old;
	struct gv_census_dir *d = rd->d;
	const struct gv_dir_row *old =
	    d->old != UINT32_MAX ? &cache->dirs[d->old] : NULL;

	if (old &&
	    (old->state != GV_DIR_REPO || !gv_oid_equal(&old->tree, commit)))
		d->flags |= GV_CENSUS_CHANGED;
	set_state(rd->c, d, GV_DIR_REPO);
	d->read_as = GV_DIR_REPO;
	d->tree = *commit;
	drop_rows(d);
	return 0;
}

/* Not on disk: without stat data, as it is in the cache. */
static void
note_virtual(struct gv_census_dir *d)
{
	if (d->mode)
		d->flags |= GV_CENSUS_CHANGED;
	d->mtime = d->ctime = 0;
	d->ino = 0;
	d->mode = d->extra = 0;
}

static int
open_dir(struct reading *rd)
{
	struct gv_census_worker *h = rd->h;
	struct stat st;

	h->names.n = 0;
	gv_buf_reset(&h->names.text);
	if (rd->d->flags & GV_CENSUS_VIRTUAL) {
		note_virtual(rd->d);
		return 0;
	}
	rd->fd = gv_dir_open(rd->c->root_fd, h->path.p, h->path.len);
	if (rd->fd < 0 ||
	    (!is_bare(rd->c) && gv_dir_stat_fd(rd->fd, &st) < 0) ||
	    gv_dir_list(&h->names, rd->fd) < 0)
		return -1;
	if (!is_bare(rd->c))
		note_stat(rd, &st);
	complete_types(rd);
	return 0;
}

static int
read_rows(struct reading *rd)
{
	const struct gv_statcache *cache = rd->c->opts.old;
	struct gv_census_worker *h = rd->h;
	struct gv_census_dir *d = rd->d;
	int r;

	r = gv_census_level(rd->c, rd->dir,
	    gv_dir_names_have(&h->names, h->names.n, ".gitignore", 10) ||
		gv_dir_names_have(&h->names, h->names.n, GV_WISH_FILE, 12),
	    &rd->level);
	if (r < 0)
		return r;
	rd->state =
	    gv_census_read_as(rd->c, rd->dir, rd->fd, &h->names, rd->state);
	d->read_as = rd->state;
	if (d->old != UINT32_MAX) {
		const struct gv_dir_row *row = &cache->dirs[d->old];

		/* a child's look may have read our rules before us: only the
		 * cache tells what they were */
		rd->force |= row->rules != d->rules;
		if (row->state == GV_DIR_REPO)
			d->flags |= GV_CENSUS_CHANGED;
		rd->old = cache->rows + row->first;
		rd->old_end = rd->old + row->n;
		rd->old_names = cache->names;
	}
	gv_census_cursor_init(&rd->cursor, rd->c->opts.index, &h->path);
	if (rd->c->opts.index->has_skipped)
		r = gv_census_add_sparse(&h->names, &rd->cursor);
	if (h->path.len)
		gv_buf_addch(&h->path, '/');
	h->name_at = rd->prefix = h->path.len;
	return r < 0 ? r : take_names(rd);
}

int
gv_census_read(struct gv_census *c, struct gv_census_worker *h, uint32_t dir)
{
	struct reading rd = { .c = c, .h = h, .dir = dir, .fd = -1 };
	struct gv_oid commit;
	int r;

	rd.d = gv_census_dir(c, dir);
	pthread_mutex_lock(&c->lock);
	rd.state = rd.d->state;
	rd.force = rd.d->force;
	pthread_mutex_unlock(&c->lock);
	if (rd.state == GV_CENSUS_TO_JUDGE)
		return 0; /* its parent will queue it */
	gv_buf_reset(&h->path);
	gv_census_dir_path(c, dir, &h->path);
	r = gv_buf_check(&h->path);
	if (r < 0)
		return r;
	rd.d->flags |= GV_CENSUS_DIRTY;
	rd.d->flags &= (uint8_t)~GV_CENSUS_UNREAD;
	if (open_dir(&rd) < 0) {
		r = give_up(&rd, errno);
	} else if (dir && !(rd.d->flags & GV_CENSUS_VIRTUAL) &&
	    gv_census_is_repo(c, &h->path, &h->names, &commit)) {
		r = become_repo(&rd, &commit);
	} else if (rd.state == GV_DIR_REPO) {
		set_state(c, rd.d, GV_CENSUS_TO_JUDGE);
		r = gv_census_queue(c, rd.d->parent);
	} else {
		r = read_rows(&rd);
	}
	gv_file_close(rd.fd);
	return r;
}
