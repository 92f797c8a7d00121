#ifndef GV_GOOD_GATHER_H
#define GV_GOOD_GATHER_H
/*
 * Gathers the content of a record: the commit and its snapshot, the pipeline,
 * the states, artifacts and evidence.
 *
 *	r = gv_good_gather_subject(&good, repo, &what);
 *	r = gv_good_gather(&good, repo, safe, &what);
 */

#include "good/good_mark.h"

/* Fill in what the options, the pipeline, the keyring and the states say. */
int gv_good_gather(struct gv_good *good, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_good_what *what);

/* Copy from an earlier record what the new one repeats: its subject, artifacts
 * and evidence. */
int gv_good_gather_from(struct gv_good *good, const struct gv_good *of);

/* The same for what->of, the record that a rollback restored, but with the
 * evidence of `what`. */
int
gv_good_gather_return(struct gv_good *good, const struct gv_good_what *what);

/* Fill in the commit, the snapshot and their trees from the options. */
int gv_good_gather_subject(struct gv_good *good, struct gv_repo *repo,
    const struct gv_good_what *what);

/* Add as artifacts the images with a digest that manifests of the record's
 * commit name, in the folder `dir` ("": in all folders). Artifacts that are
 * there already stay. good->unread lists what could not be read. 0;
 * GV_ENOTFOUND for a folder that does not exist; GV_EREFUSED for too many
 * images; GV_ENOMEM; a failure to read objects. */
int gv_good_gather_images(
    struct gv_good *good, struct gv_repo *repo, const char *dir);

/* Complete a record that was made before there was a snapshot of its commit:
 * add the snapshot that exists by now, for checks and for the record that
 * promotes it. 0, also if the record has a snapshot or there is still none; as
 * gv_good_deployed(). */
int gv_good_complete(struct gv_good *good, struct gv_repo *repo);

#endif
