#include "unit.h"

#include "scratch.h"

#include "base/buf.h"
#include "base/err.h"
#include "record/own.h"
#include "repo/repo.h"

#define ID  "20261120T071244Z-0123abcd"
#define ID2 "20261120T071245Z-0123abce"
#define ID3 "20261120T071245Z-00000000" /* in the same second */
#define ID4 "20261120T071246Z-00000000"
#define A   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C   "cccccccccccccccccccccccccccccccccccccccc"

static struct gv_oid
oid(const char *hex)
{
	struct gv_oid id;

	assert_int_equal(gv_oid_parse(&id, hex), 0);
	return id;
}

static bool
has(const struct gv_own *own, const char *hex)
{
	struct gv_oid id = oid(hex);

	return gv_own_has(own, &id);
}

static bool
is_here(const struct gv_own *own, const char *hex)
{
	struct gv_oid id = oid(hex);

	return gv_own_is_here(own, &id);
}

static struct gv_own
parse(const char *text)
{
	struct gv_own own;

	assert_int_equal(gv_own_parse(&own, text, strlen(text)), 0);
	return own;
}

static void
reads_what_it_writes(void **state)
{
	static const char text[] =
	    ID " " A " main\n" ID2 " " B " 0011223344556677\n";
	struct gv_buf b = GV_BUF_INIT;
	struct gv_own own = parse(text);
	size_t i;

	(void)state;
	assert_int_equal(own.n, 2);
	assert_int_equal(own.damaged, 0);
	for (i = 0; i < own.n; i++)
		gv_own_format(&b, &own.entries[i]);
	assert_string_equal(b.p, text);
	gv_buf_release(&b);
	gv_own_release(&own);
}

static void
skips_lines_that_are_none(void **state)
{
	struct gv_own own =
	    parse("\n" ID "\n" ID " " A "\n" ID " " A " \n" ID " " A
		  " Main\n" ID " " A "  main\nx" ID " " A " main\n" ID "-" A
		  " main\n" ID2 " " B " main\n" ID " " C " main");

	(void)state;
	assert_int_equal(own.n, 1);
	assert_int_equal(own.damaged, 9);
	assert_true(has(&own, B));
	assert_false(has(&own, A));
	/* the last one has no end: it was not finished */
	assert_false(has(&own, C));
	gv_own_release(&own);
}

static void
an_empty_list_has_none(void **state)
{
	struct gv_own own = parse("");

	(void)state;
	assert_false(has(&own, A));
	assert_false(is_here(&own, A));
	gv_own_release(&own);
}

static void
knows_its_working_trees_apart(void **state)
{
	struct gv_own own =
	    parse(ID " " A " main\n" ID " " A " 0011223344556677\n" ID2 " " B
		     " 0011223344556677\n" ID2 " " C " ffffffffffffffff\n");

	(void)state;
	strcpy(own.tree, "0011223344556677");
	assert_true(is_here(&own, A));
	assert_true(is_here(&own, B));
	assert_false(is_here(&own, C));
	assert_true(has(&own, C));
	strcpy(own.tree, "main");
	assert_true(is_here(&own, A));
	assert_false(is_here(&own, B));
	strcpy(own.tree, "");
	assert_false(is_here(&own, A));
	gv_own_release(&own);
}

/* --- in a repository --- */

static struct gv_repo *
open_repo(const char *dir)
{
	struct gv_repo *repo;

	scratch_chdir(dir);
	assert_int_equal(gv_repo_open(&repo, 0), 0);
	return repo;
}

static struct gv_own
load(struct gv_repo *repo)
{
	struct gv_own own;

	assert_int_equal(gv_own_load(&own, repo), 0);
	return own;
}

static void
add(struct gv_repo *repo, const char *id, const char *hex)
{
	struct gv_oid commit = oid(hex);

	assert_int_equal(gv_own_add(repo, id, &commit), 0);
}

static void
make_repo(void)
{
	sh("git init -q r && git -C r commit -q --allow-empty -m x && "
	   "mkdir -p r/.git/vault");
}

static void
notes_what_is_taken(void **state)
{
	struct gv_repo *repo;
	struct gv_own own;

	(void)state;
	make_repo();
	repo = open_repo("r");
	own = load(repo);
	assert_true(own.is_missing);
	gv_own_release(&own);
	add(repo, ID, A);
	/* killed in the middle of a line */
	sh("printf '" ID2 " " C "' >>.git/vault/own");
	add(repo, ID2, B);
	own = load(repo);
	assert_false(own.is_missing);
	assert_int_equal(own.n, 2);
	assert_int_equal(own.damaged, 1);
	assert_true(is_here(&own, A));
	assert_true(is_here(&own, B));
	assert_false(has(&own, C));
	gv_own_release(&own);
	gv_repo_close(repo);
}

static void
a_linked_tree_that_was_removed_is_another_by_the_same_name(void **state)
{
	struct gv_repo *repo;
	struct gv_own own;

	(void)state;
	make_repo();
	sh("git -C r worktree add -q ../w && mkdir r/.git/worktrees/w/vault");
	repo = open_repo("w");
	add(repo, ID, A);
	own = load(repo);
	assert_true(is_here(&own, A));
	gv_own_release(&own);
	gv_repo_close(repo);
	scratch_chdir("../r");
	sh("git worktree remove --force ../w && git worktree add -q -f ../w w");
	repo = open_repo("../w");
	own = load(repo);
	assert_false(is_here(&own, A));
	assert_true(has(&own, A));
	assert_string_equal(own.tree, "");
	gv_own_release(&own);
	gv_repo_close(repo);
	repo = open_repo("../r");
	own = load(repo);
	assert_false(is_here(&own, A));
	gv_own_release(&own);
	gv_repo_close(repo);
}

static void
what_is_rewritten_stays_its_trees(void **state)
{
	struct gv_oid a = oid(A), b = oid(B), c = oid(C);
	struct gv_buf lines = GV_BUF_INIT;
	struct gv_repo *repo;
	struct gv_own own;

	(void)state;
	make_repo();
	repo = open_repo("r");
	add(repo, ID, A);
	own = load(repo);
	gv_own_renew(&lines, &own, &a, &b);
	gv_own_renew(&lines, &own, &c, &c); /* somebody else's stays so */
	gv_own_release(&own);
	assert_int_equal(gv_own_append(repo, &lines), 0);
	own = load(repo);
	assert_int_equal(own.n, 2);
	assert_true(is_here(&own, B));
	assert_false(has(&own, C));
	assert_string_equal(own.entries[1].id, ID);
	gv_own_release(&own);
	gv_buf_release(&lines);
	gv_repo_close(repo);
}

/* What is said of the last snapshot without reading the list: nothing where the
 * end is damaged, or all others'. */
static void
the_last_of_this_tree_is_read_alone(void **state)
{
	static const struct {
		const char *lines, *commit; /* "": the list tells nothing */
	} ends[] = { { ID " " A " main", A }, { ID " " B " main", B },
		{ ID2 " " C " 0011223344556677", B }, { "odd", "" },
		{ ID " " B " main", B }, { ID2 " " C " main", C },
		/* written again by a purge, the newest first */
		{ ID2 " " A " main", A }, { ID " " B " main", "" },
		{ ID3 " " B " main", "" }, { ID4 " " C " main", C } };
	struct gv_repo *repo;
	struct gv_own own;
	size_t i;

	(void)state;
	make_repo();
	repo = open_repo("r");
	assert_int_equal(gv_own_load_last(&own, repo), 0);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct gv_buf cmd = GV_BUF_INIT;

		gv_buf_addf(&cmd, "echo '%s' >>.git/vault/own", ends[i].lines);
		sh(cmd.p);
		gv_buf_release(&cmd);
		assert_int_equal(
		    gv_own_load_last(&own, repo), *ends[i].commit != '\0');
		if (*ends[i].commit == '\0')
			continue;
		assert_int_equal(own.n, 1);
		assert_true(is_here(&own, ends[i].commit));
		gv_own_release(&own);
	}
	sh("printf '" ID " " C "' >>.git/vault/own");
	assert_int_equal(gv_own_load_last(&own, repo), 0);
	sh("for i in $(seq 64); do echo '" ID " " A " 0011223344556677'; "
	   "done >>.git/vault/own");
	assert_int_equal(gv_own_load_last(&own, repo), 0);
	gv_repo_close(repo);
}

/* Lines of commits that are gone, up to a megabyte, and some that are there. */
static void
a_long_list_loses_what_is_gone(void **state)
{
	struct gv_repo *repo;
	struct gv_own own;

	(void)state;
	make_repo();
	repo = open_repo("r");
	sh("for i in 10 11 12 13 14 15 16 17 18 19; do "
	   "h=$(git commit-tree -m $i HEAD^{tree}) && "
	   "echo 20261120T0712${i}"
	   "Z-0123abcd $h main || exit 1; "
	   "done >.git/vault/own && cp .git/vault/own there && "
	   "awk 'BEGIN { while (i++ < 14500) printf \"" ID
	   " %040x main\\n\", i }' >>.git/vault/own");
	add(repo, ID2, A);
	own = load(repo);
	assert_int_equal(own.n, 14511);
	gv_own_release(&own);
	sh("awk 'BEGIN { while (i++ < 51) printf \"" ID
	   " %040x main\\n\", i }' >>.git/vault/own");
	while (own = load(repo), own.n > 1000) {
		size_t n = own.n;

		gv_own_release(&own);
		assert_true(n < 14700);
		add(repo, ID2, B);
	}
	assert_true(has(&own, B));
	assert_false(has(&own, A));
	assert_int_equal(own.n, 11);
	assert_false(gv_own_is_set_back(&own));
	sh("head -n 10 .git/vault/own | cmp - there");
	gv_own_release(&own);
	gv_repo_close(repo);
}

/* Ids that begin alike come one after the other, and one commit may be that of
 * two working trees. */
static void
each_of_a_thousand_is_found(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_own own;
	char hex[GV_OID_HEX + 1];
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(hex, sizeof(hex), "0000000%u%032x", i % 3, i);
		gv_buf_addf(&text, "%s %s %s\n", ID, hex,
		    i % 2 ? "main" : "0011223344556677");
		if (i % 10 == 0)
			gv_buf_addf(&text, "%s %s main\n", ID, hex);
	}
	own = parse(text.p);
	memcpy(own.tree, "main", sizeof("main"));
	assert_int_equal(own.n, 1100);
	assert_false(gv_own_is_set_back(&own));
	for (i = 0; i < 1000; i++) {
		snprintf(hex, sizeof(hex), "0000000%u%032x", i % 3, i);
		assert_true(has(&own, hex));
		assert_int_equal(is_here(&own, hex), i % 2 || i % 10 == 0);
		snprintf(hex, sizeof(hex), "0000000%u%032x", i % 3, i + 1000);
		assert_false(has(&own, hex));
	}
	gv_own_release(&own);
	gv_buf_release(&text);
}

UNIT(own)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(skips_lines_that_are_none),
		cmocka_unit_test(an_empty_list_has_none),
		cmocka_unit_test(knows_its_working_trees_apart),
		cmocka_unit_test(each_of_a_thousand_is_found),
		SCRATCH_TEST(notes_what_is_taken),
		SCRATCH_TEST(
		    a_linked_tree_that_was_removed_is_another_by_the_same_name),
		SCRATCH_TEST(what_is_rewritten_stays_its_trees),
		SCRATCH_TEST(the_last_of_this_tree_is_read_alone),
		SCRATCH_TEST(a_long_list_loses_what_is_gone),
	};

	return UNIT_RUN(tests);
}
