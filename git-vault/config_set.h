#ifndef CONFIG_SET_H
#define CONFIG_SET_H
/*
 * `git vault config set` and `unset`: a value changed in the file of a layer,
 * once every environment was found no worse with it.
 */

#include <stdbool.h>

struct gv_ctx;

/* Set a key; NULL: ask for the value, or read it with --stdin; unset: remove
 * it. 0; 1 where a configuration would be invalid, with what is wrong; or a
 * failure. Nothing is written but for 0. */
int gv_config_set(
    struct gv_ctx *ctx, const char *key, const char *value, bool unset);

/* `config init`: add a set with the layers that are recognised to the policy
 * (config_init.c). 0 or a failure. */
int gv_config_init(struct gv_ctx *ctx);

/* `config serve`: serve the configuration until a signal (config_serve.c). */
int gv_config_serve(struct gv_ctx *ctx);

#endif
