#ifndef CHAIN_OUT_H
#define CHAIN_OUT_H
/*
 * What a check of the audit chains has found, as text and JSON.
 *
 *	gv_chain_out(ctx, &check);
 */

struct gv_audit_check;
struct gv_audit_signer;
struct gv_ctx;

/* Print all of it. */
void gv_chain_out(struct gv_ctx *ctx, const struct gv_audit_check *check);

/* The word by which JSON says whose a key is: "keyring", "former", "host",
 * "given"; "nobody" for NULL. */
const char *gv_chain_out_who(const struct gv_audit_signer *signer);

#endif
