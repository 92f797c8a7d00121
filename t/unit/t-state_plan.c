/* lib/toolstate/state_plan: what a Terraform plan is about to do, by the
 * addresses of the state; everything that has values in clear is sensitive. */
#include "unit.h"

#include "state_told.h"

#define HEAD "{'format_version':'1.2','terraform_version':'1.9.5',"

static void
changes_are_items(void **state)
{
	(void)state;
	assert_told(HEAD
	    "'planned_values':{'root_module':{}},'resource_changes':["
	    "{'address':'aws_instance.web[0]','mode':'managed','type':"
	    "'aws_instance','name':'web','index':0,'provider_name':'aws',"
	    "'change':{'actions':['update'],'before':{'ami':'a','pw':'x'},"
	    "'after':{'ami':'b','pw':'y','tags':{'k':'v'}},'after_unknown':{},"
	    "'before_sensitive':{'pw':true},'after_sensitive':{'pw':true,"
	    "'tags':{}}}},"
	    "{'address':'data.x.y','mode':'data','type':'x','change':{"
	    "'actions':['read'],'before':null,'after':{},'after_sensitive':"
	    "false}}]}",
	    "terraform-plan",
	    "plan.planned_values S   planned_values={'root_module':{}}!\n"
	    "aws_instance.web[0]  aws_instance aws actions=['update'] "
	    "before.ami='a' before.pw='x'! after.ami='b' after.pw='y'! "
	    "after.tags={'k':'v'}\n"
	    "data.x.y R x  actions=['read']\n");
}

static void
what_is_sensitive_within_or_as_a_whole_is_marked(void **state)
{
	(void)state;
	assert_told(HEAD
	    "'resource_changes':[{'address':'a.b','change':{'actions':["
	    "'create'],'after':{'p':[{'q':1}],'r':[2],'s':{'t':3}},"
	    "'after_sensitive':{'p':[{'q':true}],'r':[false],'s':true}}},"
	    "{'address':'a.c','deposed':'0123','change':{'after':{'p':1},"
	    "'after_sensitive':true}},{'address':'a.d','change':{'after':{"
	    "'p':1,'\\u0071':2},'after_sensitive':{'q':true}}}]}",
	    "terraform-plan",
	    "a.b    actions=['create'] after.p=[{'q':1}]! after.r=[2] "
	    "after.s={'t':3}!\n"
	    "a.c D   @0123 after.p=1!\n"
	    "a.d    after.p=1 after.\\u0071=2!\n");
}

static void
outputs_and_variables_are_items(void **state)
{
	(void)state;
	assert_told(HEAD
	    "'variables':{'v':{'value':'x'}},'resource_drift':[],"
	    "'resource_changes':[],'output_changes':{'o':{'actions':["
	    "'create'],'before':null,'after':'p','after_sensitive':true},"
	    "'q':{'actions':['no-op'],'before':1,'after':1}},'prior_state':{},"
	    "'configuration':{},'timestamp':'t'}",
	    "terraform-plan",
	    "plan.variables S   variables={'v':{'value':'x'}}!\n"
	    "plan.resource_drift S   resource_drift=[]!\n"
	    "output.o    actions=['create'] after='p'!\n"
	    "output.q    actions=['no-op'] before=1 after=1\n"
	    "plan.prior_state S   prior_state={}!\n"
	    "plan.configuration S   configuration={}!\n");
}

static void
odd_ones_are_told_as_they_are(void **state)
{
	(void)state;
	assert_told(HEAD
	    "'resource_changes':[7,{},{'address':''},{'address':3},{'address':"
	    "'x','change':4},{'address':'y','change':{'actions':5,'after':6,"
	    "'after_sensitive':null}}],'variables':1,'output_changes':[{}]}",
	    "terraform-plan",
	    "x   \ny    after=6\nplan.variables S   variables=1!\n");
	/* each of three is needed */
	states_opaque("{\"format_version\":\"1.2\",\"resource_changes\":[]}");
	states_opaque("{\"terraform_version\":\"1\",\"resource_changes\":[]}");
	states_opaque("{\"format_version\":\"1.2\","
		      "\"terraform_version\":\"1\",\"values\":{}}");
}

UNIT(state_plan)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_items),
		cmocka_unit_test(
		    what_is_sensitive_within_or_as_a_whole_is_marked),
		cmocka_unit_test(outputs_and_variables_are_items),
		cmocka_unit_test(odd_ones_are_told_as_they_are),
	};

	return UNIT_RUN(tests);
}
