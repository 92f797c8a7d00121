#include "param/param_reference.h"

#include <string.h>

/* A text that is looked at, up to `end`. */
struct text {
	const char *p, *end;
};

typedef void check_fn(struct gv_param_reference *out, struct text rest);

/* vault:v1:BASE64 is what Vault's transit engine encrypted. */
static bool
is_transit(struct text rest)
{
	const char *p = rest.p;

	if (p == rest.end || *p++ != 'v')
		return false;
	while (p < rest.end && *p >= '0' && *p <= '9')
		p++;
	return p > rest.p + 1 && p < rest.end && *p == ':';
}

/* vault:PATH#KEY; an image or a version has no path. */
static void
check_vault(struct gv_param_reference *out, struct text rest)
{
	const size_t len = (size_t)(rest.end - rest.p);
	const char *hash = memchr(rest.p, '#', len);

	if (memchr(rest.p, '/', len) == NULL || is_transit(rest))
		out->store = NULL;
	else if (hash == NULL || hash == rest.p || hash + 1 == rest.end)
		out->wrong = "a reference to HashiCorp Vault names a path and "
			     "a key, as vault:secret/data/db#password";
}

/* op://VAULT/ITEM/FIELD, or with a section before the field. */
static void
check_op(struct gv_param_reference *out, struct text rest)
{
	size_t parts = 1, len = 0;
	bool is_empty = false;

	for (; rest.p < rest.end && *rest.p != '?'; rest.p++) {
		if (*rest.p != '/') {
			len++;
			continue;
		}
		is_empty |= len == 0;
		len = 0;
		parts++;
	}
	if (is_empty || len == 0 || parts < 3 || parts > 4)
		out->wrong = "a reference to 1Password names a vault, an item "
			     "and a field, as op://prod/db/password";
}

/* ref+BACKEND://PATH[?PARAMS][#/KEY] of vals. */
static void
check_vals(struct gv_param_reference *out, struct text rest)
{
	static const struct {
		const char *backend, *store;
		bool has_file;
	} known[] = { { "vault", "HashiCorp Vault", false },
		{ "sops", "SOPS", true }, { "file", "a file", true },
		{ "awsssm", "AWS Parameter Store", false },
		{ "awssecrets", "AWS Secrets Manager", false },
		{ "gcpsecrets", "Google Secret Manager", false },
		{ "azurekeyvault", "Azure Key Vault", false },
		{ "op", "1Password", false } };
	const size_t len = (size_t)(rest.end - rest.p);
	const char *slashes = memmem(rest.p, len, "://", 3), *end;
	size_t i, n;

	if (slashes == NULL || slashes == rest.p || slashes + 3 == rest.end) {
		out->wrong = "a reference of vals names a backend and a path, "
			     "as ref+vault://secret/db#/password";
		return;
	}
	n = (size_t)(slashes - rest.p);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].backend) == n &&
		    memcmp(known[i].backend, rest.p, n) == 0)
			break;
	if (i == sizeof(known) / sizeof(known[0]))
		return;
	out->store = known[i].store;
	if (!known[i].has_file)
		return;
	out->path = slashes + 3;
	for (end = out->path; end < rest.end && *end != '#' && *end != '?';)
		end++;
	out->path_len = (size_t)(end - out->path);
	if (out->path_len > 2 && memcmp(out->path, "./", 2) == 0) {
		out->path += 2;
		out->path_len -= 2;
	}
}

/* projects/P/secrets/S[/versions/V] */
static void
check_google(struct gv_param_reference *out, struct text rest)
{
	const char *slash = memchr(rest.p, '/', (size_t)(rest.end - rest.p));

	if (slash == NULL || slash == rest.p || rest.end - slash < 10 ||
	    memcmp(slash, "/secrets/", 9) != 0)
		out->store = NULL;
}

static const struct form {
	const char *begin, *store;
	check_fn *check; /* NULL: nothing but where it begins is known */
} forms[] = {
	{ "vault:", "HashiCorp Vault", check_vault },
	{ "op://", "1Password", check_op },
	{ "ref+", "a backend of vals", check_vals },
	{ "${secret:", "secrets that are named in templates", NULL },
	{ "arn:aws:secretsmanager:", "AWS Secrets Manager", NULL },
	{ "arn:aws:ssm:", "AWS Parameter Store", NULL },
	{ "{{resolve:secretsmanager:", "AWS Secrets Manager", NULL },
	{ "{{resolve:ssm", "AWS Parameter Store", NULL },
	{ "@Microsoft.KeyVault(", "Azure Key Vault", NULL },
	{ "projects/", "Google Secret Manager", check_google },
};

bool
gv_param_reference(struct gv_param_reference *out, const char *text, size_t len)
{
	size_t i, n;

	if (len == 0)
		return false;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		/* nearly all of millions of values are no reference */
		if (forms[i].begin[0] != text[0])
			continue;
		n = strlen(forms[i].begin);
		if (len <= n || memcmp(text, forms[i].begin, n) != 0)
			continue;
		*out = (struct gv_param_reference){ .store = NULL };
		out->store = forms[i].store;
		if (forms[i].check)
			forms[i].check(
			    out, (struct text){ text + n, text + len });
		return out->store != NULL;
	}
	return false;
}
