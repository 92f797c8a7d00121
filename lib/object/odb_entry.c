#include "object/odb_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "compress/inflate.h"
#include "object/delta.h"
#include "sys/file.h"

/* What an entry's stream holds: an object, or a delta whose base stands
 * elsewhere in the pack, maybe as a delta itself. odb_job.c has the format. */
#define CHAIN_MAX 10000 /* git makes none over 4,095 */

/* Open the entry's stream into `out` (e->size bytes) piece by piece. */
static int
inflate_slowly(
    const struct gv_odb_job *job, const struct gv_odb_entry *e, void *out)
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
		r = gv_odb_job_damaged(job, e->at,
		    flow.why ? flow.why : "it is not as long as its head says");
	gv_odb_flow_close(&flow);
	return r;
}

/* Open a stream at once that is a half of what it makes, as that of a text is
 * at most. Whether it was; if not, it is still to be opened. */
static bool
inflate_half(const struct gv_odb_job *job, const struct gv_odb_entry *e,
    unsigned char *out)
{
	const uint64_t left = job->pack->size - e->data;
	const size_t size = (size_t)e->size;
	size_t len = size / 2;
	unsigned char *in;
	bool is;
	ssize_t n;

	if (len > left)
		len = (size_t)left;
	in = malloc(len);
	if (in == NULL)
		return false;
	n = gv_file_pread_full(job->pack->fd, in, len, (off_t)e->data);
	is = n > 0 && gv_inflate_run(job->reader->z, out, size, in, (size_t)n);
	free(in);
	return is;
}

/* The entry's bytes, malloc'd with a NUL behind them. */
static int
inflate_entry(const struct gv_odb_job *job, const struct gv_odb_entry *e,
    unsigned char **out)
{
	size_t size = (size_t)e->size, len;
	unsigned char *data;
	const unsigned char *p;
	bool is_done = false;
	int r = 0;

	if (e->size >= SIZE_MAX)
		return gv_err_nomem();
	data = malloc(size + 1);
	if (data == NULL)
		return gv_err_nomem();
	data[size] = '\0';
	if (size <= GV_ODB_WHOLE_MAX) {
		/* what deflate can make of it at worst, in any sane way; one
		 * that is longer is still opened below */
		r = gv_odb_job_show(
		    job, e->data, size + size / 64 + 128, &p, &len);
		is_done = r == 0 &&
		    gv_inflate_run(job->reader->z, data, size, p, len);
	} else if (size <= GV_ODB_HALF_MAX) {
		is_done = inflate_half(job, e, data);
	}
	if (r == 0 && !is_done)
		r = inflate_slowly(job, e, data);
	if (r < 0) {
		free(data);
		return r;
	}
	*out = data;
	return 0;
}

static struct gv_odb_base *
make_base(const struct gv_odb_job *job, uint64_t at, enum gv_otype type,
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
apply(const struct gv_odb_job *job, const struct gv_odb_entry *e,
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
		r = gv_odb_job_damaged(job, e->at, "its delta has no header");
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
		r = gv_odb_job_damaged(
		    job, e->at, "its delta does not fit its base");
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
	struct gv_odb_entry *links; /* deltas, the object's own first */
	size_t n, cap;
};

/* Follow deltas from `at` until an entry that is whole (*e) or a base that is
 * still in the cache (*base). */
static int
follow(const struct gv_odb_job *job, uint64_t at, struct chain *chain,
    struct gv_odb_entry *e, struct gv_odb_base **base)
{
	int r = gv_odb_job_head(job, at, e);

	while (r == 0 && e->type > GV_OTYPE_TAG) {
		if (chain->n >= CHAIN_MAX)
			return gv_odb_job_damaged(
			    job, at, "its chain of deltas has no end");
		r = GV_GROW(chain->links, chain->n, chain->cap);
		if (r < 0)
			return r;
		chain->links[chain->n++] = *e;
		at = e->base;
		*base = gv_odb_cache_get(&job->odb->cache, job->pack, at);
		if (*base)
			return 0;
		r = gv_odb_job_head(job, at, e);
	}
	return r;
}

static unsigned char *
copy_of(const unsigned char *data, size_t len)
{
	unsigned char *copy = malloc(len + 1);

	assert(data);
	if (copy == NULL) {
		gv_err_nomem();
		return NULL;
	}
	memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

/* Read what begins at `at`, whole or by its chain. */
static int
read_at(const struct gv_odb_job *job, uint64_t at, struct gv_object *out)
{
	struct chain chain = { NULL, 0, 0 };
	struct gv_odb_base *base = NULL;
	struct gv_odb_entry e;
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
	if (r < 0) {
		free(data);
	} else {
		out->data = out->owner = data;
		out->len = len;
	}
	gv_odb_cache_drop(base);
	free(chain.links);
	return r;
}

/* As a base that is at hand, or was kept by keep(). */
static int
read_cached(struct gv_odb *odb, const struct gv_odb_pack *pack, uint64_t at,
    struct gv_object *out)
{
	struct gv_odb_base *base = gv_odb_cache_get(&odb->cache, pack, at);
	int r = 0;

	if (base == NULL)
		return 0;
	out->type = base->type;
	out->len = base->len;
	out->data = out->owner = copy_of(base->data, base->len);
	r = out->owner ? 1 : GV_ENOMEM;
	gv_odb_cache_drop(base);
	return r;
}

/* Keep a tree for the next who reads it. */
static int
keep(const struct gv_odb_job *job, uint64_t at, const struct gv_object *obj)
{
	unsigned char *copy = copy_of(obj->data, obj->len);
	struct gv_odb_base *base =
	    copy ? make_base(job, at, obj->type, copy, obj->len) : NULL;

	gv_odb_cache_drop(base);
	return base ? 0 : GV_ENOMEM;
}

/* 1 where the object is larger than `max` and stands whole. */
static int
read_up_to(struct gv_odb *odb, struct gv_object *out, struct gv_odb_pack *pack,
    uint32_t row, uint64_t max)
{
	uint64_t at = gv_odb_pack_offset(pack, row);
	int r = read_cached(odb, pack, at, out);
	struct gv_odb_entry e = { 0 };
	struct gv_odb_job job;

	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = gv_odb_job_begin(&job, odb, pack, row)) < 0)
		goto out;
	if (max != UINT64_MAX && (r = gv_odb_job_head(&job, at, &e)) < 0)
		goto out;
	if (e.size > max && e.type <= GV_OTYPE_TAG) {
		r = 1;
		goto out;
	}
	if ((r = read_at(&job, at, out)) < 0)
		goto out;
	if (odb->once && out->type == GV_OTYPE_TREE)
		r = keep(&job, at, out);
out:
	gv_odb_job_end(&job);
	return r;
}

int
gv_odb_entry_read(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row)
{
	return read_up_to(odb, out, pack, row, UINT64_MAX);
}

int
gv_odb_entry_read_small(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row)
{
	return read_up_to(odb, out, pack, row, GV_ODB_WHOLE_MAX);
}

/* The size that a delta makes, from its first bytes. */
static int
delta_size(
    const struct gv_odb_job *job, const struct gv_odb_entry *e, size_t *size)
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
		r = gv_odb_job_damaged(job, e->at,
		    flow.why ? flow.why : "its delta has no header");
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
	struct gv_odb_entry e;
	struct gv_odb_job job;
	int r;

	if ((r = gv_odb_job_begin(&job, odb, pack, row)) < 0)
		goto out;
	r = follow(&job, gv_odb_pack_offset(pack, row), &chain, &e, &base);
	if (r < 0)
		goto out;
	out->type = base ? base->type : (enum gv_otype)e.type;
	if (chain.n)
		r = delta_size(&job, &chain.links[0], &out->len);
	else
		out->len = (size_t)e.size;
out:
	gv_odb_cache_drop(base);
	free(chain.links);
	gv_odb_job_end(&job);
	return r;
}

int
gv_odb_entry_size(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row)
{
	struct gv_odb_entry e;
	struct gv_odb_job job;
	int r;

	if ((r = gv_odb_job_begin(&job, odb, pack, row)) < 0)
		goto out;
	r = gv_odb_job_head(&job, gv_odb_pack_offset(pack, row), &e);
	if (r < 0)
		goto out;
	if (e.type > GV_OTYPE_TAG)
		r = delta_size(&job, &e, &out->len);
	else
		out->len = (size_t)e.size;
out:
	gv_odb_job_end(&job);
	return r;
}

int
gv_odb_entry_flow(struct gv_odb_job *job, struct gv_odb *odb,
    struct gv_object *out, struct gv_odb_flow *flow, struct gv_odb_pack *pack,
    uint32_t row)
{
	struct gv_odb_entry e;
	int r;

	if ((r = gv_odb_job_begin(job, odb, pack, row)) < 0)
		return r;
	r = gv_odb_job_head(job, gv_odb_pack_offset(pack, row), &e);
	if (r < 0)
		return r;
	if (e.type <= GV_OTYPE_TAG) {
		out->type = (enum gv_otype)e.type;
		out->len = (size_t)e.size;
		r = gv_odb_flow_open(flow, pack->fd, e.data, pack->size);
		return r < 0 ? r : 1;
	}
	return 0;
}
