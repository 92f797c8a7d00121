#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema_internal.h"

/*
 * A value is held against the tables of its kind, cheapest first. Without a
 * report the first thing that is wrong ends it; with one, all that is wrong is
 * found in one pass, so that nothing is looked at twice however schemas nest.
 *
 * What each schema has seen to is noted, as bits, only below a schema that says
 * "unevaluated…". A branch that fails takes its bits with it.
 */

#define WORDS_MIN  64
#define STEPS_EACH 2000 /* for each node of the instance */

/* ---- marks --------------------------------------------------------------- */

bool
gv_schema_marks_open(struct gv_schema_run *e, struct gv_schema_marks *m,
    const struct gv_instance_node *n)
{
	const size_t words = n->n / 64 + 1;
	size_t cap = e->cap_words ? e->cap_words : WORDS_MIN;
	uint64_t *more;

	memset(m, 0, sizeof(*m));
	m->at = e->n_words;
	m->n = n->n;
	if (e->cap_words - e->n_words < words) {
		while (cap - e->n_words < words)
			cap *= 2;
		more = realloc(e->words, cap * sizeof(*more));
		if (more == NULL) {
			gv_schema_fail(e, gv_err_nomem());
			return false;
		}
		e->words = more;
		e->cap_words = cap;
	}
	memset(e->words + m->at, 0, words * sizeof(*e->words));
	e->n_words += words;
	return true;
}

void
gv_schema_marks_close(struct gv_schema_run *e, struct gv_schema_marks *m)
{
	e->n_words = m->at;
}

void
gv_schema_marks_add(struct gv_schema_run *e, struct gv_schema_marks *to,
    const struct gv_schema_marks *from)
{
	size_t i;

	to->has_all = to->has_all || from->has_all;
	to->is_vague = to->is_vague || from->is_vague;
	for (i = 0; i < to->n / 64 + 1; i++)
		e->words[to->at + i] |= e->words[from->at + i];
}

/* ---- one schema ---------------------------------------------------------- */

static enum gv_schema_verdict
wrong_type(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	struct gv_buf b = GV_BUF_INIT;

	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	if (s->types == 0)
		return gv_schema_wrong(
		    e, s, n, "false schema", "no value is allowed here");
	gv_schema_add_types(&b, s);
	(void)gv_schema_wrong(e, s, n, "type", "must be %s, but is %s",
	    gv_schema_text(e, &b), gv_schema_type_name(n));
	gv_buf_release(&b);
	return GV_SCHEMA_INVALID;
}

static bool
is_type(const struct gv_schema_node *s, const struct gv_instance_node *n)
{
	struct gv_decimal d;

	if (!(s->types >> n->kind & 1))
		return false;
	if (n->kind != GV_INSTANCE_NUMBER || !s->wants_whole)
		return true;
	return gv_decimal_read(&d, n->is.text, n->len) &&
	    gv_decimal_is_whole(&d);
}

/* A part that a schema which could not be checked may have seen to: what is
 * wrong with it may not count. */
static enum gv_schema_verdict
eval_vague(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_schema_node *rest, const struct gv_instance_node *n,
    const char *word)
{
	const struct gv_schema_point from = gv_schema_point_of(e);

	if (gv_schema_eval(e, rest, n, NULL) == GV_SCHEMA_VALID)
		return GV_SCHEMA_VALID;
	gv_schema_rewind(e, from);
	return gv_schema_unsure(
	    e, s, n, word, "depends on what could not be checked");
}

/* What only unevaluated members and items are left for. */
static enum gv_schema_verdict
eval_unevaluated(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const bool is_map = n->kind == GV_INSTANCE_MAP;
	const struct gv_schema_node *rest =
	    is_map ? s->maps->unevaluated : s->lists->unevaluated;
	const char *word =
	    is_map ? "unevaluatedProperties" : "unevaluatedItems";
	enum gv_schema_verdict v = GV_SCHEMA_VALID, one;
	const struct gv_instance_node *i;
	uint32_t k = 0;

	for (i = n + 1; i < n + n->span; i += i->span) {
		if (i->kind == GV_INSTANCE_SHADOWED ||
		    gv_schema_is_marked(e, m, k++))
			continue;
		if (m->is_vague) {
			one = eval_vague(e, s, rest, i, word);
		} else if (rest->types == 0) {
			one = is_map ? gv_schema_wrong(e, s, i, word,
					   "no schema allows the key '%.*s'",
					   (int)i->key_len, i->key)
				     : gv_schema_wrong(e, s, i, word,
					   "no schema allows this item");
		} else {
			one = gv_schema_eval(e, rest, i, NULL);
		}
		v = gv_schema_both(v, one);
		if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
			return v;
	}
	m->has_all = true;
	return v;
}

static enum gv_schema_verdict
eval_parts(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	enum gv_schema_verdict v = GV_SCHEMA_VALID;

	if (s->values || s->value)
		v = gv_schema_eval_values(e, s, n);
	if (v == GV_SCHEMA_INVALID && gv_schema_is_quick(e))
		return v;
	if (n->kind == GV_INSTANCE_MAP) {
		if (s->maps)
			v = gv_schema_both(v, gv_schema_eval_map(e, s, n, m));
	} else if (n->kind == GV_INSTANCE_LIST) {
		if (s->lists)
			v = gv_schema_both(v, gv_schema_eval_list(e, s, n, m));
	} else if (s->numbers || s->strings) {
		v = gv_schema_both(v, gv_schema_eval_scalar(e, s, n));
	}
	if (s->logic && !(v == GV_SCHEMA_INVALID && gv_schema_is_quick(e)))
		v = gv_schema_both(v, gv_schema_eval_logic(e, s, n, m));
	return v;
}

static enum gv_schema_verdict
eval_marked(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	struct gv_schema_marks own;
	enum gv_schema_verdict v;

	if (!gv_schema_marks_open(e, &own, n))
		return GV_SCHEMA_UNKNOWN;
	v = eval_parts(e, s, n, &own);
	if (v != GV_SCHEMA_INVALID || !gv_schema_is_quick(e))
		v = gv_schema_both(v, eval_unevaluated(e, s, n, &own));
	if (m && v != GV_SCHEMA_INVALID)
		gv_schema_marks_add(e, m, &own);
	gv_schema_marks_close(e, &own);
	return v;
}

static bool
has_unevaluated(
    const struct gv_schema_node *s, const struct gv_instance_node *n)
{
	if (n->kind == GV_INSTANCE_MAP)
		return s->maps && s->maps->unevaluated;
	return n->kind == GV_INSTANCE_LIST && s->lists && s->lists->unevaluated;
}

/* How deep in its instance a value is. */
static unsigned
level_of(const struct gv_schema_run *e, const struct gv_instance_node *n)
{
	uint32_t up = n->parent;
	unsigned level = 0;

	for (; up != GV_DOC_NONE; up = e->in->nodes[up].parent)
		level++;
	return level;
}

static enum gv_schema_verdict
stop(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	if (e->is_stopped)
		return GV_SCHEMA_UNKNOWN;
	e->is_stopped = true;
	if (e->steps > e->steps_max)
		return gv_schema_unsure(e, s, n, "",
		    "checking it would take more than %llu steps",
		    (unsigned long long)e->steps_max);
	if (level_of(e, n) * 2 < e->depth / 2)
		return gv_schema_unsure(e, s, n, "$ref",
		    "the schema refers to itself, or through more than %d "
		    "others",
		    GV_SCHEMA_DEPTH_MAX);
	return gv_schema_unsure(e, s, n, "", "schemas nest deeper than %d here",
	    GV_SCHEMA_DEPTH_MAX);
}

/* As a schema that is not simple. */
static enum gv_schema_verdict
eval_within(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	const struct gv_schema_scope scope = { s->resource, e->scope };
	const struct gv_schema_scope *const outer = e->scope;
	enum gv_schema_verdict v;

	if (e->s->has_dynamic &&
	    (outer == NULL || outer->resource != s->resource))
		e->scope = &scope;
	e->depth++;
	if (has_unevaluated(s, n))
		v = eval_marked(e, s, n, m);
	else
		v = eval_parts(e, s, n, m);
	e->depth--;
	e->scope = outer;
	return v;
}

enum gv_schema_verdict
gv_schema_eval(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m)
{
	enum gv_schema_verdict v = GV_SCHEMA_VALID;

	if (++e->steps > e->steps_max || e->is_stopped ||
	    e->depth == GV_SCHEMA_DEPTH_MAX)
		return stop(e, s, n);
	if (n->kind == GV_INSTANCE_OPAQUE) {
		const unsigned kind = 1U << GV_INSTANCE_TEXT;

		if (s->types == 0 || (n->is_text && !(s->types & kind)))
			return wrong_type(e, s, n);
		if (s->is_simple && (s->types == GV_SCHEMA_ANY || n->is_text))
			return GV_SCHEMA_VALID;
		return gv_schema_unsure(
		    e, s, n, "", "its value is not known yet");
	}
	if (s->is_nullable && n->kind == GV_INSTANCE_NULL)
		return GV_SCHEMA_VALID;
	if (!is_type(s, n)) {
		v = wrong_type(e, s, n);
		if (gv_schema_is_quick(e))
			return v;
	}
	return s->is_simple ? v : gv_schema_both(v, eval_within(e, s, n, m));
}

/* ---- the whole ----------------------------------------------------------- */

static uint64_t
steps_of(const struct gv_schema *s, const struct gv_instance *in)
{
	const uint64_t by_size = (uint64_t)in->n * STEPS_EACH;

	if (s->opts.steps)
		return s->opts.steps;
	return by_size > GV_SCHEMA_STEPS_MIN ? by_size : GV_SCHEMA_STEPS_MIN;
}

static int
run(const struct gv_schema *s, const struct gv_instance *in,
    struct gv_schema_report *report, enum gv_schema_verdict *out)
{
	struct gv_schema_run e = {
		.s = s, .in = in, .report = report, .steps_max = steps_of(s, in)
	};

	*out = gv_schema_eval(&e, s->root, in->nodes, NULL);
	free(e.words);
	if (report && e.failed == 0) {
		gv_schema_report_close(report);
		report->steps = e.steps;
	}
	return e.failed;
}

int
gv_schema_judge(const struct gv_schema *s, const struct gv_instance *in,
    enum gv_schema_verdict *out)
{
	return run(s, in, NULL, out);
}

int
gv_schema_check(const struct gv_schema *s, const struct gv_instance *in,
    struct gv_schema_report *out)
{
	enum gv_schema_verdict v;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = run(s, in, NULL, &v)) < 0)
		return r;
	if (v != GV_SCHEMA_VALID && (r = run(s, in, out, &v)) < 0) {
		gv_schema_report_release(out);
		return r;
	}
	out->verdict = v;
	return 0;
}
