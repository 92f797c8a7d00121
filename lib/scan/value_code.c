#include <string.h>

#include "lex/ascii.h"
#include "scan/value_internal.h"

/* VARCHAR(255) NOT NULL, DECIMAL(10,2). */
static bool
is_column(const char *p, size_t len)
{
	size_t i = 0, from;

	while (i < len && (gv_ascii_is_upper(p[i]) || gv_ascii_is_lower(p[i])))
		i++;
	if (i < 3 || i == len || p[i] != '(')
		return false;
	for (from = ++i; i < len && (gv_ascii_is_digit(p[i]) || p[i] == ',');
	     i++)
		;
	return i > from && i < len && p[i] == ')' &&
	    (i + 1 == len || p[i + 1] == ' ');
}

/* App\Storage\TokenInterface, of PHP; also with each backslash escaped. */
static bool
is_class(const char *p, size_t len)
{
	size_t i, word = 0, joints = 0;

	for (i = 0; i < len; i++) {
		if (p[i] == '\\') {
			if (word < 2)
				return false;
			i += i + 1 < len && p[i + 1] == '\\';
			joints++;
			word = 0;
		} else if (word ? gv_ascii_is_word(p[i])
				: gv_ascii_is_upper(p[i])) {
			word++;
		} else {
			return false;
		}
	}
	return joints > 1 && word > 1;
}

/* OS::Heat::None, of Heat and C++: letters, and capitals first. */
static bool
is_scoped(const char *p, size_t len)
{
	size_t i, word = 0, joints = 0;

	for (i = 0; i < len; i++) {
		if (p[i] == ':' && word && i + 1 < len && p[i + 1] == ':') {
			i++;
			joints++;
			word = 0;
		} else if (word
			? gv_ascii_is_upper(p[i]) || gv_ascii_is_lower(p[i])
			: gv_ascii_is_upper(p[i])) {
			word++;
		} else {
			return false;
		}
	}
	return joints > 0 && word > 1;
}

/* X-Adapter-API-Key, of HTTP. */
static bool
is_header(const char *p, size_t len)
{
	size_t i;

	if (p[1] != '-')
		return false;
	for (i = 2; i < len; i++)
		if (!gv_ascii_is_upper(p[i]) && !gv_ascii_is_lower(p[i]) &&
		    p[i] != '-')
			return false;
	return true;
}

/* body.LifecycleActionToken; of a program that stands in another text. */
static bool
is_member(const char *p, size_t len)
{
	size_t i, dots = 0;

	if (p[len - 1] != ';')
		return false;
	for (i = 0; i + 1 < len; i++) {
		if (p[i] == '.' && i > 0 && p[i - 1] != '.')
			dots++;
		else if (!gv_ascii_is_upper(p[i]) && !gv_ascii_is_lower(p[i]))
			return false;
	}
	return dots > 0 && p[len - 2] != '.';
}

/* A range of versions, as packages ask for them: ">=0.7.0,<1.0.0", "^1.2",
 * "~> 3.0"; or a plugin's of Jenkins, 523.vd859a_4b_122e6. */
static bool
is_range(const char *p, size_t len)
{
	size_t i, digits = 0;
	bool opens = true;

	for (i = 0; i < len; i++) {
		if (gv_ascii_is_digit(p[i]))
			digits++, opens = false;
		else if (memchr("<>=~^!", p[i], 6))
			opens = true;
		else if (p[i] == ',' || p[i] == ' ' || p[i] == '|')
			;
		else if (opens || (p[i] != '.' && p[i] != '*'))
			return false;
	}
	return digits > 0;
}

/* npm:^4.0.0, workspace:1.2: a version of a package, and where it is from. */
static bool
is_package(const char *p, size_t len)
{
	size_t i = 0, digits = 0, dots = 0;

	while (i < len && (gv_ascii_is_lower(p[i]) || p[i] == '@'))
		i++;
	if (i < 2 || i == len || p[i] != ':')
		return false;
	for (i++; i < len && p[i] && strchr("~^<>=v ", p[i]); i++)
		;
	for (; i < len && (gv_ascii_is_digit(p[i]) || p[i] == '.'); i++) {
		digits += gv_ascii_is_digit(p[i]);
		dots += p[i] == '.';
	}
	return digits > 1 && dots > 0 && (i == len || p[i] == '-');
}

static bool
is_plugin(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && gv_ascii_is_digit(p[i]))
		i++;
	if (i == 0 || len - i < 10 || p[i] != '.' || p[i + 1] != 'v')
		return false;
	for (i += 2; i < len; i++) {
		if (!gv_ascii_is_digit(p[i]) && !(p[i] >= 'a' && p[i] <= 'f') &&
		    p[i] != '_')
			return false;
	}
	return true;
}

bool
gv_value_is_code(const char *p, size_t len, unsigned bits)
{
	if (len < 3)
		return false;
	switch (p[0]) {
	case ')':
	case '+': /* "Tokens: "+fmt.Sprintf("%v", x) */
		return p[len - 1] == '(';
	case '[': /* "[]Token{", of Go */
		return p[1] == ']' && p[len - 1] == '{';
	case '(':
		return (p[1] == '&' || p[1] == '|' || p[1] == '!') &&
		    p[2] == '(';
	case '.':
		return p[1] == '*';
	case '<':
	case '>':
	case '=':
	case '~':
	case '^':
	case '!':
		return is_range(p, len);
	case 'X':
		if (is_header(p, len))
			return true;
		/* fall through */
	default:
		return (bits & GV_VALUE_HAS_MARK && is_column(p, len)) ||
		    (bits & GV_VALUE_HAS_OTHER && is_class(p, len)) ||
		    (bits & GV_VALUE_HAS_JOINT &&
			(is_scoped(p, len) || is_package(p, len))) ||
		    (bits & GV_VALUE_HAS_DOT &&
			(is_member(p, len) || is_plugin(p, len)));
	}
}
