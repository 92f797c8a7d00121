#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "base/err.h"
#include "recover/recover_internal.h"
#include "repo/hash.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * A directory that a run wrote: what it was then, by names and stat data. The
 * time of a file's last change is the kernel's, so nothing has to be read again
 * to tell whether somebody changed it, and a file with secrets least.
 */

struct tree {
	int root;
	struct gv_buf path; /* below the root */
	struct gv_hash_sha256 hash;
};

static int
by_name(const void *a, const void *b)
{
	const struct gv_dir_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A directory changes with each file in it, and these are here by themselves.
 */
static void
add_entry(struct tree *t, const struct stat *st)
{
	struct gv_buf line = GV_BUF_INIT;

	gv_buf_addf(&line, "%lo", (unsigned long)st->st_mode);
	if (!S_ISDIR(st->st_mode))
		gv_buf_addf(&line, " %lld %lld.%09ld", (long long)st->st_size,
		    (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	gv_buf_addch(&line, ' ');
	gv_buf_add(&line, t->path.p, t->path.len);
	gv_buf_addch(&line, '\0');
	gv_hash_sha256_update(&t->hash, line.p, line.len);
	t->path.failed = t->path.failed || line.failed;
	gv_buf_release(&line);
}

static int
add_dir(struct tree *t)
{
	const size_t len = t->path.len;
	struct gv_dir_names in = { .n = 0 };
	struct stat st;
	size_t i;
	int fd = gv_dir_open(t->root, len ? t->path.p : "", len), r = 0;

	if (fd < 0 || gv_dir_list(&in, fd) < 0) {
		r = gv_err_sys("cannot read %s", len ? t->path.p : ".");
		goto out;
	}
	if (in.n)
		qsort(in.names, in.n, sizeof(*in.names), by_name);
	for (i = 0; r == 0 && i < in.n; i++) {
		gv_buf_addf(&t->path, "%s%s", len ? "/" : "", in.names[i].name);
		if ((r = gv_buf_check(&t->path)) < 0)
			break;
		if (gv_dir_stat(t->root, t->path.p, t->path.len, &st) < 0)
			r = gv_err_sys("cannot read %s", t->path.p);
		else
			add_entry(t, &st);
		if (r == 0 && S_ISDIR(st.st_mode))
			r = add_dir(t);
		gv_buf_truncate(&t->path, len);
	}
out:
	gv_file_close(fd);
	gv_dir_names_release(&in);
	return r;
}

int
gv_recover_tree_sum(char out[GV_RECOVER_DIGEST + 1], const char *path)
{
	struct tree t = { .root = gv_dir_open_root(path), .path = GV_BUF_INIT };
	unsigned char sum[GV_RECOVER_DIGEST / 2];
	int r;

	if (t.root < 0)
		return gv_err_sys("cannot read %s", path);
	gv_hash_sha256_init(&t.hash);
	if ((r = add_dir(&t)) == 0)
		r = gv_buf_check(&t.path);
	gv_hash_sha256_finish(&t.hash, sum);
	gv_enc_hex(out, sum, sizeof(sum));
	gv_buf_release(&t.path);
	gv_file_close(t.root);
	return r;
}

int
gv_recover_tree_remove(const char *path, bool was_there)
{
	struct gv_dir_names in = { .n = 0 };
	size_t i;
	int fd, r = 0;

	if (!was_there)
		return gv_file_remove_tree(AT_FDCWD, path);
	fd = gv_dir_open_root(path);
	if (fd < 0 || gv_dir_list(&in, fd) < 0)
		r = gv_err_sys("cannot read %s", path);
	for (i = 0; r == 0 && i < in.n; i++)
		r = gv_file_remove_tree(fd, in.names[i].name);
	gv_dir_names_release(&in);
	gv_file_close(fd);
	return r;
}
