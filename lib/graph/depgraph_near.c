#include "graph/depgraph_internal.h"

#include "base/buf.h"

/*
 * What was probably meant by a name or path that is not there.
 */

struct gv_near
gv_depgraph_near_to(struct gv_depgraph_text name)
{
	return gv_near_within(
	    name.p, name.len, 1 + (name.len > 5) + (name.len > 12));
}

static uint32_t
near_file(
    const struct gv_depgraph *g, uint32_t folder, struct gv_depgraph_text name)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	struct gv_near near = gv_depgraph_near_to(name);
	uint32_t best = GV_DEPGRAPH_NONE, i;

	for (i = f->first; i < f->first + f->n; i++) {
		const struct gv_depgraph_text own = gv_depgraph_name(g, i);

		if (gv_near_add(&near, own.p, own.len))
			best = i;
	}
	return best;
}

static void
add_path(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e, const struct gv_symbol *s)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_depgraph_text name;
	uint32_t folder, file;
	size_t at;

	if (gv_depgraph_join(&path, g, gv_depgraph_file_of(g, e->from), s) < 0)
		goto out;
	for (at = path.len; at > 0 && path.p[at - 1] != '/';)
		at--;
	name.p = path.p + at;
	name.len = path.len - at;
	folder = gv_depgraph_find_folder(g, path.p, at ? at - 1 : 0);
	if (folder == GV_DEPGRAPH_NONE)
		goto out;
	file = near_file(g, folder, name);
	if (file != GV_DEPGRAPH_NONE)
		gv_depgraph_add_id(out, g, file);
out:
	gv_buf_release(&path);
}

void
gv_depgraph_add_near(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e)
{
	const struct gv_symbol *s;
	struct gv_depgraph_text near;

	if (e->symbol == GV_DEPGRAPH_NONE)
		return;
	s = &g->symbols.items[e->symbol];
	if (s->how == GV_SYMBOL_BY_PATH) {
		add_path(out, g, e, s);
	} else if (s->how == GV_SYMBOL_BY_NAME && g->names) {
		near = gv_depgraph_names_near(
		    g->names, s->space, gv_depgraph_symbol_name(g, s));
		gv_buf_add(out, near.p, near.len);
	}
}
