#include "unit.h"

#include <string.h>

#include "store/store_azure.h"

static void
values_are_found_in_a_connection_string(void **state)
{
	static const char text[] = "DefaultEndpointsProtocol=https;AccountName="
				   "a;AccountKey=b==;Empty=;X=1";
	struct gv_store_azure_piece p;

	(void)state;
	assert_true(gv_store_azure_find(&p, text, "AccountKey"));
	assert_int_equal(p.len, 3);
	assert_memory_equal(p.p, "b==", 3);
	assert_true(gv_store_azure_find(&p, text, "X"));
	assert_memory_equal(p.p, "1", 1);
	assert_false(gv_store_azure_find(&p, text, "Account"));
	assert_false(gv_store_azure_find(&p, text, "Y"));
	assert_false(gv_store_azure_find(&p, "", "Y"));
}

static void
what_is_signed_has_each_line(void **state)
{
	const struct gv_store_body body = { .fd = -1, .bytes = "x", .len = 1 };
	struct gv_store_ask ask = { .method = "PUT",
		.query = GV_BUF_INIT,
		.body = &body,
		.fields = { { "x-ms-version", "V" }, { "if-none-match", "*" },
		    { "content-type", "t" }, { "x-ms-date", "D" } },
		.n = 4 };
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	gv_buf_addstr(&ask.query, "blockid=a%3D&comp=block");
	assert_int_equal(gv_store_azure_text(&out, &ask, "/acc/box/n"), 0);
	assert_string_equal(out.p,
	    "PUT\n\n\n1\n\nt\n\n\n\n*\n\n\nx-ms-date:D\nx-ms-version:V\n"
	    "/acc/box/n\nblockid:a=\ncomp:block");
	gv_buf_release(&out);
	gv_buf_release(&ask.query);
}

UNIT(store_azure)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found_in_a_connection_string),
		cmocka_unit_test(what_is_signed_has_each_line),
	};

	return UNIT_RUN(tests);
}
