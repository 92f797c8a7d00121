#ifndef GV_LOCK_H
#define GV_LOCK_H
/*
 * A lock among our own processes on one machine. The kernel lets go of it
 * when its holder dies, so none is ever left behind.
 *
 *	r = gv_lock_open(&fd, path, 10000);
 *	...
 *	gv_lock_close(fd);
 */

/* Take the exclusive lock on the file `path`, made if missing, waiting at
 * most `wait_ms` milliseconds. Only those who may write to its folder can open
 * it: whoever can open a file can hold its lock. 0 with *fd set, GV_ELOCKED,
 * GV_ECANCELED, or GV_ERROR. */
int gv_lock_open(int *fd, const char *path, int wait_ms);

/* The same for a file of the user's, whose mode stays. */
int gv_lock_open_shown(int *fd, const char *path, int wait_ms);

/* Let go; -1 is fine. The file stays: removing it would race. */
void gv_lock_close(int fd);

#endif
