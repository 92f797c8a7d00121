#include "plan/plan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/* ---- inputs -------------------------------------------------------------- */

static void
read_value(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan_input *)to)->value = gv_plan_text(rd, node);
}

static void
read_required(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan_input *)to)->is_required = gv_plan_bool(rd, node);
}

/* NAME=VALUE becomes two texts. */
static void
read_by_environment(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	struct gv_plan_input *input = to;
	const char *const *pairs = gv_plan_pairs(rd, node);
	const char **all, *eq;
	size_t n = 0, i;

	if (pairs == NULL)
		return;
	while (pairs[n])
		n++;
	all = gv_arena_alloc(&rd->plan->arena, (2 * n + 1) * sizeof(*all));
	if (all == NULL) {
		rd->r = GV_ENOMEM;
		return;
	}
	for (i = 0; i < n; i++) {
		eq = strchr(pairs[i], '=');
		all[2 * i] =
		    gv_plan_keep(rd, pairs[i], (size_t)(eq - pairs[i]));
		all[2 * i + 1] = eq + 1;
	}
	input->by_environment = all;
}

static const struct gv_plan_field input_fields[] = {
	{ "default", read_value },
	{ "required", read_required },
	{ "environments", read_by_environment },
	{ .key = NULL },
};

/* An input is its default, or a map. */
static void
read_input(struct gv_plan_reader *rd, uint32_t node)
{
	struct gv_plan *plan = rd->plan;
	struct gv_plan_input *input;

	if (rd->r < 0 ||
	    (rd->r = GV_GROW(plan->inputs, plan->n_inputs, plan->cap_inputs)) <
		0)
		return;
	input = &plan->inputs[plan->n_inputs];
	*input = (struct gv_plan_input){ .line = gv_plan_line(rd, node),
		.name = gv_plan_key(rd, node) };
	if (input->name == NULL)
		return;
	if (!gv_plan_is_name(input->name)) {
		gv_plan_fault_at(rd, node, "this is no name");
		return;
	}
	plan->n_inputs++;
	if (rd->doc->nodes[node].kind == GV_DOC_MAP)
		gv_plan_fields(rd, node, "an input", input_fields, input);
	else
		input->value = gv_plan_text(rd, node);
}

static void
read_inputs(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	uint32_t i;

	(void)to;
	if (!gv_plan_is_map(rd, node, "inputs"))
		return;
	for (i = gv_doc_first(rd->doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(rd->doc, i))
		read_input(rd, i);
}

/* ---- steps --------------------------------------------------------------- */

static void
add_steps(struct gv_plan_reader *rd, uint32_t list, bool is_final)
{
	struct gv_plan *plan = rd->plan;
	uint32_t i;

	if (rd->doc->nodes[list].kind != GV_DOC_LIST) {
		gv_plan_fault_at(rd, list, "this has to be a list of steps");
		return;
	}
	for (i = gv_doc_first(rd->doc, list); rd->r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(rd->doc, i)) {
		if (plan->n == GV_PLAN_STEPS_MAX) {
			gv_plan_fault_at(rd, i, "a plan has at most %d steps",
			    GV_PLAN_STEPS_MAX);
			return;
		}
		if ((rd->r = GV_GROW(plan->steps, plan->n, plan->cap)) < 0)
			return;
		plan->steps[plan->n] =
		    (struct gv_plan_step){ .is_final = is_final };
		gv_plan_read_step(rd, i, &plan->steps[plan->n++]);
	}
}

/* `finally` may stand in front of `steps`, and comes behind them all the same.
 */
static void
skip(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	(void)rd;
	(void)node;
	(void)to;
}

static void
add_needs(struct gv_plan_reader *rd, uint32_t list, size_t *at)
{
	uint32_t i;

	if (rd->doc->nodes[list].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(rd->doc, list);
	     rd->r == 0 && i != GV_DOC_NONE && *at < rd->plan->n;
	     i = gv_doc_next(rd->doc, i))
		gv_plan_read_needs(rd, i, &rd->plan->steps[(*at)++]);
}

static void
hold_ids(struct gv_plan_reader *rd)
{
	struct gv_plan *plan = rd->plan;
	const struct gv_plan_step *first;
	size_t i;

	for (i = 0; rd->r == 0 && i < plan->n; i++) {
		struct gv_plan_step *s = &plan->steps[i];

		if (s->id == NULL)
			continue;
		first = gv_map_get(&rd->ids, s->id, strlen(s->id));
		if (first)
			gv_plan_fault_line(plan, &rd->r, s->line,
			    "the step of line %u has the id '%s' already",
			    first->line, s->id);
		else
			rd->r = gv_map_put(&rd->ids, s->id, strlen(s->id), s);
	}
}

static void
read_steps(struct gv_plan_reader *rd, uint32_t root)
{
	const uint32_t steps = gv_doc_get(rd->doc, root, "steps");
	const uint32_t last = gv_doc_get(rd->doc, root, "finally");
	size_t at = 0;

	if (steps == GV_DOC_NONE) {
		if (rd->plan->n_faults == 0)
			gv_plan_fault_at(rd, root, "a plan needs 'steps'");
		return;
	}
	add_steps(rd, steps, false);
	if (last != GV_DOC_NONE)
		add_steps(rd, last, true);
	if (rd->plan->n == 0 && rd->plan->n_faults == 0)
		gv_plan_fault_at(rd, steps, "a plan needs a step");
	hold_ids(rd);
	add_needs(rd, steps, &at);
	if (last != GV_DOC_NONE)
		add_needs(rd, last, &at);
}

/* ---- the file ------------------------------------------------------------ */

static void
read_title(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan *)to)->title = gv_plan_text(rd, node);
}

static void
read_deprecated(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan *)to)->deprecated = gv_plan_text(rd, node);
}

static void
read_environment(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	const char *text = gv_plan_text(rd, node);

	if (text == NULL || gv_plan_is_environment(text))
		((struct gv_plan *)to)->environment = text;
	else
		gv_plan_fault_at(rd, node,
		    "this is no environment: at most 64 letters, digits, '.', "
		    "'-' and '_'");
}

static void
read_rto(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan *)to)->rto = gv_plan_span(rd, node);
}

static void
read_rpo(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan *)to)->rpo = gv_plan_span(rd, node);
}

static void
read_every(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan *)to)->every = gv_plan_span(rd, node);
}

static void
read_jobs(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan *)to)->jobs =
	    gv_plan_count(rd, node, 1, GV_PLAN_JOBS_MAX);
}

static void
read_env(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan *)to)->env = gv_plan_pairs(rd, node);
}

static const struct gv_plan_field fields[] = {
	{ "title", read_title },
	{ "deprecated", read_deprecated },
	{ "environment", read_environment },
	{ "rto", read_rto },
	{ "rpo", read_rpo },
	{ "every", read_every },
	{ "jobs", read_jobs },
	{ "env", read_env },
	{ "inputs", read_inputs },
	{ "steps", skip },
	{ "finally", skip },
	{ .key = NULL },
};

static void
read_root(struct gv_plan_reader *rd)
{
	const struct gv_doc *doc = rd->doc;
	size_t i, line, column;

	for (i = 0; i < doc->n_errors && rd->r == 0; i++) {
		gv_doc_where(doc, doc->errors[i].at, &line, &column);
		gv_plan_fault_line(rd->plan, &rd->r, (uint32_t)line, "%s",
		    doc->errors[i].what);
	}
	if (rd->plan->n_faults)
		return;
	if (doc->n_parts != 1 || doc->parts[0].node == GV_DOC_NONE) {
		gv_plan_fault_line(rd->plan, &rd->r, 1,
		    "a plan is one document of YAML, with 'steps'");
		return;
	}
	gv_plan_fields(rd, doc->parts[0].node, "a plan", fields, rd->plan);
	if (rd->r == 0 && doc->nodes[doc->parts[0].node].kind == GV_DOC_MAP)
		read_steps(rd, doc->parts[0].node);
}

static int
by_line(const void *a, const void *b)
{
	const struct gv_plan_fault *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

int
gv_plan_read(
    struct gv_plan *out, const char *name, const char *text, size_t len)
{
	struct gv_plan_reader rd = { .plan = out, .ids = GV_MAP_INIT };
	struct gv_doc doc;

	*out = (struct gv_plan){ .arena = GV_ARENA_INIT, .jobs = 1 };
	out->name = gv_plan_keep(&rd, name, strlen(name));
	if (rd.r < 0)
		return rd.r;
	if (len > GV_PLAN_SIZE_MAX) {
		gv_plan_fault_line(out, &rd.r, 1, "a plan has at most 1 MiB");
		return rd.r;
	}
	rd.r = gv_doc_read(&doc, GV_DOC_FORMAT_YAML, text, len, NULL);
	if (rd.r < 0)
		return rd.r;
	rd.doc = &doc;
	read_root(&rd);
	gv_doc_release(&doc);
	if (rd.r == 0 && out->n_faults == 0)
		rd.r = gv_plan_lint(out, &rd.ids);
	gv_map_release(&rd.ids);
	if (out->n_faults)
		qsort(
		    out->faults, out->n_faults, sizeof(*out->faults), by_line);
	return rd.r;
}

int
gv_plan_unread(struct gv_plan *out, const char *name, const char *why)
{
	struct gv_plan_reader rd = { .plan = out };

	*out = (struct gv_plan){ .arena = GV_ARENA_INIT, .jobs = 1 };
	out->name = gv_plan_keep(&rd, name, strlen(name));
	if (rd.r == 0)
		gv_plan_fault_line(out, &rd.r, 1, "%s", why);
	return rd.r;
}

int
gv_plan_add_fault(struct gv_plan *plan, uint32_t line, const char *what)
{
	int r = 0;

	gv_plan_fault_line(plan, &r, line, "%s", what);
	return r;
}

void
gv_plan_release(struct gv_plan *plan)
{
	free(plan->inputs);
	free(plan->steps);
	free(plan->faults);
	gv_arena_release(&plan->arena);
	memset(plan, 0, sizeof(*plan));
}

uint32_t
gv_plan_find(const struct gv_plan *plan, const char *id)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->steps[i].id && strcmp(plan->steps[i].id, id) == 0)
			return (uint32_t)i;
	return GV_PLAN_NONE;
}
