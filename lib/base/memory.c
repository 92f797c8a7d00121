#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void *
gv_memory_get(const struct gv_memory *memory, size_t size)
{
	void *p = memory ? memory->get(size) : malloc(size);

	if (p == NULL)
		gv_err_nomem();
	return p;
}

void
gv_memory_put(const struct gv_memory *memory, void *p, size_t size)
{
	if (p == NULL)
		return;
	if (memory) {
		memory->put(p, size);
		return;
	}
	explicit_bzero(p, size);
	free(p);
}
