#include "unit/unit.h"

#include <string.h>

#include "drill/validator.h"

static void
finds_what_applies(void **state)
{
	static const char *const paths[] = { ".terraform/modules/x/main.tf",
		"README.md", "ansible/site.yml", "charts/a/Chart.yaml",
		"charts/a/templates/a.yaml", "compose.yaml", "deploy.sh",
		"k8s/kustomization.yaml", "live/prod/a.tf", "live/prod/b.tf",
		"main.tf", "sh", "x.shx" };
	static const char *const wanted[][3] = {
		{ "terraform validate", "live/prod", "-chdir=live/prod" },
		{ "terraform validate", "", "-chdir=." },
		{ "kubectl kustomize", "k8s", "kustomize" },
		{ "helm template", "charts/a", "template" },
		{ "ansible-playbook --syntax-check", "ansible/site.yml",
		    "--syntax-check" },
		{ "docker-compose config", "compose.yaml", "-f" },
		{ "sh -n", "deploy.sh", "-n" },
	};
	struct gv_validator_calls calls;
	size_t i;

	(void)state;
	assert_int_equal(
	    gv_validator_find(&calls, paths, sizeof(paths) / sizeof(*paths)),
	    0);
	assert_int_equal(calls.n, sizeof(wanted) / sizeof(*wanted));
	for (i = 0; i < calls.n; i++) {
		assert_string_equal(calls.items[i].name, wanted[i][0]);
		assert_string_equal(calls.items[i].path, wanted[i][1]);
		assert_string_equal(calls.items[i].argv[1], wanted[i][2]);
	}
	gv_validator_release(&calls);
}

static void
yaml_is_linted_by_the_rules_beside_it(void **state)
{
	static const char *const paths[] = { ".yamllint", "a.yaml",
		"ops/.yamllint" };
	struct gv_validator_calls calls;

	(void)state;
	assert_int_equal(gv_validator_find(&calls, paths, 3), 0);
	assert_int_equal(calls.n, 2);
	assert_string_equal(calls.items[0].program, "yamllint");
	assert_string_equal(calls.items[0].argv[4], "./.yamllint");
	assert_string_equal(calls.items[0].argv[5], ".");
	assert_string_equal(calls.items[1].argv[4], "ops/.yamllint");
	assert_null(calls.items[1].argv[6]);
	gv_validator_release(&calls);
	assert_int_equal(gv_validator_judge(1, "./a.yaml:2:1: [error] x\n", ""),
	    GV_VALIDATOR_FAILED);
}

/* The nearest above the playbook, and no other folder's. */
static void
ansible_gets_its_configuration(void **state)
{
	static const char *const paths[] = { "ansible.cfg", "ops/ansible.cfg",
		"ops/plays/site.yml", "opsx/ansible.cfg", "site.yml" };
	struct gv_validator_calls calls;

	(void)state;
	assert_int_equal(gv_validator_find(&calls, paths, 5), 0);
	assert_int_equal(calls.n, 2);
	assert_string_equal(
	    calls.items[0].env[0], "ANSIBLE_CONFIG=ops/ansible.cfg");
	assert_string_equal(
	    calls.items[1].env[0], "ANSIBLE_CONFIG=ansible.cfg");
	gv_validator_release(&calls);
	assert_int_equal(gv_validator_find(&calls, paths + 2, 2), 0);
	assert_int_equal(calls.n, 1);
	assert_null(calls.items[0].env);
	gv_validator_release(&calls);
	assert_string_equal(
	    gv_validator_lack("", "| Error: Missing required provider aws\n"),
	    "Missing required provider");
	assert_null(gv_validator_lack("ok", ""));
}

static const char *
old(const char *least, const char *printed)
{
	static char text[32];
	size_t len = 0;
	const char *at = gv_validator_old(&len, least, printed);

	if (at == NULL)
		return "no";
	memcpy(text, at, len);
	text[len] = '\0';
	return text;
}

static void
reads_versions(void **state)
{
	(void)state;
	assert_string_equal(old("1.0", "Terraform v1.11.4\non linux"), "no");
	assert_string_equal(old("1.0", "Terraform v0.12.31\n"), "0.12.31");
	assert_string_equal(old("1.14",
				"Client Version: version.Info{Major:\"1\", "
				"Minor:\"20\", GitVersion:\"v1.20.2\"}"),
	    "no");
	assert_string_equal(
	    old("2.10", "ansible-playbook [core 2.9.27]\n"), "2.9.27");
	assert_string_equal(
	    old("2.10", "ansible-playbook [core 2.14.18]\n"), "no");
	assert_string_equal(
	    old("2.0", "docker-compose version 1.29.2, build x"), "1.29.2");
	assert_string_equal(
	    old("4.0", "GNU bash, version 5.2.15(1)-release"), "no");
	assert_string_equal(old("2.0", "promtool, version 2.0"), "no");
	assert_string_equal(old("2.0.1", "promtool, version 2.0"), "2.0");
	assert_string_equal(old("2.0", "no version at all 7."), "");
	assert_string_equal(old("2.0", ""), "");
}

static void
judges(void **state)
{
	static const struct {
		int status;
		const char *out, *err;
		enum gv_validator_verdict verdict;
		const char *line;
	} cases[] = {
		{ 0, "Success!\n", "", GV_VALIDATOR_PASSED, "Success!" },
		{ 127, "", "not found\n", GV_VALIDATOR_COULD_NOT, "not found" },
		{ 1, "",
		    "\342\225\267\n\342\224\202 Error: Unsupported argument\n",
		    GV_VALIDATOR_FAILED, "Error: Unsupported argument" },
		{ 1, "", "Error: Missing required provider\n",
		    GV_VALIDATOR_COULD_NOT,
		    "Error: Missing required provider" },
		{ 1, "", "dial tcp 10.0.0.1:8080: connection refused\n",
		    GV_VALIDATOR_COULD_NOT, NULL },
		{ 2, "", "a.sh: line 3: syntax error\n", GV_VALIDATOR_FAILED,
		    "a.sh: line 3: syntax error" },
		{ 1, "", "", GV_VALIDATOR_FAILED, "" },
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *line =
		    gv_validator_line(&len, cases[i].out, cases[i].err);

		assert_int_equal(gv_validator_judge(cases[i].status,
				     cases[i].out, cases[i].err),
		    cases[i].verdict);
		if (cases[i].line == NULL)
			continue;
		assert_int_equal(len, strlen(cases[i].line));
		assert_memory_equal(line, cases[i].line, len);
	}
}

static void
says_where_if_the_tool_does(void **state)
{
	static const struct {
		const char *text, *place;
	} cases[] = {
		{ "\342\225\267\n\342\224\202 Error: Reference to undeclared "
		  "input variable\n\342\224\202 \n\342\224\202   on main.tf line "
		  "12, in locals:\n\342\224\202   12: a = var.x\n",
		    "on main.tf line 12" },
		{ "Error: no\n\nbased on a line 3\n", NULL },
		{ "Error: no\non a file\nx line 3\n", NULL },
		{ "FAILED: unmarshal errors:\n  line 1: field x not found\n",
		    "line 1: field x not found" },
		{ "FAILED: no more:\n", NULL },
		{ "Error: no", NULL },
		{ "", NULL },
	};
	const char *place;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		place = gv_validator_place(
		    &len, gv_validator_line(&len, "", cases[i].text));
		if (cases[i].place == NULL) {
			assert_null(place);
			continue;
		}
		assert_non_null(place);
		assert_int_equal(len, strlen(cases[i].place));
		assert_memory_equal(place, cases[i].place, len);
	}
}

UNIT(validator)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_applies),
		cmocka_unit_test(yaml_is_linted_by_the_rules_beside_it),
		cmocka_unit_test(ansible_gets_its_configuration),
		cmocka_unit_test(reads_versions),
		cmocka_unit_test(judges),
		cmocka_unit_test(says_where_if_the_tool_does),
	};

	return UNIT_RUN(tests);
}
