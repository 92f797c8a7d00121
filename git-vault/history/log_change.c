#include "git-vault/history/log_change.h"

#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/history/diff_out.h"
#include "git-vault/look/reveal_out.h"
#include "record/record.h"
#include "repo/oid.h"
#include "view/diff.h"
#include "view/reveal.h"

static bool
is_form(const struct gv_log_change *how, const char *form)
{
	return strcmp(how->form, form) == 0;
}

/* Whether git sees everything that differs: not the content of files in
 * chunks, and not encrypted secrets. */
static bool
is_plain(const struct gv_record *rec)
{
	return rec == NULL || (rec->format < 2 && rec->secrets == 0);
}

/* Compare what git cannot. */
static int
compare(struct gv_diff *diff, struct gv_ctx *ctx,
    const struct gv_log_change *how, const struct gv_record *from,
    const struct gv_record *to)
{
	struct gv_diff_opts o = { .paths = how->paths, .no_renames = true };
	int r;

	if (is_form(how, "--name-status") || (is_plain(from) && is_plain(to)))
		return 0;
	o.from.tree = gv_oid_empty_tree;
	if ((from == NULL ||
		(r = gv_diff_side_of(&o.from, ctx->repo, from)) == 0) &&
	    (r = gv_diff_side_of(&o.to, ctx->repo, to)) == 0)
		r = gv_diff_run(diff, ctx->repo, &o);
	/* without --secrets, git can print a patch without the manifests */
	if (is_form(how, "--patch") && !how->keys->asked->secrets &&
	    (r == GV_ECORRUPT || r == GV_ENOTFOUND))
		return 0;
	return r;
}

static int
print_by_git(struct gv_ctx *ctx, const struct gv_log_change *how,
    const struct gv_record *from, const struct gv_record *to,
    const struct gv_diff *diff, struct gv_reveal_out *reveal)
{
	/* a snapshot of some files says nothing about the others */
	const char *const more[] = { to->only ? "--diff-filter=d" : NULL,
		NULL };

	return gv_diff_out(ctx,
	    &(struct gv_diff_out){ .form = how->form,
		.more = more,
		.from = from ? &from->tree : &gv_oid_empty_tree,
		.to = &to->tree,
		.paths = how->paths,
		.diff = diff,
		.leaves_out =
		    how->keys->asked->secrets ? gv_reveal_out_takes : NULL,
		.ctx = reveal });
}

int
gv_log_change_print(struct gv_ctx *ctx, const struct gv_log_change *how,
    const struct gv_record *from, const struct gv_record *to)
{
	struct gv_reveal_out *reveal = NULL;
	struct gv_diff diff = GV_DIFF_INIT;
	int r = compare(&diff, ctx, how, from, to);

	if (r < 0)
		goto out;
	if (is_form(how, "--patch") && diff.n &&
	    (r = gv_reveal_out_open(&reveal, ctx, ctx->repo,
		 &(struct gv_reveal_side){ .rec = from },
		 &(struct gv_reveal_side){ .rec = to }, how->keys)) < 0)
		goto out;
	if ((r = print_by_git(ctx, how, from, to, &diff, reveal)) == 0 &&
	    reveal)
		r = gv_reveal_out_patch(reveal, &diff, -1, NULL);
out:
	r = gv_reveal_out_close(reveal, r);
	gv_diff_release(&diff);
	return r;
}

bool
gv_log_change_is_of_one(const struct gv_ctx *ctx, int r)
{
	return (r == GV_ERROR || r == GV_EREFUSED || r == GV_ECORRUPT ||
		   r == GV_ENOTFOUND || r == GV_ENOKEY) &&
	    !gv_out_stopped(ctx->out);
}
