/* lib/code/stack: each path gets a name for its state that is valid in a ref,
 * no two paths get the same one, and the name leads back to the directory. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "code/stack.h"
#include "infra/statefile.h"
#include "seal/withheld.h"
#include "vault/label.h"

static char *
name_of(const char *path)
{
	static char name[GV_STACK_NAME];
	struct gv_statefile f;

	if (!gv_statefile_parse(&f, path))
		fail_msg("%s is no state", path);
	assert_int_equal(gv_stack_of(name, &f), 0);
	if (!gv_label_is_valid(name))
		fail_msg("%s: %s is no name", path, name);
	return name;
}

static void
is_read_out_of_the_path(void **state)
{
	static const char *const rows[][2] = {
		{ "terraform.tfstate", "default" },
		{ "envs/prod/net/terraform.tfstate", "envs.prod.net" },
		{ "a/x.tfstate", "a.x_2etfstate" },
		{ "a_b/terraform.tfstate", "a_b" },
		{ "a_bc/terraform.tfstate", "a_5fbc" },
		{ "a_BC/terraform.tfstate", "a_BC" },
		{ "a_/bc/terraform.tfstate", "a_.bc" },
		{ "a b/terraform.tfstate", "a_20b" },
		{ "a/-b-/terraform.tfstate", "a._2db-" },
		{ "\303\244/terraform.tfstate", NULL },
		{ "terraform.tfstate.d/x/terraform.tfstate", "default.-x" },
		{ "a/terraform.tfstate.d/-x/terraform.tfstate", "a.-_2dx" },
		{ "a/.pulumi/stacks/b.c.json", "a.-pulumi.b_2ec" },
		{ "a/.pulumi/stacks/b/c.json", "a.-pulumi.b.c" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = name_of(rows[i][0]);

		if (rows[i][1] && strcmp(name, rows[i][1]) != 0)
			fail_msg(
			    "%s: %s is not %s", rows[i][0], name, rows[i][1]);
		if (rows[i][1] == NULL && strstr(name, "_00") == NULL)
			fail_msg("%s: %s has no sum", rows[i][0], name);
	}
}

static void
is_cut_and_summed_up_where_it_is_none(void **state)
{
	char path[600], first[GV_STACK_NAME];

	(void)state;
	snprintf(path, sizeof(path), "%0500d/terraform.tfstate", 1);
	memcpy(first, name_of(path), sizeof(first));
	assert_int_equal(strlen(first), 40 + 3 + 16);
	snprintf(path, sizeof(path), "%0500d/terraform.tfstate", 2);
	assert_string_not_equal(first, name_of(path));
	assert_string_not_equal(
	    name_of("default/terraform.tfstate"), "default");
	memcpy(first, name_of("default/terraform.tfstate"), sizeof(first));
	assert_memory_equal(first, "default_00", 10);
	memcpy(first, name_of("terraform.tfstate.d/x/terraform.tfstate"),
	    sizeof(first));
	assert_string_not_equal(
	    first, name_of("default/terraform.tfstate.d/x/terraform.tfstate"));
	/* longest that is not */
	snprintf(path, sizeof(path), "%064d/terraform.tfstate", 1);
	assert_int_equal(strlen(name_of(path)), 64);
	snprintf(path, sizeof(path), "%065d/terraform.tfstate", 1);
	assert_int_equal(strlen(name_of(path)), 40 + 3 + 16);
}

/* All paths of so many pieces of what is odd. */
static void
never_is_that_of_two(void **state)
{
	static const char *const pieces[] = { "a", "_", "2", "e", "-", ".", "/",
		"default", "terraform.tfstate.d/", ".pulumi/stacks/", "lock" };
	static const char *const ends[] = { "terraform.tfstate", "x.tfstate",
		"a/terraform.tfstate", "a.json" };
	const size_t n = sizeof(pieces) / sizeof(pieces[0]);
	struct gv_map seen = GV_MAP_INIT;
	size_t i, j, k, l, count = 0;
	char *names = calloc(n * n * n * 4, 2 * GV_STACK_NAME + 1);

	(void)state;
	assert_non_null(names);
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++)
			for (k = 0; k < n; k++)
				for (l = 0; l < 4; l++) {
					char path[128], *name;
					struct gv_statefile f;

					snprintf(path, sizeof(path),
					    "%s%s%s/%s", pieces[i], pieces[j],
					    pieces[k], ends[l]);
					if (*path == '/' || strstr(path, "//"))
						continue;
					if (!gv_statefile_parse(&f, path))
						continue;
					name = names +
					    count++ * (2 * GV_STACK_NAME + 1);
					snprintf(name, GV_STACK_NAME, "%s",
					    name_of(path));
					if (gv_map_get(
						&seen, name, strlen(name)))
						fail_msg("%s: %s is taken",
						    path, name);
					assert_int_equal(
					    gv_map_put(&seen, name,
						strlen(name), name),
					    0);
				}
	assert_true(count > 1000);
	gv_map_release(&seen);
	free(names);
}

static void
a_name_leads_back_to_the_directory(void **state)
{
	static const char *const rows[][2] = {
		{ "terraform.tfstate", "" },
		{ "x.tfstate", "" },
		{ "envs/prod/net/terraform.tfstate", "envs/prod/net" },
		{ "a/x.tfstate", "a" },
		{ "a_b/terraform.tfstate", "a_b" },
		{ "a_bc/terraform.tfstate", "a_bc" },
		{ "a_/bc/terraform.tfstate", "a_/bc" },
		{ "a b.c/-d/terraform.tfstate", "a b.c/-d" },
		{ "a/terraform.tfstate.d/x/terraform.tfstate", "a" },
		{ "terraform.tfstate.d/x/terraform.tfstate", "" },
		{ "a/.pulumi/stacks/b/c.json", "a" },
		{ "default/x/terraform.tfstate", "default/x" },
		/* cut */
		{ "default/terraform.tfstate", NULL },
		{ "\303\244/terraform.tfstate", NULL },
		{ "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"
		  "a/a/a/a/a/a/terraform.tfstate",
		    NULL },
	};
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_told;

		gv_buf_reset(&b);
		is_told = gv_stack_dir(&b, name_of(rows[i][0]));
		if (is_told != (rows[i][1] != NULL))
			fail_msg("%s: %d", rows[i][0], is_told);
		assert_string_equal(b.p, is_told ? rows[i][1] : "");
	}
	gv_buf_release(&b);
}

UNIT(stack)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_read_out_of_the_path),
		cmocka_unit_test(is_cut_and_summed_up_where_it_is_none),
		cmocka_unit_test(never_is_that_of_two),
		cmocka_unit_test(a_name_leads_back_to_the_directory),
	};

	return UNIT_RUN(tests);
}
