#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "repo/library.h"

static void
names_all_of_them(void **state)
{
	struct gv_library libs[GV_LIBRARY_MAX];
	size_t i, n = gv_library_list(libs);

	(void)state;
	assert_in_range(n, 3, GV_LIBRARY_MAX);
	assert_string_equal(libs[0].name, "libgit2");
	for (i = 0; i < n; i++) {
		assert_true(libs[i].built[0] >= '0' && libs[i].built[0] <= '9');
		assert_true(gv_library_fits(&libs[i]));
	}
}

static bool
fits(const char *built, const char *loaded)
{
	struct gv_library lib = { .name = "x" };

	snprintf(lib.built, sizeof(lib.built), "%s", built);
	snprintf(lib.loaded, sizeof(lib.loaded), "%s", loaded);
	return gv_library_fits(&lib);
}

static void
tells_another_generation(void **state)
{
	(void)state;
	assert_true(fits("1.5.1", "1.5.1"));
	assert_true(fits("1.5.1", "1.5.10"));
	assert_true(fits("1.5.9", "1.10.0"));
	assert_true(fits("1.2.13", "1.3"));
	assert_true(fits("3.8", "3.8.1"));
	assert_false(fits("1.5.1", "1.5.0"));
	assert_false(fits("1.10", "1.9.9"));
	assert_false(fits("1.5.1", "2.0.0"));
	assert_false(fits("3.8", "2.9"));
}

UNIT(library)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_all_of_them),
		cmocka_unit_test(tells_another_generation),
	};

	return UNIT_RUN(tests);
}
