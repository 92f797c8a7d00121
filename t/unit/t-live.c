#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "toolstate/live.h"
#include "toolstate/live_internal.h"

/* A report, and the sentences of its changes, a line each. */
static void
assert_report(enum gv_live_tool tool, const char *report, const char *expect)
{
	struct gv_buf told = GV_BUF_INIT;
	struct gv_live live;
	char *copy = strdup(report);
	size_t i;

	assert_non_null(copy);
	assert_int_equal(gv_live_read(&live, copy, strlen(copy)), 0);
	assert_int_equal(live.tool, tool);
	for (i = 0; i < live.n; i++) {
		assert_int_equal(
		    gv_live_sentence(&told, &live, &live.changes[i]), 0);
		gv_buf_addstr(&told, "\n");
	}
	assert_string_equal(told.p, expect);
	gv_live_release(&live);
	gv_buf_release(&told);
	free(copy);
}

static void
assert_refused(const char *report, const char *why)
{
	struct gv_live live;
	char *copy = strdup(report);

	assert_non_null(copy);
	assert_int_equal(gv_live_read(&live, copy, strlen(copy)), GV_EREFUSED);
	assert_message(why);
	gv_live_release(&live);
	free(copy);
}

/* ---- terraform ----------------------------------------------------------- */

#define TF(type, more)                                                         \
	"{\"@level\":\"info\",\"@message\":\"m\",\"@module\":\"terraform.ui\"" \
	",\"type\":\"" type "\"" more "}\n"
#define DRIFT(addr, action)                                                    \
	TF("resource_drift",                                                   \
	    ",\"change\":{\"resource\":{\"addr\":\"" addr                      \
	    "\",\"module\":\"\",\"resource_key\":null},\"action\":\"" action   \
	    "\"}")
#define SUMMARY                                                                \
	TF("change_summary",                                                   \
	    ",\"changes\":{\"add\":0,\"change\":0,\"remove\":0,"               \
	    "\"operation\":\"plan\"}")

static void
reads_lines_of_terraform(void **state)
{
	(void)state;
	assert_report(GV_LIVE_TERRAFORM,
	    TF("version", ",\"terraform\":\"1.9.5\",\"ui\":\"1.2\"") DRIFT(
		"aws_instance.a", "update") DRIFT("aws_instance.b", "delete")
		DRIFT("aws_instance.c", "move") SUMMARY,
	    "aws_instance.a differs from what is there\n"
	    "aws_instance.b is not there\n");
	assert_report(GV_LIVE_TERRAFORM, TF("version", "") SUMMARY, "");
}

static void
refuses_a_plan_that_was_not_finished(void **state)
{
	(void)state;
	assert_refused(TF("version", "") DRIFT("a.b", "update"), "cut off");
	assert_refused(
	    TF("version",
		"") "{\"@level\":\"error\",\"type\":\"diagnostic\"}\n" SUMMARY,
	    "reports an error");
	assert_refused(TF("version", "") "{\"@level\":\"info\",\"ty", "report");
}

static void
names_attributes_of_a_plan_and_no_value(void **state)
{
	(void)state;
	assert_report(GV_LIVE_TERRAFORM,
	    "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.5\","
	    "\"planned_values\":{},\"resource_drift\":[{\"address\":"
	    "\"aws_db_instance.db\",\"change\":{\"actions\":[\"update\"],"
	    "\"before\":{\"id\":\"x\",\"password\":\"old\",\"tags\":{\"a\":1}},"
	    "\"after\":{\"id\":\"x\",\"password\":\"new\",\"tags\":{\"a\":2}}}},"
	    "{\"address\":\"a.gone\",\"change\":{\"actions\":[\"delete\"],"
	    "\"before\":{},\"after\":null}},{\"address\":\"a.same\","
	    "\"change\":{\"actions\":[\"no-op\"]}}]}",
	    "aws_db_instance.db differs from what is there: password, tags\n"
	    "a.gone is not there\n");
	/* what only one side has, what is of another kind, and what is longer */
	assert_report(GV_LIVE_TERRAFORM,
	    "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.5\","
	    "\"planned_values\":{},\"resource_drift\":[{\"address\":\"a.b\","
	    "\"change\":{\"actions\":[\"update\"],\"before\":{\"gone\":1,"
	    "\"kind\":\"1\",\"less\":[1,2],\"more\":{},\"same\":[{}]},"
	    "\"after\":{\"kind\":1,\"less\":[1],\"more\":{\"a\":null},"
	    "\"same\":[{}]}}}]}",
	    "a.b differs from what is there: gone, kind, less, more\n");
	assert_refused("{\"format_version\":\"1.0\",\"terraform_version\":"
		       "\"1.9.5\",\"values\":{}}",
	    "not a plan");
	assert_refused("{\"format_version\":\"1.2\",\"terraform_version\":"
		       "\"1.9.5\",\"planned_values\":{},\"errored\":true}",
	    "ended with an error");
}

/* ---- pulumi -------------------------------------------------------------- */

static void
reads_a_preview_of_pulumi(void **state)
{
	(void)state;
	assert_report(GV_LIVE_PULUMI,
	    "{\n \"config\": {},\n \"steps\": [\n  {\"op\": \"same\", \"urn\": "
	    "\"urn:a\"},\n  {\"op\": \"update\", \"urn\": \"urn:b\", "
	    "\"detailedDiff\": {\"tags.env\": {\"kind\": \"update\"}, \"acl\": "
	    "{}}},\n  {\"op\": \"create\", \"urn\": \"urn:c\"}, {\"op\": "
	    "\"delete\", \"urn\": \"urn:d\"}, {\"op\": \"refresh\", \"urn\": "
	    "\"urn:e\"}],\n \"changeSummary\": {\"same\": 1}\n}\n",
	    "urn:b differs from what is there: tags.env, acl\n"
	    "urn:c is not there\n"
	    "urn:d is there, though nothing asks for it\n");
	assert_refused("{\"steps\":[]}", "no summary");
	assert_refused("{\"changeSummary\":{},\"diagnostics\":[{\"severity\":"
		       "\"error\",\"message\":\"x\"}]}",
	    "reports an error");
}

/* ---- aws ----------------------------------------------------------------- */

static void
reads_drifts_of_a_stack(void **state)
{
	(void)state;
	assert_report(GV_LIVE_CLOUDFORMATION,
	    "{\"StackResourceDrifts\": [{\"LogicalResourceId\": \"Logs\", "
	    "\"StackResourceDriftStatus\": \"MODIFIED\", "
	    "\"PropertyDifferences\": [{\"PropertyPath\": "
	    "\"/VersioningConfiguration/Status\", \"ExpectedValue\": "
	    "\"Enabled\", \"ActualValue\": \"Suspended\"}]}, "
	    "{\"LogicalResourceId\": \"Queue\", \"StackResourceDriftStatus\": "
	    "\"DELETED\"}, {\"LogicalResourceId\": \"Same\", "
	    "\"StackResourceDriftStatus\": \"IN_SYNC\"}, "
	    "{\"LogicalResourceId\": \"Odd\", \"StackResourceDriftStatus\": "
	    "\"NOT_CHECKED\"}]}",
	    "Logs differs from what is there: /VersioningConfiguration/Status\n"
	    "Queue is not there\nOdd could not be compared\n");
	assert_refused("{\"StackDriftDetectionId\": \"b78ac9b0\"}",
	    "describe-stack-resource-drifts");
	assert_refused(
	    "{\"StackResourceDrifts\": [], \"NextToken\": \"x\"}", "goes on");
	assert_report(GV_LIVE_CLOUDFORMATION,
	    "{\"StackDriftDetectionId\": \"b78ac9b0\", \"StackDriftStatus\": "
	    "\"IN_SYNC\", \"DetectionStatus\": \"DETECTION_COMPLETE\"}",
	    "");
	assert_refused("{\"StackDriftDetectionId\": \"b78ac9b0\", "
		       "\"StackDriftStatus\": \"IN_SYNC\", "
		       "\"DetectionStatus\": \"DETECTION_FAILED\"}",
	    "does not say");
}

/* ---- azure --------------------------------------------------------------- */

static void
reads_a_what_if(void **state)
{
	(void)state;
	assert_report(GV_LIVE_AZURE,
	    "{\"changes\": [{\"changeType\": \"Modify\", \"resourceId\": "
	    "\"/subscriptions/s/resourceGroups/g/providers/p/vnet\", "
	    "\"delta\": [{\"path\": \"properties.addressSpace\", "
	    "\"before\": \"10.0.0.0/16\"}]}, {\"changeType\": \"Create\", "
	    "\"resourceId\": \"/s/new\", \"delta\": null}, {\"changeType\": "
	    "\"NoChange\", \"resourceId\": \"/s/same\"}, {\"changeType\": "
	    "\"Delete\", \"resourceId\": \"/s/old\"}, {\"changeType\": "
	    "\"Deploy\", \"resourceId\": \"/s/odd\"}], \"error\": null, "
	    "\"status\": \"Succeeded\"}",
	    "/subscriptions/s/resourceGroups/g/providers/p/vnet differs from "
	    "what is there: properties.addressSpace\n/s/new is not there\n"
	    "/s/old is there, though nothing asks for it\n"
	    "/s/odd could not be compared\n");
	assert_refused(
	    "{\"changes\": [], \"status\": \"Failed\"}", "did not succeed");
}

/* ---- kubernetes ---------------------------------------------------------- */

#define CNRM                                                                   \
	"{\"apiVersion\": \"storage.cnrm.cloud.google.com/v1beta1\", "         \
	"\"kind\": \"StorageBucket\", \"metadata\": {\"name\": "

static void
reads_objects_of_config_connector(void **state)
{
	(void)state;
	assert_report(GV_LIVE_CONFIG_CONNECTOR,
	    "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [" CNRM
	    "\"a\", \"namespace\": \"n\"}, \"status\": {\"conditions\": "
	    "[{\"type\": \"Ready\", \"status\": \"True\", \"reason\": "
	    "\"UpToDate\"}]}}, " CNRM
	    "\"b\", \"namespace\": \"n\"}, \"status\": {\"conditions\": "
	    "[{\"type\": \"Ready\", \"status\": \"False\", \"reason\": "
	    "\"UpdateFailed\", \"message\": \"secret\"}]}}, " CNRM
	    "\"c\", \"namespace\": \"n\"}}]}",
	    "StorageBucket/n/b differs from what is there: UpdateFailed\n"
	    "StorageBucket/n/c could not be compared\n");
	assert_refused("{\"kind\": \"List\", \"items\": [{\"apiVersion\": "
		       "\"v1\", \"kind\": \"Pod\"}]}",
	    "not of Config Connector");
}

static void
reads_kubectl_diff(void **state)
{
	(void)state;
	assert_report(GV_LIVE_KUBECTL,
	    "diff -u -N /tmp/LIVE-1/apps.v1.Deployment.web.api "
	    "/tmp/MERGED-2/apps.v1.Deployment.web.api\n"
	    "--- /tmp/LIVE-1/apps.v1.Deployment.web.api\n"
	    "+++ /tmp/MERGED-2/apps.v1.Deployment.web.api\n"
	    "@@ -6,7 +6,7 @@\n-  replicas: 2\n+  replicas: 3\n"
	    "diff -u -N /tmp/LIVE-1/v1.Secret.web.key "
	    "/tmp/MERGED-2/v1.Secret.web.key\n"
	    "--- a\n+++ b\n@@ -0,0 +1,9 @@\n+password: x\n",
	    "apps.v1.Deployment.web.api differs from what is there\n"
	    "v1.Secret.web.key is not there\n");
	assert_report(GV_LIVE_KUBECTL,
	    "\n \rdiff -u -N v1.Pod.web.a v1.Pod.web.a\n"
	    "--- v1.Pod.web.a\n+++ v1.Pod.web.a\n@@ -1,7 +1,7 @@\n-a\n+b\n",
	    "v1.Pod.web.a differs from what is there\n");
	assert_report(GV_LIVE_KUBECTL, "", "");
	assert_refused("error: something\n", "no report that git-vault knows");
}

/* ---- own commands -------------------------------------------------------- */

static void
reads_lines_of_a_command(void **state)
{
	(void)state;
	assert_report(GV_LIVE_LINES,
	    "{\"resource\": \"r\", \"change\": \"changed\", \"attributes\": "
	    "[\"a\", \"b\", 3]}\n\n{\"resource\":\"s\",\"change\":\"extra\"}\n"
	    "{\"complete\": true}\n",
	    "r differs from what is there: a, b\n"
	    "s is there, though nothing asks for it\n");
	assert_report(GV_LIVE_LINES, "{\"complete\":true}", "");
	assert_refused("{\"resource\":\"r\",\"change\":\"gone\"}\n", "cut off");
	assert_refused("{\"complete\":false}\n", "cut off");
	assert_refused(
	    "{\"resource\":\"r\",\"change\":\"odd\"}\n", "\"change\"");
	assert_refused(
	    "{\"resource\":\"\",\"change\":\"gone\"}\n", "names no resource");
	assert_refused("{\"any\": 1}", "no report that git-vault knows");
}

/* Names end with a sign that there are more. */
static void
many_names_are_cut(void **state)
{
	struct gv_buf report = GV_BUF_INIT, told = GV_BUF_INIT;
	struct gv_live live;
	int i;

	(void)state;
	gv_buf_addstr(&report,
	    "{\"resource\":\"r\",\"change\":\"changed\",\"attributes\":[\"a\"");
	for (i = 0; i < 1000; i++)
		gv_buf_addf(&report, ",\"attribute%d\"", i);
	gv_buf_addstr(&report, "]}\n{\"complete\":true}\n");
	assert_int_equal(gv_live_read(&live, report.p, report.len), 0);
	assert_int_equal(gv_live_sentence(&told, &live, &live.changes[0]), 0);
	assert_in_range(told.len, 400, 500);
	assert_string_equal(told.p + told.len - strlen(", …"), ", …");
	gv_live_release(&live);
	gv_buf_release(&report);
	gv_buf_release(&told);
}

static void
a_report_has_a_limit(void **state)
{
	struct gv_live live = { .tool = GV_LIVE_KUBECTL };
	int i;

	(void)state;
	for (i = 0; i < GV_LIVE_MAX; i++)
		assert_int_equal(gv_live_add(&live, "r", 1, GV_LIVE_GONE), 0);
	assert_int_equal(gv_live_add(&live, "r", 1, GV_LIVE_GONE), GV_EREFUSED);
	assert_message("reports more than 100000 changes");
	assert_int_equal(live.n, GV_LIVE_MAX);
	gv_live_release(&live);
}

static void
an_exit_status_may_say_that_something_differs(void **state)
{
	(void)state;
	assert_true(gv_live_is_success(GV_LIVE_KUBECTL, 1));
	assert_false(gv_live_is_success(GV_LIVE_KUBECTL, 2));
	assert_true(gv_live_is_success(GV_LIVE_TERRAFORM, 2));
	assert_false(gv_live_is_success(GV_LIVE_TERRAFORM, 1));
	assert_false(gv_live_is_success(GV_LIVE_LINES, 1));
}

UNIT(live)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines_of_terraform),
		cmocka_unit_test(refuses_a_plan_that_was_not_finished),
		cmocka_unit_test(names_attributes_of_a_plan_and_no_value),
		cmocka_unit_test(reads_a_preview_of_pulumi),
		cmocka_unit_test(reads_drifts_of_a_stack),
		cmocka_unit_test(reads_a_what_if),
		cmocka_unit_test(reads_objects_of_config_connector),
		cmocka_unit_test(reads_kubectl_diff),
		cmocka_unit_test(reads_lines_of_a_command),
		cmocka_unit_test(many_names_are_cut),
		cmocka_unit_test(a_report_has_a_limit),
		cmocka_unit_test(an_exit_status_may_say_that_something_differs),
	};

	return UNIT_RUN(tests);
}
