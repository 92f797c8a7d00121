#ifndef GV_SHARE_H
#define GV_SHARE_H
/*
 * A secret in shares, of which some number gives it back and fewer tell nothing
 * of it (Shamir, over the field of 256 elements of AES). Each share is text for
 * paper, with a checksum of its own; what comes of them is checked, too, so
 * that shares of two secrets do not make a third.
 *
 *	r = gv_share_split(shares, 5, 3, &secret);	3 of 5
 *	r = gv_share_format(&text, &shares[0]);
 *	r = gv_share_join(&secret, some, 3);
 */

#include <stddef.h>

struct gv_secret;

#define GV_SHARE_MAX   255  /* shares of one secret */
#define GV_SHARE_BYTES 1024 /* of a secret, at most */

/* Make `n` shares, of which `k` are enough; shares[0] to shares[n - 1] are
 * empty and come to belong to the caller. 0; GV_EUSAGE unless 2 <= k <= n, or
 * for a secret that is empty or too long; GV_ENOMEM. */
int gv_share_split(struct gv_secret *shares, unsigned n, unsigned k,
    const struct gv_secret *secret);

/* Append the secret that these shares are of; more than enough do no harm. 0;
 * GV_ENOKEY, with how many are missing; GV_EUSAGE for one that is there twice;
 * GV_ECORRUPT for shares that do not belong together; GV_ENOMEM; `out` is as it
 * was after a failure. */
int
gv_share_join(struct gv_secret *out, const struct gv_secret *shares, size_t n);

/* Append the text of a share: GIT-VAULT-SHARE-1… 0 or GV_ENOMEM. */
int gv_share_format(struct gv_secret *out, const struct gv_secret *share);

/* Append what such a text stands for, in either case. 0; GV_ECORRUPT for
 * another text, or a mistyped one; GV_ENOMEM. */
int gv_share_parse(struct gv_secret *out, const char *text, size_t len);

#endif
