#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/jsontext.h"
#include "format/yamltext.h"

/* The JSON of a document, and its text with a bar where something ends. */
static void
assert_read(const char *text, const char *json, const char *cut)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_yamltext y;
	size_t i, at = 0, next = 0, last = 0;

	assert_int_equal(gv_yamltext_read(&y, text, strlen(text), NULL), 0);
	gv_buf_add(&b, y.json, y.len);
	assert_string_equal(b.p, json);
	gv_buf_reset(&b);
	for (i = 0; i < y.n; i++) {
		assert_true(i == 0 || y.bounds[i].json >= y.bounds[i - 1].json);
		at = gv_yamltext_at(&y, &next, y.bounds[i].json);
		assert_true(at >= last && at <= strlen(text));
		gv_buf_add(&b, text + last, at - last);
		gv_buf_addch(&b, '|');
		last = at;
	}
	assert_string_equal(b.p, cut);
	gv_buf_release(&b);
	gv_yamltext_release(&y);
}

static void
what_it_holds_is_told_as_json(void **state)
{
	(void)state;
	assert_read("a: b\nc:\n- d\n- e: 1\n  f:\n",
	    "{\"a\":\"b\",\"c\":[\"d\",{\"e\":\"1\",\"f\":null}]}",
	    "|a: b\n|c:\n|- d\n||- e: 1\n|  f:\n||||");
	assert_read("{a: 'x', \"b\": \"y\\n\", c: ~}",
	    "{\"a\":\"x\",\"b\":\"\\\"y\\\\n\\\"\",\"c\":null}",
	    "{|a: 'x'|, \"b\": \"y\\n\"|, c: ~|}|");
	assert_read("- |\n  a\n  b\n- >-\n  c\n- 'it''s'\n",
	    "[\"|\\n  a\\n  b\\n\",\">-\\n  c\\n\",\"'it''s'\"]",
	    "|- |\n  a\n  b\n|- >-\n  c\n|- 'it''s'\n||");
	assert_read("a: |2\n    x\nb: \303\274\n",
	    "{\"a\":\"|2\\n    x\\n\",\"b\":\"\303\274\"}",
	    "|a: |2\n    x\n|b: \303\274\n||");
	assert_read("", "", "");
	assert_read("\303\274: \342\202\254 # \360\237\230\200\na: b\n",
	    "{\"\303\274\":\"\342\202\254\",\"a\":\"b\"}",
	    "|\303\274: \342\202\254 # \360\237\230\200\n|a: b\n||");
	assert_read("a: \"\\x41\\u00fc\\U0001f600\\0\"\n",
	    "{\"a\":\"\\\"\\\\x41\\\\u00fc\\\\U0001f600\\\\0\\\"\"}",
	    "|a: \"\\x41\\u00fc\\U0001f600\\0\"\n||");
	assert_read("a: !!binary |\n  eA==\nb: !x y\n",
	    "{\"a\":\"!!binary |\\n  eA==\\n\",\"b\":\"!x y\"}",
	    "|a: !!binary |\n  eA==\n|b: !x y\n||");
	assert_read("a: !b \"c\"\nd: !e 'f'\n",
	    "{\"a\":\"!b \\\"c\\\"\",\"d\":\"!e 'f'\"}",
	    "|a: !b \"c\"\n|d: !e 'f'\n||");
	assert_read(
	    "a: !If [b, !Sub [c, {d: e}]]\nf: !Sub\n- g\nh: !!seq [i]\n",
	    "{\"a\":{\"!If\":[\"b\",{\"!Sub\":[\"c\",{\"d\":\"e\"}]}]},\"f\":{"
	    "\"!Sub\":[\"g\"]},\"h\":[\"i\"]}",
	    "|a: !If [|b|, !Sub [|c|, {|d: e|}|]|]\n|f: !Sub\n|- g\n"
	    "||h: !!seq [|i|]\n||");
}

static void
assert_refused(const char *text, const char *why)
{
	struct gv_yamltext y;

	assert_int_equal(
	    gv_yamltext_read(&y, text, strlen(text), NULL), GV_EREFUSED);
	if (strstr(gv_err_message(), why) == NULL)
		fail_msg("%s: %s", text, gv_err_message());
	gv_yamltext_release(&y);
}

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	(void)state;
	assert_refused("a: b\n c: d\n", "line 2, column ");
	assert_refused("a: [", "line 2, column ");
	assert_refused("a: b\n---\nc: d\n", "line 2, column 1: a second");
	assert_refused("a: &x b\nc: *x\n", "line 2, column 4: an alias");
	assert_refused("? {a: b}\n: c\n", "line 1, column 3: a key");
	assert_refused("a: \001\n", "line 1, column 4: ");
	assert_refused("a: \377\n", "UTF-8");
}

UNIT(yamltext)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_holds_is_told_as_json),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
	};

	return UNIT_RUN(tests);
}
