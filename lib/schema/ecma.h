#ifndef GV_ECMA_H
#define GV_ECMA_H
/*
 * Regular expressions of ECMAScript (ECMA-262), which JSON Schema's `pattern`
 * is, as expressions of RE2. What RE2 cannot do, looking around and going back
 * to a group, is refused, never guessed.
 *
 *	r = gv_ecma_translate(&out, "^\\s*(?<n>\\d+)$", 14, &why);
 */

#include <stddef.h>

struct gv_buf;

enum gv_ecma_result {
	GV_ECMA_OK,
	GV_ECMA_INVALID,     /* no expression of ECMAScript */
	GV_ECMA_UNSUPPORTED, /* RE2 has nothing for it */
};

/* Append the expression in RE2's syntax. *why is a static text if the result
 * is not OK; *out may have a part of the expression then. */
enum gv_ecma_result gv_ecma_translate(
    struct gv_buf *out, const char *pattern, size_t len, const char **why);

#endif
