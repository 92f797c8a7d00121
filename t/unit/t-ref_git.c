#include "unit.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/file.h"

#define A "refs/vault/snapshots/a"
#define B "refs/vault/snapshots/b"

static const struct gv_oid none;

struct fixture {
	struct gv_repo *repo;
	struct gv_oid one, two;
};

static void
take_id(struct gv_oid *out, const char *rev)
{
	struct gv_buf command = GV_BUF_INIT, text = GV_BUF_INIT;

	gv_buf_addf(&command, "git rev-parse %s >id", rev);
	sh(command.p);
	assert_int_equal(gv_file_read(&text, AT_FDCWD, "id", 64), 0);
	assert_int_equal(gv_oid_parse(out, text.p), 0);
	gv_buf_release(&command);
	gv_buf_release(&text);
}

/* A repository that stays open, whose hook writes down each state that a
 * transaction comes to and the process that has it, and runs ./act. */
static struct fixture
make_repo(void)
{
	struct fixture f;

	sh("git init -q r; cd r; git commit -q --allow-empty -m one;"
	   "git commit -q --allow-empty -m two;"
	   "printf '#!/bin/sh\\necho $1 $PPID >>said\\n"
	   "test ! -x act || ./act $1\\n' >.git/hooks/reference-transaction;"
	   "chmod +x .git/hooks/reference-transaction");
	scratch_chdir("r");
	if (gv_repo_open(&f.repo, 0) < 0 || gv_repo_stay(f.repo) < 0)
		fail_msg("%s", gv_err_message());
	take_id(&f.one, "HEAD~1");
	take_id(&f.two, "HEAD");
	sh("rm -f said");
	return f;
}

/* Move a ref, from nothing where `from` is NULL, to nothing where `to` is. */
static int
move(const struct fixture *f, const char *name, const struct gv_oid *from,
    const struct gv_oid *to)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	int r;

	if (to == NULL)
		gv_ref_delete(&tx, name, from);
	else if (from == NULL)
		gv_ref_create(&tx, name, to);
	else
		gv_ref_update(&tx, name, to, from);
	r = gv_ref_commit(&tx, f->repo);
	gv_ref_tx_release(&tx);
	return r;
}

static void
expect(const struct fixture *f, const char *name, const struct gv_oid *oid)
{
	struct gv_oid found;

	assert_int_equal(gv_ref_find(&found, f->repo, name), 0);
	assert_true(gv_oid_equal(&found, oid));
}

static void
one_git_moves_refs_again_and_again(void **state)
{
	struct fixture f = make_repo();
	struct gv_ref_tx tx = GV_REF_TX_INIT;

	(void)state;
	assert_int_equal(move(&f, A, NULL, &f.one), 0);
	expect(&f, A, &f.one);
	assert_int_equal(move(&f, A, &f.one, &f.two), 0);
	expect(&f, A, &f.two);
	gv_ref_delete(&tx, A, &f.two);
	gv_ref_create(&tx, B, &f.one);
	assert_int_equal(gv_ref_commit(&tx, f.repo), 0);
	assert_int_equal(tx.moved, GV_REF_MOVED_ALL);
	gv_ref_tx_release(&tx);
	expect(&f, A, &none);
	expect(&f, B, &f.one);
	sh("test $(grep -c ^committed said) = 3");
	sh("test $(sed 's/.* //' said | sort -u | wc -l) = 1");
	gv_repo_close(f.repo);
	sh("! kill -0 $(sed -n 's/.* //;$p' said) 2>/dev/null");
}

static void
after_a_no_it_goes_on(void **state)
{
	struct fixture f = make_repo();
	struct gv_oid unknown;

	(void)state;
	memset(&unknown, 0x11, sizeof(unknown));
	assert_int_equal(move(&f, A, NULL, &f.one), 0);
	assert_int_equal(move(&f, A, NULL, &f.two), GV_EEXISTS);
	assert_non_null(strstr(gv_err_message(), "cannot move refs: cannot"));
	assert_int_equal(move(&f, A, &f.two, &f.one), GV_EEXISTS);
	assert_int_equal(move(&f, A, &f.two, NULL), GV_EEXISTS);
	assert_int_equal(move(&f, B, NULL, &unknown), GV_ERROR);
	expect(&f, A, &f.one);
	expect(&f, B, &none);
	assert_int_equal(move(&f, A, &f.one, &f.two), 0);
	expect(&f, A, &f.two);
	gv_repo_close(f.repo);
}

static void
what_others_did_meanwhile_it_sees(void **state)
{
	struct fixture f = make_repo();

	(void)state;
	assert_int_equal(move(&f, A, NULL, &f.one), 0);
	sh("git pack-refs --all; git update-ref " A " HEAD;"
	   "git pack-refs --all; git update-ref " B " HEAD");
	assert_int_equal(move(&f, A, &f.one, NULL), GV_EEXISTS);
	assert_int_equal(move(&f, B, NULL, &f.one), GV_EEXISTS);
	assert_int_equal(move(&f, A, &f.two, &f.one), 0);
	sh("git pack-refs --all; git update-ref -d " B);
	assert_int_equal(move(&f, B, NULL, &f.one), 0);
	assert_int_equal(move(&f, A, &f.one, NULL), 0);
	expect(&f, A, &none);
	expect(&f, B, &f.one);
	sh("git fsck --strict && ! git rev-parse -q --verify " A);
	gv_repo_close(f.repo);
}

static void
objects_that_came_meanwhile_it_finds(void **state)
{
	struct fixture f = make_repo();
	struct gv_oid three;

	(void)state;
	assert_int_equal(move(&f, A, NULL, &f.one), 0);
	sh("git commit -q --allow-empty -m three; git repack -q -a -d");
	take_id(&three, "HEAD");
	assert_int_equal(move(&f, A, &f.one, &three), 0);
	expect(&f, A, &three);
	gv_repo_close(f.repo);
}

static void
one_that_was_killed_while_it_waited_is_replaced(void **state)
{
	struct fixture f = make_repo();

	(void)state;
	assert_int_equal(move(&f, A, NULL, &f.one), 0);
	sh("kill -KILL $(sed -n '$s/.* //p' said)");
	assert_int_equal(move(&f, A, &f.one, &f.two), 0);
	expect(&f, A, &f.two);
	sh("test $(sed 's/.* //' said | sort -u | wc -l) = 2");
	gv_repo_close(f.repo);
}

/* A hook that kills git in that state, once. */
static void
kill_once(const char *state)
{
	struct gv_buf command = GV_BUF_INIT;

	gv_buf_addf(&command,
	    "printf '#!/bin/sh\\ntest $1 != %s || { rm act; kill -KILL "
	    "$(sed -n \"\\$s/.* //p\" said); }\\n' >act; chmod +x act",
	    state);
	sh(command.p);
	gv_buf_release(&command);
}

static void
killed_on_the_way_nothing_is_done_twice(void **state)
{
	struct fixture f = make_repo();

	(void)state;
	assert_int_equal(move(&f, A, NULL, &f.one), 0);
	/* before a ref has moved: by another git, once it is known */
	kill_once("prepared");
	assert_true(move(&f, A, &f.one, &f.two) < 0);
	expect(&f, A, &f.one);
	sh("test ! -e act; rm -f .git/" A ".lock");
	assert_int_equal(move(&f, A, &f.one, &f.two), 0);
	/* once it has, and nobody was told */
	kill_once("committed");
	assert_int_equal(move(&f, A, &f.two, &f.one), 0);
	expect(&f, A, &f.one);
	gv_repo_close(f.repo);
}

UNIT(ref_git)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(one_git_moves_refs_again_and_again),
		SCRATCH_TEST(after_a_no_it_goes_on),
		SCRATCH_TEST(what_others_did_meanwhile_it_sees),
		SCRATCH_TEST(objects_that_came_meanwhile_it_finds),
		SCRATCH_TEST(one_that_was_killed_while_it_waited_is_replaced),
		SCRATCH_TEST(killed_on_the_way_nothing_is_done_twice),
	};

	return UNIT_RUN(tests);
}
