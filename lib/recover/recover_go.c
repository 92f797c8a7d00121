#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "recover/recover_internal.h"
#include "remote/remote.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/workers.h"

/*
 * One thread decides, by gv_plan_next(), and is the only one that touches the
 * run, its journal and the repository. Tries of steps run on others, one each,
 * and hand their result back. With one job there is one thread.
 */

#define LOOK_MS 200 /* so often it is asked whether we are to stop */

enum slot_state {
	IS_FREE,
	IS_READY, /* a worker may take it */
	IS_TAKEN,
	IS_DONE, /* its result waits for the thread that decides */
};

struct slot {
	enum slot_state state;
	struct gv_recover_job job;
	uint32_t step;
	int r;
};

struct loop {
	struct gv_recover *run;
	const struct gv_recover_how *how;
	struct gv_recover_pause *pause;
	struct slot slots[GV_PLAN_JOBS_MAX];
	unsigned n_slots, n_running;
	bool *parked; /* by step: it waits for people */
	bool is_over;
	bool has_workers;
	pthread_mutex_t lock, telling;
	pthread_cond_t wake;
};

/* ---- telling ------------------------------------------------------------- */

static void
tell(struct loop *l, const struct gv_recover_news *news)
{
	if (l->how->told == NULL)
		return;
	pthread_mutex_lock(&l->telling);
	l->how->told(l->how->ctx, news);
	pthread_mutex_unlock(&l->telling);
}

static void
tell_line(
    void *ctx, const struct gv_recover_job *job, const char *line, size_t len)
{
	const struct gv_recover_news news = {
		.step = job->step, .line = line, .len = len
	};

	tell(ctx, &news);
}

/* Write it down, then say it. */
static int
note(struct loop *l, struct gv_plan_record *record,
    const struct gv_plan_step *step, bool durable)
{
	const struct gv_recover_news news = { .record = record, .step = step };
	int r;

	record->at = gv_clock_now().tv_sec;
	record->step = step ? step->id : NULL;
	r = gv_recover_journal_add(l->run, record, durable);
	if (r == 0)
		tell(l, &news);
	return r;
}

/* ---- tries --------------------------------------------------------------- */

/* What a failure says goes to the journal: not if it holds a secret. */
static int
guard_detail(struct gv_recover_job *job)
{
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(NULL);
	struct gv_disclosed what;
	int r;

	if (job->detail == NULL)
		return 0;
	r = gv_disclosure_find(&what, &disclosure, job->detail);
	if (r > 0)
		r = gv_recover_fail(job,
		    "it failed; what it said is left out, since it likely has "
		    "a secret");
	gv_disclosure_release(&disclosure);
	return r;
}

/* A try that ended: the next one's time is decided from this record alone. */
static int
take_result(struct loop *l, struct slot *slot)
{
	struct gv_recover_job *job = &slot->job;
	struct gv_plan_record record = { .what = GV_PLAN_END,
		.attempt = job->attempt };
	int r = slot->r;

	if (r == 0 && job->is_parked) {
		l->parked[slot->step] = true;
		l->pause->step = job->step;
		l->pause->why = gv_arena_copy(
		    &l->run->arena, job->detail, strlen(job->detail));
		goto out;
	}
	if (r < 0 || (r = guard_detail(job)) < 0)
		goto out;
	record.result = job->result;
	record.status = job->status;
	record.ms = job->ms;
	record.detail = job->detail;
	record.values = job->values;
	r = note(l, &record, job->step, true);
out:
	gv_recover_job_release(job);
	slot->state = IS_FREE;
	l->n_running--;
	return r;
}

static int
work(void *ctx, int i)
{
	struct loop *l = ctx;
	struct slot *slot = &l->slots[i - 1];

	pthread_mutex_lock(&l->lock);
	while (!l->is_over) {
		if (slot->state != IS_READY) {
			pthread_cond_wait(&l->wake, &l->lock);
			continue;
		}
		slot->state = IS_TAKEN;
		pthread_mutex_unlock(&l->lock);
		slot->r = gv_recover_job_do(&slot->job);
		pthread_mutex_lock(&l->lock);
		slot->state = IS_DONE;
		pthread_cond_broadcast(&l->wake);
	}
	pthread_mutex_unlock(&l->lock);
	return 0;
}

/* The value that a switch is about to replace, before it does. */
static int
keep_old(struct loop *l, struct gv_recover_job *job, uint32_t step)
{
	const struct gv_plan_step *s = &job->s;
	struct gv_plan_record record = { .what = GV_PLAN_OLD };
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(NULL);
	struct gv_disclosed what;
	const char *values[5] = { "value", NULL, "raw" };
	struct gv_buf old = GV_BUF_INIT, raw = GV_BUF_INIT;
	int r;

	job->old = l->run->progress.steps[step].old;
	job->raw = l->run->progress.steps[step].raw;
	if (s->kind != GV_PLAN_SWITCH || s->file == NULL || job->old)
		return 0;
	if ((r = gv_recover_key_get(&old, job, s->file, s->key)) <= 0 ||
	    (r = gv_recover_key_raw(&raw, job, s->file, s->key)) <= 0)
		goto out;
	r = gv_disclosure_suspect(&what, &disclosure, s->key, old.p);
	if (r > 0) {
		r = gv_recover_fail(job,
		    "the value of '%s' in %s likely is a secret, and would be "
		    "stored for the way back",
		    s->key, s->file);
		goto out;
	}
	values[1] = old.p;
	values[3] = raw.p;
	record.values = values;
	if (r == 0)
		r = note(l, &record, job->step, true);
	job->old = l->run->progress.steps[step].old;
	job->raw = l->run->progress.steps[step].raw;
out:
	gv_disclosure_release(&disclosure);
	gv_buf_release(&old);
	gv_buf_release(&raw);
	return r;
}

static struct slot *
free_slot(struct loop *l)
{
	unsigned i;

	for (i = 0; l->slots[i].state != IS_FREE; i++)
		;
	return &l->slots[i];
}

/* Steps that ask the repository run on the thread that has it. */
static bool
is_own(const struct gv_recover_job *job)
{
	return job->s.kind == GV_PLAN_APPROVE;
}

static int
start(struct loop *l, const struct gv_plan_next *next)
{
	struct gv_plan_record record = { .what = GV_PLAN_START,
		.attempt = next->attempt };
	struct slot *slot = free_slot(l);
	struct gv_recover_job *job = &slot->job;
	int r = gv_recover_job_init(job, l->run, l->how, next->step);

	slot->step = next->step;
	slot->r = 0;
	l->n_running++;
	job->line = tell_line;
	job->ctx = l;
	if (r == GV_EREFUSED)
		r = gv_recover_fail(job, "%s", gv_err_message());
	if (r < 0 || (r = keep_old(l, job, next->step)) < 0 ||
	    (r = note(l, &record, job->step, job->s.is_once)) < 0)
		goto fail;
	if (job->result != GV_PLAN_PASSED)
		return take_result(l, slot);
	if (l->has_workers && !is_own(job)) {
		slot->state = IS_READY;
		pthread_cond_broadcast(&l->wake);
		return 0;
	}
	pthread_mutex_unlock(&l->lock);
	slot->r =
	    is_own(job) ? gv_recover_approve(job) : gv_recover_job_do(job);
	pthread_mutex_lock(&l->lock);
	return take_result(l, slot);
fail:
	gv_recover_job_release(job);
	l->n_running--;
	return r;
}

/* ---- the way back -------------------------------------------------------- */

/* Nothing else runs then. */
static int
go_back(struct loop *l, uint32_t step)
{
	struct gv_plan_step_progress *p = &l->run->progress.steps[step];
	const struct gv_plan_step *s = &l->run->plan.steps[step];
	struct gv_plan_record record = { .what = GV_PLAN_BACK };
	struct gv_recover_job job;
	int r = note(l, &record, s, true);

	if (r < 0)
		return r;
	r = gv_recover_job_init(&job, l->run, l->how, step);
	job.is_back = true;
	job.until = 0;
	job.old = p->old;
	job.raw = p->raw;
	job.left = p->outputs;
	job.sum = gv_recover_left(&job, "sum");
	job.was_there = gv_recover_left(&job, "was_there") != NULL;
	job.line = tell_line;
	job.ctx = l;
	if (r == 0) {
		pthread_mutex_unlock(&l->lock);
		r = gv_recover_job_do(&job);
		pthread_mutex_lock(&l->lock);
	}
	if (r < 0 || (r = guard_detail(&job)) < 0)
		goto out;
	record.what = GV_PLAN_BACK_END;
	record.result =
	    job.result == GV_PLAN_PASSED ? GV_PLAN_PASSED : GV_PLAN_FAILED;
	record.status = job.status;
	record.ms = job.ms;
	record.detail = job.detail;
	r = note(l, &record, s, true);
out:
	gv_recover_job_release(&job);
	return r;
}

/* ---- the loop ------------------------------------------------------------ */

static bool
is_running(void *ctx, uint32_t step)
{
	const struct loop *l = ctx;
	unsigned i;

	for (i = 0; i < l->n_slots; i++)
		if (l->slots[i].state != IS_FREE && l->slots[i].step == step)
			return true;
	return l->parked[step];
}

static int
look(struct gv_buf *out, void *ctx, const struct gv_plan_part *part)
{
	return gv_recover_look(out, ((struct loop *)ctx)->run, part);
}

static struct slot *
find_done(struct loop *l)
{
	unsigned i;

	for (i = 0; i < l->n_slots; i++)
		if (l->slots[i].state == IS_DONE)
			return &l->slots[i];
	return NULL;
}

static void
pause_for(struct loop *l, int64_t until)
{
	const int64_t left =
	    until ? (until - gv_clock_now().tv_sec) * 1000 : LOOK_MS;
	const int ms = left < 1 ? 1 : left < LOOK_MS ? (int)left : LOOK_MS;
	struct timespec at;

	if (l->n_running == 0) {
		pthread_mutex_unlock(&l->lock);
		gv_clock_sleep(ms);
		pthread_mutex_lock(&l->lock);
		return;
	}
	at = gv_clock_coarse();
	at.tv_nsec += ms * 1000000L;
	at.tv_sec += at.tv_nsec / 1000000000L;
	at.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&l->wake, &l->lock, &at);
}

/* 1 where the run goes on, 0 where it does not. */
static int
act(struct loop *l, const struct gv_plan_next *next)
{
	const struct gv_plan_step *s = &l->run->plan.steps[next->step];
	struct gv_plan_record record = { .result = next->result };
	int r = 0;

	switch (next->kind) {
	case GV_PLAN_NEXT_START:
		record.detail =
		    l->how->is_rehearsal ? gv_recover_box_skips(s) : NULL;
		record.what = GV_PLAN_SKIP;
		r = record.detail ? note(l, &record, s, false) : start(l, next);
		break;
	case GV_PLAN_NEXT_SKIP:
		record.what = GV_PLAN_SKIP;
		record.detail = next->why;
		r = note(l, &record, s, false);
		break;
	case GV_PLAN_NEXT_BACK:
		r = go_back(l, next->step);
		break;
	case GV_PLAN_NEXT_ASK:
		l->parked[next->step] = true;
		l->pause->step = s;
		l->pause->is_unsure = true;
		l->pause->why = "its last try was interrupted, and the plan "
				"says 'once'";
		break;
	case GV_PLAN_NEXT_WAIT:
		if (l->n_running == 0 && next->until == 0)
			return 0;
		pause_for(l, next->until);
		break;
	case GV_PLAN_NEXT_FINISH:
		record.what = GV_PLAN_FINISH;
		r = note(l, &record, NULL, true);
		return r < 0 ? r : 0;
	}
	return r < 0 ? r : 1;
}

static int
decide(struct loop *l)
{
	const struct gv_plan_now now = { .now = gv_clock_now().tv_sec,
		.running = l->n_running,
		.is_running = is_running,
		.look = look,
		.ctx = l };
	struct gv_plan_next next;
	struct slot *done = find_done(l);
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (done) {
		r = take_result(l, done);
		return r < 0 ? r : 1;
	}
	r = gv_plan_next(&next, &l->run->progress, &now);
	return r < 0 ? r : act(l, &next);
}

/* After a failure of the loop, and a signal, what runs is ended by its thread.
 */
static void
drain(struct loop *l)
{
	unsigned i;

	for (i = 0; i < l->n_slots; i++) {
		while (l->slots[i].state == IS_TAKEN)
			pthread_cond_wait(&l->wake, &l->lock);
		if (l->slots[i].state != IS_FREE)
			gv_recover_job_release(&l->slots[i].job);
		l->slots[i].state = IS_FREE;
	}
	l->is_over = true;
	pthread_cond_broadcast(&l->wake);
}

static int
loop(void *ctx, int i)
{
	struct loop *l = ctx;
	char *saved;
	int r;

	if (i > 0)
		return work(ctx, i);
	pthread_mutex_lock(&l->lock);
	while ((r = decide(l)) > 0)
		;
	saved = gv_err_save();
	drain(l);
	gv_err_restore(saved);
	pthread_mutex_unlock(&l->lock);
	return r;
}

int
gv_recover_go(struct gv_recover_pause *pause, struct gv_recover *run,
    const struct gv_recover_how *how)
{
	struct loop l = { .run = run,
		.how = how,
		.pause = pause,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.telling = PTHREAD_MUTEX_INITIALIZER,
		.wake = PTHREAD_COND_INITIALIZER };
	int r;

	*pause = (struct gv_recover_pause){ .step = NULL };
	if ((r = gv_recover_settle(run, how)) < 0)
		return r;
	/* steps have no repository, and name it in what they advise */
	if (run->remote == NULL &&
	    (r = gv_remote_default(&run->remote, run->repo)) < 0 &&
	    r != GV_EUSAGE)
		return r;
	if (how->jobs)
		run->plan.jobs =
		    how->jobs < GV_PLAN_JOBS_MAX ? how->jobs : GV_PLAN_JOBS_MAX;
	l.n_slots = run->plan.jobs;
	l.has_workers = l.n_slots > 1;
	l.parked = calloc(run->plan.n, sizeof(*l.parked));
	if (l.parked == NULL)
		return gv_err_nomem();
	r = gv_workers_run(l.has_workers ? (int)l.n_slots + 1 : 1, loop, &l);
	free(l.parked);
	return r;
}

/* ---- a test of it -------------------------------------------------------- */

static int
probe_all(struct gv_recover_job *job)
{
	const struct gv_plan_probe *const others[] = { job->s.before,
		job->s.probe.kind ? &job->s.probe : NULL };
	size_t i;
	int r = 1;

	for (i = 0; r > 0 && i < job->s.n_preconditions; i++)
		r = gv_recover_probe(job, &job->s.preconditions[i]);
	for (i = 0; r > 0 && i < 2; i++)
		if (others[i])
			r = gv_recover_probe(job, others[i]);
	return r;
}

static bool
has_probe(const struct gv_plan_step *s)
{
	return s->n_preconditions || s->before || s->probe.kind;
}

static int
test_step(size_t *failed, struct loop *l, uint32_t step)
{
	struct gv_plan_record record = { .what = GV_PLAN_END };
	struct gv_recover_news news = { .record = &record };
	struct gv_recover_job job;
	int r = gv_recover_job_init(&job, l->run, l->how, step);

	job.line = tell_line;
	job.ctx = l;
	if (r == 0)
		r = probe_all(&job);
	if (r >= 0 && (r = guard_detail(&job)) == 0) {
		record.step = job.step->id;
		record.result = job.result;
		record.detail = job.detail;
		news.step = job.step;
		*failed += job.result != GV_PLAN_PASSED;
		tell(l, &news);
	}
	gv_recover_job_release(&job);
	return r;
}

/* Whether a step would be run, as far as that is known: what earlier steps put
 * out is not. One that would not is reported as skipped. */
static int
is_due(bool *due, struct loop *l, const struct gv_plan_step *s)
{
	struct gv_plan_record record = {
		.what = GV_PLAN_SKIP, .step = s->id, .detail = "when"
	};
	const struct gv_recover_news news = { .record = &record, .step = s };
	char *before;
	int r;

	*due = true;
	if (s->when == NULL)
		return 0;
	before = gv_err_save();
	r = gv_plan_condition_holds(due, s->when, look, l);
	if (r == GV_ENOMEM || r == GV_ECANCELED) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	*due = r < 0 || *due;
	if (!*due)
		tell(l, &news);
	return 0;
}

int
gv_recover_test(
    size_t *failed, struct gv_recover *run, const struct gv_recover_how *how)
{
	struct loop l = {
		.run = run, .how = how, .telling = PTHREAD_MUTEX_INITIALIZER
	};
	bool due;
	uint32_t i;
	int r = 0;

	*failed = 0;
	for (i = 0; r == 0 && i < run->plan.n; i++)
		if (has_probe(&run->plan.steps[i]) &&
		    (r = is_due(&due, &l, &run->plan.steps[i])) == 0 && due)
			r = test_step(failed, &l, i);
	return r;
}
