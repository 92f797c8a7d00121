#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "repo/repo.h"
#include "view/content.h"
#include "view/summary.h"

static char top[] = "/home/me/work", prefix[] = "envs/prod/", none[] = "";

/* What `typed` means from the top of the working tree. */
static void
assert_path(char *worktree, char *from, const char *typed, const char *expect)
{
	struct gv_repo repo = { .worktree = worktree, .prefix = from };
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addstr(&b, "before");
	assert_int_equal(gv_content_path(&b, &repo, typed), 0);
	assert_string_equal(b.p + 6, expect);
	gv_buf_release(&b);
}

static void
assert_refused(char *worktree, char *from, const char *typed)
{
	struct gv_repo repo = { .worktree = worktree, .prefix = from };
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addstr(&b, "before");
	assert_int_equal(gv_content_path(&b, &repo, typed), GV_EUSAGE);
	assert_message("leads out of the working tree");
	assert_string_equal(b.p, "before");
	gv_buf_release(&b);
}

static void
test_resolves_what_is_typed(void **state)
{
	(void)state;
	assert_path(top, none, "a/b", "a/b");
	assert_path(top, none, "", "");
	assert_path(top, none, ".", "");
	assert_path(top, none, "./a//b/./", "a/b");
	assert_path(top, none, "a/../b", "b");
	assert_path(top, prefix, "main.tf", "envs/prod/main.tf");
	assert_path(top, prefix, "../dev/x", "envs/dev/x");
	assert_path(top, prefix, "../..", "");
	assert_path(top, prefix, "/home/me/work/a", "a");
	assert_path(top, prefix, "/home/me/work", "");
	assert_path(top, none, "..a", "..a");
	assert_path(NULL, none, "a", "a");
}

static void
test_refuses_what_leads_out(void **state)
{
	(void)state;
	assert_refused(top, none, "..");
	assert_refused(top, none, "a/../../b");
	assert_refused(top, prefix, "../../../x");
	assert_refused(top, none, "/home/me/worker");
	assert_refused(top, none, "/");
	assert_refused(top, none, "/home/me/work/../x");
	assert_refused(NULL, none, "/etc/passwd");
}

static void
test_splits_lines_of_origin(void **state)
{
	static const char text[] =
	    "branch main\nhead = abc\nurl: x y\n\nkey\nz 1";
	struct gv_summary s = { .arena = GV_ARENA_INIT };
	const struct gv_summary_pair *p;

	(void)state;
	assert_int_equal(gv_summary_add_lines(
			     &s, &s.repository, text, sizeof(text) - 1, true),
	    0);
	assert_int_equal(s.repository.n, 5);
	p = s.repository.items;
	assert_string_equal(p[0].key, "branch");
	assert_string_equal(p[0].value, "main");
	assert_string_equal(p[1].key, "head");
	assert_string_equal(p[1].value, "abc");
	assert_string_equal(p[2].value, "x y");
	assert_string_equal(p[3].key, "key");
	assert_string_equal(p[3].value, "");
	assert_string_equal(p[4].value, "1");
	assert_int_equal(
	    gv_summary_add_lines(&s, &s.submodules, "a: b\n", 5, false), 0);
	assert_string_equal(s.submodules.items[0].value, "a: b");
	gv_summary_release(&s);
	gv_summary_release(NULL);
}

UNIT(content)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolves_what_is_typed),
		cmocka_unit_test(test_refuses_what_leads_out),
		cmocka_unit_test(test_splits_lines_of_origin),
	};

	return UNIT_RUN(tests);
}
