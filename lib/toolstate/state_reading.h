#ifndef GV_STATE_READING_H
#define GV_STATE_READING_H
/* One pass over a side, which what reads documents, and what looks behind a
 * damage, share. */

#include "toolstate/state_triage_internal.h"

struct gv_state_reading {
	struct gv_state_triage *out;
	const struct gv_state_again *source;
	enum gv_state_side side;
	struct gv_state_tape tape;
	bool is_strict, is_blind;
	bool *is_odd;
	const struct gv_state_handler **handlers;
	void **own; /* one for each, of the document */
	size_t n_handlers;
	/* the member that each map on the way to the lists is, from 1 */
	size_t open[GV_STATE_BODY_DEPTH + 2];
	size_t first;   /* of this side */
	uint64_t begun; /* where the document does */
	bool is_ahead;  /* what is its own was looked ahead for */
	bool is_last;   /* no more documents are separated */
	struct gv_state_document *document;
	struct gv_state_items items;
	struct gv_buf name;
	uint64_t again;
	bool early;
};

/* Have a document that what is found at this offset of the side belongs to. 0
 * or GV_ENOMEM. */
int gv_state_reading_begin(struct gv_state_reading *s, uint64_t at);

/* The items of a piece, by the handler of this number. 0 or GV_ENOMEM. */
int gv_state_reading_read(struct gv_state_reading *s, size_t which,
    const struct gv_jsontext_piece *piece);

/* Append a thing that stands at `text`, which is at f->at of the side; its
 * items were read. `how` may be NULL. 0 or GV_ENOMEM. */
int gv_state_reading_add(struct gv_state_reading *s, struct gv_state_found *f,
    const struct gv_state_salvage *how, const char *text);

/* Go through what is damaged: 1 where a document begins, 0 at the end; what
 * reading returned; GV_ENOMEM. */
int gv_state_reading_scan(struct gv_state_reading *s);

#endif
