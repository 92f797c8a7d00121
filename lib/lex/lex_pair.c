#include "lex/lex_internal.h"
#include "lex/name.h"

#include <string.h>

#define LOOK_AHEAD  512 /* from a name that is a value to its value */
#define LOOK_BEHIND 256 /* the same where the value stands first */
#define LINES_MAX   8   /* from a name that is a value, in YAML */
#define MEMBERS_MAX 256 /* of a map that are read */

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
	"Default", "default", "defaultValue", "stringValue", "val", NULL };

/* And what says that another name begins before there was one. */
static const char *const others[] = { "name", "Name", "key", "ParameterKey",
	"variable", NULL };

/* option_name, Argument.name: the `n` bytes in front of `end` say that a name
 * follows. */
static bool
ends_with_name(const char *end, size_t n)
{
	return n > 5 && (end[-5] == '_' || end[-5] == '.') &&
	    memcmp(end - 4, "name", 4) == 0;
}

/* Whether the `n` bytes are what a value is called: value, Argument.value. */
static inline bool
is_value_name(const char *p, size_t n)
{
	return is_one_of(p, n, value_names) ||
	    (n > 6 && p[n - 1] == 'e' && (p[n - 6] == '_' || p[n - 6] == '.') &&
		memcmp(p + n - 5, "value", 5) == 0);
}

/* In front of it: what it is called itself. */
static bool
is_named(const struct call *call, size_t at)
{
	static const char *const names[] = { "name", "Name", "key", "Key",
		"ParameterKey", "id", "variable", "property", "env", NULL };
	const char *p = call->lex->text;
	size_t n = 0, end = at + call->pair->name_len;

	/* passwd/user-password, of debconf: the last is what it is called */
	if (end < call->lex->len && p[end] == '/')
		return false;
	while (at > 1 && p[at - 1] == '/' && gv_ascii_is_name(p[at - 2]))
		for (at--; at > 0 && gv_ascii_is_name(p[at - 1]); at--)
			;
	/* /app/db/password, of a store of parameters */
	at -= at > 0 && p[at - 1] == '/';
	while (at > 0 &&
	    (gv_ascii_is_blank(p[at - 1]) || p[at - 1] == '"' ||
		p[at - 1] == '\'' || p[at - 1] == ':' || p[at - 1] == '=' ||
		p[at - 1] == '>'))
		at--;
	while (n < at && n < 16 && gv_ascii_is_name(p[at - n - 1]))
		n++;
	/* {"type": "password", "value": "x"} */
	if (n == 4 && memcmp(p + at - n, "type", 4) == 0)
		return call->pair->name_len == 8 &&
		    memcmp(p + call->pair->name, "password", 8) == 0;
	return n &&
	    (is_one_of(p + at - n, n, names) || ends_with_name(p + at, n));
}

/* <stringProp name="Argument.value">: the attribute of `n` bytes at the cursor
 * says that a value follows. */
static int
takes_attribute(const struct call *call, struct cursor *c, size_t n)
{
	struct cursor at = *c;

	at.at += n;
	if (n != 4 || call->lex->syntax != GV_SYNTAX_XML || !takes(&at, "=\""))
		return 0;
	n = word_len(&at);
	if (n == 0 || !is_value_name(at.p + at.at, n))
		return 0;
	at.at += n;
	*c = at;
	return 1;
}

/* Look for what the value is called, to the end of the object. 1, 0. Words that
 * are neither that nor another name, nor in braces, are not read again. */
static int
find_value_name(const struct call *call, struct cursor *c)
{
	struct gv_lex_barren *barren = &call->lex->words;
	size_t depth = 0, n, from = c->at, word = from;
	bool is_barren = true;

	/* the name's own end: </name> */
	if (call->lex->syntax == GV_SYNTAX_XML && takes(c, "</"))
		from = c->at += word_len(c);
	c->at = skip_barren(barren, from);
	while (c->at < c->end) {
		char ch = peek(c);

		n = word_len(c);
		word = c->at;
		/* <key>NAME</key><string>value</string> */
		if (n == 6 && call->lex->syntax == GV_SYNTAX_XML &&
		    is_here(c, "string>")) {
			c->at += n;
			return 1;
		}
		if (n && is_one_of(c->p + c->at, n, others))
			return takes_attribute(call, c, n);
		c->at += n ? n : 1;
		if (n && is_value_name(c->p + c->at - n, n))
			return 1;
		is_barren &= ch != '{' && ch != '}' && ch != '[' && ch != ']';
		depth += ch == '{';
		/* the next one's name is not passed */
		if ((ch == '}' || ch == ']') && depth-- <= 1)
			return 0;
	}
	if (is_barren && word > from)
		note_barren(barren, from, word);
	return 0;
}

/* Whether the line of the name begins with what marks an item of a list. */
static bool
begins_item(const struct call *call)
{
	const char *p = call->lex->text;
	size_t at = call->pair->name, from;

	for (from = at; from > 0 && at - from < LOOK_BEHIND &&
	     !gv_ascii_is_eol(p[from - 1]);
	     from--)
		;
	while (from < at && gv_ascii_is_blank(p[from]))
		from++;
	return p[from] == '-';
}

/* - value: x, below - name: NAME: maps of one name each, as Salt has them. */
static bool
takes_value_item(struct cursor *c)
{
	size_t n;

	if (!takes(c, "- "))
		return false;
	n = word_len(c);
	c->at += n;
	return n && is_one_of(c->p + c->at - n, n, value_names);
}

/* The same among the lines of a YAML map: those indented as the name is. */
static int
find_value_line(const struct call *call, struct cursor *c)
{
	size_t indent = gv_lex_indent(call), in, n, lines;
	const char *nl;

	for (lines = 0; lines < LINES_MAX; lines++) {
		nl = memchr(c->p + c->at, '\n', c->end - c->at);
		if (nl == NULL)
			return 0;
		c->at = (size_t)(nl - c->p) + 1;
		in = indent_of(c, c->at);
		if (in < indent && in + 2 != indent)
			return 0;
		c->at += in;
		if (in < indent)
			return begins_item(call) && takes_value_item(c);
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

/* Read what is assigned to the word that the cursor stands behind, where
 * something is: then *r is the result. */
static bool
reads_assigned(int *r, struct call *call, struct cursor *c)
{
	struct cursor at = *c;

	if (peek(&at) == '"' || peek(&at) == '\'')
		at.at++;
	skip_blanks(&at);
	if (peek(&at) != '=' && peek(&at) != ':' && peek(&at) != '>')
		return false;
	at.at++;
	skip_blanks(&at);
	at.end = call->lex->len;
	if (at.end - at.at > GV_LEX_VALUE_MAX + 2)
		at.end = at.at + GV_LEX_VALUE_MAX + 2;
	*r = gv_lex_value(call, &at);
	return true;
}

/* { value: X, name: NAME }, and the same as an item of a YAML list. */
static bool
find_value_before(const struct call *call, struct cursor *c)
{
	size_t name = call->pair->name, from, limit, n;
	const char *open;

	limit = name > LOOK_BEHIND ? name - LOOK_BEHIND : 0;
	if (call->lex->syntax == GV_SYNTAX_YAML && gv_ascii_is_eol(peek(c))) {
		for (from = name; from > limit && c->p[from - 1] != '\n';)
			from--;
		for (from -= from > limit;
		     from > limit && c->p[from - 1] != '\n';)
			from--;
		c->at = from;
		skip_blanks(c);
		if (!takes(c, "- "))
			return false;
	} else {
		open = memrchr(c->p + limit, '{', name - limit);
		if (open == NULL ||
		    memchr(open, '}', (size_t)(c->p + name - open)))
			return false;
		c->at = (size_t)(open - c->p) + 1;
		skip_space(c);
		c->at += peek(c) == '"' || peek(c) == '\'';
	}
	n = word_len(c);
	c->at += n;
	return c->at < name && is_one_of(c->p + c->at - n, n, value_names);
}

/* <entry key="NAME">value</entry>, also with <value> around it. */
static bool
is_element(const struct call *call, struct cursor *c)
{
	if (call->lex->syntax != GV_SYNTAX_XML)
		return false;
	if (peek(c) == '"' || peek(c) == '\'')
		c->at++;
	skip_blanks(c);
	if (!takes(c, ">"))
		return false;
	(void)takes(c, "<value>");
	return true;
}

int
gv_lex_read_pair(struct call *call, struct cursor *c)
{
	struct cursor ahead, behind;
	bool is_map;
	int r = 0;

	if (!is_named(call, call->pair->name))
		return 0;
	ahead = behind = *c;
	is_map =
	    call->lex->syntax == GV_SYNTAX_YAML && gv_ascii_is_eol(peek(c));
	if (is_element(call, c))
		return gv_lex_value(call, c);
	if (ahead.end > ahead.at + LOOK_AHEAD)
		ahead.end = ahead.at + LOOK_AHEAD;
	if (is_map ? find_value_line(call, &ahead)
		   : find_value_name(call, &ahead))
		(void)reads_assigned(&r, call, &ahead);
	else if (find_value_before(call, &behind))
		(void)reads_assigned(&r, call, &behind);
	return r;
}

/* --- a map in place of the value --- */

/* Among the lines below the name's, indented further, all alike. */
static bool
find_below(const struct call *call, struct cursor *c)
{
	size_t indent = gv_lex_indent(call), first = 0, in, n, lines;
	const char *nl;

	for (lines = 0; lines < LINES_MAX; lines++) {
		nl = memchr(c->p + c->at, '\n', c->end - c->at);
		if (nl == NULL)
			return false;
		c->at = (size_t)(nl - c->p) + 1;
		in = indent_of(c, c->at);
		if (in <= indent)
			return false;
		first = first ? first : in;
		c->at += in;
		n = word_len(c);
		c->at += n;
		if (in == first && is_one_of(c->p + c->at - n, n, value_names))
			return true;
	}
	return false;
}

/* Between the braces that the cursor stands at, but for those within. */
static bool
find_inside(struct cursor *c)
{
	size_t n;

	for (c->at++; c->at < c->end; c->at += n ? n : 1) {
		n = word_len(c);
		if (peek(c) == '{' || peek(c) == '}')
			return false;
		if (n && c->p[c->at - 1] == '"' && c->at + n < c->end &&
		    c->p[c->at + n] == '"' &&
		    is_one_of(c->p + c->at, n, value_names)) {
			c->at += n;
			return true;
		}
	}
	return false;
}

/* Whether the name was judged last; its place is then that of the last one. */
static bool
is_known(
    const struct gv_lex *lex, struct gv_lex_judged *last, size_t at, size_t len)
{
	const bool is = last->len == len &&
	    memcmp(lex->text + last->at, lex->text + at, len) == 0;

	last->at = at;
	last->len = len;
	return is;
}

/* api_keys, passwords: what is in a map of that name has names of its own; so
 * has "bearer", with a token for each host. */
static bool
is_plural(const struct call *call)
{
	const char *name = call->lex->text + call->pair->name;
	struct gv_lex_judged *last = &call->lex->plural;
	size_t n = call->pair->name_len;

	if (n == 6 && memcmp(name, "bearer", n) == 0)
		return true;
	if (n <= 4 || gv_ascii_small(name[n - 1]) != 's' ||
	    gv_ascii_small(name[n - 2]) == 's')
		return false;
	if (!is_known(call->lex, last, call->pair->name, n))
		last->is = gv_name_judge(name, n) > GV_NAME_OF_KEY;
	return last->is;
}

/* Whether a member's name says that it is about a secret: id, url, path. */
static bool
is_about(const struct call *call, size_t at, size_t len)
{
	struct gv_lex_judged *last = &call->lex->about;
	char all[64] = "token_";
	const size_t n = strlen(all);

	if (len > sizeof(all) - n)
		return true;
	if (is_known(call->lex, last, at, len))
		return last->is;
	memcpy(all + n, call->lex->text + at, len);
	last->is = gv_name_judge(all, n + len) == GV_NAME_PLAIN;
	return last->is;
}

static void
skip_quoted(struct cursor *c)
{
	const char quote = peek(c);

	for (c->at++;
	     c->at < c->end && peek(c) != quote && !gv_ascii_is_eol(peek(c));
	     c->at++)
		c->at += peek(c) == '\\';
	c->at += c->at < c->end;
}

/* Read the quoted values of { x = "a", y = "b" }, up to what is nested. */
static int
read_members(struct call *call, struct cursor *c)
{
	size_t name, n, count;
	bool is_quoted;
	int r = 0;

	c->at++;
	for (count = 0; r == 0 && count < MEMBERS_MAX; count++) {
		skip_space(c);
		is_quoted = peek(c) == '"' || peek(c) == '\'';
		c->at += is_quoted;
		name = c->at;
		n = word_len(c);
		c->at += n + is_quoted;
		skip_blanks(c);
		if (n == 0 || (peek(c) != '=' && peek(c) != ':'))
			break;
		c->at++;
		c->at += peek(c) == '>';
		skip_blanks(c);
		if (peek(c) != '"' && peek(c) != '\'')
			break;
		call->pair->is_member = true;
		if (is_about(call, name, n))
			skip_quoted(c);
		else
			r = gv_lex_read_quoted(call, c);
		call->pair->is_member = false;
		while (peek(c) == ',' || gv_ascii_is_blank(peek(c)))
			c->at++;
	}
	return r;
}

/* The "- value" lines below a member: secrets that are changed by adding one.
 */
static int
read_member_items(struct call *call, struct cursor *c, size_t indent)
{
	const char *nl;
	size_t count, in;
	int r = 0;

	for (count = 0; r == 0 && count < MEMBERS_MAX; count++) {
		nl = memchr(c->p + c->at, '\n', c->end - c->at);
		in = nl ? (size_t)(nl - c->p) + 1 : c->end;
		if (in == c->end || indent_of(c, in) < indent)
			break;
		in += indent_of(c, in);
		if (c->end - in < 3 || memcmp(c->p + in, "- ", 2) != 0)
			break;
		c->at = in + 2;
		skip_blanks(c);
		call->pair->is_member = true;
		r = gv_lex_value(call, c);
		call->pair->is_member = false;
	}
	return r;
}

/* The same of the lines below the name's, indented further and all alike. */
static int
read_member_lines(struct call *call, struct cursor *c)
{
	size_t indent = gv_lex_indent(call), first = 0, in, n, count;
	const char *nl;
	int r = 0;

	for (count = 0; r == 0 && count < MEMBERS_MAX; count++) {
		nl = memchr(c->p + c->at, '\n', c->end - c->at);
		if (nl == NULL)
			break;
		c->at = (size_t)(nl - c->p) + 1;
		in = indent_of(c, c->at);
		first = first ? first : in;
		if (in <= indent || in != first)
			break;
		c->at += in;
		n = word_len(c);
		c->at += n;
		if (n == 0 || peek(c) != ':' || is_about(call, c->at - n, n))
			continue;
		c->at++;
		skip_blanks(c);
		if (gv_ascii_is_eol(peek(c))) {
			r = read_member_items(call, c, in);
			continue;
		}
		if (strchr("{[|>&*", peek(c)))
			break;
		call->pair->is_member = true;
		r = gv_lex_value(call, c);
		call->pair->is_member = false;
	}
	return r;
}

/* Whether the line below the name's is indented further: most are not, which is
 * sooner said than what the name promises. */
static bool
has_lines_below(struct call *call, const struct cursor *c)
{
	const char *nl = memchr(c->p + c->at, '\n', c->end - c->at);
	size_t in = nl ? (size_t)(nl - c->p) + 1 : c->end;

	return in < c->end && indent_of(c, in) > gv_lex_indent(call);
}

bool
gv_lex_reads_members(int *r, struct call *call, const struct cursor *c)
{
	enum gv_syntax syntax = call->lex->syntax;
	struct cursor at = *c;

	if (syntax == GV_SYNTAX_YAML && gv_ascii_is_eol(peek(c))) {
		if (!has_lines_below(call, c) || !is_plural(call))
			return false;
		/* "- x" lines are read as a list */
		*r = read_member_lines(call, &at);
		return *r != 0;
	}
	if ((syntax != GV_SYNTAX_HCL && syntax != GV_SYNTAX_JSON &&
		syntax != GV_SYNTAX_CODE) ||
	    peek(c) != '{' || !is_plural(call))
		return false;
	*r = read_members(call, &at);
	return true;
}

bool
gv_lex_reads_map(int *r, struct call *call, const struct cursor *c)
{
	bool is_yaml = call->lex->syntax == GV_SYNTAX_YAML;
	struct cursor at;

	if (is_yaml ? !gv_ascii_is_eol(peek(c))
		    : call->lex->syntax != GV_SYNTAX_JSON || peek(c) != '{')
		return false;
	at = *c;
	if (at.end - at.at > LOOK_AHEAD)
		at.end = at.at + LOOK_AHEAD;
	return (is_yaml ? find_below(call, &at) : find_inside(&at)) &&
	    reads_assigned(r, call, &at);
}

/* "? name", and ": value" on the line below. */
bool
gv_lex_takes_answer(const struct call *call, struct cursor *c)
{
	const char *p = call->lex->text;
	size_t at = call->pair->name;
	struct cursor next = *c;

	if (call->lex->syntax != GV_SYNTAX_YAML ||
	    !gv_ascii_is_eol(peek(&next)))
		return false;
	at -= at > 0 && (p[at - 1] == '"' || p[at - 1] == '\'');
	if (at < 2 || p[at - 1] != ' ' || p[at - 2] != '?')
		return false;
	skip_space(&next);
	if (!takes(&next, ": "))
		return false;
	skip_blanks(&next);
	*c = next;
	return true;
}
