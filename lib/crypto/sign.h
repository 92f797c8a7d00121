#ifndef GV_SIGN_H
#define GV_SIGN_H
/*
 * Signatures by Ed25519, apart from what they are of. They are made in the form
 * of ssh-keygen -Y sign: over a hash and a name space, so that no signature for
 * one purpose is one for another, and a key of ssh that signs here signs no
 * login. In text they are what ssh-keygen -Y verify reads.
 *
 *	r = gv_sign_make(&sig, key, "git-vault", record, len);
 *	r = gv_sign_check(&sig, "git-vault", record, len);
 *
 * A signature names its key; whether that is one to trust is for the caller.
 */

#include <stddef.h>

struct gv_buf;
struct gv_secret;

#define GV_SIGN_SEED   32
#define GV_SIGN_KEY    64 /* the seed and the public key */
#define GV_SIGN_PUBLIC 32
#define GV_SIGN_BYTES  64

struct gv_sign {
	unsigned char key[GV_SIGN_PUBLIC]; /* who */
	unsigned char bytes[GV_SIGN_BYTES];
};

/* Append the GV_SIGN_KEY bytes of the key that a seed leads to, or of a new
 * one. 0, GV_ENOMEM, GV_ERROR. */
int gv_sign_from_seed(
    struct gv_secret *out, const unsigned char seed[GV_SIGN_SEED]);
int gv_sign_new(struct gv_secret *out);

/* The public part of a key. */
void
gv_sign_public(unsigned char out[GV_SIGN_PUBLIC], const struct gv_secret *key);

/* Sign. `space` is a constant of the program. 0, GV_ENOMEM, GV_ERROR. */
int gv_sign_make(struct gv_sign *out, const struct gv_secret *key,
    const char *space, const void *data, size_t len);

/* Whether the key that it names has signed this for this purpose. 0, or
 * GV_EREFUSED. */
int gv_sign_check(const struct gv_sign *sign, const char *space,
    const void *data, size_t len);

/* Append it as text, as ssh-keygen writes it. 0 or GV_ENOMEM. */
int gv_sign_format(
    struct gv_buf *out, const struct gv_sign *sign, const char *space);

/* Read such a text, for this purpose. 0; GV_ECORRUPT; GV_EREFUSED for another
 * kind of key, purpose or hash. */
int gv_sign_parse(
    struct gv_sign *out, const char *space, const char *text, size_t len);

#endif
