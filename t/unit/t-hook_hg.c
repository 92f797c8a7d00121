#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "hook/hook_hg.h"

static int
edit(struct gv_buf *out, const char *text, const char *program)
{
	gv_buf_reset(out);
	return gv_hook_hg_edit(out, text, strlen(text), program);
}

static void
what_else_the_file_has_stays_as_it_was(void **state)
{
	static const char *const texts[] = { "", "[ui]\nusername = A\n",
		"[hooks]\ncommit = mine", "\n\n", "# no end" };
	struct gv_buf with = GV_BUF_INIT, without = GV_BUF_INIT,
		      again = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const size_t n = strlen(texts[i]);

		assert_int_equal(edit(&with, texts[i], "/usr/bin/gv"), 0);
		assert_int_equal(strncmp(with.p, texts[i], n), 0);
		assert_non_null(strstr(
		    with.p, "\ncommit.git-vault = /usr/bin/gv -q snapshot "));
		assert_non_null(strstr(with.p, "\nupdate.git-vault = "));
		assert_int_equal(edit(&again, with.p, "/usr/bin/gv"), 0);
		assert_string_equal(again.p, with.p);
		assert_int_equal(edit(&without, with.p, NULL), 0);
		/* a line without an end got one */
		assert_int_equal(
		    strncmp(without.p ? without.p : "", texts[i], n), 0);
		assert_in_range(without.len, n, n + 1);
	}
	gv_buf_release(&with);
	gv_buf_release(&without);
	gv_buf_release(&again);
}

static void
lines_behind_ours_stay_and_a_program_is_quoted(void **state)
{
	struct gv_buf out = GV_BUF_INIT, all = GV_BUF_INIT;

	(void)state;
	assert_int_equal(edit(&out, "[a]\n", "/with blank/it's"), 0);
	assert_non_null(strstr(out.p, "= '/with blank/it'\\''s' -q snapshot"));
	gv_buf_addf(&all, "%s[z]\nx = 1\n", out.p);
	assert_int_equal(edit(&out, all.p, NULL), 0);
	assert_string_equal(out.p, "[a]\n[z]\nx = 1\n");
	gv_buf_release(&out);
	gv_buf_release(&all);
}

static void
a_beginning_without_an_end_is_left_alone(void **state)
{
	struct gv_buf out = GV_BUF_INIT, cut = GV_BUF_INIT;

	(void)state;
	assert_int_equal(edit(&out, "", "/gv"), 0);
	gv_buf_add(&cut, out.p, out.len - 4);
	assert_int_equal(gv_buf_check(&cut), 0);
	assert_int_equal(edit(&out, cut.p, NULL), GV_EREFUSED);
	assert_int_equal(edit(&out, cut.p, "/gv"), GV_EREFUSED);
	gv_buf_release(&out);
	gv_buf_release(&cut);
}

UNIT(hook_hg)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_else_the_file_has_stays_as_it_was),
		cmocka_unit_test(
		    lines_behind_ours_stay_and_a_program_is_quoted),
		cmocka_unit_test(a_beginning_without_an_end_is_left_alone),
	};

	return UNIT_RUN(tests);
}
