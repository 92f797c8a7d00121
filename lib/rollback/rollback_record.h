#ifndef GV_ROLLBACK_RECORD_H
#define GV_ROLLBACK_RECORD_H
/*
 * What a rollback leaves among the known-good records (good.h): a candidate of
 * what the environment was taken back to, which says by its evidence that it
 * was a rollback. Only where that was of all that belongs to it.
 *
 *	r = gv_rollback_record(&n, repo, NULL, &note, now);
 */

#include <stdint.h>

struct gv_repo;
struct gv_rollback_note;
struct gv_safe;

/* Make it, once for each rollback; signed by an identity of the safe, or with
 * that NULL by one at hand. 0 with its number, 0 for one that gets none;
 * GV_EREFUSED where the commit was revoked, and with its number where git was
 * to sign it and did not; as gv_good_mark(). */
int gv_rollback_record(unsigned *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_rollback_note *note, int64_t now);

#endif
