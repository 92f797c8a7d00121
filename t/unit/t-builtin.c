#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "helper/rules.h"
#include "scan/builtin.h"
#include "scan/rule.h"
#include "unit.h"

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

UNIT(builtin)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_the_rules_in_the_program_are_those_of_the_files),
	};

	return UNIT_RUN(tests);
}
