#include "unit.h"

#include <string.h>

#include "infra/makeup.h"

static struct gv_makeup makeup;

static void
add(const char *path, uint64_t size)
{
	gv_makeup_add(&makeup, path, strlen(path), size);
}

static int
begin(void **state)
{
	(void)state;
	memset(&makeup, 0, sizeof(makeup));
	return 0;
}

static void
nothing_is_known_of_no_files(void **state)
{
	const char *stack[GV_MAKEUP_STACKS];

	(void)state;
	assert_null(gv_makeup_language(&makeup));
	assert_int_equal(gv_makeup_stack(stack, &makeup), 0);
	add("", 1);
	add("dir/", 1);
	add("noextension", 5);
	add(".tf", 5);
	assert_null(gv_makeup_language(&makeup));
}

static void
most_bytes_of_code_name_the_language(void **state)
{
	(void)state;
	add("a.json", 1000000);
	assert_string_equal(gv_makeup_language(&makeup), "JSON");
	add("src/a.py", 10);
	assert_string_equal(gv_makeup_language(&makeup), "Python");
	add("src/b.go", 11);
	assert_string_equal(gv_makeup_language(&makeup), "Go");
	add("src/c.py", 0);
	add("src/d.py", 0);
	assert_string_equal(gv_makeup_language(&makeup), "Python");
}

/* A header of C is not one of C++, nor ".ts" the end of ".mts". */
static void
the_whole_suffix_counts(void **state)
{
	(void)state;
	add("a.hpp", 5);
	assert_string_equal(gv_makeup_language(&makeup), "C++");
	add("Makefile", 6);
	assert_string_equal(gv_makeup_language(&makeup), "Makefile");
	add("NotMakefile", 100);
	add("a.tsx", 7);
	assert_string_equal(gv_makeup_language(&makeup), "TypeScript");
}

static void
what_others_wrote_does_not_count(void **state)
{
	const char *stack[GV_MAKEUP_STACKS];

	(void)state;
	add("vendor/x/go.mod", 5);
	add("node_modules/a/package.json", 5);
	add("api.pb.go", 500);
	add("third_party/a.c", 500);
	add("package-lock.json", 500);
	assert_null(gv_makeup_language(&makeup));
	assert_int_equal(gv_makeup_stack(stack, &makeup), 0);
}

static void
markers_name_the_tools_in_order(void **state)
{
	const char *stack[GV_MAKEUP_STACKS];

	(void)state;
	add("web/package.json", 1);
	add("infra/live/main.tf", 1);
	add("app/app.csproj", 1);
	add("a/b/c/d/Chart.yaml", 1);
	add("yarn.lock", 1);
	assert_int_equal(gv_makeup_stack(stack, &makeup), 4);
	assert_string_equal(stack[0], "dotnet");
	assert_string_equal(stack[1], "node");
	assert_string_equal(stack[2], "terraform");
	assert_string_equal(stack[3], "yarn");
}

UNIT(makeup)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_known_of_no_files, begin),
		cmocka_unit_test_setup(
		    most_bytes_of_code_name_the_language, begin),
		cmocka_unit_test_setup(the_whole_suffix_counts, begin),
		cmocka_unit_test_setup(what_others_wrote_does_not_count, begin),
		cmocka_unit_test_setup(markers_name_the_tools_in_order, begin),
	};

	return UNIT_RUN(tests);
}
