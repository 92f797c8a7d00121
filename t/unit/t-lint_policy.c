/* lib/lint: what a team's policy adds, allows and weighs. */
#include "lint_told.h"

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

UNIT(lint_policy)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_says_what_a_rule_counts_as),
		cmocka_unit_test(a_policy_allows_what_each_of_them_allows),
		cmocka_unit_test(a_policy_asks_for_files_and_keys),
		cmocka_unit_test(a_policy_says_where_code_comes_from),
	};

	return UNIT_RUN(tests);
}
