#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/manifest.h"
#include "view/diff.h"

#define ONE   "1111111111111111111111111111111111111111"
#define TWO   "2222222222222222222222222222222222222222"
#define ZERO  "0000000000000000000000000000000000000000"
#define HEAD  ":100644 100755 " ONE " " TWO " "
#define ADDED ":000000 120000 " ZERO " " TWO " A\0new\nname\0"

/* A literal with the zero bytes inside, without the last one. */
#define PARSE(diff, text) gv_diff_parse_raw(diff, text, sizeof(text) - 1)

static void
test_reads_each_kind_of_change(void **state)
{
	struct gv_diff d = GV_DIFF_INIT;

	(void)state;
	assert_int_equal(PARSE(&d,
			     HEAD "M\0a/b\0" HEAD "R087\0old\0x\0" ADDED
				  ":100644 000000 " ONE " " ZERO " D\0gone\0"),
	    0);
	assert_int_equal(d.n, 4);
	assert_int_equal(d.changes[0].status, 'M');
	assert_string_equal(d.changes[0].path, "a/b");
	assert_int_equal(d.changes[0].path_len, 3);
	assert_int_equal(d.changes[0].old_mode, 0100644);
	assert_int_equal(d.changes[0].new_mode, 0100755);
	assert_null(d.changes[0].old_path);
	assert_int_equal(d.changes[0].old_oid.id[0], 0x11);
	assert_int_equal(d.changes[0].new_oid.id[19], 0x22);
	assert_int_equal(d.changes[1].status, 'R');
	assert_int_equal(d.changes[1].score, 87);
	assert_string_equal(d.changes[1].old_path, "old");
	assert_string_equal(d.changes[1].path, "x");
	assert_string_equal(d.changes[2].path, "new\nname");
	assert_true(gv_oid_is_zero(&d.changes[2].old_oid));
	assert_int_equal(d.changes[3].new_mode, 0);
	assert_int_equal(d.modified, 1);
	assert_int_equal(d.renamed, 1);
	assert_int_equal(d.added, 1);
	assert_int_equal(d.removed, 1);
	gv_diff_release(&d);
	assert_int_equal(gv_diff_parse_raw(&d, "", 0), 0);
	assert_int_equal(d.n, 0);
	gv_diff_release(&d);
	gv_diff_release(NULL);
}

static void
test_refuses_what_is_no_list(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
#define BAD(text) { text, sizeof(text) - 1 }
		BAD("fatal: not a tree"),
		BAD(HEAD),
		BAD(HEAD "M"),
		BAD(HEAD "M\0"),
		BAD(HEAD "M\0\0"),
		BAD(HEAD "M\0path"),
		BAD(HEAD "X\0path\0"),
		BAD(HEAD "\0\0path\0"),
		BAD(HEAD "R100\0only one\0"),
		BAD(HEAD "R1000000000000\0a\0b\0"),
		BAD(":10064x 100755 " ONE " " TWO " M\0path\0"),
		BAD(":100644 100755 " ONE " 222222222222222222222222222222222"
		    "222222g M\0path\0"),
		BAD(":100644 100755 " ONE "-" TWO " M\0path\0"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct gv_diff d = GV_DIFF_INIT;
		/* in memory of just its size: for the sanitizers */
		char *exact = malloc(bad[i].len);

		assert_non_null(exact);
		memcpy(exact, bad[i].text, bad[i].len);
		assert_int_equal(
		    gv_diff_parse_raw(&d, exact, bad[i].len), GV_ECORRUPT);
		assert_message(
		    "git diff-tree printed unexpected output; is git-vault");
		free(exact);
		gv_diff_release(&d);
	}
}

static void
test_gives_modes_as_in_trees(void **state)
{
	struct gv_manifest_entry e = { .type = GV_MANIFEST_FILE,
		.mode = 04755 };

	(void)state;
	assert_int_equal(gv_diff_mode(&e), 0104755);
	e.type = GV_MANIFEST_DIR;
	e.mode = 01777;
	assert_int_equal(gv_diff_mode(&e), 0041777);
	e.type = GV_MANIFEST_LINK;
	assert_int_equal(gv_diff_mode(&e), 0120000);
	e.type = GV_MANIFEST_SKIPPED;
	assert_int_equal(gv_diff_mode(&e), 0);
	assert_int_equal(gv_diff_mode(NULL), 0);
}

UNIT(diff)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_each_kind_of_change),
		cmocka_unit_test(test_refuses_what_is_no_list),
		cmocka_unit_test(test_gives_modes_as_in_trees),
	};

	return UNIT_RUN(tests);
}
