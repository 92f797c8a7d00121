#include "lint/lint_internal.h"

#include <string.h>

#include "infra/environment.h"

/*
 * Secrets of pipelines: one that the job of one environment uses, and the same
 * job of another environment does not. Which secrets there are is known to the
 * server only, so this is information. A job of Jenkins is a stage, up to the
 * next one; GitLab does not distinguish a secret from another variable.
 */

/* A job, or a secret in a job, by its name in all environments. */
struct use {
	const char *env;
	uint32_t symbol;
	bool is_shared;  /* another environment has it, too */
	struct use *job; /* of a secret */
	struct use *next;
};

struct uses {
	struct gv_lint *c;
	struct gv_map all; /* by "PATH JOB", "PATH JOB SECRET" */
	struct use *first; /* secrets */
	struct gv_buf key;
};

static bool
is_of(const struct gv_symbol *s, enum gv_symbol_space space)
{
	return s->kind == GV_SYMBOL_DEFINITION && s->word == space;
}

static bool
is_job(const struct gv_symbol *s)
{
	return is_of(s, GV_SYMBOL_SPACE_GHA_JOB) ||
	    is_of(s, GV_SYMBOL_SPACE_JENKINS_STAGE);
}

/* The environment in the name of a stage, "Deploy to production"; NULL: none,
 * or several. */
static const char *
env_of_stage(const struct gv_lint *c, uint32_t stage)
{
	const char *name = gv_lint_name(c, &c->graph->symbols.items[stage]);
	const size_t len = strlen(name);
	struct gv_environment_word word = { .len = 0 };
	const char *env = NULL;

	while (gv_environment_next_word(&word, name, len, word.at + word.len)) {
		if (word.name == NULL || word.proof != GV_ENVIRONMENT_BY_NAME)
			continue;
		if (env && strcmp(env, word.name) != 0)
			return NULL;
		env = word.name;
	}
	return env ? env : gv_lint_env(c, stage);
}

/* The environment that a job names; NULL: none, or several. */
static const char *
env_of_job(const struct gv_lint *c, uint32_t job)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[job]];
	const char *env = f->env, *name;
	size_t n = 0;
	uint32_t k;

	if (is_of(&g->symbols.items[job], GV_SYMBOL_SPACE_JENKINS_STAGE))
		return env_of_stage(c, job);
	for (k = job + 1; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind != GV_SYMBOL_REFERENCE ||
		    s->word != GV_SYMBOL_EDGE_GHA_ENVIRONMENT || s->in != job)
			continue;
		name = strchr(gv_lint_name(c, s), ':');
		if ((s->flags & GV_SYMBOL_PATTERN) || name == NULL || n++)
			return NULL;
		env = name + 1;
	}
	return env;
}

/* The job that a symbol is in, through its step. */
static uint32_t
job_of(const struct gv_depgraph *g, uint32_t k)
{
	uint32_t in = g->symbols.items[k].in;

	while (in != GV_SYMBOL_NONE &&
	    g->symbols.items[in].word != GV_SYMBOL_SPACE_GHA_JOB)
		in = g->symbols.items[in].in;
	return in;
}

/* Whether a symbol behind a job is a secret that it uses. */
static bool
is_secret_of(const struct gv_depgraph *g, uint32_t k, uint32_t job)
{
	const struct gv_symbol *s = &g->symbols.items[k];

	if (s->kind != GV_SYMBOL_REFERENCE)
		return false;
	return is_of(&g->symbols.items[job], GV_SYMBOL_SPACE_JENKINS_STAGE)
	    ? s->word == GV_SYMBOL_EDGE_JENKINS_CREDENTIALS
	    : s->word == GV_SYMBOL_EDGE_GHA_SECRET && job_of(g, k) == job;
}

/* Note that an environment has what the key names. */
static struct use *
note(struct uses *u, const char *env, uint32_t symbol)
{
	struct use *use;
	char *kept;

	if (gv_buf_check(&u->key) < 0)
		goto failed;
	use = gv_map_get(&u->all, u->key.p, u->key.len);
	if (use) {
		use->is_shared |= strcmp(use->env, env) != 0;
		return use;
	}
	kept = gv_arena_copy(&u->c->report->arena, u->key.p, u->key.len);
	use = gv_arena_alloc(&u->c->report->arena, sizeof(*use));
	if (kept == NULL || use == NULL ||
	    gv_map_put(&u->all, kept, u->key.len, use) < 0)
		goto failed;
	*use = (struct use){ .env = env, .symbol = symbol };
	return use;
failed:
	u->c->failed = true;
	return NULL;
}

static void
look_at_job(struct uses *u, uint32_t job)
{
	const struct gv_depgraph *g = u->c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[job]];
	const char *env = env_of_job(u->c, job);
	struct use *of, *use;
	size_t len;
	uint32_t k;

	if (env == NULL)
		return;
	gv_buf_reset(&u->key);
	gv_lint_fold_path(&u->key, f->path);
	gv_buf_addch(&u->key, ' ');
	gv_lint_fold_path(&u->key, gv_lint_name(u->c, &g->symbols.items[job]));
	len = u->key.len;
	of = note(u, env, job);
	for (k = job + 1; of && k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (is_of(s, GV_SYMBOL_SPACE_JENKINS_STAGE))
			break;
		if (!is_secret_of(g, k, job))
			continue;
		u->key.len = len;
		gv_buf_addch(&u->key, ' ');
		gv_lint_fold_path(&u->key, gv_lint_name(u->c, s));
		if ((use = note(u, env, k)) == NULL)
			return;
		if (use->job == NULL) {
			use->job = of;
			use->next = u->first;
			u->first = use;
		}
	}
}

static void
tell(struct uses *u, const struct use *use)
{
	struct gv_lint *c = u->c;
	const struct gv_symbol *s = &c->graph->symbols.items[use->symbol];
	const char *name = strchr(gv_lint_name(c, s), ':');
	struct gv_buf subject = GV_BUF_INIT;

	gv_buf_addf(&subject, "%s %s", gv_lint_path(c, use->symbol),
	    gv_lint_name(c, s));
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_add(c, "ci/secret", subject.p,
		    gv_lint_at(c, use->symbol),
		    "the secret %s is used for %s only",
		    name ? name + 1 : gv_lint_name(c, s), use->env);
	gv_buf_release(&subject);
}

void
gv_lint_pipelines(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct uses u = { .c = c, .all = GV_MAP_INIT, .key = GV_BUF_INIT };
	const struct use *use;
	uint32_t k;

	for (k = 0; k < g->symbols.n && !c->failed; k++)
		if (is_job(&g->symbols.items[k]))
			look_at_job(&u, k);
	for (use = u.first; use && !c->failed; use = use->next)
		if (use->job->is_shared && !use->is_shared)
			tell(&u, use);
	gv_map_release(&u.all);
	gv_buf_release(&u.key);
}
