#include "lint/lint_internal.h"

#include <string.h>

#include "lex/name.h"

/*
 * Secrets in clear beside encrypted ones: a value that was written into a file
 * of SOPS by hand, a secret by its name next to "!vault" of Ansible or "secure"
 * of Pulumi, and a file, a variable of Ansible or a setting of Pulumi that one
 * environment has encrypted and another one in clear. A file is encrypted by
 * SOPS, ansible-vault, git-crypt or as a SealedSecret.
 */

/* ---- inside one file ----------------------------------------------------- */

/* A file of SOPS is encrypted as a whole; of others the name decides. */
static bool
is_clear(const struct gv_lint *c, const struct gv_symbol *s)
{
	const char *name = gv_lint_name(c, s);

	if (s->kind != GV_SYMBOL_VALUE)
		return false;
	return s->word == GV_SYMBOL_VALUE_SOPS_CLEAR ||
	    (s->word == GV_SYMBOL_VALUE_CLEAR &&
		gv_name_judge(name, strlen(name)) >= GV_NAME_KEY);
}

static void
look_at_value(struct gv_lint *c, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	struct gv_buf subject = GV_BUF_INIT;

	gv_buf_addf(&subject, "%s %s", gv_lint_path(c, k), gv_lint_name(c, s));
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_add(c, "secret/clear-mixed", subject.p,
		    gv_lint_at(c, k),
		    s->word == GV_SYMBOL_VALUE_SOPS_CLEAR
			? "%s is in clear in a file that SOPS encrypts"
			: "%s is in clear next to encrypted values",
		    gv_lint_name(c, s));
	gv_buf_release(&subject);
}

/* ---- between environments ------------------------------------------------ */

/* Whether a symbol says that its file is encrypted. */
static bool
is_seal(const struct gv_lint *c, const struct gv_symbol *s)
{
	switch ((enum gv_symbol_kind)s->kind) {
	case GV_SYMBOL_REFERENCE:
		return s->word == GV_SYMBOL_EDGE_SOPS_RULE;
	case GV_SYMBOL_VALUE:
		return s->word == GV_SYMBOL_VALUE_SEALED;
	case GV_SYMBOL_DEFINITION:
		return s->word == GV_SYMBOL_SPACE_K8S_OBJECT &&
		    strncmp(gv_lint_name(c, s), "SealedSecret/", 13) == 0;
	case GV_SYMBOL_ERROR:
		break;
	}
	return false;
}

/* The symbol that says so; else NONE. */
static uint32_t
find_seal(const struct gv_lint *c, const struct gv_depgraph_file *f)
{
	uint32_t k;

	for (k = f->first; k < f->first + f->n; k++)
		if (is_seal(c, &c->graph->symbols.items[k]))
			return k;
	return GV_DEPGRAPH_NONE;
}

/* Whether the file can hold secrets in clear: an object of Kubernetes does only
 * as a Secret, others are made of what is kept elsewhere. */
static bool
may_hold(const struct gv_lint *c, const struct gv_depgraph_file *f)
{
	const struct gv_depgraph *g = c->graph;
	bool has_object = false;
	uint32_t k;

	if (f->dialect == GV_SYMBOL_DIALECT_NONE ||
	    (f->flags & ~GV_DEPGRAPH_PATCH))
		return false;
	for (k = f->first; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind != GV_SYMBOL_DEFINITION ||
		    s->word != GV_SYMBOL_SPACE_K8S_OBJECT)
			continue;
		if (strncmp(gv_lint_name(c, s), "Secret/", 7) == 0)
			return true;
		has_object = true;
	}
	return !has_object;
}

/* Made-up values before production are common. */
static void
tell(struct gv_lint *c, const char *key, struct gv_lint_place place,
    const char *what, uint32_t seal)
{
	const char *env = c->graph->files[place.file].env;
	static const char fmt[] =
	    "%s is in clear in %s, and '%s' is encrypted in %s";

	if (gv_lint_is_prod(env))
		gv_lint_add(c, "secret/clear-mixed", key, place, fmt, what, env,
		    gv_lint_path(c, seal), gv_lint_env(c, seal));
	else
		gv_lint_note(c, "secret/clear-mixed", key, place, fmt, what,
		    env, gv_lint_path(c, seal), gv_lint_env(c, seal));
}

static void
compare(struct gv_lint *c, uint32_t clear, uint32_t seal, const char *key)
{
	const struct gv_depgraph_file *f = &c->graph->files[clear];

	if (may_hold(c, f) && strcmp(f->env, gv_lint_env(c, seal)) != 0)
		tell(c, key, (struct gv_lint_place){ clear, 0 }, "this", seal);
}

static void
put(struct gv_lint *c, struct gv_map *sealed, const struct gv_buf *key,
    uint32_t seal)
{
	char *kept;

	if (gv_map_get(sealed, key->p, key->len))
		return;
	kept = gv_arena_copy(&c->report->arena, key->p, key->len);
	c->failed |= kept == NULL ||
	    gv_map_put(sealed, kept, key->len, (void *)(uintptr_t)(seal + 1)) <
		0;
}

/* All encrypted files of environments into the map, by the path that they have
 * in all environments; then all others against it. */
static void
pass(struct gv_lint *c, struct gv_map *sealed, bool is_first)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_buf key = GV_BUF_INIT;
	uint32_t i, seal, other;

	for (i = 0; i < g->n_files && !c->failed; i++) {
		if (g->files[i].env == NULL)
			continue;
		seal = find_seal(c, &g->files[i]);
		if (is_first != (seal != GV_DEPGRAPH_NONE))
			continue;
		gv_buf_reset(&key);
		gv_lint_fold_path(&key, g->files[i].path);
		if (gv_buf_check(&key) < 0) {
			c->failed = true;
		} else if (is_first) {
			put(c, sealed, &key, seal);
		} else {
			other = (uint32_t)(uintptr_t)gv_map_get(
			    sealed, key.p, key.len);
			if (other)
				compare(c, i, other - 1, key.p);
		}
	}
	gv_buf_release(&key);
}

/* ---- variables ----------------------------------------------------------- */

/* One of Ansible, or a setting of a stack of Pulumi. */
static bool
is_variable(const struct gv_symbol *s)
{
	if (s->in != GV_SYMBOL_NONE)
		return false;
	return s->kind == GV_SYMBOL_DEFINITION
	    ? s->word == GV_SYMBOL_SPACE_ANSIBLE_VAR
	    : s->kind == GV_SYMBOL_REFERENCE &&
		s->word == GV_SYMBOL_EDGE_PULUMI_CONFIG;
}

/* The same with variables in place of files. */
static void
pass_variables(struct gv_lint *c, struct gv_map *sealed, bool is_first)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_buf key = GV_BUF_INIT;
	uint32_t k, other;

	for (k = 0; k < g->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];
		const bool is_sealed = s->flags & GV_SYMBOL_SEALED;
		const char *env;

		if (!is_variable(s) || is_first != is_sealed ||
		    (env = gv_lint_env(c, k)) == NULL)
			continue;
		gv_buf_reset(&key);
		gv_lint_fold_path(&key, gv_lint_path(c, k));
		gv_buf_addf(&key, " %s", gv_lint_name(c, s));
		if (gv_buf_check(&key) < 0) {
			c->failed = true;
			break;
		}
		if (is_first) {
			put(c, sealed, &key, k);
			continue;
		}
		other = (uint32_t)(uintptr_t)gv_map_get(sealed, key.p, key.len);
		if (other && strcmp(env, gv_lint_env(c, other - 1)) != 0)
			tell(c, key.p, gv_lint_at(c, k), gv_lint_name(c, s),
			    other - 1);
	}
	gv_buf_release(&key);
}

void
gv_lint_secrets(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_map files = GV_MAP_INIT, variables = GV_MAP_INIT;
	bool has_seal = false, has_variable = false;
	uint32_t k;

	for (k = 0; k < g->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		has_seal |= is_seal(c, s);
		has_variable |= is_variable(s) && (s->flags & GV_SYMBOL_SEALED);
		if (is_clear(c, s))
			look_at_value(c, k);
	}
	if (!gv_lint_is_shown(c, "secret/clear-mixed"))
		goto out;
	if (has_seal) {
		pass(c, &files, true);
		pass(c, &files, false);
	}
	if (has_variable) {
		pass_variables(c, &variables, true);
		pass_variables(c, &variables, false);
	}
out:
	gv_map_release(&files);
	gv_map_release(&variables);
}
