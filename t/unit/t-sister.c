#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "infra/sister.h"

/* The fold of a path, in one static buffer. */
static const char *
fold(const char *path)
{
	static char out[256];
	struct gv_buf b = GV_BUF_INIT;

	gv_sister_fold(&b, path, strlen(path));
	assert_true(b.len < sizeof(out));
	memcpy(out, b.p, b.len + 1);
	gv_buf_release(&b);
	return out;
}

static void
environments_fold_wherever_they_stand_alone(void **state)
{
	(void)state;
	assert_string_equal(fold("live/prod/vpc.tf"), "live/\1/vpc.tf");
	assert_string_equal(fold("live/dev/vpc.tf"), "live/\1/vpc.tf");
	assert_string_equal(fold("prod"), "\1");
	assert_string_equal(fold("values-staging.yaml"), "values-\1.yaml");
	assert_string_equal(fold("app.prod.tfvars"), "app.\1.tfvars");
	assert_string_equal(fold("a_qa_b"), "a_\1_b");
	assert_string_equal(fold("eu/prod"), "\1/\1");
	assert_string_equal(fold("development/integration"), "\1/\1");
	assert_string_equal(fold("Production/a"), "\1/a");
	assert_string_equal(fold("tst.devel.preproduction"), "\1.\1.\1");
	assert_string_equal(fold("us_ci-perf.canary/int"), "\1_\1-\1.\1/\1");
}

static void
words_that_only_hold_one_stay(void **state)
{
	static const char *const paths[] = { "product/a", "develop", "xprod",
		"prods", "a/b/c", "", "/", "d", "--", "developmentx" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_string_equal(fold(paths[i]), paths[i]);
}

static void
bytes_are_bytes(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_sister_fold(&b, "a\0b/prod\377", 9);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.p, "a\0b/prod\377", 9);
	gv_buf_reset(&b);
	/* the length counts, not what lies behind */
	gv_sister_fold(&b, "prodigal", 4);
	assert_string_equal(b.p, "\1");
	gv_buf_release(&b);
}

UNIT(sister)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environments_fold_wherever_they_stand_alone),
		cmocka_unit_test(words_that_only_hold_one_stay),
		cmocka_unit_test(bytes_are_bytes),
	};

	return UNIT_RUN(tests);
}
