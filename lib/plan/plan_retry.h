#ifndef GV_PLAN_RETRY_H
#define GV_PLAN_RETRY_H
/*
 * How long to wait before what failed is tried again: the delay, multiplied
 * after each further try, up to a bound.
 *
 *	due = ended + gv_plan_retry_delay(&retry, tries);
 */

#include <stdint.h>

struct gv_plan_retry;

/* Seconds after a try until the next, by how many there were: at least 1. */
int64_t gv_plan_retry_delay(const struct gv_plan_retry *retry, unsigned tries);

#endif
