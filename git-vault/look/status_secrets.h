#ifndef STATUS_SECRETS_H
#define STATUS_SECRETS_H
/*
 * The part of `status` on secrets: which keys of the working tree changed since
 * the last snapshot, and with --secrets what they are.
 *
 *	if (gv_status_secrets_is_due(ctx, &o->reveal))
 *		r = gv_status_secrets_print(ctx, &status.last, "", &o->reveal);
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_record;
struct gv_reveal_opts;

/* Whether they are asked for: by --secrets, or by -v where there is text. */
bool gv_status_secrets_is_due(
    const struct gv_ctx *ctx, const struct gv_reveal_opts *o);

/* Compare with a snapshot and print; `path` from the top, "" for all. 0; as
 * gv_diff_run(), and as gv_reveal_out_close(). */
int gv_status_secrets_print(struct gv_ctx *ctx, const struct gv_record *last,
    const char *path, const struct gv_reveal_opts *o);

#endif
