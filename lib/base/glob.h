#ifndef GV_GLOB_H
#define GV_GLOB_H
/*
 * Git's wildcards, on bytes: '?', '*', "**" between slashes, [sets] with
 * ranges, negation and POSIX classes, backslash escapes. What git's own
 * matcher takes or refuses, odd corners included, this one does too, in time
 * that grows with pattern times text at worst.
 *
 *	if (gv_glob_match("*.tf", 4, name, len, 0)) …
 *	if (gv_glob_match("a/" "**", 4, path, len, GV_GLOB_PATHNAME)) …
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_glob_flags {
	/* only "**" between slashes crosses a '/'; without it every '*' does */
	GV_GLOB_PATHNAME = 1 << 0,
	GV_GLOB_ICASE = 1 << 1, /* ASCII letters of both cases are equal */
};

/* Whether the whole text matches the whole pattern. A malformed pattern (a
 * set without its end, an unknown class, a lone backslash at the end) matches
 * nothing. */
bool gv_glob_match(const char *pattern, size_t pattern_len, const char *text,
    size_t text_len, unsigned flags);

/* Whether a pattern is not malformed: one that is matches nothing, so that a
 * rule with it would be about nothing. */
bool gv_glob_is_valid(const char *pattern, size_t len);

/* How many bytes of the pattern stand for themselves before the first special
 * one; `len` where there is none. */
size_t gv_glob_literal_len(const char *pattern, size_t len);

#endif
