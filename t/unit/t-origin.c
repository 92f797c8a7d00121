#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "snapshot/origin.h"

/* A repository in the current directory, with its refs. */
struct world {
	struct gv_repo *repo;
	struct gv_refs refs;
};

static void
open_world(struct world *w)
{
	assert_int_equal(gv_repo_open(&w->repo, 0), 0);
	assert_int_equal(gv_ref_list(&w->refs, w->repo, ""), 0);
}

static void
close_world(struct world *w)
{
	gv_refs_release(&w->refs);
	gv_repo_close(w->repo);
}

static size_t
count_unpushed(void)
{
	struct gv_oid *tips;
	struct world w;
	size_t n;

	open_world(&w);
	assert_int_equal(gv_origin_unpushed(&tips, &n, w.repo, &w.refs), 0);
	free(tips);
	close_world(&w);
	return n;
}

static struct gv_oid
digest(void)
{
	struct gv_origin origin;
	struct gv_oid id;
	struct world w;

	open_world(&w);
	assert_int_equal(gv_origin_collect(&origin, w.repo, &w.refs), 0);
	id = origin.digest;
	gv_origin_release(&origin);
	close_world(&w);
	return id;
}

static void
tips_that_would_be_lost_are_counted_once(void **state)
{
	(void)state;
	sh("git init -q . && git commit -q --allow-empty -m 1");
	assert_int_equal(count_unpushed(), 0);
	sh("git branch same && git tag t");
	assert_int_equal(count_unpushed(), 0);
	sh("git checkout -q -b topic && git commit -q --allow-empty -m 2 && "
	   "git branch copy && git commit -q --allow-empty -m 3 && "
	   "git checkout -q main");
	assert_int_equal(count_unpushed(), 1);
	sh("git branch twin topic");
	assert_int_equal(count_unpushed(), 1);
	sh("git update-ref refs/remotes/o/topic topic");
	assert_int_equal(count_unpushed(), 0);
	sh("echo 1 >f && git add f && git commit -q -m f && echo 2 >f && "
	   "git stash -q && echo 3 >f && git stash -q");
	assert_int_equal(count_unpushed(), 2);
	/* the stashes stand on main, so that it needs no place of its own */
	sh("git checkout -q topic");
	assert_int_equal(count_unpushed(), 2);
	sh("git branch late main && git checkout -q late && "
	   "git commit -q --allow-empty -m 4 && git checkout -q topic");
	assert_int_equal(count_unpushed(), 3);
}

static void
without_a_commit_there_is_nothing(void **state)
{
	(void)state;
	sh("git init -q .");
	assert_int_equal(count_unpushed(), 0);
}

static void
the_digest_is_of_what_is_ours_alone(void **state)
{
	struct gv_oid one, two;

	(void)state;
	sh("git init -q . && git commit -q --allow-empty -m 1");
	one = digest();
	sh("git update-ref refs/remotes/o/x HEAD && git config a.b c && "
	   "git update-ref refs/vault/snapshots/x HEAD");
	two = digest();
	assert_memory_equal(&one, &two, sizeof(one));
	sh("git branch b");
	two = digest();
	assert_memory_not_equal(&one, &two, sizeof(one));
	one = two;
	sh("git rev-parse HEAD >.git/MERGE_HEAD");
	two = digest();
	assert_memory_not_equal(&one, &two, sizeof(one));
}

static void
what_git_and_we_set_is_no_secret(void **state)
{
	struct gv_origin origin;
	struct world w;

	(void)state;
	sh("git init -q --shared=group . && "
	   "git config notes.vault.mergeStrategy cat_sort_uniq && "
	   "git config vault.policy $(printf %040d 7)");
	open_world(&w);
	assert_int_equal(gv_origin_collect(&origin, w.repo, &w.refs), 0);
	assert_non_null(strstr(origin.config.p, "core.sharedrepository=1\n"));
	assert_non_null(strstr(
	    origin.config.p, "notes.vault.mergestrategy=cat_sort_uniq\n"));
	assert_non_null(strstr(origin.config.p, "vault.policy=00000"));
	assert_int_equal(origin.settings.len, 0);
	gv_origin_release(&origin);
	close_world(&w);
	sh("git config notes.vault.mergeStrategy 'two words'");
	open_world(&w);
	assert_int_equal(gv_origin_collect(&origin, w.repo, &w.refs), 0);
	assert_null(strstr(origin.config.p, "mergestrategy"));
	assert_non_null(strstr(origin.settings.p, "mergestrategy"));
	gv_origin_release(&origin);
	close_world(&w);
}

static void
an_operation_names_commits_and_nothing_else(void **state)
{
	struct gv_origin origin;
	struct world w;

	(void)state;
	sh("git init -q . && git commit -q --allow-empty -m 1 && "
	   "{ git rev-parse HEAD && git rev-parse HEAD; } >.git/MERGE_HEAD && "
	   "printf 'no id at all, but long enough to be taken for one\\nx\\n' "
	   ">.git/REVERT_HEAD && printf '%s' \"$(git rev-parse HEAD)\" "
	   ">.git/CHERRY_PICK_HEAD && mkdir .git/rebase-merge");
	open_world(&w);
	assert_int_equal(gv_origin_collect(&origin, w.repo, &w.refs), 0);
	sh("h=$(git rev-parse HEAD) && printf 'head %s\\nbranch "
	   "refs/heads/main\\nobject-format sha1\\noperation merge %s %s\\n"
	   "operation rebase\\noperation cherry-pick %s\\noperation revert\\n' "
	   "$h $h $h $h >expect");
	{
		FILE *f = fopen("actual", "w");

		fputs(origin.repository.p, f);
		fclose(f);
	}
	sh("diff expect actual");
	gv_origin_release(&origin);
	gv_origin_release(NULL);
	close_world(&w);
}

UNIT(origin)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(tips_that_would_be_lost_are_counted_once),
		SCRATCH_TEST(without_a_commit_there_is_nothing),
		SCRATCH_TEST(the_digest_is_of_what_is_ours_alone),
		SCRATCH_TEST(what_git_and_we_set_is_no_secret),
		SCRATCH_TEST(an_operation_names_commits_and_nothing_else),
	};

	return UNIT_RUN(tests);
}
