#include "unit.h"

#include "drift/drift_patch.h"
#include "drift_told.h"

/* Two files, and what the patch of the second says. */
struct row {
	const char *low_path, *high_path, *low, *high;
	const char *want; /* from the first hunk on */
	size_t left;
};

static const struct row rows[] = {
	/* a value, with its comment */
	{ "values-staging.yaml", "values-prod.yaml", "a: 1\nb: x # why\n",
	    "a: 1\nb: y # because\n",
	    "@@ -1,2 +1,2 @@\n a: 1\n-b: y # because\n+b: x # because\n", 0 },
	/* the name of the environment in it */
	{ "values-staging.yaml", "values-prod.yaml",
	    "h: db.staging.x/one\nk: 1\n", "h: db.prod.x/two\nk: 1\n",
	    "@@ -1,2 +1,2 @@\n-h: db.prod.x/two\n+h: db.prod.x/one\n k: 1\n",
	    0 },
	/* a missing key, as deep as its siblings */
	{ "values-staging.yaml", "values-prod.yaml",
	    "a:\n  b: 1\n  new: 2 # two\n", "a:\n    b: 1\nc: 3\n",
	    "@@ -1,3 +1,4 @@\n a:\n     b: 1\n+    new: 2 # two\n c: 3\n", 1 },
	/* a missing map */
	{ "values-staging.yaml", "values-prod.yaml",
	    "a: 1\nm:\n  x: 1\n  y:\n    z: 2\n", "a: 1\n",
	    "@@ -1,1 +1,5 @@\n a: 1\n+m:\n+  x: 1\n+  y:\n+    z: 2\n", 0 },
	{ "staging.json", "prod.json", "{\n  \"a\": 1,\n  \"b\": [1]\n}\n",
	    "{\n  \"a\": 1\n}\n",
	    "@@ -1,3 +1,4 @@\n {\n-  \"a\": 1\n+  \"a\": 1,\n+  \"b\": "
	    "[1]\n }\n",
	    0 },
	{ "staging.tfvars", "prod.tfvars", "a = 1\nm = {\n  x = 1\n}\n",
	    "a = 2",
	    "@@ -1,1 +1,4 @@\n-a = 2\n\\ No newline at end of file\n+a = 1\n+m "
	    "= {\n+  x = 1\n+}\n",
	    0 },
	{ "app-staging.toml", "app-prod.toml",
	    "[s]\nx = 1\ny = \"a\"\n[t]\nz = 1\n", "[s]\nx = 1\n\n[t]\nz = 1\n",
	    "@@ -1,5 +1,6 @@\n [s]\n x = 1\n+y = \"a\"\n \n [t]\n z = 1\n", 0 },
	{ "app-staging.ini", "app-prod.ini", "[s]\nx = 1\ny = a\n",
	    "[s]\nx = 1\n", "@@ -1,2 +1,3 @@\n [s]\n x = 1\n+y = a\n", 0 },
	{ "app-staging.properties", "app-prod.properties", "a.b=1\na.c=2\n",
	    "a.b=3\n", "@@ -1,1 +1,2 @@\n-a.b=3\n+a.b=1\n+a.c=2\n", 0 },
	/* a renamed key */
	{ "values-staging.yaml", "values-prod.yaml", "db_host: x\n",
	    "database_host: x\n",
	    "@@ -1,1 +1,1 @@\n-database_host: x\n+db_host: x\n", 0 },
	/* a list whose order counts */
	{ "values-staging.yaml", "values-prod.yaml", "args: [a, b]\n",
	    "args: [b, a]\n", "@@ -1,1 +1,1 @@\n-args: [b, a]\n+args: [a, b]\n",
	    0 },
	/* secrets: neither as a change nor near one */
	{ ".env.staging", ".env.prod",
	    "A=one\nB=2\nC=3\nDB_PASSWORD=Qx7-velvet9\n",
	    "A=two\nB=2\nC=3\nDB_PASSWORD=Qx7-velvet9\n",
	    "@@ -1,2 +1,2 @@\n-A=two\n+A=one\n B=2\n", 1 },
	{ ".env.staging", ".env.prod", "A=one\nDB_PASSWORD=Qx7-velvet9\n",
	    "A=two\nDB_PASSWORD=Zz4-velour2\n", "", 1 },
	{ ".env.staging", ".env.prod", "A=1\nDB_PASSWORD=Qx7-velvet9\n",
	    "A=1\n", "", 1 },
	/* what only the second has stays */
	{ "values-staging.yaml", "values-prod.yaml", "a: 1\n", "a: 1\nb: 2\n",
	    "", 1 },
};

static int
check(const struct row *row)
{
	struct gv_drift_patch patch;
	struct gv_drift_report report;
	struct drift_told t;
	const char *got;
	struct gv_buf out = GV_BUF_INIT;
	bool is_wrong;

	drift_told_begin(&t);
	drift_told_add(&t, 0, row->low_path, row->low);
	drift_told_add(&t, 1, row->high_path, row->high);
	assert_int_equal(gv_drift_compare(&report, t.drift, 0, 1), 0);
	assert_int_equal(gv_drift_patch(&patch, t.drift, &report), 0);
	got = strstr(patch.text.p, "@@");
	got = got ? got : "";
	is_wrong = strcmp(got, row->want) != 0 || patch.left != row->left;
	if (is_wrong)
		print_error("%s is\n%s(%zu left) not\n%s(%zu)\n",
		    row->high_path, got, patch.left, row->want, row->left);
	assert_null(strstr(patch.text.p, "velvet9"));
	gv_drift_patch_release(&patch);
	gv_drift_report_release(&report);
	drift_told_end(&t, &out, NULL);
	gv_buf_release(&out);
	return is_wrong;
}

static void
a_patch_changes_as_little_as_it_can(void **state)
{
	size_t i;
	int wrong = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		wrong += check(&rows[i]);
	assert_int_equal(wrong, 0);
}

UNIT(drift_patch)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_patch_changes_as_little_as_it_can),
	};

	return UNIT_RUN(tests);
}
