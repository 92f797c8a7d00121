#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "format/jsontext.h"

#define WIDE 40 /* more than any step over many bytes at a time */

struct walk {
	int r;
	size_t at, tokens;
	const char *wrong;
	size_t line, column;
};

/* Each token lies in the bytes and behind the one before. */
static void
assert_slices(const struct gv_jsontext *j, const struct gv_jsontext_token *t,
    const char *from, bool whole)
{
	const char *begin = t->has_key ? t->key : t->p;

	assert_true(begin >= from && t->p + t->len <= j->at);
	assert_true(!t->has_key || t->key + t->key_len < t->p);
	assert_true(whole || t->kind == GV_JSONTEXT_TEXT || t->len > 0);
	assert_true(j->depth <= GV_JSONTEXT_MAX_DEPTH);
}

/* All tokens, or all values, of bytes that nothing stands behind. */
static struct walk
walk(const char *text, size_t len, bool whole)
{
	char *copy = malloc(len ? len : 1);
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	struct walk w = { 0 };
	const char *from;

	assert_non_null(copy);
	memcpy(copy, text, len);
	/* where there is none, a byte in front would be one beyond */
	gv_jsontext_init(&j, copy, len);
	do {
		from = j.at;
		w.r = whole ? gv_jsontext_value(&j, &t)
			    : gv_jsontext_next(&j, &t);
		if (w.r > 0)
			assert_slices(&j, &t, from, whole);
		w.tokens += w.r > 0;
	} while (w.r > 0);
	assert_true(j.at >= copy && j.at <= copy + len);
	w.at = (size_t)(j.at - copy);
	w.wrong = j.wrong;
	gv_jsontext_where(&j, &w.line, &w.column);
	if (w.r < 0) {
		assert_int_equal(w.r, GV_EREFUSED);
		assert_non_null(w.wrong);
		/* and so it stays */
		assert_int_equal(gv_jsontext_next(&j, &t), GV_EREFUSED);
		assert_int_equal(gv_jsontext_value(&j, &t), GV_EREFUSED);
		assert_ptr_equal(j.at, copy + w.at);
	} else {
		assert_int_equal(w.at, len);
		assert_int_equal(gv_jsontext_next(&j, &t), 0);
	}
	free(copy);
	return w;
}

static struct walk
walk_both(const char *text, size_t len)
{
	struct walk one = walk(text, len, false), all = walk(text, len, true);

	assert_int_equal(one.r, all.r);
	assert_int_equal(one.at, all.at);
	assert_ptr_equal(one.wrong, all.wrong);
	return one;
}

/* The text behind so many of a byte, as new memory. */
static char *
shift(const char *text, size_t len, size_t by, char c)
{
	char *copy = malloc(len + by + 1);

	assert_non_null(copy);
	memset(copy, c, by);
	memcpy(copy + by, text, len);
	return copy;
}

static void
assert_accepted(const char *text, size_t len)
{
	size_t by, cut;

	for (by = 0; by < WIDE; by++) {
		char *moved = shift(text, len, by, by % 3 ? ' ' : '\n');
		struct walk w = walk_both(moved, by + len);

		if (w.r != 0)
			fail_msg("refused at %zu: %s: %s", w.at, w.wrong, text);
		free(moved);
	}
	/* only a number is still one with less of it */
	for (cut = 0; cut < len && strchr("[{\"tfn", *text); cut++) {
		struct walk w = walk_both(text, cut);

		while (cut < len && strchr(" \t\r\n", text[cut]))
			cut++;
		if (cut < len && w.r != GV_EREFUSED)
			fail_msg("accepted %zu of: %s", cut, text);
	}
}

static void
assert_refused(const char *text, size_t len, size_t at, const char *words)
{
	size_t by;

	for (by = 0; by < WIDE; by++) {
		char *moved = shift(text, len, by, by % 3 ? ' ' : '\n');
		struct walk w = walk_both(moved, by + len);

		if (w.r != GV_EREFUSED)
			fail_msg("accepted: %s", text);
		if (w.at != by + at || !strstr(w.wrong, words))
			fail_msg("at %zu, %s: %s", w.at - by, w.wrong, text);
		free(moved);
	}
}

/* ---- the grammar ---- */

static void
all_that_is_json_is_accepted(void **state)
{
	static const char *const good[] = { "null", "true", "false", "0", "-0",
		"7", "-7", "1234567890123456789012345678901234567890", "0.5",
		"-0.5", "1.25e7", "1E7", "1e+07", "1e-7", "0e0", "0E+0",
		"1.0e-999999", "\"\"", "\"a\"", "\"\\u0041\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\uD834\\udd1e\"",
		"\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
		"\"\\uD800\\n\"", "\"\\uDfff x\"", "\"/ ' \x7f\"",
		"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
		"\"\xef\xbb\xbf in a text it is a character\"",
		"\"a text that is longer than any step: xxxxxxxxxxxxxxxxxxx\"",
		"\"a text with one \\n far into it, and more behind it xxx\"",
		"[]", "{}", "[ ]", "{\t}", "[\r\n\t ]", "[1]", "[ 1 , 2 ]",
		"[[],[[]],{}]", "{\"\":0}", "{\"a\":{\"b\":{\"c\":[]}}}",
		"{\"a\" : 1 , \"b\" : [ true , false , null ] }",
		"{\"a\":1,\"a\":2}", "{\"a\\n\\u00e4\":\"\"}",
		"[0,-1,2.5,3e4,\"\",true,false,null,[],{}]",
		"[1\n                                        ,\n2]",
		"[\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t1\t\t\t\t\t\t\t\t\t]",
		"{\"a key that is longer than any step of many\":\n\n\n1}",
		"[1]\n\t \r", "\"a\" ", "12 ", "null\n",
		"{}\n                 ", NULL };
	size_t i;

	(void)state;
	for (i = 0; good[i]; i++)
		assert_accepted(good[i], strlen(good[i]));
}

static const struct {
	const char *text;
	size_t at;
	const char *words;
} bad[] = {
	/* nothing, or less than all */
	{ "", 0, "early" },
	{ "  ", 2, "early" },
	{ "[", 1, "early" },
	{ "[1", 2, "early" },
	{ "[1,", 3, "early" },
	{ "{", 1, "early" },
	{ "{\"a\"", 4, "early" },
	{ "{\"a\":", 5, "early" },
	{ "{\"a\":1", 6, "early" },
	{ "{\"a\":1,", 7, "early" },
	{ "{\"a", 3, "early" },
	{ "\"a", 2, "early" },
	{ "\"", 1, "early" },
	{ "\"a\\", 3, "early" },
	{ "\"\\u12", 5, "early" },
	{ "nul", 3, "early" },
	{ "-", 1, "early" },
	{ "1.", 2, "early" },
	{ "1e", 2, "early" },
	{ "1e+", 3, "early" },
	/* behind it */
	{ "1 2", 2, "follows" },
	{ "[]]", 2, "follows" },
	{ "{}}", 2, "follows" },
	{ "{},", 2, "follows" },
	{ "\"\"\"", 2, "follows" },
	{ "nulll", 4, "follows" },
	{ "[] // no", 3, "follows" },
	/* commas and brackets */
	{ "[,]", 1, "value" },
	{ "[1,]", 3, "value" },
	{ "[1,,2]", 3, "value" },
	{ "[1 2]", 3, "comma" },
	{ "[1", 2, "early" },
	{ "[1}", 2, "comma or a ]" },
	{ "[}", 1, "comma or a ]" },
	{ "{]", 1, "comma or a }" },
	{ "{\"a\":1]", 6, "comma or a }" },
	{ "{\"a\":1 \"b\":2}", 7, "comma" },
	{ "{,}", 1, "key" },
	{ "{\"a\":1,}", 7, "key" },
	{ "]", 0, "value" },
	{ "}", 0, "value" },
	{ ",", 0, "value" },
	{ ":", 0, "value" },
	/* keys */
	{ "{a:1}", 1, "key" },
	{ "{'a':1}", 1, "key" },
	{ "{1:1}", 1, "key" },
	{ "{null:1}", 1, "key" },
	{ "{[]:1}", 1, "key" },
	{ "{\"a\" 1}", 5, ":" },
	{ "{\"a\",1}", 4, ":" },
	{ "{\"a\"}", 4, ":" },
	{ "{\"a\"::1}", 5, "value" },
	{ "{\"a\":}", 5, "value" },
	{ "[\"a\":1]", 4, "comma" },
	/* numbers */
	{ "+1", 0, "value" },
	{ ".5", 0, "value" },
	{ "01", 0, "zero" },
	{ "-01", 1, "zero" },
	{ "00", 0, "zero" },
	{ "-a", 1, "number" },
	{ "--1", 1, "number" },
	{ "1.e1", 2, "number" },
	{ "1.5.5", 3, "follows" },
	{ "1ee1", 2, "number" },
	{ "1e++1", 3, "number" },
	{ "1e1.5", 3, "follows" },
	{ "0x1", 1, "follows" },
	{ "1_000", 1, "follows" },
	{ "1,5", 1, "follows" },
	{ "Infinity", 0, "value" },
	{ "-Infinity", 1, "number" },
	{ "NaN", 0, "value" },
	/* words */
	{ "True", 0, "value" },
	{ "TRUE", 0, "value" },
	{ "trux", 0, "value" },
	{ "fals3", 0, "value" },
	{ "nil", 0, "value" },
	{ "undefined", 0, "value" },
	{ "[truefalse]", 5, "comma" },
	/* texts */
	{ "'a'", 0, "value" },
	{ "a", 0, "value" },
	{ "`a`", 0, "value" },
	{ "\"\n\"", 1, "control" },
	{ "\"a\tb\"", 2, "control" },
	{ "\"\x1f\"", 1, "control" },
	{ "\"a text long enough for a step of many \x01 \"", 39, "control" },
	{ "\"\\a\"", 1, "backslash" },
	{ "\"\\'\"", 1, "backslash" },
	{ "\"\\0\"", 1, "backslash" },
	{ "\"\\x41\"", 1, "backslash" },
	{ "\"\\U0041\"", 1, "backslash" },
	{ "\"\\\n\"", 1, "backslash" },
	{ "\"\\u12g4\"", 1, "hexadecimal" },
	{ "\"\\u 123\"", 1, "hexadecimal" },
	{ "\"\\u-123\"", 1, "hexadecimal" },
	{ "\"\\u12\" \"", 1, "hexadecimal" },
	{ "\\u0041", 0, "value" },
	/* what is no blank, and no comment */
	{ "\x0c[]", 0, "value" },
	{ "[\x0b]", 1, "value" },
	{ "\xc2\xa0[]", 0, "value" },
	{ "[1\xe2\x80\xa8]", 2, "comma" },
	{ "\xef\xbb\xbf[]", 0, "value" },
	{ "/**/[]", 0, "value" },
	{ "[1 /* one */]", 3, "comma" },
	{ "# no\n[]", 0, "value" },
	{ "[\"a\"\\n]", 4, "comma" },
};

static void
all_that_is_not_is_refused_where_it_goes_wrong(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(
		    bad[i].text, strlen(bad[i].text), bad[i].at, bad[i].words);
	/* what a C string cannot say */
	assert_refused("\0", 1, 0, "value");
	assert_refused("[\0]", 3, 1, "value");
	assert_refused("[]\0", 3, 2, "follows");
	assert_refused("\"\0\"", 3, 1, "control");
	assert_refused("1\0", 2, 1, "follows");
	assert_refused(
	    "[\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0]", 22, 1, "value");
}

/* Every byte at every distance from the begin of a text, with as much and as
 * little behind it. */
static void
each_byte_of_a_text_is_looked_at(void **state)
{
	char text[2 * WIDE];
	size_t at, behind;
	unsigned c;

	(void)state;
	for (c = 0; c < 256; c++)
		for (at = 0; at < WIDE - 4; at++)
			for (behind = 0; behind < WIDE; behind += WIDE / 3) {
				const size_t len = at + behind + 3;
				const bool good = c >= ' ' && c < 0x80 &&
				    c != '"' && c != '\\';

				memset(text, 'a', sizeof(text));
				text[0] = text[len - 1] = '"';
				text[at + 1] = (char)c;
				assert_int_equal(
				    walk_both(text, len).r == 0, good);
			}
}

static void
each_byte_is_a_blank_or_none(void **state)
{
	char text[WIDE];
	size_t at;
	unsigned c;

	(void)state;
	for (c = 0; c < 256; c++)
		for (at = 1; at < WIDE - 1; at++) {
			memset(text, ' ', sizeof(text));
			text[0] = '[';
			text[sizeof(text) - 1] = ']';
			text[at] = (char)c;
			assert_int_equal(walk_both(text, sizeof(text)).r == 0,
			    (c && strchr(" \t\r\n", (int)c)) ||
				(c >= '0' && c <= '9'));
		}
}

static void
each_byte_behind_a_backslash_is_known_or_refused(void **state)
{
	char text[] = "\"\\?0aF9\"";
	unsigned c;

	(void)state;
	for (c = 0; c < 256; c++) {
		text[2] = (char)c;
		assert_int_equal(walk_both(text, sizeof(text) - 1).r == 0,
		    c && strchr("\"\\/bfnrtu", (int)c));
	}
	memcpy(text, "\"\\u0000\"", sizeof(text));
	for (c = 0; c < 256; c++) {
		text[6] = (char)c;
		assert_int_equal(walk_both(text, sizeof(text) - 1).r == 0,
		    c && strchr("0123456789abcdefABCDEF", (int)c));
	}
}

/* Two bytes and three of every kind, as base/utf8 judges them. */
static void
only_utf8_stands_in_a_text(void **state)
{
	static const unsigned char of[] = { 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
		0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
		0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff, 'a' };
	const size_t n = sizeof(of);
	char text[WIDE];
	size_t i, at;

	(void)state;
	for (i = 0; i < n * n * n * n; i++)
		for (at = 1; at < 18; at += 8) {
			const char four[] = { (char)of[i % n],
				(char)of[i / n % n], (char)of[i / n / n % n],
				(char)of[i / n / n / n] };

			memset(text, 'a', sizeof(text));
			text[0] = text[at + 4] = '"';
			memcpy(text + at, four, 4);
			assert_int_equal(walk(text, at + 5, true).r == 0,
			    gv_utf8_is_valid(four, 4));
		}
	/* surrogates, one too many, overlong ones and half of one */
	assert_refused("\"\xed\xa0\x80\"", 5, 1, "UTF-8");
	assert_refused("\"\xf4\x90\x80\x80\"", 6, 1, "UTF-8");
	assert_refused("\"\xc0\xaf\"", 4, 1, "UTF-8");
	assert_refused("\"a\xe2\x82\"", 5, 2, "UTF-8");
	assert_refused("\"a\xe2\x82", 4, 2, "UTF-8");
}

static void
too_deep_is_refused_and_no_sooner(void **state)
{
	static char text[2 * GV_JSONTEXT_MAX_DEPTH + 2];
	struct walk w;

	(void)state;
	memset(text, '[', GV_JSONTEXT_MAX_DEPTH + 1);
	memset(text + GV_JSONTEXT_MAX_DEPTH, ']', GV_JSONTEXT_MAX_DEPTH);
	w = walk_both(text, sizeof(text) - 2);
	assert_int_equal(w.r, 0);
	memset(text, '[', sizeof(text));
	w = walk_both(text, sizeof(text));
	assert_int_equal(w.r, GV_EREFUSED);
	assert_int_equal(w.at, GV_JSONTEXT_MAX_DEPTH);
	assert_non_null(strstr(w.wrong, "deep"));
}

/* Lists and maps in turns, ended by the other one's bracket at every depth. */
static void
each_level_is_ended_by_its_own_bracket(void **state)
{
	static const size_t n = 200;
	char text[2000];
	size_t i, wrong, len;

	(void)state;
	for (wrong = 0; wrong <= n; wrong++) {
		for (i = len = 0; i < n; i++) {
			bool map = i * i / 3 % 2;
			const char *begin = map ? "{\"\":" : "[";

			memcpy(text + len, begin, strlen(begin));
			len += strlen(begin);
		}
		text[len++] = '0';
		for (i = n; i-- > 0;) {
			bool map = i * i / 3 % 2;

			text[len++] = map != (i == wrong) ? '}' : ']';
		}
		assert_int_equal(
		    walk_both(text, len).r, wrong < n ? GV_EREFUSED : 0);
	}
}

/* ---- what is told ---- */

static void
assert_token(const struct gv_jsontext_token *t, enum gv_jsontext_kind kind,
    const char *key, const char *text)
{
	assert_int_equal(t->kind, kind);
	assert_int_equal(t->has_key, key != NULL);
	if (key) {
		assert_int_equal(t->key_len, strlen(key));
		assert_memory_equal(t->key, key, t->key_len);
		assert_int_equal(t->key_escaped, strchr(key, '\\') != NULL);
	} else {
		assert_null(t->key);
		assert_int_equal(t->key_len, 0);
	}
	assert_int_equal(t->len, strlen(text));
	assert_memory_equal(t->p, text, t->len);
	assert_int_equal(
	    t->escaped, kind == GV_JSONTEXT_TEXT && strchr(text, '\\') != NULL);
}

static void
tokens_are_slices_in_order(void **state)
{
	static const char text[] =
	    " { \"a\" : [ -1.5e+3 , \"\", \"x\\ny\" ], \"\\u0062\":{}\n,\"\":"
	    "true, \"d\":[false,null,[[]] ] } ";
	static const struct {
		enum gv_jsontext_kind kind;
		const char *key, *text;
	} want[] = { { GV_JSONTEXT_MAP, NULL, "{" },
		{ GV_JSONTEXT_LIST, "a", "[" },
		{ GV_JSONTEXT_NUMBER, NULL, "-1.5e+3" },
		{ GV_JSONTEXT_TEXT, NULL, "" },
		{ GV_JSONTEXT_TEXT, NULL, "x\\ny" },
		{ GV_JSONTEXT_LIST_END, NULL, "]" },
		{ GV_JSONTEXT_MAP, "\\u0062", "{" },
		{ GV_JSONTEXT_MAP_END, NULL, "}" },
		{ GV_JSONTEXT_TRUE, "", "true" },
		{ GV_JSONTEXT_LIST, "d", "[" },
		{ GV_JSONTEXT_FALSE, NULL, "false" },
		{ GV_JSONTEXT_NULL, NULL, "null" },
		{ GV_JSONTEXT_LIST, NULL, "[" },
		{ GV_JSONTEXT_LIST, NULL, "[" },
		{ GV_JSONTEXT_LIST_END, NULL, "]" },
		{ GV_JSONTEXT_LIST_END, NULL, "]" },
		{ GV_JSONTEXT_LIST_END, NULL, "]" },
		{ GV_JSONTEXT_MAP_END, NULL, "}" } };
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t i;

	(void)state;
	gv_jsontext_init(&j, text, sizeof(text) - 1);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(gv_jsontext_next(&j, &t), 1);
		assert_token(&t, want[i].kind, want[i].key, want[i].text);
	}
	assert_int_equal(gv_jsontext_next(&j, &t), 0);
	assert_ptr_equal(j.at, text + sizeof(text) - 1);
}

static void
a_value_is_told_whole(void **state)
{
	static const char text[] =
	    "{\"a\":[1,{\"b\":\"]}\\\"\"},[]] ,\"b\":\"x\",\"c\": {} }";
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	(void)state;
	gv_jsontext_init(&j, text, sizeof(text) - 1);
	assert_int_equal(gv_jsontext_next(&j, &t), 1);
	assert_int_equal(j.depth, 1);
	assert_int_equal(gv_jsontext_value(&j, &t), 1);
	assert_token(&t, GV_JSONTEXT_LIST, "a", "[1,{\"b\":\"]}\\\"\"},[]]");
	assert_int_equal(j.depth, 1);
	assert_int_equal(gv_jsontext_value(&j, &t), 1);
	assert_token(&t, GV_JSONTEXT_TEXT, "b", "x");
	assert_int_equal(gv_jsontext_value(&j, &t), 1);
	assert_token(&t, GV_JSONTEXT_MAP, "c", "{}");
	assert_int_equal(gv_jsontext_value(&j, &t), 1);
	assert_token(&t, GV_JSONTEXT_MAP_END, NULL, "}");
	assert_int_equal(j.depth, 0);
	assert_int_equal(gv_jsontext_value(&j, &t), 0);
}

static void
nothing_at_all_is_refused(void **state)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t line, column;

	(void)state;
	gv_jsontext_init(&j, NULL, 0);
	assert_int_equal(gv_jsontext_next(&j, &t), GV_EREFUSED);
	gv_jsontext_where(&j, &line, &column);
	assert_int_equal(line, 1);
	assert_int_equal(column, 1);
}

static void
lines_and_characters_are_counted(void **state)
{
	static const char wide[] =
	    "[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\",x";
	char text[9000];
	struct walk w;
	size_t n;

	(void)state;
	w = walk("[1,\n  x]", 8, false);
	assert_int_equal(w.line, 2);
	assert_int_equal(w.column, 3);
	w = walk("x", 1, false);
	assert_int_equal(w.line, 1);
	assert_int_equal(w.column, 1);
	w = walk("[\n\n", 3, false);
	assert_int_equal(w.line, 3);
	assert_int_equal(w.column, 1);
	w = walk(wide, sizeof(wide) - 1, false);
	assert_int_equal(w.line, 1);
	assert_int_equal(w.column, 8);
	/* more than a byte counts to */
	for (n = 0; n < sizeof(text); n += 701) {
		memset(text, '\n', sizeof(text));
		text[n] = 'x';
		w = walk(text, n + 1, false);
		assert_int_equal(w.line, n + 1);
		memset(text, ' ', n);
		w = walk(text, n + 1, false);
		assert_int_equal(w.line, 1);
		assert_int_equal(w.column, n + 1);
	}
}

static void
assert_decoded(const char *text, const char *want, size_t want_len)
{
	const size_t len = strlen(text);
	char *exact = malloc(len ? len : 1), *out = malloc(len ? len : 1);

	assert_non_null(exact);
	assert_non_null(out);
	memcpy(exact, text, len);
	assert_int_equal(gv_jsontext_decode(out, exact, len), want_len);
	assert_memory_equal(out, want, want_len);
	assert_memory_equal(exact, text, len);
	assert_int_equal(gv_jsontext_decode(exact, exact, len), want_len);
	assert_memory_equal(exact, want, want_len);
	memcpy(exact, text, len);
	if (memchr(want, '\0', want_len) == NULL) {
		memcpy(out, want, want_len);
		assert_true(gv_jsontext_is(exact, len, true, want));
		if (!strchr(text, '\\'))
			assert_true(gv_jsontext_is(exact, len, false, want));
	}
	assert_false(gv_jsontext_is(exact, len, true, "no such"));
	free(exact);
	free(out);
}

static void
texts_are_decoded(void **state)
{
	(void)state;
	assert_decoded("", "", 0);
	assert_decoded("abc", "abc", 3);
	assert_decoded("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8);
	assert_decoded("a\\u0041\\u00e4\\u20AC", "aA\xc3\xa4\xe2\x82\xac", 7);
	assert_decoded("\\ud83d\\uDE00!", "\xf0\x9f\x98\x80!", 5);
	assert_decoded(
	    "\\uffff\\u07ff\\u0800", "\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80", 8);
	assert_decoded("a\\u0000b", "a\0b", 3);
	assert_decoded("\\udc00\\udc00", "\xef\xbf\xbd\xef\xbf\xbd", 6);
	assert_decoded("\\ud800\\ue000", "\xef\xbf\xbd\xee\x80\x80", 6);
	/* halves, alone, in a wrong order, and before another escape */
	assert_decoded("\\ud800", "\xef\xbf\xbd", 3);
	assert_decoded("\\udc00\\ud800", "\xef\xbf\xbd\xef\xbf\xbd", 6);
	assert_decoded("\\ud800\\n", "\xef\xbf\xbd\n", 4);
	assert_decoded("\\ud800\\u0041",
	    "\xef\xbf\xbd"
	    "A",
	    4);
	assert_decoded(
	    "\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80", 7);
	/* no token has these; they are not gone beyond */
	assert_decoded("\\", "\\", 1);
	assert_decoded("\\u123", "\\u123", 5);
	assert_decoded("\\u12", "\\u12", 4);
	assert_decoded("a\\ud800\\ud", "a\xef\xbf\xbd\\ud", 7);
}

static void
a_text_is_compared_as_it_reads(void **state)
{
	(void)state;
	assert_true(gv_jsontext_is("values", 6, false, "values"));
	assert_false(gv_jsontext_is("values", 5, false, "values"));
	assert_false(gv_jsontext_is("valuesx", 7, false, "values"));
	assert_true(gv_jsontext_is("v\\u0061lues", 11, true, "values"));
	assert_true(gv_jsontext_is("\\u0076alues", 11, true, "values"));
	assert_false(gv_jsontext_is("v\\u0062lues", 11, true, "values"));
	assert_false(gv_jsontext_is("value\\u0073s", 12, true, "values"));
	assert_false(gv_jsontext_is("value\\u0073", 11, true, "value"));
	assert_false(gv_jsontext_is("value", 5, true, "values"));
	assert_true(gv_jsontext_is("", 0, false, ""));
	assert_true(gv_jsontext_is("", 0, true, ""));
	assert_false(gv_jsontext_is("\\u0000", 6, true, ""));
}

UNIT(jsontext)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_json_is_accepted),
		cmocka_unit_test(
		    all_that_is_not_is_refused_where_it_goes_wrong),
		cmocka_unit_test(each_byte_of_a_text_is_looked_at),
		cmocka_unit_test(each_byte_is_a_blank_or_none),
		cmocka_unit_test(
		    each_byte_behind_a_backslash_is_known_or_refused),
		cmocka_unit_test(only_utf8_stands_in_a_text),
		cmocka_unit_test(too_deep_is_refused_and_no_sooner),
		cmocka_unit_test(each_level_is_ended_by_its_own_bracket),
		cmocka_unit_test(tokens_are_slices_in_order),
		cmocka_unit_test(a_value_is_told_whole),
		cmocka_unit_test(nothing_at_all_is_refused),
		cmocka_unit_test(lines_and_characters_are_counted),
		cmocka_unit_test(texts_are_decoded),
		cmocka_unit_test(a_text_is_compared_as_it_reads),
	};

	return UNIT_RUN(tests);
}
