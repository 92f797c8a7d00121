#include "seal/needle.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"

/*
 * The first eight bytes of each form are looked up by their hash at every place
 * of what is searched; only where it is that of a form, bytes are compared.
 */
#define HEAD 8
#define BITS 14
#define SIZE ((size_t)1 << BITS)

struct form {
	size_t at, len; /* in the bytes of all */
	size_t tag;
	bool before, after; /* a digit on this side is partly of the value */
	size_t next;        /* 1 + the next of the same hash */
};

struct gv_needles {
	struct gv_secret bytes;
	struct form *forms;
	size_t n, cap, longest;
	size_t heads[SIZE]; /* 1 + the first of a hash */
};

int
gv_needles_new(struct gv_needles **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : gv_err_nomem();
}

void
gv_needles_free(struct gv_needles *n)
{
	if (n == NULL)
		return;
	gv_secret_release(&n->bytes);
	free(n->forms);
	free(n);
}

static size_t
hash(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, HEAD);
	return (size_t)(v * 0x9e3779b97f4a7c15u >> (64 - BITS));
}

/* ---- forms ---- */

/* What stands in `bytes` from `at` on is a form; one that the value has already
 * or that is too short is taken off again. */
static int
keep(struct gv_needles *n, struct form f)
{
	const unsigned char *p = n->bytes.p + f.at;
	size_t i, h;
	int r;

	f.len = n->bytes.len - f.at;
	/* those of one value stand together */
	for (i = n->n; i > 0 && n->forms[i - 1].tag == f.tag; i--)
		if (n->forms[i - 1].len == f.len &&
		    memcmp(n->bytes.p + n->forms[i - 1].at, p, f.len) == 0)
			f.len = 0;
	if (f.len < HEAD) {
		gv_secret_truncate(&n->bytes, f.at);
		return 0;
	}
	r = GV_GROW(n->forms, n->n, n->cap);
	if (r < 0)
		return r;
	h = hash(p);
	f.next = n->heads[h];
	n->forms[n->n++] = f;
	n->heads[h] = n->n;
	if (f.len + 2 > n->longest)
		n->longest = f.len + 2;
	return 0;
}

static int
put(struct gv_needles *n, const void *p, size_t len)
{
	return gv_secret_add(&n->bytes, p, len);
}

/* As base64 writes it behind `shift` bytes of something else: the digits that
 * tell nothing else, and whether one on each side tells a part. */
static int
add_base64(struct gv_needles *n, const unsigned char *p, size_t len, size_t tag,
    unsigned shift, bool url)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t first = (8 * shift + 5) / 6, last = 8 * (shift + len) / 6, i;
	struct form f = { .at = n->bytes.len,
		.tag = tag,
		.before = shift > 0,
		.after = 8 * (shift + len) % 6 != 0 };
	int r = 0;

	for (i = first; r == 0 && i < last; i++) {
		size_t bit = 6 * i - 8 * shift, byte = bit / 8;
		unsigned two = (unsigned)p[byte] << 8 |
		    (byte + 1 < len ? p[byte + 1] : 0u);
		unsigned v = two >> (10 - bit % 8) & 63;
		char c = v < 62 ? digits[v]
		    : v == 62   ? (url ? '-' : '+')
				: (url ? '_' : '/');

		r = put(n, &c, 1);
	}
	return r < 0 ? r : keep(n, f);
}

static int
add_hex(struct gv_needles *n, const unsigned char *p, size_t len, size_t tag,
    bool upper)
{
	struct form f = { .at = n->bytes.len, .tag = tag };
	char two[4];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < len; i++) {
		snprintf(two, sizeof(two), upper ? "%02X" : "%02x", p[i]);
		r = put(n, two, 2);
	}
	return r < 0 ? r : keep(n, f);
}

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static int
add_percent(struct gv_needles *n, const unsigned char *p, size_t len,
    size_t tag, bool upper)
{
	struct form f = { .at = n->bytes.len, .tag = tag };
	char three[4];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < len; i++) {
		snprintf(
		    three, sizeof(three), upper ? "%%%02X" : "%%%02x", p[i]);
		r = is_unreserved(p[i]) ? put(n, p + i, 1) : put(n, three, 3);
	}
	return r < 0 ? r : keep(n, f);
}

static int
add_json(struct gv_needles *n, const unsigned char *p, size_t len, size_t tag,
    bool slash)
{
	static const char from[] = "\"\\\n\t\r\b\f/", to[] = "\"\\ntrbf/";
	struct form f = { .at = n->bytes.len, .tag = tag };
	char text[8];
	const char *c;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < len; i++) {
		c = p[i] ? strchr(from, p[i]) : NULL;
		if (c && (*c != '/' || slash))
			snprintf(text, sizeof(text), "\\%c", to[c - from]);
		else if (p[i] < 0x20)
			snprintf(text, sizeof(text), "\\u%04x", p[i]);
		else
			snprintf(text, sizeof(text), "%c", p[i]);
		r = put(n, text, strlen(text));
	}
	return r < 0 ? r : keep(n, f);
}

static int
add_utf16(struct gv_needles *n, const unsigned char *p, size_t len, size_t tag,
    bool big)
{
	struct form f = { .at = n->bytes.len, .tag = tag };
	unsigned char two[2] = { 0, 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < len; i++)
		if (p[i] >= 0x80)
			return 0;
	for (i = 0; r == 0 && i < len; i++) {
		two[big] = p[i];
		r = put(n, two, 2);
	}
	return r < 0 ? r : keep(n, f);
}

int
gv_needles_add(struct gv_needles *n, const void *value, size_t len, size_t tag)
{
	const unsigned char *p = value;
	unsigned shift, i;
	int r = 0;

	if (len < GV_NEEDLE_MIN)
		return gv_err(GV_EREFUSED,
		    "cannot search for a value of %zu bytes: it is too short "
		    "to be distinguished from other text; the minimum is %d",
		    len, GV_NEEDLE_MIN);
	if ((r = put(n, p, len)) == 0)
		r = keep(
		    n, (struct form){ .at = n->bytes.len - len, .tag = tag });
	for (i = 0; r == 0 && i < 2; i++) {
		for (shift = 0; r == 0 && shift < 3; shift++)
			r = add_base64(n, p, len, tag, shift, i);
		if (r == 0 && (r = add_hex(n, p, len, tag, i)) == 0 &&
		    (r = add_percent(n, p, len, tag, i)) == 0 &&
		    (r = add_json(n, p, len, tag, i)) == 0)
			r = add_utf16(n, p, len, tag, i);
	}
	return r;
}

size_t
gv_needles_longest(const struct gv_needles *n)
{
	return n->longest;
}

/* ---- seeking ---- */

static bool
is_digit(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c && strchr("+/-_", c));
}

/* The place, with the digits that tell a part of the value. */
static int
found(const struct form *f, const unsigned char *p, size_t len, size_t at,
    int (*fn)(void *ctx, size_t at, size_t len, size_t tag), void *ctx)
{
	size_t from = at, to = at + f->len;

	if (f->before && from && is_digit(p[from - 1]))
		from--;
	if (f->after && to < len && is_digit(p[to]))
		to++;
	return fn(ctx, from, to - from, f->tag);
}

int
gv_needles_find(const struct gv_needles *n, const void *data, size_t len,
    int (*fn)(void *ctx, size_t at, size_t len, size_t tag), void *ctx)
{
	const unsigned char *p = data;
	size_t at, i;
	int r = 0;

	for (at = 0; r == 0 && at + HEAD <= len; at++)
		for (i = n->heads[hash(p + at)]; r == 0 && i;
		     i = n->forms[i - 1].next) {
			const struct form *f = &n->forms[i - 1];

			if (len - at >= f->len &&
			    memcmp(p + at, n->bytes.p + f->at, f->len) == 0)
				r = found(f, p, len, at, fn, ctx);
		}
	return r;
}
