#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "project/glance.h"
#include "worktree/cache.h"

static const struct gv_glance two[] = {
	{ .path = "/home/a/shop",
	    .path_len = 12,
	    .since = { .by = "watch", .n = 77 },
	    .stamp = UINT64_C(0xfedcba9876543210),
	    .made = 1700000000,
	    .text = "{}\n",
	    .len = 3 },
	{ .path = NULL },
	{ .path = "/home/a/with\nline",
	    .path_len = 17,
	    .since = { .by = "watch", .n = UINT64_MAX },
	    .stamp = 1,
	    .text = "",
	    .len = 0 },
};

static void
what_is_kept_is_read_again(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_glance *items;
	size_t n;

	(void)state;
	assert_int_equal(gv_glance_format(&b, two, 3), 0);
	assert_int_equal(gv_glance_parse(&items, &n, b.p, b.len), 0);
	assert_int_equal(n, 2);
	assert_int_equal(items[0].path_len, 12);
	assert_memory_equal(items[0].path, "/home/a/shop", 12);
	assert_memory_equal(
	    &items[0].since, &two[0].since, sizeof(two[0].since));
	assert_true(items[0].stamp == two[0].stamp);
	assert_int_equal(items[0].made, 1700000000);
	assert_memory_equal(items[0].text, "{}\n", 3);
	assert_memory_equal(items[1].path, two[2].path, 17);
	assert_true(items[1].since.n == UINT64_MAX);
	assert_int_equal(items[1].len, 0);
	free(items);
	gv_buf_release(&b);
}

static void
nothing_is_said_by_a_damaged_file(void **state)
{
	struct gv_buf b = GV_BUF_INIT, cut = GV_BUF_INIT;
	struct gv_glance *items;
	size_t n, i;

	(void)state;
	assert_int_equal(gv_glance_format(&b, two, 3), 0);
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		assert_int_equal(
		    gv_glance_parse(&items, &n, b.p, b.len), GV_ECORRUPT);
		b.p[i] ^= 1;
	}
	/* cut short, with a sum that fits: the last entry ends early */
	for (i = GV_CACHE_MAGIC + 1; i < 40; i++) {
		gv_buf_reset(&cut);
		gv_buf_add(&cut, b.p, i);
		gv_cache_seal(&cut, 0);
		assert_int_equal(
		    gv_glance_parse(&items, &n, cut.p, cut.len), GV_ECORRUPT);
	}
	assert_int_equal(gv_glance_parse(&items, &n, "", 0), GV_ECORRUPT);
	gv_buf_release(&b);
	gv_buf_release(&cut);
}

UNIT(glance)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_is_read_again),
		cmocka_unit_test(nothing_is_said_by_a_damaged_file),
	};

	return UNIT_RUN(tests);
}
