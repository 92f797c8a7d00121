#ifndef CHAIN_OUT_H
#define CHAIN_OUT_H
/*
 * What a check of the audit chains has found, as text and JSON.
 *
 *	gv_chain_out(ctx, &check);
 */

struct gv_audit_check;
struct gv_ctx;

/* Print all of it. */
void gv_chain_out(struct gv_ctx *ctx, const struct gv_audit_check *check);

#endif
