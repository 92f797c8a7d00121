#include "unit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/err.h"
#include "scratch.h"
#include "repo/ref_file.h"
#include "repo/ref_internal.h"
#include "repo/refs.h"
#include "repo/repo.h"

#define A      "refs/vault/snapshots/a"
#define B      "refs/vault/snapshots/b"
#define C      "refs/vault/snapshots/c"
#define STATES "refs/vault/state/"

struct fixture {
	struct gv_repo *repo;
	struct gv_oid one, two;
};

static void
parse_rev(struct gv_oid *out, const char *rev)
{
	char command[128], hex[GV_OID_HEX + 2] = "";
	FILE *f;

	snprintf(command, sizeof(command), "git rev-parse %s", rev);
	/* NOLINTNEXTLINE(bugprone-command-processor,cert-env33-c) */
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(hex, sizeof(hex), f));
	pclose(f);
	assert_int_equal(gv_oid_parse(out, hex), 0);
}

/* A repository with two commits, entered. */
static struct fixture
make_repo(void)
{
	struct fixture f;

	sh("git init -q r; cd r; git commit -q --allow-empty -m one;"
	   "git commit -q --allow-empty -m two");
	scratch_chdir("r");
	if (gv_repo_open(&f.repo, 0) < 0)
		fail_msg("%s", gv_err_message());
	parse_rev(&f.one, "HEAD~1");
	parse_rev(&f.two, "HEAD");
	return f;
}

static int
commit(struct gv_ref_tx *tx, const struct fixture *f)
{
	int r = gv_ref_commit(tx, f->repo);

	gv_ref_tx_release(tx);
	*tx = (struct gv_ref_tx)GV_REF_TX_INIT;
	return r;
}

static void
expect_ref(const struct fixture *f, const char *name, const struct gv_oid *oid)
{
	struct gv_refs refs;
	const struct gv_ref *ref;

	assert_int_equal(gv_ref_list(&refs, f->repo, ""), 0);
	ref = gv_refs_find(&refs, name);
	if (oid == NULL) {
		assert_null(ref);
	} else {
		assert_non_null(ref);
		assert_true(gv_oid_equal(&ref->oid, oid));
	}
	gv_refs_release(&refs);
}

static void
lists_by_name_and_leaves_symbolic_ones_out(void **state)
{
	struct fixture f = make_repo();
	struct gv_refs refs;
	size_t i;

	(void)state;
	sh("for i in 3 1 2; do git update-ref " GV_REFS_SNAPSHOTS
	   "$i HEAD; done; git update-ref refs/vault/snapshotsnot HEAD;"
	   "git symbolic-ref refs/remotes/origin/HEAD refs/heads/main;"
	   "git pack-refs --all; git update-ref " GV_REFS_SNAPSHOTS "0 HEAD");
	assert_int_equal(gv_ref_list(&refs, f.repo, GV_REFS_SNAPSHOTS), 0);
	assert_int_equal(refs.n, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(
		    refs.refs[i].name[strlen(GV_REFS_SNAPSHOTS)], '0' + i);
	assert_non_null(gv_refs_find(&refs, GV_REFS_SNAPSHOTS "2"));
	assert_null(gv_refs_find(&refs, GV_REFS_SNAPSHOTS "5"));
	gv_refs_release(&refs);
	assert_int_equal(gv_ref_list(&refs, f.repo, ""), 0);
	assert_int_equal(refs.n, 6);
	assert_null(gv_refs_find(&refs, "refs/remotes/origin/HEAD"));
	gv_refs_release(&refs);
	gv_refs_release(&refs);
	assert_null(gv_refs_find(&refs, "refs/heads/main"));
	gv_repo_close(f.repo);
}

static void
none_is_an_empty_list(void **state)
{
	struct fixture f = make_repo();
	struct gv_refs refs;

	(void)state;
	assert_int_equal(gv_ref_list(&refs, f.repo, GV_REFS_SNAPSHOTS), 0);
	assert_int_equal(refs.n, 0);
	assert_null(gv_refs_find(&refs, A));
	gv_refs_release(&refs);
	gv_repo_close(f.repo);
}

static void
expect_found(
    const struct fixture *f, const char *name, const struct gv_oid *oid)
{
	static const struct gv_oid none;
	struct gv_oid found;

	assert_int_equal(gv_ref_find(&found, f->repo, name), 0);
	assert_true(gv_oid_equal(&found, oid ? oid : &none));
}

static void
one_is_found_wherever_it_stands(void **state)
{
	struct fixture f = make_repo();
	struct gv_oid found;

	(void)state;
	expect_found(&f, "refs/vault/keyring", NULL);
	sh("git update-ref refs/vault/keyring HEAD~1;"
	   "git update-ref refs/vault/state/prod/a.b_c HEAD");
	expect_found(&f, "refs/vault/keyring", &f.one);
	expect_found(&f, "refs/vault/keyring/x", NULL);
	expect_found(&f, "refs/vault/state/prod/a.b_c", &f.two);
	expect_found(&f, "refs/vault/state/prod", NULL);
	expect_found(&f, "refs/vault/state/prod/a", NULL);
	sh("git pack-refs --all");
	expect_found(&f, "refs/vault/keyring", &f.one);
	expect_found(&f, "refs/vault/state/prod/a.b_c", &f.two);
	expect_found(&f, "refs/vault/state/prod", NULL);
	sh("git update-ref refs/vault/keyring HEAD");
	expect_found(&f, "refs/vault/keyring", &f.two);
	sh("echo damage >.git/refs/vault/x");
	assert_int_equal(
	    gv_ref_find(&found, f.repo, "refs/vault/x"), GV_ECORRUPT);
	assert_message("refs/vault/x is damaged");
	gv_repo_close(f.repo);
}

static void
creates_updates_and_deletes_in_one_go(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();

	(void)state;
	assert_int_equal(commit(&tx, &f), 0); /* nothing to do */
	gv_ref_create(&tx, A, &f.one);
	gv_ref_create(&tx, B, &f.one);
	assert_int_equal(commit(&tx, &f), 0);
	gv_ref_update(&tx, A, &f.two, &f.one);
	gv_ref_delete(&tx, B, &f.one);
	gv_ref_create(&tx, C, &f.two);
	gv_ref_verify(&tx, "refs/heads/main", &f.two);
	assert_int_equal(commit(&tx, &f), 0);
	expect_ref(&f, A, &f.two);
	expect_ref(&f, B, NULL);
	expect_ref(&f, C, &f.two);
	gv_repo_close(f.repo);
}

/* One step fails, and the good one beside it must not have happened. */
static void
expect_all_or_nothing(struct gv_ref_tx *tx, const struct fixture *f, int want)
{
	gv_ref_create(tx, C, &f->one);
	assert_int_equal(commit(tx, f), want);
	expect_ref(f, C, NULL);
	expect_ref(f, A, &f->one);
	sh("test -z \"$(find .git -name '*.lock')\"");
}

static void
one_that_is_not_as_expected_stops_all(void **state)
{
	static const struct gv_oid zero;
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();

	(void)state;
	gv_ref_create(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), 0);

	gv_ref_create(&tx, A, &f.two);
	expect_all_or_nothing(&tx, &f, GV_EEXISTS);
	gv_ref_update(&tx, A, &f.two, &f.two);
	expect_all_or_nothing(&tx, &f, GV_EEXISTS);
	gv_ref_update(&tx, A, &f.two, &zero);
	expect_all_or_nothing(&tx, &f, GV_EEXISTS);
	gv_ref_update(&tx, B, &f.two, &f.one);
	expect_all_or_nothing(&tx, &f, GV_EEXISTS);
	gv_ref_delete(&tx, A, &f.two);
	expect_all_or_nothing(&tx, &f, GV_EEXISTS);
	gv_ref_verify(&tx, A, &f.two);
	expect_all_or_nothing(&tx, &f, GV_EEXISTS);
	gv_ref_verify(&tx, A, &zero);
	expect_all_or_nothing(&tx, &f, GV_EEXISTS);
	gv_ref_verify(&tx, B, &f.one);
	expect_all_or_nothing(&tx, &f, GV_EEXISTS);
	gv_ref_verify(&tx, B, &zero);
	gv_ref_create(&tx, C, &f.one);
	assert_int_equal(commit(&tx, &f), 0);
	gv_repo_close(f.repo);
}

static void
a_missing_object_is_refused(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();
	struct gv_oid none;

	(void)state;
	gv_ref_create(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), 0);
	memset(&none, 0xab, sizeof(none));
	gv_ref_create(&tx, B, &none);
	expect_all_or_nothing(&tx, &f, GV_ERROR);
	sh("git for-each-ref >/dev/null");
	gv_repo_close(f.repo);
}

static void
names_that_cannot_stand_together_are_refused(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();

	(void)state;
	gv_ref_create(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), 0);
	gv_ref_create(&tx, B, &f.one);
	gv_ref_create(&tx, B "/below", &f.one);
	expect_all_or_nothing(&tx, &f, GV_ERROR);
	gv_ref_create(&tx, A "/below", &f.one);
	expect_all_or_nothing(&tx, &f, GV_ERROR);
	gv_ref_create(&tx, "refs/vault/bad..name", &f.one);
	expect_all_or_nothing(&tx, &f, GV_ERROR);
	gv_repo_close(f.repo);
}

static void
a_lock_is_waited_for_and_then_said(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();

	(void)state;
	sh("mkdir -p .git/refs/vault/snapshots;"
	   ": >.git/refs/vault/snapshots/a.lock");
	gv_ref_create(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), GV_ELOCKED);
	assert_message("lock");
	sh("(sleep 0.2; rm .git/refs/vault/snapshots/a.lock) &");
	gv_ref_create(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), 0);
	expect_ref(&f, A, &f.one);
	gv_repo_close(f.repo);
}

static void
a_lock_is_known_in_any_language(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();

	(void)state;
	setenv("LANG", "de_DE.UTF-8", 1);
	setenv("LANGUAGE", "de", 1);
	sh("mkdir -p .git/refs/vault/snapshots;"
	   ": >.git/refs/vault/snapshots/a.lock");
	gv_ref_create(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), GV_ELOCKED);
	unsetenv("LANG");
	unsetenv("LANGUAGE");
	gv_repo_close(f.repo);
}

static void
nothing_moves_inside_a_quarantine(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();

	(void)state;
	setenv("GIT_QUARANTINE_PATH", "x", 1);
	gv_ref_create(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), GV_EREFUSED);
	unsetenv("GIT_QUARANTINE_PATH");
	expect_ref(&f, A, NULL);
	gv_repo_close(f.repo);
}

static void
hooks_of_the_user_run_and_may_refuse(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();

	(void)state;
	gv_ref_create(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), 0);
	sh("mkdir -p .git/hooks; printf '#!/bin/sh\\nexit 1\\n' "
	   ">.git/hooks/reference-transaction;"
	   "chmod +x .git/hooks/reference-transaction");
	gv_ref_create(&tx, B, &f.one);
	expect_all_or_nothing(&tx, &f, GV_ERROR);
	assert_message("hook");
	gv_repo_close(f.repo);
}

static void
hundreds_are_one_transaction(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();
	struct gv_refs refs;
	char name[64];
	int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), GV_REFS_SNAPSHOTS "%03d", i);
		gv_ref_create(&tx, name, &f.one);
	}
	assert_int_equal(commit(&tx, &f), 0);
	assert_int_equal(gv_ref_list(&refs, f.repo, GV_REFS_SNAPSHOTS), 0);
	assert_int_equal(refs.n, 500);
	gv_refs_release(&refs);
	gv_repo_close(f.repo);
}

static const char *const singles[] = { "refs/vault/a", "refs/vault/deleted",
	NULL };

static bool
is_wanted(const char *name)
{
	return strcmp(name, singles[0]) == 0 || strcmp(name, singles[1]) == 0 ||
	    strncmp(name, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) == 0;
}

/* What git itself lists, by the same two halves that ask it. */
static void
expect_as_git(const struct fixture *f)
{
	static const char *const prefixes[] = { "refs/vault/", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_refs ours, gits;
	size_t i, n = 0;

	assert_int_equal(gv_ref_list_start(&p, prefixes), 0);
	assert_int_equal(gv_ref_list_finish(&gits, &p), 0);
	assert_int_equal(
	    gv_ref_list_with(&ours, f->repo, singles, GV_REFS_SNAPSHOTS), 0);
	for (i = 0; i < gits.n; i++) {
		if (!is_wanted(gits.refs[i].name))
			continue;
		assert_true(n < ours.n);
		assert_string_equal(ours.refs[n].name, gits.refs[i].name);
		assert_true(gv_oid_equal(&ours.refs[n].oid, &gits.refs[i].oid));
		n++;
	}
	assert_int_equal(ours.n, n);
	gv_refs_release(&ours);
	gv_refs_release(&gits);
	gv_proc_release(&p);
}

#define AT ".git/" GV_REFS_SNAPSHOTS

/* States of the ref store one after the other; whether our own reading knows
 * the form. */
struct step {
	const char *command;
	int plain;
};

static void
expect_steps(const struct fixture *f, const struct step *steps, size_t n)
{
	struct gv_refs refs;
	size_t i;

	for (i = 0; i < n; i++) {
		sh(steps[i].command);
		memset(&refs, 0, sizeof(refs));
		if (gv_ref_read(&refs, f->repo, singles, GV_REFS_SNAPSHOTS) !=
		    steps[i].plain)
			fail_msg("not as expected after: %s", steps[i].command);
		gv_refs_release(&refs);
		expect_as_git(f);
	}
}

static void
reads_what_git_reads(void **state)
{
	static const struct step steps[] = {
		{ "true", 1 },
		{ "for i in 5 1 3; do git update-ref " GV_REFS_SNAPSHOTS
		  "$i HEAD; done",
		    1 },
		{ "git pack-refs --all", 1 },
		{ "git update-ref " GV_REFS_SNAPSHOTS "3 HEAD~1", 1 },
		{ "for i in 0 2 7; do git update-ref " GV_REFS_SNAPSHOTS
		  "$i HEAD~1; done",
		    1 },
		{ "git update-ref -d " GV_REFS_SNAPSHOTS "5", 1 },
		{ "git update-ref refs/vault/z HEAD;"
		  "git update-ref refs/vault/a HEAD; git tag -a -m x x;"
		  "git update-ref " GV_REFS_SNAPSHOTS
		  "4 x; git pack-refs --all",
		    1 },
		{ "git update-ref refs/vault/deleted HEAD", 1 },
		{ "git pack-refs --all", 1 },
		{ "git update-ref refs/vault/deleted HEAD~1;"
		  "git update-ref refs/vault/deletedx HEAD",
		    1 },
		{ "git update-ref -d refs/vault/a", 1 },
		{ "git tag a; git tag zz; git update-ref refs/vault/a HEAD;"
		  "git update-ref refs/zz/z HEAD; git pack-refs --all",
		    1 },
		{ "git update-ref refs/vault/deleted HEAD~1;"
		  "git update-ref " GV_REFS_SNAPSHOTS "z HEAD~1",
		    1 },
		{ "git pack-refs --all", 1 },
	};
	struct fixture f = make_repo();

	(void)state;
	expect_steps(&f, steps, sizeof(steps) / sizeof(steps[0]));
	gv_repo_close(f.repo);
}

static void
leaves_to_git_what_is_no_plain_ref(void **state)
{
	static const struct step steps[] = {
		{ "for i in 5 1 3; do git update-ref " GV_REFS_SNAPSHOTS
		  "$i HEAD; done; git update-ref refs/vault/z HEAD;"
		  "git pack-refs --all; git update-ref " GV_REFS_SNAPSHOTS
		  "3 HEAD~1",
		    1 },
		{ "git symbolic-ref refs/vault/a refs/vault/z", 0 },
		{ "git symbolic-ref -d refs/vault/a", 1 },
		{ "mkdir -p " AT "; >" AT "6.lock", 1 },
		{ "echo nonsense >" AT "6", 0 },
		{ "rm " AT "6 && git update-ref " GV_REFS_SNAPSHOTS "d/e HEAD",
		    0 },
		{ "git update-ref -d " GV_REFS_SNAPSHOTS "d/e; rm -rf " AT "d",
		    1 },
		{ "git symbolic-ref " GV_REFS_SNAPSHOTS "1 refs/vault/z", 0 },
		{ "git symbolic-ref -d " GV_REFS_SNAPSHOTS "1; ln -s ../z " AT
		  "9",
		    0 },
		{ "rm " AT "9; git update-ref " GV_REFS_SNAPSHOTS "a.b HEAD",
		    0 },
		{ "git pack-refs --all", 0 },
		{ "git update-ref -d " GV_REFS_SNAPSHOTS "a.b", 1 },
	};
	struct fixture f = make_repo();

	(void)state;
	expect_steps(&f, steps, sizeof(steps) / sizeof(steps[0]));
	gv_repo_close(f.repo);
}

static void
leaves_to_git_what_it_would_not_pack_so(void **state)
{
	static const struct step steps[] = {
		{ "for i in 5 1 3; do git update-ref " GV_REFS_SNAPSHOTS
		  "$i HEAD; done; git pack-refs --all",
		    1 },
		{ "sed -i 's/ sorted//' .git/packed-refs", 0 },
		{ "sed -i 1d .git/packed-refs", 0 },
		{ "rm -f .git/packed-refs " AT "*", 1 },
	};
	struct fixture f = make_repo();
	struct gv_refs refs = { .n = 0 };

	(void)state;
	expect_steps(&f, steps, sizeof(steps) / sizeof(steps[0]));
	/* what git refuses to read, git is to say */
	sh("printf '# pack-refs with: sorted \\n%040d " GV_REFS_SNAPSHOTS
	   "1' 1 >.git/packed-refs");
	assert_int_equal(
	    gv_ref_read(&refs, f.repo, singles, GV_REFS_SNAPSHOTS), 0);
	sh("printf 'x\\n' >>.git/packed-refs");
	assert_int_equal(
	    gv_ref_read(&refs, f.repo, singles, GV_REFS_SNAPSHOTS), 1);
	gv_refs_release(&refs);
	assert_int_equal(gv_ref_read(&refs, f.repo, singles, ""), 0);
	assert_int_equal(gv_ref_read(&refs, f.repo, singles, "refs/heads/"), 0);
	assert_int_equal(gv_ref_read(&refs, f.repo, singles, A), 0);
	gv_repo_close(f.repo);
}

static bool
is_ours(const char *name)
{
	return strncmp(name, "refs/vault/", 11) == 0 ||
	    strncmp(name, "refs/vault-remote/", 18) == 0;
}

/* All that git lists but ours, and with those of ours that are named. */
static size_t
expect_beside(const struct fixture *f)
{
	struct gv_proc p = GV_PROC_INIT;
	const struct gv_ref *one;
	struct gv_refs some, all;
	size_t i, n = 0, n_ours = 0;

	assert_int_equal(gv_ref_list(&all, f->repo, ""), 0);
	assert_int_equal(gv_ref_list_start_beside(&p, f->repo, singles), 0);
	assert_int_equal(gv_ref_list_finish(&some, &p), 0);
	for (i = 0; i < all.n; i++) {
		const char *name = all.refs[i].name;

		if (is_ours(name) && strcmp(name, singles[0]) != 0 &&
		    strcmp(name, singles[1]) != 0)
			continue;
		one = gv_refs_find(&some, name);
		assert_non_null(one);
		assert_true(gv_oid_equal(&one->oid, &all.refs[i].oid));
		n++;
	}
	for (i = 0; i < some.n; i++)
		n_ours += is_ours(some.refs[i].name);
	assert_true(some.n >= n);
	gv_refs_release(&some);
	gv_refs_release(&all);
	gv_proc_release(&p);
	return n_ours;
}

static void
lists_what_stands_beside_ours(void **state)
{
	static const char *const steps[] = {
		"true",
		"for i in 1 2 3; do git update-ref " GV_REFS_SNAPSHOTS
		"$i HEAD; done",
		"git tag -a -m x x; git update-ref refs/vault/deleted HEAD",
		"git pack-refs --all",
		"git update-ref refs/vaulted/a HEAD; git tag zz;"
		"git update-ref refs/vault-remote/origin/a HEAD;"
		"git update-ref refs/stash HEAD; git tag d/e/f",
		"git pack-refs --all; git update-ref refs/a HEAD",
		"git update-ref refs/v/a HEAD; git update-ref refs/vault-r/a "
		"HEAD; git pack-refs --all; git update-ref refs/vault/a HEAD",
		"git worktree add -q w; git update-ref refs/bisect/bad HEAD",
		"sed -i 1d .git/packed-refs; git symbolic-ref refs/s/s "
		"refs/heads/main",
		"for i in $(seq 70); do git update-ref refs/x$i/a HEAD; done",
		"git pack-refs --all",
		"for i in $(seq 8 70); do git update-ref -d refs/x$i/a; done;"
		"find .git/refs -type d -empty -delete",
	};
	struct fixture f = make_repo();
	struct gv_repo *other;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		sh(steps[i]);
		/* of over fifty folders all are listed */
		if ((expect_beside(&f) > 2) !=
		    (strstr(steps[i], "seq 70") || i == 10))
			fail_msg("not as expected after: %s", steps[i]);
	}
	assert_int_equal(chdir("w"), 0);
	sh("git update-ref refs/bisect/good HEAD;"
	   "git update-ref refs/worktree/a HEAD");
	assert_int_equal(gv_repo_open(&other, 0), 0);
	gv_repo_close(f.repo);
	f.repo = other;
	expect_beside(&f);
	gv_repo_close(f.repo);
}

/* Refs in folders and with other letters, as git lists them: read from its
 * files, unless something is odd. */
static void
lists_what_is_in_folders_below(void **state)
{
	static const struct {
		const char *step;
		int is_read;
	} steps[] = {
		{ "true", 1 },
		{ "git update-ref " STATES "prod/net.a_b HEAD;"
		  "git update-ref " STATES "prod/net HEAD~1;"
		  "git update-ref refs/vault/statement HEAD",
		    1 },
		{ "git pack-refs --all;"
		  "git update-ref " STATES "prod/net HEAD",
		    1 },
		{ "git update-ref " STATES "dev/net HEAD;"
		  "git symbolic-ref " STATES "dev/s refs/heads/main;"
		  ": >.git/" STATES "dev/x.lock",
		    1 },
		{ ": >.git/" STATES "dev/empty", 0 },
	};
	struct fixture f = make_repo();
	struct gv_refs refs, by_git;
	struct gv_proc p;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const char *const prefix[] = { STATES, NULL };

		sh(steps[i].step);
		refs = (struct gv_refs){ 0 };
		assert_int_equal(
		    gv_ref_read_below(&refs, f.repo, STATES), steps[i].is_read);
		if (!steps[i].is_read)
			continue;
		p = (struct gv_proc)GV_PROC_INIT;
		by_git = (struct gv_refs){ 0 };
		assert_int_equal(gv_ref_list_start(&p, prefix), 0);
		assert_int_equal(gv_ref_list_finish(&by_git, &p), 0);
		assert_int_equal(refs.n, by_git.n);
		for (k = 0; k < refs.n; k++) {
			assert_string_equal(
			    refs.refs[k].name, by_git.refs[k].name);
			assert_true(gv_oid_equal(
			    &refs.refs[k].oid, &by_git.refs[k].oid));
		}
		gv_refs_release(&refs);
		gv_refs_release(&by_git);
		gv_proc_release(&p);
	}
	assert_int_equal(gv_ref_read_below(&refs, f.repo, "refs/heads/"), 0);
	gv_repo_close(f.repo);
}

static void
a_name_that_was_chosen_becomes_a_part_of_one(void **state)
{
	static const struct {
		const char *name, *word;
	} cases[] = {
		{ "host-1.example.net", "host-1.example.net" },
		{ "a b/c:d~e^f*g", "a-b-c-d-e-f-g" },
		{ "..a..b...", "-.a.-b" },
		{ "x.lock", "x-lock" },
		{ "x.lock.", "x-lock" },
		{ ".lock", "-lock" },
		{ "@{-}\n", "" },
		{ "", "" },
	};
	struct gv_buf out = GV_BUF_INIT, command = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		gv_buf_reset(&out);
		gv_buf_addstr(&out, "refs/vault/");
		assert_int_equal(gv_ref_add_word(&out, cases[i].name),
		    cases[i].word[0] != '\0');
		assert_string_equal(
		    out.p + strlen("refs/vault/"), cases[i].word);
		if (cases[i].word[0] == '\0')
			continue;
		gv_buf_reset(&command);
		gv_buf_addf(&command, "git check-ref-format %s", out.p);
		sh(command.p);
	}
	gv_buf_release(&out);
	gv_buf_release(&command);
}

/* What git prints, and what was read from its files: the same. */
static void
expect_beside_as_git(const struct gv_repo *repo, const char *const *ours)
{
	struct gv_proc p = GV_PROC_INIT;
	struct gv_refs by_git = { 0 }, read = { 0 };
	size_t i;

	assert_int_equal(gv_ref_list_start_beside(&p, repo, ours), 0);
	assert_int_equal(gv_ref_list_finish(&by_git, &p), 0);
	assert_int_equal(gv_ref_read_beside(&read, repo, ours), 1);
	assert_int_equal(read.n, by_git.n);
	for (i = 0; i < read.n; i++) {
		assert_string_equal(read.refs[i].name, by_git.refs[i].name);
		assert_true(
		    gv_oid_equal(&read.refs[i].oid, &by_git.refs[i].oid));
	}
	gv_refs_release(&by_git);
	gv_refs_release(&read);
	gv_proc_release(&p);
}

static void
reads_refs_of_the_user_as_git_lists_them(void **state)
{
	static const char *const ours[] = { "refs/vault/deleted",
		"refs/vault/locks", "refs/vault/state", B, NULL };
	struct fixture f = make_repo();

	(void)state;
	expect_beside_as_git(f.repo, ours);
	sh("git branch feature/x_1.y; git branch feature/deep/er HEAD~1;"
	   "git tag -a -m t v1.0; git tag v2.0 HEAD~1;"
	   "git update-ref " A " HEAD; git update-ref " B " HEAD;"
	   "git update-ref refs/vault/deleted HEAD;"
	   "git update-ref refs/vault/locks/prod/net HEAD;"
	   "git update-ref refs/vault/state/prod/net HEAD;"
	   "git update-ref refs/vault/statement HEAD;"
	   "git update-ref refs/vault-trash/x HEAD;"
	   "git update-ref refs/vaulted/x HEAD;"
	   "git update-ref refs/remotes/origin/main HEAD;"
	   "git symbolic-ref refs/remotes/origin/HEAD "
	   "refs/remotes/origin/main; mkdir .git/refs/heads/none");
	expect_beside_as_git(f.repo, ours);
	sh("git pack-refs --all; git branch -f feature/x_1.y HEAD~1;"
	   "git update-ref -d refs/tags/v2.0; git branch later;"
	   "git symbolic-ref refs/heads/feature/deep/er refs/heads/later;"
	   "git stash -q || :; : >.git/refs/heads/later.lock");
	expect_beside_as_git(f.repo, ours);
	gv_repo_close(f.repo);
}

static void
leaves_refs_that_are_odd_to_git(void **state)
{
	static const char *const odd[] = {
		"echo none >.git/refs/heads/odd",
		": >.git/refs/heads/odd",
		"printf '%040d\\n' 0 >.git/refs/heads/odd",
		"ln -s main .git/refs/heads/odd",
		"echo 'ref: HEAD' >.git/refs/heads/odd",
		"cp .git/refs/heads/main '.git/refs/heads/o,d'",
		"cp .git/refs/heads/main .git/refs/heads/.odd",
		"cp .git/refs/heads/main .git/refs/heads/o..d",
		"cp .git/refs/heads/main .git/refs/heads/odd.",
		"echo x >.git/packed-refs",
		"git pack-refs --all; echo x >>.git/packed-refs",
		"git pack-refs --all; printf x >>.git/packed-refs",
		"mv .git/refs .git/r; ln -s r .git/refs",
		"mkdir -p .git/refs/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q",
	};
	static const char *const ours[] = { NULL };
	struct fixture f = make_repo();
	struct gv_refs refs = { 0 };
	size_t i;

	(void)state;
	sh("cp -a .git kept");
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		sh(odd[i]);
		if (gv_ref_read_beside(&refs, f.repo, ours) != 0)
			fail_msg("read all the same: %s", odd[i]);
		sh("rm -rf .git; cp -a kept .git");
		assert_int_equal(gv_ref_read_beside(&refs, f.repo, ours), 1);
		gv_refs_release(&refs);
	}
	gv_repo_close(f.repo);
}

static int
make_b(
    const struct fixture *f, const struct gv_oid *oid, const struct gv_oid *a)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;

	tx.keeps_objects = true;
	gv_ref_create(&tx, B, oid);
	gv_ref_verify(&tx, A, a);
	return commit(&tx, f);
}

/* Make B where A is expected at `a`, by an id that names no object: git refuses
 * that, so who made it was not git. */
static int
make_beside(const struct fixture *f, const struct gv_oid *a)
{
	struct gv_oid none;

	memset(&none, 0xab, sizeof(none));
	return make_b(f, &none, a);
}

static void
git_need_not_make_a_plain_ref(void **state)
{
	struct fixture f = make_repo();

	(void)state;
	sh("git update-ref " A " HEAD~1");
	assert_int_equal(make_beside(&f, &f.one), 0);
	sh("test $(cat .git/" B ") = abababababababababababababababababababab;"
	   "test $(wc -c <.git/" B ") = 41; test ! -e .git/logs/" B ";"
	   "test -z \"$(find .git -name '*.lock')\"; rm .git/" B);
	sh("git pack-refs --all --prune; test ! -e .git/" A ";"
	   "mkdir -p .git/refs/vault/snapshots");
	assert_int_equal(make_beside(&f, &f.one), 0);
	sh("rm .git/" B);
	/* what is not as expected is git's to say, and nothing has moved */
	assert_int_equal(make_b(&f, &f.two, &f.two), GV_EEXISTS);
	expect_ref(&f, B, NULL);
	assert_int_equal(make_b(&f, &f.two, &f.one), 0);
	assert_int_equal(make_b(&f, &f.one, &f.one), GV_EEXISTS);
	sh("git pack-refs --all --prune");
	assert_int_equal(make_b(&f, &f.one, &f.one), GV_EEXISTS);
	expect_ref(&f, B, &f.two);
	gv_repo_close(f.repo);
}

/* The file of a ref that is made before it moves becomes the ref, and is gone
 * where the ref does not move, or by another transaction. */
static void
the_file_of_a_ref_may_be_made_before(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT, other = GV_REF_TX_INIT;
	struct fixture f = make_repo();
	struct gv_ref_file *file;
	struct gv_oid none;

	(void)state;
	memset(&none, 0xab, sizeof(none));
	sh("git update-ref " A " HEAD~1");
	tx.keeps_objects = true;
	gv_ref_create(&tx, B, &none);
	gv_ref_verify(&tx, A, &f.one);
	file = gv_ref_file_new(&tx, f.repo);
	assert_non_null(file);
	sh("test $(find .git/refs -name '.*.lock' | wc -l) = 1; test ! -e .git/" B);
	assert_int_equal(gv_ref_sweep(f.repo), 0);
	assert_int_equal(gv_ref_file_move(&tx, f.repo, file), 0);
	gv_ref_file_free(file);
	sh("test $(cat .git/" B ") = abababababababababababababababababababab;"
	   "test -z \"$(find .git -name '*.lock')\"; rm .git/" B);
	file = gv_ref_file_new(&tx, f.repo);
	assert_non_null(file);
	gv_ref_file_free(file);
	gv_ref_file_free(NULL);
	expect_ref(&f, B, NULL);
	sh("test -z \"$(find .git -name '*.lock')\"");
	/* of another transaction, it is not used */
	file = gv_ref_file_new(&tx, f.repo);
	other.keeps_objects = true;
	gv_ref_create(&other, B, &f.two);
	gv_ref_verify(&other, A, &f.one);
	assert_int_equal(gv_ref_file_move(&other, f.repo, file), 0);
	gv_ref_file_free(file);
	expect_ref(&f, B, &f.two);
	sh("test -z \"$(find .git -name '*.lock')\"");
	/* no file is made where git is to be asked */
	other.keeps_objects = false;
	assert_null(gv_ref_file_new(&other, f.repo));
	gv_ref_tx_release(&tx);
	gv_ref_tx_release(&other);
	gv_repo_close(f.repo);
}

static void
git_need_not_move_a_plain_ref(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();
	struct gv_oid none;

	(void)state;
	memset(&none, 0xab, sizeof(none));
	sh("git update-ref " A " HEAD~1; git update-ref " C " HEAD");
	tx.keeps_objects = true;
	gv_ref_update(&tx, A, &none, &f.one);
	assert_int_equal(commit(&tx, &f), 0);
	sh("test $(cat .git/" A ") = abababababababababababababababababababab;"
	   "git update-ref -d " A "; git update-ref " A " HEAD~1;"
	   "git pack-refs --all --prune; mkdir -p .git/refs/vault/snapshots");
	tx.keeps_objects = true;
	gv_ref_update(&tx, A, &none, &f.one);
	gv_ref_verify(&tx, C, &f.two);
	assert_int_equal(commit(&tx, &f), 0);
	sh("git update-ref -d " A "; git update-ref " A " HEAD~1");
	/* git says what is not as expected, or more than one */
	tx.keeps_objects = true;
	gv_ref_update(&tx, A, &f.two, &f.two);
	assert_int_equal(commit(&tx, &f), GV_EEXISTS);
	tx.keeps_objects = true;
	gv_ref_update(&tx, A, &f.two, &f.one);
	gv_ref_verify(&tx, C, &f.one);
	assert_int_equal(commit(&tx, &f), GV_EEXISTS);
	tx.keeps_objects = true;
	gv_ref_update(&tx, A, &none, &f.one);
	gv_ref_update(&tx, C, &f.one, &f.two);
	assert_int_equal(commit(&tx, &f), GV_ERROR);
	expect_ref(&f, A, &f.one);
	expect_ref(&f, C, &f.two);
	sh("test -z \"$(find .git -name '*.lock')\"");
	gv_repo_close(f.repo);
}

static void
a_lock_of_a_killed_process_goes_at_once(void **state)
{
	struct fixture f = make_repo();
	int fd;

	(void)state;
	sh("git update-ref " A " HEAD; cd .git/refs/vault/snapshots;"
	   ": >.1.lock; ln .1.lock a.lock; : >b.lock");
	fd = open(".git/" A ".lock", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(gv_ref_sweep(f.repo), 0);
	sh("cd .git/refs/vault/snapshots; test -e a.lock && test -e .1.lock &&"
	   "test -e b.lock");
	close(fd);
	assert_int_equal(gv_ref_sweep(f.repo), 0);
	/* one name alone may be git's */
	sh("cd .git/refs/vault/snapshots; test ! -e a.lock && test -e b.lock");
	assert_int_equal(make_b(&f, &f.two, &f.two), GV_ELOCKED);
	sh("rm .git/" B ".lock");
	assert_int_equal(make_b(&f, &f.two, &f.two), 0);
	gv_repo_close(f.repo);
}

static void
git_makes_a_ref_where_it_would_do_more(void **state)
{
	static const char hook[] =
	    "mkdir -p .git/hooks; : >.git/hooks/reference-transaction";
	static const char *const more[] = { hook,
		"git config core.logAllRefUpdates Always",
		"git config core.hooksPath hooks",
		"git config core.sharedRepository group",
		"git config hook.mine.event reference-transaction",
		"mkdir -p .git/logs/refs/vault/snapshots; : >.git/logs/" B,
		"mkdir -p .git/" B "/below" };
	struct fixture f;
	size_t i;

	(void)state;
	f = make_repo();
	sh("git update-ref " A " HEAD~1; cp -a .git ../kept");
	for (i = 0; i < sizeof(more) / sizeof(*more); i++) {
		gv_repo_close(f.repo);
		sh(more[i]);
		assert_int_equal(gv_repo_open(&f.repo, 0), 0);
		if (make_beside(&f, &f.one) != GV_ERROR)
			fail_msg("made without git: %s", more[i]);
		expect_ref(&f, B, NULL);
		sh("rm -rf .git; cp -a ../kept .git");
	}
	gv_repo_close(f.repo);
}

static void
git_makes_a_ref_whose_folder_may_be_one(void **state)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct fixture f = make_repo();
	struct gv_oid none;

	(void)state;
	memset(&none, 0xab, sizeof(none));
	sh("git update-ref " A " HEAD~1");
	tx.keeps_objects = true;
	gv_ref_create(&tx, B, &none);
	assert_int_equal(commit(&tx, &f), GV_ERROR);
	tx.keeps_objects = true;
	gv_ref_create(&tx, "refs/vault/other/b", &none);
	gv_ref_verify(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), GV_ERROR);
	/* nor one that nobody vouches for */
	gv_ref_create(&tx, B, &none);
	gv_ref_verify(&tx, A, &f.one);
	assert_int_equal(commit(&tx, &f), GV_ERROR);
	gv_repo_close(f.repo);
}

UNIT(ref)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(a_name_that_was_chosen_becomes_a_part_of_one),
		SCRATCH_TEST(lists_by_name_and_leaves_symbolic_ones_out),
		SCRATCH_TEST(none_is_an_empty_list),
		SCRATCH_TEST(reads_what_git_reads),
		SCRATCH_TEST(leaves_to_git_what_is_no_plain_ref),
		SCRATCH_TEST(leaves_to_git_what_it_would_not_pack_so),
		SCRATCH_TEST(lists_what_stands_beside_ours),
		SCRATCH_TEST(lists_what_is_in_folders_below),
		SCRATCH_TEST(reads_refs_of_the_user_as_git_lists_them),
		SCRATCH_TEST(leaves_refs_that_are_odd_to_git),
		SCRATCH_TEST(one_is_found_wherever_it_stands),
		SCRATCH_TEST(creates_updates_and_deletes_in_one_go),
		SCRATCH_TEST(one_that_is_not_as_expected_stops_all),
		SCRATCH_TEST(a_missing_object_is_refused),
		SCRATCH_TEST(names_that_cannot_stand_together_are_refused),
		SCRATCH_TEST(a_lock_is_waited_for_and_then_said),
		SCRATCH_TEST(a_lock_is_known_in_any_language),
		SCRATCH_TEST(nothing_moves_inside_a_quarantine),
		SCRATCH_TEST(hooks_of_the_user_run_and_may_refuse),
		SCRATCH_TEST(hundreds_are_one_transaction),
		SCRATCH_TEST(git_need_not_make_a_plain_ref),
		SCRATCH_TEST(the_file_of_a_ref_may_be_made_before),
		SCRATCH_TEST(git_need_not_move_a_plain_ref),
		SCRATCH_TEST(a_lock_of_a_killed_process_goes_at_once),
		SCRATCH_TEST(git_makes_a_ref_where_it_would_do_more),
		SCRATCH_TEST(git_makes_a_ref_whose_folder_may_be_one),
	};

	return UNIT_RUN(tests);
}
