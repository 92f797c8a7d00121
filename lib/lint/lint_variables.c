#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

/*
 * Variables of Terraform that one environment sets and another one does not:
 * of those without a default, over the files of values that go to the folder.
 */

struct files {
	uint32_t *items; /* that set some variable of the folder, sorted */
	size_t n, cap;
};

static int
compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
add_file(struct gv_lint *c, struct files *files, uint32_t file)
{
	if (files->n && files->items[files->n - 1] == file)
		return;
	if (GV_GROW(files->items, files->n, files->cap) < 0)
		c->failed = true;
	else
		files->items[files->n++] = file;
}

/* The files that set a definition's variable. */
static void
gather(struct gv_lint *c, struct files *files, uint32_t symbol)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_run edges =
	    gv_depgraph_in(g, gv_depgraph_symbol_node(g, symbol));
	uint32_t i;

	for (i = 0; i < edges.n; i++) {
		const struct gv_depgraph_edge *e = &g->edges[edges.items[i]];

		if (e->kind == GV_SYMBOL_EDGE_TF_VAR_FILE)
			add_file(c, files, gv_depgraph_file_of(g, e->from));
	}
}

static bool
has(const struct files *files, uint32_t file)
{
	return files->n &&
	    bsearch(&file, files->items, files->n, sizeof(file), compare);
}

static void
sort(struct files *files)
{
	size_t i, n = 0;

	if (files->n)
		qsort(files->items, files->n, sizeof(*files->items), compare);
	for (i = 0; i < files->n; i++)
		if (n == 0 || files->items[n - 1] != files->items[i])
			files->items[n++] = files->items[i];
	files->n = n;
}

/* Whether a file of this environment, or one of all, is among them. */
static bool
sets(const struct gv_lint *c, const struct files *own, const char *env)
{
	size_t i;

	for (i = 0; i < own->n; i++) {
		const char *of = c->graph->files[own->items[i]].env;

		if (of == NULL || strcmp(of, env) == 0)
			return true;
	}
	return false;
}

/* `all` set something of the folder; those of `own` set this variable. */
static void
look_at(struct gv_lint *c, uint32_t symbol, const struct files *all,
    const struct files *own)
{
	const char *name = gv_lint_name(c, &c->graph->symbols.items[symbol]);
	struct gv_buf subject = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < all->n && own->n; i++) {
		const struct gv_depgraph_file *f =
		    &c->graph->files[all->items[i]];

		if (f->env == NULL || has(own, all->items[i]) ||
		    sets(c, own, f->env))
			continue;
		gv_buf_reset(&subject);
		gv_buf_addf(&subject, "%s %s %s", f->env,
		    gv_lint_path(c, symbol), name);
		gv_lint_add(c, "tf/unset-var", subject.p,
		    (struct gv_lint_place){ all->items[i], 0 },
		    "'%s' has no default and is not set for %s; '%s' sets it",
		    name, f->env, c->graph->files[own->items[0]].path);
	}
	c->failed |= subject.failed;
	gv_buf_release(&subject);
}

static bool
is_variable(const struct gv_symbol *s)
{
	return s->kind == GV_SYMBOL_DEFINITION &&
	    s->word == GV_SYMBOL_SPACE_TF_VARIABLE;
}

static void
look_at_folder(struct gv_lint *c, const struct gv_depgraph_folder *folder)
{
	const struct gv_depgraph *g = c->graph;
	struct files all = { NULL, 0, 0 }, own = { NULL, 0, 0 };
	const uint32_t end = folder->first + folder->n;
	uint32_t i, k;

	for (i = folder->first; i < end; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++)
			if (is_variable(&g->symbols.items[k]))
				gather(c, &all, k);
	sort(&all);
	for (i = folder->first; i < end && all.n > 1; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++) {
			const struct gv_symbol *s = &g->symbols.items[k];

			if (!is_variable(s) || (s->flags & GV_SYMBOL_DEFAULT))
				continue;
			own.n = 0;
			gather(c, &own, k);
			sort(&own);
			look_at(c, k, &all, &own);
		}
	free(all.items);
	free(own.items);
}

void
gv_lint_variables(struct gv_lint *c)
{
	uint32_t i;

	for (i = 0; i < c->graph->n_folders && !c->failed; i++)
		if (c->graph->folders[i].n)
			look_at_folder(c, &c->graph->folders[i]);
}
