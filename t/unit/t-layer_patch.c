/* lib/layer: RFC 7396 by its appendix, RFC 6902 by its own and by the test
 * suite, where GIT_VAULT_TEST_JSON_PATCH names its folder. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>

#include "layer_told.h"
#include "sys/file.h"

static void
merge_patches_do_what_the_appendix_says(void **state)
{
	static const char *const rows[][3] = {
		{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"b\":\"c\"}",
		    "{\"a\":\"b\",\"b\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
		{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}",
		    "{\"b\":\"c\"}" },
		{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
		{ "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
		    "{\"a\":{\"b\":\"d\"}}" },
		{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
		{ "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
		{ "{\"a\":\"foo\"}", "null", "null" },
		{ "{\"a\":\"foo\"}", "\"bar\"", "bar" },
		{ "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
		{ "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
		{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}",
		    "{\"a\":{\"bb\":{}}}" },
	};
	struct gv_layer doc, patch;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told_read(&doc, "doc", GV_DOC_FORMAT_JSON, rows[i][0], 0);
		told_read(&patch, "patch", GV_DOC_FORMAT_JSON, rows[i][1], 1);
		assert_int_equal(
		    gv_layer_merge_patch(&doc.tree, patch.tree.root), 0);
		assert_value(doc.tree.root, rows[i][2]);
		gv_layer_release(&doc);
		gv_layer_release(&patch);
	}
}

static void
operations_are_applied_all_or_none(void **state)
{
	static const char *const rows[][3] = {
		{ "{\"a\":[1,2]}",
		    "[{\"op\":\"add\",\"path\":\"/a/1\",\"value\":9},"
		    "{\"op\":\"add\",\"path\":\"/a/-\",\"value\":8}]",
		    "{\"a\":[1,9,2,8]}" },
		{ "{\"a\":[1,2]}",
		    "[{\"op\":\"remove\",\"path\":\"/a/0\"},"
		    "{\"op\":\"test\",\"path\":\"/a\",\"value\":[2]}]",
		    "{\"a\":[2]}" },
		{ "{\"a/b\":1,\"m~n\":2}",
		    "[{\"op\":\"move\",\"from\":\"/a~1b\",\"path\":\"/m~0n\"}]",
		    "{\"m~n\":1}" },
		{ "{\"a\":{\"b\":[1]}}",
		    "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/c\"},"
		    "{\"op\":\"add\",\"path\":\"/a/c/b/0\",\"value\":0}]",
		    "{\"a\":{\"b\":[1],\"c\":{\"b\":[0,1]}}}" },
		{ "{\"a\":1}",
		    "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":2},"
		    "{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]",
		    NULL },
		{ "{\"a\":{\"b\":1}}",
		    "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]",
		    NULL },
		{ "{\"a\":[1]}", "[{\"op\":\"remove\",\"path\":\"/a/01\"}]",
		    NULL },
		{ "{\"a\":[1]}",
		    "[{\"op\":\"add\",\"path\":\"/a/2\",\"value\":1}]", NULL },
		{ "{}", "[{\"op\":\"spam\",\"path\":\"\"}]", NULL },
		{ "{}", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]", NULL },
		{ "{}", "{\"op\":\"add\"}", NULL },
	};
	struct gv_layer doc, patch;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told_read(&doc, "doc", GV_DOC_FORMAT_JSON, rows[i][0], 0);
		told_read(&patch, "patch", GV_DOC_FORMAT_JSON, rows[i][1], 1);
		r = gv_layer_patch(&doc.tree, patch.tree.root);
		assert_int_equal(r, rows[i][2] ? 0 : GV_EREFUSED);
		assert_value(
		    doc.tree.root, rows[i][2] ? rows[i][2] : rows[i][0]);
		gv_layer_release(&doc);
		gv_layer_release(&patch);
	}
}

/* What is wrong with an operation on {"a":[1],"b":2}. */
static void
what_is_wrong_with_a_patch_is_said(void **state)
{
	static const char *const rows[][2] = {
		{ "{}", "a patch is a list of operations" },
		{ "[{\"path\":\"\"}]", "it has no \"op\"" },
		{ "[{\"op\":1,\"path\":\"\"}]", "it has no \"op\"" },
		{ "[{\"op\":\"add\"}]", "it has no \"path\"" },
		{ "[{\"op\":\"copy\",\"path\":\"/c\"}]", "it has no \"from\"" },
		{ "[{\"op\":\"add\",\"path\":\"/c\"}]", "it has no \"value\"" },
		{ "[{\"op\":\"spam\",\"path\":\"\"}]",
		    "its \"op\" must be add, remove, replace, move, copy or "
		    "test" },
		{ "[{\"op\":\"remove\",\"path\":\"a\"}]",
		    "its \"path\" does not begin with /" },
		{ "[{\"op\":\"remove\",\"path\":\"/a~2\"}]",
		    "a '~' in the pointer is followed by neither 0 nor 1" },
		{ "[{\"op\":\"remove\",\"path\":\"/a~\"}]",
		    "a '~' in the pointer is followed by neither 0 nor 1" },
		{ "[{\"op\":\"remove\",\"path\":\"/a/00\"}]",
		    "it names no element of a list" },
		{ "[{\"op\":\"remove\",\"path\":\"/a/x\"}]",
		    "it names no element of a list" },
		{ "[{\"op\":\"remove\",\"path\":\"/a/1\"}]",
		    "the list has 1 elements" },
		{ "[{\"op\":\"remove\",\"path\":\"/b/c\"}]",
		    "the pointer goes through a single value" },
		{ "[{\"op\":\"remove\",\"path\":\"/c\"}]",
		    "there is nothing at the pointer" },
		{ "[{\"op\":\"add\",\"path\":\"/b/c\",\"value\":1}]",
		    "nothing can be added to a single value" },
		{ "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/0\"}]",
		    "a value cannot be moved into itself" },
		{ "[{\"op\":\"test\",\"path\":\"/b\",\"value\":3}]",
		    "the value differs from the tested one" },
	};
	struct gv_layer doc, patch;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told_read(
		    &doc, "doc", GV_DOC_FORMAT_JSON, "{\"a\":[1],\"b\":2}", 0);
		told_read(&patch, "patch", GV_DOC_FORMAT_JSON, rows[i][0], 1);
		assert_int_equal(
		    gv_layer_patch(&doc.tree, patch.tree.root), GV_EREFUSED);
		if (strstr(gv_err_message(), rows[i][1]) == NULL)
			fail_msg("%s: %s", rows[i][0], gv_err_message());
		assert_value(doc.tree.root, "{\"a\":[1],\"b\":2}");
		gv_layer_release(&doc);
		gv_layer_release(&patch);
	}
}

/* One case of the suite; whether it is right. */
static bool
is_right(const struct gv_layer_value *test)
{
	const struct gv_layer_value *doc = gv_layer_get(test, "doc", 3);
	const struct gv_layer_value *expect = gv_layer_get(test, "expected", 8);
	struct gv_layer_tree tree = { .root = (void *)(uintptr_t)doc };
	bool right;
	int r = gv_layer_patch(&tree, gv_layer_get(test, "patch", 5));

	if (gv_layer_get(test, "error", 5))
		right = r == GV_EREFUSED;
	else
		right = r == 0 &&
		    (expect == NULL || gv_layer_is_equal(tree.root, expect));
	gv_layer_tree_release(&tree);
	return right;
}

/* A case that the suite disables has a key twice, which no layer may have. */
static void
rename_twice(char *text)
{
	const char *end = strstr(text, "has two 'op' members");
	char *at = NULL, *p = text;

	for (; end && (p = strstr(p, "\"op\"")) != NULL && p < end; p++)
		at = p;
	if (at)
		at[1] = 'x';
}

static void
the_suite_is_passed(void **state)
{
	static const char *const names[] = { "tests.json", "spec_tests.json" };
	const char *dir = getenv("GIT_VAULT_TEST_JSON_PATCH");
	size_t k, n = 0, wrong = 0;
	uint32_t i;

	(void)state;
	for (k = 0; k < 2; k++) {
		struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
		struct gv_layer suite;

		gv_buf_addf(&path, "%s/%s", dir, names[k]);
		assert_int_equal(
		    gv_file_read(&text, AT_FDCWD, path.p, 1 << 20), 0);
		rename_twice(text.p);
		assert_int_equal(
		    told_read(&suite, "s", GV_DOC_FORMAT_JSON, text.p, 0), 0);
		for (i = 0; i < suite.tree.root->n; i++) {
			const struct gv_layer_value *test =
			    suite.tree.root->items[i];

			if (gv_layer_get(test, "disabled", 8) ||
			    gv_layer_get(test, "doc", 3) == NULL)
				continue;
			n++;
			if (is_right(test))
				continue;
			wrong++;
			print_message("%s: line %u\n", names[k], test->line);
		}
		gv_layer_release(&suite);
		gv_buf_release(&text);
		gv_buf_release(&path);
	}
	print_message("%zu cases of json-patch-tests\n", n);
	assert_int_equal(wrong, 0);
	assert_in_range(n, 100, 1000);
}

UNIT(layer_patch)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merge_patches_do_what_the_appendix_says),
		cmocka_unit_test(operations_are_applied_all_or_none),
		cmocka_unit_test(what_is_wrong_with_a_patch_is_said),
	};
	const struct CMUnitTest suite[] = { cmocka_unit_test(
	    the_suite_is_passed) };

	/* the suite is not ours to ship; the variable names its folder */
	return getenv("GIT_VAULT_TEST_JSON_PATCH") ? UNIT_RUN(suite)
						   : UNIT_RUN(tests);
}
