#ifndef CONFIG_ACCESS_H
#define CONFIG_ACCESS_H
/*
 * `git vault config access explain` and `git vault config approve`: who may
 * change what, and agreement to a change.
 */

struct gv_ctx;

/* What rules ask of a file or key (NULL: of the commits that the protected
 * branch does not have). 0; 1 where it may not go as it is. */
int gv_config_access(struct gv_ctx *ctx, const char *of);

/* Approve what a commit (NULL: HEAD) brings to the protected branch, or a range
 * A..B. 0; GV_EREFUSED where it would count for nothing. */
int gv_config_approve(struct gv_ctx *ctx, const char *what);

/* Whether that range may be on the protected branch, by what is signed. 0; 1.
 */
int gv_config_verify(struct gv_ctx *ctx, const char *what);

#endif
