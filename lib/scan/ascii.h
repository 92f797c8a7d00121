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

static inline char
gv_ascii_small(char ch)
{
	return ch >= 'A' && ch <= 'Z' ? (char)(ch | 32) : ch;
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
	return gv_ascii_is_lower((char)(ch | 32)) || gv_ascii_is_digit(ch);
}

/* Of a word: what \w is in a pattern. */
static inline bool
gv_ascii_is_word(char ch)
{
	return gv_ascii_is_alnum(ch) || ch == '_';
}

/* Of the name of a setting. */
static inline bool
gv_ascii_is_name(char ch)
{
	return gv_ascii_is_word(ch) || ch == '-' || ch == '.';
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
	return gv_ascii_is_blank(ch) || gv_ascii_is_eol(ch);
}

/* The value of a hexadecimal digit, or -1. */
static inline int
gv_ascii_hex(char ch)
{
	char small = (char)(ch | 32);

	return gv_ascii_is_digit(ch)       ? ch - '0'
	    : small >= 'a' && small <= 'f' ? small - 'a' + 10
					   : -1;
}

#endif
