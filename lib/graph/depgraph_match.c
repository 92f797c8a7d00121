#include "graph/depgraph_internal.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * References by name: as they are written, then as their tools take them.
 */

static void
match(void *ctx, struct gv_depgraph_group group)
{
	struct gv_depgraph_joining *j = ctx;

	gv_depgraph_reach(&j->found, j->g, group, j->file, j->ref);
}

/* Whether anything of a name is written: all of it but what stands before the
 * last '/' or ':' may be computed. */
static bool
says_something(struct gv_depgraph_text name)
{
	const char *p = name.p + name.len;

	while (p > name.p && p[-1] != '/' && p[-1] != ':')
		if (*--p != '*' && *p != '.' && *p != '-')
			return true;
	return false;
}

static void
match_names(struct gv_depgraph_joining *j)
{
	const struct gv_depgraph_text name =
	    gv_depgraph_symbol_name(j->g, j->ref);

	if (!says_something(name))
		return;
	j->is_pattern = true;
	gv_depgraph_names_match(j->g->names, j->ref->space, name, match, j);
}

struct backward {
	struct gv_depgraph_joining *j;
	struct gv_depgraph_text name;
};

/* A definition whose own name is computed. */
static void
match_backward(void *ctx, struct gv_depgraph_group group)
{
	struct backward *b = ctx;
	const struct gv_depgraph *g = b->j->g;
	const struct gv_depgraph_text pattern =
	    gv_depgraph_symbol_name(g, &g->symbols.items[group.symbols[0]]);

	if (memchr(pattern.p, '*', pattern.len) && says_something(pattern) &&
	    gv_depgraph_matches(pattern, b->name, true))
		gv_depgraph_reach(
		    &b->j->found, g, group, b->j->file, b->j->ref);
}

/* States are named by where they are kept, and often neither side writes all
 * of it: the rest comes from the command line. */
static void
match_states(struct gv_depgraph_joining *j)
{
	struct backward b = { j, gv_depgraph_symbol_name(j->g, j->ref) };

	if (!says_something(b.name))
		return;
	gv_depgraph_names_match(j->g->names, j->ref->space,
	    (struct gv_depgraph_text){ "*", 1 }, match_backward, &b);
	j->is_pattern = j->found.n > 0;
}

/* The variables that a file of values assigns are those of one folder, or of
 * all stacks below it. */
static void
assign(struct gv_depgraph_joining *j, struct gv_depgraph_text name)
{
	const uint32_t folder = gv_depgraph_assigned(j->g, j->file);

	if (gv_depgraph_is_shared(j->g, j->file)) {
		gv_depgraph_below(&j->found, j->g,
		    gv_depgraph_names_get(j->g->names, j->ref->space, name),
		    j->g->files[j->file].folder);
		j->found.target = GV_DEPGRAPH_NODE;
		/* which of them get it, a command says that runs elsewhere */
		j->is_pattern = true;
		return;
	}
	if (folder != GV_DEPGRAPH_NONE)
		gv_depgraph_in_folder(&j->found, j->g,
		    gv_depgraph_names_get(j->g->names, j->ref->space, name),
		    folder);
	/* that folder may be another one than was meant */
	if (folder != j->g->files[j->file].folder)
		j->found.target = GV_DEPGRAPH_NODE;
}

/* Kustomize puts a prefix before names and a suffix behind them: an object may
 * be meant by the name that it has in the end. */
static void
match_renamed(struct gv_depgraph_joining *j, struct gv_depgraph_text name)
{
	struct gv_depgraph *g = j->g;
	struct gv_depgraph_text kind, rest;
	struct gv_buf plain = GV_BUF_INIT;
	const char *slash = memchr(name.p, '/', name.len);
	size_t i;

	kind.p = name.p;
	kind.len = slash ? (size_t)(slash + 1 - name.p) : 0;
	for (i = 0; i < g->n_affixes && j->found.n == 0; i++) {
		const struct gv_depgraph_text affix = {
			gv_symbol_text(&g->symbols, &g->affixes[i].text),
			g->affixes[i].text.len
		};

		rest.p = name.p + kind.len;
		rest.len = name.len - kind.len;
		if (affix.len >= rest.len ||
		    memcmp(g->affixes[i].is_suffix
			    ? rest.p + rest.len - affix.len
			    : rest.p,
			affix.p, affix.len) != 0)
			continue;
		rest.len -= affix.len;
		if (!g->affixes[i].is_suffix)
			rest.p += affix.len;
		gv_buf_reset(&plain);
		gv_buf_add(&plain, kind.p, kind.len);
		gv_buf_add(&plain, rest.p, rest.len);
		gv_depgraph_reach(&j->found, g,
		    gv_depgraph_names_get(g->names, j->ref->space,
			(struct gv_depgraph_text){ plain.p, plain.len }),
		    j->file, j->ref);
	}
	gv_buf_release(&plain);
}

/* A template may want a map, of which only the keys below are values, or what
 * is below a value. */
static void
match_values(struct gv_depgraph_joining *j, struct gv_depgraph_text name)
{
	struct gv_buf pattern = GV_BUF_INIT;
	const char *dot;

	gv_buf_add(&pattern, name.p, name.len);
	gv_buf_addstr(&pattern, ".*");
	if (!memchr(name.p, '*', name.len) && !pattern.failed)
		gv_depgraph_names_match(j->g->names, j->ref->space,
		    (struct gv_depgraph_text){ pattern.p, pattern.len }, match,
		    j);
	gv_buf_release(&pattern);
	while (j->found.n == 0 && (dot = memrchr(name.p, '.', name.len))) {
		name.len = (size_t)(dot - name.p);
		gv_depgraph_reach(&j->found, j->g,
		    gv_depgraph_names_get(j->g->names, j->ref->space, name),
		    j->file, j->ref);
	}
}

/* ORGANIZATION/PROJECT/STACK, or less of it: Pulumi.STACK.yaml beside the file
 * of the project. */
static int
match_stack(struct gv_depgraph_joining *j, struct gv_depgraph_text name)
{
	struct gv_depgraph *g = j->g;
	struct gv_depgraph_found projects = { .n = 0 };
	struct gv_depgraph_text stack = name, project = name;
	struct gv_symbol ref = { .space = GV_SYMBOL_SPACE_PULUMI_PROJECT };
	const char *slash = memrchr(name.p, '/', name.len);
	struct gv_buf path = GV_BUF_INIT;
	uint32_t folder = g->files[j->file].folder, file;
	int r;

	if (slash) {
		stack.p = slash + 1;
		stack.len = (size_t)(name.p + name.len - stack.p);
		project.len = (size_t)(slash - name.p);
		slash = memrchr(project.p, '/', project.len);
		if (slash) {
			project.len -= (size_t)(slash + 1 - project.p);
			project.p = slash + 1;
		}
		gv_depgraph_reach(&projects, g,
		    gv_depgraph_names_get(g->names, ref.space, project),
		    j->file, &ref);
		if (projects.n == 0)
			return 0;
		file = gv_depgraph_file_of(g, projects.items[0]);
		folder = g->files[file].folder;
	}
	gv_buf_add(&path, g->folders[folder].path, g->folders[folder].len);
	gv_buf_addf(&path, "%sPulumi.", path.len ? "/" : "");
	gv_buf_add(&path, stack.p, stack.len);
	gv_buf_addstr(&path, ".yaml");
	if ((r = gv_buf_check(&path)) == 0) {
		file = gv_depgraph_find_file(g, path.p, path.len);
		if (file != GV_DEPGRAPH_NONE)
			gv_depgraph_found_add(&j->found, file);
	}
	gv_buf_release(&path);
	return r;
}

/* Members of a group that are below a folder: they are in the order of files.
 */
static void
add_below(struct gv_depgraph_joining *j, struct gv_depgraph_group group,
    uint32_t folder)
{
	const struct gv_depgraph_folder *f = &j->g->folders[folder];
	const uint32_t *file_of = j->g->file_of;
	uint32_t low = 0, high = group.n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (file_of[group.symbols[mid]] < f->first)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < group.n && file_of[group.symbols[low]] < f->end; low++)
		gv_depgraph_found_add(&j->found,
		    gv_depgraph_symbol_node(j->g, group.symbols[low]));
}

/* A chart may include what a chart defines that it needs, "file://../lib". */
static int
match_needed(struct gv_depgraph_joining *j, struct gv_depgraph_text name)
{
	struct gv_depgraph *g = j->g;
	const uint32_t chart = g->folders[g->files[j->file].folder].chart;
	const struct gv_depgraph_group group =
	    gv_depgraph_names_get(g->names, j->ref->space, name);
	struct gv_buf path = GV_BUF_INIT;
	uint32_t i, k, folder;
	int r = 0;

	if (chart == GV_DEPGRAPH_NONE || group.n == 0)
		return 0;
	for (i = g->folders[chart].first;
	     i < g->folders[chart].first + g->folders[chart].n; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++) {
			const struct gv_symbol *s = &g->symbols.items[k];

			if (s->kind != GV_SYMBOL_REFERENCE ||
			    s->word != GV_SYMBOL_EDGE_HELM_DEPENDENCY ||
			    s->how != GV_SYMBOL_BY_PATH)
				continue;
			gv_buf_reset(&path);
			r = gv_depgraph_join(&path, g, i, s);
			if (r == GV_ENOMEM)
				goto out;
			folder = r < 0
			    ? GV_DEPGRAPH_NONE
			    : gv_depgraph_find_folder(g, path.p, path.len);
			if (folder != GV_DEPGRAPH_NONE)
				add_below(j, group, folder);
			r = 0;
		}
out:
	gv_buf_release(&path);
	return r;
}

int
gv_depgraph_match(struct gv_depgraph_joining *j)
{
	const struct gv_depgraph_text name =
	    gv_depgraph_symbol_name(j->g, j->ref);

	if (j->ref->word == GV_SYMBOL_EDGE_TF_VAR_FILE) {
		assign(j, name);
		return 0;
	}
	if (j->ref->word == GV_SYMBOL_EDGE_SOPS_RULE)
		return gv_depgraph_find_rule(&j->found, j->g, j->file);
	gv_depgraph_reach(&j->found, j->g,
	    gv_depgraph_names_get(j->g->names, j->ref->space, name), j->file,
	    j->ref);
	/* a name of which nothing is written may be any */
	if (j->found.n > 1 && (j->ref->flags & GV_SYMBOL_PATTERN) &&
	    !says_something(name))
		j->found.n = 0;
	if (j->found.n == 0 && (j->ref->flags & GV_SYMBOL_PATTERN))
		match_names(j);
	if (j->found.n == 0 && j->ref->space == GV_SYMBOL_SPACE_K8S_OBJECT)
		match_renamed(j, name);
	if (j->found.n == 0 && j->ref->space == GV_SYMBOL_SPACE_HELM_VALUE)
		match_values(j, name);
	if (j->found.n == 0 && j->ref->space == GV_SYMBOL_SPACE_HELM_TEMPLATE)
		return match_needed(j, name);
	if (j->found.n == 0 && j->ref->space == GV_SYMBOL_SPACE_PULUMI_STACK)
		return match_stack(j, name);
	if (j->found.n == 0 && j->ref->space == GV_SYMBOL_SPACE_TF_BACKEND)
		match_states(j);
	/* what a role is says the folder that it is in, and nothing else */
	if (j->found.n == 0 && j->ref->space == GV_SYMBOL_SPACE_ANSIBLE_ROLE)
		return gv_depgraph_find_path(&j->found, j->g, j->file, j->ref);
	return 0;
}
