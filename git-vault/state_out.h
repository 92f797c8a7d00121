#ifndef STATE_OUT_H
#define STATE_OUT_H
/*
 * A lock as the verbs of `git vault state` print it.
 */

struct gv_json;
struct gv_statelock;

/* The members of a lock, into the object that is open. */
void gv_state_out_lock(struct gv_json *j, const struct gv_statelock *lock);

#endif
