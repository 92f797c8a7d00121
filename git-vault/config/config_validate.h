#ifndef CONFIG_VALIDATE_H
#define CONFIG_VALIDATE_H
/*
 * `git vault config validate`: one verdict before a deployment.
 */

struct gv_ctx;

/* 0: valid; 1: not; 3: some could not be checked; or a failure. */
int gv_config_validate(struct gv_ctx *ctx);

#endif
