#include "unit.h"

#include "state_told.h"

#define TOLD(text, items) assert_told(text, "docker", items)

static void
a_service_is_told_by_its_spec(void **state)
{
	(void)state;
	TOLD("[{'ID':'i1','Version':{'Index':7},'UpdatedAt':'t','Spec':{'Name':"
	     "'shop_web','Labels':{'a':'b'},'TaskTemplate':{'ContainerSpec':{"
	     "'Image':'web:1','Env':['PASSWORD=x'],'Secrets':[{'File':{'Name':"
	     "'f'},'SecretID':'s1','SecretName':'tls'}],'Configs':["
	     "{'ConfigName':'conf'}]},'ForceUpdate':0},'Mode':{}},"
	     "'PreviousSpec':{'Name':'shop_web'},'Endpoint':{}}]",
	    "service/shop_web  service  ID='i1' Version={'Index':7} "
	    "UpdatedAt='t' Spec.Name='shop_web' Spec.Labels={'a':'b'} "
	    "Spec.TaskTemplate.ContainerSpec.Image='web:1' "
	    "Spec.TaskTemplate.ContainerSpec.Env=['PASSWORD=x']! "
	    "Spec.TaskTemplate.ContainerSpec.Secrets=[{'File':{'Name':'f'},"
	    "'SecretID':'s1','SecretName':'tls'}] "
	    "Spec.TaskTemplate.ContainerSpec.Configs=[{'ConfigName':'conf'}] "
	    "Spec.TaskTemplate.ForceUpdate=0 Spec.Mode={} "
	    "PreviousSpec={'Name':'shop_web'}! Endpoint={} "
	    ">secret/tls >config/conf\n");
}

static void
a_container_is_told_by_its_config(void **state)
{
	(void)state;
	TOLD("[{'Id':'c1','Name':'/web','State':{'Status':'running'},'Image':"
	     "'sha256:1','HostConfig':{'Binds':null},'Mounts':[{'Type':"
	     "'volume','Name':'data'},{'Type':'bind','Name':'no'},7],'Config':"
	     "{'Env':['A=b'],'Image':'web:1'},'NetworkSettings':{'Networks':{"
	     "'front':{}},'Ports':{}}}]",
	    "container/web  container  Id='c1' Name='/web' "
	    "State={'Status':'running'} Image='sha256:1' HostConfig.Binds=null "
	    "Mounts=[{'Type':'volume','Name':'data'},{'Type':'bind','Name':"
	    "'no'},7] Config.Env=['A=b']! Config.Image='web:1' "
	    "NetworkSettings.Networks={'front':{}} NetworkSettings.Ports={} "
	    ">volume/data >network/front\n");
}

static void
networks_volumes_secrets_and_configs(void **state)
{
	(void)state;
	TOLD("[{'Name':'front','Id':'n','Scope':'local','Driver':'bridge',"
	     "'IPAM':{},'Options':{}},{'CreatedAt':'t','Driver':'local',"
	     "'Labels':null,'Mountpoint':'/m','Name':'data','Options':{'o':"
	     "'password=x'},'Scope':'local'},{'ID':'s','Version':{},'Spec':{"
	     "'Name':'tls','Labels':{}}},{'ID':'k','Version':{},'Spec':{"
	     "'Name':'conf','Data':'eA=='}}]",
	    "network/front  network  Name='front' Id='n' Scope='local' "
	    "Driver='bridge' IPAM={} Options={}\n"
	    "volume/data  volume  CreatedAt='t' Driver='local' Labels=null "
	    "Mountpoint='/m' Name='data' Options={'o':'password=x'}! "
	    "Scope='local'\n"
	    "secret/tls S secret  ID='s' Version={} Spec.Name='tls' "
	    "Spec.Labels={}\n"
	    "config/conf  config  ID='k' Version={} Spec.Name='conf' "
	    "Spec.Data='eA=='!\n");
}

static void
a_project_is_told_by_its_services(void **state)
{
	(void)state;
	TOLD(
	    "{'name':'shop','networks':{'default':{'name':'shop_default'}},"
	    "'secrets':{'tls':{'file':'/t','content':'x'}},'services':{"
	    "'db':{'image':'pg','environment':{'P':'x'},'volumes':[{'type':"
	    "'volume','source':'data','target':'/d'},{'type':'bind','source':"
	    "'/x'}]},'web':{'build':{'context':'.'},'depends_on':{'db':{}},"
	    "'networks':{'default':null},'secrets':[{'source':'tls'}],"
	    "'configs':['conf']}},'volumes':{'data':{'driver_opts':{'o':'p'}}}}",
	    "network/default  network  name='shop_default'\n"
	    "secret/tls S secret  file='/t' content='x'!\n"
	    "service/db  service  image='pg' environment={'P':'x'}! "
	    "volumes=[{'type':'volume','source':'data','target':'/d'},"
	    "{'type':'bind','source':'/x'}] >volume/data\n"
	    "service/web  service  build={'context':'.'}! depends_on={'db':{}} "
	    "networks={'default':null} secrets=[{'source':'tls'}] "
	    "configs=['conf'] >service/db >network/default >secret/tls "
	    ">config/conf\n"
	    "volume/data  volume  driver_opts={'o':'p'}!\n");
	TOLD("{'services':{'a':{'image':'x'},'b':{}}}",
	    "service/a  service  image='x'\nservice/b  service \n");
}

static void
what_has_other_members_is_read_all_the_same(void **state)
{
	(void)state;
	TOLD("[7,[],{},{'Name':'n'},{'Id':'c','Name':'a','Config':{},'State':"
	     "{},'Env':[1],'Env':[2],'Config':{'Env':[3]},'Mounts':7,"
	     "'NetworkSettings':[]}]",
	    "container/a  container  Id='c' Name='a' State={} Env=[1]! "
	    "Env=[2]! Config.Env=[3]! Mounts=7 NetworkSettings=[]\n");
}

static void
others_are_none(void **state)
{
	static const char *const texts[] = {
		"[{'Name':'a','Id':'b','Config':{},'Enabled':true}]",
		"[{'ID':'n','Version':{},'Spec':{'Role':'worker'}}]",
		"[{'ID':'n','Version':{},'Spec':{'Name':'n'},'Description':{}}]",
		"[{'Name':'a','Id':'b'}]",
		"[{'Id':'sha256:1','RepoTags':['a'],'Config':{}}]",
		"{'services':{'a':{'port':1}}}",
		"{'services':{'a':{'image':'x'},'b':7}}",
		"{'services':['a']}",
		"{'networks':{'a':{}},'volumes':{'b':{}}}",
		"{'name':'p','version':'1','scripts':{'build':'x'}}",
		"{'a':[{'Name':'a','Driver':'x','Scope':'x','Mountpoint':'x'}]}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_told(texts[i], "opaque", "");
}

UNIT(state_docker)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_is_told_by_its_spec),
		cmocka_unit_test(a_container_is_told_by_its_config),
		cmocka_unit_test(networks_volumes_secrets_and_configs),
		cmocka_unit_test(a_project_is_told_by_its_services),
		cmocka_unit_test(what_has_other_members_is_read_all_the_same),
		cmocka_unit_test(others_are_none),
	};

	return UNIT_RUN(tests);
}
