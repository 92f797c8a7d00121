#ifndef GV_TRACK_BATCH_H
#define GV_TRACK_BATCH_H
/*
 * Parts of a state that are sealed together, some MiB at a time: while one
 * share is gathered, threads seal the other.
 *
 *	struct gv_track_batch batch = { .how = &seal, .lane = lane, … };
 *	r = gv_track_batch_add(&batch, &value, bytes);
 *	r = gv_track_batch_finish(&batch);
 *	gv_track_batch_release(&batch);
 */

#include <stdbool.h>
#include <stddef.h>

#include "crypto/secret.h"
#include "repo/oid.h"

struct gv_pack_lane;
struct gv_seal;
struct gv_seal_run;
struct gv_seal_value;
struct gv_track_parts;

/* A part that is yet to be sealed. */
struct gv_track_value {
	size_t part, len;    /* its number; bytes */
	bool is_split;       /* they are what is hidden of it, */
	struct gv_oid clear; /* and this is the rest */
	size_t at;           /* own: where they stand */
};

struct gv_track_share {
	struct gv_secret clear;
	struct gv_track_value *waiting;
	struct gv_seal_value *values;
	size_t n, cap, cap_values;
	struct gv_seal_run *run;
};

struct gv_track_batch {
	const struct gv_seal *how;
	struct gv_pack_lane *lane;       /* for trees of those that are split */
	struct gv_track_parts *parts;    /* get their objects */
	struct gv_track_share shares[2]; /* own */
	int filled;                      /* which; the other is sealed */
};

/* Have a value sealed, soon; its bytes are copied. As gv_seal_run(). */
int gv_track_batch_add(struct gv_track_batch *b,
    const struct gv_track_value *value, const void *p);

/* Wait for all of them. As gv_seal_run(). */
int gv_track_batch_finish(struct gv_track_batch *b);

/* Zeroed ok; gives up what is being sealed, wipes. */
void gv_track_batch_release(struct gv_track_batch *b);

#endif
