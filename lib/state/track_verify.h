#ifndef GV_TRACK_VERIFY_H
#define GV_TRACK_VERIFY_H
/*
 * Whether a version of a state is what was saved, and whole in itself: its
 * parts and their sum, its index against them, the versions before it, and
 * what its resources say of one another.
 *
 *	r = gv_track_verify(&out, repo, safe, &version, tell, ctx);
 */

#include <stdbool.h>
#include <stdint.h>

#include "state/track_binding.h"

struct gv_repo;
struct gv_safe;
struct gv_track_version;

enum gv_track_finding {
	GV_TRACK_BAD_PARTS,   /* a part is missing, damaged, or another one */
	GV_TRACK_BAD_INDEX,   /* the index does not say what is in the parts */
	GV_TRACK_BAD_CHAIN,   /* serials go back, the lineage changes */
	GV_TRACK_BAD_BINDING, /* it is not the version that was saved here */
	GV_TRACK_DAMAGED,     /* it was no whole state when it was saved */
	GV_TRACK_DUPLICATE,   /* two resources under one address */
	GV_TRACK_UNKNOWN,     /* a dependency that names no resource */
	GV_TRACK_CIRCULAR,    /* resources that depend on each other */
	GV_TRACK_ORDER,       /* what is needed stands behind who needs it */
	GV_TRACK_UNFINISHED,  /* tainted, or deposed and yet to be destroyed */
	/* by track_code.h */
	GV_TRACK_NO_BLOCK,     /* the code has no block for it */
	GV_TRACK_NOT_IN_STATE, /* a block that nothing was made of: a note */
	/* by toolstate/live.h */
	GV_TRACK_LIVE, /* what is there differs */
};

/* A word for it: "parts", "index" … */
const char *gv_track_finding_name(enum gv_track_finding kind);

struct gv_track_verified {
	uint64_t findings;
	uint64_t items;
	bool was_compared; /* the index with the parts, by the key of ids */
	bool was_opened;   /* the parts, by a key */
	enum gv_track_binding binding;
	char shut[200]; /* why not; "" */
};

/* tell(ctx, kind, sentence) for each thing found, which names addresses and
 * never a value; negative ends it. Without an identity that opens them the
 * parts are not looked at, which *out tells. `safe` NULL: likewise. 0, whatever
 * was found; tell's negative value; GV_ENOMEM; GV_ERROR. */
int gv_track_verify(struct gv_track_verified *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx);

/* The same of its parts alone, their sum and the index against them: nothing of
 * the versions before it, nor of what its resources say. */
int gv_track_verify_parts(struct gv_track_verified *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx);

#endif
