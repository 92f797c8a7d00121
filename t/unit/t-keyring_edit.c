#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "unit/locked.h"
#include "unit/people.h"

static int
leave(void **state)
{
	return people_leave(state) || locked_all_back(state);
}

struct version {
	struct gv_buf text, sig;
	struct gv_keyring k;
	struct gv_sign by;
};

/* The version behind another (NULL: the first), signed and read. */
static void
make_version(struct version *v, const struct version *before, int signer,
    const struct gv_keyring_change *changes, size_t n)
{
	v->text = (struct gv_buf)GV_BUF_INIT;
	v->sig = (struct gv_buf)GV_BUF_INIT;
	make_next(&v->text, before ? &before->k : NULL, changes, n);
	sign_by(&v->sig, signer, v->text.p, v->text.len);
	fine(gv_keyring_parse_signed(
	    &v->k, &v->by, v->text.p, v->text.len, v->sig.p, v->sig.len));
}

static void
drop(struct version *v)
{
	gv_keyring_release(&v->k);
	gv_buf_release(&v->text);
	gv_buf_release(&v->sig);
}

static void
make_first(struct version *v)
{
	const struct gv_keyring_change alice = as_owner("alice", ALICE);

	make_version(v, NULL, ALICE, &alice, 1);
}

static const char *const dev_only[] = { "dev" };

static void
edits_add_up_to_the_next_version(void **state)
{
	const struct gv_keyring_change changes[] = {
		{ .verb = GV_KEYRING_ADD_SCOPE, .name = "prod" },
		{ .verb = GV_KEYRING_ADD_SCOPE, .name = "dev" },
		{ .verb = GV_KEYRING_ADD,
		    .name = "ci",
		    .role = GV_KEYRING_WRITER,
		    .key = people[CAROL].key.p },
		{ .verb = GV_KEYRING_ADD,
		    .name = "bob",
		    .role = GV_KEYRING_READER,
		    .scopes = dev_only,
		    .n_scopes = 1,
		    .key = people[BOB].signer.p },
	};
	struct version one, two;
	struct gv_buf expect = GV_BUF_INIT;
	char hex[2 * GV_KEYRING_DIGEST + 1];

	(void)state;
	make_first(&one);
	assert_int_equal(one.k.version, 1);
	make_version(&two, &one, ALICE, changes, 4);
	fine(gv_keyring_check(&two.k, &two.by, &one.k));
	gv_enc_hex(hex, one.k.digest, GV_KEYRING_DIGEST);
	gv_buf_addf(&expect,
	    "git-vault keyring 1\nversion 2\nprevious %s\n"
	    "time 2026-11-20T07:12:44Z\nidkey 010203%058d\n"
	    "scope dev\nscope prod\nscope shared\n"
	    "recipient alice owner * %s\nrecipient bob reader dev %s\n"
	    "recipient ci writer - %s\nsigner alice %s\n",
	    hex, 0, people[ALICE].key.p, people[BOB].signer.p,
	    people[CAROL].key.p, people[ALICE].signer.p);
	assert_string_equal(two.text.p, expect.p);
	drop(&one);
	drop(&two);
	gv_buf_release(&expect);
}

static void
make_accepting(struct gv_keyring *out, struct gv_buf *text,
    const struct gv_keyring *before, const struct gv_keyring_file *files,
    size_t n, bool has_files)
{
	const struct gv_keyring_edit edit = { .before = before,
		.files = files,
		.n_files = n,
		.has_files = has_files,
		.time = 1795158764 };

	gv_buf_reset(text);
	fine(gv_keyring_next(text, &edit));
	fine(gv_keyring_parse(out, text->p, text->len));
}

static void
an_accepted_policy_stays_until_another_is(void **state)
{
	static const struct gv_keyring_file files[] = { { ".z", "abc", 3 },
		{ ".gitvault.yaml", "", 0 } };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_keyring two, three, four;
	struct version one;

	(void)state;
	make_first(&one);
	assert_int_equal(one.k.n_policies, 0);
	make_accepting(&two, &text, &one.k, files, 2, true);
	assert_int_equal(memcmp(text.p, "git-vault keyring 3\n", 20), 0);
	assert_int_equal(two.n_policies, 2);
	assert_string_equal(two.policies[0].file, ".gitvault.yaml");
	assert_string_equal(two.policies[1].file, ".z");
	assert_non_null(strstr(text.p,
	    "policy .z ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad\n"));
	make_accepting(&three, &text, &two, NULL, 0, false);
	assert_int_equal(three.n_policies, 2);
	assert_int_equal(memcmp(three.policies[1].digest,
			     two.policies[1].digest, GV_KEYRING_DIGEST),
	    0);
	make_accepting(&four, &text, &three, NULL, 0, true);
	assert_int_equal(four.n_policies, 0);
	assert_int_equal(memcmp(text.p, "git-vault keyring 1\n", 20), 0);
	gv_keyring_release(&two);
	gv_keyring_release(&three);
	gv_keyring_release(&four);
	gv_buf_release(&text);
	drop(&one);
}

static void
keys_are_replaced_and_recipients_go(void **state)
{
	struct gv_keyring_change changes[] = { as_owner("bob", BOB),
		{ .verb = GV_KEYRING_REKEY,
		    .name = "alice",
		    .key = people[CAROL].key.p,
		    .signer = people[CAROL].signer.p } };
	const struct gv_keyring_change gone = { .verb = GV_KEYRING_REMOVE,
		.name = "bob" };
	struct version one, two, three;

	(void)state;
	make_first(&one);
	make_version(&two, &one, ALICE, changes, 2);
	fine(gv_keyring_check(&two.k, &two.by, &one.k));
	assert_string_equal(two.k.recipients[0].key, people[CAROL].key.p);
	/* the new key signs, the old one does no more */
	make_version(&three, &two, ALICE, &gone, 1);
	assert_int_equal(
	    gv_keyring_check(&three.k, &three.by, &two.k), GV_EREFUSED);
	assert_message("which belongs to no owner in version 2");
	assert_message("key SHA256:");
	drop(&three);
	make_version(&three, &two, CAROL, &gone, 1);
	fine(gv_keyring_check(&three.k, &three.by, &two.k));
	assert_int_equal(three.k.n_recipients, 1);
	drop(&one);
	drop(&two);
	drop(&three);
}

/* What a reader signs events by comes with him, goes with his key, and gives
 * him no say in the keyring. */
static void
a_verifier_is_known_and_signs_no_version(void **state)
{
	const struct gv_keyring_change bob = { .verb = GV_KEYRING_ADD,
		.name = "bob",
		.role = GV_KEYRING_READER,
		.key = people[BOB].key.p };
	const struct gv_keyring_change known = { .verb = GV_KEYRING_VERIFIER,
		.name = "bob",
		.signer = people[BOB].signer.p };
	const struct gv_keyring_change anew = { .verb = GV_KEYRING_REKEY,
		.name = "bob",
		.key = people[MALLORY].key.p };
	const struct gv_keyring_change gone = { .verb = GV_KEYRING_REMOVE,
		.name = "alice" };
	const struct gv_keyring_change both[] = { bob, known };
	struct gv_keyring_edit edit = { .changes = &gone, .n = 1 };
	struct gv_buf out = GV_BUF_INIT;
	struct version one, two, three;

	(void)state;
	make_first(&one);
	make_version(&two, &one, ALICE, both, 2);
	fine(gv_keyring_check(&two.k, &two.by, &one.k));
	assert_null(two.k.recipients[1].signer);
	assert_string_equal(two.k.recipients[1].verifier, people[BOB].signer.p);
	assert_memory_equal(two.text.p, "git-vault keyring 2\n", 20);
	make_version(&three, &two, BOB, &anew, 1);
	assert_int_equal(
	    gv_keyring_check(&three.k, &three.by, &two.k), GV_EREFUSED);
	assert_message("which belongs to no owner in version 2");
	assert_null(three.k.recipients[1].verifier);
	assert_memory_equal(three.text.p, "git-vault keyring 1\n", 20);
	drop(&three);
	edit.before = &two.k;
	assert_int_equal(gv_keyring_next(&out, &edit), GV_EREFUSED);
	assert_message("has no owner");
	drop(&one);
	drop(&two);
}

struct bad {
	struct gv_keyring_change c;
	int r;
	const char *words;
};

/* Each is refused where there are alice alone, and the scope shared. */
static void
are_refused(const struct bad *bad, size_t n)
{
	struct gv_buf out = GV_BUF_INIT;
	struct version one;
	size_t i;
	int r;

	make_first(&one);
	gv_buf_addstr(&out, "x");
	for (i = 0; i < n; i++) {
		const struct gv_keyring_edit edit = {
			.before = &one.k, .changes = &bad[i].c, .n = 1
		};

		gv_err_set_message(NULL);
		r = gv_keyring_next(&out, &edit);
		if (r != bad[i].r ||
		    strstr(gv_err_message(), bad[i].words) == NULL)
			fail_msg("%zu: %d %s", i, r, gv_err_message());
		assert_string_equal(out.p, "x");
	}
	gv_buf_release(&out);
	drop(&one);
}

static void
changes_that_cannot_be_are_refused(void **state)
{
	const char *key = people[BOB].key.p;
	const struct bad bad[] = {
		{ { GV_KEYRING_REMOVE, "alice", 0, NULL, 0, NULL, NULL },
		    GV_EREFUSED, "cannot be so: the keyring has no owner" },
		{ { GV_KEYRING_REMOVE, "bob", 0, NULL, 0, NULL, NULL },
		    GV_ENOTFOUND, "no recipient 'bob'" },
		{ { GV_KEYRING_REKEY, "bob", 0, NULL, 0, key, NULL },
		    GV_ENOTFOUND, "no recipient 'bob'" },
		{ { GV_KEYRING_ADD_SCOPE, "shared", 0, NULL, 0, NULL, NULL },
		    GV_EEXISTS, "a scope shared already" },
		{ { GV_KEYRING_ADD_SCOPE, "a b", 0, NULL, 0, NULL, NULL },
		    GV_EUSAGE, "is no name" },
	};

	(void)state;
	are_refused(bad, sizeof(bad) / sizeof(bad[0]));
}

static void
recipients_that_cannot_be_are_refused(void **state)
{
	static const char *const twice[] = { "shared", "shared" };
	static const char *const forged[] = { "shared x\nrecipient m" };
	const char *key = people[BOB].key.p, *ssh = people[BOB].signer.p;
	const struct bad bad[] = {
		{ { GV_KEYRING_ADD, "alice", GV_KEYRING_READER, NULL, 0, key,
		      NULL },
		    GV_EEXISTS, "a recipient alice already" },
		{ { GV_KEYRING_ADD, "b\nx", GV_KEYRING_READER, NULL, 0, key,
		      NULL },
		    GV_EUSAGE, "is no name" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_OWNER, NULL, 0, key,
		      NULL },
		    GV_EUSAGE, "one of ssh-ed25519 to sign by" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, NULL, 0, ssh,
		      ssh },
		    GV_EREFUSED, "the key of bob is there twice" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, NULL, 0, key,
		      people[ALICE].signer.p },
		    GV_EREFUSED, "bob has the key of alice" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, NULL, 0, key,
		      key },
		    GV_EREFUSED, "an ssh-ed25519 public key" },
		{ { GV_KEYRING_VERIFIER, "bob", GV_KEYRING_READER, NULL, 0,
		      NULL, ssh },
		    GV_ENOTFOUND, "no recipient 'bob'" },
		{ { GV_KEYRING_VERIFIER, "alice", GV_KEYRING_READER, NULL, 0,
		      NULL, people[ALICE].signer.p },
		    GV_EEXISTS, "alice signs by it" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, NULL, 0, NULL,
		      NULL },
		    GV_EUSAGE, "needs a key to read by" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_OWNER, NULL, 0, key,
		      key },
		    GV_EREFUSED, "an ssh-ed25519 public key" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, twice, 2, key,
		      NULL },
		    GV_EREFUSED, "shared is there twice" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, dev_only, 1, key,
		      NULL },
		    GV_ENOTFOUND, "no scope 'dev'; add it first" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, forged, 1, key,
		      NULL },
		    GV_EUSAGE, "is no name" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, NULL, 0,
		      people[ALICE].key.p, NULL },
		    GV_EREFUSED, "bob has the key of alice" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_WRITER, twice, 1, key,
		      NULL },
		    GV_EREFUSED, "bob is a writer, which reads nothing" },
		{ { GV_KEYRING_ADD, "bob", GV_KEYRING_READER, NULL, 0,
		      "ssh-rsa AAAA", NULL },
		    GV_EREFUSED, "ssh-rsa cannot be used" },
	};

	(void)state;
	are_refused(bad, sizeof(bad) / sizeof(bad[0]));
}

/* The point of order one: what is sealed for it, everybody opens. */
static void
a_key_that_seals_nothing_is_refused(void **state)
{
	const struct gv_recipient nobody = { .kind = GV_RECIPIENT_X25519 };
	struct gv_buf key = GV_BUF_INIT, out = GV_BUF_INIT;
	struct gv_keyring_change c = {
		.verb = GV_KEYRING_ADD, .name = "bob", .role = GV_KEYRING_READER
	};
	struct gv_keyring_edit edit = { .changes = &c, .n = 1 };
	struct version one;

	(void)state;
	make_first(&one);
	fine(gv_recipient_format(&key, &nobody));
	c.key = key.p;
	edit.before = &one.k;
	assert_int_equal(gv_keyring_next(&out, &edit), GV_EREFUSED);
	assert_int_equal(out.len, 0);
	drop(&one);
	gv_buf_release(&key);
	gv_buf_release(&out);
}

static void
comments_of_keys_are_left_out(void **state)
{
	struct gv_buf line = GV_BUF_INIT;
	struct gv_keyring_change c = { .verb = GV_KEYRING_ADD,
		.name = "bob",
		.role = GV_KEYRING_OPERATOR };
	struct version one, two;

	(void)state;
	gv_buf_addf(&line, "%s bob@laptop of his", people[BOB].signer.p);
	c.key = line.p;
	make_first(&one);
	make_version(&two, &one, ALICE, &c, 1);
	assert_string_equal(two.k.recipients[1].key, people[BOB].signer.p);
	assert_true(two.k.recipients[1].all);
	drop(&one);
	drop(&two);
	gv_buf_release(&line);
}

/* ---- trust ---- */

static void
a_version_stands_behind_the_one_it_names(void **state)
{
	const struct gv_keyring_change bob = as_owner("bob", BOB);
	const struct gv_keyring_change dev = { .verb = GV_KEYRING_ADD_SCOPE,
		.name = "dev" };
	struct version one, two, three, other;

	(void)state;
	make_first(&one);
	make_version(&two, &one, ALICE, &bob, 1);
	make_version(&other, &one, ALICE, &dev, 1);
	make_version(&three, &two, BOB, &dev, 1);
	fine(gv_keyring_check(&one.k, &one.by, NULL));
	fine(gv_keyring_check(&two.k, &two.by, &one.k));
	fine(gv_keyring_check(&three.k, &three.by, &two.k));
	assert_int_equal(gv_keyring_check(&two.k, &two.by, NULL), GV_EREFUSED);
	assert_message("where version 1 must be");
	assert_int_equal(
	    gv_keyring_check(&one.k, &one.by, &one.k), GV_EREFUSED);
	assert_int_equal(
	    gv_keyring_check(&three.k, &three.by, &one.k), GV_EREFUSED);
	assert_message("versions rise by one");
	assert_int_equal(
	    gv_keyring_check(&three.k, &three.by, &other.k), GV_EREFUSED);
	assert_message("was made for another version 2");
	drop(&one);
	drop(&two);
	drop(&three);
	drop(&other);
}

static void
who_makes_himself_an_owner_is_none(void **state)
{
	const struct gv_keyring_change mallory = as_owner("mallory", MALLORY);
	const struct gv_keyring_change reader = { .verb = GV_KEYRING_ADD,
		.name = "bob",
		.role = GV_KEYRING_OPERATOR,
		.key = people[BOB].signer.p };
	struct version one, two, three;

	(void)state;
	make_first(&one);
	make_version(&two, &one, MALLORY, &mallory, 1);
	assert_int_equal(
	    gv_keyring_check(&two.k, &two.by, &one.k), GV_EREFUSED);
	assert_message("to no owner in version 1");
	drop(&two);
	/* a first version of alice's, signed by somebody else */
	two = one;
	two.sig = (struct gv_buf)GV_BUF_INIT;
	sign_by(&two.sig, MALLORY, two.text.p, two.text.len);
	fine(gv_sign_parse(&two.by, GV_KEYRING_SPACE, two.sig.p, two.sig.len));
	assert_int_equal(gv_keyring_check(&two.k, &two.by, NULL), GV_EREFUSED);
	assert_message("of none of its owners");
	gv_buf_release(&two.sig);
	/* the key that somebody reads by signs nothing, though it could */
	make_version(&two, &one, ALICE, &reader, 1);
	make_version(&three, &two, BOB, &mallory, 1);
	assert_int_equal(
	    gv_keyring_check(&three.k, &three.by, &two.k), GV_EREFUSED);
	drop(&one);
	drop(&two);
	drop(&three);
}

static void
a_signature_is_of_these_bytes_for_this_purpose(void **state)
{
	const struct gv_keyring_change bob = as_owner("bob", BOB);
	struct version one, two;
	struct gv_keyring k;
	struct gv_sign by;
	struct gv_buf sig = GV_BUF_INIT;

	(void)state;
	make_first(&one);
	make_version(&two, &one, ALICE, &bob, 1);
	/* that of another version */
	assert_int_equal(gv_keyring_parse_signed(&k, &by, two.text.p,
			     two.text.len, one.sig.p, one.sig.len),
	    GV_EREFUSED);
	assert_message("the signature does not match its data,");
	/* none at all */
	assert_int_equal(
	    gv_keyring_parse_signed(&k, &by, one.text.p, one.text.len, "", 0),
	    GV_ECORRUPT);
	/* for something else */
	fine(gv_sign_make(
	    &by, &people[ALICE].sign, "git", one.text.p, one.text.len));
	fine(gv_sign_format(&sig, &by, "git"));
	assert_int_equal(gv_keyring_parse_signed(
			     &k, &by, one.text.p, one.text.len, sig.p, sig.len),
	    GV_EREFUSED);
	assert_message("'git-vault-keyring'");
	one.text.p[one.text.len - 2] ^= 1;
	assert_int_equal(gv_keyring_parse_signed(&k, &by, one.text.p,
			     one.text.len, one.sig.p, one.sig.len),
	    GV_EREFUSED);
	gv_buf_release(&sig);
	drop(&one);
	drop(&two);
}

static void
a_fingerprint_is_as_ssh_has_it(void **state)
{
	static const unsigned char digest[GV_KEYRING_DIGEST] = { 0xff, 0xfe };
	char print[GV_KEYRING_PRINT];

	(void)state;
	gv_keyring_print(print, digest);
	assert_string_equal(
	    print, "SHA256://4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_enter, leave)

UNIT(keyring_edit)
{
	const struct CMUnitTest tests[] = {
		TEST(edits_add_up_to_the_next_version),
		TEST(an_accepted_policy_stays_until_another_is),
		TEST(keys_are_replaced_and_recipients_go),
		TEST(a_verifier_is_known_and_signs_no_version),
		TEST(changes_that_cannot_be_are_refused),
		TEST(recipients_that_cannot_be_are_refused),
		TEST(a_key_that_seals_nothing_is_refused),
		TEST(comments_of_keys_are_left_out),
		TEST(a_version_stands_behind_the_one_it_names),
		TEST(who_makes_himself_an_owner_is_none),
		TEST(a_signature_is_of_these_bytes_for_this_purpose),
		TEST(a_fingerprint_is_as_ssh_has_it),
	};

	return UNIT_RUN(tests);
}
