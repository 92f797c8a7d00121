#ifndef GV_ARMOR_H
#define GV_ARMOR_H
/*
 * The armor of age: a file as text that goes through mail and YAML. For small
 * files: the whole is in memory. What is in it is ciphertext, so plain buffers
 * do.
 *
 *	if (gv_armor_is(text, len))
 *		r = gv_armor_read(&file, text, len);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

#define GV_ARMOR_MAX ((size_t)64 * 1024 * 1024) /* characters */

/* Whether a text begins as armor does, white space before it left aside. */
bool gv_armor_is(const void *text, size_t len);

/* Append the bytes that the armor holds. 0; GV_ECORRUPT with the line that is
 * off, GV_EREFUSED above GV_ARMOR_MAX, GV_ENOMEM, with `out` as it was. */
int gv_armor_read(struct gv_buf *out, const void *text, size_t len);

/* Append bytes in armor, a line end behind it. 0, or as for reading. */
int gv_armor_add(struct gv_buf *out, const void *data, size_t len);

#endif
