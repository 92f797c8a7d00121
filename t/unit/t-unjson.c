#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/unjson.h"

static struct gv_buf bytes = GV_BUF_INIT;

static struct gv_unjson *
parse_bytes(const char *text, size_t len)
{
	struct gv_unjson *doc = NULL;

	gv_buf_reset(&bytes);
	gv_buf_add(&bytes, text, len);
	if (gv_unjson_parse(&doc, "f", bytes.p, bytes.len) < 0)
		fail_msg("%s: %s", text, gv_err_message());
	return doc;
}

static struct gv_unjson *
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void
assert_refused_bytes(const char *text, size_t len, const char *words)
{
	struct gv_unjson *doc = NULL;
	int r;

	gv_buf_reset(&bytes);
	gv_buf_add(&bytes, text, len);
	r = gv_unjson_parse(&doc, "f", bytes.p, bytes.len);
	if (r != GV_EREFUSED)
		fail_msg("%s: %d", text, r);
	assert_null(doc);
	assert_message(words);
}

static void
assert_refused(const char *text, const char *words)
{
	assert_refused_bytes(text, strlen(text), words);
}

static void
all_kinds_are_read_in_order(void **state)
{
	struct gv_unjson *doc =
	    parse(" {\"a\" : [1, -2.5e+3 ,true,false,null]\n"
		  ",\"b\":{\"c\":\"d\"},\"\":[]}\r\n");
	const struct gv_unjson_node *root = gv_unjson_root(doc), *n;

	(void)state;
	assert_int_equal(root->kind, GV_UNJSON_MAP);
	n = root->first;
	assert_string_equal(n->key, "a");
	assert_int_equal(n->kind, GV_UNJSON_LIST);
	n = n->first;
	assert_int_equal(n->kind, GV_UNJSON_NUMBER);
	assert_string_equal(n->text, "1");
	assert_int_equal(gv_unjson_count(n), 1);
	n = n->next;
	assert_string_equal(n->text, "-2.5e+3");
	assert_int_equal(n->len, 7);
	assert_int_equal(gv_unjson_count(n), -1);
	n = n->next;
	assert_int_equal(n->kind, GV_UNJSON_TRUE);
	assert_int_equal(n->next->kind, GV_UNJSON_FALSE);
	assert_int_equal(n->next->next->kind, GV_UNJSON_NULL);
	assert_null(n->next->next->next);
	n = gv_unjson_get(root, "b");
	assert_string_equal(gv_unjson_get_text(n, "c"), "d");
	assert_null(gv_unjson_get_text(root, "b"));
	assert_null(gv_unjson_get(root, "c"));
	assert_null(gv_unjson_get(gv_unjson_get(n, "c"), "x"));
	n = gv_unjson_get(root, "");
	assert_int_equal(n->kind, GV_UNJSON_LIST);
	assert_null(n->first);
	gv_unjson_free(doc);
}

static void
texts_are_decoded_where_they_stand(void **state)
{
	struct gv_unjson *doc =
	    parse("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0041\\u00e4\\u20AC"
		  "\\ud83d\\ude00\", \"a\\u0000b\", \"\xc3\xa4\", \"\"]");
	const struct gv_unjson_node *n = gv_unjson_root(doc)->first;

	(void)state;
	assert_string_equal(n->text, "\"\\/\b\f\n\r\t");
	assert_true(n->text > bytes.p && n->text < bytes.p + bytes.len);
	n = n->next;
	assert_string_equal(n->text, "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	n = n->next;
	assert_int_equal(n->len, 3);
	assert_memory_equal(n->text, "a\0b", 4);
	n = n->next;
	assert_string_equal(n->text, "\xc3\xa4");
	assert_int_equal(n->next->len, 0);
	gv_unjson_free(doc);
	/* U+FFFD by its own name, and no half of another */
	doc = parse("\"\\ufffd\\ufffd\"");
	assert_string_equal(
	    gv_unjson_root(doc)->text, "\xef\xbf\xbd\xef\xbf\xbd");
	gv_unjson_free(doc);
	doc = parse("{\"a\":\"x\\u0000\"}");
	assert_null(gv_unjson_get_text(gv_unjson_root(doc), "a"));
	gv_unjson_free(doc);
}

static void
a_document_may_be_one_value(void **state)
{
	struct gv_unjson *doc = parse("9223372036854775807");

	(void)state;
	assert_true(gv_unjson_count(gv_unjson_root(doc)) == INT64_MAX);
	gv_unjson_free(doc);
	doc = parse("9223372036854775808");
	assert_int_equal(gv_unjson_count(gv_unjson_root(doc)), -1);
	assert_string_equal(gv_unjson_root(doc)->text, "9223372036854775808");
	gv_unjson_free(doc);
	doc = parse("\"x\"");
	assert_string_equal(gv_unjson_root(doc)->text, "x");
	gv_unjson_free(doc);
	/* a number ends where it is told to, whatever stands behind it */
	doc = parse(" 12\n");
	assert_string_equal(gv_unjson_root(doc)->text, "12");
	gv_unjson_free(doc);
	doc = parse("[1,2 ,3\n]");
	assert_string_equal(gv_unjson_root(doc)->first->text, "1");
	assert_string_equal(gv_unjson_root(doc)->first->next->text, "2");
	assert_string_equal(gv_unjson_root(doc)->first->next->next->text, "3");
	gv_unjson_free(doc);
	assert_int_equal(gv_unjson_count(NULL), -1);
	gv_unjson_free(NULL);
}

static void
what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", "[1 2]", "{\"a\":1,}",
		"{\"a\" \"b\"}", "{\"a\"}", "[1,]", "[,1]", "[1.2.3]",
		"[nullx]", "[truefalse]", "[1] x", "{1:2}", "[01]", "[-]",
		"[+1]", "[.5]", "[1.]", "[1e]", "[1e+]", "[0x1]", "[NaN]",
		"['a']", "{a:1}", "[\"a]", "[\"\\x\"]", "[\"\\u12\"]",
		"[\"\\u123g\"]", "[\"\\", "[\"\\ud800\"]",
		"[\"\\ud800\\u0041\"]", "[\"\\udc00\"]", "[\"\n\"]",
		"[\"\xff\"]", "[\"\xed\xa0\x80\"]", "{\"a\":1]", "[1}", "[",
		"{", "{\"a\":", "[1,", "// x\n1", "\xef\xbb\xbf[]" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(bad[i], "f:1: this is no JSON");
	assert_refused_bytes("[\"\\\0\"]", 6, "a backslash");
	assert_refused_bytes("[1\0]", 4, "a comma or a ]");
	/* lines are those of the text, whatever was decoded or ended in it */
	assert_refused("[1,\n2,\n\n3 4]", "f:4:");
	assert_refused("[1\n,\"\\n\\n\\n\"\n,\"\\u000a\",x]", "f:3:");
}

static void
a_key_stands_once(void **state)
{
	(void)state;
	assert_refused(
	    "{\"a\":1,\n\"\\u0061\":2}", "f:2: this is no JSON: a key is here");
	gv_unjson_free(parse("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"));
}

static void
no_part_of_it_is_quoted(void **state)
{
	(void)state;
	assert_refused("{\"hunter2\":\"hunter2\",\"hunter2\":0}", "f:1");
	assert_null(strstr(gv_err_message(), "hunter"));
}

static void
depth_is_bounded(void **state)
{
	char text[2 * GV_UNJSON_MAX_DEPTH + 3];
	size_t n = GV_UNJSON_MAX_DEPTH;

	(void)state;
	memset(text, '[', n);
	memset(text + n, ']', n);
	gv_unjson_free(parse_bytes(text, 2 * n));
	memset(text, '[', n + 1);
	memset(text + n + 1, ']', n + 1);
	assert_refused_bytes(text, 2 * n + 2, "nested too deep");
}

static void
a_second_key_is_named_by_its_line(void **state)
{
	(void)state;
	assert_refused("{\"a\":1,\n\"b\":[2\n,3\n],\n\"\\u0061\":\n4}",
	    "f:5: this is no JSON: a key is here for the second time");
	/* a line end that is only written by its escape is none */
	assert_refused("{\"a\\n\":\"\\n\",\n\"b\":{\"c\":{},\n\"c\":7\n}}",
	    "f:3: this is no JSON: a key is here for the second time");
}

UNIT(unjson)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_key_is_named_by_its_line),
		cmocka_unit_test(all_kinds_are_read_in_order),
		cmocka_unit_test(texts_are_decoded_where_they_stand),
		cmocka_unit_test(a_document_may_be_one_value),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(a_key_stands_once),
		cmocka_unit_test(no_part_of_it_is_quoted),
		cmocka_unit_test(depth_is_bounded),
	};
	int r;

	r = UNIT_RUN(tests);
	gv_buf_release(&bytes);
	return r;
}
