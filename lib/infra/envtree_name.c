#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "infra/envtree_internal.h"

#define WORD_MAX 64 /* characters of a name */

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* What several environments have in common, and what is copied to make one. */
static const char *const commons[] = { "all", "base", "bases", "common",
	"component", "components", "default", "defaults", "example", "examples",
	"global", "module", "modules", "shared", "template", "templates",
	NULL };

bool
gv_envtree_is_name(const char *name, size_t len)
{
	size_t i;

	if (len == 0 || len > WORD_MAX || !is_letter_or_digit(name[0]) ||
	    name[len - 1] == '.')
		return false;
	for (i = 0; commons[i]; i++)
		if (strlen(commons[i]) == len &&
		    memcmp(commons[i], name, len) == 0)
			return false;
	for (i = 0; i < len; i++)
		if (!is_letter_or_digit(name[i]) && !strchr("._-", name[i]))
			return false;
	return true;
}

/* ---- names --------------------------------------------------------------- */

/* A number in a map, whose values are pointers: 0 would be none. */
static void *
from_number(struct gv_envtree *tree, uint32_t n)
{
	uint32_t *p = gv_arena_alloc(&tree->arena, sizeof(*p));

	if (p)
		*p = n;
	return p;
}

static int
put(struct gv_map *map, struct gv_envtree *tree, const char *key, size_t len,
    uint32_t n)
{
	void *value = from_number(tree, n);

	return value ? gv_map_put(map, key, len, value) : GV_ENOMEM;
}

int
gv_envtree_env_of(
    uint32_t *out, struct gv_envtree *tree, const char *name, size_t len)
{
	const uint32_t *known = gv_map_get(&tree->canons, name, len);
	struct gv_envtree_env *env;

	if (known == NULL)
		known = gv_map_get(&tree->names, name, len);
	if (known) {
		*out = *known;
		return 0;
	}
	env = gv_arena_alloc(&tree->arena, sizeof(*env));
	if (env == NULL ||
	    (env->name = gv_arena_copy(&tree->arena, name, len)) == NULL ||
	    GV_GROW(tree->envs, tree->n_envs, tree->cap_envs) < 0)
		return GV_ENOMEM;
	*out = (uint32_t)tree->n_envs;
	tree->envs[tree->n_envs++] = env;
	return put(&tree->names, tree, env->name, len, *out);
}

/* ---- the policy ---------------------------------------------------------- */

/* The conventional name for a word, or NULL. */
static const char *
canon_of(const char *word)
{
	const size_t len = strlen(word);
	struct gv_environment_word w;

	return gv_environment_next_word(&w, word, len, 0) && w.at == 0 &&
		w.len == len
	    ? w.name
	    : NULL;
}

/* Words are looked up in lower case. */
static int
add_word(struct gv_envtree *tree, const char *word, uint32_t env)
{
	const size_t len = strlen(word);
	char *lower = gv_arena_copy(&tree->arena, word, len);
	size_t i;

	if (lower == NULL)
		return GV_ENOMEM;
	for (i = 0; i < len; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] + 'a' - 'A');
	return gv_map_get(&tree->words, lower, len)
	    ? 0
	    : put(&tree->words, tree, lower, len, env);
}

static int
add_one(struct gv_envtree *tree, const struct gv_envtree_said *said)
{
	uint32_t env;
	size_t i;
	int r = gv_envtree_env_of(&env, tree, said->name, strlen(said->name));

	if (r < 0)
		return r;
	tree->envs[env]->said = said;
	tree->envs[env]->tier = said->tier;
	r = add_word(tree, said->name, env);
	for (i = 0; r == 0 && i < said->aliases.n; i++)
		r = add_word(tree, said->aliases.items[i], env);
	return r;
}

/* "production" of the policy is what the conventions call "prod", unless the
 * policy has that one, too. */
static int
add_canon(struct gv_envtree *tree, const struct gv_envtree_said *said)
{
	const char *canon = canon_of(said->name);
	const uint32_t *env;

	if (canon == NULL || strcmp(canon, said->name) == 0 ||
	    gv_map_get(&tree->names, canon, strlen(canon)) ||
	    gv_map_get(&tree->canons, canon, strlen(canon)))
		return 0;
	env = gv_map_get(&tree->names, said->name, strlen(said->name));
	return put(&tree->canons, tree, canon, strlen(canon), *env);
}

int
gv_envtree_add_said(struct gv_envtree *tree)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < tree->n_said; i++)
		r = add_one(tree, &tree->said[i]);
	for (i = 0; r == 0 && i < tree->n_said; i++)
		r = add_canon(tree, &tree->said[i]);
	return r;
}

/* ---- words --------------------------------------------------------------- */

/* The env + 1 that the policy has for a word; 0: none. */
static uint32_t
find_said(const struct gv_envtree *tree, const char *p, size_t len)
{
	char lower[WORD_MAX];
	const uint32_t *env;
	size_t i;

	if (tree->words.n == 0 || len == 0 || len > WORD_MAX)
		return 0;
	for (i = 0; i < len; i++)
		lower[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] - 'A' + 'a')
						      : p[i];
	env = gv_map_get(&tree->words, lower, len);
	return env ? *env + 1 : 0;
}

static bool
is_between_words(char c)
{
	return c == '.' || c == '-' || c == '_' || c == ' ';
}

/* The first word that the policy has, whole, before `end`. A name of several
 * words, such as "eu-prod", counts where all of a name is it. */
static bool
next_said(struct gv_envtree_word *out, const struct gv_envtree *tree,
    const char *name, size_t from, size_t end, size_t len)
{
	size_t at, stop;
	uint32_t env;

	if (tree->words.n == 0)
		return false;
	if (from == 0 && (env = find_said(tree, name, len)) > 0) {
		*out = (struct gv_envtree_word){ 0, len, env - 1,
			GV_ENVIRONMENT_BY_NAME };
		return true;
	}
	for (at = from; at < end; at = stop + 1) {
		for (stop = at; stop < len && !is_between_words(name[stop]);
		     stop++)
			;
		if ((env = find_said(tree, name + at, stop - at)) == 0)
			continue;
		*out = (struct gv_envtree_word){ at, stop - at, env - 1,
			GV_ENVIRONMENT_BY_NAME };
		return true;
	}
	return false;
}

int
gv_envtree_next_word(struct gv_envtree_word *out, struct gv_envtree *tree,
    const char *name, size_t len, size_t *from)
{
	struct gv_environment_word w;
	uint32_t said;
	bool is_word;

	while (*from < len) {
		is_word = gv_environment_next_word(&w, name, len, *from);
		if (next_said(
			out, tree, name, *from, is_word ? w.at : len, len)) {
			*from = out->at + out->len + 1;
			return 1;
		}
		if (!is_word)
			break;
		*from = w.at + w.len + 1;
		said = find_said(tree, name + w.at, w.len);
		if (said == 0 && w.name == NULL)
			continue;
		*out = (struct gv_envtree_word){ w.at, w.len, said - 1,
			said ? GV_ENVIRONMENT_BY_NAME : w.proof };
		if (said)
			return 1;
		return gv_envtree_env_of(
			   &out->env, tree, w.name, strlen(w.name)) < 0
		    ? GV_ENOMEM
		    : 1;
	}
	return 0;
}

int
gv_envtree_word(const struct gv_envtree_env **out, struct gv_envtree *tree,
    const char *word)
{
	const size_t len = strlen(word);
	struct gv_envtree_word w = { .len = 0 };
	size_t from = 0;
	int r = gv_envtree_next_word(&w, tree, word, len, &from);

	*out = r > 0 && w.len == len ? tree->envs[w.env] : NULL;
	return r < 0 ? r : 0;
}
