#include "textindex/gram.h"

#include <string.h>

#define ROW(c)                                                                 \
	(c), (c) + 1, (c) + 2, (c) + 3, (c) + 4, (c) + 5, (c) + 6, (c) + 7
#define ROWS(c) ROW(c), ROW((c) + 8), ROW((c) + 16), ROW((c) + 24)

const unsigned char gv_gram_fold[256] = { ROWS(0), ROWS(32), '@', 'a', 'b', 'c',
	'd', 'e', 'f', 'g', ROW('h'), ROW('p'), 'x', 'y', 'z', '[', '\\', ']',
	'^', '_', ROWS(96), ROWS(128), ROWS(160), ROWS(192), ROWS(224) };

void
gv_gram_add(struct gv_gram_set *set, uint32_t gram)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->items[i] == gram)
			return;
	if (set->n < GV_GRAMS)
		set->items[set->n++] = gram;
}

void
gv_gram_of_string(struct gv_grams *out, const char *string, size_t len)
{
	struct gv_gram_set *set = &out->sets[0];
	uint32_t bytes = 0;
	size_t i;

	set->n = 0;
	for (i = 0; i < len; i++) {
		bytes = bytes << 8 | gv_gram_fold[(unsigned char)string[i]];
		if (i + 1 >= GV_GRAM_LEN)
			gv_gram_add(set, gv_gram_number(bytes));
	}
	out->n = set->n > 0;
}
