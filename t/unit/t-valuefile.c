#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "safe/secret_label.h"
#include "secret/valuefile.h"

static void
add(struct gv_valuefile *b, const char *scope, const char *name,
    const char *value)
{
	assert_int_equal(
	    gv_valuefile_add(b, scope, name, value, strlen(value)), 0);
}

static int
read(struct gv_valuefile *b, enum gv_valuefile_format format, const char *text,
    size_t len)
{
	struct gv_secret s = GV_SECRET_INIT;
	int r;

	assert_int_equal(gv_secret_add(&s, text, len), 0);
	r = gv_valuefile_read(b, format, &s);
	gv_secret_release(&s);
	return r;
}

static void
is(const struct gv_valuefile *b, size_t i, const char *name, const char *value)
{
	assert_true(i < b->n);
	assert_string_equal(b->items[i].name, name);
	assert_int_equal(b->items[i].len, strlen(value));
	assert_memory_equal(
	    gv_valuefile_bytes(b, &b->items[i]), value, strlen(value));
}

/* All bytes go out and come back, by both formats that are read. */
static void
what_is_written_is_read(void **state)
{
	static const enum gv_valuefile_format formats[] = { GV_VALUEFILE_ENV,
		GV_VALUEFILE_JSON };
	unsigned char bytes[256];
	size_t i, k;

	(void)state;
	for (i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	for (k = 0; k < 2; k++) {
		struct gv_valuefile b = GV_VALUEFILE_INIT,
				    back = GV_VALUEFILE_INIT;
		struct gv_secret text = GV_SECRET_INIT;
		size_t from = k == 0;

		add(&b, "prod", "A", "it's $x \"quoted\" \\ `y`\n");
		add(&b, "prod", "EMPTY", "");
		assert_int_equal(
		    gv_valuefile_add(&b, "prod", "B", bytes + from, 256 - from),
		    0);
		assert_int_equal(gv_valuefile_name(&b, formats[k]), 0);
		assert_int_equal(gv_valuefile_write(&text, &b, formats[k]), 0);
		assert_int_equal(
		    gv_valuefile_read(&back, formats[k], &text), 0);
		assert_int_equal(back.n, 3);
		is(&back, 0, "A", "it's $x \"quoted\" \\ `y`\n");
		is(&back, 1, "EMPTY", "");
		assert_int_equal(back.items[2].len, 256 - from);
		assert_memory_equal(gv_valuefile_bytes(&back, &back.items[2]),
		    bytes + from, 256 - from);
		gv_valuefile_release(&b);
		gv_valuefile_release(&back);
		gv_secret_release(&text);
	}
}

static void
names_are_such_as_can_be_and_differ(void **state)
{
	struct gv_valuefile b = GV_VALUEFILE_INIT;

	(void)state;
	add(&b, "dev", "db.pass-word", "1");
	add(&b, "dev", "db_pass_word", "2");
	add(&b, "prod", "9lives", "3");
	assert_int_equal(gv_valuefile_name(&b, GV_VALUEFILE_ENV), 0);
	assert_string_equal(b.items[0].name, "db_pass_word");
	assert_string_equal(b.items[1].name, "db_pass_word_2");
	assert_string_equal(b.items[2].name, "_9lives");
	gv_valuefile_release(&b);
	b = (struct gv_valuefile)GV_VALUEFILE_INIT;
	add(&b, "dev", ".env", "1");
	add(&b, "prod", ".env", "2");
	add(&b, "prod", "a/b c", "3");
	assert_int_equal(gv_valuefile_name(&b, GV_VALUEFILE_K8S), 0);
	assert_string_equal(b.items[0].name, ".env");
	assert_string_equal(b.items[1].name, ".env");
	assert_string_equal(b.items[2].name, "a-b-c");
	gv_valuefile_release(&b);
}

static void
what_is_no_bundle_is_refused_whole(void **state)
{
	static const struct {
		enum gv_valuefile_format format;
		const char *text, *words;
	} cases[] = {
		{ GV_VALUEFILE_ENV, "A=1\nB 2\n", "line 2" },
		{ GV_VALUEFILE_ENV, "A=1\n=2\n", "line 2" },
		{ GV_VALUEFILE_ENV, "A='1\n2\n", "a quote is not closed" },
		{ GV_VALUEFILE_ENV, "A=secret words\n", "line 1" },
		{ GV_VALUEFILE_JSON, "[]", "no JSON object" },
		{ GV_VALUEFILE_JSON, "{\"a\": 1, \"a\": 2}", "" },
		{ GV_VALUEFILE_JSON, "{\"a\": [1]}", "neither a text" },
		{ GV_VALUEFILE_JSON, "{\"a\": {\"base64\": \"%\"}}",
		    "no base64" },
		{ GV_VALUEFILE_JSON, "{\"\": \"b\"}", "a name in it can be" },
		{ GV_VALUEFILE_JSON, "", "" },
		{ GV_VALUEFILE_K8S, "kind: Secret", "is not read" },
	};
	struct gv_valuefile b = GV_VALUEFILE_INIT;
	size_t i;

	(void)state;
	add(&b, NULL, "was", "there");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(read(&b, cases[i].format, cases[i].text,
				strlen(cases[i].text)) < 0);
		if (strstr(gv_err_message(), cases[i].words) == NULL)
			fail_msg("%zu: %s", i, gv_err_message());
		assert_null(strstr(gv_err_message(), "secret words"));
		assert_int_equal(b.n, 1);
		is(&b, 0, "was", "there");
	}
	gv_valuefile_release(&b);
}

static void
a_key_is_what_stands_before(void **state)
{
	static const struct {
		const char *text, *key;
	} cases[] = {
		{ "DB_PASSWORD=", "DB_PASSWORD" },
		{ "x\n  password: \"", "password" },
		{ "{\"a\": 1, \"client_secret\": \"", "client_secret" },
		{ "db_password = \"", "db_password" },
		{ "<password>", "password" },
		{ "curl --token=", "token" },
		{ "export A='", "A" },
		{ "just words ", "" },
		{ "", "" },
		{ "\"", "" },
	};
	size_t i, at, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = gv_secret_label_key(
		    &at, cases[i].text, strlen(cases[i].text));
		if (len != strlen(cases[i].key) ||
		    memcmp(cases[i].text + at, cases[i].key, len) != 0)
			fail_msg("%s: %.*s", cases[i].text, (int)len,
			    cases[i].text + at);
	}
}

UNIT(valuefile)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(names_are_such_as_can_be_and_differ),
		cmocka_unit_test(what_is_no_bundle_is_refused_whole),
		cmocka_unit_test(a_key_is_what_stands_before),
	};

	return UNIT_RUN(tests);
}
