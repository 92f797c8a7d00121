#include "scan/shape.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define CHOICES_MAX 16   /* plain patterns of one */
#define TEXT_MAX    2048 /* bytes of one, */
#define DEPTH_MAX   64   /* after this many steps at most */
#define REPEATS_MAX 16   /* of a group */

struct reader {
	struct gv_shape **tail, *last;
	struct gv_shape *chosen; /* the first with the gaps of the last */
	unsigned n;
	bool nocase;
};

/* Past the byte, escape or class at `p`. */
static const char *
skip_one(const char *p)
{
	if (*p == '\\')
		return p[1] ? p + 2 : p + 1;
	if (*p++ != '[')
		return p;
	p += *p == '^';
	for (p += *p == ']'; *p && *p != ']'; p++)
		if (*p == '\\' && p[1])
			p++;
	return p + (*p == ']');
}

/* The first '|' or ')' from `p` on that is in no further group, or its end. */
static const char *
skip_choice(const char *p)
{
	unsigned depth = 0;

	for (; *p; p = skip_one(p)) {
		if (depth == 0 && (*p == '|' || *p == ')'))
			break;
		depth += *p == '(';
		depth -= *p == ')';
	}
	return p;
}

/* How often a group is wanted that ends in front of `*p`, which is moved
 * behind; false: not in a plain pattern. */
static bool
read_repeats(const char **p, unsigned *min, unsigned *max)
{
	char *end;

	*min = *max = 1;
	if (**p == '?') {
		*min = 0;
		++*p;
	} else if (**p == '{') {
		if ((*p)[1] < '0' || (*p)[1] > '9')
			return false;
		*min = *max = (unsigned)strtoul(*p + 1, &end, 10);
		if (*end == ',' && end[1] >= '0' && end[1] <= '9')
			*max = (unsigned)strtoul(end + 1, &end, 10);
		if (*end != '}' || *max < *min || *max > REPEATS_MAX)
			return false;
		*p = end + 1;
	}
	return **p == '\0' || strchr("*+?{", **p) == NULL;
}

static int read_text(struct reader *r, const char *text, unsigned depth);

/* What is before, what is chosen `times` times, and what is behind. */
static int
read_joined(struct reader *r, const char *const parts[4], unsigned times,
    const char *behind, unsigned depth)
{
	size_t before = (size_t)(parts[1] - parts[0]);
	size_t chosen = (size_t)(parts[3] - parts[2]);
	char text[TEXT_MAX];
	size_t n = before;

	if (before + chosen * times + strlen(behind) >= sizeof(text))
		return 0;
	memcpy(text, parts[0], before);
	for (; times > 0; times--, n += chosen)
		memcpy(text + n, parts[2], chosen);
	memcpy(text + n, behind, strlen(behind) + 1);
	return read_text(r, text, depth + 1);
}

/* The group "(?:…)" at `group`: each of its choices in its place; or, where it
 * is repeated, each number of it without its repeats, the most first. */
static int
read_group(
    struct reader *r, const char *text, const char *group, unsigned depth)
{
	const char *from = group + 3, *to, *close = from, *behind;
	unsigned min, max;
	int e = 1;

	while (*close && *(close = skip_choice(close)) == '|')
		close++;
	if (*close != ')')
		return 0;
	behind = close + 1;
	if (!read_repeats(&behind, &min, &max))
		return 0;
	if (behind > close + 1) {
		const char *const parts[] = { text, group, group, close + 1 };

		for (; e > 0; max--) {
			e = read_joined(r, parts, max, behind, depth);
			if (max == min)
				break;
		}
		return e;
	}
	for (; e > 0 && from <= close; from = to + 1) {
		to = skip_choice(from);

		const char *const parts[] = { text, group, from, to };

		e = read_joined(r, parts, 1, behind, depth);
	}
	return e;
}

/* Whether both are the same up to the last gap, so that what is behind was
 * chosen between. */
static bool
shares_gaps(const struct gv_shape *a, const struct gv_shape *b)
{
	return a->last_gap && a->last_gap == b->last_gap &&
	    a->starts_word == b->starts_word &&
	    memcmp(a->items, b->items, (a->last_gap + 1) * sizeof(*a->items)) ==
	    0;
}

static int
add(struct reader *r, const char *text)
{
	struct gv_shape shape;

	if (r->n++ == CHOICES_MAX || !gv_shape_parse(&shape, text, r->nocase))
		return 0;
	*r->tail = gv_shape_copy(&shape);
	if (*r->tail == NULL)
		return GV_ENOMEM;
	if (r->last)
		r->last->shares_gaps = shares_gaps(r->last, *r->tail);
	if (r->last == NULL || !r->last->shares_gaps)
		r->chosen = *r->tail;
	else if (r->chosen->reach < shape.reach)
		r->chosen->reach = shape.reach;
	r->last = *r->tail;
	r->tail = &r->last->next;
	return 1;
}

static int
read_text(struct reader *r, const char *text, unsigned depth)
{
	const char *p = text, *to = skip_choice(text);

	if (depth == DEPTH_MAX)
		return 0;
	if (*to == '|') {
		const char *const first[] = { text, text, text, to };
		int e = read_joined(r, first, 1, "", depth);

		return e > 0 ? read_text(r, to + 1, depth + 1) : e;
	}
	while (*p && strncmp(p, "(?:", 3) != 0)
		p = skip_one(p);
	return *p ? read_group(r, text, p, depth) : add(r, text);
}

int
gv_shape_read(struct gv_shape **out, const char *pattern, bool nocase)
{
	struct reader r = { .tail = out, .nocase = nocase };
	int e;

	*out = NULL;
	e = read_text(&r, pattern, 0);
	if (e <= 0) {
		gv_shape_free(*out);
		*out = NULL;
	}
	return e;
}

void
gv_shape_free(struct gv_shape *shape)
{
	struct gv_shape *next;

	for (; shape; shape = next) {
		next = shape->next;
		free(shape);
	}
}
