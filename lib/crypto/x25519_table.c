#include "crypto/x25519_table.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/ephemeral.h"
#include "sys/dynlib.h"

#if defined(HAVE_LIBDECAF) && defined(__SIZEOF_INT128__)
#define HAVE_TABLES 1
#include <decaf/ed255.h>
#include <decaf/point_255.h>
#else
#define HAVE_TABLES 0
#endif

/* To make a table takes as long as six multiplications. */
#define WORTH_A_TABLE 8

struct gv_x25519_table {
	unsigned char point[GV_X25519_BYTES];
	atomic_uint times;
#if HAVE_TABLES
	/* NULL: not made yet, or the point is not on the curve but on its
	 * twist, which has no table */
	_Atomic(decaf_255_precomputed_s *) multiples;
#endif
};

struct gv_x25519_table *
gv_x25519_table_new(const unsigned char point[GV_X25519_BYTES])
{
	struct gv_x25519_table *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)gv_err_nomem();
		return NULL;
	}
	memcpy(t->point, point, sizeof(t->point));
	atomic_init(&t->times, 0);
#if HAVE_TABLES
	atomic_init(&t->multiples, NULL);
#endif
	return t;
}

#if HAVE_TABLES

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What is used of libdecaf, as decaf_255_NAME. Who seals for few never needs
 * it, so it is loaded for the first table. */
struct decaf {
	__typeof__(decaf_255_point_decode_like_eddsa_and_mul_by_ratio) *decode;
	__typeof__(decaf_255_point_destroy) *point_destroy;
	__typeof__(decaf_255_point_mul_by_ratio_and_encode_like_x25519) *encode;
	__typeof__(decaf_255_point_scalarmul) *scalarmul;
	__typeof__(decaf_255_precompute) *precompute;
	__typeof__(decaf_255_precomputed_scalarmul) *precomputed_scalarmul;
	__typeof__(decaf_255_scalar_decode_long) *decode_long;
	__typeof__(decaf_255_scalar_destroy) *scalar_destroy;
	__typeof__(decaf_255_scalar_invert) *invert;
	const size_t *size, *align; /* of a table */
};

/* Changes once, under gv_dynlib_load_once(). */
static struct decaf decaf;
static gv_dynlib_once once;

static bool
load(void)
{
	static const char *const names[] = { "libdecaf.so.0",
		"libdecaf.0.dylib" };
	static const struct gv_dynlib_symbol symbols[] = {
		{ &decaf.decode,
		    "decaf_255_point_decode_like_eddsa_and_mul_by_ratio" },
		{ &decaf.point_destroy, "decaf_255_point_destroy" },
		{ &decaf.encode,
		    "decaf_255_point_mul_by_ratio_and_encode_like_x25519" },
		{ &decaf.scalarmul, "decaf_255_point_scalarmul" },
		{ &decaf.precompute, "decaf_255_precompute" },
		{ &decaf.precomputed_scalarmul,
		    "decaf_255_precomputed_scalarmul" },
		{ &decaf.decode_long, "decaf_255_scalar_decode_long" },
		{ &decaf.scalar_destroy, "decaf_255_scalar_destroy" },
		{ &decaf.invert, "decaf_255_scalar_invert" },
		{ &decaf.size, "decaf_255_sizeof_precomputed_s" },
		{ &decaf.align, "decaf_255_alignof_precomputed_s" },
	};

	return gv_dynlib_load_once(
	    &once, names, COUNT(names), symbols, COUNT(symbols));
}

/* libdecaf reads points of the Edwards form, times 2, and writes those of
 * Curve25519, times 4: so nothing of low order is left, and the point is
 * divided by 8 before. That also makes up for the y coordinate, which is the
 * one of -u: by RFC 7748, 4.1, it is another point's, which differs by one of
 * order 2. 0, or GV_ERROR where there is none. */
static int
read_point(decaf_255_point_t out, const unsigned char point[GV_X25519_BYTES])
{
	/* p, little end first */
	static const unsigned char p[GV_X25519_BYTES] = { 0xed, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f };
	static const unsigned char factor[1] = { DECAF_255_EDDSA_DECODE_RATIO *
		DECAF_X25519_ENCODE_RATIO };
	struct gv_ephemeral minus = { { 0 }, { 0 } };
	decaf_255_scalar_t eighth;
	int i, borrow = 0;

	for (i = 0; i < GV_X25519_BYTES; i++) {
		int last = i == GV_X25519_BYTES - 1;
		int n = p[i] - (last ? point[i] & 0x7f : point[i]) - borrow;

		borrow = n < 0;
		minus.share[i] = (unsigned char)n;
	}
	if (borrow) /* u is p or more: written as nobody writes it */
		return GV_ERROR;
	gv_ephemeral_u(&minus, 1);
	if (decaf.decode(out, minus.share) != DECAF_SUCCESS)
		return GV_ERROR;
	decaf.decode_long(eighth, factor, sizeof(factor));
	if (decaf.invert(eighth, eighth) != DECAF_SUCCESS)
		return GV_ERROR;
	decaf.scalarmul(out, out, eighth);
	return 0;
}

/* NULL where there is none, no library, or no memory: it goes on without. */
static const decaf_255_precomputed_s *
make(struct gv_x25519_table *t)
{
	decaf_255_precomputed_s *multiples = NULL;
	decaf_255_point_t point;
	void *memory = NULL;

	if (!load() || read_point(point, t->point) < 0 ||
	    posix_memalign(&memory, *decaf.align, *decaf.size) != 0)
		return NULL;
	multiples = memory;
	decaf.precompute(multiples, point);
	atomic_store_explicit(&t->multiples, multiples, memory_order_release);
	return multiples;
}

/* Whether it could be done: GV_ENOTFOUND where there is no table. */
static int
multiply(unsigned char out[GV_X25519_BYTES], struct gv_x25519_table *t,
    const unsigned char secret[GV_X25519_BYTES])
{
	unsigned char clamped[GV_X25519_BYTES];
	const decaf_255_precomputed_s *multiples;
	decaf_255_scalar_t scalar;
	decaf_255_point_t product;

	multiples = atomic_load_explicit(&t->multiples, memory_order_acquire);
	if (multiples == NULL &&
	    atomic_fetch_add(&t->times, 1) == WORTH_A_TABLE)
		multiples = make(t);
	if (multiples == NULL)
		return GV_ENOTFOUND;
	memcpy(clamped, secret, sizeof(clamped));
	clamped[0] &= 248;
	clamped[GV_X25519_BYTES - 1] &= 127;
	clamped[GV_X25519_BYTES - 1] |= 64;
	decaf.decode_long(scalar, clamped, sizeof(clamped));
	decaf.precomputed_scalarmul(product, multiples, scalar);
	decaf.encode(out, product);
	decaf.scalar_destroy(scalar);
	decaf.point_destroy(product);
	sodium_memzero(clamped, sizeof(clamped));
	return sodium_is_zero(out, GV_X25519_BYTES) ? GV_ERROR : 0;
}

#else

static int
multiply(unsigned char out[GV_X25519_BYTES], struct gv_x25519_table *t,
    const unsigned char secret[GV_X25519_BYTES])
{
	(void)out;
	(void)t;
	(void)secret;
	return GV_ENOTFOUND;
}

#endif

int
gv_x25519_table_multiply(unsigned char out[GV_X25519_BYTES],
    struct gv_x25519_table *t, const unsigned char secret[GV_X25519_BYTES])
{
	int r = multiply(out, t, secret);

	if (r != GV_ENOTFOUND)
		return r;
	return crypto_scalarmult(out, secret, t->point) < 0 ? GV_ERROR : 0;
}

void
gv_x25519_table_free(struct gv_x25519_table *t)
{
#if HAVE_TABLES
	if (t)
		free(atomic_load(&t->multiples));
#endif
	free(t);
}
