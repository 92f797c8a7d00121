#include "unit.h"

#include <string.h>

#include "param/param_reference.h"

static const struct {
	const char *text, *store; /* NULL: it is none */
	bool is_wrong;
	const char *path;
} cases[] = {
	{ "vault:secret/data/db#password", "HashiCorp Vault", false, NULL },
	{ "vault:secret/data/db", "HashiCorp Vault", true, NULL },
	{ "vault:secret/data/db#", "HashiCorp Vault", true, NULL },
	{ "vault:#a/b", "HashiCorp Vault", true, NULL },
	{ "vault:1.15.2", NULL, false, NULL },
	{ "vault:v1:8SDd/Cy+qYj==", NULL, false, NULL },
	{ "vault:v/data/db#key", "HashiCorp Vault", false, NULL },
	{ "vault:", NULL, false, NULL },
	{ "op://prod/db/password", "1Password", false, NULL },
	{ "op://prod/db/admin/password?attribute=otp", "1Password", false,
	    NULL },
	{ "op://prod/db", "1Password", true, NULL },
	{ "op://prod//password", "1Password", true, NULL },
	{ "op://prod/db/", "1Password", true, NULL },
	{ "op://a/b/c/d/e", "1Password", true, NULL },
	{ "ref+vault://secret/db#/password", "HashiCorp Vault", false, NULL },
	{ "ref+awssecrets://a/b?region=eu#/c", "AWS Secrets Manager", false,
	    NULL },
	{ "ref+doppler://x", "a backend of vals", false, NULL },
	{ "ref+sops://./secrets/prod.yaml?x=1#/db/pass", "SOPS", false,
	    "secrets/prod.yaml" },
	{ "ref+file:///etc/x", "a file", false, "/etc/x" },
	{ "ref+vault", "a backend of vals", true, NULL },
	{ "ref+://x", "a backend of vals", true, NULL },
	{ "ref+vault://", "a backend of vals", true, NULL },
	{ "arn:aws:secretsmanager:eu-1:1:secret:db", "AWS Secrets Manager",
	    false, NULL },
	{ "arn:aws:ssm:eu-1:1:parameter/db", "AWS Parameter Store", false,
	    NULL },
	{ "arn:aws:s3:::bucket", NULL, false, NULL },
	{ "{{resolve:secretsmanager:db:SecretString:p}}", "AWS Secrets Manager",
	    false, NULL },
	{ "{{resolve:ssm-secure:db:1}}", "AWS Parameter Store", false, NULL },
	{ "@Microsoft.KeyVault(SecretUri=https://x)", "Azure Key Vault", false,
	    NULL },
	{ "projects/p/secrets/s/versions/1", "Google Secret Manager", false,
	    NULL },
	{ "projects/p/secrets/", NULL, false, NULL },
	{ "projects/p/zones/s", NULL, false, NULL },
	{ "projects//secrets/s", NULL, false, NULL },
	{ "", NULL, false, NULL },
	{ "a text with op://a/b/c in it", NULL, false, NULL },
};

static void
references_are_known_by_their_form(void **state)
{
	struct gv_param_reference ref;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		const bool is = gv_param_reference(&ref, text, strlen(text));

		if (is != (cases[i].store != NULL))
			fail_msg("%s", text);
		if (!is)
			continue;
		assert_string_equal(ref.store, cases[i].store);
		if ((ref.wrong != NULL) != cases[i].is_wrong)
			fail_msg("%s: %s", text, ref.wrong ? ref.wrong : "");
		assert_int_equal(
		    ref.path_len, cases[i].path ? strlen(cases[i].path) : 0);
		if (cases[i].path)
			assert_memory_equal(
			    ref.path, cases[i].path, ref.path_len);
	}
}

UNIT(param_reference)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_known_by_their_form),
	};

	return UNIT_RUN(tests);
}
