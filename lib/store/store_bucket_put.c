#include "store/store_bucket.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "repo/hash.h"
#include "store/store_form.h"
#include "store/store_xml.h"
#include "sys/workers.h"

/*
 * An object goes in one request, which is the fastest: a server need not join
 * anything. A large one that is cut off on the way, or would take long by the
 * rate of its first seconds, goes in parts instead, so that a failure costs one
 * of them. They appear together, when the list of them is sent; the condition
 * is on that last request. Sizes of parts are known, so that the sum
 * of sums that S3 makes of them can be made of the bytes, too.
 */

#define PARTS_MAX 10000
#define WHOLE_MAX ((uint64_t)5 << 30) /* of one request */
#define TRIES     3 /* of all parts, where others write at the same time */
#define HEX       65

/* What is to be stored. */
struct order {
	const char *name;
	const struct gv_store_body *body;
	unsigned flags;
	const char *etag; /* of GV_STORE_SAME */
};

/* What goes with the object, whichever way it is sent. */
struct extra {
	char until[GV_TIME_MAX];
	struct gv_buf condition;
};

static void
add_condition(struct gv_store_ask *ask, struct gv_store_bucket *s,
    unsigned flags, const char *etag, struct extra *e)
{
	ask->is_conditional = (flags & (GV_STORE_NEW | GV_STORE_SAME)) != 0;
	if (!ask->is_conditional)
		return;
	if (flags & GV_STORE_NEW)
		gv_buf_addstr(&e->condition, s->is_google ? "0" : "*");
	else if (s->is_google)
		gv_buf_addstr(&e->condition, etag);
	else
		gv_buf_addf(&e->condition, "\"%s\"", etag);
	if (s->is_google)
		gv_store_ask_field(
		    ask, "x-goog-if-generation-match", e->condition.p);
	else if (flags & GV_STORE_NEW)
		gv_store_ask_field(ask, "if-none-match", e->condition.p);
	else
		gv_store_ask_field(ask, "if-match", e->condition.p);
}

static void
add_google(struct gv_store_ask *ask, const struct gv_store_opts *o)
{
	if (o->sse_key)
		gv_store_ask_field(
		    ask, "x-goog-encryption-kms-key-name", o->sse_key);
	if (o->storage_class)
		gv_store_ask_field(
		    ask, "x-goog-storage-class", o->storage_class);
}

/* How the bucket is to keep it. */
static void
add_keeping(struct gv_store_ask *ask, struct gv_store_bucket *s, unsigned flags,
    struct extra *e)
{
	const struct gv_store_opts *o = &s->wire.store->opts;

	if (s->is_google) {
		add_google(ask, o);
		return;
	}
	if (o->sse)
		gv_store_ask_field(ask, "x-amz-server-side-encryption", o->sse);
	if (o->sse_key)
		gv_store_ask_field(ask,
		    "x-amz-server-side-encryption-aws-kms-key-id", o->sse_key);
	if (o->storage_class)
		gv_store_ask_field(
		    ask, "x-amz-storage-class", o->storage_class);
	if ((flags & GV_STORE_LOCK) == 0 || o->lock_mode == NULL)
		return;
	gv_time_rfc3339(e->until, o->lock_until);
	gv_store_ask_field(ask, "x-amz-object-lock-mode", o->lock_mode);
	gv_store_ask_field(
	    ask, "x-amz-object-lock-retain-until-date", e->until);
}

static int
hash(char hex[HEX], struct gv_buf *base64, const struct gv_store_body *body)
{
	unsigned char sum[32];
	int r = gv_store_body_sum(sum, body);

	if (r < 0)
		return r;
	gv_enc_hex(hex, sum, sizeof(sum));
	gv_buf_reset(base64);
	gv_enc_base64(base64, sum, sizeof(sum));
	return gv_buf_check(base64);
}

/* ---- in one request ---- */

/* *split (NULL: it must go in one): whether it has to go in parts. */
static int
put_whole(struct gv_store_bucket *s, struct gv_store_stat *out,
    const struct order *o, bool *split)
{
	struct extra e = { .condition = GV_BUF_INIT };
	struct gv_buf base64 = GV_BUF_INIT;
	struct gv_store_ask ask;
	char hex[HEX];
	int r = hash(hex, &base64, o->body);

	gv_store_bucket_ask(&ask, s, "PUT", o->name);
	add_condition(&ask, s, o->flags, o->etag, &e);
	add_keeping(&ask, s, o->flags, &e);
	if (!s->is_google)
		gv_store_ask_field(&ask, "x-amz-checksum-sha256", base64.p);
	ask.body = o->body;
	ask.sum = hex;
	ask.may_split = split != NULL;
	if (r == 0 && (r = gv_buf_check(&e.condition)) == 0)
		r = gv_store_ask_send(&ask, "store");
	s->wire.store->is_unsure = ask.is_unsure;
	if (split)
		*split = r < 0 && ask.must_split;
	if (r == 0) {
		*out = ask.stat;
		out->bytes = o->body->len;
	}
	gv_store_ask_release(&ask);
	gv_buf_release(&base64);
	gv_buf_release(&e.condition);
	return r;
}

/* ---- in parts ---- */

struct part {
	unsigned number;
	struct gv_store_body body;
	unsigned char sum[32];
};

/* An upload that is going on. */
struct upload {
	struct gv_store_bucket *s;
	const char *name;
	const struct gv_store_body *body;
	struct gv_buf id;   /* escaped for a query */
	struct gv_buf list; /* of the parts, as XML */
	struct part now, next;
	struct gv_hash_sha256 part, whole;
	bool must_begin_again;
};

static int
begin(struct upload *u, unsigned flags)
{
	struct extra e = { .condition = GV_BUF_INIT };
	struct gv_buf id = GV_BUF_INIT;
	struct gv_store_ask ask;
	const struct gv_store_body none = { .fd = -1 };
	int r;

	gv_store_bucket_ask(&ask, u->s, "POST", u->name);
	gv_buf_addstr(&ask.query, "uploads=");
	add_keeping(&ask, u->s, flags, &e);
	if (u->s->is_amazon)
		gv_store_ask_field(&ask, "x-amz-checksum-algorithm", "SHA256");
	ask.body = &none;
	r = gv_store_ask_send(&ask, "store");
	if (r == 0 &&
	    gv_store_xml_text(
		&id, ask.reply.body.p, ask.reply.body.len, "UploadId") < 0)
		r = gv_store_ask_odd(&ask, "has no UploadId");
	gv_buf_reset(&u->id);
	gv_http_escape(&u->id, id.p, false);
	gv_buf_release(&id);
	gv_store_ask_release(&ask);
	return r < 0 ? r : gv_buf_check(&u->id);
}

static uint64_t
parts_of(const struct upload *u)
{
	const uint64_t size = gv_store_part(u->s->wire.store);

	return (u->body->len + size - 1) / size;
}

/* Take part `number` of what is sent, from 1 on. */
static void
cut_part(struct part *part, const struct upload *u, unsigned number)
{
	const uint64_t size = gv_store_part(u->s->wire.store);
	uint64_t at = (number - 1) * size;

	part->number = number;
	part->body = *u->body;
	part->body.at += at;
	part->body.len = u->body->len - at < size ? u->body->len - at : size;
	part->body.sha256 = NULL;
}

static int
add_to_sums(void *ctx, const void *data, size_t len)
{
	struct upload *u = ctx;

	gv_hash_sha256_update(&u->part, data, len);
	if (u->body->sha256)
		gv_hash_sha256_update(&u->whole, data, len);
	return 0;
}

/* Read a part once, for its own sum and that of all. */
static int
sum_part(struct upload *u, struct part *part)
{
	int r;

	gv_hash_sha256_init(&u->part);
	r = gv_store_body_each(
	    &part->body, &(struct gv_store_sink){ add_to_sums, u });
	if (r == 0)
		gv_hash_sha256_finish(&u->part, part->sum);
	return r;
}

/* Others than Amazon may refuse a list with sums in it. */
static void
add_part(struct upload *u, unsigned number, const char *etag, const char *sum)
{
	gv_buf_addf(&u->list,
	    "<Part><PartNumber>%u</PartNumber><ETag>\"%s\"</ETag>", number,
	    etag);
	if (u->s->is_amazon)
		gv_buf_addf(
		    &u->list, "<ChecksumSHA256>%s</ChecksumSHA256>", sum);
	gv_buf_addstr(&u->list, "</Part>");
}

static int
send_part(struct upload *u, const struct part *part)
{
	struct gv_buf base64 = GV_BUF_INIT;
	struct gv_store_ask ask;
	char hex[HEX];
	int r;

	gv_enc_hex(hex, part->sum, sizeof(part->sum));
	gv_enc_base64(&base64, part->sum, sizeof(part->sum));
	gv_store_bucket_ask(&ask, u->s, "PUT", u->name);
	gv_buf_addf(
	    &ask.query, "partNumber=%u&uploadId=%s", part->number, u->id.p);
	if (u->s->is_amazon)
		gv_store_ask_field(&ask, "x-amz-checksum-sha256", base64.p);
	ask.body = &part->body;
	ask.sum = hex;
	if ((r = gv_buf_check(&base64)) == 0)
		r = gv_store_ask_send(&ask, "store");
	if (r == 0 && *ask.stat.etag == '\0')
		r = gv_store_ask_odd(&ask, "has no ETag");
	/* an ETag of XML's signs could say something else in the list */
	if (r == 0 && strpbrk(ask.stat.etag, "<>&"))
		r = gv_store_ask_odd(&ask, "has an invalid ETag");
	if (r == 0)
		add_part(u, part->number, ask.stat.etag, base64.p);
	gv_store_ask_release(&ask);
	gv_buf_release(&base64);
	return r < 0 ? r : gv_buf_check(&u->list);
}

/* One thread sends a part while another reads the next for its sums. */
static int
send_or_sum(void *ctx, int i)
{
	struct upload *u = ctx;

	return i == 0 ? send_part(u, &u->now) : sum_part(u, &u->next);
}

static int
put_parts(struct upload *u)
{
	const unsigned n = (unsigned)parts_of(u);
	unsigned char sum[32];
	unsigned i;
	int r;

	gv_hash_sha256_init(&u->whole);
	gv_buf_reset(&u->list);
	gv_buf_addstr(&u->list,
	    "<CompleteMultipartUpload "
	    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	cut_part(&u->next, u, 1);
	r = sum_part(u, &u->next);
	for (i = 1; r == 0 && i <= n; i++) {
		u->now = u->next;
		if (i < n)
			cut_part(&u->next, u, i + 1);
		r = gv_workers_run(i < n ? 2 : 1, send_or_sum, u);
	}
	if (r == 0 && u->body->sha256) {
		gv_hash_sha256_finish(&u->whole, sum);
		if (memcmp(sum, u->body->sha256, sizeof(sum)) != 0)
			r = gv_store_body_changed();
	}
	gv_buf_addstr(&u->list, "</CompleteMultipartUpload>");
	return r < 0 ? r : gv_buf_check(&u->list);
}

/* The status is 200 before it is known how it ends: the body says. */
static int
read_end(struct gv_store_ask *ask, struct gv_store_stat *out)
{
	struct gv_buf etag = GV_BUF_INIT;
	int r;

	gv_store_xml_code(ask->code, sizeof(ask->code), ask->reply.body.p,
	    ask->reply.body.len);
	if (*ask->code)
		r = gv_err(GV_ERROR, "cannot store %s in %s: it answers %s",
		    ask->name, gv_store_url(ask->wire->store), ask->code);
	else if (gv_store_xml_text(
		     &etag, ask->reply.body.p, ask->reply.body.len, "ETag") < 0)
		r = gv_store_ask_odd(ask, "has no ETag");
	else
		r = 0;
	*out = (struct gv_store_stat){ 0 };
	gv_store_form_etag(out, etag.p);
	gv_buf_release(&etag);
	return r;
}

static int
end(struct upload *u, struct gv_store_stat *out, unsigned flags,
    const char *etag)
{
	const struct gv_store_body list = {
		.fd = -1, .bytes = u->list.p, .len = u->list.len
	};
	struct extra e = { .condition = GV_BUF_INIT };
	struct gv_buf base64 = GV_BUF_INIT;
	struct gv_store_ask ask;
	char hex[HEX];
	int r = hash(hex, &base64, &list);

	gv_store_bucket_ask(&ask, u->s, "POST", u->name);
	gv_buf_addf(&ask.query, "uploadId=%s", u->id.p);
	gv_store_ask_field(&ask, "content-type", "application/xml");
	add_condition(&ask, u->s, flags, etag, &e);
	ask.body = &list;
	ask.sum = hex;
	ask.is_last = true;
	if (r == 0 && (r = gv_buf_check(&e.condition)) == 0)
		r = gv_store_ask_send(&ask, "store");
	if (r == 0)
		r = read_end(&ask, out);
	u->s->wire.store->is_unsure |= ask.is_unsure;
	u->must_begin_again =
	    strcmp(ask.code, "ConditionalRequestConflict") == 0;
	/* an attempt before this one may have ended it */
	if (ask.is_unsure && strcmp(ask.code, "NoSuchUpload") == 0)
		r = gv_err(GV_EEXISTS, "%s may have %s already",
		    gv_store_url(ask.wire->store), u->name);
	gv_store_ask_release(&ask);
	gv_buf_release(&base64);
	gv_buf_release(&e.condition);
	return r;
}

/* What it cannot remove, a rule of the bucket does. */
static void
abandon(struct upload *u)
{
	struct gv_store_ask ask;
	char *message = gv_err_save();

	if (u->id.len) {
		gv_store_bucket_ask(&ask, u->s, "DELETE", u->name);
		gv_buf_addf(&ask.query, "uploadId=%s", u->id.p);
		ask.is_last = true;
		(void)gv_store_ask_send(&ask, "give up");
		gv_store_ask_release(&ask);
	}
	gv_err_restore(message);
}

static int
put_large(struct gv_store_bucket *s, struct gv_store_stat *out,
    const struct order *o, bool is_unsure)
{
	struct upload u = { .s = s,
		.name = o->name,
		.body = o->body,
		.id = GV_BUF_INIT,
		.list = GV_BUF_INIT };
	int r, tries = 0;

	do {
		u.must_begin_again = false;
		s->wire.store->is_unsure = is_unsure;
		r = begin(&u, o->flags);
		if (r == 0)
			r = put_parts(&u);
		if (r == 0)
			r = end(&u, out, o->flags, o->etag);
		if (r < 0)
			abandon(&u);
	} while (r < 0 && u.must_begin_again && ++tries < TRIES);
	if (r == 0)
		out->bytes = o->body->len;
	gv_buf_release(&u.id);
	gv_buf_release(&u.list);
	return r;
}

/* A size of parts that was asked for, and a limit of the rate at which it would
 * take long, need no try. */
static bool
begins_whole(const struct gv_store *store, uint64_t len)
{
	const uint64_t limit = store->opts.limit;

	return store->opts.part == 0 && len <= WHOLE_MAX &&
	    (limit == 0 || !gv_store_split_pays(2 * limit, 2000, len));
}

int
gv_store_bucket_put(void *self, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag)
{
	struct gv_store_bucket *s = self;
	const struct gv_store *store = s->wire.store;
	const struct order o = { name, body, flags, etag };
	const uint64_t part = gv_store_part(store);
	bool is_unsure = false, split = true;
	int r = 0;

	if (body->len <= part || s->is_google)
		return put_whole(s, out, &o, NULL);
	if (body->len > part * PARTS_MAX)
		return gv_err(GV_EREFUSED,
		    "%s is too large for %s: at most %llu bytes", name,
		    gv_store_url(s->wire.store),
		    (unsigned long long)part * PARTS_MAX);
	if (begins_whole(store, body->len)) {
		r = put_whole(s, out, &o, &split);
		is_unsure = store->is_unsure;
	}
	return split ? put_large(s, out, &o, is_unsure) : r;
}
