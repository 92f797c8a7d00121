#ifndef GV_STATE_TRIAGE_INTERNAL_H
#define GV_STATE_TRIAGE_INTERNAL_H
/* What the parts of triage share: sides of a conflict, and a pass over one. */

#include "toolstate/state_internal.h"
#include "toolstate/state_triage.h"

/* A value that is larger than this is no state's. */
#define GV_STATE_PIECE_MAX ((size_t)256 * 1024 * 1024)

/* Documents that are separated in a side; what is behind the last one is
 * looked through as if it were a part of it. */
#define GV_STATE_DOCUMENTS 16

#define GV_STATE_MEMBERS 1024 /* of a document that are given */

/* ---- state_side.c ---- */

/* Where a byte of the side stands in the file, once that was read. */
uint64_t gv_state_part_place(const struct gv_state_part *part, uint64_t at);

/* What was seen while it was read to its end. */
struct gv_state_seen {
	uint64_t size, nuls, first_nul, conflicts, first_conflict;
	bool is_open; /* it ends within a conflict that has two sides */
};
const struct gv_state_seen *
gv_state_part_seen(const struct gv_state_part *part);

/* ---- state_tape.c ---- */

#define GV_STATE_WINDOW ((size_t)256 * 1024)

/* The bytes of a side, of which some can be given back. Zeroed but for the
 * first two is at the beginning. */
struct gv_state_tape {
	struct gv_state_part *part;
	const struct gv_memory *memory;
	char *window;
	size_t at, have, cap;
	uint64_t base; /* of the window, in the side */
	bool is_over;
	int failed; /* what reading returned */
};

/* The offset of a byte of the window. */
uint64_t gv_state_tape_place_of(const struct gv_state_tape *t, const char *p);

/* Have a window that is so large. 0 or GV_ENOMEM. */
int gv_state_tape_reserve(struct gv_state_tape *t, size_t cap);

/* Have more bytes behind `at`, which may move it, in a larger window if `grow`;
 * GV_STATE_LOOK_BACK bytes before it stay. 0; what reading returned; GV_ENOMEM.
 */
int gv_state_tape_refill(struct gv_state_tape *t, bool grow);

/* What is held, then what comes: as gv_state_source. */
int64_t gv_state_tape_read(struct gv_state_tape *t, void *data, size_t len);

/* Put bytes of this offset before what is held. 0 or GV_ENOMEM. */
int gv_state_tape_give_back(
    struct gv_state_tape *t, const char *p, size_t len, uint64_t base);

/* ---- state_inner.c ---- */

/* How a map differs from what is in it, for gv_state_drop_inner(): how
 * it is indented, and whether its tool (NULL: none) takes it for another one.
 * `before` is where the bytes before it begin that can be trusted; NULL: no
 * such bytes. */
unsigned gv_state_lead(const struct gv_state_salvage *how,
    const struct gv_jsontext_token *map, const char *before, bool is_sorted);

/* Drop of those found from `first` on what stands within another one. */
void gv_state_drop_inner(struct gv_state_triage *out, size_t first);

/* ---- state_body.c ---- */

/* How documents of a tool are put together again; NULL. */
const struct gv_state_salvage *gv_state_body_how(const char *tool);

/* Whether levels are those of a map on the way to a body's lists, the document
 * among them. */
bool gv_state_body_is_way(const struct gv_state_salvage *how,
    const struct gv_jsontext_level *levels, size_t n);

/* Whether levels are those of the list of resources in a body; never in
 * a map. */
bool gv_state_body_is_list(const struct gv_state_salvage *how,
    const struct gv_jsontext_level *levels, size_t n);

/* Whether they are those of a list or map of resources. */
bool gv_state_body_is_place(const struct gv_state_salvage *how,
    const struct gv_jsontext_level *levels, size_t n);

/* The body that a document has, and its maps. */
struct gv_state_body_at {
	const struct gv_state_body *body; /* NULL: nothing of one is there */
	bool has_list;                    /* of its resources */
	size_t depth;                     /* of the body */
	/* the number of each map on the way, from 1, 0 being the document; how
	 * many there are */
	size_t in[GV_STATE_BODY_DEPTH + 1], n;
};

/* Find it. Of maps that stand twice it is the last. */
void gv_state_body_find(struct gv_state_body_at *out,
    const struct gv_state_salvage *how, const struct gv_state_document *d);

/* A member of a map on the way, the last of its name; NULL. `level` is 0 for
 * the document. */
const struct gv_state_member *
gv_state_body_member(const struct gv_state_body_at *at,
    const struct gv_state_document *d, size_t level, const char *key);

/* The list of resources, or of outputs, that a document has; NULL. */
const struct gv_state_member *
gv_state_body_list(const struct gv_state_salvage *how,
    const struct gv_state_document *d, bool outputs);

/* A member of the body; NULL. */
const struct gv_state_member *
gv_state_body_inner(const struct gv_state_salvage *how,
    const struct gv_state_document *d, const char *key);

/* ---- state_salvage.c ---- */

struct gv_state_pass {
	const struct gv_state_again *source;
	enum gv_state_side side;
	/* what is whole and cannot be what was written, a resource among the
	 * instances of another one, is taken for a damage */
	bool is_strict;
	/* the document was read, and what it has elsewhere is looked for */
	bool is_blind;
};

/* Append all documents of a side and what is whole in them to *out. If it is
 * not a whole state, the reason is in out->wrong, unless that has one already;
 * *early tells whether it only ends early, *is_odd whether a strict pass would
 * find more. 0; what was read returned; GV_ENOMEM. */
int gv_state_salvage(struct gv_state_triage *out, bool *early, bool *is_odd,
    struct gv_state_part *part, const struct gv_state_pass *pass);

#endif
