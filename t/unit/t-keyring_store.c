#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/enc.h"
#include "crypto/age.h"
#include "scratch.h"
#include "store/repo.h"
#include "unit/people.h"
#include "vault/idkey.h"
#include "vault/keyring_internal.h"

static const struct gv_idkey idkey = { .bytes = { 42 }, .name = "" };

static int
enter(void **state)
{
	if (scratch_enter(state) < 0 || people_enter(state) < 0)
		return -1;
	sh("git init -q r && cd r && git commit -q --allow-empty -m one");
	scratch_chdir("r");
	return 0;
}

static int
leave(void **state)
{
	people_leave(state);
	return scratch_leave(state);
}

/* ---- what a test does, each time as another command ---- */

static struct gv_repo *
open_repo(void)
{
	struct gv_repo *repo;

	fine(gv_repo_open(&repo, 0));
	return repo;
}

/* Load, as the next command would. */
static int
load(struct gv_keyring_kept *kept)
{
	struct gv_repo *repo = open_repo();
	int r;

	gv_err_set_message(NULL);
	r = gv_keyring_load(kept, repo);
	gv_repo_close(repo);
	return r;
}

static void
load_version(unsigned version)
{
	struct gv_keyring_kept kept;

	fine(load(&kept));
	assert_int_equal(kept.keyring.version, version);
	assert_false(kept.is_unkept);
	gv_keyring_kept_release(&kept);
}

/* It is refused, for this reason, and again: nothing of it is remembered. */
static void
refuses(int code, const char *words)
{
	struct gv_keyring_kept kept;
	int i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(load(&kept), code);
		if (strstr(gv_err_message(), words) == NULL)
			fail_msg("%s", gv_err_message());
	}
}

/* A version with its signature and the sealed key. */
struct made {
	struct gv_buf text, sig, sealed;
	struct gv_keyring k;
};

static void
make(struct made *m, const struct gv_keyring *before, int signer,
    const struct gv_keyring_change *changes, size_t n)
{
	unsigned char sum[GV_IDKEY_SUM];
	struct gv_keyring_edit edit = {
		.before = before, .changes = changes, .n = n, .time = 1795158764
	};

	*m = (struct made){ GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		{ .version = 0 } };
	gv_idkey_sum(sum, &idkey);
	edit.idkey = before ? NULL : sum;
	fine(gv_keyring_next(&m->text, &edit));
	fine(gv_keyring_parse(&m->k, m->text.p, m->text.len));
	sign_by(&m->sig, signer, m->text.p, m->text.len);
	fine(gv_keyring_seal_idkey(&m->sealed, &m->k, &idkey));
}

static void
drop(struct made *m)
{
	gv_keyring_release(&m->k);
	gv_buf_release(&m->text);
	gv_buf_release(&m->sig);
	gv_buf_release(&m->sealed);
}

static int
save(const struct made *m, const struct gv_keyring_kept *was)
{
	const struct gv_keyring_parts parts = { m->text.p, m->text.len,
		m->sig.p, m->sig.len, m->sealed.p, m->sealed.len, 1795158764 };
	struct gv_repo *repo = open_repo();
	int r = gv_keyring_save(repo, was, &parts);

	gv_repo_close(repo);
	return r;
}

/* The first version: alice owns it. */
static void
begin(struct made *m)
{
	const struct gv_keyring_change alice = as_owner("alice", ALICE);

	make(m, NULL, ALICE, &alice, 1);
	fine(save(m, NULL));
}

/* The next version by an edit, through the front door. */
static int
change(int signer, const struct gv_keyring_change *c)
{
	struct gv_keyring_kept was;
	struct made m;
	int r;

	fine(load(&was));
	make(&m, &was.keyring, signer, c, 1);
	r = save(&m, &was);
	drop(&m);
	gv_keyring_kept_release(&was);
	return r;
}

static void
add_scope(const char *name)
{
	const struct gv_keyring_change c = { .verb = GV_KEYRING_ADD_SCOPE,
		.name = name };

	fine(change(ALICE, &c));
}

static void
put(const char *path, const struct gv_buf *b)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(b->p, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

/* What whoever may push can do: any version on any other. `parent` is a word
 * of git, "" for none. */
static void
push_anything(const struct made *m, const char *parent)
{
	put("../text", &m->text);
	put("../sig", &m->sig);
	put("../sealed", &m->sealed);
	setenv("PARENT", parent, 1);
	sh("b () { git hash-object -w \"../$1\"; } &&"
	   "tree=$({ printf '100644 blob %s\\tidkey.age\\n' $(b sealed);"
	   "printf '100644 blob %s\\tkeyring\\n' $(b text);"
	   "test ! -s ../sig ||"
	   "printf '100644 blob %s\\tkeyring.sig\\n' $(b sig); } |"
	   "git mktree) && git update-ref refs/vault/keyring "
	   "$(git commit-tree -m x ${PARENT:+-p $(git rev-parse $PARENT)} "
	   "$tree)");
}

#define REF GV_KEYRING_REF

/* ---- the good way ---- */

static void
what_was_saved_is_loaded(void **state)
{
	struct gv_keyring_kept kept, other;
	struct made one;

	(void)state;
	assert_int_equal(load(&kept), GV_ENOTFOUND);
	begin(&one);
	fine(load(&kept));
	assert_int_equal(kept.keyring.version, 1);
	assert_string_equal(kept.keyring.recipients[0].name, "alice");
	assert_false(kept.is_new);
	add_scope("dev");
	add_scope("prod");
	load_version(3);
	sh("test $(git rev-list --count " REF ") = 3");
	sh("test \"$(git ls-tree --name-only " REF ")\" = "
	   "\"$(printf 'idkey.age\\nkeyring\\nkeyring.sig')\"");
	sh("git fsck --strict --no-dangling >out 2>&1; test ! -s out");
	/* another clone sees it for the first time, and says so once */
	sh("git init -q ../c && cd ../c && git fetch -q ../r " REF ":" REF);
	scratch_chdir("../c");
	fine(load(&other));
	assert_true(other.is_new);
	assert_int_equal(other.keyring.version, 3);
	assert_string_equal(other.print, kept.print);
	gv_keyring_kept_release(&other);
	fine(load(&other));
	assert_false(other.is_new);
	assert_string_equal(other.print, kept.print);
	gv_keyring_kept_release(&other);
	gv_keyring_kept_release(&kept);
	drop(&one);
}

static void
the_fingerprint_is_of_the_first_version(void **state)
{
	struct gv_keyring_kept kept;
	struct made one;

	(void)state;
	begin(&one);
	add_scope("dev");
	fine(load(&kept));
	setenv("PRINT", kept.print, 1);
	sh("test \"$PRINT\" = SHA256:$(git cat-file blob " REF "~:keyring |"
	   "python3 -c 'import sys, hashlib, base64; print(base64.b64encode("
	   "hashlib.sha256(sys.stdin.buffer.read()).digest()).decode()"
	   ".rstrip(\"=\"))')");
	gv_keyring_kept_release(&kept);
	drop(&one);
}

static void
the_slower_of_two_writers_is_told(void **state)
{
	const struct gv_keyring_change dev = { .verb = GV_KEYRING_ADD_SCOPE,
		.name = "dev" };
	struct gv_keyring_kept was;
	struct made one, mine;

	(void)state;
	begin(&one);
	fine(load(&was));
	make(&mine, &was.keyring, ALICE, &dev, 1);
	add_scope("prod");
	assert_int_equal(save(&mine, &was), GV_EEXISTS);
	assert_message("make the change again");
	load_version(2);
	sh("git cat-file blob " REF ":keyring | grep -q '^scope prod'");
	assert_int_equal(save(&one, NULL), GV_EREFUSED);
	assert_message("version 2 of a keyring was seen here");
	gv_keyring_kept_release(&was);
	drop(&mine);
	drop(&one);
}

static void
nothing_is_saved_that_would_not_be_loaded(void **state)
{
	const struct gv_keyring_change dev = { .verb = GV_KEYRING_ADD_SCOPE,
		.name = "dev" };
	const struct gv_keyring_change bob = as_owner("bob", BOB);
	struct gv_keyring_kept was;
	struct made one, two;

	(void)state;
	begin(&one);
	assert_int_equal(change(MALLORY, &dev), GV_EREFUSED);
	assert_message("of no owner in version 1");
	fine(load(&was));
	make(&two, &was.keyring, ALICE, &bob, 1);
	/* sealed for those of before */
	two.sealed.len = 0;
	gv_buf_add(&two.sealed, one.sealed.p, one.sealed.len);
	assert_int_equal(save(&two, &was), GV_EREFUSED);
	assert_message("sealed for 1, and the keyring has 2");
	two.sealed.len = 20;
	assert_int_equal(save(&two, &was), GV_ECORRUPT);
	load_version(1);
	gv_keyring_kept_release(&was);
	drop(&two);
	drop(&one);
}

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
	refuses(GV_EREFUSED, "of no owner in version 1");
	/* not by going on from there */
	make(&three, &two.k, MALLORY, NULL, 0);
	push_anything(&three, REF);
	refuses(GV_EREFUSED, "of no owner in version 1");
	/* nor by an owner's signature of something else */
	gv_buf_reset(&two.sig);
	gv_buf_add(&two.sig, one.sig.p, one.sig.len);
	push_anything(&two, REF "~2");
	refuses(GV_EREFUSED, "the signature is not of what it stands by");
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
	refuses(GV_EREFUSED, "of no owner in version 1");
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
	refuses(GV_EREFUSED, "the keyring is gone");
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
	refuses(GV_EREFUSED, "another keyring than the one that was seen");
	refuses(GV_EREFUSED, kept.print);
	/* also a longer one, and one as long */
	make(&next, &other.k, MALLORY, NULL, 0);
	push_anything(&next, REF);
	refuses(GV_EREFUSED, "another keyring than the one that was seen");
	drop(&other);
	make(&other, &next.k, MALLORY, NULL, 0);
	push_anything(&other, REF);
	refuses(GV_EREFUSED, "another keyring than the one that was seen");
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
	refuses(GV_EREFUSED, "version 2 of the keyring stands behind no other");
	while (bad.text.len <= GV_KEYRING_MAX)
		gv_buf_addch(&bad.text, '\n');
	push_anything(&bad, "refs/keep");
	refuses(GV_EREFUSED, "larger than 262144 bytes");
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
	refuses(GV_ECORRUPT, "not all there; fetch it whole");
	drop(&one);
	drop(&two);
}

static void
the_pin_is_no_cache(void **state)
{
	struct gv_keyring_kept kept;
	struct made one;

	(void)state;
	begin(&one);
	add_scope("dev");
	sh("printf 'git-vault keyring pin 1\\nfirst %s\\nversion 2\\n"
	   "digest %s\\n' $(git cat-file blob " REF "~:keyring | sha256sum |"
	   "cut -d' ' -f1) $(git cat-file blob " REF ":keyring | sha256sum |"
	   "cut -d' ' -f1) >../expect && cmp ../expect .git/vault/keyring");
	sh("echo >>.git/vault/keyring");
	refuses(GV_ECORRUPT, "ask an owner for the fingerprint, remove the");
	sh(": >.git/vault/keyring");
	refuses(GV_ECORRUPT, "cannot be read");
	sh("rm .git/vault/keyring");
	fine(load(&kept));
	assert_true(kept.is_new);
	gv_keyring_kept_release(&kept);
	sh("cmp ../expect .git/vault/keyring");
	drop(&one);
}

static void
a_pin_that_cannot_be_written_is_told(void **state)
{
	struct gv_keyring_kept kept;
	struct made one;

	(void)state;
	begin(&one);
	sh("rm .git/vault/keyring* && mkdir .git/vault/keyring.lock");
	fine(load(&kept));
	assert_true(kept.is_new && kept.is_unkept);
	gv_keyring_kept_release(&kept);
	/* one that cannot be read is not one that is not there */
	sh("mkdir .git/vault/keyring");
	refuses(GV_ECORRUPT, "cannot be read");
	drop(&one);
}

static void
a_pin_is_never_lowered(void **state)
{
	struct gv_keyring_pin pin = { .first = { 1 }, .version = 7 }, other;
	struct gv_repo *repo = open_repo();

	(void)state;
	fine(gv_keyring_pin_raise(&pin, repo));
	other = pin;
	other.version = 6;
	fine(gv_keyring_pin_raise(&other, repo));
	fine(gv_keyring_pin_load(&other, repo));
	assert_int_equal(other.version, 7);
	other.version = 8;
	other.first[0] = 2;
	assert_int_equal(gv_keyring_pin_raise(&other, repo), GV_EREFUSED);
	other.first[0] = 1;
	fine(gv_keyring_pin_raise(&other, repo));
	fine(gv_keyring_pin_load(&pin, repo));
	assert_int_equal(pin.version, 8);
	gv_repo_close(repo);
}

static void
a_pin_has_one_form(void **state)
{
	const struct gv_keyring_pin pin = { .first = { 0xab }, .version = 10 };
	struct gv_keyring_pin back;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	(void)state;
	fine(gv_keyring_pin_format(&text, &pin));
	for (i = 0; i < text.len; i++) {
		assert_int_equal(
		    gv_keyring_pin_parse(&back, text.p, i), GV_ECORRUPT);
		text.p[i] ^= 0x20;
		assert_int_equal(
		    gv_keyring_pin_parse(&back, text.p, text.len), GV_ECORRUPT);
		text.p[i] ^= 0x20;
	}
	fine(gv_keyring_pin_parse(&back, text.p, text.len));
	assert_memory_equal(&back, &pin, sizeof(pin));
	gv_buf_release(&text);
}

/* ---- the id key ---- */

static int
open_idkey(struct gv_idkey *key, int who)
{
	const struct gv_identity *with = &people[who].id;
	struct gv_repo *repo = open_repo();
	struct gv_keyring_kept kept;
	int r;

	fine(gv_keyring_load(&kept, repo));
	r = gv_keyring_open_idkey(key, repo, &kept, &with, 1);
	gv_keyring_kept_release(&kept);
	gv_repo_close(repo);
	return r;
}

static void
all_recipients_open_the_id_key_and_nobody_else(void **state)
{
	const struct gv_keyring_change ci = { .verb = GV_KEYRING_ADD,
		.name = "ci",
		.role = GV_KEYRING_WRITER,
		.key = people[CAROL].key.p };
	struct gv_idkey key;
	struct made one;

	(void)state;
	begin(&one);
	assert_int_equal(open_idkey(&key, CAROL), GV_ENOKEY);
	fine(change(ALICE, &ci));
	fine(open_idkey(&key, ALICE));
	assert_memory_equal(key.bytes, idkey.bytes, GV_IDKEY_BYTES);
	assert_int_equal(strlen(key.name), GV_IDKEY_NAME);
	fine(open_idkey(&key, CAROL));
	assert_memory_equal(key.bytes, idkey.bytes, GV_IDKEY_BYTES);
	assert_int_equal(open_idkey(&key, BOB), GV_ENOKEY);
	assert_message("the id key in the keyring");
	drop(&one);
}

/* No signature is over what is sealed, so the text names the key. */
static void
an_exchanged_id_key_is_refused(void **state)
{
	struct gv_idkey theirs = { .bytes = { 13 } };
	unsigned char sum[GV_IDKEY_SUM];
	struct gv_idkey key;
	struct made one;

	(void)state;
	begin(&one);
	assert_int_equal(
	    gv_keyring_seal_idkey(&one.sealed, &one.k, &theirs), GV_EUSAGE);
	gv_idkey_sum(sum, &theirs);
	memcpy(one.k.idkey, sum, sizeof(sum));
	gv_buf_reset(&one.sealed);
	fine(gv_keyring_seal_idkey(&one.sealed, &one.k, &theirs));
	push_anything(&one, "");
	load_version(1);
	assert_int_equal(open_idkey(&key, ALICE), GV_EREFUSED);
	assert_message("somebody has exchanged it");
	gv_buf_reset(&one.sealed);
	gv_buf_addstr(&one.sealed, "age-encryption.org/v1\n");
	push_anything(&one, "");
	assert_int_equal(open_idkey(&key, ALICE), GV_ECORRUPT);
	drop(&one);
}

/* ---- many ---- */

#define MANY 10000

static void
add_file(FILE *out, const char *path, const struct gv_buf *b)
{
	fprintf(out, "M 100644 inline %s\ndata %zu\n", path, b->len);
	fwrite(b->p, 1, b->len, out);
	fputc('\n', out);
}

/* For git fast-import, which is a thousand times faster than saving each. */
static void
write_many(FILE *out)
{
	const struct gv_keyring_change alice = as_owner("alice", ALICE);
	struct gv_buf text = GV_BUF_INIT, sig = GV_BUF_INIT;
	struct gv_buf sealed = GV_BUF_INIT;
	struct gv_keyring k, next;
	int i;

	make_next(&text, NULL, &alice, 1);
	fine(gv_keyring_parse(&k, text.p, text.len));
	for (i = 1; i <= MANY; i++) {
		gv_buf_reset(&sig);
		sign_by(&sig, ALICE, text.p, text.len);
		fprintf(out,
		    "commit " REF "\ncommitter A <a@example.org> %d +0000\n"
		    "data 2\nx\n",
		    i);
		add_file(out, "keyring", &text);
		add_file(out, "keyring.sig", &sig);
		add_file(out, "idkey.age", &sealed);
		make_next(&text, &k, NULL, 0);
		fine(gv_keyring_parse(&next, text.p, text.len));
		gv_keyring_release(&k);
		k = next;
	}
	gv_keyring_release(&k);
	gv_buf_release(&text);
	gv_buf_release(&sig);
}

static void
ten_thousand_versions_are_checked_once(void **state)
{
	struct gv_keyring_kept kept;
	clock_t before, first, again;
	FILE *f = fopen("../import", "wb");

	(void)state;
	assert_non_null(f);
	write_many(f);
	assert_int_equal(fclose(f), 0);
	sh("git fast-import --quiet <../import");
	before = clock();
	fine(load(&kept));
	first = clock() - before;
	assert_true(kept.is_new);
	assert_int_equal(kept.keyring.version, MANY);
	gv_keyring_kept_release(&kept);
	before = clock();
	load_version(MANY);
	again = clock() - before;
	/* a multiplication of the curve each, and then none but the last two */
	print_message("# 10,000 versions: %.0f ms, again %.1f ms\n",
	    (double)first * 1e3 / CLOCKS_PER_SEC,
	    (double)again * 1e3 / CLOCKS_PER_SEC);
	assert_true(again < first / 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_saved_is_loaded),
		TEST(the_fingerprint_is_of_the_first_version),
		TEST(the_slower_of_two_writers_is_told),
		TEST(nothing_is_saved_that_would_not_be_loaded),
		TEST(a_pusher_cannot_become_a_recipient),
		TEST(a_bad_chain_is_not_pinned),
		TEST(what_was_set_back_is_refused),
		TEST(a_fork_is_refused_by_who_saw_the_other),
		TEST(another_keyring_is_refused_with_both_fingerprints),
		TEST(a_damaged_chain_is_told),
		TEST(a_lost_object_is_told),
		TEST(the_pin_is_no_cache),
		TEST(a_pin_that_cannot_be_written_is_told),
		TEST(a_pin_is_never_lowered),
		TEST(a_pin_has_one_form),
		TEST(all_recipients_open_the_id_key_and_nobody_else),
		TEST(an_exchanged_id_key_is_refused),
		TEST(ten_thousand_versions_are_checked_once),
	};

	return UNIT_RUN(tests);
}
