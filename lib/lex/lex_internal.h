#ifndef GV_LEX_INTERNAL_H
#define GV_LEX_INTERNAL_H
/*
 * What the parts of the reader share: lex.c finds names and leads from them to
 * their values, lex_sign.c reads what joins both, lex_place.c knows where no
 * sign does, lex_value.c reads values, lex_string.c what signs set off,
 * lex_pair.c finds them where something stands between, and lex_default.c where
 * they count only if nothing else is given.
 */

#include "lex/ascii.h"
#include "lex/lex.h"

/* Where a reader stands; `end` bounds what it may see. */
struct cursor {
	const char *p;
	size_t at, end;
};

struct call {
	struct gv_lex *lex;
	struct gv_lex_pair
	    *pair; /* the caller's: a copy is as dear as a look */
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

/* Blanks from `at` on. */
static inline size_t
indent_of(const struct cursor *c, size_t at)
{
	size_t from = at;

	while (at < c->end && gv_ascii_is_blank(c->p[at]))
		at++;
	return at - from;
}

/* Where to look on from for what was not in there. */
static inline size_t
skip_barren(const struct gv_lex_barren *barren, size_t at)
{
	return at >= barren->from && at < barren->to ? barren->to : at;
}

/* It is not between `from` and `to` either; at `to` it may be. */
static inline void
note_barren(struct gv_lex_barren *barren, size_t from, size_t to)
{
	if (from < barren->from || from >= barren->to)
		barren->from = from;
	barren->to = to;
}

/* Tell of the value from `from` to `to`. 0, or what the callback returned, as
 * all of these. */
int
gv_lex_give(struct call *call, size_t from, size_t to, enum gv_lex_mark mark);

/* Read the value that begins where the cursor stands; what stands below a name
 * of YAML that has no other on its line: one value, or the lines of a list. */
int gv_lex_value(struct call *call, struct cursor *c);
int gv_lex_below(struct call *call, struct cursor *c);

/* Read a value in escaped quotes behind the name, if there is one, whose result
 * is then *r. */
bool gv_lex_reads_escaped(int *r, struct call *call, struct cursor *c);

/* Read what begins with the quote, the '|' or '>', behind the "<<" where the
 * cursor stands, which is then behind it. */
int gv_lex_read_quoted(struct call *call, struct cursor *c);
int gv_lex_read_block(struct call *call, struct cursor *c);
int gv_lex_read_heredoc(struct call *call, struct cursor *c);

/* How far the line is indented that the name stands in. */
size_t gv_lex_indent(const struct call *call);

/* The value of a name that is a value itself, and is followed by what its value
 * is called, or stands behind it. */
int gv_lex_read_pair(struct call *call, struct cursor *c);

/* Whether in place of a value stands a map that has one, as {"type": …,
 * "value": …}; then *r is what reading that returned. */
bool gv_lex_reads_map(int *r, struct call *call, const struct cursor *c);

/* Whether a map stands in place of the value of a name such as api_keys: then
 * its members have been read. Below a name of YAML a list may as well stand,
 * which is for gv_lex_below(): false, unless reading failed. */
bool gv_lex_reads_members(int *r, struct call *call, const struct cursor *c);

/* Read what all rows of a CSV have in the column of a name in the first one. */
int gv_lex_read_column(struct call *call);

/* Whether the cursor is behind a name in the first row of a table of Markdown;
 * then what is below it has been read. Of one table a few columns are. */
bool gv_lex_reads_markdown(int *r, struct call *call, const struct cursor *c);

/* Whether the name stands behind the '?' of YAML: then the cursor is where its
 * value is. */
bool gv_lex_takes_answer(const struct call *call, struct cursor *c);

/* Go past the operator behind a name, to the least that a value may follow. */
bool gv_lex_takes_operator(struct call *call, struct cursor *c, bool is_quoted);

/* Go past pulumi.String( and the like, which only says what a text is. */
void gv_lex_skip_wrapper(struct cursor *c);

/* Whether nothing but blanks is in front of the name on its line, or #define.
 */
bool gv_lex_begins_line(const struct call *call);

/* Whether it is name=value inside of a text, which a blank or a quote ends:
 * "name=value", and in YAML and JSON wherever it stands. */
bool gv_lex_is_inside(
    const struct call *call, const struct cursor *c, bool is_quoted);

/* Whether the name begins its line, or "set" does, and what stands at the
 * cursor is all else there is, but no setting itself. */
bool gv_lex_is_directive(const struct call *call, const struct cursor *c);

/* setenv NAME value of a script, and in a text of any kind a line of a name and
 * a value with a digit in it. */
bool gv_lex_is_said_alone(const struct call *call, const struct cursor *c);

/* set … name 'value', option name 'value': the quotes at the cursor end the
 * line, which such a word begins, or the name; and configure … name value,
 * which a blank ends. */
bool gv_lex_is_set_line(struct call *call, const struct cursor *c);

/* Whether it is the name of an element of an array that Tcl sets: set env(NAME)
 * value. */
bool
gv_lex_is_element(const struct gv_lex *lex, const struct gv_lex_pair *name);

/* ${NAME}    value of Robot Framework: a variable that begins its line, and two
 * blanks. */
bool
gv_lex_is_variable(const struct gv_lex *lex, const struct gv_lex_pair *name);

/* Whether an instruction of a Dockerfile is in front of the name that takes a
 * value without a sign: ENV name value. */
bool gv_lex_is_instruction(const struct call *call);

/* Whether the name is used with a value to take if it has none; whether that
 * was read from behind the name, then *r is what reading it returned. */
bool
gv_lex_has_default(const struct gv_lex *lex, const struct gv_lex_pair *name);
bool gv_lex_reads_default(int *r, struct call *call, const struct cursor *from);

#endif
