#include "unit.h"

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

static void
gives_zeroed_aligned_memory(void **state)
{
	struct gv_arena a = GV_ARENA_INIT;
	size_t size, i;

	(void)state;
	for (size = 0; size < 300; size += 7) {
		char *p = gv_arena_alloc(&a, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
		assert_non_null(gv_arena_copy(&a, "odd", 3));
	}
	gv_arena_release(&a);
}

static void
copies_with_a_nul_behind(void **state)
{
	struct gv_arena a = GV_ARENA_INIT;
	char *p = gv_arena_copy(&a, "a\0b", 3);
	char *q = gv_arena_copy(&a, NULL, 0);

	(void)state;
	assert_memory_equal(p, "a\0b\0", 4);
	assert_string_equal(q, "");
	gv_arena_release(&a);
}

static void
large_things_do_not_end_the_small_block(void **state)
{
	struct gv_arena a = GV_ARENA_INIT;
	char *first = gv_arena_copy(&a, "x", 1), *large, *next;

	(void)state;
	large = gv_arena_alloc(&a, 1000000);
	next = gv_arena_copy(&a, "y", 1);
	assert_non_null(large);
	assert_ptr_equal(next, first + 2);
	memset(large, 1, 1000000);
	assert_string_equal(first, "x");
	assert_string_equal(next, "y");
	gv_arena_release(&a);
}

static void
many_blocks_keep_their_bytes(void **state)
{
	static char *p[20000];
	struct gv_arena a = GV_ARENA_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 20000; i++)
		p[i] = gv_arena_copy(&a, &i, sizeof(i));
	for (i = 0; i < 20000; i++)
		assert_memory_equal(p[i], &i, sizeof(i));
	gv_arena_release(&a);
	assert_null(a.head);
	gv_arena_release(&a);
	gv_arena_release(NULL);
}

static void
one_takes_what_another_has(void **state)
{
	struct gv_arena a = GV_ARENA_INIT, b = GV_ARENA_INIT;
	char *x, *y, *z;

	(void)state;
	gv_arena_join(&a, &b);
	assert_null(a.head);
	y = gv_arena_copy(&b, "y", 1);
	assert_non_null(gv_arena_alloc(&b, 1024 * 1024));
	gv_arena_join(&a, &b);
	assert_null(b.head);
	x = gv_arena_copy(&a, "x", 1);
	z = gv_arena_copy(&b, "z", 1);
	gv_arena_join(&a, &b);
	assert_non_null(gv_arena_copy(&a, "w", 1));
	assert_string_equal(x, "x");
	assert_string_equal(y, "y");
	assert_string_equal(z, "z");
	gv_arena_release(&b);
	gv_arena_release(&a);
}

static void
too_much_is_out_of_memory(void **state)
{
	struct gv_arena a = GV_ARENA_INIT;

	(void)state;
	gv_err_set_message(NULL);
	assert_null(gv_arena_alloc(&a, SIZE_MAX));
	assert_message("out of memory");
	assert_null(gv_arena_copy(&a, "", SIZE_MAX));
	assert_non_null(gv_arena_alloc(&a, 1));
	gv_arena_release(&a);
}

UNIT(arena)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory),
		cmocka_unit_test(copies_with_a_nul_behind),
		cmocka_unit_test(large_things_do_not_end_the_small_block),
		cmocka_unit_test(many_blocks_keep_their_bytes),
		cmocka_unit_test(one_takes_what_another_has),
		cmocka_unit_test(too_much_is_out_of_memory),
	};

	return UNIT_RUN(tests);
}
