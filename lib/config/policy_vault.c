#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define NAME_MAX_LEN 64

static const char *const kinds[] = { "hashicorp", "aws", "transit", "kms",
	NULL };
static const char *const keeps[] = { "git", "vault", "both", NULL };

/* The keys of each kind. */
const char
    *const gv_policy_vault_keys[GV_POLICY_VAULT_KINDS][GV_POLICY_VAULT_KEYS] = {
	    { "kind", "address", "mount", "path", "namespace", "role", NULL },
	    { "kind", "address", "path", "region", NULL },
	    { "kind", "address", "mount", "key", "namespace", "role", NULL },
	    { "kind", "address", "key", "region", NULL },
    };
const char *const gv_policy_scope_keys[] = { "keep", "vault", NULL };

/* Which of the names a value is; negative for none of them. */
static int
choice(const struct gv_yaml_node *value, const char *const *names)
{
	int i;

	if (value && value->kind == GV_YAML_SCALAR)
		for (i = 0; names[i]; i++)
			if (strcmp(names[i], value->text) == 0)
				return i;
	return -1;
}

/* Names, paths and the like stand in addresses and in lines of text. */
static int
read_word(const char **out, const struct gv_policy_place *at)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_./:+=@";
	const struct gv_yaml_node *v = at->value;

	if (v->kind != GV_YAML_SCALAR || v->len == 0 ||
	    strspn(v->text, letters) != v->len)
		return gv_policy_wrong(
		    at, "a text of letters, digits and -_./:+=@");
	*out = v->text;
	return 0;
}

/* Of a path: no part that is empty, "." or "..". */
static int
read_path(const char **out, const struct gv_policy_place *at)
{
	const char *part;
	int r = read_word(out, at);

	if (r < 0)
		return r;
	for (part = at->value->text;; part++) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len <= 2 && strspn(part, ".") == len))
			return gv_policy_wrong(
			    at, "a path such as team/git-vault");
		part += len;
		if (*part == '\0')
			return 0;
	}
}

static int
check_name(const char *file, const struct gv_yaml_node *key)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

	if (key->len == 0 || key->len > NAME_MAX_LEN ||
	    strspn(key->text, letters) != key->len)
		return gv_err(GV_EREFUSED,
		    "%s:%u: '%.64s' is no name of a vault: small letters, "
		    "digits, - and _",
		    file, key->line, key->text);
	return 0;
}

static int
read_vault_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_vault *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_vault_keys[out->kind], key))
		return gv_policy_unknown_key(
		    at, gv_policy_vault_keys[out->kind]);
	if (strcmp(key, "kind") == 0)
		return 0;
	if (strcmp(key, "address") == 0)
		return read_word(&out->address, at);
	if (strcmp(key, "mount") == 0)
		return read_path(&out->mount, at);
	if (strcmp(key, "path") == 0)
		return read_path(&out->path, at);
	if (strcmp(key, "namespace") == 0)
		return read_path(&out->space, at);
	if (strcmp(key, "role") == 0)
		return read_word(&out->role, at);
	if (strcmp(key, "region") == 0)
		return read_word(&out->region, at);
	return read_word(&out->key, at);
}

static int
read_vault(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_vaults *out = data;
	const struct gv_yaml_node *map = at->value;
	struct gv_policy_vault v = { .name = at->key->text,
		.line = at->key->line,
		.path = "git-vault" };
	int kind = choice(gv_yaml_get(map, "kind"), kinds), r;

	if ((r = check_name(at->file, at->key)) < 0)
		return r;
	if (map->kind != GV_YAML_MAP || kind < 0)
		return gv_policy_wrong(
		    at, "a map with a kind: hashicorp, aws, transit or kms");
	v.kind = (enum gv_policy_kind)kind;
	if (v.kind == GV_POLICY_HASHICORP || v.kind == GV_POLICY_TRANSIT)
		v.mount = v.kind == GV_POLICY_TRANSIT ? "transit" : "secret";
	if ((r = gv_policy_each(at, "a map", read_vault_key, &v)) != 0)
		return r;
	if (v.key == NULL &&
	    (v.kind == GV_POLICY_TRANSIT || v.kind == GV_POLICY_KMS))
		return gv_policy_wrong(
		    at, "a map with a key, which wraps others");
	if ((r = GV_GROW(out->all, out->n, out->cap)) < 0)
		return r;
	out->all[out->n++] = v;
	return 0;
}

static int
read_scope_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_scope *out = data;
	int keep;

	if (!gv_policy_is_known(gv_policy_scope_keys, at->key->text))
		return gv_policy_unknown_key(at, gv_policy_scope_keys);
	if (strcmp(at->key->text, "vault") == 0)
		return read_word(&out->vault_name, at);
	keep = choice(at->value, keeps);
	if (keep < 0)
		return gv_policy_wrong(at, "git, vault or both");
	out->keep = (enum gv_policy_where)keep;
	return 0;
}

static int
read_scope(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_vaults *out = data;
	struct gv_policy_scope s = { .name = at->key->text,
		.line = at->key->line };
	int r = gv_yaml_is_null(at->value)
	    ? gv_policy_wrong(at, "a map with keep and vault")
	    : gv_policy_each(
		  at, "a map with keep and vault", read_scope_key, &s);

	if (r == 0 &&
	    (r = GV_GROW(out->scopes, out->n_scopes, out->cap_scopes)) == 0)
		out->scopes[out->n_scopes++] = s;
	return r;
}

int
gv_policy_read_vaults(
    struct gv_policy_vaults *out, const struct gv_policy_place *section)
{
	return gv_policy_each(section, "a map of names", read_vault, out);
}

int
gv_policy_read_scopes(
    struct gv_policy_vaults *out, const struct gv_policy_place *section)
{
	return gv_policy_each(section, "a map of names", read_scope, out);
}

static const struct gv_policy_vault *
find_vault(const struct gv_policy_vaults *vaults, const char *name)
{
	size_t i;

	for (i = 0; name && i < vaults->n; i++)
		if (strcmp(vaults->all[i].name, name) == 0)
			return &vaults->all[i];
	return NULL;
}

int
gv_policy_check_vaults(struct gv_policy_vaults *vaults, const char *file)
{
	size_t i;

	for (i = 0; i < vaults->n_scopes; i++) {
		struct gv_policy_scope *s = &vaults->scopes[i];

		if (s->keep == GV_POLICY_IN_GIT)
			continue;
		s->vault = find_vault(vaults, s->vault_name);
		if (s->vault == NULL)
			return gv_err(GV_EREFUSED,
			    "%s:%u: the scope %.64s names a vault, but vaults "
			    "has no '%.64s'",
			    file, s->line, s->name,
			    s->vault_name ? s->vault_name : "");
		if (s->vault->kind != GV_POLICY_HASHICORP &&
		    s->vault->kind != GV_POLICY_AWS)
			return gv_err(GV_EREFUSED,
			    "%s:%u: the vault %.64s wraps keys and keeps no "
			    "values",
			    file, s->line, s->vault->name);
	}
	return 0;
}

const struct gv_policy_vault *
gv_policy_vault(const struct gv_policy *policy, const char *name)
{
	return find_vault(&policy->vaults, name);
}

const struct gv_policy_scope *
gv_policy_scope(const struct gv_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->vaults.n_scopes; i++)
		if (strcmp(policy->vaults.scopes[i].name, name) == 0)
			return &policy->vaults.scopes[i];
	return NULL;
}
