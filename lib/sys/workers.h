#ifndef GV_WORKERS_H
#define GV_WORKERS_H
/*
 * The same function on several threads at once. Work is shared out by the
 * function itself, by an atomic counter in `ctx`.
 *
 *	r = gv_workers_run(gv_workers_count(0), hash_some, &job);
 */

/* How many threads to use: `wanted` where positive, else one a processor
 * that this process may run on, at least 1 and at most 16. */
int gv_workers_count(int wanted);

/* Run fn(ctx, i) for i in 0 … n-1, each on a thread of its own (i = 0 on this
 * one), and wait for all. 0, or the first failure by i, with its message. */
int gv_workers_run(int n, int (*fn)(void *ctx, int i), void *ctx);

#endif
