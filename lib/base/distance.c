#include "base/distance.h"

#include <assert.h>
#include <stdint.h>

#define BITS 64

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- words of up to 64 bytes --------------------------------------------- */

/* The columns of the usual table as bits: a cell differs from the one above it
 * by -1, 0 or 1, so that two words say all of a column. `down` and `up` have
 * the cells that are one more, or one less, than the one above. (H. Hyyrö, "A
 * bit-vector algorithm for computing Levenshtein and Damerau edit distances".)
 */
static size_t
by_bits(const char *a, size_t a_len, const char *b, size_t b_len, size_t most)
{
	uint64_t at[UINT8_MAX + 1] = { 0 }; /* where b has each byte */
	uint64_t down = UINT64_MAX, up = 0, same = 0, last = 0;
	const uint64_t end = (uint64_t)1 << (b_len - 1);
	size_t d = b_len, i;

	for (i = 0; i < b_len; i++)
		at[(unsigned char)b[i]] |= (uint64_t)1 << i;
	for (i = 0; i < a_len; i++) {
		const uint64_t now = at[(unsigned char)a[i]];
		const uint64_t swapped = ((~same & now) << 1) & last;
		uint64_t right, left;

		same = (((now & down) + down) ^ down) | now | up | swapped;
		right = up | ~(same | down);
		left = same & down;
		d += (right & end) != 0;
		d -= (left & end) != 0;
		/* each byte that is left takes one away at most */
		if (d > most + (a_len - 1 - i))
			return most + 1;
		right = right << 1 | 1;
		left <<= 1;
		down = left | ~(same | right);
		up = right & same;
		last = now;
	}
	return d;
}

/* ---- longer ones --------------------------------------------------------- */

/* The usual table, of which three rows are held, and no cell further than
 * `most` from the diagonal is looked at. */
static size_t
by_table(const char *a, size_t a_len, const char *b, size_t b_len, size_t most)
{
	size_t rows[3][GV_DISTANCE_MAX + 1], far = most + 1, i, j;

	for (j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3];
		const size_t *last = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];
		size_t from = i > most ? i - most : 1;
		size_t to = least(i + most, b_len), best;

		assert(from - 1 <= b_len);
		best = now[from - 1] = from == 1 ? i : most + 1;
		for (j = from; j <= to; j++) {
			size_t d = last[j - 1] + (a[i - 1] != b[j - 1]);

			/* the row above ended one cell earlier */
			if (j < i + most)
				d = least(d, last[j] + 1);
			d = least(d, now[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d = least(d, before[j - 2] + 1);
			now[j] = d;
			best = least(best, d);
		}
		if (best > most)
			return far;
	}
	return least(rows[a_len % 3][b_len], far);
}

/* What both begin or end with takes no edit. */
size_t
gv_distance(
    const char *a, size_t a_len, const char *b, size_t b_len, size_t most)
{
	const size_t far = most + 1;

	if (a_len > GV_DISTANCE_MAX || b_len > GV_DISTANCE_MAX)
		return far;
	most = least(most, GV_DISTANCE_MAX);
	if (a_len > b_len + most || b_len > a_len + most)
		return far;
	for (; a_len && b_len && *a == *b; a_len--, b_len--) {
		a++;
		b++;
	}
	for (; a_len && b_len && a[a_len - 1] == b[b_len - 1]; a_len--)
		b_len--;
	if (a_len == 0 || b_len == 0)
		return least(a_len + b_len, far);
	return least(
	    (b_len <= BITS ? by_bits : by_table)(a, a_len, b, b_len, most),
	    far);
}
