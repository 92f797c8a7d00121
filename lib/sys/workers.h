#ifndef GV_WORKERS_H
#define GV_WORKERS_H
/*
 * The same function on several threads at once. Work is shared out by the
 * function itself, by an atomic counter in `ctx`.
 *
 *	r = gv_workers_run(gv_workers_count(0), hash_some, &job);
 */

#include <pthread.h>

/* How many threads to use: `wanted` where positive, else one a processor
 * that this process may run on, at least 1 and at most
 * GV_WORKERS_MAX. */
int gv_workers_count(int wanted);

#define GV_WORKERS_MAX 16

struct gv_worker {
	pthread_t thread;
	int (*fn)(void *ctx, int i);
	void *ctx;
	int i, result, started;
	char *message;
};

/* Some that work while their caller does something else. */
struct gv_workers {
	struct gv_worker workers[GV_WORKERS_MAX];
	int n;
};

/* Run fn(ctx, i) for i in 0 … n-1, each on a thread of its own (i = 0 on this
 * one), and wait for all. 0, or the first failure by i, with its message. */
int gv_workers_run(int n, int (*fn)(void *ctx, int i), void *ctx);

/* Begin the same, but for i = 0, which is left for gv_workers_finish(). *w must
 * stay where it is up to then. */
void gv_workers_start(
    struct gv_workers *w, int n, int (*fn)(void *ctx, int i), void *ctx);

/* Do what is left, and wait for all, as gv_workers_run(). Zeroed ok, and twice:
 * 0. */
int gv_workers_finish(struct gv_workers *w);

/* From here on worker i has a table of open files of its own, in which stand
 * the three standard ones and `keep` (-1: none): the system need not hold one
 * against other threads, nor count who uses each file, which is a tenth of what
 * it takes to read small files on two processors. It sees no other file that is
 * open, and nobody sees what it opens; so it is for who opens all that it reads
 * by itself, and shares no store whose files are open for all. What it had of
 * others is closed, or the end of a pipe would never come for who waits for it.
 * Nothing for worker 0, which is its caller's thread, and where the system
 * cannot. */
void gv_workers_own_files(int i, int keep);

#endif
