#ifndef GV_SEEK_H
#define GV_SEEK_H
/*
 * Where the next of a few bytes is, for those that are mostly near: to call
 * memchr() for each would cost more than the look.
 *
 *	at = gv_seek(p, at, end, '\\');
 *	at = gv_seek_any(p, at, end, '@', '/', '\n');
 */

#include <stddef.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "lex/ascii.h"

#if defined(__SSE2__)
static inline __m128i
gv_seek_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Eight bytes, and eight zeros behind them. */
static inline __m128i
gv_seek_eight(const char *p)
{
	return _mm_loadl_epi64((const __m128i *)(const void *)p);
}

/* The bytes of `v` that are one of `n` from `first` on, as bits. */
static inline unsigned
gv_seek_range(__m128i v, char first, char n)
{
	const __m128i above = _mm_sub_epi8(v, _mm_set1_epi8(first));

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(
	    above, _mm_min_epu8(above, _mm_set1_epi8((char)(n - 1)))));
}

/* Those of sixteen that are neither letters nor digits. */
static inline unsigned
gv_seek_signs(const char *p)
{
	const __m128i v = gv_seek_load(p);

	return 0xffff &
	    ~(gv_seek_range(_mm_or_si128(v, _mm_set1_epi8(32)), 'a', 26) |
		gv_seek_range(v, '0', 10));
}
#endif

/* The place of the first such byte from `at` on, or `end`. The bytes in front
 * of `at`, from `p` on, are looked at, too. */
static inline size_t
gv_seek(const char *p, size_t at, size_t end, char a)
{
	const char *sign;

#if defined(__SSE2__)
	if (at + 16 <= end) {
		unsigned mask = (unsigned)_mm_movemask_epi8(
		    _mm_cmpeq_epi8(gv_seek_load(p + at), _mm_set1_epi8(a)));

		if (mask)
			return at + (size_t)__builtin_ctz(mask);
		at += 16;
	}
	if (at < end && end - at < 16 && end >= 16) {
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(
		    gv_seek_load(p + end - 16), _mm_set1_epi8(a)));

		mask >>= 16 - (end - at);
		return mask ? at + (size_t)__builtin_ctz(mask) : end;
	}
#endif
	sign = memchr(p + at, a, end - at);
	return sign ? (size_t)(sign - p) : end;
}

/* The first from `at` on that is neither letter nor digit, or `end`. */
static inline size_t
gv_seek_sign(const char *p, size_t at, size_t end)
{
#if defined(__SSE2__)
	for (; at + 16 <= end; at += 16) {
		const unsigned mask = gv_seek_signs(p + at);

		if (mask)
			return at + (size_t)__builtin_ctz(mask);
	}
#endif
	while (at < end && gv_ascii_is_alnum(p[at]))
		at++;
	return at;
}

/* Behind the last of two such bytes in front of `end`, or `from`. */
static inline size_t
gv_seek_back(const char *p, size_t from, size_t end, char a, char b)
{
#if defined(__SSE2__)
	for (; end > from && end >= 16; end -= 16) {
		const __m128i v = gv_seek_load(p + end - 16);
		unsigned mask = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)),
			_mm_cmpeq_epi8(v, _mm_set1_epi8(b))));

		if (end - from < 16)
			mask &= 0xffffU << (16 - (end - from));
		if (mask)
			return end + 16 - (size_t)__builtin_clz(mask);
		if (end - from < 16)
			return from;
	}
#endif
	while (end > from && p[end - 1] != a && p[end - 1] != b)
		end--;
	return end;
}

/* The first of three from `at` on, or `end`. */
static inline size_t
gv_seek_any(const char *p, size_t at, size_t end, char a, char b, char c)
{
#if defined(__SSE2__)
	for (; at + 16 <= end; at += 16) {
		const __m128i v = gv_seek_load(p + at);
		const unsigned mask = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)),
			_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(b)),
			    _mm_cmpeq_epi8(v, _mm_set1_epi8(c)))));

		if (mask)
			return at + (size_t)__builtin_ctz(mask);
	}
#endif
	while (at < end && p[at] != a && p[at] != b && p[at] != c)
		at++;
	return at;
}

#endif
