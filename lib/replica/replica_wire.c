#include <string.h>

#include "base/err.h"
#include "crypto/age.h"
#include "crypto/secret.h"
#include "crypto/sha.h"
#include "replica/replica_internal.h"
#include "replica/target.h"

struct gathering {
	struct gv_buf *out; /* empty at first */
	size_t max;
	const char *name;
};

static int
gather(void *ctx, const void *data, size_t len)
{
	struct gathering *g = ctx;

	if (len > g->max - g->out->len)
		return gv_err(GV_ECORRUPT,
		    "the object %s is larger than it can be", g->name);
	gv_buf_add(g->out, data, len);
	return gv_buf_check(g->out);
}

static int
open_sealed(
    struct gv_buf *out, struct gv_replica *rep, const struct gv_buf *sealed)
{
	struct gv_secret clear = GV_SECRET_INIT;
	int r = gv_replica_need_keys(rep);

	if (r == 0)
		r = gv_age_open(&clear, rep->with, rep->n_with, sealed->p,
		    sealed->len, NULL);
	if (r == 0) {
		gv_buf_add(out, clear.p, clear.len);
		r = gv_buf_check(out);
	}
	gv_secret_release(&clear);
	return r;
}

int
gv_replica_fetch_raw(
    struct gv_buf *out, struct gv_replica *rep, const char *name, size_t max)
{
	struct gathering g = { .out = out, .max = max, .name = name };
	struct gv_store_sink sink = { gather, &g };

	return gv_store_get(rep->store, name, 0, UINT64_MAX, &sink);
}

int
gv_replica_fetch(struct gv_buf *out, unsigned char *sum, struct gv_replica *rep,
    const char *name, size_t max)
{
	struct gv_buf raw = GV_BUF_INIT;
	int r = gv_replica_fetch_raw(&raw, rep, name, max);

	if (r == 0 && sum)
		gv_sha_sum(sum, raw.p, raw.len);
	if (r == 0 && gv_age_is_sealed(raw.p, raw.len)) {
		if ((r = open_sealed(out, rep, &raw)) < 0)
			r = gv_err_in(r, "the object %s", name);
	} else if (r == 0) {
		gv_buf_add(out, raw.p, raw.len);
		r = gv_buf_check(out);
	}
	gv_buf_release(&raw);
	return r;
}

int
gv_replica_store_raw(struct gv_replica *rep, const char *name,
    const struct gv_buf *bytes, unsigned flags)
{
	unsigned char sum[GV_SHA_BYTES];
	struct gv_store_body body = {
		.fd = -1, .bytes = bytes->p, .len = bytes->len, .sha256 = sum
	};

	gv_sha_sum(sum, bytes->p, bytes->len);
	return gv_store_put(NULL, rep->store, name, &body, flags, NULL);
}

int
gv_replica_wrap(
    struct gv_buf *out, const struct gv_replica *rep, const struct gv_buf *text)
{
	const struct gv_recipient *to[GV_REPLICA_RECIPIENTS];
	size_t i;

	if (!rep->is_encrypted) {
		gv_buf_add(out, text->p, text->len);
		return gv_buf_check(out);
	}
	for (i = 0; i < rep->n_to; i++)
		to[i] = &rep->to[i];
	return gv_age_seal(out, to, rep->n_to, text->p, text->len);
}

int
gv_replica_store(unsigned char *sum, struct gv_replica *rep, const char *name,
    const struct gv_buf *text, unsigned flags)
{
	struct gv_buf bytes = GV_BUF_INIT;
	int r = gv_replica_wrap(&bytes, rep, text);

	if (r == 0)
		r = gv_replica_store_raw(rep, name, &bytes, flags);
	if (r == 0 && sum)
		gv_sha_sum(sum, bytes.p, bytes.len);
	gv_buf_release(&bytes);
	return r;
}
