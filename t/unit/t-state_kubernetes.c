#include "unit.h"

#include "state_told.h"

#define TOLD(text, items) assert_told(text, "kubernetes", items)

#define LIST(items) "{'apiVersion':'v1','items':[" items "],'kind':'List'}"

static void
an_address_is_as_kubectl_prints_it(void **state)
{
	(void)state;
	TOLD(LIST("{'apiVersion':'apps/v1','kind':'Deployment','metadata':{"
		  "'name':'web','namespace':'prod'}}"),
	    "prod/deployment.apps/web  Deployment apps/v1\n");
	TOLD(LIST("{'apiVersion':'v1','kind':'Node','metadata':{'name':'n'}},"
		  "{'apiVersion':'rbac.authorization.k8s.io/v1','kind':"
		  "'ClusterRole','metadata':{'name':'system:x'}}"),
	    "node/n  Node v1\n"
	    "clusterrole.rbac.authorization.k8s.io/system:x  ClusterRole "
	    "rbac.authorization.k8s.io/v1\n");
	/* in any order, and what stands twice is the last */
	TOLD("{'items':[{'metadata':{'namespace':'p','name':'a\\u002db'},"
	     "'kind':'X','kind':'Pod','apiVersion':'v1'}],'kind':'List',"
	     "'apiVersion':'v1'}",
	    "p/pod/a-b  Pod v1\n");
}

static void
members_are_attributes(void **state)
{
	(void)state;
	TOLD(
	    LIST(
		"{'apiVersion':'apps/v1','kind':'Deployment','metadata':{"
		"'annotations':{'a/b':'1'},'generation':3,'labels':{'app':"
		"'web','tier':'x'},'name':'web','namespace':'p','uid':'u'},"
		"'spec':{'replicas':2,'template':{'a':[1]}},'status':{'r':1}}"),
	    "p/deployment.apps/web  Deployment apps/v1 "
	    "metadata.annotations.a/b='1' metadata.generation=3 "
	    "metadata.labels.app='web' metadata.labels.tier='x' "
	    "metadata.uid='u' spec.replicas=2 spec.template={'a':[1]} "
	    "status={'r':1}\n");
	TOLD(LIST("{'apiVersion':'v1','binaryData':{'b':'AA=='},'data':{'k':"
		  "'v','l':''},'immutable':true,'kind':'ConfigMap','metadata':"
		  "{'name':'c'}}"),
	    "configmap/c  ConfigMap v1 binaryData.b='AA==' data.k='v' "
	    "data.l='' immutable=true\n");
	TOLD(LIST("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'c',"
		  "'labels':null},'spec':7}"),
	    "pod/c  Pod v1 metadata.labels=null spec=7\n");
	/* what stands twice is the last, whatever the other one is */
	TOLD(LIST("{'apiVersion':'v1','kind':'Pod','metadata':[1],"
		  "'metadata':{'name':'d'}}"),
	    "pod/d  Pod v1 metadata=[1]\n");
}

static void
a_secret_is_sensitive(void **state)
{
	(void)state;
	TOLD(LIST("{'apiVersion':'v1','data':{'p':'eA==','q':'eQ=='},'kind':"
		  "'Secret','metadata':{'annotations':{'kubectl.kubernetes.io/"
		  "last-applied-configuration':'{}'},'name':'s'},'stringData':{"
		  "'r':'z'},'type':'Opaque'}"),
	    "secret/s S Secret v1 data.p='eA=='! data.q='eQ=='! "
	    "metadata.annotations.kubectl.kubernetes.io/"
	    "last-applied-configuration='{}'! stringData.r='z'! "
	    "type='Opaque'\n");
	/* if one of two kinds is, or the key is written another way */
	TOLD(LIST("{'apiVersion':'v1','kind':'Secret','d\\u0061ta':{'p':'x'},"
		  "'kind':'ConfigMap','metadata':{'name':'s'}}"),
	    "configmap/s S ConfigMap v1 data.p='x'!\n");
	TOLD(LIST("{'apiVersion':'v1','data':'x','kind':'Secret','metadata':{"
		  "'name':'s','annotations':[1]}}"),
	    "secret/s S Secret v1 data='x'! metadata.annotations=[1]!\n");
	TOLD(
	    LIST(
		"{'apiVersion':'v1','data':{'p':1},'kind':'ConfigMap',"
		"'metadata':{'annotations':{'a':1},'name':'s'},'data':{'p':2}}"),
	    "configmap/s  ConfigMap v1 data.p=1 metadata.annotations.a=1 "
	    "data.p=2\n");
}

static void
a_release_of_helm_is_known(void **state)
{
	(void)state;
	TOLD(
	    LIST("{'apiVersion':'v1','data':{'release':'SDRz'},'kind':'Secret',"
		 "'metadata':{'labels':{'name':'web','owner':'helm','status':"
		 "'pending-upgrade','version':'2'},'name':"
		 "'sh.helm.release.v1.web.v2','namespace':'p'},'type':"
		 "'helm.sh/release.v1'}"),
	    "p/secret/sh.helm.release.v1.web.v2 SP helm.sh/release.v1 v1 "
	    "data.release='SDRz'! metadata.labels.name='web' "
	    "metadata.labels.owner='helm' "
	    "metadata.labels.status='pending-upgrade' "
	    "metadata.labels.version='2' type='helm.sh/release.v1'\n");
	TOLD(LIST("{'apiVersion':'v1','data':{'release':'H4s'},'kind':"
		  "'ConfigMap','metadata':{'labels':{'status':'deployed'},"
		  "'name':'sh.helm.release.v1.web.v1'}}"),
	    "configmap/sh.helm.release.v1.web.v1 S helm.sh/release.v1 v1 "
	    "data.release='H4s'! metadata.labels.status='deployed'\n");
}

static void
what_is_being_deleted_is_pending(void **state)
{
	(void)state;
	TOLD(LIST("{'apiVersion':'v1','kind':'Pod','metadata':{"
		  "'deletionTimestamp':'2026-01-01T00:00:00Z','name':'p'}},"
		  "{'apiVersion':'v1','kind':'Pod','metadata':{"
		  "'deletionTimestamp':null,'name':'q'}}"),
	    "pod/p P Pod v1 "
	    "metadata.deletionTimestamp='2026-01-01T00:00:00Z'\n"
	    "pod/q  Pod v1 metadata.deletionTimestamp=null\n");
}

static void
owners_are_needs(void **state)
{
	(void)state;
	TOLD(LIST("{'apiVersion':'v1','kind':'Pod','metadata':{"
		  "'ownerReferences':[{'apiVersion':'apps/v1','kind':"
		  "'ReplicaSet','name':'w-1','uid':'u'},{'apiVersion':'v1',"
		  "'kind':'Node','name':'n'},7,{'kind':'X'}],'name':'w',"
		  "'namespace':'p'}}"),
	    "p/pod/w  Pod v1 metadata.ownerReferences=[{'apiVersion':"
	    "'apps/v1','kind':'ReplicaSet','name':'w-1','uid':'u'},"
	    "{'apiVersion':'v1','kind':'Node','name':'n'},7,{'kind':'X'}] "
	    ">p/replicaset.apps/w-1 >node/n\n");
}

static void
one_object_stands_by_itself(void **state)
{
	(void)state;
	TOLD("{'apiVersion':'v1','data':{'a':'b'},'kind':'ConfigMap',"
	     "'metadata':{'name':'c','namespace':'p'}}\n",
	    "p/configmap/c  ConfigMap v1 data.a='b'\n");
	TOLD("{'kind':'AllowList','apiVersion':'x.io/v1beta2','metadata':{"
	     "'name':'c'},'spec':{}}",
	    "allowlist.x.io/c  AllowList x.io/v1beta2\n");
}

static void
a_list_may_say_what_all_of_it_is(void **state)
{
	(void)state;
	TOLD("{'kind':'PodList','apiVersion':'v1','metadata':{},'items':["
	     "{'metadata':{'name':'a','namespace':'p'}}]}",
	    "p/pod/a  Pod v1\n");
	/* where it says so behind them, too */
	TOLD("{'items':[{'metadata':{'name':'a'}}],'kind':'SecretList',"
	     "'apiVersion':'v1'}",
	    "secret/a S Secret v1\n");
	TOLD(LIST(""), "");
	TOLD("{'kind':'DeploymentList','apiVersion':'apps/v1','items':[]}", "");
}

static void
others_are_none(void **state)
{
	static const char *const texts[] = {
		"{'apiVersion':'v1','kind':'Config','clusters':[],'users':[]}",
		"{'apiVersion':'1.0','kind':'Pod','metadata':{'name':'a'}}",
		"{'apiVersion':1,'kind':'Pod','metadata':{'name':'a'}}",
		"{'apiVersion':'v1','kind':'Pod','metadata':{}}",
		"{'apiVersion':'v1','kind':'Pod','metadata':[]}",
		"{'apiVersion':'/v1','kind':'Pod','metadata':{'name':'a'}}",
		"{'items':[{'kind':'a','metadata':{'name':'x'}}]}",
		"{'items':[]}",
		"{'kind':'List','items':[]}",
		"{'kind':'c#iList','items':[{'kind':'c#i','name':'a'}]}",
		"{'apiVersion':'v1','kind':'List','metadata':{}}",
		"{'name':'x','version':'1.0.0','kind':'app'}",
		"{'a':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a'}}}",
		"[{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a'}}]",
		"{'resources':[{'apiVersion':'2020','type':'t','name':'n'}]}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_told(texts[i], "opaque", "");
	/* a name that no cluster would have would be in each need */
	TOLD(LIST("7,[],{},{'apiVersion':'v1','kind':'Pod','metadata':{'name':"
		  "''}}"),
	    "");
}

static void
many_owners_of_a_long_namespace_do_not_multiply(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&text,
	    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{"
	    "\"name\":\"a\",\"namespace\":\"");
	for (i = 0; i < 1000000; i++)
		gv_buf_addch(&text, 'n');
	gv_buf_addstr(&text, "\",\"ownerReferences\":[7");
	for (i = 0; i < 20000; i++)
		gv_buf_addstr(&text,
		    ",{\"apiVersion\":\"v1\",\"kind\":\"A\",\"name\":\"b\"}");
	gv_buf_addstr(&text, "]}}");
	run_sized(&info, &l, text.p, text.len);
	assert_string_equal(info.tool, "kubernetes");
	assert_int_equal(info.items, 1);
	assert_true(l.list.len < 4 * text.len);
	free_listener(&l);
	gv_buf_release(&text);
}

static void
yaml_is_read_as_json_is(void **state)
{
	(void)state;
	TOLD(
	    "# of kubectl\n---\napiVersion: v1\nitems:\n- apiVersion: apps/v1\n"
	    "  kind: Deployment\n  metadata:\n    labels: {app: web}\n"
	    "    name: web\n    namespace: prod\n  # why\n  spec:\n"
	    "    replicas: 2\n    text: |\n      a\n\n      b\n"
	    "- apiVersion: v1\n  data:\n    \"p\": \"x\\\"\"\n  kind: Secret\n"
	    "  metadata:\n    deletionTimestamp: null\n    name: s\n"
	    "kind: List\nmetadata:\n  resourceVersion: \"\"\n",
	    "prod/deployment.apps/web  Deployment apps/v1 "
	    "metadata.labels.app='web' spec.replicas='2' "
	    "spec.text='|\\n      a\\n\\n      b\\n'\n"
	    "secret/s S Secret v1 data.p='\\'x\\\\\\'\\''! "
	    "metadata.deletionTimestamp=null\n");
	TOLD("apiVersion: v1\nkind: ConfigMap\ndata:\n  k: \303\244b\nmetadata:"
	     "\n  name: c\n",
	    "configmap/c  ConfigMap v1 data.k='\303\244b'\n");
}

static void
assert_damaged(const char *text, const char *damage)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	run(&info, &l, text);
	assert_string_equal(info.tool, "opaque");
	assert_string_equal(l.list.p, "");
	if (strstr(info.damage, damage) == NULL)
		fail_msg("%s: %s", text, info.damage);
	free_listener(&l);
}

static void
yaml_that_is_none_is_opaque(void **state)
{
	struct gv_buf deep = GV_BUF_INIT;
	size_t i;

	(void)state;
	assert_damaged("apiVersion: v1\nitems:\n- a: b\n c: d\n",
	    "line 4, column 2: did not find expected");
	assert_damaged("apiVersion: v1\nkind: List\n---\na: b\n",
	    "line 3, column 1: a second document begins here");
	assert_damaged("apiVersion: &a v1\nkind: *a\n",
	    "line 2, column 7: an alias is here");
	assert_damaged("apiVersion: v1\n? [a]\n: b\n",
	    "line 2, column 3: a key is no plain text");
	assert_damaged("apiVersion: v1\nkind: \377\n", "it is not UTF-8");
	/* what is none of these is held to JSON */
	assert_damaged("apiVersion: v1\nkind: Config\n", "line 1, column 1: ");
	assert_damaged("a: b\n", "line 1, column 1: ");
	gv_buf_addstr(&deep, "apiVersion: v1\nkind: ");
	for (i = 0; i < 100000; i++)
		gv_buf_addch(&deep, '[');
	assert_damaged(deep.p, "it is nested too deep");
	gv_buf_release(&deep);
}

/* Groups of a list in YAML are cut as those of one in JSON. */
static void
yaml_is_cut_before_its_items(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i, at = 0;

	(void)state;
	gv_buf_addstr(&text, "apiVersion: v1\nitems:\n");
	for (i = 0; i < 2000; i++)
		gv_buf_addf(&text,
		    "- apiVersion: v1\n  data:\n    a: \"%0200zu\"\n"
		    "  kind: ConfigMap\n  metadata:\n    name: c%zu\n",
		    i, i);
	gv_buf_addstr(&text, "kind: List\n");
	run_sized(&info, &l, text.p, text.len);
	assert_string_equal(info.tool, "kubernetes");
	assert_int_equal(info.items, 2000);
	assert_true(l.n > 20);
	for (i = 0; i + 1 < l.n; i++) {
		at += l.groups[i].len;
		assert_memory_equal(text.p + at, i + 2 < l.n ? "- " : "ki", 2);
	}
	free_listener(&l);
	gv_buf_release(&text);
}

/* The kind of a large ConfigMap stands behind its data. */
static void
one_that_is_large_is_told_as_one(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&text, "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"");
	for (i = 0; i < 600000; i++)
		gv_buf_addch(&text, i % 500 ? 'x' : ';');
	gv_buf_addstr(
	    &text, "\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}");
	run_sized(&info, &l, text.p, text.len);
	assert_string_equal(info.tool, "kubernetes");
	assert_int_equal(info.items, 1);
	assert_non_null(strstr(l.list.p, "configmap/c  ConfigMap v1 data.a="));
	free_listener(&l);
	gv_buf_release(&text);
}

UNIT(state_kubernetes)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_as_kubectl_prints_it),
		cmocka_unit_test(members_are_attributes),
		cmocka_unit_test(a_secret_is_sensitive),
		cmocka_unit_test(a_release_of_helm_is_known),
		cmocka_unit_test(what_is_being_deleted_is_pending),
		cmocka_unit_test(owners_are_needs),
		cmocka_unit_test(one_object_stands_by_itself),
		cmocka_unit_test(a_list_may_say_what_all_of_it_is),
		cmocka_unit_test(others_are_none),
		cmocka_unit_test(
		    many_owners_of_a_long_namespace_do_not_multiply),
		cmocka_unit_test(one_that_is_large_is_told_as_one),
		cmocka_unit_test(yaml_is_read_as_json_is),
		cmocka_unit_test(yaml_that_is_none_is_opaque),
		cmocka_unit_test(yaml_is_cut_before_its_items),
	};

	return UNIT_RUN(tests);
}
