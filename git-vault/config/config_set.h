#ifndef CONFIG_SET_H
#define CONFIG_SET_H
/*
 * `git vault config set` and `unset`: values changed in the files of layers,
 * together, once every environment was found no worse with them.
 */

#include <stdbool.h>

struct gv_ctx;

/* Set keys, each followed by its value; for one alone it is asked for, or read
 * with --stdin; unset: remove them. 0, and all is written; 1 where a
 * configuration would be invalid, with what is wrong; or a failure. */
int gv_config_set(struct gv_ctx *ctx, char **argv, int n, bool unset);

/* `config new-env`: make the layers of an environment like those that --like
 * names (config_new.c). 0 or a failure, with nothing written. */
int gv_config_new(struct gv_ctx *ctx, const char *name);

/* `config init`: add a set with the layers that are recognised to the policy
 * (config_init.c). 0 or a failure. */
int gv_config_init(struct gv_ctx *ctx);

/* `config serve`: serve the configuration until a signal (config_serve.c). */
int gv_config_serve(struct gv_ctx *ctx);

#endif
