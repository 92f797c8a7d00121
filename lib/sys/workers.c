#include "sys/workers.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define MAX_WORKERS 16

struct worker {
	pthread_t thread;
	int (*fn)(void *ctx, int i);
	void *ctx;
	int i, result, started;
	char *message;
};

int
gv_workers_count(int wanted)
{
	long n = wanted;

	if (n <= 0) {
#ifdef __linux__
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
	return n > MAX_WORKERS ? MAX_WORKERS : (int)n;
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	w->result = w->fn(w->ctx, w->i);
	if (w->result < 0)
		w->message = strdup(gv_err_message());
	return NULL;
}

int
gv_workers_run(int n, int (*fn)(void *ctx, int i), void *ctx)
{
	struct worker w[MAX_WORKERS];
	sigset_t all, old;
	int i, r = 0;

	if (n < 1)
		return 0;
	if (n > MAX_WORKERS)
		n = MAX_WORKERS;
	memset(w, 0, sizeof(w));
	/* signals go to the thread that can clean up: the first */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < n; i++) {
		w[i].fn = fn;
		w[i].ctx = ctx;
		w[i].i = i;
		if (i > 0)
			w[i].started = pthread_create(&w[i].thread, NULL, work,
					   &w[i]) == 0;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	work(&w[0]);
	for (i = 1; i < n; i++) {
		if (w[i].started)
			pthread_join(w[i].thread, NULL);
		else
			work(&w[i]); /* no thread to be had: do it here */
	}
	for (i = 0; i < n; i++) {
		if (r == 0 && w[i].result < 0) {
			r = w[i].result;
			gv_err_set_message(w[i].message);
		}
		free(w[i].message);
	}
	return r;
}
