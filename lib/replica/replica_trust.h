#ifndef GV_REPLICA_TRUST_H
#define GV_REPLICA_TRUST_H
/*
 * Whose manifests decide something: those of the keyring's members, of this
 * host, and of keys that the user named by their fingerprints. A manifest that
 * a trusted one names by its SHA-256 needs no signature of its own that is
 * trusted: so a chain outlives a change of keys.
 *
 *	r = gv_replica_trust_load(&trust, repo);
 *	r = gv_replica_trust_name(&trust, "SHA256:…");
 *	if (gv_replica_trusts(&trust, by.key)) …
 */

#include <stdbool.h>
#include <stddef.h>

#include "audit/audit_signers.h"

struct gv_identity;
struct gv_repo;
struct gv_safe;

struct gv_replica_trust {
	struct gv_audit_signers signers;
	bool has_signers;         /* they were loaded */
	const char *const *named; /* fingerprints, borrowed */
	size_t n_named;
	unsigned char (*own)[GV_SIGN_PUBLIC]; /* keys of identities at hand */
	size_t n_own, cap_own;
};

/* Load whom a repository knows. 0; GV_ENOMEM; GV_ERROR. To be released. */
int gv_replica_trust_load(struct gv_replica_trust *t, struct gv_repo *repo);

/* Add the key by which an identity signs, if it can. 0 or GV_ENOMEM. */
int
gv_replica_trust_own(struct gv_replica_trust *t, const struct gv_identity *id);

/* Whether what this key signed decides something. With fingerprints named, only
 * those count. */
bool gv_replica_trusts(
    const struct gv_replica_trust *t, const unsigned char key[GV_SIGN_PUBLIC]);

/* The fingerprint of the key by which this host signs what it pushes, of those
 * that need no passphrase; "" where it has none. */
void gv_replica_trust_signer(char out[GV_KEYRING_PRINT], struct gv_safe *safe);

/* Whether it is the fingerprint of a key, as ssh-keygen -l shows it. */
bool gv_replica_trust_is_print(const char *text);

void gv_replica_trust_release(struct gv_replica_trust *t);

#endif
