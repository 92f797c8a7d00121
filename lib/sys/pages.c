#include "sys/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

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

static size_t
round_up(size_t size)
{
	return (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

/* Only a page that is whole and begins at a multiple of its size can be huge:
 * so more is taken, and the ends are given back. */
void *
gv_pages_new_huge(size_t size)
{
	const size_t all = size < SIZE_MAX / 2 ? round_up(size) : 0;
	char *more, *p;
	size_t before;

	if (size < GV_PAGES_HUGE)
		return calloc(1, size ? size : 1);
	more = all ? gv_pages_new(all + HUGE_PAGE) : NULL;
	if (more == NULL)
		return NULL;
	before = round_up((uintptr_t)more) - (uintptr_t)more;
	p = more + before;
	munmap(p + all, HUGE_PAGE - before);
	if (before)
		munmap(more, before);
#ifdef MADV_HUGEPAGE
	(void)madvise(p, all, MADV_HUGEPAGE);
#endif
	return p;
}

void
gv_pages_free_huge(void *p, size_t size)
{
	if (size < GV_PAGES_HUGE)
		free(p);
	else if (p)
		munmap(p, round_up(size));
}
