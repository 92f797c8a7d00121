#include <stdbool.h>
#include <string.h>

#include "textindex/gram.h"

/* Groups in groups: each takes a few kilobytes of stack. */
#define DEPTH 16

/* A class with more members is not gone through one by one. */
#define MEMBERS 10

/* One of the ways through the expression up to where it is read: the grams that
 * it must have, and how many of the last bytes follow each other for sure. */
struct way {
	struct gv_gram_set set;
	uint32_t bytes;
	unsigned run;
};

struct ways {
	struct way items[GV_GRAM_SETS];
	size_t n;
	bool is_over; /* there would be more */
};

/* What of an expression is not understood for sure ends it all, or the run of
 * bytes that is at hand: an index that leaves out too little costs time, one
 * that leaves out too much would be wrong. */
struct parse {
	const char *p;
	bool is_unsure;
	int depth;
};

/* ---- ways ---------------------------------------------------------------- */

/* Something unknown may follow. */
static void
end_runs(struct ways *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		w->items[i].run = 0;
}

static void
put_byte(struct way *w, unsigned char c)
{
	w->bytes = w->bytes << 8 | gv_gram_fold[c];
	if (++w->run >= GV_GRAM_LEN)
		gv_gram_add(&w->set, gv_gram_number(w->bytes));
}

static void
put(struct ways *w, char c)
{
	size_t i;

	/* in an expression that ignores case, it might mean another */
	if ((unsigned char)c >= 0x80) {
		end_runs(w);
		return;
	}
	for (i = 0; i < w->n; i++)
		put_byte(&w->items[i], (unsigned char)c);
}

static void
join(struct ways *out, const struct ways *w)
{
	if (out->n + w->n > GV_GRAM_SETS) {
		out->is_over = true;
		return;
	}
	memcpy(&out->items[out->n], w->items, w->n * sizeof(*w->items));
	out->n += w->n;
}

/* Each way goes on with each of these bytes. */
static void
fork_ways(struct ways *w, const char *bytes, size_t n)
{
	struct ways out;
	size_t i, k;

	if (n == 0 || n > MEMBERS || w->n * n > GV_GRAM_SETS) {
		end_runs(w);
		return;
	}
	out.n = 0;
	for (i = 0; i < w->n; i++)
		for (k = 0; k < n; k++) {
			out.items[out.n] = w->items[i];
			put_byte(&out.items[out.n++], (unsigned char)bytes[k]);
		}
	memcpy(w->items, out.items, out.n * sizeof(*out.items));
	w->n = out.n;
}

/* ---- classes and escapes ------------------------------------------------- */

struct class
{
	char bytes[MEMBERS + 1];
	size_t n;
	bool is_large;
};

static void
add_range(struct class *c, unsigned char from, unsigned char to)
{
	unsigned i;

	for (i = from; i <= to && !c->is_large; i++) {
		const char byte = (char)gv_gram_fold[i];

		if (i >= 0x80 || c->n > MEMBERS)
			c->is_large = true;
		else if (memchr(c->bytes, byte, c->n) == NULL)
			c->bytes[c->n++] = byte;
	}
}

/* A member, or the one end of a range. Of what is not a byte for sure the class
 * is large. */
static unsigned char
take_member(struct parse *s, struct class *c)
{
	unsigned char byte = (unsigned char)*s->p;
	const char *end;

	if (s->p[0] == '[' && s->p[1] == ':' &&
	    (end = strstr(s->p, ":]")) != NULL) {
		c->is_large = true;
		s->p = end + 2;
		return byte;
	}
	if (byte == '\\' && s->p[1]) {
		byte = (unsigned char)*++s->p;
		c->is_large |= byte >= 0x80 || (byte >= '0' && byte <= '9') ||
		    (byte >= 'a' && byte <= 'z') ||
		    (byte >= 'A' && byte <= 'Z');
	}
	s->p++;
	return byte;
}

static void
take_class(struct parse *s, struct ways *w)
{
	struct class c = { .n = 0 };
	bool is_first = true;

	s->p++;
	if (*s->p == '^') {
		c.is_large = true;
		s->p++;
	}
	for (; *s->p && (*s->p != ']' || is_first); is_first = false) {
		const unsigned char from = take_member(s, &c);
		unsigned char to = from;

		if (s->p[0] == '-' && s->p[1] && s->p[1] != ']') {
			s->p++;
			to = take_member(s, &c);
		}
		add_range(&c, from, to);
	}
	if (*s->p == '\0') {
		s->is_unsure = true;
		return;
	}
	s->p++;
	fork_ways(w, c.bytes, c.is_large ? 0 : c.n);
}

/* An escape: a class, a place between two bytes, or the byte itself. */
static void
take_escape(struct parse *s, struct ways *w)
{
	const char c = s->p[1];

	s->p += c ? 2 : 1;
	if (c == 't')
		put(w, '\t');
	else if (c == 'd')
		fork_ways(w, "0123456789", 10);
	else if (c && strchr("DwWsSnrfva", c))
		end_runs(w);
	else if (c == '\0' || (c >= '0' && c <= '9') ||
	    (((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) &&
		strchr("bBAz", c) == NULL))
		s->is_unsure = true;
	else if (strchr("bBAz", c) == NULL)
		put(w, c);
}

/* ---- repetition ---------------------------------------------------------- */

/* "{2,3}" behind its last character; NULL: a brace like any character. */
static const char *
behind_count(const char *p)
{
	const char *q = p + 1 + strspn(p + 1, "0123456789");

	if (q == p + 1)
		return NULL;
	if (*q == ',')
		q += 1 + strspn(q + 1, "0123456789");
	return *q == '}' ? q + 1 : NULL;
}

/* What was read goes before this, once, and `before` is without it. */
static void
take_repeat(struct parse *s, struct ways *w, const struct ways *before)
{
	const char *behind;

	if (*s->p == '?') {
		join(w, before);
		if (w->is_over) {
			*w = *before;
			end_runs(w);
		}
		s->p++;
	} else if (*s->p == '*') {
		*w = *before;
		end_runs(w);
		s->p++;
	} else if (*s->p == '+') {
		end_runs(w);
		s->p++;
	} else if (*s->p == '{' && (behind = behind_count(s->p)) != NULL) {
		/* "{0…": perhaps not once */
		if (strspn(s->p + 1, "0") == strspn(s->p + 1, "0123456789"))
			*w = *before;
		end_runs(w);
		s->p = behind;
	} else {
		return;
	}
	/* as few as can be */
	s->p += *s->p == '?';
}

/* ---- all of it ----------------------------------------------------------- */

static void take_all(struct parse *s, struct ways *w);

/* Behind what a group begins with; whether it only sets flags. */
static bool
skip_head(struct parse *s)
{
	const char *end;

	s->p++;
	if (*s->p != '?')
		return false;
	s->p++;
	if (*s->p == 'P' || *s->p == '<') {
		end = strchr(s->p, '>');
		s->is_unsure |= end == NULL;
		s->p = end ? end + 1 : s->p;
		return false;
	}
	s->p += strspn(s->p, "imsU-");
	s->is_unsure |= *s->p != ':' && *s->p != ')';
	return *s->p && *s->p++ == ')';
}

static void
take_group(struct parse *s, struct ways *w)
{
	if (skip_head(s) || s->is_unsure)
		return;
	if (++s->depth > DEPTH) {
		s->is_unsure = true;
		return;
	}
	take_all(s, w);
	s->depth--;
	if (*s->p == ')')
		s->p++;
	else
		s->is_unsure = true;
}

static void
take_element(struct parse *s, struct ways *w)
{
	switch (*s->p) {
	case '(':
		take_group(s, w);
		break;
	case '[':
		take_class(s, w);
		break;
	case '\\':
		take_escape(s, w);
		break;
	case '*':
	case '+':
	case '?':
		s->is_unsure = true;
		break;
	case '.':
		end_runs(w);
		s->p++;
		break;
	case '^':
	case '$':
		s->p++;
		break;
	default:
		put(w, *s->p++);
	}
}

/* Up to the end of an alternative. */
static void
take_sequence(struct parse *s, struct ways *w)
{
	struct ways before;

	while (!s->is_unsure && *s->p && *s->p != '|' && *s->p != ')') {
		before = *w;
		take_element(s, w);
		if (!s->is_unsure)
			take_repeat(s, w, &before);
	}
}

/* Up to the end of the group, or of the expression. */
static void
take_all(struct parse *s, struct ways *w)
{
	struct ways out = { .n = 0 }, start = *w;

	for (;;) {
		take_sequence(s, w);
		join(&out, w);
		if (s->is_unsure || *s->p != '|')
			break;
		s->p++;
		*w = start;
	}
	if (out.is_over) {
		out = start;
		end_runs(&out);
	}
	*w = out;
}

void
gv_gram_of_regex(struct gv_grams *out, const char *regex)
{
	struct parse s = { .p = regex };
	struct ways w = { .n = 1 };
	size_t i;

	out->n = 0;
	take_all(&s, &w);
	if (s.is_unsure || *s.p)
		return;
	for (i = 0; i < w.n; i++) {
		if (w.items[i].set.n == 0)
			return;
		out->sets[i] = w.items[i].set;
	}
	out->n = w.n;
}
