#include "sys/pages.h"

#include <sys/mman.h>

void *
gv_pages_new(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	return p;
}

void
gv_pages_free(void *p, size_t size)
{
	munmap(p, size);
}
