#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "scratch.h"
#include "object/repo_odb.h"
#include "record/mark.h"
#include "record/record_id.h"
#include "record/tombstone.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "vault/ledger.h"

#define NOW 1795158764 /* 2026-11-20T07:12:44Z */
#define DAY ((int64_t)86400)

static struct gv_repo *
make_repo(void)
{
	struct gv_repo *repo;

	sh("git init -q r; cd r; git commit -q --allow-empty -m one");
	scratch_chdir("r");
	if (gv_repo_open(&repo, 0) < 0)
		fail_msg("%s", gv_err_message());
	return repo;
}

static int
load(struct gv_ledger *out, struct gv_repo *repo)
{
	struct gv_refs refs = { 0 };
	const struct gv_ref *ref;
	struct gv_odb *odb;
	int r;

	assert_int_equal(gv_repo_odb(repo, &odb), 0);
	assert_int_equal(gv_ref_list(&refs, repo, GV_REF_DELETED), 0);
	ref = gv_refs_find(&refs, GV_REF_DELETED);
	r = gv_ledger_load(out, odb, ref ? &ref->oid : NULL);
	gv_refs_release(&refs);
	return r;
}

static void
bury(struct gv_repo *repo, const char *const *ids, size_t n, int64_t now)
{
	struct gv_ledger_edit edit = { 0 };
	struct gv_ledger ledger;

	assert_int_equal(load(&ledger, repo), 0);
	assert_int_equal(gv_ledger_begin(&edit, repo, now), 0);
	if (gv_tombstone_add(&edit, &ledger, ids, n) < 0 ||
	    gv_ledger_publish(&edit) < 0)
		fail_msg("%s", gv_err_message());
	gv_ledger_end(&edit);
	gv_ledger_end(&edit);
}

/* When it was deleted; -1: it was not. */
static int64_t
day_of(struct gv_repo *repo, const char *id)
{
	struct gv_ledger ledger;
	struct gv_odb *odb;
	int64_t day = 0;
	int r;

	assert_int_equal(load(&ledger, repo), 0);
	assert_int_equal(gv_repo_odb(repo, &odb), 0);
	r = gv_tombstone_find(&day, odb, &ledger, id);
	assert_true(r >= 0);
	return r ? day : -1;
}

static const char *const some[] = { "20261120T071244Z-0000000a",
	"20261120T071244Z-0000000b", "20251231T000000Z-00000001", "not-an-id" };

static void
what_is_buried_is_found(void **state)
{
	struct gv_repo *repo = make_repo();

	(void)state;
	assert_int_equal(day_of(repo, some[0]), -1);
	bury(repo, some, 4, NOW);
	assert_int_equal(day_of(repo, some[0]), NOW - NOW % DAY);
	assert_int_equal(day_of(repo, some[2]), NOW - NOW % DAY);
	assert_int_equal(day_of(repo, some[3]), -1);
	assert_int_equal(day_of(repo, "20261120T071244Z-0000000c"), -1);
	sh("test \"$(git ls-tree -r --name-only refs/vault/deleted)\" = \""
	   "202512/20251231T000000Z-00000001\n"
	   "202611/20261120T071244Z-0000000a\n"
	   "202611/20261120T071244Z-0000000b\"");
	sh("test \"$(git cat-file -p "
	   "refs/vault/deleted:202512/20251231T000000Z-00000001)\" = "
	   "20261120T000000Z");
	sh("git fsck --strict --no-dangling >out 2>&1; test ! -s out");
	gv_repo_close(repo);
}

static void
bring_back(struct gv_repo *repo, const char *const *ids, size_t n, int64_t now)
{
	struct gv_ledger_edit edit = { 0 };
	struct gv_ledger ledger;

	assert_int_equal(load(&ledger, repo), 0);
	assert_int_equal(gv_ledger_begin(&edit, repo, now), 0);
	if (gv_tombstone_undo(&edit, &ledger, ids, n) < 0 ||
	    gv_ledger_publish(&edit) < 0)
		fail_msg("%s", gv_err_message());
	gv_ledger_end(&edit);
}

static void
deletions_and_returns_are_counted(void **state)
{
	struct gv_repo *repo = make_repo();

	(void)state;
	bury(repo, some, 2, NOW);
	bring_back(repo, some, 1, NOW);
	assert_int_equal(day_of(repo, some[0]), -1);
	assert_true(day_of(repo, some[1]) > 0);
	/* twice is once */
	bring_back(repo, some, 1, NOW + DAY);
	sh("test \"$(git cat-file -p "
	   "refs/vault/deleted:202611/20261120T071244Z-0000000a)\" = "
	   "'20261120T000000Z 2' || test \"$(git cat-file -p "
	   "refs/vault/deleted:202611/20261120T071244Z-0000000a)\" = "
	   "'20261121T000000Z 2'");
	bury(repo, some, 1, NOW + 2 * DAY);
	assert_true(day_of(repo, some[0]) > 0);
	sh("test \"$(git cat-file -p "
	   "refs/vault/deleted:202611/20261120T071244Z-0000000a)\" = "
	   "'20261122T000000Z 3'");
	/* one that nobody deleted says so, too: elsewhere it may be */
	bring_back(repo, some + 2, 1, NOW);
	assert_int_equal(day_of(repo, some[2]), -1);
	sh("test \"$(git cat-file -p "
	   "refs/vault/deleted:202512/20251231T000000Z-00000001)\" = "
	   "'20261120T000000Z 2'");
	gv_repo_close(repo);
}

static void
the_higher_number_is_the_later_statement(void **state)
{
	const struct gv_tombstone one = { NOW, 1 }, later = { NOW + DAY, 1 },
				  two = { 0, 2 };

	(void)state;
	assert_true(gv_tombstone_is_newer(&two, &one));
	assert_true(gv_tombstone_is_newer(&two, &later));
	assert_false(gv_tombstone_is_newer(&later, &two));
	assert_true(gv_tombstone_is_newer(&later, &one));
	assert_false(gv_tombstone_is_newer(&one, &one));
}

static void
a_year_later_it_is_forgotten(void **state)
{
	struct gv_repo *repo = make_repo();

	(void)state;
	bury(repo, some, 1, NOW);
	bury(repo, some + 2, 1, NOW + 100 * DAY);
	/* another deletion renews the entry */
	bury(repo, some + 1, 1, NOW);
	bury(repo, some + 1, 1, NOW + 300 * DAY);
	/* a day is remembered, not the hour */
	bury(repo, NULL, 0, NOW - NOW % DAY + GV_TOMBSTONE_AGE);
	assert_true(day_of(repo, some[0]) > 0);
	bury(repo, NULL, 0, NOW + GV_TOMBSTONE_AGE + DAY);
	assert_true(day_of(repo, some[0]) > 0);
	/* nor by what the clock says now, but by a step that is a month old */
	bury(repo, NULL, 0, NOW + GV_TOMBSTONE_AGE + 40 * DAY);
	assert_int_equal(day_of(repo, some[0]), -1);
	assert_true(day_of(repo, some[1]) > 0);
	assert_true(day_of(repo, some[2]) > 0);
	/* a clock set back forgets nothing */
	bury(repo, NULL, 0, 0);
	assert_true(day_of(repo, some[2]) > 0);
	/* nor does one set forward, whatever is done by it for a month */
	bury(repo, NULL, 0, NOW + 9000 * DAY);
	bury(repo, NULL, 0, NOW + 9001 * DAY);
	bury(repo, NULL, 0, NOW + 9029 * DAY);
	assert_true(day_of(repo, some[2]) > 0);
	bury(repo, NULL, 0, NOW + 9031 * DAY);
	sh("test -z \"$(git ls-tree -r refs/vault/deleted)\"");
	sh("git fsck --strict --no-dangling >out 2>&1; test ! -s out");
	gv_repo_close(repo);
}

static void
what_was_deleted_before_it_was_taken_is_not_old(void **state)
{
	struct gv_repo *repo = make_repo();

	(void)state;
	bury(repo, some, 1, DAY);
	bury(repo, some + 1, 1, NOW - 800 * DAY);
	bury(repo, NULL, 0, NOW - 40 * DAY);
	bury(repo, NULL, 0, NOW);
	assert_int_equal(day_of(repo, some[0]), DAY);
	assert_true(day_of(repo, some[1]) > 0);
	bury(repo, NULL, 0, NOW + 400 * DAY);
	bury(repo, NULL, 0, NOW + 440 * DAY);
	assert_int_equal(day_of(repo, some[0]), -1);
	assert_int_equal(day_of(repo, some[1]), -1);
	gv_repo_close(repo);
}

static void
what_is_odd_in_it_stays(void **state)
{
	struct gv_repo *repo = make_repo();

	(void)state;
	sh("b=$(echo no time | git hash-object -w --stdin);"
	   "m=$(printf '100644 blob %s\\t20200101T000000Z-00000001\\n' $b |"
	   " git mktree);"
	   "t=$(printf '040000 tree %s\\t202001\\n100644 blob %s\\tREADME\\n' "
	   "$m $b | git mktree);"
	   "git update-ref refs/vault/deleted $(git commit-tree -m x $t)");
	bury(repo, some, 1, NOW);
	sh("test \"$(git ls-tree -r --name-only refs/vault/deleted)\" = \""
	   "202001/20200101T000000Z-00000001\n"
	   "202611/20261120T071244Z-0000000a\nREADME\"");
	gv_repo_close(repo);
}

static void
what_is_no_month_is_passed_over(void **state)
{
	struct gv_repo *repo = make_repo();

	(void)state;
	sh("b=$(echo 20200102T000000Z | git hash-object -w --stdin);"
	   "m=$(printf '100644 blob %s\\t20200101T000000Z-00000001\\n' $b |"
	   " git mktree);"
	   "t=$(for n in 202000 202001 202013 20200a;"
	   "do printf \"040000 tree $m\\t$n\\n\"; done | git mktree);"
	   "git update-ref refs/vault/deleted $(git commit-tree -m x $t)");
	bury(repo, NULL, 0, NOW);
	bury(repo, NULL, 0, NOW + 40 * DAY);
	sh("test \"$(git ls-tree --name-only refs/vault/deleted)\" = \""
	   "202000\n20200a\n202013\"");
	gv_repo_close(repo);
}

static void
live_ones_stand_before_the_others(void **state)
{
	struct gv_repo *repo = make_repo();
	struct gv_refs refs = { 0 };
	struct gv_ledger ledger;
	struct gv_odb *odb;
	size_t live;

	(void)state;
	sh("for id in 20251231T000000Z-00000001 20251231T000000Z-00000002 "
	   "20261120T071244Z-0000000a 20261120T071244Z-0000000c odd;"
	   "do git update-ref refs/vault/snapshots/$id HEAD; done");
	bury(repo, some, 3, NOW);
	assert_int_equal(load(&ledger, repo), 0);
	assert_int_equal(gv_repo_odb(repo, &odb), 0);
	assert_int_equal(gv_ref_list(&refs, repo, GV_REFS_SNAPSHOTS), 0);
	assert_int_equal(gv_tombstone_split(&refs, &live, odb, &ledger.tip), 0);
	assert_int_equal(live, 3);
	assert_int_equal(refs.n, 5);
	assert_string_equal(
	    refs.refs[0].name, GV_REFS_SNAPSHOTS "20251231T000000Z-00000002");
	assert_string_equal(
	    refs.refs[1].name, GV_REFS_SNAPSHOTS "20261120T071244Z-0000000c");
	assert_string_equal(refs.refs[2].name, GV_REFS_SNAPSHOTS "odd");
	assert_string_equal(
	    refs.refs[3].name, GV_REFS_SNAPSHOTS "20251231T000000Z-00000001");
	assert_int_equal(gv_tombstone_split(&refs, &live, odb, NULL), 0);
	assert_int_equal(live, 5);
	gv_refs_release(&refs);
	gv_repo_close(repo);
}

static void
ten_thousand_are_cheap(void **state)
{
	struct gv_repo *repo = make_repo();
	static char names[10000][GV_RECORD_ID_LEN + 1];
	const char **ids = calloc(10000, sizeof(*ids));
	char stamp[GV_TIME_MAX];
	int i;

	(void)state;
	assert_non_null(ids);
	for (i = 0; i < 10000; i++) {
		gv_time_compact(stamp, NOW - i * (int64_t)7200);
		snprintf(names[i], sizeof(names[i]), "%.16s-%08x", stamp,
		    (unsigned)i);
		ids[i] = names[i];
	}
	bury(repo, ids, 10000, NOW);
	bury(repo, some, 1, NOW);
	assert_true(day_of(repo, names[9999]) > 0);
	/* one more rewrites one month, not all */
	sh("test $(git diff-tree -r --name-only refs/vault/deleted~1 "
	   "refs/vault/deleted | wc -l) = 1");
	sh("test $(git diff-tree --name-only refs/vault/deleted~1 "
	   "refs/vault/deleted) = 202611");
	free(ids);
	gv_repo_close(repo);
}

static void
entries_are_times_and_pins_have_reasons(void **state)
{
	static const char *const wrong[] = { "", "20261120T000000Z",
		"20261320T000000Z\n", "20261120T000000Z \n",
		"20261120T000000Z 1\n", "20261120T000000Z 02\n",
		"20261120T000000Z 2", "20261120T000000Z -2\n",
		"20261120T000000Z 2 \n", "20261120T000000Z  2\n",
		"20261120T000000Z 1234567890\n", "20261120T000000Z 2\n\n" };
	struct gv_tombstone stone;
	int64_t t;
	char *why;
	size_t i;

	(void)state;
	assert_int_equal(
	    gv_tombstone_parse(&stone, "20261120T000000Z\n", 17), 0);
	assert_int_equal(stone.day, NOW - NOW % DAY);
	assert_int_equal(stone.count, 1);
	assert_true(gv_tombstone_deletes(&stone));
	assert_int_equal(
	    gv_tombstone_parse(&stone, "20261120T000000Z 2\n", 19), 0);
	assert_int_equal(stone.count, 2);
	assert_false(gv_tombstone_deletes(&stone));
	/* whoever pushes the highest does not have the last word */
	assert_int_equal(
	    gv_tombstone_parse(&stone, "20261120T000000Z 999999999\n", 27), 0);
	assert_true(stone.count < GV_TOMBSTONE_MOST);
	assert_true(gv_tombstone_deletes(&stone));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
		    gv_tombstone_parse(&stone, wrong[i], strlen(wrong[i])),
		    GV_ECORRUPT);
	assert_int_equal(
	    gv_mark_parse_pin(&t, &why, "20261120T071244Z\n", 17), 0);
	assert_int_equal(t, NOW);
	assert_null(why);
	assert_int_equal(
	    gv_mark_parse_pin(&t, &why, "20261120T071244Z\na\nb\n\n", 22), 0);
	assert_string_equal(why, "a\nb");
	free(why);
	/* by hand, without the last LF */
	assert_int_equal(
	    gv_mark_parse_pin(&t, &why, "20261120T071244Z", 16), 0);
	assert_null(why);
	assert_int_equal(
	    gv_mark_parse_pin(&t, &why, "20261120T071244", 15), GV_ECORRUPT);
	assert_int_equal(
	    gv_mark_parse_pin(&t, &why, "20261120T071244Z a", 18), GV_ECORRUPT);
	assert_int_equal(
	    gv_mark_parse_pin(&t, &why, "20261120T071244Z\n\0", 18),
	    GV_ECORRUPT);
	assert_true(gv_mark_is_said("pinned", "20261120T071244Z", 16));
	assert_false(gv_mark_is_said("pinned", "yesterday", 9));
	assert_true(gv_mark_is_said("tags", "", 0));
	assert_true(gv_mark_is_said("tags", "a\nb", 3));
	assert_false(gv_mark_is_said("tags", "a\0b\n", 4));
	assert_true(gv_mark_is_said("later", "\0", 1));
	assert_true(gv_mark_is_tag("a,b"));
	assert_false(gv_mark_is_tag(""));
	assert_false(gv_mark_is_tag("a b"));
	assert_false(gv_mark_is_tag("a\x7f"));
}

#define IN_SCRATCH(test)                                                       \
	cmocka_unit_test_setup_teardown(test, scratch_enter, scratch_leave)

UNIT(tombstone)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(what_is_buried_is_found),
		IN_SCRATCH(deletions_and_returns_are_counted),
		cmocka_unit_test(the_higher_number_is_the_later_statement),
		IN_SCRATCH(a_year_later_it_is_forgotten),
		IN_SCRATCH(what_was_deleted_before_it_was_taken_is_not_old),
		IN_SCRATCH(what_is_odd_in_it_stays),
		IN_SCRATCH(what_is_no_month_is_passed_over),
		IN_SCRATCH(live_ones_stand_before_the_others),
		IN_SCRATCH(ten_thousand_are_cheap),
		cmocka_unit_test(entries_are_times_and_pins_have_reasons),
	};

	return UNIT_RUN(tests);
}
