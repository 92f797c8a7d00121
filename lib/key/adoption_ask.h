#ifndef GV_ADOPTION_ASK_H
#define GV_ADOPTION_ASK_H
/*
 * Asks the user whether a remote's keyring is to be used, and says why one is
 *not. What git's configuration says of it is in adoption.h.
 *
 *	r = gv_adoption_ask(&verdict, repo, &kept, "origin");
 *	if (verdict == GV_ADOPTION_TAKEN) …
 */

#include "key/adoption.h"

struct gv_buf;
struct gv_keyring_kept;
struct gv_repo;

/* Judge it, and where a person has to say, ask the user, if one may be asked:
 * fingerprint and readers are shown. `remote` is where it is. 0 with the
 * verdict; GV_ECANCELED; GV_ERROR; GV_ENOMEM. */
int gv_adoption_ask(enum gv_adoption *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept, const char *remote);

/* Append why it is not used, and the command by which it is, as a sentence that
 * begins with the remote's name. Nothing for GV_ADOPTION_TAKEN. */
void gv_adoption_explain(struct gv_buf *out, enum gv_adoption verdict,
    const struct gv_keyring_kept *kept, const char *remote);

#endif
