#ifndef GV_TRACK_RENEW_H
#define GV_TRACK_RENEW_H
/*
 * The newest version of each state saved once more, for those who read it now:
 * after a clone has come to use another keyring. A version is never changed, so
 * those before stay for whoever could read them.
 *
 *	r = gv_track_renew(&renewed, &why, repo, &opts);
 */

#include <stdint.h>

struct gv_buf;
struct gv_repo;
struct gv_safe_opts;

/* Do it: *renewed counts those that were saved. What cannot be is left, and a
 * line of `why` names it; what no identity here opens is passed over. 0;
 * GV_ECANCELED; GV_ENOMEM; as gv_safe_open(). */
int gv_track_renew(uint64_t *renewed, struct gv_buf *why, struct gv_repo *repo,
    const struct gv_safe_opts *opts);

#endif
