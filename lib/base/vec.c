#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"

int
gv_vec_grow(void **p, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap * 2;
	void *q;

	if (need <= *cap)
		return 0;
	if (n < need)
		n = need;
	if (n < 16)
		n = 16;
	if (n > SIZE_MAX / size)
		return gv_err_nomem();
	q = realloc(*p, n * size);
	if (q == NULL)
		return gv_err_nomem();
	*p = q;
	*cap = n;
	return 0;
}
