#include "project/project_id.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "repo/foreign.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"

#define NAME  "vault/project"
#define BYTES 16

static bool
read_file(char out[GV_PROJECT_ID_MAX], const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	char *before = gv_err_save();
	bool is = false;

	if (gv_file_read(&text, AT_FDCWD, path, 256) == 0 &&
	    text.len == 2 * BYTES + 1 &&
	    strspn(text.p, "0123456789abcdef") == 2 * BYTES &&
	    text.p[2 * BYTES] == '\n') {
		memcpy(out, text.p, 2 * BYTES);
		out[2 * BYTES] = '\0';
		is = true;
	}
	gv_buf_release(&text);
	gv_err_restore(before);
	return is;
}

bool
gv_project_id_of(char out[GV_PROJECT_ID_MAX], const char *git_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/" NAME, git_dir);
	is = gv_buf_check(&path) == 0 && read_file(out, path.p);
	gv_buf_release(&path);
	return is;
}

/* Of a vault that has saved something, and has no id: its folder on this disk,
 * which stays the same where it is moved. */
static bool
tell_saved(char out[GV_PROJECT_ID_MAX], const char *git_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	int fd = -1;
	size_t n;
	bool is = false;

	if (gv_project_id_of(out, git_dir))
		return true;
	gv_buf_addf(&path, "%s/vault", git_dir);
	n = path.len;
	gv_buf_addstr(&path, "/own");
	if (gv_buf_check(&path) < 0)
		goto out;
	is = gv_file_exists(AT_FDCWD, path.p);
	gv_buf_truncate(&path, n);
	gv_buf_addstr(&path, "/auto");
	is = gv_buf_check(&path) == 0 &&
	    (is || gv_file_exists(AT_FDCWD, path.p));
	if (!is)
		goto out;
	gv_buf_truncate(&path, n);
	fd = gv_dir_open_root(path.p);
	if ((is = fd >= 0 && gv_dir_stat_fd(fd, &st) == 0))
		snprintf(out, GV_PROJECT_ID_MAX, "%016llx%016llx",
		    (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino);
out:
	gv_file_close(fd);
	gv_buf_release(&path);
	return is;
}

typedef bool (*reader)(char out[GV_PROJECT_ID_MAX], const char *git_dir);

/* A linked worktree or a submodule has a file instead, which names the git
 * directory: "gitdir: PATH". */
static bool
read_linked(char out[GV_PROJECT_ID_MAX], const char *dir, reader read)
{
	static const char mark[] = "gitdir: ";
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	bool is = false;
	size_t n;

	gv_buf_addf(&path, "%s/.git", dir);
	if (gv_buf_check(&path) < 0 ||
	    gv_file_read(&text, AT_FDCWD, path.p, 8192) < 0 ||
	    strncmp(text.p, mark, sizeof(mark) - 1) != 0)
		goto out;
	n = strcspn(text.p, "\n");
	gv_buf_truncate(&text, n);
	gv_buf_reset(&path);
	if (text.p[sizeof(mark) - 1] != '/')
		gv_buf_addf(&path, "%s/", dir);
	gv_buf_addstr(&path, text.p + sizeof(mark) - 1);
	is = gv_buf_check(&path) == 0 && read(out, path.p);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return is;
}

/* A working copy of another tool has a vault in that tool's folder. */
static bool
read_foreign(char out[GV_PROJECT_ID_MAX], const char *dir, reader read)
{
	struct gv_foreign of;
	const bool is = gv_foreign_look(&of, dir) == 0 && of.has_vault &&
	    read(out, of.git_dir);

	gv_foreign_release(&of);
	return is;
}

static bool
read_at(char out[GV_PROJECT_ID_MAX], const char *dir, reader read)
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	bool is;

	gv_buf_addf(&path, "%s/.git", dir);
	if (gv_buf_check(&path) < 0)
		is = false;
	else if (gv_file_is_dir(AT_FDCWD, path.p))
		is = read(out, path.p);
	else
		is = read_linked(out, dir, read) ||
		    read_foreign(out, dir, read) || read(out, dir);
	gv_buf_release(&path);
	gv_err_restore(before);
	return is;
}

bool
gv_project_id_read(char out[GV_PROJECT_ID_MAX], const char *dir)
{
	return read_at(out, dir, gv_project_id_of);
}

bool
gv_project_id_saved(char out[GV_PROJECT_ID_MAX], const char *dir)
{
	return read_at(out, dir, tell_saved);
}

int
gv_project_id_make(char out[GV_PROJECT_ID_MAX], const char *git_dir)
{
	unsigned char bytes[BYTES];
	struct gv_buf path = GV_BUF_INIT, line = GV_BUF_INIT;
	int r;

	if ((r = gv_clock_random(bytes, sizeof(bytes))) < 0)
		return r;
	gv_buf_addf(&path, "%s/vault", git_dir);
	gv_enc_hex(out, bytes, sizeof(bytes));
	gv_buf_addf(&line, "%s\n", out);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0)
		goto out;
	gv_buf_addstr(&path, "/project");
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(&line)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, line.p, line.len, 0600, false);
out:
	gv_buf_release(&path);
	gv_buf_release(&line);
	return r;
}
