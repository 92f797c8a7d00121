#include "scan/value_internal.h"

#include <string.h>

/*
 * Values that a program or a person fills in: variables, formats, patterns.
 */

static bool
is_variable(const char *p, size_t len)
{
	size_t i = 1;

	/* '$NAME', of a string that a shell puts together */
	if (len > 4 && p[0] == '\'' && p[1] == '$' && p[len - 1] == '\'')
		p++, len -= 2;
	/* \\$NAME, of a script that a script writes */
	if (len > 4 && p[0] == '\\' && p[1] == '$' &&
	    (gv_ascii_is_upper(p[2]) || p[2] == '_'))
		p++, len--;
	/* $$NAME of Compose, which leaves $NAME to the shell */
	if (len > 3 && p[0] == '$' && p[1] == '$')
		p++, len--;
	if (p[0] == '$' && len > 1 &&
	    (gv_ascii_is_alnum(p[1]) || p[1] == '_')) {
		while (i < len &&
		    (gv_ascii_is_alnum(p[i]) ||
			(p[i] && strchr("_:./>-[]'\"|", p[i])) ||
			(p[i] == '(' && i + 1 < len && p[i + 1] == ')') ||
			(p[i] == ')' && p[i - 1] == '(') ||
			(p[i] == '$' && (p[i - 1] == '/' || p[i - 1] == '|'))))
			i++;
		/* $PASS\nuser=$USER: lines of a string */
		if (i > 2 && i + 1 < len && p[i] == '\\' && p[i + 1] == 'n')
			return !gv_ascii_is_digit(p[1]);
		/* what ends it is of the call or the list around it */
		i += i + 1 == len && strchr(");,", p[i]) != NULL;
		/* $6$… is a hash, $apr1$ too */
		return i == len && !gv_ascii_is_digit(p[1]);
	}
	if (p[0] == '%' && (len == 2 || (p[len - 1] == '%' && len > 2)))
		return true;
	return len > 4 && p[0] == '_' && p[1] == '_' && p[len - 1] == '_' &&
	    p[len - 2] == '_';
}

/* Whether two bytes open something that is replaced later. */
static bool
opens(char a, char b)
{
	switch (a) {
	case '{':
		return b == '{' || b == '%';
	case '$':
		return b == '{' || b == '(' || b == '[';
	case '#':
		return b == '{';
	case '[': /* of a pattern: [^"]* */
		return b == '^';
	case '<':
		return b == '%';
	case '%':
		return b == '(';
	case '(': /* (@=values.x@), of ytt */
		return b == '(' || b == '@';
	case '"': /* of a shell: '"$X"' */
		return b == '$';
	default:
		return false;
	}
}

/* abcd$[471, kX{{9mPl: of a password. What is replaced is closed again: $[x].
 */
static bool
is_never_closed(const char *p, size_t at, size_t len)
{
	const size_t n = len - at;

	if (p[at] == '[')
		return p[at - 1] == '$' && memchr(p + at, ']', n) == NULL;
	return p[at] == '{' && p[at - 1] == '{' && at > 1 && n > 3 &&
	    gv_ascii_is_alnum(p[at - 2]) && memchr(p + at, '}', n) == NULL &&
	    memchr(p + at, ' ', n) == NULL;
}

/* @Microsoft.KeyVault(SecretUri=…): what provides it, with arguments. */
static bool
is_provided(const char *p, size_t len)
{
	size_t i = 1, dots = 0;

	if (p[0] != '@' || p[len - 1] != ')')
		return false;
	for (; i < len && (gv_ascii_is_alnum(p[i]) || p[i] == '.'); i++)
		dots += p[i] == '.';
	return dots && i < len && p[i] == '(';
}

/* @@NAME@@: two such marks; one is of any password. */
static bool
is_marked(const char *p, size_t len)
{
	return len > 4 && p[0] == '@' && p[1] == '@' &&
	    memmem(p + 3, len - 3, "@@", 2) != NULL;
}

/* {name}, {name(…)}, {0}, of what Python formats and JavaScript fills in, and
 * {.name}, a path of kubectl. */
static bool
is_filled(const char *p, size_t len)
{
	size_t i;

	if (p[0] != '{')
		return false;
	if (len > 2 && gv_ascii_is_digit(p[1]) && p[2] == '}')
		return true;
	if (len > 3 && p[1] == '.' && gv_ascii_is_lower(p[2]) &&
	    memchr(p + 3, '}', len - 3))
		return true;
	/* {Encoded password}, which a blank ends */
	for (i = 1; i < len &&
	     (gv_ascii_is_lower(p[i]) || (i == 1 && gv_ascii_is_upper(p[i])));
	     i++)
		;
	if (i > 3 && i == len)
		return true;
	for (i = 1; i < len && (gv_ascii_is_lower(p[i]) || p[i] == '_'); i++)
		;
	return i > 2 && i < len && p[i] != '\0' && strchr("}(.[", p[i]);
}

/* <user-name>, of what is to be filled in. */
static bool
is_blank_to_fill(const char *p, size_t len)
{
	size_t i = 1;

	if (p[0] != '<')
		return false;
	while (i < len &&
	    (gv_ascii_is_lower(p[i]) || p[i] == '-' || p[i] == '_' ||
		p[i] == ' '))
		i++;
	return i > 3 && i < len && p[i] == '>';
}

/* &quot;&lt;user-name&gt;&quot;: the same in a page. */
static bool
is_blank_of_page(const char *p, size_t len)
{
	const char *from = memmem(p, len, "&lt;", 4), *end = p + len, *at;

	if (from == NULL)
		return false;
	for (at = from + 4; at < end &&
	     (gv_ascii_is_alnum(*at) || *at == '-' || *at == '_' || *at == ' ');
	     at++)
		;
	return at > from + 6 && end - at >= 4 && memcmp(at, "&gt;", 4) == 0;
}

/* $__env{NAME}, ${…} of any kind. */
static bool
is_expanded(const char *p, size_t len)
{
	size_t i;

	for (i = 1; i < len && gv_ascii_is_word(p[i]); i++)
		;
	return p[0] == '$' && i < len && p[i] == '{' && p[len - 1] == '}';
}

/* %{passwords::db}, of Hiera, also with what is looked up in quotes. */
static bool
is_interpolated(const char *p, size_t len)
{
	size_t i;

	if (len < 4 || p[0] != '%' || p[1] != '{')
		return false;
	for (i = 2; i < len &&
	     (gv_ascii_is_word(p[i]) || (p[i] && strchr(":.()'\"-", p[i])));
	     i++)
		;
	return i > 2 && i < len && p[i] == '}';
}

/* $ARG3$, a macro of Nagios; $file_daemon_password$, of opsi. */
static bool
is_macro(const char *p, size_t len)
{
	size_t i, lower = 0, joints = 0;

	if (len < 4 || p[0] != '$' || p[len - 1] != '$')
		return false;
	for (i = 1; i + 1 < len; i++) {
		if (!gv_ascii_is_word(p[i]))
			return false;
		lower += gv_ascii_is_lower(p[i]);
		joints += p[i] == '_';
	}
	return lower ? gv_ascii_is_lower(p[1]) && joints > 0
		     : gv_ascii_is_upper(p[1]);
}

/* user:$NAME, of a shell. */
static bool
ends_with_variable(const char *p, size_t len)
{
	size_t i = len;

	while (i > 0 && (gv_ascii_is_upper(p[i - 1]) || p[i - 1] == '_'))
		i--;
	return len - i > 2 && i > 1 && p[i - 1] == '$' && p[i - 2] == ':';
}

/* app-$cluster, of small letters alone: a name that a shell makes. */
static bool
is_made_of_variable(const char *p, size_t len)
{
	const char *sign = memchr(p, '$', len);
	size_t n = sign ? (size_t)(sign - p) : 0, i;

	if (n < 2 || len - n < 4 || !memchr("-_/.", p[n - 1], 4))
		return false;
	for (i = 0; i < len; i++)
		if (!gv_ascii_is_lower(p[i]) && !memchr("-_/.", p[i], 4) &&
		    i != n)
			return false;
	return true;
}

/* $PASSWORD,nofail: the first of several options; and $DbPassword#g, by which a
 * command of sed ends. */
static bool
is_first_variable(const char *p, size_t len)
{
	size_t i = 1;

	while (i < len && (gv_ascii_is_upper(p[i]) || p[i] == '_'))
		i++;
	if (p[0] == '$' && i > 3 && i < len && (p[i] == ',' || p[i] == ';'))
		return true;
	while (i < len && gv_ascii_is_word(p[i]) && !gv_ascii_is_digit(p[i]))
		i++;
	return p[0] == '$' && i > 3 && i + 2 < len &&
	    memcmp(p + i, "#g", 2) == 0 && !gv_ascii_is_alnum(p[i + 2]);
}

/* TF_TOKEN_%s: what is filled in makes a name. */
static bool
is_format_of_name(const char *p, size_t len)
{
	size_t i, joints = 0;

	if (len < 5 || memcmp(p + len - 2, "%s", 2) != 0)
		return false;
	for (i = 0; i + 2 < len; i++) {
		joints += p[i] == '_';
		if (!gv_ascii_is_upper(p[i]) && p[i] != '_')
			return false;
	}
	return joints > 0;
}

/* pass:%s\n, which is formatted, and %s\n alone. */
static bool
ends_with_format(const char *p, size_t len)
{
	if (len > 3 && p[len - 2] == '\\' && p[len - 1] == 'n')
		len -= 2;
	return (len == 2 && memcmp(p, "%s", 2) == 0) ||
	    (len > 3 && memcmp(p + len - 3, ":%s", 3) == 0);
}

/* (ConvertTo-SecureString, (0.17.0), (\w+\.): a call, a version, a pattern. */
static bool
is_in_bracket(const char *p, size_t len)
{
	const char *end = memchr(p, ')', len);
	size_t i;

	if (p[0] != '(' || len < 4)
		return false;
	if (memchr(p, '\\', len))
		return true;
	for (i = 1; end == NULL && i < len &&
	     (gv_ascii_is_lower(p[i]) || gv_ascii_is_upper(p[i]) ||
		 p[i] == '-');
	     i++)
		;
	if (i == len)
		return true;
	for (i = 1; i + 1 < len && (gv_ascii_is_digit(p[i]) || p[i] == '.');
	     i++)
		;
	return i + 1 == len;
}

/* (?i), (?:…), (?<…, (.+): a pattern of what a secret looks like. */
static bool
is_pattern(const char *p, size_t len)
{
	if (len <= 3 || p[0] != '(')
		return false;
	if (p[1] == '.' && (p[2] == '+' || p[2] == '*'))
		return p[3] == ')' || (len > 4 && p[3] == '?' && p[4] == ')');
	/* ([A-Z0-9]+) */
	if (p[1] == '[') {
		const char *end = memchr(p, ']', len);

		return end && end + 1 < p + len &&
		    (end[1] == '+' || end[1] == '*');
	}
	return p[1] == '?' && strchr("i:<=!P", p[2]) != NULL;
}

/* [a-zA-Z0-9_-]{20,}: a class with a range in it, and how often. */
static bool
is_repeated_class(const char *p, size_t len)
{
	const char *end = memchr(p, ']', len);
	size_t i, n = end ? (size_t)(end - p) : 0;

	if (n < 4 || n + 1 == len || !memchr("{+*", p[n + 1], 3))
		return false;
	for (i = 1; i + 2 < n; i++)
		if (p[i + 1] == '-' && gv_ascii_is_alnum(p[i]) &&
		    gv_ascii_is_alnum(p[i + 2]))
			return true;
	return false;
}

/* \d{1,2}[AP]M, \b(\w+)\b, [a-z][.?!]$: a pattern of words. */
static bool
is_pattern_of_words(const char *p, size_t len)
{
	size_t i, classes = 0;

	for (i = 0; i + 1 < len; i++) {
		if (p[i] == '[' && i + 4 < len && p[i + 2] == '-' &&
		    p[i + 4] == ']' && gv_ascii_is_alnum(p[i + 1]) &&
		    gv_ascii_is_alnum(p[i + 3]))
			return true;
		if (p[i] == '[' && is_repeated_class(p + i, len - i))
			return true;
		if (p[i] != '\\' || !memchr("bdswDSW", p[i + 1], 7))
			continue;
		classes++;
		if (i + 2 < len && memchr("{+*?[", p[i + 2], 5))
			return true;
	}
	return classes > 2;
}

/* /^ok$/i, of PHP, Perl and JavaScript. */
static bool
is_pattern_of_program(const char *p, size_t len)
{
	while (len > 0 && gv_ascii_is_lower(p[len - 1]))
		len--;
	return len > 4 && p[0] == '/' && p[1] == '^' && p[len - 1] == '/' &&
	    p[len - 2] == '$';
}

/* Letters of both cases and digits: [kX92mQw8pL] is no list, and nothing to
 * fill in. */
static bool
is_mixed(const char *p, size_t len)
{
	bool has_lower = false, has_upper = false, has_digit = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!gv_ascii_is_alnum(p[i]))
			return false;
		has_lower |= gv_ascii_is_lower(p[i]);
		has_upper |= i > 0 && gv_ascii_is_upper(p[i]);
		has_digit |= gv_ascii_is_digit(p[i]);
	}
	return has_lower && has_upper && has_digit && len >= 8;
}

bool
gv_value_is_template(const char *p, size_t len, unsigned bits)
{
	size_t i;

	/* s,\(password=\).*,\1x, of sed */
	if (len > 2 && p[0] == '\\' && p[1] == ')')
		return true;
	if (p[0] == '&' && is_blank_of_page(p, len))
		return true;
	/* `openssl rand -hex 8`, which a shell runs */
	if (len > 2 && p[0] == '`' && p[len - 1] == '`' && memchr(p, ' ', len))
		return true;
	/* all of these begin so */
	if (!(bits & GV_VALUE_HAS_MARK) && p[0] != '_')
		return false;
	if (is_variable(p, len) || is_expanded(p, len) || is_macro(p, len) ||
	    ends_with_variable(p, len) || ends_with_format(p, len) ||
	    is_made_of_variable(p, len) || is_first_variable(p, len) ||
	    is_format_of_name(p, len))
		return true;
	if (is_in_bracket(p, len) || is_pattern_of_words(p, len))
		return true;
	if (len > 2 && p[0] == '<' && p[len - 1] == '>')
		return true;
	if (len > 2 && p[0] == '[' && p[len - 1] == ']')
		return !is_mixed(p + 1, len - 2);
	if (len > 2 && p[0] == '{' && p[len - 1] == '}' &&
	    memchr(p, ':', len) == NULL)
		return true;
	if (len > 2 && p[0] == '@' && p[len - 1] == '@')
		return true;
	if (is_provided(p, len))
		return true;
	if (len > 2 && p[0] == '^' && p[len - 1] == '$')
		return true;
	if (is_pattern_of_program(p, len))
		return true;
	/* ###PASSWORD###, and what closes a group of a pattern */
	if (len > 4 && p[0] == '#' && p[1] == '#' && p[len - 1] == '#')
		return true;
	for (i = 1; i < len; i++)
		if (gv_value_bit(p[i - 1]) == GV_VALUE_HAS_MARK &&
		    ((opens(p[i - 1], p[i]) && !is_never_closed(p, i, len)) ||
			is_marked(p + i - 1, len - i + 1) ||
			is_filled(p + i - 1, len - i + 1) ||
			is_interpolated(p + i - 1, len - i + 1) ||
			is_blank_to_fill(p + i - 1, len - i + 1) ||
			is_pattern(p + i - 1, len - i + 1)))
			return true;
	return false;
}
