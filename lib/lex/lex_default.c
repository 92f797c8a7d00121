#include "lex/lex_internal.h"

#include <string.h>

/*
 * What a name stands for where nothing else is given: ${NAME:-value} of shells
 * and Compose, ${name:value} of Spring, {{ name | default("value") }} of
 * templates, NAME || "value" and fetch("NAME") { "value" } of programs. Many
 * run with nothing else.
 */

#define EXPANSION_MAX 256 /* bytes of the value in ${…} */

static bool
is_expansion(const struct gv_lex *lex, const struct gv_lex_pair *name)
{
	return name->name > 1 && lex->text[name->name - 1] == '{' &&
	    lex->text[name->name - 2] == '$';
}

/* Past ":-" and ":=" of a shell, and the colon of Spring in settings; ":?" and
 * ":+" say what to print and what to put in place of the value. */
static bool
takes_colon(const struct gv_lex *lex, struct cursor *c)
{
	char next;

	if (takes(c, ":-") || takes(c, ":="))
		return true;
	if (lex->syntax == GV_SYNTAX_SHELL || lex->syntax == GV_SYNTAX_HCL ||
	    !takes(c, ":"))
		return false;
	next = peek(c);
	return next && strchr("?+:/ ", next) == NULL;
}

bool
gv_lex_has_default(const struct gv_lex *lex, const struct gv_lex_pair *name)
{
	struct cursor c = { lex->text, name->name + name->name_len, lex->len };

	if (is_expansion(lex, name))
		return takes_colon(lex, &c);
	/* {{name | default('value')}} */
	skip_blanks(&c);
	return takes(&c, "|") && !is_here(&c, "|");
}

/* The rest of ${NAME:-value}, up to its brace, without quotes around it. */
static int
read_expansion(struct call *call, struct cursor *c)
{
	size_t to = c->at;
	const char *p = c->p;

	while (to < c->end && to - c->at < EXPANSION_MAX && p[to] != '}' &&
	    !gv_ascii_is_eol(p[to]))
		to++;
	if (to == c->end || p[to] != '}')
		return 0;
	if (to - c->at > 2 && (peek(c) == '"' || peek(c) == '\'') &&
	    p[to - 1] == peek(c)) {
		c->at++;
		to--;
	}
	return to > c->at ? gv_lex_give(call, c->at, to, GV_LEX_QUOTED) : 0;
}

/* Past what a program puts between a variable and the value that it takes if
 * there is none. */
static bool
takes_or(const struct call *call, struct cursor *c)
{
	if (takes(c, "|")) {
		if (takes(c, "|"))
			return call->lex->syntax == GV_SYNTAX_CODE &&
			    peek(c) != '=';
		skip_blanks(c);
		if (!takes(c, "default"))
			return false;
		skip_blanks(c);
		return takes(c, "(") || peek(c) == '"' || peek(c) == '\'';
	}
	return call->lex->syntax == GV_SYNTAX_CODE &&
	    (takes(c, "??") || takes(c, "or ") || takes(c, "{ "));
}

bool
gv_lex_reads_default(int *r, struct call *call, const struct cursor *from)
{
	struct cursor c = *from;

	*r = 0;
	if (is_expansion(call->lex, call->pair)) {
		if (!takes_colon(call->lex, &c))
			return false;
		*r = read_expansion(call, &c);
		return true;
	}
	/* ENV["NAME"], lookup('env', 'NAME') */
	if (peek(&c) == '"' || peek(&c) == '\'')
		c.at++;
	if (peek(&c) == ']' || peek(&c) == ')')
		c.at++;
	else if (is_here(&c, " {"))
		return false;
	if (!gv_ascii_is_blank(peek(&c)) && peek(&c) != '|')
		return false;
	skip_blanks(&c);
	if (!takes_or(call, &c))
		return false;
	skip_blanks(&c);
	if (peek(&c) != '"' && peek(&c) != '\'')
		return false;
	*r = gv_lex_read_quoted(call, &c);
	return true;
}
