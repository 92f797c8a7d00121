#include "git-vault/restore/tear_out.h"

#include "base/buf.h"
#include "base/path.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "graph/depgraph.h"
#include "part/tear.h"

/* "live/prod/main.tf:2 tf.module modules/net" */
static void
add_reference(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_tear_item *item)
{
	const struct gv_depgraph_edge *e = &g->edges[item->edge];
	const struct gv_depgraph_file *f =
	    &g->files[gv_depgraph_file_of(g, e->from)];
	struct gv_buf target = GV_BUF_INIT;
	const uint32_t line = gv_tear_say(&target, g, item);

	gv_path_quote(out, f->path, f->len);
	gv_buf_addf(out, ":%u %s ", line, gv_symbol_edges[e->kind]);
	gv_path_quote(out, target.p ? target.p : "", target.len);
	out->failed |= target.failed;
	gv_buf_release(&target);
}

static void
print(struct gv_out *out, const struct gv_tear *tear,
    const struct gv_depgraph *g, bool is_torn)
{
	struct gv_buf line = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < tear->n; i++) {
		if (tear->items[i].is_torn != is_torn)
			continue;
		gv_buf_reset(&line);
		add_reference(&line, g, &tear->items[i]);
		if (gv_buf_check(&line) == 0)
			gv_out_printf(out, "%s: %s\n",
			    is_torn ? "torn" : "dangling before", line.p);
	}
	gv_buf_release(&line);
}

void
gv_tear_out(
    struct gv_out *out, const struct gv_tear *tear, const struct gv_depgraph *g)
{
	print(out, tear, g, true);
	print(out, tear, g, false);
}

static void
print_json(struct gv_json *j, const char *name, const struct gv_tear *tear,
    const struct gv_depgraph *g, bool is_torn)
{
	struct gv_buf target = GV_BUF_INIT;
	uint32_t line;
	size_t i;

	gv_json_array(j, name);
	for (i = 0; i < tear->n; i++) {
		const struct gv_depgraph_edge *e =
		    &g->edges[tear->items[i].edge];
		const struct gv_depgraph_file *f =
		    &g->files[gv_depgraph_file_of(g, e->from)];

		if (tear->items[i].is_torn != is_torn)
			continue;
		gv_buf_reset(&target);
		line = gv_tear_say(&target, g, &tear->items[i]);
		gv_json_object(j, NULL);
		gv_json_path(j, "path", f->path, f->len);
		gv_json_uint(j, "line", line);
		gv_json_string(j, "kind", gv_symbol_edges[e->kind]);
		gv_json_text(j, "target", target.p ? target.p : "", target.len);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_buf_release(&target);
}

void
gv_tear_out_json(
    struct gv_json *j, const struct gv_tear *tear, const struct gv_depgraph *g)
{
	print_json(j, "torn", tear, g, true);
	print_json(j, "dangling", tear, g, false);
}
