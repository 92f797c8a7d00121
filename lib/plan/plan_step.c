#include "plan/plan_internal.h"

#include <string.h>

#include "base/err.h"

const char *const gv_plan_kinds[GV_PLAN_KINDS + 1] = { "run", "restore",
	"secrets", "state", "check", "wait", "approve", "switch", NULL };

static const char *const failures[] = { "stop", "continue", "rollback", NULL };

bool
gv_plan_goes_back(const struct gv_plan_step *s)
{
	return s->has_rollback || s->kind == GV_PLAN_RESTORE ||
	    s->kind == GV_PLAN_STATE || (s->kind == GV_PLAN_SWITCH && s->file);
}

/* ---- commands ------------------------------------------------------------ */

void
gv_plan_read_run(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_command *out)
{
	if (rd->doc->nodes[node].kind != GV_DOC_LIST ||
	    gv_doc_first(rd->doc, node) == GV_DOC_NONE) {
		gv_plan_fault_at(rd, node,
		    "a command is a list, the program first: [make, deploy]; "
		    "for a line of shell write 'shell:'");
		return;
	}
	out->argv = gv_plan_list(rd, node);
}

void
gv_plan_read_shell(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_command *out)
{
	out->shell = gv_plan_text(rd, node);
}

/* ---- keys of a step ------------------------------------------------------ */

struct reading {
	struct gv_plan_step *step;
	uint32_t rollback; /* node; or GV_DOC_NONE */
};

#define TEXT(name, member)                                                     \
	static void name(struct gv_plan_reader *rd, uint32_t node, void *to)   \
	{                                                                      \
		((struct reading *)to)->step->member = gv_plan_text(rd, node); \
	}

#define SPAN(name, member)                                                     \
	static void name(struct gv_plan_reader *rd, uint32_t node, void *to)   \
	{                                                                      \
		((struct reading *)to)->step->member = gv_plan_span(rd, node); \
	}

#define LIST(name, member)                                                     \
	static void name(struct gv_plan_reader *rd, uint32_t node, void *to)   \
	{                                                                      \
		((struct reading *)to)->step->member = gv_plan_list(rd, node); \
	}

TEXT(read_title, name)
TEXT(read_when, when)
TEXT(read_dir, dir)
TEXT(read_snapshot, snapshot)
TEXT(read_into, into)
TEXT(read_stack, stack)
TEXT(read_version, version)
TEXT(read_file, file)
TEXT(read_key, key)
TEXT(read_to, to)
SPAN(read_lasts, lasts)
SPAN(read_timeout, timeout)
SPAN(read_deadline, deadline)
SPAN(read_expected, expected)
LIST(read_paths, paths)
LIST(read_approvers, approvers)

static void
read_id(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->id = gv_plan_name(rd, node);
}

static void
read_kind(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	const int kind =
	    gv_plan_choice(rd, node, gv_plan_kinds, "kind of step");

	if (kind >= 0)
		((struct reading *)to)->step->kind = (enum gv_plan_kind)kind;
}

/* The ids are looked up once all steps are known. */
static void
skip(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	(void)rd;
	(void)node;
	(void)to;
}

static void
read_run(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	gv_plan_read_run(rd, node, &((struct reading *)to)->step->command);
}

static void
read_shell(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	gv_plan_read_shell(rd, node, &((struct reading *)to)->step->command);
}

static void
read_env(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->env = gv_plan_pairs(rd, node);
}

static void
read_preconditions(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	struct gv_plan_step *step = ((struct reading *)to)->step;

	step->preconditions =
	    gv_plan_read_probes(rd, node, &step->n_preconditions);
}

static void
read_check(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	gv_plan_read_probe(rd, node, &((struct reading *)to)->step->probe);
}

static const struct gv_plan_probe *
one_probe(struct gv_plan_reader *rd, uint32_t node)
{
	struct gv_plan_probe *probe;

	if (rd->r < 0)
		return NULL;
	probe = gv_arena_alloc(&rd->plan->arena, sizeof(*probe));
	if (probe == NULL)
		rd->r = GV_ENOMEM;
	else
		gv_plan_read_probe(rd, node, probe);
	return probe;
}

static void
read_before(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->before = one_probe(rd, node);
}

static void
read_after(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->after = one_probe(rd, node);
}

static void
read_caught_up(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->caught_up = one_probe(rd, node);
}

static void
read_approvals(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->approvals =
	    gv_plan_count(rd, node, 1, 100);
}

/* Whether drills run it: "run" or "skip". */
static void
read_drill(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	static const char *const words[] = { "run", "skip", NULL };
	const int word = gv_plan_choice(rd, node, words, "word for drills");

	((struct reading *)to)->step->is_left_out = word == 1;
}

static void
read_once(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->is_once = gv_plan_bool(rd, node);
}

static void
read_as(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	const char *text = gv_plan_text(rd, node);

	if (text && !gv_plan_is_environment(text))
		gv_plan_fault_at(rd, node,
		    "this is no environment: at most 64 letters, digits, '.', "
		    "'-' and '_'");
	((struct reading *)to)->step->as = text;
}

static void
read_replace(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->replaces = gv_plan_bool(rd, node);
}

static void
read_cross_scope(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->step->crosses = gv_plan_bool(rd, node);
}

static void
read_on_failure(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	const int how =
	    gv_plan_choice(rd, node, failures, "answer to a failure");

	if (how >= 0)
		((struct reading *)to)->step->on_failure =
		    (enum gv_plan_failure)how;
}

/* ---- retry --------------------------------------------------------------- */

static void
read_attempts(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan_retry *)to)->attempts =
	    gv_plan_count(rd, node, 1, 1000);
}

static void
read_delay(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan_retry *)to)->delay = gv_plan_span(rd, node);
}

static void
read_max_delay(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan_retry *)to)->max_delay = gv_plan_span(rd, node);
}

static void
read_backoff(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan_retry *)to)->backoff = gv_plan_count(rd, node, 1, 10);
}

static const struct gv_plan_field retry_fields[] = {
	{ "attempts", read_attempts },
	{ "delay", read_delay },
	{ "max_delay", read_max_delay },
	{ "backoff", read_backoff },
	{ .key = NULL },
};

static void
read_retry(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	gv_plan_fields(rd, node, "retry", retry_fields,
	    &((struct reading *)to)->step->retry);
}

/* ---- rollback ------------------------------------------------------------ */

struct back {
	struct gv_plan_step *step;
};

static void
read_back_run(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	gv_plan_read_run(rd, node, &((struct back *)to)->step->rollback);
}

static void
read_back_shell(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	gv_plan_read_shell(rd, node, &((struct back *)to)->step->rollback);
}

static void
read_back_dir(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct back *)to)->step->rollback_in = gv_plan_text(rd, node);
}

static const struct gv_plan_field back_fields[] = {
	{ "run", read_back_run },
	{ "shell", read_back_shell },
	{ "dir", read_back_dir },
	{ .key = NULL },
};

/* A list is a command; a map has `run` or `shell`, and a folder. */
static void
read_rollback(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	struct back in = { ((struct reading *)to)->step };

	in.step->has_rollback = true;
	if (rd->doc->nodes[node].kind == GV_DOC_LIST) {
		gv_plan_read_run(rd, node, &in.step->rollback);
		return;
	}
	gv_plan_fields(rd, node, "rollback", back_fields, &in);
	if (!in.step->rollback.argv == !in.step->rollback.shell)
		gv_plan_fault_at(
		    rd, node, "rollback needs one of 'run' and 'shell'");
}

/* ---- outputs ------------------------------------------------------------- */

static void
read_output_file(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan_output *)to)->file = gv_plan_text(rd, node);
}

static void
read_output_select(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct gv_plan_output *)to)->select = gv_plan_text(rd, node);
}

static const struct gv_plan_field output_fields[] = {
	{ "file", read_output_file },
	{ "select", read_output_select },
	{ .key = NULL },
};

static void
read_output(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_output *out)
{
	*out = (struct gv_plan_output){ .line = gv_plan_line(rd, node),
		.name = gv_plan_key(rd, node) };
	if (out->name && !gv_plan_is_name(out->name))
		gv_plan_fault_at(rd, node, "this is no name");
	if (rd->doc->nodes[node].kind == GV_DOC_SCALAR) {
		if (!gv_doc_is(rd->doc, node, "stdout"))
			gv_plan_fault_at(rd, node,
			    "an output is 'stdout', or a map with 'file' or "
			    "'select'");
		return;
	}
	gv_plan_fields(rd, node, "an output", output_fields, out);
}

static void
read_outputs(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	struct gv_plan_step *step = ((struct reading *)to)->step;
	struct gv_plan_output *all;
	size_t n = 0;
	uint32_t i;

	if (!gv_plan_is_map(rd, node, "outputs"))
		return;
	for (i = gv_doc_first(rd->doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(rd->doc, i))
		n++;
	if (rd->r < 0 || n == 0)
		return;
	all = gv_arena_alloc(&rd->plan->arena, n * sizeof(*all));
	if (all == NULL) {
		rd->r = GV_ENOMEM;
		return;
	}
	step->outputs = all;
	for (i = gv_doc_first(rd->doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(rd->doc, i))
		read_output(rd, i, &all[step->n_outputs++]);
}

/* ---- the step ------------------------------------------------------------ */

static const struct gv_plan_field fields[] = {
	{ "id", read_id },
	{ "name", read_title },
	{ "kind", read_kind },
	{ "needs", skip },
	{ "when", read_when },
	{ "preconditions", read_preconditions },
	{ "run", read_run },
	{ "shell", read_shell },
	{ "env", read_env },
	{ "dir", read_dir },
	{ "snapshot", read_snapshot },
	{ "paths", read_paths },
	{ "into", read_into },
	{ "as", read_as },
	{ "replace", read_replace },
	{ "cross_scope", read_cross_scope },
	{ "stack", read_stack },
	{ "version", read_version },
	{ "check", read_check },
	{ "approvers", read_approvers },
	{ "approvals", read_approvals },
	{ "lasts", read_lasts },
	{ "file", read_file },
	{ "key", read_key },
	{ "to", read_to },
	{ "before", read_before },
	{ "after", read_after },
	{ "caught_up", read_caught_up },
	{ "timeout", read_timeout },
	{ "deadline", read_deadline },
	{ "expected", read_expected },
	{ "retry", read_retry },
	{ "on_failure", read_on_failure },
	{ "rollback", read_rollback },
	{ "once", read_once },
	{ "drill", read_drill },
	{ "outputs", read_outputs },
	{ .key = NULL },
};

void
gv_plan_read_step(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_step *out)
{
	struct reading in = { .step = out };

	out->line = gv_plan_line(rd, node);
	out->kind = GV_PLAN_KINDS;
	out->retry = (struct gv_plan_retry){ .attempts = 1, .backoff = 1 };
	gv_plan_fields(rd, node, "a step", fields, &in);
	if (rd->r < 0)
		return;
	if (gv_doc_get(rd->doc, node, "id") == GV_DOC_NONE)
		gv_plan_fault_at(rd, node, "this step has no 'id'");
	/* what a step is shows in what it has */
	if (out->kind == GV_PLAN_KINDS)
		out->kind = out->probe.kind ? GV_PLAN_CHECK : GV_PLAN_RUN;
}

static void
need(struct gv_plan_reader *rd, uint32_t node, const char *id, uint32_t *needs,
    size_t *n)
{
	const struct gv_plan_step *step = gv_map_get(&rd->ids, id, strlen(id));
	uint32_t to;
	size_t i;

	if (step == NULL) {
		gv_plan_fault_at(rd, node, "no step has the id '%s'", id);
		return;
	}
	to = (uint32_t)(step - rd->plan->steps);
	for (i = 0; i < *n; i++)
		if (needs[i] == to)
			return;
	needs[(*n)++] = to;
}

void
gv_plan_read_needs(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_step *out)
{
	const uint32_t at = gv_doc_get(rd->doc, node, "needs");
	const char *const *ids;
	uint32_t *needs;
	size_t i, n = 0;

	if (at == GV_DOC_NONE || (ids = gv_plan_list(rd, at)) == NULL)
		return;
	while (ids[n])
		n++;
	needs = gv_arena_alloc(&rd->plan->arena, (n + 1) * sizeof(*needs));
	if (needs == NULL) {
		rd->r = GV_ENOMEM;
		return;
	}
	for (i = 0; i < n; i++)
		need(rd, at, ids[i], needs, &out->n_needs);
	out->needs = needs;
}
