#ifndef HOOK_OUT_H
#define HOOK_OUT_H
/*
 * How a hook tells of findings: on stderr, where, of which rule, by which
 * fingerprint, and what may be done. Nothing of a value.
 *
 *	n = gv_hook_out_findings(ctx, trawl);
 *	if (n)
 *		gv_hook_out_allow(ctx, "git vault scan --staged");
 */

#include <stddef.h>

struct gv_ctx;
struct gv_trawl;

/* Tell of those that count, the first twenty, and how many more there are, and
 * of what was not scanned. How many count. */
size_t gv_hook_out_findings(struct gv_ctx *ctx, const struct gv_trawl *trawl);

/* Say how a finding is allowed; `scan` is the command that finds it again. */
void gv_hook_out_allow(struct gv_ctx *ctx, const char *scan);

#endif
