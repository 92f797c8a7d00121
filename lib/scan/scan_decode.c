#include "scan/scan_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/base64.h"
#include "base/err.h"
#include "base/utf8.h"
#include "lex/ascii.h"
#include "scan/rule.h"

#define RUN_MIN 24 /* characters of what may be base 64 or hexadecimal */
#define RUN_MAX ((size_t)1 << 20)
#define HEAD    48  /* characters that say whether the rest is a text */
#define SMALL   256 /* bytes of what is decoded on the stack */
#define STRIDE  32  /* bytes from one look for a run to the next */

const char *const gv_scan_encodings[] = { NULL, "base64", "hex", "escape",
	"utf-16", "percent", "joined", NULL };

/* --- characters --- */

static uint32_t
unit_at(const char *p, size_t at, bool is_big)
{
	unsigned a = (unsigned char)p[at], b = (unsigned char)p[at + 1];

	return is_big ? a << 8 | b : b << 8 | a;
}

static size_t
step_utf16(
    const char *p, size_t at, size_t end, char out[4], unsigned *n, bool is_big)
{
	uint32_t a, b;

	*n = 0;
	if (end - at < 2)
		return end - at;
	a = unit_at(p, at, is_big);
	if (a >= 0xd800 && a < 0xdc00 && end - at >= 4) {
		b = unit_at(p, at + 2, is_big);
		if (b >= 0xdc00 && b < 0xe000) {
			*n = (unsigned)gv_utf8_put(
			    out, 0x10000 + ((a - 0xd800) << 10) + (b - 0xdc00));
			return 4;
		}
	}
	*n = (unsigned)gv_utf8_put(out, a);
	return 2;
}

static size_t
step_little(const char *p, size_t at, size_t end, char out[4], unsigned *n)
{
	return step_utf16(p, at, end, out, n, false);
}

static size_t
step_big(const char *p, size_t at, size_t end, char out[4], unsigned *n)
{
	return step_utf16(p, at, end, out, n, true);
}

static const struct gv_scan_code little = { GV_SCAN_UTF16, step_little, NULL };
static const struct gv_scan_code big = { GV_SCAN_UTF16, step_big, NULL };
static const struct gv_scan_code base64 = { .encoding = GV_SCAN_BASE64 };
static const struct gv_scan_code hex = { .encoding = GV_SCAN_HEX };

/* --- what was decoded is scanned --- */

/* From the place in a piece to that in the text; `at` and `done` go forward. */
static size_t
place_of(const struct gv_scan_piece *piece, const char *text, size_t want,
    size_t *at, size_t *done)
{
	const struct gv_scan_code *code = piece->code;
	char out[4];
	unsigned n;

	while (*done < want && *at < piece->to) {
		size_t left = piece->to - *at, plain = 0;

		if (left > want - *done)
			left = want - *done;
		if (code->find)
			plain = code->find(text, *at, *at + left) - *at;
		*at += plain;
		*done += plain;
		if (plain == left)
			break;
		*at += code->step(text, *at, piece->to, out, &n);
		*done += n;
	}
	return *at;
}

static int
take_finding(struct gv_scan_run *run, const struct gv_scan_piece *piece,
    struct gv_scan_finding f, size_t *at, size_t *done)
{
	size_t begin = f.at, end = f.at + f.len;

	memmove(f.encodings + 1, f.encodings,
	    sizeof(f.encodings) - sizeof(f.encodings[0]));
	f.encodings[0] = piece->code->encoding;
	/* what says in clear what it is says more */
	f.rank -= f.rank > 1000 ? 1000 : 0;
	f.name = f.name_len = 0;
	f.at = piece->from;
	f.len = piece->to - piece->from;
	if (piece->code->step) {
		f.at = place_of(piece, run->lex.text, begin, at, done);
		f.len = place_of(piece, run->lex.text, end, at, done) - f.at;
	}
	if (f.key) {
		f.key = gv_arena_copy(&run->scan->keys, f.key, strlen(f.key));
		if (f.key == NULL)
			return GV_ENOMEM;
	}
	return gv_scan_push(run, &f);
}

/* What was joined is still written as all around it; settings in a URL end as
 * those of a shell do, at '&'. 0: it is to be told by the text itself. */
static unsigned
syntax_of(struct gv_scan_run *run, const struct gv_scan_piece *piece)
{
	if (piece->code->encoding == GV_SCAN_JOINED)
		return (unsigned)gv_scan_syntax(run) + 1;
	return piece->code->encoding == GV_SCAN_PERCENT ? GV_SYNTAX_SHELL + 1U
							: 0;
}

static int
rescan(struct gv_scan_run *run, const struct gv_scan_piece *piece)
{
	struct gv_scan *inner = run->scan->inner;
	struct gv_scan_run sub = { .set = run->set,
		.lex = { .text = piece->p, .len = piece->len },
		.path = piece->path,
		.is_example = -1,
		.is_binary = -1,
		.generic = run->generic,
		.comment = run->comment,
		.depth = run->depth + 1 };
	size_t i, at = piece->from, done = 0;
	int r;

	if (inner == NULL) {
		inner = run->scan->inner = calloc(1, sizeof(*inner));
		if (inner == NULL)
			return gv_err_nomem();
	}
	/* a part is as much of an example as the whole */
	if (piece->path == NULL) {
		gv_scan_look_at_path(run);
		sub.is_example = run->is_example;
		sub.is_pattern = run->is_pattern;
		sub.is_prose = run->is_prose;
		sub.is_translation = run->is_translation;
		sub.is_settings = run->is_settings;
	}
	inner->poll = run->scan->poll;
	inner->syntax = syntax_of(run, piece);
	inner->has_asked = false;
	sub.scan = inner;
	r = gv_scan_text(&sub);
	run->scan->has_asked |= inner->has_asked;
	/* lines are those of the whole; keys too, but where it is the whole */
	if (r == 0 && piece->path && inner->n)
		r = gv_scan_paths(&sub);
	for (i = 0; r == 0 && i < inner->n; i++)
		r = take_finding(run, piece, inner->findings[i], &at, &done);
	return r;
}

/* The text of a piece. */
static void
decode(const char *text, struct gv_scan_piece *piece)
{
	const struct gv_scan_code *code = piece->code;
	size_t at = piece->from, plain;
	unsigned n;

	for (piece->len = 0; at < piece->to; piece->len += n) {
		if (code->find) {
			plain = code->find(text, at, piece->to) - at;
			memcpy(piece->p + piece->len, text + at, plain);
			piece->len += plain;
			at += plain;
			if (at == piece->to)
				break;
		}
		at +=
		    code->step(text, at, piece->to, piece->p + piece->len, &n);
	}
}

int
gv_scan_piece(
    struct gv_scan_run *run, struct gv_scan_piece *piece, size_t growth)
{
	size_t room = (piece->to - piece->from) * growth;
	char small[SMALL];
	int r;

	piece->p = room + 4 <= sizeof(small) ? small : malloc(room + 4);
	if (piece->p == NULL)
		return gv_err_nomem();
	decode(run->lex.text, piece);
	r = rescan(run, piece);
	explicit_bzero(piece->p, piece->len);
	if (piece->p != small)
		free(piece->p);
	piece->p = NULL;
	return r;
}

/* --- UTF-16 --- */

/* 1 little, 2 big, 0 none: by its mark, or where nearly every second byte of
 * the beginning is 0. */
static int
utf16_of(const char *p, size_t len)
{
	size_t n = len < 64 ? len & ~(size_t)1 : 64, i, zeros[2] = { 0, 0 };

	if (len < 4)
		return 0;
	if (memcmp(p, "\xff\xfe", 2) == 0)
		return 1;
	if (memcmp(p, "\xfe\xff", 2) == 0)
		return 2;
	if (n < 16 || (p[0] == '\0') == (p[1] == '\0'))
		return 0;
	for (i = 0; i < n; i++)
		zeros[i & 1] += p[i] == '\0';
	/* three in four on one side, one in eight on the other */
	return zeros[1] * 8 >= n * 3 && zeros[0] * 16 <= n ? 1
	    : zeros[0] * 8 >= n * 3 && zeros[1] * 16 <= n  ? 2
							   : 0;
}

/* --- base 64 and hexadecimal --- */

static inline bool
is_coded(char ch)
{
	return gv_ascii_is_alnum(ch) || ch == '+' || ch == '/' || ch == '-' ||
	    ch == '_';
}

#if defined(__SSE2__)
/* Of sixteen bytes those of a run, a bit each. */
static inline unsigned
coded_of(const char *p)
{
	const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* no more than the least of both: in the range from its first on */
	const __m128i letter = _mm_sub_epi8(
	    _mm_or_si128(v, _mm_set1_epi8(32)), _mm_set1_epi8('a'));
	const __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('/'));
	const __m128i sign = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('+')),
	    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('-')),
		_mm_cmpeq_epi8(v, _mm_set1_epi8('_'))));
	const __m128i in = _mm_or_si128(sign,
	    _mm_or_si128(
		_mm_cmpeq_epi8(letter, _mm_min_epu8(letter, _mm_set1_epi8(25))),
		_mm_cmpeq_epi8(digit, _mm_min_epu8(digit, _mm_set1_epi8(10)))));

	return (unsigned)_mm_movemask_epi8(in);
}

/* Sixteen bytes of a run. */
static inline bool
is_dense(const char *p)
{
	return coded_of(p) == 0xffff;
}
#else
/* Whether a byte of the eight is below '+', as blanks, ends of lines and quotes
 * are, or a colon; some that are not may be told to be. */
static inline uint64_t
breaks(const char *p)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t v, colon;

	memcpy(&v, p, sizeof(v));
	colon = v ^ ones * ':';
	return (((v - ones * '+') & ~v) | ((colon - ones) & ~colon)) &
	    ones << 7;
}

/* Sixteen bytes that may be of a run. */
static inline bool
is_dense(const char *p)
{
	return (breaks(p) | breaks(p + 8)) == 0;
}
#endif

static bool
is_hex(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (gv_ascii_hex(p[i]) < 0)
			return false;
	return len % 2 == 0;
}

/* Whether it reads as a text; chance makes that of a digest in no case. */
static bool
is_text(const char *p, size_t len)
{
	size_t i, odd = 0;

	if (utf16_of(p, len))
		return true;
	for (i = 0; i < len; i++)
		odd +=
		    ((unsigned char)p[i] < ' ' || (unsigned char)p[i] > 126) &&
		    !gv_ascii_is_space(p[i]);
	return len >= 12 && odd * 10 <= len;
}

static size_t
from_hex(char *out, size_t max, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len && i / 2 < max; i += 2)
		out[i / 2] =
		    (char)(gv_ascii_hex(p[i]) * 16 + gv_ascii_hex(p[i + 1]));
	return i / 2;
}

/* Past the end of a line, to more of the same on the next one, or `end`. */
static size_t
next_line(const struct gv_scan_run *run, size_t end)
{
	const char *p = run->lex.text;
	size_t at = end, i;

	while (at < run->lex.len && gv_ascii_is_space(p[at]))
		at++;
	if (at == end || !memchr(p + end, '\n', at - end))
		return end;
	for (i = at; i < run->lex.len && is_coded(p[i]); i++)
		;
	/* not the name of a next setting, nor a word of a text */
	if (i < run->lex.len && !gv_ascii_is_eol(p[i]) && p[i] != '=' &&
	    p[i] != '"' && p[i] != '\'')
		return end;
	return i > at ? at : end;
}

/* The characters of a run that goes over lines, without what is between. */
static size_t
gather(const struct gv_scan_run *run, struct gv_scan_piece *piece, char *out,
    size_t room)
{
	const char *p = run->lex.text;
	size_t at = piece->from, n = 0, next;

	for (;;) {
		while (at < run->lex.len && is_coded(p[at]) && n < room)
			out[n++] = p[at++];
		piece->to = at;
		next = next_line(run, at);
		if (n == room || next == at)
			break;
		at = next;
	}
	for (at = 0; at < 2 && piece->to < run->lex.len && p[piece->to] == '=';
	     at++)
		piece->to++;
	return n;
}

/* Decode in place what was gathered, and scan it. */
static int
scan_run(struct gv_scan_run *run, struct gv_scan_piece *piece)
{
	size_t room = piece->to - piece->from, n;
	char *coded;
	long len;
	int r;

	/* it ends with its line, or goes on for who knows how long */
	if (next_line(run, piece->to) != piece->to)
		room = RUN_MAX;
	coded = malloc(2 * room);
	if (coded == NULL)
		return gv_err_nomem();
	n = gather(run, piece, coded, room);
	piece->p = coded + room;
	if (piece->code == &hex)
		len = (long)from_hex(piece->p, room, coded, n);
	else
		len = gv_base64_decode(piece->p, room, coded, n - (n % 4 == 1));
	piece->len = len > 0 ? (size_t)len : 0;
	r = piece->len ? rescan(run, piece) : 0;
	explicit_bzero(coded, n);
	explicit_bzero(piece->p, piece->len);
	free(coded);
	return r;
}

/* Whether the first `n` characters of a run read as a text. */
static bool
begins_text(const char *p, size_t n, const struct gv_scan_code *code)
{
	char head[HEAD];
	long len = code == &hex
	    ? (long)from_hex(head, sizeof(head), p, n)
	    : gv_base64_decode(head, sizeof(head), p, n - (n % 4 == 1));

	return len > 0 && is_text(head, (size_t)len);
}

/* What stands from `from` to `to` may be encoded; *end is behind what was. */
static int
try_run(struct gv_scan_run *run, size_t from, size_t to, size_t *end)
{
	struct gv_scan_piece piece = {
		.from = from, .to = to, .code = &base64
	};
	const char *p = run->lex.text + from;
	size_t n = to - from < HEAD ? to - from : HEAD;
	int r;

	*end = to;
	if (is_hex(p, n & ~(size_t)1))
		piece.code = &hex;
	/* sixteen say it of nearly all */
	if ((piece.code == &base64 && !begins_text(p, 16, piece.code)) ||
	    !begins_text(p, n, piece.code))
		return 0;
	r = scan_run(run, &piece);
	*end = piece.to;
	return r;
}

/* Where the run that stands at `at` ends. */
static size_t
end_of_run(const char *p, size_t at, size_t end)
{
#if defined(__SSE2__)
	for (; at + 16 <= end; at += 16) {
		unsigned others = ~coded_of(p + at) & 0xffff;

		if (others)
			return at + (size_t)__builtin_ctz(others);
	}
#endif
	while (at < end && is_coded(p[at]))
		at++;
	return at;
}

/* Runs of 48 characters are met, and many that are shorter. */
static int
scan_runs(struct gv_scan_run *run)
{
	const char *p = run->lex.text;
	size_t i, from, to, done = 0;
	int r = 0;

	for (i = 0; r == 0 && i + 16 <= run->lex.len; i += STRIDE) {
		if (i < done || !is_dense(p + i))
			continue;
		to = run->lex.len - i < RUN_MAX - STRIDE ? run->lex.len
							 : i + RUN_MAX - STRIDE;
		to = end_of_run(p, i, to);
		if (to - i < 16)
			continue;
		for (from = i;
		     from > done && i - from < STRIDE && is_coded(p[from - 1]);
		     from--)
			;
		done = to;
		if (to - from >= RUN_MIN)
			r = try_run(run, from, to, &done);
	}
	return r;
}

int
gv_scan_decode(struct gv_scan_run *run)
{
	struct gv_scan_piece piece = { .to = run->lex.len,
		.path = run->path ? run->path : "" };
	int r;

	if (run->lex.len == 0 || run->depth == GV_SCAN_DEPTH)
		return 0;
	r = utf16_of(run->lex.text, run->lex.len);
	if (r) {
		piece.code = r == 1 ? &little : &big;
		/* the mark is no character of the first name */
		piece.from = (unsigned char)run->lex.text[0] >= 0xfe ? 2 : 0;
		/* three bytes of two, at most */
		return gv_scan_piece(run, &piece, 2);
	}
	r = scan_runs(run);
	return r < 0 ? r : gv_scan_strings(run);
}
