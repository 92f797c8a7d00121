#ifndef GV_TRACK_CODE_H
#define GV_TRACK_CODE_H
/*
 * A version of a Terraform state held against the code of the commit that it
 * was applied from: resources in it without a block, and blocks that nothing is
 * there of. By the index, which is in clear, and the commit's tree, so no key
 * is needed. Keys of instances do not count; what is in modules from elsewhere
 * is taken as having its blocks; `moved` and `removed` account for what they
 * name.
 *
 *	r = gv_track_code_new(&code, repo, &version, NULL);
 *	r = gv_track_code_check(code, &findings, tell, ctx);
 *	gv_track_code_free(code);
 */

#include <stdint.h>

#include "state/track_verify.h"

struct gv_track_code;

/* Find the code: in the directory `dir` of the commit, from the top; NULL: in
 * that of the state's file, where a snapshot has found it (for this version or
 * another one), or else at the top, if there is code only there and in modules
 * called from there. What cannot be known is no failure, unless `dir` is given.
 * 0; GV_ENOTFOUND, GV_EREFUSED with the reason for a `dir`; GV_ECORRUPT;
 * GV_ENOMEM. `repo` and `v` must outlive it. */
int gv_track_code_new(struct gv_track_code **out, struct gv_repo *repo,
    const struct gv_track_version *v, const char *dir);

/* The directory, "" the top; NULL where it is not known. */
const char *gv_track_code_dir(const struct gv_track_code *code);

/* Why it is not, or cannot be, held against the code; "" where it is of a tool
 * whose code is not looked at; NULL: it is. */
const char *gv_track_code_why(const struct gv_track_code *code);

/* Tell what is found, all of GV_TRACK_NO_BLOCK, of which *findings is how many,
 * before all of GV_TRACK_NOT_IN_STATE. If code cannot be read, the
 * reason is returned, and tell() is not called. 0; tell's negative value;
 * GV_ECORRUPT for the index; GV_ENOMEM. */
int gv_track_code_check(struct gv_track_code *code, uint64_t *findings,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx);

/* NULL-safe. */
void gv_track_code_free(struct gv_track_code *code);

#endif
