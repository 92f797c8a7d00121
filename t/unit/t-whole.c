/* lib/whole: which environments are whole, and why one is not. */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "whole/whole.h"

static void
an_environment_is_whole_if_nothing_speaks_against_it(void **state)
{
	struct gv_whole w = GV_WHOLE_INIT;
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_whole_add_env(&w, "prod"), 0);
	assert_int_equal(gv_whole_add_env(&w, "dev"), 0);
	assert_int_equal(gv_whole_add_env(&w, "prod"), 0);
	assert_int_equal(gv_whole_parse(&w, "prod/web locked"), 0);
	assert_int_equal(gv_whole_parse(&w, "prod/db moved"), 0);
	assert_int_equal(gv_whole_parse(&w, "prod/web locked"), 0);
	assert_int_equal(gv_whole_add(&w,
			     &(struct gv_whole_reason){
				 "prod", "web", GV_WHOLE_UNFINISHED, 2 }),
	    0);
	assert_int_equal(gv_whole_add(&w,
			     &(struct gv_whole_reason){
				 "qa", "web", GV_WHOLE_UNAPPLIED, 0 }),
	    0);
	gv_whole_sort(&w);
	assert_int_equal(w.n_envs, 3);
	assert_string_equal(w.envs[0], "dev");
	assert_true(gv_whole_has(&w, "dev"));
	assert_false(gv_whole_has(&w, "prod"));
	assert_false(gv_whole_has(&w, "qa"));
	assert_int_equal(w.n, 4);
	gv_whole_add_reasons(&text, &w, "prod");
	assert_string_equal(text.p,
	    "state db: it changed while the snapshot was taken; state web: it "
	    "was locked, 2 resources are tainted or deposed");
	gv_buf_reset(&text);
	gv_whole_add_reasons(&text, &w, "qa");
	assert_string_equal(
	    text.p, "state web: the code is not that of its commit");
	gv_buf_release(&text);
	gv_whole_release(&w);
}

static void
a_word_of_a_later_version_says_nothing(void **state)
{
	static const char *const texts[] = { "", "prod", "prod/web", "prod web",
		"prod/web burning", "prod/web unfinished", "/ locked x" };
	struct gv_whole w = GV_WHOLE_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(gv_whole_parse(&w, texts[i]), 0);
	assert_int_equal(w.n, 0);
	assert_int_equal(w.n_envs, 0);
	gv_whole_release(&w);
}

static void
what_is_written_is_read(void **state)
{
	struct gv_whole w = GV_WHOLE_INIT;
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	gv_whole_format(&text, "prod/a.b", GV_WHOLE_MOVED);
	assert_string_equal(text.p, "prod/a.b moved");
	assert_int_equal(gv_whole_parse(&w, text.p), 0);
	assert_int_equal(w.n, 1);
	assert_string_equal(w.reasons[0].stack, "a.b");
	assert_int_equal(w.reasons[0].why, GV_WHOLE_MOVED);
	gv_buf_release(&text);
	gv_whole_release(&w);
}

UNIT(whole)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_environment_is_whole_if_nothing_speaks_against_it),
		cmocka_unit_test(a_word_of_a_later_version_says_nothing),
		cmocka_unit_test(what_is_written_is_read),
	};

	return UNIT_RUN(tests);
}
