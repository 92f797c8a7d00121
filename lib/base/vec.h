#ifndef GV_VEC_H
#define GV_VEC_H
/*
 * Growth of plain arrays, (pointer, count, capacity) kept by their owner.
 *
 *	r = gv_vec_grow((void **)&rows, &cap, n + 1, sizeof(*rows));
 *	if (r == 0)
 *		rows[n++] = row;
 */

#include <stddef.h>

/* Make room for `need` elements of `size` bytes in *p, at least doubling.
 * 0, or GV_ENOMEM with *p and *cap unchanged. The caller frees *p. */
int gv_vec_grow(void **p, size_t *cap, size_t need, size_t size);

#endif
