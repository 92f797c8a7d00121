#ifndef GV_ADOPTION_ASK_H
#define GV_ADOPTION_ASK_H
/*
 * Asks the user whether to use a remote's keyring, and says why one is not
 * used. adoption.h judges it by git's configuration.
 *
 *	r = gv_adoption_ask(&verdict, repo, &kept, "origin");
 *	if (verdict == GV_ADOPTION_TAKEN) …
 */

#include "key/adoption.h"

struct gv_buf;
struct gv_keyring_kept;
struct gv_repo;

/* Judge the keyring of `remote`. If a person has to decide and the program may
 * ask, show the user its fingerprint and readers, and ask. 0 with the verdict;
 * GV_ECANCELED; GV_ERROR; GV_ENOMEM. */
int gv_adoption_ask(enum gv_adoption *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept, const char *remote);

/* Append a sentence that begins with the remote's name: why the keyring is not
 * used, and the command that puts it into use. Nothing for GV_ADOPTION_TAKEN.
 */
void gv_adoption_explain(struct gv_buf *out, enum gv_adoption verdict,
    const struct gv_keyring_kept *kept, const char *remote);

#endif
