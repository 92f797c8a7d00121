#include "graph/depgraph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/*
 * One join for all tools: what a reference says of its target (a name in a
 * space, a path, labels) is looked up, and how far the name is known decides
 * which of several are meant.
 */

/* ---- by labels ----------------------------------------------------------- */

/* Those that have the rarest of the labels; the others are looked at there. */
static void
by_labels(struct gv_depgraph_joining *j)
{
	struct gv_depgraph_text rest = gv_depgraph_symbol_name(j->g, j->ref),
				label;
	struct gv_depgraph_group best = { NULL, 0 }, group;
	const char *comma;
	bool is_first = true;

	while (rest.len) {
		comma = memchr(rest.p, ',', rest.len);
		label.p = rest.p;
		label.len = comma ? (size_t)(comma - rest.p) : rest.len;
		rest.p += label.len + (comma != NULL);
		rest.len -= label.len + (comma != NULL);
		group = gv_depgraph_names_label(j->g->names, label);
		if (is_first || group.n < best.n)
			best = group;
		is_first = false;
	}
	gv_depgraph_reach(&j->found, j->g, best, j->file, j->ref);
}

/* ---- edges --------------------------------------------------------------- */

static bool
is_again(const struct gv_depgraph *g, const struct gv_depgraph_edge *e)
{
	const struct gv_depgraph_edge *last =
	    g->n_edges ? &g->edges[g->n_edges - 1] : NULL;
	const struct gv_symbol *a, *b;

	if (last == NULL || last->symbol == GV_DEPGRAPH_NONE ||
	    last->from != e->from || last->to != e->to ||
	    last->kind != e->kind || last->target != e->target)
		return false;
	a = &g->symbols.items[last->symbol];
	b = &g->symbols.items[e->symbol];
	return a->line == b->line &&
	    gv_depgraph_equal(
		gv_depgraph_symbol_name(g, a), gv_depgraph_symbol_name(g, b));
}

/* Whether a part of the name is. The rule of SOPS has none: it is found by the
 * path of the file. */
static bool
is_computed(const struct gv_symbol *ref)
{
	return (ref->flags & GV_SYMBOL_PATTERN) &&
	    ref->word != GV_SYMBOL_EDGE_SOPS_RULE;
}

static int
add(struct gv_depgraph_joining *j, uint32_t symbol, uint32_t to, uint8_t target)
{
	struct gv_depgraph *g = j->g;
	const struct gv_depgraph_edge edge = { .from =
						   j->ref->in == GV_SYMBOL_NONE
		    ? j->file
		    : gv_depgraph_symbol_node(g, j->ref->in),
		.to = to,
		.symbol = symbol,
		.kind = j->ref->word,
		.target = target,
		.is_pattern =
		    j->is_pattern || j->found.is_wide || is_computed(j->ref) };

	if (edge.from == to || is_again(g, &edge))
		return 0;
	return gv_depgraph_add_edge(g, &edge);
}

/* A name without an alias is the provider that every module has. */
static bool
is_plain_provider(const struct gv_depgraph_joining *j)
{
	const struct gv_depgraph_text name =
	    gv_depgraph_symbol_name(j->g, j->ref);

	return j->ref->space == GV_SYMBOL_SPACE_TF_PROVIDER &&
	    memchr(name.p, '.', name.len) == NULL;
}

/* AUTHOR.ROLE or COLLECTION.NAME.ROLE: installed from elsewhere. */
static bool
is_of_a_collection(const struct gv_depgraph_joining *j)
{
	const struct gv_depgraph_text name =
	    gv_depgraph_symbol_name(j->g, j->ref);

	return j->ref->how == GV_SYMBOL_BY_NAME &&
	    j->ref->space == GV_SYMBOL_SPACE_ANSIBLE_ROLE &&
	    memchr(name.p, '.', name.len);
}

/* Whether it is something that stands for itself where it is elsewhere. */
static bool
is_lasting(const struct gv_symbol *ref)
{
	return ref->how == GV_SYMBOL_BY_NAME &&
	    !(ref->flags & GV_SYMBOL_PATTERN) &&
	    (ref->space == GV_SYMBOL_SPACE_K8S_OBJECT ||
		ref->space == GV_SYMBOL_SPACE_FLUX_OBJECT ||
		ref->space == GV_SYMBOL_SPACE_ARGO_APP ||
		ref->space == GV_SYMBOL_SPACE_TF_BACKEND ||
		ref->space == GV_SYMBOL_SPACE_CFN_EXPORT ||
		ref->space == GV_SYMBOL_SPACE_GITLAB_VARIABLE ||
		ref->space == GV_SYMBOL_SPACE_PULUMI_STACK);
}

/* What it is where nothing was found; GV_DEPGRAPH_NODE: nothing to speak of. */
static uint8_t
lack_of(const struct gv_depgraph_joining *j)
{
	const struct gv_symbol *ref = j->ref;

	if (ref->how == GV_SYMBOL_EXTERNAL || is_of_a_collection(j))
		return GV_DEPGRAPH_EXTERNAL;
	/* from a folder that nobody knows, "../x" leads anywhere */
	if (j->found.target == GV_DEPGRAPH_EXTERNAL)
		return ref->flags & GV_SYMBOL_ELSEWHERE ? GV_DEPGRAPH_NODE
							: GV_DEPGRAPH_EXTERNAL;
	/* a thing of a cluster, or a setting of GitLab, is worth a word */
	if (ref->flags & GV_SYMBOL_ELSEWHERE)
		return is_lasting(ref) ? GV_DEPGRAPH_EXTERNAL
				       : GV_DEPGRAPH_NODE;
	if (j->found.target == GV_DEPGRAPH_NODE ||
	    (ref->flags & GV_SYMBOL_OPTIONAL) || is_plain_provider(j))
		return GV_DEPGRAPH_NODE;
	if (is_computed(ref))
		return GV_DEPGRAPH_COMPUTED;
	if (ref->how == GV_SYMBOL_BY_NAME &&
	    gv_symbol_reach(ref->space) == GV_SYMBOL_REACH_CHART &&
	    j->g->folders[j->g->files[j->file].folder].chart ==
		GV_DEPGRAPH_NONE)
		return GV_DEPGRAPH_NODE;
	return GV_DEPGRAPH_MISSING;
}

static int
join(struct gv_depgraph *g, uint32_t file, uint32_t symbol)
{
	struct gv_depgraph_joining j = { .g = g,
		.file = file,
		.ref = &g->symbols.items[symbol],
		.found = { .target = GV_DEPGRAPH_MISSING } };
	uint8_t lack;
	uint32_t i;
	int r = 0;

	switch ((enum gv_symbol_how)j.ref->how) {
	case GV_SYMBOL_BY_NAME:
		r = gv_depgraph_match(&j);
		break;
	case GV_SYMBOL_BY_LABELS:
		by_labels(&j);
		break;
	case GV_SYMBOL_BY_PATH:
	case GV_SYMBOL_BY_PARENT:
		r = gv_depgraph_find_path(&j.found, g, file, j.ref);
		break;
	case GV_SYMBOL_EXTERNAL:
		break;
	}
	for (i = 0; r == 0 && i < j.found.n; i++)
		r = add(&j, symbol, j.found.items[i], GV_DEPGRAPH_NODE);
	g->cut += j.found.is_cut;
	lack = lack_of(&j);
	if (r == 0 && j.found.n == 0 && lack != GV_DEPGRAPH_NODE)
		r = add(&j, symbol, GV_DEPGRAPH_NONE, lack);
	return r;
}

/* ---- all ----------------------------------------------------------------- */

int
gv_depgraph_resolve(struct gv_depgraph *g, uint32_t from, uint32_t to)
{
	uint32_t i, k;
	int r;

	for (i = from; i < to; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++)
			if (g->symbols.items[k].kind == GV_SYMBOL_REFERENCE &&
			    (r = join(g, i, k)) < 0)
				return r;
	return 0;
}
