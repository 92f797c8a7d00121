#include "sys/heap.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define LARGE (1024 * 1024)

void
gv_heap_trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void
gv_heap_apart(void)
{
#ifdef __GLIBC__
	/* by default it is raised by each such piece that is freed */
	mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}
