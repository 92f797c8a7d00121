#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "vault/ledger.h"
#include "vault/lineset.h"
#include "vault/note_merge.h"

#define NOW 1795158764

/* COMMITS commits, and notes on them in refs/notes/base, a and b: on some of
 * them in all, on some in one, changed in none, one or both, and taken away in
 * one and changed in the other. */
static struct gv_repo *
make_repo(unsigned commits)
{
	struct gv_repo *repo;
	char script[2048];

	(void)snprintf(script, sizeof(script),
	    "git init -q r && cd r && awk -v n=%u '"
	    "function note(i, text) {"
	    "	printf \"N inline :%%d\\ndata %%d\\n%%s\\n\", i,"
	    "	    length(text), text"
	    "}"
	    "function drop(i) {"
	    "	printf \"N %%040d :%%d\\n\", 0, i"
	    "}"
	    "function begin(ref) {"
	    "	print \"commit refs/\" ref;"
	    "	print \"committer a <a> 1 +0000\\ndata 1\\nx\""
	    "}"
	    "BEGIN {"
	    "	for (i = 1; i <= n; i++) {"
	    "		print \"commit refs/heads/main\\nmark :\" i;"
	    "		print \"committer a <a> \" i \" +0000\\ndata 1\\nx\""
	    "	}"
	    "	begin(\"notes/base\");"
	    "	for (i = 1; i <= n; i++) if (i %% 3)"
	    "		note(i, \"m base \" i \"\\n\");"
	    "	begin(\"notes/a\"); print \"from refs/notes/base\";"
	    "	for (i = 1; i <= n; i++) {"
	    "		if (i %% 7 == 0 && i %% 5 && i %% 11) drop(i);"
	    "		else if (i %% 2)"
	    "			note(i, i %% 11 ? \"z a\\nm base \" i"
	    "			    \"\\nboth\\n\" : \"a\\nz\\n\")"
	    "	}"
	    "	begin(\"notes/b\"); print \"from refs/notes/base\";"
	    "	for (i = 1; i <= n; i++) {"
	    "		if (i %% 11 == 0 && i %% 2) drop(i);"
	    "		else if (i %% 5)"
	    "			note(i, \"both\\nc b\\nm base \" i)"
	    "	}"
	    "}' | git fast-import --quiet",
	    commits);
	sh(script);
	scratch_chdir("r");
	if (gv_repo_open(&repo, 0) < 0)
		fail_msg("%s", gv_err_message());
	return repo;
}

static void
load(struct gv_ledger *out, struct gv_repo *repo, const char *ref)
{
	struct gv_odb *odb;
	struct gv_oid tip;

	assert_int_equal(gv_repo_odb(repo, &odb), 0);
	assert_int_equal(gv_ref_find(&tip, repo, ref), 0);
	assert_int_equal(gv_ledger_load(out, odb, &tip), 0);
}

/* Merge b into a, to a third ref; the tree. */
static struct gv_oid
merge(struct gv_repo *repo, const char *a, const char *b, const char *into)
{
	struct gv_ledger_edit edit = { .repo = NULL };
	struct gv_ledger ours, theirs, none = { .tip = { { 0 } } };
	struct gv_oid tree;

	load(&ours, repo, a);
	load(&theirs, repo, b);
	assert_int_equal(gv_ledger_begin(&edit, repo, NOW), 0);
	if (gv_note_merge(&edit, &tree, &ours.tree, &theirs.tree) < 0 ||
	    gv_ledger_step(&edit, &none, into, &tree, "merge") < 0 ||
	    gv_ledger_publish(&edit) < 0)
		fail_msg("%s", gv_err_message());
	gv_ledger_end(&edit);
	return tree;
}

/* Whether all lines of the notes of one are in another. */
static bool
is_in(struct gv_repo *repo, const char *of, const char *in)
{
	struct gv_ledger a, b;
	struct gv_odb *odb;
	bool is;

	load(&a, repo, of);
	load(&b, repo, in);
	assert_int_equal(gv_repo_odb(repo, &odb), 0);
	assert_int_equal(gv_note_merge_is_in(&is, odb, &a.tree, &b.tree), 0);
	return is;
}

static void
check_as_git(unsigned commits)
{
	struct gv_repo *repo = make_repo(commits);
	struct gv_oid one, other;

	one = merge(repo, "refs/notes/a", "refs/notes/b", "refs/notes/one");
	other = merge(repo, "refs/notes/b", "refs/notes/a", "refs/notes/other");
	assert_true(gv_oid_equal(&one, &other));
	sh("git update-ref refs/notes/git refs/notes/a && "
	   "git notes --ref=git merge -q -s cat_sort_uniq refs/notes/b && "
	   "git notes --ref=git list | sort >expect && test -s expect && "
	   "git notes --ref=one list | sort >actual && cmp expect actual");
	assert_false(is_in(repo, "refs/notes/a", "refs/notes/b"));
	assert_true(is_in(repo, "refs/notes/a", "refs/notes/one"));
	assert_true(is_in(repo, "refs/notes/b", "refs/notes/one"));
	gv_repo_close(repo);
}

static void
few_are_merged_as_git_merges_them(void **state)
{
	(void)state;
	check_as_git(40);
}

static void
many_are_merged_as_git_merges_them(void **state)
{
	(void)state;
	check_as_git(3000);
}

static void
what_is_no_note_stays(void **state)
{
	struct gv_repo *repo = make_repo(100);

	(void)state;
	sh("for ref in a b; do "
	   "export GIT_INDEX_FILE=index.$ref && "
	   "git read-tree refs/notes/$ref && "
	   "blob=$(echo of $ref | git hash-object -w --stdin) && "
	   "git update-index --add --cacheinfo 100644,$blob,$ref.txt && "
	   "git update-index --add --cacheinfo 100644,$blob,both.txt && "
	   "git update-ref refs/notes/$ref $(git commit-tree -m x "
	   "-p refs/notes/$ref $(git write-tree)) || exit 1; done");
	(void)merge(repo, "refs/notes/a", "refs/notes/b", "refs/notes/one");
	sh("test \"$(git cat-file -p refs/notes/one:a.txt)\" = 'of a' && "
	   "test \"$(git cat-file -p refs/notes/one:b.txt)\" = 'of b' && "
	   "test \"$(git cat-file -p refs/notes/one:both.txt)\" = 'of a' && "
	   "git fsck --strict --no-dangling");
	gv_repo_close(repo);
}

static void
what_one_has_taken_away_stays(void **state)
{
	struct gv_repo *repo = make_repo(5);

	(void)state;
	sh("git notes --ref=base list | cut -d' ' -f2 | sort >commits && "
	   "test $(wc -l <commits) = 4 && for ref in a b; do "
	   "git update-ref refs/notes/$ref refs/notes/base || exit 1; done && "
	   "git notes --ref=a remove $(sed 1,2d commits) 2>err && "
	   "git notes --ref=b remove $(sed 3,4d commits) 2>err");
	assert_false(is_in(repo, "refs/notes/base", "refs/notes/a"));
	assert_true(is_in(repo, "refs/notes/a", "refs/notes/base"));
	(void)merge(repo, "refs/notes/a", "refs/notes/b", "refs/notes/one");
	sh("git notes --ref=base list | sort >expect && "
	   "git notes --ref=one list | sort >actual && cmp expect actual");
	gv_repo_close(repo);
}

static void
what_has_all_lines_is_as_it_was_written(void **state)
{
	struct gv_repo *repo = make_repo(1);

	(void)state;
	sh("printf 'm base 1\n' >less && printf 'z\n\nm base 1\na' >more && "
	   "printf 'm base 1\na\nz\n' >other && c=$(git rev-parse main) && "
	   "git notes --ref=a add -f -C $(git hash-object -w less) $c 2>err && "
	   "git notes --ref=b add -f -C $(git hash-object -w more) $c 2>err && "
	   "git notes --ref=c add -f -C $(git hash-object -w other) $c 2>err");
	assert_true(is_in(repo, "refs/notes/a", "refs/notes/b"));
	assert_false(is_in(repo, "refs/notes/b", "refs/notes/a"));
	assert_true(is_in(repo, "refs/notes/b", "refs/notes/c"));
	assert_true(is_in(repo, "refs/notes/c", "refs/notes/b"));
	(void)merge(repo, "refs/notes/a", "refs/notes/b", "refs/notes/one");
	(void)merge(repo, "refs/notes/b", "refs/notes/a", "refs/notes/other");
	(void)merge(repo, "refs/notes/b", "refs/notes/c", "refs/notes/both");
	sh("for ref in one other; do "
	   "git cat-file blob $(git notes --ref=$ref list main) >actual && "
	   "cmp more actual || exit 1; done && "
	   "git cat-file blob $(git notes --ref=both list main) >actual && "
	   "printf 'a\nm base 1\nz\n' | cmp - actual");
	gv_repo_close(repo);
}

static void
lines_are_a_set(void **state)
{
	static const char text[] = "b\n\na\nb\nab";
	struct gv_lineset set = { .n = 0 };
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_lineset_add(&set, text, strlen(text)), 0);
	assert_int_equal(gv_lineset_add(&set, "c\na\n", 4), 0);
	assert_int_equal(gv_lineset_add(&set, NULL, 0), 0);
	gv_lineset_sort(&set);
	gv_lineset_write(&out, &set);
	assert_string_equal(out.p, "a\nab\nb\nc\n");
	assert_true(
	    gv_lineset_has(&set, &(struct gv_lineset_line){ "abc", 2 }));
	assert_false(
	    gv_lineset_has(&set, &(struct gv_lineset_line){ "abc", 3 }));
	gv_lineset_release(&set);
	assert_false(gv_lineset_has(&set, &(struct gv_lineset_line){ "a", 1 }));
	gv_lineset_release(NULL);
	gv_buf_release(&out);
}

UNIT(note_merge)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(few_are_merged_as_git_merges_them),
		SCRATCH_TEST(many_are_merged_as_git_merges_them),
		SCRATCH_TEST(what_is_no_note_stays),
		SCRATCH_TEST(what_one_has_taken_away_stays),
		SCRATCH_TEST(what_has_all_lines_is_as_it_was_written),
		cmocka_unit_test(lines_are_a_set),
	};

	return UNIT_RUN(tests);
}
