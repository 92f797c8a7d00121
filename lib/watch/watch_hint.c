#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/local.h"
#include "sys/mounts.h"
#include "watch/watch_internal.h"

/* ---- the answer ---------------------------------------------------------- */

/* Mind the top first: it is not minded before the first save, nor after lost
 * events, and until the next save of watch no snapshot would learn a moment to
 * go on from. */
static bool
look_at_top(struct gv_watch_top *out, struct gv_watch *w, size_t i)
{
	const struct gv_watched *p = &w->items[i];

	out->i = i;
	if (!p->is_listed || p->is_gone)
		return false;
	(void)gv_notice_add(w->notice, p->path, i);
	return gv_notice_find(w->notice, i, p->path, &out->dev, &out->ino) == 1;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_watch_top *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return (x->ino > y->ino) - (x->ino < y->ino);
}

void
gv_watch_list_tops(struct gv_watch *w)
{
	size_t i;

	free(w->tops);
	w->n_tops = 0;
	if ((w->tops = malloc((w->n + 1) * sizeof(*w->tops))) == NULL)
		return;
	for (i = 0; i < w->n; i++)
		w->n_tops += look_at_top(&w->tops[w->n_tops], w, i);
	if (w->n_tops)
		qsort(w->tops, w->n_tops, sizeof(*w->tops), compare);
}

struct gv_watched *
gv_watch_find_top(struct gv_watch *w, uint64_t dev, uint64_t ino)
{
	const struct gv_watch_top wanted = { .dev = dev, .ino = ino };
	struct gv_watch_top now;
	const struct gv_watch_top *had = w->n_tops
	    ? bsearch(&wanted, w->tops, w->n_tops, sizeof(wanted), compare)
	    : NULL;

	return had && look_at_top(&now, w, had->i) &&
		compare(&now, &wanted) == 0
	    ? &w->items[had->i]
	    : NULL;
}

struct naming {
	const struct gv_watched *p;
	struct gv_buf *names;
};

/* Of a file, its path with a slash before it. */
static int
add_name(void *ctx, const char *dir, const char *name)
{
	const struct naming *to = ctx;
	const size_t top = strlen(to->p->path);

	/* the git directory is minded, too, and not part of the tree */
	if (strcmp(dir, to->p->git_dir) == 0)
		return 0;
	if (strncmp(dir, to->p->path, top) != 0 ||
	    (dir[top] != '/' && dir[top] != '\0'))
		return GV_ENOTFOUND;
	if (name)
		gv_buf_addf(to->names, "%s/%s", dir + top, name);
	else
		gv_buf_addstr(to->names, dir[top] ? dir + top + 1 : "");
	gv_buf_addch(to->names, '\0');
	return to->names->len > GV_HINT_NAMES ? GV_ENOTFOUND
					      : gv_buf_check(to->names);
}

/* A write to such a file by its other name makes no event here. */
static bool
has_mounted_file(const char *top)
{
	struct gv_buf mounts = GV_BUF_INIT;
	char *before = gv_err_save();
	const bool has =
	    gv_mounts_read(&mounts) < 0 || gv_mounts_have_file(mounts.p, top);

	gv_err_restore(before);
	gv_buf_release(&mounts);
	return has;
}

/* The names of what moved, complete or not at all. */
static bool
name_moved(struct gv_buf *names, struct gv_watch *w, struct gv_watched *p,
    const struct gv_moment *since)
{
	struct naming to = { .p = p, .names = names };
	const size_t i = (size_t)(p - w->items);

	return since->n && p->git_dir &&
	    memcmp(since->by, w->moment.by, sizeof(since->by)) == 0 &&
	    gv_watch_covers(w, i, since->n) &&
	    gv_notice_each_moved(w->notice, i, since->n, add_name, &to) == 0 &&
	    !has_mounted_file(p->path);
}

static void
answer_moved(struct gv_watch *w, int fd)
{
	struct gv_hint_answer out = { .now = w->moment };
	struct gv_buf names = GV_BUF_INIT;
	struct gv_hint_question ask;
	struct gv_watched *p;

	if (gv_file_read_full(fd, (char *)&ask + sizeof(ask.magic),
		sizeof(ask) - sizeof(ask.magic)) !=
		(ssize_t)(sizeof(ask) - sizeof(ask.magic)) ||
	    ask.mounts != gv_hint_mounts())
		return;
	/* first all events up to now, which may move projects */
	out.now.n = gv_notice_now(w->notice, gv_watch_told, w);
	if ((p = gv_watch_find_top(w, ask.dev, ask.ino)) == NULL) {
		gv_watch_list_tops(w);
		if ((p = gv_watch_find_top(w, ask.dev, ask.ino)) == NULL)
			return;
	}
	memcpy(out.magic, GV_HINT_MAGIC, sizeof(out.magic));
	out.is = name_moved(&names, w, p, &ask.since);
	out.len = out.is ? names.len : 0;
	w->questions++;
	w->hints += out.is;
	w->is_moved = true;
	if (gv_local_send(fd, &out, sizeof(out)) == 0)
		(void)gv_local_send(fd, names.p, (size_t)out.len);
	gv_buf_release(&names);
}

static void
answer(struct gv_watch *w, int fd)
{
	char magic[8];

	if (gv_file_read_full(fd, magic, sizeof(magic)) !=
	    (ssize_t)sizeof(magic))
		return;
	if (memcmp(magic, GV_HINT_MAGIC, sizeof(magic)) == 0)
		answer_moved(w, fd);
	else if (memcmp(magic, GV_HINT_STILL, sizeof(magic)) == 0)
		gv_watch_answer_still(w, fd);
}

static void
answer_all(void *ctx)
{
	struct gv_watch *w = ctx;
	int fd;

	while (gv_local_accept(&fd, w->asked.fd, GV_HINT_WAIT_MS) == 0) {
		answer(w, fd);
		gv_file_close(fd);
	}
}

/* ---- the socket ---------------------------------------------------------- */

void
gv_watch_hint_open(struct gv_watch *w)
{
	struct gv_buf path = GV_BUF_INIT;

	w->asked.fd = -1;
	if (gv_clock_random(w->moment.by, sizeof(w->moment.by)) == 0 &&
	    gv_watch_file(&path, "hint") == 0 &&
	    gv_local_listen(&w->asked.fd, path.p) < 0)
		w->asked.fd = -1;
	w->asked.ready = answer_all;
	w->asked.ctx = w;
	gv_buf_release(&path);
}

void
gv_watch_hint_close(struct gv_watch *w)
{
	struct gv_buf path = GV_BUF_INIT;

	if (w->asked.fd >= 0 && gv_watch_file(&path, "hint") == 0)
		(void)gv_file_remove_socket(AT_FDCWD, path.p);
	gv_file_close(w->asked.fd);
	gv_buf_release(&path);
}
