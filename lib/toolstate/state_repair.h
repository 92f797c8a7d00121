#ifndef GV_STATE_REPAIR_H
#define GV_STATE_REPAIR_H
/*
 * A valid state of what is whole in a damaged one: its own head and resources,
 * and where they are lost and that is wanted, those of a whole version. What is
 * given is slices of both and the commas between them. Nothing is decided in
 * silence: each thing that was, or was not, taken is noted.
 *
 *	r = gv_state_repair_new(&repair, &what);
 *	for (i = 0; i < repair->n; i++)
 *		tell(repair->notes[i].kind, repair->notes[i].address);
 *	r = gv_state_repair_copy(repair, sink, ctx);
 */

#include "toolstate/state_triage.h"

struct gv_state_repair_what {
	const struct gv_state_triage *bad;
	const struct gv_state_again *bad_source;
	/* a whole version; NULL: there is none */
	const struct gv_state_triage *good;
	const struct gv_state_again *good_source;
	enum gv_state_side prefer; /* BOTH: nothing was said */
	size_t document;           /* 0: nothing was said */
	bool with_lost;
	uint64_t above; /* its serial is to be above this one as well */
};

enum gv_state_note {
	GV_STATE_LOST,      /* it is in the whole version alone, and left out */
	GV_STATE_ADDED,     /* it is taken from there */
	GV_STATE_HEAD_FROM, /* a member of the document that is from there */
	GV_STATE_WRITTEN,   /* one that is lost, and the same in all */
	GV_STATE_CHOSEN,    /* both sides have it, the preferred one is taken */
	GV_STATE_ONE_SIDED, /* one side alone has it; it is taken */
	GV_STATE_LEFT,      /* of another document or lineage, and left out */
	GV_STATE_UNDECIDED, /* both sides have it: a side has to be said */
	GV_STATE_TWICE,     /* one side has two of it, which differ */
	GV_STATE_UNMET,     /* it needs what is not in it, or itself */
};

/* A word for it: "lost", "added" … */
const char *gv_state_note_name(enum gv_state_note kind);

struct gv_state_repair_note {
	enum gv_state_note kind;
	const char *address; /* or the name of a member */
	const char *needs;   /* of UNMET: the address; else NULL */
};

struct gv_state_composed;

struct gv_state_repair {
	uint64_t serial;              /* that it has; 0: its tool has none */
	bool has_serial, has_outputs; /* its tool has these */
	uint64_t resources, outputs;  /* in it; or what is under way */
	struct gv_state_repair_note *notes;
	size_t n, cap;
	struct gv_arena arena;
	struct gv_state_composed *composed; /* private */
};

/* Plan one; all of *what but itself must last. 0; GV_EREFUSED with a sentence
 * that names addresses, where something is to be said first, or too little is
 * there; GV_ENOMEM. */
int gv_state_repair_new(
    struct gv_state_repair **out, const struct gv_state_repair_what *what);

/* Give its bytes to the sink as our own reader takes them; once before that to
 * nobody, so that what it does not take is not begun. 0; GV_EREFUSED where it
 * is no whole state; what the sink or a source returned; GV_ENOMEM. */
int gv_state_repair_copy(struct gv_state_repair *repair,
    int (*sink)(void *ctx, const void *data, size_t len), void *ctx);

/* NULL-safe; wipes. */
void gv_state_repair_free(struct gv_state_repair *repair);

/* Whether addresses of a whole version that a damaged one lacks are lost:
 * not where their list is whole and they were taken out of it. `document` 0:
 * any. */
bool gv_state_repair_may_lose(
    const struct gv_state_triage *bad, size_t document, bool outputs);

/* Whether an address is of what was under way in a version, which no other one
 * loses. */
bool gv_state_repair_is_passing(const char *address);

/* Whether anything may be put together of a damaged one. */
bool gv_state_repair_may(const struct gv_state_triage *bad);

/* How long the address of a resource is in that of its instance. */
size_t gv_state_repair_bare(const char *address);

#endif
