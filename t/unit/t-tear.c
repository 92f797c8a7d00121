/* lib/part/tear: references that a partial restore would leave dangling. */
#include "unit.h"

#include "depgraph_told.h"
#include "part/tear.h"

#define CALL  "module \"n\" {\n  source = \"../../modules/net\"\n}\n"
#define USE   "locals {\n  a = var.cidr\n  b = var.none\n}\n"
#define CIDR  "variable \"cidr\" {}\n"
#define OTHER "variable \"range\" {}\n"

static bool
is_opaque(void *ctx, const char *path, size_t len)
{
	const char *opaque = ctx;

	return opaque && strlen(opaque) == len &&
	    memcmp(opaque, path, len) == 0;
}

/* Lines like "live/prod/main.tf:2 tf.module modules/net", with "before" behind
 * what dangled before. */
static void
assert_tear(const struct depgraph_file *result,
    const struct depgraph_file *target, const struct depgraph_file *now,
    const char *goes, const char *opaque, const char *expect)
{
	struct gv_depgraph g[3] = { GV_DEPGRAPH_INIT, GV_DEPGRAPH_INIT,
		GV_DEPGRAPH_INIT };
	bool goes_back[16] = { false };
	const struct gv_tear_trees trees = { .result = &g[0],
		.goes_back = goes_back,
		.target = &g[1],
		.now = now ? &g[2] : NULL,
		.is_opaque = is_opaque,
		.ctx = (void *)opaque };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_tear tear;
	size_t i, torn = 0;

	depgraph_fill(&g[0], result);
	depgraph_fill(&g[1], target);
	if (now)
		depgraph_fill(&g[2], now);
	for (i = 0; i < g[0].n_files; i++)
		goes_back[i] =
		    strncmp(g[0].files[i].path, goes, strlen(goes)) == 0;
	assert_int_equal(gv_tear_find(&tear, &trees), 0);
	for (i = 0; i < tear.n; i++) {
		const struct gv_depgraph_edge *e =
		    &g[0].edges[tear.items[i].edge];

		struct gv_buf leads = GV_BUF_INIT;
		const uint32_t line =
		    gv_tear_say(&leads, &g[0], &tear.items[i]);

		gv_buf_addf(&text, "%s:%u %s %s%s\n",
		    g[0].files[gv_depgraph_file_of(&g[0], e->from)].path, line,
		    gv_symbol_edges[e->kind], leads.p,
		    tear.items[i].is_torn ? "" : " before");
		gv_buf_release(&leads);
		torn += tear.items[i].is_torn;
	}
	assert_string_equal(text.p ? text.p : "", expect);
	assert_int_equal(tear.n_torn, torn);
	gv_tear_release(&tear);
	gv_buf_release(&text);
	for (i = 0; i < 3; i++)
		gv_depgraph_release(&g[i]);
}

static const struct depgraph_file whole[] = {
	{ "live/prod/main.tf", "prod", CALL },
	{ "modules/net/main.tf", NULL, CIDR },
	{ NULL, NULL, NULL },
};

static const struct depgraph_file call_alone[] = {
	{ "live/prod/main.tf", "prod", CALL },
	{ NULL, NULL, NULL },
};

static const struct depgraph_file nothing[] = { { NULL, NULL, NULL } };

static void
what_the_snapshot_has_and_the_result_lacks_is_torn(void **state)
{
	(void)state;
	assert_tear(call_alone, whole, nothing, "live", NULL,
	    "live/prod/main.tf:2 tf.module modules/net\n");
	/* also where it dangles already in the tree as it is */
	assert_tear(call_alone, whole, call_alone, "live", NULL,
	    "live/prod/main.tf:2 tf.module modules/net\n");
	/* and in a new directory, where nothing stays */
	assert_tear(call_alone, whole, NULL, "live", NULL,
	    "live/prod/main.tf:2 tf.module modules/net\n");
	assert_tear(whole, whole, nothing, "live", NULL, "");
}

#define ARGUMENT                                                               \
	"module \"n\" {\n  source = \"../../modules/net\"\n"                   \
	"  cidr = \"10.0.0.0/8\"\n}\n"

/* The module stays as it is, and does not declare what the stack of the
 * snapshot sets; or it goes back, and the stack stays. */
static void
an_argument_that_its_module_does_not_declare_is_torn(void **state)
{
	static const struct depgraph_file then[] = {
		{ "live/prod/main.tf", "prod", ARGUMENT },
		{ "modules/net/main.tf", NULL, CIDR OTHER },
		{ NULL, NULL, NULL },
	};
	static const struct depgraph_file result[] = {
		{ "live/prod/main.tf", "prod", ARGUMENT },
		{ "modules/net/main.tf", NULL, OTHER },
		{ NULL, NULL, NULL },
	};
	static const struct depgraph_file now[] = {
		{ "live/prod/main.tf", "prod", CALL },
		{ "modules/net/main.tf", NULL, OTHER },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_tear(result, then, now, "live", NULL,
	    "live/prod/main.tf:3 tf.module modules/net#tf.variable:cidr\n");
	assert_tear(then, then, now, "live", NULL, "");
	/* it is so in the snapshot */
	assert_tear(result, result, now, "live", NULL,
	    "live/prod/main.tf:3 tf.module modules/net#tf.variable:cidr "
	    "before\n");
	/* the module goes back, and the stack sets what it did not have yet */
	assert_tear(result, now, then, "modules", NULL,
	    "live/prod/main.tf:3 tf.module modules/net#tf.variable:cidr\n");
	assert_tear(result, result, result, "modules", NULL, "");
}

static void
what_dangles_in_the_snapshot_is_named_only(void **state)
{
	(void)state;
	assert_tear(call_alone, call_alone, nothing, "live", NULL,
	    "live/prod/main.tf:2 tf.module modules/net before\n");
	/* what stays and dangled is nobody's concern */
	assert_tear(call_alone, call_alone, call_alone, "other", NULL, "");
}

static void
what_stays_is_torn_by_what_goes_back(void **state)
{
	static const struct depgraph_file now[] = {
		{ "app/main.tf", NULL, USE },
		{ "app/vars.tf", NULL, CIDR },
		{ NULL, NULL, NULL },
	};
	static const struct depgraph_file then[] = {
		{ "app/main.tf", NULL, "" },
		{ "app/vars.tf", NULL, OTHER },
		{ NULL, NULL, NULL },
	};
	static const struct depgraph_file result[] = {
		{ "app/main.tf", NULL, USE },
		{ "app/vars.tf", NULL, OTHER },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_tear(result, then, now, "app/vars.tf", NULL,
	    "app/main.tf:2 tf.ref tf.variable:cidr\n");
	/* nobody knows what an encrypted file defines */
	assert_tear(result, then, now, "app/vars.tf", "app/vars.tf", "");
}

static void
an_edge_that_is_computed_is_never_torn(void **state)
{
	static const struct depgraph_file target[] = {
		{ "a/main.tf", NULL,
		    "locals {\n  a = file(\"${path.module}/${var.e}.x\")\n}\n"
		    "variable \"e\" {}\n" },
		{ "a/b.x", NULL, "" },
		{ NULL, NULL, NULL },
	};
	static const struct depgraph_file result[] = {
		{ "a/main.tf", NULL,
		    "locals {\n  a = file(\"${path.module}/${var.e}.x\")\n}\n"
		    "variable \"e\" {}\n" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_tear(result, target, nothing, "a", NULL, "");
}

UNIT(tear)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_the_snapshot_has_and_the_result_lacks_is_torn),
		cmocka_unit_test(
		    an_argument_that_its_module_does_not_declare_is_torn),
		cmocka_unit_test(what_dangles_in_the_snapshot_is_named_only),
		cmocka_unit_test(what_stays_is_torn_by_what_goes_back),
		cmocka_unit_test(an_edge_that_is_computed_is_never_torn),
	};

	return UNIT_RUN(tests);
}
