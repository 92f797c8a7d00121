#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "config/policy_hold.h"
#include "policy/classes.h"

#define DAY ((int64_t)24 * 3600)

static struct gv_classes classes;

static int
end(void **state)
{
	(void)state;
	gv_classes_release(&classes);
	return 0;
}

static void
parse(struct gv_policy *out, const char *text)
{
	*out = (struct gv_policy)GV_POLICY_INIT;
	if (gv_policy_parse(out, "f", text, strlen(text)) < 0)
		fail_msg("%s", gv_err_message());
}

/* Through the text that is left for watch. */
static void
make(const struct gv_policy *policy)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_classes_release(&classes);
	assert_int_equal(gv_classes_text(&text, &policy->snapshots, false), 0);
	assert_int_equal(gv_classes_read(&classes, text.p, text.len), 0);
	gv_buf_release(&text);
}

static void
by(const char *text)
{
	struct gv_policy policy;

	parse(&policy, text);
	make(&policy);
	gv_policy_release(&policy);
}

/* What counts of `present` where `accepted` was. Whether a part waits. */
static bool
held(const char *accepted, const char *present)
{
	struct gv_policy was, now;
	struct gv_policy_diff diff;
	bool waits;

	parse(&was, accepted);
	parse(&now, present);
	assert_int_equal(gv_policy_hold(&now, &was, &diff), 0);
	waits = gv_policy_is_waiting(&diff);
	make(&now);
	gv_policy_release(&now);
	return waits;
}

static enum gv_class
of(const char *path)
{
	return gv_classes_of(&classes, path, strlen(path), NULL);
}

#define CLASSES(text) "snapshots: { classes: { " text " } }\n"

static void
without_a_policy_names_and_languages_decide(void **state)
{
	struct gv_classes_why why;

	(void)state;
	by("");
	assert_int_equal(of("main.tf"), GV_CLASS_CRITICAL);
	assert_int_equal(of("README.md"), GV_CLASS_NORMAL);
	assert_int_equal(
	    gv_classes_of(&classes, "a.log", 5, &why), GV_CLASS_LOW);
	assert_non_null(why.what);
	assert_null(why.pattern);
	assert_int_equal(classes.every[GV_CLASS_CRITICAL], 300);
	assert_int_equal(classes.every[GV_CLASS_LOW], 900);
	assert_int_equal(classes.keep[GV_CLASS_LOW][0], DAY);
	assert_int_equal(classes.keep[GV_CLASS_LOW][3], 182 * DAY);
}

static void
a_pattern_decides_before_a_language_and_the_higher_class_first(void **state)
{
	struct gv_classes_why why;

	(void)state;
	by(CLASSES("critical: { paths: ['*.sql', 'run.log'],"
		   " languages: Markdown },"
		   " normal: { paths: [data/] },"
		   " low: { paths: ['/docs/*', '*.log', gen/**],"
		   " languages: [YAML, Go] }"));
	assert_int_equal(of("README.md"), GV_CLASS_CRITICAL);
	assert_int_equal(of("docs/a.md"), GV_CLASS_LOW);
	assert_int_equal(of("x/docs/a.md"), GV_CLASS_CRITICAL);
	assert_int_equal(of("data/a/b.sql"), GV_CLASS_CRITICAL);
	assert_int_equal(of("data/a/b.go"), GV_CLASS_NORMAL);
	assert_int_equal(of("a/run.log"), GV_CLASS_CRITICAL);
	assert_int_equal(of("gen/a/b.py"), GV_CLASS_LOW);
	assert_int_equal(of("main.go"), GV_CLASS_LOW);
	assert_int_equal(of("main.py"), GV_CLASS_CRITICAL);
	assert_int_equal(
	    gv_classes_of(&classes, "gen/x", 5, &why), GV_CLASS_LOW);
	assert_string_equal(why.pattern, "gen/**");
	assert_int_equal(
	    gv_classes_of(&classes, "a.yml", 5, &why), GV_CLASS_LOW);
	assert_string_equal(why.language, "YAML");
	assert_null(why.pattern);
}

static void
how_often_and_for_how_long_is_of_the_class(void **state)
{
	(void)state;
	by(CLASSES("critical: { every: 1M, retention: { keep-within: 2d,"
		   " keep-within-weekly: 1y } },"
		   " low: { every: 2h, retention: { keep-within: 1h } }"));
	assert_int_equal(classes.every[GV_CLASS_CRITICAL], 60);
	assert_int_equal(classes.every[GV_CLASS_NORMAL], 300);
	assert_int_equal(classes.every[GV_CLASS_LOW], 7200);
	assert_int_equal(classes.keep[GV_CLASS_CRITICAL][0], 2 * DAY);
	assert_int_equal(classes.keep[GV_CLASS_CRITICAL][1], 0);
	assert_true(classes.keep[GV_CLASS_CRITICAL][3] >= 366 * DAY);
	assert_int_equal(classes.keep[GV_CLASS_NORMAL][1], 7 * DAY);
	assert_int_equal(classes.keep[GV_CLASS_LOW][0], 3600);
	assert_int_equal(classes.keep[GV_CLASS_LOW][3], 0);
}

static void
what_saves_less_often_or_for_less_long_waits(void **state)
{
	(void)state;
	assert_true(held("", CLASSES("critical: { every: 1h }")));
	assert_int_equal(classes.every[GV_CLASS_CRITICAL], 300);
	assert_false(held("", CLASSES("critical: { every: 1M }")));
	assert_int_equal(classes.every[GV_CLASS_CRITICAL], 60);
	assert_true(held(CLASSES("low: { every: 5M }"), ""));
	assert_int_equal(classes.every[GV_CLASS_LOW], 300);
	assert_true(
	    held("", CLASSES("low: { retention: { keep-within: 1h } }")));
	/* the longer of each part of both */
	assert_in_range(classes.keep[GV_CLASS_LOW][0], DAY, DAY + 3600);
	assert_int_equal(classes.keep[GV_CLASS_LOW][2], 30 * DAY);
	assert_false(held("",
	    CLASSES("low: { retention: { keep-within: 2d,"
		    " keep-within-hourly: 7d, keep-within-daily: 30d,"
		    " keep-within-weekly: 26w } }")));
	assert_int_equal(classes.keep[GV_CLASS_LOW][0], 2 * DAY);
	assert_false(
	    held(CLASSES("low: { every: 1h }"), CLASSES("low: { every: 1h }")));
	assert_int_equal(classes.every[GV_CLASS_LOW], 3600);
}

static void
what_puts_a_file_into_a_lower_class_waits(void **state)
{
	(void)state;
	assert_true(held("", CLASSES("low: { paths: '*.tf' }")));
	assert_int_equal(of("main.tf"), GV_CLASS_CRITICAL);
	assert_true(held("", CLASSES("normal: { languages: Terraform }")));
	assert_int_equal(of("main.tf"), GV_CLASS_CRITICAL);
	assert_false(held("", CLASSES("critical: { paths: '*.md' }")));
	assert_int_equal(of("a.md"), GV_CLASS_CRITICAL);
	assert_true(held(CLASSES("critical: { paths: '*.md' }"), ""));
	assert_int_equal(of("a.md"), GV_CLASS_CRITICAL);
	assert_true(held(CLASSES("critical: { paths: '*.md' }"),
	    CLASSES("low: { paths: '*.md' }")));
	assert_int_equal(of("a.md"), GV_CLASS_CRITICAL);
	assert_true(held(CLASSES("normal: { paths: '*.log' }"), ""));
	assert_int_equal(of("a.log"), GV_CLASS_NORMAL);
	assert_false(held(CLASSES("low: { paths: [a, b] }"),
	    CLASSES("low: { paths: a }, normal: { paths: b }")));
	assert_int_equal(of("a"), GV_CLASS_LOW);
	assert_int_equal(of("b"), GV_CLASS_NORMAL);
	assert_true(held(
	    CLASSES("low: { paths: a }"), CLASSES("low: { paths: [a, c] }")));
	assert_int_equal(of("a"), GV_CLASS_LOW);
	assert_int_equal(of("c"), GV_CLASS_CRITICAL);
}

static void
what_is_wrong_is_named_by_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ CLASSES("lower: {}"), "there is no key 'lower'" },
		{ CLASSES("low: { path: a }"), "the nearest is 'paths'" },
		{ CLASSES("low: { paths: '!a' }"), "paths must be a pattern" },
		{ CLASSES("low: { languages: Terrafrom }"),
		    "the nearest is 'Terraform'" },
		{ CLASSES("low: { languages: [Go, Gibberish] }"),
		    "there is no language 'Gibberish'" },
		{ CLASSES("low: { every: 10S }"), "every must be a time" },
		{ CLASSES("low: { every: 2d }"), "every must be a time" },
		{ CLASSES("low: { retention: { keep-last: 3 } }"),
		    "there is no key 'keep-last'" },
		{ CLASSES("low: [a]"), "low must be a map" },
	};
	struct gv_policy policy;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		policy = (struct gv_policy)GV_POLICY_INIT;
		assert_int_equal(gv_policy_parse(&policy, "f", rows[i].text,
				     strlen(rows[i].text)),
		    GV_EREFUSED);
		if (!strstr(gv_err_message(), rows[i].message) ||
		    strncmp(gv_err_message(), "f:1: ", 5) != 0)
			fail_msg("%s", gv_err_message());
	}
}

static void
a_text_that_is_damaged_counts_as_none(void **state)
{
	static const char *const texts[] = { "path low a\n",
		"side\nside\nside\n", "every low 0\n", "every low 5",
		"keep low 1 2 3\n", "side\npath lower a\n", "x\n",
		"side\npath low !a\n", "every low 9999999999999\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		gv_classes_release(&classes);
		assert_int_equal(
		    gv_classes_read(&classes, texts[i], strlen(texts[i])),
		    GV_ECORRUPT);
		assert_int_equal(of("main.tf"), GV_CLASS_CRITICAL);
		assert_int_equal(classes.every[GV_CLASS_LOW], 900);
	}
}

UNIT(classes)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    without_a_policy_names_and_languages_decide, end),
		cmocka_unit_test_teardown(
		    a_pattern_decides_before_a_language_and_the_higher_class_first,
		    end),
		cmocka_unit_test_teardown(
		    how_often_and_for_how_long_is_of_the_class, end),
		cmocka_unit_test_teardown(
		    what_saves_less_often_or_for_less_long_waits, end),
		cmocka_unit_test_teardown(
		    what_puts_a_file_into_a_lower_class_waits, end),
		cmocka_unit_test(what_is_wrong_is_named_by_its_line),
		cmocka_unit_test_teardown(
		    a_text_that_is_damaged_counts_as_none, end),
	};

	return UNIT_RUN(tests);
}
