/* lib/schema: what is too long, too deep or not known is named, and is never
 * valid. */
#include "unit.h"

#include <string.h>

#include "schema_told.h"

#define NEW "\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","

static void
a_text_is_cut_at_a_whole_character(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *found;
	struct checked c;
	size_t i, len;

	(void)state;
	/* whatever its length: the cut is within a character for some of them
	 */
	for (len = 247; len < 260; len++) {
		gv_buf_reset(&text);
		gv_buf_addstr(&text, len % 2 ? "x" : "");
		for (i = 0; i < len; i++)
			gv_buf_addstr(&text, "\303\244");
		gv_buf_addstr(&text, ": 1\n");
		assert_int_equal(gv_buf_check(&text), 0);
		check_with(
		    &c, NULL, "{\"additionalProperties\":false}", text.p);
		assert_true(c.report.n == 1);
		found = c.report.findings[0].text;
		assert_true(strlen(found) < 512);
		i = strlen("unknown key '") + len % 2;
		while (strncmp(found + i, "\303\244", 2) == 0)
			i += 2;
		assert_true(strcmp(found + i, "'") == 0 ||
		    strcmp(found + i, "...") == 0);
		release(&c);
	}
	gv_buf_release(&text);
}

static void
a_thousand_findings_are_enough(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct checked c;
	unsigned i;

	(void)state;
	for (i = 0; i < GV_SCHEMA_FINDINGS_MAX + 5; i++)
		gv_buf_addf(&text, "- a%u\n", i);
	assert_int_equal(gv_buf_check(&text), 0);
	check_with(&c, NULL, "{\"items\":{\"type\":\"integer\"}}", text.p);
	assert_true(c.report.n == GV_SCHEMA_FINDINGS_MAX);
	assert_true(c.report.has_more);
	assert_int_equal(c.report.verdict, GV_SCHEMA_INVALID);
	release(&c);
	gv_buf_release(&text);
}

/* Four schemas a level, in a value of as many levels as there may be. */
static void
schemas_nest_as_deep_as_is_said(void **state)
{
	static const char schema[] =
	    "{\"definitions\":{\"a\":{\"$ref\":\"#/definitions/b\"},"
	    "\"b\":{\"$ref\":\"#/definitions/c\"},"
	    "\"c\":{\"items\":{\"$ref\":\"#/definitions/a\"}}},"
	    "\"$ref\":\"#/definitions/a\"}";
	const struct gv_instance_node list = { .kind = GV_INSTANCE_LIST };
	const struct gv_instance_node one = { .kind = GV_INSTANCE_NULL };
	struct gv_schema_report report;
	struct gv_instance in;
	struct checked c;
	unsigned i;

	(void)state;
	check_with(&c, NULL, schema, "[[[1]]]");
	assert_int_equal(c.report.verdict, GV_SCHEMA_VALID);
	gv_instance_init(&in, NULL);
	for (i = 0; i < GV_INSTANCE_DEPTH_MAX; i++)
		assert_int_equal(gv_instance_open(&in, &list), 0);
	assert_int_equal(gv_instance_open(&in, &list), GV_EREFUSED);
	assert_message("nests deeper than 1024 levels");
	assert_int_equal(gv_instance_add(&in, &one), 0);
	for (i = 0; i < GV_INSTANCE_DEPTH_MAX; i++)
		gv_instance_close(&in);
	assert_int_equal(gv_schema_check(c.s, &in, &report), 0);
	assert_int_equal(report.verdict, GV_SCHEMA_UNKNOWN);
	assert_true(report.n == 1);
	assert_string_equal(
	    report.findings[0].text, "schemas nest deeper than 4096 here");
	gv_schema_report_release(&report);
	gv_instance_release(&in);
	release(&c);
}

static void
many_items_are_marked(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	unsigned i;

	(void)state;
	for (i = 0; i < 5000; i++)
		gv_buf_addstr(&text, i ? ",1" : "[1");
	gv_buf_addstr(&text, ",2]");
	assert_int_equal(gv_buf_check(&text), 0);
	finds("{" NEW "\"contains\":{\"const\":1},\"unevaluatedItems\":false}",
	    text.p,
	    "1:10002 /5000 unevaluatedItems: no schema allows this item\n");
	gv_buf_release(&text);
}

/* An expression, a template or a sealed secret. */
static void
what_is_not_known_yet_is_no_valid_value(void **state)
{
	(void)state;
	finds("{\"properties\":{\"a\":false,\"b\":true,\"c\":{\"minimum\":1}}}",
	    "a: !Ref x\nb: !Ref x\nc: !Ref x\n",
	    "1:9 /a false schema: no value is allowed here\n"
	    "? 3:9 /c : its value is not known yet\n");
	finds("{\"uniqueItems\":true}", "- !Ref x\n- !Ref y\n",
	    "? 1:1  uniqueItems: an item is not known yet\n");
	finds("{\"uniqueItems\":true}", "- !Ref x\n- 1\n- 1\n",
	    "3:3 /2 uniqueItems: repeats item 1 of the list\n");
	finds("{\"contains\":{\"const\":7}}", "- !Ref x\n- 1\n",
	    "? 1:8 /0 : its value is not known yet\n");
}

/* A schema that could not be checked may have seen to a member. */
static void
what_a_doubt_leaves_is_not_refused(void **state)
{
	(void)state;
	finds("{" NEW "\"$ref\":\"x.json\",\"unevaluatedProperties\":false}",
	    "a: 1\n",
	    "? 1:1  $ref: it refers to 'x.json', which is not among the "
	    "schemas that were given\n"
	    "? 1:1 /a unevaluatedProperties: depends on what could not be "
	    "checked\n");
	finds("{" NEW "\"$ref\":\"x.json\",\"unevaluatedProperties\":{"
	      "\"type\":\"integer\"}}",
	    "a: 1\n",
	    "? 1:1  $ref: it refers to 'x.json', which is not among the "
	    "schemas that were given\n");
	finds("{" NEW "\"contains\":{\"pattern\":\"(?=a)\"},"
	      "\"unevaluatedItems\":false}",
	    "[\"a\"]",
	    "? 1:2 /0 pattern: the pattern '(?=a)' is not supported: it looks "
	    "ahead\n"
	    "? 1:2 /0 unevaluatedItems: depends on what could not be "
	    "checked\n");
}

static void
what_takes_too_long_is_not_known(void **state)
{
	const struct gv_schema_opts few = { .steps = 15 };

	(void)state;
	finds_with(&few, "{\"uniqueItems\":true}", "[1,1,1,1,1,1,1,1,1,1]",
	    "1:4 /1 uniqueItems: repeats item 0 of the list\n"
	    "1:6 /2 uniqueItems: repeats item 1 of the list\n"
	    "1:8 /3 uniqueItems: repeats item 2 of the list\n"
	    "? 1:10 /4 uniqueItems: takes too long to compare\n");
}

static void
numbers_are_exact_or_not_known(void **state)
{
	struct gv_buf schema = GV_BUF_INIT;
	unsigned i;

	(void)state;
	finds(
	    "{\"minimum\":1}", ".nan\n", "1:1  minimum: must be at least 1\n");
	gv_buf_addstr(&schema, "{\"multipleOf\":1");
	for (i = 0; i < 2000; i++)
		gv_buf_addch(&schema, '7');
	gv_buf_addch(&schema, '}');
	assert_int_equal(gv_buf_check(&schema), 0);
	finds(schema.p, "1e9000\n",
	    "? 1:1  multipleOf: has too many digits to be divided\n");
	gv_buf_release(&schema);
}

static void
the_last_of_a_word_counts(void **state)
{
	(void)state;
	finds("{\"properties\":{\"a\":false,\"a\":{\"minimum\":3}},"
	      "\"patternProperties\":{\"^b\":false,\"^b\":{\"maximum\":3}},"
	      "\"dependencies\":{\"a\":[\"x\"],\"a\":[\"y\"]}}",
	    "{\"a\":1,\"a\":2,\"b\":4}",
	    "1:12 /a minimum: must be at least 3\n"
	    "1:18 /b maximum: must be at most 3\n"
	    "1:1  dependencies: the key 'y' is missing, which 'a' needs\n");
	finds("{\"dependencies\":{\"a\":[1]}}", "a: 1\n",
	    "? 1:1  $ref: it is used as a schema, but is not one\n");
	finds("{\"uniqueItems\":true}", "[1,2,3,null,true,false,[],{},null]",
	    "1:30 /8 uniqueItems: repeats item 3 of the list\n");
}

static void
forms_of_texts_have_their_limits(void **state)
{
	static const struct {
		const char *format, *right, *wrong;
	} forms[] = { { "email", "\"\\\"a\\\\\\\"b\\\"@x.org\"",
			  "\"\\\"a\\\"b\\\"@x.org\"" },
		{ "uri-template", "\"{%20a}\"", "\"{%zz}\"" },
		{ "uri-template", "\"{a:12}\"", "\"{a:1x}\"" },
		{ "time", "\"12:00:00.5Z\"", "\"12:00:00.Z\"" },
		{ "uri", "\"http://x:80/\"", "\"http://x:8a/\"" },
		{ "uri", "\"http://[::1]:80\"", "\"http://[::1]x\"" } };
	const struct gv_schema_opts all = { .formats = GV_SCHEMA_FORMATS_ALL };
	struct gv_buf schema = GV_BUF_INIT;
	struct checked c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		gv_buf_reset(&schema);
		gv_buf_addf(&schema, "{\"format\":\"%s\"}", forms[i].format);
		check_with(&c, &all, schema.p, forms[i].right);
		assert_int_equal(c.report.verdict, GV_SCHEMA_VALID);
		release(&c);
		check_with(&c, &all, schema.p, forms[i].wrong);
		assert_int_equal(c.report.verdict, GV_SCHEMA_INVALID);
		release(&c);
	}
	gv_buf_release(&schema);
}

UNIT(schema_limit)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_cut_at_a_whole_character),
		cmocka_unit_test(a_thousand_findings_are_enough),
		cmocka_unit_test(schemas_nest_as_deep_as_is_said),
		cmocka_unit_test(many_items_are_marked),
		cmocka_unit_test(what_is_not_known_yet_is_no_valid_value),
		cmocka_unit_test(what_a_doubt_leaves_is_not_refused),
		cmocka_unit_test(what_takes_too_long_is_not_known),
		cmocka_unit_test(numbers_are_exact_or_not_known),
		cmocka_unit_test(the_last_of_a_word_counts),
		cmocka_unit_test(forms_of_texts_have_their_limits),
	};

	return UNIT_RUN(tests);
}
