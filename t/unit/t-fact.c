#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "scratch.h"
#include "repo/repo.h"
#include "worktree/fact.h"

static char top[] = ".";
static const struct gv_repo here = { .common_dir = top };

static struct gv_fact
load(unsigned char version)
{
	const struct gv_oid by = { { version } };
	struct gv_fact facts;

	assert_int_equal(gv_fact_load(&facts, &here, GV_FACT_SCAN, &by), 0);
	return facts;
}

static void
add(struct gv_fact *facts, unsigned char blob, uint64_t kind,
    const char *record)
{
	const struct gv_oid id = { { blob } };

	assert_int_equal(
	    gv_fact_add(facts, &id, kind, record, strlen(record)), 0);
}

/* NULL: there is none. */
static void
assert_fact(const struct gv_fact *facts, unsigned char blob, uint64_t kind,
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
	struct gv_fact facts = load(7);

	(void)state;
	add(&facts, 2, UINT64_MAX, "");
	add(&facts, 2, 5, "another kind");
	add(&facts, 1, 0, "another blob");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	facts = load(7);
	assert_int_equal(facts.old.n, 3);
	assert_fact(&facts, 2, UINT64_MAX, "");
	assert_fact(&facts, 2, 5, "another kind");
	assert_fact(&facts, 1, 0, "another blob");
	assert_fact(&facts, 1, 5, NULL);
	assert_fact(&facts, 2, 0, NULL);
	gv_fact_release(&facts);
}

static void
are_of_one_version(void **state)
{
	struct gv_fact facts = load(7);

	(void)state;
	add(&facts, 1, 1, "by the seventh");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	facts = load(8);
	assert_fact(&facts, 1, 1, NULL);
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	facts = load(7);
	assert_fact(&facts, 1, 1, "by the seventh");
	gv_fact_release(&facts);
}

/* As many as a large repository has. */
static void
add_many(struct gv_fact *facts)
{
	struct gv_oid id = { { 0 } };
	uint32_t i;

	for (i = 0; i < 10000; i++) {
		memcpy(id.id + 4, &i, sizeof(i));
		assert_int_equal(gv_fact_add(facts, &id, 1, "many", 4), 0);
	}
}

/* Many, and a recent one of blob 1, in both files. */
static void
save_both(void)
{
	struct gv_fact facts = load(7);

	add_many(&facts);
	add(&facts, 8, 5, "old");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	facts = load(7);
	add(&facts, 1, 5, "recent");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
}

/* All recent ones go to the others. */
static void
join(unsigned char blob)
{
	struct gv_fact facts = load(7);

	add_many(&facts);
	add(&facts, blob, 5, "joined");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
}

static off_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void
a_few_more_do_not_write_all(void **state)
{
	struct gv_fact facts = load(7);
	const struct gv_oid empty = { { 0 } };
	off_t all;
	size_t i, len;

	(void)state;
	add_many(&facts);
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	all = size_of("vault/facts");
	assert_true(all > 256 * 1024);
	for (i = 0; i < 2; i++) {
		facts = load(7);
		add(&facts, (unsigned char)(i + 1), 5, "new");
		add(&facts, 9, 5, i ? "again" : "once");
		gv_fact_save(&facts, &here, GV_FACT_SCAN);
		gv_fact_release(&facts);
		assert_int_equal(size_of("vault/facts"), all);
		assert_true(size_of("vault/facts-recent") > 0);
	}
	facts = load(7);
	assert_fact(&facts, 1, 5, "new");
	assert_fact(&facts, 2, 5, "new");
	assert_fact(&facts, 9, 5, "again");
	assert_non_null(gv_fact_get(&facts, &empty, 1, &len));
	/* so many that all are */
	add_many(&facts);
	add(&facts, 3, 5, "last");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	assert_int_equal(size_of("vault/facts-recent"), -1);
	facts = load(7);
	assert_int_equal(facts.old.n, 10004);
	assert_fact(&facts, 9, 5, "again");
	assert_fact(&facts, 3, 5, "last");
	gv_fact_release(&facts);
}

static void
put(const char *p, size_t len)
{
	FILE *f = fopen("vault/facts-recent", "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* The recent one is as it was or is not there, the old one always is. */
static void
assert_old(void)
{
	struct gv_fact facts = load(7);
	const struct gv_oid id = { { 1 } };
	size_t len;
	const char *p = gv_fact_get(&facts, &id, 5, &len);

	assert_true(p == NULL || (len == 6 && memcmp(p, "recent", len) == 0));
	assert_fact(&facts, 8, 5, "old");
	gv_fact_release(&facts);
}

static void
recent_ones_that_are_damaged_cost_only_themselves(void **state)
{
	struct gv_fact facts;
	char file[256];
	size_t len, i;
	FILE *f;

	(void)state;
	save_both();
	f = fopen("vault/facts-recent", "rb");
	assert_non_null(f);
	len = fread(file, 1, sizeof(file), f);
	fclose(f);
	assert_true(len > 60 && len < sizeof(file));
	for (i = 0; i < len; i++) {
		put(file, i);
		assert_old();
		file[i] = (char)~file[i];
		put(file, len);
		assert_old();
		file[i] = (char)~file[i];
	}
	/* and give way to new ones */
	put(file, len - 1);
	facts = load(7);
	assert_fact(&facts, 1, 5, NULL);
	add(&facts, 2, 5, "new");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	facts = load(7);
	assert_fact(&facts, 2, 5, "new");
	assert_fact(&facts, 8, 5, "old");
	gv_fact_release(&facts);
}

static void
one_that_was_killed_between_leaves_them_twice(void **state)
{
	struct gv_fact facts;

	(void)state;
	save_both();
	sh("cp vault/facts-recent kept");
	join(3);
	assert_int_equal(size_of("vault/facts-recent"), -1);
	sh("mv kept vault/facts-recent");
	facts = load(7);
	assert_fact(&facts, 1, 5, "recent");
	assert_fact(&facts, 3, 5, "joined");
	gv_fact_release(&facts);
	join(4);
	assert_int_equal(size_of("vault/facts-recent"), -1);
	facts = load(7);
	assert_int_equal(facts.old.n, 10004);
	assert_fact(&facts, 1, 5, "recent");
	gv_fact_release(&facts);
}

/* As another process writes them just now, on a full disk, in a quarantine. */
static void
what_cannot_be_joined_stays_in_two(void **state)
{
	struct gv_fact facts;

	(void)state;
	save_both();
	sh(": >vault/facts.tmp");
	join(3);
	assert_true(size_of("vault/facts-recent") > 0);
	facts = load(7);
	assert_fact(&facts, 1, 5, "recent");
	assert_fact(&facts, 8, 5, "old");
	gv_fact_release(&facts);
	sh("rm vault/facts.tmp");
	join(3);
	assert_int_equal(size_of("vault/facts-recent"), -1);
	facts = load(7);
	assert_fact(&facts, 1, 5, "recent");
	assert_fact(&facts, 3, 5, "joined");
	gv_fact_release(&facts);
}

/* Of two at once, what the one had read stays good while the other joins. */
static void
two_at_once_lose_no_old_ones(void **state)
{
	struct gv_fact facts;

	(void)state;
	save_both();
	facts = load(7);
	add(&facts, 2, 5, "beside");
	join(3);
	assert_fact(&facts, 1, 5, "recent");
	assert_fact(&facts, 8, 5, "old");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	facts = load(7);
	assert_fact(&facts, 1, 5, "recent");
	assert_fact(&facts, 2, 5, "beside");
	assert_fact(&facts, 3, 5, "joined");
	assert_fact(&facts, 8, 5, "old");
	gv_fact_release(&facts);
}

static void
recent_ones_of_another_version_go_with_the_old_ones(void **state)
{
	struct gv_fact facts;

	(void)state;
	save_both();
	facts = load(8);
	assert_fact(&facts, 1, 5, NULL);
	add(&facts, 2, 5, "of the eighth");
	gv_fact_save(&facts, &here, GV_FACT_SCAN);
	gv_fact_release(&facts);
	assert_int_equal(size_of("vault/facts-recent"), -1);
	facts = load(8);
	assert_int_equal(facts.old.n, 1);
	gv_fact_release(&facts);
}

UNIT(fact)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(are_of_a_blob_and_a_kind),
		SCRATCH_TEST(are_of_one_version),
		SCRATCH_TEST(a_few_more_do_not_write_all),
		SCRATCH_TEST(recent_ones_that_are_damaged_cost_only_themselves),
		SCRATCH_TEST(one_that_was_killed_between_leaves_them_twice),
		SCRATCH_TEST(what_cannot_be_joined_stays_in_two),
		SCRATCH_TEST(two_at_once_lose_no_old_ones),
		SCRATCH_TEST(
		    recent_ones_of_another_version_go_with_the_old_ones),
	};

	return UNIT_RUN(tests);
}
