#ifndef STATE_VERSION_H
#define STATE_VERSION_H
/*
 * What the verbs of `git vault state` have in common: which state is meant, and
 * how a version is printed.
 */

#include "state/track.h"

struct gv_ctx;
struct gv_json;

#define GV_STATE_VERSION_ID 13 /* digits of a version's id, and the NUL */

/* The state of --env and --stack; where one of them is missing, the only one
 * that there is, of the environment of the current directory if that says one.
 * Texts are *hold's or the options'. 0; GV_EUSAGE where several fit;
 * GV_ENOTFOUND; a failure. */
int gv_state_version_of(
    struct gv_track_of *out, struct gv_track_version *hold, struct gv_ctx *ctx);

/* The commit of the project that a text names. 0; GV_ENOTFOUND with what to do;
 * a failure. */
int gv_state_commit(struct gv_oid *out, const char *text);

/* Call fn(ctx, version) for the version that the first argument names, the
 * newest where there is none. What it returns; as gv_track_resolve(). */
int gv_state_with_version(struct gv_ctx *ctx, int argc, char **argv,
    int (*fn)(struct gv_ctx *ctx, const struct gv_track_version *v));

/* The short id of a version. */
void gv_state_version_id(
    char out[GV_STATE_VERSION_ID], const struct gv_track_version *v);

/* "12", or "-" where it has none. */
void gv_state_version_serial(char out[24], const struct gv_track_version *v);

/* A serial above that of the newest version, and of the newest that is whole.
 * 0; 1 where none has one; as gv_track_log(). */
int gv_state_version_next_serial(
    uint64_t *out, struct gv_ctx *ctx, const struct gv_track_of *of);

/* Warn of a version that was no whole state when it was saved, and say what can
 * be done. */
void
gv_state_version_warn(struct gv_ctx *ctx, const struct gv_track_version *v);

/* An object of it. */
void gv_state_version_json(
    struct gv_json *j, const char *key, const struct gv_track_version *v);

/* Its cells in a table: version, serial, commit, age. */
void
gv_state_version_cells(struct gv_ctx *ctx, const struct gv_track_version *v);

/* Whether a version says that the state was deleted; then why, in the words of
 * its reason, on one line. */
#define GV_STATE_VERSION_WHY 160
bool gv_state_version_is_gone(
    char why[GV_STATE_VERSION_WHY], const struct gv_track_version *v);

#endif
