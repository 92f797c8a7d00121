#ifndef GV_TRACK_DIFF_H
#define GV_TRACK_DIFF_H
/*
 * What differs between two versions of a state: which resources came, went or
 * changed, and in which attributes. By their indexes alone, so no key is
 * needed, and parts that both have are not looked at.
 *
 *	r = gv_track_diff(repo, &a, &b, print, ctx);
 */

#include <stddef.h>

#include "vault/track_leaf.h"

struct gv_repo;
struct gv_track_of;
struct gv_track_version;

enum gv_track_change_kind {
	GV_TRACK_ADDED = 'A',
	GV_TRACK_DELETED = 'D',
	GV_TRACK_MODIFIED = 'M',
	GV_TRACK_REPLACED = 'R', /* it is another thing: its id changed */
};

struct gv_track_changed {
	const char *name;
	enum gv_track_change_kind kind; /* never REPLACED */
};

struct gv_track_change {
	enum gv_track_change_kind kind;
	const struct gv_track_item *a, *b;         /* NULL: it is not there */
	const struct gv_track_changed *attributes; /* of what is on both sides*/
	size_t n;
};

/* fn(ctx, change) for each that differs, by address. 0; fn's negative value;
 * GV_EREFUSED where their digests were made by different keys; GV_ECORRUPT;
 * GV_ENOTFOUND; GV_ENOMEM. */
int gv_track_diff(struct gv_repo *repo, const struct gv_track_version *a,
    const struct gv_track_version *b,
    int (*fn)(void *ctx, const struct gv_track_change *change), void *ctx);

/* fn(ctx, item) for each item of a version, in the order of the state. The
 * same. */
int gv_track_items(struct gv_repo *repo, const struct gv_track_version *v,
    int (*fn)(void *ctx, const struct gv_track_item *item), void *ctx);

/* fn(ctx, version, change) for each version of a state in which what stands
 * under an address changed, the newest first, and of the first one that had
 * it, where it was added: fn() returns 0 to go on, 1 to stop. 0; fn's negative
 * value; as gv_track_log() and gv_track_diff(). */
int gv_track_follow(struct gv_repo *repo, const struct gv_track_of *of,
    const char *address,
    int (*fn)(void *ctx, const struct gv_track_version *v,
	const struct gv_track_change *change),
    void *ctx);

#endif
