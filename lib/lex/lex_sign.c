#include "lex/lex_internal.h"

#include <string.h>
#include <strings.h>

#include "lex/name.h"

/*
 * What joins a name and its value: signs, types, calls and comparisons.
 */

#define ROW_MAX    512 /* longest row of a table before a value */
#define PLAIN_MIN  8   /* of a word that ends its line */
#define MORE_MAX   128 /* from an argument to the next */
#define CLAUSE_MAX 96  /* from a type to the value */
#define LENGTH_MAX 16  /* of what a type of SQL holds */

static const char *const calls[] = { "define", "getenv", "env", "get", "put",
	"set", "setProperty", "property", "getOrDefault", "header", "setHeader",
	"config", "environ.get", "setdefault", "setenv", "Setenv", "putenv",
	"getEnv", "GetEnv", "fetch", "option", "setOption", "withEnv", "param",
	NULL };

/* "DB_PASSWORD", "env.NPM_TOKEN": what an environment has, to whatever a call
 * gives it. */
static bool
is_variable(const struct call *call)
{
	const char *p = call->lex->text + call->pair->name;
	size_t n = call->pair->name_len, i, joints = 0;

	for (i = n > 4 && memcmp(p, "env.", 4) == 0 ? 4 : 0; i < n; i++) {
		if (!gv_ascii_is_upper(p[i]) && !gv_ascii_is_digit(p[i]) &&
		    p[i] != '_')
			return false;
		joints += p[i] == '_';
	}
	return joints > 0;
}

/* How many strings stand between a parenthesis and the name that the quote at
 * `at` opens; *from is set to the parenthesis. 0 where anything else does. */
static size_t
strings_before(const char *p, size_t at, size_t *from)
{
	const size_t low = at > MORE_MAX ? at - MORE_MAX : 0;
	size_t n = 0;
	char quote;

	for (;;) {
		while (at > low && gv_ascii_is_blank(p[at - 1]))
			at--;
		if (at > low && p[at - 1] == '(') {
			*from = at - 1;
			return n;
		}
		if (at < low + 2 || p[--at] != ',')
			return 0;
		while (at > low && gv_ascii_is_blank(p[at - 1]))
			at--;
		quote = at > low ? p[--at] : '\0';
		if (quote != '"' && quote != '\'')
			return 0;
		while (at > low && p[at - 1] != quote &&
		    !gv_ascii_is_eol(p[at - 1]))
			at--;
		if (at == low || p[at - 1] != quote)
			return 0;
		at--;
		n++;
	}
}

/* The string at the cursor has a digit, and is not a number. */
static bool
is_string_with_digit(const struct cursor *c)
{
	const char quote = peek(c);
	bool has_digit = false, has_other = false;
	size_t i;

	for (i = c->at + 1; i < c->end && c->p[i] != quote; i++) {
		if (gv_ascii_is_space(c->p[i]))
			return false;
		has_digit |= gv_ascii_is_digit(c->p[i]);
		has_other |= !gv_ascii_is_digit(c->p[i]);
	}
	return has_digit && has_other;
}

/* set('section', 'password', 'x'), and f('user', 'a', 'password', 'x') of pairs
 * in a row: the name is not the first string of the call. */
static bool
is_later_argument(const struct call *call, const struct cursor *value)
{
	static const char *const words[] = { "modparam", "set" };
	const char *p = call->lex->text;
	size_t open = 0, i, n = strings_before(p, call->pair->name - 1, &open);

	if (n == 0 || (n > 1 && n % 2) || !is_string_with_digit(value))
		return false;
	if (n > 1)
		return true;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if (open >= n && memcmp(p + open - n, words[i], n) == 0 &&
		    (open == n || !gv_ascii_is_alnum(p[open - n - 1])))
			return true;
	}
	return false;
}

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
	/* flag.StringVar(&token, "api-token", "x", …) of Go */
	if (at > 1 && p[at - 1] == ',') {
		for (from = at - 1; from > 0 &&
		     (gv_ascii_is_name(p[from - 1]) || p[from - 1] == '&');
		     from--)
			;
		return from > 9 && p[from] == '&' &&
		    memcmp(p + from - 10, "StringVar(", 10) == 0;
	}
	if (at == 0 || p[at - 1] != '(')
		return false;
	/* VALUES ('smtp_password', 'x') of SQL */
	for (to = at - 1; to > 0 && p[to - 1] == ' '; to--)
		;
	if (to > 5 && strncasecmp(p + to - 6, "values", 6) == 0)
		return true;
	to = from = at - 1;
	while (from > 0 && to - from < 40 && gv_ascii_is_name(p[from - 1]))
		from--;
	for (word = calls; *word; word++) {
		size_t n = strlen(*word);

		if (to - from >= n && memcmp(p + to - n, *word, n) == 0 &&
		    (to - from == n || p[to - n - 1] == '.'))
			return true;
	}
	return is_variable(call);
}

/* option('password', 'kind', 'What it is'): a word of small letters, and a
 * third text, as of no call that gives a name its value. */
static bool
has_more(const struct call *call, const struct cursor *c)
{
	const char quote = peek(c);
	const size_t name = call->pair->name;
	size_t i = c->at + 1,
	       end = c->end - i > MORE_MAX ? i + MORE_MAX : c->end;

	/* the name is the first one */
	if (name < 2 || c->p[name - 2] != '(')
		return false;
	while (i < end && gv_ascii_is_lower(c->p[i]))
		i++;
	if (i == end || c->p[i] != quote)
		return false;
	for (i++; i < end && gv_ascii_is_blank(c->p[i]); i++)
		;
	if (i >= end || c->p[i] != ',')
		return false;
	for (i++; i < end && gv_ascii_is_blank(c->p[i]); i++)
		;
	return i < end && c->p[i] == quote;
}

/* Past (64) or (64 CHAR), of a type of SQL. */
static void
skip_length(struct cursor *c)
{
	struct cursor copy = *c;

	if (!takes(&copy, "(") || !gv_ascii_is_digit(peek(&copy)))
		return;
	while (copy.at - c->at < LENGTH_MAX &&
	    (gv_ascii_is_alnum(peek(&copy)) || peek(&copy) == ' '))
		copy.at++;
	if (takes(&copy, ")"))
		*c = copy;
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
	/* Const PWD As String = "x", pwd CONSTANT VARCHAR2(64) := 'x' */
	if (takes(&copy, "As ") || takes(&copy, "CONSTANT "))
		skip_blanks(&copy);
	if (takes(&copy, "&") && takes(&copy, "'static"))
		skip_blanks(&copy);
	while (gv_ascii_is_name(peek(&copy)) || peek(&copy) == '[' ||
	    peek(&copy) == ']' || peek(&copy) == '?') {
		copy.at++;
		/* []const u8, of Zig */
		(void)(c->p[copy.at - 1] == ']' && takes(&copy, "const "));
	}
	skip_length(&copy);
	skip_blanks(&copy);
	(void)(is_here(&copy, ":=") && takes(&copy, ":"));
	if (copy.at > c->at && peek(&copy) == '=' && !is_here(&copy, "==") &&
	    !is_here(&copy, "=>")) {
		copy.at++;
		*c = copy;
	}
}

/* Go past pulumi.String(, []byte( of Go, String::from( of Rust and the like,
 * which only say what a text is. */
void
gv_lex_skip_wrapper(struct cursor *c)
{
	static const char *const words[] = { "Buffer.from", "SecretStr",
		"SecretString", "String", "String::from", "StringPtr",
		"StringVal", "[]byte" };
	struct cursor copy = *c;
	size_t from, i, n;

	(void)takes(&copy, "[]");
	while (gv_ascii_is_alnum(peek(&copy)) || peek(&copy) == '.' ||
	    peek(&copy) == ':')
		copy.at++;
	for (from = copy.at; from > c->at && c->p[from - 1] != '.'; from--)
		;
	if (is_here(c, "Buffer."))
		from = c->at;
	n = copy.at - from;
	if (n < 6 || !takes(&copy, "(") ||
	    (peek(&copy) != '"' && peek(&copy) != '\''))
		return;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n &&
		    memcmp(c->p + from, words[i], n) == 0)
			*c = copy;
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

/* "name" -> "value" of Scala, name <- "value" of R, "name" to "value" of
 * Kotlin. */
static bool
takes_arrow(const struct call *call, struct cursor *c)
{
	struct cursor copy = *c;

	if (call->lex->syntax != GV_SYNTAX_CODE ||
	    (!takes(&copy, "->") && !takes(&copy, "<-") &&
		!takes(&copy, "to ")))
		return false;
	skip_blanks(&copy);
	if (peek(&copy) != '"' && peek(&copy) != '\'')
		return false;
	*c = copy;
	return true;
}

/* One of = => : := ?= ||= -> <-, and none of == =~ :: :- :? :// that begin so.
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
	case '-':
	case '<':
	case 't':
		return takes_arrow(call, c);
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

/* Whether nothing but blanks is in front of the name on its line, or #define or
 * !define: what follows in quotes is its value, as Gradle and Ruby have it. */
bool
gv_lex_begins_line(const struct call *call)
{
	static const char define[] = "define";
	const char *p = call->lex->text;
	size_t at = call->pair->name, n = sizeof(define) - 1;

	while (at > 0 && gv_ascii_is_blank(p[at - 1]))
		at--;
	return at == 0 || gv_ascii_is_eol(p[at - 1]) ||
	    (at > n && memcmp(p + at - n, define, n) == 0 &&
		(p[at - n - 1] == '#' || p[at - n - 1] == '!'));
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

/* login ann, password x: it comes second on its line. */
static bool
is_told_second(const struct call *call)
{
	const char *p = call->lex->text;
	size_t at = call->pair->name;

	return at > 1 && p[at - 1] == ' ' &&
	    (p[at - 2] == ',' || p[at - 2] == '/');
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

/* define(NAME, "value") of Erlang and m4. */
static bool
is_defined(const struct call *call)
{
	static const char word[] = "define(";
	const char *p = call->lex->text;
	size_t at = call->pair->name, n = sizeof(word) - 1;

	return at >= n && memcmp(p + at - n, word, n) == 0;
}

/* f('name', 'value'), set :name, 'value': then the cursor is at the value. */
static bool
takes_argument(const struct call *call, struct cursor *c, bool is_quoted)
{
	struct cursor copy = *c;

	copy.at++;
	skip_blanks(&copy);
	if (peek(&copy) != '"' && peek(&copy) != '\'')
		return false;
	if (is_symbol(call) || is_defined(call) ||
	    (is_quoted && is_call(call, call->pair->name - 1))) {
		if (has_more(call, &copy))
			return false;
	} else if (!is_quoted || !is_later_argument(call, &copy)) {
		return false;
	}
	*c = copy;
	return true;
}

/* {db_password, "x"} and {db_password, <<"x">>} of Erlang: then the cursor is
 * at the quote. */
static bool
is_tuple(const struct call *call, struct cursor *c)
{
	size_t at = call->pair->name;
	struct cursor copy = *c;

	if (at == 0 || c->p[at - 1] != '{' ||
	    c->at != at + call->pair->name_len)
		return false;
	copy.at++;
	skip_blanks(&copy);
	(void)takes(&copy, "<<");
	if (peek(&copy) != '"')
		return false;
	*c = copy;
	return true;
}

/* {:db-password "x"} of Clojure. */
static bool
is_keyword(const struct call *call)
{
	const char *p = call->lex->text;
	size_t at = call->pair->name;

	return at > 1 && p[at - 1] == ':' &&
	    (gv_ascii_is_space(p[at - 2]) || p[at - 2] == '{' ||
		p[at - 2] == '(');
}

/* TYPE string VALUE 'x' of ABAP, PIC X(20) VALUE "x" of COBOL: then the cursor
 * is at the quote. */
static bool
takes_clause(struct cursor *c)
{
	static const char word[] = "VALUE ";
	struct cursor copy = *c;
	size_t end = c->end - c->at > CLAUSE_MAX ? c->at + CLAUSE_MAX : c->end;
	const char *nl, *found;

	if (!takes(&copy, "TYPE ") && !takes(&copy, "PIC "))
		return false;
	nl = memchr(c->p + c->at, '\n', end - c->at);
	end = nl ? (size_t)(nl - c->p) : end;
	found = memmem(c->p + copy.at, end - copy.at, word, sizeof(word) - 1);
	if (found == NULL)
		return false;
	copy.at = (size_t)(found - c->p) + sizeof(word) - 1;
	skip_blanks(&copy);
	if (peek(&copy) != '"' && peek(&copy) != '\'')
		return false;
	*c = copy;
	return true;
}

/* The operator behind a name, from the least to what a value may follow. */
bool
gv_lex_takes_operator(struct call *call, struct cursor *c, bool is_quoted)
{
	bool is_program = call->lex->syntax == GV_SYNTAX_CODE;
	size_t before;
	char ch;

	/* name* = "x", which Nim exports */
	if (is_program && peek(c) == '*' && gv_ascii_is_blank(next(c)))
		c->at++;
	skip_blanks(c);
	before = c->at;
	ch = peek(c);
	if (ch == ',' && takes_argument(call, c, is_quoted))
		return true;
	if (ch == ',' && is_tuple(call, c))
		return true;
	if (ch == '(' && (next(c) == '"' || next(c) == '\'')) {
		c->at++;
		return is_program && promises_itself(call);
	}
	if (!is_quoted && (ch == ':' || ch == '=') && ends_string(call, c))
		return false;
	if (take_sign(call, c))
		return true;
	if (call->lex->syntax == GV_SYNTAX_TEXT && takes(c, "is "))
		return peek(c) == '`' || is_word_alone(c);
	if (call->lex->syntax == GV_SYNTAX_TEXT && gv_ascii_is_alnum(ch) &&
	    is_told_second(call))
		return is_word_alone(c);
	if (call->lex->syntax == GV_SYNTAX_TEXT && ch == '`')
		return c->at > call->pair->name + call->pair->name_len;
	if (!is_program || ch == '=' || ch == ':')
		return false;
	if (ch >= 'P' && ch <= 'T' && takes_clause(c))
		return true;
	if ((ch == '"' || ch == '\'') && !is_quoted)
		return gv_lex_begins_line(call) ||
		    (ch == '"' && is_keyword(call));
	/* name="password" class="x", of a page in a program */
	if (!is_quoted)
		skip_type(call, c);
	return c->at > before;
}
