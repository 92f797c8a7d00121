#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/armor.h"

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define END   "-----END AGE ENCRYPTED FILE-----"
#define FULL  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void
what_is_written_is_read_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 47, 48, 49, 96, 97, 5000 };
	struct gv_buf text = GV_BUF_INIT, back = GV_BUF_INIT;
	unsigned char *data = test_calloc(5000, 1);
	size_t i;

	(void)state;
	for (i = 0; i < 5000; i++)
		data[i] = (unsigned char)(i * 31);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		gv_buf_reset(&text);
		gv_buf_reset(&back);
		assert_int_equal(gv_armor_add(&text, data, sizes[i]), 0);
		assert_true(gv_armor_is(text.p, text.len));
		assert_int_equal(gv_armor_read(&back, text.p, text.len), 0);
		assert_int_equal(back.len, sizes[i]);
		assert_memory_equal(back.p, data, sizes[i]);
	}
	gv_buf_release(&text);
	gv_buf_release(&back);
	test_free(data);
}

static void
takes_other_line_ends_and_white_space_around(void **state)
{
	static const char *const good[] = { BEGIN "\nAAEC\n" END,
		BEGIN "\r\nAAEC\r\n" END "\r\n",
		" \t\r\n\n" BEGIN "\nAAEC\n" END "\n\n \t\r\n" };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		gv_buf_reset(&b);
		assert_true(gv_armor_is(good[i], strlen(good[i])));
		assert_int_equal(
		    gv_armor_read(&b, good[i], strlen(good[i])), 0);
		assert_int_equal(b.len, 3);
		assert_memory_equal(b.p, "\0\1\2", 3);
	}
	gv_buf_release(&b);
}

static void
refuses_what_is_damaged(void **state)
{
	static const char *const bad[][2] = { { "", "begin" },
		{ "AAEC\n" END, "begin" }, { BEGIN " \nAAEC\n" END, "begin" },
		{ BEGIN "\nAAEC\n", "ends early" },
		{ BEGIN "\nAAEC\n-----END\n", "line 3" },
		{ BEGIN "\n\nAAEC\n" END, "line 2" },
		{ BEGIN "\nAAEC\n\n" END, "line 3" },
		{ BEGIN "\nAAE\n" END, "line 2" },
		{ BEGIN "\nAAF=\n" END, "line 2" },
		{ BEGIN "\nAAEC \n" END, "line 2" },
		{ BEGIN "\n AAEC\n" END, "line 2" },
		{ BEGIN "\nAAEC\nAAEC\n" END, "line 3" },
		{ BEGIN "\n" FULL "AAAA\n" END, "line 2" },
		{ BEGIN "\nAAEC\n" END "\nmore", "line 4" },
		{ BEGIN "\nAAEC\n" END "x", "line 3" } };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&b, "kept");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (gv_armor_read(&b, bad[i][0], strlen(bad[i][0])) !=
		    GV_ECORRUPT)
			fail_msg("'%s' was read", bad[i][0]);
		if (strncmp(gv_err_message(), "age armor: ", 11) != 0)
			fail_msg("message '%s'", gv_err_message());
		if (strstr(gv_err_message(), bad[i][1]) == NULL)
			fail_msg("'%s': %s", bad[i][0], gv_err_message());
		assert_string_equal(b.p, "kept");
	}
	gv_buf_release(&b);
}

static void
much_white_space_is_no_armor(void **state)
{
	struct gv_buf text = GV_BUF_INIT, out = GV_BUF_INIT;

	(void)state;
	gv_buf_addf(&text, "%1024s" BEGIN "\nAAEC\n" END "\n%1024s", "", "");
	assert_int_equal(gv_armor_read(&out, text.p, text.len), 0);
	gv_buf_addstr(&text, " ");
	assert_int_equal(gv_armor_read(&out, text.p, text.len), GV_ECORRUPT);
	gv_buf_reset(&text);
	gv_buf_addf(&text, "%1025s" BEGIN "\nAAEC\n" END "\n", "");
	assert_false(gv_armor_is(text.p, text.len));
	assert_int_equal(gv_armor_read(&out, text.p, text.len), GV_ECORRUPT);
	gv_buf_release(&text);
	gv_buf_release(&out);
}

static void
too_much_is_refused(void **state)
{
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	/* nothing is read of it */
	assert_int_equal(
	    gv_armor_read(&out, BEGIN, GV_ARMOR_MAX + 1), GV_EREFUSED);
	assert_int_equal(gv_armor_add(&out, BEGIN, GV_ARMOR_MAX), GV_EREFUSED);
	assert_int_equal(out.len, 0);
}

UNIT(armor)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(takes_other_line_ends_and_white_space_around),
		cmocka_unit_test(refuses_what_is_damaged),
		cmocka_unit_test(much_white_space_is_no_armor),
		cmocka_unit_test(too_much_is_refused),
	};

	return UNIT_RUN(tests);
}
