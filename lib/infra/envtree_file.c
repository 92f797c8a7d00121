#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "infra/envtree_internal.h"
#include "infra/region.h"

/* What stands between an environment and the end of a file's name. */
static const char *const types[] = { "auto", "backend", "cfg", "conf", "config",
	"dec", "enc", "env", "envrc", "hcl", "ini", "j2", "json", "json5",
	"jsonnet", "libsonnet", "local", "override", "pem", "properties",
	"sops", "tf", "tfbackend", "tfstate", "tfvars", "toml", "tmpl", "tpl",
	"xml", "yaml", "yml", NULL };

/* What names of settings files begin with, so that a strong word at their end
 * needs no other proof. */
static const char *const settings[] = { "application", "appsettings", "backend",
	"bootstrap", "compose", "config", "docker", "env", "helmfile",
	"parameters", "params", "pulumi", "secrets", "settings", "values",
	"vars", NULL };

/* The same for a weak word. */
static const char *const strict[] = { "application", "appsettings", "compose",
	"docker", "env", "pulumi", "values", NULL };

/* What names of settings files end with. */
static const char *const ends[] = { "env", "tfbackend", "tfvars", "backend",
	NULL };

/* Code: "test" and the like mean tests in its names. */
static const char *const codes[] = { "c", "cc", "cpp", "cs", "go", "h", "java",
	"js", "jsx", "kt", "lua", "php", "pl", "py", "rb", "rs", "scala",
	"swift", "ts", "tsx", NULL };

/* Copies to fill in. */
static const char *const samples[] = { "dist", "example", "sample", "template",
	NULL };

struct name {
	const char *p;
	size_t len;
};

static bool
is_between_words(char c)
{
	return c == '.' || c == '-' || c == '_' || c == ' ';
}

static bool
is_one_of(const char *const *words, struct name s)
{
	for (; *words; words++)
		if (strlen(*words) == s.len &&
		    strncasecmp(*words, s.p, s.len) == 0)
			return true;
	return false;
}

static struct name
first_word(struct name s)
{
	while (s.len && is_between_words(*s.p)) {
		s.p++;
		s.len--;
	}
	for (size_t i = 0; i < s.len; i++)
		if (is_between_words(s.p[i]))
			s.len = i;
	return s;
}

static struct name
last_word(struct name s)
{
	size_t at = s.len;

	while (at > 0 && !is_between_words(s.p[at - 1]))
		at--;
	return (struct name){ s.p + at, s.len - at };
}

/* Whether only types of files stand there: ".auto.tfvars". */
static bool
is_type(struct name s)
{
	struct name word;

	while (s.len && is_between_words(*s.p)) {
		word = first_word(s);
		if (word.len == 0 || !is_one_of(types, word))
			return false;
		s.len -= (size_t)(word.p + word.len - s.p);
		s.p = word.p + word.len;
	}
	return s.len == 0;
}

static bool
has_word(const char *const *words, struct name s)
{
	struct name word;

	while (s.len) {
		word = first_word(s);
		if (word.len && is_one_of(words, word))
			return true;
		s.len -= (size_t)(word.p + word.len - s.p);
		s.p = word.p + word.len;
	}
	return false;
}

/* ---- Pulumi -------------------------------------------------------------- */

static const char pulumi[] = "pulumi.";

#define PULUMI (sizeof(pulumi) - 1)

static bool
is_pulumi(struct name file)
{
	return file.len > PULUMI && strncasecmp(file.p, pulumi, PULUMI) == 0;
}

/* What stands between "Pulumi." and ".yaml": the name of a stack. */
static bool
find_stack(struct name *out, struct name file)
{
	static const char *const tails[] = { ".yaml", ".yml" };
	const size_t n = PULUMI;
	size_t i, len;

	if (!is_pulumi(file))
		return false;
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		len = strlen(tails[i]);
		if (file.len <= n + len ||
		    strncasecmp(file.p + file.len - len, tails[i], len) != 0)
			continue;
		*out = (struct name){ file.p + n, file.len - n - len };
		return true;
	}
	return false;
}

/* A stack that is called like no environment is one of its own. */
static int
mark_stack(uint32_t *out, struct gv_envtree *tree, struct name stack,
    struct gv_envtree_mark *mark, size_t base)
{
	if (!gv_envtree_is_name(stack.p, stack.len))
		return 0;
	mark->at = (uint32_t)(stack.p - (tree->files[mark->file].path + base));
	mark->at += (uint32_t)base;
	mark->len = (uint32_t)stack.len;
	mark->rule = GV_ENVTREE_STACK;
	mark->is_fixed = true;
	if (gv_envtree_env_of(&mark->env, tree, stack.p, stack.len) < 0)
		return GV_ENOMEM;
	return gv_envtree_add_mark(out, tree, mark);
}

/* ---- the form of a name -------------------------------------------------- */

/* Of several words the last that names an environment. */
static int
choose_word(
    struct gv_envtree_word *out, struct gv_envtree *tree, struct name file)
{
	struct gv_envtree_word w;
	size_t from = 0;
	int r, is_found = 0;

	while (
	    (r = gv_envtree_next_word(&w, tree, file.p, file.len, &from)) > 0) {
		*out = w;
		is_found = 1;
	}
	return r < 0 ? r : is_found;
}

/* A file of settings says it all by its name: values-prod.yaml, prod.tfvars. */
static bool
is_settings(struct name file, const struct gv_envtree_word *w, bool is_tail)
{
	const struct name first = first_word(file), last = last_word(file);

	if (w->proof == GV_ENVIRONMENT_BY_OTHERS)
		return false;
	if (is_tail &&
	    is_one_of(
		w->proof == GV_ENVIRONMENT_BY_NAME ? settings : strict, first))
		return true;
	return is_one_of(ends, last) && (is_tail || first.p == file.p + w->at);
}

/* Workflows and code are full of words that mean no environment there. */
static bool
is_elsewhere(const struct gv_envtree_file *file, struct name name,
    const struct gv_envtree_word *w)
{
	static const char flows[] = ".github/workflows/";
	const struct name last = last_word(name);

	if (w->proof == GV_ENVIRONMENT_BY_NAME)
		return false;
	if (last.p > name.p && is_one_of(codes, last))
		return true;
	/* test.yml runs the tests */
	return file->len > sizeof(flows) - 1 &&
	    strncmp(file->path, flows, sizeof(flows) - 1) == 0 && w->at == 0 &&
	    is_type((struct name){ name.p + w->len, name.len - w->len });
}

static enum gv_envtree_rule
rule_of_form(const struct gv_envtree *tree, const struct gv_envtree_file *file,
    struct name name, const struct gv_envtree_word *w, bool is_tail)
{
	const enum gv_environment_home home = tree->folders[file->folder].kind;

	if (home != GV_ENVIRONMENT_NO_HOME && (is_tail || w->at == 0))
		return gv_envtree_rule_of(home);
	if (is_tail && is_pulumi(name))
		return GV_ENVTREE_STACK;
	return is_settings(name, w, is_tail) ? GV_ENVTREE_SUFFIX
					     : GV_ENVTREE_NONE;
}

int
gv_envtree_mark_file(uint32_t *out, struct gv_envtree *tree,
    const struct gv_envtree_file *file, uint32_t number)
{
	struct gv_envtree_mark mark = { .file = number,
		.end = file->len,
		.other = GV_ENVTREE_NO,
		.env = GV_ENVTREE_NO };
	struct gv_envtree_word w = { .env = GV_ENVTREE_NO };
	struct name name, rest, stack;
	size_t base = file->len;
	int r;

	*out = GV_ENVTREE_NO;
	if (gv_environment_is_own(file->path, file->len))
		return 0;
	while (base > 0 && file->path[base - 1] != '/')
		base--;
	name = (struct name){ file->path + base, file->len - base };
	if ((r = choose_word(&w, tree, name)) < 0)
		return r;
	if (r == 0)
		return find_stack(&stack, name)
		    ? mark_stack(out, tree, stack, &mark, base)
		    : 0;
	if (is_elsewhere(file, name, &w) || has_word(samples, name))
		return 0;
	rest = (struct name){ name.p + w.at + w.len, name.len - w.at - w.len };
	mark.at = (uint32_t)(base + w.at);
	mark.len = (uint32_t)w.len;
	mark.env = w.env;
	mark.proof = w.proof;
	mark.is_whole = is_type(rest);
	mark.rule = rule_of_form(tree, file, name, &w, mark.is_whole);
	mark.is_fixed = mark.rule != GV_ENVTREE_NONE;
	mark.key = gv_envtree_key(file->folder, name.p, name.len, w.at, w.len);
	return gv_envtree_add_mark(out, tree, &mark);
}

/* ---- files next to each other -------------------------------------------- */

/* A strong word at the end of a name, or in front of its last part. */
static bool
is_strong_name(const struct gv_envtree *tree, const struct gv_envtree_mark *m)
{
	const char *rest = tree->files[m->file].path + m->at + m->len;
	const size_t len = m->end - m->at - m->len;

	return m->proof == GV_ENVIRONMENT_BY_NAME &&
	    (m->is_whole ||
		(len > 0 && memchr(rest + 1, '.', len - 1) == NULL &&
		    *rest == '.'));
}

void
gv_envtree_judge_alone(
    const struct gv_envtree *tree, struct gv_envtree_mark *mark)
{
	if (!mark->is_fixed && is_strong_name(tree, mark))
		mark->rule = GV_ENVTREE_NAME;
}

static void
decide_group(
    struct gv_envtree *tree, const struct gv_envtree_peer *peers, size_t n)
{
	const uint32_t first = tree->marks[peers[0].mark].env;
	const uint32_t last = tree->marks[peers[n - 1].mark].env;
	size_t i;

	for (i = 0; i < n; i++) {
		struct gv_envtree_mark *m = &tree->marks[peers[i].mark];

		if (first != last)
			m->other = peers[m->env == first ? n - 1 : 0].mark;
		if (m->is_fixed)
			continue;
		if (first != last)
			m->rule = GV_ENVTREE_SIBLING;
		else
			gv_envtree_judge_alone(tree, m);
	}
}

int
gv_envtree_judge_files(struct gv_envtree *tree)
{
	struct gv_envtree_peer *peers = calloc(tree->n + 1, sizeof(*peers));
	size_t i, k, n = 0;

	if (peers == NULL)
		return gv_err_nomem();
	for (i = 0; i < tree->n; i++) {
		if (tree->files[i].mark == GV_ENVTREE_NO)
			continue;
		peers[n].key = tree->marks[tree->files[i].mark].key;
		peers[n].env = tree->marks[tree->files[i].mark].env;
		peers[n++].mark = tree->files[i].mark;
	}
	gv_envtree_sort_peers(peers, n);
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && peers[k].key == peers[i].key; k++)
			;
		decide_group(tree, peers + i, k - i);
	}
	free(peers);
	return 0;
}
