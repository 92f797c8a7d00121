#ifndef GV_JSONTEXT_INTERNAL_H
#define GV_JSONTEXT_INTERNAL_H
/*
 * What the readers of JSON share: the wide steps over what is most of a
 * document, and what jsonstream.c does with a cursor whose bytes are not all
 * there yet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "format/jsontext.h"

enum {
	GV_JSONTEXT_START, /* a value has to come */
	GV_JSONTEXT_OPEN,  /* behind a bracket: a value or the end */
	GV_JSONTEXT_AFTER, /* behind a value */
	GV_JSONTEXT_BROKEN,
};

/* What gv_jsontext_next() refuses a document for that may go on behind `end`:
 * nothing has changed, and with more bytes the call is made again. */
static inline bool
gv_jsontext_is_short(const struct gv_jsontext *j)
{
	return j->state != GV_JSONTEXT_BROKEN;
}

/* Go on to the end of the list or map that was the innermost at `depth`. As
 * gv_jsontext_next(), but 1 at its end only; what is short has got as far as it
 * could. */
int gv_jsontext_rest(struct gv_jsontext *j, unsigned depth);

/* Places are counted on from here: what is behind the cursor need not stay as
 * it was. */
static inline void
gv_jsontext_forget(struct gv_jsontext *j)
{
	gv_jsontext_where(j, &j->line, &j->column);
	j->begin = j->at;
}

/* Whether in a text, as a token has it, half of a character stands by \u. */
bool gv_jsontext_has_half(const char *p, size_t len);

/* The four digits that stand behind a backslash and `u`; -1 where they do not.
 */
int32_t gv_jsontext_hex(const char *p);

static inline bool
gv_jsontext_is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

#if defined(__SSE2__)

static inline __m128i
gv_jsontext_load16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* A bit for each of 16 bytes that ends a run of plain text: a quote, a
 * backslash, a control character, a byte that is not ASCII. */
static inline unsigned
gv_jsontext_odd16(const char *p)
{
	const __m128i v = gv_jsontext_load16(p);
	/* as signed bytes all but ASCII is below the controls */
	const __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(' '));
	const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	const __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));

	return (unsigned)_mm_movemask_epi8(
	    _mm_or_si128(_mm_or_si128(low, quote), slash));
}

/* A bit for each of 16 bytes that is no blank. */
static inline unsigned
gv_jsontext_solid16(const char *p)
{
	const __m128i v = gv_jsontext_load16(p);
	const __m128i space = _mm_cmpeq_epi8(v, _mm_set1_epi8(' '));
	const __m128i line = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
	const __m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
	const __m128i back = _mm_cmpeq_epi8(v, _mm_set1_epi8('\r'));

	return 0xffff ^
	    (unsigned)_mm_movemask_epi8(_mm_or_si128(
		_mm_or_si128(space, line), _mm_or_si128(tab, back)));
}

#else

static inline uint64_t
gv_jsontext_load8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Whether any of 8 bytes may end a run of plain text. It may be wrong in that
 * it does not, of the byte behind one that does. */
static inline bool
gv_jsontext_odd8(const char *p)
{
	const uint64_t each = 0x0101010101010101, high = each * 0x80;
	const uint64_t v = gv_jsontext_load8(p);
	const uint64_t quote = v ^ each * '"', slash = v ^ each * '\\';

	return ((v | (v - each * ' ') | ((quote - each) & ~quote) |
		    ((slash - each) & ~slash)) &
		   high) != 0;
}

#endif

/* Where a run of plain text ends: at a quote, a backslash, a control character,
 * a byte that is not ASCII, or `end`. */
static inline const char *
gv_jsontext_skip_plain(const char *p, const char *end)
{
#if defined(__SSE2__)
	for (; end - p >= 16; p += 16) {
		unsigned odd = gv_jsontext_odd16(p);

		if (odd)
			return p + __builtin_ctz(odd);
	}
#else
	while (end - p >= 8 && !gv_jsontext_odd8(p))
		p += 8;
#endif
	while (p < end && (signed char)*p >= ' ' && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* Where blanks end, of which there is none or one, or many behind it. */
static inline const char *
gv_jsontext_skip_blanks(const char *p, const char *end)
{
	if (p == end || (unsigned char)*p > ' ')
		return p;
	if (end - p > 1 && *p == ' ' && (unsigned char)p[1] > ' ')
		return p + 1;
#if defined(__SSE2__)
	for (; end - p >= 16; p += 16) {
		unsigned solid = gv_jsontext_solid16(p);

		if (solid)
			return p + __builtin_ctz(solid);
	}
#else
	while (end - p >= 9 && *p <= ' ' &&
	    gv_jsontext_load8(p + 1) == (uint64_t)0x2020202020202020 &&
	    gv_jsontext_is_blank(*p))
		p += 9;
#endif
	while (p < end && gv_jsontext_is_blank(*p))
		p++;
	return p;
}

#endif
