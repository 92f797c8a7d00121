#ifndef GV_WIPED_H
#define GV_WIPED_H
/*
 * Memory that is wiped when it is freed, for libraries that allocate by the
 * caller's functions: their working memory is as secret as their input.
 *
 *	p = gv_wiped_new(size);
 *	gv_wiped_free(p);
 */

#include <stddef.h>

/* Zeroed bytes, aligned for any type; NULL without a message where there are
 * none. */
void *gv_wiped_new(size_t size);

/* Wipe and free; NULL-safe. */
void gv_wiped_free(void *p);

/* Have libdeflate take all of its memory so, which it can be told once for the
 * whole program: to be called before each of its allocations, since what was
 * taken otherwise could not be given back. Any number of times, from any
 * thread; without libdeflate it does nothing. */
void gv_wiped_ready(void);

#endif
