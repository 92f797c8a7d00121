#include "autosave/started.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/lock.h"

#define FOLDER  "git-vault/watch"
#define MARK    FOLDER "/started"
#define LOCK    FOLDER "/lock"
#define BOARD   FOLDER "/board"
#define LOCK_MS 30
#define MOST    ((size_t)16 * 1024 * 1024)

static int
path_of(struct gv_buf *out, const char *name)
{
	const int r = gv_env_config_file(out, name);

	return r < 0 ? r : gv_buf_check(out);
}

int
gv_started_set(bool is)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, FOLDER);

	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0700);
	gv_buf_reset(&path);
	if (r == 0 && (r = path_of(&path, MARK)) == 0)
		r = is ? gv_file_replace(AT_FDCWD, path.p, "", 0, 0600, false)
		       : gv_file_remove_tree(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}

static bool
is_marked(void)
{
	struct gv_buf path = GV_BUF_INIT;
	const bool is =
	    path_of(&path, MARK) == 0 && gv_file_exists(AT_FDCWD, path.p);

	gv_buf_release(&path);
	return is;
}

static bool
is_running(void)
{
	struct gv_buf path = GV_BUF_INIT;
	int lock = -1;
	const bool is = path_of(&path, LOCK) == 0 &&
	    gv_file_exists(AT_FDCWD, path.p) &&
	    gv_lock_open(&lock, path.p, LOCK_MS) == GV_ELOCKED;

	gv_lock_close(lock);
	gv_buf_release(&path);
	return is;
}

/* A field of the board, each of which ends with a NUL. */
static bool
has_watched(const char *worktree)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	const size_t len = strlen(worktree) + 1;
	const char *p = NULL, *end;
	bool is = true;

	if (path_of(&path, BOARD) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, MOST) == 0) {
		end = text.p + text.len;
		for (p = text.p; p < end; p += strlen(p) + 1)
			if ((size_t)(end - p) >= len &&
			    memcmp(p, worktree, len) == 0)
				break;
		is = p < end;
	}
	gv_buf_release(&path);
	gv_buf_release(&text);
	return is;
}

bool
gv_started_is_down(const char *worktree)
{
	char *before = gv_err_save();
	const bool is = is_marked() && !is_running() &&
	    (worktree == NULL || has_watched(worktree));

	gv_err_restore(before);
	return is;
}
