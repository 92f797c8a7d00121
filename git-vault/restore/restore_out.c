#include "git-vault/restore/restore_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "record/undo.h"
#include "repo/repo.h"
#include "restore/restore.h"
#include "vault/author.h"
#include "view/lacking.h"

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
gv_restore_out_omitted(struct gv_ctx *ctx, const struct gv_restore_result *res,
    const struct gv_record *rec, const char *to)
{
	struct gv_buf text = GV_BUF_INIT, command = GV_BUF_INIT,
		      dir = GV_BUF_INIT;

	if (res->omitted == 0)
		return;
	gv_record_say_omits(&text, rec);
	gv_buf_addf(&command, "git vault restore %s --with-base --to", rec->id);
	gv_buf_addf(&dir, "%s-complete", to ? to : rec->id);
	if (gv_buf_check(&dir) == 0)
		gv_shell_word(&command, dir.p);
	if (gv_buf_check(&text) == 0 && gv_buf_check(&command) == 0)
		gv_out_warn(ctx->out,
		    "%" PRIu64 " file%s not restored, since the snapshot is "
		    "without its base: %s\nhint: to check that out first: %s",
		    res->omitted, res->omitted == 1 ? " is" : "s are", text.p,
		    command.p);
	gv_buf_release(&text);
	gv_buf_release(&command);
	gv_buf_release(&dir);
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
gv_restore_out_counts(
    struct gv_buf *out, const struct gv_restore_result *res, bool stays)
{
	const struct {
		uint64_t n;
		const char *what;
	} parts[] = {
		{ res->created, "created" },
		{ res->changed, "changed" },
		{ res->touched, "metadata updated" },
		{ res->deleted, "deleted" },
		{ res->unchanged, stays ? "left as they are" : "unchanged" },
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
	enum { FIXED = 6 };
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
	if (how->is_moved) {
		w[(*n)++] = "--overwrite";
		w[(*n)++] = "always";
	}
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

static void
say_more(struct gv_ctx *ctx, const struct gv_lacking *more, const char *id)
{
	const struct gv_record *other = &more->rec;
	const int len = (int)gv_author_name_len(other->author);
	struct gv_buf path = GV_BUF_INIT, cmd = GV_BUF_INIT;
	char age[GV_TIME_MAX], files[GV_OUT_SIZE_MAX];
	size_t i;

	gv_time_relative(age, other->time, ctx->now);
	gv_out_count(files, more->n, "file");
	gv_path_quote(&path, more->paths[0], strlen(more->paths[0]));
	gv_cmd_paste(&cmd, ctx);
	if (more->n <= GV_LACKING_NAMED)
		gv_buf_addf(&cmd, " restore %s --in-place --",
		    gv_out_short_id(ctx->out, other->id));
	else
		gv_buf_addf(&cmd, " diff --name-status %s %s",
		    gv_out_short_id(ctx->out, id),
		    gv_out_short_id(ctx->out, other->id));
	for (i = 0; more->n <= GV_LACKING_NAMED && i < more->n; i++)
		gv_place_add_spec(&cmd, ctx, more->paths[i]);
	if (gv_buf_check(&path) < 0 || gv_buf_check(&cmd) < 0)
		goto out;
	gv_out_say(ctx->out,
	    "%s of %.*s, %s%s%s, has %s that this snapshot and Git lack, such "
	    "as %s",
	    gv_out_short_id(ctx->out, other->id), len ? len : 8,
	    len ? other->author : "somebody", age,
	    other->branch ? " on branch " : "",
	    other->branch ? other->branch : "", files, path.p);
	gv_out_say(ctx->out, "hint: %s", cmd.p);
out:
	gv_buf_release(&path);
	gv_buf_release(&cmd);
}

int
gv_restore_out_more(struct gv_ctx *ctx, const struct gv_record *rec)
{
	struct gv_lacking more;
	int r = gv_lacking_find(&more, ctx->repo, rec);

	if (r > 0) {
		say_more(ctx, &more, rec->id);
		gv_lacking_release(&more);
	}
	return r < 0 ? r : 0;
}
