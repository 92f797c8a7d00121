#ifndef CONFIG_FREEZE_H
#define CONFIG_FREEZE_H
/*
 * Whether a layer may be written now: not while an environment is frozen to
 * which it gives values.
 *
 *	r = gv_config_check_freeze(ctx, "config/prod.yaml");
 *	… write …
 *	r = gv_config_tell_freeze(ctx, "config/prod.yaml");
 */

struct gv_ctx;

/* 0; GV_EREFUSED with the environment, until when, and what to do. With
 * --in-freeze that is a warning. */
int gv_config_check_freeze(struct gv_ctx *ctx, const char *path);

/* Tell the audit of a layer that was written with --in-freeze, with the reason;
 * nothing without. 0 or a failure. */
int gv_config_tell_freeze(struct gv_ctx *ctx, const char *path);

#endif
