#ifndef CONFIG_OUT_H
#define CONFIG_OUT_H
/* How `git vault config` prints. Each function returns the exit status or a
 * failure. */

#include "git-vault/config/config_view.h"

struct gv_buf;
struct gv_ctx;

/* Append a value as one line, or the word that stands for it. 0 or a failure.
 */
int gv_config_out_add_text(struct gv_buf *out,
    const struct gv_config_view *view, const struct gv_layer_value *v);

/* Add the value (NULL: null) as `key`, or "hidden" with why. 0 or a failure. */
int
gv_config_out_add_json(struct gv_ctx *ctx, const struct gv_config_view *view,
    const struct gv_layer_value *v, const char *key);

/* The name of the layer that a value comes from, or NULL. */
const char *gv_config_out_file(
    const struct gv_config_view *view, const struct gv_layer_value *v);

/* A value that replaces one of another kind. */
void gv_config_out_clash(struct gv_ctx *ctx, const struct gv_param *param,
    const struct gv_layer_clash *clash);

/* Values of keys. GV_ENOTFOUND where there is none; GV_EREFUSED for a secret
 * that was not asked for. */
int gv_config_out_get(
    struct gv_ctx *ctx, const struct gv_config_view *view, char **keys, int n);

/* Where the value of a key comes from. */
int gv_config_out_explain(
    struct gv_ctx *ctx, const struct gv_config_view *view, const char *key);

/* All keys and their values. */
int gv_config_out_list(struct gv_ctx *ctx, const struct gv_config_view *view);

/* All of it, for another program. */
int gv_config_out_render(struct gv_ctx *ctx, const struct gv_config_view *view);

/* What two differ in: 1 where they do. */
int gv_config_out_diff(struct gv_ctx *ctx, const struct gv_config_view *left,
    const struct gv_config_view *right);

#endif
