#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "scan/score.h"
#include "scan/score_internal.h"

struct row {
	const char *value;
	enum gv_score_value is;
};

static enum gv_score_value
look(const char *value)
{
	struct gv_value v;

	gv_value_judge(&v, value, strlen(value));
	return gv_score_value(&v, value, strlen(value));
}

static void
check(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (look(rows[i].value) != rows[i].is)
			fail_msg("'%s' must be %d, is %d", rows[i].value,
			    (int)rows[i].is, (int)look(rows[i].value));
}

static void
test_what_values_look_like(void **state)
{
	static const struct row rows[] = {
		{ "${PASSWORD}", GV_SCORE_NOTHING },
		{ "changeme", GV_SCORE_NOTHING },
		{ "10.0.0.1", GV_SCORE_NOTHING },
		{ "The password is too short", GV_SCORE_PROSE },
		{ "Password:", GV_SCORE_ITSELF },
		{ "Enter a value", GV_SCORE_PROSE },
		{ "app-db-password", GV_SCORE_ITSELF },
		{ "UserToken", GV_SCORE_ITSELF },
		{ "signing-key", GV_SCORE_ITSELF },
		{ "SomeADMINpassword", GV_SCORE_ITSELF },
		{ "some-passphase", GV_SCORE_ITSELF },
		{ "another_pw", GV_SCORE_ITSELF },
		{ "R_SPF_ALLOW", GV_SCORE_ITSELF },
		{ "TS_AUTHKEY", GV_SCORE_WORDS },
		{ "PGLIB_VERSION CRYPTO_VERSION", GV_SCORE_ITSELF },
		{ "somepassword", GV_SCORE_ITSELF },
		{ "store.api#httpBearerAuth", GV_SCORE_ITSELF },
		{ "token_uri=", GV_SCORE_ITSELF },
		{ "secure-password-417", GV_SCORE_ITSELF },
		{ "routes/main", GV_SCORE_ITSELF },
		{ "velvet-anchor/quartz", GV_SCORE_ITSELF },
		{ "oauth_jwt:", GV_SCORE_ITSELF },
		{ "XQ_KFJWPZ", GV_SCORE_WORDS },
		{ "k8s_etcd", GV_SCORE_WORDS },
		{ "alpine-pass-road", GV_SCORE_WORDS },
		{ "something9Kx", GV_SCORE_MIXED },
		{ "NOPASSWD", GV_SCORE_ITSELF },
		{ "db.app.user=", GV_SCORE_ITSELF },
		{ "`\"app-db-password\"`", GV_SCORE_ITSELF },
		{ "postgres://<user>:<password>@<host>", GV_SCORE_NOTHING },
		{ "getEnvVar('DB_PASSWORD')", GV_SCORE_NOTHING },
		{ "\\).*,\\1x,", GV_SCORE_NOTHING },
		{ "###DB_PWD###", GV_SCORE_NOTHING },
		{ "RANDOM-----lGyjPcRt", GV_SCORE_NOTHING },
		{ "ann:$2y$05$kX9mPl2vQ8zRkX9mPl2vQ8", GV_SCORE_NOTHING },
		{ "</etc/ssl/key.pass", GV_SCORE_NOTHING },
		{ "<kX9mPl2vQ8zR", GV_SCORE_MIXED },
		{ "velvet-anchor-quartz", GV_SCORE_WORDS },
		{ "etcd-cluster-k8s", GV_SCORE_WORDS },
		{ "velvet anchor 47 quartz", GV_SCORE_PHRASE },
		{ "correct horse battery staple", GV_SCORE_PHRASE },
		{ "hagebutte", GV_SCORE_WORD },
		{ "pass2", GV_SCORE_WORD },
		{ "7730184265", GV_SCORE_DIGITS },
		{ "xqkfjwpzrt", GV_SCORE_JUMBLE },
		{ "kX9mPl2vQ8zR", GV_SCORE_RANDOM },
		{ "kX9mPl2vQ8z", GV_SCORE_MIXED },
		{ "Kx9Password2", GV_SCORE_MIXED },
		{ "velvet^anchor", GV_SCORE_MIXED },
		{ "1pw_token", GV_SCORE_ITSELF },
		{ "ZIGBEE2MQTT_CONFIG_MQTT_USER", GV_SCORE_ITSELF },
		{ "RXSPKDOGITF5CBALYCESICUJGX", GV_SCORE_RANDOM },
		{ "CLIENT_PASSWORD1,CLIENT_PASSWORD2", GV_SCORE_ITSELF },
		{ "3f0c2b9e-71d4-4a86-9c35-e8d17b60a2f4", GV_SCORE_UUID },
		{ "kX9mPl2vQ8zR4tWb", GV_SCORE_RANDOM },
		{ "orchard4wh6s0dowyapa", GV_SCORE_RANDOM },
		{ "orchard-wh6s-dowyapa", GV_SCORE_WORDS },
		{ "48643553537043533935487252316761", GV_SCORE_RANDOM },
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(*rows));
}

/* What is compared with a word ends with the word, not behind it. */
static void
test_a_zero_byte_ends_no_word(void **state)
{
	static const char value[] = "k\0\0\0 a\0\0\0 to\0\0 secret\0\0\0";
	struct gv_value v = { .shape = GV_VALUE_PROSE };

	(void)state;
	assert_int_equal(
	    gv_score_value(&v, value, sizeof(value) - 1), GV_SCORE_PHRASE);
}

static void
test_words_with_a_number(void **state)
{
	(void)state;
	assert_true(gv_score_is_common("newRootPassword123", 18));
	assert_false(gv_score_is_common("kX9mPl2vQ8zR4t", 14));
	assert_true(gv_score_is_common("Test123456789", 13));
	assert_true(gv_score_ends_leet("T0pS3cr3t", 9));
	assert_true(gv_score_ends_leet("MyS3cr3tP4ssw0rd", 16));
	assert_false(gv_score_ends_leet("mongodbpasswd", 13));
	assert_false(gv_score_is_common("Test481516234", 13));
	assert_false(gv_score_is_common("1234", 4));
	assert_true(gv_score_is_wordy("app-cluster-node", 16));
	assert_true(gv_score_is_wordy("K8s_admin", 9));
	assert_false(gv_score_is_wordy("K8sx_admi7", 10));
	assert_false(gv_score_is_wordy("xqkfjwpzrt", 10));
}

static void
test_names_in_place_of_values(void **state)
{
	(void)state;
	assert_true(gv_score_is_itself("oauth2-client-secret", 20));
	assert_true(gv_score_is_itself("db:switch,SSL,private_key", 25));
	assert_true(gv_score_is_itself("mypass", 6));
	assert_false(gv_score_is_itself("oauth27-client-sacred", 21));
	assert_false(gv_score_is_itself("mypassenger", 11));
	assert_true(gv_score_is_constant("UPDATE_ACCESS_KEY", 17));
	assert_false(gv_score_is_constant("UPDATE_aCCESS_KEY", 17));
	assert_false(gv_score_is_constant("XKCD_QRST", 9));
}

static void
test_digits_in_groups(void **state)
{
	(void)state;
	assert_true(gv_score_is_grouped("4711-0815-1234", 14));
	assert_false(gv_score_is_grouped("2026-11-28", 10));
	assert_false(gv_score_is_grouped("4711-08151234", 13));
	assert_false(gv_score_is_grouped("4711-0815-1234-", 15));
	assert_false(gv_score_is_grouped("4711--081512341", 15));
	assert_false(gv_score_is_grouped("", 0));
}

static void
test_letters_that_end_as_a_secret_is_called(void **state)
{
	(void)state;
	assert_true(gv_score_ends_itself("mydbpassword", 12));
	assert_true(gv_score_ends_itself("MYBINDPW", 8));
	assert_true(gv_score_ends_itself("sallyPass", 9));
	assert_false(gv_score_ends_itself("mydbpassword7", 13));
	assert_false(gv_score_ends_itself("passworth", 9));
	assert_false(gv_score_ends_itself("pw", 2));
	assert_false(gv_score_ends_itself("", 0));
}

static void
test_words_with_signs_for_letters(void **state)
{
	(void)state;
	assert_true(gv_score_is_leet("pa$$w0rd", 8));
	assert_true(gv_score_is_leet("P@ssw0rd", 8));
	assert_true(gv_score_is_leet("53cr37", 6));
	assert_true(gv_score_is_leet("p$ssw0rd", 8));
	assert_false(gv_score_is_leet("pa$$w0rd1", 9));
	assert_false(gv_score_is_leet("kX9mPl2v", 8));
	assert_false(gv_score_is_leet("p@ssw0rd-and-much-more", 22));
}

/* Each of what a secret is called, in front of which little is looked at where
 * the first or last two letters are others. */
static void
test_all_that_a_secret_is_called(void **state)
{
	static const char *const words[] = { "auth", "creds", "credential",
		"credentials", "jeton", "login", "passphrase", "passwd",
		"password", "passwords", "passwort", "secret", "secrets",
		"senha", "token", "tokens", "username" };
	static const char *const lasts[] = { "key", "pass", "psw", "pw",
		"pwd" };
	char value[32];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = (size_t)snprintf(value, sizeof(value), "my%s", words[i]);
		assert_true(gv_score_ends_itself(value, n));
		assert_true(gv_score_is_leet(words[i], n - 2));
		value[2] = '$';
		assert_true(gv_score_is_leet(value + 2, n - 2));
		assert_true(gv_score_ends_leet(value, n));
		value[n - 1] = '!';
		assert_true(gv_score_is_leet(value + 2, n - 2));
		assert_true(gv_score_ends_leet(value, n));
		value[3] = '*';
		value[n - 2] = '@';
		assert_true(gv_score_is_leet(value + 2, n - 2));
		assert_true(gv_score_ends_leet(value, n));
	}
	for (i = 0; i < sizeof(lasts) / sizeof(lasts[0]); i++) {
		n = (size_t)snprintf(value, sizeof(value), "my%s", lasts[i]);
		assert_true(gv_score_ends_itself(value, n));
	}
}

static bool
is_likely(
    enum gv_name name, enum gv_score_value value, enum gv_score_place place)
{
	const struct gv_score score = { (unsigned char)name,
		(unsigned char)value, (unsigned char)place };

	return gv_score_sum(&score) >= GV_SCORE_LIKELY;
}

static void
test_a_password_may_be_a_word_but_a_token_is_none(void **state)
{
	(void)state;
	assert_true(
	    is_likely(GV_NAME_PASSWORD, GV_SCORE_WORD, GV_SCORE_SETTING));
	assert_false(is_likely(GV_NAME_TOKEN, GV_SCORE_WORD, GV_SCORE_SETTING));
	assert_true(
	    is_likely(GV_NAME_TOKEN, GV_SCORE_RANDOM, GV_SCORE_SETTING));
	assert_true(
	    is_likely(GV_NAME_OF_KEY, GV_SCORE_RANDOM, GV_SCORE_SETTING));
	assert_false(
	    is_likely(GV_NAME_OF_KEY, GV_SCORE_MIXED, GV_SCORE_SETTING));
}

static void
test_the_place_counts(void **state)
{
	(void)state;
	assert_false(is_likely(GV_NAME_PASSWORD, GV_SCORE_WORD, GV_SCORE_CODE));
	assert_true(is_likely(GV_NAME_PASSWORD, GV_SCORE_MIXED, GV_SCORE_CODE));
	assert_true(is_likely(GV_NAME_PASSWORD, GV_SCORE_MIXED, GV_SCORE_LINE));
	assert_false(
	    is_likely(GV_NAME_PASSWORD, GV_SCORE_MIXED, GV_SCORE_SENTENCE));
	assert_false(
	    is_likely(GV_NAME_PASSWORD, GV_SCORE_WORD, GV_SCORE_TRANSLATION));
}

/* What is shown of a score adds up, whatever it is of. */
static void
test_the_parts_are_the_sum(void **state)
{
	struct gv_score s = { GV_NAME_PASSWORD, GV_SCORE_NOTHING,
		GV_SCORE_SETTING };

	(void)state;
	for (s.value = 0; s.value < GV_SCORE_VALUES; s.value++)
		for (s.place = 0; s.place < GV_SCORE_PLACES; s.place++)
			for (s.name = 1; s.name <= GV_NAME_PASSPHRASE;
			     s.name++) {
				assert_int_equal(gv_score_sum(&s),
				    gv_score_of_name(&s) +
					gv_score_of_value(&s) +
					gv_score_of_place(&s));
				assert_non_null(gv_score_tell_name(&s));
				assert_non_null(gv_score_tell_value(&s));
				assert_non_null(gv_score_tell_place(&s));
				/* what is no secret never is one */
				if (s.value == GV_SCORE_NOTHING)
					assert_true(gv_score_sum(&s) <
					    GV_SCORE_POSSIBLE);
			}
}

/* What is known of a value's letters shortens the way, and is no other one. */
static void
test_what_is_known_of_a_value_changes_nothing(void **state)
{
	static const char *const parts[] = { "password", "Token", "my", "any",
		"k8s", "x7", "4", "Ab", "velvet", "-", "_", ":", "QZ", "9q" };
	uint64_t x = 88172645463325252u;
	const char *part;
	struct gv_value v;
	char text[128];
	size_t i, n, words, others;

	(void)state;
	for (i = 0; i < 20000; i++) {
		n = 0;
		do {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			part = parts[x / 8 % 14];
			memcpy(text + n, part, strlen(part));
			n += strlen(part);
		} while (n < 100 && x % 8);
		gv_value_judge(&v, text, n);
		if (v.shape == GV_VALUE_LITERAL)
			assert_int_equal(
			    gv_score_value(&v, text, n) == GV_SCORE_ITSELF,
			    gv_score_is_itself(text, n));
		if (gv_score_is_wordy(text, n) || gv_score_is_common(text, n))
			assert_true(gv_score_has_word(&v, text, n));
		gv_score_count(&words, &others, text, n);
		if (n <= GV_LETTERS_MAX)
			assert_int_equal(
			    gv_score_has_word(&v, text, n), words > 0);
	}
}

UNIT(score)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_values_look_like),
		cmocka_unit_test(
		    test_a_password_may_be_a_word_but_a_token_is_none),
		cmocka_unit_test(test_a_zero_byte_ends_no_word),
		cmocka_unit_test(test_words_with_a_number),
		cmocka_unit_test(test_names_in_place_of_values),
		cmocka_unit_test(test_digits_in_groups),
		cmocka_unit_test(test_letters_that_end_as_a_secret_is_called),
		cmocka_unit_test(test_words_with_signs_for_letters),
		cmocka_unit_test(test_all_that_a_secret_is_called),
		cmocka_unit_test(test_what_is_known_of_a_value_changes_nothing),
		cmocka_unit_test(test_the_place_counts),
		cmocka_unit_test(test_the_parts_are_the_sum),
	};

	return UNIT_RUN(tests);
}
