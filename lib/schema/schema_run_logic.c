#include "schema/schema_internal.h"

#include <string.h>

/*
 * Schemas over one value: all, any, one of them, and what references name.
 * With doubt it is logic of three values: any branch that is right makes
 * "anyOf" right, and one that is not known otherwise makes it unknown.
 */

/* A branch that may fail: its marks count only if it does not. */
static enum gv_schema_verdict
eval_branch(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	struct gv_schema_marks own;
	enum gv_schema_verdict v;

	if (m == NULL)
		return gv_schema_eval(e, s, n, NULL);
	if (!gv_schema_marks_open(e, &own, n))
		return GV_SCHEMA_UNKNOWN;
	v = gv_schema_eval(e, s, n, &own);
	if (v == GV_SCHEMA_VALID)
		gv_schema_marks_add(e, m, &own);
	else if (v == GV_SCHEMA_UNKNOWN)
		m->is_vague = true;
	gv_schema_marks_close(e, &own);
	return v;
}

static enum gv_schema_verdict
eval_muted(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	enum gv_schema_verdict v;

	e->muted++;
	v = eval_branch(e, s, n, m);
	e->muted--;
	return v;
}

static enum gv_schema_verdict
eval_all(struct gv_schema_run *e, const struct gv_schema_logic *l,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	uint32_t i;

	for (i = 0; i < l->all.n; i++) {
		v = gv_schema_both(v, gv_schema_eval(e, l->all.p[i], n, m));
		if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
			return v;
	}
	return v;
}

/* What came of the branches of anyOf or oneOf. */
struct branches {
	const struct gv_schema_nodes *nodes;
	const char *word;
	struct gv_schema_point from;
	uint32_t right, unknown; /* how many */
	uint32_t first, second;  /* two that are right, from 1 on */
	uint32_t nearest;
	size_t distance;
};

/* Keep the findings of the branch that fits best: those of branch `i` are
 * behind `last`, those of the best one so far before. One that could not be
 * checked may fit. */
static void
keep_nearest(struct gv_schema_run *e, struct branches *b,
    struct gv_schema_point last, uint32_t i, const struct gv_instance_node *n)
{
	size_t distance = 0;

	if (e->report == NULL)
		return;
	if (b->unknown == 0)
		distance = gv_schema_distance(e, last, n);
	if (b->nearest && distance >= b->distance) {
		gv_schema_rewind(e, last);
		return;
	}
	gv_schema_replace(e, b->from, last);
	b->nearest = i + 1;
	b->distance = distance;
}

/* Whether no further branch changes anything. */
static bool
is_decided(
    const struct branches *b, const struct gv_schema_marks *m, bool only_one)
{
	return only_one ? b->right > 1 : b->right && m == NULL;
}

static void
eval_branches(struct gv_schema_run *e, struct branches *b,
    const struct gv_instance_node *n, struct gv_schema_marks *m, bool only_one)
{
	struct gv_schema_point last;
	enum gv_schema_verdict v;
	uint32_t i;

	b->from = gv_schema_point_of(e);
	for (i = 0; i < b->nodes->n && !is_decided(b, m, only_one); i++) {
		last = gv_schema_point_of(e);
		v = eval_branch(e, b->nodes->p[i], n, m);
		if (v == GV_SCHEMA_VALID) {
			gv_schema_rewind(e, last);
			if (b->right++)
				b->second = i + 1;
			else
				b->first = i + 1;
		} else if (v == GV_SCHEMA_INVALID && b->unknown) {
			gv_schema_rewind(e, last);
		} else {
			b->unknown += v == GV_SCHEMA_UNKNOWN;
			keep_nearest(e, b, last, i, n);
		}
	}
	if (only_one ? b->right > 1 || (b->right && !b->unknown) : b->right)
		gv_schema_rewind(e, b->from);
}

static enum gv_schema_verdict
none_fits(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, const struct branches *b)
{
	if (b->unknown)
		return GV_SCHEMA_UNKNOWN;
	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	(void)gv_schema_wrong(e, s, n, b->word,
	    "fits none of the %u alternatives; number %u is nearest",
	    b->nodes->n, b->nearest);
	gv_schema_explain(e, b->from);
	return GV_SCHEMA_INVALID;
}

static enum gv_schema_verdict
eval_any(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	struct branches b = { .nodes = &s->logic->any, .word = "anyOf" };

	eval_branches(e, &b, n, m, false);
	return b.right ? GV_SCHEMA_VALID : none_fits(e, s, n, &b);
}

static enum gv_schema_verdict
eval_one(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	struct branches b = { .nodes = &s->logic->one, .word = "oneOf" };

	eval_branches(e, &b, n, m, true);
	if (b.right > 1)
		return gv_schema_wrong(e, s, n, "oneOf",
		    "fits the alternatives %u and %u, but must fit one only",
		    b.first, b.second);
	return b.right && !b.unknown ? GV_SCHEMA_VALID : none_fits(e, s, n, &b);
}

static enum gv_schema_verdict
eval_not(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_schema_point from = gv_schema_point_of(e);

	e->muted++;
	switch (gv_schema_eval(e, s->logic->negated, n, NULL)) {
	case GV_SCHEMA_VALID:
		e->muted--;
		return gv_schema_wrong(
		    e, s, n, "not", "fits a schema that it must not fit");
	case GV_SCHEMA_INVALID:
		e->muted--;
		gv_schema_rewind(e, from);
		return GV_SCHEMA_VALID;
	default:
		e->muted--;
		return GV_SCHEMA_UNKNOWN;
	}
}

static enum gv_schema_verdict
eval_if_given(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	return s ? gv_schema_eval(e, s, n, m) : GV_SCHEMA_VALID;
}

static enum gv_schema_verdict
eval_if(struct gv_schema_run *e, const struct gv_schema_logic *l,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const struct gv_schema_point from = gv_schema_point_of(e);
	enum gv_schema_verdict v;

	switch (eval_muted(e, l->condition, n, m)) {
	case GV_SCHEMA_VALID:
		gv_schema_rewind(e, from);
		return eval_if_given(e, l->then, n, m);
	case GV_SCHEMA_INVALID:
		gv_schema_rewind(e, from);
		return eval_if_given(e, l->otherwise, n, m);
	default:
		break;
	}
	/* it may be either: right only if both are */
	e->muted++;
	v = l->then ? eval_branch(e, l->then, n, m) : GV_SCHEMA_VALID;
	if (v == GV_SCHEMA_VALID && l->otherwise)
		v = eval_branch(e, l->otherwise, n, m);
	e->muted--;
	if (v == GV_SCHEMA_VALID)
		gv_schema_rewind(e, from);
	return v == GV_SCHEMA_VALID ? v : GV_SCHEMA_UNKNOWN;
}

/* The outermost resource in use that has the anchor says what it means. */
static const struct gv_schema_node *
find_dynamic(const struct gv_schema_run *e, const struct gv_schema_logic *l)
{
	const struct gv_schema_node *found = l->dynamic;
	const struct gv_schema_scope *scope;
	const struct gv_schema_anchor *a;

	if (l->dynamic_name == NULL)
		return found;
	for (scope = e->scope; scope; scope = scope->outer)
		for (a = scope->resource->dynamic; a; a = a->next)
			if (a->len == l->dynamic_len &&
			    memcmp(a->name, l->dynamic_name, a->len) == 0)
				found = a->node;
	return found;
}

enum gv_schema_verdict
gv_schema_eval_logic(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const struct gv_schema_logic *l = s->logic;
	enum gv_schema_verdict v = GV_SCHEMA_VALID;
	const struct gv_schema_doubt *d;

	for (d = l->doubts; d; d = d->next)
		v = gv_schema_unsure(e, s, n, d->word, "%s", d->text);
	if (l->doubts && m)
		m->is_vague = true;
	if (l->ref)
		v = gv_schema_both(v, gv_schema_eval(e, l->ref, n, m));
	if (l->dynamic)
		v = gv_schema_both(
		    v, gv_schema_eval(e, find_dynamic(e, l), n, m));
	if (l->all.n)
		v = gv_schema_both(v, eval_all(e, l, n, m));
	if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
		return v;
	if (l->any.n)
		v = gv_schema_both(v, eval_any(e, s, n, m));
	if (l->one.n)
		v = gv_schema_both(v, eval_one(e, s, n, m));
	if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
		return v;
	if (l->negated)
		v = gv_schema_both(v, eval_not(e, s, n));
	if (l->condition)
		v = gv_schema_both(v, eval_if(e, l, n, m));
	return v;
}
