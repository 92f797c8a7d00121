#include "lex/word.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lex/ascii.h"
#include "lex/name.h"
#include "lex/seek.h"

#define SLOTS 4096
#define NONE  0xffff
#define HEAD  8 /* bytes that are compared as one number */

/* A word without what joins its parts, and its head with zeros behind it. */
struct entry {
	uint64_t head, mask; /* of a shorter one */
	char text[GV_WORD_MAX];
	unsigned short len, number;
	unsigned short next; /* of the same slot, or NONE */
};

struct gv_word {
	unsigned short slots[SLOTS];
	struct gv_word_heads heads;
	struct entry *entries;
	size_t n;
};

static unsigned
slot_of(const char *p)
{
	uint32_t v = (unsigned char)p[0] | (uint32_t)(unsigned char)p[1] << 8 |
	    (uint32_t)(unsigned char)p[2] << 16;

	return (v * 2654435761u) >> 20;
}

/* In small letters, without joints: how many bytes of at most `max`. */
static size_t
plain(char *out, size_t max, const char *p, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len && n < max; i++)
		if (!gv_word_is_joint(p[i]))
			out[n++] = gv_ascii_small(p[i]);
	return n;
}

/* Nearly all words of a slot differ in their heads. */
static uint64_t
head_of(const char *p, size_t len)
{
	uint64_t head = 0;

	memcpy(&head, p, len < HEAD ? len : HEAD);
	return head;
}

static int
add(struct gv_word *words, size_t number, const char *text)
{
	struct entry *e = &words->entries[number];
	unsigned short *at;

	e->len =
	    (unsigned short)plain(e->text, sizeof(e->text), text, strlen(text));
	if (e->len < GV_WORD_MIN || strlen(text) > GV_WORD_MAX)
		return gv_err(GV_EREFUSED,
		    "the word '%s' is not of %d to %d letters", text,
		    GV_WORD_MIN, GV_WORD_MAX);
	e->number = (unsigned short)number;
	e->head = head_of(e->text, e->len);
	memset(&e->mask, 0xff, e->len < HEAD ? e->len : HEAD);
	words->heads.thirds[e->text[0] & 31][e->text[1] & 31] |= 1u
	    << (e->text[2] & 31);
	/* the longest first */
	at = &words->slots[slot_of(e->text)];
	while (*at != NONE && words->entries[*at].len > e->len)
		at = &words->entries[*at].next;
	e->next = *at;
	*at = (unsigned short)number;
	return 0;
}

int
gv_word_new(struct gv_word **out, const char *const *texts, size_t n)
{
	struct gv_word *words;
	size_t i;
	int r = 0;

	if (n >= NONE)
		return gv_err(GV_EREFUSED,
		    "%zu words are more than a scan can look for", n);
	words = calloc(1, sizeof(*words));
	if (words)
		words->entries = calloc(n + 1, sizeof(*words->entries));
	if (words == NULL || words->entries == NULL) {
		gv_word_free(words);
		return gv_err_nomem();
	}
	memset(words->slots, 0xff, sizeof(words->slots));
	words->n = n;
	for (i = 0; r == 0 && i < n; i++)
		r = add(words, i, texts[i]);
	if (r < 0)
		gv_word_free(words);
	else
		*out = words;
	return r;
}

void
gv_word_free(struct gv_word *words)
{
	if (words == NULL)
		return;
	free(words->entries);
	free(words);
}

size_t
gv_word_find(const struct gv_word *words, const char *name, size_t len,
    unsigned short *out, size_t max)
{
	char text[GV_NAME_MAX + HEAD];
	size_t n = plain(text, GV_NAME_MAX, name, len), i, found = 0;
	unsigned short k;
	uint64_t head;

	memset(text + n, 0, HEAD);
	for (i = 0; i + GV_WORD_MIN <= n && found < max; i++) {
		k = words->slots[slot_of(text + i)];
		if (k == NONE)
			continue;
		head = head_of(text + i, HEAD);
		for (; k != NONE && found < max; k = words->entries[k].next) {
			const struct entry *e = &words->entries[k];

			if ((head & e->mask) == e->head && n - i >= e->len &&
			    memcmp(text + i, e->text, e->len) == 0)
				out[found++] = e->number;
		}
	}
	return found;
}

const struct gv_word_heads *
gv_word_heads(const struct gv_word *words)
{
	return &words->heads;
}

bool
gv_word_may_begin(const struct gv_word_heads *heads, const char *p, size_t len)
{
	char letters[3] = { p[0] };
	size_t i, n = 1;

	for (i = 1; i < len && n < sizeof(letters); i++)
		if (!gv_word_is_joint(p[i]))
			letters[n++] = p[i];
	return n == sizeof(letters) && gv_word_has_head(heads, letters);
}

/* How many bytes the word takes at `at`, with the joints in it, or 0. */
static size_t
takes(const struct entry *e, const char *text, size_t len, size_t at)
{
	size_t i, n = 0;

	for (i = at; i < len && n < e->len; i++) {
		if (gv_word_is_joint(text[i]))
			continue;
		if (gv_ascii_small(text[i]) != e->text[n])
			return 0;
		n++;
	}
	return n == e->len ? i - at : 0;
}

/* Eight bytes in small letters, if no joint is among them. */
static inline bool
takes_eight(char out[HEAD], const char *p)
{
#if defined(__SSE2__)
	const __m128i v = gv_seek_eight(p);
	const __m128i above = _mm_sub_epi8(v, _mm_set1_epi8('A'));
	const __m128i is_upper =
	    _mm_cmpeq_epi8(above, _mm_min_epu8(above, _mm_set1_epi8(25)));

	if (gv_seek_range(v, '-', 2) | gv_seek_range(v, '_', 1))
		return false;
	_mm_storel_epi64((__m128i *)(void *)out,
	    _mm_or_si128(v, _mm_and_si128(is_upper, _mm_set1_epi8(32))));
	return true;
#else
	(void)out;
	(void)p;
	return false;
#endif
}

int
gv_word_at(const struct gv_word *words, const char *text, size_t len, size_t at,
    size_t *word_len)
{
	char begin[HEAD] = { 0 };
	size_t i,
	    n = len - at < HEAD || !takes_eight(begin, text + at) ? 0 : HEAD;
	unsigned short k;
	uint64_t head;

	for (i = at; i < len && n < HEAD; i++) {
		if (!gv_word_is_joint(text[i]))
			begin[n++] = gv_ascii_small(text[i]);
		else if (i == at)
			return -1;
	}
	if (n < GV_WORD_MIN)
		return -1;
	head = head_of(begin, HEAD);
	for (k = words->slots[slot_of(begin)]; k != NONE;
	     k = words->entries[k].next) {
		const struct entry *e = &words->entries[k];

		if ((head & e->mask) != e->head)
			continue;
		n = takes(e, text, len, at);
		if (n == 0)
			continue;
		*word_len = n;
		return e->number;
	}
	return -1;
}
