#include "compress/wiped.h"

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#include <pthread.h>
#endif
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sys/pages.h"

/* From here on a block has pages of its own, which are not wiped but given
 * back: of a compressor's 200 KiB a small object takes a part. */
#define PAGES_FROM ((size_t)64 * 1024)

/* The size stands before it, so that it can be wiped. */
void *
gv_wiped_new(size_t size)
{
	max_align_t *block;
	size_t all = size + sizeof(*block);

	if (all < size)
		return NULL;
	block = size < PAGES_FROM ? calloc(1, all) : gv_pages_new(all);
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
	if (size >= PAGES_FROM) {
		gv_pages_free(block, sizeof(*block) + size);
		return;
	}
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
