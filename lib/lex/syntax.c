#include "lex/syntax.h"

#include <stdlib.h>
#include <string.h>

#include "lex/ascii.h"

#define ENDING_MAX 10 /* the longest of these */

struct ending {
	const char *text;
	enum gv_syntax syntax;
};

/* Sorted, in small letters. */
static const struct ending endings[] = {
	{ "abap", GV_SYNTAX_CODE },
	{ "bas", GV_SYNTAX_CODE },
	{ "bash", GV_SYNTAX_SHELL },
	{ "bat", GV_SYNTAX_SHELL },
	{ "bicep", GV_SYNTAX_CODE },
	{ "bicepparam", GV_SYNTAX_CODE },
	{ "bzl", GV_SYNTAX_CODE },
	{ "c", GV_SYNTAX_CODE },
	{ "cbl", GV_SYNTAX_CODE },
	{ "cc", GV_SYNTAX_CODE },
	{ "cfg", GV_SYNTAX_INI },
	{ "clj", GV_SYNTAX_CODE },
	{ "cljc", GV_SYNTAX_CODE },
	{ "cljs", GV_SYNTAX_CODE },
	{ "cls", GV_SYNTAX_CODE },
	{ "cmd", GV_SYNTAX_SHELL },
	{ "cnf", GV_SYNTAX_INI },
	{ "conf", GV_SYNTAX_INI },
	{ "config", GV_SYNTAX_XML },
	{ "cpp", GV_SYNTAX_CODE },
	{ "cr", GV_SYNTAX_CODE },
	{ "cs", GV_SYNTAX_CODE },
	{ "csh", GV_SYNTAX_SHELL },
	{ "csproj", GV_SYNTAX_XML },
	{ "csv", GV_SYNTAX_CSV },
	{ "cue", GV_SYNTAX_CODE },
	{ "dart", GV_SYNTAX_CODE },
	{ "dhall", GV_SYNTAX_CODE },
	{ "dockerfile", GV_SYNTAX_DOCKERFILE },
	{ "edn", GV_SYNTAX_CODE },
	{ "env", GV_SYNTAX_ENV },
	{ "erl", GV_SYNTAX_CODE },
	{ "ex", GV_SYNTAX_CODE },
	{ "exs", GV_SYNTAX_CODE },
	{ "eyaml", GV_SYNTAX_YAML },
	{ "fish", GV_SYNTAX_SHELL },
	{ "fs", GV_SYNTAX_CODE },
	{ "fsx", GV_SYNTAX_CODE },
	{ "gemspec", GV_SYNTAX_CODE },
	{ "go", GV_SYNTAX_CODE },
	{ "gql", GV_SYNTAX_CODE },
	{ "gradle", GV_SYNTAX_CODE },
	{ "graphql", GV_SYNTAX_CODE },
	{ "groovy", GV_SYNTAX_CODE },
	{ "h", GV_SYNTAX_CODE },
	{ "hcl", GV_SYNTAX_HCL },
	{ "hs", GV_SYNTAX_CODE },
	{ "html", GV_SYNTAX_XML },
	{ "ini", GV_SYNTAX_INI },
	{ "ipynb", GV_SYNTAX_JSON },
	{ "java", GV_SYNTAX_CODE },
	{ "jl", GV_SYNTAX_CODE },
	{ "jmx", GV_SYNTAX_XML },
	{ "js", GV_SYNTAX_CODE },
	{ "json", GV_SYNTAX_JSON },
	{ "json5", GV_SYNTAX_JSON },
	{ "jsonl", GV_SYNTAX_JSON },
	{ "jsonnet", GV_SYNTAX_CODE },
	{ "jsx", GV_SYNTAX_CODE },
	{ "ksh", GV_SYNTAX_SHELL },
	{ "kt", GV_SYNTAX_CODE },
	{ "kts", GV_SYNTAX_CODE },
	{ "libsonnet", GV_SYNTAX_CODE },
	{ "lua", GV_SYNTAX_CODE },
	{ "mjs", GV_SYNTAX_CODE },
	{ "mk", GV_SYNTAX_SHELL },
	{ "ml", GV_SYNTAX_CODE },
	{ "nim", GV_SYNTAX_CODE },
	{ "nix", GV_SYNTAX_CODE },
	{ "nomad", GV_SYNTAX_HCL },
	{ "nsh", GV_SYNTAX_CODE },
	{ "nsi", GV_SYNTAX_CODE },
	{ "nu", GV_SYNTAX_CODE },
	{ "pas", GV_SYNTAX_CODE },
	{ "php", GV_SYNTAX_CODE },
	{ "pkl", GV_SYNTAX_CODE },
	{ "pl", GV_SYNTAX_CODE },
	{ "plist", GV_SYNTAX_XML },
	{ "pm", GV_SYNTAX_CODE },
	{ "pp", GV_SYNTAX_CODE },
	{ "properties", GV_SYNTAX_INI },
	{ "ps1", GV_SYNTAX_CODE },
	{ "psd1", GV_SYNTAX_CODE },
	{ "psm1", GV_SYNTAX_CODE },
	{ "py", GV_SYNTAX_CODE },
	{ "r", GV_SYNTAX_CODE },
	{ "rake", GV_SYNTAX_CODE },
	{ "rb", GV_SYNTAX_CODE },
	{ "rs", GV_SYNTAX_CODE },
	{ "sbt", GV_SYNTAX_CODE },
	{ "scala", GV_SYNTAX_CODE },
	{ "service", GV_SYNTAX_INI },
	{ "sh", GV_SYNTAX_SHELL },
	{ "sls", GV_SYNTAX_YAML },
	{ "sql", GV_SYNTAX_CODE },
	{ "svelte", GV_SYNTAX_CODE },
	{ "swift", GV_SYNTAX_CODE },
	{ "tcsh", GV_SYNTAX_SHELL },
	{ "template", GV_SYNTAX_YAML },
	{ "tf", GV_SYNTAX_HCL },
	{ "tfbackend", GV_SYNTAX_HCL },
	{ "tfstate", GV_SYNTAX_JSON },
	{ "tfvars", GV_SYNTAX_HCL },
	{ "toml", GV_SYNTAX_TOML },
	{ "ts", GV_SYNTAX_CODE },
	{ "tsv", GV_SYNTAX_CSV },
	{ "tsx", GV_SYNTAX_CODE },
	{ "vb", GV_SYNTAX_CODE },
	{ "vba", GV_SYNTAX_CODE },
	{ "vbs", GV_SYNTAX_CODE },
	{ "vue", GV_SYNTAX_CODE },
	{ "xml", GV_SYNTAX_XML },
	{ "yaml", GV_SYNTAX_YAML },
	{ "yml", GV_SYNTAX_YAML },
	{ "zig", GV_SYNTAX_CODE },
	{ "zsh", GV_SYNTAX_SHELL },
};

/* Files without an ending that are programs. */
static const char *const programs[] = { "appfile", "berksfile", "fastfile",
	"gemfile", "jenkinsfile", "podfile", "rakefile", "tiltfile",
	"vagrantfile" };

/* Behind the ending that counts: values.yaml.gotmpl, db.conf.j2. */
static const char *const wrappings[] = { "bak", "default", "dist", "erb",
	"example", "gotmpl", "j2", "local", "old", "orig", "sample", "tmpl",
	"tpl" };

static const char *const example_words[] = { "demo", "demos", "example",
	"examples", "fixture", "fixtures", "mock", "mocks", "sample", "samples",
	"spec", "specs", "test", "testdata", "tests", "tutorial", "tutorials" };

/* Below these a folder is a stage, whatever it is called. */
static const char *const stages[] = { "accounts", "clusters", "deploy",
	"deployments", "env", "environment", "environments", "envs",
	"group_vars", "host_vars", "inventories", "inventory", "live",
	"overlays", "profiles", "regions", "stages", "stacks", "tenants",
	"workspaces" };

static const char *const doc_words[] = { "doc", "docs", "documentation",
	"releasenotes" };

/* Documentation by which something that runs is kept running: what stands there
 * was pasted in a hurry. */
static const char *const duty_words[] = { "incident", "incidents", "oncall",
	"playbook", "playbooks", "postmortem", "postmortems", "runbook",
	"runbooks" };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool
is_text(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (word[i] == '\0' || gv_ascii_small(p[i]) != word[i])
			return false;
	return word[len] == '\0';
}

static bool
is_one_of(const char *p, size_t len, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_text(p, len, words[i]))
			return true;
	return false;
}

static int
compare_ending(const void *key, const void *ending)
{
	return strcmp(key, ((const struct ending *)ending)->text);
}

/* Asked of every file. */
static enum gv_syntax
by_ending(const char *p, size_t len)
{
	const struct ending *found;
	char text[ENDING_MAX + 1];
	size_t i;

	if (len > ENDING_MAX)
		return GV_SYNTAX_TEXT;
	for (i = 0; i < len; i++)
		text[i] = gv_ascii_small(p[i]);
	text[len] = '\0';
	found = bsearch(
	    text, endings, COUNT(endings), sizeof(*endings), compare_ending);
	return found ? found->syntax : GV_SYNTAX_TEXT;
}

static bool
begins(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		if (i == len || gv_ascii_small(p[i]) != word[i])
			return false;
	return true;
}

static enum gv_syntax
by_name(const char *name, size_t len)
{
	enum gv_syntax syntax;
	size_t n = len, at;

	/* env.prod, but not env.fish */
	if (begins(name, len, ".env") ||
	    (begins(name, len, "env.") &&
		by_ending(name + 4, len - 4) == GV_SYNTAX_TEXT))
		return GV_SYNTAX_ENV;
	if (begins(name, len, "dockerfile") ||
	    begins(name, len, "containerfile"))
		return GV_SYNTAX_DOCKERFILE;
	if (begins(name, len, ".docker") || is_text(name, len, "composer.lock"))
		return GV_SYNTAX_JSON;
	if (begins(name, len, ".npmrc") || begins(name, len, ".pypirc") ||
	    is_text(name, len, "credentials") || begins(name, len, ".my.cnf") ||
	    begins(name, len, ".s3cfg") || begins(name, len, ".boto"))
		return GV_SYNTAX_INI;
	if (is_one_of(name, len, programs, COUNT(programs)))
		return GV_SYNTAX_CODE;
	if (is_text(name, len, "procfile") || is_text(name, len, "makefile"))
		return GV_SYNTAX_SHELL;
	if (is_text(name, len, "kubeconfig"))
		return GV_SYNTAX_YAML;
	if (begins(name, len, ".bash") || begins(name, len, ".profile") ||
	    begins(name, len, ".zsh"))
		return GV_SYNTAX_SHELL;
	for (; n > 0; n = at) {
		for (at = n; at > 0 && name[at - 1] != '.'; at--)
			;
		if (at == 0)
			break;
		syntax = by_ending(name + at, n - at);
		if (syntax != GV_SYNTAX_TEXT)
			return syntax;
		if (!is_one_of(name + at, n - at, wrappings, COUNT(wrappings)))
			break;
		at--;
	}
	return GV_SYNTAX_TEXT;
}

static enum gv_syntax
by_bytes(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len &&
	    (p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '\r'))
		i++;
	p += i;
	len -= i;
	if (len > 2 && memcmp(p, "#!", 2) == 0) {
		const char *end = memchr(p, '\n', len < 80 ? len : 80);
		size_t n = end ? (size_t)(end - p) : len < 80 ? len : 80;

		return n > 2 && memmem(p, n, "sh", 2) ? GV_SYNTAX_SHELL
						      : GV_SYNTAX_CODE;
	}
	if (len > 5 && memcmp(p, "<?xml", 5) == 0)
		return GV_SYNTAX_XML;
	if (len > 4 && memcmp(p, "---\n", 4) == 0)
		return GV_SYNTAX_YAML;
	if (len > 1 && (p[0] == '{' || p[0] == '[') &&
	    (p[1] == '"' || p[1] == '\n' || p[1] == ' ' || p[1] == '{'))
		return GV_SYNTAX_JSON;
	if (len > 11 && memcmp(p, "apiVersion:", 11) == 0)
		return GV_SYNTAX_YAML;
	return GV_SYNTAX_TEXT;
}

/* fetchmailrc, .curlrc: what a program reads when it starts. */
static bool
is_rc(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && strcmp(name + n - 2, "rc") == 0 &&
	    memchr(name + 1, '.', n - 1) == NULL;
}

enum gv_syntax
gv_syntax_of(const char *path, const void *data, size_t len)
{
	const char *name = path ? strrchr(path, '/') : NULL;
	enum gv_syntax syntax = GV_SYNTAX_TEXT;

	if (path) {
		name = name ? name + 1 : path;
		syntax = by_name(name, strlen(name));
	}
	if (syntax == GV_SYNTAX_TEXT)
		syntax = by_bytes(data, len);
	return syntax == GV_SYNTAX_TEXT && path && is_rc(name) ? GV_SYNTAX_INI
							       : syntax;
}

/* .env.template, values.yaml.template: CloudFormation's own are called
 * template.yaml or x.template, and Helm's lie in templates/. */
static bool
is_template(const char *path)
{
	static const char ending[] = ".template";
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t n = strlen(name), len = sizeof(ending) - 1;

	return n > len && strcmp(name + n - len, ending) == 0 &&
	    memchr(name, '.', n - len) != NULL;
}

/* Whether the word at `at` is the name of a stage: all of a folder below one
 * that holds such, or of a file of variables. */
static bool
is_stage(const char *path, const char *at, size_t n)
{
	const char *parent = at - 1;

	if (at > path && at[-1] != '/')
		return false;
	if (begins(at + n, strlen(at + n), ".tfvars"))
		return true;
	if (at == path || (at[n] != '/' && at[n] != '.' && at[n] != '\0'))
		return false;
	while (parent > path && parent[-1] != '/')
		parent--;
	return is_one_of(
	    parent, (size_t)(at - 1 - parent), stages, COUNT(stages));
}

bool
gv_syntax_is_pattern(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *p = slash ? slash + 1 : path;
	size_t n;

	if (path == NULL)
		return false;
	if (is_template(path))
		return true;
	for (; *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, "._-");
		if (is_text(p, n, "example") || is_text(p, n, "sample") ||
		    is_text(p, n, "dist"))
			return true;
	}
	return false;
}

/* ci/NAME-values.yaml, by which a chart of Helm is tested. */
static bool
is_chart_test(const char *path)
{
	static const char ending[] = "values.yaml";
	const char *name = strrchr(path, '/');
	size_t n = strlen(path), len = sizeof(ending) - 1;

	return name && name - path >= 2 && memcmp(name - 2, "ci/", 3) == 0 &&
	    (name - path == 2 || name[-3] == '/') &&
	    strcmp(path + n - len, ending) == 0;
}

/* Data in vendor/, node_modules/: what others test with, copied. */
static bool
is_of_others(const char *path)
{
	static const char *const folders[] = { "node_modules", "third_party",
		"vendor" };
	static const char ending[] = ".json";
	const char *p = path;
	size_t n = strlen(path), len = sizeof(ending) - 1;

	if (n < len || strcmp(path + n - len, ending) != 0)
		return false;
	for (; *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, "/");
		if (p[n] == '/' && is_one_of(p, n, folders, COUNT(folders)))
			return true;
	}
	return false;
}

bool
gv_syntax_is_example(const char *path)
{
	const char *p = path;
	bool is_doc = false, is_duty = false;
	size_t n;

	if (path == NULL)
		return false;
	if (is_template(path) || is_chart_test(path) || is_of_others(path))
		return true;
	for (; *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, "/._-");
		if (is_one_of(p, n, example_words, COUNT(example_words)) &&
		    !is_stage(path, p, n))
			return true;
		is_doc |= is_one_of(p, n, doc_words, COUNT(doc_words));
		is_duty |= is_one_of(p, n, duty_words, COUNT(duty_words));
	}
	return is_doc && !is_duty;
}

bool
gv_syntax_is_translation(const char *path)
{
	static const char *const words[] = { "i18n", "intl", "l10n", "lang",
		"langs", "language", "languages", "locale", "locales",
		"localisation", "localization", "messages", "mo", "po", "pot",
		"translation", "translations" };
	const char *p = path;
	size_t n;

	for (; p && *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, "/._-");
		if (is_one_of(p, n, words, COUNT(words)))
			return true;
	}
	return false;
}

/* Whether a word of a name says that settings are in it. */
static bool
is_settings_word(const char *p, size_t len)
{
	static const char *const words[] = { "cfg", "conf", "config",
		"configuration", "credentials", "environment", "secret",
		"secrets", "settings" };

	return is_one_of(p, len, words, COUNT(words));
}

/* local_settings.py, config.inc.php, LocalSettings.php, config/web.php: the
 * first or the last word of the name, or the folder. In programs that are
 * compiled such a name is that of what reads settings. */
static bool
is_script_of_settings(const char *path, const char *name, const char *dot)
{
	static const char *const kinds[] = { "exs", "js", "lua", "php", "pl",
		"py", "rb" };
	static const char folder[] = "config/";
	size_t len = (size_t)(dot - name), n = sizeof(folder) - 1, from, to = 0;

	if (!is_one_of(dot + 1, strlen(dot + 1), kinds, COUNT(kinds)))
		return false;
	if ((size_t)(name - path) >= n && memcmp(name - n, folder, n) == 0 &&
	    ((size_t)(name - path) == n || name[-(long)n - 1] == '/'))
		return true;
	for (from = len; from > 0 && gv_ascii_is_lower(name[from - 1]); from--)
		;
	from -= from > 0 && gv_ascii_is_upper(name[from - 1]);
	while (to < len && gv_ascii_is_alnum(name[to]))
		to++;
	return is_settings_word(name, to) ||
	    is_settings_word(name + from, len - from);
}

bool
gv_syntax_is_settings(const char *path)
{
	static const char *const kinds[] = { "bicep", "bicepparam", "cue",
		"dhall", "gradle", "jsonnet", "libsonnet", "nix", "nsi", "nu",
		"pkl", "pp", "ps1", "psd1", "sbt" };
	static const char *const wholes[] = { "jenkinsfile", "vagrantfile" };
	const char *name = path ? strrchr(path, '/') : NULL;
	const char *dot, *p;

	if (path == NULL)
		return false;
	name = name ? name + 1 : path;
	dot = strrchr(name, '.');
	if (dot == NULL)
		return is_one_of(name, strlen(name), wholes, COUNT(wholes));
	p = memmem(path, (size_t)(name - path), "attributes/", 11);
	return is_settings_word(name, (size_t)(dot - name)) ||
	    is_script_of_settings(path, name, dot) ||
	    is_one_of(dot + 1, strlen(dot + 1), kinds, COUNT(kinds)) ||
	    strcmp(name, "build.gradle.kts") == 0 ||
	    (p && (p == path || p[-1] == '/') && strcmp(dot, ".rb") == 0);
}

/* Past blanks, comments and declarations of PHP. */
static size_t
skip_head(const char *p, size_t len, size_t i)
{
	static const char declare[] = "declare(";
	const char *end;

	while (i < len) {
		size_t n = len - i;

		if (gv_ascii_is_space(p[i])) {
			i++;
			continue;
		}
		if (n > 1 && memcmp(p + i, "/*", 2) == 0)
			end = memmem(p + i + 2, n - 2, "*/", 2);
		else if (p[i] == '#' || (n > 1 && memcmp(p + i, "//", 2) == 0))
			end = memchr(p + i, '\n', n);
		else if (begins(p + i, n, declare))
			end = memchr(p + i, ';', n);
		else
			break;
		i = end ? (size_t)(end - p) + 1 + (*end == '*') : len;
	}
	return i;
}

bool
gv_syntax_returns_settings(const char *p, size_t len)
{
	static const char head[] = "<?php", word[] = "return";
	size_t i = sizeof(head) - 1;

	if (len < i || memcmp(p, head, i) != 0)
		return false;
	i = skip_head(p, len, i);
	if (!begins(p + i, len - i, word))
		return false;
	i += sizeof(word) - 1;
	while (i < len && p[i] == ' ')
		i++;
	return i < len && (p[i] == '[' || begins(p + i, len - i, "array("));
}

/* README.yaml, out of which a README.md is made. */
static bool
is_readme(const char *path, const char *dot)
{
	const char *slash = memrchr(path, '/', (size_t)(dot - path));
	const char *name = slash ? slash + 1 : path;

	return is_text(name, (size_t)(dot - name), "readme");
}

bool
gv_syntax_is_note(const char *path)
{
	static const char *const kinds[] = { "log", "out", "text", "txt" };
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path, *dot;
	size_t i;

	if (name == NULL)
		return true;
	dot = strrchr(name, '.');
	if (dot && dot > name)
		return is_one_of(dot + 1, strlen(dot + 1), kinds, COUNT(kinds));
	/* README, LICENSE */
	for (i = 0; name[i] && !gv_ascii_is_lower(name[i]); i++)
		;
	return name[i] == '\0';
}

bool
gv_syntax_is_prose(const char *path)
{
	static const char *const prose[] = { "adoc", "asciidoc", "markdown",
		"md", "mdx", "rst", "svg" };
	static const char notes[] = "/NOTES.txt"; /* that Helm shows */
	const char *p = path, *end = path ? path + strlen(path) : NULL;
	const char *dot = path ? memrchr(p, '.', (size_t)(end - p)) : NULL;

	if (dot && dot > p &&
	    is_one_of(dot + 1, (size_t)(end - dot - 1), wrappings,
		COUNT(wrappings))) {
		end = dot;
		dot = memrchr(p, '.', (size_t)(end - p));
	}
	if (dot == NULL)
		return false;
	return is_readme(p, dot) ||
	    is_one_of(dot + 1, (size_t)(end - dot - 1), prose, COUNT(prose)) ||
	    ((size_t)(end - p) >= sizeof(notes) - 1 &&
		memcmp(end - sizeof(notes) + 1, notes, sizeof(notes) - 1) == 0);
}
