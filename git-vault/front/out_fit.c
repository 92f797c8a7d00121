#include "git-vault/front/out_fit.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "git-vault/front/out.h"

#define WORDS 32 /* what a cut column has before others are cut or left out */
#define LINES 24 /* and one that goes on below */
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

static bool
is_cut(const struct gv_out_column *c)
{
	return c->cut || c->wrap;
}

static size_t
find_cut(const struct gv_out_column *columns, size_t n)
{
	size_t i = n;

	while (i-- > 0)
		if (is_cut(&columns[i]))
			return i;
	return n;
}

/* What the cut column can give before others are cut. */
static size_t
spare_of(const struct table *t)
{
	size_t words;

	if (t->cut == t->n || t->widths[t->cut] == GV_OUT_FIT_GONE)
		return 0;
	words = t->columns[t->cut].wrap ? LINES : WORDS;
	return t->widths[t->cut] > words ? t->widths[t->cut] - words : 0;
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

/* Leave out what is extra until the rest fits, with some words of the cut
 * column. */
static void
leave_out(const struct table *t, size_t room)
{
	size_t at, saved = spare_of(t);

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
	size_t over, spare, i;

	if (sum_of(&t) <= room)
		return;
	leave_out(&t, room);
	over = sum_of(&t) > room ? sum_of(&t) - room : 0;
	spare = spare_of(&t);
	spare = spare < over ? spare : over;
	if (spare)
		widths[t.cut] -= spare;
	over -= spare;
	for (i = 0; over > 0 && i < sizeof(passes) / sizeof(passes[0]); i++)
		over = shrink(&t, &passes[i], over);
}

/* Where a command that begins at `at` ends: with its quote, or else
 * with its clause. 0 where none begins there. */
static size_t
end_of_command(const char *text, size_t len, size_t at)
{
	static const char ours[] = "git vault ";
	const size_t n = sizeof(ours) - 1;
	const bool quoted = at > 0 && text[at - 1] == '\'';
	bool inside = false;
	size_t i;

	if (len - at < n || memcmp(text + at, ours, n) != 0)
		return 0;
	for (i = at + n; i < len; i++) {
		if (text[i] == '\'' && quoted)
			return i + 1;
		if (text[i] == '\'')
			inside = !inside;
		if (inside || quoted)
			continue;
		if (text[i] == ')' || (text[i] == ';' && i + 1 < len) ||
		    (len - i > 1 && memcmp(text + i, " (", 2) == 0))
			return i;
	}
	return len;
}

/* The next blank from `at` on that is inside no command, or len. */
static size_t
next_blank(const char *text, size_t len, size_t at)
{
	size_t end;

	for (; at < len && text[at] != ' '; at++)
		if ((end = end_of_command(text, len, at)) > 0)
			at = end - 1;
	return at;
}

size_t
gv_out_fit_line(const char *text, size_t len, size_t room)
{
	const size_t fit = gv_utf8_fit(text, len, room);
	size_t at = 0, last = 0;

	if (fit == len)
		return len;
	while (at < len && text[at] == ' ') /* an indent is no place for it */
		at++;
	for (at = next_blank(text, len, at); at <= fit;
	     at = next_blank(text, len, at + 1))
		last = at;
	return last ? last : at;
}
