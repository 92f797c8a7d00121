#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "unit/locked.h"
#include "unit/people.h"
#include "key/keyring_age.h"

#define ZEROS                                                                  \
	"00000000000000000000000000000000"                                     \
	"00000000000000000000000000000000"

#define FIELDS                                                                 \
	"version 2\n"                                                          \
	"previous " ZEROS "\n"                                                 \
	"time 2026-11-20T07:12:44Z\n"                                          \
	"idkey " ZEROS "\n"
#define HEAD "git-vault keyring 1\n" FIELDS
#define SCOPES                                                                 \
	"scope dev\n"                                                          \
	"scope prod\n"                                                         \
	"scope shared\n"

static int
leave(void **state)
{
	return people_leave(state) || locked_all_back(state);
}

/* A text of lines, where %a to %d is the key of age, %A to %D that of ssh of a
 * person. */
static void
write_text(struct gv_buf *out, const char *form)
{
	gv_buf_reset(out);
	for (; *form; form++) {
		if (form[0] != '%') {
			gv_buf_addch(out, *form);
			continue;
		}
		form++;
		if (*form >= 'a')
			gv_buf_addstr(out, people[*form - 'a'].key.p);
		else
			gv_buf_addstr(out, people[*form - 'A'].signer.p);
	}
}

static int
parse(struct gv_keyring *k, const char *form)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	write_text(&text, form);
	gv_err_set_message(NULL);
	r = gv_keyring_parse(k, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

#define PEOPLE                                                                 \
	"recipient alice owner * %a\n"                                         \
	"recipient bob reader dev,shared %B\n"                                 \
	"recipient ci writer - %c\n"
#define TEXT  HEAD SCOPES PEOPLE "signer alice %A\n"
#define KNOWN "git-vault keyring 2\n" FIELDS SCOPES PEOPLE "signer alice %A\n"
#define POLICIES                                                               \
	"git-vault keyring 3\n" FIELDS SCOPES PEOPLE "signer alice %A\n"

static void
reads_what_it_writes(void **state)
{
	struct gv_buf text = GV_BUF_INIT, again = GV_BUF_INIT;
	struct gv_keyring k;

	(void)state;
	write_text(&text, TEXT);
	fine(gv_keyring_parse(&k, text.p, text.len));
	assert_int_equal(k.version, 2);
	assert_int_equal(k.time, 1795158764);
	assert_int_equal(k.n_scopes, 3);
	assert_string_equal(k.scopes[1], "prod");
	assert_int_equal(k.n_recipients, 3);
	assert_string_equal(k.recipients[0].name, "alice");
	assert_int_equal(k.recipients[0].role, GV_KEYRING_OWNER);
	assert_true(k.recipients[0].all);
	assert_string_equal(k.recipients[0].signer, people[ALICE].signer.p);
	assert_int_equal(k.recipients[1].n_scopes, 2);
	assert_string_equal(k.recipients[1].scopes[1], "shared");
	assert_string_equal(k.recipients[1].key, people[BOB].signer.p);
	assert_null(k.recipients[1].signer);
	assert_int_equal(k.recipients[2].role, GV_KEYRING_WRITER);
	fine(gv_keyring_format(&again, &k));
	assert_string_equal(again.p, text.p);
	gv_keyring_release(&k);
	gv_keyring_release(&k);
	gv_keyring_release(NULL);
	gv_buf_release(&text);
	gv_buf_release(&again);
}

/* Of a reader who signs by a key that nothing else names. */
static void
reads_and_finds_by_what_others_sign(void **state)
{
	struct gv_buf text = GV_BUF_INIT, again = GV_BUF_INIT;
	const char *alice = people[ALICE].signer.p;
	struct gv_keyring k;

	(void)state;
	write_text(&text, KNOWN "verifier alice %D\nverifier ci %C\n");
	fine(gv_keyring_parse(&k, text.p, text.len));
	assert_string_equal(k.recipients[0].signer, alice);
	assert_string_equal(k.recipients[0].verifier, people[MALLORY].signer.p);
	assert_null(k.recipients[1].verifier);
	assert_null(k.recipients[2].signer);
	assert_string_equal(k.recipients[2].verifier, people[CAROL].signer.p);
	assert_ptr_equal(gv_keyring_find_signer(&k, alice), &k.recipients[0]);
	assert_ptr_equal(
	    gv_keyring_find_signer(&k, people[BOB].signer.p), &k.recipients[1]);
	assert_ptr_equal(gv_keyring_find_signer(&k, people[CAROL].signer.p),
	    &k.recipients[2]);
	assert_ptr_equal(gv_keyring_find_signer(&k, people[MALLORY].signer.p),
	    &k.recipients[0]);
	assert_null(gv_keyring_find_signer(&k, people[BOB].key.p));
	fine(gv_keyring_format(&again, &k));
	assert_string_equal(again.p, text.p);
	gv_keyring_release(&k);
	gv_buf_release(&text);
	gv_buf_release(&again);
}

static const struct {
	const char *form, *words;
} refused[] = {
	{ "", "cut off" },
	{ "git-vault keyring 1", "does not end with a line" },
	{ "git-vault keyring 1\n", "cut off" },
	{ "x" TEXT, "line 1 of the keyring is not" },
	{ HEAD SCOPES PEOPLE "signer alice %A\n\n", "line 13" },
	{ HEAD SCOPES PEOPLE "signer alice %A \n", "follows the key" },
	{ HEAD SCOPES PEOPLE "signer alice %A x\n", "follows the key" },
	{ HEAD SCOPES PEOPLE "signer alice %a\n", "not ssh-ed25519" },
	{ HEAD SCOPES PEOPLE "signer bob %B\n",
	    "no recipient with the role owner" },
	{ HEAD SCOPES PEOPLE "signer zoe %A\n",
	    "no recipient with the role owner" },
	{ HEAD SCOPES PEOPLE "signer alice %A\nsigner alice %B\n",
	    "signer alice is there twice" },
	{ HEAD SCOPES PEOPLE, "no line 'signer' for its owner alice" },
	{ HEAD SCOPES, "no owner" },
	{ HEAD SCOPES "recipient a reader * %a\n", "no owner" },
	{ HEAD SCOPES "recipient b owner dev,prod %a\n"
		      "recipient c reader dev %b\nsigner b %A\n",
	    "nobody in the keyring reads the scope shared" },
	{ HEAD "scope dev\n" PEOPLE, "line 8 of the keyring: bob has" },
	{ HEAD "scope dev\nscope prod\nrecipient alice owner * %a\n"
	       "signer alice %A\n",
	    "no scope shared" },
	{ HEAD SCOPES "scope shared\n" PEOPLE,
	    "line 9 of the keyring: the scope shared is there twice" },
	{ HEAD "scope shared\nscope dev\n" PEOPLE,
	    "line 7 of the keyring: the scope dev comes after shared;"
	    " sort" },
	{ HEAD SCOPES "recipient b reader * %a\nrecipient a reader * "
		      "%b\n",
	    "recipient a comes after b" },
	{ HEAD SCOPES "recipient a reader * %a\nrecipient a reader * "
		      "%b\n",
	    "recipient a is there twice" },
	{ HEAD SCOPES "recipient a reader * %a\nrecipient b reader * "
		      "%a\n",
	    "b has the key of a" },
	{ HEAD SCOPES "recipient a owner * %a\nrecipient b owner * %b\n"
		      "signer a %A\nsigner b %A\n",
	    "b has the key of a" },
	{ HEAD SCOPES "recipient a admin * %a\n",
	    "line 9 of the keyring: 'admin' is no role: it is owner" },
	{ HEAD SCOPES "recipient a Owner * %a\n", "is no role" },
	{ HEAD SCOPES "recipient a reader stage %a\n",
	    "'stage', which has no line" },
	{ HEAD SCOPES "recipient a reader dev, %a\n", "scope ''" },
	{ HEAD SCOPES "recipient a reader ,dev %a\n", "scope ''" },
	{ HEAD SCOPES "recipient a reader *,dev %a\n", "scope '*'" },
	{ HEAD SCOPES "recipient a reader shared,dev %a\n",
	    "dev comes after shared" },
	{ HEAD SCOPES "recipient a reader dev,dev %a\n", "dev is there twice" },
	{ HEAD SCOPES "recipient a reader - %a\n", "not a writer" },
	{ HEAD SCOPES "recipient a reader  %a\n", "scope ''" },
	{ HEAD SCOPES "recipient a writer dev %a\n",
	    "a is a writer, which reads nothing" },
	{ HEAD SCOPES "recipient a reader * x\n", "neither age1" },
	{ HEAD SCOPES "recipient a reader *\n", "neither age1" },
	{ HEAD SCOPES "recipient a\n", "is no role" },
	{ HEAD SCOPES "recipient\n", "is no name" },
	{ HEAD SCOPES "recipient a reader * %a \n", "line 9" },
	{ HEAD SCOPES "recipient a reader *  %a\n", "neither age1" },
	{ HEAD SCOPES "recipient a/b reader * %a\n", "'a/b' is no name" },
	{ HEAD SCOPES "recipient -a reader * %a\n", "'-a' is no name" },
	{ HEAD SCOPES " recipient a reader * %a\n",
	    "'' where 'scope' or what follows it" },
	{ HEAD SCOPES PEOPLE "scope z\n", "'scope' where 'recipient'" },
	{ HEAD SCOPES PEOPLE "group a\n", "'group' where" },
	{ HEAD SCOPES PEOPLE "signer alice %A\nrecipient z reader * "
			     "%d\n",
	    "'recipient' where 'signer' or what follows it" },
	{ HEAD SCOPES PEOPLE "signer alice %A\nverifier ci %C\n",
	    "format 1 has no line 'verifier'" },
	{ KNOWN "verifier zoe %C\n", "the verifier zoe is no recipient" },
	{ KNOWN "verifier ci %C\nverifier ci %D\n",
	    "the verifier ci is there twice" },
	{ KNOWN "verifier ci %C\nverifier alice %D\n",
	    "the verifier alice comes after ci" },
	{ KNOWN "verifier ci %A\n", "ci has the key of alice" },
	{ KNOWN "verifier ci %B\n", "ci has the key of bob" },
	{ KNOWN "verifier alice %A\n", "the key of alice is there twice" },
	{ KNOWN "verifier bob %B\n", "the key of bob is there twice" },
	{ KNOWN "verifier alice %C\nverifier ci %C\n",
	    "ci has the key of alice" },
	{ KNOWN "verifier ci %c\n", "not ssh-ed25519" },
	{ KNOWN "verifier ci %C x\n", "follows the key" },
	{ KNOWN "verifier ci %C\nsigner ci %D\n",
	    "'signer' where 'verifier' or what" },
	{ KNOWN "verifier ci %C\npolicy .a " ZEROS "\n",
	    "format 2 has no line 'policy'" },
	{ POLICIES, "is of format 3 and has no line 'policy'" },
	{ POLICIES "policy a " ZEROS "\n", "'a' is not a policy file" },
	{ POLICIES "policy ../a " ZEROS "\n", "is not a policy file" },
	{ POLICIES "policy .a/b " ZEROS "\n", "is not a policy file" },
	{ POLICIES "policy .a 12\n", "no digest" },
	{ POLICIES "policy .a " ZEROS "\npolicy .a " ZEROS "\n",
	    "the policy .a is there twice" },
	{ POLICIES "policy .b " ZEROS "\npolicy .a " ZEROS "\n",
	    "comes after .b" },
	{ POLICIES "policy .a " ZEROS "\nverifier ci %C\n",
	    "'verifier' where 'policy' must" },
	{ KNOWN, "has no line 'verifier', as in format 1" },
	{ "git-vault keyring 1\nversion 02\n", "is no version" },
	{ "git-vault keyring 1\nversion 0\n", "is no version" },
	{ "git-vault keyring 1\nversion -1\n", "is no version" },
	{ "git-vault keyring 1\nversion 100001\n", "from 1 to 100000" },
	{ "git-vault keyring 1\nversion 99999999999999999999\n",
	    "is no version" },
	{ "git-vault keyring 1\nversion\n", "is no version" },
	{ "git-vault keyring 1\nversion 1\nprevious " ZEROS "\n",
	    "version 1 must name none" },
	{ "git-vault keyring 1\nversion 2\nprevious none\n",
	    "version 2 must name the digest" },
	{ "git-vault keyring 1\nversion 2\nprevious 12\n",
	    "'12' is no digest" },
	{ "git-vault keyring 1\nversion 2\nprevious A" ZEROS "\n",
	    "is no digest" },
	{ "git-vault keyring 1\nversion 1\nprevious none\n"
	  "time 2026-13-20T07:12:44Z\n",
	    "is no time" },
	{ "git-vault keyring 1\nversion 1\nprevious none\n"
	  "time 20261120T071244Z\n",
	    "is no time" },
	{ "git-vault keyring 1\nversion 1\nprevious none\n"
	  "time 2026-11-20T07:12:44ZZ\n",
	    "is no time" },
	{ "git-vault keyring 1\nversion 1\ntime 2026-11-20T07:12:44Z\n",
	    "'time' where 'previous' must be" },
};

static void
refuses_with_the_line_and_what_to_do(void **state)
{
	struct gv_keyring k;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(parse(&k, refused[i].form), GV_ECORRUPT);
		if (strstr(gv_err_message(), refused[i].words) == NULL)
			fail_msg("%zu: %s\n%s", i, gv_err_message(),
			    refused[i].form);
	}
}

static void
a_newer_format_and_a_huge_text_are_refused(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_keyring k;

	(void)state;
	assert_int_equal(parse(&k, "git-vault keyring 4\n"), GV_EREFUSED);
	assert_message("update");
	assert_int_equal(parse(&k, "git-vault keyring 11\n"), GV_EREFUSED);
	assert_message("update");
	assert_int_equal(parse(&k, "git-vault keyring :\n"), GV_EREFUSED);
	assert_message("update");
	write_text(&text, TEXT);
	while (text.len <= GV_KEYRING_MAX)
		gv_buf_addch(&text, '\n');
	assert_int_equal(gv_keyring_parse(&k, text.p, text.len), GV_EREFUSED);
	gv_buf_release(&text);
}

static void
no_byte_can_be_another(void **state)
{
	struct gv_buf text = GV_BUF_INIT, again = GV_BUF_INIT;
	struct gv_keyring k;
	size_t i;
	int bit;

	(void)state;
	write_text(&text, TEXT);
	for (i = 0; i < text.len; i++)
		for (bit = 0; bit < 8; bit++) {
			text.p[i] ^= (char)(1 << bit);
			if (gv_keyring_parse(&k, text.p, text.len) == 0) {
				gv_buf_reset(&again);
				fine(gv_keyring_format(&again, &k));
				assert_string_equal(again.p, text.p);
				gv_keyring_release(&k);
			} else {
				assert_true(*gv_err_message());
			}
			text.p[i] ^= (char)(1 << bit);
		}
	/* nor can it end earlier */
	for (i = 0; i < text.len; i++)
		assert_true(gv_keyring_parse(&k, text.p, i) < 0);
	gv_buf_release(&text);
	gv_buf_release(&again);
}

static void
an_identity_by_mistake_is_not_repeated(void **state)
{
	struct gv_secret secret = GV_SECRET_INIT;
	struct gv_buf form = GV_BUF_INIT;
	struct gv_keyring k;

	(void)state;
	fine(gv_identity_format(&secret, &people[ALICE].id));
	gv_buf_addf(&form, HEAD SCOPES "recipient a reader * %.*s\n",
	    (int)secret.len, (const char *)secret.p);
	assert_int_equal(gv_keyring_parse(&k, form.p, form.len), GV_ECORRUPT);
	assert_null(strstr(gv_err_message(), "AGE-SECRET"));
	gv_buf_release(&form);
	gv_secret_release(&secret);
}

static void
names_are_plain(void **state)
{
	static const char *const good[] = { "a", "A1", "prod.eu-west_1",
		"a@b.c", "7", "x+y" };
	static const char *const bad[] = { "", "-a", ".a", "a..b", "a.", "a b",
		"a/b", "a,b", "*", "a.lock", "\303\244", "a\nb" };
	char longest[GV_KEYRING_NAME_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(gv_keyring_is_name(good[i], strlen(good[i])));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(gv_keyring_is_name(bad[i], strlen(bad[i])));
	memset(longest, 'a', sizeof(longest));
	assert_true(gv_keyring_is_name(longest, GV_KEYRING_NAME_MAX));
	assert_false(gv_keyring_is_name(longest, GV_KEYRING_NAME_MAX + 1));
	assert_false(gv_keyring_is_name("a\0b", 3));
}

static void
readers_of_a_scope_are_told(void **state)
{
	const struct gv_keyring_recipient **list, *who;
	struct gv_keyring k;
	size_t n;

	(void)state;
	fine(parse(&k, TEXT));
	fine(gv_keyring_readers(&list, &n, &k, "dev"));
	assert_int_equal(n, 2);
	assert_string_equal(list[0]->name, "alice");
	assert_string_equal(list[1]->name, "bob");
	free(list);
	fine(gv_keyring_readers(&list, &n, &k, "prod"));
	assert_int_equal(n, 1);
	assert_string_equal(list[0]->name, "alice");
	free(list);
	assert_int_equal(
	    gv_keyring_readers(&list, &n, &k, "stage"), GV_ENOTFOUND);
	assert_message("no scope 'stage'; there are dev, prod, shared");
	assert_ptr_equal(gv_keyring_find(&k, "bob"), &k.recipients[1]);
	assert_null(gv_keyring_find(&k, "bo"));
	fine(gv_keyring_identify(&who, &k, &people[CAROL].id));
	assert_string_equal(who->name, "ci");
	assert_int_equal(who->role, GV_KEYRING_WRITER);
	fine(gv_keyring_identify(&who, &k, &people[MALLORY].id));
	assert_null(who);
	gv_keyring_release(&k);
}

static void
a_passphrase_is_nobody_of_a_keyring(void **state)
{
	const struct gv_keyring_recipient *who = NULL;
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_keyring k;

	(void)state;
	fine(parse(&k, TEXT));
	fine(gv_identity_passphrase(&id, "x", 1, 10));
	assert_int_equal(gv_keyring_identify(&who, &k, &id), GV_EREFUSED);
	gv_identity_release(&id);
	gv_keyring_release(&k);
}

/* ---- differences ---- */

/* "+name:scope" for each gained, "-…" for each lost. */
static void
check_diff(const char *before, const char *after, const char *expect)
{
	struct gv_keyring a, b;
	struct gv_keyring_delta *all;
	struct gv_buf text = GV_BUF_INIT;
	size_t n, i;

	if (before)
		fine(parse(&a, before));
	fine(parse(&b, after));
	fine(gv_keyring_diff(&all, &n, before ? &a : NULL, &b));
	for (i = 0; i < n; i++)
		gv_buf_addf(&text, "%s%c%s:%s", i ? " " : "",
		    all[i].gained ? '+' : '-', all[i].who->name, all[i].scope);
	assert_string_equal(text.p, expect);
	free(all);
	gv_buf_release(&text);
	if (before)
		gv_keyring_release(&a);
	gv_keyring_release(&b);
}

static void
who_gained_and_lost_is_told_by_keys(void **state)
{
	(void)state;
	check_diff(TEXT, TEXT, "");
	check_diff(NULL, TEXT,
	    "+alice:dev +alice:prod +alice:shared +bob:dev +bob:shared");
	/* another scope */
	check_diff(TEXT,
	    HEAD SCOPES "recipient alice owner * %a\n"
			"recipient bob reader dev,prod %B\nsigner alice %A\n",
	    "-bob:shared +bob:prod");
	/* another key */
	check_diff(TEXT,
	    HEAD SCOPES "recipient alice owner * %a\n"
			"recipient bob reader dev,shared %b\nsigner alice %A\n",
	    "-bob:dev -bob:shared +bob:dev +bob:shared");
	/* another name alone is no difference */
	check_diff(TEXT,
	    HEAD SCOPES "recipient alice owner * %a\n"
			"recipient robert reader dev,shared %B\n"
			"signer alice %A\n",
	    "");
	/* a writer that becomes a reader */
	check_diff(TEXT,
	    HEAD SCOPES "recipient alice owner * %a\n"
			"recipient bob reader dev,shared %B\n"
			"recipient ci reader dev %c\nsigner alice %A\n",
	    "+ci:dev");
	/* a new scope is read by who reads all */
	check_diff(TEXT,
	    HEAD "scope dev\nscope prod\nscope qa\nscope shared\n" PEOPLE
		 "signer alice %A\n",
	    "+alice:qa");
	check_diff(HEAD "scope dev\nscope prod\nscope qa\nscope shared\n" PEOPLE
			"signer alice %A\n",
	    TEXT, "-alice:qa");
}

/* Take a version of that day into account. */
static void
take(struct gv_keyring_ages *ages, int day, const char *form)
{
	struct gv_keyring k;

	fine(parse(&k, form));
	k.time = day;
	fine(gv_keyring_ages_take(ages, &k));
	gv_keyring_release(&k);
}

static void
a_keyring_of_nobody_has_no_ages(void **state)
{
	const struct gv_keyring nobody = { .version = 1 };
	struct gv_keyring_ages ages = GV_KEYRING_AGES_INIT;

	(void)state;
	fine(gv_keyring_ages_take(&ages, &nobody));
	assert_int_equal(ages.n, 0);
	gv_keyring_ages_release(&ages);
}

static void
a_key_is_as_old_as_the_version_that_brought_it(void **state)
{
	struct gv_keyring_ages ages = GV_KEYRING_AGES_INIT;

	(void)state;
	/* the newest first: bob has another key since 40, and had it before
	 * under another name; the key of ci was gone on day 20 */
	take(&ages, 50, TEXT);
	take(&ages, 40,
	    HEAD SCOPES "recipient alice owner * %a\n"
			"recipient ci writer - %c\n"
			"recipient robert reader dev,shared %B\n"
			"signer alice %A\n");
	take(&ages, 20,
	    HEAD SCOPES "recipient alice owner * %a\n"
			"recipient bob reader dev,shared %D\n"
			"signer alice %A\n");
	take(&ages, 10, TEXT);
	assert_int_equal(ages.n, 3);
	assert_string_equal(ages.items[0].name, "alice");
	assert_int_equal(ages.items[0].since, 10);
	assert_string_equal(ages.items[1].name, "bob");
	assert_int_equal(ages.items[1].since, 40);
	assert_int_equal(ages.items[2].since, 40);
	gv_keyring_ages_release(&ages);
}

static void
a_key_that_signs_counts_as_well(void **state)
{
	struct gv_keyring_ages ages = GV_KEYRING_AGES_INIT;

	(void)state;
	take(&ages, 50,
	    HEAD SCOPES "recipient alice owner * %b\nsigner alice %A\n");
	take(&ages, 30,
	    HEAD SCOPES "recipient alice owner * %a\nsigner alice %A\n");
	take(&ages, 20,
	    HEAD SCOPES "recipient alice owner * %a\nsigner alice %C\n");
	assert_int_equal(ages.items[0].since, 30);
	gv_keyring_ages_release(&ages);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_enter, leave)

UNIT(keyring)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_it_writes),
		TEST(reads_and_finds_by_what_others_sign),
		TEST(refuses_with_the_line_and_what_to_do),
		TEST(a_newer_format_and_a_huge_text_are_refused),
		TEST(no_byte_can_be_another),
		TEST(an_identity_by_mistake_is_not_repeated),
		TEST(names_are_plain),
		TEST(readers_of_a_scope_are_told),
		TEST(a_passphrase_is_nobody_of_a_keyring),
		TEST(who_gained_and_lost_is_told_by_keys),
		TEST(a_key_is_as_old_as_the_version_that_brought_it),
		TEST(a_key_that_signs_counts_as_well),
		TEST(a_keyring_of_nobody_has_no_ages),
	};

	return UNIT_RUN(tests);
}
