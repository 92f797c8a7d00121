#include "compress/wiped.h"

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#include <pthread.h>
#endif
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The size stands before it, so that it can be wiped. */
void *
gv_wiped_new(size_t size)
{
	max_align_t *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + 1;
}

void
gv_wiped_free(void *p)
{
	max_align_t *block = p;
	size_t size;

	if (block == NULL)
		return;
	block--;
	memcpy(&size, block, sizeof(size));
	explicit_bzero(block, sizeof(*block) + size);
	free(block);
}

#ifdef HAVE_LIBDEFLATE

static void
set_memory(void)
{
	libdeflate_set_memory_allocator(gv_wiped_new, gv_wiped_free);
}

void
gv_wiped_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, set_memory);
}

#else

void
gv_wiped_ready(void)
{
}

#endif
