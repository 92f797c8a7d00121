#ifndef STATE_LEND_H
#define STATE_LEND_H
/*
 * A safe for commands that compare versions of states, opened once it is
 * needed, by keys that open without a question.
 *
 *	struct gv_state_lend lend = { .ctx = ctx };
 *	struct gv_track_with with = GV_STATE_LEND_WITH(&lend);
 *	…
 *	gv_state_lend_close(&lend);
 */

struct gv_ctx;
struct gv_safe;

struct gv_state_lend {
	struct gv_ctx *ctx;
	struct gv_safe *safe; /* private */
};

/* Only digests of different keys are worth it. */
#define GV_STATE_LEND_WITH(lend)                                               \
	{                                                                      \
		.open = gv_state_lend, .ctx = (lend), .keys_only = true        \
	}

/* As gv_track_with wants it; `lend` is one. 0, or why it cannot be opened. */
int gv_state_lend(void *lend, struct gv_safe **out);

/* Zeroed ok. */
void gv_state_lend_close(struct gv_state_lend *lend);

#endif
