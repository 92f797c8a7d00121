#include "walk/census.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/pages.h"
#include "sys/workers.h"
#include "sys/xattr.h"
#include "walk/census_internal.h"
#include "worktree/index.h"

#define FEW_ROWS 512 /* in which a second thread finds nothing to do */

struct gv_census_dir *
gv_census_dir(const struct gv_census *c, uint32_t i)
{
	assert(c->chunks);
	return &c->chunks[i / CHUNK][i % CHUNK];
}

uint32_t
gv_census_dirs(const struct gv_census *c)
{
	return c->n_dirs;
}

int
gv_census_root(const struct gv_census *c)
{
	return c->root_fd;
}

int64_t
gv_census_stamp(const struct gv_census *c)
{
	return c->stamp;
}

uint64_t
gv_census_rules(const struct gv_census *c)
{
	return c->rules;
}

bool
gv_census_is_touched(const struct gv_census *c)
{
	return c->touched;
}

uint32_t
gv_census_deferred(const struct gv_census *c)
{
	return c->deferred;
}

const struct gv_census_owner *
gv_census_owner(const struct gv_census *c, const struct gv_row *row)
{
	return &c->owners[row->spare];
}

void
gv_census_dir_path(const struct gv_census *c, uint32_t dir, struct gv_buf *out)
{
	const struct gv_census_dir *d;
	size_t len = 0, at;
	uint32_t i;

	for (i = dir; i; i = d->parent) {
		d = gv_census_dir(c, i);
		len += d->name_len + (len > 0);
	}
	if (len == 0 || gv_buf_grow(out, len) < 0)
		return;
	at = out->len + len;
	for (i = dir; i; i = d->parent) {
		d = gv_census_dir(c, i);
		at -= d->name_len;
		memcpy(out->p + at, d->name, d->name_len);
		if (d->parent)
			out->p[--at] = '/';
	}
	out->len += len;
	out->p[out->len] = '\0';
}

void
gv_census_path(const struct gv_census *c, uint32_t dir,
    const struct gv_row *row, struct gv_buf *out)
{
	const struct gv_census_dir *d = gv_census_dir(c, dir);
	size_t before = out->len;

	gv_census_dir_path(c, dir, out);
	if (out->len > before)
		gv_buf_addch(out, '/');
	gv_buf_add(out, d->names + row->name, row->name_len);
}

bool
gv_census_is_entered(const struct gv_row *row)
{
	return (row->flags & GV_ROW_DIR) && !(row->flags & GV_ROW_ABSENT);
}

/* The lock is held, or there is one thread only. */
int
gv_census_dir_new(struct gv_census *c, uint32_t *number)
{
	uint32_t chunk = c->n_dirs / CHUNK;

	if (chunk >= MAX_CHUNKS)
		return gv_err(GV_EREFUSED, "more than %u directories",
		    CHUNK * MAX_CHUNKS);
	if (c->chunks[chunk] == NULL) {
		c->chunks[chunk] = calloc(CHUNK, sizeof(**c->chunks));
		if (c->chunks[chunk] == NULL)
			return gv_err_nomem();
	}
	*number = c->n_dirs++;
	gv_census_dir(c, *number)->old = UINT32_MAX;
	return 0;
}

/* Rows of its own, to change them: a copy of the cache's. */
int
gv_census_own_rows(struct gv_census_dir *d)
{
	struct gv_row *rows;

	if (d->own || d->n == 0)
		return 0;
	rows = malloc(d->n * sizeof(*rows));
	if (rows == NULL)
		return gv_err_nomem();
	memcpy(rows, d->rows, d->n * sizeof(*rows));
	d->own = rows;
	d->rows = rows;
	return 0;
}

int
gv_census_queue(struct gv_census *c, uint32_t dir)
{
	struct gv_census_dir *d = gv_census_dir(c, dir);
	int r = 0;

	pthread_mutex_lock(&c->lock);
	if (d->queued) {
		d->again = 1;
	} else {
		if ((r = GV_GROW(c->queue, c->n_queue, c->cap_queue)) == 0) {
			c->queue[c->n_queue++] = dir;
			d->queued = 1;
			pthread_cond_signal(&c->wake);
		}
	}
	pthread_mutex_unlock(&c->lock);
	return r;
}

/* Take a directory off the stack: 1, or 0 when all is done. *busy tells
 * whether this thread was at one; only those that are may still add to it, so
 * that a thread that never came up is not waited for. */
static int
dequeue(struct gv_census *c, uint32_t *dir, bool *busy)
{
	pthread_mutex_lock(&c->lock);
	c->busy -= *busy;
	while (!c->stop && c->n_queue == 0 && c->busy > 0)
		pthread_cond_wait(&c->wake, &c->lock);
	*busy = !c->stop && c->n_queue > 0;
	if (*busy) {
		*dir = c->queue[--c->n_queue];
		c->busy++;
	} else {
		pthread_cond_broadcast(&c->wake);
	}
	pthread_mutex_unlock(&c->lock);
	return *busy;
}

/* A directory was read; if its rules changed meanwhile, once more. */
static int
settle(struct gv_census *c, uint32_t dir)
{
	struct gv_census_dir *d = gv_census_dir(c, dir);
	bool again;

	pthread_mutex_lock(&c->lock);
	again = d->again;
	d->again = d->queued = 0;
	pthread_mutex_unlock(&c->lock);
	return again ? gv_census_queue(c, dir) : 0;
}

static int
read_queue(void *ctx, int i)
{
	struct gv_census *c = ctx;
	struct gv_census_worker h = { .path = GV_BUF_INIT,
		.dir = c->root_fd,
		.extra = GV_BUF_INIT,
		.names = { .text = GV_BUF_INIT } };
	bool busy = false;
	uint32_t dir;
	int r = 0;

	gv_workers_own_files(i, c->root_fd);
	while (r == 0 && dequeue(c, &dir, &busy)) {
		if (gv_cancel_requested())
			r = gv_err(GV_ECANCELED, "interrupted");
		if (r == 0 && (r = gv_census_read(c, &h, dir)) == 0)
			r = settle(c, dir);
	}
	if (r < 0) {
		pthread_mutex_lock(&c->lock);
		c->stop = true;
		pthread_cond_broadcast(&c->wake);
		pthread_mutex_unlock(&c->lock);
	}
	gv_buf_release(&h.path);
	gv_buf_release(&h.extra);
	gv_dir_names_release(&h.names);
	return r;
}

static int
scan(void *ctx, int i)
{
	struct gv_census *c = ctx;
	struct gv_census_worker h = { .path = GV_BUF_INIT,
		.dir = c->root_fd,
		.extra = GV_BUF_INIT,
		.names = { .text = GV_BUF_INIT } };
	int r;

	(void)i;
	r = gv_census_scan(c, &h);
	gv_buf_release(&h.path);
	gv_buf_release(&h.extra);
	return r;
}

/* Where the cache has many directories, their chunks are taken at once. */
static void
reserve(struct gv_census *c, uint32_t n)
{
	const uint32_t chunks = (n + CHUNK - 1) / CHUNK;
	const size_t each = CHUNK * sizeof(**c->chunks);
	uint32_t i;

	if (chunks > MAX_CHUNKS || chunks * each < GV_PAGES_HUGE)
		return;
	c->huge = gv_pages_new_huge(chunks * each);
	c->huge_size = c->huge ? chunks * each : 0;
	for (i = 0; c->huge && i < chunks; i++)
		c->chunks[i] =
		    (struct gv_census_dir *)c->huge + (size_t)i * CHUNK;
}

/* Enter the cache's directories under the numbers they have there. */
static int
adopt(struct gv_census *c)
{
	const struct gv_statcache *old = c->opts.old;
	uint32_t i, number;
	int r;

	reserve(c, old->head->dirs);
	for (i = 0; i < old->head->dirs; i++) {
		const struct gv_dir_row *row = &old->dirs[i];
		struct gv_census_dir *d;

		r = gv_census_dir_new(c, &number);
		if (r < 0)
			return r;
		d = gv_census_dir(c, i);
		d->rows = old->rows + row->first;
		d->names = old->names;
		d->n = row->n;
		d->parent = row->parent;
		d->old = i;
		d->mode = row->mode;
		d->extra = row->extra;
		d->mtime = row->mtime;
		d->ctime = row->ctime;
		d->ino = row->ino;
		d->rules = row->rules;
		d->name = old->names + row->name;
		d->name_len = row->name_len;
		d->state = row->state;
		d->read_as = row->read_as;
		d->tree = row->tree;
	}
	return 0;
}

static int
walk(struct gv_census *c)
{
	int n = gv_workers_count(c->opts.threads), r = 0;
	uint32_t number;

	if (c->opts.old) {
		if ((r = adopt(c)) == 0 && !c->force)
			r = gv_workers_run(
			    c->opts.old->head->rows < FEW_ROWS ? 1 : n, scan,
			    c);
	} else {
		if ((r = gv_census_dir_new(c, &number)) == 0) {
			struct gv_census_dir *d = gv_census_dir(c, 0);

			d->name = "";
			d->flags = GV_CENSUS_NEW;
		}
	}
	if (r == 0 && (c->force || !c->opts.old)) {
		gv_census_dir(c, 0)->force = 1;
		r = gv_census_queue(c, 0);
	}
	if (r < 0 || c->n_queue == 0)
		return r;
	c->touched = true;
	return gv_workers_run(n, read_queue, c);
}

static int
check_root(const struct gv_census *c)
{
	const struct gv_census_dir *d = gv_census_dir(c, 0);

	if (!(d->flags & (GV_CENSUS_UNREAD | GV_CENSUS_GONE)))
		return 0;
	return gv_err(GV_ERROR, "cannot read the working tree %s: %s",
	    c->opts.repo->worktree, strerror(d->error));
}

int
gv_census_take(struct gv_census **out, const struct gv_census_opts *opts)
{
	struct gv_census *c = calloc(1, sizeof(*c));
	struct timespec now;
	size_t i;
	int r;

	if (c == NULL)
		return gv_err_nomem();
	c->opts = *opts;
	c->root_fd = -1;
	c->git_dir = (struct gv_buf)GV_BUF_INIT;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	pthread_mutex_init(&c->level_lock, NULL);
	now = gv_clock_coarse();
	c->stamp = gv_census_ns(&now);
	c->chunks = calloc(MAX_CHUNKS, sizeof(struct gv_census_dir *));
	if (c->chunks == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < opts->index->n && !c->has_gitlinks; i++)
		c->has_gitlinks =
		    (opts->index->entries[i].mode & S_IFMT) == 0160000;
	c->root_fd = gv_dir_open_root(opts->repo->worktree);
	if (c->root_fd < 0) {
		r = gv_err_sys(
		    "cannot open the working tree %s", opts->repo->worktree);
		goto out;
	}
	c->xattrs_reach = gv_xattr_reaches(c->root_fd);
	if ((r = gv_census_rules_open(c)) == 0 &&
	    (r = gv_census_hint(c)) == 0 && (r = walk(c)) == 0 &&
	    (r = check_root(c)) == 0 && c->touched && !opts->names_only)
		r = gv_census_bound(c);
out:
	if (r < 0)
		gv_census_free(c);
	else
		*out = c;
	return r;
}

void
gv_census_free(struct gv_census *c)
{
	uint32_t i;

	if (c == NULL)
		return;
	for (i = 0; c->chunks && i < c->n_dirs; i++) {
		struct gv_census_dir *d = gv_census_dir(c, i);

		free(d->own);
		gv_buf_release(&d->text);
		gv_ignore_level_free(d->level);
		gv_ignore_level_free(d->wish);
		gv_ignore_level_free(d->accepted);
	}
	i = (uint32_t)(c->huge_size / (CHUNK * sizeof(**c->chunks)));
	for (; c->chunks && i < MAX_CHUNKS && c->chunks[i]; i++)
		free(c->chunks[i]);
	gv_pages_free_huge(c->huge, c->huge_size);
	free(c->chunks);
	gv_census_rules_close(c);
	gv_hint_release(&c->hint);
	free(c->looks);
	free(c->named);
	gv_arena_release(&c->names);
	free(c->climb);
	free(c->queue);
	free(c->owners);
	if (c->root_fd >= 0)
		gv_file_close(c->root_fd);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->level_lock);
	free(c);
}
