#include "graph/depgraph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"

/*
 * Definitions by space and name, in a hash table of groups; the members of each
 * group are in the order of their files, so that those near to a file can be
 * found by halving. Pods are there by each of their labels, too.
 */

#define LABELS       ((uint16_t)0x8000)           /* the space of labels */
#define COMPARE_MOST ((uint64_t)20 * 1000 * 1000) /* names with others */

struct group {
	uint32_t text, len; /* in the text of the symbols */
	uint32_t first, n;
	uint16_t space;
};

/* A group where groups are in order. */
struct row {
	const char *p;
	uint32_t len, group;
	uint16_t space;
};

struct gv_depgraph_names {
	const struct gv_depgraph *g;
	struct group *groups;
	size_t n, cap;
	uint32_t *slots; /* a group's number + 1 */
	size_t n_slots;  /* a power of two */
	uint32_t *members;
	uint32_t *groups_of; /* while it is filled: the group of each key */
	size_t n_keys;
	struct row *rows; /* groups, by space and name */
	uint64_t compared;
	bool is_shared; /* all but `compared` is another's */
	bool is_wanted[GV_SYMBOL_N_SPACES];
};

/* ---- keys ---------------------------------------------------------------- */

static size_t
slot_of(const struct gv_depgraph_names *names, uint16_t space, const char *p,
    size_t len)
{
	const struct group *group;
	size_t i =
	    (gv_map_hash(p, len) + space * (uint64_t)0x9e3779b97f4a7c15) &
	    (names->n_slots - 1);

	for (; names->slots[i]; i = (i + 1) & (names->n_slots - 1)) {
		group = &names->groups[names->slots[i] - 1];
		if (group->space == space && group->len == len &&
		    memcmp(names->g->symbols.text.p + group->text, p, len) == 0)
			break;
	}
	return i;
}

/* One label of several, "a=b,c=d". */
static bool
next_label(struct gv_depgraph_text *label, struct gv_depgraph_text *rest)
{
	const char *comma;

	if (rest->len == 0)
		return false;
	comma = memchr(rest->p, ',', rest->len);
	label->p = rest->p;
	label->len = comma ? (size_t)(comma - rest->p) : rest->len;
	rest->p += label->len + (comma != NULL);
	rest->len -= label->len + (comma != NULL);
	return true;
}

/* Spaces whose names somebody looks for: what no file refers to, such as keys
 * of a ConfigMap, need not be found. */
static void
note_wanted(struct gv_depgraph_names *names)
{
	static const uint16_t always[] = { GV_SYMBOL_SPACE_K8S_OBJECT,
		GV_SYMBOL_SPACE_ANSIBLE_GROUP, GV_SYMBOL_SPACE_ANSIBLE_HOST,
		GV_SYMBOL_SPACE_PULUMI_PROJECT };
	const struct gv_symbols *symbols = &names->g->symbols;
	size_t i;

	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		names->is_wanted[always[i]] = true;
	for (i = 0; i < symbols->n; i++) {
		const struct gv_symbol *s = &symbols->items[i];

		if (s->kind == GV_SYMBOL_REFERENCE &&
		    (s->how == GV_SYMBOL_BY_NAME ||
			s->how == GV_SYMBOL_BY_LABELS))
			names->is_wanted[s->space] = true;
	}
}

typedef void key_fn(struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text key, uint32_t symbol);

/* Call fn for each key of each definition. */
static void
each_key(struct gv_depgraph_names *names, key_fn *fn)
{
	const struct gv_symbols *symbols = &names->g->symbols;
	struct gv_depgraph_text label, rest;
	uint32_t i;

	for (i = 0; i < symbols->n; i++) {
		const struct gv_symbol *s = &symbols->items[i];

		if (s->kind != GV_SYMBOL_DEFINITION ||
		    !names->is_wanted[s->word])
			continue;
		fn(names, s->word, gv_depgraph_symbol_name(names->g, s), i);
		if (s->word != GV_SYMBOL_SPACE_K8S_PODS)
			continue;
		rest = gv_depgraph_symbol_extra(names->g, s);
		while (next_label(&label, &rest))
			fn(names, LABELS, label, i);
	}
}

static void
count(struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text key, uint32_t symbol)
{
	(void)space;
	(void)key;
	(void)symbol;
	names->n++;
}

static void
tally(struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text key, uint32_t symbol)
{
	const size_t slot = slot_of(names, space, key.p, key.len);

	(void)symbol;
	if (names->slots[slot] == 0) {
		names->groups[names->n++] =
		    (struct group){ .text = (uint32_t)(key.len
					    ? key.p - names->g->symbols.text.p
					    : 0),
			    .len = (uint32_t)key.len,
			    .space = space };
		names->slots[slot] = (uint32_t)names->n;
	}
	names->groups[names->slots[slot] - 1].n++;
	names->groups_of[names->n_keys++] = names->slots[slot] - 1;
}

static void
place(struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text key, uint32_t symbol)
{
	struct group *group = &names->groups[names->groups_of[names->n_keys++]];

	(void)space;
	(void)key;
	names->members[group->first + group->n++] = symbol;
}

static int
fill(struct gv_depgraph_names *names)
{
	uint32_t first = 0;
	size_t i, n;

	note_wanted(names);
	each_key(names, count);
	n = names->n;
	for (names->n_slots = 64; names->n_slots < 2 * n;)
		names->n_slots *= 2;
	names->n = 0;
	names->slots = calloc(names->n_slots, sizeof(*names->slots));
	names->groups = calloc(n + 1, sizeof(*names->groups));
	names->members = calloc(n + 1, sizeof(*names->members));
	names->groups_of = calloc(n + 1, sizeof(*names->groups_of));
	if (!names->slots || !names->groups || !names->members ||
	    !names->groups_of)
		return gv_err_nomem();
	each_key(names, tally);
	for (i = 0; i < names->n; i++) {
		names->groups[i].first = first;
		first += names->groups[i].n;
		names->groups[i].n = 0;
	}
	/* the keys come in the same order again */
	names->n_keys = 0;
	each_key(names, place);
	free(names->groups_of);
	names->groups_of = NULL;
	return 0;
}

int
gv_depgraph_names_new(
    struct gv_depgraph_names **out, const struct gv_depgraph *g)
{
	struct gv_depgraph_names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return gv_err_nomem();
	names->g = g;
	if (fill(names) < 0) {
		gv_depgraph_names_free(names);
		return GV_ENOMEM;
	}
	*out = names;
	return 0;
}

void
gv_depgraph_names_free(struct gv_depgraph_names *names)
{
	if (names == NULL)
		return;
	if (!names->is_shared) {
		free(names->groups);
		free(names->slots);
		free(names->members);
		free(names->groups_of);
		free(names->rows);
	}
	free(names);
}

static struct gv_depgraph_group
get(const struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text name)
{
	const size_t slot = slot_of(names, space, name.p, name.len);
	const struct group *group;

	if (names->slots[slot] == 0)
		return (struct gv_depgraph_group){ NULL, 0 };
	group = &names->groups[names->slots[slot] - 1];
	return (struct gv_depgraph_group){ names->members + group->first,
		group->n };
}

struct gv_depgraph_group
gv_depgraph_names_get(const struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text name)
{
	return get(names, space, name);
}

struct gv_depgraph_group
gv_depgraph_names_label(
    const struct gv_depgraph_names *names, struct gv_depgraph_text label)
{
	return get(names, LABELS, label);
}

/* ---- patterns, and names that are alike ---------------------------------- */

static int
compare_texts(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const size_t n = a_len < b_len ? a_len : b_len;
	const int r = n ? memcmp(a, b, n) : 0;

	return r ? r : (a_len > b_len) - (a_len < b_len);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->space != y->space)
		return x->space < y->space ? -1 : 1;
	return compare_texts(x->p, x->len, y->p, y->len);
}

/* Order the groups, at the first call. Whether there was memory for it. */
static bool
order(struct gv_depgraph_names *names)
{
	size_t i;

	if (names->rows)
		return true;
	names->rows = calloc(names->n + 1, sizeof(*names->rows));
	if (names->rows == NULL)
		return false;
	for (i = 0; i < names->n; i++)
		names->rows[i] = (struct row){ .p = names->g->symbols.text.p +
			    names->groups[i].text,
			.len = names->groups[i].len,
			.group = (uint32_t)i,
			.space = names->groups[i].space };
	qsort(names->rows, names->n, sizeof(*names->rows), compare_rows);
	return true;
}

int
gv_depgraph_names_order(struct gv_depgraph_names *names)
{
	return order(names) ? 0 : gv_err_nomem();
}

int
gv_depgraph_names_share(
    struct gv_depgraph_names **out, const struct gv_depgraph_names *names)
{
	struct gv_depgraph_names *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return gv_err_nomem();
	*copy = *names;
	copy->is_shared = true;
	*out = copy;
	return 0;
}

/* The first row that is not before this one. */
static size_t
begin_of(const struct gv_depgraph_names *names, const struct row *row)
{
	size_t low = 0, high = names->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (compare_rows(&names->rows[mid], row) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How much of a pattern stands for itself. */
static size_t
fixed_len(struct gv_depgraph_text pattern)
{
	const char *star = memchr(pattern.p, '*', pattern.len);

	return star ? (size_t)(star - pattern.p) : pattern.len;
}

void
gv_depgraph_names_match(struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text pattern,
    void (*fn)(void *ctx, struct gv_depgraph_group group), void *ctx)
{
	const size_t fixed = fixed_len(pattern);
	const struct row from = { pattern.p, (uint32_t)fixed, 0, space };
	size_t i;

	if (!order(names))
		return;
	for (i = begin_of(names, &from);
	     i < names->n && names->compared < COMPARE_MOST; i++) {
		const struct row *row = &names->rows[i];
		const struct group *group = &names->groups[row->group];

		names->compared++;
		if (row->space != space || row->len < fixed ||
		    memcmp(row->p, pattern.p, fixed) != 0)
			break;
		if (gv_depgraph_matches(pattern,
			(struct gv_depgraph_text){ row->p, row->len }, true))
			fn(ctx,
			    (struct gv_depgraph_group){
				names->members + group->first, group->n });
	}
}

struct gv_depgraph_text
gv_depgraph_names_near(struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text name)
{
	const struct row from = { "", 0, 0, space };
	struct gv_near near = gv_depgraph_near_to(name);
	size_t i;

	if (!order(names))
		return (struct gv_depgraph_text){ "", 0 };
	for (i = begin_of(names, &from);
	     i < names->n && near.least > 1 && names->compared < COMPARE_MOST;
	     i++) {
		const struct row *row = &names->rows[i];

		if (row->space != space)
			break;
		names->compared++;
		gv_near_add(&near, row->p, row->len);
	}
	return near.name ? (struct gv_depgraph_text){ near.name, near.name_len }
			 : (struct gv_depgraph_text){ "", 0 };
}
