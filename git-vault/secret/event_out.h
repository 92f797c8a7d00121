#ifndef EVENT_OUT_H
#define EVENT_OUT_H
/*
 * Events of the audit chains as text and JSON, and as the programs that gather
 * such things want them: CSV (RFC 4180) and the Common Event Format.
 *
 *	gv_event_out_list(ctx, &found);
 *	gv_event_export_csv(ctx->out, &found);
 */

#include "audit/audit_find.h"

struct gv_buf;
struct gv_ctx;
struct gv_json;
struct gv_out;

/* A table of them. */
void gv_event_out_list(struct gv_ctx *ctx, const struct gv_audit_found *found);

/* All of one. */
void
gv_event_out_show(struct gv_out *out, const struct gv_audit_event_at *event);

/* One as an object. */
void
gv_event_out_json(struct gv_json *j, const struct gv_audit_event_at *event);

/* Name on stderr what could not be read, and what might concern the object too.
 * In a document an array "damaged". 0, or 3 where something is damaged. */
int gv_event_out_damaged(
    struct gv_ctx *ctx, struct gv_json *j, const struct gv_audit_found *found);

/* Append who signed it, in a word or a few: a name of the keyring, "unknown",
 * or "-" for nobody. */
void
gv_event_out_signer(struct gv_buf *out, const struct gv_audit_event_at *event);

/* All of them, the oldest first, a line each; CSV with a line of names. */
void
gv_event_export_csv(struct gv_out *out, const struct gv_audit_found *found);
void
gv_event_export_cef(struct gv_out *out, const struct gv_audit_found *found);

#endif
