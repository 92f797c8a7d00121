/* lib/infra/statefile: which paths are states of tools, and whose. */
#include "unit.h"

#include <string.h>

#include "infra/statefile.h"

static void
assert_span(struct gv_statefile_span s, const char *want, const char *path)
{
	if (s.len != strlen(want) || (s.len && memcmp(s.p, want, s.len) != 0))
		fail_msg("%s: '%.*s' is not '%s'", path, (int)s.len, s.p, want);
}

static void
names_what_a_path_says(void **state)
{
	static const struct {
		const char *path, *dir, *file, *workspace, *project;
	} rows[] = {
		{ "terraform.tfstate", "", "", "", "" },
		{ "a/b/terraform.tfstate", "a/b", "", "", "" },
		{ "net.tfstate", "", "net.tfstate", "", "" },
		{ "a/.tfstate", "a", ".tfstate", "", "" },
		{ "a/errored.tfstate", "a", "errored.tfstate", "", "" },
		{ "terraform.tfstate.d/x/terraform.tfstate", "", "", "x", "" },
		{ "a/b/terraform.tfstate.d/x/terraform.tfstate", "a/b", "", "x",
		    "" },
		{ "terraform.tfstate.d/terraform.tfstate",
		    "terraform.tfstate.d", "", "", "" },
		{ "terraform.tfstate.d/x/y.tfstate", "terraform.tfstate.d/x",
		    "y.tfstate", "", "" },
		{ "terraform.tfstate.d/x/y/terraform.tfstate",
		    "terraform.tfstate.d/x/y", "", "", "" },
		{ ".terraform/x/terraform.tfstate", ".terraform/x", "", "",
		    "" },
		{ "x.terraform/terraform.tfstate", "x.terraform", "", "", "" },
		{ ".terraform/x.tfstate", ".terraform", "x.tfstate", "", "" },
		{ ".pulumi/stacks/dev.json", "", "", "dev", "" },
		{ "a/b/.pulumi/stacks/web/dev.json", "a/b", "", "dev", "web" },
		{ ".pulumi/stacks/stacks/dev.json", "", "", "dev", "stacks" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path = rows[i].path;
		struct gv_statefile f;

		assert_true(gv_statefile_may_be(path, strlen(path)));
		if (!gv_statefile_parse(&f, path))
			fail_msg("%s is no state", path);
		assert_span(f.dir, rows[i].dir, path);
		assert_span(f.file, rows[i].file, path);
		assert_span(f.workspace, rows[i].workspace, path);
		assert_span(f.project, rows[i].project, path);
		assert_int_equal(f.tool,
		    strstr(path, ".json") ? GV_STATEFILE_PULUMI
					  : GV_STATEFILE_TERRAFORM);
	}
}

static void
takes_nothing_else_for_one(void **state)
{
	static const char *const paths[] = { "", "a", "tfstate", "a/b.json",
		"terraform.tfstate.backup", "terraform.tfstate/x",
		".terraform/terraform.tfstate",
		"a/.terraform/terraform.tfstate",
		".terraform.tfstate.lock.info", ".pulumi/stacks/.json",
		".pulumi/stacks/a/.json", ".pulumi/stacks/a/b/c.json",
		".pulumi/stacks/a.json.bak", ".pulumi/a.json",
		".pulumi/history/a/b.json", "stacks/a.json", "/a.json",
		"x.pulumi/stacks/a.json", "a.TFSTATE" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct gv_statefile f;

		if (gv_statefile_parse(&f, paths[i]))
			fail_msg("%s is taken for a state", paths[i]);
	}
	assert_false(gv_statefile_may_be("state", 5));
	assert_false(gv_statefile_may_be("", 0));
}

static void
knows_what_is_kept_for_states(void **state)
{
	static const char *const kept[] = { "terraform.tfstate",
		"a/terraform.tfstate.backup", "net.tfstate.backup",
		"a/terraform.tfstate.1691587.backup", "a/errored.tfstate",
		"a/.terraform.tfstate.lock.info",
		"terraform.tfstate.d/x/terraform.tfstate",
		"a/terraform.tfstate.d/x/y", ".pulumi/stacks/prod.json.bak",
		"a/.pulumi/backups/p/prod/1.json", ".pulumi/meta.yaml" };
	static const char *const others[] = { "", "main.tf", "a/b.backup",
		"x.pulumi/a", "terraform.tfstate/x", "a.tfstates",
		"Pulumi.prod.yaml" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (!gv_statefile_is_kept(kept[i]))
			fail_msg("%s", kept[i]);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (gv_statefile_is_kept(others[i]))
			fail_msg("%s", others[i]);
}

UNIT(statefile)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_a_path_says),
		cmocka_unit_test(takes_nothing_else_for_one),
		cmocka_unit_test(knows_what_is_kept_for_states),
	};

	return UNIT_RUN(tests);
}
