#include "unit.h"

#include "drift/drift_since.h"
#include "drift_told.h"

struct times {
	const char *low_then, *high_then, *low, *high;
	const char *want;
};

static void
check(const char *path, const char *other, const struct times *x)
{
	struct drift_told now, then;
	struct gv_drift_report report, earlier;
	struct gv_buf told = GV_BUF_INIT;
	size_t i;

	drift_told_begin(&now);
	drift_told_add(&now, 0, path, x->low);
	drift_told_add(&now, 1, other, x->high);
	drift_told_begin(&then);
	gv_drift_free(then.drift);
	then.opts.like = now.drift;
	assert_int_equal(gv_drift_new(&then.drift, &then.opts), 0);
	drift_told_add(&then, 0, path, x->low_then);
	drift_told_add(&then, 1, other, x->high_then);
	assert_int_equal(gv_drift_compare(&report, now.drift, 0, 1), 0);
	assert_int_equal(gv_drift_compare(&earlier, then.drift, 0, 1), 0);
	assert_int_equal(gv_drift_since(&report, now.drift, &earlier), 0);
	for (i = 0; i < report.n; i++)
		drift_told_line(&told, &report.findings[i]);
	assert_string_equal(told.p ? told.p : "", x->want);
	assert_int_equal(report.counts[GV_DRIFT_SAME] +
		report.counts[GV_DRIFT_INTENDED] +
		report.counts[GV_DRIFT_DRIFT] +
		report.counts[GV_DRIFT_UNKNOWN] +
		report.counts[GV_DRIFT_BEFORE],
	    report.keys);
	gv_drift_report_release(&report);
	gv_drift_report_release(&earlier);
	gv_drift_free(now.drift);
	gv_drift_free(then.drift);
	gv_team_rules_release(&now.rules);
	gv_team_rules_release(&then.rules);
	gv_buf_release(&told);
}

static void
what_differed_before_is_told_apart(void **state)
{
	static const struct times rows[] = {
		/* the same difference, however it is written */
		{ "a: 1\n", "a: 2\n", "# new\na: 1\n", "a:   2\n",
		    "before value normal values-*.yaml#a: 1 in staging, 2 in "
		    "prod\n" },
		/* other values */
		{ "a: 1\n", "a: 2\n", "a: 1\n", "a: 3\n",
		    "drift value normal values-*.yaml#a: 1 in staging, 3 in "
		    "prod\n" },
		{ "a: 1\n", "a: 1\n", "a: 1\n", "a: 3\n",
		    "drift value normal values-*.yaml#a: 1 in staging, 3 in "
		    "prod\n" },
		{ "a: 1\nb: 1\n", "a: 1\n", "a: 1\nb: 1\nc: 1\n", "a: 1\n",
		    "before missing normal values-*.yaml#b: in staging, not in "
		    "prod\n"
		    "drift missing normal values-*.yaml#c: in staging, not in "
		    "prod\n" },
		/* a map that lacks one key more */
		{ "a: 1\nm: {x: 1, y: 2}\n", "a: 1\n",
		    "a: 1\nm: {x: 1, y: 2, z: 3}\n", "a: 1\n",
		    "drift missing normal values-*.yaml#m: 3 keys in staging, "
		    "not in prod\n" },
		/* what is gone is not told */
		{ "a: 1\nb: 1\n", "a: 2\nb: 1\n", "a: 1\nb: 1\n",
		    "a: 1\nb: 1\n", "" },
		/* what could not be read then may be new */
		{ "a: [\n", "a: 2\n", "a: 1\n", "a: 2\n",
		    "drift value normal values-*.yaml#a: 1 in staging, 2 in "
		    "prod\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check("values-staging.yaml", "values-prod.yaml", &rows[i]);
}

static void
secrets_are_the_same_by_their_digests(void **state)
{
	static const struct times rows[] = {
		{ "DB_PASSWORD=Qx7-velvet9-a\n", "DB_PASSWORD=Qx7-velvet9-a\n",
		    "DB_PASSWORD=Qx7-velvet9-a\n",
		    "DB_PASSWORD=Qx7-velvet9-a\n",
		    "before secret high .env.*#DB_PASSWORD: one secret in two "
		    "environments\n" },
		{ "DB_PASSWORD=Qx7-velvet9-a\n", "DB_PASSWORD=Qx7-velvet9-a\n",
		    "DB_PASSWORD=Qx7-velvet9-b\n",
		    "DB_PASSWORD=Qx7-velvet9-b\n",
		    "drift secret high .env.*#DB_PASSWORD: one secret in two "
		    "environments\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(".env.staging", ".env.prod", &rows[i]);
}

UNIT(drift_since)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_differed_before_is_told_apart),
		cmocka_unit_test(secrets_are_the_same_by_their_digests),
	};

	return UNIT_RUN(tests);
}
