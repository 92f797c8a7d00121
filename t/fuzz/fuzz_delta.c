/*
 * Input: two bytes of length, a base of that length, the rest. The rest is
 * told as a delta to the base and made again by a decoder that shares nothing
 * with ours; then it is taken for a delta itself, and both decoders must agree
 * on whether it is one and on what it makes.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "object/delta.h"

#define RESULT_MAX (1 << 20)

struct reader {
	const uint8_t *p;
	size_t left;
	bool failed;
};

static unsigned
byte(struct reader *r)
{
	if (r->left == 0) {
		r->failed = true;
		return 0;
	}
	r->left--;
	return *r->p++;
}

static uint64_t
number(struct reader *r)
{
	uint64_t n = 0;
	unsigned b, i;

	for (i = 0; i < 9; i++) {
		b = byte(r);
		n += (uint64_t)(b % 128) << (7 * i);
		if (b < 128)
			return n;
	}
	r->failed = true;
	return 0;
}

/* The length of what the delta makes, or -1. One byte after the other. */
static int64_t
decode(uint8_t *out, size_t cap, const uint8_t *base, size_t base_len,
    struct reader r)
{
	uint64_t want_base = number(&r), want = number(&r), n = 0, at, count;
	unsigned op;

	if (r.failed || want_base != base_len || want > cap)
		return -1;
	while (r.left && !r.failed) {
		op = byte(&r);
		if (op == 0)
			return -1;
		at = count = 0;
		if (op < 128) {
			count = op;
		} else {
			for (int i = 0; i < 4; i++)
				at += op >> i & 1 ? (uint64_t)byte(&r) << 8 * i
						  : 0;
			for (int i = 0; i < 3; i++)
				count += op >> (4 + i) & 1
				    ? (uint64_t)byte(&r) << 8 * i
				    : 0;
			count = count ? count : 65536;
		}
		for (; count && !r.failed; count--, at++) {
			if (n == want || (op >= 128 && at >= base_len))
				return -1;
			out[n++] = op < 128 ? (uint8_t)byte(&r) : base[at];
		}
	}
	return r.failed || n != want ? -1 : (int64_t)n;
}

static void
encode_and_decode(const uint8_t *base, size_t base_len, const uint8_t *data,
    size_t len, uint8_t *out)
{
	static struct gv_delta *d; /* kept, as a lane keeps it */
	size_t cap = len + len / 64 + 32, n;
	uint8_t *delta = malloc(cap);

	if (d == NULL)
		d = gv_delta_new();
	must(d && delta && gv_delta_index(d, base, base_len) == 0);
	n = gv_delta_encode(d, delta, cap, data, len);
	if (n) {
		struct reader r = { delta, n, false };

		must(
		    decode(out, RESULT_MAX, base, base_len, r) == (int64_t)len);
		must(len == 0 || memcmp(out, data, len) == 0);
		/* and never a byte more than it may take */
		must(gv_delta_encode(d, delta, n - 1, data, len) == 0);
	}
	free(delta);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t out[RESULT_MAX], other[RESULT_MAX];
	size_t base_len;
	uint64_t x, want;
	int64_t n;

	if (len < 2)
		return 0;
	base_len = (size_t)data[0] << 8 | data[1];
	data += 2;
	len -= 2;
	if (base_len > len)
		base_len = len;
	encode_and_decode(data, base_len, data + base_len, len - base_len, out);
	n = decode(out, RESULT_MAX, data, base_len,
	    (struct reader){ data + base_len, len - base_len, false });
	if (gv_delta_head(data + base_len, len - base_len, &x, &want) == 0 ||
	    want > RESULT_MAX) {
		must(n < 0);
		return 0;
	}
	must(gv_delta_apply(other, (size_t)want, data, base_len,
		 data + base_len, len - base_len) == (n >= 0));
	must(n < 0 || memcmp(out, other, (size_t)n) == 0);
	return 0;
}
