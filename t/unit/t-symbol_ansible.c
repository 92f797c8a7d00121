/* lib/symbol/symbol_ansible: playbooks, tasks, roles and inventories. */
#include "unit.h"

#include "symbol_told.h"

static void
plays_have_hosts_roles_and_files(void **state)
{
	(void)state;
	assert_symbols("site.yml",
	    "- name: Web\n"
	    "  hosts: web:&prod:!old,db[0]\n"
	    "  vars: {port: 80}\n"
	    "  vars_prompt: [{name: who}]\n"
	    "  vars_files:\n"
	    "    - vars/main.yml\n"
	    "    - [vars/a.yml, vars/b.yml]\n"
	    "  roles:\n"
	    "    - common\n"
	    "    - {role: nginx, tags: x}\n"
	    "    - geerlingguy.php\n"
	    "    - a.b.c\n"
	    "    - ../shared/base\n"
	    "    - \"{{ kind }}_role\"\n"
	    "- hosts: all\n"
	    "  roles: [x]\n"
	    "- import_playbook: other.yml\n"
	    "- import_playbook: a.b.c\n",
	    "1 ansible.play Web\n"
	    "2 Web> ansible.hosts ansible.group:web ...\n"
	    "2 Web> ansible.hosts ansible.group:prod ...\n"
	    "2 Web> ansible.hosts ansible.group:old ...\n"
	    "2 Web> ansible.hosts ansible.group:db ...\n"
	    "3 Web> ansible.var port\n"
	    "4 Web> ansible.var who\n"
	    "6 Web> ansible.file vars/main.yml=vars\n"
	    "7 Web> ansible.file vars/a.yml=vars ?\n"
	    "7 Web> ansible.file vars/b.yml=vars ?\n"
	    "9 Web> ansible.role ansible.role:common\n"
	    "10 Web> ansible.role ansible.role:nginx\n"
	    "11 Web> ansible.role ansible.role:geerlingguy.php ...\n"
	    "12 Web> ansible.role ansible.role:a.b.c ...\n"
	    "13 Web> ansible.role ../shared/base +\n"
	    "14 Web> ansible.role ansible.role:*_role ~\n"
	    "14 Web> ansible.var ansible.var:kind ...\n"
	    "15 ansible.play all\n"
	    "16 all> ansible.role ansible.role:x\n"
	    "17 ansible.include other.yml\n"
	    "18 ansible.include @playbook:a.b.c\n");
	assert_symbols("plays/x.yml",
	    "- hosts: \"{{ target }}\"\n"
	    "  tasks: [{debug: {msg: \"{{ target }}\"}}]\n",
	    "1 ansible.play * ~\n"
	    "1 *> ansible.hosts ansible.group:* ~ ...\n"
	    "1 *> ansible.var ansible.var:target ...\n"
	    "2 *> ansible.var ansible.var:target ...\n");
}

static void
tasks_name_files_and_roles(void **state)
{
	(void)state;
	assert_symbols("roles/r/tasks/main.yml",
	    "- include_tasks: a.yml\n"
	    "- ansible.builtin.import_tasks: {file: b.yml}\n"
	    "- import_tasks: c.yml x=1\n"
	    "- include_tasks: \"{{ os }}.yml\"\n"
	    "- include_tasks: \"{{ it }}\"\n"
	    "- include_role: {name: other, tasks_from: install}\n"
	    "- import_role: name=plain\n"
	    "- include_vars: v.yml\n"
	    "- include_vars: {dir: more}\n"
	    "- name: t\n"
	    "  block:\n"
	    "    - ansible.builtin.template: {src: t.j2, dest: /t}\n"
	    "    - copy: src=c.conf dest=/c\n"
	    "    - copy: {src: /etc/a, dest: /b}\n"
	    "    - copy: {src: r, dest: /b, remote_src: true}\n"
	    "    - copy: {content: x, dest: /b}\n"
	    "    - script: s.sh --now\n"
	    "    - unarchive: {src: \"https://h/x.tgz\", dest: /}\n"
	    "    - template: {src: \"{{ role_path }}/x/y.j2\", dest: /}\n"
	    "  rescue:\n"
	    "    - copy: {src: d/, dest: /d}\n",
	    "1 ansible.include a.yml=tasks\n"
	    "2 ansible.include b.yml=tasks\n"
	    "3 ansible.include c.yml=tasks\n"
	    "4 ansible.include *.yml=tasks ~\n"
	    "6 ansible.role ansible.role:other=install\n"
	    "7 ansible.role ansible.role:plain\n"
	    "8 ansible.file v.yml=vars\n"
	    "9 ansible.file more=vars +\n"
	    "12 ansible.file t.j2=templates\n"
	    "13 ansible.file c.conf=files\n"
	    "17 ansible.file s.sh=files\n"
	    "19 ansible.file ../x/y.j2=templates\n"
	    "21 ansible.file d/=files +\n"
	    "4 ansible.var ansible.var:os ...\n"
	    "5 ansible.var ansible.var:it ...\n");
}

static void
variables_are_the_first_word(void **state)
{
	(void)state;
	assert_symbols("roles/r/tasks/main.yml",
	    "- name: \"{{ a }} {{ b.c | default('x') }} {{ item }} {{ "
	    "ansible_os_family }}\"\n"
	    "  command: echo {{ hostvars[d].e }} {{ f(1) }} {{ 'text' }} "
	    "{{ not g }}\n"
	    "  register: out\n"
	    "- set_fact: {made: \"{{ out.stdout }}\"}\n"
	    "- copy: {content: \"{{ lookup('file', 'k.pub') }}{{ "
	    "lookup('env', 'H') }}\", dest: /k}\n"
	    "- debug: {msg: \"{{ lookup('template', 'x/' + y) }}\"}\n",
	    "3 ansible.var out\n"
	    "4 ansible.var made\n"
	    "1 ansible.var ansible.var:a ...\n"
	    "1 ansible.var ansible.var:b ? ...\n"
	    "4 ansible.var ansible.var:out ...\n"
	    "5 ansible.file k.pub=files\n"
	    "6 ansible.file x/*=templates ~\n");
	assert_symbols("group_vars/web.yml",
	    "port: 80\n"
	    "url: \"http://{{ host }}:{{ port }}\"\n"
	    "key: !vault |\n"
	    "  $ANSIBLE_VAULT;1.1;AES256\n"
	    "  6162\n",
	    "1 ansible.var port\n"
	    "2 ansible.var url\n"
	    "2 url> ansible.var ansible.var:host ...\n"
	    "2 url> ansible.var ansible.var:port ...\n"
	    "3 ansible.var key #\n");
}

static void
roles_and_projects_need_others(void **state)
{
	(void)state;
	assert_symbols("roles/r/meta/main.yml",
	    "galaxy_info: {author: me}\n"
	    "dependencies:\n"
	    "  - common\n"
	    "  - {role: db, when: x}\n",
	    "3 ansible.role_dependency ansible.role:common\n"
	    "4 ansible.role_dependency ansible.role:db\n");
	assert_symbols("requirements.yml",
	    "roles:\n"
	    "  - name: geerlingguy.java\n"
	    "    version: 1.9.6\n"
	    "  - src: https://u:p@h.org/r.git\n"
	    "    version: v2\n"
	    "collections:\n"
	    "  - community.general\n"
	    "  - {name: a.b, version: \">=1\"}\n",
	    "2 ansible.role_dependency @role:geerlingguy.java=1.9.6\n"
	    "4 ansible.role_dependency @git:https://h.org/r.git=v2\n"
	    "7 ansible.role_dependency @collection:community.general\n"
	    "8 ansible.role_dependency @collection:a.b=>=1\n");
	assert_symbols("requirements.yml",
	    "- src: geerlingguy.git\n"
	    "  version: 3.0.0\n",
	    "1 ansible.role_dependency @role:geerlingguy.git=3.0.0\n");
}

static void
inventories_have_names_only(void **state)
{
	(void)state;
	assert_symbols("inventory/hosts",
	    "lone ansible_host=10.0.0.1\n"
	    "[web]\n"
	    "web[01:20].example.org\n"
	    "h1 ansible_user=x ansible_password=secret\n"
	    "[web:vars]\n"
	    "port=80\n"
	    "ansible_user=me\n"
	    "[prod:children]\n"
	    "web\n",
	    "1 ansible.host lone\n"
	    "2 ansible.group web\n"
	    "3 web> ansible.host web*.example.org ~\n"
	    "4 web> ansible.host h1\n"
	    "6 web> ansible.var port\n"
	    "8 ansible.group prod\n"
	    "9 prod> ansible.hosts ansible.group:web\n");
	assert_symbols("inv.yml",
	    "all:\n"
	    "  hosts:\n"
	    "    h0: {rack: 1}\n"
	    "  children:\n"
	    "    web:\n"
	    "      hosts: {h1: null}\n"
	    "      vars: {port: 80, ansible_user: x}\n",
	    "1 ansible.group all\n"
	    "3 all> ansible.host h0\n"
	    "3 all> ansible.var rack\n"
	    "5 all> ansible.hosts ansible.group:web\n"
	    "5 ansible.group web\n"
	    "6 web> ansible.host h1\n"
	    "7 web> ansible.var port\n");
}

static void
settings_name_paths(void **state)
{
	(void)state;
	assert_symbols("ansible.cfg",
	    "[defaults]\n"
	    "inventory = hosts.ini,more/hosts\n"
	    "roles_path = roles:../shared:/etc/ansible/roles\n"
	    "vault_password_file = ../vpass\n"
	    "vault_identity_list = dev@dev.pass, prod@~/prod\n",
	    "2 ansible.config hosts.ini\n"
	    "2 ansible.config more/hosts\n"
	    "4 ansible.config ../vpass\n"
	    "5 ansible.config dev.pass\n"
	    "3 ansible.config roles ? +\n"
	    "3 ansible.config ../shared ? +\n");
}

static void
what_is_of_other_tools_is_left(void **state)
{
	(void)state;
	assert_symbols("x.yml",
	    "apiVersion: v1\n"
	    "kind: List\n"
	    "items: []\n",
	    "");
	assert_symbols("y.yml",
	    "- name: a\n"
	    "  value: 1\n"
	    "- {name: b, image: c}\n",
	    "");
}

UNIT(symbol_ansible)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plays_have_hosts_roles_and_files),
		cmocka_unit_test(tasks_name_files_and_roles),
		cmocka_unit_test(variables_are_the_first_word),
		cmocka_unit_test(roles_and_projects_need_others),
		cmocka_unit_test(inventories_have_names_only),
		cmocka_unit_test(settings_name_paths),
		cmocka_unit_test(what_is_of_other_tools_is_left),
	};

	return UNIT_RUN(tests);
}
