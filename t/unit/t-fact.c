#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "scratch.h"
#include "repo/repo.h"
#include "worktree/fact.h"

static char top[] = ".";
static const struct gv_repo here = { .common_dir = top };

static struct gv_table
load(unsigned char version)
{
	const struct gv_oid by = { { version } };
	struct gv_table facts;

	assert_int_equal(gv_fact_load(&facts, &here, GV_FACT_SCAN, &by), 0);
	return facts;
}

static void
add(struct gv_table *facts, unsigned char blob, uint64_t kind,
    const char *record)
{
	const struct gv_oid id = { { blob } };

	assert_int_equal(
	    gv_fact_add(facts, &id, kind, record, strlen(record)), 0);
}

/* NULL: there is none. */
static void
assert_fact(const struct gv_table *facts, unsigned char blob, uint64_t kind,
    const char *record)
{
	const struct gv_oid id = { { blob } };
	size_t len;
	const char *p = gv_fact_get(facts, &id, kind, &len);

	assert_int_equal(p != NULL, record != NULL);
	if (record == NULL)
		return;
	assert_int_equal(len, strlen(record));
	assert_memory_equal(p, record, len);
}

static void
are_of_a_blob_and_a_kind(void **state)
{
	struct gv_table facts = load(7);

	(void)state;
	add(&facts, 2, UINT64_MAX, "");
	add(&facts, 2, 5, "another kind");
	add(&facts, 1, 0, "another blob");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_table_release(&facts);
	facts = load(7);
	assert_int_equal(facts.n, 3);
	assert_fact(&facts, 2, UINT64_MAX, "");
	assert_fact(&facts, 2, 5, "another kind");
	assert_fact(&facts, 1, 0, "another blob");
	assert_fact(&facts, 1, 5, NULL);
	assert_fact(&facts, 2, 0, NULL);
	gv_table_release(&facts);
}

static void
are_of_one_version(void **state)
{
	struct gv_table facts = load(7);

	(void)state;
	add(&facts, 1, 1, "by the seventh");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_table_release(&facts);
	facts = load(8);
	assert_fact(&facts, 1, 1, NULL);
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_table_release(&facts);
	facts = load(7);
	assert_fact(&facts, 1, 1, "by the seventh");
	gv_table_release(&facts);
}

UNIT(fact)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(are_of_a_blob_and_a_kind),
		SCRATCH_TEST(are_of_one_version),
	};

	return UNIT_RUN(tests);
}
