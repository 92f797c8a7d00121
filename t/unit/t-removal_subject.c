/* lib/retention/removal_subject: what the approval of a removal is bound to. */
#include "unit.h"

#include <string.h>

#include "retention/removal.h"

static struct gv_oid
subject(const char *way, bool is_for_good, const char *commits)
{
	struct gv_removal_item items[4];
	struct gv_removal of = { .items = items };
	struct gv_oid out;

	memset(items, 0, sizeof(items));
	for (; *commits; commits++)
		memset(items[of.n++].commit.id, *commits, sizeof(out.id));
	assert_int_equal(gv_removal_subject(&out, way, is_for_good, &of), 0);
	return out;
}

static bool
is_same(struct gv_oid a, struct gv_oid b)
{
	return gv_oid_equal(&a, &b);
}

static void
the_order_of_the_snapshots_is_no_matter(void **state)
{
	(void)state;
	assert_true(is_same(
	    subject("delete", false, "abc"), subject("delete", false, "cab")));
	assert_true(
	    is_same(subject("prune", true, ""), subject("prune", true, "")));
}

static void
all_else_is_another_removal(void **state)
{
	(void)state;
	assert_false(is_same(
	    subject("delete", false, "abc"), subject("delete", false, "ab")));
	assert_false(is_same(
	    subject("delete", false, "abc"), subject("delete", false, "abd")));
	assert_false(is_same(
	    subject("delete", false, "a"), subject("delete", true, "a")));
	assert_false(is_same(
	    subject("delete", false, "a"), subject("prune", false, "a")));
	assert_false(
	    is_same(subject("prune", true, ""), subject("prune", false, "")));
}

UNIT(removal_subject)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_the_snapshots_is_no_matter),
		cmocka_unit_test(all_else_is_another_removal),
	};

	return UNIT_RUN(tests);
}
