#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "scratch.h"
#include "repo/repo.h"
#include "statelock/statelock.h"

#define NOW 1795158764 /* 2026-11-20T07:12:44Z */

/* As Terraform writes one. */
static const char theirs[] =
    "{\"ID\":\"5f3b\",\"Operation\":\"OperationTypeApply\",\"Info\":\"\","
    "\"Who\":\"ann@web1\",\"Version\":\"1.9.8\","
    "\"Created\":\"2026-11-20T07:12:44.25Z\",\"Path\":\"x\"}";
static const char other[] = " {\"Who\":\"bob@web2\", \"ID\":\"77aa\"}\n\n";

static int
enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	sh("git init -q --bare remote && git init -q r && git -C r remote add "
	   "origin ../remote && cp -R r other");
	scratch_chdir("r");
	return 0;
}

#define REPO_TEST(f) cmocka_unit_test_setup_teardown(f, enter, scratch_leave)

static struct gv_repo *
open_repo(void)
{
	struct gv_repo *repo;

	if (gv_repo_open(&repo, 0) < 0)
		fail_msg("%s", gv_err_message());
	return repo;
}

/* A call in a repository that is opened for it. */
static int
take(struct gv_statelock *lock, const char *dir, const char *remote,
    const char *text, const char *reason)
{
	const struct gv_statelock_at at = { "prod", "net", remote, NOW };
	struct gv_repo *repo;
	int r;

	scratch_chdir(dir);
	repo = open_repo();
	r = gv_statelock_take(lock, repo, &at, text, strlen(text), reason);
	gv_repo_close(repo);
	return r;
}

static int
drop(struct gv_statelock *lock, const char *dir, const char *remote,
    const char *id, const char *reason)
{
	const struct gv_statelock_at at = { "prod", "net", remote, NOW };
	struct gv_repo *repo;
	int r;

	scratch_chdir(dir);
	repo = open_repo();
	r = gv_statelock_drop(lock, repo, &at, id, reason);
	gv_repo_close(repo);
	return r;
}

static void
assert_holder(struct gv_statelock *lock, const char *text)
{
	assert_int_equal(lock->text.len, strlen(text));
	assert_memory_equal(lock->text.p, text, strlen(text));
	gv_statelock_release(lock);
}

/* ---- the record ---- */

static void
reads_what_terraform_writes(void **state)
{
	struct gv_statelock_record rec;

	(void)state;
	assert_int_equal(gv_statelock_parse(&rec, theirs, strlen(theirs)), 0);
	assert_string_equal(rec.id, "5f3b");
	assert_string_equal(rec.operation, "OperationTypeApply");
	assert_string_equal(rec.info, "");
	assert_string_equal(rec.who, "ann@web1");
	assert_string_equal(rec.version, "1.9.8");
	assert_string_equal(rec.created, "2026-11-20T07:12:44.25Z");
	assert_string_equal(rec.path, "x");
	assert_true(rec.has_time && rec.time == NOW);
	gv_statelock_record_release(&rec);
	gv_statelock_record_release(&rec);
	gv_statelock_record_release(NULL);
}

static void
what_is_missing_is_empty_and_what_is_more_is_passed_over(void **state)
{
	static const char text[] = "{\"x\":[{}],\"ID\":\"a\",\"Info\":null,"
				   "\"Created\":\"yesterday\"}";
	struct gv_statelock_record rec;

	(void)state;
	assert_int_equal(gv_statelock_parse(&rec, text, strlen(text)), 0);
	assert_string_equal(rec.id, "a");
	assert_string_equal(rec.info, "");
	assert_string_equal(rec.who, "");
	assert_string_equal(rec.created, "yesterday");
	assert_false(rec.has_time);
	gv_statelock_record_release(&rec);
}

static void
what_is_no_record_is_called_so(void **state)
{
	static const struct {
		const char *text, *why;
	} all[] = { { "", "it:1" }, { "{}", "no ID" }, { "[]", "no JSON obj" },
		{ "{\"ID\":\"\"}", "no ID" }, { "{\"ID\":1}", "ID is no text" },
		{ "{\"ID\":null}", "no ID" },
		{ "{\"ID\":\"a\",\"Who\":{}}", "Who is no text" },
		{ "{\"ID\":\"a\\u0000\"}", "ID is no text" },
		{ "{\"ID\":\"a\"}x", "it:1" }, { "{\"ID\":\"a\"", "it:1" },
		{ "{\"ID\":\"a\",\"ID\":\"b\"}", "it:1" },
		{ "{\"ID\":\"\xff\"}", "it:1" },
		{ "{\"id\":\"a\"}", "no ID" } };
	struct gv_statelock_record rec;
	char *large = calloc(GV_STATELOCK_MAX + 2, 1);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (gv_statelock_parse(
			&rec, all[i].text, strlen(all[i].text)) != GV_ECORRUPT)
			fail_msg("%s is taken for a record", all[i].text);
		assert_message(all[i].why);
		assert_null(rec.id);
	}
	memset(large, ' ', GV_STATELOCK_MAX + 1);
	memcpy(large, "{\"ID\":\"a\"}", 10);
	assert_int_equal(gv_statelock_parse(&rec, large, GV_STATELOCK_MAX), 0);
	gv_statelock_record_release(&rec);
	assert_int_equal(
	    gv_statelock_parse(&rec, large, GV_STATELOCK_MAX + 1), GV_ECORRUPT);
	assert_message("65537 bytes");
	free(large);
}

static void
what_is_written_is_read_as_the_same(void **state)
{
	char id[GV_STATELOCK_ID], again[GV_STATELOCK_ID];
	struct gv_statelock_record rec = { .id = id,
		.info = (char *)"\"quoted\" \\ \n\t\x7f f\xc3\xbcr \xff",
		.who = (char *)"a@b" };
	struct gv_statelock_record back;
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_statelock_id(id), 0);
	assert_int_equal(gv_statelock_id(again), 0);
	assert_string_not_equal(id, again);
	assert_int_equal(strlen(id), GV_STATELOCK_ID - 1);
	assert_int_equal(id[14], '4');
	gv_statelock_format(&text, &rec);
	assert_int_equal(gv_statelock_parse(&back, text.p, text.len), 0);
	assert_string_equal(back.id, id);
	assert_string_equal(
	    back.info, "\"quoted\" \\ \n\t\x7f f\xc3\xbcr \xef\xbf\xbd");
	assert_string_equal(back.who, "a@b");
	assert_string_equal(back.path, "");
	gv_statelock_record_release(&back);
	gv_buf_release(&text);
}

/* ---- locks ---- */

static void
the_holders_bytes_come_back_as_they_were(void **state)
{
	struct gv_statelock lock;

	(void)state;
	assert_int_equal(take(&lock, ".", NULL, other, NULL), 0);
	assert_string_equal(lock.record.id, "77aa");
	assert_string_equal(lock.env, "prod");
	assert_holder(&lock, other);
	assert_int_equal(take(&lock, ".", NULL, theirs, NULL), GV_ELOCKED);
	assert_message("locked by bob on the host web2");
	assert_holder(&lock, other);
	/* the same bytes again are no owner twice */
	assert_int_equal(take(&lock, ".", NULL, other, NULL), GV_ELOCKED);
	gv_statelock_release(&lock);
	assert_int_equal(drop(&lock, ".", NULL, "5f3b", NULL), GV_ELOCKED);
	assert_holder(&lock, other);
	assert_int_equal(drop(&lock, ".", NULL, NULL, NULL), GV_ELOCKED);
	gv_statelock_release(&lock);
	assert_int_equal(drop(&lock, ".", NULL, "77aa", NULL), 0);
	assert_holder(&lock, other);
	assert_int_equal(drop(&lock, ".", NULL, "77aa", NULL), GV_ENOTFOUND);
	assert_null(lock.env);
}

static void
a_record_that_is_none_is_not_stored(void **state)
{
	struct gv_statelock lock;

	(void)state;
	assert_int_equal(take(&lock, ".", NULL, "{}", NULL), GV_EREFUSED);
	assert_message("the record of the new lock: it has no ID");
	assert_null(lock.env);
	sh("test -z \"$(git for-each-ref)\"");
}

static void
two_repositories_share_the_lock_of_a_remote(void **state)
{
	struct gv_statelock lock;

	(void)state;
	assert_int_equal(take(&lock, ".", "origin", theirs, NULL), 0);
	assert_holder(&lock, theirs);
	sh("git for-each-ref >here && git -C ../remote for-each-ref >there && "
	   "cmp here there");
	assert_int_equal(
	    take(&lock, "../other", "origin", other, NULL), GV_ELOCKED);
	assert_message("on the remote 'origin' by ann on the host web1");
	assert_holder(&lock, theirs);
	sh("test -z \"$(git for-each-ref)\"");
	assert_int_equal(drop(&lock, ".", "origin", "5f3b", NULL), 0);
	assert_holder(&lock, theirs);
	sh("test -z \"$(git -C ../remote for-each-ref)\"");
	/* whose it was sees it with the next call */
	assert_int_equal(take(&lock, ".", "origin", other, NULL), 0);
	gv_statelock_release(&lock);
	assert_int_equal(
	    take(&lock, "../r", "origin", theirs, NULL), GV_ELOCKED);
	assert_holder(&lock, other);
	sh("test -z \"$(git for-each-ref)\"");
}

static void
a_takeover_is_told_first(void **state)
{
	struct gv_statelock lock;

	(void)state;
	assert_int_equal(take(&lock, ".", "origin", theirs, NULL), 0);
	gv_statelock_release(&lock);
	assert_int_equal(take(&lock, "../other", "origin", other, "gone"), 0);
	assert_holder(&lock, other);
	sh("git log -1 --format=%B --glob='refs/vault/audit/*' | "
	   "grep 'Vault-Reason: prod/net, .*ID 5f3b: gone$'");
	assert_int_equal(take(&lock, ".", "origin", theirs, NULL), GV_ELOCKED);
	assert_holder(&lock, other);
}

static void
one_with_a_remote_is_not_taken_over_without_it(void **state)
{
	struct gv_statelock lock;

	(void)state;
	assert_int_equal(take(&lock, ".", "origin", theirs, NULL), 0);
	gv_statelock_release(&lock);
	assert_int_equal(take(&lock, ".", NULL, other, "x"), GV_EREFUSED);
	assert_message("locked with the remote 'origin'");
	gv_statelock_release(&lock);
	/* but let go of there without being told to */
	assert_int_equal(drop(&lock, ".", NULL, "5f3b", NULL), 0);
	gv_statelock_release(&lock);
	sh("test -z \"$(git -C ../remote for-each-ref)\"");
}

static int
count(void *ctx)
{
	++*(int *)ctx;
	return 7;
}

static int
with(struct gv_statelock *out, const char *remote, const char *id, int *n)
{
	const struct gv_statelock_at at = { "prod", "net", remote, NOW };
	struct gv_repo *repo = open_repo();
	int r = gv_statelock_with(out, repo, &at, id, count, n);

	gv_repo_close(repo);
	return r;
}

static void
only_who_has_the_lock_does_what_takes_it(void **state)
{
	struct gv_statelock lock;
	int n = 0;

	(void)state;
	assert_int_equal(with(&lock, NULL, NULL, &n), 7);
	assert_int_equal(with(&lock, NULL, "5f3b", &n), GV_ENOTFOUND);
	assert_int_equal(n, 1);
	assert_int_equal(take(&lock, ".", NULL, theirs, NULL), 0);
	gv_statelock_release(&lock);
	assert_int_equal(with(&lock, NULL, NULL, &n), GV_ELOCKED);
	assert_string_equal(lock.text.p, theirs);
	gv_statelock_release(&lock);
	assert_int_equal(with(&lock, NULL, "77aa", &n), GV_ELOCKED);
	assert_string_equal(lock.text.p, theirs);
	gv_statelock_release(&lock);
	assert_int_equal(n, 1);
	assert_int_equal(with(&lock, NULL, "5f3b", &n), 7);
	gv_statelock_release(&lock);
	assert_int_equal(n, 2);
	assert_int_equal(drop(&lock, ".", NULL, "5f3b", NULL), 0);
	gv_statelock_release(&lock);
	/* of a remote, which somebody else has taken */
	assert_int_equal(take(&lock, "../other", "origin", other, NULL), 0);
	gv_statelock_release(&lock);
	scratch_chdir("../r");
	assert_int_equal(with(&lock, "origin", NULL, &n), GV_ELOCKED);
	assert_string_equal(lock.text.p, other);
	gv_statelock_release(&lock);
	assert_int_equal(n, 2);
	assert_int_equal(with(&lock, NULL, NULL, &n), 7);
	gv_statelock_release(&lock);
}

static void
lists_what_is_where(void **state)
{
	struct gv_statelock_list list;
	struct gv_statelock lock;
	struct gv_repo *repo;

	(void)state;
	assert_int_equal(take(&lock, ".", NULL, theirs, NULL), 0);
	gv_statelock_release(&lock);
	assert_int_equal(take(&lock, "../other", "origin", other, NULL), 0);
	gv_statelock_release(&lock);
	/* git also lists what only ends as the ref of a lock */
	sh("git -C ../remote update-ref refs/x/refs/vault/locks/dev/net "
	   "$(git -C ../remote hash-object -w --stdin </dev/null)");
	repo = open_repo();
	assert_int_equal(gv_statelock_list_load(&list, repo, "origin", NOW), 0);
	assert_int_equal(list.n, 1);
	assert_true(list.locks[0].is_here && list.locks[0].is_there);
	gv_statelock_list_release(&list);
	gv_repo_close(repo);
	scratch_chdir("../r");
	repo = open_repo();
	assert_int_equal(gv_statelock_list_load(&list, repo, NULL, NOW), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.locks[0].record.id, "5f3b");
	gv_statelock_list_release(&list);
	assert_int_equal(gv_statelock_list_load(&list, repo, "origin", NOW), 0);
	assert_int_equal(list.n, 2);
	assert_true(list.locks[0].is_here && !list.locks[0].is_there);
	assert_true(!list.locks[1].is_here && list.locks[1].is_there);
	assert_string_equal(list.locks[1].record.who, "bob@web2");
	gv_statelock_list_release(&list);
	assert_int_equal(
	    gv_statelock_list_load(&list, repo, "none", NOW), GV_ERROR);
	assert_message("cannot ask the remote 'none' for its locks");
	gv_statelock_list_release(&list);
	gv_repo_close(repo);
}

/* ---- what is said ---- */

static void
names_that_cannot_be_are_refused(void **state)
{
	static const struct {
		struct gv_statelock_at at;
		const char *message;
	} rows[] = {
		{ { "a b", "net", NULL, NOW },
		    "'a b' can be no name of an env" },
		{ { "prod", "../x", NULL, NOW }, "can be no name of a stack" },
		{ { "prod", "net", "", NOW }, "'' can be no remote" },
		{ { "prod", "net", "-x", NOW }, "'-x' can be no remote" },
		{ { "prod", "net", "a\nb", NOW }, "can be no remote" },
	};
	struct gv_repo *repo = open_repo();
	struct gv_statelock lock;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(gv_statelock_take(&lock, repo, &rows[i].at,
				     theirs, strlen(theirs), NULL),
		    GV_EUSAGE);
		assert_message(rows[i].message);
	}
	gv_repo_close(repo);
}

/* Another program's record: without an owner, with an invalid time, or with a
 * very long owner. */
static void
any_holder_is_told_in_one_line(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_statelock lock;
	int i;

	(void)state;
	assert_int_equal(take(&lock, "../r", NULL,
			     "{\"ID\":\"a\",\"Created\":\"yesterday\"}", NULL),
	    0);
	gv_statelock_release(&lock);
	assert_int_equal(take(&lock, "../r", NULL, theirs, NULL), GV_ELOCKED);
	assert_message("somebody since yesterday");
	gv_statelock_release(&lock);
	assert_int_equal(drop(&lock, "../r", NULL, "a", NULL), 0);
	gv_statelock_release(&lock);
	gv_buf_addstr(&text, "{\"ID\":\"b\",\"Who\":\"x");
	for (i = 0; i < 200; i++)
		gv_buf_addstr(&text, "\303\244");
	gv_buf_addstr(&text, "\"}");
	assert_int_equal(take(&lock, "../r", NULL, text.p, NULL), 0);
	gv_statelock_release(&lock);
	assert_int_equal(take(&lock, "../r", NULL, theirs, NULL), GV_ELOCKED);
	assert_message("\303\244...");
	gv_statelock_release(&lock);
	gv_buf_release(&text);
}

static void
who_has_it_is_asked(void **state)
{
	const struct gv_statelock_at at = { "prod", "net", NULL, NOW };
	struct gv_statelock lock;
	struct gv_repo *repo;

	(void)state;
	repo = open_repo();
	assert_int_equal(gv_statelock_get(&lock, repo, &at), GV_ENOTFOUND);
	gv_statelock_release(&lock);
	gv_repo_close(repo);
	assert_int_equal(take(&lock, "../r", NULL, theirs, NULL), 0);
	gv_statelock_release(&lock);
	repo = open_repo();
	assert_int_equal(gv_statelock_get(&lock, repo, &at), 0);
	assert_holder(&lock, theirs);
	gv_repo_close(repo);
}

/* Of the notes, an invalid line is skipped, and the valid ones count. */
static void
a_lock_with_a_remote_is_asked_of_there(void **state)
{
	const struct gv_statelock_at at = { "prod", "net", "origin", NOW };
	struct gv_statelock lock;
	struct gv_repo *repo;

	(void)state;
	assert_int_equal(take(&lock, "../r", "origin", theirs, NULL), 0);
	gv_statelock_release(&lock);
	sh("notes=$(grep -rl origin .git/vault/locks) && "
	   "sed -n 's/^\\([0-9a-f]\\{40\\}\\) .*/\\1 then origin/p' $notes >bad && "
	   "test -s bad && cat bad >>$notes");
	repo = open_repo();
	assert_int_equal(gv_statelock_get(&lock, repo, &at), 0);
	assert_holder(&lock, theirs);
	gv_repo_close(repo);
	assert_int_equal(drop(&lock, "../r", "origin", "5f3b", NULL), 0);
	gv_statelock_release(&lock);
}

UNIT(statelock)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_terraform_writes),
		cmocka_unit_test(
		    what_is_missing_is_empty_and_what_is_more_is_passed_over),
		cmocka_unit_test(what_is_no_record_is_called_so),
		cmocka_unit_test(what_is_written_is_read_as_the_same),
		REPO_TEST(the_holders_bytes_come_back_as_they_were),
		REPO_TEST(a_record_that_is_none_is_not_stored),
		REPO_TEST(two_repositories_share_the_lock_of_a_remote),
		REPO_TEST(a_takeover_is_told_first),
		REPO_TEST(one_with_a_remote_is_not_taken_over_without_it),
		REPO_TEST(only_who_has_the_lock_does_what_takes_it),
		REPO_TEST(lists_what_is_where),
		REPO_TEST(names_that_cannot_be_are_refused),
		REPO_TEST(any_holder_is_told_in_one_line),
		REPO_TEST(who_has_it_is_asked),
		REPO_TEST(a_lock_with_a_remote_is_asked_of_there),
	};

	return UNIT_RUN(tests);
}
