#ifndef GV_SAFE_WHO_H
#define GV_SAFE_WHO_H
/*
 * Who we are to a safe (safe.h): the identities that open it, and those that
 * sign.
 *
 *	r = gv_safe_identities(&all, &n, safe);
 *	r = gv_safe_own(&key, &who, safe);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_identity;
struct gv_keyring_recipient;
struct gv_safe;
struct gv_secret;

/* The identities that were found. 0; GV_ENOKEY with where they were sought
 * where there is none; GV_ECORRUPT and others for a file that cannot be read.
 * The array is the safe's. */
int gv_safe_identities(
    const struct gv_identity *const **out, size_t *n, struct gv_safe *safe);

/* The same of those that are at hand without asking anybody for a passphrase,
 * nor a service: maybe none. 0, or why a file that was named cannot be read. */
int gv_safe_identities_at_hand(
    const struct gv_identity *const **out, size_t *n, struct gv_safe *safe);

/* The identity that opens the safe: append the recipient (age1..., ssh-...) of
 * the first identity at hand whose recipient is known, and set *who to its
 * entry in the keyring, or NULL. 1; 0 if there is no such identity; or as
 * gv_safe_identities_at_hand(). */
int gv_safe_own(struct gv_buf *key, const struct gv_keyring_recipient **who,
    struct gv_safe *safe);

/* Append the command by which an owner adds that recipient to the keyring. 1; 0
 * if no such identity is at hand; or a failure. */
int gv_safe_add_command(struct gv_buf *out, struct gv_safe *safe);

/* Append the GV_SIGN_KEY bytes by which the first of these signs that can; of
 * those that take a passphrase only if it may ask. Nothing where none can, with
 * this thread's message kept. */
void gv_safe_signer(struct gv_secret *out, struct gv_safe *safe, bool asks);

/* The same, and without leave to ask where no identity was named: who names one
 * wants its signature. 0; GV_ENOKEY where none of those named signs; why one of
 * them cannot be read. */
int gv_safe_signer_as_named(struct gv_secret *out, struct gv_safe *safe);

/* Whether one of the identities that were named signs. 0; as
 * gv_safe_signer_as_named(). */
int gv_safe_check_signer(struct gv_safe *safe);

/* Whether something is sealed that only one recipient can open: if that
 * file is lost, all is lost. 0 with the answer, or a failure. */
int gv_safe_is_of_one(bool *out, struct gv_safe *safe);

#endif
