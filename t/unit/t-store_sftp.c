#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store_rclone.h"
#include "store/store_sftp_form.h"
#include "store/store_sftp_session.h"

static void
packets_are_as_long_as_they_say(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t at = gv_store_sftp_begin(&b, GV_STORE_SFTP_REMOVE, 7);

	(void)state;
	gv_store_sftp_add(&b, "a/b", 3);
	gv_store_sftp_end(&b, at);
	assert_int_equal(b.len, 16);
	assert_memory_equal(b.p, "\0\0\0\014\015\0\0\0\007\0\0\0\003a/b", 16);
	assert_int_equal(gv_store_sftp_measure(b.p, 3), 0);
	assert_int_equal(gv_store_sftp_measure(b.p, b.len), 16);
	assert_int_equal(gv_store_sftp_measure("\0\0\0\004", 4), -1);
	assert_int_equal(gv_store_sftp_measure("Welc", 4), -1);
	gv_buf_release(&b);
}

static int
see(void *ctx, const char *name, size_t len,
    const struct gv_store_sftp_attrs *a)
{
	gv_buf_addf(ctx, "%.*s %d %d%s%s\n", (int)len, name, (int)a->size,
	    (int)a->modified, a->is_file ? " file" : "",
	    a->is_folder ? " folder" : "");
	return 0;
}

static void
names_come_with_their_attributes(void **state)
{
	static const unsigned char packet[] =
	    "\0\0\0\002" /* two */
	    "\0\0\0\001a\0\0\0\002-r"
	    "\0\0\0\015" /* size, mode, times */
	    "\0\0\0\0\0\0\0\005\0\0\201\244\0\0\0\001\0\0\0\002"
	    "\0\0\0\001b\0\0\0\0\200\0\0\006" /* owner, mode, more */
	    "\0\0\0\0\0\0\0\0\0\0\101\355"
	    "\0\0\0\001\0\0\0\001x\0\0\0\0";
	struct gv_store_sftp_in in = { packet, sizeof(packet) - 1, false };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	assert_int_equal(gv_store_sftp_names(&in, see, &b), 0);
	assert_string_equal(b.p, "a 5 2 file\nb 0 0 folder\n");
	assert_int_equal(in.left, 0);
	for (i = 0; i < sizeof(packet) - 1; i++) {
		in = (struct gv_store_sftp_in){ packet, i, false };
		gv_buf_reset(&b);
		assert_int_equal(
		    gv_store_sftp_names(&in, see, &b), GV_ECORRUPT);
	}
	gv_buf_release(&b);
}

static void
nothing_reaches_ssh_as_an_option(void **state)
{
	(void)state;
	assert_true(gv_store_sftp_is_host("backup.example"));
	assert_true(gv_store_sftp_is_host("fe80::1"));
	assert_true(gv_store_sftp_is_user("DOMAIN\\ann"));
	assert_true(gv_store_sftp_is_port("2222"));
	assert_false(gv_store_sftp_is_host("-oProxyCommand=x"));
	assert_false(gv_store_sftp_is_host("a b"));
	assert_false(gv_store_sftp_is_host("a;b"));
	assert_false(gv_store_sftp_is_host("$(a)"));
	assert_false(gv_store_sftp_is_host(""));
	assert_false(gv_store_sftp_is_user("-l"));
	assert_false(gv_store_sftp_is_user("a'b"));
	assert_false(gv_store_sftp_is_port("-p"));
	assert_false(gv_store_sftp_is_port(""));
	assert_false(gv_store_sftp_is_port("123456"));
}

static void
lines_of_rclone_are_read(void **state)
{
	static const char file[] = "a-b\t12\t1970-01-01 00:01:00",
			  folder[] = "packs/\t-1\t1970-01-01 00:01:00";
	static const char *const bad[] = { "", "a", "a\t1", "\t1\tx", "a\tx\ty",
		"a\t-1\tx", "/\t-1\tx", "a\t1x\ty" };
	struct gv_store_rclone_entry e;
	size_t i;

	(void)state;
	assert_true(gv_store_rclone_line(&e, file, strlen(file)));
	assert_int_equal(e.len, 3);
	assert_int_equal(e.stat.bytes, 12);
	assert_int_equal(e.stat.modified, 60);
	assert_false(e.is_folder);
	assert_true(gv_store_rclone_line(&e, folder, strlen(folder)));
	assert_int_equal(e.len, 5);
	assert_true(e.is_folder);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(gv_store_rclone_line(&e, bad[i], strlen(bad[i])));
}

static void
a_refusal_of_rclone_is_told_by_its_words(void **state)
{
	(void)state;
	assert_true(gv_store_rclone_is_denied(
	    "Failed to deletefile: remove /a: operation not permitted"));
	assert_true(gv_store_rclone_is_denied(
	    "ERROR : a: AccessDenied: Access Denied status code: 403"));
	assert_true(gv_store_rclone_is_denied("Forbidden: 403 Forbidden"));
	assert_false(gv_store_rclone_is_denied("connection refused"));
	assert_false(gv_store_rclone_is_denied(""));
}

UNIT(store_sftp)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_of_rclone_is_told_by_its_words),
		cmocka_unit_test(packets_are_as_long_as_they_say),
		cmocka_unit_test(names_come_with_their_attributes),
		cmocka_unit_test(nothing_reaches_ssh_as_an_option),
		cmocka_unit_test(lines_of_rclone_are_read),
	};

	return UNIT_RUN(tests);
}
