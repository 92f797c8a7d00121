#include "search/gram.h"

#include <stdbool.h>
#include <string.h>

#define ROW(c)                                                                 \
	(c), (c) + 1, (c) + 2, (c) + 3, (c) + 4, (c) + 5, (c) + 6, (c) + 7
#define ROWS(c) ROW(c), ROW((c) + 8), ROW((c) + 16), ROW((c) + 24)

const unsigned char gv_gram_fold[256] = { ROWS(0), ROWS(32), '@', 'a', 'b', 'c',
	'd', 'e', 'f', 'g', ROW('h'), ROW('p'), 'x', 'y', 'z', '[', '\\', ']',
	'^', '_', ROWS(96), ROWS(128), ROWS(160), ROWS(192), ROWS(224) };

static void
add(struct gv_grams *out, uint32_t gram)
{
	size_t i;

	for (i = 0; i < out->n; i++)
		if (out->items[i] == gram)
			return;
	if (out->n < GV_GRAMS)
		out->items[out->n++] = gram;
}

static void
add_string(struct gv_grams *out, const char *string, size_t len)
{
	uint32_t bytes = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		bytes = bytes << 8 | gv_gram_fold[(unsigned char)string[i]];
		if (i + 1 >= GV_GRAM_LEN)
			add(out, gv_gram_number(bytes));
	}
}

void
gv_gram_of_string(struct gv_grams *out, const char *string, size_t len)
{
	out->n = 0;
	add_string(out, string, len);
}

/* ---- regular expressions ------------------------------------------------- */

/* What of an expression is not understood for sure ends it all, or the run of
 * characters that is at hand: an index that leaves out too little costs time,
 * one that leaves out too much would be wrong. */
struct parse {
	struct gv_grams *out;
	const char *p;
	char run[256];
	size_t n;
	bool is_unsure;
};

static void
end_run(struct parse *s)
{
	add_string(s->out, s->run, s->n);
	s->n = 0;
}

static void
put(struct parse *s, char c)
{
	/* in an expression that ignores case, these might mean others */
	if ((unsigned char)c >= 0x80 || s->n == sizeof(s->run))
		end_run(s);
	if ((unsigned char)c < 0x80)
		s->run[s->n++] = c;
}

/* Behind "[…]". */
static void
skip_class(struct parse *s)
{
	const char *end;

	s->p++;
	if (*s->p == '^')
		s->p++;
	if (*s->p == ']')
		s->p++;
	while (*s->p && *s->p != ']') {
		if (s->p[0] == '[' && s->p[1] == ':' &&
		    (end = strstr(s->p, ":]")) != NULL)
			s->p = end + 2;
		else
			s->p += s->p[0] == '\\' && s->p[1] ? 2 : 1;
	}
	if (*s->p)
		s->p++;
	else
		s->is_unsure = true;
}

/* An escape: a class or a place, or the character itself. */
static void
take_escape(struct parse *s)
{
	const char c = s->p[1];

	if (c && strchr("bBAzdDwWsSntrfva", c))
		end_run(s);
	else if (c == '\0' || (c >= '0' && c <= '9') ||
	    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		s->is_unsure = true;
	else
		put(s, c);
	s->p += c ? 2 : 1;
}

/* Behind "(…)": what is in it may be one of several, or not be there. */
static void
skip_group(struct parse *s)
{
	int depth = 0;

	while (*s->p && !s->is_unsure) {
		if (*s->p == '[') {
			skip_class(s);
			continue;
		}
		if (*s->p == '\\') {
			take_escape(s);
			s->n = 0;
			continue;
		}
		depth += (*s->p == '(') - (*s->p == ')');
		s->p++;
		if (depth == 0)
			return;
	}
	s->is_unsure = true;
}

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

/* The character before may be missing. */
static void
drop_last(struct parse *s)
{
	s->n -= s->n > 0;
	end_run(s);
	s->p++;
}

static void
take(struct parse *s)
{
	const char *behind;

	switch (*s->p) {
	case '|':
		s->is_unsure = true;
		break;
	case '(':
		end_run(s);
		skip_group(s);
		break;
	case '[':
		end_run(s);
		skip_class(s);
		break;
	case '\\':
		take_escape(s);
		break;
	case '*':
	case '?':
		drop_last(s);
		break;
	case '{':
		if ((behind = behind_count(s->p)) == NULL) {
			put(s, *s->p++);
			break;
		}
		drop_last(s);
		s->p = behind;
		break;
	case '+':
	case '.':
	case '^':
	case '$':
		end_run(s);
		s->p++;
		break;
	default:
		put(s, *s->p++);
	}
}

void
gv_gram_of_regex(struct gv_grams *out, const char *regex)
{
	struct parse s = { .out = out, .p = regex };

	out->n = 0;
	while (*s.p && !s.is_unsure)
		take(&s);
	if (s.is_unsure)
		out->n = 0;
	else
		end_run(&s);
}
