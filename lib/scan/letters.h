#ifndef GV_LETTERS_H
#define GV_LETTERS_H
/*
 * Which bytes of a value are letters and digits, a bit for each: so what words
 * ask for is asked of all bytes at once.
 *
 *	letters = gv_letters_of("ab1", 3);
 *	letters.lower == 3 && letters.digit == 4;
 */

#include <stddef.h>
#include <stdint.h>

#include "lex/ascii.h"
#include "lex/seek.h"

#define GV_LETTERS_MAX 63 /* bytes of a value that has them */

struct gv_letters {
	uint64_t lower, upper, digit; /* behind the last byte there are none */
};

/* How many bits are set, without a call, which __builtin_popcountll() is where
 * the processor may have no instruction for it. */
static inline size_t
gv_letters_count(uint64_t bits)
{
	bits -= bits >> 1 & 0x5555555555555555;
	bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (size_t)(bits * 0x0101010101010101 >> 56);
}

#if defined(__SSE2__)
/* What eight bytes leave of sixteen is 0, and counts for nothing. */
static inline void
gv_letters_look(struct gv_letters *l, __m128i v, size_t i)
{
	l->lower |= (uint64_t)gv_seek_range(v, 'a', 26) << i;
	l->upper |= (uint64_t)gv_seek_range(v, 'A', 26) << i;
	l->digit |= (uint64_t)gv_seek_range(v, '0', 10) << i;
}
#endif

/* Those of GV_LETTERS_MAX bytes at most. */
static inline struct gv_letters
gv_letters_of(const char *p, size_t len)
{
	struct gv_letters l = { 0, 0, 0 };
	size_t i = 0;

#if defined(__SSE2__)
	for (; i + 16 <= len; i += 16)
		gv_letters_look(&l, gv_seek_load(p + i), i);
	/* eight at once, which may be met twice */
	if (len >= 8 && i < len) {
		if (len - i > 8)
			gv_letters_look(&l, gv_seek_eight(p + i), i);
		gv_letters_look(&l, gv_seek_eight(p + len - 8), len - 8);
		i = len;
	}
#endif
	for (; i < len; i++) {
		l.lower |= (uint64_t)gv_ascii_is_lower(p[i]) << i;
		l.upper |= (uint64_t)gv_ascii_is_upper(p[i]) << i;
		l.digit |= (uint64_t)gv_ascii_is_digit(p[i]) << i;
	}
	return l;
}

#endif
