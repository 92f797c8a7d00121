/* lib/code/stack_choice: which state is meant, by what the user named, by the
 * path and by the states that exist; and which name is most similar to a
 * mistyped one. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "code/stack_choice.h"

/* "env/stack env/stack …"; a '?' before a name marks a lock without a state. */
static void
fill(struct gv_stack_names *names, const char *text)
{
	char env[GV_STACK_NAME], stack[GV_STACK_NAME];
	int n;

	memset(names, 0, sizeof(*names));
	for (; sscanf(text, " %64[^/]/%64[^ ]%n", env, stack, &n) == 2;
	     text += n)
		assert_int_equal(gv_stack_names_add(names, env + (*env == '?'),
				     stack, *env != '?'),
		    0);
}

struct row {
	const char *there, *env, *stack, *here, *own; /* own: "env/stack" */
	bool is_file;
	enum gv_stack_kind kind;
	const char *want; /* "env/stack" */
};

static void
check(const struct row *row)
{
	struct gv_stack_names names;
	struct gv_stack_name own = { .env = "" };
	struct gv_stack_ask ask = { .env = row->env,
		.stack = row->stack,
		.here = row->here,
		.own = row->own ? &own : NULL,
		.is_file = row->is_file };
	struct gv_stack_choice c;
	char got[2 * GV_STACK_NAME] = "-";

	if (row->own)
		assert_int_equal(
		    sscanf(row->own, "%64[^/]/%64s", own.env, own.stack), 2);
	fill(&names, row->there);
	gv_stack_choose(&c, &ask, &names);
	if (c.kind == GV_STACK_KNOWN || c.kind == GV_STACK_NEW)
		snprintf(got, sizeof(got), "%s/%s", c.env, c.stack);
	if (c.kind != row->kind || strcmp(got, row->want) != 0)
		fail_msg("there %s, said %s/%s: %d %s, not %d %s", row->there,
		    row->env ? row->env : "", row->stack ? row->stack : "",
		    (int)c.kind, got, (int)row->kind, row->want);
	gv_stack_names_release(&names);
}

static void
is_chosen_by_what_there_is(void **state)
{
	static const struct row rows[] = {
		/* what the user named is taken */
		{ "prod/net", "prod", "net", NULL, NULL, false, GV_STACK_KNOWN,
		    "prod/net" },
		{ "prod/net", "prod", "nte", "dev", "dev/x", true, GV_STACK_NEW,
		    "prod/nte" },
		{ "prod/net dev/net", NULL, "net", "dev", NULL, false,
		    GV_STACK_KNOWN, "dev/net" },
		/* the only state of the environment */
		{ "prod/live.prod", "prod", NULL, NULL, NULL, false,
		    GV_STACK_KNOWN, "prod/live.prod" },
		{ "prod/a dev/b", NULL, NULL, "dev", NULL, false,
		    GV_STACK_KNOWN, "dev/b" },
		{ "prod/a", NULL, NULL, NULL, NULL, false, GV_STACK_KNOWN,
		    "prod/a" },
		{ "prod/a dev/b", NULL, "b", NULL, NULL, false, GV_STACK_KNOWN,
		    "dev/b" },
		/* several states, and the default stack */
		{ "prod/a prod/b", "prod", NULL, NULL, NULL, false,
		    GV_STACK_SEVERAL, "-" },
		{ "prod/a prod/default", "prod", NULL, NULL, NULL, false,
		    GV_STACK_KNOWN, "prod/default" },
		{ "prod/a dev/b", NULL, NULL, NULL, NULL, false,
		    GV_STACK_SEVERAL, "-" },
		{ "prod/a dev/a", NULL, "a", NULL, NULL, false,
		    GV_STACK_SEVERAL, "-" },
		/* a lock without a state does not count */
		{ "prod/net ?prod/nett", "prod", NULL, NULL, NULL, false,
		    GV_STACK_KNOWN, "prod/net" },
		{ "?prod/net", "prod", "net", NULL, NULL, false, GV_STACK_KNOWN,
		    "prod/net" },
		/* the name that snapshots give the file or the directory */
		{ "prod/a prod/live.prod", NULL, NULL, "prod", "prod/live.prod",
		    true, GV_STACK_KNOWN, "prod/live.prod" },
		{ "prod/a prod/live.prod", "prod", NULL, NULL, "prod/live.prod",
		    false, GV_STACK_KNOWN, "prod/live.prod" },
		{ "shared/x", NULL, NULL, NULL, "shared/x", true,
		    GV_STACK_KNOWN, "shared/x" },
		/* a file is never another file's state; a directory's may be */
		{ "prod/live.prod.a", NULL, NULL, "prod", "prod/live.prod.b",
		    true, GV_STACK_NEW, "prod/live.prod.b" },
		{ "prod/live.prod.a", NULL, NULL, "prod", "prod/live.prod.b",
		    false, GV_STACK_KNOWN, "prod/live.prod.a" },
		{ "prod/a", NULL, NULL, NULL, NULL, true, GV_STACK_NOWHERE,
		    "-" },
		{ "prod/a", "dev", NULL, "prod", "prod/b", true, GV_STACK_NEW,
		    "dev/default" },
		/* no states at all */
		{ "", "prod", NULL, NULL, NULL, false, GV_STACK_NEW,
		    "prod/default" },
		{ "", NULL, NULL, NULL, NULL, false, GV_STACK_NOWHERE, "-" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
}

static void
the_nearest_name_is_found(void **state)
{
	static const struct {
		const char *there, *env, *stack, *want;
	} rows[] = {
		{ "prod/net", "prod", "nte", "prod/net" },
		{ "prod/net", "prdo", "net", "prod/net" },
		{ "prod/net dev/net", "production", "net", "prod/net" },
		{ "prod/net", "prdo", NULL, "prod/net" },
		{ "prod/network.eu prod/net", "prod", "network.ue",
		    "prod/network.eu" },
		{ "prod/net", "prod", "database", NULL },
		{ "prod/net", "prod", "net", NULL },
		{ "dev/net", "prod", "net", NULL },
		{ "", "prod", "net", NULL },
	};
	const struct gv_stack_name *near;
	struct gv_stack_names names;
	char got[2 * GV_STACK_NAME];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill(&names, rows[i].there);
		near =
		    gv_stack_names_nearest(&names, rows[i].env, rows[i].stack);
		snprintf(got, sizeof(got), "%s/%s", near ? near->env : "",
		    near ? near->stack : "");
		if (rows[i].want ? strcmp(got, rows[i].want) != 0 : !!near)
			fail_msg("%s/%s among %s: %s", rows[i].env,
			    rows[i].stack ? rows[i].stack : "", rows[i].there,
			    got);
		gv_stack_names_release(&names);
	}
}

static void
a_file_is_called_as_snapshots_call_it(void **state)
{
	static const struct {
		const char *path, *scope, *want;
	} rows[] = {
		{ "live/prod/terraform.tfstate", "prod", "prod/live.prod" },
		{ "terraform.tfstate.d/blue/terraform.tfstate", "shared",
		    "blue/default.-blue" },
		{ "terraform.tfstate.d/blue/terraform.tfstate", "team",
		    "team/default.-blue" },
		{ "x/terraform.tfstate", "shared", "shared/x" },
	};
	struct gv_stack_name name;
	char got[2 * GV_STACK_NAME + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    gv_stack_name_of_file(&name, rows[i].scope, rows[i].path),
		    0);
		snprintf(got, sizeof(got), "%s/%s", name.env, name.stack);
		assert_string_equal(got, rows[i].want);
	}
	assert_int_equal(
	    gv_stack_name_of_file(&name, "prod", "main.tf"), GV_ENOTFOUND);
}

UNIT(stack_choice)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_chosen_by_what_there_is),
		cmocka_unit_test(the_nearest_name_is_found),
		cmocka_unit_test(a_file_is_called_as_snapshots_call_it),
	};

	return UNIT_RUN(tests);
}
