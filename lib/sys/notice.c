#include "sys/notice.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"

struct folder {
	char *dir;
	size_t tag;
	int wd;        /* of inotify; -1: it is looked at */
	uint64_t seen; /* what is in it, as a number */
	bool is_gone;  /* the place is free; `seen` is the next free one */
};

struct gv_notice {
	int fd; /* of inotify; -1: there is none */
	struct folder *folders;
	size_t n, cap;
	size_t *by_wd; /* places in folders, plus one */
	size_t n_by_wd;
	size_t looked; /* of the folders, how many are looked at */
	size_t free;   /* a free place, plus one; 0: none */
};

/* ---- looking ------------------------------------------------------------- */

/* What the entries of a folder are, in any order; 0 where it cannot be read. */
static uint64_t
look_at(const char *dir)
{
	struct gv_dir_names names = { 0 };
	const int fd = gv_dir_open_root(dir);
	struct stat st;
	uint64_t sum = 1;
	size_t i;

	if (fd < 0 || gv_dir_list(&names, fd) < 0) {
		gv_file_close(fd);
		gv_dir_names_release(&names);
		return 0;
	}
	for (i = 0; i < names.n; i++) {
		const struct gv_dir_name *e = &names.names[i];
		uint64_t of[5] = { gv_map_hash(e->name, e->len) };

		if (gv_dir_stat(fd, e->name, e->len, &st) < 0)
			continue;
		of[1] = (uint64_t)st.st_mtim.tv_sec;
		of[2] = (uint64_t)st.st_mtim.tv_nsec;
		of[3] = (uint64_t)st.st_size;
		of[4] = (uint64_t)st.st_ino;
		/* of a folder only that it is there: what is in it is its own
		 */
		sum += gv_map_hash(
		    of, S_ISDIR(st.st_mode) ? sizeof(of[0]) : sizeof(of));
	}
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return sum;
}

void
gv_notice_look(struct gv_notice *n, size_t tag, gv_notice_told told, void *ctx)
{
	size_t i;

	for (i = 0; i < n->n; i++) {
		struct folder *f = &n->folders[i];
		uint64_t now;
		bool is_same;

		if (f->is_gone || f->tag != tag || f->wd >= 0)
			continue;
		now = look_at(f->dir);
		is_same = now == f->seen;
		f->seen = now;
		/* the callback may add folders, which moves them all */
		if (!is_same)
			told(ctx, tag, f->dir, NULL);
	}
}

/* ---- places -------------------------------------------------------------- */

static void
free_place(struct gv_notice *n, size_t at)
{
	struct folder *f = &n->folders[at];

	if (f->wd >= 0)
		n->by_wd[f->wd] = 0;
	else
		n->looked--;
	free(f->dir);
	*f = (struct folder){ .wd = -1, .is_gone = true, .seen = n->free };
	n->free = at + 1;
}

static int
take_place(size_t *at, struct gv_notice *n)
{
	if (n->free) {
		*at = n->free - 1;
		n->free = (size_t)n->folders[*at].seen;
		return 0;
	}
	if (GV_GROW(n->folders, n->n, n->cap) < 0)
		return gv_err_nomem();
	*at = n->n++;
	return 0;
}

/* ---- being told ---------------------------------------------------------- */

#ifdef __linux__

/* A file that is only written to tells nothing until it is closed: a log would
 * never settle. */
#define MASK                                                                   \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO |            \
	    IN_DELETE | IN_ONLYDIR | IN_EXCL_UNLINK | IN_DONT_FOLLOW)

static int
open_system(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static int
mind(int fd, const char *dir)
{
	return inotify_add_watch(fd, dir, MASK);
}

static void
leave(int fd, int wd)
{
	(void)inotify_rm_watch(fd, wd);
}

static void
tell_all(struct gv_notice *n, gv_notice_told told, void *ctx)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (!n->folders[i].is_gone)
			told(ctx, n->folders[i].tag, NULL, NULL);
}

static void
tell_one(struct gv_notice *n, const struct inotify_event *e,
    gv_notice_told told, void *ctx)
{
	size_t at;

	if (e->mask & IN_Q_OVERFLOW) {
		tell_all(n, told, ctx);
		return;
	}
	if (e->wd < 0 || (size_t)e->wd >= n->n_by_wd ||
	    (at = n->by_wd[e->wd]) == 0)
		return;
	/* it was deleted, which its parent folder told */
	if (e->mask & IN_IGNORED) {
		free_place(n, at - 1);
		return;
	}
	told(ctx, n->folders[at - 1].tag, n->folders[at - 1].dir,
	    e->len ? e->name : NULL);
}

static void
tell_what_came(struct gv_notice *n, gv_notice_told told, void *ctx)
{
	char bytes[16384]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got;
	char *p;

	while ((got = read(n->fd, bytes, sizeof(bytes))) > 0)
		for (p = bytes; p < bytes + got;) {
			const struct inotify_event *e = (void *)p;

			tell_one(n, e, told, ctx);
			p += sizeof(*e) + e->len;
		}
}

#else

static int
open_system(void)
{
	return -1;
}

static int
mind(int fd, const char *dir)
{
	(void)fd;
	(void)dir;
	errno = ENOSYS;
	return -1;
}

static void
leave(int fd, int wd)
{
	(void)fd;
	(void)wd;
}

static void
tell_what_came(struct gv_notice *n, gv_notice_told told, void *ctx)
{
	(void)n;
	(void)told;
	(void)ctx;
}

#endif

int
gv_notice_wait(struct gv_notice *n, int wait_ms, gv_notice_told told, void *ctx)
{
	struct pollfd p = { .fd = n->fd, .events = POLLIN };

	if (n->fd < 0)
		gv_clock_sleep(wait_ms);
	else if (poll(&p, 1, wait_ms) > 0)
		tell_what_came(n, told, ctx);
	return 0;
}

/* ---- which --------------------------------------------------------------- */

int
gv_notice_open(struct gv_notice **out, bool polls)
{
	struct gv_notice *n = calloc(1, sizeof(*n));

	*out = n;
	if (n == NULL)
		return gv_err_nomem();
	n->fd = polls ? -1 : open_system();
	return 0;
}

/* Have a place for a number of the system's. */
static int
know_wd(struct gv_notice *n, int wd)
{
	const size_t want = (size_t)wd + 1;
	size_t cap = want + want / 2 + 64;
	size_t *more;

	if (want <= n->n_by_wd)
		return 0;
	more = realloc(n->by_wd, cap * sizeof(*more));
	if (more == NULL)
		return gv_err_nomem();
	memset(more + n->n_by_wd, 0, (cap - n->n_by_wd) * sizeof(*more));
	n->by_wd = more;
	n->n_by_wd = cap;
	return 0;
}

static bool
is_looked_at(const struct gv_notice *n, const char *dir, size_t tag)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (!n->folders[i].is_gone && n->folders[i].wd < 0 &&
		    n->folders[i].tag == tag &&
		    strcmp(n->folders[i].dir, dir) == 0)
			return true;
	return false;
}

int
gv_notice_add(struct gv_notice *n, const char *dir, size_t tag)
{
	struct folder f = { .tag = tag, .wd = -1 };
	size_t at = 0;
	int r;

	if (n->fd >= 0 && (f.wd = mind(n->fd, dir)) < 0 &&
	    (errno == ENOENT || errno == ENOTDIR))
		return GV_ENOTFOUND;
	if (f.wd < 0) {
		if (!gv_file_is_dir(AT_FDCWD, dir))
			return GV_ENOTFOUND;
		if (is_looked_at(n, dir, tag))
			return 0;
		f.seen = look_at(dir);
	} else if ((r = know_wd(n, f.wd)) < 0) {
		return r;
	} else if (n->by_wd[f.wd]) {
		/* this folder, or another name of it */
		return 0;
	}
	if ((f.dir = strdup(dir)) == NULL)
		return gv_err_nomem();
	if ((r = take_place(&at, n)) < 0) {
		free(f.dir);
		return r;
	}
	n->folders[at] = f;
	if (f.wd >= 0)
		n->by_wd[f.wd] = at + 1;
	else
		n->looked++;
	return 0;
}

void
gv_notice_drop(struct gv_notice *n, size_t tag)
{
	size_t i;

	for (i = 0; i < n->n; i++) {
		struct folder *f = &n->folders[i];

		if (f->is_gone || f->tag != tag)
			continue;
		if (f->wd >= 0)
			leave(n->fd, f->wd);
		free_place(n, i);
	}
}

bool
gv_notice_looks(const struct gv_notice *n)
{
	return n->looked > 0;
}

size_t
gv_notice_count(const struct gv_notice *n, size_t tag, size_t *looked)
{
	size_t i, count = 0;

	*looked = 0;
	for (i = 0; i < n->n; i++) {
		if (n->folders[i].is_gone || n->folders[i].tag != tag)
			continue;
		count++;
		*looked += n->folders[i].wd < 0;
	}
	return count;
}

void
gv_notice_close(struct gv_notice *n)
{
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < n->n; i++)
		free(n->folders[i].dir);
	gv_file_close(n->fd);
	free(n->folders);
	free(n->by_wd);
	free(n);
}
