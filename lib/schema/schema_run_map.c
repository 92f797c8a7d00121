#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "schema/schema_internal.h"

/*
 * Maps and lists. The members of a map are looked up in the table of the schema
 * one by one, so that required ones need only be counted.
 */

#define FEW_ITEMS 8 /* are compared with each other */

static const struct gv_schema_slot *
find_slot(const struct gv_schema_maps *p, const struct gv_instance_node *n)
{
	const struct gv_schema_slot *slot;
	uint32_t i;

	if (p->slots == NULL)
		return NULL;
	for (i = n->key_hash & p->mask; p->slots[i].is_used;
	     i = (i + 1) & p->mask) {
		slot = &p->slots[i];
		if (slot->hash == n->key_hash && slot->len == n->key_len &&
		    memcmp(slot->name, n->key, n->key_len) == 0)
			return slot;
	}
	return NULL;
}

/* ---- members ------------------------------------------------------------- */

static enum gv_schema_verdict
unknown_key(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_schema_maps *p = s->maps;
	struct gv_near near;
	uint32_t i;

	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	near = gv_near_to(n->key, n->key_len);
	for (i = 0; p->slots && i <= p->mask; i++)
		if (p->slots[i].is_used && p->slots[i].is_known)
			(void)gv_near_add(
			    &near, p->slots[i].name, p->slots[i].len);
	if (near.name)
		return gv_schema_wrong(e, s, n, "additionalProperties",
		    "unknown key '%.*s'; did you mean '%.*s'?", (int)n->key_len,
		    n->key, (int)near.name_len, near.name);
	return gv_schema_wrong(e, s, n, "additionalProperties",
	    "unknown key '%.*s'", (int)n->key_len, n->key);
}

/* The schema of all names is asked as if the name were a value. */
static enum gv_schema_verdict
eval_name(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	struct gv_instance_node name = { .kind = GV_INSTANCE_TEXT,
		.source = n->source,
		.at = n->key_at,
		.parent = (uint32_t)(n - e->in->nodes),
		.span = 1,
		.len = n->key_len };

	name.is.text = n->key;
	return gv_schema_eval(e, s, &name, NULL);
}

/* By the patterns of names: *found is set if one matches. */
static enum gv_schema_verdict
eval_matchers(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, bool *found)
{
	const struct gv_schema_maps *p = s->maps;
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	const char *why = NULL;
	uint32_t i;

	for (i = 0; i < p->n_matchers; i++) {
		const struct gv_schema_matcher *m = &p->matchers[i];

		e->steps++;
		if (m->pattern == NULL) {
			why = m->why;
		} else if (gv_pattern_matches(m->pattern, n->key, n->key_len)) {
			*found = true;
			v = gv_schema_both(
			    v, gv_schema_eval(e, m->node, n, NULL));
		}
	}
	if (why == NULL)
		return v;
	/* whether it is an additional one is not known either */
	*found = true;
	return gv_schema_both(
	    v, gv_schema_unsure(e, s, n, "patternProperties", "%s", why));
}

static enum gv_schema_verdict
eval_member(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, const struct gv_schema_slot *slot,
    bool *found)
{
	const struct gv_schema_maps *p = s->maps;
	enum gv_schema_verdict v = GV_SCHEMA_VALID;

	*found = slot && slot->is_known;
	if (slot && slot->node)
		v = gv_schema_eval(e, slot->node, n, NULL);
	if (p->n_matchers)
		v = gv_schema_both(v, eval_matchers(e, s, n, found));
	if (!*found && p->additional) {
		*found = true;
		v = gv_schema_both(v,
		    p->additional->types == 0
			? unknown_key(e, s, n)
			: gv_schema_eval(e, p->additional, n, NULL));
	} else if (!*found && p->is_closed) {
		v = unknown_key(e, s, n);
	}
	if (p->names)
		v = gv_schema_both(v, eval_name(e, p->names, n));
	return v;
}

static enum gv_schema_verdict
missing_keys(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_instance_node *const names = s->maps->required;
	const uint32_t at = (uint32_t)(n - e->in->nodes);
	const struct gv_instance_node *i;

	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	for (i = names + 1; i < names + names->span; i += i->span)
		if (i->kind == GV_INSTANCE_TEXT &&
		    gv_instance_get(e->in, at, i->is.text, i->len) ==
			GV_DOC_NONE)
			(void)gv_schema_wrong(e, s, n, "required",
			    "the required key '%.*s' is missing", (int)i->len,
			    i->is.text);
	return GV_SCHEMA_INVALID;
}

static enum gv_schema_verdict
eval_members(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const struct gv_instance_node *const end = n + n->span;
	const struct gv_schema_maps *p = s->maps;
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	const struct gv_schema_slot *slot;
	const struct gv_instance_node *i;
	uint32_t k = 0, required = 0;
	bool found;

	for (i = n + 1; i < end; i += i->span) {
		if (i->kind == GV_INSTANCE_SHADOWED)
			continue;
		slot = find_slot(p, i);
		required += slot && slot->is_required;
		v = gv_schema_both(v, eval_member(e, s, i, slot, &found));
		if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
			return v;
		if (found && m)
			gv_schema_mark(e, m, k);
		k++;
	}
	return required < p->n_required
	    ? gv_schema_both(v, missing_keys(e, s, n))
	    : v;
}

/* ---- dependencies -------------------------------------------------------- */

static enum gv_schema_verdict
eval_needed(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, const struct gv_schema_dependency *d)
{
	const uint32_t at = (uint32_t)(n - e->in->nodes);
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	const struct gv_instance_node *i;

	for (i = d->list + 1; i < d->list + d->list->span; i += i->span) {
		e->steps += n->n;
		if (gv_instance_get(e->in, at, i->is.text, i->len) ==
		    GV_DOC_NONE)
			v = gv_schema_wrong(e, s, n, d->word,
			    "the key '%.*s' is missing, which '%.*s' needs",
			    (int)i->len, i->is.text, (int)d->key->key_len,
			    d->key->key);
	}
	return v;
}

static enum gv_schema_verdict
eval_dependencies(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const uint32_t at = (uint32_t)(n - e->in->nodes);
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	const struct gv_schema_dependency *d;
	uint32_t i;

	for (i = 0; i < s->maps->n_dependencies; i++) {
		d = &s->maps->dependencies[i];
		e->steps += n->n;
		if (gv_instance_get(e->in, at, d->key->key, d->key->key_len) ==
		    GV_DOC_NONE)
			continue;
		v = gv_schema_both(v,
		    d->list ? eval_needed(e, s, n, d)
			    : gv_schema_eval(e, d->node, n, m));
	}
	return v;
}

enum gv_schema_verdict
gv_schema_eval_map(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const struct gv_schema_maps *p = s->maps;
	enum gv_schema_verdict v = GV_SCHEMA_VALID;

	if (n->n < p->min)
		v = gv_schema_wrong(e, s, n, "minProperties",
		    "must have at least %llu keys, but has %u",
		    (unsigned long long)p->min, n->n);
	if (n->n > p->max)
		v = gv_schema_wrong(e, s, n, "maxProperties",
		    "must have at most %llu keys, but has %u",
		    (unsigned long long)p->max, n->n);
	if (p->has_members)
		v = gv_schema_both(v, eval_members(e, s, n, m));
	if (p->n_dependencies)
		v = gv_schema_both(v, eval_dependencies(e, s, n, m));
	return v;
}

/* ---- lists --------------------------------------------------------------- */

static enum gv_schema_verdict
eval_items(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const struct gv_instance_node *const end = n + n->span;
	const struct gv_schema_lists *p = s->lists;
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	const struct gv_schema_node *schema;
	const struct gv_instance_node *i;
	uint32_t k = 0;

	for (i = n + 1; i < end; i += i->span, k++) {
		schema = k < p->prefix.n ? p->prefix.p[k] : p->rest;
		if (schema == NULL)
			break;
		if (schema == p->rest && schema->types == 0)
			v = gv_schema_wrong(e, s, i, p->rest_word,
			    "must have at most %u items", p->prefix.n);
		else
			v = gv_schema_both(
			    v, gv_schema_eval(e, schema, i, NULL));
		if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
			return v;
		if (m)
			gv_schema_mark(e, m, k);
	}
	return v;
}

static enum gv_schema_verdict
eval_contains(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const struct gv_instance_node *const end = n + n->span;
	const struct gv_schema_point from = gv_schema_point_of(e);
	const struct gv_schema_lists *p = s->lists;
	const struct gv_instance_node *i;
	uint64_t right = 0, unknown = 0;
	enum gv_schema_verdict v;
	uint32_t k = 0;

	e->muted++;
	for (i = n + 1; i < end; i += i->span, k++) {
		v = gv_schema_eval(e, p->contains, i, NULL);
		right += v == GV_SCHEMA_VALID;
		unknown += v == GV_SCHEMA_UNKNOWN;
		if (m && p->marks_contained && v == GV_SCHEMA_VALID)
			gv_schema_mark(e, m, k);
	}
	e->muted--;
	if (m && p->marks_contained && unknown)
		m->is_vague = true;
	if (right >= p->min_contains && right + unknown <= p->max_contains) {
		gv_schema_rewind(e, from);
		return GV_SCHEMA_VALID;
	}
	if (right + unknown < p->min_contains)
		return gv_schema_wrong(e, s, n,
		    p->min_contains == 1 ? "contains" : "minContains",
		    "must contain at least %llu items that fit, but has %llu",
		    (unsigned long long)p->min_contains,
		    (unsigned long long)right);
	if (right > p->max_contains)
		return gv_schema_wrong(e, s, n, "maxContains",
		    "must contain at most %llu items that fit, but has %llu",
		    (unsigned long long)p->max_contains,
		    (unsigned long long)right);
	return GV_SCHEMA_UNKNOWN;
}

/* ---- items that repeat --------------------------------------------------- */

struct item {
	uint64_t hash;
	const struct gv_instance_node *node;
	uint32_t index;
};

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static enum gv_schema_verdict
repeats(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *later, uint32_t earlier)
{
	return gv_schema_wrong(
	    e, s, later, "uniqueItems", "repeats item %u of the list", earlier);
}

static enum gv_schema_verdict
eval_few(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_instance_node *const end = n + n->span;
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	const struct gv_instance_node *i, *j;

	for (i = n + 1; i < end; i += i->span)
		for (j = n + 1; j < i; j += j->span)
			if (i->kind == j->kind && gv_instance_equal(i, j)) {
				v = repeats(e, s, i, j->index);
				break;
			}
	return v;
}

/* Items of one hash are next to each other; many that are unequal are a
 * document that was made for it, so they are counted as steps. */
static enum gv_schema_verdict
eval_sorted(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct item *items, uint32_t n)
{
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	uint32_t i, j;

	for (i = 1; i < n; i++)
		for (j = i; j-- > 0 && items[j].hash == items[i].hash;) {
			e->steps += items[i].node->span;
			if (e->steps > e->steps_max)
				return gv_schema_both(v,
				    gv_schema_unsure(e, s, items[i].node,
					"uniqueItems",
					"takes too long to compare"));
			if (gv_instance_equal(items[i].node, items[j].node)) {
				v = repeats(
				    e, s, items[i].node, items[j].index);
				break;
			}
		}
	return v;
}

static enum gv_schema_verdict
eval_unique(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_instance_node *i;
	enum gv_schema_verdict v;
	struct item *items;
	uint32_t k = 0;

	e->steps += n->span;
	if (n->n <= FEW_ITEMS) {
		v = eval_few(e, s, n);
	} else {
		items = malloc(n->n * sizeof(*items));
		if (items == NULL) {
			gv_schema_fail(e, gv_err_nomem());
			return GV_SCHEMA_UNKNOWN;
		}
		for (i = n + 1; i < n + n->span; i += i->span, k++)
			items[k] = (struct item){ gv_instance_hash(i), i, k };
		qsort(items, k, sizeof(*items), compare_items);
		v = eval_sorted(e, s, items, k);
		free(items);
	}
	if (v == GV_SCHEMA_VALID && n->is_vague)
		return gv_schema_unsure(
		    e, s, n, "uniqueItems", "an item is not known yet");
	return v;
}

enum gv_schema_verdict
gv_schema_eval_list(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const struct gv_schema_lists *p = s->lists;
	enum gv_schema_verdict v = GV_SCHEMA_VALID;

	if (n->n < p->min)
		v = gv_schema_wrong(e, s, n, "minItems",
		    "must have at least %llu items, but has %u",
		    (unsigned long long)p->min, n->n);
	if (n->n > p->max)
		v = gv_schema_wrong(e, s, n, "maxItems",
		    "must have at most %llu items, but has %u",
		    (unsigned long long)p->max, n->n);
	if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
		return v;
	if (p->prefix.n || p->rest)
		v = gv_schema_both(v, eval_items(e, s, n, m));
	if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
		return v;
	if (p->contains)
		v = gv_schema_both(v, eval_contains(e, s, n, m));
	if (p->is_unique && n->n > 1)
		v = gv_schema_both(v, eval_unique(e, s, n));
	return v;
}
