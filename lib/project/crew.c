#include "project/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/foreign.h"
#include "sys/env.h"
#include "sys/exec.h"
#include "sys/proc.h"
#include "sys/workers.h"

/* What `git rev-parse --local-env-vars` names but configuration, and what our
 * children are not to ask. */
static const char *const local[] = { "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE",
	"GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE",
	"GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE",
	"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_INTERNAL_SUPER_PREFIX", NULL };

#define CEILING "GIT_CEILING_DIRECTORIES"

/* Git looks into no folder that is above `dir`. */
static void
add_ceiling(struct gv_buf *out, const char *dir)
{
	const char *slash = strrchr(dir, '/');

	gv_buf_add(out, dir, slash && slash > dir ? (size_t)(slash - dir) : 1);
}

struct crew {
	const struct gv_crew_opts *opts;
	atomic_size_t next;
	pthread_mutex_t lock;
	/* below the lock */
	struct gv_crew_result *results;
	bool *is_done;
	size_t told; /* how many results were handed over */
	int r;       /* the first failure */
};

static void
take_some(struct gv_crew_result *result, struct gv_buf *to, struct gv_buf *from)
{
	const size_t room = to->len < result->most ? result->most - to->len : 0;

	gv_buf_add(to, from->p, from->len < room ? from->len : room);
	result->is_cut |= from->len > room;
	gv_buf_reset(from);
}

static void
collect(void *ctx, struct gv_proc *p)
{
	struct gv_crew_result *result = ctx;

	take_some(result, &result->out, &p->out);
	take_some(result, &result->err, &p->err);
}

/* Those of the options, NULL behind the last. */
static void
add_env(const char **env, const char *const *more)
{
	size_t i;

	for (i = 0; more && more[i] && i < GV_CREW_ENV; i++)
		env[i] = more[i];
	env[i] = NULL;
}

static int
run_one(struct crew *c, size_t i)
{
	struct gv_crew_result *result = &c->results[i];
	const size_t n_local = sizeof(local) / sizeof(local[0]) - 1;
	const char *env[sizeof(local) / sizeof(local[0]) + 2 + GV_CREW_ENV];
	struct gv_buf ceiling = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (c->opts->before && (r = c->opts->before(c->opts->ctx, i)) != 0)
		return r < 0 ? r : 0;
	memcpy(env + 2, local, sizeof(local));
	add_env(env + 2 + n_local, c->opts->env);
	gv_buf_addstr(&ceiling, CEILING "=");
	add_ceiling(&ceiling, c->opts->dir(c->opts->ctx, i));
	env[0] = ceiling.p;
	env[1] = "GIT_TERMINAL_PROMPT=0";
	if ((r = gv_buf_check(&ceiling)) < 0)
		return r;
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = c->opts->argv(c->opts->ctx, i),
		.env = env,
		.timeout_ms = c->opts->timeout_ms,
		.is_apart = true,
		.told = collect,
		.ctx = result,
		.beside = i == 0 ? c->opts->beside : NULL });
	result->status = r < 0 ? -1 : p.status;
	if (r < 0 && r != GV_ECANCELED && r != GV_ENOMEM) {
		gv_buf_reset(&result->err);
		gv_buf_addf(&result->err, "%s\n", gv_err_message());
		r = 0;
	}
	gv_proc_release(&p);
	gv_buf_release(&ceiling);
	return r;
}

static void
hand_over_one(struct crew *c, size_t i)
{
	struct gv_crew_result *result = &c->results[i];

	c->r = c->opts->done(c->opts->ctx, i, result);
	gv_buf_release(&result->out);
	gv_buf_release(&result->err);
}

/* Hand over one that ended, or all that follow on what was handed over before.
 */
static void
hand_over(struct crew *c, size_t i)
{
	if (c->opts->as_they_end && c->r == 0)
		hand_over_one(c, i);
	while (!c->opts->as_they_end && c->r == 0 && c->told < c->opts->n &&
	    c->is_done[c->told])
		hand_over_one(c, c->told++);
}

static int
work(void *ctx, int worker)
{
	struct crew *c = ctx;
	size_t i;
	int r = 0;

	(void)worker;
	while (r == 0 && (i = atomic_fetch_add(&c->next, 1)) < c->opts->n) {
		r = run_one(c, i);
		pthread_mutex_lock(&c->lock);
		c->is_done[i] = true;
		if (r == 0) {
			hand_over(c, i);
			r = c->r;
		} else if (c->r == 0) {
			c->r = r;
		}
		pthread_mutex_unlock(&c->lock);
	}
	return r;
}

int
gv_crew_run(const struct gv_crew_opts *opts)
{
	struct crew c = { .opts = opts, .lock = PTHREAD_MUTEX_INITIALIZER };
	int jobs = gv_workers_count(opts->jobs), r;
	size_t i;

	if (opts->n == 0)
		return 0;
	c.results = calloc(opts->n, sizeof(*c.results));
	c.is_done = calloc(opts->n, sizeof(*c.is_done));
	if (c.results == NULL || c.is_done == NULL) {
		free(c.results);
		free(c.is_done);
		return gv_err_nomem();
	}
	for (i = 0; i < opts->n; i++)
		c.results[i] = (struct gv_crew_result){ .out = GV_BUF_INIT,
			.err = GV_BUF_INIT,
			.most = opts->most ? opts->most : GV_CREW_OUTPUT };
	if (jobs < 2 && opts->jobs == 0)
		jobs = 2;
	if ((size_t)jobs > opts->n)
		jobs = (int)opts->n;
	r = gv_workers_run(jobs, work, &c);
	for (i = 0; i < opts->n; i++) {
		gv_buf_release(&c.results[i].out);
		gv_buf_release(&c.results[i].err);
	}
	free(c.results);
	free(c.is_done);
	return r;
}

int
gv_crew_git(struct gv_proc *p, const char *dir, const struct gv_proc_opts *opts)
{
	const char *env[sizeof(local) / sizeof(local[0]) + 6];
	struct gv_proc_opts how = *opts;
	struct gv_buf ceiling = GV_BUF_INIT, git_dir = GV_BUF_INIT;
	char *vault;
	int r = gv_foreign_vault(&vault, dir);

	if (r < 0)
		return r;
	gv_buf_addf(
	    &git_dir, "GIT_DIR%s%s", vault ? "=" : "", vault ? vault : "");
	free(vault);
	gv_buf_addstr(&ceiling, CEILING "=");
	add_ceiling(&ceiling, dir);
	env[0] = ceiling.p;
	env[1] = "GIT_TERMINAL_PROMPT=0";
	env[2] = "GIT_NO_LAZY_FETCH=1";
	/* the same for a git that does not know that variable */
	env[3] = "GIT_ALLOW_PROTOCOL=none";
	env[4] = "GIT_NO_REPLACE_OBJECTS=1";
	env[5] = git_dir.p;
	memcpy(env + 6, local, sizeof(local));
	how.cwd = dir;
	how.env = env;
	how.is_apart = true;
	if ((r = gv_buf_check(&ceiling)) == 0 &&
	    (r = gv_buf_check(&git_dir)) == 0)
		r = gv_proc_run(p, &how);
	gv_buf_release(&ceiling);
	gv_buf_release(&git_dir);
	return r;
}

int
gv_crew_enter(const char *dir)
{
	struct gv_buf ceiling = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && local[i]; i++)
		r = gv_env_set(local[i], NULL);
	add_ceiling(&ceiling, dir);
	if (r == 0 && (r = gv_buf_check(&ceiling)) == 0)
		r = gv_env_set(CEILING, ceiling.p);
	gv_buf_release(&ceiling);
	return r < 0 ? r : gv_exec_chdir(dir);
}
