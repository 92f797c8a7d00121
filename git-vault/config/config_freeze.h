#ifndef CONFIG_FREEZE_H
#define CONFIG_FREEZE_H
/*
 * Whether a layer may be written now: not while an environment is frozen to
 * which it gives values.
 *
 *	r = gv_config_check_freeze(ctx, policy, "config/prod.yaml");
 *	… write …
 *	r = gv_config_tell_freeze(ctx, "config/prod.yaml");
 */

struct gv_ctx;
struct gv_policy;

/* 0; GV_EREFUSED with the environment, until when, and what to do. With
 * --in-freeze that is a warning, and 1. */
int gv_config_check_freeze(
    struct gv_ctx *ctx, const struct gv_policy *policy, const char *path);

/* Tell the audit of a layer that was written in a freeze, with the reason. 0 or
 * a failure. */
int gv_config_tell_freeze(struct gv_ctx *ctx, const char *path);

#endif
