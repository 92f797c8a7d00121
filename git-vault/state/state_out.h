#ifndef STATE_OUT_H
#define STATE_OUT_H
/*
 * What several verbs of `git vault state` print: a lock, and what to do with a
 * state in a file.
 */

struct gv_ctx;
struct gv_json;
struct gv_statelock;
struct gv_track_version;

/* The members of a lock, into the object that is open. */
void gv_state_out_lock(struct gv_json *j, const struct gv_statelock *lock);

/* Say that the file holds a state in plaintext, and the command that loads it
 * into the tool and removes it. */
void gv_state_out_pushable(
    struct gv_ctx *ctx, const char *path, const struct gv_track_version *v);

/* The hint for Terraform. `dir` is that of the code, from the top of the
 * working tree; NULL: not known. */
void gv_state_out_push(struct gv_ctx *ctx, const char *dir, const char *path);

#endif
