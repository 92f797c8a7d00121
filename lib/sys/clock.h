#ifndef GV_CLOCK_H
#define GV_CLOCK_H
/*
 * The clock and the random source: the only place that asks for either.
 *
 *	struct timespec now = gv_clock_now();
 */

#include <stddef.h>
#include <time.h>

/* The wall clock. GIT_VAULT_TEST_TIME (seconds since 1970) sets it fast, so
 * that tests are repeatable; its nanoseconds are then 0. */
struct timespec gv_clock_now(void);

/* Nanoseconds of the monotonic clock, for durations. GIT_VAULT_TEST_TICK, in
 * milliseconds, makes every call return that much more than the one before,
 * however long that took. */
long long gv_clock_tick(void);

/* The wall clock as file systems stamp files: coarser than gv_clock_now(). */
struct timespec gv_clock_coarse(void);

/* How many minutes the local time is ahead of UTC at that time. */
int gv_clock_zone(time_t at);

/* Do nothing for this many milliseconds, or until a signal. */
void gv_clock_sleep(int ms);

/* Fill with random bytes from the system. 0 or GV_ERROR. */
int gv_clock_random(void *out, size_t len);

/* Milliseconds of processor that this process and those that it has waited for
 * have used. */
long long gv_clock_cpu(void);

#endif
