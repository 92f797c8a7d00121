#include "unit/locked.h"

#include <stddef.h>

#include <sodium.h>

atomic_int locked_out;
atomic_int locked_until = -1;

void *__real_sodium_malloc(size_t size);
void __real_sodium_free(void *p);
void *__wrap_sodium_malloc(size_t size);
void __wrap_sodium_free(void *p);

void *
__wrap_sodium_malloc(size_t size)
{
	void *p = locked_until == 0 ? NULL : __real_sodium_malloc(size);

	locked_until -= locked_until > 0;
	locked_out += p != NULL;
	return p;
}

void
__wrap_sodium_free(void *p)
{
	locked_out -= p != NULL;
	__real_sodium_free(p);
}

int
locked_all_back(void **state)
{
	(void)state;
	return locked_out;
}
