#ifndef GV_PAGES_H
#define GV_PAGES_H
/*
 * Memory in pages of its own, for blocks that are large, hold secrets, and are
 * mostly used in part: the kernel zeroes pages before anybody gets them, and
 * those that nobody wrote to cost nothing.
 *
 *	p = gv_pages_new(size);
 *	gv_pages_free(p, size);
 *
 * And for large blocks that are used as a whole, huge pages where the system
 * has them: a fault for each of their small ones takes longer than to fill it.
 */

#include <stddef.h>

/* Zeroed pages for `size` bytes; NULL without a message where there are none.
 */
void *gv_pages_new(size_t size);

/* Give them back, with the size that they were asked for by. */
void gv_pages_free(void *p, size_t size);

/* From that size on a block is worth a huge page. */
#define GV_PAGES_HUGE ((size_t)1 << 20)

/* The same in huge pages, if there are any; what is shorter than that comes
 * from calloc(). And given back, with the same size; NULL-safe. */
void *gv_pages_new_huge(size_t size);
void gv_pages_free_huge(void *p, size_t size);

#endif
