#ifndef GV_REPLICA_FAILING_H
#define GV_REPLICA_FAILING_H
/*
 * What is remembered of pushes that nobody waited for: that they fail or leave
 * something out, since when and why, until one succeeds. It is reported once.
 *
 *	r = gv_replica_failing_load(&failing, dir);
 *	if (failing.since && !failing.is_told) …
 *	gv_replica_failing_release(&failing);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_replica_failing {
	int64_t since; /* 0: the last one did not fail */
	int64_t last;  /* when one failed last */
	bool is_told;
	bool is_partial; /* it was made, and something is not in the copy */
	char *why;
};

/* Read it: since 0 where there is nothing, or it is damaged. 0; GV_ENOMEM;
 * GV_ERROR. To be released in any case. */
int gv_replica_failing_load(struct gv_replica_failing *out, const char *dir);
void gv_replica_failing_release(struct gv_replica_failing *failing);

/* Note that a push failed, or left something out; since when is kept, and so is
 * whether that was told. 0; GV_ENOMEM; GV_ERROR. */
int gv_replica_failing_note(
    const char *dir, int64_t now, bool is_partial, const char *why);

/* Note that it was told, or that a push succeeded. The same. */
int gv_replica_failing_tell(const char *dir);
int gv_replica_failing_end(const char *dir);

#endif
