#ifndef PLAN_NEW_H
#define PLAN_NEW_H
/*
 * `git vault plan new` and `schema`: plans out of templates.
 */

struct gv_ctx;

int gv_plan_new(struct gv_ctx *ctx, int argc, char **argv);
int gv_plan_schema(struct gv_ctx *ctx, int argc, char **argv);

/* The text of a template by its name, or NULL. */
const char *gv_plan_new_find(const char *name);

#endif
