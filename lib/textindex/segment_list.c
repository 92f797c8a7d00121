#include <stdlib.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "textindex/segment_internal.h"

/* Postings are, gram by gram in groups of SEGMENT_BLOCK_GRAMS: twice how far
 * the gram is from the one before, and one more where only one piece has it;
 * then how many bytes of list follow, twice that and one more for a list of the
 * second kind; and the list. For one piece, its number follows at once. All
 * these numbers are groups of seven bits, the lowest first.
 *
 * A list says how far each piece is from the one before, either in such numbers
 * or, where that is shorter, by Rice's code: a byte, how many bits the lower
 * part of each distance has; then of each the rest in ones with a zero behind
 * them, and the lower part, the lowest bits first. Ones fill the last byte. */

static void
add_number(struct gv_buf *out, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		gv_buf_addch(out, (char)(n | 0x80));
	gv_buf_addch(out, (char)n);
}

static bool
next_number(uint32_t *out, const char **p, const char *end)
{
	uint64_t n = 0;
	unsigned shift;

	for (shift = 0; *p < end && shift < 35; shift += 7) {
		const unsigned char c = (unsigned char)*(*p)++;

		n |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*out = (uint32_t)n;
			return n <= UINT32_MAX;
		}
	}
	return false;
}

/* ---- reading ------------------------------------------------------------- */

static uint32_t
first_gram(const struct gv_segment *seg, uint32_t block)
{
	return (uint32_t)gv_enc_number(
	    seg->block + (size_t)block * SEGMENT_BLOCK, 4);
}

static void
open_block(struct gv_segment_cursor *c, uint32_t i)
{
	const struct gv_segment *seg = c->seg;
	const char *at = seg->block + (size_t)i * SEGMENT_BLOCK + 4;
	uint64_t from = gv_enc_number(at, 4), to = seg->postings_len;

	if (i + 1 < seg->blocks)
		to = gv_enc_number(at + SEGMENT_BLOCK, 4);
	if (to > seg->postings_len || from > to)
		from = to = 0;
	c->p = seg->postings + from;
	c->end = seg->postings + to;
	c->gram = first_gram(seg, i);
	c->block = i;
}

static bool
next_list(struct gv_segment_list *list, struct gv_segment_cursor *c)
{
	uint32_t len;

	if (!next_number(&len, &c->p, c->end) ||
	    len / 2 > (size_t)(c->end - c->p))
		return false;
	list->p = c->p;
	list->end = c->p = c->p + len / 2;
	if (len & 1) {
		if (len < 2 || (unsigned char)*list->p >= SEGMENT_PIECE_BITS)
			return false;
		list->rice = (unsigned char)*list->p++ + 1u;
	}
	return true;
}

static bool
next_in_block(struct gv_segment_cursor *c)
{
	struct gv_segment_list list = { .pieces = c->seg->pieces };
	uint32_t step, one;

	if (!next_number(&step, &c->p, c->end))
		return false;
	list.p = c->p;
	if (step & 1) {
		if (!next_number(&one, &c->p, c->end))
			return false;
		list.end = c->p;
	} else if (!next_list(&list, c)) {
		return false;
	}
	step /= 2;
	if (step >> GV_GRAM_BITS || (c->gram + step) >> GV_GRAM_BITS)
		return false;
	c->gram += step;
	c->list = list;
	return true;
}

bool
gv_segment_cursor_next(struct gv_segment_cursor *c)
{
	const uint32_t before = c->gram;
	const bool is_first = c->p == NULL;
	uint32_t i;

	if (!is_first && next_in_block(c))
		return c->gram > before;
	for (i = is_first ? 0 : c->block + 1; i < c->seg->blocks; i++) {
		open_block(c, i);
		if (next_in_block(c))
			return is_first || c->gram > before;
	}
	return false;
}

int
gv_segment_list_find(
    struct gv_segment_list *out, const struct gv_segment *seg, uint32_t gram)
{
	struct gv_segment_cursor c = { .seg = seg };
	uint32_t low = 0, high = seg->blocks;

	/* the last block that begins with this gram or one before it */
	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;

		if (first_gram(seg, mid) <= gram)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return 0;
	open_block(&c, low - 1);
	if (!gv_segment_is_good(seg, c.p, (size_t)(c.end - c.p)))
		return GV_ECORRUPT;
	while (next_in_block(&c) && c.gram < gram)
		continue;
	*out = c.list;
	return out->end != NULL && c.gram == gram;
}

static void
fill(struct gv_segment_list *l)
{
	while (l->n_bits <= 56 && l->p < l->end) {
		l->bits |= (uint64_t)(unsigned char)*l->p++ << l->n_bits;
		l->n_bits += 8;
	}
}

static void
drop(struct gv_segment_list *l, unsigned n)
{
	l->bits >>= n;
	l->n_bits -= n;
}

/* How many ones are at the low end of the bits that are there. */
static unsigned
count_ones(const struct gv_segment_list *l)
{
	const uint64_t zeros = ~l->bits;

	if (zeros == 0 || (unsigned)__builtin_ctzll(zeros) > l->n_bits)
		return l->n_bits;
	return (unsigned)__builtin_ctzll(zeros);
}

static bool
next_distance(uint64_t *out, struct gv_segment_list *l)
{
	const unsigned low = l->rice - 1;
	uint64_t high = 0;
	unsigned ones;

	for (;; high += ones) {
		if (l->n_bits <= low)
			fill(l);
		if (l->n_bits == 0 || high > l->pieces)
			return false;
		if ((ones = count_ones(l)) < l->n_bits)
			break;
		l->bits = l->n_bits = 0;
	}
	/* a shift by all 64 bits at once is undefined */
	drop(l, ones);
	drop(l, 1);
	high += ones;
	if (l->n_bits < low)
		fill(l);
	if (l->n_bits < low)
		return false;
	*out = high << low | (l->bits & ((UINT64_C(1) << low) - 1));
	drop(l, low);
	return true;
}

bool
gv_segment_list_next(uint32_t *piece, struct gv_segment_list *list)
{
	uint64_t distance;
	uint32_t step;

	if (list->rice) {
		if (!next_distance(&distance, list))
			return false;
	} else {
		if (!next_number(&step, &list->p, list->end))
			return false;
		distance = step;
	}
	if (distance >= list->pieces || list->next + distance >= list->pieces)
		return false;
	*piece = (uint32_t)(list->next + distance);
	list->next += distance + 1;
	return true;
}

/* ---- writing ------------------------------------------------------------- */

static size_t
number_len(uint64_t n)
{
	size_t len = 1;

	for (; n >= 0x80; n >>= 7)
		len++;
	return len;
}

/* How long a list is in numbers, and by Rice's code. */
static void
measure(size_t *numbers, size_t *rice, const struct gv_segment_writer *w,
    unsigned low)
{
	uint64_t next = 0, bits = 0;
	size_t i;

	*numbers = 0;
	for (i = 0; i < w->n; i++) {
		const uint64_t distance = w->list[i] - next;

		*numbers += number_len(distance);
		bits += (distance >> low) + 1 + low;
		next = (uint64_t)w->list[i] + 1;
	}
	*rice = 1 + (size_t)((bits + 7) / 8);
}

/* The bits of the lower part that make a list short: of the mean distance. */
static unsigned
choose_rice(const struct gv_segment_writer *w)
{
	const uint64_t mean = w->list[w->n - 1] / w->n;
	unsigned k = 0;

	while (k + 1 < SEGMENT_PIECE_BITS && UINT64_C(2) << k <= mean + 1)
		k++;
	return k;
}

/* Bytes for which there is room. */
struct bits {
	char *p;
	uint64_t bits;
	unsigned n;
};

static void
put_bits(struct bits *b, uint64_t bits, unsigned n)
{
	b->bits |= bits << b->n;
	for (b->n += n; b->n >= 8; b->n -= 8, b->bits >>= 8)
		*b->p++ = (char)(b->bits & 0xff);
}

static void
format_rice(struct gv_buf *out, const struct gv_segment_writer *w, unsigned low)
{
	struct bits b = { .p = out->p + out->len };
	uint64_t next = 0, high;
	size_t i;

	*b.p++ = (char)low;
	for (i = 0; i < w->n; i++) {
		const uint64_t distance = w->list[i] - next;

		for (high = distance >> low; high >= 32; high -= 32)
			put_bits(&b, UINT32_MAX, 32);
		put_bits(&b, (UINT64_C(1) << high) - 1, (unsigned)high + 1);
		put_bits(&b, distance & ((UINT64_C(1) << low) - 1), low);
		next = (uint64_t)w->list[i] + 1;
	}
	if (b.n)
		put_bits(&b, 0xff, 8 - b.n);
	out->len = (size_t)(b.p - out->p);
	*b.p = '\0';
}

static void
format_numbers(struct gv_buf *out, const struct gv_segment_writer *w)
{
	char *p = out->p + out->len;
	uint64_t next = 0, n;
	size_t i;

	for (i = 0; i < w->n; i++) {
		for (n = w->list[i] - next; n >= 0x80; n >>= 7)
			*p++ = (char)(n | 0x80);
		*p++ = (char)n;
		next = (uint64_t)w->list[i] + 1;
	}
	out->len = (size_t)(p - out->p);
	*p = '\0';
}

static void
begin_block(struct gv_segment_writer *w)
{
	gv_enc_add_number(&w->blocks, w->gram, 4);
	gv_enc_add_number(&w->blocks, w->postings.len, 4);
	w->before = w->gram;
	w->in = 0;
	w->n_blocks++;
}

static void
end_list(struct gv_segment_writer *w)
{
	struct gv_buf *out = &w->postings;
	size_t numbers, rice;
	bool by_rice;
	unsigned low;

	if (w->n == 0)
		return;
	if (w->n_blocks == 0 || w->in == SEGMENT_BLOCK_GRAMS)
		begin_block(w);
	add_number(out, 2 * (uint64_t)(w->gram - w->before) + (w->n == 1));
	low = choose_rice(w);
	measure(&numbers, &rice, w, low);
	by_rice = w->n > 2 && rice < numbers;
	if (w->n > 1)
		add_number(out, 2 * (by_rice ? rice : numbers) + by_rice);
	if (gv_buf_grow(out, by_rice ? rice : numbers) < 0)
		goto out;
	if (by_rice)
		format_rice(out, w, low);
	else
		format_numbers(out, w);
out:
	w->before = w->gram;
	w->in++;
	w->n = 0;
}

int
gv_segment_writer_add(
    struct gv_segment_writer *w, uint32_t gram, uint32_t piece)
{
	if (w->n && gram != w->gram)
		end_list(w);
	w->gram = gram;
	if (w->n && w->list[w->n - 1] >= piece)
		return 0;
	if (w->n == w->cap && GV_GROW(w->list, w->n, w->cap) < 0)
		return gv_err_nomem();
	w->list[w->n++] = piece;
	return 0;
}

int
gv_segment_writer_end(struct gv_segment_writer *w)
{
	end_list(w);
	return gv_buf_check(&w->blocks) < 0 || gv_buf_check(&w->postings) < 0
	    ? GV_ENOMEM
	    : 0;
}

void
gv_segment_writer_release(struct gv_segment_writer *w)
{
	free(w->list);
	gv_buf_release(&w->blocks);
	gv_buf_release(&w->postings);
	w->list = NULL;
	w->n = w->cap = 0;
}
