#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/xmltag.h"

static void
tags_come_in_order_with_their_attributes_and_text(void **state)
{
	static const char text[] =
	    "<?xml version=\"1.0\"?>\n<!-- <no> -->\n<a b='1' c=\"x&amp;&#x41;"
	    "&lt;\">t&quot;</a>";
	struct gv_buf out = GV_BUF_INIT;
	struct gv_xmltag x;

	(void)state;
	gv_xmltag_init(&x, text, sizeof(text) - 1);
	assert_int_equal(gv_xmltag_next(&x), 1);
	assert_true(gv_xmltag_is(&x, "a"));
	assert_false(gv_xmltag_is(&x, "ab"));
	assert_true(gv_xmltag_get(&out, &x, "b"));
	assert_string_equal(out.p, "1");
	assert_true(gv_xmltag_get(&out, &x, "c"));
	assert_string_equal(out.p, "1x&A<");
	assert_false(gv_xmltag_get(&out, &x, "d"));
	gv_buf_reset(&out);
	assert_true(gv_xmltag_text(&out, &x));
	assert_string_equal(out.p, "t\"");
	assert_int_equal(gv_xmltag_next(&x), 1);
	assert_true(x.is_end);
	assert_false(gv_xmltag_is(&x, "a"));
	assert_int_equal(gv_xmltag_next(&x), 0);
	gv_buf_release(&out);
}

/* A file may have such a name, and no other file is to come of it. */
static void
a_value_never_becomes_a_tag(void **state)
{
	static const char text[] = "<e p=\"a>&#10;<e p='b'\"><f/>";
	struct gv_buf out = GV_BUF_INIT;
	struct gv_xmltag x;

	(void)state;
	gv_xmltag_init(&x, text, sizeof(text) - 1);
	assert_int_equal(gv_xmltag_next(&x), 1);
	assert_true(gv_xmltag_get(&out, &x, "p"));
	assert_string_equal(out.p, "a>\n<e p='b'");
	assert_int_equal(gv_xmltag_next(&x), 1);
	assert_true(gv_xmltag_is(&x, "f"));
	assert_int_equal(gv_xmltag_next(&x), 0);
	gv_buf_release(&out);
}

static void
what_is_cut_short_or_unknown_is_refused(void **state)
{
	static const char *const cut[] = { "<a", "<a b=\"", "<a b=\">",
		"<!-- a", "<>", "< a>" };
	static const char *const unknown[] = { "<a b=\"&x;\">",
		"<a b=\"&amp\">", "<a b=\"&#xz;\">", "<a b>", "<a b=1>" };
	struct gv_buf out = GV_BUF_INIT;
	struct gv_xmltag x;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		gv_xmltag_init(&x, cut[i], strlen(cut[i]));
		assert_int_equal(gv_xmltag_next(&x), GV_ECORRUPT);
	}
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		gv_xmltag_init(&x, unknown[i], strlen(unknown[i]));
		assert_int_equal(gv_xmltag_next(&x), 1);
		assert_false(gv_xmltag_get(&out, &x, "b"));
	}
	gv_buf_release(&out);
}

UNIT(xmltag)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    tags_come_in_order_with_their_attributes_and_text),
		cmocka_unit_test(a_value_never_becomes_a_tag),
		cmocka_unit_test(what_is_cut_short_or_unknown_is_refused),
	};

	return UNIT_RUN(tests);
}
