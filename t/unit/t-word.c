#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lex/word.h"

static const char *const texts[] = { "datadog", "dd_api_key", "data", "ovh",
	"new-relic", "dd_api" };

#define COUNT (sizeof(texts) / sizeof(texts[0]))

static struct gv_word *words;

static int
load(void **state)
{
	(void)state;
	return gv_word_new(&words, texts, COUNT);
}

static int
unload(void **state)
{
	(void)state;
	gv_word_free(words);
	gv_word_free(NULL);
	return 0;
}

/* The words in a name, with '|' between. */
static void
expect(const char *name, const char *told)
{
	unsigned short found[8];
	char text[256] = "";
	size_t i, n, len = 0;

	n = gv_word_find(words, name, strlen(name), found, 8);
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i ? "|" : "", texts[found[i]]);
	if (strcmp(text, told) != 0)
		fail_msg("in '%s' it found '%s'", name, text);
}

static void
test_words_in_names(void **state)
{
	(void)state;
	expect("DD_API_KEY", "dd_api_key|dd_api");
	expect("myDdApiKey", "dd_api_key|dd_api");
	expect("dd-api.key", "dd_api_key|dd_api");
	expect("DATADOG_SITE", "datadog|data");
	expect("x.newrelic.y", "new-relic");
	expect("OVH", "ovh");
	expect("ov_h", "ovh");
	expect("ov", "");
	expect("", "");
	expect("___", "");
}

static void
test_no_more_than_asked_for(void **state)
{
	unsigned short found[1];

	(void)state;
	assert_int_equal(
	    gv_word_find(words, "datadog_dd_api", 14, found, 1), 1);
	assert_int_equal(gv_word_find(words, "datadog", 7, found, 0), 0);
}

static void
test_word_at_a_place(void **state)
{
	static const char text[] = "a Data-Dog: dd_api";
	size_t len = 0;

	(void)state;
	/* the longest, as long as it is there */
	assert_int_equal(gv_word_at(words, text, sizeof(text) - 1, 2, &len), 0);
	assert_int_equal(len, 8);
	assert_int_equal(
	    gv_word_at(words, text, sizeof(text) - 1, 12, &len), 5);
	assert_int_equal(len, 6);
	assert_int_equal(
	    gv_word_at(words, text, sizeof(text) - 1, 14, &len), -1);
	assert_int_equal(
	    gv_word_at(words, text, sizeof(text) - 1, 16, &len), -1);
	assert_int_equal(gv_word_at(words, text, 8, 2, &len), 2);
}

static bool
may_begin(const char *p)
{
	return gv_word_may_begin(gv_word_heads(words), p, strlen(p));
}

static void
test_three_letters_that_begin_a_word(void **state)
{
	(void)state;
	assert_true(may_begin("dat"));
	assert_true(may_begin("DAT"));
	assert_true(may_begin("dd_a"));
	assert_false(may_begin("dd_b"));
	assert_true(may_begin("dda"));
	assert_true(may_begin("Ovh"));
	/* joints count for nothing: new-relic begins with n, e and w */
	assert_true(may_begin("New"));
	assert_true(may_begin("n-e-_.w"));
	assert_false(may_begin("n-er"));
	assert_false(may_begin("nre"));
	/* all three must be there */
	assert_false(may_begin("n"));
	assert_false(may_begin("ne"));
	assert_false(may_begin("ne-_"));
	assert_false(may_begin("ata"));
	assert_false(may_begin("dab"));
	assert_false(may_begin("d: "));
}

static void
test_refuses_what_is_no_word(void **state)
{
	static const char *const shorts[] = { "a_b" };
	char text[GV_WORD_MAX + 2];
	const char *longs[] = { text };
	struct gv_word *none = NULL;

	(void)state;
	assert_int_equal(gv_word_new(&none, shorts, 1), GV_EREFUSED);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(gv_word_new(&none, longs, 1), GV_EREFUSED);
	assert_null(none);
	assert_int_equal(gv_word_new(&none, shorts, 0), 0);
	gv_word_free(none);
}

static void
test_more_words_than_numbers(void **state)
{
	struct gv_word *many = NULL;

	(void)state;
	assert_int_equal(gv_word_new(&many, texts, 0xffff), GV_EREFUSED);
	assert_null(many);
	assert_string_equal(
	    gv_err_message(), "65535 words are more than a scan can look for");
}

UNIT(word)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_in_names),
		cmocka_unit_test(test_no_more_than_asked_for),
		cmocka_unit_test(test_word_at_a_place),
		cmocka_unit_test(test_three_letters_that_begin_a_word),
		cmocka_unit_test(test_refuses_what_is_no_word),
		cmocka_unit_test(test_more_words_than_numbers),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
