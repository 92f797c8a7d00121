#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "repo/discovery_internal.h"

static const struct gv_oid key = { { 1, 2, 3 } }, other = { { 1, 2, 4 } };

#define CONFIG "local\0file:.git/config\0core.bare\nfalse\0"

static void
write_one(struct gv_buf *out)
{
	static const char stamps[] = "/etc/gitconfig\0-\0/r/.git/refs\0folder";
	const struct gv_discovery_text d = { "/r/.git", "/r/.git",
		"/r/.git/objects", "/r/.git/index", "/r", "a/b/", "2.39.5",
		CONFIG, sizeof(CONFIG) - 1 };
	struct gv_discovery_stamps s = { .text = GV_BUF_INIT, .n = 2 };

	gv_buf_add(&s.text, stamps, sizeof(stamps));
	gv_discovery_format(out, &key, &d, &s);
	assert_int_equal(gv_buf_check(out), 0);
	gv_buf_release(&s.text);
}

static void
reads_what_it_wrote(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_discovery_text d;
	const char *stamps;
	size_t n;

	(void)state;
	write_one(&text);
	assert_true(
	    gv_discovery_parse(&d, &stamps, &n, text.p, text.len, &key));
	assert_string_equal(d.git_dir, "/r/.git");
	assert_string_equal(d.common_dir, "/r/.git");
	assert_string_equal(d.objects_dir, "/r/.git/objects");
	assert_string_equal(d.index_file, "/r/.git/index");
	assert_string_equal(d.worktree, "/r");
	assert_string_equal(d.prefix, "a/b/");
	assert_string_equal(d.git_version, "2.39.5");
	assert_int_equal(n, 2);
	assert_string_equal(stamps, "/etc/gitconfig");
	assert_int_equal(d.config_len, sizeof(CONFIG) - 1);
	assert_memory_equal(d.config, CONFIG, sizeof(CONFIG) - 1);
	gv_buf_release(&text);
}

/* No byte of it may be another, and none may be missing. */
static void
takes_nothing_that_is_damaged_or_of_another_key(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_discovery_text d;
	const char *stamps;
	size_t n, i;

	(void)state;
	write_one(&text);
	assert_false(
	    gv_discovery_parse(&d, &stamps, &n, text.p, text.len, &other));
	for (i = 0; i < text.len; i++) {
		char *copy = malloc(i + 1);

		assert_non_null(copy);
		memcpy(copy, text.p, i);
		assert_false(
		    gv_discovery_parse(&d, &stamps, &n, copy, i, &key));
		free(copy);
		text.p[i] ^= 1;
		assert_false(gv_discovery_parse(
		    &d, &stamps, &n, text.p, text.len, &key));
		text.p[i] ^= 1;
	}
	assert_true(
	    gv_discovery_parse(&d, &stamps, &n, text.p, text.len, &key));
	gv_buf_release(&text);
}

static void
a_file_that_is_young_or_no_file_leaves_a_doubt(void **state)
{
	struct gv_discovery_stamps s = { .text = GV_BUF_INIT };

	(void)state;
	gv_discovery_stamp(&s, "/nowhere/at/all");
	assert_false(s.is_doubtful);
	assert_int_equal(s.n, 1);
	assert_true(gv_discovery_is_unchanged(s.text.p, s.n));
	/* began: 1970, so every file is younger */
	gv_discovery_stamp(&s, "/proc/self/exe");
	assert_true(s.is_doubtful);
	s.is_doubtful = false;
	s.began.tv_sec = INT32_MAX;
	gv_discovery_stamp(&s, "/proc/self/exe");
	assert_false(s.is_doubtful);
	assert_true(gv_discovery_is_unchanged(s.text.p, s.n));
	gv_discovery_stamp(&s, "/dev/null");
	assert_true(s.is_doubtful);
	s.is_doubtful = false;
	gv_discovery_stamp(&s, "relative");
	assert_true(s.is_doubtful);
	gv_discovery_stamp_dir(&s, "/nowhere");
	assert_false(gv_discovery_is_unchanged(s.text.p, s.n));
	gv_buf_release(&s.text);
}

UNIT(discovery)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(
		    takes_nothing_that_is_damaged_or_of_another_key),
		cmocka_unit_test(
		    a_file_that_is_young_or_no_file_leaves_a_doubt),
	};

	return UNIT_RUN(tests);
}
