#ifndef LINT_PUSH_H
#define LINT_PUSH_H
/*
 * What `git vault check` says of a push: the findings that it adds. They are
 * looked for around the files that it changes; the whole tree is checked only
 * where there is something to report, or where the push may break something far
 * away.
 *
 *	struct gv_lint_push push = GV_LINT_PUSH_INIT;
 *	r = gv_lint_push(&push, ctx, &team, &was, &is);
 *	if (push.n)
 *		refuse it, with push.text
 *	gv_buf_release(&push.text);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct gv_ctx;
struct gv_lint_team;
struct gv_oid;

struct gv_lint_push {
	struct gv_buf text; /* a line each, of the first ones */
	size_t n;
	bool is_whole; /* all of the tree was checked */
};

#define GV_LINT_PUSH_INIT                                                      \
	{                                                                      \
		.text = GV_BUF_INIT                                            \
	}

#define GV_LINT_PUSH_MOST 20 /* findings that are listed */

/* Look for what a branch that moves between two commits adds (`was` zero: it
 * had none), and what its policy refuses. Nothing where the policy does not ask
 * for it. Nothing is written. 0; GV_ECORRUPT, GV_ENOTFOUND, GV_ECANCELED,
 * GV_ENOMEM. */
int gv_lint_push(struct gv_lint_push *out, struct gv_ctx *ctx,
    struct gv_lint_team *team, const struct gv_oid *was,
    const struct gv_oid *is);

#endif
