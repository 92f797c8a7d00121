#include "object/delta.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/*
 * The base is indexed by its windows of 8 bytes at every 4th position, the
 * target is looked up at every position, so that any match of 11 bytes is
 * found. A slot holds the position plus `epoch`, which grows by the length of
 * each base: what an earlier base left in the table is out of range, so the
 * table is cleared once in 4 GB of bases only.
 *
 * Bytes of a delta:
 *	base size, result size	7 bits a byte, low first, high bit: more
 *	0xxxxxxx		x new bytes follow (1 to 127)
 *	1sssoooo		copy; o: which of 4 offset bytes follow,
 *				s: which of 3 size bytes; size 0 is 0x10000
 */
#define WINDOW   8
#define STRIDE   4
#define MIN_BITS 8
#define MAX_BITS 18
#define COPY_MAX 0x10000u
#define LIT_MAX  127u

struct gv_delta {
	const unsigned char *base;
	size_t base_len;
	uint32_t *slots;
	uint32_t epoch; /* what a slot adds to a position of this base */
	unsigned bits;  /* of the slots in use for this base */
	unsigned cap_bits;
};

struct writer {
	unsigned char *p, *end;
};

static inline uint64_t
load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
slot_of(uint64_t window, unsigned bits)
{
	return (
	    uint32_t)((window * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

struct gv_delta *
gv_delta_new(void)
{
	struct gv_delta *d = calloc(1, sizeof(*d));

	if (d == NULL)
		gv_err_nomem();
	return d;
}

void
gv_delta_free(struct gv_delta *d)
{
	if (d == NULL)
		return;
	free(d->slots);
	free(d);
}

/* A table for this base, and an epoch that no slot in it has yet. */
static int
prepare(struct gv_delta *d, size_t len)
{
	unsigned bits = MIN_BITS;
	uint32_t *slots;

	while (bits < MAX_BITS && ((size_t)1 << bits) < len / STRIDE * 2)
		bits++;
	if (bits > d->cap_bits) {
		slots = calloc((size_t)1 << bits, sizeof(*slots));
		if (slots == NULL)
			return gv_err_nomem();
		free(d->slots);
		d->slots = slots;
		d->cap_bits = bits;
		d->epoch = 1;
		d->base_len = 0;
	}
	d->bits = bits;
	if (d->epoch > UINT32_MAX - 2 * GV_DELTA_MAX) {
		memset(d->slots, 0, sizeof(*d->slots) << d->cap_bits);
		d->epoch = 1;
		d->base_len = 0;
	}
	d->epoch += (uint32_t)d->base_len;
	return 0;
}

int
gv_delta_index(struct gv_delta *d, const void *base, size_t len)
{
	size_t at;
	int r = prepare(d, len);

	if (r < 0)
		return r;
	d->base = base;
	d->base_len = len;
	if (len < WINDOW)
		return 0;
	/* downwards: of equal windows the first stands */
	for (at = (len - WINDOW) / STRIDE * STRIDE;; at -= STRIDE) {
		d->slots[slot_of(load64(d->base + at), d->bits)] =
		    d->epoch + (uint32_t)at;
		if (at == 0)
			break;
	}
	return 0;
}

static bool
put_size(struct writer *w, uint64_t n)
{
	do {
		if (w->p == w->end)
			return false;
		*w->p++ = (unsigned char)((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
		n >>= 7;
	} while (n);
	return true;
}

static bool
put_new(struct writer *w, const unsigned char *data, size_t len)
{
	while (len) {
		size_t n = len < LIT_MAX ? len : LIT_MAX;

		if ((size_t)(w->end - w->p) < n + 1)
			return false;
		*w->p++ = (unsigned char)n;
		memcpy(w->p, data, n);
		w->p += n;
		data += n;
		len -= n;
	}
	return true;
}

static bool
put_copy(struct writer *w, size_t at, size_t len)
{
	while (len) {
		size_t n = len < COPY_MAX ? len : COPY_MAX, size = n, from = at;
		unsigned char *op = w->p;
		unsigned bit;

		if (w->end - w->p < 8)
			return false;
		*w->p++ = 0x80;
		for (bit = 0x01; from; bit <<= 1, from >>= 8)
			if (from & 0xff) {
				*w->p++ = (unsigned char)from;
				*op |= (unsigned char)bit;
			}
		if (size == COPY_MAX)
			size = 0;
		for (bit = 0x10; size; bit <<= 1, size >>= 8)
			if (size & 0xff) {
				*w->p++ = (unsigned char)size;
				*op |= (unsigned char)bit;
			}
		at += n;
		len -= n;
	}
	return true;
}

static size_t
match_length(const unsigned char *a, const unsigned char *b, size_t max)
{
	size_t n = 0;

	while (max - n >= WINDOW && load64(a + n) == load64(b + n))
		n += WINDOW;
	while (n < max && a[n] == b[n])
		n++;
	return n;
}

/* Where in the base the target's window at `at` stands: first on the line of
 * the last copy (a changed word of equal length ends there), else by the
 * table; base_len if nowhere. */
static inline size_t
find(const struct gv_delta *d, const unsigned char *target, size_t at,
    size_t shift)
{
	uint64_t window = load64(target + at);
	size_t last = d->base_len - WINDOW, from = at + shift;

	if (from <= last && load64(d->base + from) == window)
		return from;
	from = d->slots[slot_of(window, d->bits)] - d->epoch;
	if (from <= last && load64(d->base + from) == window)
		return from;
	return d->base_len;
}

size_t
gv_delta_encode(const struct gv_delta *d, void *out, size_t cap,
    const void *data, size_t len)
{
	struct writer w = { out, (unsigned char *)out + cap };
	const unsigned char *t = data;
	size_t at = 0, done = 0, shift = 0, from, n;

	if (!put_size(&w, d->base_len) || !put_size(&w, len))
		return 0;
	if (d->base_len < WINDOW)
		at = len;
	while (at < len && len - at >= WINDOW) {
		from = find(d, t, at, shift);
		if (from == d->base_len) {
			/* the longer nothing is found, the longer the steps */
			at += 1 + ((at - done) >> 7);
			continue;
		}
		n = WINDOW +
		    match_length(t + at + WINDOW, d->base + from + WINDOW,
			len - at < d->base_len - from
			    ? len - at - WINDOW
			    : d->base_len - from - WINDOW);
		while (at > done && from > 0 && t[at - 1] == d->base[from - 1])
			at--, from--, n++;
		if (!put_new(&w, t + done, at - done) || !put_copy(&w, from, n))
			return 0;
		done = at += n;
		shift = from + n - at;
	}
	if (!put_new(&w, t + done, len - done))
		return 0;
	return (size_t)(w.p - (unsigned char *)out);
}

static bool
get_size(const unsigned char **p, const unsigned char *end, uint64_t *out)
{
	unsigned shift = 0;
	uint64_t n = 0;

	do {
		if (*p == end || shift > 56)
			return false;
		n |= (uint64_t)(**p & 0x7f) << shift;
		shift += 7;
	} while (*(*p)++ & 0x80);
	*out = n;
	return true;
}

size_t
gv_delta_head(
    const void *delta, size_t len, uint64_t *base_len, uint64_t *result_len)
{
	const unsigned char *p = delta, *end = p + len;

	if (!get_size(&p, end, base_len) || !get_size(&p, end, result_len))
		return 0;
	return (size_t)(p - (const unsigned char *)delta);
}

/* The offset and size bytes of a copy; false where they are cut short. */
static bool
get_copy(
    const unsigned char **p, const unsigned char *end, size_t *at, size_t *n)
{
	unsigned op = *(*p)++, i;

	*at = *n = 0;
	for (i = 0; i < 7; i++) {
		if (!(op & (1u << i)))
			continue;
		if (*p == end)
			return false;
		if (i < 4)
			*at |= (size_t) * (*p)++ << (8 * i);
		else
			*n |= (size_t) * (*p)++ << (8 * (i - 4));
	}
	if (*n == 0)
		*n = COPY_MAX;
	return true;
}

bool
gv_delta_apply(void *out, size_t out_len, const void *base, size_t base_len,
    const void *delta, size_t len)
{
	const unsigned char *p = delta, *end = p + len;
	unsigned char *o = out, *o_end = o + out_len;
	uint64_t want_base, want_out;
	size_t at, n = gv_delta_head(delta, len, &want_base, &want_out);

	if (n == 0 || want_base != base_len || want_out != out_len)
		return false;
	p += n;
	while (p < end) {
		if (*p & 0x80) {
			if (!get_copy(&p, end, &at, &n) || at > base_len ||
			    n > base_len - at || n > (size_t)(o_end - o))
				return false;
			memcpy(o, (const unsigned char *)base + at, n);
		} else {
			n = *p++; /* 0 is reserved */
			if (n == 0 || n > (size_t)(end - p) ||
			    n > (size_t)(o_end - o))
				return false;
			memcpy(o, p, n);
			p += n;
		}
		o += n;
	}
	return o == o_end;
}
