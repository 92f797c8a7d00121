#ifndef GV_EPHEMERAL_H
#define GV_EPHEMERAL_H
/*
 * A key of Curve25519 (RFC 7748) that is used once. Each recipient of each
 * value takes a new one, so what it costs is half of what sealing costs:
 * libsodium is twice as quick on the Edwards form of the curve, for which it
 *has tables, as in crypto_scalarmult_base().
 *
 *	gv_ephemeral_new(secret, share);
 */

#include "crypto/x25519.h"

/* Draw a secret, and the share that goes with it, X25519(secret, 9). The
 * caller wipes the secret. */
void gv_ephemeral_new(unsigned char secret[GV_X25519_BYTES],
    unsigned char share[GV_X25519_BYTES]);

#ifdef __SIZEOF_INT128__
/* The u coordinate of the point whose Edwards form an Ed25519 key is, (1 + y) /
 * (1 - y) modulo 2^255 - 19 (RFC 7748, 4.1); for public keys only, since a
 * compiler may let its time tell of it. Nothing is checked: it is for keys that
 * were made here. */
void gv_ephemeral_u(unsigned char u[GV_X25519_BYTES],
    const unsigned char ed25519[GV_X25519_BYTES]);
#endif

#endif
