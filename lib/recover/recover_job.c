#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/sha.h"
#include "recover/recover_internal.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"

static int64_t
now_ms(void)
{
	return (int64_t)(gv_clock_tick() / 1000000);
}

/* ---- texts --------------------------------------------------------------- */

const char *
gv_recover_text(struct gv_recover_job *job, const char *fmt, ...)
{
	struct gv_buf text = GV_BUF_INIT;
	char *out = NULL;
	va_list ap;

	va_start(ap, fmt);
	gv_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (gv_buf_check(&text) == 0)
		out = gv_arena_copy(&job->arena, text.p, text.len);
	gv_buf_release(&text);
	return out;
}

int
gv_recover_fail(struct gv_recover_job *job, const char *fmt, ...)
{
	struct gv_buf text = GV_BUF_INIT;
	va_list ap;

	job->result = GV_PLAN_FAILED;
	va_start(ap, fmt);
	gv_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	job->detail = gv_buf_check(&text) == 0
	    ? gv_arena_copy(&job->arena, text.p, text.len)
	    : NULL;
	gv_buf_release(&text);
	return job->detail ? 0 : GV_ENOMEM;
}

int
gv_recover_fail_by(struct gv_recover_job *job, int r)
{
	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return gv_recover_fail(job, "%s", gv_err_message());
}

/* A restore leaves one for each file, so room is made for twice as many. */
static int
make_room(struct gv_recover_job *job)
{
	const size_t n = job->n_values;
	const char **all;

	if (n >= 2 && (n & (n - 1)) != 0)
		return 0;
	all = gv_arena_alloc(&job->arena, (2 * n + 3) * sizeof(*all));
	if (all == NULL)
		return GV_ENOMEM;
	if (n)
		memcpy(all, job->values, n * sizeof(*all));
	job->values = all;
	return 0;
}

int
gv_recover_value(
    struct gv_recover_job *job, const char *name, const char *value)
{
	const char **at;

	if (make_room(job) < 0)
		return GV_ENOMEM;
	at = job->values + job->n_values;
	at[0] = gv_recover_text(job, "%s", name);
	at[1] = gv_recover_text(job, "%s", value);
	at[2] = NULL;
	if (at[0] == NULL || at[1] == NULL)
		return GV_ENOMEM;
	job->n_values += 2;
	return 0;
}

const char *
gv_recover_left(const struct gv_recover_job *job, const char *name)
{
	const char *const *v = job->left;

	for (; v && v[0]; v += 2)
		if (strcmp(v[0], name) == 0)
			return v[1];
	return NULL;
}

static bool
leads_out(const struct gv_recover *run, const char *path)
{
	const char *at = path, *own = gv_recover_dir(run);
	const size_t n = strlen(own);

	if (*path == '/')
		return strncmp(path, own, n) != 0 || path[n] != '/' ||
		    leads_out(run, path + n + 1);
	for (; (at = strstr(at, "..")); at += 2)
		if ((at == path || at[-1] == '/') &&
		    (at[2] == '/' || at[2] == '\0'))
			return true;
	return false;
}

/* What a rehearsal writes outside of its tree would stay, in clear, and be in
 * the way of the recovery: it is written to the folder of the run, or to the
 * tree where no restore writes into .git. */
static int
path_of_rehearsal(
    const char **out, struct gv_recover_job *job, const char *path)
{
	unsigned char sum[GV_SHA_BYTES];
	char digits[2 * GV_SHA_BYTES + 1];

	gv_sha_sum(sum, path, strlen(path));
	gv_enc_hex(digits, sum, sizeof(sum));
	*out = gv_recover_text(job, "%s/%s%.16s",
	    job->s.kind == GV_PLAN_RESTORE ? job->top
					   : gv_recover_dir(job->run),
	    ".gitvault-outside-", digits);
	return *out ? 1 : GV_ENOMEM;
}

int
gv_recover_path(const char **out, struct gv_recover_job *job, const char *path)
{
	int r;

	if (job->how->is_rehearsal && leads_out(job->run, path))
		return path_of_rehearsal(out, job, path);

	*out =
	    *path == '/' ? path : gv_recover_text(job, "%s/%s", job->top, path);
	if (*out == NULL)
		return GV_ENOMEM;
	if (*path == '/')
		return 1;
	r = gv_file_leads_through_link(job->top, path);
	return r < 0 ? r
	    : r == 0
	    ? 1
	    : gv_recover_fail(job,
		  "%s leads through a symbolic link, which no plan follows; "
		  "write the path that it leads to into the plan",
		  path);
}

int
gv_recover_time_left(int *ms, const struct gv_recover_job *job)
{
	const int64_t most = job->s.timeout * 1000;
	int64_t left = job->until ? job->until - now_ms() : 0;

	*ms = 0;
	if (job->until && left <= 0)
		return gv_err(GV_ERROR, "the deadline of the step is over");
	if (most && (left == 0 || most < left))
		left = most;
	*ms = left > 1 << 30 ? 1 << 30 : (int)left;
	return 0;
}

/* ---- values -------------------------------------------------------------- */

static const char *
find_value(const char *const *values, const char *name, size_t len)
{
	for (; values && values[0]; values += 2)
		if (strlen(values[0]) == len &&
		    memcmp(values[0], name, len) == 0)
			return values[1];
	return NULL;
}

static const char *
result_of(enum gv_plan_status status)
{
	switch (status) {
	case GV_PLAN_IS_PASSED:
	case GV_PLAN_IS_BACK:
		return "passed";
	case GV_PLAN_IS_FAILED:
	case GV_PLAN_IS_STUCK:
		return "failed";
	default:
		return "skipped";
	}
}

static const char *
value_of_step(const struct gv_recover *run, const struct gv_plan_part *part)
{
	const struct gv_plan_step_progress *p;
	char id[80];
	uint32_t at;

	(void)snprintf(id, sizeof(id), "%.*s", (int)part->step_len, part->step);
	at = gv_plan_find(&run->plan, id);
	if (at == GV_PLAN_NONE)
		return NULL;
	p = &run->progress.steps[at];
	return part->kind == GV_PLAN_PART_OUTPUT
	    ? find_value(p->outputs, part->name, part->name_len)
	    : result_of(p->status);
}

static bool
has_failed(const struct gv_recover *run)
{
	size_t i;

	for (i = 0; i < run->plan.n; i++)
		if (run->progress.steps[i].status == GV_PLAN_IS_FAILED ||
		    run->progress.steps[i].status == GV_PLAN_IS_STUCK)
			return true;
	return run->progress.is_aborted;
}

int
gv_recover_look(struct gv_buf *out, void *ctx, const struct gv_plan_part *part)
{
	const struct gv_recover *run = ctx;
	const char *value = NULL;

	switch (part->kind) {
	case GV_PLAN_PART_INPUT:
		value = find_value(
		    run->progress.begin->values, part->name, part->name_len);
		break;
	case GV_PLAN_PART_OUTPUT:
	case GV_PLAN_PART_STEP_RESULT:
		value = value_of_step(run, part);
		break;
	case GV_PLAN_PART_ENVIRONMENT:
		value = run->environment;
		break;
	case GV_PLAN_PART_PLAN:
		value = run->plan.name;
		break;
	case GV_PLAN_PART_RUN:
		value = run->id;
		break;
	case GV_PLAN_PART_FOLDER:
		value = run->dir;
		break;
	case GV_PLAN_PART_RESULT:
		value = has_failed(run) ? "failed" : "passed";
		break;
	default:
		return gv_err(GV_EREFUSED, "%.*s is no reference",
		    (int)part->len, part->p);
	}
	/* a step that was skipped has no outputs */
	gv_buf_addstr(out, value ? value : "");
	return 0;
}

/* ---- the step with its values -------------------------------------------- */

/* Steps that run in a sandbox have the folder of the run there. */
static int
look(struct gv_buf *out, void *ctx, const struct gv_plan_part *part)
{
	const struct gv_recover_job *job = ctx;
	const enum gv_plan_kind kind = job->s.kind;

	if (part->kind != GV_PLAN_PART_FOLDER || !job->how->is_rehearsal ||
	    kind == GV_PLAN_RESTORE || kind == GV_PLAN_SECRETS ||
	    kind == GV_PLAN_STATE)
		return gv_recover_look(out, job->run, part);
	gv_recover_box_folder(out, job->s.dir);
	return 0;
}

static int
expand(const char **text, struct gv_recover_job *job)
{
	struct gv_buf out = GV_BUF_INIT;
	int r;

	if (*text == NULL || !gv_plan_template_is(*text))
		return 0;
	r = gv_plan_template_expand(&out, *text, look, job);
	if (r == 0 && strlen(out.p) != out.len)
		r = gv_err(GV_EREFUSED, "a value has a NUL in it");
	if (r == 0 &&
	    (*text = gv_arena_copy(&job->arena, out.p, out.len)) == NULL)
		r = GV_ENOMEM;
	gv_buf_release(&out);
	return r;
}

static int
expand_list(const char *const **list, struct gv_recover_job *job)
{
	const char **all;
	size_t n = 0, i;
	int r = 0;

	if (*list == NULL)
		return 0;
	while ((*list)[n])
		n++;
	all = gv_arena_alloc(&job->arena, (n + 1) * sizeof(*all));
	if (all == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < n; i++) {
		all[i] = (*list)[i];
		r = expand(&all[i], job);
	}
	*list = all;
	return r;
}

static int
expand_probe(struct gv_plan_probe *p, struct gv_recover_job *job)
{
	int r;

	if ((r = expand_list(&p->command.argv, job)) < 0 ||
	    (r = expand(&p->subject, job)) < 0 ||
	    (r = expand(&p->key, job)) < 0 || (r = expand(&p->ca, job)) < 0)
		return r;
	return expand(&p->expect, job);
}

static int
expand_one(const struct gv_plan_probe **probe, struct gv_recover_job *job)
{
	struct gv_plan_probe *copy;

	if (*probe == NULL)
		return 0;
	copy = gv_arena_alloc(&job->arena, sizeof(*copy));
	if (copy == NULL)
		return GV_ENOMEM;
	*copy = **probe;
	*probe = copy;
	return expand_probe(copy, job);
}

static int
expand_preconditions(struct gv_recover_job *job)
{
	struct gv_plan_step *s = &job->s;
	struct gv_plan_probe *all;
	size_t i;
	int r = 0;

	if (s->n_preconditions == 0)
		return 0;
	all = gv_arena_alloc(&job->arena, s->n_preconditions * sizeof(*all));
	if (all == NULL)
		return GV_ENOMEM;
	memcpy(all, s->preconditions, s->n_preconditions * sizeof(*all));
	for (i = 0; r == 0 && i < s->n_preconditions; i++)
		r = expand_probe(&all[i], job);
	s->preconditions = all;
	return r;
}

static int
expand_outputs(struct gv_recover_job *job)
{
	struct gv_plan_step *s = &job->s;
	struct gv_plan_output *all;
	size_t i;
	int r = 0;

	if (s->n_outputs == 0)
		return 0;
	all = gv_arena_alloc(&job->arena, s->n_outputs * sizeof(*all));
	if (all == NULL)
		return GV_ENOMEM;
	memcpy(all, s->outputs, s->n_outputs * sizeof(*all));
	for (i = 0; r == 0 && i < s->n_outputs; i++)
		r = expand(&all[i].file, job);
	s->outputs = all;
	return r;
}

static int
expand_step(struct gv_recover_job *job)
{
	struct gv_plan_step *s = &job->s;
	const char **const texts[] = { &s->dir, &s->snapshot, &s->into,
		&s->stack, &s->version, &s->file, &s->key, &s->to,
		&s->rollback_in };
	size_t i;
	int r;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if ((r = expand(texts[i], job)) < 0)
			return r;
	if ((r = expand_list(&s->command.argv, job)) < 0 ||
	    (r = expand_list(&s->rollback.argv, job)) < 0 ||
	    (r = expand_list(&s->env, job)) < 0 ||
	    (r = expand_list(&s->paths, job)) < 0 ||
	    (r = expand_probe(&s->probe, job)) < 0 ||
	    (r = expand_one(&s->before, job)) < 0 ||
	    (r = expand_one(&s->after, job)) < 0 ||
	    (r = expand_one(&s->caught_up, job)) < 0 ||
	    (r = expand_preconditions(job)) < 0)
		return r;
	return expand_outputs(job);
}

/* ---- its environment ----------------------------------------------------- */

size_t
gv_recover_count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static int
make_env(struct gv_recover_job *job)
{
	const struct gv_recover *run = job->run;
	const char *const *of_plan = run->plan.env;
	const size_t n =
	    6 + gv_recover_count(of_plan) + gv_recover_count(job->s.env);
	size_t i = 0, k;
	int r;

	if ((r = expand_list(&of_plan, job)) < 0)
		return r;
	job->env = gv_arena_alloc(&job->arena, n * sizeof(*job->env));
	if (job->env == NULL)
		return GV_ENOMEM;
	for (k = 0; of_plan && of_plan[k]; k++)
		job->env[i++] = of_plan[k];
	for (k = 0; job->s.env && job->s.env[k]; k++)
		job->env[i++] = job->s.env[k];
	job->env[i++] =
	    gv_recover_text(job, "GIT_VAULT_PLAN=%s", run->plan.name);
	job->env[i++] = gv_recover_text(job, "GIT_VAULT_RUN=%s", run->id);
	job->env[i++] = gv_recover_text(job, "GIT_VAULT_STEP=%s", job->s.id);
	job->env[i++] = gv_recover_text(job, "GIT_VAULT_ENVIRONMENT=%s",
	    run->environment ? run->environment : "");
	for (k = 0; k < i; k++)
		if (job->env[k] == NULL)
			return GV_ENOMEM;
	job->mark = &job->env[i];
	return 0;
}

int
gv_recover_job_init(struct gv_recover_job *out, struct gv_recover *run,
    const struct gv_recover_how *how, uint32_t step)
{
	const struct gv_plan_step *s = &run->plan.steps[step];
	const struct gv_plan_step_progress *p = &run->progress.steps[step];
	int64_t left;
	int r;

	*out = (struct gv_recover_job){ .run = run,
		.how = how,
		.step = s,
		.s = *s,
		.attempt = p->attempts + 1,
		.was_begun = p->first != 0,
		.top = run->repo->worktree,
		.result = GV_PLAN_PASSED,
		.arena = GV_ARENA_INIT };
	if (s->deadline && p->first) {
		left = p->first + s->deadline - gv_clock_now().tv_sec;
		out->until = now_ms() + (left > 0 ? left * 1000 : 1);
	} else if (s->deadline) {
		out->until = now_ms() + s->deadline * 1000;
	}
	if ((r = expand_step(out)) == 0)
		r = make_env(out);
	return r;
}

void
gv_recover_job_release(struct gv_recover_job *job)
{
	gv_arena_release(&job->arena);
}

/* ---- doing it ------------------------------------------------------------ */

static int
check_preconditions(struct gv_recover_job *job)
{
	size_t i;
	int r = 1;

	for (i = 0; r > 0 && i < job->s.n_preconditions; i++)
		r = gv_recover_probe(job, &job->s.preconditions[i]);
	return r;
}

static int
do_kind(struct gv_recover_job *job)
{
	int r;

	switch (job->s.kind) {
	case GV_PLAN_RESTORE:
		r = gv_recover_restore(job);
		gv_recover_box_changed(job);
		return r;
	case GV_PLAN_SECRETS:
		return gv_recover_secrets(job);
	case GV_PLAN_STATE:
		r = gv_recover_state(job);
		gv_recover_box_changed(job);
		return r;
	case GV_PLAN_SWITCH:
		return gv_recover_switch(job);
	case GV_PLAN_CHECK:
	case GV_PLAN_WAIT:
		r = gv_recover_probe(job, &job->s.probe);
		return r > 0 ? 0 : r;
	default:
		return gv_recover_command(job);
	}
}

static int
do_back(struct gv_recover_job *job)
{
	if (job->s.has_rollback)
		return gv_recover_command_back(job);
	if (job->s.kind == GV_PLAN_RESTORE)
		return gv_recover_restore_back(job);
	return job->s.kind == GV_PLAN_STATE ? gv_recover_state_back(job)
					    : gv_recover_switch_back(job);
}

int
gv_recover_job_do(struct gv_recover_job *job)
{
	const int64_t begin = now_ms();
	int r;

	if (job->is_back)
		r = do_back(job);
	else if ((r = check_preconditions(job)) > 0)
		r = do_kind(job);
	job->ms = now_ms() - begin;
	return r;
}
