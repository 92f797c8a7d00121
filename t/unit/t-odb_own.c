#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/odb_own.h"
#include "object/pack.h"
#include "object/pack_adopt.h"
#include "object/pack_drop.h"
#include "unit/sandbox.h"

#define OURS  "subject\n\nVault-Format: 1\nVault-Id: x\n"
#define PACKS ".git/objects/pack"

static const char header[] = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
			     "author A <a@b> 1 +0000\n"
			     "committer A <a@b> 1 +0000\n\n";

static bool
is_commit(const char *message)
{
	struct gv_buf b = GV_BUF_INIT;
	bool yes;

	gv_buf_addf(&b, "%s%s", header, message);
	yes = gv_odb_own_is_commit(b.p);
	gv_buf_release(&b);
	return yes;
}

static void
a_commit_is_ours_by_its_last_paragraph(void **state)
{
	(void)state;
	assert_true(is_commit(OURS));
	assert_true(is_commit(OURS "\n"));
	assert_true(is_commit("s\n\nbody\n\nVault-Id: x\nVault-Format: 1\n"));
	assert_false(is_commit("subject\n"));
	assert_false(is_commit(""));
	assert_false(is_commit("s\n\nVault-Format: 1\n\nsaid the manual\n"));
	assert_false(is_commit("s\n\nx Vault-Format: 1\n"));
	assert_false(is_commit("s\n\nVault-Formats: 1\n"));
	assert_false(gv_odb_own_is_commit(""));
	assert_false(gv_odb_own_is_commit("\n\n"));
}

/* Snapshots n..m of a file that grows, each in a pack by itself. */
static void
make_snapshots(struct sandbox *s, int from, int to)
{
	sh(s,
	    "for i in $(seq %d %d); do seq 1 400 >big; echo $i >>big; "
	    "b=$(git hash-object -w big); t=$(printf '100644 blob %%s\\tbig\\n'"
	    " $b | git mktree); "
	    "c=$(printf 's\\n\\nVault-Format: 1\\n' | git commit-tree $t); "
	    "git update-ref refs/vault/snapshots/$i $c; "
	    "printf '%%s\\n' $c $t $b | git pack-objects -q " PACKS
	    "/pack; done; git prune-packed; rm big",
	    from, to);
}

struct look {
	struct gv_odb *odb;
	struct gv_odb_own own;
};

static void
look(struct look *l, struct sandbox *s, bool cruft)
{
	assert_int_equal(gv_odb_open(&l->odb, &s->repo), 0);
	assert_int_equal(gv_odb_own_list(&l->own, l->odb, cruft), 0);
}

static void
end(struct look *l)
{
	gv_odb_own_release(&l->own);
	gv_odb_close(l->odb);
}

static void
expect_packs(struct sandbox *s, size_t ours, size_t held)
{
	struct look l;

	look(&l, s, false);
	assert_int_equal(l.own.n, ours);
	assert_int_equal(l.own.held, held);
	end(&l);
}

static void
ours_are_found_among_others(void **state)
{
	struct sandbox *s = *state;
	struct look l;

	expect_packs(s, 0, 0);
	sh(s, "git commit -q --allow-empty -m x; git repack -q -a -d");
	expect_packs(s, 0, 0);
	make_snapshots(s, 1, 3);
	look(&l, s, false);
	assert_int_equal(l.own.n, 3);
	assert_int_equal(gv_odb_own_check(&l.own, l.odb), 0);
	assert_int_equal(l.own.n, 3);
	assert_int_equal(l.own.n_objects, 9);
	end(&l);
}

static void
what_only_looks_like_ours_is_not(void **state)
{
	struct sandbox *s = *state;
	struct look l;

	make_snapshots(s, 1, 1);
	/* a snapshot's commit first, then one of the user's, then a tag */
	sh(s,
	    "git commit -q --allow-empty -m x; git tag -a -m t t; "
	    "git rev-parse refs/vault/snapshots/1 HEAD | git pack-objects -q " PACKS
	    "/pack; git rev-parse refs/vault/snapshots/1 t | "
	    "git pack-objects -q " PACKS "/pack");
	look(&l, s, false);
	assert_int_equal(l.own.n, 3);
	assert_int_equal(gv_odb_own_check(&l.own, l.odb), 0);
	assert_int_equal(l.own.n, 1);
	assert_int_equal(l.own.n_objects, 3);
	end(&l);
}

static void
files_beside_a_pack_hold_it(void **state)
{
	struct sandbox *s = *state;
	static const char *const exts[] = { "keep", "promisor", "bitmap" };
	struct look l;
	size_t i;

	make_snapshots(s, 1, 2);
	sh(s, "ls " PACKS "/*.idx | head -n 1 >../name");
	for (i = 0; i < 3; i++) {
		sh(s, "n=$(cat ../name); : >${n%%idx}%s", exts[i]);
		expect_packs(s, 1, 1);
		sh(s, "n=$(cat ../name); rm -f ${n%%idx}%s", exts[i]);
	}
	sh(s, "n=$(cat ../name); : >${n%%idx}mtimes");
	expect_packs(s, 1, 0);
	look(&l, s, true);
	assert_int_equal(l.own.n, 2);
	/* what it says of the objects' times must be whole, though */
	assert_int_equal(gv_odb_own_check(&l.own, l.odb), -1);
	end(&l);
}

static void
a_multi_pack_index_holds_what_it_names(void **state)
{
	struct sandbox *s = *state;
	struct look l;
	long size, cut;

	make_snapshots(s, 1, 2);
	sh(s, "git multi-pack-index write");
	make_snapshots(s, 3, 3);
	expect_packs(s, 1, 2);
	sh(s, "cp " PACKS "/multi-pack-index ../midx; chmod u+w ../midx");
	size = atol(sh(s, "wc -c <../midx"));
	/* cut short anywhere it holds two packs or all of them, never fewer */
	for (cut = 0; cut < size; cut += cut < 200 ? 1 : 97) {
		sh(s,
		    "rm -f " PACKS
		    "/multi-pack-index; head -c %ld ../midx >" PACKS
		    "/multi-pack-index",
		    cut);
		look(&l, s, false);
		assert_true(l.own.held >= 2 && l.own.held + l.own.n == 3);
		end(&l);
	}
	sh(s,
	    "rm -f " PACKS "/multi-pack-index; mkdir " PACKS
	    "/multi-pack-index.d");
	expect_packs(s, 0, 3);
}

/* git's own word on every object of the packs. */
static void
expect_types(struct sandbox *s)
{
	char hex[GV_OID_HEX + 1];
	struct gv_buf list = GV_BUF_INIT;
	struct look l;
	size_t i;

	look(&l, s, false);
	assert_int_equal(gv_odb_own_check(&l.own, l.odb), 0);
	for (i = 0; i < l.own.n_objects; i++) {
		const struct gv_odb_own_object *o = &l.own.objects[i];

		gv_oid_format(hex, &o->oid);
		gv_buf_addf(&list, "%s %s\n", hex,
		    gv_oid_type_name((enum gv_otype)o->type));
		assert_ptr_equal(gv_odb_own_find(&l.own, &o->oid), o);
	}
	gv_buf_truncate(&list, list.len - 1);
	assert_string_equal(list.p,
	    sh(s,
		"git cat-file --batch-all-objects --batch-check='%%(objectname)"
		" %%(objecttype)'"));
	assert_null(gv_odb_own_find(&l.own, &gv_oid_empty_blob));
	gv_buf_release(&list);
	end(&l);
}

static void
each_object_is_found_once_with_its_type(void **state)
{
	struct sandbox *s = *state;

	make_snapshots(s, 1, 5);
	expect_types(s);
	/* deltas by distance, by id, and all of it twice */
	sh(s,
	    "git rev-list --objects --all --no-object-names >../list; "
	    "git pack-objects -q --delta-base-offset " PACKS
	    "/pack <../list; git pack-objects -q --no-reuse-delta " PACKS
	    "/pack <../list");
	sh(s, "cat " PACKS "/*.idx | wc -c");
	expect_types(s);
}

static void
a_damaged_pack_is_told(void **state)
{
	struct sandbox *s = *state;
	struct look l;

	make_snapshots(s, 1, 1);
	look(&l, s, false);
	assert_int_equal(l.own.n, 1);
	sh(s,
	    "chmod u+w " PACKS
	    "/*.pack; head -c 40 /dev/zero | dd of=$(echo " PACKS
	    "/*.pack) bs=1 seek=12 conv=notrunc 2>/dev/null");
	assert_true(gv_odb_own_check(&l.own, l.odb) < 0);
	end(&l);
}

static void
what_is_missing_or_was_used_is_noticed(void **state)
{
	struct sandbox *s = *state;
	struct gv_buf stem = GV_BUF_INIT;
	struct gv_oid *others;
	struct look l;
	size_t n;

	make_snapshots(s, 1, 2);
	look(&l, s, false);
	assert_int_equal(gv_odb_own_check(&l.own, l.odb), 0);
	gv_buf_addf(&stem, "%s/pack/pack-%s", s->objects, l.own.packs[0].name);
	assert_int_equal(
	    gv_odb_own_compare(&l.own, GV_ODB_OWN_STAYS, stem.p), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "is not in the new pack"));
	assert_int_equal(
	    gv_odb_own_compare(&l.own, GV_ODB_OWN_GOES, stem.p), 0);
	assert_true(gv_odb_own_is_same(&l.own));
	sh(s, "touch -d '1 hour ago' " PACKS "/pack-%s.pack",
	    l.own.packs[1].name);
	assert_false(gv_odb_own_is_same(&l.own));
	sh(s, "echo loose | git hash-object -w --stdin");
	assert_int_equal(gv_odb_refresh(l.odb), 0);
	assert_int_equal(gv_odb_own_others(&others, &n, &l.own, l.odb), 0);
	assert_int_equal(n, 1);
	assert_memory_equal(others[0].id, oid_of_output(s).id, GV_OID_RAW);
	free(others);
	gv_buf_release(&stem);
	end(&l);
}

/* A pack that git wrote for us. */
static struct gv_pack_adopt *
adopt(struct sandbox *s)
{
	struct gv_pack_adopt *a;

	assert_int_equal(gv_pack_adopt_open(&a, s->objects), 0);
	sh(s,
	    "git rev-list --objects --all --no-object-names | "
	    "git pack-objects -q %s",
	    gv_pack_adopt_base(a));
	assert_int_equal(gv_pack_adopt_seek(a, s->out.p), 0);
	return a;
}

static int
count(struct sandbox *s, const char *pattern)
{
	return atoi(sh(s, "find " PACKS " -name '%s' | wc -l", pattern));
}

static void
an_adopted_pack_stays_when_it_is_accepted(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack_adopt *a;

	make_snapshots(s, 1, 2);
	a = adopt(s);
	assert_true(gv_pack_adopt_bytes(a) > 0);
	gv_pack_adopt_close(a);
	assert_int_equal(count(s, "*"), 5);
	a = adopt(s);
	assert_int_equal(gv_pack_adopt_place(a), 0);
	assert_int_equal(count(s, "*.keep"), 1);
	assert_int_equal(count(s, "pack-*.idx"), 3);
	gv_pack_adopt_close(a);
	assert_int_equal(count(s, "*"), 5);
	a = adopt(s);
	assert_int_equal(gv_pack_adopt_place(a), 0);
	gv_pack_adopt_accept(a);
	gv_pack_adopt_close(a);
	assert_int_equal(count(s, "*.keep"), 0);
	assert_int_equal(count(s, "pack-*.idx"), 3);
	assert_int_equal(count(s, "gv_tmp_*"), 0);
	/* the same again is the one that stands, and not ours to remove */
	a = adopt(s);
	assert_int_equal(gv_pack_adopt_place(a), 0);
	gv_pack_adopt_close(a);
	assert_int_equal(count(s, "pack-*.idx"), 3);
	sh(s, "git fsck --full --strict");
}

static void
what_is_no_single_pack_is_not_adopted(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack_adopt *a;

	make_snapshots(s, 1, 1);
	assert_int_equal(gv_pack_adopt_open(&a, s->objects), 0);
	assert_int_equal(gv_pack_adopt_seek(a, ""), GV_ERROR);
	assert_int_equal(gv_pack_adopt_seek(a, "abc\n"), GV_ERROR);
	assert_int_equal(gv_pack_adopt_seek(a,
			     "4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
			     "4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"),
	    GV_ERROR);
	assert_true(gv_pack_adopt_seek(
			a, "4b825dc642cb6eb9a060e54bf8d69288fbee4904\n") < 0);
	gv_pack_adopt_close(a);
	a = adopt(s);
	sh(s, ": >" PACKS "/pack-%s.keep", gv_pack_adopt_name(a));
	assert_int_equal(gv_pack_adopt_place(a), GV_ELOCKED);
	gv_pack_adopt_close(a);
	assert_int_equal(count(s, "*.keep"), 1);
	assert_int_equal(count(s, "gv_tmp_*"), 0);
}

static const char *
name_of_pack(struct sandbox *s)
{
	return sh(
	    s, "ls " PACKS "/*.idx | sed 's/.*pack-//;s/.idx//' | head -n 1");
}

static void
packs_are_hidden_put_back_and_removed(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack_drop *d;

	make_snapshots(s, 1, 2);
	assert_int_equal(gv_pack_drop_open(&d, s->objects), 0);
	assert_int_equal(gv_pack_drop_add(d, name_of_pack(s)), 0);
	assert_int_equal(count(s, "*.idx"), 1);
	assert_int_equal(
	    gv_pack_drop_add(d, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"), 0);
	gv_pack_drop_close(d);
	assert_int_equal(count(s, "*.idx"), 2);
	assert_int_equal(gv_pack_drop_open(&d, s->objects), 0);
	assert_int_equal(gv_pack_drop_add(d, name_of_pack(s)), 0);
	assert_int_equal(gv_pack_drop_commit(d), 0);
	gv_pack_drop_close(d);
	assert_int_equal(count(s, "pack-*"), 2);
	assert_int_equal(count(s, "gv_tmp_*"), 0);
}

/* A process that is no more. */
static long
dead_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return (long)pid;
}

static void
what_a_killed_one_hid_comes_back_or_goes(void **state)
{
	struct sandbox *s = *state;
	long pid = dead_process();

	make_snapshots(s, 1, 2);
	sh(s, "p=%s; mv " PACKS "/pack-$p.idx " PACKS "/gv_tmp_%ld_aside-$p",
	    name_of_pack(s), pid);
	assert_int_equal(gv_pack_sweep(s->objects), 0);
	assert_int_equal(count(s, "*.idx"), 2);
	assert_int_equal(count(s, "gv_tmp_*"), 0);
	sh(s, "git fsck --full");
	sh(s, "p=%s; mv " PACKS "/pack-$p.idx " PACKS "/gv_tmp_%ld_going-$p",
	    name_of_pack(s), pid);
	assert_int_equal(gv_pack_sweep(s->objects), 0);
	assert_int_equal(count(s, "pack-*"), 2);
	assert_int_equal(count(s, "gv_tmp_*"), 0);
	/* an index that stands again keeps its pack */
	sh(s, "p=%s; cp " PACKS "/pack-$p.idx " PACKS "/gv_tmp_%ld_going-$p",
	    name_of_pack(s), pid);
	assert_int_equal(gv_pack_sweep(s->objects), 0);
	assert_int_equal(count(s, "pack-*"), 2);
	assert_int_equal(count(s, "gv_tmp_*"), 0);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, sandbox_setup, sandbox_teardown)

UNIT(odb_own)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_is_ours_by_its_last_paragraph),
		TEST(ours_are_found_among_others),
		TEST(what_only_looks_like_ours_is_not),
		TEST(files_beside_a_pack_hold_it),
		TEST(a_multi_pack_index_holds_what_it_names),
		TEST(each_object_is_found_once_with_its_type),
		TEST(a_damaged_pack_is_told),
		TEST(what_is_missing_or_was_used_is_noticed),
		TEST(an_adopted_pack_stays_when_it_is_accepted),
		TEST(what_is_no_single_pack_is_not_adopted),
		TEST(packs_are_hidden_put_back_and_removed),
		TEST(what_a_killed_one_hid_comes_back_or_goes),
	};

	return UNIT_RUN(tests);
}
