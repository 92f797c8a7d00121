#ifndef GV_VEC_H
#define GV_VEC_H
/*
 * Growth of plain arrays, (pointer, count, capacity) kept by their owner.
 *
 *	if ((r = GV_GROW(rows, n, cap)) == 0)
 *		rows[n++] = row;
 */

#include <stddef.h>

/* Make room for `need` elements of `size` bytes in *p, at least doubling.
 * 0, or GV_ENOMEM with *p and *cap unchanged. The caller frees *p. */
int gv_vec_grow(void **p, size_t *cap, size_t need, size_t size);

/* Make room for one element more than the `n` in the array `p`, whose capacity
 * is `cap`: an expression with the result of gv_vec_grow(). */
#define GV_GROW(p, n, cap)                                                     \
	gv_vec_grow((void **)&(p), &(cap), (n) + 1, sizeof(*(p)))

#endif
