#include "unit.h"

#include <string.h>

#include "format/answer.h"

/* Take these two outputs. */
static void
answer(struct gv_answer *a, int status, const char *out, const char *err)
{
	struct gv_buf text = GV_BUF_INIT, message = GV_BUF_INIT;

	gv_buf_addstr(&text, out);
	gv_buf_addstr(&message, err);
	gv_answer_take(a, status, &text, &message);
	assert_int_equal(text.len + message.len, 0);
}

static void
a_document_is_read(void **state)
{
	struct gv_answer a;

	(void)state;
	answer(&a, 1, "{\"id\":\"x\"}\n", "warning: {odd}\n");
	assert_int_equal(a.status, 1);
	assert_string_equal(gv_unjson_get_text(gv_answer_root(&a), "id"), "x");
	assert_string_equal(a.message, "");
	gv_answer_release(&a);
}

static void
a_failure_says_why_on_the_other_output(void **state)
{
	struct gv_answer a;

	(void)state;
	answer(&a, 128, "",
	    "hint: before\n{\"error\":{\"code\":\"locked\",\"message\":\"by "
	    "ann\"}}\n");
	assert_string_equal(a.code, "locked");
	assert_string_equal(a.message, "by ann");
	gv_answer_release(&a);
}

static void
anything_else_is_no_document(void **state)
{
	static const char *const odd[] = { "", "killed", "{",
		"{\"a\":", "{\"error\":\"text\"}", "{\"error\":{\"code\":1}}",
		NULL };
	struct gv_answer a;
	size_t i;

	(void)state;
	for (i = 0; odd[i]; i++) {
		answer(&a, 137, "", odd[i]);
		assert_string_equal(a.code, "");
		assert_string_equal(a.message, "");
		gv_answer_release(&a);
	}
	answer(&a, 0, "", "");
	assert_null(gv_answer_root(&a));
	gv_answer_release(&a);
}

UNIT(answer)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_read),
		cmocka_unit_test(a_failure_says_why_on_the_other_output),
		cmocka_unit_test(anything_else_is_no_document),
	};

	return UNIT_RUN(tests);
}
