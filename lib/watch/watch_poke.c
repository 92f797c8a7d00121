#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sys/entry.h"
#include "sys/fifo.h"
#include "sys/file.h"
#include "sys/session.h"
#include "watch/watch_internal.h"

/* A message is the path of a file that changed, and a NUL. It says no more than
 * an event does: where to look. */

static bool
is_in(const char *path, const char *top)
{
	const size_t len = strlen(top);

	return strncmp(path, top, len) == 0 && path[len] == '/';
}

/* ---- the running one
 * --------------------------------------------------------- */

void
gv_watch_poke_open(struct gv_watch *w)
{
	struct gv_buf path = GV_BUF_INIT;

	if (gv_watch_file(&path, "poke") < 0 ||
	    gv_fifo_open(&w->poked, path.p) < 0)
		w->poked = -1;
	gv_buf_release(&path);
}

void
gv_watch_poke_close(struct gv_watch *w)
{
	gv_file_close(w->poked);
	gv_buf_release(&w->poked_rest);
}

/* A project may lie in another one. */
static struct gv_watched *
find_project(struct gv_watch *w, const char *path)
{
	struct gv_watched *best = NULL;
	size_t i;

	for (i = 0; i < w->n; i++) {
		struct gv_watched *p = &w->items[i];

		if (p->is_listed && is_in(path, p->path) &&
		    (best == NULL || strlen(p->path) > strlen(best->path)))
			best = p;
	}
	return best;
}

static void
take(struct gv_watch *w, const char *path)
{
	struct gv_watched *p = find_project(w, path);

	if (p == NULL || strncmp(path + strlen(p->path), "/.git/", 6) == 0)
		return;
	if (gv_pace_name(strrchr(path, '/') + 1, false) == GV_PACE_IS_SESSION)
		p->changed = w->now;
	else
		gv_watch_changed(
		    w, p, gv_watch_class(p, path + strlen(p->path) + 1));
}

void
gv_watch_poke_read(struct gv_watch *w)
{
	struct gv_buf *rest = &w->poked_rest;
	char bytes[GV_FIFO_MAX];
	const char *p, *end, *nul;
	ssize_t n;

	while (w->poked >= 0 &&
	    (n = gv_file_read_some(w->poked, bytes, sizeof(bytes))) > 0) {
		gv_buf_add(rest, bytes, (size_t)n);
		if (gv_buf_check(rest) < 0)
			return;
		end = rest->p + rest->len;
		for (p = rest->p;
		     (nul = memchr(p, '\0', (size_t)(end - p))) != NULL;
		     p = nul + 1)
			take(w, p);
		memmove(rest->p, p, (size_t)(end - p));
		gv_buf_truncate(rest, (size_t)(end - p));
		/* no message is that long */
		if (rest->len > GV_FIFO_MAX)
			gv_buf_reset(rest);
	}
}

/* ---- who tells ----------------------------------------------------------- */

/* The real folder that it lies in, and its name there: it may be gone. */
static int
find_path(struct gv_buf *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *dir = NULL, *real;

	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return gv_err(GV_EUSAGE, "'%.200s' is no path of a file", path);
	if (slash && slash > path &&
	    (dir = strndup(path, (size_t)(slash - path))) == NULL)
		return gv_err_nomem();
	real = gv_entry_real_path(dir ? dir : slash ? "/" : ".");
	free(dir);
	if (real == NULL)
		return gv_err(
		    GV_EUSAGE, "there is no folder of '%.200s'", path);
	gv_buf_addf(out, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
	free(real);
	if (gv_buf_check(out) < 0)
		return GV_ENOMEM;
	return out->len + 1 <= GV_FIFO_MAX
	    ? 0
	    : gv_err(GV_EUSAGE, "the path has more than %zu bytes",
		  GV_FIFO_MAX - 1);
}

static int
is_watched(const char *path)
{
	struct gv_watch_board board;
	struct gv_session session;
	int r = gv_watch_read_board(&board, &session);
	size_t i;

	for (i = 0; r == 0 && i < board.n; i++)
		if (is_in(path, board.rows[i].path))
			r = 1;
	gv_watch_board_release(&board);
	return r;
}

static int
send(int fd, const struct gv_buf *path)
{
	int r = is_watched(path->p);

	if (r <= 0)
		return r < 0 ? r : GV_WATCH_STRANGE;
	if (gv_file_write_all(fd, path->p, path->len + 1) == 0)
		return GV_WATCH_POKED;
	return errno == EAGAIN
	    ? gv_err(GV_ERROR,
		  "git vault watch is busy with a save and has no room for "
		  "more paths; nothing is lost, since it looks at each "
		  "project itself")
	    : gv_err_sys("cannot write to the pipe of git vault watch");
}

int
gv_watch_poke(const char *path)
{
	struct gv_buf real = GV_BUF_INIT, pipe = GV_BUF_INIT;
	int fd = -1, r;

	if ((r = find_path(&real, path)) == 0 &&
	    (r = gv_watch_file(&pipe, "poke")) == 0)
		r = gv_fifo_join(&fd, pipe.p);
	if (r == GV_ENOTFOUND)
		r = GV_WATCH_IDLE;
	else if (r == 0)
		r = send(fd, &real);
	gv_file_close(fd);
	gv_buf_release(&real);
	gv_buf_release(&pipe);
	return r;
}
