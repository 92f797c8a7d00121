#ifndef CONFIG_SEALED_H
#define CONFIG_SEALED_H
/*
 * Placeholders in values, and values that SOPS encrypted, with what they stand
 * for in their place: where --secrets asks for it, and a key here opens them.
 * Each that is given out is in the audit first.
 *
 *	r = gv_config_sealed_add(view, ctx, value);
 *	r = gv_config_sealed_tell(view, ctx);
 *	value = gv_config_sealed_value(view, value);
 *	gv_config_sealed_close(view);
 */

#include "git-vault/config/config_view.h"

struct gv_ctx;

/* Open those of a value, and of all below it. 0, also where no key opens them;
 * GV_ENOMEM, GV_ERROR. Nothing is done unless the view reveals secrets. */
int gv_config_sealed_add(const struct gv_config_view *view, struct gv_ctx *ctx,
    const struct gv_layer_value *value);

/* Record what was opened, and warn of what was not. 0; as
 * gv_audit_tell_given(). */
int
gv_config_sealed_tell(const struct gv_config_view *view, struct gv_ctx *ctx);

/* A value as it was opened, borrowed until the view is closed; the same one:
 * there is nothing in it that was opened. */
const struct gv_layer_value *gv_config_sealed_value(
    const struct gv_config_view *view, const struct gv_layer_value *value);

/* Make what the above need. 0 or GV_ENOMEM. */
int gv_config_sealed_open(struct gv_config_view *view);

/* Wipe. NULL-safe. */
void gv_config_sealed_close(struct gv_config_view *view);

#endif
