#include "unit.h"

#include <string.h>

#include "infra/class.h"
#include "infra/makeup.h"

static enum gv_class
of(const char *path)
{
	const char *why = NULL;
	const enum gv_class class = gv_class_of(path, strlen(path), &why);

	assert_non_null(why);
	assert_int_equal(gv_class_of(path, strlen(path), NULL), class);
	return class;
}

static void
languages_and_names_have_classes(void **state)
{
	static const struct {
		const char *path;
		enum gv_class class;
	} rows[] = {
		{ "main.tf", GV_CLASS_CRITICAL },
		{ ".env", GV_CLASS_CRITICAL },
		{ "go.sum", GV_CLASS_CRITICAL },
		{ "package-lock.json", GV_CLASS_CRITICAL },
		{ "Makefile", GV_CLASS_CRITICAL },
		{ "deploy/values.yaml", GV_CLASS_CRITICAL },
		{ "templates/index.html", GV_CLASS_CRITICAL },
		{ "unknown", GV_CLASS_CRITICAL },
		{ "README.md", GV_CLASS_NORMAL },
		{ "docs/a.rst", GV_CLASS_NORMAL },
		{ "data.csv", GV_CLASS_NORMAL },
		{ "t/testdata/x.go", GV_CLASS_NORMAL },
		{ "vendor/a/b.c", GV_CLASS_NORMAL },
		{ "app.log", GV_CLASS_LOW },
		{ "app.log.2", GV_CLASS_LOW },
		{ "api/a.pb.go", GV_CLASS_LOW },
		{ "vendor/logo.png", GV_CLASS_LOW },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (of(rows[i].path) != rows[i].class)
			fail_msg("%s is of class %s", rows[i].path,
			    gv_class_words[of(rows[i].path)]);
	/* a file of that name is in no such folder */
	assert_int_equal(of("vendor"), GV_CLASS_CRITICAL);
	assert_int_equal(gv_class_of("", 0, NULL), GV_CLASS_CRITICAL);
}

static void
a_word_is_one_of_three(void **state)
{
	(void)state;
	assert_int_equal(gv_class_find("low rest", 3), GV_CLASS_LOW);
	assert_int_equal(gv_class_find("lower", 5), GV_CLASSES);
	assert_int_equal(gv_class_find("", 0), GV_CLASSES);
}

static void
each_language_is_found_by_its_own_name(void **state)
{
	const char *a, *b;
	size_t i, k;

	(void)state;
	for (i = 0; (a = gv_makeup_language_at(i)) != NULL; i++)
		for (k = 0; k < i; k++) {
			b = gv_makeup_language_at(k);
			assert_int_not_equal(strcmp(a, b), 0);
		}
	assert_true(i > 40);
	assert_string_equal(gv_makeup_language_of("a.tfvars", 8), "Terraform");
	assert_string_equal(
	    gv_makeup_language_of("Dockerfile", 10), "Dockerfile");
	assert_null(gv_makeup_language_of("MyDockerfile", 12));
	assert_null(gv_makeup_language_of(".go", 3));
	assert_null(gv_makeup_language_of("", 0));
}

UNIT(class)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_and_names_have_classes),
		cmocka_unit_test(a_word_is_one_of_three),
		cmocka_unit_test(each_language_is_found_by_its_own_name),
	};

	return UNIT_RUN(tests);
}
