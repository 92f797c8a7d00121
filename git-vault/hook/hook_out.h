#ifndef HOOK_OUT_H
#define HOOK_OUT_H
/*
 * How a hook tells of findings: on stderr, where, of which rule, by which
 * fingerprint, and what may be done. Nothing of a value.
 *
 *	n = gv_hook_out_findings(ctx, sweep);
 *	if (n)
 *		gv_hook_out_allow(ctx, sweep, true);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_ctx;
struct gv_sweep;

/* Tell of those that count, the first twenty, and how many more there are; of
 * allowances that cannot be judged here, where there are any; and of what was
 * not scanned. How many count. */
size_t gv_hook_out_findings(struct gv_ctx *ctx, const struct gv_sweep *sweep);

/* Say how a finding is allowed, and which command explains the first one:
 * of what is staged, or of the commit that brought it. */
void gv_hook_out_allow(
    struct gv_ctx *ctx, const struct gv_sweep *sweep, bool is_staged);

#endif
