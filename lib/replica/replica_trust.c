#include "replica/replica_trust.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/identity.h"
#include "crypto/secret.h"
#include "safe/safe_who.h"

int
gv_replica_trust_load(struct gv_replica_trust *t, struct gv_repo *repo)
{
	int r;

	t->signers = (struct gv_audit_signers)GV_AUDIT_SIGNERS_INIT;
	r = gv_audit_signers_load(&t->signers, repo);
	t->has_signers = true;
	return r;
}

int
gv_replica_trust_own(struct gv_replica_trust *t, const struct gv_identity *id)
{
	struct gv_secret key = GV_SECRET_INIT;
	int r = 0;

	/* some kinds of keys sign nothing */
	if (gv_identity_signer(&key, id) == 0 &&
	    (r = GV_GROW(t->own, t->n_own, t->cap_own)) == 0)
		gv_sign_public(t->own[t->n_own++], &key);
	gv_secret_release(&key);
	return r;
}

bool
gv_replica_trusts(
    const struct gv_replica_trust *t, const unsigned char key[GV_SIGN_PUBLIC])
{
	const struct gv_audit_signer *who;
	char print[GV_KEYRING_PRINT];
	size_t i;

	gv_audit_signers_print(print, key);
	for (i = 0; i < t->n_named; i++)
		if (strcmp(t->named[i], print) == 0)
			return true;
	if (t->n_named)
		return false;
	for (i = 0; i < t->n_own; i++)
		if (memcmp(t->own[i], key, GV_SIGN_PUBLIC) == 0)
			return true;
	who = t->has_signers ? gv_audit_signers_find(&t->signers, key) : NULL;
	/* who left the keyring signs nothing new */
	return who && who->who != GV_AUDIT_WHO_FORMER &&
	    who->who != GV_AUDIT_WHO_NOBODY;
}

void
gv_replica_trust_signer(char out[GV_KEYRING_PRINT], struct gv_safe *safe)
{
	unsigned char public[GV_SIGN_PUBLIC];
	struct gv_secret key = GV_SECRET_INIT;

	*out = '\0';
	gv_safe_signer(&key, safe, false);
	if (key.len) {
		gv_sign_public(public, &key);
		gv_audit_signers_print(out, public);
	}
	gv_secret_release(&key);
}

bool
gv_replica_trust_is_print(const char *text)
{
	static const char may[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";

	return strncmp(text, "SHA256:", 7) == 0 &&
	    strlen(text) == GV_KEYRING_PRINT - 1 &&
	    strspn(text + 7, may) == strlen(text + 7);
}

void
gv_replica_trust_release(struct gv_replica_trust *t)
{
	if (t->has_signers)
		gv_audit_signers_release(&t->signers);
	free(t->own);
	memset(t, 0, sizeof(*t));
}
