#ifndef GV_ASCII_H
#define GV_ASCII_H
/*
 * The classes of characters that all readers of the scanner share: of ASCII,
 * whatever the locale, and any byte above is in none.
 *
 *	while (i < len && gv_ascii_is_name(p[i]))
 *		i++;
 */

#include <stdbool.h>

#include "base/enc.h"

/* Classes of several ranges are bits of a table: it takes a third of what the
 * comparisons do. */
enum {
	GV_ASCII_ALNUM = 1 << 0,
	GV_ASCII_WORD = 1 << 1,
	GV_ASCII_NAME = 1 << 2,
	GV_ASCII_SPACE = 1 << 3,
};

/* Those of each byte, in the lower half of a digit. */
extern const char gv_ascii_bits[];

/* What each byte is as a small letter. */
extern const char gv_ascii_smalls[256];

static inline bool
gv_ascii_is(char ch, int bit)
{
	return gv_ascii_bits[(unsigned char)ch] & bit;
}

static inline char
gv_ascii_small(char ch)
{
	return gv_ascii_smalls[(unsigned char)ch];
}

static inline bool
gv_ascii_is_lower(char ch)
{
	return (unsigned)ch - 'a' < 26;
}

static inline bool
gv_ascii_is_upper(char ch)
{
	return (unsigned)ch - 'A' < 26;
}

static inline bool
gv_ascii_is_digit(char ch)
{
	return (unsigned)ch - '0' < 10;
}

static inline bool
gv_ascii_is_alnum(char ch)
{
	return gv_ascii_is(ch, GV_ASCII_ALNUM);
}

/* Of a word: what \w is in a pattern. */
static inline bool
gv_ascii_is_word(char ch)
{
	return gv_ascii_is(ch, GV_ASCII_WORD);
}

/* Of the name of a setting. */
static inline bool
gv_ascii_is_name(char ch)
{
	return gv_ascii_is(ch, GV_ASCII_NAME);
}

static inline bool
gv_ascii_is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static inline bool
gv_ascii_is_eol(char ch)
{
	return ch == '\n' || ch == '\r';
}

static inline bool
gv_ascii_is_space(char ch)
{
	return gv_ascii_is(ch, GV_ASCII_SPACE);
}

/* The value of a hexadecimal digit, or -1. */
static inline int
gv_ascii_hex(char ch)
{
	return gv_enc_digits[(unsigned char)ch] - 1;
}

#endif
