#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "drill/drill_internal.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/file.h"

static const char *const stage_names[] = { "prepare", "clone", "refs", "save",
	"restore", "compare", "objects", "plaintext", "references", "states",
	"components", "sentinel", "good", "rules", "validate", "repeat", "plan",
	"clean" };

static const char *const result_names[] = { "not run", "passed", "failed",
	"could not run", "nothing" };

static const char *const result_codes[] = { "not_run", "passed", "failed",
	"could_not_run", "nothing" };

/* Secrets in clear are in there, so it is a stage, with its time and result. */
static int
clean(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *dir = run->opts->dir;
	struct gv_buf line = GV_BUF_INIT;
	const char *next;

	if (run->opts->keep) {
		step->result = GV_DRILL_NOTHING;
		step->detail = "the clone stays (--keep)";
		return 0;
	}
	if (gv_file_remove_tree(AT_FDCWD, dir) < 0) {
		gv_shell_word(&line, dir);
		next = gv_buf_check(&line) < 0
		    ? NULL
		    : gv_drill_text(run->drill, "rm -rf%s", line.p);
		gv_buf_release(&line);
		return next ? gv_drill_fail_as(run, step, "not_removed",
				  gv_err_message(), next)
			    : GV_ENOMEM;
	}
	step->result = GV_DRILL_PASSED;
	step->detail = "the clone is removed, with the secrets in it";
	return 0;
}

static int (*const stages[])(
    struct gv_drill_run *run, struct gv_drill_step *step) = {
	gv_drill_prepare,
	gv_drill_clone,
	gv_drill_refs,
	gv_drill_save,
	gv_drill_restore,
	gv_drill_compare,
	gv_drill_objects,
	gv_drill_plaintext,
	gv_drill_references,
	gv_drill_states,
	gv_drill_components,
	gv_drill_sentinel,
	gv_drill_good,
	gv_drill_rules,
	gv_drill_validate,
	gv_drill_repeat,
	gv_drill_plan,
	clean,
};

const char *
gv_drill_stage_name(enum gv_drill_stage stage)
{
	return stage_names[stage];
}

const char *
gv_drill_result_name(enum gv_drill_result result)
{
	return result_names[result];
}

const char *
gv_drill_result_code(enum gv_drill_result result)
{
	return result_codes[result];
}

const char *
gv_drill_result_of(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(result_codes) / sizeof(*result_codes); i++)
		if (strcmp(code, result_codes[i]) == 0)
			return result_names[i];
	return code;
}

static int64_t
now_ms(void)
{
	return (int64_t)(gv_clock_tick() / 1000000);
}

/* Whether what follows can be found out at all after this one. */
static bool
ends_all(enum gv_drill_stage stage)
{
	return stage <= GV_DRILL_RESTORE && stage != GV_DRILL_SAVE;
}

/* A stage that cannot be carried out at all has failed: nothing is passed over.
 */
static int
run_stage(struct gv_drill_run *run, enum gv_drill_stage stage)
{
	struct gv_drill_step *step = &run->drill->steps[stage];
	const int64_t begin = now_ms();
	int r;

	if (run->opts->begin)
		run->opts->begin(run->opts->ctx, stage);
	step->detail = "";
	r = run->is_over && stage != GV_DRILL_CLEAN ? GV_ERROR
						    : stages[stage](run, step);
	step->ms = now_ms() - begin;
	/* a remote that delivers nothing is a finding, not a lack of time */
	if (r == GV_ERROR && run->is_over && stage != GV_DRILL_CLONE &&
	    step->result != GV_DRILL_FAILED) {
		step->result = GV_DRILL_NOT_RUN;
		step->detail = "the time of the drill is over; --budget gives "
			       "it more";
		return 0;
	}
	if (r == GV_ERROR) {
		const struct gv_drill_symptom s = { .stage = stage,
			.code = gv_err_name(r),
			.message = gv_err_message(),
			.has_key = run->has_key,
			.is_listed = true };

		r = gv_drill_fail(run, step, &s, gv_err_message());
	}
	return r;
}

static void
sum_up(struct gv_drill *d)
{
	size_t i;
	bool is_part = false;

	d->result = GV_DRILL_PASSED;
	for (i = 0; i < GV_DRILL_STAGES; i++) {
		if (d->steps[i].result == GV_DRILL_FAILED)
			d->result = GV_DRILL_FAILED;
		is_part = is_part || d->steps[i].result == GV_DRILL_NOT_RUN ||
		    d->steps[i].result == GV_DRILL_COULD_NOT;
	}
	if (d->result == GV_DRILL_PASSED && is_part)
		d->result = GV_DRILL_COULD_NOT;
}

static int
name_it(struct gv_drill *d, const struct gv_drill_opts *o)
{
	unsigned char random[4];
	char time[GV_TIME_MAX], host[256], user[256];
	int r;

	if ((r = gv_clock_random(random, sizeof(random))) < 0)
		return r;
	gv_time_compact(time, o->now);
	(void)snprintf(d->id, sizeof(d->id), "%.16s-%02x%02x%02x%02x", time,
	    random[0], random[1], random[2], random[3]);
	gv_env_host(host, sizeof(host));
	gv_env_user(user, sizeof(user));
	d->host = gv_drill_text(d, "%s", host);
	d->user = gv_drill_text(d, "%s", user);
	return d->host && d->user ? 0 : GV_ENOMEM;
}

int
gv_drill_run(
    struct gv_drill *out, struct gv_repo *repo, const struct gv_drill_opts *o)
{
	const int64_t begin = now_ms();
	struct gv_drill_run run = { .drill = out,
		.repo = repo,
		.opts = o,
		.now = o->now,
		.begin = begin,
		.blocks = -1 };
	int stage, r;

	*out = (struct gv_drill){ .arena = GV_ARENA_INIT,
		.fault = o->fault,
		.started = o->now,
		.seed = o->seed,
		.is_random = o->is_random,
		.rto = o->rto ? o->rto : GV_DRILL_RTO,
		.rpo = o->rpo ? o->rpo : GV_DRILL_RPO,
		.version = PACKAGE_VERSION,
		.plan = o->plan,
		.env = o->env };
	run.until = begin + (o->budget ? o->budget : GV_DRILL_BUDGET) * 1000;
	if ((r = name_it(out, o)) == 0)
		r = gv_drill_functions(out, repo);
	for (stage = 0; r == 0 && stage < GV_DRILL_CLEAN; stage++) {
		r = run_stage(&run, (enum gv_drill_stage)stage);
		if (out->steps[stage].result == GV_DRILL_FAILED &&
		    ends_all((enum gv_drill_stage)stage))
			break;
	}
	if (r == 0)
		r = run_stage(&run, GV_DRILL_CLEAN);
	out->ms = now_ms() - begin;
	out->ended = o->now + out->ms / 1000;
	sum_up(out);
	free(run.env);
	return r;
}

const char *
gv_drill_kind(const struct gv_drill *d)
{
	if (d->fault)
		return "fault";
	if (d->is_random)
		return "sample";
	return d->env ? "partial" : "full";
}

uint64_t
gv_drill_checks(const struct gv_drill *d, enum gv_drill_result result)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < d->n_validations; i++)
		n += d->validations[i].result == result;
	return n;
}

int64_t
gv_drill_age(const struct gv_drill *d)
{
	return d->started > d->snapshot_time ? d->started - d->snapshot_time
					     : 0;
}

void
gv_drill_release(struct gv_drill *d)
{
	free(d->validations);
	gv_arena_release(&d->arena);
}
