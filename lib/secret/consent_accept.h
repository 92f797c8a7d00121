#ifndef GV_CONSENT_ACCEPT_H
#define GV_CONSENT_ACCEPT_H
/*
 * Accepting the contents of policy files (consent.h): by a signature of an
 * owner for the whole team, or without a keyring for this clone.
 *
 *	r = gv_consent_read(&consent, repo);
 *	r = gv_consent_accept(&consent, repo, safe, now);
 */

#include <stdint.h>

struct gv_consent;
struct gv_repo;
struct gv_safe;

/* Accept these contents. With a keyring, an owner's signature in its next
 * version accepts them for all clones; without one they are recorded for this
 * clone. The audit chain gets an event. 0; GV_EREFUSED if the user has no
 * owner's key, if vault.policy decides, or if this program cannot read the
 * policy; as gv_key_change(). */
int gv_consent_accept(const struct gv_consent *consent, struct gv_repo *repo,
    struct gv_safe *safe, int64_t now);

#endif
