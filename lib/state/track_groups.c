#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "state/track_internal.h"
#include "sys/workers.h"
#include "toolstate/state.h"

/*
 * A state is read by the caller's thread, which a signal can wake, and what is
 * done with its groups by another one. Between them groups wait, copied, since
 * the reader goes on with the memory that they stand in.
 */

#define WAITING 8                    /* groups */
#define LENT    ((size_t)256 * 1024) /* what is larger is waited for instead */

struct line {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct gv_track_kept copies[WAITING];
	size_t put, taken; /* how many ever */
	bool is_ended;     /* nothing more comes */
	bool has_failed;   /* nothing more is taken */
	gv_state_fn *fn;
	void *ctx;
	const struct gv_state_source *source;
	struct gv_state_info *info;
};

/* ---- the line ----------------------------------------------------------- */

/* Wait until at most `waiting` wait; false: it is no use. */
static bool
wait_for(struct line *l, size_t waiting)
{
	bool goes_on;

	pthread_mutex_lock(&l->lock);
	while (!l->has_failed && l->put - l->taken > waiting)
		pthread_cond_wait(&l->changed, &l->lock);
	goes_on = !l->has_failed;
	pthread_mutex_unlock(&l->lock);
	return goes_on;
}

static void
change(struct line *l, size_t *count, bool *flag)
{
	pthread_mutex_lock(&l->lock);
	if (count)
		++*count;
	if (flag)
		*flag = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* Some positive value: the failure is the other thread's. */
#define STOPPED 1

static int
put(void *ctx, const struct gv_state_group *group)
{
	struct line *l = ctx;
	bool is_lent = group->len > LENT;
	struct gv_track_kept *c;
	int r = 0;

	if (!wait_for(l, is_lent ? 0 : WAITING - 1))
		return STOPPED;
	c = &l->copies[l->put % WAITING];
	if (is_lent)
		c->group = *group;
	else
		r = gv_track_kept_put(c, group);
	if (r < 0)
		return r;
	change(l, &l->put, NULL);
	return is_lent && !wait_for(l, 0) ? STOPPED : 0;
}

/* The next group; NULL: there is no more. */
static struct gv_track_kept *
next(struct line *l)
{
	struct gv_track_kept *c = NULL;

	pthread_mutex_lock(&l->lock);
	while (l->put == l->taken && !l->is_ended)
		pthread_cond_wait(&l->changed, &l->lock);
	if (l->put != l->taken)
		c = &l->copies[l->taken % WAITING];
	pthread_mutex_unlock(&l->lock);
	return c;
}

static int
take_all(struct line *l)
{
	struct gv_track_kept *c;
	int r = 0;

	while (r == 0 && (c = next(l)) != NULL) {
		if ((r = l->fn(l->ctx, &c->group)) == 0)
			change(l, &l->taken, NULL);
	}
	if (r != 0)
		change(l, NULL, &l->has_failed);
	return r;
}

static int
work(void *ctx, int i)
{
	struct line *l = ctx;
	int r;

	if (i > 0)
		return take_all(l);
	r = gv_state_run(l->info, l->source, put, l);
	change(l, NULL, &l->is_ended);
	return r < 0 ? r : 0;
}

int
gv_track_groups(struct gv_state_info *out, const struct gv_state_source *source,
    gv_state_fn *fn, void *ctx)
{
	struct line l = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.fn = fn,
		.ctx = ctx,
		.source = source,
		.info = out };
	struct gv_workers workers;
	size_t i;
	int r;

	if (gv_workers_count(0) < 2)
		return gv_state_run(out, source, fn, ctx);
	gv_workers_start(&workers, 2, work, &l);
	/* alone it would wait for ever */
	r = workers.workers[1].started ? gv_workers_finish(&workers)
				       : gv_state_run(out, source, fn, ctx);
	for (i = 0; i < WAITING; i++)
		gv_track_kept_release(&l.copies[i]);
	return r;
}
