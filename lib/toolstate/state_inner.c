#include "toolstate/state_triage_internal.h"

/*
 * In a resource that is damaged there can be values that look like resources: a
 * state that another one was read from. They are indented further than those of
 * which we know where they stand, or where there are no lines, who wrote them
 * has sorted their keys or not; so they are left out.
 */

#define NO_LEAD 64U  /* its last brace does not begin a line */
#define SORTED  256U /* bits beside it */
#define UNSURE  512U /* its first brace stands otherwise */
#define LEAD(f) ((f)->lead & (SORTED - 1))

/* How many blanks stand before a brace in its line. */
static unsigned
blanks_before(const char *brace, const char *begin)
{
	const char *p = brace;

	while (p > begin && (p[-1] == ' ' || p[-1] == '\t') &&
	    (size_t)(brace - p) < NO_LEAD)
		p--;
	return p > begin && p[-1] == '\n' ? (unsigned)(brace - p) : NO_LEAD;
}

/* It goes by the last brace, where the blanks are its own and nothing that may
 * be damaged. `before` is where those of the first brace begin; NULL: they are
 * not known. */
unsigned
gv_state_lead(const struct gv_state_salvage *how,
    const struct gv_jsontext_token *map, const char *before, bool is_sorted)
{
	unsigned lead = blanks_before(map->p + map->len - 1, map->p);
	unsigned sorted;

	if (how && how->is_other && map->kind == GV_JSONTEXT_MAP)
		is_sorted = how->is_other(map);
	sorted = is_sorted ? SORTED : 0;
	if (before &&
	    lead != blanks_before(map->has_key ? map->key - 1 : map->p, before))
		sorted |= UNSURE;
	return lead | sorted;
}

/* What is known of the resources of a side: how they are indented, and where
 * they are not, whether a first key says that somebody sorted them. */
struct known {
	unsigned lead; /* the largest */
	bool has_lead, has_none, sorted, unsorted;
};

static void
learn(struct known *k, const struct gv_state_triage *out, size_t first,
    bool behind)
{
	unsigned least = NO_LEAD;
	size_t i;

	for (i = first; i < out->n; i++) {
		const struct gv_state_found *f = &out->found[i];

		if (f->is_output || f->is_head || f->is_behind != behind ||
		    f->lead & UNSURE)
			continue;
		*(f->lead & SORTED ? &k->sorted : &k->unsorted) = true;
		if (LEAD(f) == NO_LEAD)
			k->has_none = true;
		else if (!behind && (!k->has_lead || LEAD(f) > k->lead))
			k->lead = LEAD(f);
		k->has_lead |= LEAD(f) != NO_LEAD;
		if (LEAD(f) < least)
			least = LEAD(f);
	}
	if (behind && k->has_lead)
		k->lead = least;
}

/* Whether it stands within a resource, as far as that can be known. */
static bool
is_inner(const struct known *k, const struct gv_state_found *f)
{
	if (!f->is_behind)
		return false;
	if (LEAD(f) != NO_LEAD)
		return k->has_lead && LEAD(f) > k->lead;
	return !k->has_lead && !(f->lead & SORTED ? k->sorted : k->unsorted);
}

void
gv_state_drop_inner(struct gv_state_triage *out, size_t first)
{
	struct known k = { .lead = 0 };
	size_t i, n = first;

	learn(&k, out, first, false);
	if (!k.has_lead && !k.has_none)
		learn(&k, out, first, true);
	for (i = first; i < out->n; i++)
		if (!is_inner(&k, &out->found[i]))
			out->found[n++] = out->found[i];
	out->n = n;
}
