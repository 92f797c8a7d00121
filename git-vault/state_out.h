#ifndef STATE_OUT_H
#define STATE_OUT_H
/*
 * What several verbs of `git vault state` print: a lock, and what to do with a
 * state in a file.
 */

struct gv_json;
struct gv_out;
struct gv_statelock;

/* The members of a lock, into the object that is open. */
void gv_state_out_lock(struct gv_json *j, const struct gv_statelock *lock);

/* Say that the file holds a state in plaintext, and the command that loads it
 * into the tool and removes it. `tool` may be NULL. */
void
gv_state_out_pushable(struct gv_out *out, const char *path, const char *tool);

#endif
