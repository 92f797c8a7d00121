#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define MANY 5000

static void
finds_what_was_put(void **state)
{
	static char keys[MANY][16];
	struct gv_map m = GV_MAP_INIT;
	size_t i;

	(void)state;
	assert_null(gv_map_get(&m, "a", 1));
	assert_null(gv_map_del(&m, "a", 1));
	for (i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof(keys[i]), "key %zu", i);
		assert_int_equal(
		    gv_map_put(&m, keys[i], strlen(keys[i]), keys[i]), 0);
	}
	assert_int_equal(m.n, MANY);
	for (i = 0; i < MANY; i++)
		assert_ptr_equal(
		    gv_map_get(&m, keys[i], strlen(keys[i])), keys[i]);
	assert_null(gv_map_get(&m, "key 5000", 8));
	assert_null(gv_map_get(&m, "key", 3));
	assert_ptr_equal(
	    gv_map_get_hashed(&m, gv_map_hash("key 7", 5), "key 7", 5),
	    keys[7]);
	assert_null(gv_map_get_hashed(&m, gv_map_hash("key", 3), "key", 3));
	gv_map_release(&m);
	assert_null(gv_map_get_hashed(&m, gv_map_hash("key", 3), "key", 3));
	assert_null(gv_map_get(&m, "key 1", 5));
}

static void
a_second_put_replaces(void **state)
{
	struct gv_map m = GV_MAP_INIT;
	int one, two;

	(void)state;
	gv_map_put(&m, "k", 1, &one);
	gv_map_put(&m, "k", 1, &two);
	assert_int_equal(m.n, 1);
	assert_ptr_equal(gv_map_get(&m, "k", 1), &two);
	gv_map_release(&m);
}

static void
keys_are_bytes_of_any_length(void **state)
{
	struct gv_map m = GV_MAP_INIT;
	int a, b, c, d;

	(void)state;
	gv_map_put(&m, "", 0, &a);
	gv_map_put(&m, "\0", 1, &b);
	gv_map_put(&m, "\0\0", 2, &c);
	gv_map_put(&m, "12345678\0", 9, &d);
	assert_ptr_equal(gv_map_get(&m, "", 0), &a);
	assert_ptr_equal(gv_map_get(&m, "\0", 1), &b);
	assert_ptr_equal(gv_map_get(&m, "\0\0", 2), &c);
	assert_ptr_equal(gv_map_get(&m, "12345678\0", 9), &d);
	assert_null(gv_map_get(&m, "12345678", 8));
	gv_map_release(&m);
}

static void
a_deleted_key_may_be_freed_at_once(void **state)
{
	struct gv_map m = GV_MAP_INIT;
	char *key = strdup("mine");
	int value;

	(void)state;
	assert_non_null(key);
	gv_map_put(&m, key, 4, &value);
	assert_ptr_equal(gv_map_del(&m, key, 4), &value);
	free(key);
	assert_null(gv_map_get(&m, "mine", 4));
	assert_null(gv_map_del(&m, "mine", 4));
	gv_map_put(&m, "mine", 4, &value);
	assert_ptr_equal(gv_map_get(&m, "mine", 4), &value);
	assert_int_equal(m.n, 1);
	gv_map_release(&m);
}

static void
coming_and_going_does_not_fill_it_up(void **state)
{
	struct gv_map m = GV_MAP_INIT;
	char key[16];
	int i;

	(void)state;
	gv_map_put(&m, "stays", 5, &m);
	for (i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_int_equal(gv_map_put(&m, key, strlen(key), key), 0);
		assert_non_null(gv_map_del(&m, key, strlen(key)));
	}
	assert_int_equal(m.n, 1);
	assert_true(m.cap <= 64);
	assert_non_null(gv_map_get(&m, "stays", 5));
	gv_map_release(&m);
	gv_map_release(NULL);
}

UNIT(map)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_put),
		cmocka_unit_test(a_second_put_replaces),
		cmocka_unit_test(keys_are_bytes_of_any_length),
		cmocka_unit_test(a_deleted_key_may_be_freed_at_once),
		cmocka_unit_test(coming_and_going_does_not_fill_it_up),
	};

	return UNIT_RUN(tests);
}
