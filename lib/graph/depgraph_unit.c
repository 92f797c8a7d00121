#include "graph/depgraph_unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "graph/depgraph_query.h"

#define NONE GV_DEPGRAPH_NONE
#define LEFT (GV_DEPGRAPH_LEFT | GV_DEPGRAPH_LEFT_ALL)

/* That one component refers to another. */
struct link {
	uint32_t from, to;
};

enum mark {
	UNSEEN,
	OPEN, /* what it needs is being looked at */
	DONE,
};

/* A component on the way down, and its next link. */
struct frame {
	uint32_t component;
	size_t link;
};

struct finder {
	struct gv_depgraph_units *out;
	const struct gv_depgraph *g;
	const char *env;
	uint32_t *component_of; /* of each folder: a folder, or NONE */
	bool *is_ours;          /* by folder: it has files of the environment */
	struct link *links;
	size_t n_links, cap_links;
	uint32_t *unit_of; /* by folder; NONE: not yet, or not of these */
	unsigned char *marks;
	struct frame *frames;
	size_t n_frames, cap_frames;
};

/* ---- what there is ------------------------------------------------------- */

static bool
is_of(const char *env, const char *wanted)
{
	return env && wanted && strcmp(env, wanted) == 0;
}

static uint32_t
component_of_file(const struct finder *f, uint32_t file)
{
	return f->component_of[f->g->files[file].folder];
}

static uint32_t
component_of_node(const struct finder *f, uint32_t node)
{
	const uint32_t file = gv_depgraph_file_of(f->g, node);

	if (file != NONE)
		return component_of_file(f, file);
	return f->component_of[node - f->g->n_files];
}

static void
find_components(struct finder *f)
{
	const struct gv_depgraph *g = f->g;
	uint32_t i, c;

	for (i = 0; i < g->n_folders; i++) {
		if (gv_depgraph_component(g, i))
			f->component_of[i] = i;
		else
			f->component_of[i] =
			    i ? f->component_of[g->folders[i].parent] : NONE;
		f->unit_of[i] = NONE;
	}
	for (i = 0; i < g->n_files; i++) {
		c = component_of_file(f, i);
		if (c == NONE || g->folders[c].is_module ||
		    (g->files[i].flags & LEFT))
			continue;
		if (f->env == NULL || is_of(g->files[i].env, f->env))
			f->is_ours[c] = true;
	}
}

static int
by_from(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

/* A file of another environment says nothing about this one. */
static int
find_links(struct finder *f)
{
	const struct gv_depgraph *g = f->g;
	uint32_t i, file, from, to;
	size_t n = 0, k;
	int r;

	for (i = 0; i < g->n_edges; i++) {
		const struct gv_depgraph_edge *e = &g->edges[i];

		file = gv_depgraph_file_of(g, e->from);
		if (e->target != GV_DEPGRAPH_NODE || file == NONE ||
		    (f->env && g->files[file].env &&
			!is_of(g->files[file].env, f->env)))
			continue;
		from = component_of_file(f, file);
		to = component_of_node(f, e->to);
		if (from == NONE || to == NONE || from == to)
			continue;
		if ((r = GV_GROW(f->links, f->n_links, f->cap_links)) < 0)
			return r;
		f->links[f->n_links++] = (struct link){ from, to };
	}
	if (f->n_links == 0)
		return 0;
	qsort(f->links, f->n_links, sizeof(*f->links), by_from);
	for (k = 1; k < f->n_links; k++)
		if (by_from(&f->links[n], &f->links[k]) != 0)
			f->links[++n] = f->links[k];
	f->n_links = n + 1;
	return 0;
}

static size_t
first_link(const struct finder *f, uint32_t from)
{
	size_t low = 0, high = f->n_links, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (f->links[mid].from < from)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- what a tool has to be given ----------------------------------------- */

static bool
ends_in(const struct gv_depgraph_file *file, const char *end)
{
	const size_t n = strlen(end);

	return file->len > n && memcmp(file->path + file->len - n, end, n) == 0;
}

/* Terraform reads terraform.tfvars and *.auto.tfvars by itself, and Helm
 * values.yaml. */
static bool
is_values(
    const struct gv_depgraph_file *file, const char *name, const char *kind)
{
	if (strcmp(kind, "terraform") == 0)
		return ends_in(file, ".tfvars") &&
		    strcmp(name, "terraform.tfvars") != 0 &&
		    !ends_in(file, ".auto.tfvars");
	if (strcmp(kind, "chart") == 0)
		return strncmp(name, "values", 6) == 0 && name[6] != '.' &&
		    (ends_in(file, ".yaml") || ends_in(file, ".yml"));
	return false;
}

static const char *
find_values(const struct finder *f, uint32_t component, const char *kind)
{
	const struct gv_depgraph_folder *at = &f->g->folders[component];
	uint32_t i;

	for (i = at->first; i < at->end; i++) {
		const struct gv_depgraph_file *file = &f->g->files[i];
		const char *name = strrchr(file->path, '/');

		if (f->component_of[file->folder] == component &&
		    is_of(file->env, f->env) &&
		    is_values(file, name ? name + 1 : file->path, kind))
			return file->path + at->len + (at->len > 0);
	}
	return NULL;
}

/* ---- the order ----------------------------------------------------------- */

static int
add_need(uint32_t **needs, size_t *n, size_t *cap, uint32_t unit)
{
	size_t i;
	int r;

	for (i = 0; i < *n; i++)
		if ((*needs)[i] == unit)
			return 0;
	if ((r = GV_GROW(*needs, *n, *cap)) < 0)
		return r;
	(*needs)[(*n)++] = unit;
	return 0;
}

/* The units that it leads to, also by way of modules and what else is of no
 * environment. They all are units already, unless in a circle. */
static int
gather_needs(struct finder *f, uint32_t component, struct gv_depgraph_unit *to)
{
	uint32_t *todo = NULL, *needs = NULL, *copy;
	size_t n_todo = 0, cap_todo = 0, n = 0, cap = 0, i, k;
	bool *seen = calloc(f->g->n_folders + 1, sizeof(*seen));
	int r = seen ? add_need(&todo, &n_todo, &cap_todo, component)
		     : gv_err_nomem();

	for (i = 0; r == 0 && i < n_todo; i++)
		for (k = first_link(f, todo[i]);
		     r == 0 && k < f->n_links && f->links[k].from == todo[i];
		     k++) {
			const uint32_t next = f->links[k].to;

			if (seen[next] || next == component)
				continue;
			seen[next] = true;
			if (!f->is_ours[next])
				r = add_need(&todo, &n_todo, &cap_todo, next);
			else if (f->unit_of[next] != NONE)
				r = add_need(
				    &needs, &n, &cap, f->unit_of[next]);
		}
	copy = r == 0 && n ? gv_arena_alloc(&f->out->arena, n * sizeof(*copy))
			   : NULL;
	if (copy)
		memcpy(copy, needs, n * sizeof(*copy));
	else if (r == 0 && n)
		r = GV_ENOMEM;
	to->needs = copy;
	to->n_needs = r == 0 ? n : 0;
	free(seen);
	free(todo);
	free(needs);
	return r;
}

static bool
is_shared(const struct finder *f, uint32_t component)
{
	const struct gv_depgraph_folder *at = &f->g->folders[component];
	uint32_t i;

	for (i = at->first; f->env && i < at->end; i++)
		if (!is_of(f->g->files[i].env, f->env))
			return true;
	return false;
}

static int
add_unit(struct finder *f, uint32_t component)
{
	const struct gv_depgraph_folder *at = &f->g->folders[component];
	struct gv_depgraph_units *out = f->out;
	struct gv_depgraph_unit *unit;
	const char *values;
	int r = GV_GROW(out->items, out->n, out->cap);

	if (r < 0)
		return r;
	unit = &out->items[out->n];
	*unit = (struct gv_depgraph_unit){ .kind = gv_depgraph_component(
					       f->g, component) };
	unit->dir = gv_arena_copy(&out->arena, at->path, at->len);
	unit->is_shared = is_shared(f, component);
	values = find_values(f, component, unit->kind);
	if (values)
		unit->values =
		    gv_arena_copy(&out->arena, values, strlen(values));
	if (unit->dir == NULL || (values && unit->values == NULL))
		return GV_ENOMEM;
	if ((r = gather_needs(f, component, unit)) == 0)
		f->unit_of[component] = (uint32_t)out->n++;
	return r;
}

static int
go_down(struct finder *f, uint32_t component)
{
	int r = GV_GROW(f->frames, f->n_frames, f->cap_frames);

	if (r < 0)
		return r;
	f->marks[component] = OPEN;
	f->frames[f->n_frames++] =
	    (struct frame){ component, first_link(f, component) };
	return 0;
}

/* What it needs first, then itself. */
static int
visit(struct finder *f, uint32_t component)
{
	int r = go_down(f, component);

	while (r == 0 && f->n_frames) {
		struct frame *top = &f->frames[f->n_frames - 1];

		if (top->link < f->n_links &&
		    f->links[top->link].from == top->component) {
			const uint32_t next = f->links[top->link++].to;

			if (f->marks[next] == UNSEEN)
				r = go_down(f, next);
			continue;
		}
		f->marks[top->component] = DONE;
		f->n_frames--;
		if (f->is_ours[top->component])
			r = add_unit(f, top->component);
	}
	return r;
}

int
gv_depgraph_units(
    struct gv_depgraph_units *out, const struct gv_depgraph *g, const char *env)
{
	struct finder f = { .out = out, .g = g, .env = env };
	const size_t n = (size_t)g->n_folders + 1;
	uint32_t i;
	int r = 0;

	*out = (struct gv_depgraph_units){ .arena = GV_ARENA_INIT };
	f.component_of = calloc(n, sizeof(*f.component_of));
	f.is_ours = calloc(n, sizeof(*f.is_ours));
	f.unit_of = calloc(n, sizeof(*f.unit_of));
	f.marks = calloc(n, sizeof(*f.marks));
	if (!f.component_of || !f.is_ours || !f.unit_of || !f.marks) {
		r = gv_err_nomem();
		goto out;
	}
	find_components(&f);
	if ((r = find_links(&f)) < 0)
		goto out;
	for (i = 0; r == 0 && i < g->n_folders; i++)
		if (f.is_ours[i] && f.marks[i] == UNSEEN)
			r = visit(&f, i);
out:
	free(f.component_of);
	free(f.is_ours);
	free(f.unit_of);
	free(f.marks);
	free(f.links);
	free(f.frames);
	return r;
}

void
gv_depgraph_units_release(struct gv_depgraph_units *units)
{
	free(units->items);
	gv_arena_release(&units->arena);
	memset(units, 0, sizeof(*units));
}
