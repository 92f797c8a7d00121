#ifndef WARD_H
#define WARD_H
/*
 * Runs work on what strangers send in a process of its own, within bounds. If
 * it dies or takes too long, that is reported, and the caller lives on. For
 * work that writes nothing, since it may end at any moment.
 *
 *	r = gv_ward_run(&(struct gv_ward){ .work = check, .ctx = &job,
 *	    .max_time = 60, .max_memory = 1 << 30 });
 */

#include <stdint.h>

struct gv_ward {
	int (*work)(void *ctx); /* prints what it has to say itself */
	void *ctx;
	int64_t max_time;    /* seconds; 0: any */
	uint64_t max_memory; /* bytes of its own, and of each program that it
				starts; 0: any */
};

/* Run it, before threads start. What it returned, 0 to 100; GV_EREFUSED where
 * it took too long; GV_ERROR where it died, or could not be started;
 * GV_ECANCELED where we are to stop. */
int gv_ward_run(const struct gv_ward *ward);

#endif
