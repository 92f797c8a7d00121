#include "worktree/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "compress/deflate.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

#define MAX_FILE ((size_t)1 << 30)
#define TMP      ".tmp"
#define LAST_LEN 11 /* of a text: "= 01234567\n" */
#define STALE    60 /* seconds: a writer that writes nothing was killed */

static int
path_of(struct gv_buf *path, const struct gv_repo *repo, const char *name)
{
	gv_buf_addf(path, "%s/vault/%s", repo->common_dir, name);
	return gv_buf_check(path);
}

int
gv_cache_load(struct gv_buf *out, const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, repo, name);

	if (r == 0)
		r = gv_file_read(out, AT_FDCWD, path.p, MAX_FILE);
	gv_buf_release(&path);
	return r;
}

int
gv_cache_map(
    struct gv_file_map *out, const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, repo, name);

	if (r == 0)
		r = gv_file_map(out, AT_FDCWD, path.p, MAX_FILE);
	gv_buf_release(&path);
	return r;
}

/* --- written --- */

/* Two who take over at once may come to write in one file, or move one that is
 * half written: what it holds tells. */
static int
create(const char *tmp, mode_t mode, bool is_alone)
{
	int fd, i;

	for (i = 0; i < 2; i++) {
		fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			break;
		if (!is_alone && !gv_file_is_stale(AT_FDCWD, tmp, STALE))
			return gv_err(GV_ELOCKED,
			    "%s exists: another process is writing it", tmp);
		(void)gv_entry_unlink(AT_FDCWD, tmp);
		errno = EEXIST;
	}
	return fd < 0 ? gv_err_sys("cannot create %s", tmp) : fd;
}

static int
write_parts(int fd, const struct gv_cache_part *parts, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = gv_file_write_all(fd, parts[i].p, parts[i].len);
	return r;
}

/* How a file is made. */
struct making {
	const struct gv_repo
	    *repo; /* NULL: its rights are those of the umask */
	mode_t mode;
	bool is_alone;
	gv_cache_next_fn *next; /* NULL: there are parts alone */
	void *ctx;
};

/* Write what comes piece by piece, and the sum of it. */
static int
write_pieces(int fd, const struct making *how)
{
	struct gv_buf piece = GV_BUF_INIT;
	bool is_end = false;
	uint32_t sum = 0;
	int r = 0;

	while (r == 0 && !is_end) {
		gv_buf_reset(&piece);
		if ((r = how->next(how->ctx, &piece)) < 0)
			break;
		is_end = piece.len == 0;
		if (is_end)
			gv_enc_add_number(&piece, sum, GV_CACHE_SUM);
		else
			sum = gv_deflate_crc32(sum, piece.p, piece.len);
		if ((r = gv_buf_check(&piece)) == 0)
			r = gv_file_write_all(fd, piece.p, piece.len);
	}
	gv_buf_release(&piece);
	return r;
}

static int
replace(const char *path, const struct gv_cache_part *parts, size_t n,
    const struct making *how)
{
	struct gv_buf tmp = GV_BUF_INIT;
	int fd = -1, r;

	gv_buf_addf(&tmp, "%s" TMP, path);
	if ((r = gv_buf_check(&tmp)) == 0)
		r = fd = create(tmp.p, how->mode, how->is_alone);
	if (r < 0)
		goto out;
	if (how->repo)
		gv_repo_share_fd(how->repo, fd);
	r = how->next ? write_pieces(fd, how) : write_parts(fd, parts, n);
	if (close(fd) < 0 || r < 0)
		r = gv_err_sys("cannot write %s", tmp.p);
	else if (gv_entry_rename(AT_FDCWD, tmp.p, AT_FDCWD, path) < 0)
		r = gv_err_sys("cannot rename %s to %s", tmp.p, path);
	if (r < 0)
		(void)gv_entry_unlink(AT_FDCWD, tmp.p);
out:
	gv_buf_release(&tmp);
	return r;
}

int
gv_cache_replace(const char *path, const struct gv_cache_part *parts, size_t n,
    const struct gv_repo *repo, bool is_alone)
{
	return replace(path, parts, n,
	    &(struct making){
		.repo = repo, .mode = 0666, .is_alone = is_alone });
}

/* The folder that all working trees share. */
static int
make_dir(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int fd, r = path_of(&path, repo, "");

	if (r < 0 || gv_file_is_dir(AT_FDCWD, path.p))
		goto out;
	r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	fd = r < 0 ? -1 : gv_dir_open_root(path.p);
	if (fd >= 0)
		gv_repo_share_fd(repo, fd);
	gv_file_close(fd);
out:
	gv_buf_release(&path);
	return r;
}

static bool
save(const char *name, const struct gv_cache_part *parts, size_t n,
    const struct making *how, bool makes_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = gv_repo_check_writable(how->repo);

	if (r == 0 && makes_dir)
		r = make_dir(how->repo);
	if (r == 0 && (r = path_of(&path, how->repo, name)) == 0)
		r = replace(path.p, parts, n, how);
	gv_err_restore(before);
	gv_buf_release(&path);
	return r == 0;
}

bool
gv_cache_save(const struct gv_repo *repo, const char *name,
    const struct gv_buf *data, bool makes_dir)
{
	const struct gv_cache_part part = { data->p, data->len };

	return !data->failed &&
	    save(name, &part, 1, &(struct making){ .repo = repo, .mode = 0666 },
		makes_dir);
}

void
gv_cache_save_private(const struct gv_repo *repo, const char *name,
    const struct gv_cache_part *parts, size_t n)
{
	(void)save(name, parts, n,
	    &(struct making){ .repo = repo, .mode = 0600 }, true);
}

void
gv_cache_save_by(const struct gv_repo *repo, const char *name,
    gv_cache_next_fn *next, void *ctx)
{
	(void)save(name, NULL, 0,
	    &(struct making){
		.repo = repo, .mode = 0600, .next = next, .ctx = ctx },
	    true);
}

void
gv_cache_remove(const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();

	if (path_of(&path, repo, name) == 0)
		(void)gv_file_remove_tree(AT_FDCWD, path.p);
	gv_err_restore(before);
	gv_buf_release(&path);
}

/* --- what is left --- */

static bool
ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len > n && strcmp(name + len - n, end) == 0;
}

/* Older versions had the number of the process in the name, too. So has an
 * index that is made for git to choose by, and git puts its lock beside that.
 */
static bool
is_tmp(const char *name)
{
	return ends_in(name, TMP) || ends_in(name, TMP ".lock");
}

static void
sweep(const char *dir)
{
	struct gv_dir_names names = { 0 };
	int fd = gv_dir_open_root(dir);
	size_t i;

	if (fd >= 0 && gv_dir_list(&names, fd) == 0)
		for (i = 0; i < names.n; i++)
			if (is_tmp(names.names[i].name) &&
			    gv_file_is_stale(fd, names.names[i].name, STALE))
				(void)gv_entry_unlink(fd, names.names[i].name);
	gv_dir_names_release(&names);
	gv_file_close(fd);
}

static void
sweep_shared(const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;

	if (path_of(&path, repo, name) == 0)
		sweep(path.p);
	gv_buf_release(&path);
}

void
gv_cache_sweep(const struct gv_repo *repo)
{
	char *before = gv_err_save();

	sweep(repo->vault_dir);
	if (strcmp(repo->git_dir, repo->common_dir) != 0)
		sweep_shared(repo, "");
	sweep_shared(repo, GV_CACHE_SEARCH);
	gv_err_restore(before);
}

/* --- whether it is whole --- */

void
gv_cache_seal(struct gv_buf *out, size_t from)
{
	if (gv_buf_check(out) == 0)
		gv_enc_add_number(out,
		    gv_deflate_crc32(0, out->p + from, out->len - from),
		    GV_CACHE_SUM);
}

bool
gv_cache_is_sealed(const void *file, size_t len, const char *magic)
{
	const char *p = file;

	return len >= GV_CACHE_MAGIC + GV_CACHE_SUM &&
	    memcmp(p, magic, GV_CACHE_MAGIC) == 0 &&
	    gv_enc_number(p + len - GV_CACHE_SUM, GV_CACHE_SUM) ==
	    gv_deflate_crc32(0, p, len - GV_CACHE_SUM);
}

static void
last_line(char line[LAST_LEN + 1], const char *text, size_t len)
{
	snprintf(line, LAST_LEN + 1, "= %08" PRIx32 "\n",
	    gv_deflate_crc32(0, text, len));
}

void
gv_cache_seal_text(struct gv_buf *out, size_t from)
{
	char line[LAST_LEN + 1];

	if (gv_buf_check(out) < 0)
		return;
	last_line(line, out->p + from, out->len - from);
	gv_buf_addstr(out, line);
}

size_t
gv_cache_text_end(const char *text, size_t len, const char *head)
{
	const size_t n = strlen(head);
	char line[LAST_LEN + 1];

	if (len < n + LAST_LEN || memcmp(text, head, n) != 0)
		return 0;
	len -= LAST_LEN;
	last_line(line, text, len);
	return memcmp(text + len, line, LAST_LEN) == 0 ? len : 0;
}
