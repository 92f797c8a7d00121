#ifndef GV_MEMORY_H
#define GV_MEMORY_H
/*
 * Where a module that knows nothing of secrets takes the memory that holds
 * them: by what its caller names, else plainly, but wiped when it is given
 * back.
 *
 *	p = gv_memory_get(source->memory, size);
 *	gv_memory_put(source->memory, p, size);
 */

#include <stddef.h>

struct gv_memory {
	void *(*get)(size_t size);         /* NULL: none left */
	void (*put)(void *p, size_t size); /* wipes; never NULL */
};

/* Bytes that hold anything; NULL with the message set where there are none.
 * `memory` NULL: plain ones. */
void *gv_memory_get(const struct gv_memory *memory, size_t size);

/* Give `size` bytes back; NULL-safe. */
void gv_memory_put(const struct gv_memory *memory, void *p, size_t size);

#endif
