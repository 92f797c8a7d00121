/* lib/audit/receipt, receipt_commit: a receipt and the commit around it, as
 * bytes. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"
#include "audit/receipt_commit.h"
#include "base/err.h"

#define ID "0123456789abcdef0123456789abcdef01234567"
#define P  "89abcdef0123456789abcdef0123456789abcdef"

static void
what_is_written_is_read(void **state)
{
	char name[] = "alice";
	struct gv_receipt in = { .time = 1764000000, .pusher = name };
	struct gv_receipt out = { .time = 0 };
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_oid_parse(&in.commit, ID), 0);
	gv_receipt_format(&text, &in);
	assert_string_equal(
	    text.p, "commit " ID "\ntime 2025-11-24T16:00:00Z\npusher alice\n");
	assert_int_equal(gv_receipt_parse(&out, text.p, text.len), 0);
	assert_true(gv_oid_equal(&out.commit, &in.commit));
	assert_int_equal(out.time, in.time);
	assert_string_equal(out.pusher, "alice");
	gv_receipt_release(&out);
	gv_buf_release(&text);
}

static void
a_name_cannot_add_a_line(void **state)
{
	char name[] = "eve\ncommit " P "\ttime";
	struct gv_receipt in = { .pusher = name };
	struct gv_receipt out = { .time = 0 };
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_oid_parse(&in.commit, ID), 0);
	gv_receipt_format(&text, &in);
	assert_int_equal(gv_receipt_parse(&out, text.p, text.len), 0);
	assert_true(gv_oid_equal(&out.commit, &in.commit));
	assert_string_equal(out.pusher, "eve?commit " P "?time");
	gv_receipt_release(&out);
	gv_buf_release(&text);
}

static void
anything_else_is_no_receipt(void **state)
{
	static const char *const texts[] = {
		"",
		"commit " ID "\n",
		"commit " ID "\ntime 2025-11-24T16:00:00Z\n",
		"commit " ID "\ntime 2025-11-24T16:00:00Z\npusher alice",
		"commit " ID "\ntime 2025-11-24T16:00:00Z\npusher a\nmore\n",
		"time 2025-11-24T16:00:00Z\ncommit " ID "\npusher a\n",
		"commit 0123\ntime 2025-11-24T16:00:00Z\npusher a\n",
		"commit " ID "0\ntime 2025-11-24T16:00:00Z\npusher a\n",
		"commit " ID "\ntime yesterday\npusher a\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct gv_receipt out = { .time = 7 };

		assert_int_equal(
		    gv_receipt_parse(&out, texts[i], strlen(texts[i])),
		    GV_ECORRUPT);
		assert_int_equal(out.time, 7);
	}
}

/* ---- the commit ---------------------------------------------------------- */

#define HEAD "tree " ID "\nparent " P "\nauthor a <a@b> 1 +0000\n"
#define SIG                                                                    \
	"gpgsig -----BEGIN SSH SIGNATURE-----\n U1NI\n"                        \
	" -----END SSH SIGNATURE-----\n"

static void
a_signature_is_taken_out_of_what_it_signs(void **state)
{
	static const char text[] = HEAD SIG "\nreceipt\n";
	struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;

	(void)state;
	assert_int_equal(gv_receipt_commit_parse(&c, text, strlen(text)), 0);
	assert_string_equal(c.bytes.p, HEAD "\nreceipt\n");
	assert_string_equal(c.signature.p,
	    "-----BEGIN SSH SIGNATURE-----\nU1NI\n"
	    "-----END SSH SIGNATURE-----\n");
	gv_receipt_commit_release(&c);
}

static void
the_first_tree_and_parent_count(void **state)
{
	static const char text[] =
	    "tree " ID "\nparent " P "\nparent " ID "\ntree " P "\n\n";
	struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;
	char hex[GV_OID_HEX + 1];

	(void)state;
	assert_int_equal(gv_receipt_commit_parse(&c, text, strlen(text)), 0);
	gv_oid_format(hex, &c.tree);
	assert_string_equal(hex, ID);
	gv_oid_format(hex, &c.parent);
	assert_string_equal(hex, P);
	assert_int_equal(c.signature.len, 0);
	gv_receipt_commit_release(&c);
}

static void
what_is_cut_off_is_no_commit(void **state)
{
	static const char *const texts[] = { "", "\n", "tree " ID,
		"tree " ID "\n", "tree 0123\n\n", "parent " P "\n\n",
		"tree " ID "\nparent " P "0\n\n", HEAD SIG };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;

		assert_int_equal(
		    gv_receipt_commit_parse(&c, texts[i], strlen(texts[i])),
		    GV_ECORRUPT);
		gv_receipt_commit_release(&c);
	}
}

UNIT(receipt)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_name_cannot_add_a_line),
		cmocka_unit_test(anything_else_is_no_receipt),
		cmocka_unit_test(a_signature_is_taken_out_of_what_it_signs),
		cmocka_unit_test(the_first_tree_and_parent_count),
		cmocka_unit_test(what_is_cut_off_is_no_commit),
	};

	return UNIT_RUN(tests);
}
