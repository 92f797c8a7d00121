#include "unit.h"

#include <string.h>

#include "audit/receipt.h"
#include "audit/receipt_commit.h"
#include "base/err.h"
#include "crypto/sign.h"
#include "hook/receive.h"

#define ZERO "0000000000000000000000000000000000000000"
#define ONE  "1111111111111111111111111111111111111111"
#define TWO  "2222222222222222222222222222222222222222"

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

/* A commit that a server of ours has signed. */
#define HEADERS                                                                \
	"tree 6f5a8de8a56f978bdf3bec8204167ecc557dea1c\n"                      \
	"author x <x@y> 1795350645 +0000\n"                                    \
	"committer x <x@y> 1795350645 +0000\n"
#define SIGNATURE                                                                   \
	"gpgsig -----BEGIN SSH SIGNATURE-----\n"                                    \
	" U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgCi2P6iOHZWK+fnELNoY1BRXvbv\n" \
	" 8icSQRi7osNkPXQ8wAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5\n" \
	" AAAAQM93UzzPagi08briKx5tVDi/CrhgXY6lsY15bi3vSRfvEATEcCXqf4XonvK/CXRWXl\n" \
	" 1mCHn6xAN/LR4NL24UeQ0=\n"                                                 \
	" -----END SSH SIGNATURE-----\n"
#define MESSAGE                                                                \
	"\n"                                                                   \
	"1000 snapshots received\n"                                            \
	"\n"                                                                   \
	"Vault-Format: 1\n"

static void
test_what_was_signed_is_the_commit_without_its_signature(void **state)
{
	static const char text[] = HEADERS SIGNATURE MESSAGE;
	static const char bytes[] = HEADERS MESSAGE;
	struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;
	struct gv_sign sign;
	char hex[GV_OID_HEX + 1];

	(void)state;
	assert_int_equal(
	    gv_receipt_commit_parse(&c, text, sizeof(text) - 1), 0);
	assert_string_equal(c.bytes.p, bytes);
	gv_oid_format(hex, &c.tree);
	assert_string_equal(hex, "6f5a8de8a56f978bdf3bec8204167ecc557dea1c");
	assert_true(gv_oid_is_zero(&c.parent));
	assert_int_equal(
	    gv_sign_parse(&sign, "git", c.signature.p, c.signature.len), 0);
	assert_int_equal(
	    gv_sign_check(&sign, "git", c.bytes.p, c.bytes.len), 0);
	c.bytes.p[c.bytes.len - 2] ^= 1;
	assert_int_equal(
	    gv_sign_check(&sign, "git", c.bytes.p, c.bytes.len), GV_EREFUSED);
	gv_receipt_commit_release(&c);
}

static void
test_the_first_tree_and_the_first_parent_count(void **state)
{
	static const char text[] = "tree " ONE "\ntree " TWO "\nparent " TWO
				   "\nparent " ONE "\nother x\n y\n\nm\n";
	struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;
	char hex[GV_OID_HEX + 1];

	(void)state;
	assert_int_equal(
	    gv_receipt_commit_parse(&c, text, sizeof(text) - 1), 0);
	assert_string_equal(c.bytes.p, text);
	assert_int_equal(c.signature.len, 0);
	gv_oid_format(hex, &c.tree);
	assert_string_equal(hex, ONE);
	gv_oid_format(hex, &c.parent);
	assert_string_equal(hex, TWO);
	gv_receipt_commit_release(&c);
}

static void
test_what_is_no_commit_is_refused(void **state)
{
	static const char *const bad[] = { "", "\n", "tree " ONE,
		"tree " ONE "\n", "tree " ONE "0\n\n", "parent " ONE "\n\n",
		"tree " ONE "\nparent x\n\n", "tree g" ZERO "\n\n",
		"tree " ONE "\ngpgsig -----BEGIN", "gpgsig tree " ONE "\n\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;

		assert_int_equal(
		    gv_receipt_commit_parse(&c, bad[i], strlen(bad[i])),
		    GV_ECORRUPT);
		assert_message("no commit of receipts");
		gv_receipt_commit_release(&c);
	}
}

UNIT(receive)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_line_is_a_ref),
		cmocka_unit_test(test_what_is_none_is_refused),
		cmocka_unit_test(test_a_receipt_is_read_as_it_was_written),
		cmocka_unit_test(
		    test_what_was_signed_is_the_commit_without_its_signature),
		cmocka_unit_test(
		    test_the_first_tree_and_the_first_parent_count),
		cmocka_unit_test(test_what_is_no_commit_is_refused),
	};

	return UNIT_RUN(tests);
}
