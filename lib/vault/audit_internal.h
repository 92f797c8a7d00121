#ifndef GV_AUDIT_INTERNAL_H
#define GV_AUDIT_INTERNAL_H
/*
 * What the files of the audit chain share; nobody else includes it.
 */

#include "crypto/digest.h"

#define GV_AUDIT_SIGNATURE "Vault-Signature: "
#define GV_AUDIT_ID        (2 * GV_DIGEST_BYTES) /* digits */
#define GV_AUDIT_SUM       32                    /* bytes of a SHA-256 */

struct gv_audit_entry;
struct gv_odb;
struct gv_oid;

/* Read and check one event. As gv_audit_parse(), and GV_ENOTFOUND. */
int gv_audit_load(struct gv_audit_entry *out, struct gv_odb *odb,
    const struct gv_oid *commit);

#endif
