#include "graph/depgroup.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "graph/depgraph_query.h"

#define NONE GV_DEPGRAPH_NONE

struct folding {
	struct gv_depgroup *out;
	const struct gv_depgraph *g;
	const bool *edges;
	bool *is_there;   /* files, then folders, that are drawn */
	uint32_t *weight; /* by folder: places in it and below it */
	uint32_t *own;    /* by folder: places right in it */
	uint32_t *inner;  /* by folder: folders in it that have a weight */
	bool *is_open;    /* by folder: its parts are boxes of their own */
	bool *has_part;   /* by folder: a component is below it */
	bool by_scheme;   /* one box for all externals of a scheme */
	uint32_t most;
	struct gv_buf text;
	bool failed;
};

/* The file or folder that a node is or is in, as a number of `is_there`. */
static uint32_t
place_of(const struct gv_depgraph *g, uint32_t node)
{
	const uint32_t file = gv_depgraph_file_of(g, node);

	return file == NONE ? node : file;
}

static uint32_t
folder_of(const struct gv_depgraph *g, uint32_t place)
{
	return place < g->n_files ? g->files[place].folder : place - g->n_files;
}

/* ---- what there is ------------------------------------------------------- */

static void
note_places(struct folding *f, const bool *nodes)
{
	const struct gv_depgraph *g = f->g;
	const uint32_t n = g->n_files + g->n_folders;
	uint32_t i;

	for (i = 0; i < gv_depgraph_n_nodes(g); i++)
		if (nodes[i])
			f->is_there[place_of(g, i)] = true;
	for (i = 0; i < g->n_edges; i++) {
		if (!f->edges[i])
			continue;
		f->is_there[place_of(g, g->edges[i].from)] = true;
		if (g->edges[i].target == GV_DEPGRAPH_NODE)
			f->is_there[place_of(g, g->edges[i].to)] = true;
	}
	for (i = 0; i < n; i++) {
		if (!f->is_there[i])
			continue;
		f->out->n_places++;
		f->own[folder_of(g, i)]++;
		f->weight[folder_of(g, i)]++;
	}
	/* a folder comes before those in it */
	for (i = g->n_folders; i-- > 1;) {
		const uint32_t parent = g->folders[i].parent;

		f->weight[parent] += f->weight[i];
		f->inner[parent] += f->weight[i] != 0;
		f->has_part[parent] |=
		    f->has_part[i] || gv_depgraph_component(g, i);
	}
}

/* ---- boxes --------------------------------------------------------------- */

static uint32_t
add_box(struct folding *f, const struct gv_depgroup_box *box)
{
	struct gv_depgroup *out = f->out;
	size_t n = out->n_boxes;

	if (GV_GROW(out->boxes, n, out->cap_boxes) < 0) {
		f->failed = true;
		return 0;
	}
	out->boxes[out->n_boxes] = *box;
	return out->n_boxes++;
}

/* The box of what an edge leads to that is not of the tree; NONE: there is none
 * yet, and it is not to be made. */
static uint32_t
box_outside(struct folding *f, const struct gv_depgraph_edge *e, bool makes)
{
	struct gv_depgroup_box box = { .place = NONE };
	const char *colon;
	uint32_t i;

	if (f->by_scheme && e->target == GV_DEPGRAPH_MISSING)
		return NONE;
	gv_buf_reset(&f->text);
	gv_buf_addch(&f->text, "?@!~"[e->target]);
	if (e->target == GV_DEPGRAPH_EXTERNAL || !f->by_scheme)
		gv_depgraph_add_target(&f->text, f->g, e);
	else
		gv_buf_addstr(&f->text, "computed");
	if (gv_buf_check(&f->text) < 0) {
		f->failed = true;
		return NONE;
	}
	colon = memchr(f->text.p, ':', f->text.len);
	if (f->by_scheme && colon)
		gv_buf_truncate(&f->text, (size_t)(colon - f->text.p));
	i = (uint32_t)(uintptr_t)gv_map_get(
	    &f->out->names, f->text.p, f->text.len);
	if (i || !makes) {
		if (i)
			f->out->boxes[i - 1].n_edges++;
		return i ? i - 1 : NONE;
	}
	box.name = gv_arena_copy(&f->out->arena, f->text.p, f->text.len);
	box.n_edges = 1;
	box.kind = e->target == GV_DEPGRAPH_EXTERNAL ? GV_DEPGROUP_EXTERNAL
	    : e->target == GV_DEPGRAPH_MISSING       ? GV_DEPGROUP_MISSING
						     : GV_DEPGROUP_COMPUTED;
	i = add_box(f, &box);
	if (box.name == NULL || f->failed ||
	    gv_map_put(&f->out->names, box.name, f->text.len,
		(void *)(uintptr_t)(i + 1)) < 0) {
		f->failed = true;
		return NONE;
	}
	f->out->boxes[i].name = box.name + 1;
	return i;
}

/* Boxes for all that is not of the tree. Whether they are at most `most`. */
static bool
add_outside(struct folding *f, uint32_t most)
{
	uint32_t i;

	for (i = 0; i < f->g->n_edges && f->out->n_boxes <= most; i++)
		if (f->edges[i] && f->g->edges[i].target != GV_DEPGRAPH_NODE)
			box_outside(f, &f->g->edges[i], true);
	return f->out->n_boxes <= most;
}

static void
drop_boxes(struct folding *f)
{
	f->out->n_boxes = 0;
	gv_map_release(&f->out->names);
	gv_arena_release(&f->out->arena);
	f->out->names = (struct gv_map)GV_MAP_INIT;
	f->out->arena = (struct gv_arena)GV_ARENA_INIT;
}

/* ---- folders ------------------------------------------------------------- */

/* Whether a folder is a box now, and has parts worth one. */
static bool
can_open(const struct folding *f, uint32_t folder)
{
	const uint32_t parent = f->g->folders[folder].parent;

	return !f->is_open[folder] && f->inner[folder] &&
	    (folder == 0 || f->is_open[parent]) &&
	    (folder == 0 || f->has_part[folder] ||
		!gv_depgraph_component(f->g, folder));
}

/* How many boxes more there are once it is open. */
static uint32_t
cost_of(const struct folding *f, uint32_t folder)
{
	return f->inner[folder] + (f->own[folder] != 0) - 1;
}

/* Its peers are what is beside it and at least half as full: dev and prod are
 * opened together, or not. */
static bool
is_peer(const struct folding *f, uint32_t folder, uint32_t of)
{
	return can_open(f, folder) &&
	    f->g->folders[folder].parent == f->g->folders[of].parent &&
	    2 * (uint64_t)f->weight[folder] >= f->weight[of];
}

/* Open a folder and its peers, where there is room for all. */
static bool
open_peers(struct folding *f, uint32_t folder, uint32_t *room)
{
	uint64_t cost = 0;
	uint32_t i;

	/* one folder in another is one box in any case */
	if (cost_of(f, folder) == 0) {
		f->is_open[folder] = true;
		return true;
	}
	for (i = 0; i < f->g->n_folders; i++)
		if (is_peer(f, i, folder))
			cost += cost_of(f, i);
	if (cost > *room)
		return false;
	*room -= (uint32_t)cost;
	for (i = f->g->n_folders; i-- > 0;)
		if (i != folder && is_peer(f, i, folder))
			f->is_open[i] = true;
	f->is_open[folder] = true;
	return true;
}

/* Open the fullest folder that there is room for, again and again. */
static int
open_folders(struct folding *f, uint32_t room)
{
	const struct gv_depgraph *g = f->g;
	bool *is_too_large = calloc((size_t)g->n_folders + 1, 1);
	uint32_t i, best;

	if (is_too_large == NULL)
		return gv_err_nomem();
	do {
		best = NONE;
		for (i = 0; i < g->n_folders; i++)
			if (can_open(f, i) && !is_too_large[i] &&
			    (best == NONE || f->weight[i] > f->weight[best]))
				best = i;
		if (best != NONE && !open_peers(f, best, &room))
			is_too_large[best] = true;
	} while (best != NONE);
	free(is_too_large);
	return 0;
}

/* The box of what is of several environments is of none. */
static void
take_place(struct folding *f, uint32_t box, uint32_t place)
{
	struct gv_depgroup_box *b = &f->out->boxes[box];
	const char *env;

	f->out->box_of[place] = box;
	if (place >= f->g->n_files)
		return;
	env = f->g->files[place].env;
	if (b->n_files++ == 0)
		b->env = env;
	else if ((b->env == NULL) != (env == NULL) ||
	    (env && strcmp(b->env, env) != 0)) {
		b->is_shared = true;
		b->env = NULL;
	}
}

/* A folder that is not open holds all below it; an open one what is right in
 * it. */
static int
add_folders(struct folding *f)
{
	const struct gv_depgraph *g = f->g;
	uint32_t *box = calloc((size_t)g->n_folders + 1, sizeof(*box)), i;

	if (box == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->n_folders; i++) {
		const uint32_t parent = g->folders[i].parent;

		box[i] = NONE;
		if (f->weight[i] == 0)
			continue;
		if (i && !f->is_open[parent])
			box[i] = box[parent];
		else if (!f->is_open[i] || f->own[i])
			box[i] = add_box(f,
			    &(struct gv_depgroup_box){
				.kind = GV_DEPGROUP_FOLDER, .place = i });
	}
	for (i = 0; i < g->n_files + g->n_folders && !f->failed; i++)
		if (f->is_there[i])
			take_place(f, box[folder_of(g, i)], i);
	free(box);
	return f->failed ? gv_err_nomem() : 0;
}

static void
add_files(struct folding *f)
{
	uint32_t i, box;

	for (i = 0; i < f->g->n_files + f->g->n_folders; i++) {
		if (!f->is_there[i])
			continue;
		box = add_box(f,
		    &(struct gv_depgroup_box){ .kind = i < f->g->n_files
			    ? GV_DEPGROUP_FILE
			    : GV_DEPGROUP_FOLDER,
			.place = i < f->g->n_files ? i : i - f->g->n_files });
		if (f->failed)
			return;
		take_place(f, box, i);
	}
}

static int
add_boxes(struct folding *f)
{
	const uint32_t n = f->out->n_places;
	uint32_t room;
	bool fits = n <= f->most && add_outside(f, f->most - n);

	if (!fits) {
		drop_boxes(f);
		f->by_scheme = true;
		add_outside(f, UINT32_MAX - 1);
		fits = n <= f->most && f->out->n_boxes <= f->most - n;
	}
	if (f->failed)
		return gv_err_nomem();
	if (fits) {
		add_files(f);
		return f->failed ? gv_err_nomem() : 0;
	}
	room = f->out->n_boxes < f->most ? f->most - f->out->n_boxes : 1;
	if (open_folders(f, room - 1) < 0)
		return GV_ENOMEM;
	return add_folders(f);
}

/* ---- arrows -------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct gv_depgroup_part *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

static void
add_part(struct folding *f, const struct gv_depgraph_edge *e)
{
	struct gv_depgroup *out = f->out;
	struct gv_depgroup_part part = {
		.from = out->box_of[place_of(f->g, e->from)],
		.kind = e->kind,
		.target = e->target,
		.is_pattern = e->is_pattern,
		.n = 1,
	};
	size_t n = out->n_parts;

	part.to = e->target == GV_DEPGRAPH_NODE
	    ? out->box_of[place_of(f->g, e->to)]
	    : box_outside(f, e, false);
	if (part.to == NONE && e->target == GV_DEPGRAPH_MISSING)
		out->boxes[part.from].n_missing++;
	if (part.from == part.to || part.to == NONE)
		return;
	if (GV_GROW(out->parts, n, out->cap_parts) < 0)
		f->failed = true;
	else
		out->parts[out->n_parts++] = part;
}

static int
add_arrows(struct folding *f)
{
	struct gv_depgroup *out = f->out;
	uint32_t i, n = 0;

	/* counted once, when they were made */
	for (i = 0; i < out->n_boxes; i++)
		out->boxes[i].n_edges = 0;
	for (i = 0; i < f->g->n_edges && !f->failed; i++)
		if (f->edges[i])
			add_part(f, &f->g->edges[i]);
	if (f->failed)
		return gv_err_nomem();
	if (out->n_parts)
		qsort(out->parts, out->n_parts, sizeof(*out->parts), compare);
	for (i = 0; i < out->n_parts; i++) {
		if (n == 0 || compare(&out->parts[n - 1], &out->parts[i])) {
			out->parts[n++] = out->parts[i];
			continue;
		}
		out->parts[n - 1].n++;
		out->parts[n - 1].is_pattern &= out->parts[i].is_pattern;
	}
	out->n_parts = n;
	return 0;
}

/* ---- all ----------------------------------------------------------------- */

int
gv_depgroup_fold(struct gv_depgroup *out, const struct gv_depgraph *g,
    const bool *nodes, const bool *edges, uint32_t most)
{
	const size_t n_folders = (size_t)g->n_folders + 1,
		     n_places = (size_t)g->n_files + n_folders;
	struct folding f = { .out = out,
		.g = g,
		.edges = edges,
		.most = most,
		.text = GV_BUF_INIT };
	int r;

	out->g = g;
	out->box_of = malloc(n_places * sizeof(*out->box_of));
	f.is_there = calloc(n_places, sizeof(*f.is_there));
	f.weight = calloc(n_folders, sizeof(*f.weight));
	f.own = calloc(n_folders, sizeof(*f.own));
	f.inner = calloc(n_folders, sizeof(*f.inner));
	f.is_open = calloc(n_folders, sizeof(*f.is_open));
	f.has_part = calloc(n_folders, sizeof(*f.has_part));
	if (!out->box_of || !f.is_there || !f.weight || !f.own || !f.inner ||
	    !f.is_open || !f.has_part) {
		r = gv_err_nomem();
		goto out;
	}
	memset(out->box_of, 0xff, n_places * sizeof(*out->box_of));
	note_places(&f, nodes);
	if ((r = add_boxes(&f)) < 0)
		goto out;
	r = add_arrows(&f);
out:
	free(f.is_there);
	free(f.weight);
	free(f.own);
	free(f.inner);
	free(f.is_open);
	free(f.has_part);
	gv_buf_release(&f.text);
	return r;
}

void
gv_depgroup_release(struct gv_depgroup *d)
{
	free(d->boxes);
	free(d->parts);
	free(d->box_of);
	gv_arena_release(&d->arena);
	gv_map_release(&d->names);
	memset(d, 0, sizeof(*d));
}
