/* lib/lint: rules over small trees, written as paths and texts. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "config/policy.h"
#include "lint/lint_internal.h"
#include "graph/depgraph_internal.h"

#define FILES_MOST 12
#define NOW        1800000000

struct file {
	const char *path, *text, *env;
};

static void
pack(struct gv_buf *out, const struct file *f)
{
	struct gv_symbols symbols;

	assert_int_equal(gv_symbols_read(&symbols,
			     gv_symbol_dialect(f->path, strlen(f->path)),
			     f->text, strlen(f->text)),
	    0);
	gv_symbols_pack(out, &symbols);
	gv_symbols_release(&symbols);
}

/* As a tree is loaded: without the details that nothing names. */
static void
build(struct gv_depgraph *g, const struct file *files)
{
	struct gv_depgraph_want *want;
	struct gv_buf packed[FILES_MOST] = { { .p = NULL } };
	uint32_t i;

	for (i = 0; files[i].path; i++)
		assert_int_equal(
		    gv_depgraph_add(g, files[i].path, strlen(files[i].path),
			files[i].env, files[i].text ? 0 : GV_DEPGRAPH_LEFT),
		    0);
	assert_int_equal(gv_depgraph_sort(g), 0);
	assert_int_equal(gv_depgraph_want_new(&want, g), 0);
	for (i = 0; files[i].path; i++) {
		packed[i] = (struct gv_buf)GV_BUF_INIT;
		if (files[i].text == NULL)
			continue;
		pack(&packed[i], &files[i]);
		gv_depgraph_want_add(want, packed[i].p, packed[i].len);
	}
	g->want = want;
	for (i = 0; i < g->n_files; i++) {
		struct gv_buf *p = &packed[g->files[i].given];

		if (p->len)
			assert_int_equal(
			    gv_depgraph_put(g, i, p->p, p->len), 0);
		gv_buf_release(p);
	}
	g->want = NULL;
	gv_depgraph_want_free(want);
	assert_int_equal(gv_depgraph_link(g), 0);
	gv_depgraph_settle(g);
}

/* "SEVERITY RULE PATH:LINE PATH:LINE: TEXT" of each finding; malloc'd. */
static char *
check(const struct file *files, const struct gv_lint_opts *opts)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_lint_report report;
	struct gv_buf out = GV_BUF_INIT;
	size_t i, k;

	build(&g, files);
	assert_int_equal(gv_lint_run(&report, &g, opts), 0);
	for (i = 0; i < report.n; i++) {
		const struct gv_lint_finding *f = &report.findings[i];

		gv_buf_addf(&out, "%s%s %s", f->allowed ? "(allowed) " : "",
		    gv_lint_severities[f->severity], f->rule->id);
		for (k = 0; k < f->n; k++)
			gv_buf_addf(&out, " %s:%u",
			    g.files[f->places[k].file].path, f->places[k].line);
		gv_buf_addf(&out, ": %s\n", f->text);
	}
	gv_lint_release(&report);
	gv_depgraph_release(&g);
	return gv_buf_take(&out);
}

#define assert_check(want, rule, ...)                                          \
	do {                                                                   \
		static const struct file files[] = { __VA_ARGS__,              \
			{ .path = NULL } };                                    \
		const char *const rules_[] = { rule };                         \
		const struct gv_lint_opts opts = {                             \
			.now = NOW, .rules = rules_, .n_rules = 1              \
		};                                                             \
		char *told = check(files, &opts);                              \
		assert_string_equal(told, want);                               \
		free(told);                                                    \
	} while (0)

static void
what_a_template_or_the_cluster_adds_is_not_missing(void **state)
{
	(void)state;
	assert_check("", "k8s",
	    { "c/Chart.yaml", "name: c\nversion: 1.0.0\n", NULL },
	    { "c/templates/a.yaml",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
		"data:\n{{ (.Files.Glob \"x/*\").AsConfig | indent 2 }}\n"
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n"
		"data:\n  {{- range $k, $v := .Values.x }}\n"
		"  {{ $k }}: {{ $v }}\n  {{- end }}\n  fixed: a\n"
		"---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
		"spec: {containers: [{name: p, image: p:1, env: ["
		"{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}, "
		"{name: B, valueFrom: {configMapKeyRef: {name: d, key: k}}}"
		"]}]}\n",
		NULL });
	assert_check("", "k8s",
	    { "s.yaml",
		"apiVersion: apps/v1\nkind: StatefulSet\n"
		"metadata: {name: db}\nspec:\n"
		"  selector: {matchLabels: {app: db}}\n"
		"  template:\n    metadata: {labels: {app: db}}\n"
		"    spec: {containers: [{name: db, image: db:1}]}\n---\n"
		"apiVersion: v1\nkind: Service\nmetadata: {name: db-0}\n"
		"spec: {selector: {app: db, "
		"statefulset.kubernetes.io/pod-name: db-0}}\n",
		NULL });
}

/* A volume may name several keys of an object. */
static void
each_key_of_a_volume_is_looked_for(void **state)
{
	(void)state;
	assert_check("error k8s/key-missing a.yaml:12: the ConfigMap/c has no "
		     "key 'd'\n",
	    "k8s",
	    { "a.yaml",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
		"data: {a: x, b: y, e: z}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
		"  volumes:\n"
		"  - {name: v, configMap: {name: c, items: [{key: a}, {key: b}]}}\n"
		"  - {name: w, configMap: {name: c, items: [{key: d}, {key: e}]}}\n",
		NULL });
}

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
old_charts_say_what_they_need_in_a_file_of_its_own(void **state)
{
	(void)state;
	assert_check("", "ansible", { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/requirements.yaml",
		"dependencies:\n- name: s\n  version: 1.0.0\n"
		"  repository: https://x.example\n",
		NULL });
	assert_check("", "k8s", { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/requirements.yaml",
		"dependencies:\n- name: s\n  version: 1.0.0\n"
		"  repository: https://x.example\n",
		NULL },
	    { "c/templates/p.yaml",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		"metadata: {name: p}\nspec:\n"
		"  podSelector: {matchLabels: {app: s}}\n",
		NULL });
	assert_check("", "k8s/role-ref",
	    { "b.yaml",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: RoleBinding\n"
		"metadata: {name: b, namespace: kube-system}\n"
		"roleRef: {kind: Role, "
		"name: extension-apiserver-authentication-reader}\n"
		"subjects: [{kind: ServiceAccount, "
		"name: horizontal-pod-autoscaler, namespace: kube-system}]\n",
		NULL });
}

static void
what_comes_from_elsewhere_may_be_patched(void **state)
{
	(void)state;
	assert_check(
	    "error kustomize/patch-target a/kustomization.yaml:3: the "
	    "object 'Deployment/d' is not defined in this repository\n"
	    "info kustomize/patch-target c/kustomization.yaml:3: the "
	    "object 'Deployment/e' is not defined in this repository\n",
	    "kustomize/patch-target",
	    { "a/kustomization.yaml",
		"resources: [s.yaml]\npatches:\n- target: {kind: Deployment, "
		"name: d}\n  path: p.yaml\n",
		NULL },
	    { "a/s.yaml",
		"apiVersion: v1\nkind: Service\n"
		"metadata: {name: s}\n",
		NULL },
	    { "a/p.yaml", "- {op: remove, path: /x}\n", NULL },
	    { "b/kustomization.yaml",
		"resources: ['https://example.org/x.yaml']\n", NULL },
	    { "c/kustomization.yaml",
		"resources: [../b]\npatches:\n- target: {kind: Deployment, "
		"name: e}\n  path: p.yaml\n",
		NULL },
	    { "c/p.yaml", "- {op: remove, path: /x}\n", NULL });
}

static void
jobs_of_an_included_file_are_known(void **state)
{
	(void)state;
	assert_check("error ci/extends .gitlab-ci.yml:4: the job '.none' is "
		     "not defined\n",
	    "ci",
	    { ".gitlab-ci.yml",
		"include: [ci/basic.yml]\na:\n  extends: [.base]\n"
		"b: {extends: .none}\nc:\n  script: [!reference [.more, "
		"before_script]]\n",
		NULL },
	    { "ci/basic.yml",
		".base: {script: [a]}\n"
		".more: {before_script: [b]}\n",
		NULL });
	assert_check("", "path",
	    { ".gitlab-ci.yml",
		"a:\n  script: [a]\n  only: {changes: ['p/*.{yml,yaml}']}\n",
		NULL },
	    { "p/a.yml", "a: 1\n", NULL });
}

static void
a_secret_of_one_stage_is_named(void **state)
{
	(void)state;
	assert_check("info ci/secret Jenkinsfile:7: the secret pager is used "
		     "for prod only\n",
	    "ci/secret",
	    { "Jenkinsfile",
		"pipeline {\n  stages {\n"
		"    stage('Deploy to staging') {\n"
		"      environment { T = credentials('token-staging') }\n    }\n"
		"    stage('Deploy to production') {\n"
		"      environment { P = credentials('pager')\n"
		"        T = credentials('token-production') }\n    }\n"
		"    stage('Tell') { environment { S = credentials('chat') } }\n"
		"  }\n}\n",
		NULL });
}

static void
other_tools_encrypt_secrets_as_well(void **state)
{
	(void)state;
	assert_check("warning secret/clear-mixed h/prod/all.yml:0: this is in "
		     "clear in prod, and 'h/dev/all.yml' is encrypted in dev\n",
	    "secret/clear-mixed",
	    { "h/dev/all.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", "dev" },
	    { "h/prod/all.yml", "a: 1\n", "prod" });
	assert_check("info secret/clear-mixed k/dev/s.yaml:0: this is in clear "
		     "in dev, and 'k/prod/s.yaml' is encrypted in prod\n",
	    "secret/clear-mixed",
	    { "k/dev/s.yaml",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n", "dev" },
	    { "k/prod/s.yaml",
		"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
		"metadata: {name: s}\nspec: {encryptedData: {a: AgB}}\n",
		"prod" });
	/* one variable of a file; another one is in clear in both */
	assert_check("warning secret/clear-mixed group_vars/prod.yml:2: "
		     "db_pass is in clear in prod, and 'group_vars/dev.yml' is "
		     "encrypted in dev\n",
	    "secret/clear-mixed",
	    { "group_vars/dev.yml",
		"size: 1\ndb_pass: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n"
		"  6162\n",
		"dev" },
	    { "group_vars/prod.yml", "size: 2\ndb_pass: hunter2\n", "prod" });
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
charts_that_were_not_fetched_are_one_finding(void **state)
{
	(void)state;
	assert_check("warning helm/dependency c/Chart.yaml:3 c/Chart.yaml:6: "
		     "the charts 'aa' and 'bb' are not in c/charts/, so this "
		     "chart cannot be deployed offline; to store them: helm "
		     "dependency build c\n",
	    "helm/dependency",
	    { "c/Chart.yaml",
		"name: c\ndependencies:\n- name: aa\n  version: 1.0.0\n"
		"  repository: https://x.example\n- name: bb\n"
		"  version: 1.0.0\n  repository: https://x.example\n"
		"- name: cc\n  version: 1.0.0\n"
		"  repository: https://x.example\n",
		NULL },
	    { "c/charts/cc/Chart.yaml", "name: cc\n", NULL });
	assert_check("warning helm/dependency Chart.yaml:3: the chart 'aa' is "
		     "not in charts/, so this chart cannot be deployed "
		     "offline; to store it: helm dependency build .\n",
	    "helm/dependency",
	    { "Chart.yaml",
		"name: c\ndependencies:\n- name: aa\n  version: 1.0.0\n"
		"  repository: https://x.example\n",
		NULL },
	    { "values.yaml", "a: 1\n", NULL });
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
modules_get_what_they_declare(void **state)
{
	(void)state;
	assert_check("error tf/undeclared-var prod/main.tf:3: the module in "
		     "'net' has no variable 'cidrs'; the nearest name is "
		     "'cidr'\n",
	    "tf/undeclared-var",
	    { "prod/main.tf",
		"module \"n\" {\n source = \"../net\"\n cidrs = 1\n}", NULL },
	    { "net/main.tf", "variable \"cidr\" {}", NULL });
	assert_check("warning tf/unset-var prod/main.tf:1: the module 'n' "
		     "needs the variable 'cidr', which has no default\n",
	    "tf/unset-var",
	    { "prod/main.tf", "module \"n\" {\n source = \"../net\"\n}", NULL },
	    { "net/main.tf",
		"variable \"cidr\" {}\nvariable \"b\" { default = 1 }", NULL });
	assert_check("error tf/undeclared prod/main.tf:4: the module in 'net' "
		     "has no output 'zoens'; the nearest name is 'zones'\n",
	    "tf/undeclared",
	    { "prod/main.tf",
		"module \"n\" {\n source = \"../net\"\n}\n"
		"locals { a = [module.n.zoens, module.n.zones] }",
		NULL },
	    { "net/main.tf", "output \"zones\" { value = 1 }", NULL });
	assert_check("error tf/undeclared prod/main.tf:4: the module in 'net' "
		     "has no output 'ids'; the nearest name is 'id'\n",
	    "tf/undeclared",
	    { "prod/main.tf",
		"module \"n\" {\n source = \"../net\"\n}\n"
		"locals { a = module.n.ids }",
		NULL },
	    { "net/main.tf", "output \"id\" {}", NULL });
}

static void
two_stacks_do_not_share_a_state(void **state)
{
#define BACKEND(key)                                                           \
	"terraform {\n backend \"s3\" {\n bucket = \"b\"\n key = \"" key       \
	"\"\n} }"
	(void)state;
	assert_check("error tf/backend-shared dev/main.tf:2 prod/main.tf:2: "
		     "several stacks write the same state, 's3:b/k'\n",
	    "tf/backend-shared", { "dev/main.tf", BACKEND("k"), "dev" },
	    { "prod/main.tf", BACKEND("k"), "prod" },
	    { "test/main.tf", BACKEND("other"), "test" });
}

static void
all_environments_set_what_has_no_default(void **state)
{
	(void)state;
	assert_check("warning tf/unset-var prod.tfvars:0: 'region' has no "
		     "default and is not set for prod; 'dev.tfvars' sets it\n",
	    "tf/unset-var",
	    { "main.tf", "variable \"region\" {}\nvariable \"n\" {}", NULL },
	    { "dev.tfvars", "region = 1\nn = 1\n", "dev" },
	    { "prod.tfvars", "n = 2\n", "prod" });
}

static void
providers_are_locked_where_terraform_runs(void **state)
{
#define NEEDS                                                                  \
	"terraform {\n required_providers {\n  aws = { source = "              \
	"\"hashicorp/aws\" }\n }\n"
	(void)state;
	assert_check("warning tf/provider-lock prod/main.tf:0: 'prod' has no "
		     ".terraform.lock.hcl, so an old commit gets other "
		     "versions of its providers; to write it: terraform init\n",
	    "tf/provider-lock",
	    { "prod/main.tf", NEEDS "backend \"s3\" {}\n}", NULL },
	    { "net/main.tf", NEEDS "}", NULL });
	assert_check("", "tf/provider-lock",
	    { "prod/main.tf", NEEDS "backend \"s3\" {}\n}", NULL },
	    { "prod/.terraform.lock.hcl",
		"provider \"registry.terraform.io/hashicorp/aws\" {}", NULL });
}

static void
a_module_has_a_version_and_the_same_everywhere(void **state)
{
#define MODULE(v) "module \"v\" {\n source = \"git::https://h/r?ref=" v "\"\n}"
	(void)state;
	assert_check("warning tf/module-version dev/main.tf:2 prod/main.tf:2: "
		     "'https://h/r' is version v2 in dev and v1 in prod\n",
	    "tf/module-version", { "dev/main.tf", MODULE("v2"), "dev" },
	    { "prod/main.tf", MODULE("v1"), "prod" });
	assert_check("warning tf/module-version main.tf:1: 'a/b/c' has no "
		     "version, so an old commit gets today's code\n",
	    "tf/module-version",
	    { "main.tf", "module \"v\" { source = \"a/b/c\" }", NULL });
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

/* The sources and the values of a small tree. */
static int
read_text(void *ctx, struct gv_buf *out, const struct gv_depgraph_file *file)
{
	const struct file *f = ctx;

	for (; f->path; f++)
		if (strcmp(f->path, file->path) == 0)
			gv_buf_addstr(out, f->text);
	return gv_buf_check(out);
}

/* As check() by what one or two policies say ("": there is none). */
static void
assert_by(const struct file *files, const char *rule, const char *a,
    const char *b, const char *want)
{
	struct gv_policy policies[2] = { GV_POLICY_INIT, GV_POLICY_INIT };
	const struct gv_policy_lint *const lints[] = { &policies[0].lint,
		&policies[1].lint };
	const struct gv_lint_opts opts = { .now = NOW,
		.rules = &rule,
		.n_rules = 1,
		.policies = lints,
		.n_policies = b ? 2 : 1,
		.read = read_text,
		.read_ctx = (void *)files };
	char *told;

	assert_int_equal(gv_policy_parse(&policies[0], "a", a, strlen(a)), 0);
	if (b)
		assert_int_equal(
		    gv_policy_parse(&policies[1], "b", b, strlen(b)), 0);
	told = check(files, &opts);
	assert_string_equal(told, want);
	free(told);
	gv_policy_release(&policies[0]);
	gv_policy_release(&policies[1]);
}

static void
modules_that_call_each_other_are_a_circle(void **state)
{
	(void)state;
	assert_check(
	    "error cycle a/main.tf:0 a/main.tf:1 b/main.tf:0 b/main.tf:1: "
	    "these depend on each other: a/main.tf#tf.module:b -> b -> "
	    "b/main.tf -> b/main.tf#tf.module:a -> a -> a/main.tf -> "
	    "a/main.tf#tf.module:b\n",
	    "cycle",
	    { "a/main.tf", "module \"b\" { source = \"../b\" }\n", NULL },
	    { "b/main.tf", "module \"a\" { source = \"../a\" }\n", NULL });
	/* an example of a module, below it */
	assert_check("", "cycle",
	    { "main.tf", "variable \"x\" {}\noutput \"y\" { value = 1 }\n",
		NULL },
	    { "examples/one/main.tf",
		"module \"it\" {\n source = \"../../\"\n x = 1\n}\n"
		"output \"z\" { value = module.it.y }\n",
		NULL });
	/* each needs an output of the other one: Terraform can order that */
	assert_check("", "cycle",
	    { "main.tf",
		"module \"a\" {\n source = \"./a\"\n x = module.b.y\n}\n"
		"module \"b\" {\n source = \"./b\"\n x = module.a.z\n}\n",
		NULL },
	    { "a/main.tf",
		"variable \"x\" {}\noutput \"y\" { value = var.x }\n"
		"output \"z\" { value = 1 }\n",
		NULL },
	    { "b/main.tf",
		"variable \"x\" {}\noutput \"y\" { value = var.x }\n", NULL });
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

static void
a_policy_says_what_a_rule_counts_as(void **state)
{
	static const struct file files[] = {
		{ "main.tf", "locals { a = file(\"x\") }", NULL },
		{ .path = NULL },
	};
	static const char off[] = "check: { rules: { ref: 'off' } }\n";
	static const char note[] = "check: { rules: { ref: note } }\n";
	static const char is_error[] =
	    "error ref/missing-file main.tf:1: 'x' does not exist\n";
	static const char is_note[] =
	    "info ref/missing-file main.tf:1: 'x' does not exist\n";

	(void)state;
	assert_by(files, "ref", off, NULL, "");
	assert_by(files, "ref", off, "", is_error);
	assert_by(files, "ref", "", off, is_error);
	assert_by(files, "ref", off, off, "");
	assert_by(files, "ref", off, note, is_note);
	assert_by(files, "ref", note, NULL, is_note);
}

static void
a_policy_allows_what_each_of_them_allows(void **state)
{
	static const struct file files[] = {
		{ "old/main.tf", "locals { a = file(\"x\") }", NULL },
		{ .path = NULL },
	};
	static const char ignore[] =
	    "check: { ignore: [ { path: 'old/**', reason: r } ] }\n";
	static const char past[] = "check: { ignore: [ { path: 'old/**', "
				   "reason: r, expires: 2026-01-31 } ] }\n";
	static const char is_open[] =
	    "error ref/missing-file old/main.tf:1: 'old/x' does not exist\n";
	static const char is_allowed[] =
	    "(allowed) error ref/missing-file old/main.tf:1: 'old/x' does not "
	    "exist\n";

	(void)state;
	assert_by(files, "ref", ignore, NULL, is_allowed);
	assert_by(files, "ref", ignore, ignore, is_allowed);
	assert_by(files, "ref", ignore, "", is_open);
	assert_by(files, "ref", "", ignore, is_open);
	assert_by(files, "ref", past, NULL, is_open);
}

static void
a_policy_asks_for_files_and_keys(void **state)
{
	static const struct file files[] = {
		{ ".gitvault.yaml", "check: {}\n", NULL },
		{ "live/a/README.md", "", NULL },
		{ "live/b/values.yaml", "image: {tag: x}\n", NULL },
		{ .path = NULL },
	};

	(void)state;
	assert_by(files, "policy",
	    "check:\n  protected: [gone/**, live/**]\n  required:\n"
	    "  - {path: 'live/*', files: [README.md]}\n"
	    "  - {path: live/c, files: [x]}\n"
	    "  - {path: '**/values.yaml', keys: [image.tag, image.repo]}\n",
	    NULL,
	    "error policy/protected .gitvault.yaml:0: no file matches the "
	    "protected path 'gone/**'\n"
	    "error policy/required .gitvault.yaml:5: the policy requires files "
	    "in 'live/c', which does not exist\n"
	    "error policy/required live/b/values.yaml:0: the policy requires "
	    "the file 'live/b/README.md'\n"
	    "error policy/required live/b/values.yaml:0: the policy requires "
	    "the key 'image.repo'\n");
	assert_by(files, "policy",
	    "check: { required: [ { path: '**/values.yaml', keys: image.tag } "
	    "], protected: live/a/* }\n",
	    NULL, "");
}

static void
a_policy_says_where_code_comes_from(void **state)
{
	static const struct file files[] = {
		{ "main.tf",
		    "module \"a\" {\n source = \"acme/vpc/aws\"\n version = "
		    "\"5.0.0\"\n}\n"
		    "module \"b\" {\n source = \"evil/vpc/aws\"\n}\n"
		    "module \"c\" {\n source = \"./net\"\n}\n",
		    NULL },
		{ "net/main.tf", "", NULL },
		{ "Dockerfile", "FROM nginx:1.2\n", NULL },
		{ .path = NULL },
	};

	(void)state;
	assert_by(files, "policy",
	    "check: { allowed: { modules: [ 'acme/*@4.*' ], images: [ nginx ] "
	    "} }\n",
	    NULL,
	    "error policy/version main.tf:2: the policy does not allow version "
	    "'5.0.0' of 'acme/vpc/aws'\n"
	    "error policy/source main.tf:6: 'evil/vpc/aws' is not among the "
	    "modules that the policy allows\n");
	assert_by(files, "policy",
	    "check: { allowed: { modules: [ '*' ], images: [ 'nginx@1.*' ] } "
	    "}\n",
	    "check: { allowed: { images: [ ] } }\n",
	    "error policy/source Dockerfile:1: 'nginx' is not among the images "
	    "that the policy allows\n");
}

static void
an_environment_uses_its_own_files(void **state)
{
	(void)state;
	assert_check("warning env/cross live/staging/main.tf:2: a file of "
		     "staging uses 'live/prod', which is of prod\n",
	    "env/cross",
	    { "live/staging/main.tf",
		"module \"a\" {\n source = \"../prod\"\n}", "staging" },
	    { "live/prod/main.tf", "", "prod" });
	assert_check("warning env/cross live/staging/main.tf:2: a stack of "
		     "staging writes the state 's3:b/prod/net.tfstate', which "
		     "is named for prod\n",
	    "env/cross",
	    { "live/staging/main.tf",
		"terraform {\n backend \"s3\" {\n bucket = \"b\"\n key = "
		"\"prod/net.tfstate\"\n }\n}",
		"staging" },
	    { "live/prod/main.tf", "", "prod" });
	assert_check("", "env/cross",
	    { "live/staging/main.tf",
		"module \"a\" {\n source = \"../../modules/a\"\n}\nterraform {\n"
		" backend \"s3\" {\n bucket = \"b\"\n key = "
		"\"staging/net.tfstate\"\n }\n}",
		"staging" },
	    { "modules/a/main.tf", "", NULL },
	    { "live/prod/main.tf", "", "prod" });
	/* a folder that two environments use is a module */
	assert_check("", "env/cross",
	    { "dev.tf", "module \"a\" {\n source = \"./stage\"\n}", "dev" },
	    { "prod.tf", "module \"a\" {\n source = \"./stage\"\n}", "prod" },
	    { "stage/main.tf", "", "staging" });
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
versions_of_an_api_that_are_gone_are_named(void **state)
{
	(void)state;
	assert_check("info k8s/api-removed a.yaml:1: Kubernetes 1.25 and later "
		     "do not have CronJob of batch/v1beta1; it is now "
		     "batch/v1\n",
	    "k8s/api-removed",
	    { "a.yaml",
		"apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: "
		"a}\n",
		NULL });
	assert_check("", "k8s/api-removed",
	    { "a.yaml",
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n",
		NULL },
	    { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/templates/a.yaml",
		"{{- if .Capabilities }}\napiVersion: batch/v1\n{{- else }}\n"
		"apiVersion: batch/v1beta1\n{{- end }}\nkind: CronJob\n"
		"metadata: {name: b}\n",
		NULL });
}

#define CONFIG(name)                                                           \
	"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " name "}\n"

static void
a_kustomization_has_each_object_once(void **state)
{
	(void)state;
	assert_check("error kustomize/duplicate k/b.yaml:1: "
		     "'k/kustomization.yaml' has ConfigMap/x twice, here and "
		     "in line 1 of 'k/a.yaml'\n",
	    "kustomize/duplicate",
	    { "k/kustomization.yaml", "resources: [a.yaml, b.yaml]\n", NULL },
	    { "k/a.yaml", CONFIG("x"), NULL },
	    { "k/b.yaml", CONFIG("x"), NULL });
	assert_check("", "kustomize/duplicate",
	    { "k/kustomization.yaml", "resources: [a.yaml, b.yaml]\n", NULL },
	    { "k/a.yaml", CONFIG("x"), NULL },
	    { "k/b.yaml", CONFIG("y"), NULL },
	    { "l/kustomization.yaml", "resources: [c.yaml]\n", NULL },
	    { "l/c.yaml", CONFIG("x"), NULL });
}

/* An ExternalSecret and the Secret that it is to make are two objects. */
static void
what_an_object_makes_is_there_once(void **state)
{
	(void)state;
	assert_check("", "kustomize/duplicate",
	    { "k/kustomization.yaml", "resources: [a.yaml]\n", NULL },
	    { "k/a.yaml",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\n"
		"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
		"metadata: {name: s}\nspec: {target: {name: s}}\n",
		NULL });
}

#define ROUTE(name)                                                            \
	"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"          \
	"metadata: {name: r}\nspec: {rules: [{backendRefs: [{name: " name      \
	", port: 80}]}]}\n"

static void
a_chart_from_elsewhere_may_make_what_is_missing(void **state)
{
	(void)state;
	assert_check("warning k8s/dangling-ingress c/r.yaml:4: the 'Service/x' "
		     "is not defined in this repository\n"
		     "info k8s/dangling-ingress a/r.yaml:4: the 'Service/web' "
		     "is not defined in this repository; a chart may make it\n"
		     "info k8s/dangling-ingress b/r.yaml:4: the "
		     "'Service/app-api' is not defined in this repository; a "
		     "chart may make it\n",
	    "k8s/dangling-ingress",
	    { "a/h.yaml",
		"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
		"metadata: {name: app}\nspec: {chart: {spec: {chart: app, "
		"version: 1.0.0, sourceRef: {kind: HelmRepository, "
		"name: h}}}}\n",
		NULL },
	    { "a/r.yaml", ROUTE("web"), NULL },
	    { "b/r.yaml", ROUTE("app-api"), NULL },
	    { "c/r.yaml", ROUTE("x"), NULL });
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
all_stacks_set_what_has_no_default(void **state)
{
	(void)state;
	assert_check("warning pulumi/config Pulumi.prod.yaml:0: 'app:size' is "
		     "set in 'Pulumi.dev.yaml' and not in this stack, and has "
		     "no default\n"
		     "info pulumi/config Pulumi.prod.yaml:0: 'app:other' is "
		     "set in 'Pulumi.dev.yaml' and not in this stack\n",
	    "pulumi/config",
	    { "Pulumi.yaml",
		"name: app\nruntime: yaml\nconfig:\n  size: {type: integer}\n"
		"  zone: {default: a}\n",
		NULL },
	    { "Pulumi.dev.yaml",
		"config:\n  app:size: 1\n  app:zone: b\n  app:other: c\n",
		"dev" },
	    { "Pulumi.prod.yaml", "config: {}\n", "prod" });
	assert_check("", "pulumi/config",
	    { "Pulumi.dev.yaml", "config:\n  app:size: 1\n", "dev" },
	    { "Pulumi.prod.yaml", "config:\n  app:size: 2\n", "prod" });
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
helpers_of_a_chart_read_values_too(void **state)
{
	(void)state;
	assert_check("info helm/value-unused c/values-prod.yaml:2: no template "
		     "reads 'other'\n",
	    "helm/value-unused", { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/values.yaml", "name: x\nport: 1\n", NULL },
	    { "c/values-prod.yaml", "name: x\nother: y\n", "prod" },
	    { "c/templates/a.yaml", "port: {{ .Values.port }}\n", NULL },
	    { "c/templates/_helpers.tpl",
		"{{- define \"c.name\" -}}\n{{ .Values.name }}\n{{- end }}\n",
		NULL });
}

static void
values_of_a_needed_chart_are_read_there(void **state)
{
	(void)state;
	/* a slip of the hand; and a file for what the chart does not do */
	assert_check("warning helm/value-unused c/values-prod.yaml:2: no "
		     "template reads 'replcas'; the nearest name is "
		     "'replicas'\n"
		     "info helm/value-unused c/values-dev.yaml:1 "
		     "c/values-dev.yaml:3 c/values-dev.yaml:4 "
		     "c/values-dev.yaml:5: no template reads 'aa', 'bb', 'cc' "
		     "and others\n",
	    "helm/value-unused", { "c/Chart.yaml", "name: c\n", NULL },
	    { "c/values.yaml", "name: x\nreplicas: 1\n", NULL },
	    { "c/values-prod.yaml", "name: x\nreplcas: 3\n", "prod" },
	    { "c/values-dev.yaml", "aa: 1\nname: x\nbb: 1\ncc: 1\ndd: 1\n",
		"dev" },
	    { "c/templates/a.yaml",
		"name: {{ .Values.name }}\nn: {{ .Values.replicas }}\n",
		NULL });
	assert_check("info helm/value-unused c/values-prod.yaml:5: no template "
		     "reads 'other'\n",
	    "helm/value-unused",
	    { "c/Chart.yaml",
		"name: c\ndependencies:\n- name: mysql-cluster\n"
		"  version: 0.3.0\n  repository: https://x.org/charts\n"
		"  condition: db.enabled,x.y\n  alias: mysql\n",
		NULL },
	    { "c/values.yaml", "name: x\n", NULL },
	    { "c/values-prod.yaml",
		"mysql: {a: b}\ndb:\n  enabled: true\nmysql-cluster: {c: d}\n"
		"other: y\n",
		"prod" },
	    { "c/templates/a.yaml", "name: {{ .Values.name }}\n", NULL });
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

static void
a_kustomization_may_give_the_tag(void **state)
{
	static const char pod[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: "
				  "a}\nspec: {containers: [{name: a, image: "
				  "r.example:5000/app}]}\n";

	(void)state;
	assert_check("", "image/unpinned", { "b/pod.yaml", pod, NULL },
	    { "b/kustomization.yaml",
		"resources: [pod.yaml]\nimages:\n- name: r.example:5000/app\n"
		"  newTag: \"1.2\"\n",
		NULL });
	assert_check("info image/unpinned b/pod.yaml:4: "
		     "'r.example:5000/app' has no tag, so each pull may get "
		     "another image\n",
	    "image/unpinned", { "b/pod.yaml", pod, NULL },
	    { "b/kustomization.yaml",
		"resources: [pod.yaml]\nimages:\n- name: other\n"
		"  newTag: \"1.2\"\n",
		NULL });
}

static void
a_policy_that_selects_no_pods_is_no_service(void **state)
{
	(void)state;
	assert_check("warning k8s/netpol net.yaml:6: a pod template with the "
		     "labels 'app=wbe' is not defined in this repository\n",
	    "k8s",
	    { "net.yaml",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		"metadata: {name: n}\nspec:\n podSelector:\n"
		"  matchLabels: {app: wbe}\n policyTypes: [Ingress]\n",
		NULL });
	assert_check("", "k8s",
	    { "net.yaml",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		"metadata: {name: n}\nspec:\n podSelector: {}\n",
		NULL });
}

static void
a_custom_kind_needs_its_definition(void **state)
{
	(void)state;
	assert_check("info k8s/crd a.yaml:1: nothing in this repository "
		     "defines the kinds of acme.example, such as Widget\n",
	    "k8s/crd",
	    { "a.yaml",
		"apiVersion: acme.example/v1\nkind: Widget\nmetadata: {name: "
		"w}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: "
		"{name: d}\n---\napiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: Role\nmetadata: {name: r}\n",
		NULL });
	assert_check("", "k8s/crd",
	    { "a.yaml",
		"apiVersion: acme.example/v1\nkind: Widget\nmetadata: {name: "
		"w}\n",
		NULL },
	    { "crd.yaml",
		"apiVersion: apiextensions.k8s.io/v1\n"
		"kind: CustomResourceDefinition\nmetadata: {name: "
		"widgets.acme.example}\nspec:\n  group: acme.example\n"
		"  names: {kind: Widget}\n",
		NULL });
	assert_check("", "k8s/crd",
	    { "a.yaml",
		"apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: "
		"{name: w}\n",
		NULL },
	    { "kustomization.yaml",
		"resources:\n- a.yaml\n- https://github.com/cert-manager/"
		"cert-manager/releases/download/v1/cert-manager.yaml\n",
		NULL });
}

static void
what_is_uploaded_is_what_is_summed_up(void **state)
{
	(void)state;
	assert_check("warning ref/disagree a.tf:3: filename and "
		     "source_code_hash name different files, 'a.zip' and "
		     "'b.zip'\n",
	    "ref/disagree",
	    { "a.tf",
		"resource \"aws_lambda_function\" \"f\" {\n"
		"  filename = \"a.zip\"\n  source_code_hash = "
		"filebase64sha256(\"${path.module}/b.zip\")\n}\n",
		NULL },
	    { "a.zip", "", NULL }, { "b.zip", "", NULL });
	assert_check("", "ref/disagree",
	    { "a.tf",
		"resource \"aws_lambda_function\" \"f\" {\n"
		"  filename = \"${path.module}/a.zip\"\n  source_code_hash = "
		"filebase64sha256(\"a.zip\")\n}\n"
		"resource \"aws_s3_object\" \"o\" {\n  source = var.x\n"
		"  etag = filemd5(\"a.zip\")\n}\n"
		"resource \"aws_s3_object\" \"p\" {\n  source = \"a.zip\"\n"
		"  etag = data.archive_file.x.output_md5\n}\n",
		NULL },
	    { "a.zip", "", NULL });
}

#define SOPS                                                                   \
	"sops:\n    age:\n    - recipient: age1x\n"                            \
	"    mac: ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\n"                \
	"    unencrypted_suffix: _unencrypted\n"
#define SEALED "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]"

static void
a_value_in_clear_among_encrypted_ones_is_named(void **state)
{
	(void)state;
	assert_check("warning secret/clear-mixed a.yaml:4: password is in "
		     "clear in a file that SOPS encrypts\n",
	    "secret/clear-mixed",
	    { "a.yaml",
		"user: " SEALED "\nnote_unencrypted: x\ndb:\n"
		"    password: hunter2\n" SOPS,
		NULL });
	assert_check("", "secret/clear-mixed",
	    { "a.yaml",
		"user: " SEALED "\nnote_unencrypted: {a: x}\nempty: \"\"\n"
		"none: null\n" SOPS,
		NULL },
	    { "k.yaml",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
		"data:\n  k: " SEALED "\n" SOPS
		"    encrypted_regex: ^(data|stringData)$\n",
		NULL },
	    { "r.yaml", "a: clear\n" SOPS "    encrypted_regex: pass.*\n",
		NULL });
}

static void
production_is_not_in_clear_where_others_are_encrypted(void **state)
{
	(void)state;
	assert_check("warning secret/clear-mixed envs/prod/secrets.yaml:0: "
		     "this is in clear in prod, and 'envs/dev/secrets.yaml' is "
		     "encrypted in dev\n",
	    "secret/clear-mixed",
	    { "envs/dev/secrets.yaml", "password: " SEALED "\n" SOPS, "dev" },
	    { "envs/prod/secrets.yaml", "password: x\n", "prod" });
	assert_check("info secret/clear-mixed envs/dev/secrets.yaml:0: "
		     "this is in clear in dev, and 'envs/prod/secrets.yaml' is "
		     "encrypted in prod\n",
	    "secret/clear-mixed",
	    { "envs/dev/secrets.yaml", "password: x\n", "dev" },
	    { "envs/prod/secrets.yaml", "password: " SEALED "\n" SOPS,
		"prod" });
	assert_check("", "secret/clear-mixed",
	    { "envs/dev/secrets.yaml", "password: " SEALED "\n" SOPS, "dev" },
	    { "envs/prod/secrets.yaml",
		"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
		"metadata: {name: s}\n",
		"prod" });
}

static void
a_pipeline_uses_its_secrets_in_all_environments(void **state)
{
	(void)state;
	assert_check("info ci/secret .github/workflows/a.yaml:8: the secret "
		     "SLACK is used for dev only\n",
	    "ci/secret",
	    { ".github/workflows/a.yaml",
		"on: push\njobs:\n  deploy-dev:\n    runs-on: x\n"
		"    environment: dev\n    steps:\n"
		"    - run: echo ${{ secrets.KEY_DEV }}\n"
		"    - run: echo ${{ secrets.SLACK }}\n"
		"  deploy-prod:\n    runs-on: x\n    environment: prod\n"
		"    steps:\n    - run: echo ${{ secrets.KEY_PROD }}\n",
		NULL });
}

static void
a_secret_in_clear_next_to_encrypted_ones_is_named(void **state)
{
	(void)state;
	assert_check("warning secret/clear-mixed group_vars/all.yml:4: "
		     "smtp_password is in clear next to encrypted "
		     "values\n"
		     "warning secret/clear-mixed group_vars/all.yml:10: "
		     "api_token is in clear next to encrypted values\n",
	    "secret/clear-mixed",
	    { "group_vars/all.yml",
		"db_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"
		"smtp_password: hunter22\n"
		"ldap_password: \"{{ vault_ldap_password }}\"\n"
		"password_length: 20.5\nsecret_name: mail-secret\n"
		"mail:\n  key: !vault x\n  api_token: abcd1234\n"
		"  password: ''\n  ssl_private_key: /etc/ssl/key.pem\n"
		"chat:\n  token: abcd1234\n",
		NULL },
	    /* where nothing is encrypted, nobody meant to */
	    { "group_vars/web.yml", "web_password: hunter22\n", NULL });
	assert_check("warning secret/clear-mixed Pulumi.dev.yaml:3: "
		     "app:apiToken is in clear next to encrypted "
		     "values\n"
		     "warning secret/clear-mixed Pulumi.prod.yaml:2: "
		     "app:dbUrl is in clear in prod, and 'Pulumi.dev.yaml' is "
		     "encrypted in dev\n",
	    "secret/clear-mixed", { "Pulumi.yaml", "name: app\n", NULL },
	    { "Pulumi.dev.yaml",
		"config:\n  app:dbUrl: {secure: AAAB}\n"
		"  app:apiToken: abcd1234\n  app:size: large\n",
		"dev" },
	    { "Pulumi.prod.yaml",
		"config:\n  app:dbUrl: db.example\n  app:size: large\n",
		"prod" });
}

/* A variable that no file sets is a setting of the project, and a secret by its
 * name; what a job extends counts as its own. */
static void
jobs_of_gitlab_use_their_secrets_in_all_environments(void **state)
{
	(void)state;
	assert_check(
	    "info ci/secret .gitlab-ci.yml:13: the secret CHAT_TOKEN "
	    "is used for prod only\n"
	    "info ci/secret .gitlab-ci.yml:14: the secret VAULT_PIN is "
	    "used for prod only\n",
	    "ci/secret",
	    { ".gitlab-ci.yml",
		"include: [ci/base.yml]\nvariables: {TOP_TOKEN: x}\n"
		".base:\n  script: ['x $BASE_TOKEN $INCLUDED_TOKEN']\n"
		"deploy:dev:\n  extends: .base\n  environment: dev\n"
		"  after_script: ['x $KEY_TOKEN $HOST']\n"
		"deploy:prod:\n  extends: .more\n  environment: {name: prod}\n"
		"  script:\n  - x $CHAT_TOKEN $KEY_TOKEN_PROD $TOP_TOKEN $PORT\n"
		"  secrets: {VAULT_PIN: {vault: a/b}}\n"
		".more: {extends: .base}\n",
		NULL },
	    { "ci/base.yml",
		"variables: {INCLUDED_TOKEN: y}\nx: {script: [x], stage: a}\n",
		NULL });
	/* what is extended may come from elsewhere, and use it as well */
	assert_check("", "ci/secret",
	    { ".gitlab-ci.yml",
		"include: {project: a/b, file: c.yml}\n"
		"deploy:dev: {extends: .far, environment: dev}\n"
		"deploy:prod: {script: ['x $CHAT_TOKEN'], environment: prod}\n",
		NULL });
	/* an environment that is computed is no other one */
	assert_check("", "ci/secret",
	    { ".gitlab-ci.yml",
		"deploy:dev: {script: [x], environment: $E}\n"
		"deploy:prod: {script: ['x $CHAT_TOKEN'], environment: prod}\n",
		NULL });
}

UNIT(lint)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_a_template_or_the_cluster_adds_is_not_missing),
		cmocka_unit_test(each_key_of_a_volume_is_looked_for),
		cmocka_unit_test(a_file_that_cannot_be_read_is_the_one_cause),
		cmocka_unit_test(
		    old_charts_say_what_they_need_in_a_file_of_its_own),
		cmocka_unit_test(what_comes_from_elsewhere_may_be_patched),
		cmocka_unit_test(jobs_of_an_included_file_are_known),
		cmocka_unit_test(a_secret_of_one_stage_is_named),
		cmocka_unit_test(other_tools_encrypt_secrets_as_well),
		cmocka_unit_test(a_slip_of_the_hand_is_told_from_another_name),
		cmocka_unit_test(a_remedy_is_one_only_where_it_is_certain),
		cmocka_unit_test(what_is_not_defined_is_named_once),
		cmocka_unit_test(names_that_are_mostly_missing_are_one_finding),
		cmocka_unit_test(charts_that_were_not_fetched_are_one_finding),
		cmocka_unit_test(
		    a_file_may_be_missing_differ_in_case_or_be_ignored),
		cmocka_unit_test(modules_get_what_they_declare),
		cmocka_unit_test(helpers_of_a_chart_read_values_too),
		cmocka_unit_test(values_of_a_needed_chart_are_read_there),
		cmocka_unit_test(roles_are_where_the_configuration_says),
		cmocka_unit_test(files_of_editors_are_no_infrastructure),
		cmocka_unit_test(a_kustomization_may_give_the_tag),
		cmocka_unit_test(two_stacks_do_not_share_a_state),
		cmocka_unit_test(all_environments_set_what_has_no_default),
		cmocka_unit_test(providers_are_locked_where_terraform_runs),
		cmocka_unit_test(
		    a_module_has_a_version_and_the_same_everywhere),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(a_comment_allows_a_rule_in_its_line),
		cmocka_unit_test(a_baseline_allows_a_subject),
		cmocka_unit_test(modules_that_call_each_other_are_a_circle),
		cmocka_unit_test(
		    a_missing_file_that_the_project_ignores_is_information),
		cmocka_unit_test(a_missing_env_file_is_a_finding),
		cmocka_unit_test(keys_of_mappings_are_there_for_each_value),
		cmocka_unit_test(a_policy_says_what_a_rule_counts_as),
		cmocka_unit_test(a_policy_allows_what_each_of_them_allows),
		cmocka_unit_test(a_policy_asks_for_files_and_keys),
		cmocka_unit_test(a_policy_says_where_code_comes_from),
		cmocka_unit_test(an_environment_uses_its_own_files),
		cmocka_unit_test(environments_do_not_share_a_global_name),
		cmocka_unit_test(versions_of_an_api_that_are_gone_are_named),
		cmocka_unit_test(a_kustomization_has_each_object_once),
		cmocka_unit_test(all_stacks_set_what_has_no_default),
		cmocka_unit_test(a_policy_that_selects_no_pods_is_no_service),
		cmocka_unit_test(a_custom_kind_needs_its_definition),
		cmocka_unit_test(what_is_uploaded_is_what_is_summed_up),
		cmocka_unit_test(
		    a_value_in_clear_among_encrypted_ones_is_named),
		cmocka_unit_test(
		    production_is_not_in_clear_where_others_are_encrypted),
		cmocka_unit_test(
		    a_pipeline_uses_its_secrets_in_all_environments),
		cmocka_unit_test(
		    a_secret_in_clear_next_to_encrypted_ones_is_named),
		cmocka_unit_test(
		    jobs_of_gitlab_use_their_secrets_in_all_environments),
		cmocka_unit_test(what_an_object_makes_is_there_once),
		cmocka_unit_test(
		    a_chart_from_elsewhere_may_make_what_is_missing),
		cmocka_unit_test(what_an_example_lacks_is_information),
		cmocka_unit_test(rules_are_in_order_and_found),
	};

	return UNIT_RUN(tests);
}
