#include "job/job_go.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "base/vec.h"
#include "config/policy.h"
#include "job/job_child.h"
#include "job/job_report.h"
#include "job/job_running.h"
#include "job/job_state.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/exec.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/self.h"

#define PAUSE 200 /* ms between looks while a try waits */

struct item {
	const struct gv_policy_schedule *schedule;
	struct gv_job_run run;
	struct gv_job_running running;
	int64_t when; /* the next try; -1: it is over */
};

struct go {
	struct gv_repo *repo;
	const struct gv_job_go_opts *opts;
	struct gv_job_go_result *result;
	long long tick;
	struct item *items;
	size_t n, cap;
	struct gv_arena arena;
};

/* The clock that was given, as far as it has gone on since. */
static int64_t
now(const struct go *g)
{
	return g->opts->now + (gv_clock_tick() - g->tick) / 1000000000;
}

/* ---- what is due --------------------------------------------------------- */

static int
add(struct go *g, const struct gv_policy_schedule *schedule)
{
	struct item *item;

	if (GV_GROW(g->items, g->n, g->cap) < 0)
		return gv_err_nomem();
	item = &g->items[g->n++];
	*item = (struct item){ .schedule = schedule,
		.running = GV_JOB_RUNNING_INIT,
		.when = g->opts->now,
		.run = { .job = schedule->name,
		    .what = gv_policy_jobs[schedule->what],
		    .env = schedule->env } };
	return 0;
}

static int
add_due(struct go *g, const struct gv_policy_schedules *list)
{
	struct gv_job_state state;
	const struct gv_job_last *last;
	size_t i;
	int r = gv_job_state_load(&state, NULL, g->repo);

	for (i = 0; r == 0 && i < list->n; i++) {
		last = gv_job_state_find(&state, list->items[i].name);
		if (gv_job_due_at(&list->items[i], last ? last->due : 0,
			g->opts->now, g->opts->zone) <= g->opts->now)
			r = add(g, &list->items[i]);
	}
	gv_job_state_release(&state);
	return r;
}

static int
refuse_unknown(const struct gv_policy *policy, const char *name)
{
	const struct gv_policy_schedules *list = gv_policy_runs(policy);
	struct gv_near near = gv_near_to(name, strlen(name));
	size_t i;

	if (gv_policy_component(policy, name))
		return gv_err(GV_EUSAGE,
		    "the component '%.64s' has no schedule of its own\nhint: "
		    "to dump it now: git vault component run %.64s",
		    name, name);
	for (i = 0; i < list->n; i++)
		(void)gv_near_add(
		    &near, list->items[i].name, strlen(list->items[i].name));
	if (near.name)
		return gv_err(GV_EUSAGE,
		    "the policy in force has no schedule '%.64s'; did you mean "
		    "'%s'?\nhint: git vault schedule list",
		    name, near.name);
	return gv_err(GV_EUSAGE,
	    "the policy in force has no schedule '%.64s'\nhint: git vault "
	    "schedule list",
	    name);
}

static bool
is_added(const struct go *g, const struct gv_policy_schedule *schedule)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->items[i].schedule == schedule)
			return true;
	return false;
}

static int
add_named(struct go *g, const struct gv_policy *policy)
{
	const struct gv_policy_schedules *list = gv_policy_runs(policy);
	const char *const *name = g->opts->names;
	size_t i;
	int r = 0;

	for (; r == 0 && *name; name++) {
		for (i = 0; i < list->n; i++)
			if (strcmp(list->items[i].name, *name) == 0)
				break;
		if (i == list->n)
			r = refuse_unknown(policy, *name);
		else if (!is_added(g, &list->items[i]))
			r = add(g, &list->items[i]);
	}
	return r;
}

/* ---- one run ------------------------------------------------------------- */

static int
note(void *ctx, struct gv_job_state *state)
{
	const struct go *g = ((void **)ctx)[0];

	return gv_job_state_note(state, ((void **)ctx)[1], g->opts->now);
}

static int
conclude(struct go *g, struct item *item)
{
	void *both[] = { g, &item->run };
	int r, s;

	item->when = -1;
	item->run.ended = now(g);
	g->result->n[item->run.status]++;
	/* what cannot be written down is still shown, and not run again */
	r = gv_job_state_change(g->repo, note, both);
	s = gv_job_report_write(g->repo, &item->run);
	r = r < 0 ? r : s;
	gv_job_running_end(&item->running);
	s = g->opts->ended ? g->opts->ended(g->opts->ctx, &item->run) : 0;
	return r < 0 ? r : s;
}

/* It was stopped by somebody who named it: no further try. */
static void
cancel(struct item *item)
{
	item->run.is_canceled = true;
	item->run.status = GV_JOB_FAILED;
	item->run.reason = "somebody canceled it";
}

static int
begin(struct go *g, struct item *item)
{
	int r = gv_job_id(item->run.id, now(g));

	item->run.begun = now(g);
	if (r == 0 && g->opts->began)
		r = g->opts->began(g->opts->ctx, &item->run);
	return r;
}

static const char *
missing(struct go *g, const char *command)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *copy = NULL;

	gv_buf_addf(&text, "this version of git-vault has no command '%s' yet",
	    command);
	if (gv_buf_check(&text) == 0)
		copy = gv_arena_copy(&g->arena, text.p, text.len);
	gv_buf_release(&text);
	return copy;
}

static int
do_try(struct go *g, struct item *item)
{
	const struct gv_job_child child = { .schedule = item->schedule,
		.self = g->opts->self,
		.running = &item->running };
	const char *command = gv_job_child_command(item->schedule->what);
	struct gv_job_run *run = &item->run;

	run->attempts++;
	if (g->opts->has_command(g->opts->ctx, command))
		return gv_job_child_run(run, &g->arena, g->repo, &child);
	/* trying again would not help */
	run->attempts = item->schedule->retry.attempts;
	run->exit = 129;
	run->status = GV_JOB_FAILED;
	run->reason = missing(g, command);
	return run->reason ? 0 : GV_ENOMEM;
}

/* Whether somebody dumps by hand: two dumps of a database at once are a load
 * and no gain. 1, 0; GV_ERROR; GV_ENOMEM. */
static int
is_left(struct go *g, const struct item *item)
{
	const struct gv_job_runner *one = NULL;
	struct gv_job_runners list;
	size_t i;
	int r;

	if (item->schedule->what != GV_POLICY_JOB_COMPONENTS)
		return 0;
	r = gv_job_running_list(&list, g->repo);
	for (i = 0; r == 0 && i < list.n && one == NULL; i++)
		if (list.items[i].job == NULL &&
		    strcmp(list.items[i].what,
			gv_job_child_command(GV_POLICY_JOB_COMPONENTS)) == 0)
			one = &list.items[i];
	if (one && g->opts->left)
		g->opts->left(g->opts->ctx, item->run.job, one->id);
	r = r < 0 ? r : one != NULL;
	gv_job_running_release(&list);
	return r;
}

static int
try_item(struct go *g, struct item *item)
{
	struct gv_job_run *run = &item->run;
	int64_t delay;
	int r = run->attempts ? 0 : is_left(g, item), ended;

	if (r > 0) {
		item->when = -1;
		g->result->n_left++;
		return 0;
	}
	if (r == 0 && run->attempts == 0)
		r = begin(g, item);
	if (r < 0)
		return r;
	r = do_try(g, item);
	if (r < 0 && r != GV_ECANCELED)
		return r;
	if (r == 0 && run->status == GV_JOB_FAILED &&
	    gv_job_running_is_canceled(&item->running))
		cancel(item);
	delay = gv_job_due_again(&item->schedule->retry, run->attempts);
	if (run->status != GV_JOB_FAILED || run->is_canceled || delay < 0) {
		ended = conclude(g, item);
		return r < 0 ? r : ended;
	}
	item->when = now(g) + delay;
	(void)gv_job_running_begin(
	    &item->running, g->repo, run, gv_self_pid(), true);
	return 0;
}

/* ---- all of them --------------------------------------------------------- */

/* The one whose next try is the first; of several, as the policy has them. */
static struct item *
next(const struct go *g)
{
	struct item *first = NULL;
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->items[i].when >= 0 &&
		    (first == NULL || g->items[i].when < first->when))
			first = &g->items[i];
	return first;
}

/* Until that time. Those that were canceled meanwhile are over: 1. */
static int
wait_until(struct go *g, int64_t when)
{
	size_t i;
	int r;

	for (;;) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		for (i = 0; i < g->n; i++) {
			struct item *item = &g->items[i];

			if (item->when < 0 || item->run.attempts == 0 ||
			    !gv_job_running_is_canceled(&item->running))
				continue;
			cancel(item);
			r = conclude(g, item);
			return r < 0 ? r : 1;
		}
		if (now(g) >= when)
			return 0;
		gv_clock_sleep(PAUSE);
	}
}

static int
run_all(struct go *g)
{
	struct item *item;
	int r = 0;

	while (r >= 0 && (item = next(g)) != NULL)
		if ((r = wait_until(g, item->when)) == 0)
			r = try_item(g, item);
	return r < 0 ? r : 0;
}

/* What was to be tried again when this process was stopped. */
static void
give_up(struct go *g)
{
	char *saved = gv_err_save();
	size_t i;

	for (i = 0; i < g->n; i++) {
		struct item *item = &g->items[i];

		if (item->when >= 0 && item->run.attempts) {
			item->run.is_canceled = true;
			(void)conclude(g, item);
		}
		gv_job_running_end(&item->running);
	}
	gv_err_restore(saved);
}

/* ---- one at a time ------------------------------------------------------- */

#define BEGIN_MS 3000 /* in which a run writes down that it runs */

static int
open_lock(int *lock, const struct gv_repo *repo, int wait_ms)
{
	struct gv_buf path = GV_BUF_INIT;
	const unsigned mask = gv_repo_share(repo);
	int r;

	gv_buf_addf(&path, "%s/vault", repo->common_dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0)
		goto out;
	gv_buf_addstr(&path, "/schedule-lock");
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_lock_open(lock, path.p, wait_ms);
	if (r == GV_ELOCKED && wait_ms)
		r = gv_err(GV_ELOCKED,
		    "nothing was run: another process holds %s, and it is no "
		    "'git vault schedule run'; to see which one: fuser -v %s",
		    path.p, path.p);
out:
	gv_repo_unshare(mask);
	gv_buf_release(&path);
	return r;
}

/* Since when the other one is at work: its own entry is the first. */
static int
find_busy(struct gv_job_go_result *out, const struct gv_repo *repo)
{
	struct gv_job_runners list;
	int r = gv_job_running_list(&list, repo);
	size_t i;

	for (i = 0; r == 0 && i < list.n; i++)
		if (strcmp(list.items[i].what, "schedule") == 0) {
			out->is_busy = true;
			out->busy_since = list.items[i].begun;
			memcpy(out->busy_id, list.items[i].id,
			    sizeof(out->busy_id));
			break;
		}
	gv_job_running_release(&list);
	return r;
}

/* What holds the lock may not have written down yet that it runs; and it may be
 * something else, which must not stop the runs without a word. */
static int
take_turn(int *lock, struct gv_job_go_result *out, const struct gv_repo *repo)
{
	int r = open_lock(lock, repo, 0);

	if (r == GV_ELOCKED && (r = find_busy(out, repo)) == 0 && !out->is_busy)
		r = open_lock(lock, repo, BEGIN_MS);
	if (r == GV_ELOCKED && find_busy(out, repo) == 0 && out->is_busy)
		r = 0;
	return r;
}

static int
run_locked(struct go *g)
{
	struct gv_job_running self = GV_JOB_RUNNING_INIT;
	struct gv_job_run run = { .what = "schedule", .begun = g->opts->now };
	const struct gv_policy_schedules *list;
	struct gv_policy policy;
	int r = gv_team_load(&policy, g->repo);

	if (r < 0)
		goto out;
	list = gv_policy_runs(&policy);
	r = g->opts->names ? add_named(g, &policy) : add_due(g, list);
	if (r < 0 || g->n == 0 || (r = gv_job_id(run.id, g->opts->now)) < 0)
		goto out;
	(void)gv_job_running_begin(&self, g->repo, &run, gv_self_pid(), false);
	gv_exec_yield();
	r = run_all(g);
	give_up(g);
	gv_job_running_end(&self);
out:
	gv_policy_release(&policy);
	return r;
}

int
gv_job_go(struct gv_job_go_result *out, struct gv_repo *repo,
    const struct gv_job_go_opts *opts)
{
	struct go g = { .repo = repo,
		.opts = opts,
		.result = out,
		.tick = gv_clock_tick(),
		.arena = GV_ARENA_INIT };
	int lock = -1, r;

	*out = (struct gv_job_go_result){ .now = opts->now };
	r = take_turn(&lock, out, repo);
	if (out->is_busy)
		return r;
	if (r == 0)
		r = run_locked(&g);
	out->now = now(&g);
	gv_lock_close(lock);
	free(g.items);
	gv_arena_release(&g.arena);
	return r;
}
