#ifndef GV_STATE_REPAIR_INTERNAL_H
#define GV_STATE_REPAIR_INTERNAL_H
/* What planning a repair and giving its bytes share. */

#include "toolstate/state_repair.h"
#include "toolstate/state_triage_internal.h"

enum { GV_STATE_FROM_OURS, GV_STATE_FROM_THEIRS, GV_STATE_FROM_GOOD };
#define GV_STATE_SOURCES 3

struct gv_state_composed;

/* Nothing yet, of these sources. 0 or GV_ENOMEM. */
int gv_state_composed_new(
    struct gv_state_composed **out, const struct gv_state_repair_what *what);

/* Append bytes of a source, or of our own, which must last. 0 or GV_ENOMEM. */
int gv_state_composed_slice(
    struct gv_state_composed *c, unsigned source, uint64_t at, uint64_t len);
int gv_state_composed_text(struct gv_state_composed *c, const char *text);

/* NULL-safe; wipes. */
void gv_state_composed_free(struct gv_state_composed *c);

/* ---- state_head.c: the document but for what stands in its lists ---- */

enum gv_state_head_kind {
	GV_STATE_HEAD_SLICE,
	GV_STATE_HEAD_MAP, /* on the way to the body */
	GV_STATE_HEAD_RESOURCES,
	GV_STATE_HEAD_OUTPUTS,
	GV_STATE_HEAD_SERIAL,
	GV_STATE_HEAD_TEXT, /* written again */
};

struct gv_state_head_member {
	const char *key;
	enum gv_state_head_kind kind;
	unsigned source; /* of a slice */
	uint64_t at, len;
	const char *text; /* that is written */
};

/* Members of a map on the way to the body, in their order. */
struct gv_state_head_level {
	struct gv_state_head_member *members;
	size_t n, cap;
};

struct gv_state_head {
	const struct gv_state_salvage *how;
	const struct gv_state_document *bad, *good; /* good may be NULL */
	unsigned source;                            /* of the bad one */
	bool has_resources, has_outputs; /* some were taken, and are to have
					    a place */
	bool mixes;                      /* things of the good one were taken */
	/* what is to be told: 0 or GV_ENOMEM */
	int (*note)(void *ctx, enum gv_state_note kind, const char *name);
	void *ctx;
	/* made */
	struct gv_state_body_at at;
	struct gv_state_head_level levels[GV_STATE_BODY_DEPTH + 1];
};

/* Choose the members: those of the damaged document, and where they are lost,
 * of the whole one. The fields above those made are set. 0; GV_EREFUSED with a
 * sentence where one is in neither; GV_ENOMEM. */
int gv_state_head_make(struct gv_state_head *head);

/* Call note() for members of the bad document that another one has otherwise,
 * but for its lists and what is counted up. 0 or what note() returned. */
int gv_state_head_compare(const struct gv_state_head *head,
    const struct gv_state_document *other, enum gv_state_note kind);

/* Free; zeroed ok. */
void gv_state_head_release(struct gv_state_head *head);

/* ---- state_order.c: what is needed before who needs it ---- */

struct gv_state_order {
	const struct gv_state_found *const *things;
	size_t n;
	/* a thing needs what is not there, or what needs itself: 0 or
	 * negative */
	int (*unmet)(
	    void *ctx, const struct gv_state_found *f, const char *need);
	void *ctx;
};

/* Change the order of n numbers of things so that each stands behind what it
 * needs, as little as can be: what is in order stays. What is no output of
 * them is ordered, the rest stays where it is. 0; what unmet() returned;
 * GV_ENOMEM. */
int gv_state_order_make(size_t *order, const struct gv_state_order *what);

#endif
