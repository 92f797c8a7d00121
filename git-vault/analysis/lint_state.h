#ifndef LINT_STATE_H
#define LINT_STATE_H
/*
 * What the states of a vault have that the code of HEAD does not have, and the
 * other way round, for the rule tf/state-orphan. By the index of states, so no
 * key is needed.
 *
 *	r = gv_lint_states_load(&states, ctx);
 *	opts.states = states.items;
 *	gv_lint_states_release(&states);
 */

#include <stddef.h>

#include "base/arena.h"
#include "lint/lint.h"

struct gv_ctx;

struct gv_lint_states {
	struct gv_lint_state *items;
	size_t n, cap;
	struct gv_arena arena;
};

#define GV_LINT_STATES_INIT                                                    \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Hold the newest version of each state against HEAD. One whose code is not
 * known, or cannot be read, is left out. 0; GV_ENOMEM; as gv_track_each(). */
int gv_lint_states_load(struct gv_lint_states *out, struct gv_ctx *ctx);

/* Free; zeroed ok. */
void gv_lint_states_release(struct gv_lint_states *states);

#endif
