#ifndef GV_RECORD_ID_H
#define GV_RECORD_ID_H
/*
 * Ids of snapshots, such as 20261120T071244Z-1a2b3c4d, and refs by that name.
 * Pure.
 *
 *	if (gv_record_is_id(text, strlen(text))) …
 */

#include <stdbool.h>
#include <stddef.h>

#define GV_RECORD_ID_LEN    25 /* YYYYMMDDTHHMMSSZ-xxxxxxxx */
#define GV_RECORD_STAMP_LEN 16 /* of it: the second it was taken in */
#define GV_RECORD_ID_SHORT  4  /* at least, as for git's object names */

/* Whether the text is a snapshot's id by its form. */
bool gv_record_is_id(const char *text, size_t len);

/* Whether the text is short for an id: the beginning of it, or the eight digits
 * that it ends with. Texts below GV_RECORD_ID_SHORT are short for none. */
bool gv_record_is_short(const char *id, const char *text);

/* Whether a ref below GV_REFS_SNAPSHOTS, by its full name, has an id for the
 * rest of it. */
bool gv_record_is_ref(const char *name);

#endif
