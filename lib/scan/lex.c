#include "scan/lex.h"

#include <string.h>

#include "scan/ascii.h"
#include "scan/lex_internal.h"
#include "scan/name.h"

#define LIST_MAX      256              /* values of one list */
#define PLAIN_MAX     GV_LEX_VALUE_MAX /* bytes of a value without quotes */
#define WASTE_MAX     65536
#define OTHERWISE_MAX 96 /* from an expression to what it is otherwise */

static int
give(struct call *call, size_t from, size_t to, enum gv_lex_mark mark)
{
	struct gv_lex_pair pair = call->pair;

	pair.value = from;
	pair.value_len = to - from;
	pair.mark = mark;
	if (pair.value_len == 0 || pair.value_len > GV_LEX_VALUE_MAX)
		return 0;
	return call->fn(call->ctx, &pair);
}

/* --- values --- */

/* Where to look on from for what was not in there. */
static size_t
skip_barren(const struct gv_lex_barren *barren, size_t at)
{
	return at >= barren->from && at < barren->to ? barren->to : at;
}

/* It is not between `from` and `to` either. */
static void
note_barren(struct gv_lex_barren *barren, size_t from, size_t to)
{
	if (from < barren->from || from > barren->to)
		barren->from = from;
	barren->to = to;
}

/* The end of a string whose opening quote has been taken, or c->end. A line's
 * end ends those that cannot go over it. */
static size_t
end_of_string(const struct cursor *c, char quote, bool many_lines,
    struct gv_lex_barren *barren)
{
	size_t i;

	for (i = skip_barren(barren, c->at); i < c->end; i++) {
		if (c->p[i] == '\\' && i + 1 < c->end)
			i++;
		else if (c->p[i] == quote)
			return i;
		else if (c->p[i] == '\n' && !many_lines)
			break;
	}
	note_barren(barren, c->at, i);
	return c->end;
}

/* What stands in three quotes. */
static int
read_triple(struct call *call, struct cursor *c, const char triple[4])
{
	struct gv_lex_barren *barren = &call->lex->triple[*triple == '"'];
	size_t from = c->at, at = skip_barren(barren, from), to;
	const char *stop =
	    at < c->end ? memmem(c->p + at, c->end - at, triple, 3) : NULL;

	if (stop == NULL) {
		/* the last two may begin one */
		if (c->end > from + 2)
			note_barren(barren, from, c->end - 2);
		c->at = c->end;
		return 0;
	}
	to = (size_t)(stop - c->p);
	c->at = to + 3;
	return give(call, from, to, GV_LEX_BLOCK);
}

static int
read_quoted(struct call *call, struct cursor *c)
{
	bool yaml = call->lex->syntax == GV_SYNTAX_YAML;
	char quote = c->p[c->at], triple[4] = { quote, quote, quote, '\0' };
	struct gv_lex_barren *barren = &call->lex->strings[quote == '"' ? 0
		: quote == '\''                                         ? 1
									: 2];
	size_t from, to;
	int r;

	if (quote != '`' && takes(c, triple))
		return read_triple(call, c, triple);
	c->at++;
	from = c->at;
	to = end_of_string(c, quote, quote == '`' || yaml, barren);
	if (to >= c->end)
		return 0;
	call->pair.quote = quote;
	r = give(call, from, to, GV_LEX_QUOTED);
	call->pair.quote = '\0';
	c->at = to + 1;
	return r;
}

/* The lines of a YAML block scalar, all that are indented further than the
 * name. The cursor stands behind '|' or '>'. */
static int
read_block(struct call *call, struct cursor *c)
{
	const char *nl = memchr(c->p + c->at, '\n', c->end - c->at);
	size_t indent = name_indent(call), from, to, here;

	if (nl == NULL)
		return 0;
	from = to = here = (size_t)(nl - c->p) + 1;
	while (here < c->end) {
		size_t in = indent_of(c, here);
		const char *end = memchr(c->p + here, '\n', c->end - here);
		bool is_empty =
		    here + in < c->end && gv_ascii_is_eol(c->p[here + in]);

		if (!is_empty && in <= indent)
			break;
		here = end ? (size_t)(end - c->p) + 1 : c->end;
		if (!is_empty)
			to = here;
	}
	from += indent_of(c, from);
	while (to > from && gv_ascii_is_eol(c->p[to - 1]))
		to--;
	c->at = here;
	return give(call, from, to, GV_LEX_BLOCK);
}

/* <<WORD, <<-WORD, <<~WORD and <<'WORD' up to a line that is the word. Where
 * many have none, we stop looking. */
static int
read_heredoc(struct call *call, struct cursor *c)
{
	size_t word, n = 0, from, line;
	const char *nl;
	int r;

	if (peek(c) == '-' || peek(c) == '~')
		c->at++;
	if (peek(c) == '\'' || peek(c) == '"')
		c->at++;
	word = c->at;
	while (word + n < c->end && gv_ascii_is_name(c->p[word + n]))
		n++;
	nl = n ? memchr(c->p + word, '\n', c->end - word) : NULL;
	if (nl == NULL || call->lex->wasted > WASTE_MAX + 2 * word)
		return 0;
	from = line = (size_t)(nl - c->p) + 1;
	for (; line < c->end; line = (size_t)(nl - c->p) + 1) {
		size_t in = line + indent_of(c, line);

		if (c->end - in >= n && memcmp(c->p + in, c->p + word, n) == 0)
			break;
		nl = memchr(c->p + line, '\n', c->end - line);
		if (nl == NULL) {
			call->lex->wasted += c->end - from;
			return 0;
		}
	}
	r = give(call, from, line > from ? line - 1 : from, GV_LEX_BLOCK);
	c->at = line + n;
	return r;
}

/* Whether the name stands inside of { } or [ ] that were opened on its line, or
 * in the last of a long one. Counted from where the last count ended. */
static bool
is_in_flow(const struct call *call)
{
	struct gv_lex *lex = call->lex;
	const char *p = lex->text;
	size_t name = call->pair.name, at = name;

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

/* Whether an unquoted value ends at `i`. */
static bool
ends_plain(
    const struct call *call, const struct cursor *c, size_t i, bool in_flow)
{
	char ch = c->p[i];
	bool behind_blank = i > c->at && gv_ascii_is_blank(c->p[i - 1]);

	if (gv_ascii_is_eol(ch))
		return true;
	if (call->pair.is_flag)
		return gv_ascii_is_blank(ch) || ch == '"' || ch == '\'';
	if (ch == '#' && behind_blank)
		return true;
	switch (call->lex->syntax) {
	case GV_SYNTAX_YAML:
		return in_flow && (ch == ',' || ch == '}' || ch == ']');
	case GV_SYNTAX_INI:
		return ch == ';' &&
		    (behind_blank || i + 1 == c->end ||
			gv_ascii_is_eol(c->p[i + 1]));
	case GV_SYNTAX_SHELL:
	case GV_SYNTAX_DOCKERFILE:
		return gv_ascii_is_blank(ch) || ch == ';' || ch == '&' ||
		    ch == '|' || ch == '"';
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
		    ? read_quoted(call, c)
		    : 0;
	}
	return 0;
}

static int
read_plain(struct call *call, struct cursor *c)
{
	bool in_flow = call->lex->syntax == GV_SYNTAX_YAML && is_in_flow(call);
	struct gv_lex_barren *barren =
	    &call->lex->plain[in_flow ? 2 : call->pair.is_flag];
	size_t from = c->at, to = skip_barren(barren, from);
	int r;

	while (to < c->end && to - from <= PLAIN_MAX &&
	    !ends_plain(call, c, to, in_flow))
		to++;
	c->at = to;
	if (to - from > PLAIN_MAX) {
		note_barren(barren, from, to);
		return 0;
	}
	while (to > from && gv_ascii_is_blank(c->p[to - 1]))
		to--;
	call->pair.is_expression =
	    needs_quotes(call->lex->syntax) && !call->pair.is_flag;
	r = give(call, from, to, GV_LEX_PLAIN);
	call->pair.is_expression = false;
	if (r == 0 && call->lex->syntax == GV_SYNTAX_CODE)
		r = read_otherwise(call, c);
	return r;
}

/* What may stand between the operator and a value and is none of it: tags and
 * anchors of YAML, the letters in front of a string. */
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
	while (i < c->end && i - c->at < 3 && strchr("bBrRuUfFL@$", c->p[i]) &&
	    c->p[i])
		i++;
	if (i > c->at && i < c->end && (c->p[i] == '"' || c->p[i] == '\''))
		c->at = i;
}

static int read_list(struct call *call, struct cursor *c);

static int
read_value(struct call *call, struct cursor *c)
{
	enum gv_syntax syntax = call->lex->syntax;
	char ch;

	skip_prefix(call, c);
	ch = peek(c);
	if (ch == '\0' || gv_ascii_is_eol(ch))
		return 0;
	if (ch == '"' || ch == '\'' || ch == '`')
		return read_quoted(call, c);
	if (syntax == GV_SYNTAX_YAML && (ch == '|' || ch == '>'))
		return read_block(call, c);
	if (takes(c, "<<"))
		return read_heredoc(call, c);
	if (ch == '[' && (needs_quotes(syntax) || syntax == GV_SYNTAX_YAML))
		return read_list(call, c);
	if (ch == '{' || ch == '[')
		return needs_quotes(syntax) || syntax == GV_SYNTAX_YAML
		    ? 0
		    : read_plain(call, c);
	return read_plain(call, c);
}

int
gv_lex_read_value(struct call *call, struct cursor *c)
{
	return read_value(call, c);
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
	for (n = 0; r == 0 && n < LIST_MAX; n++) {
		size_t before;

		skip_space(c);
		before = c->at;
		if (peek(c) == '"' || peek(c) == '\'')
			r = read_quoted(call, c);
		else if (peek(c) != '[' && peek(c) != '{' && peek(c) != ']')
			r = read_plain(call, c);
		skip_space(c);
		if (peek(c) != ',' || c->at == before)
			break;
		c->at++;
	}
	call->lex->list_end = c->at;
	return r;
}

/* "- value" lines under a name without a value, indented at least as it is. */
static int
read_items(struct call *call, struct cursor *c)
{
	size_t indent = name_indent(call), n;
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
		r = read_value(call, c);
	}
	return r;
}

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

/* A type behind the name: `password: str = "x"`, `var Token string = "x"`. */
static void
skip_type(const struct call *call, struct cursor *c)
{
	struct cursor copy = *c;

	if (call->lex->syntax != GV_SYNTAX_CODE)
		return;
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

/* The operator behind a name, from the least to what a value may follow. */
static bool
take_operator(struct call *call, struct cursor *c, bool is_quoted)
{
	static const char *const ops[] = { ":=", "=>", "?=", "||=", "=", ":",
		NULL };
	const char *const *op;

	skip_blanks(c);
	if (gv_ascii_is_name(peek(c)) && call->lex->syntax != GV_SYNTAX_CODE)
		return false;
	if (is_here(c, "==") || is_here(c, "=~") || is_here(c, "::") ||
	    is_here(c, ":-") || is_here(c, ":?") || is_here(c, "://"))
		return false;
	if (peek(c) == ',' && is_quoted && is_call(call, call->pair.name - 1)) {
		c->at++;
		skip_blanks(c);
		return peek(c) == '"' || peek(c) == '\'';
	}
	if (peek(c) == '(' && (is_here(c, "(\"") || is_here(c, "('"))) {
		c->at++;
		return call->lex->syntax == GV_SYNTAX_CODE;
	}
	for (op = ops; *op; op++) {
		if (!takes(c, *op))
			continue;
		if (**op == ':')
			skip_type(call, c);
		return true;
	}
	if (call->lex->syntax == GV_SYNTAX_CODE) {
		size_t before = c->at;

		skip_type(call, c);
		return c->at > before;
	}
	return false;
}

/* --- names --- */

/* Grow the name to both sides of the word; false where it is none: too long,
 * or inside of something else. */
static bool
find_name(struct gv_lex *lex, struct gv_lex_pair *name, size_t at, size_t n)
{
	size_t from = at, to = at + n;

	while (from > 0 && gv_ascii_is_name(lex->text[from - 1]) &&
	    to - from <= GV_NAME_MAX)
		from--;
	while (to < lex->len && gv_ascii_is_name(lex->text[to]))
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
	name->name = from;
	name->name_len = to - from;
	if (to - from > GV_NAME_MAX)
		return false;
	/* ${name}, {{ name }}: used, not set */
	return from < 2 || lex->text[from - 1] != '{' ||
	    (lex->text[from - 2] != '$' && lex->text[from - 2] != '{');
}

/* Whether it is name=value inside of a text, which a blank or a quote ends:
 * "name=value", and in YAML wherever it stands. */
static bool
is_inside(const struct call *call, const struct cursor *c, bool is_quoted)
{
	size_t at = call->pair.name;
	char before = at ? call->lex->text[at - 1] : '\0';

	if (is_quoted || peek(c) != '=' || c->at + 1 >= c->end ||
	    gv_ascii_is_blank(c->p[c->at + 1]) || c->p[c->at + 1] == '"')
		return false;
	return before == '"' || before == '\'' ||
	    (call->lex->syntax == GV_SYNTAX_YAML && before == ' ');
}

/* Past what closes the name: its quote, and the bracket of an index. */
static bool
close_name(const struct call *call, struct cursor *c)
{
	const struct gv_lex *lex = call->lex;
	char quote = call->pair.name ? lex->text[call->pair.name - 1] : '\0';

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
	const char *stop = memchr(c->p + c->at, '<', c->end - c->at);
	size_t from = c->at, to = stop ? (size_t)(stop - c->p) : c->end;

	if (stop == NULL || c->end - to < 2 || c->p[to + 1] != '/')
		return 0;
	c->at = to;
	return give(call, from, to, GV_LEX_ELEMENT);
}

/* Whether the name begins its line, and what stands at the cursor is all else
 * there is, but no setting itself. */
static bool
is_directive(const struct call *call, const struct cursor *c)
{
	const char *p = call->lex->text;
	size_t at = call->pair.name, i;

	while (at > 0 && gv_ascii_is_blank(p[at - 1]))
		at--;
	if (at > 0 && !gv_ascii_is_eol(p[at - 1]))
		return false;
	for (i = c->at; i < c->end && !gv_ascii_is_eol(p[i]); i++)
		if (i - c->at > PLAIN_MAX || gv_ascii_is_blank(p[i]) ||
		    (p[i] == '=' && i + 1 < c->end &&
			gv_ascii_is_alnum(p[i + 1])))
			return false;
	return i > c->at;
}

static int
read_assignment(struct call *call)
{
	const struct gv_lex *lex = call->lex;
	size_t behind = call->pair.name + call->pair.name_len;
	struct cursor c = { lex->text, behind, lex->len };
	bool is_quoted;
	size_t at;
	int r;

	if (c.end - c.at > 2 * GV_LEX_VALUE_MAX)
		c.end = c.at + 2 * GV_LEX_VALUE_MAX;
	if (call->pair.name && lex->text[call->pair.name - 1] == '<' &&
	    takes(&c, ">"))
		return read_element(call, &c);
	is_quoted = close_name(call, &c);
	at = c.at;
	call->pair.is_flag |= is_inside(call, &c, is_quoted);
	/* "--name", "value" */
	if (call->pair.is_flag && (takes(&c, "\",") || takes(&c, "',"))) {
		skip_space(&c);
		if (peek(&c) == '"' || peek(&c) == '\'')
			return read_value(call, &c);
		c.at = at;
	}
	if (call->pair.is_flag && gv_ascii_is_blank(peek(&c))) {
		skip_blanks(&c);
		if (peek(&c) != '-' && peek(&c) != '=')
			return read_value(call, &c);
		c.at = at;
	}
	if (!take_operator(call, &c, is_quoted)) {
		/* ENV name value, and set_header name "value" */
		if (c.at > at &&
		    (lex->syntax == GV_SYNTAX_DOCKERFILE ||
			(lex->syntax == GV_SYNTAX_INI &&
			    (peek(&c) == '"' || is_directive(call, &c)))) &&
		    !gv_ascii_is_eol(peek(&c)))
			return read_value(call, &c);
		if (gv_lex_takes_answer(call, &c))
			return gv_lex_read_value(call, &c);
		c.at = at;
		return gv_lex_read_pair(call, &c);
	}
	skip_blanks(&c);
	if (gv_lex_reads_map(&r, call, &c))
		return r;
	if (gv_ascii_is_eol(peek(&c)) && lex->syntax == GV_SYNTAX_YAML)
		return read_items(call, &c);
	if (lex->syntax == GV_SYNTAX_JSON || lex->syntax == GV_SYNTAX_CODE)
		skip_space(&c);
	return read_value(call, &c);
}

bool
gv_lex_name(struct gv_lex *lex, struct gv_lex_pair *name, size_t at, size_t n)
{
	*name = (struct gv_lex_pair){ 0 };
	return at >= lex->done && find_name(lex, name, at, n);
}

int
gv_lex_values(
    struct gv_lex *lex, const struct gv_lex_pair *name, gv_lex_fn fn, void *ctx)
{
	struct call call = { .lex = lex, .pair = *name, .fn = fn, .ctx = ctx };

	return read_assignment(&call);
}
