#ifndef STATE_BINDING_H
#define STATE_BINDING_H
/*
 * Whether versions of states are bound to their places (state/track_binding.h),
 * for verbs that decrypt nothing. It uses only id keys that open without a
 * question.
 *
 *	struct gv_state_binding b = { .ctx = ctx };
 *	if (gv_state_binding_look(&b, &version) < 0)
 *		...
 *	gv_state_binding_close(&b);
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_safe;
struct gv_track_version;

struct gv_state_binding {
	struct gv_ctx *ctx;
	bool is_quiet; /* no warning for a version that is refused */
	/* private */
	struct gv_safe *safe;
	bool is_sought;
};

/* Set v->bound to the word for it, and warn of one that is refused. 0; 1 where
 * it is refused; GV_ENOMEM, or what ended the reading. */
int
gv_state_binding_look(struct gv_state_binding *b, struct gv_track_version *v);

/* Zeroed ok. */
void gv_state_binding_close(struct gv_state_binding *b);

#endif
