#ifndef GV_RENAMED_H
#define GV_RENAMED_H
/*
 * What a name was renamed to: lines of the old text that have it are in the new
 * one with another name in its place. Pure.
 *
 *	len = gv_renamed_find(&at, &sought, old, old_len, new, new_len);
 *	if (len)
 *		… new + at …
 */

#include <stddef.h>

struct gv_sought;

/* No more lines with the name are looked at, and no more names are weighed. */
#define GV_RENAMED_LINES 200
#define GV_RENAMED_NAMES 64

/* The new name: where it is in the new text for the first time, and its length;
 * 0 where half of the lines and more are simply gone, or were changed in
 * other ways as well. */
size_t gv_renamed_find(size_t *at, const struct gv_sought *sought,
    const char *old, size_t old_len, const char *new, size_t new_len);

#endif
