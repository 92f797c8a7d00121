#include "restore_out.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/shell.h"
#include "cmd.h"
#include "out.h"
#include "restore/restore.h"

void
gv_restore_out_sparse(
    struct gv_ctx *ctx, const struct gv_restore_result *res, const char *id)
{
	if (res->sparse)
		gv_out_warn(ctx->out,
		    "%" PRIu64 " tracked file%s not there, since a sparse "
		    "checkout had left %s out when the snapshot was taken; "
		    "'git archive refs/vault/snapshots/%s:tree' has %s as "
		    "git's index had",
		    res->sparse, res->sparse == 1 ? " is" : "s are",
		    res->sparse == 1 ? "it" : "them", id,
		    res->sparse == 1 ? "it" : "them");
}

void
gv_restore_out_unread(
    struct gv_ctx *ctx, const struct gv_restore_result *res, const char *id)
{
	if (res->unread)
		gv_out_warn(ctx->out,
		    "the snapshot lacks %" PRIu64 " path%s that could not be "
		    "read when it was taken; to list %s: git vault show %s",
		    res->unread, res->unread == 1 ? "" : "s",
		    res->unread == 1 ? "it" : "them", id);
}

void
gv_restore_out_rest(struct gv_ctx *ctx, const struct gv_restore_result *res)
{
	if (res->stays)
		gv_out_say(ctx->out,
		    "%" PRIu64 " file%s that git ignores stay%s: the snapshot "
		    "does not hold %s, but may have left %s out",
		    res->stays, res->stays == 1 ? "" : "s",
		    res->stays == 1 ? "s" : "", res->stays == 1 ? "it" : "them",
		    res->stays == 1 ? "it" : "them");
	if (res->tamed)
		gv_out_say(ctx->out,
		    "another clone took this snapshot, so %" PRIu64
		    " entr%s without its owner, set-id bits, attributes or "
		    "wider mode; 'git vault restore --as-stored' restores "
		    "these too",
		    res->tamed, res->tamed == 1 ? "y is" : "ies are");
	if (res->refused)
		gv_out_warn(ctx->out,
		    "owner or extended attributes of %" PRIu64
		    " entries could not be set; the superuser can",
		    res->refused);
}

void
gv_restore_out_undo(struct gv_buf *out, const struct gv_ctx *ctx,
    const struct gv_restore_result *res, const struct gv_restore_undo *how)
{
	char *const *path;
	size_t i;

	if (!*res->safety)
		return;
	gv_cmd_paste(out, ctx);
	gv_buf_addf(out, " restore %s --in-place", res->safety);
	if (res->created)
		gv_buf_addstr(out, " --delete");
	if (how->index)
		gv_buf_addstr(out, " --index");
	if (how->recurse)
		gv_buf_addstr(out, " --recurse-submodules");
	for (i = 0; i < how->identities->n; i++) {
		gv_buf_addstr(out, " --identity");
		gv_shell_word(out, how->identities->items[i]);
	}
	if (*how->paths)
		gv_buf_addstr(out, " --");
	for (path = how->paths; *path; path++)
		gv_shell_word(out, *path);
}
