#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "infra/environment.h"
#include "infra/envtree.h"

/*
 * Protections that are weaker in production than in an environment before it.
 * Two values are the same protection if they have one name, in files whose
 * paths differ in the name of the environment only.
 */

/* Where "false", or a smaller number, protects better. */
static const char *const inverse[] = { "force_destroy", "skip_final_snapshot",
	"delete_automated_backups", "publicly_accessible", "force_delete" };

static const struct {
	const char *word;
	int strength;
} words[] = {
	{ "false", 0 },
	{ "no", 0 },
	{ "off", 0 },
	{ "disabled", 0 },
	{ "suspended", 0 },
	{ "delete", 0 },
	{ "snapshot", 1 },
	{ "true", 2 },
	{ "yes", 2 },
	{ "on", 2 },
	{ "enabled", 2 },
	{ "retain", 2 },
};

/* Whether the value says how much is protected. */
static bool
read_strength(long *out, const char *guard, const char *value)
{
	char *end;
	size_t i;

	*out = strtol(value, &end, 10);
	if (end == value || *end) {
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcasecmp(value, words[i].word) == 0)
				break;
		if (i == sizeof(words) / sizeof(words[0]))
			return false;
		*out = words[i].strength;
	}
	for (i = 0; i < sizeof(inverse) / sizeof(inverse[0]); i++)
		if (strcasecmp(guard, inverse[i]) == 0)
			*out = -*out;
	return true;
}

/* A folder's or file's name with a '*' for each word that names an
 * environment. */
static void
fold_name(struct gv_buf *out, const char *name, size_t len)
{
	struct gv_environment_word w;
	size_t at = 0;

	while (gv_environment_next_word(&w, name, len, at)) {
		gv_buf_add(out, name + at, w.at - at);
		if (w.name)
			gv_buf_addch(out, '*');
		else
			gv_buf_add(out, name + w.at, w.len);
		at = w.at + w.len;
	}
	gv_buf_add(out, name + at, len - at);
}

void
gv_lint_fold_path(struct gv_buf *out, const char *path)
{
	const char *slash;

	for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		fold_name(out, path, (size_t)(slash - path));
		gv_buf_addch(out, '/');
	}
	fold_name(out, path, strlen(path));
}

/* What is the same in all environments: path, definition, name. */
static void
make_key(struct gv_buf *out, const struct gv_lint *c, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];

	gv_buf_reset(out);
	gv_lint_fold_path(out, gv_lint_path(c, k));
	if (s->in != GV_SYMBOL_NONE)
		gv_buf_addf(out, " %s",
		    gv_lint_name(c, &c->graph->symbols.items[s->in]));
	gv_buf_addf(out, " %s", gv_lint_name(c, s));
}

static bool
is_before_prod(const char *env)
{
	unsigned rank;
	const enum gv_envtree_tier tier =
	    env ? gv_envtree_tier_of(env, &rank) : GV_ENVTREE_NO_TIER;

	return tier != GV_ENVTREE_NO_TIER && tier != GV_ENVTREE_PROD;
}

static void
compare(struct gv_lint *c, uint32_t below, uint32_t prod, const char *key)
{
	const struct gv_symbol *a = &c->graph->symbols.items[below];
	const struct gv_symbol *b = &c->graph->symbols.items[prod];
	long weak, strong;

	if (!read_strength(&strong, gv_lint_name(c, a), gv_lint_extra(c, a)) ||
	    !read_strength(&weak, gv_lint_name(c, b), gv_lint_extra(c, b)) ||
	    weak >= strong)
		return;
	gv_lint_add(c, "env/guard-weaker", key, gv_lint_at(c, prod),
	    "%s is %s in %s and %s in %s", gv_lint_name(c, b),
	    gv_lint_extra(c, b), gv_lint_env(c, prod), gv_lint_extra(c, a),
	    gv_lint_env(c, below));
}

/* The values of one tier into the map, or against it. */
static void
pass(struct gv_lint *c, struct gv_map *map, bool is_prod)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_buf key = GV_BUF_INIT;
	uint32_t k, other;

	for (k = 0; k < g->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];
		const char *env = gv_lint_env(c, k);

		if (s->kind != GV_SYMBOL_VALUE ||
		    s->word != GV_SYMBOL_VALUE_GUARD ||
		    !(is_prod ? gv_lint_is_prod(env) : is_before_prod(env)))
			continue;
		make_key(&key, c, k);
		if (!is_prod) {
			gv_lint_first(c, map, key.p, key.len, k);
			continue;
		}
		other = (uint32_t)(uintptr_t)gv_map_get(map, key.p, key.len);
		if (other)
			compare(c, other - 1, k, key.p);
	}
	c->failed |= key.failed;
	gv_buf_release(&key);
}

void
gv_lint_guards(struct gv_lint *c)
{
	struct gv_map below = GV_MAP_INIT;

	pass(c, &below, false);
	pass(c, &below, true);
	gv_map_release(&below);
}
