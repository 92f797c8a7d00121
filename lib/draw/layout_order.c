#include "draw/layout_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/*
 * The order within ranks, by the barycentre: each node goes to the mean place
 * of those that it is connected with, rank by rank, to the right and back. The
 * best of all sweeps counts.
 */

#define SWEEPS 24

#define FRACTION 14 /* bits of a key behind the point */
#define FEW      24 /* that are sorted by shifting them */

struct row {
	uint32_t key, node;
};

struct ordering {
	struct gv_layout_graph *g;
	struct row *rows, *other;
	uint32_t *best;         /* the order with the fewest crossings */
	uint32_t *heads, *tree; /* for counting */
};

/* ---- sorting ------------------------------------------------------------- */

static void
shift(struct row *rows, uint32_t n)
{
	uint32_t i, k;

	for (i = 1; i < n; i++) {
		const struct row row = rows[i];

		for (k = i; k && rows[k - 1].key > row.key; k--)
			rows[k] = rows[k - 1];
		rows[k] = row;
	}
}

/* By one byte of the key; whether there was something to do. */
static bool
distribute(struct row *to, const struct row *from, uint32_t n, int bits)
{
	uint32_t at[257] = { 0 }, i;

	for (i = 0; i < n; i++)
		at[((from[i].key >> bits) & 0xff) + 1]++;
	if (at[((from[0].key >> bits) & 0xff) + 1] == n)
		return false;
	for (i = 1; i < 256; i++)
		at[i] += at[i - 1];
	for (i = 0; i < n; i++)
		to[at[(from[i].key >> bits) & 0xff]++] = from[i];
	return true;
}

/* Rows of one key stay in their order. This is most of the work of a picture:
 * byte by byte, it takes a third of what comparing takes. */
static void
sort(struct ordering *o, uint32_t n)
{
	struct row *swap;
	int bits;

	if (n <= FEW) {
		shift(o->rows, n);
		return;
	}
	for (bits = 0; bits < 32; bits += 8) {
		if (!distribute(o->other, o->rows, n, bits))
			continue;
		swap = o->rows;
		o->rows = o->other;
		o->other = swap;
	}
}

/* ---- orders -------------------------------------------------------------- */

static uint32_t
size_of(const struct gv_layout_graph *g, uint32_t rank)
{
	return g->rank_at[rank + 1] - g->rank_at[rank];
}

/* Order a rank by what is before it, or behind it. */
static void
order_rank(struct ordering *o, uint32_t rank, bool by_last)
{
	struct gv_layout_graph *g = o->g;
	const uint32_t *at = by_last ? g->last_at : g->next_at,
		       *list = by_last ? g->last : g->next;
	uint32_t *order = g->order + g->rank_at[rank], i, k;
	const uint32_t n = size_of(g, rank);
	/* of more nodes the places alone fill a key */
	const double scale = g->n_nodes < 1 << 17 ? 1 << FRACTION : 1;

	for (i = 0; i < n; i++) {
		const uint32_t node = order[i], first = at[node],
			       end = at[node + 1];
		double sum = 0;

		for (k = first; k < end; k++)
			sum += g->nodes[list[k]].pos;
		/* one that is not connected stays about where it is */
		sum = first == end ? g->keys[node] : sum / (end - first);
		o->rows[i].key = (uint32_t)(sum * scale);
		o->rows[i].node = node;
	}
	sort(o, n);
	for (i = 0; i < n; i++) {
		order[i] = o->rows[i].node;
		g->nodes[order[i]].pos = i;
		g->keys[order[i]] = i;
	}
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Crossings between a rank and the next: of the ends of its arcs, in the order
 * of where they begin, those that are out of order. A tree of sums counts how
 * many of those before end further down. */
static uint64_t
count_between(struct ordering *o, uint32_t rank)
{
	const struct gv_layout_graph *g = o->g;
	const uint32_t size = size_of(g, rank + 1);
	uint32_t i, k, n = 0, seen = 0;
	uint64_t crossings = 0;

	for (i = g->rank_at[rank]; i < g->rank_at[rank + 1]; i++) {
		const uint32_t node = g->order[i], first = n;

		for (k = g->next_at[node]; k < g->next_at[node + 1]; k++)
			o->heads[n++] = g->nodes[g->next[k]].pos;
		if (n - first > 1)
			qsort(o->heads + first, n - first, sizeof(*o->heads),
			    compare_numbers);
	}
	memset(o->tree, 0, ((size_t)size + 2) * sizeof(*o->tree));
	for (i = 0; i < n; i++) {
		uint32_t not_further = 0;

		for (k = o->heads[i] + 1; k; k &= k - 1)
			not_further += o->tree[k];
		crossings += seen - not_further;
		seen++;
		for (k = o->heads[i] + 1; k <= size; k += k & -k)
			o->tree[k]++;
	}
	return crossings;
}

static uint64_t
count(struct ordering *o)
{
	uint64_t crossings = 0;
	uint32_t rank;

	for (rank = 0; rank + 1 < o->g->n_ranks; rank++)
		crossings += count_between(o, rank);
	return crossings;
}

static void
sweep(struct ordering *o, bool to_right)
{
	const uint32_t n = o->g->n_ranks;
	uint32_t i;

	for (i = 1; i < n; i++)
		order_rank(o, to_right ? i : n - 1 - i, to_right);
}

static uint64_t
run(struct ordering *o)
{
	struct gv_layout_graph *g = o->g;
	const size_t bytes = g->n_nodes * sizeof(*g->order);
	uint64_t best = count(o), now;
	uint32_t i, rank;
	int round, idle = 0;

	memcpy(o->best, g->order, bytes);
	for (round = 0; round < SWEEPS && best && idle < 8; round++) {
		sweep(o, round % 2 == 0);
		now = count(o);
		idle = now < best ? 0 : idle + 1;
		if (now >= best)
			continue;
		best = now;
		memcpy(o->best, g->order, bytes);
	}
	memcpy(g->order, o->best, bytes);
	for (rank = 0; rank < g->n_ranks; rank++)
		for (i = g->rank_at[rank]; i < g->rank_at[rank + 1]; i++)
			g->nodes[g->order[i]].pos = i - g->rank_at[rank];
	return best;
}

int
gv_layout_order(struct gv_layout_graph *g, uint64_t *crossings)
{
	const size_t n = g->n_nodes;
	struct ordering o = { .g = g };
	uint32_t i;
	int r = 0;

	o.rows = calloc(n + 1, sizeof(*o.rows));
	o.best = calloc(n + 1, sizeof(*o.best));
	o.heads = calloc((size_t)g->n_arcs + 1, sizeof(*o.heads));
	o.tree = calloc(n + 3, sizeof(*o.tree));
	o.other = calloc(n + 1, sizeof(*o.other));
	if (o.rows && o.other && o.best && o.heads && o.tree) {
		for (i = 0; i < n; i++)
			g->keys[i] = g->nodes[i].pos;
		*crossings = run(&o);
	} else {
		r = gv_err_nomem();
	}
	free(o.rows);
	free(o.other);
	free(o.best);
	free(o.heads);
	free(o.tree);
	return r;
}
