#include "sys/notice.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef GV_LINUX
#include <sys/inotify.h>
#include <sys/vfs.h>
#endif

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"

/* ms: what comes all the time is read that often */
#define PAUSE 50

/* Bytes of names that are kept of a folder: of more, each file may be meant. */
#define FILES_MOST 4096

struct folder {
	char *dir;
	size_t tag;
	int wd;            /* of inotify; -1: it is looked at */
	uint64_t seen;     /* what is in it, as a number */
	bool is_gone;      /* the place is free; `seen` is the next free one */
	uint64_t moved;    /* the number of the last thing that happened */
	uint64_t dev, ino; /* which one is minded, where wd is */
	/* places of the ones before and behind it of its tag, plus one */
	size_t before, behind;
	/* the last thing that may be of any file; what happened after it is of
	 * these alone, each with its NUL */
	uint64_t whole;
	char *files;
	size_t n_files, cap_files;
};

/* A caller's number. */
struct tag {
	size_t first, last; /* places of its folders, plus one */
	size_t n, looked;   /* how many, and how many only looked at */
	uint64_t floor;     /* nothing is known of what was before */
};

struct gv_notice {
	int fd; /* of inotify; -1: there is none */
	struct folder *folders;
	size_t n, cap;
	size_t *by_wd; /* places in folders, plus one */
	size_t n_by_wd;
	size_t free;          /* a free place, plus one; 0: none */
	struct gv_map by_dir; /* places, plus one */
	uint64_t last;        /* the number of what happened last */
	uint64_t floor;       /* nothing is known of what was before */
	struct tag *tags;
	size_t n_tags;
	int mounts;  /* the table of what is mounted; -1 */
	bool is_hot; /* something was told just now */
};

/* Something happened that may be of any file in it. */
static void
mark_whole(struct folder *f, uint64_t number)
{
	f->moved = f->whole = number;
	free(f->files);
	f->files = NULL;
	f->n_files = f->cap_files = 0;
}

static void
release(struct folder *f)
{
	free(f->dir);
	free(f->files);
}

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
	size_t at;

	if (tag >= n->n_tags || n->tags[tag].looked == 0)
		return;
	for (at = n->tags[tag].first; at; at = n->folders[at - 1].behind) {
		struct folder *f = &n->folders[at - 1];
		uint64_t now;
		bool is_same;

		if (f->wd >= 0)
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

/* The place of a folder of that name, plus one; 0: none. */
static size_t
place_of(const struct gv_notice *n, const char *dir)
{
	return (size_t)(uintptr_t)gv_map_get(&n->by_dir, dir, strlen(dir));
}

/* Have room for what is known of a number: 0 or GV_ENOMEM. */
static int
know_tag(struct gv_notice *n, size_t tag)
{
	const size_t more = tag + tag / 2 + 8;
	struct tag *p;

	if (tag < n->n_tags)
		return 0;
	if ((p = realloc(n->tags, more * sizeof(*p))) == NULL)
		return gv_err_nomem();
	memset(p + n->n_tags, 0, (more - n->n_tags) * sizeof(*p));
	n->tags = p;
	n->n_tags = more;
	return 0;
}

/* Behind the others of its number. */
static void
join(struct gv_notice *n, size_t at)
{
	struct folder *f = &n->folders[at];
	struct tag *t = &n->tags[f->tag];

	f->before = t->last;
	f->behind = 0;
	if (t->last)
		n->folders[t->last - 1].behind = at + 1;
	else
		t->first = at + 1;
	t->last = at + 1;
	t->n++;
}

static void
leave(struct gv_notice *n, size_t at)
{
	const struct folder *f = &n->folders[at];
	struct tag *t = &n->tags[f->tag];

	if (f->before)
		n->folders[f->before - 1].behind = f->behind;
	else
		t->first = f->behind;
	if (f->behind)
		n->folders[f->behind - 1].before = f->before;
	else
		t->last = f->before;
	t->n--;
}

static void
free_place(struct gv_notice *n, size_t at)
{
	struct folder *f = &n->folders[at];

	if (f->wd >= 0)
		n->by_wd[f->wd] = 0;
	else
		n->tags[f->tag].looked--;
	leave(n, at);
	if (place_of(n, f->dir) == at + 1)
		(void)gv_map_del(&n->by_dir, f->dir, strlen(f->dir));
	release(f);
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

/* What was known of a number until now is not. */
static void
raise_floor(struct gv_notice *n, size_t tag)
{
	n->last++;
	if (know_tag(n, tag) < 0)
		n->floor = n->last;
	else
		n->tags[tag].floor = n->last;
}

/* ---- being told ---------------------------------------------------------- */

#ifdef GV_LINUX

/* Events for the caller. A file that is only written to tells nothing until it
 * is closed: a log would never settle. */
#define TOLD                                                                   \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)

/* And what is counted. */
#define MASK (TOLD | IN_MODIFY | IN_ATTRIB | IN_ONLYDIR | IN_EXCL_UNLINK)

static int
open_system(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

/* File systems of this machine alone, in which nothing happens that is not
 * told: not those of a network, nor those that lie over another one. */
static bool
is_local(int fd)
{
	static const uint32_t kinds[] = { 0xef53 /* ext2 to ext4 */,
		0x58465342 /* XFS */, 0x9123683e /* Btrfs */,
		0x01021994 /* tmpfs */, 0xf2f52010 /* F2FS */,
		0x2fc12fc1 /* ZFS */, 0xca451a4e /* bcachefs */ };
	struct statfs fs;
	size_t i;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if ((uint32_t)fs.f_type == kinds[i])
			return true;
	return false;
}

/* By a descriptor, so that the folder which is minded is the one whose number
 * is noted, whatever has that name by now. */
static int
mind(int fd, const char *dir, struct folder *f)
{
	const int at = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char name[64];
	struct stat st;

	f->wd = -1;
	if (at < 0)
		return -1;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", at);
	if (fstat(at, &st) == 0 &&
	    (f->wd = inotify_add_watch(fd, name, MASK)) >= 0) {
		f->dev = is_local(at) ? (uint64_t)st.st_dev : 0;
		f->ino = f->dev ? (uint64_t)st.st_ino : 0;
	} else if (errno == ENOENT) {
		/* there is no /proc */
		f->wd = inotify_add_watch(fd, dir, MASK | IN_DONT_FOLLOW);
	}
	gv_file_close(at);
	return f->wd;
}

static int
open_mounts(void)
{
	return open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
}

/* What is mounted over a folder tells nothing to who minds that. */
static void
look_at_mounts(struct gv_notice *n)
{
	struct pollfd p = { .fd = n->mounts, .events = POLLPRI };

	if (n->mounts >= 0 && poll(&p, 1, 0) > 0)
		n->floor = ++n->last;
}

static void
forget(struct gv_notice *n, size_t at)
{
	if (n->folders[at].wd >= 0)
		(void)inotify_rm_watch(n->fd, n->folders[at].wd);
	free_place(n, at);
}

static void
tell_all(struct gv_notice *n, gv_notice_told told, void *ctx)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (!n->folders[i].is_gone)
			told(ctx, n->folders[i].tag, NULL, NULL);
}

/* A folder was moved away: it and what is below have other names now. The
 * callback may have dropped its parent folder. */
static void
drop_moved(struct gv_notice *n, int wd, const char *name)
{
	const size_t at = n->by_wd[wd], len = strlen(name);
	const struct folder *parent = at ? &n->folders[at - 1] : NULL;
	const size_t up = parent ? strlen(parent->dir) : 0;
	size_t i, next;

	for (i = parent ? n->tags[parent->tag].first : 0; i; i = next) {
		const struct folder *f = &n->folders[i - 1];

		next = f->behind;
		if (strncmp(f->dir, parent->dir, up) == 0 &&
		    f->dir[up] == '/' &&
		    strncmp(f->dir + up + 1, name, len) == 0 &&
		    (f->dir[up + 1 + len] == '\0' ||
			f->dir[up + 1 + len] == '/'))
			forget(n, i - 1);
	}
	if (parent)
		raise_floor(n, parent->tag);
}

static bool
has_file(const struct folder *f, const char *name, size_t len)
{
	const char *p = f->files, *end = p + f->n_files;
	size_t n;

	for (; p < end; p += n) {
		n = strlen(p) + 1;
		if (n == len && memcmp(p, name, len) == 0)
			return true;
	}
	return false;
}

/* Whether there is room for the name of a file. */
static bool
add_file(struct folder *f, const char *name)
{
	const size_t len = strlen(name) + 1;

	if (f->n_files && has_file(f, name, len))
		return true;
	if (f->n_files + len > FILES_MOST ||
	    gv_vec_grow(
		(void **)&f->files, &f->cap_files, f->n_files + len, 1) < 0)
		return false;
	memcpy(f->files + f->n_files, name, len);
	f->n_files += len;
	return true;
}

/* What is written into a file, and its rights, concern that file alone. */
static void
count(struct folder *f, const struct inotify_event *e, uint64_t number)
{
	const uint32_t of_file = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

	if (e->len && (e->mask & ~of_file) == 0 && add_file(f, e->name))
		f->moved = number;
	else
		mark_whole(f, number);
}

static void
tell_one(struct gv_notice *n, const struct inotify_event *e,
    gv_notice_told told, void *ctx)
{
	size_t at, tag;

	n->last++;
	if (e->mask & IN_Q_OVERFLOW) {
		n->floor = n->last;
		/* which names are still minded is to be found out again */
		gv_map_release(&n->by_dir);
		tell_all(n, told, ctx);
		return;
	}
	if (e->wd < 0 || (size_t)e->wd >= n->n_by_wd ||
	    (at = n->by_wd[e->wd]) == 0)
		return;
	tag = n->folders[at - 1].tag;
	count(&n->folders[at - 1], e, n->last);
	if (e->mask & IN_UNMOUNT)
		n->floor = n->last;
	/* it was deleted, which its parent folder told */
	if (e->mask & IN_IGNORED) {
		free_place(n, at - 1);
		return;
	}
	if (e->mask & TOLD)
		told(ctx, tag, n->folders[at - 1].dir, e->len ? e->name : NULL);
	if ((e->mask & IN_ISDIR) && (e->mask & IN_MOVED_FROM) && e->len)
		drop_moved(n, e->wd, e->name);
}

static void
tell_what_came(struct gv_notice *n, gv_notice_told told, void *ctx)
{
	char bytes[16384]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got;
	char *p;

	n->is_hot = true;
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
mind(int fd, const char *dir, struct folder *f)
{
	(void)fd;
	(void)dir;
	errno = ENOSYS;
	return f->wd = -1;
}

static int
open_mounts(void)
{
	return -1;
}

static void
look_at_mounts(struct gv_notice *n)
{
	(void)n;
}

static void
forget(struct gv_notice *n, size_t at)
{
	free_place(n, at);
}

static void
tell_what_came(struct gv_notice *n, gv_notice_told told, void *ctx)
{
	(void)n;
	(void)told;
	(void)ctx;
}

#endif

/* Wait for both; 1 where `other` can be read. */
static int
wait_for(struct gv_notice *n, int fd, int other, int wait_ms,
    gv_notice_told told, void *ctx)
{
	struct pollfd p[] = { { .fd = fd, .events = POLLIN },
		{ .fd = other, .events = POLLIN } };

	if (fd < 0 && other < 0)
		gv_clock_sleep(wait_ms);
	else if (poll(p, 2, wait_ms) > 0 && p[0].revents)
		tell_what_came(n, told, ctx);
	return p[1].revents != 0;
}

int
gv_notice_wait(
    struct gv_notice *n, int other, int wait_ms, gv_notice_told told, void *ctx)
{
	const bool was_hot = n->is_hot;

	n->is_hot = false;
	if (was_hot && wait_for(n, -1, other, PAUSE, told, ctx))
		return 1;
	return wait_for(n, n->fd, other, wait_ms, told, ctx);
}

uint64_t
gv_notice_now(struct gv_notice *n, gv_notice_told told, void *ctx)
{
	if (n->fd >= 0)
		tell_what_came(n, told, ctx);
	look_at_mounts(n);
	return n->last;
}

static int
each_file(const struct folder *f,
    int (*fn)(void *ctx, const char *dir, const char *name), void *ctx)
{
	const char *p = f->files, *end = p + f->n_files;
	int r = 0;

	for (; r >= 0 && p < end; p += strlen(p) + 1)
		r = fn(ctx, f->dir, p);
	return r;
}

int
gv_notice_each_moved(const struct gv_notice *n, size_t tag, uint64_t since,
    int (*fn)(void *ctx, const char *dir, const char *name), void *ctx)
{
	size_t at = tag < n->n_tags ? n->tags[tag].first : 0;
	int r = 0;

	if (n->fd < 0 || n->mounts < 0 || since < n->floor ||
	    (tag < n->n_tags && since < n->tags[tag].floor))
		return GV_ENOTFOUND;
	for (; r >= 0 && at; at = n->folders[at - 1].behind) {
		const struct folder *f = &n->folders[at - 1];

		if (f->wd >= 0 && f->moved <= since)
			continue;
		r = f->wd < 0 || f->whole > since ? fn(ctx, f->dir, NULL)
						  : each_file(f, fn, ctx);
	}
	return r < 0 ? r : 0;
}

int
gv_notice_find(const struct gv_notice *n, size_t tag, const char *dir,
    uint64_t *dev, uint64_t *ino)
{
	const size_t at = place_of(n, dir);
	const struct folder *f = at ? &n->folders[at - 1] : NULL;

	if (f == NULL || f->tag != tag || (f->wd >= 0 && f->ino == 0))
		return GV_ENOTFOUND;
	*dev = f->dev;
	*ino = f->ino;
	return f->wd >= 0;
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
	n->mounts = open_mounts();
	n->last = 1;
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

/* Have a place for a folder that the system minds. 1 where it has one already.
 */
static int
know(struct gv_notice *n, const char *dir, const struct folder *f)
{
	const int r = know_wd(n, f->wd);
	const size_t at = r < 0 ? 0 : n->by_wd[f->wd];
	struct folder *known = at ? &n->folders[at - 1] : NULL;

	if (known == NULL)
		return r;
	/* what happened meanwhile is not known; or it is another name of it */
	mark_whole(known, ++n->last);
	if (known->tag != f->tag || strcmp(known->dir, dir) != 0)
		return 1;
	known->dev = f->dev;
	known->ino = f->ino;
	return gv_map_put(&n->by_dir, known->dir, strlen(known->dir),
		   (void *)(uintptr_t)at) < 0
	    ? GV_ENOMEM
	    : 1;
}

/* Put it where there is room, or into the place that is `at`, less one. */
static int
put(struct gv_notice *n, const struct folder *f, size_t at)
{
	int r;

	if (at == 0) {
		if ((r = take_place(&at, n)) < 0)
			return r;
		at++;
	} else {
		n->tags[f->tag].looked--;
		leave(n, at - 1);
		release(&n->folders[at - 1]);
	}
	n->folders[at - 1] = *f;
	join(n, at - 1);
	if (f->wd < 0)
		n->tags[f->tag].looked++;
	else
		n->by_wd[f->wd] = at;
	return gv_map_put(
	    &n->by_dir, f->dir, strlen(f->dir), (void *)(uintptr_t)at);
}

int
gv_notice_add(struct gv_notice *n, const char *dir, size_t tag)
{
	struct folder f = { .tag = tag, .wd = -1 };
	size_t at = place_of(n, dir);
	int r = know_tag(n, tag);

	if (r < 0)
		return r;
	if (at && n->folders[at - 1].tag != tag)
		at = 0;
	if (at && (n->folders[at - 1].wd >= 0 || n->fd < 0))
		return 0;
	if (n->fd >= 0 && mind(n->fd, dir, &f) < 0 &&
	    (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return GV_ENOTFOUND;
	if (f.wd < 0) {
		if (!gv_file_is_dir(AT_FDCWD, dir))
			return GV_ENOTFOUND;
		if (at)
			return 0;
		f.seen = look_at(dir);
	} else if ((r = know(n, dir, &f)) != 0) {
		return r < 0 ? r : 0;
	}
	if ((f.dir = strdup(dir)) == NULL)
		return gv_err_nomem();
	mark_whole(&f, ++n->last);
	if (at)
		(void)gv_map_del(&n->by_dir, dir, strlen(dir));
	if ((r = put(n, &f, at)) == GV_ENOMEM && at == 0)
		free(f.dir);
	return r;
}

void
gv_notice_drop(struct gv_notice *n, size_t tag)
{
	size_t at, next;

	raise_floor(n, tag);
	for (at = tag < n->n_tags ? n->tags[tag].first : 0; at; at = next) {
		next = n->folders[at - 1].behind;
		forget(n, at - 1);
	}
}

size_t
gv_notice_count(const struct gv_notice *n, size_t tag, size_t *looked)
{
	*looked = tag < n->n_tags ? n->tags[tag].looked : 0;
	return tag < n->n_tags ? n->tags[tag].n : 0;
}

void
gv_notice_close(struct gv_notice *n)
{
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < n->n; i++)
		release(&n->folders[i]);
	gv_file_close(n->fd);
	gv_file_close(n->mounts);
	gv_map_release(&n->by_dir);
	free(n->tags);
	free(n->folders);
	free(n->by_wd);
	free(n);
}
