#include "scan/shape.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lex/ascii.h"

#define COUNT_MAX 4096

struct parser {
	const char *p;
	struct gv_shape *out;
	bool nocase, in_group, had_group;
	unsigned gaps;
};

static void
add_byte(uint64_t set[4], unsigned char ch)
{
	set[ch / 64] |= (uint64_t)1 << (ch % 64);
}

static bool
has_byte(const uint64_t set[4], unsigned char ch)
{
	return set[ch / 64] >> (ch % 64) & 1;
}

static void
add_range(uint64_t set[4], unsigned from, unsigned to)
{
	for (; from <= to; from++)
		add_byte(set, (unsigned char)from);
}

static void
fold(uint64_t set[4])
{
	unsigned ch;

	for (ch = 'a'; ch <= 'z'; ch++) {
		if (has_byte(set, (unsigned char)ch))
			add_byte(set, (unsigned char)(ch - 32));
		else if (has_byte(set, (unsigned char)(ch - 32)))
			add_byte(set, (unsigned char)ch);
	}
}

/* What \ and the next byte stand for; false: not in a plain pattern. */
static bool
add_escape(uint64_t set[4], char ch)
{
	uint64_t other[4] = { 0 };
	int i;

	switch (ch) {
	case 'd':
		add_range(set, '0', '9');
		return true;
	case 'w':
		add_range(set, '0', '9');
		add_range(set, 'A', 'Z');
		add_range(set, 'a', 'z');
		add_byte(set, '_');
		return true;
	case 's':
		add_byte(set, ' ');
		add_range(set, '\t', '\n');
		add_range(set, '\f', '\r');
		return true;
	case 'n':
		add_byte(set, '\n');
		return true;
	case 't':
		add_byte(set, '\t');
		return true;
	case 'D':
	case 'W':
	case 'S':
		add_escape(other, (char)(ch | 32));
		for (i = 0; i < 4; i++)
			set[i] |= ~other[i];
		return true;
	default:
		if (ch == '\0' || (ch >= '0' && ch <= '9') ||
		    (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z'))
			return false;
		add_byte(set, (unsigned char)ch);
		return true;
	}
}

static bool
parse_class(struct parser *s, uint64_t set[4])
{
	bool negate = *s->p == '^';
	const char *first;
	int i;

	s->p += negate;
	for (first = s->p; *s->p && (*s->p != ']' || s->p == first); s->p++) {
		unsigned char from = (unsigned char)*s->p;

		if (from == '[')
			return false; /* [:alpha:] */
		if (from == '\\') {
			if (!add_escape(set, *++s->p))
				return false;
			continue;
		}
		if (s->p[1] == '-' && s->p[2] && s->p[2] != ']') {
			if (s->p[2] == '\\' || (unsigned char)s->p[2] < from)
				return false;
			add_range(set, from, (unsigned char)s->p[2]);
			s->p += 2;
			continue;
		}
		add_byte(set, from);
	}
	if (*s->p++ != ']')
		return false;
	if (s->nocase)
		fold(set);
	for (i = 0; negate && i < 4; i++)
		set[i] = ~set[i];
	return true;
}

static bool
parse_number(struct parser *s, unsigned *out)
{
	const char *first = s->p;

	for (*out = 0; *s->p >= '0' && *s->p <= '9' && *out <= COUNT_MAX;
	     s->p++)
		*out = *out * 10 + (unsigned)(*s->p - '0');
	return s->p > first && *out <= COUNT_MAX;
}

/* {n}, {n,m}, {n,m}? or ?; without any once. */
static bool
parse_count(struct parser *s, struct gv_shape_item *item)
{
	item->min = item->max = 1;
	if (*s->p == '?') {
		s->p++;
		item->min = 0;
	} else if (*s->p == '{') {
		s->p++;
		if (!parse_number(s, &item->min))
			return false;
		item->max = item->min;
		if (*s->p == ',') {
			s->p++;
			if (!parse_number(s, &item->max))
				return false;
		}
		if (*s->p++ != '}' || item->max < item->min || item->max == 0)
			return false;
		if (*s->p == '?') {
			s->p++;
			item->gap = ++s->gaps;
		}
	}
	return *s->p != '*' && *s->p != '+' && *s->p != '?' && *s->p != '{';
}

static bool
parse_item(struct parser *s)
{
	struct gv_shape_item *item;
	uint64_t *set;
	char ch = *s->p++;

	if (s->out->n == GV_SHAPE_ITEMS)
		return false;
	item = &s->out->items[s->out->n++];
	memset(item, 0, sizeof(*item));
	set = item->set;
	if (ch == '[') {
		if (!parse_class(s, set))
			return false;
	} else if (ch == '\\') {
		if (!add_escape(set, *s->p++))
			return false;
	} else if (strchr("|*+?{}()^$.", ch)) {
		return false;
	} else {
		add_byte(set, (unsigned char)ch);
	}
	if (s->nocase)
		fold(set);
	return parse_count(s, item);
}

static bool
parse_group(struct parser *s)
{
	if (*s->p == '(') {
		if (s->had_group || s->p[1] == '?')
			return false;
		s->had_group = s->in_group = true;
		s->out->group_from = s->out->n;
	} else {
		if (!s->in_group)
			return false;
		s->in_group = false;
		s->out->group_to = s->out->n;
		if (strchr("*+?{", s->p[1]) && s->p[1])
			return false;
	}
	s->p++;
	return true;
}

/* Neighbours of the same set become one: a literal "aa", a class of 3 and then
 * one of 2 to 5. Runs of plain letters are shorter so, too. */
static void
join(struct gv_shape *out)
{
	unsigned i, n = 0;

	for (i = 0; i < out->n; i++) {
		struct gv_shape_item *item = &out->items[i];

		if (n && i != out->group_from && i != out->group_to &&
		    !item->gap && !out->items[n - 1].gap &&
		    memcmp(out->items[n - 1].set, item->set,
			sizeof(item->set)) == 0) {
			out->items[n - 1].min += item->min;
			out->items[n - 1].max += item->max;
			/* the groups behind move up */
			if (out->group_from > n)
				out->group_from--;
			if (out->group_to > n)
				out->group_to--;
			memmove(
			    item, item + 1, (out->n - i - 1) * sizeof(*item));
			out->n--;
			i--;
			continue;
		}
		n++;
	}
	out->n = n;
}

/* Whether some byte that item `i` may take could also begin what follows. */
static bool
is_ambiguous(const struct gv_shape *out, unsigned i)
{
	unsigned k;
	int w;

	if (out->items[i].min == out->items[i].max || out->items[i].gap)
		return false;
	for (k = i + 1; k < out->n; k++) {
		for (w = 0; w < 4; w++)
			if (out->items[i].set[w] & out->items[k].set[w])
				return true;
		if (out->items[k].min > 0)
			return false;
	}
	return false;
}

/* Note where the last gap is and how far a match reaches. Whether each gap has
 * something in front, and behind what is there in any case, and none of them
 * ends the group. */
static bool
measure(struct gv_shape *out)
{
	unsigned i;

	for (i = 0; i < out->n; i++) {
		out->reach += out->items[i].max;
		if (out->items[i].gap == 0)
			continue;
		if (i == 0 || i + 1 == out->n || out->items[i + 1].min == 0 ||
		    out->items[i].gap > GV_SHAPE_GAPS || out->items[i + 1].gap)
			return false;
		out->last_gap = i;
	}
	return true;
}

/* The one byte that is in a set, or -1. */
static int
only_byte(const uint64_t set[4])
{
	int found = -1, i;

	for (i = 0; i < 4; i++) {
		if (set[i] == 0)
			continue;
		if (found >= 0 || set[i] & (set[i] - 1))
			return -1;
		found = i * 64 + __builtin_ctzll(set[i]);
	}
	return found;
}

/* Bytes that can be no others in front, up to the group. */
static void
take_head(struct gv_shape *out)
{
	bool has_group = out->group_from < out->group_to;

	for (; out->head_items < out->n; out->head_items++) {
		const struct gv_shape_item *item = &out->items[out->head_items];
		int ch = only_byte(item->set);

		if (ch < 0 || item->gap || item->min != item->max ||
		    out->head_len + item->min > GV_SHAPE_HEAD ||
		    (has_group && out->head_items == out->group_from))
			break;
		memset(out->head + out->head_len, ch, item->min);
		out->head_len += item->min;
	}
}

bool
gv_shape_parse(struct gv_shape *out, const char *pattern, bool nocase)
{
	struct parser s = { .p = pattern, .out = out, .nocase = nocase };
	unsigned i;

	memset(out, 0, sizeof(*out));
	if (strncmp(s.p, "\\b", 2) == 0) {
		out->starts_word = true;
		s.p += 2;
	}
	while (*s.p) {
		if (strcmp(s.p, "\\b") == 0) {
			out->ends_word = true;
			break;
		}
		if (*s.p == '(' || *s.p == ')' ? !parse_group(&s)
					       : !parse_item(&s))
			return false;
	}
	if (s.in_group || out->n == 0)
		return false;
	join(out);
	if (!measure(out))
		return false;
	for (i = 0; i < out->n; i++)
		if (is_ambiguous(out, i))
			return false;
	take_head(out);
	return true;
}

struct gv_shape *
gv_shape_copy(const struct gv_shape *shape)
{
	size_t size = offsetof(struct gv_shape, items) +
	    shape->n * sizeof(shape->items[0]);
	struct gv_shape *copy = malloc(size);

	if (copy == NULL)
		gv_err_nomem();
	else
		memcpy(copy, shape, size);
	return copy;
}
