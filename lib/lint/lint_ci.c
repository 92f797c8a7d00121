#include "lint/lint_internal.h"

#include <string.h>

#include "infra/environment.h"
#include "lex/name.h"

/*
 * Secrets of pipelines: one that the job of one environment uses, and the same
 * job of another environment does not. Which secrets there are is known to the
 * server only, so this is information. A job of Jenkins is a stage, up to the
 * next one. GitLab does not distinguish a secret from another variable: what
 * `secrets:` names is one, and a variable that no file here sets is one if its
 * name promises that.
 */

#define JOBS_MOST 32 /* that a job of GitLab extends, directly or not */

/* A job, or a secret in a job, by its name in all environments. */
struct use {
	const char *env;
	uint32_t symbol;
	bool is_shared;  /* another environment has it, too */
	bool is_open;    /* of a job: it may use what is not known here */
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

/* The environment that a job of GitHub names; NULL: none, or several. */
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

/* The name of a job, "deploy:prod", "to prod", in whose words an environment
 * counts as in those of a path. */
static void
fold_name(struct gv_buf *out, const char *name)
{
	struct gv_buf words = GV_BUF_INIT;
	char *at;

	gv_buf_addstr(&words, name);
	while (words.len && (at = strpbrk(words.p, ": ")))
		*at = '-';
	gv_lint_fold_path(out, words.len ? words.p : "");
	out->failed |= words.failed;
	gv_buf_release(&words);
}

/* The key of a job, by which its sisters of other environments are found. */
static size_t
begin_key(struct uses *u, uint32_t job)
{
	const struct gv_depgraph *g = u->c->graph;

	gv_buf_reset(&u->key);
	gv_lint_fold_path(&u->key, gv_lint_path(u->c, job));
	gv_buf_addch(&u->key, ' ');
	fold_name(&u->key, gv_lint_name(u->c, &g->symbols.items[job]));
	return u->key.len;
}

/* Append the name of a secret without the environment in it: PROD_DB_PASSWORD
 * is for production what DB_PASSWORD is before it. */
static void
add_secret(struct gv_buf *out, const char *name)
{
	struct gv_buf folded = GV_BUF_INIT;
	size_t i;

	gv_lint_fold_path(&folded, name);
	for (i = 0; i < folded.len; i++) {
		if (folded.p[i] != '*')
			gv_buf_addch(out, folded.p[i]);
		else if (i + 1 < folded.len)
			i++;
		else if (out->len && strchr("_-.", out->p[out->len - 1]))
			gv_buf_truncate(out, out->len - 1);
	}
	out->failed |= folded.failed;
	gv_buf_release(&folded);
}

/* Note that a job uses the secret `name`, which the symbol k says; `len` bytes
 * of the key are the job's. Whether that went well. */
static bool
note_secret(struct uses *u, const char *env, struct use *job, size_t len,
    const char *name, uint32_t k)
{
	struct use *use;

	u->key.len = len;
	gv_buf_addch(&u->key, ' ');
	add_secret(&u->key, name);
	if ((use = note(u, env, k)) == NULL)
		return false;
	if (use->job == NULL) {
		use->job = job;
		use->next = u->first;
		u->first = use;
	}
	return true;
}

static void
look_at_job(struct uses *u, uint32_t job)
{
	const struct gv_depgraph *g = u->c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[job]];
	const char *env = env_of_job(u->c, job);
	struct use *of;
	size_t len;
	uint32_t k;

	if (env == NULL)
		return;
	len = begin_key(u, job);
	of = note(u, env, job);
	for (k = job + 1; of && k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (is_of(s, GV_SYMBOL_SPACE_JENKINS_STAGE))
			break;
		if (is_secret_of(g, k, job) &&
		    !note_secret(u, env, of, len, gv_lint_name(u->c, s), k))
			return;
	}
}

/* ---- GitLab -------------------------------------------------------------- */

/* A job of GitLab with those that it extends. */
struct chain {
	uint32_t jobs[JOBS_MOST];
	size_t n;
	bool is_open; /* one of them is not in this tree */
};

static void
add_job(struct chain *chain, uint32_t job)
{
	size_t i;

	for (i = 0; i < chain->n; i++)
		if (chain->jobs[i] == job)
			return;
	if (chain->n < JOBS_MOST)
		chain->jobs[chain->n++] = job;
	else
		chain->is_open = true;
}

/* How many references of a kind are in a job. */
static size_t
count_references(
    const struct gv_depgraph *g, uint32_t job, enum gv_symbol_edge edge)
{
	const struct gv_depgraph_file *f = &g->files[g->file_of[job]];
	size_t n = 0;
	uint32_t k;

	for (k = job + 1;
	     k < f->first + f->n && g->symbols.items[k].in != GV_SYMBOL_NONE;
	     k++)
		n += g->symbols.items[k].kind == GV_SYMBOL_REFERENCE &&
		    g->symbols.items[k].word == edge &&
		    g->symbols.items[k].in == job;
	return n;
}

/* Add the jobs that one extends, or takes a part of. */
static void
add_extended(struct chain *chain, const struct gv_depgraph *g, uint32_t job)
{
	const struct gv_depgraph_run out =
	    gv_depgraph_out(g, gv_depgraph_symbol_node(g, job));
	uint32_t last = GV_DEPGRAPH_NONE, i;
	const struct gv_symbol *to;
	size_t n = 0;

	for (i = 0; i < out.n; i++) {
		const struct gv_depgraph_edge *e = &g->edges[out.items[i]];

		if (e->kind != GV_SYMBOL_EDGE_GITLAB_EXTENDS ||
		    e->target != GV_DEPGRAPH_NODE)
			continue;
		n += e->symbol != last;
		last = e->symbol;
		to = gv_depgraph_definition(g, e->to);
		if (to)
			add_job(chain, (uint32_t)(to - g->symbols.items));
	}
	chain->is_open |=
	    n < count_references(g, job, GV_SYMBOL_EDGE_GITLAB_EXTENDS);
}

static void
find_chain(struct chain *chain, const struct gv_depgraph *g, uint32_t job)
{
	size_t i;

	*chain = (struct chain){ .jobs = { job }, .n = 1 };
	for (i = 0; i < chain->n; i++)
		add_extended(chain, g, chain->jobs[i]);
}

/* The environment of a job, or of what it extends: the nearest; NULL: it is
 * computed, or there is none. */
static const char *
env_of_chain(const struct gv_lint *c, const struct chain *chain)
{
	const struct gv_depgraph *g = c->graph;
	size_t i;
	uint32_t k;

	for (i = 0; i < chain->n; i++) {
		const struct gv_depgraph_run out = gv_depgraph_out(
		    g, gv_depgraph_symbol_node(g, chain->jobs[i]));

		for (k = 0; k < out.n; k++) {
			const struct gv_depgraph_edge *e =
			    &g->edges[out.items[k]];

			if (e->kind != GV_SYMBOL_EDGE_GITLAB_ENVIRONMENT)
				continue;
			if (e->is_pattern)
				return NULL;
			return strchr(gv_lint_name(
					  c, &g->symbols.items[e->symbol]),
				   ':') +
			    1;
		}
	}
	return NULL;
}

/* The name of the secret that an edge leads to; NULL: it leads to no secret. */
static const char *
secret_of(const struct gv_lint *c, const struct gv_depgraph_edge *e)
{
	const char *name;

	if (e->target != GV_DEPGRAPH_EXTERNAL)
		return NULL;
	name = gv_lint_name(c, &c->graph->symbols.items[e->symbol]);
	if (e->kind == GV_SYMBOL_EDGE_GITLAB_SECRET)
		return strchr(name, ':') + 1;
	return e->kind == GV_SYMBOL_EDGE_GITLAB_VAR &&
		gv_name_judge(name, strlen(name)) > GV_NAME_WEAK
	    ? name
	    : NULL;
}

/* A name with a dot in front is no job, but what jobs extend. */
static void
look_at_gitlab(struct uses *u, uint32_t job)
{
	const struct gv_depgraph *g = u->c->graph;
	const char *env, *name;
	struct chain chain;
	struct use *of;
	size_t len, i;
	uint32_t k;

	if (*gv_lint_name(u->c, &g->symbols.items[job]) == '.')
		return;
	find_chain(&chain, g, job);
	if ((env = env_of_chain(u->c, &chain)) == NULL)
		return;
	len = begin_key(u, job);
	if ((of = note(u, env, job)) == NULL)
		return;
	of->is_open |= chain.is_open;
	for (i = 0; i < chain.n; i++) {
		const struct gv_depgraph_run out = gv_depgraph_out(
		    g, gv_depgraph_symbol_node(g, chain.jobs[i]));

		for (k = 0; k < out.n; k++) {
			const struct gv_depgraph_edge *e =
			    &g->edges[out.items[k]];

			if ((name = secret_of(u->c, e)) &&
			    !note_secret(u, env, of, len, name, e->symbol))
				return;
		}
	}
}

/* ---- all ----------------------------------------------------------------- */

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
		if (is_of(&g->symbols.items[k], GV_SYMBOL_SPACE_GITLAB_JOB))
			look_at_gitlab(&u, k);
		else if (is_job(&g->symbols.items[k]))
			look_at_job(&u, k);
	for (use = u.first; use && !c->failed; use = use->next)
		if (use->job->is_shared && !use->job->is_open &&
		    !use->is_shared)
			tell(&u, use);
	gv_map_release(&u.all);
	gv_buf_release(&u.key);
}
