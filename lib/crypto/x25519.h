#ifndef GV_X25519_H
#define GV_X25519_H
/*
 * The file key wrapped by a key of Curve25519: stanzas X25519 and ssh-ed25519.
 * Keys come here as bytes; what they look like as text is for recipient.h,
 * identity.h and ssh.h.
 *
 *	r = gv_x25519_wrap(&stanzas, &to, NULL, file_key, &once);
 *	r = gv_x25519_unwrap(file_key, &own, stanza);
 */

#include <stdbool.h>

#include "crypto/age.h"

#define GV_X25519_BYTES 32

struct gv_buf;
struct gv_ephemeral;
struct gv_x25519_table;

/* Who can open it. */
struct gv_x25519_to {
	unsigned char key[GV_X25519_BYTES];
	bool ssh; /* the rest is for these only */
	unsigned char tag[4];
	unsigned char tweak[GV_X25519_BYTES];
	unsigned char ed25519[GV_X25519_BYTES];
};

/* Who opens it; belongs into a struct gv_secret. */
struct gv_x25519_own {
	unsigned char secret[GV_X25519_BYTES];
	struct gv_x25519_to to;
};

/* The recipient that an Ed25519 key of ssh is. 0, or GV_ECORRUPT where the key
 * is no point of the curve that can be encrypted to. */
int gv_x25519_from_ssh(
    struct gv_x25519_to *out, const unsigned char ed25519[GV_X25519_BYTES]);

/* Append the stanza that wraps this key, by a key that nothing else is wrapped
 * by. The table is of the recipient's key; NULL: it is not sealed for often. 0;
 * GV_EREFUSED for a recipient that nothing can be encrypted to; GV_ENOMEM. */
int gv_x25519_wrap(struct gv_buf *out, const struct gv_x25519_to *to,
    struct gv_x25519_table *table, const unsigned char key[GV_AGE_KEY],
    const struct gv_ephemeral *once);

/* Open a stanza. 0; GV_ENOTFOUND without a message where it is for somebody
 * else, or of another type; GV_ECORRUPT where it is malformed. */
int gv_x25519_unwrap(unsigned char key[GV_AGE_KEY],
    const struct gv_x25519_own *own, const struct gv_stanza *s);

#endif
