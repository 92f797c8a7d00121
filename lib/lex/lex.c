#include "lex/lex.h"

#include <string.h>

#include "lex/ascii.h"
#include "lex/lex_internal.h"
#include "lex/name.h"

#define WORD_MAX  16  /* of a word in front of a name */
#define TAG_MAX   128 /* of the attributes of an element */
#define SPACE_MAX 16  /* of a space of names */

/* --- names --- */

/* Whether a byte may be part of a name: also of letters outside of ASCII, but
 * for marks of punctuation, dashes and quotes (E2 80 …, EF BC …). */
static bool
is_of_name(char ch)
{
	unsigned char byte = (unsigned char)ch;

	return gv_ascii_is_name(ch) ||
	    (byte >= 0x80 && byte != 0xe2 && byte != 0xef && byte != 0xc2);
}

/* api key: of a text, where the word in front says what it is the key of. */
static size_t
back_over_word(const struct gv_lex *lex, size_t from, size_t to)
{
	size_t at = from;

	if (lex->syntax != GV_SYNTAX_TEXT || to - from != 3 || from < 4 ||
	    gv_ascii_small(lex->text[from]) != 'k' ||
	    gv_ascii_small(lex->text[from + 1]) != 'e' ||
	    lex->text[from - 1] != ' ')
		return from;
	for (at--; at > 0 && from - at < WORD_MAX &&
	     gv_ascii_is_alnum(lex->text[at - 1]);
	     at--)
		;
	/* option key 'x', of OpenWrt, says nothing of it */
	return from - at == 7 && memcmp(lex->text + at, "option", 6) == 0 ? from
									  : at;
}

/* Grow the name to both sides of the word; false where it is no name: too long,
 * or inside of something else. */
static bool
find_name(struct gv_lex *lex, struct gv_lex_pair *name, size_t at, size_t n)
{
	size_t from = at, to = at + n;

	while (from > 0 && is_of_name(lex->text[from - 1]) &&
	    to - from <= GV_NAME_MAX)
		from--;
	/* the rest of a character whose first byte is no letter */
	while (from < at && ((unsigned char)lex->text[from] & 0xc0) == 0x80)
		from++;
	while (to < lex->len && is_of_name(lex->text[to]) &&
	    to - from <= GV_NAME_MAX + 4)
		to++;
	lex->done = to;
	while (from < at && (lex->text[from] == '-' || lex->text[from] == '.'))
		name->is_flag = lex->text[from++] == '-';
	/* "- name" of a list is no flag */
	if (name->is_flag && from > 1 && lex->text[from - 2] != '-' &&
	    lex->text[from - 1] != '-')
		name->is_flag = false;
	while (to > at + n && lex->text[to - 1] == '.')
		to--;
	from = back_over_word(lex, from, to);
	name->name = from;
	name->name_len = to - from;
	if (to - from > GV_NAME_MAX)
		return false;
	/* PATH=$PWD:x, checksum/secret: used, and of a file */
	if (from > 0 && to < lex->len && lex->text[to] == ':' &&
	    ((lex->text[from - 1] == '$' && to + 1 < lex->len &&
		 lex->text[to + 1] != '=') ||
		(from >= 9 &&
		    memcmp(lex->text + from - 9, "checksum/", 9) == 0)))
		return false;
	/* {% if name %}: used, too */
	while (to < lex->len && lex->text[to] == ' ')
		to++;
	if (to + 1 < lex->len && lex->text[to] == '%' &&
	    lex->text[to + 1] == '}')
		return false;
	/* ${name}, {{ name }}: used, not set, unless it has a default */
	return from < 2 || lex->text[from - 1] != '{' ||
	    (lex->text[from - 2] != '$' && lex->text[from - 2] != '{') ||
	    gv_lex_has_default(lex, name) || gv_lex_is_variable(lex, name);
}

/* $Conf{name} of Perl: the brace at `at` opens what is looked up. */
static bool
is_subscript(const struct gv_lex *lex, size_t at)
{
	return lex->syntax == GV_SYNTAX_CODE && at > 0 &&
	    (gv_ascii_is_name(lex->text[at - 1]) || lex->text[at - 1] == '}');
}

/* Past what closes the name: its quote, and the bracket of an index. */
static bool
close_name(const struct call *call, struct cursor *c)
{
	const struct gv_lex *lex = call->lex;
	char quote = call->pair->name ? lex->text[call->pair->name - 1] : '\0';

	if ((quote != '"' && quote != '\'' && quote != '`') ||
	    peek(c) != quote) {
		if ((quote == '[' && peek(c) == ']') ||
		    gv_lex_is_element(lex, call->pair) ||
		    (quote == '{' && peek(c) == '}' &&
			(is_subscript(lex, call->pair->name - 1) ||
			    gv_lex_is_variable(lex, call->pair))))
			c->at++;
		return false;
	}
	c->at++;
	if (peek(c) == ']')
		c->at++;
	return true;
}

/* Whether it is the name of an element, maybe of a space of names: <wsse:name.
 */
static bool
opens_element(const struct gv_lex *lex, size_t at)
{
	const char *p = lex->text;
	size_t from = at;

	if (from > 1 && p[from - 1] == ':')
		for (from--; from > 0 && at - from < SPACE_MAX &&
		     gv_ascii_is_name(p[from - 1]);
		     from--)
			;
	return from > 0 && p[from - 1] == '<';
}

static int
read_element(struct call *call, struct cursor *c)
{
	bool is_data;
	const char *stop;
	size_t from, to;

	skip_space(c);
	/* <Password><Value>x</Value></Password>, of Windows */
	if (takes(c, "<Value>"))
		skip_space(c);
	is_data = takes(c, "<![CDATA[");
	from = c->at;
	stop = is_data ? memmem(c->p + from, c->end - from, "]]>", 3)
		       : memchr(c->p + from, '<', c->end - from);
	to = stop ? (size_t)(stop - c->p) : c->end;
	if (stop == NULL ||
	    (!is_data && (c->end - to < 2 || c->p[to + 1] != '/')))
		return 0;
	c->at = to;
	while (to > from && gv_ascii_is_space(c->p[to - 1]))
		to--;
	return gv_lex_give(call, from, to, GV_LEX_ELEMENT);
}

/* Past the attributes of an element whose name was read: <password type="x">.
 */
static bool
take_attributes(const struct call *call, struct cursor *c)
{
	const char *stop;
	size_t end = c->end - c->at > TAG_MAX ? c->at + TAG_MAX : c->end;

	if (call->lex->syntax != GV_SYNTAX_XML || !gv_ascii_is_blank(peek(c)))
		return takes(c, ">");
	stop = memchr(c->p + c->at, '>', end - c->at);
	if (stop == NULL || stop[-1] == '/')
		return false;
	c->at = (size_t)(stop - c->p) + 1;
	return true;
}

/* Whether something may go on with a name: an operator, or what closes the name
 * or stands between the two. Blanks, ends of lines and any of !"'`()*,.:=>?]|}
 */
static inline bool
goes_on(char ch)
{
	static const char table[256] = "0000000001100100"
				       "0000000000000000"
				       "1110000111101010"
				       "0000000000100111"
				       "0000000000000000"
				       "0000000000010100"
				       "1000000000000000"
				       "0000000000001100";

	return table[(unsigned char)ch] & 1;
}

/* ENV name value, set_header name "value": what is at the cursor is given to
 * the name, though no sign says so. */
static bool
is_valued(struct call *call, const struct cursor *c)
{
	const struct gv_lex *lex = call->lex;

	return (lex->syntax == GV_SYNTAX_DOCKERFILE &&
		   gv_lex_is_instruction(call)) ||
	    (lex->syntax == GV_SYNTAX_INI &&
		(peek(c) == '"' || gv_lex_is_directive(call, c))) ||
	    gv_lex_is_said_alone(call, c) || gv_lex_is_set_line(call, c) ||
	    (peek(c) != '}' && gv_lex_is_variable(lex, call->pair));
}

static int
read_assignment(struct call *call)
{
	const struct gv_lex *lex = call->lex;
	size_t behind = call->pair->name + call->pair->name_len;
	struct cursor c = { lex->text, behind, lex->len };
	bool is_quoted;
	size_t at;
	int r;

	if (c.end - c.at > 2 * GV_LEX_VALUE_MAX)
		c.end = c.at + 2 * GV_LEX_VALUE_MAX;
	if (lex->syntax == GV_SYNTAX_CSV)
		return gv_lex_read_column(call);
	if (gv_lex_reads_markdown(&r, call, &c))
		return r;
	if (gv_lex_reads_default(&r, call, &c))
		return r;
	if (gv_lex_reads_escaped(&r, call, &c))
		return r;
	if (!goes_on(peek(&c)) && peek(&c) != '<')
		return gv_lex_read_pair(call, &c);
	if (opens_element(lex, call->pair->name) && take_attributes(call, &c))
		return read_element(call, &c);
	is_quoted = close_name(call, &c);
	at = c.at;
	call->pair->is_flag |= gv_lex_is_inside(call, &c, is_quoted);
	/* "--name", "value" */
	if (call->pair->is_flag && (takes(&c, "\",") || takes(&c, "',"))) {
		skip_space(&c);
		if (peek(&c) == '"' || peek(&c) == '\'')
			return gv_lex_value(call, &c);
		c.at = at;
	}
	if (call->pair->is_flag && gv_ascii_is_blank(peek(&c))) {
		skip_blanks(&c);
		if (peek(&c) != '-' && peek(&c) != '=')
			return gv_lex_value(call, &c);
		c.at = at;
	}
	if (!gv_lex_takes_operator(call, &c, is_quoted)) {
		if (c.at > at && is_valued(call, &c) &&
		    !gv_ascii_is_eol(peek(&c)))
			return gv_lex_value(call, &c);
		if (gv_lex_takes_answer(call, &c))
			return gv_lex_value(call, &c);
		c.at = at;
		return gv_lex_read_pair(call, &c);
	}
	skip_blanks(&c);
	if (gv_lex_reads_members(&r, call, &c))
		return r;
	if ((lex->syntax == GV_SYNTAX_YAML || lex->syntax == GV_SYNTAX_JSON) &&
	    gv_lex_reads_map(&r, call, &c))
		return r;
	if (gv_ascii_is_eol(peek(&c)) && lex->syntax == GV_SYNTAX_YAML)
		return gv_lex_below(call, &c);
	if (lex->syntax == GV_SYNTAX_JSON || lex->syntax == GV_SYNTAX_CODE)
		skip_space(&c);
	if (lex->syntax == GV_SYNTAX_CODE)
		gv_lex_skip_wrapper(&c);
	return gv_lex_value(call, &c);
}

bool
gv_lex_name(struct gv_lex *lex, struct gv_lex_pair *name, size_t at, size_t n)
{
	if (at < lex->done)
		return false;
	*name = (struct gv_lex_pair){ 0 };
	return find_name(lex, name, at, n);
}

int
gv_lex_values(
    struct gv_lex *lex, struct gv_lex_pair *name, gv_lex_fn fn, void *ctx)
{
	struct call call = { .lex = lex, .pair = name, .fn = fn, .ctx = ctx };

	return read_assignment(&call);
}
