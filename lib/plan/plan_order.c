#include "plan/plan_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "plan/plan.h"

/*
 * Kahn's algorithm, always with the ready step that stands first in the plan,
 * so that the order is the plan's own wherever that is possible.
 */

struct work {
	const struct gv_plan *plan;
	uint32_t *missing; /* by step: needs that are not yet in the order */
	uint32_t *users;   /* steps that need a step, one list after another */
	uint32_t *from;    /* by step: where its list begins */
	uint32_t *heap;    /* ready steps, the least number on top */
	size_t n_heap;
};

static void
push(struct work *w, uint32_t step)
{
	size_t i = w->n_heap++;

	while (i && w->heap[(i - 1) / 2] > step) {
		w->heap[i] = w->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap[i] = step;
}

static uint32_t
pop(struct work *w)
{
	const uint32_t top = w->heap[0], last = w->heap[--w->n_heap];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < w->n_heap) {
		if (child + 1 < w->n_heap &&
		    w->heap[child + 1] < w->heap[child])
			child++;
		if (w->heap[child] >= last)
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	return top;
}

static int
begin(struct work *w, const struct gv_plan *plan)
{
	size_t i, k, all = 0;

	w->plan = plan;
	for (i = 0; i < plan->n; i++)
		all += plan->steps[i].n_needs;
	w->missing = calloc(plan->n + 1, sizeof(*w->missing));
	w->from = calloc(plan->n + 2, sizeof(*w->from));
	w->users = calloc(all + 1, sizeof(*w->users));
	w->heap = calloc(plan->n + 1, sizeof(*w->heap));
	if (!w->missing || !w->from || !w->users || !w->heap)
		return gv_err_nomem();
	for (i = 0; i < plan->n; i++)
		for (k = 0; k < plan->steps[i].n_needs; k++)
			w->from[plan->steps[i].needs[k] + 2]++;
	for (i = 2; i < plan->n + 2; i++)
		w->from[i] += w->from[i - 1];
	for (i = 0; i < plan->n; i++)
		for (k = 0; k < plan->steps[i].n_needs; k++)
			w->users[w->from[plan->steps[i].needs[k] + 1]++] =
			    (uint32_t)i;
	return 0;
}

static void
end(struct work *w)
{
	free(w->missing);
	free(w->from);
	free(w->users);
	free(w->heap);
}

/* All steps of `steps`, or those of `finally`. */
static void
add_steps(struct gv_plan_order *out, struct work *w, bool is_final)
{
	const struct gv_plan *plan = w->plan;
	uint32_t step, i;

	for (i = 0; i < plan->n; i++) {
		if (plan->steps[i].is_final != is_final)
			continue;
		w->missing[i] = 0;
		for (size_t k = 0; k < plan->steps[i].n_needs; k++)
			w->missing[i] +=
			    plan->steps[plan->steps[i].needs[k]].is_final ==
			    is_final;
		if (w->missing[i] == 0)
			push(w, i);
	}
	while (w->n_heap) {
		step = pop(w);
		out->steps[out->n++] = step;
		for (i = w->from[step]; i < w->from[step + 1]; i++)
			if (plan->steps[w->users[i]].is_final == is_final &&
			    --w->missing[w->users[i]] == 0)
				push(w, w->users[i]);
	}
}

/* From any step that is left, needs that are left lead around a cycle. */
static int
find_cycle(struct gv_plan_order *out, const struct work *w)
{
	const struct gv_plan *plan = w->plan;
	uint32_t *seen = calloc(plan->n, sizeof(*seen)), step = 0, n = 0;
	size_t k;

	out->cycle = calloc(plan->n, sizeof(*out->cycle));
	if (seen == NULL || out->cycle == NULL) {
		free(seen);
		return gv_err_nomem();
	}
	while (w->missing[step] == 0)
		step++;
	while (seen[step] == 0) {
		seen[step] = ++n;
		out->cycle[n - 1] = step;
		for (k = 0; k < plan->steps[step].n_needs; k++)
			if (w->missing[plan->steps[step].needs[k]])
				break;
		if (k == plan->steps[step].n_needs)
			break;
		step = plan->steps[step].needs[k];
	}
	n -= seen[step] - 1;
	memmove(
	    out->cycle, out->cycle + seen[step] - 1, n * sizeof(*out->cycle));
	out->n_cycle = n;
	free(seen);
	return 0;
}

int
gv_plan_order(struct gv_plan_order *out, const struct gv_plan *plan)
{
	struct work w = { .n_heap = 0 };
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = begin(&w, plan)) < 0)
		goto out;
	out->steps = calloc(plan->n + 1, sizeof(*out->steps));
	if (out->steps == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	add_steps(out, &w, false);
	add_steps(out, &w, true);
	if (out->n < plan->n)
		r = find_cycle(out, &w);
out:
	end(&w);
	return r;
}

void
gv_plan_order_release(struct gv_plan_order *order)
{
	free(order->steps);
	free(order->cycle);
	memset(order, 0, sizeof(*order));
}

/* ---- how long ------------------------------------------------------------ */

struct timing {
	const struct gv_plan *plan;
	int64_t *length, *finish; /* of each step */
	uint32_t *before;         /* which one its beginning waited for */
};

static int64_t
length_of(const struct gv_plan_step *s, const int64_t *lengths, size_t i,
    size_t *unknown)
{
	const int64_t n = lengths && lengths[i] >= 0 ? lengths[i] : s->expected;

	if (n == 0 && (lengths == NULL || lengths[i] < 0))
		++*unknown;
	return n;
}

/* The critical path: each step begins when the last one it needs has ended. */
static uint32_t
add_path(struct timing *t, const struct gv_plan_order *order, int64_t *least)
{
	uint32_t last = GV_PLAN_NONE, plain = GV_PLAN_NONE;
	int64_t steps_end = 0;
	size_t i, k;

	for (i = 0; i < order->n; i++) {
		const uint32_t at = order->steps[i];
		const struct gv_plan_step *s = &t->plan->steps[at];
		int64_t begin = s->is_final ? steps_end : 0;

		t->before[at] = s->is_final ? plain : GV_PLAN_NONE;
		for (k = 0; k < s->n_needs; k++)
			if (t->finish[s->needs[k]] > begin ||
			    (begin == 0 && t->before[at] == GV_PLAN_NONE)) {
				begin = t->finish[s->needs[k]];
				t->before[at] = s->needs[k];
			}
		t->finish[at] = begin + t->length[at];
		if (last == GV_PLAN_NONE || t->finish[at] > t->finish[last])
			last = at;
		if (!s->is_final) {
			plain = last;
			steps_end = t->finish[last];
		}
	}
	*least = last == GV_PLAN_NONE ? 0 : t->finish[last];
	return last;
}

/* With the plan's number of jobs: each step in its order takes the job that is
 * free first.
 */
static int64_t
with_jobs(struct timing *t, const struct gv_plan_order *order)
{
	int64_t free_at[GV_PLAN_JOBS_MAX] = { 0 }, end = 0, plain = 0, begin;
	unsigned jobs = t->plan->jobs, j, best;
	size_t i, k;

	for (i = 0; i < order->n; i++) {
		const uint32_t at = order->steps[i];
		const struct gv_plan_step *s = &t->plan->steps[at];

		for (best = 0, j = 1; j < jobs; j++)
			if (free_at[j] < free_at[best])
				best = j;
		begin = free_at[best];
		if (s->is_final && plain > begin)
			begin = plain;
		for (k = 0; k < s->n_needs; k++)
			if (t->finish[s->needs[k]] > begin)
				begin = t->finish[s->needs[k]];
		t->finish[at] = free_at[best] = begin + t->length[at];
		if (t->finish[at] > end)
			end = t->finish[at];
		if (!s->is_final)
			plain = end;
	}
	return end;
}

static void
keep_path(struct gv_plan_estimate *out, const struct timing *t, uint32_t last)
{
	size_t n = 0, i;
	uint32_t step;

	for (step = last; step != GV_PLAN_NONE; step = t->before[step])
		n++;
	out->n_critical = n;
	for (i = n, step = last; step != GV_PLAN_NONE; step = t->before[step])
		out->critical[--i] = step;
}

int
gv_plan_estimate(struct gv_plan_estimate *out, const struct gv_plan *plan,
    const struct gv_plan_order *order, const int64_t *lengths)
{
	struct timing t = { .plan = plan };
	size_t i;
	int r = 0;

	memset(out, 0, sizeof(*out));
	t.length = calloc(plan->n + 1, sizeof(*t.length));
	t.finish = calloc(plan->n + 1, sizeof(*t.finish));
	t.before = calloc(plan->n + 1, sizeof(*t.before));
	out->critical = calloc(plan->n + 1, sizeof(*out->critical));
	if (!t.length || !t.finish || !t.before || !out->critical) {
		r = gv_err_nomem();
		free(out->critical);
		out->critical = NULL;
		goto out;
	}
	for (i = 0; i < plan->n; i++)
		t.length[i] =
		    length_of(&plan->steps[i], lengths, i, &out->n_unknown);
	keep_path(out, &t, add_path(&t, order, &out->least));
	out->total = with_jobs(&t, order);
out:
	free(t.length);
	free(t.finish);
	free(t.before);
	return r;
}
