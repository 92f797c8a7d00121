#include "git-vault/restore/restore.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/shell.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/nested_out.h"
#include "git-vault/look/revealed_out.h"
#include "git-vault/restore/restore_out.h"
#include "snapshot/nested.h"

static const char *
action_name(enum gv_restore_action action)
{
	switch (action) {
	case GV_RESTORE_CREATE:
		return "create";
	case GV_RESTORE_CHANGE:
		return "change";
	case GV_RESTORE_TOUCH:
		return "touch";
	case GV_RESTORE_DELETE:
		return "delete";
	default:
		return NULL;
	}
}

void
gv_restore_told_keep(void *ctx, const struct gv_restore_change *c)
{
	struct gv_restore_told *told = ctx;

	if (!told->all && action_name(c->action))
		return;
	if (GV_GROW(told->items, told->n, told->cap) < 0) {
		told->failed = true;
		return;
	}
	if (gv_restore_copy(&told->items[told->n], c, &told->arena) < 0)
		told->failed = true;
	else
		told->n++;
}

static void
print_lists(struct gv_json *j, const struct gv_restore_told *told)
{
	size_t i;

	if (told->all) {
		gv_json_array(j, "changes");
		for (i = 0; i < told->n; i++) {
			const struct gv_restore_change *c = &told->items[i];

			if (action_name(c->action) == NULL)
				continue;
			gv_json_object(j, NULL);
			gv_json_string(j, "action", action_name(c->action));
			gv_json_path(j, "path", c->path, c->len);
			if (c->from)
				gv_json_path(
				    j, "from", c->from, strlen(c->from));
			gv_json_bool(j, "directory", c->is_dir);
			gv_json_end(j);
		}
		gv_json_end(j);
	}
	gv_json_array(j, "repositories");
	for (i = 0; i < told->n; i++) {
		if (told->items[i].action != GV_RESTORE_EMPTY)
			continue;
		gv_json_object(j, NULL);
		gv_json_path(
		    j, "path", told->items[i].path, told->items[i].len);
		gv_json_string(j, "commit", told->items[i].reason);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_array(j, "skipped");
	for (i = 0; i < told->n; i++) {
		const struct gv_restore_change *c = &told->items[i];

		if (c->action != GV_RESTORE_SKIP &&
		    c->action != GV_RESTORE_ABSENT)
			continue;
		gv_json_object(j, NULL);
		gv_json_path(j, "path", c->path, c->len);
		gv_json_string(j, "reason", c->reason);
		gv_json_bool(j, "in_snapshot", c->action == GV_RESTORE_SKIP);
		gv_json_end(j);
	}
	gv_json_end(j);
}

void
gv_restore_told_json(const struct gv_restore_cmd *c)
{
	const struct gv_restore_cmd_opts *o = c->o;
	const struct gv_restore_result *res = &c->res;
	const struct gv_restore_told *told = &c->told;
	struct gv_json *j = c->ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "snapshot", c->rec.id);
	if (o->to)
		gv_json_string(j, "to", o->to);
	else
		gv_json_bool(j, "in_place", true);
	gv_json_string(j, "safety", *res->safety ? res->safety : NULL);
	gv_json_string(j, "undo", told->undo.len ? told->undo.p : NULL);
	gv_json_bool(j, "dry_run", o->dry_run);
	gv_json_uint(j, "created", res->created);
	gv_json_uint(j, "changed", res->changed);
	gv_json_uint(j, "touched", res->touched);
	gv_json_uint(j, "deleted", res->deleted);
	gv_json_uint(j, "unchanged", res->unchanged);
	gv_json_uint(j, "refused", res->refused);
	gv_json_uint(j, "tamed", res->tamed);
	gv_json_uint(j, "unread", res->unread);
	gv_json_uint(j, "sparse", res->sparse);
	gv_json_uint(j, "omitted", res->omitted);
	gv_json_string(j, "missed", c->missed.len ? c->missed.p : NULL);
	gv_json_lines(j, "locked", c->locked.len ? c->locked.p : NULL);
	if (o->delete)
		gv_json_uint(j, "stays", res->stays);
	print_lists(j, told);
	gv_revealed_out_json(j, told->items, told->n);
	if (*c->ask.paths || c->ask.env)
		gv_restore_part_out_json(j, &c->part, &c->ask);
	if (o->recurse)
		gv_nested_out_json(j, c->nested.items, c->nested.n);
	gv_json_end(j);
}

/* One line of a dry run: a letter as `git diff --name-status` has it, `m` for
 * what concerns only times, modes and owners. */
static void
print_change(struct gv_out *out, const struct gv_restore_change *c)
{
	static const struct {
		enum gv_out_slot slot;
		const char *letter;
	} looks[] = {
		[GV_RESTORE_CREATE] = { GV_OUT_ADDED, "A" },
		[GV_RESTORE_CHANGE] = { GV_OUT_CHANGED, "M" },
		[GV_RESTORE_TOUCH] = { GV_OUT_CHANGED, "m" },
		[GV_RESTORE_DELETE] = { GV_OUT_REMOVED, "D" },
	};

	if (action_name(c->action) == NULL)
		return;
	gv_out_paint(out, looks[c->action].slot, "%s", looks[c->action].letter);
	gv_out_printf(out, " ");
	gv_out_path(out, c->path, c->len);
	gv_out_printf(out, "%s", c->is_dir ? "/" : "");
	if (c->from) {
		gv_out_printf(out, " (from ");
		gv_out_path(out, c->from, strlen(c->from));
		gv_out_printf(out, ")");
	}
	gv_out_printf(out, "\n");
}

#define BESIDE                                                                 \
	14 /* the short id, and what is between the parts of the line          \
	    */

/* Whether files that are there stay without a look at what they hold. */
static bool
stays(const struct gv_restore_cmd_opts *o)
{
	return o->overwrite == GV_RESTORE_CMD_NEVER ||
	    o->overwrite == GV_RESTORE_CMD_IF_NEWER;
}

static void
print_counts(struct gv_ctx *ctx, const struct gv_restore_result *res,
    const struct gv_record *rec)
{
	const struct gv_restore_cmd_opts *o = ctx->opts;
	struct gv_buf counts = GV_BUF_INIT, subject = GV_BUF_INIT;
	const char *what = o->dry_run ? "would restore" : "restored";
	const char *of = rec->subject ? rec->subject : "";

	gv_restore_out_counts(&counts, res, stays(o));
	gv_out_add_fitted(ctx->out, &subject, of, strlen(of),
	    strlen(what) + BESIDE + counts.len);
	gv_out_say(ctx->out, "%s %s (%s): %s", what,
	    rec->id + GV_RECORD_STAMP_LEN + 1, subject.len ? subject.p : "",
	    counts.p ? counts.p : "");
	gv_buf_release(&counts);
	gv_buf_release(&subject);
}

static void
print_summary(struct gv_ctx *ctx, const struct gv_restore_result *res,
    const struct gv_record *rec)
{
	const struct gv_restore_cmd_opts *o = ctx->opts;
	const char *id = rec->id;

	/* first, because "nothing differs" alone would hide these */
	gv_restore_out_unread(ctx, res, id);
	gv_restore_out_omitted(ctx, res, rec, o->to);
	if (*res->safety) {
		gv_out_printf(ctx->out, "safety snapshot ");
		gv_out_id(ctx->out, res->safety);
		gv_out_printf(ctx->out, "\n");
	}
	if (o->in_place && !*res->safety && !o->dry_run && res->skipped)
		gv_out_say(ctx->out,
		    "nothing was restored from snapshot %s: the only chosen "
		    "files that differ are left as they are",
		    id);
	else if (o->in_place && !*res->safety && !o->dry_run && stays(o))
		gv_out_say(ctx->out,
		    "nothing was restored from snapshot %s: all chosen files "
		    "are there%s, and --overwrite %s leaves them",
		    id,
		    o->overwrite == GV_RESTORE_CMD_NEVER ? "" : ", and newer",
		    o->overwrite == GV_RESTORE_CMD_NEVER ? "never"
							 : "if-newer");
	else if (o->in_place && !*res->safety && !o->dry_run)
		gv_out_say(ctx->out,
		    "nothing differs from snapshot %s in the chosen files; "
		    "nothing was changed",
		    id);
	else
		print_counts(ctx, res, rec);
	if (res->pointers)
		gv_out_say(ctx->out,
		    "of %" PRIu64 " file%s there is the pointer of git's "
		    "large-file filter, whose store has the content: 'git lfs "
		    "checkout' or 'git annex get' puts it there",
		    res->pointers, res->pointers == 1 ? "" : "s");
	/* in place they are left out here, too */
	if (o->to)
		gv_restore_out_sparse(ctx, res, id);
	gv_restore_out_rest(ctx, res);
}

static bool
is_nested(const struct gv_restore_nested *nested, const char *path)
{
	size_t i;

	for (i = 0; i < nested->n; i++)
		if (strcmp(nested->items[i].path, path) == 0)
			return true;
	return false;
}

static void
print_notes(struct gv_ctx *ctx, const struct gv_restore_told *told,
    const struct gv_restore_nested *nested)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < told->n; i++) {
		const struct gv_restore_change *c = &told->items[i];

		gv_buf_reset(&path);
		gv_path_quote(
		    &path, c->len ? c->path : ".", c->len ? c->len : 1);
		if (c->action == GV_RESTORE_SKIP && c->len == 0)
			gv_out_warn(ctx->out, "not restored: %s", c->reason);
		else if (c->action == GV_RESTORE_SKIP)
			gv_out_warn(ctx->out, "%s is not restored: %s", path.p,
			    c->reason);
		else if (c->action == GV_RESTORE_ABSENT)
			gv_out_detail(ctx->out, "%s is not in the snapshot: %s",
			    path.p, c->reason ? c->reason : "it was skipped");
		else if (c->action == GV_RESTORE_EMPTY &&
		    !is_nested(nested, c->path))
			gv_out_say(ctx->out,
			    "%s is a nested repository: its files and commits "
			    "were not saved, so the directory is empty; its "
			    "commit was %s",
			    path.p, c->reason ? c->reason : "none yet");
	}
	gv_buf_release(&path);
}

/* A warning for each line. */
static void
print_missed(struct gv_ctx *ctx, const struct gv_buf *missed)
{
	const char *p = missed->p, *end = p + missed->len;

	while (p < end) {
		const size_t n = strcspn(p, "\n");

		gv_out_warn(ctx->out, "the files are restored, but not %.*s",
		    (int)n, p);
		p += n + 1;
	}
}

#define LOCKED 20 /* files that the command names */

/* Others may have locked them since, so nothing is taken away from them here.
 */
static void
print_locked(struct gv_ctx *ctx, const struct gv_buf *locked, const char *to)
{
	struct gv_buf look = GV_BUF_INIT, take = GV_BUF_INIT,
		      path = GV_BUF_INIT;
	const char *p = locked->p, *end = p + locked->len;
	size_t n, all = 0;

	gv_buf_addstr(&look, "svn status -u");
	gv_buf_addstr(&take, "svn lock --force");
	if (locked->len)
		gv_shell_word(&look, to);
	for (; p < end; p += n + 1, all++) {
		n = strcspn(p, "\n");
		gv_buf_reset(&path);
		/* svn takes what is behind the last @ for a revision */
		gv_buf_addf(&path, "%s/%.*s%s", to, (int)n, p,
		    memchr(p, '@', n) ? "@" : "");
		if (all < LOCKED && gv_buf_check(&path) == 0)
			gv_shell_word(&take, path.p);
	}
	if (all && gv_buf_check(&look) == 0 && gv_buf_check(&take) == 0)
		gv_out_warn(ctx->out,
		    "%zu file%s locked on the server when the snapshot was "
		    "taken; no lock is taken again%s\nhint: to see who has "
		    "locked what now: %s\nhint: to take the locks, also from "
		    "whoever has them: %s",
		    all, all == 1 ? " was" : "s were",
		    all > LOCKED ? ", and the hint names twenty" : "", look.p,
		    take.p);
	gv_buf_release(&look);
	gv_buf_release(&take);
	gv_buf_release(&path);
}

void
gv_restore_told_text(const struct gv_restore_cmd *c)
{
	const struct gv_restore_cmd_opts *o = c->o;
	const struct gv_restore_told *told = &c->told;
	const struct gv_restore_nested *nested = &c->nested;
	const struct gv_record *rec = &c->rec;
	struct gv_ctx *ctx = c->ctx;
	size_t i;

	if (o->dry_run || ctx->verbosity > 0)
		for (i = 0; i < told->n; i++)
			print_change(ctx->out, &told->items[i]);
	print_summary(ctx, &c->res, rec);
	print_notes(ctx, told, nested);
	print_missed(ctx, &c->missed);
	print_locked(ctx, &c->locked, o->to);
	if (told->undo.len)
		gv_out_say(ctx->out, "undo: %s", told->undo.p);
	gv_revealed_out_left(ctx, told->items, told->n, o->no_secrets);
	gv_revealed_out_crossed(ctx, &c->res, rec->id);
	if (!o->recurse && rec->n_nested)
		gv_out_say(ctx->out,
		    "%zu repositor%s inside %s of %s own; "
		    "--recurse-submodules restores %s, too",
		    rec->n_nested, rec->n_nested == 1 ? "y" : "ies",
		    rec->n_nested == 1 ? "has a snapshot" : "have snapshots",
		    rec->n_nested == 1 ? "its" : "their",
		    rec->n_nested == 1 ? "it" : "them");
	for (i = 0; i < nested->n; i++)
		if (nested->items[i].said == NULL && o->dry_run)
			gv_out_say(ctx->out, "would restore %s in %s",
			    nested->items[i].id, nested->items[i].path);
		else
			gv_nested_out_said(ctx->out, &nested->items[i]);
	gv_restore_part_out(&c->part, &c->ask, o->dry_run);
}
