#ifndef GV_HEAP_H
#define GV_HEAP_H
/*
 * The memory that malloc keeps after it was freed. Between two stages of which
 * each takes much, it can be given back.
 *
 *	gv_census_free(census);
 *	gv_heap_trim();
 *	read(files);
 */

/* Give free memory back to the system, where the C library can. */
void gv_heap_trim(void);

/* From here on, take each large piece from the system by itself: one that grows
 * is moved, not copied, and leaves no hole. For a program that has few of them,
 * and does not take them again and again. */
void gv_heap_apart(void);

#endif
