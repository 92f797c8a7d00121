#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "plan/plan.h"
#include "plan/plan_fill.h"
#include "plan/plan_order.h"
#include "plan/plan_template.h"

/* Plans as they are read, and what is said about those that are wrong. */

static const char all_kinds[] =
    "title: Restore prod on a new machine\n"
    "environment: prod\n"
    "rto: 4h\n"
    "rpo: 1h\n"
    "jobs: 2\n"
    "env: {TF_IN_AUTOMATION: \"1\"}\n"
    "inputs:\n"
    "  region: eu-west-1\n"
    "  size: {default: small, environments: {prod: large}}\n"
    "  who: {required: true}\n"
    "finally:\n"
    "  - id: tell\n"
    "    when: ${{ result }} != passed && ${{ inputs.region }} == 'eu-west-1'\n"
    "    run: [sh, tell.sh, \"${{ steps.code.result }}\"]\n"
    "steps:\n"
    "  - id: agree\n"
    "    kind: approve\n"
    "    approvals: 2\n"
    "    approvers: [ana, ben]\n"
    "    lasts: 24h\n"
    "  - {id: files, kind: restore, needs: agree, paths: [stacks, .env]}\n"
    "  - {id: keys, kind: secrets, needs: [files]}\n"
    "  - {id: state, kind: state, needs: [files], stack: net,\n"
    "     into: old.tfstate}\n"
    "  - id: code\n"
    "    name: Apply the code\n"
    "    needs: [keys, state]\n"
    "    run: [terraform, apply, -auto-approve]\n"
    "    dir: stacks/net\n"
    "    env: {TF_VAR_region: \"${{ inputs.region }}\"}\n"
    "    preconditions:\n"
    "      - file: stacks/net/main.tf\n"
    "      - variable: AWS_PROFILE\n"
    "      - {command: [terraform, version]}\n"
    "    timeout: 10m\n"
    "    deadline: 1h\n"
    "    retry: {attempts: 3, delay: 5s, backoff: 2, max_delay: 1m}\n"
    "    on_failure: rollback\n"
    "    rollback: [terraform, destroy]\n"
    "    expected: 5m\n"
    "    once: true\n"
    "    outputs:\n"
    "      ip: {select: .ip.value}\n"
    "      log: stdout\n"
    "  - id: up\n"
    "    kind: wait\n"
    "    needs: [code]\n"
    "    check: {http: \"https://${{ steps.code.outputs.ip }}/health\",\n"
    "            status: 200, expect: ok, within: 5s}\n"
    "    deadline: 10m\n"
    "  - id: traffic\n"
    "    kind: switch\n"
    "    needs: [up]\n"
    "    file: dns.yaml\n"
    "    key: records.www\n"
    "    to: ${{ steps.code.outputs.ip }}\n"
    "    before: {tcp: \"db:5432\"}\n"
    "    after: {tls: \"www:443\", days: 14}\n";

static struct gv_plan
read_plan(const char *text)
{
	struct gv_plan plan;

	assert_int_equal(gv_plan_read(&plan, "p", text, strlen(text)), 0);
	return plan;
}

static void
reads_every_kind(void **state)
{
	struct gv_plan plan = read_plan(all_kinds);
	const struct gv_plan_step *s;

	(void)state;
	assert_int_equal(plan.n_faults, 0);
	assert_int_equal(plan.n, 8);
	assert_int_equal(plan.rto, 4 * 3600);
	assert_int_equal(plan.jobs, 2);
	assert_string_equal(plan.env[0], "TF_IN_AUTOMATION=1");
	assert_int_equal(plan.n_inputs, 3);
	assert_string_equal(plan.inputs[1].by_environment[1], "large");
	assert_true(plan.inputs[2].is_required);
	s = &plan.steps[gv_plan_find(&plan, "code")];
	assert_int_equal(s->n_needs, 2);
	assert_string_equal(s->command.argv[2], "-auto-approve");
	assert_int_equal(s->retry.attempts, 3);
	assert_int_equal(s->on_failure, GV_PLAN_ROLLBACK);
	assert_int_equal(s->n_preconditions, 3);
	assert_int_equal(s->preconditions[2].kind, GV_PLAN_PROBE_COMMAND);
	assert_string_equal(s->outputs[0].select, ".ip.value");
	assert_true(s->is_once);
	assert_int_equal(plan.steps[5].probe.kind, GV_PLAN_PROBE_HTTP);
	assert_string_equal(plan.steps[5].probe.expect, "ok");
	assert_true(plan.steps[7].is_final);
	assert_int_equal(plan.steps[0].lasts, 86400);
	gv_plan_release(&plan);
}

#define STEPS "environment: prod\nsteps:\n"

static const struct {
	unsigned line;
	const char *what, *text;
} faults[] = {
	{ 1, "one document", "" },
	{ 1, "needs 'steps'", "title: x\n" },
	{ 1, "has to be a map", "- a\n" },
	{ 2, "no such key; did you mean 'steps'", "title: x\nstep: []\n" },
	{ 1, "needs a step", "steps: []\n" },
	{ 1, "a list of steps", "steps: {a: 1}\n" },
	{ 3, "no 'id'", STEPS "  - run: [x]\n" },
	{ 3, "no name", STEPS "  - {id: 'a b', run: [x]}\n" },
	{ 4, "has the id 'a' already",
	    STEPS "  - {id: a, run: [x]}\n  - {id: a, run: [x]}\n" },
	{ 3, "did you mean 'restore'",
	    STEPS "  - {id: a, kind: restor, run: [x]}\n" },
	{ 3, "did you mean 'needs'", STEPS "  - {id: a, need: b, run: [x]}\n" },
	{ 3, "no step has the id 'b'",
	    STEPS "  - {id: a, needs: [b], run: [x]}\n" },
	{ 3, "a needs b needs a",
	    STEPS "  - {id: a, needs: [b], run: [x]}\n"
		  "  - {id: b, needs: [a], run: [x]}\n" },
	{ 3, "a needs a", STEPS "  - {id: a, needs: [a], run: [x]}\n" },
	{ 3, "a command is a list", STEPS "  - {id: a, run: make all}\n" },
	{ 3, "needs 'run' or 'shell'", STEPS "  - {id: a}\n" },
	{ 3, "not both", STEPS "  - {id: a, run: [x], shell: y}\n" },
	{ 3, "has no 'paths'", STEPS "  - {id: a, run: [x], paths: [y]}\n" },
	{ 3, "stands twice", STEPS "  - {id: a, run: [x], run: [y]}\n" },
	{ 3, "no time", STEPS "  - {id: a, run: [x], timeout: soon}\n" },
	{ 3, "a number from 1 to 1000",
	    STEPS "  - {id: a, run: [x], retry: {attempts: 0}}\n" },
	{ 3, "shorter than the 'timeout'",
	    STEPS "  - {id: a, run: [x], timeout: 2m, deadline: 1m}\n" },
	{ 3, "shorter than 'delay'",
	    STEPS "  - {id: a, run: [x], retry: {attempts: 2, delay: 9s, "
		  "max_delay: 1s}}\n" },
	{ 3, "'attempts' are all tries",
	    STEPS "  - {id: a, run: [x], retry: {delay: 9s}}\n" },
	{ 3, "needs a 'deadline'",
	    STEPS "  - {id: a, kind: wait, check: {file: x}}\n" },
	{ 3, "asks nothing", STEPS "  - {id: a, check: {days: 3}}\n" },
	{ 3, "asks one thing",
	    STEPS "  - {id: a, check: {tcp: 'a:1', http: 'http://a'}}\n" },
	{ 3, "needs HOST:PORT", STEPS "  - {id: a, check: {tcp: a}}\n" },
	{ 3, "needs a 'query'",
	    STEPS "  - {id: a, check: {prometheus: 'http://a'}}\n" },
	{ 3, "'days' belongs to 'tls'",
	    STEPS "  - {id: a, check: {tcp: 'a:1', days: 3}}\n" },
	{ 3, "as 'file'", STEPS "  - {id: a, check: {key: a.b}}\n" },
	{ 3, "is in 'finally'",
	    STEPS "  - {id: a, needs: [z], run: [x]}\n"
		  "finally:\n  - {id: z, run: [x]}\n" },
	{ 3, "takes nothing back",
	    STEPS "  - {id: a, run: [x], on_failure: rollback}\n" },
	{ 3, "no input 'x'",
	    STEPS "  - {id: a, run: [x, '${{ inputs.x }}']}\n" },
	{ 3, "no reference", STEPS "  - {id: a, run: [x, '${{ y.x }}']}\n" },
	{ 3, "no reference", STEPS "  - {id: a, run: [x, '${{ plan']}\n" },
	{ 4, "has to need it",
	    STEPS "  - {id: a, run: [x], outputs: {o: stdout}}\n"
		  "  - {id: b, run: [x, '${{ steps.a.outputs.o }}']}\n" },
	{ 4, "has no output 'q'",
	    STEPS "  - {id: a, run: [x], outputs: {o: stdout}}\n"
		  "  - {id: b, needs: [a], run: [x, "
		  "'${{ steps.a.outputs.q }}']}\n" },
	{ 3, "known to the steps of 'finally' only",
	    STEPS "  - {id: a, run: [x, '${{ result }}']}\n" },
	{ 3, "by its environment",
	    STEPS "  - {id: a, shell: 'rm ${{ plan }}'}\n" },
	{ 3, "'when' cannot be read",
	    STEPS "  - {id: a, run: [x], when: 'a || b'}\n" },
	{ 2, "needs a 'snapshot'", "steps:\n  - {id: a, kind: restore}\n" },
	{ 2, "needs the plan's 'environment'",
	    "steps:\n  - {id: a, kind: approve, approvals: 1}\n" },
	{ 3, "or a command", STEPS "  - {id: a, kind: switch}\n" },
	{ 3, "needs 'file', 'key' and 'to'",
	    STEPS "  - {id: a, kind: switch, file: x}\n" },
	{ 3, "switches back", STEPS "  - {id: a, kind: switch, run: [x]}\n" },
	{ 3, "rollback needs one of",
	    STEPS "  - {id: a, run: [x], rollback: {dir: x}}\n" },
	{ 3, "an output is 'stdout'",
	    STEPS "  - {id: a, run: [x], outputs: {o: stderr}}\n" },
	{ 3, "this has to be a text", STEPS "  - {id: [a], run: [x]}\n" },
	{ 3, "this has to be a text", STEPS "  - {id: a, run: [x, {y: z}]}\n" },
	{ 3, "this has to be a text", STEPS "  - {id: a, kind: [run]}\n" },
	{ 3, "this has to be a text",
	    STEPS "  - {id: a, run: [x], timeout: [1m]}\n" },
	{ 3, "this has to be a text",
	    STEPS "  - {id: a, run: [x], env: {A: [b]}}\n" },
	{ 3, "this has to be a list of texts",
	    STEPS "  - {id: a, needs: {b: c}, run: [x]}\n" },
	{ 3, "the text has a NUL in it",
	    STEPS "  - {id: a, run: [x, \"y\\0z\"]}\n" },
	{ 3, "the text has a NUL in it",
	    STEPS "  - {id: a, run: [x], \"y\\0\": z}\n" },
	{ 3, "this is no name",
	    STEPS "  - {id: a, run: [x], env: {'A B': c}}\n" },
	{ 3, "this has to be a map", STEPS "  - {id: a, run: [x], env: A}\n" },
};

static void
names_what_is_wrong(void **state)
{
	struct gv_plan plan;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		plan = read_plan(faults[i].text);
		if (plan.n_faults == 0 ||
		    plan.faults[0].line != faults[i].line ||
		    !strstr(plan.faults[0].what, faults[i].what))
			fail_msg("%s: want %u: %s; got %u: %s", faults[i].text,
			    faults[i].line, faults[i].what,
			    plan.n_faults ? plan.faults[0].line : 0,
			    plan.n_faults ? plan.faults[0].what : "nothing");
		gv_plan_release(&plan);
	}
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* A plan with some of its bytes changed is read to its end, whatever it is
 * then. */
static void
survives_what_is_malformed(void **state)
{
	static const char signs[] = "{}[]:,-'\"\n \t#&*!|>%$a0";
	char text[sizeof(all_kinds)];
	struct gv_plan plan;
	uint32_t seed = 7;
	int i, k;

	(void)state;
	for (i = 0; i < 300; i++) {
		memcpy(text, all_kinds, sizeof(text));
		for (k = 0; k <= i % 4; k++)
			text[next_random(&seed) % (sizeof(text) - 1)] =
			    signs[next_random(&seed) % (sizeof(signs) - 1)];
		plan = read_plan(text);
		for (k = 0; k < (int)plan.n_faults; k++)
			assert_true(plan.faults[k].line > 0);
		gv_plan_release(&plan);
	}
}

static void
takes_ten_thousand_steps(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_plan plan;
	struct gv_plan_order order;
	int i;

	(void)state;
	gv_buf_addstr(&text, "steps:\n");
	for (i = 0; i < 10000; i++)
		gv_buf_addf(&text, "- {id: s%d, run: [x]%s%d%s}\n", i,
		    i ? ", needs: [s" : ", expected: ", i ? i - 1 : 9,
		    i ? "]" : "s");
	assert_int_equal(gv_plan_read(&plan, "p", text.p, text.len), 0);
	assert_int_equal(plan.n_faults, 0);
	assert_int_equal(plan.n, 10000);
	assert_int_equal(gv_plan_order(&order, &plan), 0);
	assert_int_equal(order.steps[9999], 9999);
	gv_plan_order_release(&order);
	gv_plan_release(&plan);
	gv_buf_addstr(&text, "- {id: more, run: [x]}\n");
	assert_int_equal(gv_plan_read(&plan, "p", text.p, text.len), 0);
	assert_string_equal(
	    plan.faults[0].what, "a plan has at most 10000 steps");
	gv_plan_release(&plan);
	gv_buf_release(&text);
}

static void
names_the_critical_path(void **state)
{
	struct gv_plan plan =
	    read_plan("jobs: 2\n"
		      "steps:\n"
		      "- {id: a, run: [x], expected: 1m}\n"
		      "- {id: b, run: [x], expected: 5m}\n"
		      "- {id: c, run: [x], needs: [a], expected: 1m}\n"
		      "- {id: d, run: [x], needs: [b, c], expected: 2m}\n"
		      "- {id: e, run: [x]}\n"
		      "finally:\n"
		      "- {id: f, run: [x], expected: 30s}\n"
		      "- {id: g, run: [x], expected: 20s}\n");
	const int64_t lengths[] = { 600, -1, -1, -1, 0, -1, -1 };
	struct gv_plan_order order;
	struct gv_plan_estimate e;

	(void)state;
	assert_int_equal(plan.n_faults, 0);
	assert_int_equal(gv_plan_order(&order, &plan), 0);
	assert_int_equal(gv_plan_estimate(&e, &plan, &order, NULL), 0);
	assert_int_equal(e.least, 450);
	assert_int_equal(e.total, 450);
	assert_int_equal(e.n_unknown, 1);
	assert_int_equal(e.n_critical, 3);
	assert_string_equal(plan.steps[e.critical[0]].id, "b");
	assert_string_equal(plan.steps[e.critical[2]].id, "f");
	free(e.critical);
	assert_int_equal(gv_plan_estimate(&e, &plan, &order, lengths), 0);
	assert_int_equal(e.least, 810);
	assert_int_equal(e.n_unknown, 0);
	assert_string_equal(plan.steps[e.critical[0]].id, "a");
	free(e.critical);
	gv_plan_order_release(&order);
	gv_plan_release(&plan);
}

/* ---- references and conditions ------------------------------------------- */

static int
look(struct gv_buf *out, void *ctx, const struct gv_plan_part *part)
{
	(void)ctx;
	if (part->kind == GV_PLAN_PART_INPUT)
		gv_buf_add(out, part->name, part->name_len);
	else if (part->kind == GV_PLAN_PART_OUTPUT)
		gv_buf_addstr(out, "${{ plan }} && x == y");
	return 0;
}

static void
puts_values_in_once(void **state)
{
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(
	    gv_plan_template_expand(
		&out, "a ${{inputs.b}} ${{ steps.s.outputs.o }}$", look, NULL),
	    0);
	assert_string_equal(out.p, "a b ${{ plan }} && x == y$");
	gv_buf_release(&out);
}

static void
judges_conditions(void **state)
{
	static const struct {
		const char *text;
		int holds; /* -1: it cannot be read */
	} cases[] = {
		{ "a == a", 1 },
		{ "a == b", 0 },
		{ "a != b && b != a", 1 },
		{ "a != b && a == b", 0 },
		{ "${{ inputs.x }} == x", 1 },
		{ "\"${{ inputs.x }}-1\" == 'x-1'", 1 },
		{ "${{ steps.s.outputs.o }} == x", 0 },
		{ "'' == \"\"", 1 },
		{ "${{ plan }}", 0 },
		{ "yes", 1 },
		{ "false", 0 },
		{ "0", 0 },
		{ "", -1 },
		{ "a ==", -1 },
		{ "a == b c", -1 },
		{ "a || b", -1 },
		{ "a &&", -1 },
		{ "'a", -1 },
		{ "${{ a", -1 },
	};
	bool holds;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *what = gv_plan_condition_check(cases[i].text);

		if ((what == NULL) != (cases[i].holds >= 0))
			fail_msg("%s: %s", cases[i].text, what);
		if (what)
			continue;
		assert_int_equal(
		    gv_plan_condition_holds(&holds, cases[i].text, look, NULL),
		    0);
		if (holds != (cases[i].holds == 1))
			fail_msg("%s: %d", cases[i].text, holds);
	}
}

static const char *
find_part(const char *name)
{
	return strcmp(name, "part") == 0 ? "# about\n  # of @env@\n" : NULL;
}

static void
fills_templates(void **state)
{
	static const uint32_t first[] = { 0, 1 };
	static const struct gv_plan_fact components[] = {
		{ .name = "live/net", .kind = "terraform", .dir = "live/net" },
		{ .name = "live.net", .kind = "terraform", .dir = "live.net" },
		{ .name = "a \"b\": ${{ \n",
		    .kind = "chart",
		    .dir = ".",
		    .values = "- x",
		    .needs = first,
		    .n_needs = 2 },
	};
	struct gv_plan_facts facts = { .environment = "prod",
		.rto = 14400,
		.rpo = 90,
		.components = components,
		.n_components = 3,
		.find = find_part };
	static const char text[] = "# about\nt: @rto@ @rpo@\n#! use part\n"
				   "#! base files\n"
				   "#! for component go\n"
				   "- @id@ @needs@ @dir@ @name@\n"
				   "#! if values\n  v: @values@\n#! fi\n"
				   "#! if !values\n  none\n#! fi\n"
				   "#! done\n"
				   "#! if state\nnever\n#! fi\n"
				   "all: @components:go@ @states:x@ @base@\n";
	static const char *const wrong[] = { "@odd@\n", "#! odd\n",
		"#! if state\n", "#! use none\n", "#! for component x\n" };
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	(void)state;
	assert_int_equal(gv_plan_fill(&out, text, &facts), 0);
	assert_string_equal(out.p,
	    "# about\nt: 4h 90s\n  # of prod\n"
	    "- go-live-net [files] live/net live/net\n  none\n"
	    "- go-live-net-1 [files] live.net live.net\n  none\n"
	    "- go-a--b---------2 [go-live-net, go-live-net-1] \".\" "
	    "\"a \\\"b\\\": ${{ \\x0a\"\n  v: \"- x\"\n"
	    "all: [go-live-net, go-live-net-1, go-a--b---------2] [files] "
	    "[files]\n");
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(
		    gv_plan_fill(&out, wrong[i], &facts), GV_ENOTFOUND);
	facts.environment = "a: b";
	assert_int_equal(gv_plan_fill(&out, text, &facts), GV_EREFUSED);
	gv_buf_release(&out);
}

UNIT(plan)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kind),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(survives_what_is_malformed),
		cmocka_unit_test(takes_ten_thousand_steps),
		cmocka_unit_test(names_the_critical_path),
		cmocka_unit_test(puts_values_in_once),
		cmocka_unit_test(judges_conditions),
		cmocka_unit_test(fills_templates),
	};

	return UNIT_RUN(tests);
}
