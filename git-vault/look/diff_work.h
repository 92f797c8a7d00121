#ifndef DIFF_WORK_H
#define DIFF_WORK_H
/*
 * The working tree as one side of a difference. Its changed files are stored in
 * a folder that nobody else may enter, with placeholders for their secrets; the
 * folder ends with the command.
 *
 *	struct gv_diff_work work = GV_DIFF_WORK_INIT(ctx);
 *
 *	r = gv_diff_work_open(&work, &opts.to, ctx);
 *	if (r == 0)
 *		r = gv_diff_run(&diff, work.repo, &opts);
 *	gv_diff_work_close(&work);
 */

#include "base/buf.h"
#include "object/scratch.h"

struct gv_ctx;
struct gv_diff_side;
struct gv_repo;

struct gv_diff_work {
	struct gv_repo *repo; /* with these files in it */
	struct gv_buf list;   /* what a snapshot would encrypt of them, as
				 meta/secrets has it */
	struct gv_scratch scratch;
};

/* Until it is opened, `repo` is the command's own. */
#define GV_DIFF_WORK_INIT(ctx)                                                 \
	{                                                                      \
		.repo = (ctx)->repo, .list = GV_BUF_INIT,                      \
		.scratch = GV_SCRATCH_INIT                                     \
	}

/* Look at the working tree, and make it this side. 0; GV_EUSAGE where there is
 * none; as gv_preview_tree(). To be closed in any case. */
int gv_diff_work_open(
    struct gv_diff_work *w, struct gv_diff_side *side, struct gv_ctx *ctx);

/* NULL-safe. */
void gv_diff_work_close(struct gv_diff_work *w);

#endif
