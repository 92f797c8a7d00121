#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/value.h"

struct row {
	const char *text;
	enum gv_value_shape shape;
};

static void
expect_shapes(const struct row *rows, size_t n)
{
	struct gv_value v;
	size_t i;

	for (i = 0; i < n; i++) {
		size_t len = strlen(rows[i].text);
		/* no byte behind it: who reads one is caught */
		char *text = malloc(len + !len);

		assert_non_null(text);
		memcpy(text, rows[i].text, len);
		gv_value_judge(&v, text, len);
		assert_int_equal(gv_value_is_ciphertext(text, len),
		    v.shape == GV_VALUE_CIPHERTEXT);
		free(text);
		if (v.shape != rows[i].shape)
			fail_msg("'%s' must be %d, is %d", rows[i].text,
			    (int)rows[i].shape, (int)v.shape);
	}
}

static void
test_what_stands_for_nothing_or_is_filled_in(void **state)
{
	static const struct row rows[] = {
		{ "", GV_VALUE_EMPTY },
		{ "null", GV_VALUE_EMPTY },
		{ "false``.", GV_VALUE_EMPTY },
		{ "${var.password}", GV_VALUE_TEMPLATE },
		{ "{{ .Values.password }}", GV_VALUE_TEMPLATE },
		{ "$DB_PASSWORD", GV_VALUE_TEMPLATE },
		{ "$CSRF_TOKEN;", GV_VALUE_TEMPLATE },
		{ "$Group/$Vault/$Name", GV_VALUE_TEMPLATE },
		{ "(0.17.0)", GV_VALUE_TEMPLATE },
		{ "(New-Password", GV_VALUE_TEMPLATE },
		{ "md5{0}", GV_VALUE_TEMPLATE },
		{ "$[variables.key]", GV_VALUE_TEMPLATE },
		{ "abcd$[471", GV_VALUE_LITERAL },
		{ "<your-password>", GV_VALUE_TEMPLATE },
		{ "%PASSWORD%", GV_VALUE_TEMPLATE },
		{ "$kms_keys:autokeys/default", GV_VALUE_TEMPLATE },
		{ "%s", GV_VALUE_TEMPLATE },
		{ "^.{8,32}$", GV_VALUE_TEMPLATE },
		{ "$__env{GRAFANA_SECRET}", GV_VALUE_TEMPLATE },
		{ "{name}-backup-repository", GV_VALUE_TEMPLATE },
		{ "App-{hash(str(x))}-{time.time()}", GV_VALUE_TEMPLATE },
		{ "'\"$OS_PASSWORD\"'", GV_VALUE_TEMPLATE },
		{ "(?i).*secret.*[A-Z0-9]{20}", GV_VALUE_TEMPLATE },
		{ "$DB_PASSWORD)", GV_VALUE_TEMPLATE },
		{ "$$DB_PASSWORD", GV_VALUE_TEMPLATE },
		{ "$PASS\\nuser=$USER", GV_VALUE_TEMPLATE },
		{ "$9aQ\\nuser", GV_VALUE_LITERAL },
		{ "pass:%s\\n", GV_VALUE_TEMPLATE },
		{ "%s\\n", GV_VALUE_TEMPLATE },
		{ "kX{{9mPl2v", GV_VALUE_LITERAL },
		{ "{{9mPl2v", GV_VALUE_TEMPLATE },
		{ "kX-{{9mPl2v}}", GV_VALUE_TEMPLATE },
		{ "@Microsoft.KeyVault(SecretUri=https://v.net/s)",
		    GV_VALUE_TEMPLATE },
		{ "@kX9mPl2v)", GV_VALUE_LITERAL },
		{ "kX9:%s2vQ8", GV_VALUE_LITERAL },
		{ "(.+?)\\s+", GV_VALUE_TEMPLATE },
		{ "(.*)\\n", GV_VALUE_TEMPLATE },
		{ "([A-Z0-9]+)/", GV_VALUE_TEMPLATE },
		{ "[a-zA-Z0-9_-]{20,}", GV_VALUE_TEMPLATE },
		{ "kX9[a-z+mPl2vQ", GV_VALUE_LITERAL },
		{ "&quot;&lt;docker-hub-password&gt;", GV_VALUE_TEMPLATE },
		{ "&kX9lt;mPl2vQ8z", GV_VALUE_LITERAL },
		{ "app-@@DB_PASSWORD@@", GV_VALUE_TEMPLATE },
		{ "kX9@@mPl2vQ", GV_VALUE_LITERAL },
		{ "kX9([mPl2v", GV_VALUE_LITERAL },
		{ "kX9(.+mPl2v", GV_VALUE_LITERAL },
	};

	(void)state;
	expect_shapes(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_what_refers_to_a_value(void **state)
{
	static const struct row rows[] = {
		{ "sys.argv[1]", GV_VALUE_REFERENCE },
		{ "@settings.app_token,", GV_VALUE_REFERENCE },
		{ "Util::Env.get_env('CI_TOKEN'),", GV_VALUE_REFERENCE },
		{ "@kX9mPl.2vQ8", GV_VALUE_LITERAL },
		{ "KeyList.from_json(answer).keys", GV_VALUE_REFERENCE },
		{ "ENV['DB_PASSWORD'];", GV_VALUE_REFERENCE },
		{ "ENV['DB_PASSWORD'", GV_VALUE_REFERENCE },
		{ "response['keyPair']['PrivateKey']", GV_VALUE_REFERENCE },
		{ "type.googleapis.com/envoy.admin.v3.Secret",
		    GV_VALUE_REFERENCE },
		{ "user[password]", GV_VALUE_REFERENCE },
		{ "OS::Heat::None", GV_VALUE_REFERENCE },
		{ "OS::kX9mPl", GV_VALUE_LITERAL },
		{ "[]JWTToken{", GV_VALUE_REFERENCE },
		{ "+fmt.Sprintf(", GV_VALUE_REFERENCE },
		{ "shop_cmd.run.genpwd:main", GV_VALUE_REFERENCE },
		{ "ext:/scripts/auth1.sh", GV_VALUE_REFERENCE },
		{ "id=github,env=GITHUB_TOKEN", GV_VALUE_REFERENCE },
		{ "--password", GV_VALUE_REFERENCE },
		{ ".Values.auth.password", GV_VALUE_REFERENCE },
		{ "get_secret_value(f\"x\")", GV_VALUE_REFERENCE },
		{ "Token.objects.get(key=\"4d1f8a6c0b7e\")",
		    GV_VALUE_REFERENCE },
		{ "var.db_password", GV_VALUE_REFERENCE },
		{ "ref+vault://secret/db", GV_VALUE_REFERENCE },
		{ "!Ref Password", GV_VALUE_REFERENCE },
		{ "arn:aws:secretsmanager:eu-west-1:1:secret:x",
		    GV_VALUE_REFERENCE },
		{ "/run/secrets/db", GV_VALUE_REFERENCE },
		{ "certs/tls.key", GV_VALUE_REFERENCE },
		{ "VARCHAR(255) NOT NULL DEFAULT ''", GV_VALUE_REFERENCE },
		{ "VARCHAR(80)", GV_VALUE_REFERENCE },
		{ "OAuth2\\Storage\\TokenInterface", GV_VALUE_REFERENCE },
		{ "OAuth2\\\\Storage\\\\TokenInterface", GV_VALUE_REFERENCE },
		{ "),e?p.createElement(", GV_VALUE_REFERENCE },
		{ "(&(objectClass=posixAccount)(mail=%u))",
		    GV_VALUE_REFERENCE },
		{ ".*$/system.secret-key:", GV_VALUE_REFERENCE },
		{ "X-Adapter-API-Key", GV_VALUE_REFERENCE },
	};

	(void)state;
	expect_shapes(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_placeholders(void **state)
{
	static const struct row rows[] = {
		{ "ABAQDAwXxn7kIMNWzcDfo...", GV_VALUE_PLACEHOLDER },
		{ "sk_test_xxxxxxxxxxxxxxxx1234", GV_VALUE_PLACEHOLDER },
		{ "changeme", GV_VALUE_PLACEHOLDER },
		{ "nvapi-NVKEY", GV_VALUE_PLACEHOLDER },
		{ "+,-./:;<=>?_~", GV_VALUE_PLACEHOLDER },
		{ "your-password-here", GV_VALUE_PLACEHOLDER },
		{ "xxxxxxxxxxxx", GV_VALUE_PLACEHOLDER },
		{ "1234567890abcdef", GV_VALUE_PLACEHOLDER },
		{ "tes...", GV_VALUE_PLACEHOLDER },
		{ "BAR)", GV_VALUE_PLACEHOLDER },
		{ "abcdefghij1234567890xz", GV_VALUE_PLACEHOLDER },
		{ "sk-1234567890abcdef", GV_VALUE_PLACEHOLDER },
		{ "dd-abc123", GV_VALUE_PLACEHOLDER },
		{ "foobarbazqux", GV_VALUE_PLACEHOLDER },
		{ "bar_foo", GV_VALUE_PLACEHOLDER },
		{ "generate_me", GV_VALUE_PLACEHOLDER },
		{ "hostvars[item].ssh_pass,", GV_VALUE_REFERENCE },
		{ "HKLM:\\SOFTWARE\\a", GV_VALUE_REFERENCE },
		{ "foobarbell", GV_VALUE_LITERAL },
		{ "change me", GV_VALUE_PLACEHOLDER },
		{ "dd-abx123", GV_VALUE_IDENTIFIER },
		{ "PutYourOwnPwdHere", GV_VALUE_PLACEHOLDER },
	};

	(void)state;
	expect_shapes(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_what_begins_like_a_path(void **state)
{
	static const struct row rows[] = {
		{ "/run/secrets", GV_VALUE_REFERENCE },
		{ "/velvet", GV_VALUE_REFERENCE },
		{ "/v1/db?version=2", GV_VALUE_LITERAL },
		{ "/v1/db?list", GV_VALUE_REFERENCE },
		{ "/k>XicQPEXb5gJ", GV_VALUE_LITERAL },
		{ "/,?:1WL4oBChqF", GV_VALUE_LITERAL },
	};

	(void)state;
	expect_shapes(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_what_is_no_secret_by_its_form(void **state)
{
	static const struct row rows[] = {
		{ "GITVAULT[generic-secret:0a1b2c]", GV_VALUE_CIPHERTEXT },
		{ "ENC[AES256_GCM,data:aGVsbG8=,iv:eHg=,tag:eXk=,type:str]",
		    GV_VALUE_CIPHERTEXT },
		{ "vault:v1:8SDd3WHDOjf7mq69", GV_VALUE_CIPHERTEXT },
		{ "ssh-ed25519 AAAAC3Nz", GV_VALUE_PUBLIC },
		{ "AAAAB3NzaC1yc2EAAAADAQABAAACAQDkX9mPl2vQ8z",
		    GV_VALUE_PUBLIC },
		{ "$6$salt$0123456789abcdefghij", GV_VALUE_HASH },
		{ "sha1$7c2e$9f2b4c6d8e0a1b3c5d7e9f0a2b4c6d8e0a1b3c5d",
		    GV_VALUE_HASH },
		{ "*9F2B4C6D8E0A1B3C5D7E9F0A2B4C6D8E0A1B3C5D", GV_VALUE_HASH },
		{ "*9F2B4C6D8E0A1B3C5D7E9F0A2B4C", GV_VALUE_REFERENCE },
		{ "sha256:6b86b273ff34fce19d6b804eff5a3f57", GV_VALUE_DIGEST },
		{ "123e4567-e89b-12d3-a456-426614174000", GV_VALUE_UUID },
		{ "2024-05-13T10:00:00Z", GV_VALUE_NUMBER },
		{ "10.0.0.0/24", GV_VALUE_NUMBER },
		{ "Enter the password of the database", GV_VALUE_PROSE },
		{ "etcd-cluster-k8s", GV_VALUE_IDENTIFIER },
		{ "_with_indifferent_access", GV_VALUE_IDENTIFIER },
		{ "my-secret-name", GV_VALUE_IDENTIFIER },
		{ "\303\240\303\251\303\274\303\266", GV_VALUE_PROSE },
		{ "\345\257\206\347\240\201ID", GV_VALUE_PROSE },
		{ "8-128 characters long with at least 1 number",
		    GV_VALUE_PROSE },
		{ "app__db_password", GV_VALUE_IDENTIFIER },
	};

	(void)state;
	expect_shapes(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_what_may_be_a_secret(void **state)
{
	static const struct row rows[] = {
		/* what only chance makes a placeholder of */
		{ "LWumnntFiXmeGnu3jGRKApqyoLj", GV_VALUE_LITERAL },
		{ "V2EXxxxm7I2xuNsyIQ6vyqUzyat", GV_VALUE_LITERAL },
		{ "hunter2", GV_VALUE_LITERAL },
		{ "nosnch.in/07a119dfcb", GV_VALUE_LITERAL },
		{ "pass-9x/k2", GV_VALUE_LITERAL },
		{ "a line with ENC[AES256 in it", GV_VALUE_LITERAL },
		{ "kP9$x!vL2#q", GV_VALUE_LITERAL },
		{ "a{b}c9?(?x", GV_VALUE_LITERAL },
		{ "Zq['x9", GV_VALUE_LITERAL },
		{ "/x9Zk+8Qm2LwV0pT7rYbN3cD1fGh4JsA", GV_VALUE_LITERAL },
		{ "Kp(80)x", GV_VALUE_LITERAL },
		{ "CORP\\Winter2024", GV_VALUE_LITERAL },
		{ ")kP9x!vL2q", GV_VALUE_LITERAL },
		{ "(kP9x!vL2q", GV_VALUE_LITERAL },
		{ "Gr\303\274ner-Tee7", GV_VALUE_LITERAL },
		{ "kP9x 2 vL2q 7 Zx 8", GV_VALUE_LITERAL },
		{ "app--db", GV_VALUE_LITERAL },
		{ "X-kP9xvL2q", GV_VALUE_LITERAL },
		{ "kP9x!vL2)", GV_VALUE_LITERAL },
	};

	(void)state;
	expect_shapes(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_placeholders_anywhere(void **state)
{
	static const char *const words[] = { "changeme", "Change_Me", "dummy",
		"EXAMPLE", "enter-your", "fixme", "fill_in", "fakefake",
		"hidden", "insert-", "known after apply", "my_secret_",
		"mysecretpass", "masked", "-here", "--token--", "not-a-real",
		"notareal", "....", "omitted", "placeholder", "put_your",
		"replace_", "redacted", "sample", "set_me", "setme",
		"sensitive value", "supersecretpass", "todo", "to_be_", "xxxx",
		"your_", "yourapi", "****", "_here", "<secret" };
	struct gv_value v;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text), "9qZ7%sQ8", words[i]);
		gv_value_judge(&v, text, strlen(text));
		if (v.shape != GV_VALUE_PLACEHOLDER)
			fail_msg("'%s' is taken for %d", text, (int)v.shape);
	}
}

/* Five side by side, not at the very beginning. */
static void
test_dashes_side_by_side(void **state)
{
	struct gv_value v;
	char text[24];
	size_t len, at, n, from;

	(void)state;
	for (len = 20; len <= sizeof(text); len++)
		for (at = 0; at < len; at++)
			for (n = 1; n < 8 && at + n <= len; n++) {
				memcpy(text, "9qZ7wR4tY8uP2sD6fG1hJ3kL", len);
				memset(text + at, '-', n);
				from = at ? at : 1;
				gv_value_judge(&v, text, len);
				if ((v.shape == GV_VALUE_PLACEHOLDER) !=
				    (at + n - from >= 5))
					fail_msg("%zu dashes at %zu of %zu: %d",
					    n, at, len, (int)v.shape);
			}
}

/* Long ones are looked at in parts. */
static void
test_placeholders_far_behind(void **state)
{
	static const char *const words[] = { "todo", "-here", "changeme",
		"sensitive value" };
	static const char digits[] = "90817263549081726354908172635490817263549"
				     "081726354908172635490817263549081726354";
	struct gv_value v;
	char text[128];
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (at = 0; at < sizeof(digits); at++) {
			snprintf(text, sizeof(text), "%.*s%s", (int)at, digits,
			    words[i]);
			gv_value_judge(&v, text, strlen(text));
			if (v.shape != GV_VALUE_PLACEHOLDER)
				fail_msg("'%s' at %zu is taken for %d", text,
				    at, (int)v.shape);
		}
}

static void
test_any_bytes(void **state)
{
	char bytes[256];
	struct gv_value v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	for (i = 0; i <= sizeof(bytes); i++)
		gv_value_judge(&v, bytes + sizeof(bytes) - i, i);
	assert_true(gv_value_entropy(bytes, sizeof(bytes)) > 7.99);
}

/* What the number of its bytes tells at once is what counting them says. */
static void
test_entropy_is_as_counted(void **state)
{
	static const double least[] = { 0, 1, 2.5, 3.0, 3.2, 3.5, 4.0, 6.0 };
	uint64_t x = 88172645463325252u;
	struct gv_value v;
	char text[160];
	size_t len, from, kinds, i;
	bool is;

	(void)state;
	assert_true(gv_value_entropy("abcdabcd", 8) == 2.0);
	assert_true(gv_value_entropy("abcdabcd\r\n", 10) == 2.0);
	assert_true(gv_value_has_entropy(NULL, "abcdabcd", 8, 2.0));
	assert_false(gv_value_has_entropy(NULL, "abcdabcd", 8, 2.001));
	assert_false(gv_value_has_entropy(NULL, "", 0, 0.5));
	for (len = 1; len <= sizeof(text); len++)
		for (kinds = 1; kinds <= 160; kinds += kinds < 9 ? 1 : 31) {
			/* all below 128, and around it */
			from = kinds % 2 ? '0' : 100;
			for (i = 0; i < len; i++) {
				x ^= x << 13;
				x ^= x >> 7;
				x ^= x << 17;
				text[i] = (char)(from + x % kinds);
			}
			gv_value_judge(&v, text, len);
			for (i = 0; i < sizeof(least) / sizeof(*least); i++) {
				is = gv_value_entropy(text, len) >= least[i];
				assert_int_equal(gv_value_has_entropy(
						     NULL, text, len, least[i]),
				    is);
				assert_int_equal(gv_value_has_entropy(
						     &v, text, len, least[i]),
				    is);
			}
		}
}

/* Of each length, as one look at each byte would tell it. */
static void
test_letters_are_as_looked_at_one_by_one(void **state)
{
	uint64_t x = 88172645463325252u, bit;
	struct gv_letters l, is;
	char text[GV_LETTERS_MAX + 1];
	size_t len, i, round, sign;

	(void)state;
	for (round = 0; round < 200; round++)
		for (len = 0; len <= GV_LETTERS_MAX; len++) {
			is = (struct gv_letters){ 0, 0, 0 };
			for (i = 0; i < len; i++) {
				x ^= x << 13;
				x ^= x >> 7;
				x ^= x << 17;
				text[i] =
				    (char)(round % 2 ? x & 0xff : '/' + x % 76);
				bit = (uint64_t)1 << i;
				is.lower |=
				    gv_ascii_is_lower(text[i]) ? bit : 0;
				is.upper |=
				    gv_ascii_is_upper(text[i]) ? bit : 0;
				is.digit |=
				    gv_ascii_is_digit(text[i]) ? bit : 0;
			}
			l = gv_letters_of(text, len);
			assert_memory_equal(&l, &is, sizeof(l));
			assert_int_equal(
			    gv_letters_count(x), __builtin_popcountll(x));
			for (sign = 0;
			     sign < len && gv_ascii_is_alnum(text[sign]);
			     sign++)
				;
			assert_int_equal(gv_seek_sign(text, 0, len), sign);
		}
}

UNIT(value)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_stands_for_nothing_or_is_filled_in),
		cmocka_unit_test(test_what_refers_to_a_value),
		cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_what_begins_like_a_path),
		cmocka_unit_test(test_what_is_no_secret_by_its_form),
		cmocka_unit_test(test_what_may_be_a_secret),
		cmocka_unit_test(test_placeholders_anywhere),
		cmocka_unit_test(test_dashes_side_by_side),
		cmocka_unit_test(test_placeholders_far_behind),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_entropy_is_as_counted),
		cmocka_unit_test(test_letters_are_as_looked_at_one_by_one),
	};

	return UNIT_RUN(tests);
}
