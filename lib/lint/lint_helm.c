#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/shell.h"
#include "base/vec.h"

#define RULE "helm/value-unused"

/*
 * Helm: charts that a chart needs and that are not beside it, values that an
 * environment sets and no template reads.
 */

/* charts/NAME/ or charts/NAME-VERSION.tgz below the chart's folder. */
static bool
is_vendored(const struct gv_lint *c, const struct gv_depgraph_file *chart,
    const char *name)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_folder *folder = &g->folders[chart->folder];
	struct gv_buf path = GV_BUF_INIT;
	bool found;
	uint32_t i, in;

	gv_buf_add(&path, folder->path, folder->len);
	if (folder->len)
		gv_buf_addch(&path, '/');
	gv_buf_addstr(&path, "charts");
	in = gv_depgraph_find_folder(g, path.p, path.len);
	gv_buf_addf(&path, "/%s", name);
	found =
	    gv_depgraph_find_folder(g, path.p, path.len) != GV_DEPGRAPH_NONE;
	gv_buf_addch(&path, '-');
	for (i = 0; !found && in != GV_DEPGRAPH_NONE && i < g->folders[in].n;
	     i++) {
		const struct gv_depgraph_file *f =
		    &g->files[g->folders[in].first + i];

		found =
		    f->len > path.len && memcmp(f->path, path.p, path.len) == 0;
	}
	gv_buf_release(&path);
	return found;
}

/* With Chart.lock a pipeline gets the same chart again. */
static bool
has_lock(const struct gv_lint *c, const struct gv_depgraph_file *chart)
{
	const struct gv_depgraph_folder *folder =
	    &c->graph->folders[chart->folder];
	uint32_t i;

	for (i = folder->first; i < folder->first + folder->n; i++)
		if (c->graph->files[i].dialect == GV_SYMBOL_DIALECT_HELM_LOCK)
			return true;
	return false;
}

/* The name of "helm:REPOSITORY/NAME", if the symbol needs a chart that is not
 * beside the one of its file; else NULL. */
static const char *
needed(const struct gv_lint *c, const struct gv_depgraph_file *chart,
    const struct gv_symbol *s)
{
	const char *source, *name;

	if (s->kind != GV_SYMBOL_REFERENCE ||
	    s->word != GV_SYMBOL_EDGE_HELM_DEPENDENCY ||
	    s->how != GV_SYMBOL_EXTERNAL)
		return NULL;
	source = gv_lint_name(c, s);
	name = strrchr(source, '/');
	name = name ? name + 1 : source;
	return is_vendored(c, chart, name) ? NULL : name;
}

static void
add_dependencies(struct gv_lint *c, uint32_t file, const char *const *names,
    size_t n, struct gv_lint_place place)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *chart = &g->files[file];
	const struct gv_depgraph_folder *folder = &g->folders[chart->folder];
	const size_t shown = n > GV_LINT_MANY ? GV_LINT_SHOWN : n;
	struct gv_buf list = GV_BUF_INIT, dir = GV_BUF_INIT, arg = GV_BUF_INIT;

	gv_lint_add_names(&list, names, shown, n > shown);
	gv_buf_add(&dir, folder->path, folder->len);
	if (gv_buf_check(&dir) == 0)
		gv_shell_word(&arg, folder->len ? dir.p : ".");
	if (gv_buf_check(&list) < 0 || gv_buf_check(&arg) < 0)
		c->failed = true;
	else
		(has_lock(c, chart) ? gv_lint_note : gv_lint_add)(c,
		    "helm/dependency", chart->path, place,
		    "the chart%s %s %s not in %s%scharts/, so this chart "
		    "cannot be deployed offline; to store %s: helm dependency "
		    "build%s",
		    n == 1 ? "" : "s", list.p, n == 1 ? "is" : "are",
		    folder->len ? dir.p : "", folder->len ? "/" : "",
		    n == 1 ? "it" : "them", arg.p);
	gv_buf_release(&list);
	gv_buf_release(&dir);
	gv_buf_release(&arg);
}

/* One command brings all that a chart needs: one finding. */
static void
look_at_dependencies(struct gv_lint *c, uint32_t file)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[file];
	const char *names[GV_LINT_MANY], *name;
	uint32_t k, first = GV_DEPGRAPH_NONE;
	size_t n = 0;

	for (k = f->first; k < f->first + f->n; k++) {
		name = needed(c, f, &g->symbols.items[k]);
		if (name == NULL)
			continue;
		if (n == 0)
			first = k;
		if (n < GV_LINT_MANY)
			names[n] = name;
		n++;
	}
	if (n == 0)
		return;
	add_dependencies(c, file, names, n, gv_lint_at(c, first));
	for (k = first + 1; k < f->first + f->n; k++)
		if (needed(c, f, &g->symbols.items[k]))
			gv_lint_add_to(c, gv_lint_last(c), gv_lint_at(c, k));
}

/* ---- values that nothing reads ------------------------------------------- */

/* Whether a read value is this one, is around it, or is in it. */
static bool
overlaps(const char *read, const char *set)
{
	for (; *read && *read == *set; read++)
		set++;
	return (*read == '\0' || *read == '.' || *read == '*' ||
		   *read == '[') &&
	    (*set == '\0' || *set == '.' || *set == '[' || *read == '*');
}

struct list {
	const char **names;
	size_t n, cap;
};

/* What the templates of one chart read. Values of a chart are near to each
 * other in the graph, so that one chart at a time is enough. */
struct reads {
	uint32_t chart;
	struct list values;
	struct list others; /* the charts that it needs */
	bool takes_all;     /* a template takes all values */
};

static void
add(struct gv_lint *c, struct list *list, const char *name)
{
	if (GV_GROW(list->names, list->n, list->cap) < 0)
		c->failed = true;
	else
		list->names[list->n++] = name;
}

static void
add_reads(struct gv_lint *c, struct reads *reads, uint32_t file)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t k;

	for (k = g->files[file].first;
	     k < g->files[file].first + g->files[file].n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind != GV_SYMBOL_REFERENCE ||
		    s->word != GV_SYMBOL_EDGE_HELM_VALUE)
			continue;
		reads->takes_all |= s->name.len == 0;
		add(c, &reads->values, gv_lint_name(c, s));
	}
}

/* The names of a chart that this one needs: its own, and the one it has here;
 * and the value that decides whether it is there. */
static void
add_others(struct gv_lint *c, struct reads *reads, uint32_t file)
{
	const struct gv_depgraph *g = c->graph;
	const char *name, *last;
	uint32_t k;

	for (k = g->files[file].first;
	     k < g->files[file].first + g->files[file].n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind != GV_SYMBOL_REFERENCE)
			continue;
		name = gv_lint_name(c, s);
		if (s->word == GV_SYMBOL_EDGE_HELM_VALUE)
			add(c, &reads->others, name);
		if (s->word != GV_SYMBOL_EDGE_HELM_DEPENDENCY)
			continue;
		last = strrchr(name, '/');
		add(c, &reads->others, last ? last + 1 : name);
		add(c, &reads->others,
		    gv_symbol_text(
			&g->symbols, gv_symbol_scope(&g->symbols, s)));
	}
}

static void
find_reads(struct gv_lint *c, struct reads *reads, uint32_t chart)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_folder *f = &g->folders[chart];
	uint32_t i;

	if (reads->chart == chart)
		return;
	reads->chart = chart;
	reads->values.n = reads->others.n = 0;
	reads->takes_all = false;
	for (i = f->first; i < f->first + f->n; i++)
		add_others(c, reads, i);
	for (i = f->first; i < f->end; i++)
		if ((g->files[i].dialect == GV_SYMBOL_DIALECT_HELM_TEMPLATE ||
			g->files[i].dialect == GV_SYMBOL_DIALECT_HELM_HELPER) &&
		    g->folders[g->files[i].folder].chart == chart)
			add_reads(c, reads, i);
}

static bool
has(const struct list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (overlaps(list->names[i], name))
			return true;
	return false;
}

/* Whether a template of the chart reads the value. A chart whose templates name
 * no value, or with one that takes all values, says nothing. */
static bool
is_read(const struct reads *reads, const char *name)
{
	return reads->takes_all || reads->values.n == 0 ||
	    has(&reads->values, name);
}

/* Values of a chart that this one needs, and those that all charts share. */
static bool
is_of_another(const struct reads *reads, const char *name)
{
	return strncmp(name, "global.", 7) == 0 || has(&reads->others, name);
}

/* The values of a file that no template reads. */
struct unread {
	uint32_t *items; /* symbols */
	size_t n, cap;
	size_t all; /* values that it sets */
};

static void
find_unread(struct gv_lint *c, struct unread *unread, const struct reads *reads,
    const struct gv_depgraph_file *file)
{
	const struct gv_symbol *items = c->graph->symbols.items;
	uint32_t k;

	unread->n = unread->all = 0;
	for (k = file->first; k < file->first + file->n && !c->failed; k++) {
		const char *name = gv_lint_name(c, &items[k]);

		if (items[k].kind != GV_SYMBOL_DEFINITION ||
		    items[k].word != GV_SYMBOL_SPACE_HELM_VALUE)
			continue;
		unread->all++;
		if (is_of_another(reads, name) || is_read(reads, name))
			continue;
		if (GV_GROW(unread->items, unread->n, unread->cap) < 0)
			c->failed = true;
		else
			unread->items[unread->n++] = k;
	}
}

/* A slip of the hand changes nothing where it was to change something. All else
 * may be for a template that comes later. */
static void
add_unread(
    struct gv_lint *c, const struct reads *reads, uint32_t chart, uint32_t k)
{
	const struct gv_depgraph *g = c->graph;
	const char *name = gv_lint_name(c, &g->symbols.items[k]);
	const char *near = gv_lint_is_shown(c, RULE)
	    ? gv_lint_near(c, chart, GV_SYMBOL_SPACE_HELM_VALUE, name)
	    : NULL;
	struct gv_buf subject = GV_BUF_INIT;

	if (near && strcmp(near, name) == 0)
		near = NULL;
	/* one cause, however many environments set it */
	gv_buf_add(&subject, g->folders[chart].path, g->folders[chart].len);
	gv_buf_addch(&subject, ' ');
	gv_buf_addstr(&subject, name);
	(near && gv_lint_is_slip(name, near) && is_read(reads, near)
		? gv_lint_add
		: gv_lint_note)(c, RULE, subject.p, gv_lint_at(c, k),
	    "no template reads '%s'%s%s%s", name,
	    near ? "; the nearest name is '" : "", near ? near : "",
	    near ? "'" : "");
	c->failed |= subject.failed;
	gv_buf_release(&subject);
}

/* The chart does not do what the file is for. */
static void
add_all_unread(struct gv_lint *c, const struct unread *unread, const char *path)
{
	const char *names[GV_LINT_SHOWN];
	struct gv_buf list = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < GV_LINT_SHOWN; i++)
		names[i] =
		    gv_lint_name(c, &c->graph->symbols.items[unread->items[i]]);
	gv_lint_add_names(&list, names, GV_LINT_SHOWN, true);
	if (gv_buf_check(&list) < 0)
		c->failed = true;
	else
		gv_lint_note(c, RULE, path, gv_lint_at(c, unread->items[0]),
		    "no template reads %s", list.p);
	for (i = 1; i < unread->n; i++)
		gv_lint_add_to(
		    c, gv_lint_last(c), gv_lint_at(c, unread->items[i]));
	gv_buf_release(&list);
}

/* A template that lies in another environment's folder reads no value of this
 * one: only files with values for an environment are looked at, since a chart's
 * own values.yaml may be for who uses it. */
static void
look_at_values(struct gv_lint *c, struct reads *reads, struct unread *unread,
    const struct gv_depgraph_file *file)
{
	const uint32_t chart = c->graph->folders[file->folder].chart;
	size_t i;

	if (chart == GV_DEPGRAPH_NONE || file->env == NULL)
		return;
	find_reads(c, reads, chart);
	find_unread(c, unread, reads, file);
	if (unread->n >= GV_LINT_MANY && 2 * unread->n > unread->all) {
		add_all_unread(c, unread, file->path);
		return;
	}
	for (i = 0; i < unread->n; i++)
		add_unread(c, reads, chart, unread->items[i]);
}

void
gv_lint_helm(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct reads reads = { .chart = GV_DEPGRAPH_NONE };
	struct unread unread = { .n = 0 };
	uint32_t i;

	for (i = 0; i < g->n_files && !c->failed; i++)
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_HELM_CHART)
			look_at_dependencies(c, i);
		else if (g->files[i].dialect == GV_SYMBOL_DIALECT_HELM_VALUES)
			look_at_values(c, &reads, &unread, &g->files[i]);
	free(reads.values.names);
	free(reads.others.names);
	free(unread.items);
}
