#include "plan/plan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "plan/plan_order.h"
#include "plan/plan_template.h"

#define BITS 64

struct lint {
	struct gv_plan *plan;
	const struct gv_map *ids; /* steps */
	struct gv_plan_order order;
	uint64_t *above; /* a row for each step: all that it needs, however far
			    away */
	size_t words;    /* of a row */
	int r;
};

#define FAULT(l, s, ...)                                                       \
	gv_plan_fault_line((l)->plan, &(l)->r, (s)->line, __VA_ARGS__)

/* ---- what a kind of step has --------------------------------------------- */

/* Keys that only some kinds have. */
enum has {
	COMMAND = 1 << 0,
	SNAPSHOT = 1 << 1,
	PATHS = 1 << 2,
	INTO = 1 << 3,
	STACK = 1 << 4,
	PROBE = 1 << 5,
	APPROVE = 1 << 6,
	SWITCH = 1 << 7,
	OUTPUTS = 1 << 8,
	DIR = 1 << 9,
	BACK = 1 << 10,
	AS = 1 << 11,
};

static const char *const has_names[] = { "'run' or 'shell'", "'snapshot'",
	"'paths'", "'into'", "'stack' or 'version'", "'check'",
	"'approvers', 'approvals' or 'lasts'",
	"'file', 'key', 'to', 'before', 'after' or 'caught_up'", "'outputs'",
	"'dir'", "'rollback'", "'as', 'replace' or 'cross_scope'" };

static const struct {
	unsigned may, must;
} kinds[GV_PLAN_KINDS] = {
	[GV_PLAN_RUN] = { COMMAND | OUTPUTS | DIR | BACK, COMMAND },
	[GV_PLAN_RESTORE] = { SNAPSHOT | PATHS | INTO | AS | BACK, 0 },
	[GV_PLAN_SECRETS] = { SNAPSHOT, 0 },
	[GV_PLAN_STATE] = { STACK | INTO | BACK, STACK | INTO },
	[GV_PLAN_CHECK] = { PROBE, PROBE },
	[GV_PLAN_WAIT] = { PROBE, PROBE },
	[GV_PLAN_APPROVE] = { APPROVE, 0 },
	[GV_PLAN_SWITCH] = { SWITCH | COMMAND | BACK, 0 },
};

static unsigned
has_of(const struct gv_plan_step *s)
{
	unsigned has = 0;

	has |= s->command.argv || s->command.shell ? COMMAND : 0;
	has |= s->snapshot ? SNAPSHOT : 0;
	has |= s->paths ? PATHS : 0;
	has |= s->into ? INTO : 0;
	has |= s->stack || s->version ? STACK : 0;
	has |= s->probe.kind ? PROBE : 0;
	has |= s->approvers || s->approvals || s->lasts ? APPROVE : 0;
	has |=
	    s->file || s->key || s->to || s->before || s->after || s->caught_up
	    ? SWITCH
	    : 0;
	has |= s->n_outputs ? OUTPUTS : 0;
	has |= s->dir ? DIR : 0;
	has |= s->has_rollback ? BACK : 0;
	has |= s->as || s->replaces || s->crosses ? AS : 0;
	return has;
}

static void
hold_kind(struct lint *l, const struct gv_plan_step *s)
{
	const unsigned has = has_of(s);
	unsigned i;

	for (i = 0; i < sizeof(has_names) / sizeof(*has_names); i++) {
		if (has & ~kinds[s->kind].may & 1U << i)
			FAULT(l, s, "a step of kind %s has no %s",
			    gv_plan_kinds[s->kind], has_names[i]);
		if (~has & kinds[s->kind].must & 1U << i)
			FAULT(l, s, "a step of kind %s needs %s",
			    gv_plan_kinds[s->kind], has_names[i]);
	}
	if (s->command.argv && s->command.shell)
		FAULT(l, s, "a step has 'run' or 'shell', not both");
	if (s->as == NULL && (s->replaces || s->crosses))
		FAULT(l, s, "'replace' and 'cross_scope' go with 'as'");
}

static void
hold_switch(struct lint *l, const struct gv_plan_step *s)
{
	const bool by_file = s->file || s->key || s->to;
	const bool by_command = s->command.argv || s->command.shell;

	if (s->kind != GV_PLAN_SWITCH)
		return;
	if (by_file == by_command)
		FAULT(
		    l, s, "a switch has 'file', 'key' and 'to', or a command");
	else if (by_file && (!s->file || !s->key || !s->to))
		FAULT(l, s, "a switch in a file needs 'file', 'key' and 'to'");
	if (by_command && !s->has_rollback)
		FAULT(l, s,
		    "a switch by a command needs a 'rollback', which switches "
		    "back");
}

static void
hold_environment(struct lint *l, const struct gv_plan_step *s)
{
	if (l->plan->environment)
		return;
	if ((s->kind == GV_PLAN_RESTORE || s->kind == GV_PLAN_SECRETS) &&
	    s->snapshot == NULL)
		FAULT(l, s,
		    "without the plan's 'environment' this step needs a "
		    "'snapshot'");
	if (s->kind == GV_PLAN_STATE || s->kind == GV_PLAN_APPROVE)
		FAULT(l, s, "a step of kind %s needs the plan's 'environment'",
		    gv_plan_kinds[s->kind]);
}

/* ---- times --------------------------------------------------------------- */

static void
hold_times(struct lint *l, const struct gv_plan_step *s)
{
	const struct gv_plan_retry *again = &s->retry;

	if (s->kind == GV_PLAN_WAIT && s->deadline == 0)
		FAULT(l, s,
		    "a step of kind wait needs a 'deadline', such as 10m: it "
		    "would never end");
	if (s->kind == GV_PLAN_WAIT && again->attempts > 1)
		FAULT(l, s,
		    "a step of kind wait asks until its 'deadline', "
		    "whatever the number of attempts");
	if (s->deadline && s->timeout > s->deadline)
		FAULT(l, s,
		    "'deadline' is for all tries together, and is shorter than "
		    "the 'timeout' of one");
	if (again->max_delay && again->max_delay < again->delay)
		FAULT(l, s, "'max_delay' is shorter than 'delay'");
	if (again->attempts > 1 && again->delay == 0 && again->backoff > 1)
		FAULT(l, s, "'backoff' multiplies 'delay', which is missing");
	if (s->kind != GV_PLAN_WAIT && again->attempts == 1 && again->delay)
		FAULT(l, s,
		    "'attempts' are all tries: with 1 there is no "
		    "second one for the 'delay'");
}

/* ---- needs --------------------------------------------------------------- */

static void
hold_needs(struct lint *l, const struct gv_plan_step *s)
{
	size_t i;

	for (i = 0; i < s->n_needs; i++)
		if (l->plan->steps[s->needs[i]].is_final && !s->is_final)
			FAULT(l, s,
			    "this step needs '%s', which is in 'finally' and "
			    "runs last",
			    l->plan->steps[s->needs[i]].id);
}

static void
tell_cycle(struct lint *l)
{
	const struct gv_plan_order *o = &l->order;
	const struct gv_plan_step *steps = l->plan->steps;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < o->n_cycle && i < 20; i++)
		gv_buf_addf(&path, "%s needs ", steps[o->cycle[i]].id);
	if (i < o->n_cycle)
		gv_buf_addf(&path, "… (%zu more) ", o->n_cycle - i);
	gv_buf_addstr(&path, steps[o->cycle[0]].id);
	if (l->r == 0)
		l->r = gv_buf_check(&path);
	FAULT(l, &steps[o->cycle[0]], "steps need each other: %s", path.p);
	gv_buf_release(&path);
}

/* Rows of bits: what a step needs, and what those need. */
static int
find_above(struct lint *l)
{
	const struct gv_plan *plan = l->plan;
	size_t i, k, w;

	l->words = (plan->n + BITS - 1) / BITS;
	l->above = calloc(plan->n * l->words + 1, sizeof(*l->above));
	if (l->above == NULL)
		return gv_err_nomem();
	for (i = 0; i < l->order.n; i++) {
		const uint32_t at = l->order.steps[i];
		uint64_t *row = l->above + at * l->words;

		for (k = 0; k < plan->steps[at].n_needs; k++) {
			const uint32_t to = plan->steps[at].needs[k];

			for (w = 0; w < l->words; w++)
				row[w] |= l->above[to * l->words + w];
			row[to / BITS] |= (uint64_t)1 << to % BITS;
		}
	}
	return 0;
}

/* ---- references ---------------------------------------------------------- */

static bool
is_named(const char *name, const char *p, size_t len)
{
	return strlen(name) == len && memcmp(name, p, len) == 0;
}

static void
hold_input(struct lint *l, uint32_t line, const struct gv_plan_part *part)
{
	size_t i;

	for (i = 0; i < l->plan->n_inputs; i++)
		if (is_named(
			l->plan->inputs[i].name, part->name, part->name_len))
			return;
	gv_plan_fault_line(l->plan, &l->r, line, "the plan has no input '%.*s'",
	    (int)part->name_len, part->name);
}

static bool
has_output(const struct gv_plan_step *s, const struct gv_plan_part *part)
{
	size_t i;

	for (i = 0; i < s->n_outputs; i++)
		if (s->outputs[i].name &&
		    is_named(s->outputs[i].name, part->name, part->name_len))
			return true;
	return false;
}

/* A step takes from those that it needs: else it could run before them. One of
 * `finally` runs behind all others. */
static void
hold_step(struct lint *l, const struct gv_plan_step *s, uint32_t line,
    const struct gv_plan_part *part)
{
	const struct gv_plan_step *from =
	    gv_map_get(l->ids, part->step, part->step_len);
	size_t i, at = s ? (size_t)(s - l->plan->steps) : 0;

	if (from == NULL) {
		gv_plan_fault_line(l->plan, &l->r, line,
		    "no step has the id '%.*s'", (int)part->step_len,
		    part->step);
		return;
	}
	i = (size_t)(from - l->plan->steps);
	if (s == NULL ||
	    (!(s->is_final && !from->is_final) &&
		!(l->above[at * l->words + i / BITS] >> i % BITS & 1)))
		gv_plan_fault_line(l->plan, &l->r, line,
		    "this takes a value of '%s', so it has to need it",
		    from->id);
	else if (part->kind == GV_PLAN_PART_OUTPUT && !has_output(from, part))
		gv_plan_fault_line(l->plan, &l->r, line,
		    "the step '%s' has no output '%.*s'", from->id,
		    (int)part->name_len, part->name);
}

/* `s` is NULL for what belongs to the plan. */
static void
hold_text(struct lint *l, const struct gv_plan_step *s, uint32_t line,
    const char *text)
{
	struct gv_plan_part part;

	while (text && l->r == 0 && gv_plan_template_next(&part, &text)) {
		if (part.kind == GV_PLAN_PART_BROKEN)
			gv_plan_fault_line(l->plan, &l->r, line,
			    "%.*s is no reference; they are inputs.NAME, "
			    "steps.ID.outputs.NAME, steps.ID.result, "
			    "environment, plan, run, folder and result",
			    (int)(part.len < 60 ? part.len : 60), part.p);
		else if (part.kind == GV_PLAN_PART_INPUT)
			hold_input(l, line, &part);
		else if (part.kind == GV_PLAN_PART_OUTPUT ||
		    part.kind == GV_PLAN_PART_STEP_RESULT)
			hold_step(l, s, line, &part);
		else if (part.kind == GV_PLAN_PART_RESULT &&
		    (s == NULL || !s->is_final))
			gv_plan_fault_line(l->plan, &l->r, line,
			    "the result is known to the steps of 'finally' "
			    "only");
	}
}

static void
hold_texts(struct lint *l, const struct gv_plan_step *s, uint32_t line,
    const char *const *texts)
{
	for (; texts && *texts; texts++)
		hold_text(l, s, line, *texts);
}

/* Nothing that a run brings in becomes a word of a shell. */
static void
hold_command(struct lint *l, const struct gv_plan_step *s, uint32_t line,
    const struct gv_plan_command *command)
{
	hold_texts(l, s, line, command->argv);
	if (command->shell && gv_plan_template_is(command->shell))
		gv_plan_fault_line(l->plan, &l->r, line,
		    "a line of shell takes values by its environment: write "
		    "them into 'env', and \"$NAME\" here");
}

static void
hold_probe(
    struct lint *l, const struct gv_plan_step *s, const struct gv_plan_probe *p)
{
	if (p == NULL)
		return;
	hold_command(l, s, p->line, &p->command);
	hold_text(l, s, p->line, p->subject);
	hold_text(l, s, p->line, p->key);
	hold_text(l, s, p->line, p->expect);
}

static void
hold_references(struct lint *l, const struct gv_plan_step *s)
{
	const char *const texts[] = { s->dir, s->snapshot, s->into, s->stack,
		s->version, s->file, s->key, s->to, s->rollback_in };
	const char *what;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		hold_text(l, s, s->line, texts[i]);
	hold_texts(l, s, s->line, s->env);
	hold_texts(l, s, s->line, s->paths);
	hold_command(l, s, s->line, &s->command);
	hold_command(l, s, s->line, &s->rollback);
	hold_probe(l, s, &s->probe);
	hold_probe(l, s, s->before);
	hold_probe(l, s, s->after);
	hold_probe(l, s, s->caught_up);
	for (i = 0; i < s->n_preconditions; i++)
		hold_probe(l, s, &s->preconditions[i]);
	for (i = 0; i < s->n_outputs; i++)
		hold_text(l, s, s->outputs[i].line, s->outputs[i].file);
	if (s->when == NULL)
		return;
	if ((what = gv_plan_condition_check(s->when)) != NULL)
		FAULT(l, s, "'when' cannot be read: %s", what);
	else
		hold_text(l, s, s->line, s->when);
}

/* ---- the plan ------------------------------------------------------------ */

static void
hold_plan(struct lint *l)
{
	const struct gv_plan *plan = l->plan;
	bool has_back = false;
	size_t i;

	hold_texts(l, NULL, 1, plan->env);
	for (i = 0; i < plan->n; i++)
		has_back = has_back || gv_plan_goes_back(&plan->steps[i]);
	for (i = 0; i < plan->n; i++)
		if (plan->steps[i].on_failure == GV_PLAN_ROLLBACK && !has_back)
			FAULT(l, &plan->steps[i],
			    "'on_failure: rollback' takes nothing back: no "
			    "step has a 'rollback'");
}

int
gv_plan_lint(struct gv_plan *plan, const struct gv_map *ids)
{
	struct lint l = { .plan = plan, .ids = ids };
	size_t i;

	for (i = 0; l.r == 0 && i < plan->n; i++) {
		hold_kind(&l, &plan->steps[i]);
		hold_switch(&l, &plan->steps[i]);
		hold_environment(&l, &plan->steps[i]);
		hold_times(&l, &plan->steps[i]);
		hold_needs(&l, &plan->steps[i]);
	}
	hold_plan(&l);
	if (l.r < 0 || (l.r = gv_plan_order(&l.order, plan)) < 0)
		goto out;
	if (l.order.n_cycle) {
		tell_cycle(&l);
		goto out;
	}
	if ((l.r = find_above(&l)) < 0)
		goto out;
	for (i = 0; l.r == 0 && i < plan->n; i++)
		hold_references(&l, &plan->steps[i]);
out:
	gv_plan_order_release(&l.order);
	free(l.above);
	return l.r;
}
