#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/buf.h"
#include "plan/plan.h"
#include "plan/plan_progress.h"

/*
 * Runs without programs: a step's try has a result that depends on its id and
 * its number alone, so a run that is killed and taken up at any point has to
 * come to the same end as one that nothing disturbs.
 */

#define LINES_MAX 4000

struct sim {
	struct gv_plan plan;
	struct gv_plan_progress run;
	struct gv_arena arena;
	struct gv_buf journal;
	struct gv_plan_record *records[LINES_MAX];
	size_t n;
	int64_t now;
	uint32_t running[64];
	unsigned n_running;
	unsigned tries[64][8]; /* how often each try ended with a record */
	uint32_t seed;         /* decides what fails */
	int asked;
};

static uint32_t
mix(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t h = a * 2654435761u ^ b * 40503u ^ c * 2246822519u;

	h ^= h >> 15;
	h *= 2246822519u;
	return h ^ h >> 13;
}

static bool
is_running(void *ctx, uint32_t step)
{
	const struct sim *s = ctx;
	unsigned i;

	for (i = 0; i < s->n_running; i++)
		if (s->running[i] == step)
			return true;
	return false;
}

static int
look(struct gv_buf *out, void *ctx, const struct gv_plan_part *part)
{
	(void)ctx;
	(void)part;
	gv_buf_addstr(out, "1");
	return 0;
}

/* Write a record, and take it in as a later process reads it. */
static void
note(struct sim *s, const struct gv_plan_record *record)
{
	struct gv_buf line = GV_BUF_INIT;
	struct gv_plan_record *copy = gv_arena_alloc(&s->arena, sizeof(*copy));

	assert_int_equal(gv_plan_record_format(&line, record), 0);
	assert_int_equal(
	    gv_plan_record_parse(copy, line.p, line.len - 1, &s->arena), 0);
	gv_buf_add(&s->journal, line.p, line.len);
	gv_buf_release(&line);
	assert_true(s->n < LINES_MAX);
	s->records[s->n++] = copy;
	assert_int_equal(gv_plan_progress_add(&s->run, copy), 0);
}

static void
begin(struct sim *s, const char *text, uint32_t seed)
{
	memset(s, 0, sizeof(*s));
	s->arena = (struct gv_arena)GV_ARENA_INIT;
	s->journal = (struct gv_buf)GV_BUF_INIT;
	s->seed = seed;
	s->now = 1000000;
	assert_int_equal(gv_plan_read(&s->plan, "p", text, strlen(text)), 0);
	if (s->plan.n_faults)
		fail_msg("%s", s->plan.faults[0].what);
	assert_int_equal(gv_plan_progress_init(&s->run, &s->plan), 0);
	note(s,
	    &(struct gv_plan_record){
		.what = GV_PLAN_BEGIN, .at = s->now, .plan = "p" });
}

static void
end(struct sim *s)
{
	gv_plan_progress_release(&s->run);
	gv_plan_release(&s->plan);
	gv_arena_release(&s->arena);
	gv_buf_release(&s->journal);
}

/* The process dies: what it ran is gone, what it wrote is read again. */
static void
kill_it(struct sim *s)
{
	size_t i;

	s->n_running = 0;
	gv_plan_progress_release(&s->run);
	assert_int_equal(gv_plan_progress_init(&s->run, &s->plan), 0);
	for (i = 0; i < s->n; i++)
		assert_int_equal(
		    gv_plan_progress_add(&s->run, s->records[i]), 0);
}

static bool
passes(const struct sim *s, uint32_t step, unsigned attempt)
{
	return mix(s->seed, step, attempt) % 100 < 70;
}

static void
end_one(struct sim *s, unsigned which)
{
	const uint32_t step = s->running[which];
	const unsigned attempt = s->run.steps[step].attempts + 1;

	s->running[which] = s->running[--s->n_running];
	s->tries[step][attempt < 8 ? attempt : 7]++;
	s->now += 1 + mix(s->seed, step, 77) % 20;
	note(s,
	    &(struct gv_plan_record){ .what = GV_PLAN_END,
		.step = s->plan.steps[step].id,
		.at = s->now,
		.attempt = attempt,
		.result =
		    passes(s, step, attempt) ? GV_PLAN_PASSED : GV_PLAN_FAILED,
		.ms = 1 });
}

/* One decision; false at the end. */
static bool
go_on(struct sim *s)
{
	const struct gv_plan_now at = { .now = s->now,
		.running = s->n_running,
		.is_running = is_running,
		.look = look,
		.ctx = s };
	struct gv_plan_next next;
	struct gv_plan_record record = { .at = s->now };

	assert_int_equal(gv_plan_next(&next, &s->run, &at), 0);
	if (next.kind != GV_PLAN_NEXT_FINISH && next.kind != GV_PLAN_NEXT_WAIT)
		record.step = s->plan.steps[next.step].id;
	switch (next.kind) {
	case GV_PLAN_NEXT_START:
		assert_true(s->n_running < s->plan.jobs);
		record.what = GV_PLAN_START;
		record.attempt = next.attempt;
		note(s, &record);
		s->running[s->n_running++] = next.step;
		return true;
	case GV_PLAN_NEXT_SKIP:
		record.what = GV_PLAN_SKIP;
		record.detail = next.why;
		note(s, &record);
		return true;
	case GV_PLAN_NEXT_BACK:
		assert_int_equal(s->n_running, 0);
		record.what = GV_PLAN_BACK;
		note(s, &record);
		record.what = GV_PLAN_BACK_END;
		record.result = GV_PLAN_PASSED;
		note(s, &record);
		return true;
	case GV_PLAN_NEXT_WAIT:
		if (s->n_running) {
			end_one(s, 0);
		} else {
			assert_true(next.until > s->now);
			s->now = next.until;
		}
		return true;
	case GV_PLAN_NEXT_ASK:
		s->asked++;
		record.what = GV_PLAN_DECIDE;
		record.result = GV_PLAN_FAILED;
		note(s, &record);
		return true;
	default:
		record.what = GV_PLAN_FINISH;
		record.result = next.result;
		note(s, &record);
		return false;
	}
}

static void
run_to_end(struct sim *s, uint32_t deaths)
{
	unsigned i;

	for (i = 0; go_on(s); i++) {
		assert_true(i < LINES_MAX);
		if (deaths && mix(deaths, i, 5) % 7 == 0)
			kill_it(s);
	}
}

static void
tell(struct gv_buf *out, const struct sim *s)
{
	size_t i;

	gv_buf_addf(out, "%s:", gv_plan_result_name(s->run.finished));
	for (i = 0; i < s->plan.n; i++)
		gv_buf_addf(out, " %s=%s/%u", s->plan.steps[i].id,
		    gv_plan_status_name(s->run.steps[i].status),
		    s->run.steps[i].attempts);
}

/* Plans of a few steps with random needs and answers to failures. */
static void
make_plan(struct gv_buf *out, uint32_t seed)
{
	static const char *const answers[] = { "stop", "continue", "rollback" };
	unsigned n = 3 + mix(seed, 1, 1) % 10, i, k;

	gv_buf_reset(out);
	gv_buf_addf(out, "jobs: %u\nsteps:\n", 1 + mix(seed, 2, 2) % 3);
	for (i = 0; i < n; i++) {
		gv_buf_addf(out,
		    "- {id: s%u, run: [x], rollback: [y], retry: {attempts: "
		    "%u%s}, on_failure: %s, needs: [",
		    i, 1 + mix(seed, 3, i) % 3,
		    mix(seed, 3, i) % 3 ? ", delay: 9s" : "",
		    answers[mix(seed, 4, i) % 3]);
		for (k = 0; k < i; k++)
			if (mix(seed, 5 + i, k) % 4 == 0)
				gv_buf_addf(out, "s%u, ", k);
		gv_buf_addf(out, "]%s}\n",
		    mix(seed, 6, i) % 5 == 0 ? ", once: true" : "");
	}
	gv_buf_addstr(out, "finally:\n- {id: last, run: [x]}\n");
}

/* With one job the order of ends is the same, so all is the same. */
static void
comes_to_the_same_end_after_any_death(void **state)
{
	struct gv_buf text = GV_BUF_INIT, a = GV_BUF_INIT, b = GV_BUF_INIT;
	static struct sim calm, killed;
	uint32_t seed;
	size_t i, k;

	(void)state;
	for (seed = 1; seed <= 300; seed++) {
		make_plan(&text, seed);
		text.p[6] = '1';
		begin(&calm, text.p, seed);
		run_to_end(&calm, 0);
		begin(&killed, text.p, seed);
		run_to_end(&killed, seed + 1);
		gv_buf_reset(&a);
		gv_buf_reset(&b);
		tell(&a, &calm);
		tell(&b, &killed);
		assert_string_equal(a.p, b.p);
		for (i = 0; i < killed.plan.n; i++)
			for (k = 0; k < 8; k++)
				assert_true(killed.tries[i][k] <= 1);
		end(&calm);
		end(&killed);
	}
	gv_buf_release(&text);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

/* Beside each other too every step is over in the end, and no try that ended
 * is repeated. */
static void
ends_with_jobs_beside_each_other(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	static struct sim s;
	uint32_t seed;
	size_t i, k;

	(void)state;
	for (seed = 1; seed <= 300; seed++) {
		make_plan(&text, seed);
		begin(&s, text.p, seed);
		run_to_end(&s, seed);
		assert_int_not_equal(s.run.finished, GV_PLAN_NO_RESULT);
		for (i = 0; i < s.plan.n; i++) {
			assert_int_not_equal(
			    s.run.steps[i].status, GV_PLAN_IS_WAITING);
			assert_int_not_equal(
			    s.run.steps[i].status, GV_PLAN_IS_RUNNING);
			for (k = 0; k < 8; k++)
				assert_true(s.tries[i][k] <= 1);
		}
		end(&s);
	}
	gv_buf_release(&text);
}

/* A run that failed is tried again until it passes: what had passed before is
 * not, and what had not is. */
static void
what_failed_is_tried_again_and_nothing_else(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	static struct sim s;
	unsigned before[64] = { 0 }, rounds, retried = 0;
	bool passed[64] = { false };
	uint32_t seed;
	size_t i;

	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		make_plan(&text, seed);
		begin(&s, text.p, seed);
		run_to_end(&s, seed);
		for (rounds = 0;
		     rounds < 40 && gv_plan_progress_can_retry(&s.run);
		     rounds++) {
			for (i = 0; i < s.plan.n; i++) {
				before[i] = s.run.steps[i].attempts;
				passed[i] = s.run.steps[i].status ==
					GV_PLAN_IS_PASSED &&
				    !s.plan.steps[i].is_final;
			}
			note(&s,
			    &(struct gv_plan_record){
				.what = GV_PLAN_RETRY, .at = s.now });
			run_to_end(&s, seed + rounds);
			for (i = 0; i < s.plan.n; i++)
				if (passed[i])
					assert_int_equal(
					    s.run.steps[i].attempts, before[i]);
			retried++;
		}
		assert_true(
		    s.run.finished == GV_PLAN_PASSED || s.run.is_backward);
		end(&s);
	}
	assert_true(retried > 50);
	gv_buf_release(&text);
}

/* ---- single decisions ---------------------------------------------------- */

static void
takes_back_the_last_first(void **state)
{
	static struct sim s;
	const char *first, *second;

	(void)state;
	begin(&s,
	    "steps:\n"
	    "- {id: a, run: [x], rollback: [y]}\n"
	    "- {id: b, run: [x], rollback: [y], needs: [a]}\n"
	    "- {id: c, run: [x], needs: [b], on_failure: rollback}\n"
	    "- {id: d, run: [x], needs: [c]}\n",
	    0);
	for (s.seed = 1;
	     !passes(&s, 0, 1) || !passes(&s, 1, 1) || passes(&s, 2, 1);
	     s.seed++)
		;
	run_to_end(&s, 0);
	first = strstr(s.journal.p, "\"step\":\"b\",\"what\":\"back\"");
	second = strstr(s.journal.p, "\"step\":\"a\",\"what\":\"back\"");
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
	assert_int_equal(s.run.finished, GV_PLAN_FAILED);
	assert_int_equal(s.run.steps[3].status, GV_PLAN_IS_SKIPPED);
	end(&s);
}

static void
waits_longer_each_time_and_not_for_ever(void **state)
{
	static const int64_t delays[] = { 5, 10, 20, 30, 30 };
	static struct sim s;
	struct gv_plan_step_progress *p;
	size_t i;

	(void)state;
	begin(&s,
	    "steps:\n- {id: a, run: [x], deadline: 2m, retry: {attempts: 9, "
	    "delay: 5s, backoff: 2, max_delay: 30s}}\n"
	    "- {id: w, kind: wait, check: {file: x}, deadline: 1m}\n",
	    0);
	p = &s.run.steps[0];
	p->first = 1000;
	for (i = 0; i < sizeof(delays) / sizeof(*delays); i++) {
		p->attempts = (unsigned)i + 1;
		assert_int_equal(
		    gv_plan_retry_at(&s.run, 0, 1000), 1000 + delays[i]);
	}
	assert_int_equal(gv_plan_retry_at(&s.run, 0, 1090), -1);
	p->attempts = 9;
	assert_int_equal(gv_plan_retry_at(&s.run, 0, 1000), -1);
	p = &s.run.steps[1];
	p->first = 1000;
	p->attempts = 11;
	assert_int_equal(gv_plan_retry_at(&s.run, 1, 1050), 1055);
	assert_int_equal(gv_plan_retry_at(&s.run, 1, 1056), -1);
	end(&s);
}

/* Only a person could know what an interrupted try of such a step did; one who
 * ends the run has not asked. */
static void
an_ended_run_asks_nothing(void **state)
{
	static struct sim s;

	(void)state;
	begin(&s,
	    "steps:\n"
	    "- {id: a, run: [x], once: true, retry: {attempts: 9}}\n"
	    "- {id: b, run: [x], needs: [a]}\n"
	    "finally:\n- {id: c, run: [x], retry: {attempts: 7}}\n",
	    1);
	assert_true(go_on(&s));
	assert_int_equal(s.run.steps[0].status, GV_PLAN_IS_RUNNING);
	kill_it(&s);
	note(
	    &s, &(struct gv_plan_record){ .what = GV_PLAN_ABORT, .at = s.now });
	run_to_end(&s, 0);
	assert_int_equal(s.asked, 0);
	assert_int_equal(s.run.finished, GV_PLAN_ABORTED);
	assert_int_equal(s.run.steps[0].status, GV_PLAN_IS_SKIPPED);
	assert_string_equal(s.run.steps[0].detail, GV_PLAN_SKIP_UNSURE);
	assert_int_equal(s.run.steps[1].status, GV_PLAN_IS_SKIPPED);
	assert_true(s.run.steps[2].attempts > 0);
	assert_false(gv_plan_progress_can_retry(&s.run));
	end(&s);
}

/* A journal that says what cannot be is refused, not believed. */
static void
refuses_other_journals(void **state)
{
	static const char *const lines[] = { "", "{}", "[]", "x",
		"{\"what\":\"start\",\"what\":\"end\"}",
		"{\"at\":\"soon\",\"what\":\"begin\",\"format\":1}",
		"{\"at\":\"2026-11-28T00:00:00Z\",\"what\":\"begin\"}",
		"{\"at\":\"2026-11-28T00:00:00Z\",\"what\":\"end\","
		"\"result\":\"fine\"}",
		"{\"at\":\"2026-11-28T00:00:00Z\",\"what\":\"end\","
		"\"values\":[\"a\"]}" };
	static struct sim s;
	struct gv_plan_record record;
	size_t i;

	(void)state;
	begin(&s, "steps:\n- {id: a, run: [x]}\n", 0);
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(gv_plan_record_parse(&record, lines[i],
				     strlen(lines[i]), &s.arena),
		    GV_ECORRUPT);
	record =
	    (struct gv_plan_record){ .what = GV_PLAN_START, .step = "nobody" };
	assert_int_equal(gv_plan_progress_add(&s.run, &record), GV_ECORRUPT);
	record = (struct gv_plan_record){ .what = GV_PLAN_RETRY };
	assert_int_equal(gv_plan_progress_add(&s.run, &record), GV_ECORRUPT);
	record = (struct gv_plan_record){ .what = GV_PLAN_BEGIN };
	assert_int_equal(gv_plan_progress_add(&s.run, &record), GV_ECORRUPT);
	end(&s);
}

UNIT(plan_run)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_to_the_same_end_after_any_death),
		cmocka_unit_test(ends_with_jobs_beside_each_other),
		cmocka_unit_test(what_failed_is_tried_again_and_nothing_else),
		cmocka_unit_test(an_ended_run_asks_nothing),
		cmocka_unit_test(takes_back_the_last_first),
		cmocka_unit_test(waits_longer_each_time_and_not_for_ever),
		cmocka_unit_test(refuses_other_journals),
	};

	return UNIT_RUN(tests);
}
