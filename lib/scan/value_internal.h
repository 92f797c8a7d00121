#ifndef GV_VALUE_INTERNAL_H
#define GV_VALUE_INTERNAL_H
/*
 * What the parts of judging values share: value.c tells all shapes, and
 * value_code.c knows what only programs write.
 */

#include <stdbool.h>
#include <stddef.h>

/* Whether it is of a language for programs, queries or patterns: a column of
 * SQL, a class of PHP, a filter of LDAP, a regular expression, or what stands
 * between two strings. */
bool gv_value_is_code(const char *p, size_t len);

#endif
