#include "out_fit.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "out.h"

#define WORDS 32 /* what a cut column has before others are cut or left out */
#define LEAST 8  /* what the others keep then */
#define RUIN  3  /* what each keeps where nothing helps: a letter and dots */

struct table {
	const struct gv_out_column *columns;
	size_t *widths, n;
	size_t cut; /* the last column that may be cut first, or n */
};

static size_t
sum_of(const struct table *t)
{
	size_t i, sum = 0, shown = 0;

	for (i = 0; i < t->n; i++)
		if (t->widths[i] != GV_OUT_FIT_GONE)
			sum += t->widths[i] + (shown++ ? GV_OUT_FIT_GAP : 0);
	return sum;
}

static size_t
find_cut(const struct gv_out_column *columns, size_t n)
{
	size_t i = n;

	while (i-- > 0)
		if (columns[i].cut)
			return i;
	return n;
}

/* The columns that a pass may take from. */
struct pass {
	size_t least; /* what each of them keeps */
	bool cut;     /* the cut one, too */
	bool all;     /* numbers and what is `whole`, too */
};

static bool
may_take(const struct table *t, const struct pass *p, size_t i)
{
	const struct gv_out_column *c = &t->columns[i];

	return t->widths[i] != GV_OUT_FIT_GONE && t->widths[i] > p->least &&
	    (p->cut || i != t->cut) && (p->all || (!c->right && !c->whole));
}

/* Take `over` places from the widest columns; what is left of that. */
static size_t
shrink(const struct table *t, const struct pass *p, size_t over)
{
	size_t i;

	for (; over > 0; over--) {
		size_t at = t->n;

		for (i = 0; i < t->n; i++)
			if (may_take(t, p, i) &&
			    (at == t->n || t->widths[i] > t->widths[at]))
				at = i;
		if (at == t->n)
			break;
		t->widths[at]--;
	}
	return over;
}

/* The column to leave out next, or n. */
static size_t
find_extra(const struct table *t)
{
	size_t i, at = t->n;

	for (i = 0; i < t->n; i++)
		if (t->columns[i].extra && t->widths[i] != GV_OUT_FIT_GONE &&
		    (at == t->n || t->columns[i].extra > t->columns[at].extra))
			at = i;
	return at;
}

/* Leave out what is extra until the rest fits, with WORDS of the cut column. */
static void
leave_out(const struct table *t, size_t room)
{
	size_t at, saved = 0;

	if (t->cut < t->n && t->widths[t->cut] > WORDS)
		saved = t->widths[t->cut] - WORDS;
	while (sum_of(t) - saved > room && (at = find_extra(t)) < t->n) {
		saved = at == t->cut ? 0 : saved;
		t->widths[at] = GV_OUT_FIT_GONE;
	}
}

void
gv_out_fit(
    size_t *widths, const struct gv_out_column *columns, size_t n, size_t room)
{
	static const struct pass passes[] = {
		{ LEAST, false, false },
		{ RUIN, true, false },
		{ RUIN, true, true },
	};
	const struct table t = { columns, widths, n, find_cut(columns, n) };
	size_t over, spare = 0, i;

	if (sum_of(&t) <= room)
		return;
	leave_out(&t, room);
	over = sum_of(&t) > room ? sum_of(&t) - room : 0;
	if (t.cut < n && widths[t.cut] != GV_OUT_FIT_GONE &&
	    widths[t.cut] > WORDS)
		spare = widths[t.cut] - WORDS;
	spare = spare < over ? spare : over;
	if (spare)
		widths[t.cut] -= spare;
	over -= spare;
	for (i = 0; over > 0 && i < sizeof(passes) / sizeof(passes[0]); i++)
		over = shrink(&t, &passes[i], over);
}

size_t
gv_out_fit_line(const char *text, size_t len, size_t room)
{
	size_t fit = gv_utf8_fit(text, len, room), at = fit;
	const char *blank;

	if (fit == len)
		return len;
	while (at > 0 && text[at] != ' ')
		at--;
	if (at > 0)
		return at;
	blank = memchr(text + fit, ' ', len - fit);
	return blank ? (size_t)(blank - text) : len;
}
