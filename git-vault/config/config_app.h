#ifndef CONFIG_APP_H
#define CONFIG_APP_H
/*
 * What `config validate` asks of the application that reads a configuration:
 * the versions of --app, and the team's own commands of config.SET.app.checks.
 *
 *	r = gv_config_app_open(&app, ctx, report, pool);
 *	r = gv_param_check(report, pool, &query, all);
 *	r = gv_config_app_run(app, tree);
 *	gv_config_app_close(app);
 */

#include "param/param_check.h"

struct gv_config_app;
struct gv_ctx;
struct gv_oid;

/* Read --app, and have the report use it. 0, and the caller closes *out after
 * the check; GV_EUSAGE for what is no version; GV_ERROR, GV_ENOMEM. */
int gv_config_app_open(struct gv_config_app **out, struct gv_ctx *ctx,
    struct gv_param_report *report, const struct gv_param_pool *pool);

/* Keep what the commands have to see of a configuration: while it is checked,
 * gv_param_visit_fn(). */
int gv_config_app_visit(struct gv_config_app *app, const struct gv_param *param,
    const struct gv_param_query *query, const char *name, const char *version);

/* After the check: refuse a version that nothing was checked with, and run the
 * commands on the files of a tree (NULL: that of HEAD). 0, whatever they say;
 * GV_EUSAGE; GV_ECANCELED, GV_ERROR, GV_ENOMEM. */
int gv_config_app_run(struct gv_config_app *app, const struct gv_oid *tree);

/* NULL-safe; removes the files of the commands. */
void gv_config_app_close(struct gv_config_app *app);

#endif
