#ifndef ROLLBACK_READY_H
#define ROLLBACK_READY_H
/*
 * A version of a state as a file that its tool takes instead of the newest:
 * with a serial above that one's, where the tool has them. It is never pushed
 * by us.
 */

struct gv_rollback_run;
struct gv_rollback_stack;

/* Make it in the rollback's own directory, told to the audit chain first: sets
 * path and serial of the stack. 0; GV_ENOKEY; GV_ENOTFOUND; GV_ECORRUPT;
 * GV_ERROR. */
int gv_rollback_ready(struct gv_rollback_run *w, struct gv_rollback_stack *s);

#endif
