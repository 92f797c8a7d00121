#ifndef GV_VALUE_INTERNAL_H
#define GV_VALUE_INTERNAL_H
/*
 * What the parts of judging a value share: value.c tells the shapes apart,
 * value_template.c what is filled in, value_elsewhere.c what stands for another
 * value, value_code.c what only programs write, value_placeholder.c what is
 * nobody's. None is asked of no bytes at all.
 */

#include <stddef.h>
#include <stdint.h>

#include "lex/ascii.h"
#include "scan/value.h"

/* Which bytes are in a value, a bit each: most questions need no more to be
 * answered with no. */
enum {
	GV_VALUE_HAS_OTHER = 1 << 0, /* everything else */
	GV_VALUE_HAS_LOWER = 1 << 1,
	GV_VALUE_HAS_UPPER = 1 << 2,
	GV_VALUE_HAS_DIGIT = 1 << 3,
	GV_VALUE_HAS_DOT = 1 << 4,
	GV_VALUE_HAS_SLASH = 1 << 5,
	GV_VALUE_HAS_MARK = 1 << 6,  /* "#$%(<@[^{: may open a template */
	GV_VALUE_HAS_JOINT = 1 << 7, /* -_: */
	GV_VALUE_HAS_HIGH = 1 << 8,  /* of others those outside of ASCII */
	GV_VALUE_HAS_BLANK = 1 << 9, /* of others ' ' */
};

/* Those of each byte. */
extern const unsigned short gv_value_bits[256];

static inline unsigned
gv_value_bit(char ch)
{
	return gv_value_bits[(unsigned char)ch];
}

/* A bit for the last five of a byte, in which case does not count. */
#define GV_VALUE_BIT(ch) (1u << ((ch)&31))

/* Whether it begins with the word, which is in small letters; that of the value
 * does not count. */
static inline bool
begins(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		if (i == len || gv_ascii_small(p[i]) != word[i])
			return false;
	return true;
}

/* Whether it is the word. */
static inline bool
is_whole(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (word[i] == '\0' || gv_ascii_small(p[i]) != word[i])
			return false;
	return word[len] == '\0';
}

/* Whether it is one of the words, which end with NULL. */
static inline bool
is_any(const char *p, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (is_whole(p, len, *words))
			return true;
	return false;
}

/* ${x}, {{ x }}, %x%, <x>; `bits` are those of what is in it, as below. */
bool gv_value_is_template(const char *p, size_t len, unsigned bits);

/* var.x, !Ref x, ref+vault://…, arn:…, a path. */
bool gv_value_is_reference(const char *p, size_t len, unsigned bits);

/* Whether it is of a language for programs, queries or patterns: a column of
 * SQL, a class of PHP, a filter of LDAP, a regular expression, or what stands
 * between two strings. */
bool gv_value_is_code(const char *p, size_t len, unsigned bits);

/* changeme, your-password, xxxx. */
bool gv_value_is_placeholder(const char *p, size_t len, unsigned bits);

#endif
