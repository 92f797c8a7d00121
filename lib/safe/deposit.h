#ifndef GV_DEPOSIT_H
#define GV_DEPOSIT_H
/*
 * Values that come from a person and not from a file of the working tree: they
 * are sealed and stand in their scope at once, by themselves. What snapshots
 * take is for safe.h.
 *
 *	r = gv_deposit_put(repo, safe, values, n, now);
 *	… values[i].id
 */

#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

struct gv_repo;
struct gv_safe;
struct gv_secret;

struct gv_deposit {
	const char *scope;
	const void *p;
	size_t len;
	struct gv_digest id; /* what names it, once it is put */
};

/* Name them; the safe is prepared by it. As gv_safe_prepare(), gv_safe_name().
 */
int gv_deposit_name(struct gv_safe *safe, struct gv_deposit *values, size_t n);

/* Seal those that are not there yet, and name them, durably. 0; GV_ELOCKED
 * where another of us works here or was quicker; GV_EREFUSED, GV_ENOMEM,
 * GV_ERROR as gv_safe_put(). */
int gv_deposit_put(struct gv_repo *repo, struct gv_safe *safe,
    struct gv_deposit *values, size_t n, int64_t now);

/* Append a file of age that holds the text, for all who may read each of these
 * scopes. 0; GV_EREFUSED where nobody may, or there is no keyring; GV_ENOMEM.
 */
int gv_deposit_seal(struct gv_secret *out, const struct gv_safe *safe,
    const char *const *scopes, size_t n, const struct gv_secret *text);

/* Append what such a file holds. As gv_age_open(), by the safe's identities. */
int gv_deposit_unseal(
    struct gv_secret *out, struct gv_safe *safe, const struct gv_secret *file);

#endif
