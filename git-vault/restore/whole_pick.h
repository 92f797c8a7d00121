#ifndef WHOLE_PICK_H
#define WHOLE_PICK_H
/*
 * Chooses snapshots in which an environment is whole, where the user named
 * none: others are passed over, and reported with the command that takes one
 * all the same.
 *
 *	r = gv_whole_pick_latest(&rec, ctx, "prod", "restore", "--in-place");
 */

#include <stdbool.h>

struct gv_buf;
struct gv_ctx;
struct gv_record;

/* Whether an environment is whole in a snapshot: 1; 0 with the reasons appended
 * to `why`; as gv_whole_load(). */
int gv_whole_pick_is(struct gv_buf *why, struct gv_ctx *ctx,
    const struct gv_record *rec, const char *env);

/* Exchange the snapshot "latest" for the newest of "latest", "latest~1" … in
 * which the environment is whole; `how` is what follows the id in the command
 * to paste. 0; GV_EREFUSED where none of them is, GV_ENOMEM; as
 * gv_record_resolve(). */
int gv_whole_pick_latest(struct gv_record *rec, struct gv_ctx *ctx,
    const char *env, const char *how);

#endif
