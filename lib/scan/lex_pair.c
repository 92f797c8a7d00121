#include "scan/lex_internal.h"

#include <string.h>

#define LOOK_AHEAD 512 /* from a name that is a value to its value */
#define LINES_MAX  8   /* from a name that is a value, in YAML */

/* Whether the `len` bytes are one of the words. */
static bool
is_one_of(const char *p, size_t len, const char *const *words)
{
	size_t i;

	for (; *words; words++) {
		for (i = 0; i < len && (*words)[i] == p[i]; i++)
			;
		if (i == len && (*words)[i] == '\0')
			return true;
	}
	return false;
}

static size_t
word_len(const struct cursor *c)
{
	size_t n = 0;

	while (c->at + n < c->end && gv_ascii_is_name(c->p[c->at + n]))
		n++;
	return n;
}

/* Behind a name that is a value: what its value is called. */
static const char *const value_names[] = { "value", "Value", "ParameterValue",
	"default", "defaultValue", "stringValue", "val", NULL };

/* And what says that another name begins before there was one. */
static const char *const others[] = { "name", "Name", "key", "ParameterKey",
	"variable", NULL };

/* In front of it: what it is called itself. */
static bool
is_named(const struct call *call, size_t at)
{
	static const char *const names[] = { "name", "Name", "key", "Key",
		"ParameterKey", "id", "variable", "property", "env", NULL };
	const char *p = call->lex->text;
	size_t n = 0;

	while (at > 0 &&
	    (gv_ascii_is_blank(p[at - 1]) || p[at - 1] == '"' ||
		p[at - 1] == '\'' || p[at - 1] == ':' || p[at - 1] == '=' ||
		p[at - 1] == '>'))
		at--;
	while (n < at && n < 16 && gv_ascii_is_name(p[at - n - 1]))
		n++;
	return is_one_of(p + at - n, n, names);
}

/* Look for what the value is called, to the end of the object. 1, 0. */
static int
find_value_name(struct cursor *c)
{
	size_t depth = 0, n;

	while (c->at < c->end) {
		char ch = peek(c);

		n = word_len(c);
		if (n && is_one_of(c->p + c->at, n, others))
			return 0;
		c->at += n ? n : 1;
		if (n && is_one_of(c->p + c->at - n, n, value_names))
			return 1;
		depth += ch == '{';
		/* the next one's name is not passed */
		if ((ch == '}' || ch == ']') && depth-- <= 1)
			return 0;
	}
	return 0;
}

/* The same among the lines of a YAML map: those indented as the name is. */
static int
find_value_line(const struct call *call, struct cursor *c)
{
	size_t indent = name_indent(call), in, n, lines;
	const char *nl;

	for (lines = 0; lines < LINES_MAX; lines++) {
		nl = memchr(c->p + c->at, '\n', c->end - c->at);
		if (nl == NULL)
			return 0;
		c->at = (size_t)(nl - c->p) + 1;
		in = indent_of(c, c->at);
		if (in < indent)
			return 0;
		c->at += in;
		n = word_len(c);
		if (in > indent || n == 0)
			continue;
		if (is_one_of(c->p + c->at, n, others))
			return 0;
		c->at += n;
		if (is_one_of(c->p + c->at - n, n, value_names))
			return 1;
	}
	return 0;
}

int
gv_lex_read_pair(struct call *call, struct cursor *c)
{
	size_t limit = c->at + LOOK_AHEAD;
	int found;

	if (!is_named(call, call->pair.name))
		return 0;
	if (limit < c->end)
		c->end = limit;
	found = call->lex->syntax == GV_SYNTAX_YAML && gv_ascii_is_eol(peek(c))
	    ? find_value_line(call, c)
	    : find_value_name(c);
	if (!found)
		return 0;
	if (peek(c) == '"' || peek(c) == '\'')
		c->at++;
	skip_blanks(c);
	if (peek(c) != '=' && peek(c) != ':' && peek(c) != '>')
		return 0;
	c->at++;
	skip_blanks(c);
	c->end = call->lex->len;
	if (c->end - c->at > GV_LEX_VALUE_MAX + 2)
		c->end = c->at + GV_LEX_VALUE_MAX + 2;
	return gv_lex_read_value(call, c);
}
