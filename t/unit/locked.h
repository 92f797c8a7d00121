#ifndef LOCKED_H
#define LOCKED_H
/*
 * Counts what libsodium gave and was not given back, which no sanitizer sees,
 * and lets it give nothing. Included once by a test that is linked with
 * -Wl,--wrap for both; after each test all must be back.
 *
 *	cmocka_unit_test_teardown(opens, locked_all_back)
 *	…
 *	LOCKED_RUNS_OUT(r = gv_share_join(&out, shares, 3));
 */

#include <stdatomic.h>

#include <sodium.h>

/* asked by several threads where the module has some */
static atomic_int locked_out;
static atomic_int locked_until = -1; /* so many are given yet; negative: any */

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

static int
locked_all_back(void **state)
{
	(void)state;
	return locked_out;
}

/* Do `call`, an assignment to `r`, with no locked memory at all, then with one
 * piece of it, and so on until it succeeds. Each time before it is to say so,
 * and to have given back what it got. */
#define LOCKED_RUNS_OUT(call)                                                  \
	do {                                                                   \
		int times_ = 0, out_;                                          \
                                                                               \
		do {                                                           \
			out_ = locked_out;                                     \
			locked_until = times_++;                               \
			call;                                                  \
			locked_until = -1;                                     \
			if (r < 0) {                                           \
				assert_int_equal(r, GV_ENOMEM);                \
				assert_int_equal(locked_out, out_);            \
			}                                                      \
		} while (r < 0 && times_ < 100);                               \
		assert_true(times_ > 1 && times_ < 100);                       \
	} while (0)

#endif
