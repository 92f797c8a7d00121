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

/* Where a file of `from` is in `to`, beside these files; in one static buffer.
 */
static const char *
moved(const char *from, const char *to, const char *const *there,
    const char *path)
{
	static char out[256];
	struct gv_sister_move m;
	struct gv_buf b = GV_BUF_INIT;

	gv_sister_begin(&m, from, to);
	for (; there && *there; there++)
		assert_int_equal(
		    gv_sister_learn(&m, *there, strlen(*there)), 0);
	assert_int_equal(gv_sister_path(&b, &m, path, strlen(path)), 0);
	assert_true(b.len < sizeof(out));
	memcpy(out, b.p, b.len + 1);
	gv_buf_release(&b);
	gv_sister_release(&m);
	return out;
}

static void
a_file_moves_to_where_its_sister_would_be(void **state)
{
	(void)state;
	assert_string_equal(moved("prod", "staging", NULL, "live/prod/vpc.tf"),
	    "live/staging/vpc.tf");
	assert_string_equal(
	    moved("prod", "staging", NULL, "k8s/prod/values-production.yaml"),
	    "k8s/staging/values-staging.yaml");
	assert_string_equal(moved("prod", "blue", NULL, "app/.env.prod.local"),
	    "app/.env.blue.local");
	assert_string_equal(
	    moved("prod", "staging", NULL, "appsettings.Production.json"),
	    "appsettings.Staging.json");
	assert_string_equal(moved("prod", "dev", NULL, "prod"), "dev");
}

static void
names_of_other_environments_stay(void **state)
{
	(void)state;
	assert_string_equal(moved("prod", "dev", NULL, "envs/non-prod/a.tf"),
	    "envs/non-prod/a.tf");
	assert_string_equal(
	    moved("prod", "dev", NULL, "pre-prod/prod.tf"), "pre-prod/dev.tf");
	assert_string_equal(
	    moved("prod", "dev", NULL, "core/product.tf"), "core/product.tf");
	assert_string_equal(moved("prod", "dev", NULL, ""), "");
}

static void
the_other_one_is_spelled_as_it_is_there(void **state)
{
	const char *const there[] = { "live/stage/vpc.tf", "live/stage/db.tf",
		"k8s/values-stg.yaml", NULL };

	(void)state;
	assert_string_equal(
	    moved("prod", "staging", there, "live/production/new.tf"),
	    "live/stage/new.tf");
	assert_string_equal(
	    moved("prod", "staging", there, "k8s/values-prod.yaml"),
	    "k8s/values-stg.yaml");
	/* where nothing is there yet, most others decide */
	assert_string_equal(moved("prod", "staging", there, "new/prod.tfvars"),
	    "new/stage.tfvars");
}

static void
a_name_that_a_policy_gave_is_taken_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(
	    moved("blue-2", "green", NULL, "sites/blue-2/app-blue-2.yaml"),
	    "sites/green/app-green.yaml");
	assert_string_equal(
	    moved("blue", "green", NULL, "sites/blues/a"), "sites/blues/a");
}

static void
tests_are_no_environment(void **state)
{
	(void)state;
	assert_string_equal(
	    moved("test", "qa", NULL, "envs/test/unit/test_main.py"),
	    "envs/qa/unit/test_main.py");
	assert_string_equal(moved("test", "qa", NULL, "envs/test/test/run.sh"),
	    "envs/qa/test/run.sh");
	assert_string_equal(
	    moved("test", "qa", NULL, "envs/test/values-test.yaml"),
	    "envs/qa/values-qa.yaml");
}

static void
a_text_names_it_by_a_word(void **state)
{
	static const char *const does[] = { "key = \"prod/a.tfstate\"",
		"namespace: production", "db.prod.example.com", "PROD=1" };
	static const char *const does_not[] = { "product = 1", "non-prod",
		"reproduce", "", "key = \"dev/a\"" };
	struct gv_sister_move m;
	size_t i;

	(void)state;
	gv_sister_begin(&m, "prod", "dev");
	for (i = 0; i < sizeof(does) / sizeof(*does); i++)
		assert_true(gv_sister_is_named(&m, does[i], strlen(does[i])));
	for (i = 0; i < sizeof(does_not) / sizeof(*does_not); i++)
		assert_false(
		    gv_sister_is_named(&m, does_not[i], strlen(does_not[i])));
	gv_sister_release(&m);
	gv_sister_begin(&m, "test", "dev");
	assert_true(gv_sister_is_named(&m, "env: test", 9));
	assert_false(gv_sister_is_named(&m, "test-runner: 1", 14));
	gv_sister_release(&m);
}

UNIT(sister)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environments_fold_wherever_they_stand_alone),
		cmocka_unit_test(words_that_only_hold_one_stay),
		cmocka_unit_test(bytes_are_bytes),
		cmocka_unit_test(a_file_moves_to_where_its_sister_would_be),
		cmocka_unit_test(names_of_other_environments_stay),
		cmocka_unit_test(the_other_one_is_spelled_as_it_is_there),
		cmocka_unit_test(a_name_that_a_policy_gave_is_taken_as_it_is),
		cmocka_unit_test(tests_are_no_environment),
		cmocka_unit_test(a_text_names_it_by_a_word),
	};

	return UNIT_RUN(tests);
}
