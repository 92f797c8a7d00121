#include "base/err.h"
#include "snapshot/snapshot_internal.h"
#include "sys/cancel.h"
#include "sys/workers.h"

/*
 * Which thread reads which files: small ones many threads at once, each whole
 * groups of sister files, and large ones one after the other, all threads
 * together.
 */

static uint64_t
size_of(const struct gv_snapshot_run *run, const struct gv_survey_job *job)
{
	return gv_census_dir(run->survey.census, job->dir)->rows[job->row].size;
}

/* The bytes of a file that was captured, less those that were told on the way.
 */
static uint64_t
untold(const struct gv_snapshot_reader *rd, const struct gv_survey_job *job)
{
	const uint64_t size = size_of(rd->run, job);

	return size > rd->gauge.told ? size - rd->gauge.told : 0;
}

/* Take the next whole groups, so that sisters meet on one lane. */
static bool
next_jobs(struct gv_snapshot_run *run, size_t *first, size_t *end)
{
	const struct gv_survey_job *jobs = run->survey.jobs;
	const size_t n = run->survey.n_jobs;
	size_t want = n / (size_t)run->survey.threads / 16 + 1, to;

	if (want > 64)
		want = 64;
	pthread_mutex_lock(&run->lock);
	to = run->next_job + want < n ? run->next_job + want : n;
	while (to < n && to > run->next_job &&
	    jobs[to].group == jobs[to - 1].group)
		to++;
	*first = run->next_job;
	*end = to;
	run->next_job = to;
	pthread_mutex_unlock(&run->lock);
	return *first < *end && !run->failed;
}

static int
capture_some(void *ctx, int i)
{
	struct gv_snapshot_run *run = ctx;
	struct gv_snapshot_reader rd;
	size_t at, end;
	int closed, r = gv_snapshot_reader_open(&rd, run);

	(void)i;
	while (r == 0 && next_jobs(run, &at, &end)) {
		uint64_t files = 0, bytes = 0;

		if (gv_cancel_requested())
			r = gv_cancel_error();
		for (; r == 0 && at < end; at++) {
			const struct gv_survey_job *job = &run->survey.jobs[at];

			if (gv_snapshot_is_large(run, job->size))
				continue; /* later, all threads together */
			if (rd.lane &&
			    (at == 0 ||
				run->survey.jobs[at - 1].group != job->group))
				gv_pack_group(rd.lane);
			r = gv_snapshot_read(&rd, job);
			files++;
			bytes += untold(&rd, job);
		}
		if (run->opts->on_add)
			run->opts->on_add(run->opts->ctx, files, bytes);
	}
	if (r < 0)
		run->failed = true;
	gv_snapshot_pool_close(rd.pool);
	closed = gv_snapshot_reader_close(&rd);
	return r < 0 ? r : closed;
}

/* The large files, one after the other. */
static int
capture_large(struct gv_snapshot_reader *rd)
{
	struct gv_snapshot_run *run = rd->run;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->survey.n_jobs; i++) {
		if (!gv_snapshot_is_large(run, run->survey.jobs[i].size))
			continue;
		r = gv_snapshot_read(rd, &run->survey.jobs[i]);
		if (run->opts->on_add)
			run->opts->on_add(run->opts->ctx, 1,
			    untold(rd, &run->survey.jobs[i]));
	}
	return r;
}

/* The first thread reads them, the others help. */
static int
capture_together(void *ctx, int i)
{
	struct gv_snapshot_run *run = ctx;
	struct gv_snapshot_reader rd;
	int closed, r = gv_snapshot_reader_open(&rd, run);

	if (i == 0) {
		rd.pool = run->pool;
		r = r < 0 ? r : capture_large(&rd);
		gv_snapshot_pool_dismiss(run->pool);
	} else if (r == 0) {
		gv_snapshot_pool_serve(run->pool, rd.lane);
	}
	closed = gv_snapshot_reader_close(&rd);
	return r < 0 ? r : closed;
}

static int
capture_all_large(struct gv_snapshot_run *run)
{
	size_t i, n = 0;
	int r;

	for (i = 0; i < run->survey.n_jobs; i++)
		n += gv_snapshot_is_large(run, run->survey.jobs[i].size);
	if (n == 0)
		return 0;
	if ((r = gv_snapshot_pool_open(&run->pool)) == 0)
		r = gv_workers_run(run->survey.threads, capture_together, run);
	gv_snapshot_pool_close(run->pool);
	run->pool = NULL;
	return r;
}

static void
begin_progress(const struct gv_snapshot_run *run)
{
	uint64_t bytes = 0;
	size_t i;

	if (run->opts->on_begin)
		run->opts->on_begin(
		    run->opts->ctx, "storing files", run->survey.n_jobs);
	if (run->opts->on_size == NULL)
		return;
	for (i = 0; i < run->survey.n_jobs; i++)
		bytes += size_of(run, &run->survey.jobs[i]);
	run->opts->on_size(run->opts->ctx, bytes);
}

int
gv_snapshot_capture(struct gv_snapshot_run *run)
{
	int n = run->survey.threads, r;

	if (run->survey.n_jobs == 0)
		return 0;
	if (run->survey.n_jobs < 16)
		n = 1;
	begin_progress(run);
	run->next_job = 0;
	run->failed = false;
	r = gv_workers_run(n, capture_some, run);
	return r < 0 ? r : capture_all_large(run);
}
