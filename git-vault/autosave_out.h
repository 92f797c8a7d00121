#ifndef AUTOSAVE_OUT_H
#define AUTOSAVE_OUT_H
/*
 * The automatic saves of a working tree, for list --auto.
 *
 *	r = gv_autosave_out_list(ctx, o->limit, o->id_only);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_ctx;

/* Print the saves, newest first, at most `limit` of them (negative: all), or
 * their ids alone; as JSON where that is wanted. 0; 3 where one is damaged; a
 * failure. */
int gv_autosave_out_list(struct gv_ctx *ctx, int64_t limit, bool id_only);

/* If `text` names the latest snapshot of this working tree, and an automatic
 * save is newer than `time`, when that was taken, print how to restore the save
 * instead. */
void gv_autosave_out_newer(struct gv_ctx *ctx, const char *text, int64_t time);

#endif
