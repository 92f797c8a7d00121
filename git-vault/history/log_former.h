#ifndef LOG_FORMER_H
#define LOG_FORMER_H
/*
 * Under which path a file was before the first snapshot that its history has:
 * renamed, and perhaps edited.
 *
 *	r = gv_log_former(&path, repo, &history, "lib/store.c");
 */

#include "base/buf.h"

struct gv_history;
struct gv_repo;

/* The path from the top that the file at `path` had in the snapshot before: 1
 * with *out set; 0: it was new, or its first snapshot is the first of all; as
 * reading a tree fails; GV_ENOMEM. */
int gv_log_former(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_history *h, const char *path);

#endif
