#include "sys/heap.h"

#include <stdlib.h>
#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif

#define LARGE (1024 * 1024)

void
gv_heap_trim(void)
{
#ifdef HAVE_MALLOC_TRIM
	malloc_trim(0);
#endif
}

void
gv_heap_apart(void)
{
#ifdef HAVE_MALLOC_TRIM
	/* by default it is raised by each such piece that is freed */
	mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}
