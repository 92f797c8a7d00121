#include "lex/lex_internal.h"

#include <string.h>
#include <strings.h>

/*
 * Names that are given a value by where they are: in a string or a heredoc, at
 * the beginning of a line, behind an instruction.
 */

#define DIRECTIVE_MAX 512 /* bytes of the value of a directive */
#define SET_MAX       256 /* from the beginning of its line to a name */
#define PLAIN_MIN     8   /* bytes of a value in a heredoc, */
#define PLAIN_MAX     256 /* at most */

/* Whether the name is that of an environment variable: DB_PASSWORD. */
static bool
is_env_name(const struct call *call)
{
	const char *p = call->lex->text + call->pair->name;
	size_t i;

	for (i = 0; i < call->pair->name_len; i++)
		if (!gv_ascii_is_upper(p[i]) && !gv_ascii_is_digit(p[i]) &&
		    p[i] != '_')
			return false;
	return true;
}

/* export NAME=value, of a shell. */
static bool
is_exported(const struct call *call)
{
	static const char word[] = "export";
	const char *p = call->lex->text;
	size_t at = call->pair->name, n = sizeof(word) - 1;

	while (at > 0 && gv_ascii_is_blank(p[at - 1]))
		at--;
	return at < call->pair->name && at >= n &&
	    memcmp(p + at - n, word, n) == 0;
}

/* Whether the text after the operator is not an expression of HCL, but part of
 * a heredoc, or of a string that it ends with: NAME=value without blanks, or
 * "name: value", with a digit in the value and without references or calls. */
static bool
is_in_heredoc(const struct call *call, const struct cursor *c)
{
	size_t behind = call->pair->name + call->pair->name_len;
	size_t i = c->at + 1, from;
	bool has_digit = false, is_env;

	/* NAME=value, as HCL itself is not written: any sign may be in it */
	is_env = peek(c) == '=' && c->at == behind && is_env_name(call) &&
	    (gv_lex_begins_line(call) || is_exported(call)) && i < c->end &&
	    strchr("\"$.", c->p[i]) == NULL;
	if (peek(c) == ':')
		for (; i < c->end && gv_ascii_is_blank(c->p[i]); i++)
			;
	for (from = i; i < c->end && !gv_ascii_is_space(c->p[i]); i++) {
		if (i > from && (c->p[i] == '"' || c->p[i] == '\\'))
			break;
		if (i - from > PLAIN_MAX ||
		    (!is_env && strchr(".([{$\"',", c->p[i])))
			return false;
		has_digit |= gv_ascii_is_digit(c->p[i]);
	}
	return (has_digit || is_env) && i - from >= PLAIN_MIN &&
	    (peek(c) == '=' || from > c->at + 1);
}

/* Whether the name is set in a string of JSON that lists settings, which it
 * begins or goes on with: "name: value", "a=b;name=value". The value has a
 * digit, refers to nothing, and ends with the string or in front of the next;
 * so that nothing is read into a sentence. */
static bool
is_in_string(const struct call *call, const struct cursor *c)
{
	size_t at = call->pair->name, i = c->at + 1, from;
	bool has_digit = false;

	while (at > 0 && call->lex->text[at - 1] == ' ')
		at--;
	if (at == 0 || !strchr("\";,&|{", call->lex->text[at - 1]))
		return false;
	while (i < c->end && c->p[i] == ' ')
		i++;
	if (peek(c) == ':' && i == c->at + 1)
		return false;
	for (from = i; i < c->end && !strchr("\";,&|}\\", c->p[i]); i++) {
		if (i - from > PLAIN_MAX || gv_ascii_is_space(c->p[i]) ||
		    strchr(".([{$'", c->p[i]))
			return false;
		has_digit |= gv_ascii_is_digit(c->p[i]);
	}
	return has_digit && i - from >= PLAIN_MIN && i < c->end;
}

/* Whether it is name=value inside of a text, which a blank or a quote ends:
 * "name=value", and in YAML and JSON wherever it stands. */
bool
gv_lex_is_inside(
    const struct call *call, const struct cursor *c, bool is_quoted)
{
	size_t at = call->pair->name;
	char before = at ? call->lex->text[at - 1] : '\0';

	if (!is_quoted && call->lex->syntax == GV_SYNTAX_HCL &&
	    (peek(c) == '=' || peek(c) == ':') && is_in_heredoc(call, c))
		return true;
	if (!is_quoted && call->lex->syntax == GV_SYNTAX_JSON &&
	    (peek(c) == '=' || peek(c) == ':') && is_in_string(call, c))
		return true;
	if (is_quoted || peek(c) != '=' || c->at + 1 >= c->end ||
	    gv_ascii_is_blank(c->p[c->at + 1]) || c->p[c->at + 1] == '"')
		return false;
	/* Environment=NAME=value NAME=value, of systemd */
	if (before == '=' && call->lex->syntax == GV_SYNTAX_INI && at >= 12 &&
	    memcmp(call->lex->text + at - 12, "Environment=", 12) == 0)
		return true;
	return before == '"' || before == '\'' ||
	    ((call->lex->syntax == GV_SYNTAX_YAML ||
		 call->lex->syntax == GV_SYNTAX_JSON) &&
		before == ' ');
}

/* Where the array begins that the name is an element of, env(NAME) of Tcl, or
 * the name. */
static size_t
start_of(const struct gv_lex *lex, const struct gv_lex_pair *name)
{
	const char *p = lex->text;
	size_t at = name->name, end = at + name->name_len;

	if (at < 2 || p[at - 1] != '(' || end >= lex->len || p[end] != ')')
		return at;
	for (end = at--;
	     at > 0 && (gv_ascii_is_name(p[at - 1]) || p[at - 1] == ':'); at--)
		;
	return at >= 4 && at < end - 1 && memcmp(p + at - 4, "set ", 4) == 0
	    ? at
	    : end;
}

bool
gv_lex_is_element(const struct gv_lex *lex, const struct gv_lex_pair *name)
{
	return start_of(lex, name) < name->name;
}

/* Past "set" and the like with their options, going back from `at`: set -gx of
 * fish, setenv of csh, set of firewalls, proxy_set_header of nginx. */
static size_t
back_over_set(const char *p, size_t at)
{
	static const char *const words[] = { "set", "setenv", "SetEnv", "setx",
		"add_header", "fastcgi_param", "proxy_set_header" };
	size_t i, n, k, from = at;

	while (from > 1 && gv_ascii_is_blank(p[from - 1])) {
		for (i = from; i > 0 && gv_ascii_is_blank(p[i - 1]); i--)
			;
		for (n = 0; n < i && n < 20 && gv_ascii_is_name(p[i - n - 1]);
		     n++)
			;
		if (n > 1 && p[i - n] == '-') {
			from = i - n;
			continue;
		}
		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (strlen(words[k]) == n &&
			    memcmp(p + i - n, words[k], n) == 0)
				return i - n;
		break;
	}
	return at;
}

/* Whether the name begins its line, or "set" does, and what stands at the
 * cursor is all else there is, but no setting itself. */
bool
gv_lex_is_directive(const struct call *call, const struct cursor *c)
{
	const char *p = call->lex->text;
	size_t at = back_over_set(p, start_of(call->lex, call->pair)), i;

	while (at > 0 && gv_ascii_is_blank(p[at - 1]))
		at--;
	if (at > 0 && !gv_ascii_is_eol(p[at - 1]))
		return false;
	for (i = c->at; i < c->end && !gv_ascii_is_eol(p[i]); i++)
		if (i - c->at > DIRECTIVE_MAX || gv_ascii_is_blank(p[i]) ||
		    (p[i] == '=' && i + 1 < c->end &&
			gv_ascii_is_alnum(p[i + 1])))
			return false;
	return i > c->at;
}

/* setenv NAME value of a script, and in a text of any kind a line of a name and
 * a value with a digit in it. */
bool
gv_lex_is_said_alone(const struct call *call, const struct cursor *c)
{
	const char *p = call->lex->text;
	size_t i;

	if (!gv_lex_is_directive(call, c) || peek(c) == '$')
		return false;
	if (call->lex->syntax == GV_SYNTAX_SHELL)
		return back_over_set(p, call->pair->name) < call->pair->name;
	if (call->lex->syntax != GV_SYNTAX_TEXT)
		return false;
	for (i = c->at; i < c->end && !gv_ascii_is_eol(p[i]); i++)
		if (gv_ascii_is_digit(p[i]))
			return true;
	return false;
}

/* Where the line of `at` begins: no byte is looked at twice, since names come
 * in the order of the text. */
static size_t
line_of(struct gv_lex *lex, size_t at)
{
	size_t low = at < lex->line_seen ? 0 : lex->line_seen, i = at;

	while (i > low && !gv_ascii_is_eol(lex->text[i - 1]))
		i--;
	if (i > low || low == 0)
		lex->line_from = i;
	lex->line_seen = at;
	return lex->line_from;
}

/* Whether the line of the name begins with it, or with a word that sets. */
static bool
begins_set_line(const struct call *call, bool is_quoted)
{
	static const char *const words[] = { "set ", "option ", "configure ",
		"username ", "(setq ", "\\set " };
	const char *p = call->lex->text;
	size_t at = line_of(call->lex, call->pair->name), i;

	if (at + SET_MAX < call->pair->name)
		return false;
	while (at < call->pair->name && gv_ascii_is_blank(p[at]))
		at++;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (call->pair->name - at >= strlen(words[i]) &&
		    memcmp(p + at, words[i], strlen(words[i])) == 0)
			return call->lex->syntax != GV_SYNTAX_CODE ||
			    p[at] == '\\';
	return at == call->pair->name && is_quoted &&
	    call->lex->syntax != GV_SYNTAX_CODE;
}

/* configure … password value …: a word with a digit in it. */
static bool
is_word_with_digit(const struct cursor *c)
{
	const char *p = c->p + c->at;
	bool has_digit = false;
	size_t n, i;

	if (!gv_ascii_is_alnum(peek(c)))
		return false;
	for (n = 0; n < c->end - c->at && !gv_ascii_is_space(p[n]); n++)
		has_digit |= gv_ascii_is_digit(p[n]);
	if (!has_digit || n < PLAIN_MIN)
		return false;
	for (i = 0; i < n; i++)
		if (p[i] && strchr("$<\"'=(", p[i]))
			return false;
	return true;
}

bool
gv_lex_is_set_line(struct call *call, const struct cursor *c)
{
	const char *p = call->lex->text;
	const char quote = peek(c);
	size_t i = start_of(call->lex, call->pair);

	if ((call->lex->syntax != GV_SYNTAX_TEXT &&
		call->lex->syntax != GV_SYNTAX_INI &&
		call->lex->syntax != GV_SYNTAX_CODE) ||
	    (i > 0 && !gv_ascii_is_space(p[i - 1])))
		return false;
	if (quote != '"' && quote != '\'') {
		if (call->lex->syntax == GV_SYNTAX_CODE ||
		    !is_word_with_digit(c) || !begins_set_line(call, false))
			return false;
		/* a blank ends it, as what is given to a flag */
		call->pair->is_flag = true;
		return true;
	}
	for (i = c->at + 1; i < c->end && p[i] != quote; i++)
		if (gv_ascii_is_eol(p[i]))
			return false;
	for (i++; i < c->end &&
	     (gv_ascii_is_blank(p[i]) || p[i] == ';' || p[i] == ')');
	     i++)
		;
	return (i >= c->end || gv_ascii_is_eol(p[i])) &&
	    begins_set_line(call, true);
}

bool
gv_lex_is_variable(const struct gv_lex *lex, const struct gv_lex_pair *name)
{
	const char *p = lex->text;
	size_t at = name->name, end = at + name->name_len;

	return lex->syntax == GV_SYNTAX_TEXT && at > 1 &&
	    memcmp(p + at - 2, "${", 2) == 0 &&
	    (at == 2 || gv_ascii_is_eol(p[at - 3])) && lex->len - end > 3 &&
	    p[end] == '}' && gv_ascii_is_blank(p[end + 1]) &&
	    gv_ascii_is_blank(p[end + 2]);
}

/* Whether an instruction of a Dockerfile is in front of the name that takes a
 * value without a sign: ENV name value. */
bool
gv_lex_is_instruction(const struct call *call)
{
	const char *p = call->lex->text;
	size_t at = call->pair->name, n = 0;

	while (at > 0 && gv_ascii_is_blank(p[at - 1]))
		at--;
	while (n < at && n < 6 && gv_ascii_is_name(p[at - n - 1]))
		n++;
	return at < call->pair->name &&
	    ((n == 3 &&
		 (strncasecmp(p + at - 3, "env", 3) == 0 ||
		     strncasecmp(p + at - 3, "arg", 3) == 0)) ||
		(n == 5 && strncasecmp(p + at - 5, "label", 5) == 0));
}
