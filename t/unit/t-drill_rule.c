#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "config/policy.h"
#include "drill/drill_rule.h"
#include "drill/drill_timer.h"

static void
keys_and_values(void **state)
{
	static const struct {
		const char *path, *text, *key, *value, *why;
	} cases[] = {
		{ "a.yaml", "a:\n  b: 3\n", "a.b", "3", "" },
		{ "a.yaml", "a:\n  b: 3\n", "a.b", NULL, "" },
		{ "a.yaml", "a:\n  b: 3\n", "a.b", "4", "a.b is not '4'" },
		{ "a.yaml", "a:\n  b: 3\n", "a.c", NULL, "it has no key a.c" },
		{ "a.json", "{\"a\": [{\"b\": \"x\"}]}", "a[0].b", "x", "" },
		{ "a.env", "A=hidden\n", "A", "x", "A is not 'x'" },
		{ "a.bin", "x", "a", NULL,
		    "its format has no keys that are known" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct gv_policy_drill_rule rule = { .name = "r",
			.file = cases[i].path,
			.key = cases[i].key,
			.value = cases[i].value };
		struct gv_buf why = GV_BUF_INIT;

		assert_int_equal(gv_drill_rule_file(&why, &rule, cases[i].path,
				     cases[i].text, strlen(cases[i].text), 0),
		    0);
		assert_string_equal(why.len ? why.p : "", cases[i].why);
		gv_buf_release(&why);
	}
}

static void
certificates_have_to_be_there(void **state)
{
	const struct gv_policy_drill_rule rule = {
		.name = "r", .file = "a.pem", .certificate = 86400
	};
	static const char *const texts[] = { "", "x\n",
		("-----BEGIN CERTIFICATE-----\nAAAA\n"
		 "-----END CERTIFICATE-----\n"),
		"-----BEGIN CERTIFICATE-----\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct gv_buf why = GV_BUF_INIT;

		assert_int_equal(gv_drill_rule_file(&why, &rule, "a.pem",
				     texts[i], strlen(texts[i]), 0),
		    0);
		assert_true(why.len > 0);
		gv_buf_release(&why);
	}
}

static void
a_crontab_keeps_the_rest(void **state)
{
	const struct gv_drill_timer timer = { "/r a", NULL, "90d" },
				    none = { "/r a", NULL, NULL };
	struct gv_buf one = GV_BUF_INIT, two = GV_BUF_INIT, three = GV_BUF_INIT;

	(void)state;
	assert_int_equal(
	    gv_drill_timer_crontab(&one, "1 2 * * * x", &timer), 0);
	assert_non_null(strstr(one.p, "1 2 * * * x\n# git-vault drill begin"));
	assert_non_null(strstr(one.p, "cd '/r a' && git vault"));
	assert_int_equal(gv_drill_timer_crontab(&two, one.p, &timer), 0);
	assert_string_equal(two.p, one.p);
	assert_int_equal(gv_drill_timer_crontab(&three, two.p, &none), 0);
	assert_string_equal(three.p, "1 2 * * * x\n");
	gv_buf_release(&one);
	gv_buf_release(&two);
	gv_buf_release(&three);
}

static void
names_that_a_scheduler_cannot_hold(void **state)
{
	static const char *const names[] = { "/a%b", "/a\nb", "/a\177" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_false(gv_drill_timer_fits(
		    &(struct gv_drill_timer){ names[i], NULL, "90d" }));
	assert_true(gv_drill_timer_fits(
	    &(struct gv_drill_timer){ "/a b'c", "prod", "90d" }));
}

UNIT(drill_rule)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_values),
		cmocka_unit_test(certificates_have_to_be_there),
		cmocka_unit_test(a_crontab_keeps_the_rest),
		cmocka_unit_test(names_that_a_scheduler_cannot_hold),
	};

	return UNIT_RUN(tests);
}
