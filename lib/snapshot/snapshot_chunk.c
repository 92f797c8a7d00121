#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/tree.h"
#include "repo/hash.h"
#include "snapshot/snapshot_internal.h"
#include "sys/cancel.h"
#include "sys/file.h"

/*
 * One thread reads a large file, cuts it and sums it up; the chunks go round a
 * ring of slots, where all threads name and pack them. Slots are emptied in
 * the order in which they were filled, since that is the order of the tree.
 * The reader does what the others have not come to, so it needs none of them.
 */
#define SLOTS  32u
#define WINDOW (GV_CHUNK_MAX + ((size_t)1 << 20))
#define PIECE  ((size_t)256 * 1024)

struct slot {
	unsigned char *data;
	size_t len;
	struct gv_oid id;
	bool done;
};

struct gv_snapshot_pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct slot slots[SLOTS];
	unsigned char *window;
	/* how many were filled, begun, and put into the tree: a slot is a
	 * number modulo SLOTS */
	uint64_t filled, begun, emptied;
	uint64_t at_work;
	uint64_t stored; /* chunks that were new */
	int failed;
	char *why;
	bool dismissed;
};

int
gv_snapshot_pool_open(struct gv_snapshot_pool **out)
{
	struct gv_snapshot_pool *pool = calloc(1, sizeof(*pool));
	unsigned i;

	if (pool == NULL)
		return gv_err_nomem();
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pool->window = malloc(WINDOW);
	for (i = 0; i < SLOTS; i++) {
		pool->slots[i].data = malloc(GV_CHUNK_MAX);
		if (pool->slots[i].data == NULL || pool->window == NULL) {
			gv_snapshot_pool_close(pool);
			return gv_err_nomem();
		}
	}
	*out = pool;
	return 0;
}

void
gv_snapshot_pool_close(struct gv_snapshot_pool *pool)
{
	unsigned i;

	if (pool == NULL)
		return;
	for (i = 0; i < SLOTS; i++)
		free(pool->slots[i].data);
	free(pool->window);
	free(pool->why);
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->wake);
	free(pool);
}

/* Name and pack the next chunk that nobody has begun; with the lock held, and
 * held again at the end. */
static void
work_one(struct gv_snapshot_pool *pool, struct gv_pack_lane *lane)
{
	struct slot *s = &pool->slots[pool->begun++ % SLOTS];
	bool added = false;
	int r;

	pool->at_work++;
	pthread_mutex_unlock(&pool->lock);
	r = lane
	    ? gv_pack_add(lane, &s->id, GV_OTYPE_BLOB, s->data, s->len, &added)
	    : gv_oid_of(&s->id, GV_OTYPE_BLOB, s->data, s->len);
	pthread_mutex_lock(&pool->lock);
	pool->at_work--;
	pool->stored += added;
	s->done = true;
	if (r < 0 && pool->failed == 0) {
		pool->failed = r;
		pool->why = strdup(gv_err_message());
	}
	pthread_cond_broadcast(&pool->wake);
}

void
gv_snapshot_pool_serve(struct gv_snapshot_pool *pool, struct gv_pack_lane *lane)
{
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (pool->begun == pool->filled && !pool->dismissed)
			pthread_cond_wait(&pool->wake, &pool->lock);
		if (pool->begun == pool->filled)
			break;
		work_one(pool, lane);
	}
	pthread_mutex_unlock(&pool->lock);
}

void
gv_snapshot_pool_dismiss(struct gv_snapshot_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->dismissed = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
}

/* One file on its way. */
struct cutting {
	struct gv_snapshot_pool *pool;
	struct gv_pack_lane *lane;
	const struct gv_snapshot_large *from;
	struct gv_chunk_tree tree;
	struct gv_chunk_pointer pointer;
	struct gv_hash_sha256 digest;
	size_t begin, end; /* what stands in the window and is not cut yet */
	uint64_t at;       /* how far the file was read */
	uint64_t ask;      /* where the present run of data ends */
	int error;         /* errno of a failed reading */
	struct gv_snapshot_filter *filter; /* NULL: it is not searched */
	unsigned char *piece;              /* on its way into that */
};

/* Take finished chunks off the ring, until fewer than `left` are on it. With
 * the lock held; the tree's own writing is done without. */
static int
empty_ring(struct cutting *c, uint64_t left)
{
	struct gv_snapshot_pool *pool = c->pool;
	struct slot *s;
	int r = 0;

	while (r == 0 && pool->filled - pool->emptied >= left) {
		s = &pool->slots[pool->emptied % SLOTS];
		if (pool->failed) {
			r = pool->failed;
			gv_err_set_message(pool->why);
		} else if (pool->emptied < pool->begun && s->done) {
			pthread_mutex_unlock(&pool->lock);
			r = gv_chunk_tree_add(&c->tree, c->lane, &s->id);
			pthread_mutex_lock(&pool->lock);
			pool->emptied++;
		} else if (pool->begun < pool->filled) {
			work_one(pool, c->lane);
		} else {
			pthread_cond_wait(&pool->wake, &pool->lock);
		}
	}
	return r;
}

/* Wait for all that is under way; on failure what is not begun is dropped. */
static int
settle(struct cutting *c, int r)
{
	struct gv_snapshot_pool *pool = c->pool;

	pthread_mutex_lock(&pool->lock);
	if (r == 0)
		r = empty_ring(c, 1);
	if (r < 0)
		pool->begun = pool->filled;
	while (pool->at_work)
		pthread_cond_wait(&pool->wake, &pool->lock);
	pool->emptied = pool->filled;
	pthread_mutex_unlock(&pool->lock);
	return r;
}

static int
hand_out(struct cutting *c, const unsigned char *p, size_t len)
{
	struct gv_snapshot_pool *pool = c->pool;
	struct slot *s;
	int r;

	pthread_mutex_lock(&pool->lock);
	if ((r = empty_ring(c, SLOTS)) == 0) {
		s = &pool->slots[pool->filled % SLOTS];
		memcpy(s->data, p, len);
		s->len = len;
		s->done = false;
		pool->filled++;
		pthread_cond_signal(&pool->wake);
	}
	pthread_mutex_unlock(&pool->lock);
	return r;
}

/* Cut what is in the window; its end only where nothing comes behind it. */
static int
cut_window(struct cutting *c, bool all)
{
	unsigned char *w = c->pool->window;
	size_t n;
	int r = 0;

	while (r == 0 && c->end > c->begin &&
	    (all || c->end - c->begin >= GV_CHUNK_MAX)) {
		n = gv_chunk_cut(w + c->begin, c->end - c->begin);
		r = hand_out(c, w + c->begin, n);
		c->begin += n;
	}
	memmove(w, w + c->begin, c->end - c->begin);
	c->end -= c->begin;
	c->begin = 0;
	return r;
}

/* What the filter lets through goes into the window. */
static int
take_clean(struct cutting *c)
{
	unsigned char *p;
	size_t n;
	int r;

	for (;;) {
		p = c->pool->window + c->end;
		n = gv_snapshot_filter_take(c->filter, p, WINDOW - c->end);
		if (n == 0)
			return 0;
		gv_hash_sha256_update(&c->digest, p, n);
		c->end += n;
		r = cut_window(c, false);
		if (r < 0)
			return r;
	}
}

static int
end_sieve(struct cutting *c)
{
	int r = c->filter ? gv_snapshot_filter_end(c->filter) : 0;

	return r < 0 || c->filter == NULL ? r : take_clean(c);
}

/* Whole holes of `len` bytes in sum: all one chunk. */
static int
add_holes(struct cutting *c, uint64_t len)
{
	unsigned char *hole = NULL;
	struct gv_oid id = gv_chunk_hole;
	int r = end_sieve(c);

	if (r == 0 && (r = settle(c, cut_window(c, true))) == 0 && c->filter)
		r = gv_snapshot_filter_skip(c->filter, len);

	if (r == 0 && c->lane) {
		hole = calloc(1, (size_t)GV_CHUNK_HOLE);
		r = hole ? gv_pack_add_known(c->lane, &id, GV_OTYPE_BLOB, hole,
			       (size_t)GV_CHUNK_HOLE, NULL)
			 : gv_err_nomem();
		free(hole);
	}
	for (; r == 0 && len > 0; len -= GV_CHUNK_HOLE)
		r = gv_chunk_tree_add(&c->tree, c->lane, &id);
	c->pointer.has_holes = true;
	return r;
}

/* At the end of a run of data: pass over what the file system keeps no blocks
 * for, as far as it makes whole holes, and learn how far the next run goes.
 * What it cannot tell is read. */
static int
pass_hole(struct cutting *c)
{
	uint64_t begin = c->from->size, end = UINT64_MAX, len;
	int r = gv_file_next_data(c->from->fd, c->at, &begin, &end);

	c->ask = r > 0 ? end : UINT64_MAX;
	if (r == 0)
		begin = c->from->size;
	if (begin > c->from->size)
		begin = c->from->size;
	len = r < 0 || begin <= c->at ? 0 : begin - c->at;
	len -= len % GV_CHUNK_HOLE;
	c->at += len;
	/* asking has moved it */
	if (gv_file_seek(c->from->fd, c->at) < 0) {
		c->error = errno;
		return GV_ERROR;
	}
	return len ? add_holes(c, len) : 0;
}

/* Read and cut one window. 1, 0 at the end, negative. */
static int
read_window(struct cutting *c)
{
	size_t room;
	unsigned char *p;
	ssize_t n;
	int r = c->at >= c->ask ? pass_hole(c) : 0;

	if (r < 0)
		return r;
	room = c->filter ? PIECE : WINDOW - c->end;
	p = c->filter ? c->piece : c->pool->window + c->end;
	if (room > c->ask - c->at)
		room = (size_t)(c->ask - c->at);
	if (c->from->cut && room > c->from->size - c->at)
		room = (size_t)(c->from->size - c->at);
	n = gv_file_read_full(c->from->fd, p, room);
	if (n < 0) {
		c->error = errno;
		return GV_ERROR;
	}
	c->at += (uint64_t)n;
	gv_snapshot_stream_tell(c->from->gauge, c->at);
	if (c->filter == NULL) {
		gv_hash_sha256_update(&c->digest, p, (size_t)n);
		c->end += (size_t)n;
	}
	/* it has grown: no need to read on */
	if (n == 0 || c->at > c->from->size)
		return 0;
	if (c->filter)
		r = gv_snapshot_filter_add(c->filter, p, (size_t)n);
	if (r == 0)
		r = c->filter ? take_clean(c) : cut_window(c, false);
	if (r == 0 && gv_cancel_requested())
		r = gv_cancel_error();
	return r < 0 ? r : 1;
}

/* All chunks are named: the tree, the pointer, and a note for meta/. */
static int
finish(struct cutting *c, struct gv_snapshot_run *run, struct gv_oid *id)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	r = gv_chunk_tree_finish(&c->tree, c->lane, &c->pointer.tree);
	if (r < 0)
		return r;
	c->pointer.size = c->filter ? c->filter->total : c->at;
	gv_hash_sha256_finish(&c->digest, c->pointer.digest);
	gv_chunk_pointer_write(&text, &c->pointer);
	if ((r = gv_buf_check(&text)) == 0)
		r = c->lane ? gv_pack_add(c->lane, id, GV_OTYPE_BLOB, text.p,
				  text.len, NULL)
			    : gv_oid_of(id, GV_OTYPE_BLOB, text.p, text.len);
	gv_buf_release(&text);
	if (r < 0)
		return r;
	pthread_mutex_lock(&run->lock);
	r = GV_GROW(run->chunked, run->n_chunked, run->cap_chunked);
	if (r == 0)
		run->chunked[run->n_chunked++] =
		    (struct gv_snapshot_chunked){ *id, c->pointer.tree,
			    c->pointer.size };
	pthread_mutex_unlock(&run->lock);
	return r;
}

int
gv_snapshot_chunk(struct gv_snapshot_run *run, struct gv_snapshot_pool *pool,
    struct gv_pack_lane *lane, const struct gv_snapshot_large *from,
    struct gv_oid *id, bool *added)
{
	struct cutting c = { .pool = pool,
		.lane = lane,
		.from = from,
		.tree = GV_CHUNK_TREE_INIT,
		.ask = from->sparse ? 0 : UINT64_MAX };
	struct gv_snapshot_filter filter;
	int r = 0;

	gv_hash_sha256_init(&c.digest);
	pool->stored = 0;
	if (lane)
		gv_pack_ungroup(lane);
	if (from->path) {
		c.filter = &filter;
		r = gv_snapshot_filter_open(&filter, from->worker, from->path);
		c.piece = malloc(PIECE);
		if (c.piece == NULL)
			r = gv_err_nomem();
	}
	while (r == 0 && (r = read_window(&c)) > 0)
		r = 0;
	/* what came of a file that has changed is not stored */
	if (r == 0 && c.at == from->size)
		r = end_sieve(&c);
	if (r == 0)
		r = cut_window(&c, true);
	r = settle(&c, r);
	if (r < 0 && c.error) {
		errno = c.error;
		r = 0;
	} else if (r == 0 && c.at == from->size) {
		r = finish(&c, run, id);
		*added = pool->stored > 0;
		r = r < 0 ? r : 1;
	} else if (r == 0) {
		errno = 0;
	}
	gv_chunk_tree_release(&c.tree);
	if (c.filter)
		gv_snapshot_filter_close(c.filter);
	free(c.piece);
	return r;
}

/* --- meta/chunks --- */

static int
compare_chunked(const void *a, const void *b)
{
	const struct gv_snapshot_chunked *x = a, *y = b;

	return memcmp(x->pointer.id, y->pointer.id, GV_OID_RAW);
}

/* The tree of a pointer that was stored in this run, or before. */
static int
find_tree(const struct gv_snapshot_run *run, const struct gv_oid *pointer,
    struct gv_oid *tree)
{
	const struct gv_snapshot_chunked key = { .pointer = *pointer }, *found;
	struct gv_chunk_pointer p;
	int r;

	found = run->n_chunked ? bsearch(&key, run->chunked, run->n_chunked,
				     sizeof(key), compare_chunked)
			       : NULL;
	if (found) {
		*tree = found->tree;
		return 0;
	}
	if ((r = gv_chunk_pointer_load(&p, run->survey.odb, pointer)) == 0)
		*tree = p.tree;
	return r;
}

/* Every file in chunks: fn(ctx, run, dir, row). */
static int
each_chunked(struct gv_snapshot_run *run,
    int (*fn)(void *ctx, struct gv_snapshot_run *run, uint32_t dir,
	const struct gv_row *row),
    void *ctx)
{
	uint32_t i, j;
	int r = 0;

	if (!run->survey.has_chunks && run->n_chunked == 0)
		return 0;
	for (i = 0; r == 0 && i < run->survey.n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);

		for (j = 0; r == 0 && j < d->n; j++)
			if ((d->rows[j].flags & GV_ROW_CHUNKED) &&
			    !(d->rows[j].flags & (GV_ROW_ABSENT | GV_ROW_DIR)))
				r = fn(ctx, run, run->survey.order[i],
				    &d->rows[j]);
	}
	return r;
}

/* Of what values were taken out of, the stat data do not tell. */
int
gv_snapshot_chunked_size(
    struct gv_snapshot_run *run, const struct gv_row *row, uint64_t *size)
{
	struct gv_chunk_pointer p;
	size_t i;
	int r;

	*size = row->size;
	if (!(row->flags & GV_ROW_WITHHELD))
		return 0;
	for (i = 0; i < run->n_chunked; i++)
		if (gv_oid_equal(&run->chunked[i].pointer, &row->oid)) {
			*size = run->chunked[i].size;
			return 0;
		}
	if ((r = gv_chunk_pointer_load(&p, run->survey.odb, &row->oid)) == 0)
		*size = p.size;
	return r;
}

struct listing {
	struct gv_snapshot_chunked *items;
	size_t n, cap;
};

static int
list_row(void *ctx, struct gv_snapshot_run *run, uint32_t dir,
    const struct gv_row *row)
{
	struct listing *list = ctx;
	struct gv_buf path = GV_BUF_INIT;
	struct gv_snapshot_chunked *item;
	int r = GV_GROW(list->items, list->n, list->cap);

	if (r < 0)
		return r;
	item = &list->items[list->n++];
	item->pointer = row->oid;
	if ((r = find_tree(run, &row->oid, &item->tree)) == 0)
		return 0;
	gv_census_path(run->survey.census, dir, row, &path);
	gv_err_in(r, "%s", path.p);
	gv_buf_release(&path);
	return r;
}

int
gv_snapshot_chunks(struct gv_snapshot_run *run, struct gv_oid *id)
{
	struct listing list = { NULL, 0, 0 };
	struct gv_buf tree = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t j;
	int r;

	memset(id, 0, sizeof(*id));
	if (run->n_chunked)
		qsort(run->chunked, run->n_chunked, sizeof(*run->chunked),
		    compare_chunked);
	r = each_chunked(run, list_row, &list);
	run->survey.has_chunks = list.n > 0;
	if (r < 0 || list.n == 0)
		goto out;
	qsort(list.items, list.n, sizeof(*list.items), compare_chunked);
	for (j = 0; j < list.n; j++) {
		/* one file under two names is there once */
		if (j &&
		    gv_oid_equal(
			&list.items[j].pointer, &list.items[j - 1].pointer))
			continue;
		gv_oid_format(hex, &list.items[j].pointer);
		gv_tree_add(
		    &tree, GV_MODE_DIR, hex, GV_OID_HEX, &list.items[j].tree);
	}
	if ((r = gv_buf_check(&tree)) == 0)
		r = gv_pack_add(
		    run->lane, id, GV_OTYPE_TREE, tree.p, tree.len, NULL);
out:
	free(list.items);
	gv_buf_release(&tree);
	return r;
}
