#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "search/tagger.h"

static bool
is_name(void *ctx, const char *name, size_t len)
{
	return strlen(ctx) == len && memcmp(ctx, name, len) == 0;
}

#define DONE "{\"_type\": \"completed\", \"command\": \"generate-tags\"}\n"
#define TAG(name, line)                                                        \
	"{\"_type\": \"tag\", \"name\": \"" name "\", \"line\": " line "}\n"

static void
tags_are_of_the_text_that_is_at_hand(void **state)
{
	static const char out[] =
	    "{\"_type\": \"program\"}\n" TAG("x", "1") TAG("y", "2")
		TAG("x", "30") DONE DONE TAG("y", "7") DONE TAG("x", "9") DONE;
	struct gv_tagger_text t[4] = { { .n = 0 } };
	char want[] = "x";
	size_t i;

	(void)state;
	assert_int_equal(
	    gv_tagger_read(t, 3, out, strlen(out), is_name, want), 0);
	assert_true(t[0].is_known);
	assert_int_equal(t[0].n, 2);
	assert_int_equal(t[0].lines[0], 1);
	assert_int_equal(t[0].lines[1], 30);
	assert_false(t[1].is_known);
	assert_true(t[2].is_known);
	assert_int_equal(t[2].n, 0);
	assert_false(t[3].is_known);
	for (i = 0; i < 4; i++)
		free(t[i].lines);
}

static void
what_is_odd_or_cut_is_no_tag(void **state)
{
	static const char *const odd[] = { TAG("x", "0"), TAG("x", "-3"),
		TAG("x", "99999999999"), TAG("\\\"x", "1"), TAG("x\\n", "1"),
		"{\"_type\": \"tag\", \"name\": \"x\"}\n",
		"{\"_type\": \"tag\", \"name\": \"x", "{\"_type\": \"tag\",",
		"{\"_type\": \"error\", \"name\": \"x\", \"line\": 1}\n",
		"junk\n", "" };
	struct gv_tagger_text t = { .n = 0 };
	char want[] = "x";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_int_equal(gv_tagger_read(&t, 1, odd[i], strlen(odd[i]),
				     is_name, want),
		    0);
		assert_int_equal(t.n, 0);
	}
}

UNIT(tagger)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_of_the_text_that_is_at_hand),
		cmocka_unit_test(what_is_odd_or_cut_is_no_tag),
	};

	return UNIT_RUN(tests);
}
