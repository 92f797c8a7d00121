#ifndef GV_PATTERN_H
#define GV_PATTERN_H
/*
 * A regular expression of a schema, compiled once: found anywhere in a text, as
 * JSON Schema has it. It takes time in proportion to the text, whatever the
 * expression. It may be shared by threads.
 *
 *	r = gv_pattern_new(&p, "^x-[a-z]+$", 10, &result, &why);
 *	if (p && gv_pattern_matches(p, text, len))
 *		…
 */

#include <stdbool.h>
#include <stddef.h>

#include "schema/ecma.h"

struct gv_pattern;

/* Compile. 0; *out is NULL where *result is not GV_ECMA_OK: *why says why, a
 * static text. GV_ENOMEM. The caller frees. */
int gv_pattern_new(struct gv_pattern **out, const char *pattern, size_t len,
    enum gv_ecma_result *result, const char **why);

/* NULL-safe. */
void gv_pattern_free(struct gv_pattern *p);

/* Whether it is somewhere in a text. */
bool
gv_pattern_matches(const struct gv_pattern *p, const char *text, size_t len);

/* Whether it can be matched without RE2, which tests want to know. */
bool gv_pattern_is_simple(const struct gv_pattern *p);

#endif
