/* lib/part/cover: a set of files as few paths. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "part/cover.h"

/* Each text is a path; "+" before it: it is in the set. */
static void
assert_cover(const char *const *texts, const char *expect)
{
	struct gv_cover_file files[16];
	struct gv_cover cover;
	struct gv_buf out = GV_BUF_INIT;
	size_t i, n;

	for (n = 0; texts[n]; n++) {
		const bool is_in = texts[n][0] == '+';

		files[n] = (struct gv_cover_file){ texts[n] + is_in,
			strlen(texts[n] + is_in), is_in };
	}
	assert_int_equal(gv_cover_find(&cover, files, n), 0);
	for (i = 0; i < cover.n; i++)
		gv_buf_addf(&out, "%.*s|", (int)cover.items[i].len,
		    cover.items[i].path);
	assert_string_equal(out.p ? out.p : "", expect);
	gv_cover_release(&cover);
	gv_buf_release(&out);
}

static void
a_folder_stands_for_what_it_has_alone(void **state)
{
	static const char *const one[] = { "+live/prod/a", "live/dev/a",
		"+live/prod/sub/b", "modules/x", "+values-prod.yaml",
		"values.yaml", NULL };
	static const char *const mixed[] = { "+a/1", "+a/2", "a/3", "+a/b/1",
		"+a/b/c/2", NULL };

	(void)state;
	assert_cover(one, "live/prod|values-prod.yaml|");
	assert_cover(mixed, "a/1|a/2|a/b|");
}

static void
a_name_that_begins_like_a_folder_is_not_in_it(void **state)
{
	static const char *const like[] = { "+a/b", "+a-b/c", "a.b", "a-b/d",
		"+a/c", NULL };

	(void)state;
	assert_cover(like, "a|a-b/c|");
}

static void
all_files_are_the_top_and_none_are_nothing(void **state)
{
	static const char *const all[] = { "+a", "+b/c", NULL };
	static const char *const none[] = { "a", "b/c", NULL };
	static const char *const empty[] = { NULL };

	(void)state;
	assert_cover(all, "|");
	assert_cover(none, "");
	assert_cover(empty, "");
}

UNIT(cover)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_stands_for_what_it_has_alone),
		cmocka_unit_test(a_name_that_begins_like_a_folder_is_not_in_it),
		cmocka_unit_test(all_files_are_the_top_and_none_are_nothing),
	};

	return UNIT_RUN(tests);
}
