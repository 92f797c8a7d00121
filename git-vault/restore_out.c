#include "restore_out.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "cmd.h"
#include "out.h"
#include "record/undo.h"
#include "repo/repo.h"
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
gv_restore_out_counts(struct gv_buf *out, const struct gv_restore_result *res)
{
	const struct {
		uint64_t n;
		const char *what;
	} parts[] = {
		{ res->created, "created" },
		{ res->changed, "changed" },
		{ res->touched, "metadata updated" },
		{ res->deleted, "deleted" },
		{ res->unchanged, "unchanged" },
	};
	const char *gap = "";
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (parts[i].n == 0)
			continue;
		gv_buf_addf(
		    out, "%s%" PRIu64 " %s", gap, parts[i].n, parts[i].what);
		gap = ", ";
	}
	if (*gap == '\0')
		gv_buf_addstr(out, "no files");
}

/* What follows "restore ID --in-place" to undo a restore. The words are freed
 * by the caller, not their texts. */
static int
undo_words(const char ***out, size_t *n, bool removes,
    const struct gv_restore_undo *how)
{
	enum { FIXED = 4 };
	size_t i, n_paths = 0;
	const char **w;

	while (how->paths[n_paths])
		n_paths++;
	w = calloc(2 * how->identities->n + n_paths + FIXED, sizeof(*w));
	if (w == NULL)
		return gv_err_nomem();
	*out = w;
	*n = 0;
	if (removes)
		w[(*n)++] = "--delete";
	if (how->index)
		w[(*n)++] = "--index";
	if (how->recurse)
		w[(*n)++] = "--recurse-submodules";
	for (i = 0; i < how->identities->n; i++) {
		w[(*n)++] = "--identity";
		w[(*n)++] = how->identities->items[i];
	}
	if (n_paths)
		w[(*n)++] = "--";
	for (i = 0; i < n_paths; i++)
		w[(*n)++] = how->paths[i];
	return 0;
}

void
gv_restore_out_undo(struct gv_buf *out, const struct gv_ctx *ctx,
    const struct gv_restore_result *res, const struct gv_restore_undo *how)
{
	const char **words = NULL;
	size_t i, n = 0;

	if (!*res->safety)
		return;
	if (undo_words(&words, &n, res->created > 0, how) < 0) {
		out->failed = true;
		return;
	}
	gv_cmd_paste(out, ctx);
	gv_buf_addf(out, " restore %s --in-place", res->safety);
	for (i = 0; i < n; i++)
		gv_shell_word(out, words[i]);
	free(words);
}

int
gv_restore_out_remember(struct gv_ctx *ctx, const char *safety, bool removes,
    const struct gv_restore_undo *how)
{
	const char **words = NULL;
	struct gv_undo u = {
		.what = GV_UNDO_RESTORE, .time = ctx->now, .id = safety
	};
	int r = undo_words(&words, &u.n, removes, how);

	u.words = words;
	if (r == 0)
		r = gv_undo_save(ctx->repo, &u);
	free(words);
	return r;
}
