#ifndef GV_DSSE_H
#define GV_DSSE_H
/*
 * Signatures of the Dead Simple Signing Envelope (DSSE 1.0): plain Ed25519 over
 * the type of a payload and the payload, so that any tool of that field checks
 * them. The envelope's JSON is for who writes it. What is signed for this
 * project alone is for sign.h.
 *
 *	gv_dsse_sign(&sig, key, "application/vnd.in-toto+json", text, len);
 *	r = gv_dsse_check(&sig, "application/vnd.in-toto+json", text, len);
 */

#include <stddef.h>

#include "crypto/sign.h"

struct gv_secret;

/* Sign by the GV_SIGN_KEY bytes of a key. 0 or GV_ENOMEM. */
int gv_dsse_sign(struct gv_sign *out, const struct gv_secret *key,
    const char *type, const void *payload, size_t len);

/* Whether the key that it names has signed this. 0; GV_EREFUSED; GV_ENOMEM. */
int gv_dsse_check(const struct gv_sign *sign, const char *type,
    const void *payload, size_t len);

#endif
