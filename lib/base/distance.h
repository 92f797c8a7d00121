#ifndef GV_DISTANCE_H
#define GV_DISTANCE_H
/*
 * How alike two words are, for "the nearest is …".
 *
 *	if (gv_distance("inti", 4, "init", 4, 2) <= 2)
 *		…
 */

#include <stddef.h>

#define GV_DISTANCE_MAX 255 /* bytes; longer words are like no other */

/* How many single edits (insert, drop, replace, swap neighbours) lead from one
 * word to the other, of as many bytes as said; `most` + 1 where it takes more
 * than `most`, which is less than SIZE_MAX: the fewer are asked for, the sooner
 * it is known. (Optimal string alignment.) */
size_t gv_distance(
    const char *a, size_t a_len, const char *b, size_t b_len, size_t most);

#endif
