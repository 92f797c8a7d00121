#include "fleet/fleet.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fleet/fleet_guard.h"
#include "fleet/fleet_source.h"
#include "project/crew.h"
#include "sys/cancel.h"
#include "sys/clock.h"

/* Repositories at hand at a time. */
#define BATCH 1024

#define WORDS 8

/* What each verb is, as words of this program. */
static const char *const words[GV_FLEET_VERBS][WORDS] = {
	[GV_FLEET_STATUS] = { "status", "--json" },
	[GV_FLEET_SNAPSHOT] = { "snapshot", "--json" },
	[GV_FLEET_VERIFY] = { "verify", "--all", "--json" },
	[GV_FLEET_SYNC] = { "sync", "--json" },
	[GV_FLEET_REPLICATE] = { "replicate", "push", "--json" },
	[GV_FLEET_DRILL] = { "drill", "run", "--json" },
};

/* The status of one without a working tree whose refs were not read here. */
static const char *const bare_status[WORDS] = { "list", "-n", "1", "--json" };

struct one {
	char *path;
	struct gv_shard_key key;
	struct gv_fleet_look look;
	enum gv_fleet_step step;
	long long began;
	bool is_late; /* it was not begun */
	struct gv_buf why;
	const char *argv[4 + WORDS];
};

struct fleet {
	const struct gv_fleet_opts *opts;
	struct gv_fleet_counts *counts;
	struct gv_fleet_guard guard;
	struct one *batch;
	size_t n;
	long long began, end; /* of gv_clock_tick(); end 0: none */
	atomic_bool is_late;
};

/* ---- one ----------------------------------------------------------------- */

static const char *const *
argv_of(void *ctx, size_t i)
{
	struct fleet *f = ctx;
	struct one *one = &f->batch[i];
	const bool is_bare = one->look.kind == GV_FLEET_BARE;

	one->argv[0] = f->opts->self;
	one->argv[1] = "-C";
	one->argv[2] = one->path;
	one->argv[3] = "--alone";
	memcpy(one->argv + 4,
	    f->opts->verb == GV_FLEET_STATUS && is_bare ? bare_status
							: words[f->opts->verb],
	    sizeof(words[0]));
	return one->argv;
}

static const char *
dir_of(void *ctx, size_t i)
{
	const struct fleet *f = ctx;

	return f->batch[i].path;
}

static int
refuse(struct one *one)
{
	one->step = GV_FLEET_REFUSED;
	gv_buf_addstr(&one->why,
	    one->look.kind == GV_FLEET_MISSING
		? "the folder is missing, or cannot be read"
		: "the folder is not a repository");
	return gv_buf_check(&one->why) < 0 ? GV_ENOMEM : 1;
}

/* One that cannot be read fails, and the others go on. */
static int
guard(struct one *one, int timeout_ms)
{
	int r =
	    gv_fleet_guard_check(&one->why, one->path, &one->look, timeout_ms);

	if (r == GV_ENOMEM || r == GV_ECANCELED || r == 0)
		return r;
	if (r < 0)
		gv_buf_addstr(&one->why, gv_err_message());
	one->step = GV_FLEET_REFUSED;
	return gv_buf_check(&one->why) < 0 ? GV_ENOMEM : 1;
}

/* Whether it needs no process. */
static int
before(void *ctx, size_t i)
{
	struct fleet *f = ctx;
	struct one *one = &f->batch[i];
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	one->began = gv_clock_tick();
	if (f->end && one->began >= f->end) {
		f->is_late = true;
		one->is_late = true;
		return 1;
	}
	if ((r = gv_fleet_look(&one->look, one->path)) < 0)
		return r;
	one->step = gv_fleet_past_decide(
	    f->opts->past, &one->key, f->opts->verb, &one->look, f->opts->now);
	if (one->step == GV_FLEET_REFUSED)
		return refuse(one);
	if (one->step == GV_FLEET_NOTHING)
		gv_buf_addstr(
		    &one->why, "a bare repository has no files to save");
	return one->step == GV_FLEET_RUN ? guard(one, f->opts->timeout_ms) : 1;
}

/* Called for one at a time. */
static void
count(struct gv_fleet_counts *counts, enum gv_fleet_verb verb,
    const struct gv_fleet_result *result)
{
	/* what was looked at before a snapshot was taken */
	const bool is_saved = verb == GV_FLEET_SNAPSHOT &&
	    result->step == GV_FLEET_RUN && result->status == 0;

	counts->steps[result->step]++;
	counts->failed += result->status != 0;
	counts->unsaved +=
	    result->look->is_read && result->look->snapshots == 0 && !is_saved;
	if (result->status > counts->worst)
		counts->worst = result->status;
}

/* When what the result relies on was looked at. */
static int64_t
since(const struct fleet *f, const struct one *one)
{
	if (one->step == GV_FLEET_NOTHING)
		return 0;
	if (one->step == GV_FLEET_UNCHANGED)
		return gv_fleet_past_time(f->opts->past, &one->key);
	return f->opts->now + (one->began - f->began) / 1000000000;
}

static int
hand_over(struct fleet *f, const struct one *one, struct gv_crew_result *crew)
{
	struct gv_fleet_result result = { .path = one->path,
		.step = one->step,
		.status = one->step == GV_FLEET_REFUSED || crew->status < 0
		    ? 128
		    : crew->status,
		.look = &one->look,
		.ms = (gv_clock_tick() - one->began) / 1000000,
		.out = &crew->out,
		.err = one->why.len ? one->why.p : crew->err.p,
		.is_cut = crew->is_cut };

	result.since = since(f, one);
	count(f->counts, f->opts->verb, &result);
	return f->opts->told(f->opts->ctx, &result);
}

static int
done(void *ctx, size_t i, struct gv_crew_result *crew)
{
	struct fleet *f = ctx;
	const struct one *one = &f->batch[i];

	return one->is_late ? 0 : hand_over(f, one, crew);
}

/* ---- many ---------------------------------------------------------------- */

static void
empty(struct fleet *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		free(f->batch[i].path);
		gv_buf_release(&f->batch[i].why);
	}
	f->n = 0;
}

/* A line that is no path is a failure of its own. */
static int
tell_bad(struct fleet *f, const struct gv_fleet_found *found)
{
	const struct gv_fleet_look none = { .kind = GV_FLEET_OTHER };
	struct gv_buf nothing = GV_BUF_INIT;
	struct gv_fleet_result result = { .path = found->path,
		.step = GV_FLEET_REFUSED,
		.status = 128,
		.look = &none,
		.since = f->opts->now,
		.out = &nothing,
		.err = found->why };

	f->counts->bad++;
	count(f->counts, f->opts->verb, &result);
	return f->opts->told(f->opts->ctx, &result);
}

static int
take(struct fleet *f, const struct gv_fleet_found *found)
{
	const struct gv_shard_key key = gv_shard_key(found->path);
	struct one *one = &f->batch[f->n];
	int r;

	if (!gv_shard_has(&f->opts->shard, &key))
		return 0;
	if (found->why)
		return tell_bad(f, found);
	if ((r = gv_fleet_past_take(f->opts->past, &key)) < 0)
		return r;
	if (r == 0) {
		f->counts->before++;
		return 0;
	}
	*one = (struct one){ .key = key, .why = GV_BUF_INIT };
	if ((one->path = strdup(found->path)) == NULL)
		return gv_err_nomem();
	f->n++;
	return 0;
}

/* As many as there is room for; *more: the source has more. */
static int
fill(struct fleet *f, bool *more)
{
	struct gv_fleet_found found;
	int r = 1;

	while (r > 0 && f->n < BATCH) {
		r = gv_fleet_source_next(&found, f->opts->source);
		if (r > 0 && (r = take(f, &found)) == 0)
			r = 1;
	}
	*more = r > 0;
	return r < 0 ? r : 0;
}

static int
run_batch(struct fleet *f)
{
	return gv_crew_run(&(struct gv_crew_opts){ .n = f->n,
	    .argv = argv_of,
	    .dir = dir_of,
	    .before = before,
	    .done = done,
	    .ctx = f,
	    .as_they_end = true,
	    .jobs = f->opts->jobs,
	    .timeout_ms = f->opts->timeout_ms,
	    .most = GV_FLEET_OUTPUT,
	    .env = f->guard.env });
}

int
gv_fleet_run(struct gv_fleet_counts *out, const struct gv_fleet_opts *opts)
{
	struct fleet f = { .opts = opts, .counts = out };
	bool more = true;
	int r;

	memset(out, 0, sizeof(*out));
	f.began = gv_clock_tick();
	f.end = opts->most_ms ? f.began + opts->most_ms * 1000000 : 0;
	if ((r = gv_fleet_guard_open(&f.guard)) < 0)
		return r;
	if ((f.batch = calloc(BATCH, sizeof(*f.batch))) == NULL) {
		gv_fleet_guard_close(&f.guard);
		return gv_err_nomem();
	}
	while (r == 0 && more && !f.is_late) {
		if ((r = fill(&f, &more)) == 0)
			r = run_batch(&f);
		empty(&f);
	}
	out->is_out_of_time = f.is_late;
	free(f.batch);
	gv_fleet_guard_close(&f.guard);
	return r;
}
