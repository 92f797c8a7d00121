#ifndef GV_PARAM_SIDE_H
#define GV_PARAM_SIDE_H
/*
 * Which commit a side of a merge is of: git gives a merge driver the content of
 * a file alone.
 */

#include "param/param.h"

/* The commit of this clone that has these bytes at a path: HEAD, or the newest
 * of branches, tags and stashes that brought them there. `commit` is "" where
 * none is found. 0, GV_ECANCELED, GV_ENOMEM, GV_ERROR. */
int gv_param_side(char commit[41], const struct gv_repo *repo, const char *path,
    const char *text, size_t len);

/* The last commit up to `commit` that took a word away from a file, or wrote it
 * there. As gv_param_blame(). */
int gv_param_removed(struct gv_param_author *out, const struct gv_repo *repo,
    const char *path, const char *word, const char *commit);

#endif
