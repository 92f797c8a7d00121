#include "reuse/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/* Tokens that may be others between two prints of a run. */
#define GAP 60

/* Runs that are followed at once. */
#define OPEN 64

/* ---- the index ----------------------------------------------------------- */

static int
add_stream(struct gv_match_index *index, uint32_t file,
    const struct gv_prints *prints, int stream)
{
	size_t i;

	for (i = 0; i < prints->n; i++) {
		const struct gv_print *p = &prints->items[i];

		if (GV_GROW(index->places[stream], index->n[stream],
			index->cap[stream]) < 0)
			return gv_err_nomem();
		index->places[stream][index->n[stream]++] =
		    (struct gv_match_place){ p->hash, file, p->token, p->first,
			    p->last };
	}
	return 0;
}

int
gv_match_add(struct gv_match_index *index, uint32_t file,
    const struct gv_prints prints[GV_PRINT_STREAMS])
{
	int stream, r = 0;

	for (stream = 0; r == 0 && stream < GV_PRINT_STREAMS; stream++)
		r = add_stream(index, file, &prints[stream], stream);
	return r;
}

static int
by_hash(const void *a, const void *b)
{
	const struct gv_match_place *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash > y->hash ? 1 : -1;
	if (x->file != y->file)
		return x->file > y->file ? 1 : -1;
	return (x->token > y->token) - (x->token < y->token);
}

void
gv_match_end(struct gv_match_index *index)
{
	size_t i, k, n;
	int stream;

	for (stream = 0; stream < GV_PRINT_STREAMS; stream++) {
		struct gv_match_place *all = index->places[stream];

		if (index->n[stream] == 0)
			continue;
		qsort(all, index->n[stream], sizeof(*all), by_hash);
		for (i = n = 0; i < index->n[stream]; i = k) {
			for (k = i + 1; k < index->n[stream] &&
			     all[k].hash == all[i].hash;)
				k++;
			if (k - i > GV_MATCH_PLACES)
				continue;
			memmove(&all[n], &all[i], (k - i) * sizeof(*all));
			n += k - i;
		}
		index->n[stream] = n;
	}
}

void
gv_match_release(struct gv_match_index *index)
{
	int stream;

	for (stream = 0; stream < GV_PRINT_STREAMS; stream++)
		free(index->places[stream]);
	memset(index, 0, sizeof(*index));
}

/* The first place of a hash, and behind the last. */
static const struct gv_match_place *
find_places(const struct gv_match_place **end,
    const struct gv_match_index *index, int stream, uint64_t hash)
{
	const struct gv_match_place *all = index->places[stream];
	size_t low = 0, high = index->n[stream];

	if (high == 0)
		return *end = NULL;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (all[mid].hash < hash)
			low = mid + 1;
		else
			high = mid;
	}
	for (high = low; high < index->n[stream] && all[high].hash == hash;)
		high++;
	*end = all + high;
	return all + low;
}

/* ---- runs ---------------------------------------------------------------- */

struct run {
	struct gv_match m;
	uint32_t begin, end;       /* tokens of the index's file */
	uint32_t to_begin, to_end; /* of the other */
	uint32_t prints;
};

struct finding {
	const struct gv_match_index *index;
	const struct gv_prints *prints;
	struct run open[OPEN];
	size_t n_open;
	struct gv_matches *out;
};

/* The first print that begins at a token or behind it. */
static size_t
first_from(const struct gv_prints *prints, uint32_t token)
{
	size_t low = 0, high = prints->n;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (prints->items[mid].token < token)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Of the prints of a stream within a run, how many are common, and of how many.
 */
static uint32_t
count_common(
    uint32_t *of, const struct finding *f, const struct run *run, int stream)
{
	const struct gv_prints *prints = &f->prints[stream];
	const struct gv_match_place *p, *end;
	uint32_t common = 0;
	size_t i;

	*of = 0;
	for (i = first_from(prints, run->to_begin);
	     i < prints->n && prints->items[i].token <= run->to_end; i++) {
		++*of;
		p = find_places(&end, f->index, stream, prints->items[i].hash);
		while (p < end &&
		    (p->file != run->m.file || p->token < run->begin ||
			p->token > run->end))
			p++;
		common += p < end;
	}
	return common;
}

static unsigned
percent(uint32_t n, uint32_t of)
{
	return of ? 100 * n / of : 100;
}

static int
close_run(struct finding *f, struct run *run)
{
	struct gv_matches *out = f->out;
	uint32_t kept, of, renamed, renamed_of;

	run->m.tokens = run->to_end - run->to_begin + GV_PRINT_TOKENS;
	if (run->prints < 2 || run->m.tokens < GV_MATCH_LEAST)
		return 0;
	kept = count_common(&of, f, run, GV_PRINT_KEPT);
	renamed = count_common(&renamed_of, f, run, GV_PRINT_RENAMED);
	run->m.is_renamed = 2 * kept < of;
	run->m.alike = run->m.is_renamed ? percent(renamed, renamed_of)
					 : percent(kept, of);
	if (run->m.alike < GV_MATCH_ALIKE ||
	    (run->m.is_renamed &&
		(run->m.tokens < GV_MATCH_RENAMED_LEAST ||
		    run->m.alike < GV_MATCH_RENAMED_ALIKE)))
		return 0;
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = run->m;
	return 0;
}

/* The run that a common print goes on with: the nearest of those that are near
 * enough in both files. */
static struct run *
find_run(
    struct finding *f, const struct gv_match_place *p, const struct gv_print *q)
{
	struct run *best = NULL;
	uint32_t gap, least = 2 * GAP + 1;
	size_t i;

	for (i = 0; i < f->n_open; i++) {
		struct run *run = &f->open[i];

		if (run->m.file != p->file || p->token <= run->end ||
		    q->token <= run->to_end || p->token - run->end > GAP ||
		    q->token - run->to_end > GAP)
			continue;
		gap = p->token - run->end + q->token - run->to_end;
		if (gap < least) {
			least = gap;
			best = run;
		}
	}
	return best;
}

static struct run *
oldest(struct finding *f)
{
	struct run *run = &f->open[0];
	size_t i;

	for (i = 1; i < f->n_open; i++)
		if (f->open[i].to_end < run->to_end)
			run = &f->open[i];
	return run;
}

static int
take_hit(
    struct finding *f, const struct gv_match_place *p, const struct gv_print *q)
{
	struct run *run = find_run(f, p, q);
	int r;

	if (run == NULL) {
		if (f->n_open < OPEN) {
			run = &f->open[f->n_open++];
		} else {
			run = oldest(f);
			if ((r = close_run(f, run)) < 0)
				return r;
		}
		*run = (struct run){ .m = { .file = p->file,
					 .first = p->first,
					 .last = p->last,
					 .to_first = q->first,
					 .to_last = q->last },
			.begin = p->token,
			.to_begin = q->token };
	}
	run->end = p->token;
	run->to_end = q->token;
	run->prints++;
	if (p->last > run->m.last)
		run->m.last = p->last;
	if (q->last > run->m.to_last)
		run->m.to_last = q->last;
	return 0;
}

static int
by_length(const void *a, const void *b)
{
	const struct gv_match *x = a, *y = b;

	if (x->tokens != y->tokens)
		return x->tokens < y->tokens ? 1 : -1;
	if (x->file != y->file)
		return x->file > y->file ? 1 : -1;
	return (x->first > y->first) - (x->first < y->first);
}

/* By file, and of those that begin in one line, the longest first. */
static int
by_place(const void *a, const void *b)
{
	const struct gv_match *x = a, *y = b;

	if (x->file != y->file)
		return x->file > y->file ? 1 : -1;
	if (x->to_first != y->to_first)
		return x->to_first > y->to_first ? 1 : -1;
	if (x->to_last != y->to_last)
		return x->to_last < y->to_last ? 1 : -1;
	return by_length(a, b);
}

/* Repetitive code is like itself in many places: of what is in a longer run,
 * that one tells. */
static void
drop_covered(struct gv_matches *out)
{
	uint32_t last = 0;
	size_t i, n = 0;

	qsort(out->items, out->n, sizeof(*out->items), by_place);
	for (i = 0; i < out->n; i++) {
		const struct gv_match m = out->items[i];

		if (n && out->items[n - 1].file == m.file && m.to_last <= last)
			continue;
		last = m.to_last;
		out->items[n++] = m;
	}
	out->n = n;
}

int
gv_match_find(struct gv_matches *out, const struct gv_match_index *index,
    const struct gv_prints prints[GV_PRINT_STREAMS])
{
	struct finding f = { .index = index, .prints = prints, .out = out };
	const struct gv_prints *all = &prints[GV_PRINT_RENAMED];
	const struct gv_match_place *p, *end;
	size_t i;
	int r = 0;

	memset(out, 0, sizeof(*out));
	for (i = 0; r == 0 && i < all->n; i++) {
		p = find_places(
		    &end, index, GV_PRINT_RENAMED, all->items[i].hash);
		for (; r == 0 && p < end; p++)
			r = take_hit(&f, p, &all->items[i]);
	}
	for (i = 0; r == 0 && i < f.n_open; i++)
		r = close_run(&f, &f.open[i]);
	if (r < 0 || out->n == 0)
		return r;
	drop_covered(out);
	qsort(out->items, out->n, sizeof(*out->items), by_length);
	return 0;
}
