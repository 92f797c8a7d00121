/* lib/graph/depgraph_image: a linked graph as bytes, whole and damaged. */
#include "unit.h"

#include "base/err.h"
#include "compress/deflate.h"
#include "depgraph_told.h"
#include "graph/depgraph_image.h"
#include "graph/depgraph_internal.h"

static const unsigned char key[GV_DEPGRAPH_KEY] = "key";

static const struct depgraph_file files[] = {
	{ "live/prod/main.tf", "prod",
	    "module \"a\" {\n  source = \"../../modules/net\"\n}\n"
	    "module \"d\" {\n  source = \"a/b/c\"\n  version = \"1.2\"\n}\n"
	    "locals {\n  a = var.none\n  b = file(\"${path.module}/x.tpl\")\n"
	    "  c = file(\"${path.module}/${var.e}.json\")\n}\n" },
	{ "live/prod/variables.tf", "prod", "variable \"nine\" {}\n" },
	{ "live/prod/x.tpl", "prod", "" },
	{ "live/prod/terraform.tfvars", "prod", "nine = 9\n" },
	{ "modules/net/main.tf", NULL, "variable \"v\" {}\n" },
	{ "k8s/a.yaml", NULL,
	    "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n"
	    "  namespace: n\nspec:\n  selector:\n    app: web\n" },
	{ NULL, NULL, NULL },
};

static void
add_files(struct gv_depgraph *g)
{
	const struct depgraph_file *f;

	for (f = files; f->path; f++)
		assert_int_equal(
		    gv_depgraph_add(g, f->path, strlen(f->path), f->env, 0), 0);
	assert_int_equal(gv_depgraph_sort(g), 0);
}

/* Everything that is said of a graph. */
static void
tell(struct gv_buf *out, struct gv_depgraph *g)
{
	uint32_t i;

	for (i = 0; i < g->n_edges; i++)
		depgraph_tell_edge(out, g, &g->edges[i]);
	for (i = 0; i < gv_depgraph_n_nodes(g); i++) {
		if (!gv_depgraph_is_node(g, i))
			continue;
		gv_depgraph_add_id(out, g, i);
		gv_buf_addf(out, " %u %u\n", gv_depgraph_out(g, i).n,
		    gv_depgraph_in(g, i).n);
	}
	for (i = 0; i < g->n_folders; i++)
		gv_buf_addf(out, "%u %d %d\n", i, g->folders[i].is_module,
		    g->folders[i].has_stacks);
	assert_int_equal(gv_depgraph_unsettle(g), 0);
	for (i = 0; i < g->n_edges; i++)
		if (g->edges[i].target == GV_DEPGRAPH_MISSING)
			gv_depgraph_add_near(out, g, &g->edges[i]);
	assert_int_equal(gv_buf_check(out), 0);
}

/* The bytes of the graph of `files`, and what is said of it. */
static void
make(struct gv_buf *bytes, struct gv_buf *told)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_depgraph_image image;
	size_t i;

	depgraph_fill(&g, files);
	assert_int_equal(gv_depgraph_image_make(&image, &g, key), 0);
	for (i = 0; i < GV_DEPGRAPH_IMAGE_PARTS; i++)
		gv_buf_add(bytes, image.parts[i].p, image.parts[i].len);
	assert_int_equal(gv_buf_check(bytes), 0);
	gv_depgraph_image_release(&image);
	tell(told, &g);
	gv_depgraph_release(&g);
}

static void
a_graph_is_read_as_it_was(void **state)
{
	struct gv_buf bytes = GV_BUF_INIT, told = GV_BUF_INIT,
		      again = GV_BUF_INIT;
	struct gv_depgraph g = GV_DEPGRAPH_INIT;

	(void)state;
	make(&bytes, &told);
	add_files(&g);
	assert_int_equal(
	    gv_depgraph_image_read(&g, bytes.p, bytes.len, key), 0);
	tell(&again, &g);
	assert_string_equal(again.p, told.p);
	assert_non_null(strstr(told.p, "-> modules/net\n"));
	assert_non_null(strstr(told.p, "-> !tf.variable:none\n"));
	assert_non_null(strstr(told.p, "nine"));
	gv_depgraph_release(&g);
	gv_buf_release(&again);
	gv_buf_release(&told);
	gv_buf_release(&bytes);
}

/* Parts may have nothing in them. */
static void
a_graph_of_next_to_nothing_is_read(void **state)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT, again = GV_DEPGRAPH_INIT;
	struct gv_depgraph_image image;
	struct gv_buf bytes = GV_BUF_INIT;
	size_t i;

	(void)state;
	assert_int_equal(gv_depgraph_sort(&g), 0);
	assert_int_equal(gv_depgraph_link(&g), 0);
	assert_int_equal(gv_depgraph_image_make(&image, &g, key), 0);
	for (i = 0; i < GV_DEPGRAPH_IMAGE_PARTS; i++)
		gv_buf_add(&bytes, image.parts[i].p, image.parts[i].len);
	assert_int_equal(gv_depgraph_sort(&again), 0);
	assert_int_equal(
	    gv_depgraph_image_read(&again, bytes.p, bytes.len, key), 0);
	gv_depgraph_image_release(&image);
	gv_depgraph_release(&again);
	gv_depgraph_release(&g);
	gv_buf_release(&bytes);
}

static void
what_is_of_other_files_or_cut_is_none(void **state)
{
	static const unsigned char other[GV_DEPGRAPH_KEY] = "kez";
	struct gv_buf bytes = GV_BUF_INIT, told = GV_BUF_INIT;
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	size_t n;

	(void)state;
	make(&bytes, &told);
	add_files(&g);
	assert_int_equal(
	    gv_depgraph_image_read(&g, bytes.p, bytes.len, other), GV_ECORRUPT);
	for (n = 0; n < bytes.len; n++)
		assert_int_equal(
		    gv_depgraph_image_read(&g, bytes.p, n, key), GV_ECORRUPT);
	assert_int_equal(g.n_edges, 0);
	assert_false(g.is_borrowed);
	gv_depgraph_release(&g);
	gv_buf_release(&told);
	gv_buf_release(&bytes);
}

/* A sum that fits proves nothing of what somebody wrote on purpose. */
static void
no_number_leads_out_of_the_bytes(void **state)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0xff };
	struct gv_buf bytes = GV_BUF_INIT, told = GV_BUF_INIT;
	size_t i, k, b, n_read = 0;

	(void)state;
	make(&bytes, &told);
	for (i = 0; i + 4 < bytes.len; i++)
		for (k = 0; k < sizeof(values); k++) {
			struct gv_depgraph g = GV_DEPGRAPH_INIT;
			struct gv_buf again = GV_BUF_INIT;
			const char was = bytes.p[i];
			uint32_t sum;

			bytes.p[i] = (char)values[k];
			sum = gv_deflate_crc32(0, bytes.p, bytes.len - 4);
			for (b = 0; b < 4; b++)
				bytes.p[bytes.len - 4 + b] =
				    (char)(sum >> (24 - 8 * b));
			add_files(&g);
			if (gv_depgraph_image_read(
				&g, bytes.p, bytes.len, key) == 0) {
				tell(&again, &g);
				n_read++;
			}
			bytes.p[i] = was;
			gv_buf_release(&again);
			gv_depgraph_release(&g);
		}
	/* some changes are of a name or a line, and can be read */
	assert_true(n_read > 0 && n_read < 4 * bytes.len);
	gv_buf_release(&told);
	gv_buf_release(&bytes);
}

UNIT(depgraph_image)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_graph_is_read_as_it_was),
		cmocka_unit_test(a_graph_of_next_to_nothing_is_read),
		cmocka_unit_test(what_is_of_other_files_or_cut_is_none),
		cmocka_unit_test(no_number_leads_out_of_the_bytes),
	};

	return UNIT_RUN(tests);
}
