#include "graph/depgraph_internal.h"

#include <string.h>

/*
 * Of several definitions of one name, those that are meant: by how far the name
 * is known, then what is nearest. An environment does not reach into another
 * one while there is any other choice.
 */

#define LOOK_MOST 256 /* definitions that are looked at for one reference */

void
gv_depgraph_found_add(struct gv_depgraph_found *found, uint32_t node)
{
	if (found->n == GV_DEPGRAPH_MOST) {
		found->is_cut = true;
		return;
	}
	found->items[found->n++] = node;
}

static uint32_t
file_at(const struct gv_depgraph *g, struct gv_depgraph_group group, uint32_t i)
{
	return g->file_of[group.symbols[i]];
}

/* The first member that is not of a file before this one. */
static uint32_t
begin_of(
    const struct gv_depgraph *g, struct gv_depgraph_group group, uint32_t file)
{
	uint32_t low = 0, high = group.n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (file_at(g, group, mid) < file)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- whether one may be meant -------------------------------------------- */

/* Whether all labels of a selector are among those of a pod. */
static bool
has_labels(struct gv_depgraph_text labels, struct gv_depgraph_text wanted)
{
	struct gv_depgraph_text label;
	const char *p, *comma;

	while (wanted.len) {
		comma = memchr(wanted.p, ',', wanted.len);
		label.p = wanted.p;
		label.len = comma ? (size_t)(comma - wanted.p) : wanted.len;
		wanted.p += label.len + (comma != NULL);
		wanted.len -= label.len + (comma != NULL);
		for (p = labels.p; label.len; p++) {
			p = memmem(p, labels.len - (size_t)(p - labels.p),
			    label.p, label.len);
			if (p == NULL)
				return false;
			if ((p == labels.p || p[-1] == ',') &&
			    (p + label.len == labels.p + labels.len ||
				p[label.len] == ','))
				break;
		}
	}
	return true;
}

static bool
may_be(const struct gv_depgraph *g, const struct gv_symbol *s,
    const struct gv_symbol *ref)
{
	const struct gv_depgraph_text want = gv_depgraph_symbol_scope(g, ref),
				      have = gv_depgraph_symbol_scope(g, s);

	if (gv_symbol_reach(s->word) == GV_SYMBOL_REACH_NAMESPACE && want.len &&
	    have.len && !memchr(want.p, '*', want.len) &&
	    !memchr(have.p, '*', have.len) && !gv_depgraph_equal(want, have))
		return false;
	return ref->how != GV_SYMBOL_BY_LABELS ||
	    has_labels(gv_depgraph_symbol_extra(g, s),
		gv_depgraph_symbol_name(g, ref));
}

/* How well it fits, before what is near is asked for. */
static uint32_t
rank_of(const struct gv_depgraph *g, uint32_t file, uint32_t other)
{
	const struct gv_depgraph_file *a = &g->files[file],
				      *b = &g->files[other];
	const bool is_same = a->env && b->env && strcmp(a->env, b->env) == 0;

	if (file == other)
		return 6;
	/* a patch only says what is to change in what is defined elsewhere */
	if (b->flags & GV_DEPGRAPH_PATCH)
		return 0;
	if (a->folder == b->folder)
		return is_same || (!a->env && !b->env) ? 5 : 4;
	if (is_same)
		return 3;
	return a->env && b->env ? 1 : 2;
}

/* ---- the nearest --------------------------------------------------------- */

struct looking {
	struct gv_depgraph_found *found;
	const struct gv_depgraph *g;
	struct gv_depgraph_group group;
	const struct gv_symbol *ref;
	uint32_t file;
	uint32_t low, high;   /* members that count */
	uint32_t left, right; /* those not looked at: < left, >= right */
	uint32_t rank, depth; /* of what was found */
	uint32_t before;      /* found before */
	bool is_beyond;       /* neither in the file itself nor in patches */
};

static uint32_t
depth_at(const struct looking *l, uint32_t i)
{
	const struct gv_depgraph *g = l->g;

	return g
	    ->folders[gv_depgraph_common(g, g->files[l->file].folder,
		g->files[file_at(g, l->group, i)].folder)]
	    .depth;
}

static void
look_at(struct looking *l, uint32_t i, uint32_t depth)
{
	const uint32_t symbol = l->group.symbols[i];
	const uint32_t rank =
	    1 + rank_of(l->g, l->file, file_at(l->g, l->group, i));

	if (l->is_beyond &&
	    (l->g->files[l->g->file_of[symbol]].flags & GV_DEPGRAPH_PATCH))
		return;
	if (!may_be(l->g, &l->g->symbols.items[symbol], l->ref) ||
	    rank < l->rank || (rank == l->rank && depth < l->depth))
		return;
	if (rank > l->rank || depth > l->depth)
		l->found->n = l->before;
	l->rank = rank;
	l->depth = depth;
	gv_depgraph_found_add(l->found, gv_depgraph_symbol_node(l->g, symbol));
}

/* Go outward from the file's own place, to the nearer side each time. */
static void
nearest(struct looking *l)
{
	uint32_t n, left = 0, right = 0;

	l->before = l->found->n;
	l->left = l->right = begin_of(l->g, l->group, l->file);
	if (l->left < l->low)
		l->left = l->right = l->low;
	if (l->right > l->high)
		l->left = l->right = l->high;
	if (l->left > l->low)
		left = depth_at(l, l->left - 1);
	if (l->right < l->high)
		right = depth_at(l, l->right);
	for (n = 0; n < LOOK_MOST && (l->left > l->low || l->right < l->high);
	     n++) {
		if (l->right < l->high &&
		    (l->left == l->low || right >= left)) {
			look_at(l, l->right++, right);
			if (l->right < l->high)
				right = depth_at(l, l->right);
		} else {
			look_at(l, --l->left, left);
			if (l->left > l->low)
				left = depth_at(l, l->left - 1);
		}
	}
	l->found->is_cut |= l->left > l->low || l->right < l->high;
}

/* Those in a run of files: of the same file if there are any, else of the same
 * environment. */
static void
within(struct looking *l, uint32_t first, uint32_t end)
{
	uint32_t i = begin_of(l->g, l->group, first);

	l->before = l->found->n;
	for (; i < l->group.n && file_at(l->g, l->group, i) < end; i++)
		look_at(l, i, 0);
}

/* In the chart, its subcharts, then the charts that it is in. */
static void
in_charts(struct looking *l)
{
	const struct gv_depgraph *g = l->g;
	uint32_t chart = g->folders[g->files[l->file].folder].chart;
	const uint32_t before = l->found->n;

	while (chart != GV_DEPGRAPH_NONE && l->found->n == before) {
		l->low = begin_of(g, l->group, g->folders[chart].first);
		l->high = begin_of(g, l->group, g->folders[chart].end);
		nearest(l);
		chart = chart ? g->folders[g->folders[chart].parent].chart
			      : GV_DEPGRAPH_NONE;
	}
}

void
gv_depgraph_reach(struct gv_depgraph_found *found, const struct gv_depgraph *g,
    struct gv_depgraph_group group, uint32_t file, const struct gv_symbol *ref)
{
	const struct gv_depgraph_folder *f = &g->folders[g->files[file].folder];
	struct looking l = { .found = found,
		.g = g,
		.group = group,
		.ref = ref,
		.file = file,
		.high = group.n };

	if (group.n == 0)
		return;
	/* a state is known wherever it is kept */
	if (ref->space == GV_SYMBOL_SPACE_TF_BACKEND) {
		nearest(&l);
		return;
	}
	switch (gv_symbol_reach(ref->space)) {
	case GV_SYMBOL_REACH_FILE:
		within(&l, file, file + 1);
		break;
	case GV_SYMBOL_REACH_FOLDER:
		within(&l, f->first, f->first + f->n);
		break;
	case GV_SYMBOL_REACH_CHART:
		in_charts(&l);
		break;
	case GV_SYMBOL_REACH_NAMESPACE:
	case GV_SYMBOL_REACH_TREE:
		nearest(&l);
		break;
	}
}

void
gv_depgraph_reach_beyond(struct gv_depgraph_found *found,
    const struct gv_depgraph *g, struct gv_depgraph_group group, uint32_t file,
    const struct gv_symbol *ref)
{
	struct looking l = { .found = found,
		.g = g,
		.group = group,
		.ref = ref,
		.file = file,
		.high = group.n,
		.is_beyond = true };

	if (group.n)
		nearest(&l);
}
