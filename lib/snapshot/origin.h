#ifndef GV_ORIGIN_H
#define GV_ORIGIN_H
/*
 * Where a snapshot comes from: what the repository around the files was at
 * that moment. Becomes the tree meta/origin of small text files.
 *
 *	r = gv_origin_collect(&origin, repo, &refs);
 *	r = gv_origin_unpushed(&tips, &n, repo, &refs);
 */

#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;
struct gv_refs;

struct gv_origin {
	struct gv_buf repository; /* "key value" lines */
	struct gv_buf refs;       /* "<id> <name>" lines, ours left out */
	struct gv_buf config;     /* "key=value" lines of the repository's own
				     configuration, that hold no secret */
	struct gv_buf settings;   /* the others, without credentials: to be
				     sealed */
	struct gv_oid digest;     /* of what counts as a change: HEAD, branches,
				     tags, stashes, an operation under way */
};

#define GV_ORIGIN_INIT                                                         \
	{                                                                      \
		GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,            \
		{                                                              \
			{                                                      \
				0                                              \
			}                                                      \
		}                                                              \
	}

/* Collect it; `refs` are all refs of the repository. 0 or GV_ENOMEM. */
int gv_origin_collect(struct gv_origin *out, const struct gv_repo *repo,
    const struct gv_refs *refs);
/* Add git's version to `repository`: it is no change of what the digest is
 * of. 0, GV_ENOMEM, or a failure to run git. */
int gv_origin_add_git(struct gv_origin *origin, struct gv_repo *repo);

void gv_origin_release(struct gv_origin *origin);

/* The tips of local branches, and stashes, that neither HEAD nor a
 * remote-tracking branch reaches, none of them reached by another: what
 * would be lost with this clone. The caller frees *out. */
int gv_origin_unpushed(struct gv_oid **out, size_t *n,
    const struct gv_repo *repo, const struct gv_refs *refs);

#endif
