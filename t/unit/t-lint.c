/* lib/lint: what holds of rules of every kind. */
#include "lint_told.h"

/* What is missing may stand in what cannot be read. */
static void
a_file_that_cannot_be_read_is_the_one_cause(void **state)
{
	(void)state;
	assert_check("", "cfn",
	    { "s.template",
		"Resources:\n  A:\n    Type: AWS::SNS::Topic\n"
		"    Properties: {TopicName: !Sub '${B}-x'}\n"
		"  B:\n    Type: AWS::SQS::Queue\n    Properties: {a: b: c}\n",
		NULL });
	assert_check("", "tf", { "a/m.tf", "locals {\n  a = var.v\n}\n", NULL },
	    { "a/v.tf", "variable \"v {\n}\n", NULL });
	assert_check("error tf/undeclared-var a/m.tf:2: the variable 'v' is "
		     "not defined\n",
	    "tf", { "a/m.tf", "locals {\n  a = var.v\n}\n", NULL },
	    { "b/v.tf", "variable \"v {\n}\n", NULL });
}

static void
a_slip_of_the_hand_is_told_from_another_name(void **state)
{
	static const char *const slips[][2] = { { "regoin", "region" },
		{ "regin", "region" }, { "regioon", "region" },
		{ "regian", "region" }, { "hosts-a", "host-a" },
		{ "aws_vpc.mian", "aws_vpc.main" }, { "setting", "settings" } };
	static const char *const others[][2] = { { "region", "region" },
		{ "subnet_a", "subnet_b" }, { "node1", "node2" },
		{ "v1", "v12" }, { "best", "test" }, { "dev", "dve" },
		{ "aX", "a" }, { "region", "regions-" }, { "abcd", "dcba" },
		{ "prod-eu", "prod-us" }, { "", "a" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(slips) / sizeof(slips[0]); i++)
		assert_true(gv_lint_is_slip(slips[i][0], slips[i][1]));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(gv_lint_is_slip(others[i][0], others[i][1]));
}

/* "WAS -> NOW" of each finding; malloc'd. */
static char *
remedies(const struct file *files)
{
	const struct gv_lint_opts opts = { .now = NOW };
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_lint_report report;
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	build(&g, files);
	assert_int_equal(gv_lint_run(&report, &g, &opts), 0);
	for (i = 0; i < report.n; i++) {
		const uint32_t fix = report.findings[i].fix;

		if (fix)
			gv_buf_addf(&out, "%s -> %s\n",
			    report.fixes[fix - 1].was,
			    report.fixes[fix - 1].now);
	}
	gv_lint_release(&report);
	gv_depgraph_release(&g);
	return gv_buf_take(&out);
}

static void
a_remedy_is_one_only_where_it_is_certain(void **state)
{
	static const struct file files[] = {
		{ "a/main.tf",
		    "variable \"region\" {}\nlocals { a = var.regoin }\n",
		    NULL },
		/* two names are as near */
		{ "b/main.tf",
		    "variable \"region\" {}\nvariable \"ragiom\" {}\n"
		    "locals { a = var.ragion }\n",
		    NULL },
		/* the right one is set, too */
		{ "c/main.tf", "variable \"region\" {}\n", NULL },
		{ "c/terraform.tfvars", "region = 1\nregoin = 1\n", NULL },
		{ "d/main.tf", "variable \"region\" {}\n", NULL },
		{ "d/terraform.tfvars", "regoin = 1\n", NULL },
		{ "e/main.tf", "locals { a = file(\"poicy.json\") }\n", NULL },
		{ "e/Policy.json", "{}", NULL },
		{ "f/main.tf", "locals { a = file(\"policy.json\") }\n", NULL },
		{ "f/Policy.json", "{}", NULL },
		{ .path = NULL },
	};
	char *told = remedies(files);

	(void)state;
	assert_string_equal(told,
	    "regoin -> region\npolicy.json -> Policy.json\n"
	    "regoin -> region\n");
	free(told);
}

static void
what_is_not_defined_is_named_once(void **state)
{
	(void)state;
	assert_check("error tf/undeclared-var net/a.tf:1 net/b.tf:2: the "
		     "variable 'regoin' is not defined; the nearest name is "
		     "'region'\n",
	    "tf/undeclared-var",
	    { "net/a.tf", "locals { a = var.regoin }\n", NULL },
	    { "net/b.tf", "variable \"region\" {}\nlocals { b = var.regoin }\n",
		NULL });
}

/* A file that belongs to other code, or code that lost a file, is one cause. */
static void
names_that_are_mostly_missing_are_one_finding(void **state)
{
	(void)state;
	assert_check("warning tf/undeclared-value a/terraform.tfvars:1 "
		     "a/terraform.tfvars:2 a/terraform.tfvars:4 "
		     "a/terraform.tfvars:5: the variables 'ab', 'cd', 'ef' and "
		     "others are not defined\n",
	    "tf/undeclared-value", { "a/m.tf", "variable \"vv\" {}\n", NULL },
	    { "a/terraform.tfvars", "ab = 1\ncd = 2\nvv = 1\nef = 3\ngh = 4\n",
		NULL });
	assert_check("error tf/undeclared a/o.tf:1 a/o.tf:2 a/o.tf:3 a/o.tf:4: "
		     "the modules 'ab', 'cd', 'ef' and others are not "
		     "defined\n",
	    "tf/undeclared",
	    { "a/o.tf",
		"locals { a = module.ab.x }\nlocals { b = module.cd.x }\n"
		"locals { c = [module.ef.x, module.ab.y] }\n"
		"locals { d = module.gh.x }\n",
		NULL },
	    { "a/m.tf", "variable \"vv\" {}\n", NULL });
	/* three are a finding each */
	assert_check("warning tf/undeclared-value a/terraform.tfvars:1: the "
		     "variable 'ab' is not defined\n"
		     "warning tf/undeclared-value a/terraform.tfvars:2: the "
		     "variable 'cd' is not defined\n"
		     "warning tf/undeclared-value a/terraform.tfvars:3: the "
		     "variable 'ef' is not defined\n",
	    "tf/undeclared-value", { "a/m.tf", "variable \"vv\" {}\n", NULL },
	    { "a/terraform.tfvars", "ab = 1\ncd = 2\nef = 3\n", NULL });
	/* four of eight, and one of them is a slip of the hand */
	assert_check("warning tf/undeclared-value a/terraform.tfvars:1: the "
		     "variable 'regoin' is not defined; the nearest name is "
		     "'region'\n"
		     "warning tf/undeclared-value a/terraform.tfvars:2: the "
		     "variable 'cd' is not defined\n"
		     "warning tf/undeclared-value a/terraform.tfvars:3: the "
		     "variable 'ef' is not defined\n"
		     "warning tf/undeclared-value a/terraform.tfvars:4: the "
		     "variable 'gh' is not defined\n",
	    "tf/undeclared-value",
	    { "a/m.tf",
		"variable \"region\" {}\nvariable \"w1\" {}\n"
		"variable \"w2\" {}\nvariable \"w3\" {}\n"
		"variable \"w4\" {}\n",
		NULL },
	    { "a/terraform.tfvars",
		"regoin = 1\ncd = 2\nef = 3\ngh = 4\nw1 = 1\nw2 = 1\n"
		"w3 = 1\nw4 = 1\n",
		NULL });
	/* one name in four places */
	assert_check("error tf/undeclared a/o.tf:1 a/o.tf:2 a/o.tf:3 a/o.tf:4: "
		     "the module 'ab' is not defined\n",
	    "tf/undeclared",
	    { "a/o.tf",
		"locals { a = module.ab.x }\nlocals { b = module.ab.y }\n"
		"locals { c = module.ab.z }\nlocals { d = module.ab.x }\n",
		NULL },
	    { "a/m.tf", "variable \"vv\" {}\n", NULL });
}

static void
a_file_may_be_missing_differ_in_case_or_be_ignored(void **state)
{
	(void)state;
	assert_check("error ref/missing-file a/main.tf:1: 'a/x.tpl' does not "
		     "exist; the nearest name is 'a/y.tpl'\n",
	    "ref/missing-file",
	    { "a/main.tf", "locals { a = file(\"${path.module}/x.tpl\") }",
		NULL },
	    { "a/y.tpl", "", NULL });
	assert_check("error ref/case a/main.tf:1: 'a/x.tpl' is named, but the "
		     "file is 'a/X.tpl'\n",
	    "ref", { "a/main.tf", "locals { a = file(\"x.tpl\") }", NULL },
	    { "a/X.tpl", "", NULL });
	assert_check(
	    "warning ref/outside a/main.tf:1: '../../b.tpl' is outside "
	    "of the repository, so no backup has it\n",
	    "ref",
	    { "a/main.tf", "locals { a = file(\"../../b.tpl\") }", NULL });
}

static void
what_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	assert_check("error parse/error main.tf:2: this cannot be read: an "
		     "argument without a value\n",
	    "parse", { "main.tf", "locals {\n a =\n}\n", NULL });
	assert_check("", "parse",
	    { "a.yaml", "a:\n  - 'x: {{ {{{{ y'\n  - z: |-\n      b: {{\n",
		NULL });
}

static void
a_comment_allows_a_rule_in_its_line(void **state)
{
	(void)state;
	assert_check("(allowed) error ref/missing-file main.tf:2: 'x' does "
		     "not exist\n",
	    "ref",
	    { "main.tf",
		"locals { # gitvault: ignore ref made by the build\n"
		" a = file(\"x\") }",
		NULL });
	assert_check("error ref/missing-file main.tf:2: 'x' does not exist\n",
	    "ref",
	    { "main.tf",
		"locals { # gitvault: ignore tf/undeclared no\n"
		" a = file(\"x\") }",
		NULL });
}

static void
a_baseline_allows_a_subject(void **state)
{
	static const struct file files[] = {
		{ "main.tf", "locals {\n a = file(\"x\")\n b = file(\"y\")\n}",
		    NULL },
		{ .path = NULL },
	};
	static const struct gv_lint_ignore ignore = { .rule =
							  "ref/missing-file",
		.subject = "x",
		.by = GV_LINT_BY_BASELINE };
	const struct gv_lint_opts opts = {
		.now = NOW, .ignores = &ignore, .n_ignores = 1
	};
	char *told = check(files, &opts);

	(void)state;
	assert_string_equal(told,
	    "(allowed) error ref/missing-file main.tf:2: 'x' does not "
	    "exist\n"
	    "error ref/missing-file main.tf:3: 'y' does not exist\n");
	free(told);
}

/* A clone does not have what the project ignores, so nothing is wrong there. A
 * path that is included again, or that another folder ignores, is. */
static void
a_missing_file_that_the_project_ignores_is_information(void **state)
{
	static const struct file files[] = {
		{ ".gitignore", "env/\n*.made\n!kept.made\n/top.txt\n", NULL },
		{ "a/.gitignore", "/only\n!again.made\n", NULL },
		{ "a/main.tf",
		    "locals {\n"
		    " a = file(\"../env/a/b.txt\")\n"
		    " b = file(\"x.made\")\n"
		    " c = file(\"kept.made\")\n"
		    " d = file(\"only/deep/er\")\n"
		    " e = file(\"again.made\")\n"
		    " f = file(\"top.txt\")\n"
		    " g = file(\"../b/only\")\n"
		    "}",
		    NULL },
		{ .path = NULL },
	};

	(void)state;
	assert_by(files, "ref", "", NULL,
	    "error ref/missing-file a/main.tf:4: 'a/kept.made' does not "
	    "exist\n"
	    "error ref/missing-file a/main.tf:6: 'a/again.made' does not "
	    "exist\n"
	    "error ref/missing-file a/main.tf:7: 'a/top.txt' does not exist\n"
	    "error ref/missing-file a/main.tf:8: 'b/only' does not exist\n"
	    "info ref/missing-file a/main.tf:2: 'env/a/b.txt' is not in this "
	    "working tree, and Git ignores it; where a snapshot has it, git "
	    "vault restore brings it back\n"
	    "info ref/missing-file a/main.tf:3: 'a/x.made' is not in this "
	    "working tree, and Git ignores it; where a snapshot has it, git "
	    "vault restore brings it back\n"
	    "info ref/missing-file a/main.tf:5: 'a/only/deep/er' is not in "
	    "this working tree, and Git ignores it; where a snapshot has it, "
	    "git vault restore brings it back\n");
}

static void
keys_of_mappings_are_there_for_each_value(void **state)
{
#define CFN                                                                    \
	"AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n"                \
	"  Env: {Type: String, AllowedValues: [dev, prod, build]}\n"           \
	"Mappings:\n  Sizes:\n    dev: {n: 1}\n    prod: {n: 2}\n"             \
	"Resources:\n  Q:\n    Type: AWS::SQS::Queue\n"
	(void)state;
	assert_check("error cfn/mapping s.yaml:12: 'Env' may be 'build', but "
		     "the mapping 'Sizes' has no key 'build'\n"
		     "error cfn/mapping s.yaml:13: the mapping 'Sizes' has no "
		     "key 'qa'\n",
	    "cfn",
	    { "s.yaml",
		CFN "    Properties:\n"
		    "      A: !FindInMap [Sizes, !Ref Env, n]\n"
		    "      B: !FindInMap [Sizes, qa, n]\n"
		    "      C: !FindInMap [Sizes, dev, n]\n"
		    "      D: !FindInMap [Sizes, !Ref 'AWS::Region', n]\n"
		    "      E: !FindInMap [Sizes, qa, n, {DefaultValue: 1}]\n",
		NULL });
	/* who writes JSON, and a part that a condition leaves out */
	assert_check("error cfn/mapping s.yaml:11: 'Env' may be 'build', but "
		     "the mapping 'Sizes' has no key 'build'\n"
		     "info cfn/mapping s.yaml:14: the mapping 'Sizes' has no "
		     "key 'qa'\n",
	    "cfn/mapping",
	    { "s.yaml",
		CFN "    Properties: {A: {'Fn::FindInMap': [Sizes, {Ref: Env}, "
		    "n]}}\n"
		    "  R:\n    Type: AWS::SQS::Queue\n"
		    "    Properties: {A: !If [X, !FindInMap [Sizes, qa, n], "
		    "1]}\n",
		NULL });
	/* values of something else are one finding, not one each */
	assert_check("error cfn/mapping s.yaml:10: 'Env' may be 'a', 'b', 'c' "
		     "and others, and the mapping 'M' has no such keys\n",
	    "cfn/mapping",
	    { "s.yaml",
		"AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n"
		"  Env: {Type: String, AllowedValues: [dev, a, b, c, d, e]}\n"
		"Mappings:\n  M:\n    dev: {n: 1}\n"
		"Resources:\n  Q:\n    Type: AWS::SQS::Queue\n"
		"    Properties: {A: !FindInMap [M, !Ref Env, n]}\n",
		NULL });
#undef CFN
}

/* Compose starts no service without its env_file. A fresh clone lacks the ones
 * that the project ignores, and nothing is wrong there. */
static void
a_missing_env_file_is_a_finding(void **state)
{
	static const char text[] =
	    "services:\n  web:\n    image: nginx:1.27\n    env_file:\n"
	    "    - .env\n    - web.env\n    - path: may.env\n"
	    "      required: false\n  db:\n    image: pg:1.2\n"
	    "    env_file: web.env\n";
	static const struct file open[] = { { "a/compose.yml", text, NULL },
		{ .path = NULL } };
	static const struct file ignored[] = {
		{ ".gitignore", ".env\n", NULL },
		{ "a/compose.yml", text, NULL },
		{ .path = NULL },
	};

	(void)state;
	assert_by(open, "compose", "", NULL,
	    "warning compose/env-file a/compose.yml:5: 'a/.env' does not exist, "
	    "and Compose needs it as an env_file; where a snapshot has the "
	    "file, git vault restore brings it back\n"
	    "warning compose/env-file a/compose.yml:6 a/compose.yml:11: "
	    "'a/web.env' does not exist, and Compose needs it as an env_file; "
	    "where a snapshot has the file, git vault restore brings it "
	    "back\n");
	assert_by(ignored, "compose", "", NULL,
	    "warning compose/env-file a/compose.yml:6 a/compose.yml:11: "
	    "'a/web.env' does not exist, and Compose needs it as an env_file; "
	    "where a snapshot has the file, git vault restore brings it back\n"
	    "info compose/env-file a/compose.yml:5: 'a/.env' is not in this "
	    "working tree, and Git ignores it; where a snapshot has it, git "
	    "vault restore brings it back\n");
}

#define EXPORT(name)                                                           \
	"AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A: {Type: "     \
	"AWS::SNS::Topic}\nOutputs:\n  O:\n    Value: !Ref A\n    Export: "    \
	"{Name: " name "}\n"

static void
environments_do_not_share_a_global_name(void **state)
{
	(void)state;
	assert_check("warning env/name-clash cfn/dev.yaml:7 cfn/prod.yaml:7: "
		     "dev and prod both define 'net'\n",
	    "env/name-clash", { "cfn/dev.yaml", EXPORT("net"), "dev" },
	    { "cfn/prod.yaml", EXPORT("net"), "prod" });
	assert_check("", "env/name-clash",
	    { "cfn/dev.yaml", EXPORT("dev-net"), "dev" },
	    { "cfn/prod.yaml", EXPORT("prod-net"), "prod" });
}

static void
what_an_example_lacks_is_information(void **state)
{
	(void)state;
	assert_check("info k8s/key-missing p.yaml:4: the example of Secret/s "
		     "has no key 'b'\n",
	    "k8s",
	    { "s.yaml.template",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
		"stringData: {a: x}\n",
		NULL },
	    { "p.yaml",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
		"spec: {containers: [{name: p, image: i:1, env: [{name: B, "
		"valueFrom: {secretKeyRef: {name: s, key: b}}}]}]}\n",
		NULL });
}

static void
rules_are_in_order_and_found(void **state)
{
	size_t n, i;
	const struct gv_lint_rule *rules = gv_lint_rules(&n);

	(void)state;
	for (i = 0; i < n; i++) {
		if (i)
			assert_true(strcmp(rules[i - 1].id, rules[i].id) < 0);
		assert_ptr_equal(gv_lint_rule(rules[i].id), &rules[i]);
	}
	assert_null(gv_lint_rule("tf"));
	assert_true(gv_lint_rule_is(gv_lint_rule("tf/unset-var"), "tf"));
	assert_false(gv_lint_rule_is(gv_lint_rule("tf/unset-var"), "t"));
}

static void
roles_are_where_the_configuration_says(void **state)
{
	(void)state;
	assert_check("error ansible/missing a/b/site.yml:4: the role 'none' is "
		     "not defined\n",
	    "ansible/missing",
	    { "a/ansible.cfg", "[defaults]\nroles_path = r.galaxy:./own\n",
		NULL },
	    { "a/b/site.yml",
		"- hosts: localhost\n  roles:\n    - g\n    - none\n"
		"    - o\n",
		NULL },
	    { "a/r.galaxy/g/tasks/main.yml", "- debug: {msg: a}\n", NULL },
	    { "a/own/o/tasks/main.yml", "- debug: {msg: a}\n", NULL });
}

static void
files_of_editors_are_no_infrastructure(void **state)
{
	(void)state;
	assert_check("info parse/error a/x.json:1: this cannot be read: a key "
		     "in quotes should be here\n",
	    "parse/error",
	    { ".vscode/tasks.json", "{ // a comment\n}\n", NULL },
	    { "a/.devcontainer/devcontainer.json", "{ // a\n}\n", NULL },
	    { "a/tsconfig.app.json", "{ // a\n}\n", NULL },
	    { "tsconfig.json", "{ // a\n}\n", NULL },
	    { "a/x.json", "{ // a\n}\n", NULL });
}

UNIT(lint)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_cannot_be_read_is_the_one_cause),
		cmocka_unit_test(a_slip_of_the_hand_is_told_from_another_name),
		cmocka_unit_test(a_remedy_is_one_only_where_it_is_certain),
		cmocka_unit_test(what_is_not_defined_is_named_once),
		cmocka_unit_test(names_that_are_mostly_missing_are_one_finding),
		cmocka_unit_test(
		    a_file_may_be_missing_differ_in_case_or_be_ignored),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(a_comment_allows_a_rule_in_its_line),
		cmocka_unit_test(a_baseline_allows_a_subject),
		cmocka_unit_test(
		    a_missing_file_that_the_project_ignores_is_information),
		cmocka_unit_test(keys_of_mappings_are_there_for_each_value),
		cmocka_unit_test(a_missing_env_file_is_a_finding),
		cmocka_unit_test(environments_do_not_share_a_global_name),
		cmocka_unit_test(what_an_example_lacks_is_information),
		cmocka_unit_test(rules_are_in_order_and_found),
		cmocka_unit_test(roles_are_where_the_configuration_says),
		cmocka_unit_test(files_of_editors_are_no_infrastructure),
	};

	return UNIT_RUN(tests);
}
