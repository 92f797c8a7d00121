#include "compress/quick.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "compress/deflate.h"

/*
 * One block of RFC 1951 with dynamic codes, which are always the same for a
 * kind, so that neither are they made for each text nor is their description,
 * `head`: the bits before the first symbol, the first in the lowest bit.
 *
 * The lengths of codes in bits were counted over the symbols that run() makes:
 * of text, in 2,100 files of YAML, JSON, TOML, INI, Markdown and shell of many
 * projects and in generated trees of infrastructure code; of trees, in those of
 * this project's history and of such generated trees. What is seldom has a code
 * all the same, but for bytes that are not in text.
 */
#define LITERALS  286 /* 256: the end; from 257 on lengths of matches */
#define END       256
#define LENGTHS   29
#define DISTANCES 30
#define HEAD_MAX  75

struct spec {
	uint8_t literals[LITERALS], distances[DISTANCES];
	uint8_t head[HEAD_MAX];
	unsigned head_bits;
};

static const struct spec specs[GV_QUICK_KINDS] = {
	{
	    .literals = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 6, 0, 0, 12, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 11, 7, 9, 9, 12,
		10, 9, 9, 9, 10, 12, 8, 6, 6, 7, 7, 6, 6, 7, 7, 7, 7, 8, 8, 8,
		7, 11, 11, 8, 10, 12, 12, 8, 10, 8, 9, 7, 10, 9, 9, 8, 12, 10,
		9, 9, 8, 8, 9, 11, 8, 8, 8, 9, 10, 10, 11, 10, 12, 9, 9, 9, 12,
		7, 9, 5, 7, 6, 6, 4, 7, 7, 7, 5, 10, 8, 6, 7, 5, 5, 6, 10, 5, 5,
		5, 6, 8, 8, 8, 7, 11, 10, 10, 9, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 12, 4, 5, 5, 6,
		6, 6, 5, 7, 7, 8, 8, 7, 8, 8, 9, 9, 9, 9, 10, 10, 11, 11, 12,
		12, 12, 12, 12, 12 },
	    .distances = { 6, 12, 11, 12, 9, 8, 5, 7, 6, 5, 5, 5, 4, 3, 4, 4, 4,
		4, 4, 4, 4, 5, 4, 5, 5, 6, 6, 7, 7, 10 },
	    .head = { 237, 93, 107, 123, 219, 54, 150, 254, 28, 62, 207, 254,
		135, 51, 74, 182, 73, 186, 38, 37, 82, 23, 219, 154, 113, 119,
		93, 71, 77, 188, 77, 236, 140, 237, 180, 211, 77, 178, 10, 68,
		30, 73, 168, 41, 128, 5, 64, 219, 154, 54, 251, 219, 187, 7, 32,
		9, 201, 150, 157, 75, 59, 179, 87, 238, 108, 12, 17, 192, 121,
		207, 29, 7, 32, 165, 2 },
	    .head_bits = 594,
	},
	{
	    .literals = { 6, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
		9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 8, 8, 8, 9, 9, 8, 8,
		8, 9, 9, 8, 8, 9, 7, 8, 9, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 9,
		8, 9, 9, 9, 8, 8, 8, 9, 8, 8, 8, 9, 8, 8, 8, 8, 9, 9, 8, 8, 8,
		9, 8, 8, 8, 8, 9, 9, 9, 8, 9, 9, 8, 8, 8, 8, 9, 7, 8, 7, 8, 7,
		8, 8, 7, 7, 8, 8, 7, 8, 7, 7, 7, 8, 7, 7, 7, 8, 8, 8, 8, 8, 8,
		9, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
		9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
		9, 9, 9, 9, 9, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
		8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
		8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
		8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
		8, 8, 8, 8, 8, 8, 8, 12, 12, 7, 7, 6, 6, 7, 8, 8, 7, 7, 8, 9,
		10, 12, 12, 11, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
		11 },
	    .distances = { 11, 11, 11, 11, 9, 10, 11, 11, 11, 6, 2, 4, 5, 6, 5,
		5, 4, 5, 4, 5, 4, 4, 4, 4, 4, 5, 6, 7, 10, 11 },
	    .head = { 237, 157, 5, 64, 27, 93, 182, 128, 167, 238, 238, 14, 180,
		64, 11, 13, 141, 11, 165, 45, 80, 160, 72, 11, 20, 105, 75, 139,
		52, 132, 64, 2, 33, 9, 73, 208, 82, 119, 119, 119, 111, 113,
		119, 119, 119, 119, 119, 119, 231, 189, 100, 38, 144, 208, 255,
		189, 125, 174, 107, 253, 119, 119, 190, 115, 231, 222, 115, 207,
		61, 118, 39, 255, 2 },
	    .head_bits = 578,
	},
};

/* Where the symbols of lengths and of distances begin, and how many bits tell
 * how far from there. */
static const uint16_t length_from[LENGTHS] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13,
	15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
	227, 258 };
static const uint8_t length_extra[LENGTHS] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1,
	1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const uint16_t distance_from[DISTANCES] = { 1, 2, 3, 4, 5, 7, 9, 13, 17,
	25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
	3073, 4097, 6145, 8193, 12289, 16385, 24577 };
static const uint8_t distance_extra[DISTANCES] = { 0, 0, 0, 0, 1, 1, 2, 2, 3, 3,
	4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };

#define MATCH_MIN 4 /* shorter ones are not sought */
#define MATCH_MAX 258
#define FAR       32768 /* how far back one may be */
#define HASH_BITS 12
#define ROOM      24 /* bytes: eight of a store, and those of the end */

struct code {
	uint32_t bits; /* the first in the lowest bit */
	uint8_t n;     /* how many; 0: it has none */
};

struct codes {
	struct code literals[LITERALS];
	struct code lengths[MATCH_MAX + 1]; /* with their extra bits */
	struct code distances[DISTANCES];
};

struct gv_quick {
	struct codes codes[GV_QUICK_KINDS];
	/* the symbol of a distance up to 256, and of one by its upper bits */
	uint8_t near[257], far[256];
	uint16_t heads[1 << HASH_BITS]; /* one more than where; 0: nowhere */
};

/* ---- codes ---- */

/* The canonical codes of these lengths. */
static void
make_codes(struct code *out, const uint8_t *lengths, size_t n)
{
	uint32_t next[16] = { 0 }, count[16] = { 0 }, code = 0;
	size_t i;
	uint8_t k;

	for (i = 0; i < n; i++)
		count[lengths[i]]++;
	count[0] = 0;
	for (k = 1; k < 16; k++)
		next[k] = code = (code + count[k - 1]) << 1;
	for (i = 0; i < n; i++) {
		out[i] = (struct code){ 0, lengths[i] };
		code = lengths[i] ? next[lengths[i]]++ : 0;
		for (k = 0; k < lengths[i]; k++)
			out[i].bits |= (code >> k & 1) << (lengths[i] - 1 - k);
	}
}

static uint8_t
symbol_of(const uint16_t *from, uint8_t n, unsigned value)
{
	while (from[--n] > value)
		;
	return n;
}

static void
make_kind(struct codes *c, const struct spec *spec)
{
	unsigned len;

	make_codes(c->literals, spec->literals, LITERALS);
	make_codes(c->distances, spec->distances, DISTANCES);
	for (len = 3; len <= MATCH_MAX; len++) {
		uint8_t s = symbol_of(length_from, LENGTHS, len);
		struct code code = c->literals[END + 1 + s];

		code.bits |= (len - length_from[s]) << code.n;
		code.n = (uint8_t)(code.n + length_extra[s]);
		c->lengths[len] = code;
	}
}

struct gv_quick *
gv_quick_new(void)
{
	struct gv_quick *q = calloc(1, sizeof(*q));
	unsigned i;

	if (q == NULL) {
		gv_err_nomem();
		return NULL;
	}
	for (i = 0; i < GV_QUICK_KINDS; i++)
		make_kind(&q->codes[i], &specs[i]);
	for (i = 1; i <= 256; i++)
		q->near[i] = symbol_of(distance_from, DISTANCES, i);
	for (i = 0; i < 256; i++)
		q->far[i] = symbol_of(distance_from, DISTANCES, i * 128 + 1);
	return q;
}

void
gv_quick_free(struct gv_quick *q)
{
	free(q);
}

/* ---- what is written ---- */

struct writer {
	unsigned char *p, *end; /* no eight bytes begin behind `end` */
	uint64_t bits;          /* not written yet, and how many */
	unsigned n;
	bool fails; /* a symbol has no code, or there is no room */
};

/* Bits that a literal and a match take at most. */
#define LITERAL_BITS 12
#define MATCH_BITS   42

static void
put(struct writer *w, struct code code)
{
	w->bits |= (uint64_t)code.bits << w->n;
	w->n += code.n;
}

/* Have room for that many bits: all whole bytes go, by a store of eight. */
static void
need(struct writer *w, unsigned bits)
{
	int i;

	if (w->n + bits < 64)
		return;
	w->fails |= w->p >= w->end;
	if (w->fails)
		w->n = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	(void)i;
	memcpy(w->p, &w->bits, 8);
#else
	for (i = 0; i < 8; i++)
		w->p[i] = (unsigned char)(w->bits >> 8 * i);
#endif
	w->p += w->n >> 3;
	w->bits >>= w->n & ~7u;
	w->n &= 7;
}

static void
begin(struct writer *w, const struct spec *spec)
{
	const size_t whole = spec->head_bits / 8;

	/* the head of zlib: a window of 32 KiB, packed as fast as can be */
	*w->p++ = 0x78;
	*w->p++ = 0x01;
	memcpy(w->p, spec->head, whole);
	w->p += whole;
	w->n = spec->head_bits % 8;
	w->bits = w->n ? spec->head[whole] : 0;
}

static void
finish(struct writer *w, struct code end, const void *data, size_t len)
{
	uint32_t sum = gv_deflate_adler32(data, len);
	int i;

	need(w, LITERAL_BITS);
	put(w, end);
	for (; w->n > 0; w->n -= w->n < 8 ? w->n : 8) {
		*w->p++ = (unsigned char)w->bits;
		w->bits >>= 8;
	}
	for (i = 24; i >= 0; i -= 8)
		*w->p++ = (unsigned char)(sum >> i);
}

/* ---- matches ---- */

static uint32_t
load(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t
slot_of(uint32_t four)
{
	return four * UINT32_C(2654435761) >> (32 - HASH_BITS);
}

/* How many bytes are the same at both places, before `end` and MATCH_MAX. */
static size_t
measure(const unsigned char *a, const unsigned char *b, size_t left)
{
	const size_t most = left < MATCH_MAX ? left : MATCH_MAX;
	size_t n = MATCH_MIN;

	while (n + 8 <= most && memcmp(a + n, b + n, 8) == 0)
		n += 8;
	while (n < most && a[n] == b[n])
		n++;
	return n;
}

static void
put_match(struct writer *w, const struct gv_quick *q, const struct codes *c,
    size_t len, size_t distance)
{
	const uint8_t s =
	    distance <= 256 ? q->near[distance] : q->far[(distance - 1) / 128];
	const struct code rest = { (uint32_t)distance - distance_from[s],
		distance_extra[s] };

	need(w, MATCH_BITS);
	put(w, c->lengths[len]);
	put(w, c->distances[s]);
	put(w, rest);
}

static void
put_literal(struct writer *w, struct code code)
{
	w->fails |= code.n == 0;
	need(w, LITERAL_BITS);
	put(w, code);
}

/* Note the second and the last place of a match. */
static void
note_match(
    struct gv_quick *q, const unsigned char *p, size_t at, size_t end, size_t n)
{
	if (end + 4 > n)
		return;
	q->heads[slot_of(load(p + at + 1))] = (uint16_t)(at + 2);
	q->heads[slot_of(load(p + end - 1))] = (uint16_t)end;
}

/* The writer is a copy, so that it can be in registers: what is written could
 * be anywhere else. */
static bool
run(struct writer *to, struct gv_quick *q, const struct codes *c,
    const unsigned char *p, size_t n)
{
	struct writer w = *to;
	size_t at = 0, before, len;

	while (at + MATCH_MIN <= n && !w.fails) {
		const uint32_t four = load(p + at);
		uint16_t *head = &q->heads[slot_of(four)];

		before = *head;
		*head = (uint16_t)(at + 1);
		if (before == 0 || at + 1 - before > FAR ||
		    load(p + before - 1) != four) {
			put_literal(&w, c->literals[p[at++]]);
			continue;
		}
		len = measure(p + before - 1, p + at, n - at);
		put_match(&w, q, c, len, at + 1 - before);
		note_match(q, p, at, at + len, n);
		at += len;
	}
	while (at < n && !w.fails)
		put_literal(&w, c->literals[p[at++]]);
	w.fails |= w.p >= w.end;
	*to = w;
	return !w.fails;
}

size_t
gv_quick_run(struct gv_quick *q, enum gv_quick_kind kind, void *out, size_t cap,
    const void *data, size_t len)
{
	const struct codes *c = &q->codes[kind];
	struct writer w = { .p = out };

	if (len > GV_QUICK_MAX || cap < 2 + HEAD_MAX + ROOM)
		return 0;
	w.end = w.p + cap - ROOM;
	memset(q->heads, 0, sizeof(q->heads));
	begin(&w, &specs[kind]);
	if (!run(&w, q, c, data, len))
		return 0;
	finish(&w, c->literals[END], data, len);
	return (size_t)(w.p - (unsigned char *)out);
}
