#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "format/canon.h"

static void
is_in_one_form(void **state)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_canon c = { .out = &out };

	(void)state;
	gv_canon_map(&c, NULL);
	gv_canon_list(&c, "a");
	gv_canon_end(&c);
	gv_canon_bool(&c, "b", false);
	gv_canon_map(&c, "c");
	gv_canon_null(&c, "x");
	gv_canon_number(&c, "y", UINT64_MAX);
	gv_canon_end(&c);
	gv_canon_list(&c, "d");
	gv_canon_text(&c, NULL, "");
	gv_canon_text(&c, NULL, NULL);
	gv_canon_map(&c, NULL);
	gv_canon_end(&c);
	gv_canon_end(&c);
	gv_canon_time(&c, "e", 0);
	gv_canon_end(&c);
	assert_int_equal(gv_buf_check(&out), 0);
	assert_string_equal(out.p,
	    "{\"a\":[],\"b\":false,\"c\":{\"x\":null,"
	    "\"y\":18446744073709551615},\"d\":[\"\",null,{}],"
	    "\"e\":\"1970-01-01T00:00:00Z\"}");
	gv_buf_release(&out);
}

static void
escapes_no_more_than_it_must(void **state)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_canon c = { .out = &out };

	(void)state;
	gv_canon_text(&c, NULL, "\"\\/\b\n\x1f\x7f \303\251 \360\237\230\200");
	assert_string_equal(out.p,
	    "\"\\\"\\\\/\\u0008\\u000a\\u001f\x7f \303\251 "
	    "\360\237\230\200\"");
	gv_buf_release(&out);
}

/* A byte that begins no character, half a character, a surrogate. */
static void
replaces_what_is_not_utf8(void **state)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_canon c = { .out = &out };

	(void)state;
	gv_canon_text(&c, NULL, "a\377b\303");
	assert_string_equal(out.p, "\"a\357\277\275b\357\277\275\"");
	gv_buf_release(&out);
}

UNIT(canon)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_in_one_form),
		cmocka_unit_test(escapes_no_more_than_it_must),
		cmocka_unit_test(replaces_what_is_not_utf8),
	};

	return UNIT_RUN(tests);
}
