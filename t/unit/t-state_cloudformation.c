#include "unit.h"

#include "state_told.h"

#define ID                                                                     \
	"arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/"            \
	"0a1b2c3d-0000-11ee-8000-000000000001"
#define OTHER                                                                  \
	"arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/"            \
	"0a1b2c3d-0000-11ee-8000-000000000002"
#define STACK                                                                  \
	"{\"StackId\":\"" ID "\",\"StackName\":\"shop\","                      \
	"\"StackStatus\":\"CREATE_COMPLETE\""
#define BUCKET                                                                 \
	"{\"LogicalResourceId\":\"Bucket\",\"ResourceType\":"                  \
	"\"AWS::S3::Bucket\""

static void
expect(const char *text, const char *items)
{
	states_expect(NULL, "cloudformation", text, items);
}

static void
expect_lineage(const char *text, const char *lineage)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	run_sized(&info, &l, text, strlen(text));
	assert_string_equal(info.tool, "cloudformation");
	assert_string_equal(info.damage, "");
	assert_string_equal(info.lineage, lineage);
	assert_false(info.has_serial);
	free_listener(&l);
}

/* ---- answers ---- */

static void
a_stack_is_an_item(void **state)
{
	(void)state;
	expect("{\"Stacks\":[" STACK
	       ",\"Parameters\":[{\"ParameterKey\":\"Env\",\"ParameterValue\":"
	       "\"prod\"},{\"ParameterValue\":\"****\",\"ParameterKey\":"
	       "\"Pw\"},{\"ParameterKey\":\"Ami\"},7,{}],\"Outputs\":[{"
	       "\"OutputKey\":\"Url\",\"OutputValue\":\"https://x\","
	       "\"ExportName\":\"e\"}],\"DisableRollback\":false}]}",
	    "stack.shop S   id=\"" ID "\" StackName=\"shop\" "
	    "StackStatus=\"CREATE_COMPLETE\" Parameters.Env=\"prod\" "
	    "Parameters.Pw=\"****\"! Parameters.Ami={\"ParameterKey\":"
	    "\"Ami\"} Outputs.Url=\"https://x\" DisableRollback=false\n");
	expect("{\"Stacks\":[{\"StackStatus\":\"UPDATE_IN_PROGRESS\","
	       "\"StackName\":\"a\",\"StackId\":\"" ID
	       "\",\"Parameters\":null,\"Outputs\":{}}],\"NextToken\":\"t\"}",
	    "stack.a P   StackStatus=\"UPDATE_IN_PROGRESS\" StackName=\"a\" "
	    "id=\"" ID "\"\n");
}

static void
resources_of_a_stack_are_items(void **state)
{
	(void)state;
	expect("{\"StackResources\":[" BUCKET ",\"StackId\":\"" ID
	       "\",\"PhysicalResourceId\":\"b-1\","
	       "\"ResourceStatus\":\"CREATE_COMPLETE\"}]}",
	    "Bucket  AWS::S3::Bucket  LogicalResourceId=\"Bucket\" "
	    "ResourceType=\"AWS::S3::Bucket\" StackId=\"" ID
	    "\" id=\"b-1\" ResourceStatus=\"CREATE_COMPLETE\"\n");
	expect("{\"StackResourceSummaries\":[{\"ResourceStatus\":"
	       "\"DELETE_FAILED\",\"ResourceType\":\"Custom::A\","
	       "\"LogicalResourceId\":\"A\"}]}",
	    "A P Custom::A  ResourceStatus=\"DELETE_FAILED\" "
	    "ResourceType=\"Custom::A\" LogicalResourceId=\"A\"\n");
	expect("{\"StackResourceDrifts\":[" BUCKET ",\"StackId\":\"" ID
	       "\",\"StackResourceDriftStatus\":"
	       "\"MODIFIED\",\"ActualProperties\":\"{\\\"a\\\":1}\"}]}",
	    "Bucket  AWS::S3::Bucket  LogicalResourceId=\"Bucket\" "
	    "ResourceType=\"AWS::S3::Bucket\" StackId=\"" ID
	    "\" StackResourceDriftStatus=\"MODIFIED\" "
	    "ActualProperties=\"{\\\"a\\\":1}\"\n");
}

static void
changes_to_come_are_items(void **state)
{
	(void)state;
	expect("{\"ChangeSetId\":\"arn:aws:cloudformation:r:1:changeSet/c/1\","
	       "\"StackId\":\"" ID "\",\"Parameters\":[{\"ParameterKey\":"
	       "\"Env\",\"ParameterValue\":\"a\"},{\"ParameterKey\":\"Pw\","
	       "\"ParameterValue\":\"****\"}],\"Changes\":[{\"Type\":"
	       "\"Resource\",\"ResourceChange\":{\"Action\":\"Modify\","
	       "\"LogicalResourceId\":\"B\",\"PhysicalResourceId\":\"b-1\","
	       "\"ResourceType\":\"AWS::S3::Bucket\",\"Scope\":[]}}]}",
	    "Env    ParameterKey=\"Env\" ParameterValue=\"a\"\n"
	    "Pw S   ParameterKey=\"Pw\"! ParameterValue=\"****\"!\n"
	    "B  AWS::S3::Bucket  Action=\"Modify\" LogicalResourceId=\"B\" "
	    "id=\"b-1\" ResourceType=\"AWS::S3::Bucket\" Scope=[]\n");
	expect("{\"ChangeSetId\":\"arn:aws:cloudformation:r:1:changeSet/c/1\","
	       "\"Changes\":[]}",
	    "");
}

static void
a_lineage_is_that_of_the_one_stack(void **state)
{
	(void)state;
	expect_lineage("{\"Stacks\":[" STACK "}]}", ID);
	expect_lineage("{\"Stacks\":[" STACK "}," STACK "}]}", ID);
	expect_lineage("{\"Stacks\":[" STACK "},{\"StackName\":\"o\","
		       "\"StackStatus\":\"x\",\"StackId\":\"" OTHER "\"}]}",
	    "");
	expect_lineage("{\"StackResources\":[" BUCKET
		       ",\"ResourceStatus\":\"x\",\"StackId\":\"" ID "\"}]}",
	    ID);
	expect_lineage("{\"StackResourceSummaries\":[" BUCKET
		       ",\"ResourceStatus\":\"x\"}]}",
	    "");
	expect_lineage("{\"Changes\":[],\"StackId\":\"" ID
		       "\",\"ChangeSetId\":\"arn:aws-cn:cloudformation:r:1:"
		       "changeSet/c/1\"}",
	    ID);
}

/* ---- templates ---- */

/* A resource of a template, that needs these. */
static void
expect_needs(const char *members, const char *needs)
{
	struct gv_buf text = GV_BUF_INIT;
	struct listener l = LISTENER;
	struct gv_state_info info;
	const char *at;

	gv_buf_addf(&text,
	    "{\"Resources\":{\"A\":{\"Type\":\"AWS::A::B\",%s}}}", members);
	run_sized(&info, &l, text.p, text.len);
	assert_string_equal(info.tool, "cloudformation");
	assert_string_equal(info.damage, "");
	at = strstr(l.list.p, " >");
	if (strcmp(at ? at : "\n", needs) != 0)
		fail_msg("%s: %s", members, l.list.p);
	gv_buf_release(&text);
	free_listener(&l);
}

static void
a_template_has_resources_parameters_and_outputs(void **state)
{
	static const char body[] =
	    "{\"AWSTemplateFormatVersion\":\"2010-09-09\",\"Parameters\":{"
	    "\"Env\":{\"Type\":\"String\",\"Default\":\"a\"},\"Pw\":{"
	    "\"NoEcho\":true,\"Type\":\"String\"},\"Qw\":{\"Type\":\"String\","
	    "\"NoEcho\":\"true\",\"Default\":\"x\"}},\"Resources\":{\"B\":{"
	    "\"Type\":\"AWS::S3::Bucket\",\"Properties\":{\"Name\":{\"Ref\":"
	    "\"Env\"},\"\":1},\"DeletionPolicy\":\"Retain\"}},\"Outputs\":{"
	    "\"Arn\":{\"Value\":{\"Fn::GetAtt\":[\"B\",\"Arn\"]}}}}";
	static const char items[] =
	    "Env  String  Type=\"String\" Default=\"a\"\n"
	    "Pw S String  NoEcho=true! Type=\"String\"!\n"
	    "Qw S String  Type=\"String\"! NoEcho=\"true\"! Default=\"x\"!\n"
	    "B  AWS::S3::Bucket  Type=\"AWS::S3::Bucket\" "
	    "Properties.Name={\"Ref\":\"Env\"} Properties.=1 "
	    "DeletionPolicy=\"Retain\" >Env\n"
	    "output.Arn    Value={\"Fn::GetAtt\":[\"B\",\"Arn\"]} >B\n";
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;

	(void)state;
	states_expect(&info, "cloudformation", body, items);
	assert_string_equal(info.writer, "2010-09-09");
	gv_buf_addf(&text,
	    "{\"TemplateBody\":%s,\"StagesAvailable\":[\"Original\"]}", body);
	states_expect(&info, "cloudformation", text.p, items);
	assert_string_equal(info.writer, "2010-09-09");
	assert_string_equal(info.lineage, "");
	gv_buf_release(&text);
}

/* A template as an answer that has it as a text: escaped where it must be, or
 * each character of it. */
static char *
as_text(const char *template, bool all)
{
	struct gv_buf b = GV_BUF_INIT;
	const unsigned char *p = (const unsigned char *)template;

	gv_buf_addstr(&b,
	    "{\"StagesAvailable\":[\"Original\"],\n"
	    "\"TemplateBody\": \"");
	for (; *p; p++) {
		if (*p == 0xc3 && p[1] == 0xbc && all)
			gv_buf_addstr(&b, "\\u00fc");
		else if (*p == 0xf0 && all)
			gv_buf_addstr(&b, "\\uD83D\\ude00");
		else if (*p >= 0x80 && all)
			continue;
		else if (*p < ' ' || (all && *p != '/'))
			gv_buf_addf(&b, "\\u%04x", *p);
		else if (*p == '"' || *p == '\\' || all)
			gv_buf_addf(&b, "\\%c", *p);
		else
			gv_buf_addch(&b, (char)*p);
	}
	gv_buf_addstr(&b, "\"}\n");
	return gv_buf_take(&b);
}

/* Whole pieces of a text, one for each item, in their order. */
static int
own_bytes(void *ctx, const struct gv_state_group *g)
{
	const char *end = g->text;
	size_t i;

	for (i = 0; i < g->n_items; i++) {
		const struct gv_state_item *item = &g->items[i];

		assert_true(item->text >= end && item->len > 10);
		end = item->text + item->len;
		assert_true(end <= g->text + g->len);
		++*(size_t *)ctx;
	}
	return 0;
}

static void
expect_as_text(const char *template, size_t n)
{
	struct listener file = LISTENER;
	struct gv_state_info info;
	size_t all;

	run(&info, &file, template);
	assert_string_equal(info.tool, "cloudformation");
	for (all = 0; all < 2; all++) {
		char *text = as_text(template, all);
		struct listener l = { .text = text, .len = strlen(text) };
		const struct gv_state_source source = { .read = give,
			.ctx = &l };
		size_t seen = 0;

		states_expect(&info, "cloudformation", text, file.list.p);
		assert_string_equal(info.writer, "2010-09-09");
		assert_string_equal(info.warning, "");
		assert_int_equal(
		    gv_state_run(&info, &source, own_bytes, &seen), 0);
		assert_int_equal(seen, n);
		free(text);
	}
	free_listener(&file);
}

static void
a_template_that_is_a_text_is_told_as_by_itself(void **state)
{
	(void)state;
	expect_as_text("AWSTemplateFormatVersion: '2010-09-09'\n"
		       "# \xc3\xbc \xf0\x9f\x98\x80 / \\ and \"quotes\"\n"
		       "Parameters:\n  Pw:\n    Type: String\n"
		       "    NoEcho: true\n    Default: \"a\\tb\"\n"
		       "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n"
		       "    Properties:\n      Name: !Sub \"${Pw}-\xc3\xbc\"\n"
		       "      Of: !GetAtt Role.Arn\n\n"
		       "  Role:\n    Type: AWS::IAM::Role\n"
		       "    Properties: {Tags: [!Ref Pw, \xf0\x9f\x98\x80]}\n"
		       "    DependsOn:\n    - Pw\n"
		       "Outputs:\n  Arn:\n    Value: !GetAtt [Bucket, Arn]\n",
	    4);
	expect_as_text("\n \t{\"AWSTemplateFormatVersion\":\"2010-09-09\",\n"
		       "\"Resources\":{\"B\":{\"Type\":\"AWS::S3::Bucket\","
		       "\"Properties\":{\"Name\":{\"Ref\":\"C\"},"
		       "\"\xc3\xbc\":\"\\\"\xf0\x9f\x98\x80\"}},\n"
		       "\"C\":{\"Type\":\"AWS::SQS::Queue\"}}}",
	    2);
}

static void
a_text_that_is_no_template_is_kept(void **state)
{
	static const char *const texts[] = {
		/* an alias, of which a bomb would be made */
		"Resources:\\n  A: &a\\n    Type: X::Y\\n  B: *a\\n",
		"Resources: [\\n",
		"{\\\"Resources\\\": {\\\"A\\\": ",
	};
	struct gv_state_info info;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct gv_buf text = GV_BUF_INIT;

		gv_buf_addf(&text,
		    "{\"TemplateBody\":\"%s\",\"StagesAvailable\":[]}",
		    texts[i]);
		states_expect(&info, "cloudformation", text.p, "");
		assert_non_null(strstr(info.warning,
		    "its template is a text that cannot be read"));
		assert_null(strstr(info.warning, "X::Y"));
		gv_buf_release(&text);
	}
	expect("{\"TemplateBody\":\"Resources are none\","
	       "\"StagesAvailable\":[\"Original\",\"Processed\"]}",
	    "");
	states_opaque("{\"TemplateBody\":\"Resources: {}\"}");
}

/* A second one is another one's: what is told is of the first. */
static void
one_text_is_looked_into(void **state)
{
	struct gv_state_info info;

	(void)state;
	states_expect(&info, "cloudformation",
	    "{\"TemplateBody\":\"Resources: {A: {Type: 'X::Y'}}\","
	    "\"TemplateBody\":\"Resources: {B: {Type: 'X::Y'}}\"}",
	    "A  X::Y  Type=\"X::Y\"\n");
}

static void
what_a_resource_refers_to_is_needed(void **state)
{
	(void)state;
	expect_needs("\"DependsOn\":\"X\"", " >X\n");
	expect_needs("\"DependsOn\":[\"Y\",\"X\",7,\"Y\"]", " >X >Y\n");
	expect_needs("\"Properties\":{\"a\":[{\"Ref\":\"X\"},{\"Ref\":"
		     "\"AWS::Region\"}],\"DependsOn\":[\"no\"]}",
	    " >X\n");
	expect_needs("\"Properties\":{\"a\":{\"Fn::GetAtt\":\"X.Arn\"},\"b\":{"
		     "\"Fn::GetAtt\":[\"Y\",{\"Ref\":\"Z\"}]}}",
	    " >X >Y >Z\n");
	expect_needs("\"P\":{\"Fn::Sub\":\"${X}-${Y.Arn}-${!No}-"
		     "${AWS::StackName}-$Z-${\"}",
	    " >X >Y\n");
	expect_needs("\"P\":{\"Fn::Sub\":[\"${Own}-${X}\",{\"Own\":{\"Ref\":"
		     "\"Y\"}}]}",
	    " >X >Y\n");
	expect_needs("\"P\":{\"Fn::Sub\":[{\"Ref\":\"X\"},{}]}", " >X\n");
	/* a name of an inner one is none of the outer */
	expect_needs("\"P\":{\"Fn::Sub\":[\"${A.b}${I}\",{\"O\":{\"Fn::Sub\":["
		     "\"${I}${O}\",{\"I\":1}]}}]}",
	    " >A >I >O\n");
	/* a list that begins with no name, and short forms in a text */
	expect_needs("\"P\":{\"Fn::GetAtt\":[7,\"Arn\"]},\"Q\":{"
		     "\"Fn::GetAtt\":[]}",
	    "\n");
	expect_needs("\"P\":[\"!Ref   X\",\"!GetAtt 'Y.Arn'\"]", " >X >Y\n");
	expect_needs("\"DependsOn\":7,\"P\":{\"Ref\":[\"X\"],\"Fn::GetAtt\":{},"
		     "\"Fn::Sub\":1},\"Q\":{\"Ref\":\"\"}",
	    "\n");
}

static void
what_is_of_others_is_not_taken(void **state)
{
	(void)state;
	states_opaque("{\"Stacks\":[]}");
	states_opaque("{\"Stacks\":[{\"StackId\":\"2f18b4cb\",\"StackName\":"
		      "\"a\",\"StackStatus\":\"b\"}]}");
	states_opaque("{\"Stacks\":{\"a\":" STACK "}}}");
	states_opaque("{\"StackResources\":[{\"LogicalResourceId\":\"a\","
		      "\"ResourceType\":\"b\",\"ResourceStatus\":\"c\"}]}");
	states_opaque("{\"StackResources\":[" BUCKET "}]}");
	states_opaque("{\"Resources\":{\"a\":{\"Type\":\"Bucket\"}}}");
	states_opaque("{\"Resources\":[{\"Type\":\"AWS::S3::Bucket\"}]}");
	states_opaque("{\"a\":{\"Resources\":{\"b\":{\"Type\":\"A::B\"}}}}");
	states_opaque("{\"AWSTemplateFormatVersion\":\"1\"}");
	states_opaque("{\"Changes\":[{\"Action\":\"UPSERT\","
		      "\"ResourceRecordSet\":{}}]}");
	states_opaque("{\"ChangeSetId\":\"arn:aws:cloudformation:r:1:"
		      "changeSet/c/1\",\"StackId\":\"" ID "\"}");
	states_opaque("{\"resources\":[{\"type\":\"Microsoft.Web/sites\","
		      "\"name\":\"a\"}],\"parameters\":{},\"outputs\":{}}");
}

static void
what_is_wrong_is_told(void **state)
{
	(void)state;
	states_damaged("cloudformation",
	    "{\"AWSTemplateFormatVersion\":\"2010-09-09\",\"Resources\":{"
	    "\"a\":{}}}",
	    "a resource of its template has no type");
	states_damaged("cloudformation",
	    "{\"Resources\":{\"a\":{\"Type\":\"A::B\"},\"b\":{\"Type\":7}}}",
	    "a resource of its template has no type");
	states_damaged("cloudformation", "{\"Stacks\":[" STACK "},\n<<<",
	    "line 2, column 1: ");
	states_damaged("cloudformation",
	    "{\"Resources\":{\"a\":{\"Type\":\"A::B\"},\"b\":[]}}",
	    "a resource of its template has no type");
}

/* What has a meaning in a stack is any member elsewhere. */
static void
a_member_that_is_elsewhere_is_an_attribute(void **state)
{
	(void)state;
	expect("{\"Resources\":{\"A\":{\"Type\":\"X::Y\",\"Parameters\":[1],"
	       "\"Outputs\":{\"o\":2},\"StackId\":\"s\",\"Properties\":7}},"
	       "\"Parameters\":{\"P\":{\"Type\":\"String\",\"Properties\":"
	       "{\"a\":1}}}}",
	    "A  X::Y  Type=\"X::Y\" Parameters=[1] Outputs={\"o\":2} "
	    "StackId=\"s\"\n"
	    "P  String  Type=\"String\" Properties={\"a\":1}\n");
}

static void
what_is_yet_to_be_made_of_a_template_is_no_fault(void **state)
{
	(void)state;
	expect("{\"Resources\":{\"a\":{\"Type\":\"A::B\"},"
	       "\"Fn::ForEach::x\":[\"i\",[1],{}],\"Fn::Transform\":{"
	       "\"Name\":\"AWS::Include\"},\"b\":{\"Type\":\"Net\"}}}",
	    "a  A::B  Type=\"A::B\"\nb  Net  Type=\"Net\"\n");
	expect("{\"AWSTemplateFormatVersion\":\"2010-09-09\",\"Resources\":{"
	       "\"b\":{\"Type\":\"Net\"}}}",
	    "b  Net  Type=\"Net\"\n");
}

/* ---- hostile ---- */

static void
whatever_is_spoilt_is_told_to_its_end(void **state)
{
	(void)state;
	states_spoil(
	    "{\"Stacks\":[" STACK ",\"Parameters\":[{\"ParameterKey\":\"a\","
	    "\"ParameterValue\":\"****\"}]}],\"StackResources\":[" BUCKET
	    ",\"ResourceStatus\":\"A\"}],\"Changes\":[{"
	    "\"ResourceChange\":{\"Action\":\"A\","
	    "\"LogicalResourceId\":\"a\",\"ResourceType\":\"a::b\"}}]"
	    ",\"Parameters\":[{\"ParameterKey\":\"a\"}]}");
	states_spoil("{\"TemplateBody\":{\"AWSTemplateFormatVersion\":"
		     "\"2010-09-09\",\"Parameters\":{\"P\":{\"Type\":\"a\","
		     "\"NoEcho\":true}},\"Resources\":{\"A\":{\"Type\":\"a::b\""
		     ",\"DependsOn\":[\"a\"],\"Properties\":{\"x\":{\"Fn::Sub\""
		     ":[\"${a}${b.c}${!d}\",{\"a\":{\"Ref\":\"b\"}}]}}}},"
		     "\"Outputs\":{\"o\":{\"Value\":{\"Fn::GetAtt\":[\"a\","
		     "\"b\"]}}}},\"StagesAvailable\":[]}");
}

static void
what_nests_deeply_is_read_at_once(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct listener l = LISTENER;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&b, "{\"Resources\":{\"A\":{\"Type\":\"a::b\",\"P\":");
	for (i = 0; i < 300; i++)
		gv_buf_addf(&b, "{\"Fn::Sub\":[\"${a%zu}${x}\",{\"x\":", i);
	gv_buf_addstr(&b, "[0");
	for (i = 0; i < 1000000; i++)
		gv_buf_addstr(&b, ",1");
	gv_buf_addstr(&b, ",{\"Ref\":\"last\"}]");
	for (i = 0; i < 300; i++)
		gv_buf_addstr(&b, "}]}");
	gv_buf_addstr(&b, "}}}");
	run_sized(&info, &l, b.p, b.len);
	assert_string_equal(info.damage, "");
	assert_non_null(strstr(l.list.p, " >a0 "));
	assert_non_null(strstr(l.list.p, " >last\n"));
	assert_null(strstr(l.list.p, " >x"));
	free_listener(&l);
	gv_buf_release(&b);
}

static void
many_of_everything_are_read_at_once(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct listener l = LISTENER;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&b,
	    "{\"Resources\":{\"A\":{\"Type\":\"a::b\",\"P\":{"
	    "\"Fn::Sub\":[\"");
	for (i = 0; i < 100000; i++)
		gv_buf_addf(&b, "${a%zu}", i);
	gv_buf_addstr(&b, "\",{\"\":0");
	for (i = 0; i < 100000; i++)
		gv_buf_addf(&b, ",\"a%zu\":1", i);
	gv_buf_addstr(&b, "}]}}}}");
	run_sized(&info, &l, b.p, b.len);
	assert_string_equal(info.damage, "");
	assert_int_equal(info.items, 1);
	free_listener(&l);
	gv_buf_release(&b);
}

UNIT(state_cloudformation)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_is_an_item),
		cmocka_unit_test(resources_of_a_stack_are_items),
		cmocka_unit_test(changes_to_come_are_items),
		cmocka_unit_test(a_lineage_is_that_of_the_one_stack),
		cmocka_unit_test(
		    a_template_has_resources_parameters_and_outputs),
		cmocka_unit_test(
		    a_template_that_is_a_text_is_told_as_by_itself),
		cmocka_unit_test(a_text_that_is_no_template_is_kept),
		cmocka_unit_test(one_text_is_looked_into),
		cmocka_unit_test(what_a_resource_refers_to_is_needed),
		cmocka_unit_test(what_is_of_others_is_not_taken),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(a_member_that_is_elsewhere_is_an_attribute),
		cmocka_unit_test(
		    what_is_yet_to_be_made_of_a_template_is_no_fault),
		cmocka_unit_test(whatever_is_spoilt_is_told_to_its_end),
		cmocka_unit_test(what_nests_deeply_is_read_at_once),
		cmocka_unit_test(many_of_everything_are_read_at_once),
	};

	return UNIT_RUN(tests);
}
