#include "unit.h"

#include "unit/vault_of_keys.h"

/* ---- whoever may push ---- */

static void
a_pusher_cannot_become_a_recipient(void **state)
{
	const struct gv_keyring_change mallory = as_owner("mallory", MALLORY);
	struct made one, two, three;

	(void)state;
	begin(&one);
	make(&two, &one.k, MALLORY, &mallory, 1);
	push_anything(&two, REF);
	refuses(GV_EREFUSED, "to no owner in version 1");
	/* not by going on from there */
	make(&three, &two.k, MALLORY, NULL, 0);
	push_anything(&three, REF);
	refuses(GV_EREFUSED, "to no owner in version 1");
	/* nor by an owner's signature of something else */
	gv_buf_reset(&two.sig);
	gv_buf_add(&two.sig, one.sig.p, one.sig.len);
	push_anything(&two, REF "~2");
	refuses(GV_EREFUSED, "the signature does not match its data,");
	/* nor without any */
	gv_buf_reset(&two.sig);
	push_anything(&two, REF "~");
	refuses(GV_EREFUSED, "not signed");
	sh("git update-ref " REF " " REF "~");
	load_version(1);
	drop(&one);
	drop(&two);
	drop(&three);
}

/* And where nothing was pinned, nothing is. */
static void
a_bad_chain_is_not_pinned(void **state)
{
	const struct gv_keyring_change mallory = as_owner("mallory", MALLORY);
	struct made one, two;

	(void)state;
	begin(&one);
	make(&two, &one.k, MALLORY, &mallory, 1);
	push_anything(&two, REF);
	sh("rm .git/vault/keyring");
	refuses(GV_EREFUSED, "to no owner in version 1");
	/* nor a first version of alice's that somebody else has signed */
	gv_buf_reset(&one.sig);
	sign_by(&one.sig, MALLORY, one.text.p, one.text.len);
	push_anything(&one, "");
	refuses(GV_EREFUSED, "of none of its owners");
	sh("test ! -e .git/vault/keyring");
	drop(&one);
	drop(&two);
}

static void
what_was_set_back_is_refused(void **state)
{
	struct made one;

	(void)state;
	begin(&one);
	add_scope("dev");
	add_scope("prod");
	sh("git update-ref refs/keep " REF " && git update-ref " REF " " REF
	   "~");
	refuses(
	    GV_EREFUSED, "version 2 is older than version 3, which was seen");
	sh("git update-ref -d " REF);
	refuses(GV_EREFUSED, "the keyring is missing: there is no");
	sh("git update-ref " REF " refs/keep");
	load_version(3);
	drop(&one);
}

static void
a_fork_is_refused_by_who_saw_the_other(void **state)
{
	struct made one;

	(void)state;
	begin(&one);
	sh("git init -q ../c && cd ../c && git fetch -q ../r " REF ":" REF);
	add_scope("dev");
	scratch_chdir("../c");
	add_scope("qa");
	add_scope("prod");
	scratch_chdir("../r");
	/* of the same version, and of a higher one behind it */
	sh("git -C ../c update-ref refs/two " REF "~");
	sh("git fetch -q ../c +refs/two:" REF);
	refuses(GV_EREFUSED, "there are two of version 2");
	sh("git fetch -q ../c +" REF ":" REF);
	refuses(GV_EREFUSED, "there are two of version 2");
	/* an owner has confirmed it */
	sh("rm .git/vault/keyring");
	load_version(3);
	drop(&one);
}

static void
another_keyring_is_refused_with_both_fingerprints(void **state)
{
	const struct gv_keyring_change mallory = as_owner("mallory", MALLORY);
	struct gv_keyring_kept kept;
	struct made one, other, next;

	(void)state;
	begin(&one);
	add_scope("dev");
	fine(load(&kept));
	make(&other, NULL, MALLORY, &mallory, 1);
	push_anything(&other, "");
	refuses(GV_EREFUSED, "it is not the keyring that this");
	refuses(GV_EREFUSED, kept.print);
	/* also a longer one, and one as long */
	make(&next, &other.k, MALLORY, NULL, 0);
	push_anything(&next, REF);
	refuses(GV_EREFUSED, "it is not the keyring that this");
	drop(&other);
	make(&other, &next.k, MALLORY, NULL, 0);
	push_anything(&other, REF);
	refuses(GV_EREFUSED, "it is not the keyring that this");
	/* or ours behind theirs, which it does not name */
	drop(&next);
	make(&next, &one.k, ALICE, NULL, 0);
	push_anything(&next, REF "~2");
	refuses(GV_EREFUSED, "there are two of version 2");
	sh("rm .git/vault/keyring");
	refuses(GV_EREFUSED, "was made for another version 1");
	gv_keyring_kept_release(&kept);
	drop(&one);
	drop(&other);
	drop(&next);
}

/* ---- damage ---- */

static void
a_damaged_chain_is_told(void **state)
{
	struct made one, bad;

	(void)state;
	begin(&one);
	sh("git update-ref refs/keep " REF);
	sh("git update-ref " REF " HEAD");
	refuses(GV_ECORRUPT, "holds no keyring");
	sh("git update-ref " REF " $(git commit-tree -m x -p refs/keep -p HEAD"
	   " refs/keep^{tree})");
	refuses(GV_ECORRUPT, "a merge");
	sh("git update-ref " REF " refs/keep^{tree}");
	refuses(GV_ECORRUPT, "is not used");
	make(&bad, &one.k, ALICE, NULL, 0);
	push_anything(&bad, "");
	refuses(GV_EREFUSED, "version 2 of the keyring has no predecessor");
	while (bad.text.len <= GV_KEYRING_MAX)
		gv_buf_addch(&bad.text, '\n');
	push_anything(&bad, "refs/keep");
	refuses(GV_EREFUSED, "a blob of it is larger than 262144 bytes");
	sh("git update-ref " REF " $(head -c 70000 /dev/zero | tr '\\0' x |"
	   "git commit-tree refs/keep^{tree})");
	refuses(GV_EREFUSED, "a commit of it is larger than 65536 bytes");
	gv_buf_truncate(&bad.text, bad.k.n_scopes);
	push_anything(&bad, "refs/keep");
	refuses(GV_EREFUSED, "is not used");
	sh("git update-ref " REF " refs/keep");
	load_version(1);
	drop(&one);
	drop(&bad);
}

static void
a_lost_object_is_told(void **state)
{
	struct made one, two;

	(void)state;
	begin(&one);
	make(&two, &one.k, ALICE, NULL, 0);
	push_anything(&two, REF);
	sh("o=$(git rev-parse " REF ":keyring) &&"
	   "rm -f .git/objects/$(echo $o | cut -c-2)/$(echo $o | cut -c3-)");
	refuses(GV_ECORRUPT, "or see git-vault-recovery(7) if no clone has");
	drop(&one);
	drop(&two);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

UNIT(keyring_hostile)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pusher_cannot_become_a_recipient),
		TEST(a_bad_chain_is_not_pinned),
		TEST(what_was_set_back_is_refused),
		TEST(a_fork_is_refused_by_who_saw_the_other),
		TEST(another_keyring_is_refused_with_both_fingerprints),
		TEST(a_damaged_chain_is_told),
		TEST(a_lost_object_is_told),
	};

	return UNIT_RUN(tests);
}
