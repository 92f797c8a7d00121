/* lib/verify/repair_verdict: every set of copies that a value can have, against
 * what must hold of any repair. */
#include "unit.h"

#include "verify/repair_verdict.h"

#define COPIES (GV_REPAIR_COPY_LEFT + 1)

/* The n-th set; false behind the last. An entry that is absent is lost. */
static bool
nth(struct gv_repair_has *has, unsigned n)
{
	*has = (struct gv_repair_has){ .has_sealed = n % 2,
		.has_ref = n / 2 % 2,
		.is_hurt = n / 4 % 2,
		.sealed = n / 8 % COPIES,
		.ref = n / 8 / COPIES % COPIES,
		.line = n / 8 / COPIES / COPIES };
	return has->line < COPIES;
}

static bool
is_possible(const struct gv_repair_has *has)
{
	return (has->has_sealed || has->sealed == GV_REPAIR_COPY_LOST) &&
	    (has->has_ref || has->ref == GV_REPAIR_COPY_LOST) &&
	    has->ref != GV_REPAIR_COPY_SEALED;
}

static enum gv_repair_verdict
judge(const struct gv_repair_has *has)
{
	enum gv_repair_verdict verdict = gv_repair_verdict_of(has);

	return verdict == GV_REPAIR_ASK_LINES ? gv_repair_verdict_of_line(has)
					      : verdict;
}

static bool
may_be_had(enum gv_repair_copy copy)
{
	return copy != GV_REPAIR_COPY_LOST && copy != GV_REPAIR_COPY_GONE;
}

static void
no_copy_that_may_be_had_goes(void **state)
{
	struct gv_repair_has has;
	unsigned n, tried = 0;

	(void)state;
	for (n = 0; nth(&has, n); n++) {
		enum gv_repair_verdict v = judge(&has);
		/* a value that can be had now may cost an entry that may be had
		 * later */
		bool is_better =
		    v == GV_REPAIR_TAKE_LINE && gv_repair_can_be_had(has.line);

		if (!is_possible(&has))
			continue;
		tried++;
		if ((v == GV_REPAIR_DROP_REF || v == GV_REPAIR_TAKE_LINE) &&
		    may_be_had(has.ref) && !is_better)
			fail_msg("%u: the reference goes", n);
		if ((v == GV_REPAIR_DROP_SEALED || v == GV_REPAIR_TAKE_LINE) &&
		    may_be_had(has.sealed) && !is_better)
			fail_msg("%u: the sealed entry goes", n);
		assert_false(gv_repair_is_dead(&has, true) &&
		    has.ref == GV_REPAIR_COPY_LEFT);
	}
	assert_int_equal(tried, 2 * 6 * 5 * COPIES);
}

static void
an_entry_goes_only_for_one_that_can_be_had(void **state)
{
	struct gv_repair_has has;
	unsigned n;

	(void)state;
	for (n = 0; nth(&has, n); n++) {
		if (!is_possible(&has))
			continue;
		switch (judge(&has)) {
		case GV_REPAIR_DROP_REF:
			assert_true(has.has_ref && may_be_had(has.sealed));
			break;
		case GV_REPAIR_DROP_SEALED:
			assert_true(
			    has.has_sealed && gv_repair_can_be_had(has.ref));
			break;
		case GV_REPAIR_TAKE_LINE:
			assert_true(gv_repair_can_be_had(has.line) ||
			    (!has.has_sealed && !has.has_ref));
			break;
		case GV_REPAIR_SEEK:
			assert_false(gv_repair_can_be_had(has.sealed) ||
			    gv_repair_can_be_had(has.ref) ||
			    gv_repair_can_be_had(has.line));
			break;
		case GV_REPAIR_IS_WHOLE:
			assert_true(may_be_had(has.sealed) ||
			    may_be_had(has.ref) || may_be_had(has.line));
			break;
		case GV_REPAIR_ASK_LINES:
			fail();
		}
	}
}

static void
a_repair_ends(void **state)
{
	struct gv_repair_has has;
	unsigned n;

	(void)state;
	for (n = 0; nth(&has, n); n++) {
		enum gv_repair_verdict v = judge(&has);

		if (!is_possible(&has) || v == GV_REPAIR_SEEK)
			continue;
		if (v == GV_REPAIR_DROP_REF || v == GV_REPAIR_TAKE_LINE) {
			has.has_ref = false;
			has.ref = GV_REPAIR_COPY_LOST;
		}
		if (v == GV_REPAIR_DROP_SEALED || v == GV_REPAIR_TAKE_LINE) {
			has.has_sealed = false;
			has.sealed = GV_REPAIR_COPY_LOST;
		}
		if (v == GV_REPAIR_TAKE_LINE &&
		    has.line == GV_REPAIR_COPY_SEALED) {
			has.has_sealed = true;
			has.sealed = has.line;
		} else if (v == GV_REPAIR_TAKE_LINE) {
			has.has_ref = true;
			has.ref = has.line;
		}
		has.is_hurt = false;
		assert_int_equal(judge(&has), GV_REPAIR_IS_WHOLE);
	}
}

static void
a_dead_reference_is_known_by_the_vault_or_its_bytes(void **state)
{
	struct gv_repair_has has = { .has_ref = true,
		.ref = GV_REPAIR_COPY_GONE };

	(void)state;
	assert_false(gv_repair_is_dead(&has, false));
	assert_true(gv_repair_is_dead(&has, true));
	has.ref = GV_REPAIR_COPY_LOST;
	assert_true(gv_repair_is_dead(&has, false));
	assert_true(gv_repair_has_gap(&has));
	has.has_ref = false;
	assert_false(gv_repair_has_gap(&has));
}

UNIT(repair_verdict)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_copy_that_may_be_had_goes),
		cmocka_unit_test(an_entry_goes_only_for_one_that_can_be_had),
		cmocka_unit_test(a_repair_ends),
		cmocka_unit_test(
		    a_dead_reference_is_known_by_the_vault_or_its_bytes),
	};

	return UNIT_RUN(tests);
}
