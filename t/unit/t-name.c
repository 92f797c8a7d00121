#include "unit.h"

#include <string.h>

#include "lex/name.h"

struct row {
	const char *name;
	enum gv_name is;
};

static void
check(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gv_name_judge(rows[i].name, strlen(rows[i].name)) !=
		    rows[i].is)
			fail_msg("'%s' must be %d, is %d", rows[i].name,
			    (int)rows[i].is,
			    (int)gv_name_judge(
				rows[i].name, strlen(rows[i].name)));
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(*(rows)))

static void
test_names_that_promise_a_secret(void **state)
{
	static const struct row rows[] = {
		{ "health_check_password", GV_NAME_PASSWORD },
		{ "smtp_from_password", GV_NAME_PASSWORD },
		{ "secret_pin", GV_NAME_PASSWORD },
		{ "password", GV_NAME_PASSWORD },
		{ "DB_PASSWORD", GV_NAME_PASSWORD },
		{ "DB_PASSWORD_PROD", GV_NAME_PASSWORD },
		{ "spring.datasource.password", GV_NAME_PASSWORD },
		{ "dbpassword", GV_NAME_PASSWORD },
		{ "password2", GV_NAME_PASSWORD },
		{ "userPwd", GV_NAME_PASSWORD },
		{ "root_pw", GV_NAME_PASSWORD },
		{ "pass_phrase", GV_NAME_PASSPHRASE },
		{ "apiKey", GV_NAME_KEY },
		{ "APIKey", GV_NAME_KEY },
		{ "x-api-key", GV_NAME_KEY },
		{ "AWS_SECRET_ACCESS_KEY", GV_NAME_KEY },
		{ "DJANGO_SECRET_KEY", GV_NAME_KEY },
		{ "SECRET_KEY_BASE", GV_NAME_KEY },
		{ "sharedAccessKey", GV_NAME_KEY },
		{ "GITHUB_TOKEN", GV_NAME_TOKEN },
		{ "clientSecret", GV_NAME_TOKEN },
		{ "vault.token", GV_NAME_TOKEN },
		{ "bindpw", GV_NAME_PASSWORD },
		{ "requirepass", GV_NAME_PASSWORD },
		{ "totp_seed", GV_NAME_KEY },
		{ "PASSWORD_SALT", GV_NAME_KEY },
		{ "alarm_code", GV_NAME_PASSWORD },
		{ "doorCode", GV_NAME_PASSWORD },
		{ "joinKey", GV_NAME_OF_KEY },
		{ "_APP_OPENSSL_KEY_V1", GV_NAME_OF_KEY },
		{ "clear-text", GV_NAME_PASSWORD },
		{ "GEOTILES_KEY", GV_NAME_OF_KEY },
		{ "key", GV_NAME_WEAK },
		{ "auth", GV_NAME_WEAK },
	};

	(void)state;
	CHECK(rows);
}

static void
test_names_in_other_languages(void **state)
{
	static const struct row rows[] = {
		{ "passwort", GV_NAME_PASSWORD },
		{ "db_senha", GV_NAME_PASSWORD },
		{ "contraseña", GV_NAME_PASSWORD },
		{ "CONTRASEÑA_BD", GV_NAME_PASSWORD },
		{ "contrasena", GV_NAME_PASSWORD },
		{ "mot_de_passe", GV_NAME_PASSWORD },
		{ "palavra-passe", GV_NAME_PASSWORD },
		{ "hasło", GV_NAME_PASSWORD },
		{ "lösenord", GV_NAME_PASSWORD },
		{ "jelszó", GV_NAME_PASSWORD },
		{ "Şifre", GV_NAME_PASSWORD },
		{ "пароль", GV_NAME_PASSWORD },
		{ "ПАРОЛЬ_БД", GV_NAME_PASSWORD },
		{ "数据库密码", GV_NAME_PASSWORD },
		{ "パスワード", GV_NAME_PASSWORD },
		{ "비밀번호", GV_NAME_PASSWORD },
		{ "enclave", GV_NAME_PLAIN },
		{ "passe", GV_NAME_PLAIN },
	};

	(void)state;
	CHECK(rows);
}

static void
test_names_that_are_about_one(void **state)
{
	static const struct row rows[] = {
		{ "RoleFlagByPassRLS", GV_NAME_PLAIN },
		{ "api_token_public", GV_NAME_PLAIN },
		{ "encryption_key_sha256", GV_NAME_PLAIN },
		{ "privateKeyMagic", GV_NAME_PLAIN },
		{ "docs_search_api_key", GV_NAME_PLAIN },
		{ "discovery.seed_hosts", GV_NAME_PLAIN },
		{ "CREDENTIAL_LOGIN_META", GV_NAME_PLAIN },
		{ "password_policy", GV_NAME_PLAIN },
		{ "passwordPolicy", GV_NAME_PLAIN },
		{ "password_characters", GV_NAME_PLAIN },
		{ "passwordCmd", GV_NAME_PLAIN },
		{ "secretName", GV_NAME_PLAIN },
		{ "existingSecret", GV_NAME_PLAIN },
		{ "imagePullSecrets", GV_NAME_PLAIN },
		{ "tokenUrl", GV_NAME_PLAIN },
		{ "tokenExpiry", GV_NAME_PLAIN },
		{ "next_token", GV_NAME_PLAIN },
		{ "secretKeyRef", GV_NAME_PLAIN },
		{ "passwordKey", GV_NAME_PLAIN },
		{ "has_password", GV_NAME_PLAIN },
		{ "aws_access_key_id", GV_NAME_PLAIN },
		{ "kms_key_id", GV_NAME_PLAIN },
		{ "private_key_path", GV_NAME_PLAIN },
		{ "secrets.db.name", GV_NAME_PLAIN },
		{ "check_password", GV_NAME_PLAIN },
		{ "from_password", GV_NAME_PLAIN },
		{ "public_key", GV_NAME_PLAIN },
		{ "publicKeyToken", GV_NAME_PLAIN },
		{ "NOPASSWD", GV_NAME_PLAIN },
		{ "password_hashing", GV_NAME_PLAIN },
		{ "sort_key", GV_NAME_PLAIN },
		{ "primaryKey", GV_NAME_PLAIN },
		{ "cache-key", GV_NAME_PLAIN },
		{ "random_seed", GV_NAME_PLAIN },
	};

	(void)state;
	CHECK(rows);
}

static void
test_names_that_only_look_alike(void **state)
{
	static const struct row rows[] = {
		{ "bypass", GV_NAME_PLAIN },
		{ "compass", GV_NAME_PLAIN },
		{ "passenger", GV_NAME_PLAIN },
		{ "pass_through", GV_NAME_PLAIN },
		{ "passwordless", GV_NAME_PLAIN },
		{ "database_url", GV_NAME_PLAIN },
		{ "", GV_NAME_PLAIN },
		{ "____", GV_NAME_PLAIN },
	};

	(void)state;
	CHECK(rows);
}

static void
test_words_joined_in_any_way(void **state)
{
	(void)state;
	assert_true(gv_name_has("DD-API-KEY", 10, "dd_api_key"));
	assert_true(gv_name_has("myDdApiKey", 10, "dd_api_key"));
	assert_true(gv_name_has("ddapikey", 8, "dd_api_key"));
	assert_false(gv_name_has("xddapikey", 9, "dd_api_key"));
	assert_false(gv_name_has("dd-api", 6, "dd_api_key"));
}

UNIT(name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_that_promise_a_secret),
		cmocka_unit_test(test_names_in_other_languages),
		cmocka_unit_test(test_names_that_are_about_one),
		cmocka_unit_test(test_names_that_only_look_alike),
		cmocka_unit_test(test_words_joined_in_any_way),
	};

	return UNIT_RUN(tests);
}
