#ifndef GV_SCRYPT_H
#define GV_SCRYPT_H
/*
 * The file key wrapped by a passphrase: the stanza scrypt. Work is the
 * logarithm of scrypt's cost: each step doubles its time and memory (18: 256
 * MiB, 22: 4 GiB).
 *
 *	r = gv_scrypt_wrap(&stanzas, &passphrase, GV_SCRYPT_WORK, file_key);
 *	r = gv_scrypt_unwrap(file_key, &passphrase, GV_SCRYPT_WORK_MAX, stanza);
 */

#include "crypto/age.h"

#define GV_SCRYPT_WORK     18 /* what we write: one second or two */
#define GV_SCRYPT_WORK_MAX 22 /* what we read, where nobody says otherwise */

/* Append the stanza that wraps this key, by a new salt. 0; GV_ENOMEM, also for
 * the memory that the work takes; GV_EUSAGE for work outside of 1 to 30. */
int gv_scrypt_wrap(struct gv_buf *out, const struct gv_secret *passphrase,
    unsigned work, const unsigned char key[GV_AGE_KEY]);

/* Open a stanza. 0; GV_ENOTFOUND without a message where the passphrase is
 * another, or the type; GV_ECORRUPT where it is malformed; GV_EREFUSED where it
 * takes more work than `most`; GV_ENOMEM. */
int gv_scrypt_unwrap(unsigned char key[GV_AGE_KEY],
    const struct gv_secret *passphrase, unsigned most,
    const struct gv_stanza *s);

#endif
