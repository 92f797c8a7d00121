#include "unit.h"

#include "state_told.h"

#define TOLD(text, items) assert_told(text, "ansible", items)

static void
an_inventory_has_hosts_and_groups(void **state)
{
	(void)state;
	TOLD("{'_meta':{'hostvars':{'db1':{'ansible_host':'10.0.0.1','port':"
	     "5432},'web1':{}},'profile':'inventory_legacy'},'all':{"
	     "'children':['ungrouped','web']},'web':{'children':['eu'],"
	     "'hosts':['web1','web2'],'vars':{'n':1}}}",
	    "db1  host  ansible_host='10.0.0.1' port=5432\n"
	    "web1  host \n"
	    "@all  group  children=['ungrouped','web'] >@ungrouped >@web\n"
	    "@web  group  children=['eu'] hosts=['web1','web2'] vars.n=1 "
	    ">@eu >web1 >web2\n");
	/* what sorts before _meta, and a list in the place of a group */
	TOLD("{'DB':{'hosts':['a']},'_meta':{'hostvars':{'a':{'b':1}}},"
	     "'z':['a','b'],'n':7}",
	    "@DB  group  hosts=['a'] >a\n"
	    "a  host  b=1\n"
	    "@z  group  >a >b\n");
	TOLD("{'_meta':{'hostvars':{}}}", "");
}

static void
what_a_name_promises_is_sensitive(void **state)
{
	(void)state;
	TOLD("{'_meta':{'hostvars':{'h':{'ansible_become_pass':'x',"
	     "'ansible_password':{'__ansible_vault':'$ANSIBLE_VAULT;1.1'},"
	     "'ansible_ssh_private_key_file':'/k','api_key':'k','keyboard':1,"
	     "'dbPassword':'y','token_url':'u','my_secret':{'a':1},"
	     "'ansible_ssh_host_key_rsa_public':'AAAA',"
	     "'app_tokens':['a'],'password_length':9,'other':"
	     "{'__ansible_vault':'a'},'vault_pass':{'__ansible_vault':1,'x':2},"
	     "'ansible_env':{'A':'b'}}}},'g':{'vars':{'secret':1,'b':2}}}",
	    "h  host  ansible_become_pass='x'! "
	    "ansible_password={'__ansible_vault':'$ANSIBLE_VAULT;1.1'} "
	    "ansible_ssh_private_key_file='/k' api_key='k'! keyboard=1 "
	    "dbPassword='y'! token_url='u' my_secret={'a':1}! "
	    "ansible_ssh_host_key_rsa_public='AAAA' app_tokens=['a']! "
	    "password_length=9 other={'__ansible_vault':'a'} "
	    "vault_pass={'__ansible_vault':1,'x':2}! ansible_env={'A':'b'}!\n"
	    "@g  group  vars.secret=1! vars.b=2\n");
}

static void
facts_are_of_one_host(void **state)
{
	(void)state;
	TOLD("{'_ansible_facts_gathered':true,'ansible_fqdn':'w.example.com',"
	     "'ansible_hostname':'w','ansible_mounts':[{'a':1}],'mine':2}",
	    "w  host  _ansible_facts_gathered=true "
	    "ansible_fqdn='w.example.com' ansible_hostname='w' "
	    "ansible_mounts=[{'a':1}] mine=2\n");
	TOLD("{'ansible_a':1,'ansible_b':2,'ansible_c':{}}",
	    "host  host  ansible_a=1 ansible_b=2 ansible_c={}\n");
	TOLD("{'ansible_fqdn':'f','ansible_nodename':'n','ansible_nodename':"
	     "'m','ansible_hostname':7}",
	    "m  host  ansible_fqdn='f' ansible_nodename='n' "
	    "ansible_nodename='m' ansible_hostname=7\n");
}

static void
others_are_none(void **state)
{
	static const char *const texts[] = {
		"{'_meta':{},'all':{'hosts':['a']}}",
		"{'_meta':{'hostvars':[]},'all':{'hosts':['a']}}",
		"{'_meta':7,'hostvars':{'a':{'b':1}}}",
		"{'hostvars':{'a':{'b':1}}}",
		"{'a':{'_meta':{'hostvars':{'a':{}}}}}",
		"{'all':{'hosts':['a'],'children':[]}}",
		"{'ansible_a':1,'ansible_b':2}",
		"{'ansible_a':1,'ansible_b':2,'ansible_c':3,'d':1,'e':2,'f':3}",
		"['ansible_a','ansible_b','ansible_c']",
		"{'name':'x','dependencies':{'ansible_a':1}}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_told(texts[i], "opaque", "");
}

/* Groups that begin with a capital may come before all hosts, and hosts be more
 * than is looked at ahead. */
static void
one_that_is_large_is_told_by_host(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&text, "{\"_meta\":{\"hostvars\":{");
	for (i = 0; i < 8000; i++)
		gv_buf_addf(&text, "%s\"h%zu\":{\"a\":\"%0100zu\"}",
		    i ? "," : "", i, i);
	gv_buf_addstr(&text, "}},\"web\":{\"hosts\":[");
	for (i = 0; i < 8000; i++)
		gv_buf_addf(&text, "%s\"h%zu\"", i ? "," : "", i);
	gv_buf_addstr(&text, "]}}");
	run_sized(&info, &l, text.p, text.len);
	assert_string_equal(info.tool, "ansible");
	assert_int_equal(info.items, 8001);
	assert_true(l.n > 30);
	assert_non_null(strstr(l.list.p, "\n@web  group "));
	free_listener(&l);
	gv_buf_release(&text);
}

UNIT(state_ansible)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inventory_has_hosts_and_groups),
		cmocka_unit_test(what_a_name_promises_is_sensitive),
		cmocka_unit_test(facts_are_of_one_host),
		cmocka_unit_test(others_are_none),
		cmocka_unit_test(one_that_is_large_is_told_by_host),
	};

	return UNIT_RUN(tests);
}
