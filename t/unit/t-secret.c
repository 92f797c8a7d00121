#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/secret.h"

static void
grows_and_keeps_its_bytes(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;
	unsigned char all[1000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all); i++) {
		all[i] = (unsigned char)i;
		assert_int_equal(gv_secret_add(&s, all + i, 1), 0);
	}
	assert_int_equal(s.len, sizeof(all));
	assert_memory_equal(s.p, all, sizeof(all));
	assert_true(gv_secret_is(&s, all, sizeof(all)));
	assert_false(gv_secret_is(&s, all, sizeof(all) - 1));
	all[999] ^= 1;
	assert_false(gv_secret_is(&s, all, sizeof(all)));
	gv_secret_release(&s);
	assert_null(s.p);
	assert_true(gv_secret_is(&s, NULL, 0));
	gv_secret_release(&s);
	gv_secret_release(NULL);
}

static void
wipes_what_it_lets_go(void **state)
{
	static const unsigned char none[8];
	struct gv_secret s = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_secret_add(&s, "password", 8), 0);
	gv_secret_drop(&s, 0);
	assert_int_equal(s.len, 8);
	gv_secret_drop(&s, 4);
	assert_int_equal(s.len, 4);
	assert_memory_equal(s.p, "word\0\0\0\0", 8);
	gv_secret_truncate(&s, 9);
	gv_secret_truncate(&s, 2);
	assert_memory_equal(s.p, "wo\0\0\0\0\0\0", 8);
	gv_secret_reset(&s);
	assert_int_equal(s.len, 0);
	assert_memory_equal(s.p, none, 8);
	assert_int_equal(gv_secret_add(&s, "x", 1), 0);
	gv_secret_drop(&s, 5);
	assert_int_equal(s.len, 0);
	gv_secret_release(&s);
}

/* What Linux says of the page: locked, and left out of core dumps. */
static bool
page_has(const void *p, const char *flag)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool ours = false, has = false;
	unsigned long from, to;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			ours = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (ours && strncmp(line, "VmFlags:", 8) == 0)
			has = strstr(line, flag) != NULL;
	}
	if (f)
		fclose(f);
	return has;
}

/* A process may be let lock nothing, and sanitizers make mlock() do nothing: as
 * then nothing is asked of it. */
static bool
may_lock(void)
{
	static unsigned char page[4096];
	bool may =
	    sodium_mlock(page, sizeof(page)) == 0 && page_has(page, " lo");

	sodium_munlock(page, sizeof(page));
	return may;
}

static void
stays_out_of_swap_and_core_dumps(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;
	char heap[4] = "";

	(void)state;
	if (!page_has(heap, " rd"))
		skip();
	assert_int_equal(gv_secret_add(&s, "password", 8), 0);
	assert_int_equal(page_has(s.p, " lo"), may_lock());
	assert_true(page_has(s.p, " dd"));
	/* no page that can be touched lies behind it */
	assert_false(page_has(s.p + 4096, " rd"));
	gv_secret_release(&s);
}

static void
random_bytes_differ(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_secret_add_random(&s, 32), 0);
	assert_int_equal(gv_secret_add_random(&s, 32), 0);
	assert_int_equal(s.len, 64);
	assert_memory_not_equal(s.p, s.p + 32, 32);
	gv_secret_release(&s);
}

static void
too_much_is_refused_and_nothing_changes(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_secret_add(&s, "x", 1), 0);
	assert_int_equal(gv_secret_grow(&s, SIZE_MAX - 1), GV_ENOMEM);
	assert_int_equal(s.len, 1);
	assert_memory_equal(s.p, "x", 1);
	gv_secret_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_keeps_its_bytes),
		cmocka_unit_test(wipes_what_it_lets_go),
		cmocka_unit_test(stays_out_of_swap_and_core_dumps),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(too_much_is_refused_and_nothing_changes),
	};

	return UNIT_RUN(tests);
}
