#ifndef GV_ENVELOPE_H
#define GV_ENVELOPE_H
/*
 * The envelope of a signed in-toto statement, as JSON: known-good records and
 * reports are written in it. How it is read is of those who read it.
 *
 *	r = gv_envelope_sign(&out, &sign, key, text, len);
 */

#include <stddef.h>

struct gv_buf;
struct gv_secret;
struct gv_sign;

#define GV_ENVELOPE_PAYLOAD "application/vnd.in-toto+json"

/* Append the envelope of a statement, signed by the GV_SIGN_KEY bytes of a key;
 * *sign is the signature. 0 or GV_ENOMEM. */
int gv_envelope_sign(struct gv_buf *out, struct gv_sign *sign,
    const struct gv_secret *key, const void *statement, size_t len);

#endif
