#include "lex/lex.h"

#include <string.h>
#include <strings.h>

#include "lex/ascii.h"
#include "lex/lex_internal.h"
#include "lex/name.h"

#define DIRECTIVE_MAX 512 /* bytes of the value of a directive */
#define ROW_MAX       512 /* longest row of a table before a value */
#define PLAIN_MIN     8   /* and of one in a heredoc, */
#define PLAIN_MAX     256 /* at most */
#define WORD_MAX      16  /* of a word in front of a name */
#define TAG_MAX       128 /* of the attributes of an element */

/* --- what joins a name and its value --- */

static const char *const calls[] = { "define", "getenv", "env", "get", "put",
	"set", "setProperty", "property", "getOrDefault", "header", "setHeader",
	"config", "environ.get", "setdefault", "setenv", "Setenv", "putenv",
	"option", "setOption", "withEnv", NULL };

/* Whether the quote at `at` is the first thing inside of a call that takes a
 * name and a value: define('…', '…'). */
static bool
is_call(const struct call *call, size_t at)
{
	const char *p = call->lex->text;
	size_t to, from;
	const char *const *word;

	while (at > 0 && gv_ascii_is_blank(p[at - 1]))
		at--;
	if (at == 0 || p[at - 1] != '(')
		return false;
	to = from = at - 1;
	while (from > 0 && to - from < 40 && gv_ascii_is_name(p[from - 1]))
		from--;
	for (word = calls; *word; word++) {
		size_t n = strlen(*word);

		if (to - from >= n && memcmp(p + to - n, *word, n) == 0 &&
		    (to - from == n || p[to - n - 1] == '.'))
			return true;
	}
	return false;
}

/* A type behind the name: `password: str = "x"`, `var Token string = "x"`,
 * `KEY: &'static str = "x"`. */
static void
skip_type(const struct call *call, struct cursor *c)
{
	struct cursor copy = *c;

	if (call->lex->syntax != GV_SYNTAX_CODE || call->pair->is_flag)
		return;
	skip_blanks(&copy);
	if (takes(&copy, "&") && takes(&copy, "'static"))
		skip_blanks(&copy);
	while (gv_ascii_is_name(peek(&copy)) || peek(&copy) == '[' ||
	    peek(&copy) == ']' || peek(&copy) == '?')
		copy.at++;
	skip_blanks(&copy);
	if (copy.at > c->at && peek(&copy) == '=' && !is_here(&copy, "==") &&
	    !is_here(&copy, "=>")) {
		copy.at++;
		*c = copy;
	}
}

/* The byte behind the one that the cursor stands at. */
static char
next(const struct cursor *c)
{
	return c->at + 1 < c->end ? c->p[c->at + 1] : '\0';
}

/* Whether the cursor is at the end of a cell of a Markdown table: the line
 * begins with the same sign. */
static bool
ends_cell(const struct call *call, const struct cursor *c)
{
	size_t i = c->at, name = call->pair->name;

	/* "a" | "b" chooses one */
	if (call->lex->syntax != GV_SYNTAX_TEXT ||
	    !gv_ascii_is_blank(next(c)) || (name && c->p[name - 1] == '"'))
		return false;
	while (i > 0 && c->at - i < ROW_MAX && !gv_ascii_is_eol(c->p[i - 1]))
		i--;
	while (gv_ascii_is_blank(c->p[i]))
		i++;
	return i < c->at && c->p[i] == '|';
}

/* name == "value", != and ===, and .equals("value"): what a program holds
 * against the name is mostly what it must be. */
static bool
take_comparison(struct call *call, struct cursor *c)
{
	if (!takes(c, "===") && !takes(c, "==") && !takes(c, "!==") &&
	    !takes(c, "!="))
		return false;
	skip_blanks(c);
	call->pair->is_compared = peek(c) == '"' || peek(c) == '\'';
	return call->pair->is_compared;
}

/* "secret:x": the colon of a string of YAML that a name begins; behind that of
 * a map there is a blank. */
static bool
is_in_scalar(const struct call *call, const struct cursor *c)
{
	size_t name = call->pair->name;

	return call->lex->syntax == GV_SYNTAX_YAML && name &&
	    (c->p[name - 1] == '"' || c->p[name - 1] == '\'') &&
	    c->at == name + call->pair->name_len && c->at + 1 < c->end &&
	    !gv_ascii_is_space(c->p[c->at + 1]);
}

/* One of = => : := ?= ||=, and none of == =~ :: :- :? :// that only begin so.
 */
static bool
take_sign(struct call *call, struct cursor *c)
{
	char behind = next(c);

	switch (peek(c)) {
	case '=':
		/* a password may begin with the second */
		if ((behind == '=' || behind == '~') &&
		    call->lex->syntax != GV_SYNTAX_ENV &&
		    call->lex->syntax != GV_SYNTAX_INI)
			return take_comparison(call, c);
		c->at += behind == '>' ? 2 : 1;
		return true;
	case '!':
		return take_comparison(call, c);
	case ':':
		if (behind == ':' || behind == '-' || behind == '?' ||
		    is_here(c, "://") || is_in_scalar(call, c))
			return false;
		c->at += behind == '=' ? 2 : 1;
		skip_type(call, c);
		return true;
	case '?':
		return takes(c, "?=");
	case '|':
		if (ends_cell(call, c)) {
			c->at++;
			return true;
		}
		return takes(c, "||=");
	default:
		return false;
	}
}

/* Whether the last part of a dotted name promises a secret by itself:
 * conf.setPassword("…"), not password.encode("…"). */
static bool
promises_itself(const struct call *call)
{
	const char *name = call->lex->text + call->pair->name;
	size_t len = call->pair->name_len, from = len;

	while (from > 0 && name[from - 1] != '.')
		from--;
	return from == 0 ||
	    gv_name_judge(name + from, len - from) != GV_NAME_PLAIN;
}

/* Whether nothing but blanks is in front of the name on its line, or #define:
 * what follows in quotes is its value, as Gradle and Ruby have it. */
static bool
begins_line(const struct call *call)
{
	static const char define[] = "#define";
	const char *p = call->lex->text;
	size_t at = call->pair->name, n = sizeof(define) - 1;

	while (at > 0 && gv_ascii_is_blank(p[at - 1]))
		at--;
	return at == 0 || gv_ascii_is_eol(p[at - 1]) ||
	    (at >= n && memcmp(p + at - n, define, n) == 0);
}

/* Whether the operator at the cursor ends a string that the name is in, so that
 * no value follows: "Password:", "password=" + x. */
static bool
ends_string(const struct call *call, const struct cursor *c)
{
	size_t at = call->pair->name;
	char quote = at ? call->lex->text[at - 1] : '\0';

	return (quote == '"' || quote == '\'') && next(c) == quote &&
	    call->lex->syntax != GV_SYNTAX_ENV;
}

/* the password is kX9mPl2v: a word with a digit that ends its line. */
static bool
is_word_alone(const struct cursor *c)
{
	bool has_digit = false;
	size_t i;

	for (i = c->at; i < c->end && !gv_ascii_is_eol(c->p[i]); i++) {
		if (gv_ascii_is_blank(c->p[i]))
			return false;
		has_digit |= gv_ascii_is_digit(c->p[i]);
	}
	return has_digit && i - c->at >= PLAIN_MIN;
}

/* set :db_password, 'x' of Ruby. */
static bool
is_symbol(const struct call *call)
{
	const char *p = call->lex->text;
	size_t at = call->pair->name;

	return call->lex->syntax == GV_SYNTAX_CODE && at > 4 &&
	    p[at - 1] == ':' && memcmp(p + at - 5, "set ", 4) == 0;
}

/* The operator behind a name, from the least to what a value may follow. */
static bool
take_operator(struct call *call, struct cursor *c, bool is_quoted)
{
	bool is_program = call->lex->syntax == GV_SYNTAX_CODE;
	size_t before;
	char ch;

	skip_blanks(c);
	before = c->at;
	ch = peek(c);
	if (ch == ',' &&
	    ((is_quoted && is_call(call, call->pair->name - 1)) ||
		is_symbol(call))) {
		c->at++;
		skip_blanks(c);
		return peek(c) == '"' || peek(c) == '\'';
	}
	if (ch == '(' && (next(c) == '"' || next(c) == '\'')) {
		c->at++;
		return is_program && promises_itself(call);
	}
	if (!is_quoted && (ch == ':' || ch == '=') && ends_string(call, c))
		return false;
	if (take_sign(call, c))
		return true;
	if (call->lex->syntax == GV_SYNTAX_TEXT && takes(c, "is "))
		return is_word_alone(c);
	if (!is_program || ch == '=' || ch == ':')
		return false;
	if ((ch == '"' || ch == '\'') && !is_quoted)
		return begins_line(call);
	skip_type(call, c);
	return c->at > before;
}

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
	return at;
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
	/* ${name}, {{ name }}: used, not set */
	return from < 2 || lex->text[from - 1] != '{' ||
	    (lex->text[from - 2] != '$' && lex->text[from - 2] != '{');
}

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
	    (begins_line(call) || is_exported(call)) && i < c->end &&
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
static bool
is_inside(const struct call *call, const struct cursor *c, bool is_quoted)
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
	return before == '"' || before == '\'' ||
	    ((call->lex->syntax == GV_SYNTAX_YAML ||
		 call->lex->syntax == GV_SYNTAX_JSON) &&
		before == ' ');
}

/* Past what closes the name: its quote, and the bracket of an index. */
static bool
close_name(const struct call *call, struct cursor *c)
{
	const struct gv_lex *lex = call->lex;
	char quote = call->pair->name ? lex->text[call->pair->name - 1] : '\0';

	if ((quote != '"' && quote != '\'' && quote != '`') ||
	    peek(c) != quote) {
		if (quote == '[' && peek(c) == ']')
			c->at++;
		return false;
	}
	c->at++;
	if (peek(c) == ']')
		c->at++;
	return true;
}

static int
read_element(struct call *call, struct cursor *c)
{
	bool is_data;
	const char *stop;
	size_t from, to;

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

/* Past "set" and the like with their options, going back from `at`: set -gx of
 * fish, setenv of csh, set of firewalls, proxy_set_header of nginx. */
static size_t
back_over_set(const char *p, size_t at)
{
	static const char *const words[] = { "set", "setenv", "add_header",
		"fastcgi_param", "proxy_set_header" };
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
static bool
is_directive(const struct call *call, const struct cursor *c)
{
	const char *p = call->lex->text;
	size_t at = back_over_set(p, call->pair->name), i;

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
static bool
is_said_alone(const struct call *call, const struct cursor *c)
{
	const char *p = call->lex->text;
	size_t i;

	if (!is_directive(call, c) || peek(c) == '$')
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

/* Whether an instruction of a Dockerfile is in front of the name that takes a
 * value without a sign: ENV name value. */
static bool
is_instruction(const struct call *call)
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

/* Whether something may go on with a name: an operator, or what closes the name
 * or stands between the two. Blanks, ends of lines and any of !"'`(),[].:=>?|
 */
static inline bool
goes_on(char ch)
{
	static const char table[256] = "0000000001100100"
				       "0000000000000000"
				       "1110000110001010"
				       "0000000000100111"
				       "0000000000000000"
				       "0000000000010100"
				       "1000000000000000"
				       "0000000000001000";

	return table[(unsigned char)ch] & 1;
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
	if (!goes_on(peek(&c)) && peek(&c) != '<')
		return gv_lex_read_pair(call, &c);
	if (call->pair->name && lex->text[call->pair->name - 1] == '<' &&
	    take_attributes(call, &c))
		return read_element(call, &c);
	is_quoted = close_name(call, &c);
	at = c.at;
	call->pair->is_flag |= is_inside(call, &c, is_quoted);
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
	if (!take_operator(call, &c, is_quoted)) {
		/* ENV name value, and set_header name "value" */
		if (c.at > at &&
		    ((lex->syntax == GV_SYNTAX_DOCKERFILE &&
			 is_instruction(call)) ||
			(lex->syntax == GV_SYNTAX_INI &&
			    (peek(&c) == '"' || is_directive(call, &c))) ||
			is_said_alone(call, &c)) &&
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
