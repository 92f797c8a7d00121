#ifndef GV_RETRY_H
#define GV_RETRY_H
/*
 * When to ask a busy service again: later each time, never at the same moment
 * as others, and not for ever.
 *
 *	struct gv_retry retry = { .within_ms = 300000 };
 *	do
 *		r = send(…);
 *	while (failed && gv_retry_wait(&retry, reply.retry_after));
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_retry {
	int64_t within_ms; /* from the first failure to the last attempt */
	/* private */
	unsigned tries;
	int64_t since_ms;
};

/* Whether an HTTP status tells of a service that is busy or disturbed. Pure. */
bool gv_retry_is_status(int status);

/* Milliseconds before attempt number `tries` + 1: between half of a time that
 * doubles, to 20 s, and all of it, by `random`; at least `after_s` seconds.
 * Pure. */
int64_t gv_retry_delay(unsigned tries, int after_s, uint32_t random);

/* Wait before the next attempt. False, at once, where that one would be too
 * late, or we are to stop. */
bool gv_retry_wait(struct gv_retry *retry, int after_s);

/* Something went on: the time counts from the next failure. */
void gv_retry_reset(struct gv_retry *retry);

#endif
