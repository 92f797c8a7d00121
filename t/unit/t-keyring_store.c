#include "unit.h"

#include <time.h>

#include "key/keyring_store_internal.h"
#include "unit/vault_of_keys.h"

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

/* A later git-vault may have accepted more files than this one knows of. */
static void
too_many_accepted_files_are_not_saved(void **state)
{
	const struct gv_keyring_change c = { .verb = GV_KEYRING_ADD_SCOPE,
		.name = "dev" };
	struct gv_keyring_parts parts;
	struct gv_keyring_kept was;
	struct gv_repo *repo;
	struct made one, two;

	(void)state;
	begin(&one);
	fine(load(&was));
	make(&two, &was.keyring, ALICE, &c, 1);
	parts = (struct gv_keyring_parts){ .text = two.text.p,
		.len = two.text.len,
		.sig = two.sig.p,
		.sig_len = two.sig.len,
		.sealed = two.sealed.p,
		.sealed_len = two.sealed.len,
		.has_files = true,
		.n_files = GV_KEYRING_FILES + 1,
		.now = 1795158764 };
	repo = open_repo();
	assert_int_equal(gv_keyring_save(repo, &was, &parts), GV_EREFUSED);
	assert_non_null(strstr(gv_err_message(), "more than 8 policy files"));
	gv_repo_close(repo);
	load_version(1);
	gv_keyring_kept_release(&was);
	drop(&two);
	drop(&one);
}

static void
what_was_fetched_is_seen(void **state)
{
	struct gv_keyring_pin pin;
	struct gv_repo *repo;
	struct made one;

	(void)state;
	begin(&one);
	sh("git init -q ../c && cd ../c && git fetch -q ../r " REF ":" REF);
	add_scope("dev");
	add_scope("prod");
	scratch_chdir("../c");
	load_version(1);
	sh("git fetch -q ../r " REF ":" REF);
	load_version(3);
	repo = open_repo();
	fine(gv_keyring_pin_load(&pin, repo));
	assert_int_equal(pin.version, 3);
	assert_memory_equal(pin.first, one.k.digest, GV_KEYRING_DIGEST);
	gv_repo_close(repo);
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
	assert_message("to no owner in version 1");
	fine(load(&was));
	make(&two, &was.keyring, ALICE, &bob, 1);
	/* sealed for those of before */
	two.sealed.len = 0;
	gv_buf_add(&two.sealed, one.sealed.p, one.sealed.len);
	assert_int_equal(save(&two, &was), GV_EREFUSED);
	assert_message("encrypted for 1, but the keyring has 2");
	two.sealed.len = 20;
	assert_int_equal(save(&two, &was), GV_ECORRUPT);
	while (two.sig.len <= GV_KEYRING_SIG_MAX)
		gv_buf_addch(&two.sig, '\n');
	assert_int_equal(save(&two, &was), GV_EREFUSED);
	assert_message("a signature or an encrypted id key");
	load_version(1);
	gv_keyring_kept_release(&was);
	drop(&two);
	drop(&one);
}

/* ---- the pin ---- */

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
	sh("rm .git/vault/keyring* && mkdir .git/vault/keyring-lock");
	fine(load(&kept));
	assert_true(kept.is_new && kept.is_unkept);
	gv_keyring_kept_release(&kept);
	/* nor where there is no way to it */
	sh("mv .git/vault ../aside && ln -s no/where .git/vault");
	fine(load(&kept));
	assert_true(kept.is_new && kept.is_unkept);
	gv_keyring_kept_release(&kept);
	/* one that cannot be read is not one that is not there */
	sh("rm .git/vault && mv ../aside .git/vault && mkdir .git/vault/keyring");
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
	/* of the same version there is one */
	other.digest[0] = 1;
	assert_int_equal(gv_keyring_pin_raise(&other, repo), GV_EREFUSED);
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

/* Of another owner, who may push: the pin of it alone is as good as none. */
static void
an_adopted_keyring_is_seen_by_who_comes_next(void **state)
{
	const struct gv_keyring_change mallory = as_owner("m", MALLORY);
	const struct gv_keyring_change bob = as_owner("bob", BOB);
	struct made one, other, third;

	(void)state;
	make(&other, NULL, MALLORY, &mallory, 1);
	make(&third, NULL, BOB, &bob, 1);
	fine(save(&other, NULL));
	sh("mv .git/vault/keyring ../next && git update-ref -d " REF);
	begin(&one);
	sh("cp ../next .git/vault/keyring-next && cp .git/vault/keyring ../was");
	load_version(1);
	sh("cmp .git/vault/keyring ../was");
	push_anything(&third, "");
	refuses(GV_EREFUSED, "it is not the keyring that this");
	push_anything(&other, "");
	sh(": >.git/vault/keyring-next");
	refuses(GV_EREFUSED, "it is not the keyring that this");
	/* where nothing can be written it is used all the same */
	sh("cp ../next .git/vault/keyring-next && rm .git/vault/keyring-lock &&"
	   "mkdir .git/vault/keyring-lock");
	load_version(1);
	sh("cmp .git/vault/keyring ../was && rmdir .git/vault/keyring-lock");
	load_version(1);
	sh("cmp .git/vault/keyring ../next && test ! -e .git/vault/keyring-next");
	drop(&third);
	drop(&other);
	drop(&one);
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
	    gv_keyring_seal_idkey(&one.sealed, &one.k, &theirs, NULL),
	    GV_EUSAGE);
	gv_idkey_sum(sum, &theirs);
	memcpy(one.k.idkey, sum, sizeof(sum));
	gv_buf_reset(&one.sealed);
	fine(gv_keyring_seal_idkey(&one.sealed, &one.k, &theirs, NULL));
	push_anything(&one, "");
	load_version(1);
	assert_int_equal(open_idkey(&key, ALICE), GV_EREFUSED);
	assert_message("it was exchanged");
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

UNIT(keyring_store)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_saved_is_loaded),
		TEST(what_was_fetched_is_seen),
		TEST(the_fingerprint_is_of_the_first_version),
		TEST(the_slower_of_two_writers_is_told),
		TEST(nothing_is_saved_that_would_not_be_loaded),
		TEST(the_pin_is_no_cache),
		TEST(a_pin_that_cannot_be_written_is_told),
		TEST(a_pin_is_never_lowered),
		TEST(a_pin_has_one_form),
		TEST(an_adopted_keyring_is_seen_by_who_comes_next),
		TEST(all_recipients_open_the_id_key_and_nobody_else),
		TEST(an_exchanged_id_key_is_refused),
		TEST(ten_thousand_versions_are_checked_once),
		TEST(too_many_accepted_files_are_not_saved),
	};

	return UNIT_RUN(tests);
}
