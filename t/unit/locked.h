#ifndef LOCKED_H
#define LOCKED_H
/*
 * Counts memory that libsodium allocated and that was not freed, which no
 * sanitizer sees, and can make its allocations fail: the program is linked with
 * -Wl,--wrap for both. After each test of a module that asks for it, all of it
 * must be freed.
 *
 *	cmocka_unit_test_teardown(opens, locked_all_back)
 *	…
 *	LOCKED_RUNS_OUT(r = gv_share_join(&out, shares, 3));
 */

#include <stdatomic.h>

/* asked by several threads where the module has some */
extern atomic_int locked_out;
/* how many allocations still succeed; negative: no limit */
extern atomic_int locked_until;

/* A teardown: fails where something was not given back. */
int locked_all_back(void **state);

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
