#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "helper/rules.h"
#include "scan/builtin.h"
#include "scan/frozen.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/ruleset_internal.h"

static void
same_text(const char *id, const char *a, const char *b)
{
	if (a == NULL || b == NULL ? a != b : strcmp(a, b) != 0)
		fail_msg("%s: '%s' is not '%s'", id, a, b);
}

static void
same_list(const char *id, const char *const *a, const char *const *b)
{
	if (a == NULL || b == NULL) {
		assert_ptr_equal(a, b);
		return;
	}
	for (; *a || *b; a++, b++)
		same_text(id, *a, *b);
}

/* The flags and numbers of a rule, in one line. */
static const char *
line_of(char out[128], const struct gv_rule *r)
{
	snprintf(out, 128, "%d %d %d %d %d %u %u-%u %d %d %u", (int)r->way,
	    (int)r->kind, (int)r->severity, r->is_likely, r->nocase, r->group,
	    r->offset_min, r->offset_max, r->open_before, r->open_after,
	    r->entropy);
	return out;
}

static void
test_the_rules_in_the_program_are_those_of_the_files(void **state)
{
	struct gv_rules rules = GV_RULES_INIT, builtin = GV_RULES_INIT;
	char x[128], y[128];
	size_t i;

	(void)state;
	if (rules_load(&rules, NULL) < 0)
		fail_msg("%s", gv_err_message());
	assert_true(rules.n > 800);
	assert_int_equal(gv_builtin_load(&builtin), 0);
	assert_int_equal(builtin.n, rules.n);
	for (i = 0; i < rules.n; i++) {
		const struct gv_rule *a = &builtin.rules[i];
		const struct gv_rule *b = &rules.rules[i];

		same_text(b->id, a->id, b->id);
		same_text(b->id, a->description, b->description);
		same_text(b->id, a->provider, b->provider);
		same_text(b->id, a->remediation, b->remediation);
		same_text(b->id, a->pattern, b->pattern);
		same_text(b->id, a->scanner, b->scanner);
		same_text(b->id, a->validator, b->validator);
		same_list(b->id, a->anchors, b->anchors);
		same_list(b->id, a->names, b->names);
		same_list(b->id, a->context, b->context);
		same_text(b->id, line_of(x, a), line_of(y, b));
	}
	gv_rule_release(&builtin);
	gv_rule_release(&rules);
}

/* Both lists, and what both gates know of them. */
static void
same_lists(const struct gv_ruleset_list *a, const struct gv_ruleset_list *b)
{
	size_t i, k;

	assert_int_equal(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		const struct gv_ruleset_literal *x = &a->p[i], *y = &b->p[i];

		same_text(y->text, x->text, y->text);
		assert_int_equal(x->len, y->len);
		assert_int_equal(x->nocase, y->nocase);
		assert_int_equal(x->n, y->n);
		for (k = 0; k < x->n; k++) {
			assert_int_equal(x->uses[k].rule, y->uses[k].rule);
			assert_int_equal(x->uses[k].job, y->uses[k].job);
		}
	}
}

static void
same_gates(const struct gv_frozen_list *frozen,
    const struct gv_ruleset_list *list, enum gv_gate_way way)
{
	const struct gv_gate_tables *a = &frozen->gates[way], *b;
	struct gv_gate *gate;
	size_t i, n;

	assert_int_equal(gv_gate_make(&gate, list->in_gate, list->n, way), 0);
	b = gv_gate_tables(gate);
	n = b->first[GV_GATE_GRAMS];
	assert_memory_equal(a->table, b->table, GV_GATE_GRAMS);
	assert_memory_equal(
	    a->first, b->first, (GV_GATE_GRAMS + 1) * sizeof(*b->first));
	assert_memory_equal(
	    a->pairs, b->pairs, GV_GATE_PAIRS * sizeof(*b->pairs));
	for (i = 0; i < n; i++) {
		assert_true(a->entries[i].fold == b->entries[i].fold &&
		    a->entries[i].mask == b->entries[i].mask &&
		    a->entries[i].value == b->entries[i].value);
		assert_int_equal(a->entries[i].literal, b->entries[i].literal);
		assert_int_equal(a->entries[i].len, b->entries[i].len);
		assert_int_equal(a->entries[i].back, b->entries[i].back);
	}
	gv_gate_free(gate);
}

static void
test_what_was_prepared_is_what_would_be_made(void **state)
{
	struct gv_rules builtin = GV_RULES_INIT;
	struct gv_ruleset *thawed, *made;
	int way;

	(void)state;
	/* a cross compiler has them from a machine with the other byte first */
	if (gv_builtin_frozen.order != GV_FROZEN_ORDER)
		skip();
	assert_int_equal(gv_builtin_load(&builtin), 0);
	assert_int_equal(
	    gv_builtin_ruleset(&thawed, builtin.rules, builtin.n, &builtin), 0);
	assert_int_equal(gv_ruleset_new(&made, builtin.rules, builtin.n), 0);
	assert_null(thawed->memory);
	assert_non_null(made->memory);
	same_lists(&thawed->texts, &made->texts);
	same_lists(&thawed->paths, &made->paths);
	same_lists(&thawed->names, &made->names);
	assert_int_equal(thawed->comment, made->comment);
	assert_ptr_equal(thawed->generic, made->generic);
	for (way = 0; way < GV_GATE_WAYS; way++) {
		same_gates(&gv_builtin_frozen.texts, &made->texts,
		    (enum gv_gate_way)way);
		same_gates(&gv_builtin_frozen.paths, &made->paths,
		    (enum gv_gate_way)way);
	}
	gv_ruleset_free(thawed);
	gv_ruleset_free(made);
	gv_rule_release(&builtin);
}

/* One left out, or one more: nothing that was prepared fits. */
static void
test_other_rules_are_prepared_as_they_are(void **state)
{
	struct gv_rules builtin = GV_RULES_INIT;
	struct gv_rule *rules;
	struct gv_ruleset *set;
	size_t n;

	(void)state;
	assert_int_equal(gv_builtin_load(&builtin), 0);
	rules = calloc(builtin.n, sizeof(*rules));
	assert_non_null(rules);
	n = builtin.n - 1;
	memcpy(rules, builtin.rules + 1, n * sizeof(*rules));
	assert_int_equal(gv_builtin_ruleset(&set, rules, n, &builtin), 0);
	assert_non_null(set->memory);
	gv_ruleset_free(set);
	rules[n] = builtin.rules[0];
	assert_int_equal(
	    gv_builtin_ruleset(&set, rules, builtin.n, &builtin), 0);
	assert_non_null(set->memory);
	gv_ruleset_free(set);
	free(rules);
	gv_rule_release(&builtin);
}

UNIT(builtin)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_the_rules_in_the_program_are_those_of_the_files),
		cmocka_unit_test(test_what_was_prepared_is_what_would_be_made),
		cmocka_unit_test(test_other_rules_are_prepared_as_they_are),
	};

	return UNIT_RUN(tests);
}
