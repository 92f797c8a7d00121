#ifndef CONFIG_PLACES_H
#define CONFIG_PLACES_H
/*
 * Whether the placeholders of secrets in the configurations of a commit or
 * snapshot can be opened here, as a deployment has to. Nothing is shown.
 */

#include "param/param_check.h"

struct gv_config_places;
struct gv_ctx;

/* 0, and the caller closes *out; GV_ENOMEM. */
int gv_config_places_open(struct gv_config_places **out, struct gv_ctx *ctx,
    struct gv_param_report *report);

/* Add what is wrong with those of a configuration. 0; GV_ENOMEM, GV_ERROR. */
int gv_config_places_look(struct gv_config_places *places,
    const struct gv_param *param, const char *env, const char *name);

/* NULL-safe. */
void gv_config_places_close(struct gv_config_places *places);

#endif
