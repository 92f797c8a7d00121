#include "sys/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef GV_LINUX
#include <sched.h>
#endif

#include "base/err.h"

int
gv_workers_count(int wanted)
{
	long n = wanted;

	if (n <= 0) {
#ifdef GV_LINUX
		cpu_set_t set;

		n = sched_getaffinity(0, sizeof(set), &set) == 0
		    ? CPU_COUNT(&set)
		    : 0;
#endif
		if (n <= 0)
			n = sysconf(_SC_NPROCESSORS_ONLN);
	}
	if (n < 1)
		n = 1;
	return n > GV_WORKERS_MAX ? GV_WORKERS_MAX : (int)n;
}

/* ThreadSanitizer knows of one table of open files, and takes what two threads
 * do with one number for a race. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_ONE_TABLE
#endif
#elif defined(__SANITIZE_THREAD__)
#define HAS_ONE_TABLE
#endif

#if defined(GV_LINUX) && defined(CLOSE_RANGE_UNSHARE) && !defined(HAS_ONE_TABLE)
#define HAS_OWN_TABLES
#endif

#ifdef HAS_OWN_TABLES
/* The first call gives the table, and without it nothing is closed. */
static void
own_files(unsigned keep)
{
	const unsigned first = STDERR_FILENO + 1;

	if (keep <= first)
		close_range(
		    keep < first ? first : first + 1, ~0u, CLOSE_RANGE_UNSHARE);
	else if (close_range(first, keep - 1, CLOSE_RANGE_UNSHARE) == 0)
		close_range(keep + 1, ~0u, 0);
}
#endif

void
gv_workers_own_files(int i, int keep)
{
#ifdef HAS_OWN_TABLES
	if (i > 0)
		own_files(keep < 0 ? 0 : (unsigned)keep);
#else
	(void)i;
	(void)keep;
#endif
}

static void *
work(void *arg)
{
	struct gv_worker *w = arg;

	w->result = w->fn(w->ctx, w->i);
	if (w->result < 0)
		w->message = strdup(gv_err_message());
	return NULL;
}

void
gv_workers_start(
    struct gv_workers *w, int n, int (*fn)(void *ctx, int i), void *ctx)
{
	sigset_t all, old;
	int i;

	memset(w, 0, sizeof(*w));
	w->n = n > GV_WORKERS_MAX ? GV_WORKERS_MAX : n;
	/* signals go to the thread that can clean up: the first */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < w->n; i++) {
		struct gv_worker *one = &w->workers[i];

		*one = (struct gv_worker){ .fn = fn, .ctx = ctx, .i = i };
		if (i > 0)
			one->started =
			    pthread_create(&one->thread, NULL, work, one) == 0;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

int
gv_workers_finish(struct gv_workers *w)
{
	int i, r = 0;

	if (w->n > 0)
		work(&w->workers[0]);
	for (i = 1; i < w->n; i++) {
		if (w->workers[i].started)
			pthread_join(w->workers[i].thread, NULL);
		else
			work(&w->workers[i]); /* no thread to be had */
	}
	for (i = 0; i < w->n; i++) {
		if (r == 0 && w->workers[i].result < 0) {
			r = w->workers[i].result;
			gv_err_set_message(w->workers[i].message);
		}
		free(w->workers[i].message);
	}
	w->n = 0;
	return r;
}

int
gv_workers_run(int n, int (*fn)(void *ctx, int i), void *ctx)
{
	struct gv_workers w;

	gv_workers_start(&w, n, fn, ctx);
	return gv_workers_finish(&w);
}
