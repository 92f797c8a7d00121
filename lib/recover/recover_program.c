#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lines.h"
#include "recover/recover_internal.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/session.h"

/*
 * Programs of steps have sessions of their own, so they go on when the run is
 * killed. Each one is written to the file "programs" of the run:
 *
 *	HOST SESSION START MARK ATTEMPT STEP
 *
 * ATTEMPT is 0 on the way back. A run that was killed between the start of a
 * program and this line left one that has MARK in its environment, and no line.
 */

#define PROGRAMS "programs"
#define MOST     ((size_t)64 * 1024 * 1024) /* bytes */
#define MARK     "GIT_VAULT_PROGRAM="
#define GRACE_MS 10000 /* that a program has to end by itself */
#define LOOK_MS  50

struct line {
	struct gv_session s;
	char mark[64], step[80];
	unsigned attempt;
};

static int
path_of(struct gv_buf *out, const struct gv_recover *run)
{
	gv_buf_addf(out, "%s/" PROGRAMS, run->dir);
	return gv_buf_check(out);
}

/* ---- starting ------------------------------------------------------------ */

static int
write_line(const struct gv_recover_job *job, const char *mark, pid_t pid)
{
	struct gv_buf path = GV_BUF_INIT, line = GV_BUF_INIT;
	struct gv_session s;
	int r;

	/* where the system tells nothing, none can be found either */
	if (gv_session_of(&s, pid) < 0)
		return 0;
	gv_buf_addf(&line, "%s %ld %llu %s %u %s\n", s.host, s.id, s.start,
	    mark, job->is_back ? 0 : job->attempt, job->s.id);
	if ((r = path_of(&path, job->run)) == 0 &&
	    (r = gv_buf_check(&line)) == 0)
		r = gv_file_append_quick(path.p, line.p, line.len);
	gv_buf_release(&path);
	gv_buf_release(&line);
	return r;
}

int
gv_recover_program(
    struct gv_proc *p, struct gv_recover_job *job, struct gv_proc_opts *opts)
{
	char mark[64];
	int r;

	opts->env = job->env;
	opts->is_apart = true;
	if (job->run->dir == NULL)
		return gv_proc_run(p, opts);
	(void)snprintf(mark, sizeof(mark), MARK "%ld.%lld", (long)getpid(),
	    gv_clock_tick());
	*job->mark = mark;
	r = gv_proc_start(p, opts);
	*job->mark = NULL;
	if (r < 0 || (r = write_line(job, mark + strlen(MARK), p->pid)) < 0)
		return r;
	return gv_proc_finish(p);
}

/* ---- what a killed run left ---------------------------------------------- */

struct left {
	struct gv_recover *run;
	const struct gv_recover_how *how;
	struct gv_buf lines;
	/* the one that was found */
	struct gv_session s;
	uint32_t step;
};

static bool
read_line(struct line *out, const char *p, size_t len)
{
	char text[400];

	if (len >= sizeof(text))
		return false;
	memcpy(text, p, len);
	text[len] = '\0';
	return sscanf(text, "%95s %ld %llu %63s %u %79s", out->s.host,
		   &out->s.id, &out->s.start, out->mark, &out->attempt,
		   out->step) == 6;
}

/* A try of it has begun and not ended, forwards or on its way back. */
static bool
is_interrupted(const struct gv_plan_step_progress *p)
{
	return p->status == GV_PLAN_IS_RUNNING || p->is_going_back;
}

static bool
is_of_last_try(const struct left *l, const struct line *line)
{
	const uint32_t at = gv_plan_find(&l->run->plan, line->step);
	const struct gv_plan_step_progress *p;

	if (at == GV_PLAN_NONE)
		return false;
	p = &l->run->progress.steps[at];
	return is_interrupted(p) &&
	    line->attempt == (p->is_going_back ? 0 : p->attempts + 1);
}

static bool
find_written(struct left *l)
{
	const char *p = l->lines.p, *text;
	struct line line;
	size_t n;

	while (p && gv_lines_next(&text, &n, &p, l->lines.p + l->lines.len))
		if (read_line(&line, text, n) && is_of_last_try(l, &line) &&
		    line.s.id != getsid(0) && gv_session_find(&line.s)) {
			l->s = line.s;
			l->step = gv_plan_find(&l->run->plan, line.step);
			return true;
		}
	return false;
}

static const char *
variable(const char *env, size_t len, const char *name)
{
	const char *p = env, *end = env + len;

	for (; p < end; p += strnlen(p, (size_t)(end - p)) + 1)
		if ((size_t)(end - p) > strlen(name) &&
		    memcmp(p, name, strlen(name)) == 0)
			return p + strlen(name);
	return NULL;
}

static int
take_unwritten(
    void *ctx, const struct gv_session *s, const char *env, size_t len)
{
	struct left *l = ctx;
	const char *mark = variable(env, len, MARK);
	const char *step = variable(env, len, "GIT_VAULT_STEP=");
	const uint32_t at =
	    step ? gv_plan_find(&l->run->plan, step) : GV_PLAN_NONE;
	char word[80];

	if (mark == NULL || at == GV_PLAN_NONE || s->id == getsid(0) ||
	    !is_interrupted(&l->run->progress.steps[at]))
		return 0;
	(void)snprintf(word, sizeof(word), " %.64s ", mark);
	if (l->lines.len && strstr(l->lines.p, word))
		return 0;
	l->s = *s;
	l->step = at;
	return 1;
}

/* 1 with one that is at work; 0: none is; GV_ENOMEM. */
static int
find_left(struct left *l)
{
	struct gv_buf run = GV_BUF_INIT;
	int r;

	if (find_written(l))
		return 1;
	gv_buf_addf(&run, "GIT_VAULT_RUN=%s", l->run->id);
	if ((r = gv_buf_check(&run)) == 0)
		r = gv_session_each(run.p, take_unwritten, l);
	gv_buf_release(&run);
	return r;
}

static void
tell(const struct left *l, const char *text, long pid)
{
	char line[160];
	const struct gv_recover_news news = { .step =
						  &l->run->plan.steps[l->step],
		.line = line,
		.len = (size_t)snprintf(line, sizeof(line), text, pid) };

	if (l->how->told)
		l->how->told(l->how->ctx, &news);
}

/* Whether it may no longer go on, as it could in a run that was not killed. */
static bool
is_over(const struct left *l)
{
	const struct gv_plan_step *s = &l->run->plan.steps[l->step];
	const struct gv_plan_step_progress *p =
	    &l->run->progress.steps[l->step];

	if (l->run->progress.is_aborted || gv_cancel_requested())
		return true;
	if (s->timeout && gv_session_age(&l->s) > s->timeout * 1000)
		return true;
	return s->deadline && p->first && !p->is_going_back &&
	    gv_clock_now().tv_sec > p->first + s->deadline;
}

static int
settle(const struct left *l)
{
	long pid = gv_session_find(&l->s);

	if (pid == 0)
		return 0;
	if (!is_over(l))
		tell(l,
		    "process %ld goes on since the run was killed: waiting "
		    "for its end",
		    pid);
	while ((pid = gv_session_find(&l->s)) != 0 && !is_over(l))
		gv_clock_sleep(LOOK_MS);
	if (pid == 0)
		return 0;
	tell(l, "process %ld goes on since the run was killed: ending it", pid);
	if (!gv_session_end(&l->s, GRACE_MS))
		return gv_err(GV_ERROR,
		    "step %s: process %ld goes on since the run was killed, "
		    "and is not yours to end; when it is over: git vault plan "
		    "resume %s",
		    l->run->plan.steps[l->step].id, pid, l->run->id);
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

int
gv_recover_settle(struct gv_recover *run, const struct gv_recover_how *how)
{
	struct left l = { .run = run, .how = how, .lines = GV_BUF_INIT };
	struct gv_buf path = GV_BUF_INIT;
	size_t i = 0;
	int r;

	while (i < run->plan.n && !is_interrupted(&run->progress.steps[i]))
		i++;
	if (run->dir == NULL || i == run->plan.n)
		return 0;
	if ((r = path_of(&path, run)) < 0)
		goto out;
	r = gv_file_read(&l.lines, AT_FDCWD, path.p, MOST);
	if (r < 0 && r != GV_ENOTFOUND)
		goto out;
	while ((r = find_left(&l)) > 0 && (r = settle(&l)) == 0)
		;
out:
	gv_buf_release(&path);
	gv_buf_release(&l.lines);
	return r;
}
