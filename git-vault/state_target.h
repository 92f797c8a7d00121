#ifndef STATE_TARGET_H
#define STATE_TARGET_H
/*
 * Where a state goes that is given out: a file that has no name yet, so that
 * nothing is left of it whatever happens; stdout else.
 */

#include <stddef.h>

struct gv_state_target {
	const char *path; /* NULL: stdout */
	int fd;           /* -1: it is not open */
	char *name; /* until then, where the file system knows no files without
		       a name; else NULL */
};

/* Begin the file. 0; GV_EEXISTS where it is there already; GV_ERROR. */
int gv_state_target_open(struct gv_state_target *to);

/* Write to it: as gv_age_sink. */
int gv_state_target_put(void *target, const void *data, size_t len);

/* Where r is 0, give it its name; else nothing of it is left. r, or why it
 * could not be done. */
int gv_state_target_close(struct gv_state_target *to, int r);

#endif
