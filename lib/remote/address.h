#ifndef GV_ADDRESS_H
#define GV_ADDRESS_H
/*
 * By which address each remote was pushed to when refs/remotes/ was last known
 * to be of what is there. Its address may be another repository's by now, of
 * which these refs say nothing. In the file "addresses" of .git/vault; where
 * that is lost what is pushed to next counts.
 *
 *	r = gv_address_look(&known, repo, "origin", url);
 *	if (known == GV_ADDRESS_OTHER) …
 *	gv_address_save(repo, "origin", url);
 */

#include <stddef.h>

#include "repo/oid.h"

struct gv_repo;

enum gv_address { GV_ADDRESS_UNKNOWN, GV_ADDRESS_SAME, GV_ADDRESS_OTHER };

/* The digest of an address without who logs in, by which alone it is kept. 0 or
 * GV_ENOMEM. */
int gv_address_digest(char out[GV_OID_HEX + 1], const char *url);

/* Whether that is the address of the remote of this name. 0 or GV_ENOMEM; a
 * file that is damaged knows none. */
int gv_address_look(enum gv_address *out, const struct gv_repo *repo,
    const char *remote, const char *url);

/* Remember it, as a digest and without who logs in. No failure tells. */
void gv_address_save(
    const struct gv_repo *repo, const char *remote, const char *url);

/* Remember that of each remote that is not known, as git has it for a push. 0,
 * or GV_ENOMEM, GV_ECANCELED. */
int gv_address_save_all(const struct gv_repo *repo);

#endif
