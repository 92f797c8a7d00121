/* lib/symbol/symbol_terraform: blocks, and what their expressions name. */
#include "unit.h"

#include "symbol_told.h"

static void
blocks_are_definitions(void **state)
{
	(void)state;
	assert_symbols("a/main.tf",
	    "resource \"aws_vpc\" \"main\" {\n}\n"
	    "data \"aws_ami\" \"a\" {\n  count = 2\n}\n"
	    "variable \"x\" {}\nvariable \"y\" {\n  default = 1\n}\n"
	    "locals {\n  a = 1\n  b = 2\n}\noutput \"o\" {\n}\n"
	    "provider \"aws\" {\n  alias = \"west\"\n}\n",
	    "1 tf.resource aws_vpc.main\n"
	    "3 tf.data aws_ami.a *\n"
	    "6 tf.variable x\n"
	    "7 tf.variable y d\n"
	    "11 tf.local a\n"
	    "12 tf.local b\n"
	    "14 tf.output o\n"
	    "16 tf.provider aws.west\n");
}

static void
names_in_expressions_are_references(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "resource \"aws_subnet\" \"s\" {\n"
	    "  vpc_id = aws_vpc.main.id\n"
	    "  az     = data.aws_zones.z.names[0]\n"
	    "  cidr   = \"${var.net}/24\"\n"
	    "  tags   = merge(local.tags, module.m.tags)\n"
	    "  depends_on = [aws_vpc.main]\n"
	    "  provider = aws.west\n"
	    "  lifecycle {\n    ignore_changes = [tags, aws_x.y]\n  }\n"
	    "  dynamic \"rule_set\" {\n    for_each = var.rules\n"
	    "    content {\n      p = rule_set.value.p\n    }\n  }\n}\n",
	    "1 tf.resource aws_subnet.s\n"
	    "2 aws_subnet.s> tf.ref tf.resource:aws_vpc.main\n"
	    "3 aws_subnet.s> tf.ref tf.data:aws_zones.z\n"
	    "4 aws_subnet.s> tf.ref tf.variable:net\n"
	    "5 aws_subnet.s> tf.ref tf.local:tags\n"
	    "5 aws_subnet.s> tf.ref tf.module:m=tags\n"
	    "6 aws_subnet.s> tf.depends_on tf.resource:aws_vpc.main\n"
	    "7 aws_subnet.s> tf.provider tf.provider:aws.west\n"
	    "12 aws_subnet.s> tf.ref tf.variable:rules\n");
}

static void
modules_have_sources_and_arguments(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "module \"a\" {\n  source = \"../net\"\n  cidr = var.c\n}\n"
	    "module \"b\" {\n  source = \"x/vpc/aws\"\n"
	    "  version = \"~> 5.0\"\n}\n"
	    "module \"c\" {\n"
	    "  source = \"git::https://me:tok@h.org/r.git//m?ref=v1\"\n"
	    "  providers = { aws = aws.west }\n}\n",
	    "1 tf.module a\n"
	    "2 a> tf.module ../net +\n"
	    "3 a> =tf.argument cidr\n"
	    "3 a> tf.ref tf.variable:c\n"
	    "5 tf.module b\n"
	    "6 b> tf.module @registry:x/vpc/aws=~> 5.0\n"
	    "9 tf.module c\n"
	    "10 c> tf.module @git:https://h.org/r.git//m=v1\n"
	    "11 c> tf.provider tf.provider:aws.west\n");
}

static void
functions_read_files(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "locals {\n  a = file(\"${path.module}/a.json\")\n"
	    "  b = templatefile(\"t/${var.n}.tpl\", { x = var.y })\n"
	    "  c = fileset(path.module, \"*.yaml\")\n"
	    "  d = fileexists(\"e\") ? file(\"e\") : \"\"\n}\n",
	    "2 tf.local a\n"
	    "2 a> tf.file a.json\n"
	    "3 tf.local b\n"
	    "3 b> tf.file t/*.tpl ~\n"
	    "3 b> tf.ref tf.variable:n\n"
	    "3 b> tf.ref tf.variable:y\n"
	    "4 tf.local c\n"
	    "5 tf.local d\n"
	    "5 d> tf.file e ?\n"
	    "5 d> tf.file e ?\n");
}

static void
states_have_a_place(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n"
	    "    key = \"net/prod\"\n  }\n"
	    "  required_providers {\n    aws = {\n"
	    "      source = \"hashicorp/aws\"\n      version = \"5.1\"\n"
	    "      configuration_aliases = [aws.west]\n    }\n  }\n}\n"
	    "data \"terraform_remote_state\" \"net\" {\n  backend = \"s3\"\n"
	    "  config = {\n    bucket = \"b\"\n    key = \"net/${var.e}\"\n"
	    "  }\n}\n",
	    "2 tf.backend s3:b/net/prod\n"
	    "2 tf.backend @s3:b/net/prod\n"
	    "7 tf.provider @provider:hashicorp/aws=5.1\n"
	    "10 tf.provider aws.west ?\n"
	    "14 tf.data terraform_remote_state.net\n"
	    "14 terraform_remote_state.net> tf.remote_state "
	    "tf.backend:s3:b/net/* ~ ...\n"
	    "18 terraform_remote_state.net> tf.ref tf.variable:e\n");
}

static void
what_may_be_missing_is_optional(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "locals {\n  a = try(local.b, var.c, file(\"x\"))\n"
	    "  b = fileexists(\"y\") ? file(\"y\") : file(\"z\")\n}\n",
	    "2 tf.local a\n"
	    "2 a> tf.ref tf.local:b ?\n"
	    "2 a> tf.ref tf.variable:c ?\n"
	    "2 a> tf.file x ?\n"
	    "3 tf.local b\n"
	    "3 b> tf.file y ?\n"
	    "3 b> tf.file y ?\n"
	    "3 b> tf.file z\n");
}

static void
names_that_mean_something_else_are_no_references(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "module \"m\" {\n  source = \"stage\"\n"
	    "  providers = {\n    aws.share = aws.main\n  }\n"
	    "  files = { providers = local.x.y }\n"
	    "  a = module.n.0.id\n  b = resource.aws_a.b.c\n"
	    "  c = ephemeral.aws_d.e.f\n}\n"
	    "ephemeral \"aws_d\" \"e\" {}\n",
	    "1 tf.module m\n"
	    "2 m> tf.module stage +\n"
	    "6 m> =tf.argument files\n"
	    "7 m> =tf.argument a\n"
	    "8 m> =tf.argument b\n"
	    "9 m> =tf.argument c\n"
	    "4 m> tf.provider tf.provider:aws.main\n"
	    "6 m> tf.ref tf.local:x\n"
	    "7 m> tf.ref tf.module:n\n"
	    "8 m> tf.ref tf.resource:aws_a.b\n"
	    "9 m> tf.ref tf.resource:ephemeral.aws_d.e\n"
	    "11 tf.resource ephemeral.aws_d.e\n");
}

static void
an_address_has_no_user(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "terraform {\n  backend \"http\" {\n"
	    "    address = \"https://me:tok@h.org/s?x=a@b\"\n  }\n}\n"
	    "module \"a\" {\n  source = \"git::ssh://git@h.org/r//m@1\"\n}\n",
	    "2 tf.backend http:https://h.org/s?x=a@b\n"
	    "2 tf.backend @http:https://h.org/s?x=a@b\n"
	    "6 tf.module a\n"
	    "7 a> tf.module @git:ssh://h.org/r//m@1\n");
}

static void
json_is_read_as_hcl_is(void **state)
{
	(void)state;
	assert_symbols("main.tf.json",
	    "{\"resource\": {\"aws_a\": {\"x\": {\n\"v\": \"${var.y}\"}}},\n"
	    "\"module\": {\"m\": [{\n\"source\": \"./m\"}]}}",
	    "1 tf.resource aws_a.x\n"
	    "2 aws_a.x> tf.ref tf.variable:y\n"
	    "3 tf.module m\n"
	    "4 m> tf.module m +\n");
}

static void
variables_and_locks_are_values(void **state)
{
	(void)state;
	assert_symbols("prod.tfvars", "region = \"eu\"\ntags = {\n a = 1\n}\n",
	    "1 =tf.assignment region\n"
	    "1 tf.var_file tf.variable:region\n"
	    "2 =tf.assignment tags\n"
	    "2 tf.var_file tf.variable:tags\n");
	assert_symbols(".terraform.lock.hcl",
	    "provider \"registry.terraform.io/hashicorp/aws\" {\n"
	    "  version = \"5.1.0\"\n}\n",
	    "1 =tf.locked registry.terraform.io/hashicorp/aws=5.1.0\n");
}

static void
terragrunt_includes_and_depends(void **state)
{
	(void)state;
	assert_symbols("live/prod/vpc/terragrunt.hcl",
	    "include \"root\" {\n  path = find_in_parent_folders()\n}\n"
	    "locals {\n  e = read_terragrunt_config("
	    "find_in_parent_folders(\"env.hcl\"))\n"
	    "  r = read_terragrunt_config(find_in_parent_folders("
	    "\"a,b.hcl\"))\n  f = read_terragrunt_config("
	    "find_in_parent_folders(\"r.hcl\", \"x.hcl\"))\n}\n"
	    "terraform {\n  source = \"${get_repo_root()}/modules//vpc\"\n}\n"
	    "dependency \"kms\" {\n  config_path = \"../kms\"\n}\n"
	    "dependencies {\n  paths = [\"../a\", \"../b\"]\n}\n",
	    "2 tg.include ^terragrunt.hcl\n"
	    "10 tg.source modules//vpc + %\n"
	    "12 tg.dependency kms\n"
	    "13 kms> tg.dependency ../kms +\n"
	    "16 tg.dependency ../a +\n"
	    "16 tg.dependency ../b +\n"
	    "5 tg.read_config ^env.hcl\n"
	    "6 tg.read_config ^a,b.hcl\n"
	    "7 tg.read_config ^r.hcl ?\n");
}

static void
what_is_broken_is_said(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "variable \"a\" {}\nvariable \"b\" {\n x = \n}\n",
	    "1 tf.variable a\n"
	    "2 tf.variable b\n"
	    "3 !an argument without a value\n");
}

/* In the tree of a snapshot. */
static void
of_a_file_that_is_encrypted_nothing_is_known(void **state)
{
	(void)state;
	assert_symbols("secret.auto.tfvars",
	    "GITVAULT[file:ab3dd42ceaf9e3cd816a3ed01b1b19a47b755d27]", "");
	assert_symbols("secret.auto.tfvars", "GITVAULT = 1\n",
	    "1 =tf.assignment GITVAULT\n"
	    "1 tf.var_file tf.variable:GITVAULT\n");
}

UNIT(symbol_terraform)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_definitions),
		cmocka_unit_test(names_in_expressions_are_references),
		cmocka_unit_test(modules_have_sources_and_arguments),
		cmocka_unit_test(functions_read_files),
		cmocka_unit_test(states_have_a_place),
		cmocka_unit_test(what_may_be_missing_is_optional),
		cmocka_unit_test(
		    names_that_mean_something_else_are_no_references),
		cmocka_unit_test(an_address_has_no_user),
		cmocka_unit_test(json_is_read_as_hcl_is),
		cmocka_unit_test(variables_and_locks_are_values),
		cmocka_unit_test(terragrunt_includes_and_depends),
		cmocka_unit_test(what_is_broken_is_said),
		cmocka_unit_test(of_a_file_that_is_encrypted_nothing_is_known),
	};

	return UNIT_RUN(tests);
}
