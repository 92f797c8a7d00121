/* lib/schema: the test suite of JSON Schema, t/conformance/schema. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "helper/schema_suite.h"

/* Files of the suite whose tests may come out otherwise, and how many do; the
 * README there says why. */
static const struct {
	const char *file;
	size_t most;
} known[] = {
	{ "optional/zeroTerminatedFloats", 1 },
	{ "optional/content", 4 },
	{ "optional/format/idn-hostname", 108 },
	{ "optional/format/hostname", 71 },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

static void
count_known(void *ctx, const struct schema_suite_test *t)
{
	size_t *counts = ctx, i;

	for (i = 0; i < KNOWN; i++)
		if (strcmp(known[i].file, t->file) == 0) {
			counts[i]++;
			return;
		}
	print_message("%s %s: %s: %s\n", t->draft, t->file, t->group, t->test);
	counts[KNOWN]++;
}

static void
the_suite_comes_out_as_it_says(void **state)
{
	const char *src = getenv("GIT_VAULT_SRC_DIR");
	struct schema_suite_count count;
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	size_t counts[KNOWN + 1] = { 0 }, i, n;
	struct gv_doc doc;
	char part[65536];
	FILE *f;

	(void)state;
	gv_buf_addf(
	    &path, "%s/t/conformance/schema/suite.json", src ? src : ".");
	f = fopen(path.p, "rb");
	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		gv_buf_add(&text, part, n);
	fclose(f);
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_JSON, text.p, text.len, NULL), 0);
	schema_suite_run(&count, &doc, count_known, counts);
	assert_true(count.all[SCHEMA_SUITE_REQUIRED] == 4942);
	assert_true(count.right[SCHEMA_SUITE_REQUIRED] == 4942);
	assert_true(count.all[SCHEMA_SUITE_OPTIONAL] == 644);
	assert_true(count.all[SCHEMA_SUITE_FORMAT] == 2741);
	for (i = 0; i < KNOWN; i++)
		assert_true(counts[i] == known[i].most);
	assert_true(counts[KNOWN] == 0);
	gv_doc_release(&doc);
	gv_buf_release(&text);
	gv_buf_release(&path);
}

UNIT(schema_suite)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
	    the_suite_comes_out_as_it_says) };

	return UNIT_RUN(tests);
}
