/* lib/part/related: which files must move together with some files. */
#include "unit.h"

#include "depgraph_told.h"
#include "part/related.h"

static const struct depgraph_file files[] = {
	{ "live/dev/main.tf", "dev",
	    "module \"n\" {\n  source = \"../../modules/net\"\n}\n" },
	{ "live/prod/main.tf", "prod",
	    "module \"n\" {\n  source = \"../../modules/net\"\n"
	    "  cidr = var.cidr\n}\nlocals {\n  a = file(\"k.pub\")\n"
	    "  b = file(\"${var.cidr}.x\")\n}\n" },
	{ "live/prod/vars.tf", "prod", "variable \"cidr\" {}\n" },
	{ "live/prod/k.pub", "prod", "" },
	{ "live/prod/a.x", "prod", "" },
	{ "modules/net/main.tf", NULL,
	    "variable \"cidr\" {}\nmodule \"s\" {\n  source = \"../sub\"\n}\n" },
	{ "modules/net/README.md", NULL, "" },
	{ "modules/sub/main.tf", NULL, "" },
	{ "other/main.tf", NULL, "variable \"cidr\" {}\n" },
	{ NULL, NULL, NULL },
};

struct answer {
	const struct gv_depgraph *g;
	const char *const *same; /* paths that do not differ */
	unsigned asked;
	int r;
};

static int
differ(void *ctx, bool *differs, const uint32_t *list, uint32_t n)
{
	struct answer *a = ctx;
	const char *const *same;
	uint32_t i;

	for (i = 0; i < n; i++) {
		assert_true(i == 0 || list[i - 1] < list[i]);
		differs[i] = true;
		for (same = a->same; *same; same++)
			if (strcmp(a->g->files[list[i]].path, *same) == 0)
				differs[i] = false;
	}
	a->asked++;
	return a->r;
}

static void
tell(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_related *related)
{
	size_t i;

	for (i = 0; i < related->n; i++) {
		const struct gv_related_item *item = &related->items[i];

		gv_buf_addf(out, "%s %s %s %s\n", g->files[item->file].path,
		    item->is_needed ? "<-" : "->",
		    gv_symbol_edges[g->edges[item->edge].kind],
		    g->files[item->of].path);
	}
	if (related->is_cut)
		gv_buf_addstr(out, "cut\n");
}

static void
choose(bool *chosen, const struct gv_depgraph *g, const char *path)
{
	const uint32_t i = gv_depgraph_find_file(g, path, strlen(path));

	assert_true(i != GV_DEPGRAPH_NONE);
	chosen[i] = true;
}

static void
assert_related(const char *path, const char *const *same,
    const struct gv_related_opts *how, const char *expect)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_related related;
	struct gv_buf text = GV_BUF_INIT;
	bool chosen[16] = { false };
	struct answer answer = { &g, same, 0, 0 };
	struct gv_related_opts opts = *how;

	depgraph_fill(&g, files);
	choose(chosen, &g, path);
	opts.chosen = chosen;
	opts.differ = same ? differ : NULL;
	opts.ctx = &answer;
	assert_int_equal(gv_related_find(&related, &g, &opts), 0);
	tell(&text, &g, &related);
	assert_string_equal(text.p ? text.p : "", expect);
	gv_related_release(&related);
	gv_buf_release(&text);
	gv_depgraph_release(&g);
}

static const char *const none[] = { NULL };

static void
what_a_file_needs_and_what_needs_it_are_related(void **state)
{
	const struct gv_related_opts one = { .steps = 1 };

	(void)state;
	assert_related("live/prod/main.tf", none, &one,
	    "live/prod/k.pub <- tf.file live/prod/main.tf\n"
	    "live/prod/vars.tf <- tf.ref live/prod/main.tf\n"
	    "modules/net/main.tf <- tf.module live/prod/main.tf\n");
	assert_related("modules/net/main.tf", none, &one,
	    "live/dev/main.tf -> tf.module modules/net/main.tf\n"
	    "live/prod/main.tf -> tf.module modules/net/main.tf\n"
	    "modules/sub/main.tf <- tf.module modules/net/main.tf\n");
	assert_related("other/main.tf", none, &one, "");
}

static void
a_file_that_does_not_differ_pulls_nothing_after_it(void **state)
{
	static const char *const net[] = { "modules/net/main.tf", NULL };
	const struct gv_related_opts all = { .steps = 0 };

	(void)state;
	assert_related("live/prod/main.tf", net, &all,
	    "live/prod/k.pub <- tf.file live/prod/main.tf\n"
	    "live/prod/vars.tf <- tf.ref live/prod/main.tf\n");
	assert_related("live/prod/vars.tf", none, &all,
	    "live/prod/main.tf -> tf.ref live/prod/vars.tf\n"
	    "live/prod/k.pub <- tf.file live/prod/main.tf\n"
	    "modules/net/main.tf <- tf.module live/prod/main.tf\n"
	    "live/dev/main.tf -> tf.module modules/net/main.tf\n"
	    "modules/sub/main.tf <- tf.module modules/net/main.tf\n");
}

static void
steps_are_bounded_and_that_is_said(void **state)
{
	const struct gv_related_opts two = { .steps = 2 };

	(void)state;
	assert_related("live/prod/vars.tf", NULL, &two,
	    "live/prod/main.tf -> tf.ref live/prod/vars.tf\n"
	    "live/prod/k.pub <- tf.file live/prod/main.tf\n"
	    "modules/net/main.tf <- tf.module live/prod/main.tf\n"
	    "cut\n");
}

static void
users_in_another_environment_stay_out(void **state)
{
	const struct gv_related_opts prod = { .env = "prod" };

	(void)state;
	assert_related("live/prod/main.tf", none, &prod,
	    "live/prod/k.pub <- tf.file live/prod/main.tf\n"
	    "live/prod/vars.tf <- tf.ref live/prod/main.tf\n"
	    "modules/net/main.tf <- tf.module live/prod/main.tf\n"
	    "modules/sub/main.tf <- tf.module modules/net/main.tf\n");
}

static void
a_failed_answer_is_the_result(void **state)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_related related;
	bool chosen[16] = { false };
	struct answer answer = { &g, none, 0, -7 };
	const struct gv_related_opts opts = {
		.chosen = chosen, .differ = differ, .ctx = &answer
	};

	(void)state;
	depgraph_fill(&g, files);
	assert_int_equal(gv_related_find(&related, &g, &opts), 0);
	assert_int_equal(answer.asked, 0);
	gv_related_release(&related);
	choose(chosen, &g, "live/prod/main.tf");
	assert_int_equal(gv_related_find(&related, &g, &opts), -7);
	assert_int_equal(answer.asked, 1);
	assert_int_equal(related.n, 0);
	gv_related_release(&related);
	gv_depgraph_release(&g);
}

UNIT(related)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_a_file_needs_and_what_needs_it_are_related),
		cmocka_unit_test(
		    a_file_that_does_not_differ_pulls_nothing_after_it),
		cmocka_unit_test(steps_are_bounded_and_that_is_said),
		cmocka_unit_test(users_in_another_environment_stay_out),
		cmocka_unit_test(a_failed_answer_is_the_result),
	};

	return UNIT_RUN(tests);
}
