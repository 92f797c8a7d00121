#ifndef GV_EPHEMERAL_H
#define GV_EPHEMERAL_H
/*
 * Keys of Curve25519 (RFC 7748) that are used once. Each recipient of each
 * value takes a new one, so what they cost is a third of what sealing costs:
 * libsodium is twice as quick on the Edwards form of the curve, for which it
 * has tables, as in crypto_scalarmult_base(), and several are taken over from
 * there by one inversion.
 *
 *	gv_ephemeral_new(keys, n);
 */

#include <stddef.h>

#include "crypto/x25519.h"

#define GV_EPHEMERAL_MANY ((size_t)16) /* at a time */

struct gv_ephemeral {
	unsigned char secret[GV_X25519_BYTES]; /* the caller wipes it */
	unsigned char share[GV_X25519_BYTES];  /* X25519(secret, 9) */
};

/* Draw at most GV_EPHEMERAL_MANY. */
void gv_ephemeral_new(struct gv_ephemeral *out, size_t n);

#ifdef __SIZEOF_INT128__
/* For at most GV_EPHEMERAL_MANY points that Ed25519 keys are: their shares hold
 * the y coordinates, and then the u coordinates, (1 + y) / (1 - y) modulo
 * 2^255 - 19 (RFC 7748, 4.1). For public keys only, since a compiler may let
 * its time tell of them. Nothing is checked: it is for keys that were made
 * here. The neutral point, which no key is, makes all of them 0. */
void gv_ephemeral_u(struct gv_ephemeral *keys, size_t n);
#endif

#endif
