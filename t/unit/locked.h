#ifndef LOCKED_H
#define LOCKED_H
/*
 * Counts what libsodium gave and was not given back, which no sanitizer sees.
 * Included once by a test that is linked with -Wl,--wrap for both; after each
 * test all must be back.
 *
 *	cmocka_unit_test_teardown(opens, locked_all_back)
 */

#include <sodium.h>

static int locked_out;

void *__real_sodium_malloc(size_t size);
void __real_sodium_free(void *p);
void *__wrap_sodium_malloc(size_t size);
void __wrap_sodium_free(void *p);

void *
__wrap_sodium_malloc(size_t size)
{
	void *p = __real_sodium_malloc(size);

	locked_out += p != NULL;
	return p;
}

void
__wrap_sodium_free(void *p)
{
	locked_out -= p != NULL;
	__real_sodium_free(p);
}

static int
locked_all_back(void **state)
{
	(void)state;
	return locked_out;
}

#endif
