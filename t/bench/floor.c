/*
 * Floors: the least that a program does which looks at a whole tree, so that
 * others can be measured against it. Everything below DIR but a `.git` at its
 * top, on N threads that share one stack of directories.
 *
 *	floor stat|read|sha1|pack N DIR
 *
 * stat looks at each file, read also reads it, sha1 also names its content as
 * Git does, with collision detection, pack also compresses it. Prints files and
 * bytes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compress/deflate.h"
#include "repo/oid.h"

enum what { STAT, READ, SHA1, PACK };

struct walk {
	enum what what;
	const char *top;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	char **dirs; /* to be read, from the top */
	size_t n, cap;
	int busy;
	uint64_t files, bytes;
};

struct hand {
	struct walk *walk;
	unsigned char *bytes;
	size_t cap;
	struct gv_deflate *z;
	unsigned char *packed;
	size_t packed_cap;
	uint64_t files, sum;
};

static void
die(const char *what, const char *which)
{
	fprintf(
	    stderr, "floor: cannot %s %s: %s\n", what, which, strerror(errno));
	exit(1);
}

static void *
grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (p == NULL)
		die("allocate", "memory");
	return p;
}

static void
push(struct walk *w, char *path)
{
	pthread_mutex_lock(&w->lock);
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->dirs = grow(w->dirs, w->cap * sizeof(*w->dirs));
	}
	w->dirs[w->n++] = path;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* The next directory, or NULL when no thread can find any more. */
static char *
pop(struct walk *w)
{
	char *path = NULL;

	pthread_mutex_lock(&w->lock);
	w->busy--;
	while (w->n == 0 && w->busy > 0)
		pthread_cond_wait(&w->wake, &w->lock);
	if (w->n > 0) {
		path = w->dirs[--w->n];
		w->busy++;
	} else {
		pthread_cond_broadcast(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return path;
}

static void
pack(struct hand *h, size_t len)
{
	if (h->z == NULL && (h->z = gv_deflate_new(1)) == NULL)
		die("make", "a compressor");
	if (h->packed_cap < gv_deflate_bound(h->z, len)) {
		h->packed_cap = 2 * gv_deflate_bound(h->z, len);
		h->packed = grow(h->packed, h->packed_cap);
	}
	if (gv_deflate_run(h->z, h->packed, h->packed_cap, h->bytes, len) == 0)
		die("compress", "a file");
}

static void
read_file(struct hand *h, int dir, const char *name, size_t size)
{
	struct gv_oid id;
	size_t len = 0;
	ssize_t n = 0;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		die("open", name);
	if (size + 1 > h->cap) {
		h->cap = 2 * size + 65536;
		h->bytes = grow(h->bytes, h->cap);
	}
	while (len <= size && (n = read(fd, h->bytes + len, h->cap - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		die("read", name);
	close(fd);
	if (h->walk->what >= SHA1 &&
	    gv_oid_of(&id, GV_OTYPE_BLOB, h->bytes, len) < 0)
		die("hash", name);
	if (h->walk->what == PACK)
		pack(h, len);
	h->sum += len;
}

static void
visit(struct hand *h, int fd, const char *dir, const char *name)
{
	struct stat st;
	char *path;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		die("look at", name);
	h->files++;
	if (S_ISDIR(st.st_mode)) {
		path = grow(NULL, strlen(dir) + strlen(name) + 2);
		sprintf(path, "%s/%s", dir, name);
		push(h->walk, path);
	} else if (S_ISREG(st.st_mode) && h->walk->what != STAT) {
		read_file(h, fd, name, (size_t)st.st_size);
	}
}

static void
walk_dir(struct hand *h, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (d == NULL)
		die("open", path);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    (strcmp(e->d_name, ".git") != 0 ||
			strcmp(path, h->walk->top) != 0))
			visit(h, dirfd(d), path, e->d_name);
	closedir(d);
}

static void *
run(void *ctx)
{
	struct hand h = { .walk = ctx };
	char *path;

	while ((path = pop(h.walk)) != NULL) {
		walk_dir(&h, path);
		free(path);
	}
	pthread_mutex_lock(&h.walk->lock);
	h.walk->files += h.files;
	h.walk->bytes += h.sum;
	pthread_mutex_unlock(&h.walk->lock);
	free(h.bytes);
	free(h.packed);
	gv_deflate_free(h.z);
	return NULL;
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "stat", "read", "sha1", "pack" };
	struct walk w = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.wake = PTHREAD_COND_INITIALIZER };
	pthread_t threads[64];
	int i, n = argc == 4 ? atoi(argv[2]) : 0;

	while (n && w.what <= PACK && strcmp(argv[1], names[w.what]) != 0)
		w.what++;
	if (n < 1 || n > 64 || w.what > PACK) {
		fprintf(
		    stderr, "usage: floor stat|read|sha1|pack THREADS DIR\n");
		return 129;
	}
	w.top = argv[3];
	w.busy = n;
	push(&w, strdup(w.top));
	for (i = 1; i < n; i++)
		if (pthread_create(&threads[i], NULL, run, &w) != 0)
			die("start", "a thread");
	run(&w);
	for (i = 1; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%ju %ju\n", (uintmax_t)w.files, (uintmax_t)w.bytes);
	free(w.dirs);
	return 0;
}
