/* lib/lint: Terraform and its environments. */
#include "lint_told.h"

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

UNIT(lint_terraform)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_get_what_they_declare),
		cmocka_unit_test(two_stacks_do_not_share_a_state),
		cmocka_unit_test(all_environments_set_what_has_no_default),
		cmocka_unit_test(providers_are_locked_where_terraform_runs),
		cmocka_unit_test(
		    a_module_has_a_version_and_the_same_everywhere),
		cmocka_unit_test(modules_that_call_each_other_are_a_circle),
		cmocka_unit_test(an_environment_uses_its_own_files),
		cmocka_unit_test(all_stacks_set_what_has_no_default),
	};

	return UNIT_RUN(tests);
}
