#include "store/odb_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/delta.h"
#include "store/inflate.h"

/*
 * An entry of a pack:
 *	1tttssss [1sssssss]* 0sssssss	type, size; low digits first
 *	type 6: distance to the base, [1ddddddd]* 0ddddddd, high digits first,
 *		each but the last counted from 1
 *	type 7: the base's id
 *	a zlib stream of `size` bytes: the object, or a delta
 * Read by pread, not mapped: an I/O error is then an errno and no signal.
 */
#define OFS_DELTA 6
#define REF_DELTA 7
#define HEAD_MAX  64         /* more than any head takes */
#define WINDOW    (8 * 1024) /* read at once: most entries are shorter */
#define WHOLE_MAX (1u << 20) /* larger ones are opened piece by piece */
#define CHAIN_MAX 10000      /* git makes none over 4,095 */
#define TRAILER   20
#define PACK_HEAD 12

struct entry {
	uint64_t at, data; /* where it and its zlib stream begin */
	unsigned type;
	uint64_t size;
	uint64_t base; /* of a delta: where its base begins */
};

/* What is being read, for the messages. */
struct job {
	struct gv_odb *odb;
	struct gv_odb_pack *pack;
	struct gv_odb_reader *reader;
	struct gv_oid id;
};

static int
damaged(const struct job *job, uint64_t at, const char *why)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &job->id);
	return gv_err(GV_ECORRUPT,
	    "object %s is damaged in %s.pack at byte %llu: %s", hex,
	    job->pack->stem, (unsigned long long)at, why);
}

static struct gv_odb_reader *
reader_take(struct gv_odb *odb)
{
	struct gv_odb_reader *reader;

	pthread_mutex_lock(&odb->lock);
	reader = odb->idle;
	if (reader)
		odb->idle = reader->next;
	pthread_mutex_unlock(&odb->lock);
	if (reader)
		return reader;
	reader = calloc(1, sizeof(*reader));
	if (reader == NULL) {
		gv_err_nomem();
		return NULL;
	}
	reader->z = gv_inflate_new();
	if (reader->z == NULL) {
		free(reader);
		return NULL;
	}
	return reader;
}

static void
reader_give(struct gv_odb *odb, struct gv_odb_reader *reader)
{
	if (reader == NULL)
		return;
	pthread_mutex_lock(&odb->lock);
	reader->next = odb->idle;
	odb->idle = reader;
	pthread_mutex_unlock(&odb->lock);
}

void
gv_odb_entry_release(struct gv_odb *odb)
{
	struct gv_odb_reader *reader, *next;

	for (reader = odb->idle; reader; reader = next) {
		next = reader->next;
		gv_inflate_free(reader->z);
		free(reader->window);
		free(reader);
	}
	odb->idle = NULL;
}

/* What is wrong with a pack file, or NULL with its size. */
static const char *
check_pack(const struct gv_odb_pack *pack, int fd, uint64_t *size)
{
	unsigned char head[PACK_HEAD], trailer[TRAILER];
	struct stat st;
	uint32_t n;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (st.st_size < PACK_HEAD + TRAILER)
		return "it is too short";
	if (pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    pread(fd, trailer, sizeof(trailer), st.st_size - TRAILER) !=
		sizeof(trailer))
		return "it cannot be read";
	n = (uint32_t)head[8] << 24 | (uint32_t)head[9] << 16 |
	    (uint32_t)head[10] << 8 | head[11];
	if (memcmp(head, "PACK\0\0\0", 7) != 0 ||
	    (head[7] != 2 && head[7] != 3))
		return "it does not begin as a pack does";
	if (n != pack->n || memcmp(trailer, pack->trailer, TRAILER) != 0)
		return "it is not the pack that its index is for";
	*size = (uint64_t)st.st_size - TRAILER;
	return NULL;
}

static int
open_pack(const struct job *job)
{
	struct gv_odb_pack *pack = job->pack;
	struct gv_buf path = GV_BUF_INIT;
	const char *why = NULL;
	int fd, r;

	if (atomic_load_explicit(&pack->fd, memory_order_acquire) >= 0)
		return 0;
	gv_buf_addf(&path, "%s.pack", pack->stem);
	r = gv_buf_check(&path);
	if (r < 0)
		goto out;
	pthread_mutex_lock(&job->odb->lock);
	if (pack->fd < 0) {
		fd = open(path.p, O_RDONLY | O_CLOEXEC);
		why = fd < 0 ? strerror(errno)
			     : check_pack(pack, fd, &pack->size);
		if (why == NULL)
			atomic_store_explicit(
			    &pack->fd, fd, memory_order_release);
		else if (fd >= 0)
			close(fd);
	}
	pthread_mutex_unlock(&job->odb->lock);
	if (why)
		r = damaged(job, 0, why);
out:
	gv_buf_release(&path);
	return r;
}

/* Show at least `want` bytes from `at` on, fewer only at the pack's end. The
 * bytes live until the next call. */
static int
show(const struct job *job, uint64_t at, size_t want, const unsigned char **p,
    size_t *len)
{
	struct gv_odb_reader *w = job->reader;
	uint64_t left = at < job->pack->size ? job->pack->size - at : 0;
	ssize_t n;
	int r;

	if (want > left)
		want = (size_t)left;
	if (w->pack != job->pack || at < w->at || w->at + w->len < at + want) {
		size_t size = want > WINDOW ? want
		    : left < WINDOW         ? (size_t)left
					    : WINDOW;

		w->pack = NULL;
		r = gv_vec_grow((void **)&w->window, &w->cap, size + 1, 1);
		if (r < 0)
			return r;
		do
			n = pread(job->pack->fd, w->window, size, (off_t)at);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return damaged(job, at, strerror(errno));
		w->pack = job->pack;
		w->at = at;
		w->len = (size_t)n;
	}
	*p = w->window + (at - w->at);
	*len = w->len - (size_t)(at - w->at);
	return 0;
}

/* The base of a delta by distance; 0 where it cannot be. */
static uint64_t
base_by_distance(const unsigned char **p, const unsigned char *end, uint64_t at)
{
	uint64_t d;

	if (*p == end)
		return 0;
	d = **p & 0x7f;
	while (*(*p)++ & 0x80) {
		if (*p == end || d >> 56)
			return 0;
		d = ((d + 1) << 7) | (**p & 0x7f);
	}
	return d && d < at ? at - d : 0;
}

static uint64_t
base_by_id(
    const struct job *job, const unsigned char **p, const unsigned char *end)
{
	struct gv_oid id;
	uint32_t row;

	if (end - *p < GV_OID_RAW)
		return 0;
	memcpy(id.id, *p, GV_OID_RAW);
	*p += GV_OID_RAW;
	return gv_odb_pack_find(job->pack, &id, &row)
	    ? gv_odb_pack_offset(job->pack, row)
	    : 0;
}

static int
read_head(const struct job *job, uint64_t at, struct entry *e)
{
	const unsigned char *p, *start, *end;
	unsigned shift = 4;
	size_t len;
	int r = show(job, at, HEAD_MAX, &p, &len);

	if (r < 0)
		return r;
	start = p;
	end = p + len;
	if (at < PACK_HEAD || p == end)
		return damaged(job, at, "its index points outside the pack");
	e->at = at;
	e->type = *p >> 4 & 7;
	e->size = *p & 15;
	e->base = 0;
	while (*p++ & 0x80) {
		if (p == end || shift > 57)
			return damaged(job, at, "its size is none");
		e->size |= (uint64_t)(*p & 0x7f) << shift;
		shift += 7;
	}
	if (e->type == OFS_DELTA)
		e->base = base_by_distance(&p, end, at);
	else if (e->type == REF_DELTA)
		e->base = base_by_id(job, &p, end);
	else if (e->type < GV_OTYPE_COMMIT || e->type > GV_OTYPE_TAG)
		return damaged(job, at, "its type is none");
	if (e->type > GV_OTYPE_TAG && e->base == 0)
		return damaged(job, at, "its delta's base is not in the pack");
	e->data = at + (uint64_t)(p - start);
	if (!gv_odb_flow_is_likely(e->size, job->pack->size - at))
		return damaged(job, at, "it is too short for its size");
	return 0;
}

/* Open the entry's stream into `out` (e->size bytes) piece by piece. */
static int
inflate_slowly(const struct job *job, const struct entry *e, void *out)
{
	struct gv_odb_flow flow;
	char more;
	int64_t n;
	int r =
	    gv_odb_flow_open(&flow, job->pack->fd, e->data, job->pack->size);

	if (r < 0)
		return r;
	n = gv_odb_flow_read(&flow, out, (size_t)e->size);
	if (n < 0 || (uint64_t)n != e->size ||
	    gv_odb_flow_read(&flow, &more, 1) != 0)
		r = damaged(job, e->at,
		    flow.why ? flow.why : "it is not as long as its head says");
	gv_odb_flow_close(&flow);
	return r;
}

/* The entry's bytes, malloc'd with a NUL behind them. */
static int
inflate_entry(const struct job *job, const struct entry *e, unsigned char **out)
{
	size_t size = (size_t)e->size, len;
	unsigned char *data;
	const unsigned char *p;
	int r = 0;

	if (e->size >= SIZE_MAX)
		return gv_err_nomem();
	data = malloc(size + 1);
	if (data == NULL)
		return gv_err_nomem();
	data[size] = '\0';
	if (size <= WHOLE_MAX) {
		/* what deflate can make of it at worst, in any sane way; one
		 * that is longer is still opened below */
		r = show(job, e->data, size + size / 64 + 128, &p, &len);
		if (r == 0 &&
		    gv_inflate_run(job->reader->z, data, size, p, len))
			goto out;
	}
	if (r == 0)
		r = inflate_slowly(job, e, data);
out:
	if (r < 0)
		free(data);
	else
		*out = data;
	return r;
}

static struct gv_odb_base *
make_base(const struct job *job, uint64_t at, enum gv_otype type,
    unsigned char *data, size_t len)
{
	struct gv_odb_base *base = calloc(1, sizeof(*base));

	if (base == NULL) {
		free(data);
		gv_err_nomem();
		return NULL;
	}
	atomic_init(&base->refs, 1);
	base->pack = job->pack;
	base->at = at;
	base->type = type;
	base->data = data;
	base->len = len;
	gv_odb_cache_put(&job->odb->cache, base);
	return base;
}

/* Turn a delta into the object it makes. */
static int
apply(const struct job *job, const struct entry *e,
    const struct gv_odb_base *base, unsigned char **out, size_t *len)
{
	unsigned char *delta, *data = NULL;
	uint64_t base_len, size;
	int r = inflate_entry(job, e, &delta);

	if (r < 0)
		return r;
	/* a copy of 64 KiB takes 2 bytes at least */
	if (gv_delta_head(delta, (size_t)e->size, &base_len, &size) == 0 ||
	    size / (1 << 24) > e->size) {
		r = damaged(job, e->at, "its delta has no head");
		goto out;
	}
	data = size < SIZE_MAX ? malloc((size_t)size + 1) : NULL;
	if (data == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	data[size] = '\0';
	if (!gv_delta_apply(data, (size_t)size, base->data, base->len, delta,
		(size_t)e->size)) {
		r = damaged(job, e->at, "its delta does not fit its base");
		goto out;
	}
	*out = data;
	*len = (size_t)size;
	data = NULL;
out:
	free(data);
	free(delta);
	return r;
}

struct chain {
	struct entry *links; /* deltas, the object's own first */
	size_t n, cap;
};

/* Follow deltas from `at` until an entry that is whole (*e) or a base that is
 * still in the cache (*base). */
static int
follow(const struct job *job, uint64_t at, struct chain *chain, struct entry *e,
    struct gv_odb_base **base)
{
	int r = read_head(job, at, e);

	while (r == 0 && e->type > GV_OTYPE_TAG) {
		if (chain->n >= CHAIN_MAX)
			return damaged(
			    job, at, "its chain of deltas has no end");
		r = gv_vec_grow((void **)&chain->links, &chain->cap,
		    chain->n + 1, sizeof(*chain->links));
		if (r < 0)
			return r;
		chain->links[chain->n++] = *e;
		at = e->base;
		*base = gv_odb_cache_get(&job->odb->cache, job->pack, at);
		if (*base)
			return 0;
		r = read_head(job, at, e);
	}
	return r;
}

/* Read what begins at `at`, whole or by its chain. */
static int
read_at(const struct job *job, uint64_t at, struct gv_object *out)
{
	struct chain chain = { NULL, 0, 0 };
	struct gv_odb_base *base = NULL;
	struct entry e;
	unsigned char *data = NULL;
	size_t len = 0;
	int r = follow(job, at, &chain, &e, &base);

	if (r == 0 && base == NULL) {
		r = inflate_entry(job, &e, &data);
		len = (size_t)e.size;
		out->type = (enum gv_otype)e.type;
	}
	while (r == 0 && chain.n) {
		if (base == NULL)
			base = make_base(job, e.at, out->type, data, len);
		data = NULL;
		if (base == NULL) {
			r = GV_ENOMEM;
			break;
		}
		e = chain.links[--chain.n];
		out->type = base->type;
		r = apply(job, &e, base, &data, &len);
		gv_odb_cache_drop(base);
		base = NULL;
	}
	if (r == 0) {
		out->data = out->owner = data;
		out->len = len;
	}
	gv_odb_cache_drop(base);
	free(chain.links);
	return r;
}

static int
begin(
    struct job *job, struct gv_odb *odb, struct gv_odb_pack *pack, uint32_t row)
{
	job->odb = odb;
	job->pack = pack;
	gv_odb_pack_id(pack, row, &job->id);
	job->reader = reader_take(odb);
	return job->reader ? open_pack(job) : GV_ENOMEM;
}

int
gv_odb_entry_read(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row)
{
	struct job job;
	int r = begin(&job, odb, pack, row);

	if (r == 0)
		r = read_at(&job, gv_odb_pack_offset(pack, row), out);
	reader_give(odb, job.reader);
	return r;
}

/* The size that a delta makes, from its first bytes. */
static int
delta_size(const struct job *job, const struct entry *e, size_t *size)
{
	struct gv_odb_flow flow;
	unsigned char head[20];
	uint64_t base_len, len;
	int64_t n;
	int r =
	    gv_odb_flow_open(&flow, job->pack->fd, e->data, job->pack->size);

	if (r < 0)
		return r;
	n = gv_odb_flow_read(&flow, head, sizeof(head));
	if (n < 0 || gv_delta_head(head, (size_t)n, &base_len, &len) == 0)
		r = damaged(
		    job, e->at, flow.why ? flow.why : "its delta has no head");
	else
		*size = (size_t)len;
	gv_odb_flow_close(&flow);
	return r;
}

int
gv_odb_entry_header(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row)
{
	struct chain chain = { NULL, 0, 0 };
	struct gv_odb_base *base = NULL;
	struct entry e;
	struct job job;
	int r = begin(&job, odb, pack, row);

	if (r == 0)
		r = follow(
		    &job, gv_odb_pack_offset(pack, row), &chain, &e, &base);
	if (r == 0)
		out->type = base ? base->type : (enum gv_otype)e.type;
	if (r == 0 && chain.n)
		r = delta_size(&job, &chain.links[0], &out->len);
	else if (r == 0)
		out->len = (size_t)e.size;
	gv_odb_cache_drop(base);
	free(chain.links);
	reader_give(odb, job.reader);
	return r;
}

int
gv_odb_entry_flow(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_flow *flow, struct gv_odb_pack *pack, uint32_t row)
{
	struct entry e;
	struct job job;
	int r = begin(&job, odb, pack, row);

	if (r == 0)
		r = read_head(&job, gv_odb_pack_offset(pack, row), &e);
	if (r == 0 && e.type <= GV_OTYPE_TAG) {
		out->type = (enum gv_otype)e.type;
		out->len = (size_t)e.size;
		r = gv_odb_flow_open(flow, pack->fd, e.data, pack->size);
		if (r == 0)
			r = 1;
	}
	reader_give(odb, job.reader);
	return r;
}
