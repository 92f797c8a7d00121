#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "repo/repo.h"
#include "repo/worktree.h"

/* What is found from the repository in `dir`: a line for each, the name of
 * git's folder and the working tree, both from the scratch folder on. */
static void
expect(const char *dir, const char *want)
{
	struct gv_buf got = GV_BUF_INIT, top = GV_BUF_INIT;
	struct gv_worktrees trees;
	struct gv_repo *repo;
	char here[4096];
	size_t i, len;

	assert_non_null(getcwd(here, sizeof(here)));
	len = strlen(here) + 1;
	scratch_chdir(dir);
	assert_int_equal(gv_repo_open(&repo, 0), 0);
	assert_int_equal(gv_worktrees_load(&trees, repo), 0);
	for (i = 0; i < trees.n; i++) {
		gv_buf_reset(&top);
		assert_int_equal(
		    gv_worktree_top(&top, repo, trees.git_dirs[i]), 0);
		gv_buf_addf(&got, "%s %s\n", trees.git_dirs[i] + len,
		    top.len ? top.p + len : "-");
	}
	assert_string_equal(got.p, want);
	gv_worktrees_release(&trees);
	gv_repo_close(repo);
	gv_buf_release(&got);
	gv_buf_release(&top);
	scratch_chdir(here);
}

static void
one_alone_is_the_main_one(void **state)
{
	(void)state;
	sh("git init -q main");
	expect("main", "main/.git main\n");
}

static void
all_are_found_from_each_by_name(void **state)
{
	static const char all[] = "main/.git main\n"
				  "main/.git/worktrees/a a\n"
				  "main/.git/worktrees/b b\n";

	(void)state;
	sh("git init -q main && cd main &&"
	   "git commit -q --allow-empty -m x &&"
	   "git worktree add -q ../b && git worktree add -q ../a &&"
	   ">.git/worktrees/.DS_Store");
	expect("main", all);
	expect("a", all);
	/* it is listed until git forgets it */
	sh("rm -r b");
	expect("a", all);
	sh("git -C main worktree prune");
	expect("a", "main/.git main\nmain/.git/worktrees/a a\n");
}

static void
one_that_does_not_say_where_it_is_has_no_top(void **state)
{
	(void)state;
	sh("git init -q main && cd main &&"
	   "git commit -q --allow-empty -m x &&"
	   "git worktree add -q ../a && git worktree add -q ../b &&"
	   "git worktree add -q ../c && : >.git/worktrees/a/gitdir &&"
	   "rm .git/worktrees/b/gitdir &&"
	   "echo ../../../../c/.git >.git/worktrees/c/gitdir");
	expect("main",
	    "main/.git main\n"
	    "main/.git/worktrees/a -\n"
	    "main/.git/worktrees/b -\n"
	    "main/.git/worktrees/c main/.git/worktrees/c/../../../../c\n");
}

static void
a_bare_one_has_only_linked_ones(void **state)
{
	(void)state;
	sh("git init -q seed && git -C seed commit -q --allow-empty -m x &&"
	   "git clone -q --bare seed bare.git &&"
	   "git -C bare.git worktree add -q ../a");
	expect("bare.git", "bare.git -\nbare.git/worktrees/a a\n");
	expect("a", "bare.git -\nbare.git/worktrees/a a\n");
}

static void
a_submodule_names_its_own(void **state)
{
	(void)state;
	sh("git init -q seed && git -C seed commit -q --allow-empty -m x &&"
	   "git init -q main && cd main &&"
	   "git -c protocol.file.allow=always submodule --quiet add ../seed sub");
	expect("main/sub",
	    "main/.git/modules/sub "
	    "main/.git/modules/sub/../../../sub\n");
}

UNIT(worktree)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(one_alone_is_the_main_one),
		SCRATCH_TEST(all_are_found_from_each_by_name),
		SCRATCH_TEST(one_that_does_not_say_where_it_is_has_no_top),
		SCRATCH_TEST(a_bare_one_has_only_linked_ones),
		SCRATCH_TEST(a_submodule_names_its_own),
	};

	return UNIT_RUN(tests);
}
