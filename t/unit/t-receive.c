#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "vault/receipt.h"
#include "vault/receive.h"

#define ZERO "0000000000000000000000000000000000000000"
#define ONE  "1111111111111111111111111111111111111111"

static int
parse(struct gv_receive *push, const char *text)
{
	return gv_receive_parse(push, text, strlen(text));
}

static void
test_each_line_is_a_ref(void **state)
{
	struct gv_receive push = { 0 };

	(void)state;
	assert_int_equal(parse(&push,
			     ZERO " " ONE " refs/heads/main\n" ONE " " ZERO
				  " refs/heads/a b\n"),
	    0);
	assert_int_equal(push.n, 2);
	assert_string_equal(push.updates[0].ref, "refs/heads/main");
	assert_string_equal(push.updates[1].ref, "refs/heads/a b");
	assert_true(gv_oid_is_zero(&push.updates[0].old));
	assert_false(gv_oid_is_zero(&push.updates[0].new));
	assert_true(gv_oid_is_zero(&push.updates[1].new));
	gv_receive_release(&push);
	assert_int_equal(parse(&push, ""), 0);
	assert_int_equal(push.n, 0);
	gv_receive_release(&push);
	/* the last line end may be missing */
	assert_int_equal(parse(&push, ZERO " " ONE " r"), 0);
	assert_int_equal(push.n, 1);
	gv_receive_release(&push);
}

static void
test_what_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "\n", ZERO "\n", ZERO " " ONE "\n",
		ZERO " " ONE " \n", ZERO "  " ONE " r\n",
		"g" ZERO " " ONE " r\n", ZERO " x" ONE " r\n" };
	struct gv_receive push = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(&push, bad[i]), GV_ECORRUPT);
		assert_message("OLD NEW REF");
	}
	assert_int_equal(
	    gv_receive_parse(&push, ZERO " " ONE " a\0b\n", 85), GV_ECORRUPT);
	assert_null(push.updates);
}

static void
test_a_receipt_is_read_as_it_was_written(void **state)
{
	char name[] = "a\nlice\x7f of us";
	struct gv_receipt receipt = { .time = 1790000000, .pusher = name };
	struct gv_receipt back = { 0 };
	struct gv_buf text = GV_BUF_INIT, again = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_oid_parse(&receipt.commit, ONE), 0);
	gv_receipt_format(&text, &receipt);
	assert_string_equal(text.p,
	    "commit " ONE "\ntime 2026-09-21T14:13:20Z\n"
	    "pusher a?lice? of us\n");
	assert_int_equal(gv_receipt_parse(&back, text.p, text.len), 0);
	assert_string_equal(back.pusher, "a?lice? of us");
	assert_int_equal(back.time, receipt.time);
	gv_receipt_format(&again, &back);
	assert_string_equal(again.p, text.p);
	gv_receipt_release(&back);
	gv_buf_release(&again);
	for (; text.len; gv_buf_truncate(&text, text.len - 1))
		assert_int_equal(
		    gv_receipt_parse(&back, text.p, text.len - 1), GV_ECORRUPT);
	gv_buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_line_is_a_ref),
		cmocka_unit_test(test_what_is_none_is_refused),
		cmocka_unit_test(test_a_receipt_is_read_as_it_was_written),
	};

	return UNIT_RUN(tests);
}
