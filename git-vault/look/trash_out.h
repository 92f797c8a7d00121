#ifndef TRASH_OUT_H
#define TRASH_OUT_H
/*
 * What is in the trash, for list --deleted.
 *
 *	r = gv_trash_out_list(ctx, o->limit, o->id_only);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_ctx;

/* Print the deleted snapshots, at most `limit` of them (negative: all), or
 * their ids alone; as JSON where that is wanted. 0; 3 where a deletion is
 * damaged; a failure. */
int gv_trash_out_list(struct gv_ctx *ctx, int64_t limit, bool id_only);

#endif
