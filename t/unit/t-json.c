#include "unit.h"

#include <string.h>

#include "git-vault/front/json.h"
#include "repo/oid.h"

static struct gv_json j;

static void
expect(const char *text)
{
	assert_int_equal(gv_json_flush(&j), 0);
	assert_string_equal(j.buf.p, text);
	assert_int_equal(j.depth, 0);
	gv_json_release(&j);
	j = (struct gv_json)GV_JSON_INIT;
}

static void
commas_stand_between_values_alone(void **state)
{
	(void)state;
	gv_json_object(&j, NULL);
	gv_json_array(&j, "a");
	gv_json_end(&j);
	gv_json_object(&j, "b");
	gv_json_end(&j);
	gv_json_array(&j, "c");
	gv_json_int(&j, NULL, -1);
	gv_json_object(&j, NULL);
	gv_json_uint(&j, "n", UINT64_MAX);
	gv_json_bool(&j, "t", true);
	gv_json_bool(&j, "f", false);
	gv_json_end(&j);
	gv_json_null(&j, NULL);
	gv_json_end(&j);
	gv_json_end(&j);
	expect("{\"a\":[],\"b\":{},\"c\":[-1,{\"n\":18446744073709551615,"
	       "\"t\":true,\"f\":false},null]}\n");
}

static void
strings_are_escaped(void **state)
{
	(void)state;
	gv_json_array(&j, NULL);
	gv_json_text(&j, NULL, "a\"b\\c/\b\t\n\v\f\r\x1f\x7f\0z", 16);
	gv_json_string(&j, NULL, NULL);
	gv_json_string(&j, NULL, "\xc3\xa4\xf0\x9f\x98\x80");
	gv_json_end(&j);
	expect("[\"a\\\"b\\\\c/\\b\\t\\n\\u000b\\f\\r\\u001f\\u007f\\u0000z\","
	       "null,\"\xc3\xa4\xf0\x9f\x98\x80\"]\n");
}

static void
bytes_that_are_no_utf8_are_replaced(void **state)
{
	(void)state;
	gv_json_array(&j, NULL);
	gv_json_string(&j, NULL,
	    "a\xff"
	    "b");
	gv_json_string(&j, NULL, "\xc0\x80");     /* overlong NUL */
	gv_json_string(&j, NULL, "\xed\xa0\x80"); /* a surrogate */
	gv_json_string(&j, NULL, "\xe2\x82");     /* cut short */
	gv_json_end(&j);
	expect("[{\"text\":\"a\xef\xbf\xbd"
	       "b\",\"text_base64\":\"Yf9i\"},"
	       "{\"text\":\"\xef\xbf\xbd\xef\xbf\xbd\","
	       "\"text_base64\":\"wIA=\"},"
	       "{\"text\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\","
	       "\"text_base64\":\"7aCA\"},"
	       "{\"text\":\"\xef\xbf\xbd\xef\xbf\xbd\","
	       "\"text_base64\":\"4oI=\"}]\n");
}

static void
odd_paths_come_with_their_bytes(void **state)
{
	(void)state;
	gv_json_object(&j, NULL);
	gv_json_path(&j, "path", "a/b", 3);
	gv_json_path(&j, "old_path", "\xff\n", 2);
	gv_json_array(&j, "all");
	gv_json_path(&j, NULL, "plain", 5);
	gv_json_path(&j, NULL, "\xff", 1);
	gv_json_end(&j);
	gv_json_end(&j);
	expect("{\"path\":\"a/b\",\"old_path\":\"\xef\xbf\xbd\\n\","
	       "\"old_path_base64\":\"/wo=\",\"all\":[\"plain\","
	       "{\"path\":\"\xef\xbf\xbd\",\"path_base64\":\"/w==\"}]}\n");
}

static void
a_format_of_others_has_no_member_of_ours(void **state)
{
	(void)state;
	j.is_foreign = true;
	gv_json_object(&j, NULL);
	gv_json_string(&j, "a", "\xff");
	gv_json_array(&j, "b");
	gv_json_string(&j, NULL, "\xff");
	gv_json_end(&j);
	gv_json_end(&j);
	expect("{\"a\":\"\xef\xbf\xbd\",\"b\":[\"\xef\xbf\xbd\"]}\n");
}

static void
only_what_is_not_complete_is_abandoned(void **state)
{
	(void)state;
	gv_json_object(&j, NULL);
	gv_json_array(&j, "a");
	gv_json_abandon(&j);
	expect("");
	gv_json_object(&j, NULL);
	gv_json_end(&j);
	gv_json_abandon(&j);
	expect("{}\n");
}

static void
times_and_object_names_have_one_form(void **state)
{
	struct gv_oid id = { { 0 } };

	(void)state;
	gv_json_array(&j, NULL);
	gv_json_time(&j, NULL, 0);
	gv_json_oid(&j, NULL, &id);
	id.id[0] = 0xab;
	gv_json_oid(&j, NULL, &id);
	gv_json_end(&j);
	expect("[\"1970-01-01T00:00:00Z\",null,"
	       "\"ab00000000000000000000000000000000000000\"]\n");
}

UNIT(json)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_values_alone),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
		cmocka_unit_test(odd_paths_come_with_their_bytes),
		cmocka_unit_test(a_format_of_others_has_no_member_of_ours),
		cmocka_unit_test(only_what_is_not_complete_is_abandoned),
		cmocka_unit_test(times_and_object_names_have_one_form),
	};
	int r;

	j = (struct gv_json)GV_JSON_INIT;
	r = UNIT_RUN(tests);
	gv_json_release(&j);
	return r;
}
