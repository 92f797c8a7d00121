#ifndef GV_PAGES_H
#define GV_PAGES_H
/*
 * Memory in pages of its own, for blocks that are large, hold secrets, and are
 * mostly used in part: the kernel zeroes pages before anybody gets them, and
 * those that nobody wrote to cost nothing.
 *
 *	p = gv_pages_new(size);
 *	gv_pages_free(p, size);
 */

#include <stddef.h>

/* Zeroed pages for `size` bytes; NULL without a message where there are none.
 */
void *gv_pages_new(size_t size);

/* Give them back, with the size that they were asked for by. */
void gv_pages_free(void *p, size_t size);

#endif
