#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/err.h"
#include "scratch.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"

/* A path below the scratch directory, in one of four buffers. */
static const char *
in(void **state, const char *path)
{
	static char out[4][8192];
	static int next;
	const struct scratch *s = *state;
	char *p = out[next++ % 4];

	snprintf(p, sizeof(out[0]), "%s/%s", s->dir, path);
	return p;
}

static struct gv_repo *
open_ok(unsigned flags)
{
	struct gv_repo *repo = NULL;

	if (gv_repo_open(&repo, flags) < 0)
		fail_msg("cannot open: %s", gv_err_message());
	assert_non_null(repo);
	return repo;
}

static void
expect_refused(unsigned flags, int code, const char *words)
{
	struct gv_repo *repo = NULL;

	gv_err_set_message(NULL);
	assert_int_equal(gv_repo_open(&repo, flags), code);
	assert_null(repo);
	if (strstr(gv_err_message(), words) == NULL)
		fail_msg("not said: %s; but: %s", words, gv_err_message());
}

static void
expect_head(const struct gv_repo *repo, const char *revision)
{
	char hex[GV_OID_HEX + 1], command[256];

	gv_oid_format(hex, &repo->head);
	snprintf(command, sizeof(command), "test %s = \"$(git rev-parse %s)\"",
	    hex, revision);
	sh(command);
}

static void
knows_the_paths_of_a_plain_repository(void **state)
{
	struct gv_repo *repo;

	sh("git init -q r; cd r; git commit -q --allow-empty -m x;"
	   "mkdir -p a/b");
	scratch_chdir("r/a/b");
	repo = open_ok(GV_REPO_NEED_WORKTREE);
	assert_string_equal(repo->git_dir, in(state, "r/.git"));
	assert_string_equal(repo->common_dir, in(state, "r/.git"));
	assert_string_equal(repo->objects_dir, in(state, "r/.git/objects"));
	assert_string_equal(repo->index_file, in(state, "r/.git/index"));
	assert_int_equal(gv_repo_find_hooks(repo), 0);
	assert_string_equal(repo->hooks_dir, in(state, "r/.git/hooks"));
	assert_string_equal(repo->worktree, in(state, "r"));
	assert_string_equal(repo->prefix, "a/b/");
	assert_string_equal(repo->vault_dir, in(state, "r/.git/vault"));
	assert_string_equal(repo->head_ref, "refs/heads/main");
	assert_false(repo->shallow);
	assert_false(repo->partial);
	expect_head(repo, "HEAD");
	assert_string_equal(gv_config_get(&repo->config, "core.bare"), "false");
	gv_repo_close(repo);
	gv_repo_close(NULL);
}

static void
an_unborn_branch_has_a_name_and_no_commit(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q r");
	scratch_chdir("r");
	repo = open_ok(0);
	assert_string_equal(repo->head_ref, "refs/heads/main");
	assert_true(gv_oid_is_zero(&repo->head));
	assert_string_equal(repo->prefix, "");
	gv_repo_close(repo);
}

static void
a_detached_head_has_a_commit_and_no_name(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q r; cd r; git commit -q --allow-empty -m x;"
	   "git checkout -q --detach");
	scratch_chdir("r");
	repo = open_ok(0);
	assert_null(repo->head_ref);
	expect_head(repo, "HEAD");
	gv_repo_close(repo);
}

static void
a_packed_branch_is_found(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q r; cd r; git commit -q --allow-empty -m x;"
	   "git branch other; git tag -a -m t annotated;"
	   "git commit -q --allow-empty -m y; git pack-refs --all;"
	   "test ! -e .git/refs/heads/main");
	scratch_chdir("r");
	repo = open_ok(0);
	expect_head(repo, "main");
	gv_repo_close(repo);
	/* a name that only ends like a packed one is another branch */
	sh("git symbolic-ref HEAD refs/heads/x/heads/main");
	repo = open_ok(0);
	assert_true(gv_oid_is_zero(&repo->head));
	gv_repo_close(repo);
	/* a loose ref wins over a packed one */
	sh("git symbolic-ref HEAD refs/heads/main; "
	   "git commit -q --allow-empty -m z; "
	   "test -e .git/refs/heads/main");
	repo = open_ok(0);
	expect_head(repo, "main");
	gv_repo_close(repo);
}

/* The file is read in pieces, so its line may lie in two of them. */
static void
a_packed_branch_is_found_anywhere(void **state)
{
	struct gv_repo *repo;
	char cmd[512];
	int shift;

	(void)state;
	sh("git init -q r; cd r; git commit -q --allow-empty -m x;"
	   "git pack-refs --all; tail -n 1 .git/packed-refs >line");
	scratch_chdir("r");
	for (shift = 0; shift < 70; shift++) {
		snprintf(cmd, sizeof(cmd),
		    "awk '{ id = $1; sub(/ .*/, \"\") } END {"
		    "printf \"%%s refs/heads/\", id;"
		    "for (i = 0; i < 32640 + %d; i++) printf \"a\";"
		    "print \"\" }' line >.git/packed-refs;"
		    "cat line >>.git/packed-refs",
		    shift);
		sh(cmd);
		repo = open_ok(0);
		assert_false(gv_oid_is_zero(&repo->head));
		gv_repo_close(repo);
	}
}

static void
a_symbolic_branch_is_gits_to_resolve(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q r; cd r; git commit -q --allow-empty -m x;"
	   "git symbolic-ref refs/heads/alias refs/heads/main;"
	   "git symbolic-ref HEAD refs/heads/alias");
	scratch_chdir("r");
	repo = open_ok(0);
	expect_head(repo, "main");
	assert_string_equal(repo->head_ref, "refs/heads/alias");
	gv_repo_close(repo);
}

static void
a_damaged_branch_is_not_taken_for_an_unborn_one(void **state)
{
	(void)state;
	sh("git init -q r; cd r; git commit -q --allow-empty -m x;"
	   ": >.git/refs/heads/main");
	scratch_chdir("r");
	expect_refused(0, GV_ECORRUPT, "HEAD is damaged");
}

static void
a_bare_repository_has_no_working_tree(void **state)
{
	struct gv_repo *repo;

	sh("git init -q --bare r.git");
	scratch_chdir("r.git");
	repo = open_ok(0);
	assert_null(repo->worktree);
	assert_string_equal(repo->git_dir, in(state, "r.git"));
	assert_string_equal(repo->prefix, "");
	gv_repo_close(repo);
	expect_refused(GV_REPO_NEED_WORKTREE, GV_EREFUSED, "working tree");
}

static void
inside_the_git_directory_there_is_none_either(void **state)
{
	struct gv_repo *repo;

	sh("git init -q r");
	scratch_chdir("r/.git/refs");
	repo = open_ok(0);
	assert_null(repo->worktree);
	assert_string_equal(repo->git_dir, in(state, "r/.git"));
	gv_repo_close(repo);
	expect_refused(GV_REPO_NEED_WORKTREE, GV_EREFUSED, "working tree");
}

static void
outside_any_repository_says_what_to_do(void **state)
{
	(void)state;
	sh("mkdir empty");
	scratch_chdir("empty");
	expect_refused(0, GV_ENOTFOUND, "not a git repository");
	expect_refused(0, GV_ENOTFOUND, "-C");
	setenv("GIT_DIR", "/no/such/place", 1);
	expect_refused(0, GV_ENOTFOUND, "/no/such/place");
	unsetenv("GIT_DIR");
}

static void
a_linked_worktree_has_its_own_head_and_index(void **state)
{
	struct gv_repo *repo;

	sh("git init -q r; cd r; git commit -q --allow-empty -m x;"
	   "git worktree add -q -b side ../linked;"
	   "cd ../linked; git commit -q --allow-empty -m y");
	scratch_chdir("linked");
	repo = open_ok(GV_REPO_NEED_WORKTREE);
	assert_string_equal(
	    repo->git_dir, in(state, "r/.git/worktrees/linked"));
	assert_string_equal(repo->common_dir, in(state, "r/.git"));
	assert_string_equal(
	    repo->index_file, in(state, "r/.git/worktrees/linked/index"));
	assert_string_equal(repo->objects_dir, in(state, "r/.git/objects"));
	assert_string_equal(repo->worktree, in(state, "linked"));
	assert_string_equal(
	    repo->vault_dir, in(state, "r/.git/worktrees/linked/vault"));
	assert_string_equal(repo->head_ref, "refs/heads/side");
	expect_head(repo, "side");
	gv_repo_close(repo);
}

static void
a_submodule_is_a_repository_of_its_own(void **state)
{
	struct gv_repo *repo;

	sh("git init -q lib; cd lib; git commit -q --allow-empty -m x; cd ..;"
	   "git init -q r; cd r; git submodule --quiet add ../lib sub");
	scratch_chdir("r/sub");
	repo = open_ok(GV_REPO_NEED_WORKTREE);
	assert_string_equal(repo->git_dir, in(state, "r/.git/modules/sub"));
	assert_string_equal(repo->worktree, in(state, "r/sub"));
	expect_head(repo, "HEAD");
	gv_repo_close(repo);
}

static void
environment_decides_as_it_does_for_git(void **state)
{
	struct gv_repo *repo;

	sh("git init -q r; cd r; git commit -q --allow-empty -m x;"
	   "mkdir -p ../tree/sub ../elsewhere");
	setenv("GIT_DIR", in(state, "r/.git"), 1);
	setenv("GIT_WORK_TREE", in(state, "tree"), 1);
	setenv("GIT_INDEX_FILE", "other-index", 1);
	setenv("GIT_OBJECT_DIRECTORY", in(state, "r/.git/objects"), 1);
	scratch_chdir("tree/sub");
	repo = open_ok(GV_REPO_NEED_WORKTREE);
	assert_string_equal(repo->worktree, in(state, "tree"));
	assert_string_equal(repo->prefix, "sub/");
	/* git takes a relative GIT_INDEX_FILE from the working tree's top */
	assert_int_equal(repo->index_file[0], '/');
	expect_head(repo, "HEAD");
	gv_repo_close(repo);
	scratch_chdir(in(state, "elsewhere"));
	repo = open_ok(GV_REPO_NEED_WORKTREE);
	assert_string_equal(repo->worktree, in(state, "tree"));
	assert_string_equal(repo->prefix, "");
	gv_repo_close(repo);
	unsetenv("GIT_DIR");
	unsetenv("GIT_WORK_TREE");
	unsetenv("GIT_INDEX_FILE");
	unsetenv("GIT_OBJECT_DIRECTORY");
}

static void
configuration_of_the_command_line_is_seen(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q r; cd r; git config vault.x local;"
	   "git config core.hooksPath ../hooks");
	setenv("GIT_CONFIG_PARAMETERS", "'vault.x=command'", 1);
	scratch_chdir("r");
	repo = open_ok(0);
	assert_string_equal(gv_config_get(&repo->config, "vault.x"), "command");
	assert_int_equal(gv_repo_find_hooks(repo), 0);
	assert_non_null(strstr(repo->hooks_dir, "/hooks"));
	assert_null(strstr(repo->hooks_dir, ".git/hooks"));
	gv_repo_close(repo);
	unsetenv("GIT_CONFIG_PARAMETERS");
}

static void
a_damaged_configuration_is_refused_with_gits_words(void **state)
{
	(void)state;
	sh("git init -q r; echo '[broken' >>r/.git/config");
	scratch_chdir("r");
	expect_refused(0, GV_EREFUSED, "bad config");
}

static void
someone_elses_repository_is_refused_with_the_way_out(void **state)
{
	(void)state;
	sh("git init -q r");
	setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1", 1);
	scratch_chdir("r");
	expect_refused(0, GV_EREFUSED, "dubious ownership");
	expect_refused(
	    0, GV_EREFUSED, "git config --global --add safe.directory '/");
	sh("GIT_TEST_ASSUME_DIFFERENT_OWNER=0 git config --global "
	   "--add safe.directory '*'");
	gv_repo_close(open_ok(0));
	unsetenv("GIT_TEST_ASSUME_DIFFERENT_OWNER");
}

static void
other_object_names_and_ref_stores_are_refused(void **state)
{
	(void)state;
	sh("git init -q --object-format=sha256 r");
	scratch_chdir("r");
	expect_refused(0, GV_EREFUSED, "SHA-1 only");
	scratch_chdir("..");
	sh("git init -q t; git -C t config extensions.refStorage reftable");
	scratch_chdir("t");
	expect_refused(0, GV_EREFUSED, "reftable");
	/* with format 1 a git that does not know it says so itself */
	sh("git config core.repositoryFormatVersion 1");
	expect_refused(0, GV_EREFUSED, "ref");
	scratch_chdir("..");
	sh("git init -q u; git -C u config extensions.unheardOf true;"
	   "git -C u config core.repositoryFormatVersion 1");
	scratch_chdir("u");
	expect_refused(0, GV_EREFUSED, "found: unheardof");
}

static void
a_path_with_a_newline_is_read_whole(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q 'with\nnewline\n'; mkdir 'with\nnewline\n/sub\n\n'");
	scratch_chdir("with\nnewline\n");
	repo = open_ok(GV_REPO_NEED_WORKTREE);
	assert_string_equal(strrchr(repo->worktree, '/'), "/with\nnewline\n");
	assert_string_equal(
	    strstr(repo->index_file, "/with"), "/with\nnewline\n/.git/index");
	assert_string_equal(repo->prefix, "");
	gv_repo_close(repo);
	scratch_chdir("sub\n\n");
	repo = open_ok(0);
	assert_string_equal(repo->prefix, "sub\n\n/");
	gv_repo_close(repo);
	scratch_chdir("../..");
	sh("git init -q --bare 'bare\nr.git'");
	scratch_chdir("bare\nr.git");
	repo = open_ok(0);
	assert_null(repo->worktree);
	assert_string_equal(strrchr(repo->git_dir, '/'), "/bare\nr.git");
	gv_repo_close(repo);
}

static void
odd_paths_without_a_newline_work(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q 'a b\t\"q\" \303\251 \377'; cd a*;"
	   "git commit -q --allow-empty -m x; mkdir -p 'x \377/y'");
	scratch_chdir("a b\t\"q\" \303\251 \377/x \377/y");
	repo = open_ok(GV_REPO_NEED_WORKTREE);
	assert_string_equal(repo->prefix, "x \377/y/");
	expect_head(repo, "HEAD");
	gv_repo_close(repo);
}

static void
shallow_and_partial_clones_are_known_for_such(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q r; cd r; git config uploadpack.allowFilter true;"
	   "git commit -q --allow-empty -m x; git commit -q --allow-empty -m y;"
	   "cd ..; git clone -q --depth 1 \"file://$PWD/r\" shallow;"
	   "git clone -q --filter=blob:none \"file://$PWD/r\" partial");
	scratch_chdir("shallow");
	repo = open_ok(0);
	assert_true(repo->shallow);
	assert_false(repo->partial);
	gv_repo_close(repo);
	scratch_chdir("../partial");
	repo = open_ok(0);
	assert_true(repo->partial);
	assert_false(repo->shallow);
	gv_repo_close(repo);
}

static void
makes_its_folder_and_opens_its_objects_once(void **state)
{
	struct gv_odb *one = NULL, *two = NULL;
	struct gv_repo *repo;
	struct stat st;

	(void)state;
	sh("git init -q r");
	scratch_chdir("r");
	repo = open_ok(0);
	assert_int_equal(stat(repo->vault_dir, &st), -1);
	assert_int_equal(gv_repo_make_vault_dir(repo), 0);
	assert_int_equal(gv_repo_make_vault_dir(repo), 0);
	assert_int_equal(stat(repo->vault_dir, &st), 0);
	assert_int_equal(gv_repo_odb(repo, &one), 0);
	assert_int_equal(gv_repo_odb(repo, &two), 0);
	assert_non_null(one);
	assert_ptr_equal(one, two);
	gv_repo_close(repo);
}

static void
one_that_stays_open_looks_again(void **state)
{
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_oid first;

	(void)state;
	sh("git init -q r && git -C r commit -q --allow-empty -m one");
	scratch_chdir("r");
	repo = open_ok(0);
	first = repo->head;
	assert_int_equal(gv_repo_odb(repo, &odb), 0);
	sh("git checkout -q -b other && git commit -q --allow-empty -m two &&"
	   "git gc -q");
	expect_head(repo, "HEAD~1");
	assert_int_equal(gv_repo_look_again(repo), 0);
	expect_head(repo, "HEAD");
	assert_string_equal(repo->head_ref, "refs/heads/other");
	assert_int_equal(gv_repo_odb(repo, &odb), 0);
	assert_true(gv_odb_has(odb, &first));
	assert_true(gv_odb_has(odb, &repo->head));
	sh("git checkout -q --detach HEAD~1");
	assert_int_equal(gv_repo_look_again(repo), 0);
	assert_true(gv_oid_equal(&repo->head, &first));
	assert_null(repo->head_ref);
	gv_repo_close(repo);
}

static void
a_push_in_quarantine_forbids_writing(void **state)
{
	struct gv_repo *repo;

	(void)state;
	sh("git init -q --bare r.git");
	scratch_chdir("r.git");
	repo = open_ok(0);
	assert_int_equal(gv_repo_check_writable(repo), 0);
	setenv("GIT_QUARANTINE_PATH", "objects/incoming", 1);
	assert_int_equal(gv_repo_check_writable(repo), GV_EREFUSED);
	assert_message("post-receive");
	unsetenv("GIT_QUARANTINE_PATH");
	gv_repo_close(repo);
}

/* Gitaly hands on where the objects are, and not that they are in quarantine.
 */
static void
a_quarantine_is_known_by_where_its_objects_are(void **state)
{
	static const char *const inside[] = { "objects/tmp_objdir-incoming-x",
		"/r.git/objects/incoming-Ab12/",
		"/srv/+gitaly/tmp/quarantine-7-1", "tmp_objdir-incoming-x" };
	static const char *const outside[] = { "", "objects", "/srv/objects/",
		"/srv/incoming-x/objects", "incoming" };
	struct gv_repo *repo;
	size_t i;

	(void)state;
	sh("git init -q --bare r.git");
	scratch_chdir("r.git");
	repo = open_ok(0);
	for (i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		setenv("GIT_OBJECT_DIRECTORY", inside[i], 1);
		assert_int_equal(gv_repo_check_writable(repo), GV_EREFUSED);
		assert_message("post-receive");
	}
	for (i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		setenv("GIT_OBJECT_DIRECTORY", outside[i], 1);
		assert_int_equal(gv_repo_check_writable(repo), 0);
	}
	unsetenv("GIT_OBJECT_DIRECTORY");
	gv_repo_close(repo);
}

static void
gits_words_are_understood_in_any_language(void **state)
{
	(void)state;
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	setenv("LANGUAGE", "de", 1);
	sh("mkdir empty");
	scratch_chdir("empty");
	expect_refused(0, GV_ENOTFOUND, "not a git repository");
	unsetenv("LC_ALL");
	unsetenv("LANGUAGE");
}

UNIT(repo)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(knows_the_paths_of_a_plain_repository),
		SCRATCH_TEST(an_unborn_branch_has_a_name_and_no_commit),
		SCRATCH_TEST(a_detached_head_has_a_commit_and_no_name),
		SCRATCH_TEST(a_packed_branch_is_found),
		SCRATCH_TEST(a_packed_branch_is_found_anywhere),
		SCRATCH_TEST(a_symbolic_branch_is_gits_to_resolve),
		SCRATCH_TEST(a_damaged_branch_is_not_taken_for_an_unborn_one),
		SCRATCH_TEST(a_bare_repository_has_no_working_tree),
		SCRATCH_TEST(inside_the_git_directory_there_is_none_either),
		SCRATCH_TEST(outside_any_repository_says_what_to_do),
		SCRATCH_TEST(a_linked_worktree_has_its_own_head_and_index),
		SCRATCH_TEST(a_submodule_is_a_repository_of_its_own),
		SCRATCH_TEST(environment_decides_as_it_does_for_git),
		SCRATCH_TEST(configuration_of_the_command_line_is_seen),
		SCRATCH_TEST(
		    a_damaged_configuration_is_refused_with_gits_words),
		SCRATCH_TEST(
		    someone_elses_repository_is_refused_with_the_way_out),
		SCRATCH_TEST(other_object_names_and_ref_stores_are_refused),
		SCRATCH_TEST(a_path_with_a_newline_is_read_whole),
		SCRATCH_TEST(odd_paths_without_a_newline_work),
		SCRATCH_TEST(shallow_and_partial_clones_are_known_for_such),
		SCRATCH_TEST(makes_its_folder_and_opens_its_objects_once),
		SCRATCH_TEST(one_that_stays_open_looks_again),
		SCRATCH_TEST(a_push_in_quarantine_forbids_writing),
		SCRATCH_TEST(a_quarantine_is_known_by_where_its_objects_are),
		SCRATCH_TEST(gits_words_are_understood_in_any_language),
	};

	return UNIT_RUN(tests);
}
