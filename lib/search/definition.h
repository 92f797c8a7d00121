#ifndef GV_DEFINITION_H
#define GV_DEFINITION_H
/*
 * Whether a line of a program or a configuration defines a name, by a table of
 * what stands before or behind names in each language. No parser: a line is
 * judged by itself. Pure.
 *
 *	lang = gv_definition_language("lib/db.py");
 *	gv_definition_is(lang, "def open_db(x):", 15, 4, 7)	true
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_definition_language;

/* That of a file of this path; NULL where the table lacks it. Static. */
const struct gv_definition_language *gv_definition_language(const char *path);

/* Whether a line defines the name that begins at `at`
 * and has `n` bytes. False where the language is NULL. */
bool gv_definition_is(const struct gv_definition_language *lang,
    const char *line, size_t len, size_t at, size_t n);

#endif
