#ifndef GV_NEEDLE_H
#define GV_NEEDLE_H
/*
 * Values that are sought in bytes, as they are and in the forms that files
 * give them: base64 at any place of a longer text, hexadecimal, percent signs,
 * the escapes of JSON, UTF-16. Many are sought in one pass. Knows nothing of
 * where the bytes come from.
 *
 *	r = gv_needles_new(&needles);
 *	r = gv_needles_add(needles, value, len, 0);
 *	r = gv_needles_find(needles, data, len, found, ctx);
 *	gv_needles_free(needles);
 */

#include <stddef.h>

/* A value that is shorter is found everywhere. */
#define GV_NEEDLE_MIN 8

struct gv_needles;

/* 0 or GV_ENOMEM. */
int gv_needles_new(struct gv_needles **out);

/* NULL-safe; wipes. */
void gv_needles_free(struct gv_needles *n);

/* Seek this value, too; `tag` tells it from others. 0; GV_EREFUSED for one of
 * fewer than GV_NEEDLE_MIN bytes; GV_ENOMEM; GV_ERROR. Not while another
 * thread seeks. */
int
gv_needles_add(struct gv_needles *n, const void *value, size_t len, size_t tag);

/* How many bytes the longest form has, with what may belong to it. */
size_t gv_needles_longest(const struct gv_needles *n);

/* Call fn(ctx, at, len, tag) for each place, in the order of their beginnings,
 * but for what belongs to one before it; places may lie over each other. Ends
 * with fn's first value that is not 0, which is returned. From any thread. */
int gv_needles_find(const struct gv_needles *n, const void *data, size_t len,
    int (*fn)(void *ctx, size_t at, size_t len, size_t tag), void *ctx);

#endif
