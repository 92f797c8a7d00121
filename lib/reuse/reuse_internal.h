#ifndef GV_REUSE_INTERNAL_H
#define GV_REUSE_INTERNAL_H
/*
 * What the parts of reuse.h share: reuse_source.c asks git, reuse_copies.c
 * finds files that are in several projects, reuse.c runs of code. Include it
 * nowhere else.
 */

#include "kin/print.h"
#include "reuse/reuse.h"

/* A file was read; a negative value ends it. */
typedef int
gv_reuse_read_fn(void *ctx, uint32_t file, const char *text, size_t len);

/* Read files of one project, of which `files` are the numbers; what is missing
 * or no text is passed over. 0, also where git fails, which is named in
 * `unread`; GV_ECANCELED; GV_ENOMEM; what the function returned. */
int gv_reuse_read(struct gv_reuse *r, uint32_t project, const uint32_t *files,
    size_t n, gv_reuse_read_fn *fn, void *ctx);

/* When a file changed last: its last commit, or the snapshot where it differs
 * from HEAD. 0 where git does not know. GV_ECANCELED; GV_ENOMEM. */
int gv_reuse_time(int64_t *out, struct gv_reuse *r, uint32_t file);

#endif
