#include "git-vault/analysis/graph_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "draw/picture.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "graph/depgraph.h"
#include "graph/depgraph_query.h"
#include "graph/depgroup.h"
#include "repo/repo.h"

/*
 * A graph as a picture: folded to what a person can take in, with a colour for
 * each environment.
 */

#define LINES_MOST 100  /* of the contents of one box */
#define ALL_MOST   4000 /* and of all */

struct drawing {
	const struct gv_graph_pick *pick;
	struct gv_depgroup d;
	struct gv_picture picture;
	struct gv_picture_box *boxes;
	struct gv_picture_arrow *arrows;
	struct gv_picture_key *groups, *kinds;
	struct gv_arena arena;
	struct gv_buf text;
	uint32_t n_lines;
	bool failed;
};

/* ---- texts --------------------------------------------------------------- */

static struct gv_picture_text
text_of(const char *p)
{
	return (struct gv_picture_text){ p ? p : "", p ? strlen(p) : 0 };
}

static bool
is_same(struct gv_picture_text a, struct gv_picture_text b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/* What `text` has, to stay. */
static struct gv_picture_text
keep(struct drawing *d)
{
	const char *p = gv_buf_check(&d->text) < 0
	    ? NULL
	    : gv_arena_copy(&d->arena, d->text.p, d->text.len);
	const struct gv_picture_text text = { p ? p : "", p ? d->text.len : 0 };

	d->failed |= p == NULL;
	gv_buf_reset(&d->text);
	return text;
}

static void
split_path(struct gv_picture_box *box, const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);
	const size_t at = slash ? (size_t)(slash - path) : 0;

	box->above = (struct gv_picture_text){ path, at };
	box->title = (struct gv_picture_text){ path + at + (slash != NULL),
		len - at - (slash != NULL) };
	if (len == 0)
		box->title = text_of("(top)");
}

/* ---- boxes --------------------------------------------------------------- */

/* Colours that say how near to production it is, where the name does. */
static uint32_t
tint_of(const char *env, uint32_t i)
{
	static const struct {
		const char *begin;
		uint32_t tint;
	} known[] = { { "dev", 1 }, { "stag", 2 }, { "pre", 2 },
		{ "nonprod", 2 }, { "uat", 2 }, { "prod", 3 }, { "prd", 3 },
		{ "live", 3 }, { "test", 4 }, { "qa", 4 } };
	size_t k;

	for (k = 0; k < sizeof(known) / sizeof(known[0]); k++)
		if (strncmp(env, known[k].begin, strlen(known[k].begin)) == 0)
			return known[k].tint;
	return 5 + i % 3;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct gv_picture_key *x = a, *y = b;
	const size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	const int r = memcmp(x->name.p, y->name.p, n);

	if (x->tint != y->tint)
		return x->tint < y->tint ? -1 : 1;
	return r ? r
		 : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

/* Count a name in a list that has room for it. */
static void
count_key(struct gv_picture_key *keys, uint32_t *n, struct gv_picture_text name)
{
	uint32_t i;

	for (i = 0; i < *n; i++)
		if (is_same(keys[i].name, name))
			break;
	if (i == *n)
		keys[(*n)++] = (struct gv_picture_key){ name, 0, 0 };
	keys[i].count++;
}

static void
name_groups(struct drawing *d)
{
	struct gv_picture *p = &d->picture;
	uint32_t i, k;

	for (i = 0; i < d->d.n_boxes; i++)
		if (d->d.boxes[i].env)
			count_key(d->groups, &p->n_groups,
			    text_of(d->d.boxes[i].env));
	if (p->n_groups)
		qsort(d->groups, p->n_groups, sizeof(*d->groups), compare_keys);
	for (k = 0; k < p->n_groups; k++)
		d->groups[k].tint = tint_of(d->groups[k].name.p, k);
	/* from dev to prod */
	if (p->n_groups)
		qsort(d->groups, p->n_groups, sizeof(*d->groups), compare_keys);
	for (i = 0; i < d->d.n_boxes; i++) {
		struct gv_picture_box *box = &d->boxes[i];

		box->group = text_of(d->d.boxes[i].env);
		for (k = 0; k < p->n_groups; k++)
			if (is_same(d->groups[k].name, box->group))
				box->tint = d->groups[k].tint;
	}
}

/* "image:postgres", or "image" for all of them. */
static void
describe_outside(struct drawing *d, uint32_t i)
{
	const struct gv_depgroup_box *b = &d->d.boxes[i];
	struct gv_picture_box *box = &d->boxes[i];
	const char *colon = strchr(b->name, ':');
	char count[GV_OUT_SIZE_MAX];

	box->style = b->kind == GV_DEPGROUP_EXTERNAL ? GV_PICTURE_OUTSIDE
	    : b->kind == GV_DEPGROUP_MISSING         ? GV_PICTURE_MISSING
						     : GV_PICTURE_COMPUTED;
	if (colon) {
		box->title = text_of(colon + 1);
		box->note = (struct gv_picture_text){ b->name,
			(size_t)(colon - b->name) };
		return;
	}
	box->title = text_of(b->name);
	if (b->kind == GV_DEPGROUP_MISSING) {
		split_path(box, b->name, strlen(b->name));
		box->note = text_of("missing");
		return;
	}
	gv_out_count(count, b->n_edges, "relation");
	gv_buf_addstr(&d->text, count);
	box->note = keep(d);
}

static void
describe_place(struct drawing *d, uint32_t i)
{
	const struct gv_depgraph *g = d->d.g;
	const struct gv_depgroup_box *b = &d->d.boxes[i];
	struct gv_picture_box *box = &d->boxes[i];
	const char *kind;
	char count[GV_OUT_SIZE_MAX];

	if (b->n_missing) {
		gv_buf_addf(&d->text, "%u missing", b->n_missing);
		box->alert = keep(d);
	}
	if (b->kind == GV_DEPGROUP_FILE) {
		split_path(
		    box, g->files[b->place].path, g->files[b->place].len);
		box->note = text_of(b->env);
		return;
	}
	split_path(box, g->folders[b->place].path, g->folders[b->place].len);
	kind = gv_depgraph_component(g, b->place);
	box->style = b->n_files > 1 ? GV_PICTURE_FOLDED : GV_PICTURE_PLAIN;
	if (kind)
		gv_buf_addstr(&d->text, kind);
	if (b->n_files) {
		gv_out_count(count, b->n_files, "file");
		gv_buf_addf(&d->text, "%s%s", kind ? ", " : "", count);
	}
	box->note = keep(d);
}

/* ---- contents ------------------------------------------------------------ */

static void
add_line(struct drawing *d, struct gv_picture_box *box,
    struct gv_picture_text *lines, struct gv_picture_text line)
{
	if (box->n_lines == LINES_MOST || d->n_lines == ALL_MOST) {
		box->more++;
		return;
	}
	lines[box->n_lines++] = line;
	d->n_lines++;
}

static void
list_definitions(struct drawing *d, struct gv_picture_box *box,
    struct gv_picture_text *lines, uint32_t file)
{
	const struct gv_depgraph *g = d->d.g;
	const struct gv_depgraph_file *f = &g->files[file];
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++) {
		const struct gv_symbol *s = &g->symbols.items[i];

		if (!d->pick->nodes[gv_depgraph_symbol_node(g, i)])
			continue;
		gv_buf_addf(&d->text, "%u: %s %s", s->line,
		    gv_symbol_spaces[s->word],
		    gv_symbol_text(&g->symbols, &s->name));
		add_line(d, box, lines, keep(d));
	}
}

/* Files of a folder, definitions of a file. */
static int
list_contents(struct drawing *d)
{
	const struct gv_depgraph *g = d->d.g;
	struct gv_picture_text **lines =
	    calloc((size_t)d->d.n_boxes + 1, sizeof(*lines));
	uint32_t i, box;

	for (i = 0; lines && i < d->d.n_boxes; i++) {
		lines[i] =
		    gv_arena_alloc(&d->arena, LINES_MOST * sizeof(**lines));
		d->boxes[i].lines = lines[i];
		d->failed |= lines[i] == NULL;
	}
	if (lines == NULL || d->failed) {
		free(lines);
		return gv_err_nomem();
	}
	for (i = 0; i < g->n_files; i++) {
		box = d->d.box_of[i];
		if (box == GV_DEPGRAPH_NONE)
			continue;
		if (d->d.boxes[box].kind == GV_DEPGROUP_FILE)
			list_definitions(d, &d->boxes[box], lines[box], i);
		else
			add_line(d, &d->boxes[box], lines[box],
			    (struct gv_picture_text){
				g->files[i].path, g->files[i].len });
	}
	free(lines);
	return 0;
}

/* ---- arrows -------------------------------------------------------------- */

static enum gv_picture_style
style_of(const struct gv_depgroup_part *part)
{
	if (part->target == GV_DEPGRAPH_MISSING)
		return GV_PICTURE_MISSING;
	if (part->target == GV_DEPGRAPH_EXTERNAL)
		return GV_PICTURE_OUTSIDE;
	return part->is_pattern ? GV_PICTURE_COMPUTED : GV_PICTURE_PLAIN;
}

/* One arrow for the parts that follow each other; how many they are. */
static uint32_t
describe_arrow(struct drawing *d, uint32_t first)
{
	const struct gv_depgroup_part *parts = d->d.parts;
	struct gv_picture_arrow *arrow = &d->arrows[d->picture.n_arrows++];
	struct gv_buf says = GV_BUF_INIT;
	uint32_t i;

	*arrow = (struct gv_picture_arrow){ .from = parts[first].from,
		.to = parts[first].to,
		.style = style_of(&parts[first]) };
	for (i = first; i < d->d.n_parts && parts[i].from == arrow->from &&
	     parts[i].to == arrow->to;
	     i++) {
		const char *kind = gv_symbol_edges[parts[i].kind];

		arrow->count += parts[i].n;
		if (style_of(&parts[i]) == GV_PICTURE_PLAIN)
			arrow->style = GV_PICTURE_PLAIN;
		gv_buf_addf(&d->text, "%s%s", i > first ? " " : "", kind);
		gv_buf_addf(&says, "%s%s", i > first ? ", " : "", kind);
		if (parts[i].n > 1)
			gv_buf_addf(&says, " (%u)", parts[i].n);
		count_key(d->kinds, &d->picture.n_kinds,
		    (struct gv_picture_text){ kind, strcspn(kind, ".") });
	}
	arrow->kinds = keep(d);
	if (gv_buf_check(&says) == 0)
		gv_buf_add(&d->text, says.p, says.len);
	arrow->says = keep(d);
	gv_buf_release(&says);
	return i - first;
}

/* ---- all ----------------------------------------------------------------- */

static void
describe(struct drawing *d, const struct gv_ctx *ctx, const char *env)
{
	const char *top = ctx->repo->worktree, *name;
	char places[GV_OUT_SIZE_MAX], edges[GV_OUT_SIZE_MAX];
	uint32_t n_files = 0, i;

	name = top ? strrchr(top, '/') : NULL;
	gv_buf_addstr(&d->text, name && name[1] ? name + 1 : "graph");
	if (d->pick->path)
		gv_buf_addf(&d->text, ": %s", d->pick->path);
	if (env)
		gv_buf_addf(&d->text, ", %s", env);
	d->picture.title = keep(d);
	for (i = 0; i < d->d.n_boxes; i++)
		n_files += d->d.boxes[i].n_files;
	gv_out_count(places, n_files, "file");
	gv_out_count(edges, d->pick->n_edges, "relation");
	gv_buf_addstr(&d->text, places);
	if (n_files > d->d.n_boxes)
		gv_buf_addf(&d->text, " in %u groups", d->d.n_boxes);
	gv_buf_addf(&d->text, ", %s", edges);
	d->picture.summary = keep(d);
}

static int
fill(struct drawing *d, const struct gv_ctx *ctx, const char *env)
{
	struct gv_picture *p = &d->picture;
	uint32_t i;
	int r;

	d->boxes = calloc((size_t)d->d.n_boxes + 1, sizeof(*d->boxes));
	d->arrows = calloc((size_t)d->d.n_parts + 1, sizeof(*d->arrows));
	d->groups = calloc((size_t)d->d.n_boxes + 1, sizeof(*d->groups));
	d->kinds = calloc(GV_SYMBOL_N_EDGES, sizeof(*d->kinds));
	if (!d->boxes || !d->arrows || !d->groups || !d->kinds)
		return gv_err_nomem();
	for (i = 0; i < d->d.n_boxes; i++) {
		if (d->d.boxes[i].place == GV_DEPGRAPH_NONE)
			describe_outside(d, i);
		else
			describe_place(d, i);
	}
	name_groups(d);
	for (i = 0; i < d->d.n_parts;)
		i += describe_arrow(d, i);
	if (p->n_kinds)
		qsort(d->kinds, p->n_kinds, sizeof(*d->kinds), compare_keys);
	if ((r = list_contents(d)) < 0)
		return r;
	describe(d, ctx, env);
	p->boxes = d->boxes;
	p->n_boxes = d->d.n_boxes;
	p->arrows = d->arrows;
	p->groups = d->groups;
	p->kinds = d->kinds;
	return d->failed ? gv_err_nomem() : gv_picture_place(p);
}

int
gv_graph_out_picture(struct gv_ctx *ctx, const struct gv_graph_pick *pick,
    const char *env, bool is_html)
{
	struct drawing d = { .pick = pick,
		.d = GV_DEPGROUP_INIT,
		.arena = GV_ARENA_INIT,
		.text = GV_BUF_INIT };
	struct gv_buf out = GV_BUF_INIT;
	int r;

	if ((r = gv_depgroup_fold(&d.d, pick->g, pick->nodes, pick->edges,
		 GV_DEPGROUP_MOST)) < 0 ||
	    (r = fill(&d, ctx, env)) < 0)
		goto out;
	r = is_html ? gv_picture_html(&out, &d.picture)
		    : gv_picture_svg(&out, &d.picture);
	if (r == 0)
		gv_out_write(ctx->out, out.p, out.len);
out:
	gv_picture_release(&d.picture);
	free(d.boxes);
	free(d.arrows);
	free(d.groups);
	free(d.kinds);
	gv_depgroup_release(&d.d);
	gv_arena_release(&d.arena);
	gv_buf_release(&d.text);
	gv_buf_release(&out);
	return r;
}
