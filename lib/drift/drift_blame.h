#ifndef GV_DRIFT_BLAME_H
#define GV_DRIFT_BLAME_H
/*
 * Which commit the lines of differences are of, as git blame finds it.
 *
 *	r = gv_drift_blame(&report, 1, repo);
 *	… report.findings[i].left.commit, .since …
 */

#include <stddef.h>

struct gv_drift_report;
struct gv_repo;

/* Fill in `commit` and `since` of all places of drift, of which Git tracks the
 * file. Lines that are not committed yet get `is_new`, and those of files that
 * git cannot look at nothing. 0; GV_ECANCELED; GV_ENOMEM; GV_ERROR where there
 * is no git. */
int gv_drift_blame(
    struct gv_drift_report *reports, size_t n, const struct gv_repo *repo);

#endif
