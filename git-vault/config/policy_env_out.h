#ifndef POLICY_ENV_OUT_H
#define POLICY_ENV_OUT_H
/*
 * Prints what holds for one environment, key by key, and which line says so.
 *
 *	r = gv_policy_env_out(ctx, "prod");
 */

struct gv_ctx;

/* 0; GV_ENOTFOUND where neither the policy nor the tree has it; what loading
 * the policy fails with. */
int gv_policy_env_out(struct gv_ctx *ctx, const char *env);

#endif
