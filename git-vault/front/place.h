#ifndef PLACE_H
#define PLACE_H
/*
 * A place in a snapshot as people name it: SNAP:PATH, PATH@SNAP, SNAP alone,
 * or SNAP and PATH as two words.
 *
 *	r = gv_place_open(&place, ctx, "tag:v2:envs/prod", NULL);
 *	… place.rec, place.path.p …
 *	gv_place_release(&place);
 */

#include <stdbool.h>

#include "base/buf.h"
#include "record/record.h"

struct gv_ctx;
struct gv_repo;

struct gv_place {
	struct gv_record rec;
	struct gv_buf path; /* from the top; "" is the top directory */
	bool has_path;      /* one was named, if only "" */
};

#define GV_PLACE_INIT                                                          \
	{                                                                      \
		.path = GV_BUF_INIT                                            \
	}

/* Where the path begins in "SNAP:PATH": behind the first ':' that is no part
 * of the expression, in at:TIME:PATH behind the last (at:TIME alone is
 * recognised by two digits after it, the minutes). NULL without a path. */
const char *gv_place_path(const char *text);

/* Append the path of SNAP:PATH from the top, as it is written behind the ':'.
 * 0; GV_EUSAGE if it leads out of the working tree; GV_ENOMEM. */
int gv_place_joint(struct gv_buf *path, struct gv_ctx *ctx, const char *typed);

/* Find the snapshot and the path. With `path` the text is SNAP and the path
 * is relative to the current directory, as it is in PATH@SNAP; in SNAP:PATH
 * it is taken as git takes it: from the top, unless it begins with "./" or
 * "../". What can be read as SNAP or SNAP:PATH is. 0 or the failure of
 * resolving; nothing says yet that the path is there. The caller releases
 * *out in either case. */
int gv_place_open(struct gv_place *out, struct gv_ctx *ctx, const char *text,
    const char *path);

/* Set another path of the same snapshot, relative to the current directory. 0;
 * GV_EUSAGE if it leads out of the working tree; GV_ENOMEM. */
int gv_place_move(struct gv_place *place, struct gv_ctx *ctx, const char *path);

/* Free; NULL-safe. */
void gv_place_release(struct gv_place *place);

/* Append a path that the user gave, from the current directory or from the
 * root, as one from the top of the working tree. 0; GV_EUSAGE where it is not
 * below that; GV_ENOMEM. */
int gv_place_from_top(
    struct gv_buf *out, const struct gv_repo *repo, const char *path);

/* Append a path from the top as a word of a shell: a pathspec that means this
 * file from any directory. */
void gv_place_add_spec(
    struct gv_buf *out, const struct gv_ctx *ctx, const char *path);

#endif
