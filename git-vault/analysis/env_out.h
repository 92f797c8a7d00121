#ifndef ENV_OUT_H
#define ENV_OUT_H
/*
 * Prints the environments of a repository: the list, why a path belongs to one,
 * and which keys of files are named like them.
 *
 *	gv_env_out_list(ctx, map);
 *	r = gv_env_out_explain(ctx, map, "live/prod/vpc.tf");
 */

struct gv_ctx;
struct gv_envmap;

void gv_env_out_list(struct gv_ctx *ctx, const struct gv_envmap *map);

/* 0; as gv_envmap_each_keys(). */
int gv_env_out_keys(struct gv_ctx *ctx, struct gv_envmap *map);

/* `path` is as the user gave it; with '#' a key of a file. 0; GV_EUSAGE where
 * it is outside the working tree; GV_ENOMEM. */
int
gv_env_out_explain(struct gv_ctx *ctx, struct gv_envmap *map, const char *path);

#endif
