#include "lex/lex_internal.h"

#include <string.h>

#include "lex/seek.h"

#define LIST_MAX      256              /* values of one list */
#define PLAIN_MAX     GV_LEX_VALUE_MAX /* bytes of a value without quotes */
#define BELOW_MAX     8                /* lines from a name to its value */
#define OTHERWISE_MAX 96 /* from an expression to what it is otherwise */

/* Where a sequence that colours a terminal begins, ESC [ as it is or as \u001b;
 * not with the value. Else `to`. */
static size_t
find_colour(const char *p, size_t from, size_t to)
{
	size_t at;

	for (at = from; (at = gv_seek(p, at, to, '[')) < to; at++) {
		if (at > from + 1 && p[at - 1] == '\033')
			return at - 1;
		if (at > from + 6 && memcmp(p + at - 6, "\\u001b", 6) == 0)
			return at - 6;
	}
	return to;
}

int
gv_lex_give(struct call *call, size_t from, size_t to, enum gv_lex_mark mark)
{
	struct gv_lex_pair *pair = call->pair;

	if (to == from || to - from > GV_LEX_VALUE_MAX)
		return 0;
	to = find_colour(call->lex->text, from, to);
	pair->value = from;
	pair->value_len = to - from;
	pair->mark = mark;
	return call->fn(call->ctx, pair);
}

/* How far the line is indented that a name stands in; a list's "- " counts. */
size_t
gv_lex_indent(const struct call *call)
{
	const char *p = call->lex->text;
	size_t at = call->pair->name, from;

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

/* Whether the name stands inside of { } or [ ] that were opened on its line, or
 * in the last of a long one. Counted from where the last count ended. */
static bool
is_in_flow(const struct call *call)
{
	struct gv_lex *lex = call->lex;
	const char *p = lex->text;
	size_t name = call->pair->name, at = name;

	while (
	    at > lex->flow_at && name - at < 256 && !gv_ascii_is_eol(p[at - 1]))
		at--;
	if (at != lex->flow_at)
		lex->flow_depth = 0;
	for (; at < name; at++) {
		if (p[at] == '{' || p[at] == '[')
			lex->flow_depth++;
		else if ((p[at] == '}' || p[at] == ']') && lex->flow_depth)
			lex->flow_depth--;
	}
	lex->flow_at = name;
	return lex->flow_depth > 0;
}

/* Whether one of several settings in a string ends at `i`: "a=x; b=y", or the
 * line of a text in it does. */
static bool
ends_setting(const struct cursor *c, size_t i)
{
	char next = i + 1 < c->end ? c->p[i + 1] : '\0';

	switch (c->p[i]) {
	case ';':
	case '&':
		return true;
	case ',':
		return next == '"' || gv_ascii_is_blank(next);
	case '\\':
		return next == 'n' || next == 'r' || next == 't' || next == '"';
	default:
		return false;
	}
}

/* Whether some syntax may end an unquoted value at it: blanks, ends of lines
 * and any of "#&'),;<\]`|} */
static inline bool
may_end(char ch)
{
	static const char table[256] = "0000000001100100"
				       "0000000000000000"
				       "1011001101001000"
				       "0000000000011000"
				       "0000000000000000"
				       "0000000000001100"
				       "1000000000000000"
				       "0000000000001100";

	return table[(unsigned char)ch] & 1;
}

/* The first such byte from `at` on, or `end`. */
static inline size_t
seek_end(const char *p, size_t at, size_t end)
{
#if defined(__SSE2__)
	unsigned signs;

	for (; at + 16 <= end; at += 16)
		for (signs = gv_seek_signs(p + at); signs; signs &= signs - 1)
			if (may_end(p[at + (size_t)__builtin_ctz(signs)]))
				return at + (size_t)__builtin_ctz(signs);
#endif
	while (at < end && !may_end(p[at]))
		at++;
	return at;
}

/* Whether the cursor is after NAME= without a blank, as in a shell, in a text
 * for people: a command in a document, with more words after it. */
static bool
is_tight(const struct call *call, const struct cursor *c)
{
	return call->lex->syntax == GV_SYNTAX_TEXT && !call->pair->is_flag &&
	    c->at > 1 && c->p[c->at - 1] == '=' &&
	    gv_ascii_is_name(c->p[c->at - 2]);
}

/* Whether the value is a cell of a table. */
static bool
is_cell(const struct call *call, const struct cursor *c)
{
	size_t i = c->at;

	if (call->lex->syntax != GV_SYNTAX_TEXT)
		return false;
	while (i > 0 && gv_ascii_is_blank(c->p[i - 1]))
		i--;
	return i > 0 && i < c->at && c->p[i - 1] == '|';
}

static bool
ends_tight(char ch)
{
	return gv_ascii_is_blank(ch) || gv_ascii_is_eol(ch) || ch == '"' ||
	    ch == '`';
}

/* The quote that opens the string which the name begins, within the line of a
 * command: - curl -H "X-Token: x" URL. Else 0. */
static char
quote_of_name(const struct call *call, const struct cursor *c)
{
	const struct gv_lex_pair *pair = call->pair;
	size_t end = pair->name + pair->name_len;
	char quote = pair->name ? c->p[pair->name - 1] : '\0';

	return call->lex->syntax == GV_SYNTAX_YAML &&
		(quote == '"' || quote == '\'') && end < call->lex->len &&
		c->p[end] != quote
	    ? quote
	    : '\0';
}

/* Whether an unquoted value ends at `i`. */
static bool
ends_plain(
    const struct call *call, const struct cursor *c, size_t i, bool in_flow)
{
	char ch = c->p[i];
	bool behind_blank = i > c->at && gv_ascii_is_blank(c->p[i - 1]);

	if (gv_ascii_is_eol(ch))
		return true;
	if (call->pair->is_flag)
		return gv_ascii_is_blank(ch) || ch == '"' || ch == '\'' ||
		    (call->lex->syntax == GV_SYNTAX_JSON && ends_setting(c, i));
	if (ch == '#' && behind_blank)
		return true;
	switch (call->lex->syntax) {
	case GV_SYNTAX_YAML:
		return in_flow && (ch == ',' || ch == '}' || ch == ']');
	case GV_SYNTAX_INI:
		/* { user: a, password: b } */
		return (ch == ';' || (in_flow && (ch == ',' || ch == '}'))) &&
		    (behind_blank || i + 1 == c->end ||
			gv_ascii_is_space(c->p[i + 1]));
	case GV_SYNTAX_SHELL:
	case GV_SYNTAX_DOCKERFILE:
		return gv_ascii_is_blank(ch) || ch == ';' || ch == '&' ||
		    ch == '|';
	case GV_SYNTAX_JSON:
	case GV_SYNTAX_HCL:
	case GV_SYNTAX_CODE:
		return ch == ',' || ch == '}' || ch == ']' || ch == ')' ||
		    ch == ';' || gv_ascii_is_blank(ch);
	case GV_SYNTAX_XML:
		return ch == '<' || ch == '"' || ch == '\'';
	default:
		return ch == '"' || ch == '`';
	}
}

static bool
needs_quotes(enum gv_syntax syntax)
{
	return syntax == GV_SYNTAX_JSON || syntax == GV_SYNTAX_HCL ||
	    syntax == GV_SYNTAX_CODE || syntax == GV_SYNTAX_TOML;
}

/* process.env.PASSWORD || "x", os.Getenv(…) ?? "x": what it is otherwise. */
static int
read_otherwise(struct call *call, struct cursor *c)
{
	size_t end =
	    c->at + OTHERWISE_MAX < c->end ? c->at + OTHERWISE_MAX : c->end;
	char ch;

	for (; c->at + 1 < end; c->at++) {
		ch = peek(c);
		if (gv_ascii_is_eol(ch) || ch == ';')
			return 0;
		if (!takes(c, "||") && !takes(c, "??"))
			continue;
		skip_blanks(c);
		ch = peek(c);
		return ch == '"' || ch == '\'' || ch == '`'
		    ? gv_lex_read_quoted(call, c)
		    : 0;
	}
	return 0;
}

/* Where the first of several settings on a line ends: password=x,ssl=True, or
 * password=x&grant=y of a form. */
static size_t
end_of_setting(const struct cursor *c, size_t from, size_t to)
{
	size_t i, k;

	if (from == 0 || c->p[from - 1] != '=')
		return to;
	for (i = from; i < to; i = k) {
		while (i < to && c->p[i] != ',' && c->p[i] != '&')
			i++;
		if (i == to)
			break;
		for (k = i + 1; k < to && gv_ascii_is_name(c->p[k]); k++)
			;
		/* base 64 ends so, and begins no setting */
		if (k > i + 1 && k + 1 < to && c->p[k] == '=' &&
		    c->p[k + 1] != '=')
			return i;
	}
	return to;
}

static int
read_plain(struct call *call, struct cursor *c)
{
	bool in_flow =
	    (call->lex->syntax == GV_SYNTAX_YAML && call->pair->is_listed) ||
	    ((call->lex->syntax == GV_SYNTAX_YAML ||
		 call->lex->syntax == GV_SYNTAX_INI) &&
		is_in_flow(call));
	bool tight = is_tight(call, c);
	char quote = quote_of_name(call, c);
	struct gv_lex_barren *barren = &call->lex->plain[quote == '"' ? 4
		: quote                                               ? 5
		: call->pair->is_flag                                 ? 1
		: tight                                               ? 3
		: in_flow                                             ? 2
								      : 0];
	size_t from = c->at, to = skip_barren(barren, from), limit;
	/* whether there is something in it that ends a value elsewhere */
	bool has_end = to > from;
	int r;

	limit = from + PLAIN_MAX + 1 < c->end ? from + PLAIN_MAX + 1 : c->end;
	for (; (to = seek_end(c->p, to, limit)) < limit; to++) {
		if (c->p[to] == quote ||
		    (tight ? ends_tight(c->p[to])
			   : ends_plain(call, c, to, in_flow)))
			break;
		has_end = true;
	}
	c->at = to;
	/* what begins in it ends there, too; what the limit ends goes on */
	if (to > from &&
	    (to < limit || to == call->lex->len || to - from > PLAIN_MAX))
		note_barren(barren, from, to);
	if (to - from > PLAIN_MAX)
		return 0;
	if (has_end)
		to = end_of_setting(c, from, to);
	while (to > from && gv_ascii_is_blank(c->p[to - 1]))
		to--;
	/* of CDATA */
	if (call->lex->syntax == GV_SYNTAX_XML && to - from > 2 &&
	    memcmp(c->p + to - 3, "]]>", 3) == 0)
		to -= 3;
	if (is_cell(call, &(struct cursor){ c->p, from, c->end })) {
		const char *bar = memchr(c->p + from, '|', to - from);

		to = bar ? (size_t)(bar - c->p) : to;
		while (to > from && gv_ascii_is_blank(c->p[to - 1]))
			to--;
	}
	/* punctuation of the sentence or the command */
	while (tight && to > from + 1 && !gv_ascii_is_alnum(c->p[to - 1]) &&
	    strchr(";,)", c->p[to - 1]))
		to--;
	/* the quote that ends the string which all of it stands in */
	if (to > from && (c->p[to - 1] == '"' || c->p[to - 1] == '\'') &&
	    memchr(c->p + from, c->p[to - 1], to - from - 1) == NULL)
		to--;
	call->pair->is_expression =
	    needs_quotes(call->lex->syntax) && !call->pair->is_flag;
	r = gv_lex_give(call, from, to, GV_LEX_PLAIN);
	call->pair->is_expression = false;
	if (r == 0 && call->lex->syntax == GV_SYNTAX_CODE)
		r = read_otherwise(call, c);
	return r;
}

static bool
is_prefix(char ch)
{
	switch (ch) {
	case 'b':
	case 'B':
	case 'r':
	case 'R':
	case 'u':
	case 'U':
	case 'f':
	case 'F':
	case 'L':
	case 'N':
	case '@':
	case '$':
		return true;
	default:
		return false;
	}
}

/* What may stand between the operator and a value without being part of it:
 * tags and anchors of YAML, the letters in front of a string. */
static void
skip_prefix(const struct call *call, struct cursor *c)
{
	size_t i = c->at;

	if (call->lex->syntax == GV_SYNTAX_YAML &&
	    (peek(c) == '&' || is_here(c, "!!"))) {
		while (i < c->end && !gv_ascii_is_blank(c->p[i]) &&
		    !gv_ascii_is_eol(c->p[i]))
			i++;
		c->at = i;
		skip_blanks(c);
		return;
	}
	/* ("…" "…"), of strings that are joined */
	if (call->lex->syntax == GV_SYNTAX_CODE && peek(c) == '(')
		for (i++; i < c->end && gv_ascii_is_space(c->p[i]); i++)
			;
	while (i < c->end && i - c->at < 3 && is_prefix(c->p[i]))
		i++;
	if (i > c->at && i < c->end && (c->p[i] == '"' || c->p[i] == '\''))
		c->at = i;
}

/* Whether a value may begin otherwise than with what it is: quotes, brackets,
 * the ends of lines, what stands for a block, and the letters in front of a
 * string. Any of \0\n\r!"$&'<>@[`{| and bBfFLNqrRuU */
static inline bool
may_open(char ch)
{
	static const char table[256] = "1000000000100100"
				       "0000000000000000"
				       "0110101110000000"
				       "0000000000001010"
				       "1010001000001010"
				       "0010010000010000"
				       "1010001000000000"
				       "0110010000011000";

	return table[(unsigned char)ch] & 1;
}

/* q{…}, qq(…), q[…] of Perl: then the cursor is at the bracket. */
static bool
takes_quote(struct cursor *c)
{
	size_t i = c->at + 1;

	i += i < c->end && c->p[i] == 'q';
	if (i >= c->end || !memchr("{([", c->p[i], 3))
		return false;
	c->at = i;
	return true;
}

/* Up to the bracket that closes the one at the cursor, on its line. */
static int
read_bracketed(struct call *call, struct cursor *c)
{
	const char stop = peek(c) == '(' ? ')' : peek(c) == '[' ? ']' : '}';
	size_t from = ++c->at, to;

	to = gv_seek_any(c->p, from, c->end, stop, '\n', stop);
	if (to == c->end || c->p[to] != stop)
		return 0;
	c->at = to + 1;
	return gv_lex_give(call, from, to, GV_LEX_QUOTED);
}

static int read_list(struct call *call, struct cursor *c);

int
gv_lex_value(struct call *call, struct cursor *c)
{
	enum gv_syntax syntax = call->lex->syntax;
	char ch = peek(c);

	if (!may_open(ch))
		return read_plain(call, c);
	skip_prefix(call, c);
	ch = peek(c);
	if (ch == '\0' || gv_ascii_is_eol(ch))
		return 0;
	if (ch == '"' || ch == '\'' || ch == '`')
		return gv_lex_read_quoted(call, c);
	if (ch == 'q' && syntax == GV_SYNTAX_CODE && takes_quote(c))
		return read_bracketed(call, c);
	if (syntax == GV_SYNTAX_YAML && (ch == '|' || ch == '>'))
		return gv_lex_read_block(call, c);
	if (takes(c, "<<"))
		return gv_lex_read_heredoc(call, c);
	if (ch == '[' && (needs_quotes(syntax) || syntax == GV_SYNTAX_YAML))
		return read_list(call, c);
	if (ch == '{' || ch == '[')
		return needs_quotes(syntax) || syntax == GV_SYNTAX_YAML
		    ? 0
		    : read_plain(call, c);
	return read_plain(call, c);
}

/* [a, "b", …]; not what is nested in it. */
static int
read_list(struct call *call, struct cursor *c)
{
	size_t n;
	int r = 0;

	/* one in another is that one's values */
	if (c->at < call->lex->list_end)
		return 0;
	c->at++;
	call->pair->is_listed = true;
	for (n = 0; r == 0 && n < LIST_MAX; n++) {
		size_t before;

		skip_space(c);
		before = c->at;
		if (peek(c) == '"' || peek(c) == '\'')
			r = gv_lex_read_quoted(call, c);
		else if (peek(c) != '[' && peek(c) != '{' && peek(c) != ']')
			r = read_plain(call, c);
		skip_space(c);
		if (peek(c) != ',' || c->at == before)
			break;
		c->at++;
	}
	call->pair->is_listed = false;
	call->lex->list_end = c->at;
	return r;
}

/* "- value" lines under a name without a value, indented at least as it is. */
static int
read_items(struct call *call, struct cursor *c)
{
	size_t indent = gv_lex_indent(call), n;
	int r = 0;

	for (n = 0; r == 0 && n < LIST_MAX; n++) {
		const char *nl = memchr(c->p + c->at, '\n', c->end - c->at);

		if (nl == NULL)
			break;
		c->at = (size_t)(nl - c->p) + 1;
		if (indent_of(c, c->at) < indent)
			break;
		skip_blanks(c);
		if (peek(c) != '-' || c->at + 1 >= c->end ||
		    !gv_ascii_is_blank(c->p[c->at + 1]))
			break;
		c->at++;
		skip_blanks(c);
		r = gv_lex_value(call, c);
	}
	return r;
}

/* Go to the next line that has more than a comment; how far it is indented, or
 * 0 where it is not or none is near. */
static size_t
next_content(struct cursor *c)
{
	size_t lines, in;
	const char *nl;

	for (lines = 0; lines < BELOW_MAX; lines++) {
		nl = memchr(c->p + c->at, '\n', c->end - c->at);
		if (nl == NULL)
			return 0;
		c->at = (size_t)(nl - c->p) + 1;
		in = indent_of(c, c->at);
		if (c->at + in == c->end)
			return 0;
		if (gv_ascii_is_eol(c->p[c->at + in]) ||
		    c->p[c->at + in] == '#')
			continue;
		c->at += in;
		return in;
	}
	return 0;
}

/* Whether the line that the cursor stands in is one scalar, and not the first
 * name of a map, a list, something flowing, nor one line of several. */
static bool
is_scalar(const struct cursor *c, size_t indent)
{
	struct cursor next = *c;
	size_t i = c->at;
	char quote = peek(c);

	if (strchr("-?:{[]}|>&*!%@`,=<\\", quote))
		return false;
	if (quote == '"' || quote == '\'') {
		for (i++; i < c->end && c->p[i] != quote &&
		     !gv_ascii_is_eol(c->p[i]);
		     i++)
			i += c->p[i] == '\\';
		if (i >= c->end || c->p[i++] != quote)
			return false;
	}
	for (; i < c->end && !gv_ascii_is_eol(c->p[i]); i++)
		if (c->p[i] == ':' &&
		    (i + 1 == c->end || gv_ascii_is_space(c->p[i + 1])))
			return false;
	return next_content(&next) <= indent;
}

int
gv_lex_below(struct call *call, struct cursor *c)
{
	size_t indent = gv_lex_indent(call), at = c->at;
	struct cursor below = *c;

	while (gv_ascii_is_blank(c->p[at - 1]))
		at--;
	if (c->p[at - 1] == ':' && next_content(&below) > indent &&
	    is_scalar(&below, indent))
		return gv_lex_value(call, &below);
	return read_items(call, c);
}
