#ifndef GV_PRECIOUS_INTERNAL_H
#define GV_PRECIOUS_INTERNAL_H
/*
 * The conventions as tables (precious_table.c), apart from the code that
 * compares with them (precious.c). Every table ends with a row of zeros.
 */

#include <stddef.h>

/* Files: `text` is compared in the way that the table's name says. */
struct gv_precious_row {
	const char *text;
	size_t len;
	const char *rule;
};

/* not precious, whatever the other tables say; `rule` is not shown */
extern const struct gv_precious_row gv_precious_not_suffixes[];
extern const struct gv_precious_row gv_precious_paths[];    /* at its end */
extern const struct gv_precious_row gv_precious_names[];    /* the name */
extern const struct gv_precious_row gv_precious_suffixes[]; /* of the name */
extern const struct gv_precious_row gv_precious_prefixes[]; /* of the name */
extern const struct gv_precious_row gv_precious_globs[];    /* on the name */
extern const struct gv_precious_row gv_precious_folders[];  /* somewhere above*/

/* Folders that hold nothing of the user's; `rule` is not shown. */
extern const struct gv_precious_row gv_precious_foreign[];

#endif
