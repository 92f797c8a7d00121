#include "symbol/symbol.h"

#include <string.h>

#include "base/buf.h"

/*
 * Which kind of file a path is of. Folders say it where names do not: tasks of
 * a role, templates of a chart, workflows.
 */

struct name {
	const char *text;
	enum gv_symbol_dialect dialect;
};

/* Whole names, then what a name ends with. */
static const struct name names[] = {
	{ ".terraform.lock.hcl", GV_SYMBOL_DIALECT_TERRAFORM_LOCK },
	{ "kustomization.yaml", GV_SYMBOL_DIALECT_KUSTOMIZATION },
	{ "kustomization.yml", GV_SYMBOL_DIALECT_KUSTOMIZATION },
	{ "Kustomization", GV_SYMBOL_DIALECT_KUSTOMIZATION },
	{ "Chart.yaml", GV_SYMBOL_DIALECT_HELM_CHART },
	{ "Chart.lock", GV_SYMBOL_DIALECT_HELM_LOCK },
	{ "requirements.lock", GV_SYMBOL_DIALECT_HELM_LOCK },
	{ "ansible.cfg", GV_SYMBOL_DIALECT_ANSIBLE_CONFIG },
	{ ".gitlab-ci.yml", GV_SYMBOL_DIALECT_GITLAB },
	{ ".gitlab-ci.yaml", GV_SYMBOL_DIALECT_GITLAB },
	{ "Jenkinsfile", GV_SYMBOL_DIALECT_JENKINS },
	{ "Pulumi.yaml", GV_SYMBOL_DIALECT_PULUMI_PROJECT },
	{ "Pulumi.yml", GV_SYMBOL_DIALECT_PULUMI_PROJECT },
	{ ".sops.yaml", GV_SYMBOL_DIALECT_SOPS_RULES },
	{ ".sops.yml", GV_SYMBOL_DIALECT_SOPS_RULES },
	{ "action.yml", GV_SYMBOL_DIALECT_GITHUB },
	{ "action.yaml", GV_SYMBOL_DIALECT_GITHUB },
	{ "Makefile", GV_SYMBOL_DIALECT_SCRIPT },
	{ "Justfile", GV_SYMBOL_DIALECT_SCRIPT },
	{ "justfile", GV_SYMBOL_DIALECT_SCRIPT },
};

static const struct name endings[] = {
	{ ".tf", GV_SYMBOL_DIALECT_TERRAFORM },
	{ ".tofu", GV_SYMBOL_DIALECT_TERRAFORM },
	{ ".tf.json", GV_SYMBOL_DIALECT_TERRAFORM_JSON },
	{ ".tofu.json", GV_SYMBOL_DIALECT_TERRAFORM_JSON },
	{ ".tfvars", GV_SYMBOL_DIALECT_TFVARS },
	{ ".tfvars.json", GV_SYMBOL_DIALECT_TFVARS_JSON },
	{ ".hcl", GV_SYMBOL_DIALECT_TERRAGRUNT },
	{ ".env", GV_SYMBOL_DIALECT_ENV },
	{ ".sh", GV_SYMBOL_DIALECT_SCRIPT },
	{ ".bash", GV_SYMBOL_DIALECT_SCRIPT },
	{ ".mk", GV_SYMBOL_DIALECT_SCRIPT },
	{ ".dockerfile", GV_SYMBOL_DIALECT_DOCKERFILE },
	{ ".jenkinsfile", GV_SYMBOL_DIALECT_JENKINS },
	{ ".pem", GV_SYMBOL_DIALECT_CERTIFICATE },
	{ ".crt", GV_SYMBOL_DIALECT_CERTIFICATE },
	{ ".cer", GV_SYMBOL_DIALECT_CERTIFICATE },
	{ ".template", GV_SYMBOL_DIALECT_YAML },
	{ ".json", GV_SYMBOL_DIALECT_JSON },
	{ ".yaml", GV_SYMBOL_DIALECT_YAML },
	{ ".yml", GV_SYMBOL_DIALECT_YAML },
};

/* Folders whose YAML files are of one tool; the nearest one decides. */
static const struct name folders[] = {
	{ "tasks", GV_SYMBOL_DIALECT_ANSIBLE },
	{ "handlers", GV_SYMBOL_DIALECT_ANSIBLE },
	{ "playbooks", GV_SYMBOL_DIALECT_ANSIBLE },
	{ "plays", GV_SYMBOL_DIALECT_ANSIBLE },
	{ "group_vars", GV_SYMBOL_DIALECT_ANSIBLE },
	{ "host_vars", GV_SYMBOL_DIALECT_ANSIBLE },
	{ "roles", GV_SYMBOL_DIALECT_ANSIBLE },
	{ "files", GV_SYMBOL_DIALECT_YAML }, /* of a role: of any tool */
	{ "templates", GV_SYMBOL_DIALECT_HELM_TEMPLATE },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
begins(const char *p, size_t len, const char *word)
{
	const size_t n = strlen(word);

	return len >= n && memcmp(p, word, n) == 0;
}

static bool
ends(const char *p, size_t len, const char *word)
{
	const size_t n = strlen(word);

	return len > n && memcmp(p + len - n, word, n) == 0;
}

/* Whether a folder, with its '/', is this one or ends with it. */
static bool
is_in(const char *path, size_t at, const char *folder)
{
	const size_t n = strlen(folder);

	return at >= n && memcmp(path + at - n, folder, n) == 0 &&
	    (at == n || path[at - n - 1] == '/');
}

static bool
is_yaml(const char *name, size_t len)
{
	return ends(name, len, ".yaml") || ends(name, len, ".yml");
}

/* docker-compose.prod.yml, compose.yaml */
static bool
is_compose(const char *name, size_t len)
{
	return begins(name, len, "docker-compose.") ||
	    begins(name, len, "docker-compose-") ||
	    begins(name, len, "compose.") || begins(name, len, "compose-");
}

/* values.yaml, values-prod.yaml, values.prod.yaml */
static bool
is_values(const char *name, size_t len)
{
	return begins(name, len, "values.") || begins(name, len, "values-") ||
	    begins(name, len, "values_") || ends(name, len, ".values.yaml") ||
	    ends(name, len, "-values.yaml");
}

/* .env, .env.prod, prod.env */
static bool
is_env(const char *name, size_t len)
{
	return begins(name, len, ".env.") ||
	    (len == 4 && begins(name, len, ".env"));
}

/* hosts, hosts.ini, inventory.ini, or any such file below inventories/. */
static bool
is_inventory(const char *path, size_t at, const char *name, size_t len)
{
	const bool is_below = begins(path, at, "inventories/") ||
	    begins(path, at, "inventory/") ||
	    memmem(path, at, "/inventories/", 13) ||
	    memmem(path, at, "/inventory/", 11);
	const bool is_plain =
	    memchr(name, '.', len) == NULL || ends(name, len, ".ini");

	return is_plain &&
	    (is_below || begins(name, len, "hosts") ||
		begins(name, len, "inventory"));
}

/* What the folders say of a file of YAML; `at` is the length of the folder with
 * its '/'. */
static enum gv_symbol_dialect
by_folder(const char *path, size_t at)
{
	size_t end = at, from, i;

	for (; end > 0; end = from) {
		end--;
		for (from = end; from > 0 && path[from - 1] != '/';)
			from--;
		for (i = 0; i < COUNT(folders); i++)
			if (strlen(folders[i].text) == end - from &&
			    memcmp(folders[i].text, path + from, end - from) ==
				0)
				return folders[i].dialect;
	}
	return GV_SYMBOL_DIALECT_YAML;
}

/* _helpers.tpl, NOTES.txt below a folder of templates */
static bool
is_helper(const char *path, size_t at, const char *name, size_t len)
{
	return (ends(name, len, ".tpl") || ends(name, len, ".txt")) &&
	    (begins(path, at, "templates/") ||
		memmem(path, at, "/templates/", 11));
}

static enum gv_symbol_dialect
of_yaml(const char *path, size_t at, const char *name, size_t len)
{
	const bool is_template = is_in(path, at, "templates/") ||
	    memmem(path, at, "/templates/", 11) ||
	    begins(path, at, "templates/");

	if (is_in(path, at, ".github/workflows/"))
		return GV_SYMBOL_DIALECT_GITHUB;
	if (is_compose(name, len))
		return GV_SYMBOL_DIALECT_COMPOSE;
	if (begins(name, len, "Pulumi."))
		return GV_SYMBOL_DIALECT_PULUMI_STACK;
	if (ends(name, len, ".gitlab-ci.yml") ||
	    memmem(path, at, ".gitlab/", 8) ||
	    memmem(path, at, ".gitlab-ci/", 11))
		return GV_SYMBOL_DIALECT_GITLAB;
	if (!is_template && is_values(name, len))
		return GV_SYMBOL_DIALECT_HELM_VALUES;
	return by_folder(path, at);
}

/* What editors and compilers read: JSON with comments, which is no
 * infrastructure. */
static bool
is_of_editor(const char *path, size_t at, const char *name, size_t len)
{
	return ends(name, len, ".json") &&
	    (is_in(path, at, ".vscode/") || is_in(path, at, ".devcontainer/") ||
		begins(name, len, "tsconfig.") ||
		begins(name, len, "jsconfig."));
}

enum gv_symbol_dialect
gv_symbol_dialect(const char *path, size_t len)
{
	size_t at = len, n, i;
	const char *name;

	while (at > 0 && path[at - 1] != '/')
		at--;
	name = path + at;
	n = len - at;
	for (i = 0; i < COUNT(names); i++)
		if (n == strlen(names[i].text) &&
		    memcmp(name, names[i].text, n) == 0)
			return names[i].dialect;
	if (begins(name, n, "Dockerfile") || begins(name, n, "Containerfile"))
		return GV_SYMBOL_DIALECT_DOCKERFILE;
	if (begins(name, n, "Jenkinsfile"))
		return GV_SYMBOL_DIALECT_JENKINS;
	if (is_env(name, n))
		return GV_SYMBOL_DIALECT_ENV;
	if (is_yaml(name, n))
		return of_yaml(path, at, name, n);
	if (is_helper(path, at, name, n))
		return GV_SYMBOL_DIALECT_HELM_HELPER;
	if (is_of_editor(path, at, name, n))
		return GV_SYMBOL_DIALECT_NONE;
	for (i = 0; i < COUNT(endings); i++)
		if (ends(name, n, endings[i].text))
			return endings[i].dialect;
	return is_inventory(path, at, name, n)
	    ? GV_SYMBOL_DIALECT_ANSIBLE_INVENTORY
	    : GV_SYMBOL_DIALECT_NONE;
}
