#include "foreign/working_copy_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "format/tar.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "walk/census.h"

/*
 * Files of the tool's folder that nobody else has. They may have come with an
 * archive that somebody unpacked, so no link is followed, and both each file
 * and their sum are bounded.
 */
#define MAX_FILE  ((size_t)16 * 1024 * 1024)
#define MAX_ALL   ((size_t)64 * 1024 * 1024)
#define MAX_FILES 5000
#define MAX_DEPTH 20
#define MAX_STORE 4096 /* bytes of the path in .hg/sharedpath */

static const struct {
	const char *files[8];
	const char *folders[3]; /* flat: each file by itself */
	const char *tree;       /* all below it, in one archive … */
	const char *tree_as;    /* … of this name */
	/* what moves when the tool has something new to say */
	const char *stamps[16];
	const char *store_stamps[4]; /* of the store, which may be shared */
} tools[] = {
	[GV_FOREIGN_SVN] = { .tree = "experimental",
	    .tree_as = "shelves.tar",
	    .stamps = { "wc.db", "experimental/shelves",
		"experimental/shelves/v2", "experimental/shelves/v3" } },
	[GV_FOREIGN_HG] = { .files = { "branch", "hgrc", "hgrc-not-shared",
				"localtags", "patches.queue", "patches.queues",
				"sharedpath" },
	    .folders = { "patches", "shelved" },
	    .stamps = { "dirstate", "branch", "bookmarks", "hgrc", "localtags",
		"merge/state2", "patches", "patches/series", "patches/status",
		"patches.queue", "requires", "shelved", "sharedpath" },
	    .store_stamps = { "store/00changelog.i", "store/phaseroots",
		"store/requires" } },
};

struct taking {
	struct gv_working_copy *wc;
	struct gv_repo *repo;
	int root; /* the tool's folder */
	size_t bytes, files;
	bool is_noted;
};

static int
open_folder(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int fd = -1;

	gv_buf_addf(&path, "%s/..", repo->git_dir);
	if (gv_buf_check(&path) == 0)
		fd = gv_dir_open_root(path.p);
	gv_buf_release(&path);
	return fd;
}

/* ---- one file ------------------------------------------------------------ */

/* 1; 0 where it is no file that can be read, or a larger one than `most`; or
 * GV_ENOMEM. */
static int
read_file(struct gv_buf *out, int root, const char *path, size_t most)
{
	int fd = gv_dir_open_file(root, path, strlen(path));
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return 0;
	if (gv_dir_stat_fd(fd, &st) == 0 && (uint64_t)st.st_size <= most) {
		if (gv_buf_grow(out, (size_t)st.st_size + 1) < 0) {
			gv_file_close(fd);
			return GV_ENOMEM;
		}
		n = gv_file_read_full(
		    fd, out->p + out->len, (size_t)st.st_size);
	}
	gv_file_close(fd);
	if (n < 0)
		return 0;
	out->len += (size_t)n;
	out->p[out->len] = '\0';
	return 1;
}

int
gv_working_copy_read(
    struct gv_buf *out, const struct gv_repo *repo, const char *name)
{
	int root = open_folder(repo);
	int r = root < 0 ? 0 : read_file(out, root, name, MAX_FILE);

	gv_file_close(root);
	return r < 0 ? r : r == 0 ? GV_ENOTFOUND : 0;
}

static int
note_large(struct taking *t, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (t->is_noted)
		return 0;
	t->is_noted = true;
	gv_buf_addf(&text,
	    "not all shelves and patches are stored: %s and what comes after "
	    "it exceed 16 MiB a file, 64 MiB or %d files",
	    path, MAX_FILES);
	if ((r = gv_buf_check(&text)) == 0)
		gv_repo_note(t->repo, text.p);
	gv_buf_release(&text);
	return r;
}

/* Read a file within the bounds: 1, 0, or GV_ENOMEM. */
static int
take(struct gv_buf *text, struct taking *t, const char *path)
{
	struct stat st;
	int r;

	if (gv_dir_stat(t->root, path, strlen(path), &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	if (t->files == MAX_FILES || (uint64_t)st.st_size > MAX_FILE ||
	    (uint64_t)st.st_size > MAX_ALL - t->bytes)
		return note_large(t, path);
	if ((r = read_file(text, t->root, path, MAX_FILE)) > 0) {
		t->files++;
		t->bytes += text->len < MAX_ALL - t->bytes ? text->len
							   : MAX_ALL - t->bytes;
	}
	return r;
}

static int
add_file(struct taking *t, const char *path, const char *as)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = take(&text, t, path);

	if (r > 0 && text.len)
		r = gv_working_copy_add(t->wc, as, &text);
	gv_buf_release(&text);
	return r < 0 ? r : 0;
}

/* ---- folders ------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct gv_dir_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The names in it, sorted; none where it is no folder. */
static void
list(struct gv_dir_names *names, int root, const char *path)
{
	int fd = gv_dir_open(root, path, strlen(path));

	if (fd < 0 || gv_dir_list(names, fd) < 0)
		names->n = 0;
	if (names->n)
		qsort(names->names, names->n, sizeof(*names->names), by_name);
	gv_file_close(fd);
}

static int
add_folder(struct taking *t, const char *folder)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	struct gv_buf path = GV_BUF_INIT, as = GV_BUF_INIT;
	size_t i;
	int r = 0;

	list(&names, t->root, folder);
	for (i = 0; r == 0 && i < names.n; i++) {
		gv_buf_reset(&path);
		gv_buf_reset(&as);
		gv_buf_addf(&path, "%s/%s", folder, names.names[i].name);
		gv_buf_addf(&as, "%s-%s", folder, names.names[i].name);
		if ((r = gv_buf_check(&path)) == 0 &&
		    (r = gv_buf_check(&as)) == 0)
			r = add_file(t, path.p, as.p);
	}
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	gv_buf_release(&as);
	return r;
}

/* A member of the archive: its header and, of a file, its bytes. */
static int
put(struct gv_buf *tar, const char *path, const struct stat *st,
    const struct gv_buf *text)
{
	int r = gv_tar_header(tar,
	    &(struct gv_tar_entry){ .type = text ? GV_TAR_FILE : GV_TAR_DIR,
		.path = path,
		.path_len = strlen(path),
		.mode = text ? 0644 : 0755,
		.user = "",
		.group = "",
		.mtime_s = st->st_mtim.tv_sec,
		.size = text ? text->len : 0 });

	if (r == 0 && text) {
		gv_buf_add(tar, text->p, text->len);
		gv_tar_pad(tar, text->len);
	}
	return r < 0 ? r : gv_buf_check(tar);
}

struct level {
	struct gv_dir_names names;
	size_t at, len; /* the next name, and how much of the path is its own */
};

/* One thing below the tree: 1 where it is a folder to go into. */
static int
put_one(struct gv_buf *tar, struct taking *t, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	struct stat st;
	int r = 0;

	if (gv_dir_stat(t->root, path, strlen(path), &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode)) {
		r = put(tar, path, &st, NULL);
		return r < 0 ? r : 1;
	}
	if ((r = take(&text, t, path)) > 0)
		r = put(tar, path, &st, &text);
	gv_buf_release(&text);
	return r;
}

static int
put_tree(struct gv_buf *tar, struct taking *t, const char *top)
{
	struct level levels[MAX_DEPTH];
	struct gv_buf path = GV_BUF_INIT;
	size_t depth = 0;
	int r = 0;

	gv_buf_addstr(&path, top);
	levels[0] =
	    (struct level){ .len = path.len, .names = { .text = GV_BUF_INIT } };
	list(&levels[0].names, t->root, top);
	for (;;) {
		struct level *l = &levels[depth];

		gv_buf_truncate(&path, l->len);
		if (r < 0 || l->at == l->names.n) {
			gv_dir_names_release(&l->names);
			if (depth-- == 0)
				break;
			continue;
		}
		gv_buf_addf(&path, "/%s", l->names.names[l->at++].name);
		if ((r = gv_buf_check(&path)) == 0)
			r = put_one(tar, t, path.p);
		if (r <= 0)
			continue;
		r = depth + 1 == MAX_DEPTH ? note_large(t, path.p) : 0;
		if (depth + 1 == MAX_DEPTH)
			continue;
		levels[++depth] = (struct level){ .len = path.len,
			.names = { .text = GV_BUF_INIT } };
		list(&levels[depth].names, t->root, path.p);
	}
	gv_buf_release(&path);
	return r;
}

static int
add_tree(struct taking *t, const char *top, const char *as)
{
	struct gv_buf tar = GV_BUF_INIT;
	int r = put_tree(&tar, t, top);

	if (r == 0 && tar.len) {
		gv_tar_end(&tar, tar.len);
		r = gv_working_copy_add(t->wc, as, &tar);
	}
	gv_buf_release(&tar);
	return r;
}

int
gv_working_copy_add_files(
    struct gv_working_copy *wc, struct gv_repo *repo, enum gv_foreign_kind kind)
{
	struct taking t = { .wc = wc, .repo = repo, .root = open_folder(repo) };
	size_t i;
	int r = 0;

	if (t.root < 0)
		return 0;
	for (i = 0; r == 0 && tools[kind].files[i]; i++)
		r = add_file(&t, tools[kind].files[i], tools[kind].files[i]);
	for (i = 0; r == 0 && tools[kind].folders[i]; i++)
		r = add_folder(&t, tools[kind].folders[i]);
	if (r == 0 && tools[kind].tree)
		r = add_tree(&t, tools[kind].tree, tools[kind].tree_as);
	gv_file_close(t.root);
	return r;
}

/* ---- whether it is as it was --------------------------------------------- */

static void
add_stamps(struct gv_buf *text, bool *is_settled, int root,
    const char *const *names, int64_t now)
{
	struct stat st;

	for (; *names; names++) {
		if (gv_dir_stat(root, *names, strlen(*names), &st) < 0)
			continue;
		gv_buf_addf(text, "%s %lld %lld.%09ld\n", *names,
		    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		    (long)st.st_mtim.tv_nsec);
		if (is_settled &&
		    !gv_census_is_settled(gv_census_ns(&st.st_ctim), now))
			*is_settled = false;
	}
}

/* The folder that has the store: that of .hg/sharedpath, or -1. */
static int
open_shared(int root)
{
	struct gv_buf path = GV_BUF_INIT;
	int fd = -1;

	if (read_file(&path, root, "sharedpath", MAX_STORE) > 0) {
		while (path.len && path.p[path.len - 1] == '\n')
			gv_buf_truncate(&path, path.len - 1);
		fd = *path.p == '/' ? gv_dir_open_root(path.p)
				    : gv_dir_open(root, path.p, path.len);
	}
	gv_buf_release(&path);
	return fd;
}

int
gv_working_copy_stamp(struct gv_oid *out, bool *is_settled,
    const struct gv_repo *repo, enum gv_foreign_kind kind, int64_t now)
{
	struct gv_buf text = GV_BUF_INIT;
	int root = open_folder(repo), shared = -1, r;

	if (is_settled)
		*is_settled = root >= 0;
	if (root >= 0) {
		shared = open_shared(root);
		add_stamps(&text, is_settled, root, tools[kind].stamps, now);
		add_stamps(&text, is_settled, shared < 0 ? root : shared,
		    tools[kind].store_stamps, now);
	}
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	gv_file_close(shared);
	gv_file_close(root);
	gv_buf_release(&text);
	return r;
}
