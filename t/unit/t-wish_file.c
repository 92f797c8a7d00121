#include "unit.h"

#include <string.h>

#include "policy/wish_file.h"

static struct gv_buf
text_of(const char *text)
{
	struct gv_buf out = GV_BUF_INIT;

	gv_buf_addstr(&out, text);
	return out;
}

static bool
is_looser(const char *accepted, const char *present)
{
	struct gv_buf a = text_of(accepted), b = text_of(present);
	bool looser = gv_wish_file_is_looser(&a, &b);

	gv_buf_release(&a);
	gv_buf_release(&b);
	return looser;
}

static size_t
count_new(const char *accepted, const char *present)
{
	struct gv_buf a = text_of(accepted), b = text_of(present);
	size_t n = gv_wish_file_count_new(&a, &b);

	gv_buf_release(&a);
	gv_buf_release(&b);
	return n;
}

static void
add(struct gv_buf *out, const char *path, const char *bytes)
{
	assert_int_equal(
	    gv_wish_file_add(out, path, strlen(path), bytes, strlen(bytes)), 0);
}

static void
expect_of(const struct gv_buf *all, const char *path, const char *expect)
{
	struct gv_buf out = GV_BUF_INIT;

	assert_int_equal(
	    gv_wish_file_of(&out, all->p, all->len, path, strlen(path)), 0);
	assert_string_equal(out.len ? out.p : "", expect);
	gv_buf_release(&out);
}

static void
a_file_is_its_patterns(void **state)
{
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	add(&out, ".vaultignore", "\xef\xbb\xbf# ours\n\n*.iso\r\n!a.iso\nb ");
	assert_string_equal(out.p,
	    ".vaultignore: *.iso\n.vaultignore: !a.iso\n.vaultignore: b \n");
	expect_of(&out, ".vaultignore", "*.iso\n!a.iso\nb \n");
	expect_of(&out, "sub/.vaultignore", "");
	gv_buf_release(&out);
}

/* Whoever names a directory cannot make its patterns those of another one. */
static void
a_path_never_reads_as_a_pattern(void **state)
{
	static const char odd[] = "a/.vaultignore: b/.vaultignore";
	static const char lf[] = "a\n.vaultignore: x/.vaultignore";
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	add(&out, odd, "one\n");
	add(&out, lf, "two\n");
	add(&out, "a\\n.vaultignore", "three\n");
	add(&out, "a/.vaultignore", "b/.vaultignore: four\n");
	expect_of(&out, odd, "one\n");
	expect_of(&out, lf, "two\n");
	expect_of(&out, "a\\n.vaultignore", "three\n");
	expect_of(&out, "a/.vaultignore", "b/.vaultignore: four\n");
	expect_of(&out, "b/.vaultignore", "");
	expect_of(&out, "x/.vaultignore", "");
	assert_true(is_looser("", out.p));
	gv_buf_release(&out);
}

static void
what_leaves_out_more_is_looser(void **state)
{
	(void)state;
	assert_true(is_looser("", ".vaultignore: *\n"));
	assert_true(is_looser(".vaultignore: a\n", ".vaultignore: b\n"));
	assert_true(is_looser(
	    ".vaultignore: a\n", ".vaultignore: a\nx/.vaultignore: a\n"));
	/* what brought in is gone, or now comes first */
	assert_true(is_looser(
	    ".vaultignore: a\n.vaultignore: !a/b\n", ".vaultignore: a\n"));
	assert_true(is_looser(
	    ".vaultignore: *\nx/.vaultignore: !*\n", ".vaultignore: *\n"));
	assert_true(is_looser(".vaultignore: a\n.vaultignore: !a\n",
	    ".vaultignore: !a\n.vaultignore: a\n"));
	/* a colon of the path is no end of it */
	assert_true(is_looser("", "x\\: !/.vaultignore: a\n"));
}

static void
what_leaves_out_less_is_not(void **state)
{
	(void)state;
	assert_false(is_looser("", ""));
	assert_false(is_looser(".vaultignore: a\n", ""));
	assert_false(is_looser(".vaultignore: a\n", ".vaultignore: a\n"));
	assert_false(is_looser("", ".vaultignore: !a\n"));
	assert_false(is_looser(
	    ".vaultignore: a\n", ".vaultignore: a\n.vaultignore: !b\n"));
	assert_false(is_looser(
	    ".vaultignore: a\n", ".vaultignore: !b\n.vaultignore: a\n"));
	assert_false(is_looser(
	    ".vaultignore: a\n.vaultignore: !b\n", ".vaultignore: !b\n"));
}

static void
new_patterns_are_counted(void **state)
{
	(void)state;
	assert_int_equal(count_new("", ""), 0);
	assert_int_equal(
	    count_new("", ".vaultignore: a\n.vaultignore: !b\n"), 1);
	assert_int_equal(count_new(".vaultignore: a\n",
			     ".vaultignore: a\nx/.vaultignore: "
			     "a\nx/.vaultignore: b\n"),
	    2);
}

static void
both_have_to_leave_a_path_out(void **state)
{
	const enum gv_ignore_verdict out = GV_IGNORE_IGNORED,
				     in = GV_IGNORE_INCLUDED,
				     none = GV_IGNORE_UNDECIDED;

	(void)state;
	assert_int_equal(gv_wish_file_hold(out, out), out);
	assert_int_equal(gv_wish_file_hold(out, none), none);
	assert_int_equal(gv_wish_file_hold(none, out), none);
	assert_int_equal(gv_wish_file_hold(none, none), none);
	assert_int_equal(gv_wish_file_hold(in, out), in);
	assert_int_equal(gv_wish_file_hold(out, in), in);
	assert_int_equal(gv_wish_file_hold(none, in), in);
	assert_int_equal(gv_wish_file_hold(in, none), in);
}

UNIT(wish_file)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_its_patterns),
		cmocka_unit_test(a_path_never_reads_as_a_pattern),
		cmocka_unit_test(what_leaves_out_more_is_looser),
		cmocka_unit_test(what_leaves_out_less_is_not),
		cmocka_unit_test(new_patterns_are_counted),
		cmocka_unit_test(both_have_to_leave_a_path_out),
	};

	return UNIT_RUN(tests);
}
