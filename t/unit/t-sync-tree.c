#include "unit.h"

#include "base/err.h"
#include "scratch.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sync/sync_internal.h"

#define NOW 1795158764

/* make NAME: the tree of the files of a folder, refs/t/NAME. */
static const char script[] =
    "git init -q r && cd r && "
    "make () { GIT_INDEX_FILE=$PWD/.git/i.$1 git --work-tree=$1 add -A && "
    "git update-ref refs/t/$1 $(GIT_INDEX_FILE=$PWD/.git/i.$1 "
    "git write-tree); } && "
    "put () { mkdir -p ${1%/*} && echo $2 >$1; } && "
    "for side in base ours theirs; do mkdir -p $side/tags && "
    "for f in same ours-changed theirs-changed both-changed ours-dropped "
    "theirs-dropped ours-dropped-theirs-changed; do "
    "put $side/tags/$f base; put $side/pinned/$f base; done; done && ";

static struct gv_repo *
make_repo(const char *changes)
{
	struct gv_repo *repo;
	char all[4096];

	(void)snprintf(all, sizeof(all),
	    "%s %s && make base && make ours && make theirs", script, changes);
	sh(all);
	scratch_chdir("r");
	if (gv_repo_open(&repo, 0) < 0)
		fail_msg("%s", gv_err_message());
	return repo;
}

static unsigned picked;

static int
pick(struct gv_ledger_edit *edit, struct gv_oid *out, const char *folder,
    const struct gv_oid blobs[GV_SYNC_WHERES])
{
	char text[100];

	(void)blobs;
	picked++;
	(void)snprintf(text, sizeof(text), "picked in %s\n", folder);
	return gv_ledger_blob(edit, out, text, strlen(text));
}

/* Merge the three into the ref refs/t/merged; what it returns. */
static int
merge(struct gv_repo *repo, const struct gv_map *gone)
{
	static const char *const names[] = { "refs/t/base", "refs/t/ours",
		"refs/t/theirs" };
	struct gv_ledger_edit edit = { .repo = NULL };
	struct gv_sync_tree t = { .edit = &edit, .pick = pick, .out = gone };
	struct gv_ledger none = { .tip = { { 0 } } };
	struct gv_oid trees[GV_SYNC_WHERES], tree;
	size_t i;
	int r;

	picked = 0;
	for (i = 0; i < GV_SYNC_WHERES; i++)
		assert_int_equal(gv_ref_find(&trees[i], repo, names[i]), 0);
	assert_int_equal(gv_ledger_begin(&edit, repo, NOW), 0);
	r = gv_sync_tree(&t, &tree, trees);
	if (r == 0 &&
	    (gv_ledger_step(&edit, &none, "refs/t/merged", &tree, "x") < 0 ||
		gv_ledger_publish(&edit) < 0))
		fail_msg("%s", gv_err_message());
	gv_ledger_end(&edit);
	return r;
}

static void
what_one_side_changed_stands(void **state)
{
	struct gv_repo *repo = make_repo(
	    "put ours/tags/ours-changed new && put ours/tags/added-ours o && "
	    "put theirs/tags/theirs-changed new && "
	    "put theirs/tags/added-theirs t && "
	    "put ours/tags/both-changed o && put theirs/tags/both-changed t && "
	    "rm ours/tags/ours-dropped* theirs/tags/theirs-dropped && "
	    "put theirs/tags/ours-dropped-theirs-changed new");

	(void)state;
	if (merge(repo, NULL) < 0)
		fail_msg("%s", gv_err_message());
	assert_int_equal(picked, 1);
	sh("rm -rf out && mkdir out && git archive refs/t/merged tags | "
	   "tar xf - -C out && cd out/tags && "
	   "test \"$(echo *)\" = 'added-ours added-theirs both-changed "
	   "ours-changed ours-dropped-theirs-changed same theirs-changed' && "
	   "test \"$(cat *)\" = \"$(printf 'o\\nt\\npicked in tags\\nnew\\n"
	   "new\\nbase\\nnew')\"");
	gv_repo_close(repo);
}

static void
a_folder_that_is_gone_takes_only_what_was_in_it(void **state)
{
	struct gv_repo *repo =
	    make_repo("rm -r ours/pinned && put theirs/pinned/late t && "
		      "put theirs/pinned/same changed && rm -r theirs/tags");

	(void)state;
	assert_int_equal(merge(repo, NULL), 0);
	assert_int_equal(picked, 0);
	sh("test \"$(git ls-tree -r --name-only refs/t/merged)\" = "
	   "\"$(printf 'pinned/late\\npinned/same')\"");
	gv_repo_close(repo);
}

static void
what_is_to_go_goes_out_of_folders_that_nobody_changed(void **state)
{
	struct gv_repo *repo = make_repo("put ours/other/same x");
	struct gv_map gone = GV_MAP_INIT;

	(void)state;
	assert_int_equal(gv_map_put(&gone, "same", 4, &gone), 0);
	assert_int_equal(merge(repo, &gone), 0);
	sh("git ls-tree -r --name-only refs/t/merged >list && "
	   "! grep -q '/same$' list && test $(wc -l <list) = 12");
	gv_map_release(&gone);
	gv_repo_close(repo);
}

static void
a_file_does_not_take_the_place_of_a_folder_that_has_more(void **state)
{
	struct gv_repo *repo =
	    make_repo("rm -r theirs/pinned && echo x >theirs/pinned");

	(void)state;
	assert_int_equal(merge(repo, NULL), 0);
	gv_repo_close(repo);
	scratch_chdir("..");
	sh("rm -rf r");
	repo = make_repo("rm -r theirs/pinned && echo x >theirs/pinned && "
			 "put ours/pinned/more y");
	assert_int_equal(merge(repo, NULL), 0);
	sh("git cat-file -e refs/t/merged:pinned/more && "
	   "git fsck --no-dangling");
	gv_repo_close(repo);
}

UNIT(sync_tree)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(what_one_side_changed_stands),
		SCRATCH_TEST(a_folder_that_is_gone_takes_only_what_was_in_it),
		SCRATCH_TEST(
		    what_is_to_go_goes_out_of_folders_that_nobody_changed),
		SCRATCH_TEST(
		    a_file_does_not_take_the_place_of_a_folder_that_has_more),
	};

	return UNIT_RUN(tests);
}
