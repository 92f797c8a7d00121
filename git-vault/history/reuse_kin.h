#ifndef REUSE_KIN_H
#define REUSE_KIN_H
/*
 * What `git vault reuse` tells of files that were rewritten.
 */

#include "git-vault/front/project_kin.h"

struct gv_ctx;

/* Find what a file of this repository was rewritten from or as; `path` is
 * absolute. 0; GV_ERROR; GV_ECANCELED; GV_ENOMEM. */
int gv_reuse_kin_of_file(
    struct gv_project_kins *out, const struct gv_ctx *ctx, const char *path);

/* The same between two projects, where one was rewritten from the other; by
 * files of the newer one. */
int
gv_reuse_kin_between(struct gv_project_kins *out, const char *a, const char *b);

/* Print them, or with JSON the list `rewritten`. */
void gv_reuse_kin_print(struct gv_ctx *ctx, const struct gv_project_kins *kins);

#endif
