#ifndef GV_LEX_INTERNAL_H
#define GV_LEX_INTERNAL_H
/*
 * What the parts of the reader of assignments share: lex.c reads a name and the
 * value behind it, lex_pair.c finds the value where something stands between.
 */

#include <stdbool.h>
#include <stddef.h>

#include "scan/ascii.h"
#include "scan/lex.h"

/* Where a reader stands; `end` bounds what it may see. */
struct cursor {
	const char *p;
	size_t at, end;
};

struct call {
	struct gv_lex *lex;
	struct gv_lex_pair pair;
	gv_lex_fn fn;
	void *ctx;
};

static inline char
peek(const struct cursor *c)
{
	return c->at < c->end ? c->p[c->at] : '\0';
}

static inline void
skip_blanks(struct cursor *c)
{
	while (c->at < c->end && gv_ascii_is_blank(c->p[c->at]))
		c->at++;
}

static inline void
skip_space(struct cursor *c)
{
	while (c->at < c->end &&
	    (gv_ascii_is_blank(c->p[c->at]) || gv_ascii_is_eol(c->p[c->at])))
		c->at++;
}

static inline bool
takes(struct cursor *c, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		if (c->at + i >= c->end || c->p[c->at + i] != word[i])
			return false;
	c->at += i;
	return true;
}

static inline bool
is_here(const struct cursor *c, const char *word)
{
	struct cursor copy = *c;

	return takes(&copy, word);
}

static inline size_t
indent_of(const struct cursor *c, size_t at)
{
	size_t from = at;

	while (at < c->end && gv_ascii_is_blank(c->p[at]))
		at++;
	return at - from;
}

/* How far the line is indented that a name stands in; a list's "- " counts. */
static inline size_t
name_indent(const struct call *call)
{
	const char *p = call->lex->text;
	size_t at = call->pair.name, from;

	for (from = at;
	     from > 0 && at - from < 256 && !gv_ascii_is_eol(p[from - 1]);
	     from--)
		;
	while (from < at && (gv_ascii_is_blank(p[from]) || p[from] == '-'))
		from++;
	/* on a line that long nothing is indented */
	for (at = from;
	     at > 0 && from - at < 256 && !gv_ascii_is_eol(p[at - 1]); at--)
		;
	return from - at;
}

/* Read the value that the cursor stands at. 0, or what the call's function
 * returned. */
int gv_lex_read_value(struct call *call, struct cursor *c);

/* The value of a name that is a value itself, and is followed by what its value
 * is called. */
int gv_lex_read_pair(struct call *call, struct cursor *c);

/* Whether in place of a value stands a map that has one, as {"type": …,
 * "value": …}; then *r is what reading that returned. */
bool gv_lex_reads_map(int *r, struct call *call, const struct cursor *c);

/* Whether the name stands behind the '?' of YAML: then the cursor is where its
 * value is. */
bool gv_lex_takes_answer(const struct call *call, struct cursor *c);

#endif
