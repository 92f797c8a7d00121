/* lib/view/pick: which changes of a file are sought by -S and -G. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "view/pick.h"

static void
assert_found(const char *string, const char *regex, const char *old,
    const char *new, enum gv_pick_found expect)
{
	enum gv_pick_found found = GV_PICK_BOTH;
	struct gv_pick p;

	assert_int_equal(gv_pick_init(&p, string, regex), 0);
	assert_int_equal(
	    gv_pick_judge(&found, &p, old, strlen(old), new, strlen(new)), 0);
	assert_int_equal(found, expect);
	gv_pick_release(&p);
}

static void
a_string_is_found_where_it_occurs_more_or_less_often(void **state)
{
	(void)state;
	assert_found("ab", NULL, "x", "xab", GV_PICK_MORE);
	assert_found("ab", NULL, "abab", "ab", GV_PICK_LESS);
	assert_found("ab", NULL, "ab\nc\n", "c\nab\n", GV_PICK_NO);
	assert_found("ab", NULL, "", "", GV_PICK_NO);
	assert_found("a\nb", NULL, "ab", "a\nb", GV_PICK_MORE);
	assert_found("aa", NULL, "aaa", "aa", GV_PICK_NO);
}

static void
an_expression_is_found_in_changed_lines_alone(void **state)
{
	(void)state;
	assert_found(NULL, "^a.c$", "x\n", "x\nabc\n", GV_PICK_MORE);
	assert_found(NULL, "^a.c$", "abc\nx\n", "x\n", GV_PICK_LESS);
	assert_found(NULL, "a.c", "abc 1\n", "abc 2\n", GV_PICK_BOTH);
	assert_found(NULL, "a.c", "abc\n1\n", "abc\n2\n", GV_PICK_NO);
	assert_found(NULL, "a{2}", "", "aa\n", GV_PICK_MORE);
	assert_found(NULL, "^c", "ab", "abc", GV_PICK_NO);
}

static void
what_is_binary_has_no_lines_but_may_have_a_string(void **state)
{
	enum gv_pick_found found;
	struct gv_pick p;

	(void)state;
	assert_int_equal(gv_pick_init(&p, NULL, "a"), 0);
	assert_int_equal(gv_pick_judge(&found, &p, "", 0, "\0a", 2), 0);
	assert_int_equal(found, GV_PICK_NO);
	gv_pick_release(&p);
	assert_int_equal(gv_pick_init(&p, "a", NULL), 0);
	assert_int_equal(gv_pick_judge(&found, &p, "", 0, "\0a", 2), 0);
	assert_int_equal(found, GV_PICK_MORE);
	gv_pick_release(&p);
}

static void
what_cannot_be_sought_is_refused(void **state)
{
	struct gv_pick p;

	(void)state;
	assert_int_equal(gv_pick_init(&p, "", NULL), GV_EUSAGE);
	gv_pick_release(&p);
	assert_int_equal(gv_pick_init(&p, NULL, "a("), GV_EUSAGE);
	gv_pick_release(&p);
}

UNIT(pick)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_string_is_found_where_it_occurs_more_or_less_often),
		cmocka_unit_test(an_expression_is_found_in_changed_lines_alone),
		cmocka_unit_test(
		    what_is_binary_has_no_lines_but_may_have_a_string),
		cmocka_unit_test(what_cannot_be_sought_is_refused),
	};

	return UNIT_RUN(tests);
}
