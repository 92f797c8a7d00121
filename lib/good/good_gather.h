#ifndef GV_GOOD_GATHER_H
#define GV_GOOD_GATHER_H
/*
 * Gathers what a record says: of the commit and its snapshot, the pipeline, the
 * states, artifacts and evidence.
 *
 *	r = gv_good_gather_subject(&good, repo, &what);
 *	r = gv_good_gather(&good, repo, safe, &what);
 */

#include "good/good_mark.h"

/* Set what the options, the pipeline, the keyring and the states say. */
int gv_good_gather(struct gv_good *good, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_good_what *what);

/* Set what an earlier record says, and this one says again: of what it is. */
int gv_good_gather_from(struct gv_good *good, const struct gv_good *of);

/* The same of what->of, which was gone back to: with the evidence of `what`. */
int
gv_good_gather_return(struct gv_good *good, const struct gv_good_what *what);

/* Set code, snapshot and their trees from the options. */
int gv_good_gather_subject(struct gv_good *good, struct gv_repo *repo,
    const struct gv_good_what *what);

/* Add as artifacts the images with a digest that the manifests of its commit
 * name, below a folder of it ("": in all of it); those that are there stand.
 * What could not be read is told by good->unread. 0; GV_ENOTFOUND for a folder
 * that is not there; GV_EREFUSED for too many; as reading objects; GV_ENOMEM.
 */
int gv_good_gather_images(
    struct gv_good *good, struct gv_repo *repo, const char *dir);

/* Have a record that was made before there was a snapshot of its commit be of
 * the one that is there by now, for what is made of it: checks, and the record
 * that promotes it. 0, also where there is none or it has one; as
 * gv_good_deployed(). */
int gv_good_complete(struct gv_good *good, struct gv_repo *repo);

#endif
