/*
 * Any bytes and any spans: what is taken out comes back, and in pieces it is
 * the same. Then places that are changed: what comes back then, if anything
 * does, is of the right length and told by the bytes alone.
 *
 *	n; n times offset and length, a byte each; a byte to change a place by;
 *	the rest is the text
 */
#include "fuzz.h"

#include "base/err.h"
#include "crypto/secret.h"
#include "seal/redact.h"

#define MOST 16

struct job {
	struct gv_buf bytes;
	struct gv_secret values[MOST], back;
	struct gv_redact_span places[MOST];
	size_t n, taken;
};

static int
take(void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct job *job = ctx;

	memset(&span->id, 0, sizeof(span->id));
	span->id.bytes[0] = (unsigned char)job->taken;
	must(job->taken < MOST && span->len > 0);
	return gv_secret_add(
	    &job->values[job->taken++], value, (size_t)span->len);
}

static int
place(void *ctx, const struct gv_redact_span *span)
{
	struct job *job = ctx;

	job->places[job->n++] = *span;
	return 0;
}

static int
put(void *ctx, const void *data, size_t len)
{
	struct job *job = ctx;

	gv_buf_add(&job->bytes, data, len);
	return gv_buf_check(&job->bytes);
}

static int
value(void *ctx, struct gv_secret *out, const struct gv_redact_span *span)
{
	const struct job *job = ctx;
	size_t i = span->id.bytes[0];

	if (i >= job->taken)
		return GV_ENOKEY;
	return gv_secret_add(out, job->values[i].p, job->values[i].len);
}

static int
put_back(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(&((struct job *)ctx)->back, data, len);
}

static void
release(struct job *job)
{
	while (job->taken > 0)
		gv_secret_release(&job->values[--job->taken]);
	gv_secret_release(&job->back);
	gv_buf_release(&job->bytes);
}

static int
undo(struct job *job)
{
	const struct gv_redact_undo_to to = { value, put_back, job };

	gv_secret_reset(&job->back);
	return gv_redact_undo_whole(
	    &to, job->bytes.p, job->bytes.len, job->places, job->n, NULL);
}

/* A byte after the other, each span as soon as its last byte is there. */
static void
in_pieces(const struct job *whole, const uint8_t *text, size_t len,
    const struct gv_redact_span *spans, size_t n)
{
	struct job job = { .bytes = GV_BUF_INIT };
	const struct gv_redact_to to = { take, place, put, &job };
	struct gv_redact *r = NULL;
	uint64_t settled;
	size_t at, i;

	must(gv_redact_new(&r, &to) == 0);
	for (at = 1; at <= len; at++) {
		must(gv_redact_add(r, text + at - 1, 1) == 0);
		for (settled = at, i = 0; i < n; i++) {
			if (spans[i].at + spans[i].len == at)
				must(gv_redact_take(r, &spans[i]) == 0);
			else if (spans[i].at + spans[i].len > at &&
			    spans[i].at < settled)
				settled = spans[i].at;
		}
		must(gv_redact_settle(r, settled) == 0);
	}
	must(gv_redact_finish(r) == 0);
	gv_redact_free(r);
	must(job.n == whole->n && job.bytes.len == whole->bytes.len);
	must(memcmp(job.bytes.p, whole->bytes.p, job.bytes.len) == 0);
	release(&job);
}

static void
change(struct job *job, uint8_t how)
{
	struct gv_redact_span *p = &job->places[how % 4 % job->n];

	if (how & 4)
		p->at += (uint64_t)(how >> 5) - 3;
	if (how & 8)
		p->len += (uint64_t)(how >> 5) - 3;
	if (how & 16)
		p->id.bytes[how >> 5] ^= 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct job job = { .bytes = GV_BUF_INIT };
	const struct gv_redact_to to = { take, place, put, &job };
	struct gv_redact_span spans[MOST], sorted[MOST];
	const uint8_t *text;
	size_t n = len ? data[0] % MOST : 0, text_len, i;
	uint8_t how;

	if (len < 2 + 2 * n)
		return 0;
	how = data[1 + 2 * n];
	text = data + 2 + 2 * n;
	text_len = len - 2 - 2 * n;
	for (i = 0; i < n; i++) {
		spans[i].at = data[1 + 2 * i] % (text_len + 1);
		spans[i].len =
		    data[2 + 2 * i] % (text_len - (size_t)spans[i].at + 1);
		spans[i].rule = data[2 + 2 * i] & 1 ? "one" : "the-other";
	}
	memcpy(sorted, spans, sizeof(spans[0]) * n);
	must(gv_redact_whole(&to, text, text_len, sorted, n) == 0);
	must(undo(&job) == 0);
	must(gv_secret_is(&job.back, text, text_len));
	in_pieces(&job, text, text_len, spans, n);
	if (job.n > 0) {
		change(&job, how);
		if (undo(&job) == 0)
			must(gv_secret_is(&job.back, text, text_len));
	}
	release(&job);
	return 0;
}
