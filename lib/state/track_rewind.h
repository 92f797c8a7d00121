#ifndef GV_TRACK_REWIND_H
#define GV_TRACK_REWIND_H
/*
 * A source of a state that is read two times: what it is must be known before
 * the first byte of it is kept in clear. One that cannot go back, a pipe, is
 * held in memory that nobody else sees.
 *
 *	r = gv_track_rewind_begin(&rewind, source);
 *	… gv_state_run(&info, &rewind.source, …)
 *	r = gv_track_rewind_again(&rewind);
 *	… once more
 *	gv_track_rewind_release(&rewind);
 */

#include <stddef.h>

#include "crypto/secret.h"
#include "toolstate/state.h"

struct gv_track_rewind {
	struct gv_state_source source; /* that is to be read */
	struct gv_secret held;         /* own, as what follows */
	size_t at;
};

/* Begin; `from` must outlive it, and nothing of it has been read. It is to stay
 * where it is. 0; what its calls returned; GV_ENOMEM; GV_ERROR. */
int gv_track_rewind_begin(
    struct gv_track_rewind *t, const struct gv_state_source *from);

/* To the beginning. 0, or what rewind() returned. */
int gv_track_rewind_again(struct gv_track_rewind *t);

/* Zeroed ok; wipes. */
void gv_track_rewind_release(struct gv_track_rewind *t);

#endif
