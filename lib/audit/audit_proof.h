#ifndef GV_AUDIT_PROOF_H
#define GV_AUDIT_PROOF_H
/*
 * What somebody needs who checks an event without git-vault: its bytes, and its
 * signature as ssh-keygen reads it.
 *
 *	r = gv_audit_proof_load(&bytes, &sig, repo, &e->commit);
 *	r = gv_audit_proof_sign(&sig, "git-vault-evidence", text, len);
 */

#include <stddef.h>

#include "crypto/sign.h"

struct gv_buf;
struct gv_oid;
struct gv_repo;

/* Append the bytes of an event's commit, and the signature of all but their
 * last line; nothing where it is not signed. 0; GV_ENOTFOUND; GV_ECORRUPT;
 * GV_ENOMEM; GV_ERROR. */
int gv_audit_proof_load(struct gv_buf *bytes, struct gv_buf *sig,
    struct gv_repo *repo, const struct gv_oid *commit);

/* Append a signature by the key that this host signs events with. 1; 0 where it
 * has none that is at hand without a question; GV_ENOMEM; GV_ERROR. */
int gv_audit_proof_sign(
    struct gv_buf *sig, const char *space, const void *data, size_t len);

/* Append a key as a line of a file for ssh-keygen -Y verify: its owner's name,
 * and what it signs for. 0 or GV_ENOMEM. */
int gv_audit_proof_signer(struct gv_buf *out, const char *name,
    const char *spaces, const unsigned char key[GV_SIGN_PUBLIC]);

#endif
