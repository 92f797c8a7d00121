#ifndef ACCESS_BASE_H
#define ACCESS_BASE_H
/*
 * The protected branch as a clone knows it: the default branch of its remote,
 * as it was fetched last, or without a remote the branch that is checked out.
 *
 *	r = gv_access_base_find(&base, ctx);
 *	… base.ref, base.commit, base.policy …
 *	gv_access_base_release(&base);
 */

#include <stdbool.h>

#include "access/access.h"
#include "base/buf.h"
#include "repo/oid.h"

struct gv_ctx;

struct gv_access_base {
	struct gv_buf ref;       /* "refs/heads/main": its name on the remote */
	struct gv_oid commit;    /* zero: it has none yet */
	struct gv_policy policy; /* of the commit, as its file has it */
	bool is_remote;          /* `commit` was fetched */
};

/* 0; GV_EREFUSED where its policy cannot be read; GV_ENOMEM, GV_ERROR. Release
 * *out in any case. */
int gv_access_base_find(struct gv_access_base *out, struct gv_ctx *ctx);

void gv_access_base_release(struct gv_access_base *base);

/* Whether the branch that is checked out is protected. */
bool gv_access_base_is_here(
    const struct gv_access_base *base, const struct gv_ctx *ctx);

/* The commit that a text names. 0; GV_ENOTFOUND; GV_ERROR. */
int gv_access_base_commit(struct gv_oid *out, const char *text);

/* The best common ancestor; zero where there is none. 0 or GV_ERROR. */
int gv_access_base_fork(
    struct gv_oid *out, const struct gv_oid *a, const struct gv_oid *b);

#endif
