#include "seal/redact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"

bool
gv_redact_rule_is_valid(const char *rule)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t n = strspn(rule, chars);

	return n > 0 && n <= GV_REDACT_RULE_MAX && rule[n] == '\0' &&
	    *rule != '-';
}

size_t
gv_redact_placeholder(
    char out[GV_REDACT_MAX], const char *rule, const struct gv_digest *id)
{
	static const char begin[] = "GITVAULT[";
	size_t n = strlen(rule);
	char *p = out;

	memcpy(p, begin, sizeof(begin) - 1);
	p += sizeof(begin) - 1;
	memcpy(p, rule, n);
	p += n;
	*p++ = ':';
	gv_enc_hex(p, id->bytes, GV_DIGEST_BYTES);
	p += GV_REDACT_ID_HEX;
	*p++ = ']';
	*p = '\0';
	return (size_t)(p - out);
}

/* ---- spans ------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct gv_redact_span *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->len != y->len)
		return x->len > y->len ? -1 : 1;
	return strcmp(x->rule, y->rule);
}

static void
sort(struct gv_redact_span *spans, size_t n)
{
	if (n > 1)
		qsort(spans, n, sizeof(*spans), compare);
}

static int
check(const struct gv_redact_span *span, uint64_t from, uint64_t end)
{
	if (!gv_redact_rule_is_valid(span->rule))
		return gv_err(GV_EUSAGE,
		    "no placeholder can name the rule '%s': it is not of up to "
		    "%d small letters, digits and '-'",
		    span->rule, GV_REDACT_RULE_MAX);
	if (span->at < from || span->at > end || span->len > end - span->at)
		return gv_err(GV_EUSAGE,
		    "cannot cut %" PRIu64 " bytes at offset %" PRIu64
		    ": available are %" PRIu64 " to %" PRIu64,
		    span->len, span->at, from, end);
	return 0;
}

/* What the first of these sorted spans makes up with all that it meets; how
 * many they are. */
static size_t
join(struct gv_redact_span *out, const struct gv_redact_span *spans, size_t n)
{
	uint64_t longest = spans[0].len, end = spans[0].at + spans[0].len;
	size_t i;

	*out = spans[0];
	for (i = 1; i < n && spans[i].at <= end; i++) {
		if (spans[i].len > longest) {
			longest = spans[i].len;
			out->rule = spans[i].rule;
		}
		if (spans[i].at + spans[i].len > end)
			end = spans[i].at + spans[i].len;
	}
	out->len = end - out->at;
	return i;
}

/* ---- bytes ------------------------------------------------------------- */

/* A run of the clear bytes, of which the first `done` went out. */
struct run {
	const struct gv_redact_to *to;
	const unsigned char *p;
	uint64_t base; /* where it begins */
	uint64_t done;
	uint64_t *out; /* how many redacted bytes there are */
};

static int
put(struct run *run, const void *data, uint64_t len)
{
	*run->out += len;
	return run->to->put(run->to->ctx, data, (size_t)len);
}

static int
put_clear(struct run *run, uint64_t until)
{
	uint64_t from = run->done;

	run->done = until - run->base;
	return run->done > from ? put(run, run->p + from, run->done - from) : 0;
}

static int
replace(struct run *run, struct gv_redact_span *span)
{
	char text[GV_REDACT_MAX];
	uint64_t end = span->at + span->len;
	int r = put_clear(run, span->at);

	if (r == 0)
		r = run->to->take(run->to->ctx, span, run->p + run->done);
	if (r < 0)
		return r;
	span->at = *run->out;
	span->len = gv_redact_placeholder(text, span->rule, &span->id);
	run->done = end - run->base;
	r = run->to->place(run->to->ctx, span);
	return r < 0 ? r : put(run, text, span->len);
}

/* Redact what lies before `until`; the sorted spans hold no empty one. What
 * ends right there waits, unless nothing follows, and so do the bytes of what
 * is not at its end. *used is how many spans are done with. */
static int
redact(struct run *run, uint64_t until, bool is_end,
    const struct gv_redact_span *spans, size_t n, size_t *used)
{
	struct gv_redact_span span;
	size_t k;
	int r = 0;

	*used = 0;
	while (r == 0 && *used < n) {
		k = join(&span, spans + *used, n - *used);
		if (!is_end && span.at + span.len >= until) {
			if (span.at < until)
				until = span.at;
			break;
		}
		r = replace(run, &span);
		*used += k;
	}
	return r < 0 ? r : put_clear(run, until);
}

static size_t
drop_empty(struct gv_redact_span *spans, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (spans[i].len > 0)
			spans[kept++] = spans[i];
	return kept;
}

int
gv_redact_whole(const struct gv_redact_to *to, const void *data, size_t len,
    struct gv_redact_span *spans, size_t n)
{
	uint64_t out = 0;
	struct run run = { to, data, 0, 0, &out };
	size_t i, used;
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = check(&spans[i], 0, len);
	if (r < 0)
		return r;
	n = drop_empty(spans, n);
	sort(spans, n);
	return redact(&run, len, true, spans, n, &used);
}

/* ---- in pieces --------------------------------------------------------- */

struct gv_redact {
	const struct gv_redact_to *to;
	struct gv_secret held; /* what did not go out yet */
	uint64_t at;           /* where that begins */
	uint64_t out;
	uint64_t settled;
	struct gv_redact_span *spans; /* of what is held */
	size_t n, cap;
	int failed;
};

int
gv_redact_new(struct gv_redact **out, const struct gv_redact_to *to)
{
	struct gv_redact *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return gv_err_nomem();
	r->to = to;
	*out = r;
	return 0;
}

int
gv_redact_add(struct gv_redact *r, const void *data, size_t len)
{
	if (r->failed == 0)
		r->failed = gv_secret_add(&r->held, data, len);
	return r->failed;
}

int
gv_redact_take(struct gv_redact *r, const struct gv_redact_span *span)
{
	if (r->failed == 0)
		r->failed = check(span, r->settled, r->at + r->held.len);
	if (r->failed == 0 && span->len > 0)
		r->failed = GV_GROW(r->spans, r->n, r->cap);
	if (r->failed == 0 && span->len > 0)
		r->spans[r->n++] = *span;
	return r->failed;
}

static int
settle(struct gv_redact *r, uint64_t until, bool is_end)
{
	struct run run = { r->to, r->held.p, r->at, 0, &r->out };
	size_t used;

	sort(r->spans, r->n);
	r->failed = redact(&run, until, is_end, r->spans, r->n, &used);
	r->n -= used;
	if (used && r->n)
		memmove(r->spans, r->spans + used, r->n * sizeof(*r->spans));
	gv_secret_drop(&r->held, (size_t)run.done);
	r->at += run.done;
	return r->failed;
}

int
gv_redact_settle(struct gv_redact *r, uint64_t offset)
{
	uint64_t end = r->at + r->held.len;

	if (r->failed || offset <= r->settled)
		return r->failed;
	r->settled = offset < end ? offset : end;
	return settle(r, r->settled, false);
}

int
gv_redact_finish(struct gv_redact *r)
{
	return r->failed ? r->failed : settle(r, r->at + r->held.len, true);
}

void
gv_redact_free(struct gv_redact *r)
{
	if (r == NULL)
		return;
	gv_secret_release(&r->held);
	free(r->spans);
	free(r);
}
