#include "crypto/ephemeral.h"

#include <stdint.h>

#include <sodium.h>

#ifdef __SIZEOF_INT128__

/* ---- numbers modulo p = 2^255 - 19 ---- */

#define LIMBS 5
#define BITS  51
#define MASK  (((uint64_t)1 << BITS) - 1)

__extension__ typedef unsigned __int128 wide;

/* The sum of v[i] * 2^(51 i); limbs may be a few bits longer than 51. */
struct number {
	uint64_t v[LIMBS];
};

/* What is above a limb goes to the next, and what is above 2^255, 19 times,
 * to the first. */
static void
carry(struct number *n, wide t[LIMBS])
{
	unsigned i;

	for (i = 0; i + 1 < LIMBS; i++) {
		t[i + 1] += t[i] >> BITS;
		n->v[i] = (uint64_t)t[i] & MASK;
	}
	n->v[i] = (uint64_t)t[i] & MASK;
	n->v[0] += 19 * (uint64_t)(t[i] >> BITS);
	n->v[1] += n->v[0] >> BITS;
	n->v[0] &= MASK;
}

static void
multiply(struct number *out, const struct number *a, const struct number *b)
{
	const uint64_t *x = a->v, *y = b->v;
	const uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3],
		       y4 = 19 * y[4];
	wide t[LIMBS] = {
		(wide)x[0] * y[0] + (wide)x[1] * y4 + (wide)x[2] * y3 +
		    (wide)x[3] * y2 + (wide)x[4] * y1,
		(wide)x[0] * y[1] + (wide)x[1] * y[0] + (wide)x[2] * y4 +
		    (wide)x[3] * y3 + (wide)x[4] * y2,
		(wide)x[0] * y[2] + (wide)x[1] * y[1] + (wide)x[2] * y[0] +
		    (wide)x[3] * y4 + (wide)x[4] * y3,
		(wide)x[0] * y[3] + (wide)x[1] * y[2] + (wide)x[2] * y[1] +
		    (wide)x[3] * y[0] + (wide)x[4] * y4,
		(wide)x[0] * y[4] + (wide)x[1] * y[3] + (wide)x[2] * y[2] +
		    (wide)x[3] * y[1] + (wide)x[4] * y[0],
	};

	carry(out, t);
}

/* a^(2^squares) * b */
static void
power(struct number *out, const struct number *a, unsigned squares,
    const struct number *b)
{
	struct number n = *a;

	while (squares--)
		multiply(&n, &n, &n);
	multiply(out, &n, b);
}

/* 1 / z, which is z^(p - 2). The names say to which power: 11 is 11, ones_N is
 * 2^N - 1. */
static void
invert(struct number *out, const struct number *z)
{
	struct number two, nine, eleven, ones_5, ones_10, ones_20, ones_50, n;

	multiply(&two, z, z);
	power(&nine, &two, 2, z);
	multiply(&eleven, &nine, &two);
	power(&ones_5, &eleven, 1, &nine);
	power(&ones_10, &ones_5, 5, &ones_5);
	power(&ones_20, &ones_10, 10, &ones_10);
	power(&n, &ones_20, 20, &ones_20);
	power(&ones_50, &n, 10, &ones_10);
	power(&n, &ones_50, 50, &ones_50);
	power(&n, &n, 100, &n);
	power(&n, &n, 50, &ones_50);
	power(out, &n, 5, &eleven);
}

/* The highest bit does not belong to the number. */
static void
read_number(struct number *out, const unsigned char bytes[GV_X25519_BYTES])
{
	uint64_t w[4] = { 0 };
	unsigned i;

	for (i = 0; i < GV_X25519_BYTES; i++)
		w[i / 8] |= (uint64_t)bytes[i] << i % 8 * 8;
	out->v[0] = w[0] & MASK;
	out->v[1] = (w[0] >> 51 | w[1] << 13) & MASK;
	out->v[2] = (w[1] >> 38 | w[2] << 26) & MASK;
	out->v[3] = (w[2] >> 25 | w[3] << 39) & MASK;
	out->v[4] = w[3] >> 12 & MASK;
}

/* The number itself, below p. */
static void
write_number(unsigned char out[GV_X25519_BYTES], const struct number *n)
{
	static const struct number one = { { 1 } };
	struct number r;
	uint64_t w[4], more = 19;
	unsigned i;

	multiply(&r, n, &one);
	multiply(&r, &r, &one);
	/* n + 19 has a bit 255 if n is p or more, which then goes */
	for (i = 0; i < LIMBS; i++)
		more = (r.v[i] + more) >> BITS;
	r.v[0] += 19 * more;
	for (i = 0; i + 1 < LIMBS; i++) {
		r.v[i + 1] += r.v[i] >> BITS;
		r.v[i] &= MASK;
	}
	r.v[4] &= MASK;
	w[0] = r.v[0] | r.v[1] << 51;
	w[1] = r.v[1] >> 13 | r.v[2] << 38;
	w[2] = r.v[2] >> 26 | r.v[3] << 25;
	w[3] = r.v[3] >> 39 | r.v[4] << 12;
	for (i = 0; i < GV_X25519_BYTES; i++)
		out[i] = (unsigned char)(w[i / 8] >> i % 8 * 8);
}

/* 1 + y and 1 - y */
static void
read_fraction(struct number *above, struct number *below,
    const unsigned char y[GV_X25519_BYTES])
{
	/* so that nothing is below zero: 2 p */
	static const struct number p2 = { { 2 * (MASK - 18), 2 * MASK, 2 * MASK,
	    2 * MASK, 2 * MASK } };
	unsigned i;

	read_number(above, y);
	for (i = 0; i < LIMBS; i++)
		below->v[i] = p2.v[i] - above->v[i];
	above->v[0]++;
	below->v[0]++;
}

void
gv_ephemeral_u(struct gv_ephemeral *keys, size_t n)
{
	/* products[i]: of all that is below up to there; rest: 1 over the one
	 * that the next share needs */
	struct number above[GV_EPHEMERAL_MANY], below[GV_EPHEMERAL_MANY];
	struct number products[GV_EPHEMERAL_MANY], rest;
	size_t i;

	for (i = 0; i < n; i++) {
		read_fraction(&above[i], &below[i], keys[i].share);
		if (i)
			multiply(&products[i], &products[i - 1], &below[i]);
		else
			products[i] = below[i];
	}
	if (n)
		invert(&rest, &products[n - 1]);
	for (i = n; i--;) {
		if (i) {
			multiply(&above[i], &above[i], &products[i - 1]);
			multiply(&above[i], &above[i], &rest);
			multiply(&rest, &rest, &below[i]);
		} else {
			multiply(&above[i], &above[i], &rest);
		}
		write_number(keys[i].share, &above[i]);
	}
}

/* ---- keys ---- */

/* Random, and then as X25519 takes any secret (RFC 7748, 5). */
static void
draw(unsigned char secret[GV_X25519_BYTES])
{
	randombytes_buf(secret, GV_X25519_BYTES);
	secret[0] &= 248;
	secret[GV_X25519_BYTES - 1] &= 127;
	secret[GV_X25519_BYTES - 1] |= 64;
}

void
gv_ephemeral_new(struct gv_ephemeral *out, size_t n)
{
	size_t i;

	/* no secret leads to the neutral point; it would be drawn again */
	for (i = 0; i < n; i++)
		do
			draw(out[i].secret);
		while (crypto_scalarmult_ed25519_base_noclamp(
			   out[i].share, out[i].secret) < 0);
	gv_ephemeral_u(out, n);
}

#else

void
gv_ephemeral_new(struct gv_ephemeral *out, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		randombytes_buf(out[i].secret, GV_X25519_BYTES);
		crypto_scalarmult_base(out[i].share, out[i].secret);
	}
}

#endif
