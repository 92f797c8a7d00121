#include "schema/ecma.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

/*
 * What differs from RE2: \s and . know all white space and line ends of
 * Unicode; \d and \w are ASCII in both. [] matches nothing and [^] anything.
 * (?<name>…) is (?P<name>…), \u and four digits is \x{…}, \cX a control
 * character, and a property is named \p{Letter} or \p{Script=Greek}. As in the
 * expressions of most schemas, punctuation may have a backslash that it does
 * not need.
 */

#define SPACES                                                                 \
	"\\t\\n\\x0b\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}"       \
	"\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NO_SPACES                                                              \
	"\\x00-\\x08\\x0e-\\x1f!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"  \
	"\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}"            \
	"\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

struct translation {
	struct gv_buf *out;
	const char *p, *end;
	const char *why;
	bool is_in_class;
};

static enum gv_ecma_result
refuse(struct translation *t, enum gv_ecma_result result, const char *why)
{
	t->why = why;
	return result;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `n` hexadecimal digits at `p`; whether they are there. */
static bool
digits(const struct translation *t, const char *p, size_t n, uint32_t *value)
{
	*value = 0;
	if ((size_t)(t->end - p) < n)
		return false;
	for (; n; n--, p++) {
		if (hex(*p) < 0)
			return false;
		*value = *value << 4 | (uint32_t)hex(*p);
	}
	return true;
}

/* \u and four digits, two of these for one character, or \u{…}; the cursor is
 * behind the u. */
static enum gv_ecma_result
unicode(struct translation *t)
{
	uint32_t c = 0, low;

	if (t->p < t->end && *t->p == '{') {
		for (t->p++; t->p < t->end && hex(*t->p) >= 0 && c < 0x110000;
		     t->p++)
			c = c << 4 | (uint32_t)hex(*t->p);
		if (t->p == t->end || *t->p++ != '}' || c > 0x10ffff)
			return refuse(t, GV_ECMA_INVALID,
			    "\\u{ wants the number of a character");
	} else if (digits(t, t->p, 4, &c)) {
		t->p += 4;
		if (c >= 0xd800 && c < 0xdc00 && t->end - t->p >= 6 &&
		    memcmp(t->p, "\\u", 2) == 0 &&
		    digits(t, t->p + 2, 4, &low) && low >= 0xdc00 &&
		    low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			t->p += 6;
		}
	} else {
		return refuse(
		    t, GV_ECMA_INVALID, "\\u wants four hexadecimal digits");
	}
	gv_buf_addf(t->out, "\\x{%x}", (unsigned)c);
	return GV_ECMA_OK;
}

/* General categories by their long names; RE2 knows the short ones. */
static const char *
category(const char *name, size_t len)
{
	static const char *const names[][2] = { { "Letter", "L" },
		{ "Lowercase_Letter", "Ll" }, { "Uppercase_Letter", "Lu" },
		{ "Titlecase_Letter", "Lt" }, { "Modifier_Letter", "Lm" },
		{ "Other_Letter", "Lo" }, { "Mark", "M" },
		{ "Nonspacing_Mark", "Mn" }, { "Spacing_Mark", "Mc" },
		{ "Enclosing_Mark", "Me" }, { "Number", "N" },
		{ "Decimal_Number", "Nd" }, { "digit", "Nd" },
		{ "Letter_Number", "Nl" }, { "Other_Number", "No" },
		{ "Punctuation", "P" }, { "punct", "P" },
		{ "Connector_Punctuation", "Pc" }, { "Dash_Punctuation", "Pd" },
		{ "Open_Punctuation", "Ps" }, { "Close_Punctuation", "Pe" },
		{ "Initial_Punctuation", "Pi" }, { "Final_Punctuation", "Pf" },
		{ "Other_Punctuation", "Po" }, { "Symbol", "S" },
		{ "Math_Symbol", "Sm" }, { "Currency_Symbol", "Sc" },
		{ "Modifier_Symbol", "Sk" }, { "Other_Symbol", "So" },
		{ "Separator", "Z" }, { "Space_Separator", "Zs" },
		{ "Line_Separator", "Zl" }, { "Paragraph_Separator", "Zp" },
		{ "Other", "C" }, { "Control", "Cc" }, { "cntrl", "Cc" },
		{ "Format", "Cf" }, { "Private_Use", "Co" },
		{ "Surrogate", "Cs" }, { "Any", "Any" } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i][0]) == len &&
		    memcmp(names[i][0], name, len) == 0)
			return names[i][1];
	return NULL;
}

/* \p{…} or \P{…}; the cursor is behind the letter. */
static enum gv_ecma_result
property(struct translation *t, char letter)
{
	static const char *const keys[] = { "General_Category=", "gc=",
		"Script=", "sc=", "Script_Extensions=", "scx=" };
	const char *name = t->p + 1, *known;
	const char *close =
	    t->p < t->end ? memchr(t->p, '}', (size_t)(t->end - t->p)) : NULL;
	size_t len, i, n;

	if (close == NULL || *t->p != '{' || close == name)
		return refuse(t, GV_ECMA_INVALID,
		    "\\p wants the name of a property in braces");
	len = (size_t)(close - name);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		n = strlen(keys[i]);
		if (len > n && memcmp(name, keys[i], n) == 0) {
			name += n;
			len -= n;
			break;
		}
	}
	t->p = close + 1;
	known = category(name, len);
	if (len == 5 && memcmp(name, "ASCII", 5) == 0) {
		gv_buf_addf(t->out, t->is_in_class ? "%s" : "[%s]",
		    letter == 'p' ? "\\x00-\\x7f" : "\\x{80}-\\x{10ffff}");
		return GV_ECMA_OK;
	}
	gv_buf_addf(t->out, "\\%c{%.*s}", letter,
	    known ? (int)strlen(known) : (int)len, known ? known : name);
	return GV_ECMA_OK;
}

static void
add_set(struct translation *t, const char *set)
{
	gv_buf_addf(t->out, t->is_in_class ? "%s" : "[%s]", set);
}

/* \cX and \xXX; the cursor is behind the letter. */
static enum gv_ecma_result
control(struct translation *t, char c)
{
	uint32_t value;

	if (c == 'c') {
		if (t->p == t->end || (*t->p | 0x20) < 'a' ||
		    (*t->p | 0x20) > 'z')
			return refuse(t, GV_ECMA_INVALID, "\\c wants a letter");
		gv_buf_addf(t->out, "\\x%02x", (unsigned)*t->p++ & 31);
		return GV_ECMA_OK;
	}
	if (!digits(t, t->p, 2, &value))
		return refuse(
		    t, GV_ECMA_INVALID, "\\x wants two hexadecimal digits");
	t->p += 2;
	gv_buf_addf(t->out, "\\x{%x}", (unsigned)value);
	return GV_ECMA_OK;
}

static enum gv_ecma_result
escape(struct translation *t)
{
	char c;

	if (++t->p == t->end)
		return refuse(
		    t, GV_ECMA_INVALID, "it ends in the middle of an escape");
	c = *t->p++;
	switch (c) {
	case 'd':
	case 'D':
	case 'w':
	case 'W':
	case 'n':
	case 'r':
	case 't':
	case 'f':
		gv_buf_addf(t->out, "\\%c", c);
		return GV_ECMA_OK;
	case 'v':
		gv_buf_addstr(t->out, "\\x0b");
		return GV_ECMA_OK;
	case 's':
		add_set(t, SPACES);
		return GV_ECMA_OK;
	case 'S':
		add_set(t, NO_SPACES);
		return GV_ECMA_OK;
	case 'b':
	case 'B':
		if (t->is_in_class && c == 'b')
			gv_buf_addstr(t->out, "\\x08");
		else
			gv_buf_addf(t->out, "\\%c", c);
		return GV_ECMA_OK;
	case 'u':
		return unicode(t);
	case 'p':
	case 'P':
		return property(t, c);
	case 'c':
	case 'x':
		return control(t, c);
	case '0':
		if (t->p < t->end && *t->p >= '0' && *t->p <= '9')
			return refuse(t, GV_ECMA_INVALID,
			    "\\0 stands before no other digit");
		gv_buf_addstr(t->out, "\\x00");
		return GV_ECMA_OK;
	case 'k':
		return refuse(t, GV_ECMA_UNSUPPORTED,
		    "it goes back to what a group matched");
	default:
		break;
	}
	if (c >= '1' && c <= '9')
		return refuse(t, GV_ECMA_UNSUPPORTED,
		    "it goes back to what a group matched");
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return refuse(
		    t, GV_ECMA_INVALID, "it has an escape that does not exist");
	if ((unsigned char)c >= 0x80)
		gv_buf_addch(t->out, c);
	else
		gv_buf_addf(t->out, "\\x%02x", (unsigned)c);
	return GV_ECMA_OK;
}

/* A class from its bracket on. */
static enum gv_ecma_result
class_of(struct translation *t)
{
	enum gv_ecma_result r = GV_ECMA_OK;
	const bool is_negated = t->end - t->p > 1 && t->p[1] == '^';

	t->p += 1 + is_negated;
	if (t->p < t->end && *t->p == ']') {
		t->p++;
		gv_buf_addstr(t->out,
		    is_negated ? "[\\x00-\\x{10ffff}]"
			       : "[^\\x00-\\x{10ffff}]");
		return GV_ECMA_OK;
	}
	gv_buf_addstr(t->out, is_negated ? "[^" : "[");
	t->is_in_class = true;
	while (r == GV_ECMA_OK && t->p < t->end && *t->p != ']')
		if (*t->p == '\\')
			r = escape(t);
		else if (*t->p == '[')
			t->p++, gv_buf_addstr(t->out, "\\[");
		else
			gv_buf_addch(t->out, *t->p++);
	t->is_in_class = false;
	if (r == GV_ECMA_OK && t->p == t->end)
		return refuse(t, GV_ECMA_INVALID, "a bracket is not closed");
	if (r == GV_ECMA_OK)
		gv_buf_addch(t->out, *t->p++);
	return r;
}

static bool
begins(const struct translation *t, const char *word)
{
	const size_t len = strlen(word);

	return (size_t)(t->end - t->p) >= len && memcmp(t->p, word, len) == 0;
}

static enum gv_ecma_result
group(struct translation *t)
{
	if (begins(t, "(?=") || begins(t, "(?!"))
		return refuse(t, GV_ECMA_UNSUPPORTED, "it looks ahead");
	if (begins(t, "(?<=") || begins(t, "(?<!"))
		return refuse(t, GV_ECMA_UNSUPPORTED, "it looks behind");
	if (begins(t, "(?<")) {
		gv_buf_addstr(t->out, "(?P<");
		t->p += 3;
	} else if (begins(t, "(?:")) {
		gv_buf_addstr(t->out, "(?:");
		t->p += 3;
	} else if (begins(t, "(?")) {
		return refuse(t, GV_ECMA_INVALID,
		    "it has a kind of group that does not exist");
	} else {
		gv_buf_addch(t->out, '(');
		t->p++;
	}
	return GV_ECMA_OK;
}

enum gv_ecma_result
gv_ecma_translate(
    struct gv_buf *out, const char *pattern, size_t len, const char **why)
{
	struct translation t = {
		.out = out, .p = pattern, .end = pattern + len
	};
	enum gv_ecma_result r = GV_ECMA_OK;

	while (r == GV_ECMA_OK && t.p < t.end) {
		switch (*t.p) {
		case '\\':
			r = escape(&t);
			break;
		case '[':
			r = class_of(&t);
			break;
		case '(':
			r = group(&t);
			break;
		case '.':
			gv_buf_addstr(out, "[^\\n\\r\\x{2028}\\x{2029}]");
			t.p++;
			break;
		case '\0':
			gv_buf_addstr(out, "\\x00");
			t.p++;
			break;
		default:
			gv_buf_addch(out, *t.p++);
			break;
		}
	}
	*why = t.why;
	return r;
}
