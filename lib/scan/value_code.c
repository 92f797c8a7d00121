#include <string.h>

#include "scan/ascii.h"
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

bool
gv_value_is_code(const char *p, size_t len)
{
	if (len < 3)
		return false;
	switch (p[0]) {
	case ')':
		return p[len - 1] == '(';
	case '(':
		return (p[1] == '&' || p[1] == '|' || p[1] == '!') &&
		    p[2] == '(';
	case '.':
		return p[1] == '*';
	case 'X':
		if (is_header(p, len))
			return true;
		/* fall through */
	default:
		return is_column(p, len) || is_class(p, len);
	}
}
