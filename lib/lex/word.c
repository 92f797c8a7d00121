#include "lex/word.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lex/ascii.h"
#include "lex/name.h"

#define SLOTS 4096
#define NONE  0xffff

/* A word without what joins its parts. */
struct entry {
	char text[GV_WORD_MAX];
	unsigned short len, number;
	unsigned short next; /* of the same slot, or NONE */
};

struct gv_word {
	unsigned short slots[SLOTS];
	uint32_t seconds[32]; /* see gv_word_seconds() */
	struct entry *entries;
	size_t n;
};

static bool
is_joint(char ch)
{
	return ch == '_' || ch == '-' || ch == '.';
}

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
		if (!is_joint(p[i]))
			out[n++] = gv_ascii_small(p[i]);
	return n;
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
	words->seconds[e->text[0] & 31] |= 1u << (e->text[1] & 31);
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
	char text[GV_NAME_MAX];
	size_t n = plain(text, sizeof(text), name, len), i, found = 0;
	unsigned short k;

	for (i = 0; i + GV_WORD_MIN <= n && found < max; i++) {
		k = words->slots[slot_of(text + i)];
		for (; k != NONE && found < max; k = words->entries[k].next) {
			const struct entry *e = &words->entries[k];

			if (n - i >= e->len &&
			    memcmp(text + i, e->text, e->len) == 0)
				out[found++] = e->number;
		}
	}
	return found;
}

const uint32_t *
gv_word_seconds(const struct gv_word *words)
{
	return words->seconds;
}

int
gv_word_at(const struct gv_word *words, const char *text, size_t len, size_t at,
    size_t *word_len)
{
	char head[GV_WORD_MIN];
	size_t i, n;
	unsigned short k;

	for (i = at, n = 0; i < len && n < GV_WORD_MIN; i++) {
		if (!is_joint(text[i]))
			head[n++] = gv_ascii_small(text[i]);
		else if (i == at)
			return -1;
	}
	if (n < GV_WORD_MIN)
		return -1;
	for (k = words->slots[slot_of(head)]; k != NONE;
	     k = words->entries[k].next) {
		const struct entry *e = &words->entries[k];

		for (i = at, n = 0; i < len && n < e->len; i++) {
			if (is_joint(text[i]))
				continue;
			if (gv_ascii_small(text[i]) != e->text[n])
				break;
			n++;
		}
		if (n == e->len) {
			*word_len = i - at;
			return e->number;
		}
	}
	return -1;
}
