/* lib/graph/depgroup: what a picture shows of a graph. */
#include "unit.h"

#include "depgraph_told.h"
#include "graph/depgroup.h"

/* Boxes and arrows as text. */
static void
tell(struct gv_buf *out, const struct gv_depgroup *d)
{
	uint32_t i;

	for (i = 0; i < d->n_boxes; i++) {
		const struct gv_depgroup_box *b = &d->boxes[i];

		gv_buf_addf(out, "%u ", i);
		if (b->place == GV_DEPGRAPH_NONE)
			gv_buf_addf(out, "%c%s (%u)", "?.@!~"[b->kind],
			    b -> name, b -> n_edges);
		else if (b->kind == GV_DEPGROUP_FILE)
			gv_buf_addstr(out, d->g->files[b->place].path);
		else
			gv_buf_addf(out, "%.*s/ %u",
			    (int)d->g->folders[b->place].len,
			    d->g->folders[b->place].path, b->n_files);
		gv_buf_addf(out, "%s%s%s", b->env ? " " : "",
		    b->env ? b->env : "", b->is_shared ? " shared" : "");
		if (b->n_missing)
			gv_buf_addf(out, " -%u", b->n_missing);
		gv_buf_addch(out, '\n');
	}
	for (i = 0; i < d->n_parts; i++)
		gv_buf_addf(out, "%u -> %u %s %u\n", d->parts[i].from,
		    d->parts[i].to, gv_symbol_edges[d->parts[i].kind],
		    d->parts[i].n);
}

static void
assert_folded(
    const struct depgraph_file *files, uint32_t most, const char *expect)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_depgroup d = GV_DEPGROUP_INIT;
	struct gv_buf text = GV_BUF_INIT;
	bool *nodes, *edges;
	uint32_t i;

	depgraph_fill(&g, files);
	nodes = calloc(gv_depgraph_n_nodes(&g) + 1, sizeof(*nodes));
	edges = calloc((size_t)g.n_edges + 1, sizeof(*edges));
	assert_true(nodes && edges);
	for (i = 0; i < gv_depgraph_n_nodes(&g); i++)
		nodes[i] = gv_depgraph_is_node(&g, i);
	for (i = 0; i < g.n_edges; i++)
		edges[i] = true;
	assert_int_equal(gv_depgroup_fold(&d, &g, nodes, edges, most), 0);
	tell(&text, &d);
	assert_string_equal(text.p, expect);
	free(nodes);
	free(edges);
	gv_buf_release(&text);
	gv_depgroup_release(&d);
	gv_depgraph_release(&g);
}

static const struct depgraph_file tree[] = {
	{ "live/dev/main.tf", "dev",
	    "module \"n\" {\n  source = \"../../modules/net\"\n}\n"
	    "module \"r\" {\n  source = \"a/b/c\"\n}\n"
	    "locals {\n  a = file(\"none\")\n}\n" },
	{ "live/dev/a.tfvars", "dev", "cidr = 1\n" },
	{ "live/prod/main.tf", "prod",
	    "module \"n\" {\n  source = \"../../modules/net\"\n}\n"
	    "module \"r\" {\n  source = \"a/b/d\"\n}\n" },
	{ "modules/net/main.tf", NULL, "variable \"cidr\" {}\n" },
	{ NULL, NULL, NULL },
};

static void
few_files_are_boxes_of_their_own(void **state)
{
	(void)state;
	assert_folded(tree, 20,
	    "0 !tf.variable:cidr (1)\n"
	    "1 @registry:a/b/c (1)\n"
	    "2 !live/dev/none (1)\n"
	    "3 @registry:a/b/d (1)\n"
	    "4 live/dev/a.tfvars dev\n"
	    "5 live/dev/main.tf dev\n"
	    "6 live/prod/main.tf prod\n"
	    "7 modules/net/main.tf\n"
	    "8 modules/net/ 0\n"
	    "4 -> 0 tf.var_file 1\n"
	    "5 -> 1 tf.module 1\n"
	    "5 -> 2 tf.file 1\n"
	    "5 -> 8 tf.module 1\n"
	    "6 -> 3 tf.module 1\n"
	    "6 -> 8 tf.module 1\n"
	    "8 -> 7 tf.module 1\n");
}

static void
more_are_folded_to_directories(void **state)
{
	(void)state;
	assert_folded(tree, 5,
	    "0 @registry (2)\n"
	    "1 live/dev/ 2 dev -2\n"
	    "2 live/prod/ 1 prod\n"
	    "3 modules/net/ 1\n"
	    "1 -> 0 tf.module 1\n"
	    "1 -> 3 tf.module 1\n"
	    "2 -> 0 tf.module 1\n"
	    "2 -> 3 tf.module 1\n");
	/* dev and prod are opened together, or not */
	assert_folded(tree, 3,
	    "0 @registry (2)\n"
	    "1 live/ 3 shared -2\n"
	    "2 modules/net/ 1\n"
	    "1 -> 0 tf.module 2\n"
	    "1 -> 2 tf.module 2\n");
}

UNIT(depgroup)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_files_are_boxes_of_their_own),
		cmocka_unit_test(more_are_folded_to_directories),
	};

	return UNIT_RUN(tests);
}
