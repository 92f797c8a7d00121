#ifndef GV_LAYER_EMIT_INTERNAL_H
#define GV_LAYER_EMIT_INTERNAL_H
/*
 * What the forms share. Include it nowhere but in layer_emit*.c.
 */

#include "layer/layer_emit.h"
#include "layer/layer_internal.h"

/* Append a scalar as it is said, without quotes. */
void gv_layer_add_plain(struct gv_buf *out, const struct gv_layer_value *v);

/* Append a scalar as JSON or YAML has it. */
void gv_layer_add_scalar(
    struct gv_buf *out, const struct gv_layer_value *v, bool is_yaml);

/* 0; GV_EREFUSED once the text is too large; GV_ENOMEM. */
int gv_layer_check_size(const struct gv_buf *out);

/* Env files and ConfigMaps. As gv_layer_emit(). */
int gv_layer_emit_flat(struct gv_buf *out, const struct gv_layer_value *root,
    const struct gv_layer_emit_opts *opts);

#endif
