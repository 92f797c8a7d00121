#include "git-vault/look/status_secrets.h"

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/look/diff_work.h"
#include "git-vault/look/reveal_out.h"
#include "record/record.h"
#include "view/diff.h"
#include "view/reveal.h"

struct secrets {
	struct gv_ctx *ctx;
	const struct gv_record *last;
	struct gv_reveal_keys keys;
	struct gv_diff_work work;
	struct gv_diff_opts opts;
	struct gv_diff diff;
	struct gv_reveal_out *reveal;
};

bool
gv_status_secrets_is_due(
    const struct gv_ctx *ctx, const struct gv_reveal_opts *o)
{
	return o->secrets || (ctx->verbosity > 0 && ctx->json == NULL);
}

/* The safe and the audit chain are the repository's, not the folder's. */
static int
open_reveal(struct secrets *s)
{
	const struct gv_reveal_side from = { .rec = s->last },
				    to = { .list = &s->work.list };
	int r;

	gv_scratch_pause(&s->work.scratch);
	if ((r = gv_reveal_out_open(
		 &s->reveal, s->ctx, s->work.repo, &from, &to, &s->keys)) == 0)
		r = gv_reveal_out_tell(s->reveal, &s->diff);
	return gv_scratch_resume(&s->work.scratch) < 0 ? GV_ENOMEM : r;
}

static int
print(struct secrets *s)
{
	struct gv_buf how = GV_BUF_INIT;
	int r = open_reveal(s);

	gv_cmd_paste(&how, s->ctx);
	gv_buf_addstr(&how, " status --secrets");
	if (r == 0 && (r = gv_buf_check(&how)) == 0)
		r = gv_reveal_out_patch(s->reveal, &s->diff, -1, how.p);
	gv_buf_release(&how);
	return gv_reveal_out_close(s->reveal, r);
}

int
gv_status_secrets_print(struct gv_ctx *ctx, const struct gv_record *last,
    const char *path, const struct gv_reveal_opts *o)
{
	struct secrets s = { .ctx = ctx,
		.last = last,
		.keys = { .asked = o },
		.work = GV_DIFF_WORK_INIT(ctx),
		.opts = { .no_renames = true } };
	struct gv_buf spec = GV_BUF_INIT;
	const char *paths[2] = { NULL, NULL };
	int r;

	gv_buf_addf(&spec, ":(top,literal)%s", path);
	r = gv_buf_check(&spec);
	if (*path)
		paths[0] = spec.p;
	s.opts.paths = paths;
	if (r == 0 &&
	    (r = gv_diff_side_of(&s.opts.from, ctx->repo, last)) == 0 &&
	    (r = gv_diff_work_open(&s.work, &s.opts.to, ctx)) == 0 &&
	    (r = gv_diff_run(&s.diff, s.work.repo, &s.opts)) == 0 && s.diff.n)
		r = print(&s);
	gv_reveal_keys_close(&s.keys, ctx);
	gv_diff_work_close(&s.work);
	gv_diff_release(&s.diff);
	gv_buf_release(&spec);
	return r;
}
