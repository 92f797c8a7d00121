#include "format/jsontext.h"

#include "base/err.h"
#include "base/utf8.h"
#include "format/jsontext_internal.h"

/* One function is the grammar for all who read, unfolded into each, so that who
 * wants no token pays for none. */
#define UNFOLDED static inline __attribute__((always_inline))

static const char *const ends_early = "it ends early";

void
gv_jsontext_init(struct gv_jsontext *j, const char *text, size_t len)
{
	static const struct gv_jsontext nothing = { 0 };

	*j = nothing;
	j->begin = j->at = text;
	/* NULL has no sum, not even with nothing */
	j->end = len ? text + len : text;
	j->state = GV_JSONTEXT_START;
	j->line = j->column = 1;
}

__attribute__((cold, noinline)) static const char *
fail(struct gv_jsontext *j, const char *at, const char *wrong)
{
	j->wrong = wrong;
	j->at = at;
	j->state = GV_JSONTEXT_BROKEN;
	return NULL;
}

/* The bytes end where the document does not; while more may come, that is to be
 * tried again from the same place. */
__attribute__((cold, noinline)) static const char *
fail_short(struct gv_jsontext *j)
{
	if (!j->more)
		return fail(j, j->end, ends_early);
	j->wrong = ends_early;
	return NULL;
}

/* ---- texts ---- */

int32_t
gv_jsontext_hex(const char *p)
{
	int32_t value = 0;
	int i;

	for (i = 0; i < 4; i++) {
		const char c = p[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value = value << 4 | (c - 'A' + 10);
		else
			return -1;
	}
	return value;
}

/* Behind the escape whose backslash is at `p`, or NULL. */
static const char *
skip_escape(struct gv_jsontext *j, const char *p)
{
	if (j->end - p < 2)
		return fail_short(j);
	switch (p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		if (j->end - p < 6)
			return fail_short(j);
		return gv_jsontext_hex(p + 2) < 0
		    ? fail(j, p, "\\u takes four hexadecimal digits")
		    : p + 6;
	default:
		return fail(
		    j, p, "a backslash before a character that needs none");
	}
}

/* Behind the characters beyond ASCII of which the first is at `p`, or NULL. */
static const char *
skip_wide(struct gv_jsontext *j, const char *p)
{
	uint32_t c;

	do {
		size_t n = gv_utf8_next(&c, p, (size_t)(j->end - p));

		/* the longest has four bytes: it may go on behind the end */
		if (n == 0 && j->more && j->end - p < 4)
			return fail_short(j);
		if (n == 0)
			return fail(j, p, "a text that is not in UTF-8");
		p += n;
	} while (p < j->end && (signed char)*p < 0);
	return p;
}

/* The quote that ends the text that begins at `p`, or NULL. */
UNFOLDED const char *
find_quote(struct gv_jsontext *j, const char *p, bool *escaped)
{
	*escaped = false;
	for (;;) {
		p = gv_jsontext_skip_plain(p, j->end);
		if (p == j->end)
			return fail_short(j);
		if (*p == '"')
			return p;
		if (*p == '\\') {
			*escaped = true;
			p = skip_escape(j, p);
		} else if ((signed char)*p < 0) {
			p = skip_wide(j, p);
		} else {
			return fail(j, p, "a control character in a text");
		}
		if (p == NULL)
			return NULL;
	}
}

/* ---- numbers and words ---- */

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Behind the digits at `p`, of which there has to be one, or NULL. */
static inline const char *
skip_digits(struct gv_jsontext *j, const char *p)
{
	if (p == j->end)
		return fail_short(j);
	if (!is_digit(*p))
		return fail(j, p, "an invalid number");
	do
		p++;
	while (p < j->end && is_digit(*p));
	return p;
}

/* Behind the number at `p`, or NULL. */
static inline const char *
skip_number(struct gv_jsontext *j, const char *p)
{
	const char *whole = p + (*p == '-');

	p = skip_digits(j, whole);
	if (p && *whole == '0' && p > whole + 1)
		return fail(j, whole, "a number that begins with zero");
	if (p && p < j->end && *p == '.')
		p = skip_digits(j, p + 1);
	if (p && p < j->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < j->end && (*p == '+' || *p == '-'))
			p++;
		p = skip_digits(j, p);
	}
	/* where more may come, so may digits */
	return p == j->end && j->more ? fail_short(j) : p;
}

/* Behind the word, which begins at `p`, or NULL. */
static inline const char *
skip_word(struct gv_jsontext *j, const char *p, const char *word, size_t len)
{
	const size_t left = (size_t)(j->end - p);

	if (left >= len && memcmp(p, word, len) == 0)
		return p + len;
	return left < len && memcmp(p, word, left) == 0
	    ? fail_short(j)
	    : fail(j, p, "a value should begin here");
}

/* ---- lists and maps ---- */

static inline void
see_level(struct gv_jsontext *j)
{
	const unsigned level = j->depth - 1;

	j->in_map = j->depth && (j->maps[level / 64] >> level % 64 & 1);
}

static inline bool
open_level(struct gv_jsontext *j, const char *p, bool is_map)
{
	const unsigned level = j->depth;
	const uint64_t bit = (uint64_t)1 << level % 64;

	if (level == GV_JSONTEXT_MAX_DEPTH)
		return fail(j, p, "it is nested too deep");
	if (is_map)
		j->maps[level / 64] |= bit;
	else
		j->maps[level / 64] &= ~bit;
	j->in_map = is_map;
	j->depth++;
	return true;
}

/* The bracket at `p` ends the innermost level, or it is not its. */
UNFOLDED int
read_end(struct gv_jsontext *j, struct gv_jsontext_token *t, const char *p)
{
	if (*p != (j->in_map ? '}' : ']')) {
		fail(j, p,
		    j->in_map ? "a comma or a } should be here"
			      : "a comma or a ] should be here");
		return GV_EREFUSED;
	}
	if (t) {
		*t = (struct gv_jsontext_token){ .p = p, .len = 1 };
		t->kind =
		    j->in_map ? GV_JSONTEXT_MAP_END : GV_JSONTEXT_LIST_END;
	}
	j->depth--;
	see_level(j);
	j->at = p + 1;
	j->state = GV_JSONTEXT_AFTER;
	return 1;
}

/* The value that follows the key at `p`, or NULL. */
UNFOLDED const char *
read_key(struct gv_jsontext *j, struct gv_jsontext_token *t, const char *p)
{
	const char *key = p + 1;
	bool escaped;

	if (*p != '"')
		return fail(j, p, "a key in quotes should be here");
	p = find_quote(j, key, &escaped);
	if (p == NULL)
		return NULL;
	if (t) {
		t->key = key;
		t->key_len = (size_t)(p - key);
		t->key_escaped = escaped;
	}
	p = gv_jsontext_skip_blanks(p + 1, j->end);
	if (p < j->end && *p != ':')
		return fail(j, p, "a : should follow a key");
	if (p < j->end)
		p = gv_jsontext_skip_blanks(p + 1, j->end);
	return p < j->end ? p : fail_short(j);
}

UNFOLDED int
read_value(struct gv_jsontext *j, struct gv_jsontext_token *t, const char *p)
{
	enum gv_jsontext_kind kind = GV_JSONTEXT_NUMBER;
	const char *begin = p, *after;
	unsigned state = GV_JSONTEXT_AFTER;
	bool escaped = false;

	switch (*p) {
	case '"':
		kind = GV_JSONTEXT_TEXT;
		begin++;
		p = find_quote(j, begin, &escaped);
		after = p ? p + 1 : NULL;
		break;
	case '{':
	case '[':
		kind = *p == '{' ? GV_JSONTEXT_MAP : GV_JSONTEXT_LIST;
		state = GV_JSONTEXT_OPEN;
		after =
		    open_level(j, p, kind == GV_JSONTEXT_MAP) ? p + 1 : NULL;
		p = after;
		break;
	case 't':
		kind = GV_JSONTEXT_TRUE;
		p = after = skip_word(j, p, "true", 4);
		break;
	case 'f':
		kind = GV_JSONTEXT_FALSE;
		p = after = skip_word(j, p, "false", 5);
		break;
	case 'n':
		kind = GV_JSONTEXT_NULL;
		p = after = skip_word(j, p, "null", 4);
		break;
	default:
		if (*p != '-' && !is_digit(*p))
			after = fail(j, p, "a value should begin here");
		else
			after = skip_number(j, p);
		p = after;
	}
	if (after == NULL)
		return GV_EREFUSED;
	if (t) {
		t->kind = kind;
		t->escaped = escaped;
		t->p = begin;
		t->len = (size_t)(p - begin);
	}
	j->at = after;
	j->state = state;
	return 1;
}

/* The document is whole: nothing but blanks may follow. */
static int
read_end_of_all(struct gv_jsontext *j, const char *p)
{
	if (p < j->end)
		fail(j, p, "something follows the document");
	else if (j->more)
		fail_short(j);
	else
		j->at = p;
	return p < j->end || j->more ? GV_EREFUSED : 0;
}

UNFOLDED int
read_token(struct gv_jsontext *j, struct gv_jsontext_token *t)
{
	const char *p = gv_jsontext_skip_blanks(j->at, j->end);

	if (j->state == GV_JSONTEXT_AFTER) {
		if (j->depth == 0)
			return read_end_of_all(j, p);
		if (p < j->end && *p != ',')
			return read_end(j, t, p);
		if (p < j->end)
			p = gv_jsontext_skip_blanks(p + 1, j->end);
	} else if (j->state == GV_JSONTEXT_BROKEN) {
		return GV_EREFUSED;
	} else if (j->state == GV_JSONTEXT_OPEN && p < j->end &&
	    (*p == ']' || *p == '}')) {
		return read_end(j, t, p);
	}
	if (p == j->end) {
		fail_short(j);
		return GV_EREFUSED;
	}
	if (t)
		t->has_key = j->in_map;
	if (j->in_map)
		p = read_key(j, t, p);
	return p ? read_value(j, t, p) : GV_EREFUSED;
}

int
gv_jsontext_next(struct gv_jsontext *j, struct gv_jsontext_token *t)
{
	*t = (struct gv_jsontext_token){ 0 };
	return read_token(j, t);
}

int
gv_jsontext_rest(struct gv_jsontext *j, unsigned depth)
{
	int r = 1;

	while (r > 0 && j->depth >= depth)
		r = read_token(j, NULL);
	return r;
}

int
gv_jsontext_value(struct gv_jsontext *j, struct gv_jsontext_token *t)
{
	int r = gv_jsontext_next(j, t);

	if (r > 0 && j->state == GV_JSONTEXT_OPEN) {
		r = gv_jsontext_rest(j, j->depth);
		t->len = (size_t)(j->at - t->p);
	}
	return r;
}

/* ---- places ---- */

/* How many newlines there are, or how many characters. Of a stream each byte is
 * counted, so it is by many at a time. */
UNFOLDED size_t
count(const char *p, const char *end, bool lines)
{
	size_t n = 0;
#if defined(__SSE2__)
	uint64_t halves[2];
	int i;

	while (end - p >= 16) {
		__m128i sum = _mm_setzero_si128();

		/* as often as a byte can count */
		for (i = 0; i < 255 && end - p >= 16; i++, p += 16) {
			__m128i v = gv_jsontext_load16(p);

			v = lines ? _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'))
				  : _mm_cmpgt_epi8(v, _mm_set1_epi8(-65));
			sum = _mm_sub_epi8(sum, v);
		}
		sum = _mm_sad_epu8(sum, _mm_setzero_si128());
		memcpy(halves, &sum, sizeof(halves));
		n += halves[0] + halves[1];
	}
#endif
	for (; p < end; p++)
		n += lines ? *p == '\n' : (signed char)*p > -65;
	return n;
}

void
gv_jsontext_where(const struct gv_jsontext *j, size_t *line, size_t *column)
{
	const size_t lines = count(j->begin, j->at, true);
	const char *p = lines ? j->at : j->begin;

	if (lines)
		while (p[-1] != '\n')
			p--;
	*line = j->line + lines;
	*column = (lines ? 1 : j->column) + count(p, j->at, false);
}
