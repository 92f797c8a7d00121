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
struct gv_repo;

/* Read and check one event. As gv_audit_parse(), and GV_ENOTFOUND. */
int gv_audit_load(struct gv_audit_entry *out, struct gv_odb *odb,
    const struct gv_oid *commit);

/* Where a ref stands; zero: there is none. 0 or a failure. */
int
gv_audit_tip(struct gv_oid *out, const struct gv_repo *repo, const char *name);

#endif
