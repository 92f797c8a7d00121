#include "store/store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/shell.h"
#include "repo/hash.h"
#include "store/store_form.h"
#include "store/store_tree.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/lock.h"

/*
 * A folder as a store. An object is a file, written under a name that no object
 * can have, flushed, and given its name by a call that replaces nothing, or by
 * rename(). The folder must be there: a disk that is not mounted would be taken
 * for an empty store otherwise.
 */

#define PART    GV_STORE_TREE_PART
#define LOCK    ".lock"
#define LOCK_MS 10000
#define A_DAY   86400
#define ETAG_OF ((uint64_t)1 << 20) /* bytes; larger ones have no ETag */
#define PIECE   ((size_t)256 << 10)

struct folder {
	struct gv_store *store;
	int fd;
	char *path;
	bool is_swept;
};

static int
fail(const struct folder *f, const char *doing, const char *name)
{
	return gv_err_sys("cannot %s %s in %s", doing, name, f->store->url);
}

/* ---- opening ---- */

static void
folder_close(void *self)
{
	struct folder *f = self;

	gv_file_close(f->fd);
	free(f->path);
	free(f);
}

static int
say_missing(const char *path, bool reads)
{
	struct gv_buf word = GV_BUF_INIT;
	int r;

	/* an empty one would have no copy either */
	if (reads)
		return gv_err(GV_ENOTFOUND,
		    "there is no folder %s: is its disk mounted, and is the "
		    "name right?",
		    path);
	gv_shell_word(&word, path);
	if ((r = gv_buf_check(&word)) == 0)
		r = gv_err(GV_ENOTFOUND,
		    "there is no folder %s: is its disk mounted? To make it: "
		    "mkdir -p%s",
		    path, word.p);
	gv_buf_release(&word);
	return r;
}

static int
folder_open(void **out, struct gv_store *store, const char *place)
{
	struct gv_buf path = GV_BUF_INIT, url = GV_BUF_INIT;
	struct folder *f = calloc(1, sizeof(*f));
	int r;

	if (f == NULL)
		return gv_err_nomem();
	f->store = store;
	f->fd = -1;
	*out = f;
	gv_buf_addf(&url, "file://%s", place);
	if ((store->url = gv_buf_take(&url)) == NULL)
		return GV_ENOMEM;
	r = gv_enc_unpercent(&path, place, strlen(place));
	if (r < 0 || *path.p != '/') {
		gv_buf_release(&path);
		return gv_err(GV_EREFUSED,
		    "'%.200s' is not the address of a folder: file:// and an "
		    "absolute path, in which %%XX stands for a byte",
		    store->url);
	}
	if ((f->path = gv_buf_take(&path)) == NULL)
		return GV_ENOMEM;
	f->fd = gv_dir_open_root(f->path);
	if (f->fd < 0 && errno == ENOENT)
		return say_missing(f->path, store->opts.reads);
	if (f->fd < 0)
		return gv_err_sys("cannot open the folder %s", f->path);
	store->promises = GV_STORE_CREATES | GV_STORE_REPLACES;
	store->is_probed = true;
	return 0;
}

/* ---- reading ---- */

static int
open_object(int *fd, struct stat *st, struct folder *f, const char *name)
{
	*fd = gv_dir_open_file(f->fd, name, strlen(name));
	if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return gv_err(
		    GV_ENOTFOUND, "%s does not have %s", f->store->url, name);
	if (*fd < 0)
		return fail(f, "open", name);
	if (gv_dir_stat_fd(*fd, st) == 0 && S_ISREG(st->st_mode))
		return 0;
	gv_file_close(*fd);
	*fd = -1;
	return gv_err(
	    GV_EREFUSED, "%s in %s is not a file", name, f->store->url);
}

static int
folder_get(void *self, const char *name, uint64_t at, uint64_t len,
    const struct gv_store_sink *sink)
{
	struct gv_store_body body = { .fd = -1, .at = at };
	struct folder *f = self;
	struct stat st;
	int r = open_object(&body.fd, &st, f, name);

	if (r < 0)
		return r;
	if ((uint64_t)st.st_size > at)
		body.len = (uint64_t)st.st_size - at;
	if (body.len > len)
		body.len = len;
	r = gv_store_body_each(&body, sink);
	f->store->count.requests++;
	f->store->count.bytes_in += body.len;
	gv_file_close(body.fd);
	return r;
}

static void
set_etag(struct gv_store_stat *out, const unsigned char sum[32])
{
	gv_enc_hex(out->etag, sum, 32);
}

/* The ETag of a small file is its digest: times of files are too coarse to
 * tell two versions apart. */
static int
stat_open(struct gv_store_stat *out, int fd, const struct stat *st)
{
	struct gv_store_body body = { .fd = fd, .len = (uint64_t)st->st_size };
	unsigned char sum[32];
	int r;

	*out = (struct gv_store_stat){ .bytes = (uint64_t)st->st_size,
		.modified = st->st_mtime };
	if (out->bytes > ETAG_OF)
		return 0;
	if ((r = gv_store_body_sum(sum, &body)) < 0)
		return r;
	set_etag(out, sum);
	return 0;
}

static int
folder_stat(void *self, struct gv_store_stat *out, const char *name)
{
	struct folder *f = self;
	struct stat st;
	int fd, r = open_object(&fd, &st, f, name);

	if (r < 0)
		return r;
	r = stat_open(out, fd, &st);
	gv_file_close(fd);
	return r;
}

/* ---- writing ---- */

/* A file in the making. */
struct making {
	struct folder *f;
	const char *name, *leaf;
	char part[GV_STORE_TREE_PART_SIZE];
	int dir; /* that holds it */
	struct gv_entry_file file;
	struct gv_hash_sha256 h;
	unsigned char sum[32];
};

static int
take(void *ctx, const void *data, size_t len)
{
	struct making *m = ctx;

	gv_hash_sha256_update(&m->h, data, len);
	if (gv_entry_write(&m->file, data, len) < 0)
		return fail(m->f, "write", m->name);
	gv_store_pace(m->f->store, len);
	return 0;
}

/* What killed writers left in this folder. */
static void
sweep(struct making *m)
{
	struct gv_dir_names names = { 0 };
	size_t i;

	if (m->f->is_swept || gv_dir_list(&names, m->dir) < 0)
		return;
	for (i = 0; i < names.n; i++)
		if (strncmp(names.names[i].name, PART, strlen(PART)) == 0 &&
		    gv_file_is_stale(m->dir, names.names[i].name, A_DAY))
			gv_entry_unlink(m->dir, names.names[i].name);
	gv_dir_names_release(&names);
	m->f->is_swept = true;
}

/* Open the folder of an object, and make it and those above it: each is on disk
 * before anything is in it. */
static int
open_parent(struct making *m)
{
	const char *at = m->name, *slash;
	struct gv_buf part = GV_BUF_INIT;
	int dir, next;

	dir = gv_dir_open(m->f->fd, "", 0);
	while (dir >= 0 && (slash = strchr(at, '/')) != NULL) {
		gv_buf_reset(&part);
		gv_buf_add(&part, at, (size_t)(slash - at));
		next = gv_dir_open(dir, part.p, part.len);
		if (next < 0 && errno == ENOENT &&
		    (gv_entry_mkdir(dir, part.p, 0777) == 0 ||
			errno == EEXIST) &&
		    gv_file_sync_dir(dir, ".") == 0)
			next = gv_dir_open(dir, part.p, part.len);
		gv_file_close(dir);
		dir = next;
		at = slash + 1;
	}
	gv_buf_release(&part);
	m->dir = dir;
	m->leaf = at;
	return dir < 0 ? fail(m->f, "make the folder of", m->name) : 0;
}

static int
make_part(struct making *m, const struct gv_store_body *body)
{
	const struct gv_entry_meta meta = {
		.mode = 0444, .uid = (uid_t)-1, .gid = (gid_t)-1
	};
	unsigned refused = 0;
	int r = gv_store_tree_part(m->part);

	if (r < 0)
		return r;
	if (gv_entry_create(&m->file, m->dir, m->part, 0600) < 0)
		return fail(m->f, "make", m->name);
	gv_hash_sha256_init(&m->h);
	r = gv_store_body_each(body, &(struct gv_store_sink){ take, m });
	gv_hash_sha256_finish(&m->h, m->sum);
	if (r == 0 && body->sha256 && memcmp(m->sum, body->sha256, 32) != 0)
		r = gv_store_body_changed();
	if (r < 0)
		gv_entry_drop(&m->file);
	else if (gv_entry_finish(&m->file, &meta, true, &refused) < 0)
		r = fail(m->f, "write", m->name);
	return r;
}

static int
exists(const struct making *m)
{
	return gv_err(
	    GV_EEXISTS, "%s already has %s", m->f->store->url, m->name);
}

static int
name_same(struct making *m, const char *etag)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_store_stat now;
	int lock = -1, r;

	gv_buf_addf(&path, "%s/%s", m->f->path, LOCK);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_lock_open(&lock, path.p, LOCK_MS);
	if (r == 0)
		r = folder_stat(m->f, &now, m->name);
	if (r == GV_ENOTFOUND || (r == 0 && strcmp(now.etag, etag) != 0))
		r = gv_err(GV_EEXISTS, "%s in %s changed meanwhile", m->name,
		    m->f->store->url);
	if (r == 0 && gv_entry_rename(m->dir, m->part, m->dir, m->leaf) < 0)
		r = fail(m->f, "replace", m->name);
	gv_lock_close(lock);
	gv_buf_release(&path);
	return r;
}

static int
give_name(struct making *m, unsigned flags, const char *etag)
{
	if (flags & GV_STORE_SAME)
		return name_same(m, etag);
	if (flags & GV_STORE_NEW) {
		if (gv_file_rename_new(m->dir, m->part, m->leaf) == 0)
			return 0;
		return errno == EEXIST ? exists(m)
				       : fail(m->f, "name", m->name);
	}
	if (gv_entry_rename(m->dir, m->part, m->dir, m->leaf) < 0)
		return fail(m->f, "replace", m->name);
	return 0;
}

static int
folder_put(void *self, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag)
{
	struct making m = { .f = self, .name = name, .dir = -1 };
	struct gv_store *store = m.f->store;
	int r = open_parent(&m);

	if (r < 0)
		return r;
	sweep(&m);
	/* a copy of much is not begun in vain */
	if ((flags & GV_STORE_NEW) && gv_file_exists(m.dir, m.leaf))
		r = exists(&m);
	if (r == 0 && (r = make_part(&m, body)) == 0)
		r = give_name(&m, flags, etag);
	if (r < 0 && *m.part)
		gv_entry_unlink(m.dir, m.part);
	if (r == 0 && gv_file_sync_dir(m.dir, ".") < 0)
		r = fail(m.f, "flush the folder of", name);
	gv_file_close(m.dir);
	store->count.requests++;
	if (r < 0)
		return r;
	store->count.bytes_out += body->len;
	*out = (struct gv_store_stat){ .bytes = body->len,
		.modified = gv_clock_now().tv_sec };
	if (body->len <= ETAG_OF)
		set_etag(out, m.sum);
	return 0;
}

/* Without the right to delete, this host is to the folder what one without the
 * right credentials is to a server. */
static int
fail_delete(const struct folder *f, const char *name)
{
	const int why = errno;
	const int r = fail(f, "delete", name);

	return why == EACCES || why == EPERM || why == EROFS ? GV_ENOKEY : r;
}

static int
folder_remove(void *self, const char *name)
{
	struct folder *f = self;
	const char *leaf;
	int dir = gv_dir_open_parent(f->fd, name, strlen(name), &leaf), r = 0;

	f->store->count.requests++;
	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR
		    ? 0
		    : fail_delete(f, name);
	if (gv_entry_unlink(dir, leaf) < 0 && errno != ENOENT)
		r = fail_delete(f, name);
	else if (gv_file_sync_dir(dir, ".") < 0)
		r = fail(f, "delete", name);
	gv_file_close(dir);
	return r;
}

/* ---- listing ---- */

static int
add_name(struct gv_store_folder *out, int dir, const struct gv_dir_name *name)
{
	struct gv_store_stat stat = { 0 };
	struct stat st;

	/* some file systems do not tell what a name is */
	if (name->type == DT_DIR)
		return gv_store_folder_add(
		    out, name->name, name->len, true, &stat);
	if (gv_dir_stat(dir, name->name, name->len, &st) < 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return 0;
	stat.bytes = (uint64_t)st.st_size;
	stat.modified = st.st_mtime;
	return gv_store_folder_add(
	    out, name->name, name->len, S_ISDIR(st.st_mode), &stat);
}

static int
read_folder(void *self, struct gv_store_folder *out, const char *path)
{
	struct gv_dir_names names = { 0 };
	struct folder *f = self;
	size_t len = strlen(path), i;
	int dir = gv_dir_open(f->fd, path, len ? len - 1 : 0), r = 0;

	if (dir < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return GV_ENOTFOUND;
	if (dir < 0)
		return fail(f, "list", *path ? path : "what is");
	if (gv_dir_list(&names, dir) < 0)
		r = errno == ENOENT ? GV_ENOTFOUND
				    : fail(f, "list", *path ? path : "what is");
	for (i = 0; r == 0 && i < names.n; i++)
		r = add_name(out, dir, &names.names[i]);
	gv_dir_names_release(&names);
	gv_file_close(dir);
	return r;
}

static int
folder_list(void *self, const char *prefix, const char *after,
    gv_store_list_fn *fn, void *ctx)
{
	struct folder *f = self;
	const struct gv_store_tree tree = { read_folder, NULL, f,
		f->store->url };

	f->store->count.requests++;
	return gv_store_tree_list(&tree, prefix, after, fn, ctx);
}

const struct gv_store_kind gv_store_file_kind = { "file://", folder_open,
	folder_close, folder_put, folder_get, folder_stat, folder_list,
	folder_remove, NULL, NULL, GV_STORE_GONE };
