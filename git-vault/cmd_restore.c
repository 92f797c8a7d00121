#include "cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "revealed_out.h"
#include "identity_opt.h"
#include "inner_out.h"
#include "json.h"
#include "out.h"
#include "place.h"
#include "progress.h"
#include "restore_out.h"
#include "audit/audit.h"
#include "record/record_nested.h"
#include "repo/repo.h"
#include "restore/restore.h"
#include "rollback/rollback.h"
#include "snapshot/inner.h"
#include "snapshot/snapshot.h"
#include "sys/entry.h"

/* How many seconds old a safety snapshot may be that does for one more restore:
 * what is tried again and again leaves one a day. */
#define SAFETY_AGE ((int64_t)86400)

struct restore_opts {
	const char *to;
	int overwrite;
	bool in_place, delete, index, dry_run, no_owner, skip_damaged, sync;
	bool recurse, no_secrets, cross_scope, as_stored;
	int64_t threads;
	struct gv_opt_list identities;
	const char *reason;
};

static const struct restore_opts defaults = { .overwrite = -1 };

static const char *const modes[] = { "if-changed", "always", "if-newer",
	"never", NULL };

static const enum gv_restore_overwrite mode_values[] = { GV_RESTORE_IF_CHANGED,
	GV_RESTORE_ALWAYS, GV_RESTORE_IF_NEWER, GV_RESTORE_NEVER };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "to",
	    .arg = "DIR",
	    .kind = GV_OPT_DIR,
	    .at = offsetof(struct restore_opts, to),
	    .help = "restore into this new directory, completely or not "
		    "at all" },
	{ .type = GV_OPT_BOOL,
	    .name = "in-place",
	    .at = offsetof(struct restore_opts, in_place),
	    .help = "change the working tree, after a safety snapshot" },
	{ .type = GV_OPT_CHOICE,
	    .name = "overwrite",
	    .arg = "MODE",
	    .choices = modes,
	    .at = offsetof(struct restore_opts, overwrite),
	    .help = "replace existing files: if-changed, always, "
		    "if-newer or never" },
	{ .type = GV_OPT_BOOL,
	    .name = "delete",
	    .at = offsetof(struct restore_opts, delete),
	    .help = "delete files that are not in the snapshot" },
	{ .type = GV_OPT_BOOL,
	    .name = "index",
	    .at = offsetof(struct restore_opts, index),
	    .help = "with --in-place: restore what was staged, too" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct restore_opts, dry_run),
	    .help = "show what would be done, change nothing" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-owner",
	    .at = offsetof(struct restore_opts, no_owner),
	    .help = "do not restore owners; you own all files" },
	{ .type = GV_OPT_BOOL,
	    .name = "as-stored",
	    .at = offsetof(struct restore_opts, as_stored),
	    .help = "restore owners, set-id bits and attributes of other "
		    "clones' snapshots, too" },
	{ .type = GV_OPT_BOOL,
	    .name = "skip-damaged",
	    .at = offsetof(struct restore_opts, skip_damaged),
	    .help = "skip damaged files, and name them" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-secrets",
	    .at = offsetof(struct restore_opts, no_secrets),
	    .help = "decrypt nothing: leave placeholders in the files" },
	{ .type = GV_OPT_BOOL,
	    .name = "cross-scope",
	    .at = offsetof(struct restore_opts, cross_scope),
	    .help = "with --in-place: write secrets to files that more "
		    "people can read" },
	{ .type = GV_OPT_STRING,
	    .name = "reason",
	    .is_kept = true,
	    .arg = "TEXT",
	    .at = offsetof(struct restore_opts, reason),
	    .help = "why, for the audit chain" },
	GV_IDENTITY_OPT(struct restore_opts, identities),
	{ .type = GV_OPT_BOOL,
	    .name = "recurse-submodules",
	    .at = offsetof(struct restore_opts, recurse),
	    .help = "also restore the linked snapshots of nested "
		    "repositories" },
	{ .type = GV_OPT_BOOL,
	    .name = "sync",
	    .at = offsetof(struct restore_opts, sync),
	    .help = "with --to: flush everything to disk before DIR "
		    "appears" },
	{ .type = GV_OPT_INT,
	    .name = "threads",
	    .arg = "N",
	    .at = offsetof(struct restore_opts, threads),
	    .help = "use N threads; default: one per processor" },
	GV_OPT_LAST
};

/* What is told while the restore runs, for the end: a document has its lists
 * one after the other. */
struct told {
	struct gv_restore_change *items;
	size_t n, cap;
	struct gv_arena arena;
	struct gv_buf undo; /* the command; empty if nothing was changed */
	bool all;           /* also keep paths that were restored */
	bool failed;
};

/* Repositories inside whose linked snapshots are restored, too. */
struct nested {
	struct gv_inner *items;
	size_t n;
};

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

static void
keep(void *ctx, const struct gv_restore_change *c)
{
	struct told *told = ctx;

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
print_lists(struct gv_json *j, const struct told *told)
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

static void
print_json(struct gv_ctx *ctx, const struct gv_restore_result *res,
    const char *id, const struct told *told, const struct nested *nested)
{
	const struct restore_opts *o = ctx->opts;
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "snapshot", id);
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
	if (o->delete)
		gv_json_uint(j, "stays", res->stays);
	print_lists(j, told);
	gv_revealed_out_json(j, told->items, told->n);
	if (o->recurse)
		gv_inner_out_json(j, nested->items, nested->n);
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
	gv_out_printf(out, "%s\n", c->is_dir ? "/" : "");
}

static void
print_counts(struct gv_ctx *ctx, const struct gv_restore_result *res,
    const struct gv_record *rec)
{
	const struct restore_opts *o = ctx->opts;
	struct gv_buf counts = GV_BUF_INIT;

	gv_restore_out_counts(&counts, res);
	gv_out_say(ctx->out, "%s %s (%s): %s",
	    o->dry_run ? "would restore" : "restored",
	    rec->id + GV_RECORD_STAMP_LEN + 1, rec->subject ? rec->subject : "",
	    counts.p ? counts.p : "");
	gv_buf_release(&counts);
}

static void
print_summary(struct gv_ctx *ctx, const struct gv_restore_result *res,
    const struct gv_record *rec)
{
	const struct restore_opts *o = ctx->opts;
	const char *id = rec->id;

	/* first, because "nothing differs" alone would hide these */
	gv_restore_out_unread(ctx, res, id);
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
is_nested(const struct nested *nested, const char *path)
{
	size_t i;

	for (i = 0; i < nested->n; i++)
		if (strcmp(nested->items[i].path, path) == 0)
			return true;
	return false;
}

static void
print_notes(
    struct gv_ctx *ctx, const struct told *told, const struct nested *nested)
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
			    "%s is a nested repository: an empty directory "
			    "here, its commit was %s",
			    path.p, c->reason ? c->reason : "none yet");
	}
	gv_buf_release(&path);
}

static void
print_text(struct gv_ctx *ctx, const struct gv_restore_result *res,
    const struct gv_record *rec, const struct told *told,
    const struct nested *nested)
{
	const struct restore_opts *o = ctx->opts;
	size_t i;

	if (o->dry_run || ctx->verbosity > 0)
		for (i = 0; i < told->n; i++)
			print_change(ctx->out, &told->items[i]);
	print_summary(ctx, res, rec);
	print_notes(ctx, told, nested);
	if (told->undo.len)
		gv_out_say(ctx->out, "undo: %s", told->undo.p);
	gv_revealed_out_left(ctx, told->items, told->n, o->no_secrets);
	gv_revealed_out_crossed(ctx, res, rec->id);
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
			gv_inner_out_said(ctx->out, &nested->items[i]);
}

static int
check(const struct restore_opts *o, bool has_paths)
{
	if (!o->to == !o->in_place)
		return gv_err(GV_EUSAGE,
		    "say where to: --to DIR, or --in-place for the working "
		    "tree");
	if (o->cross_scope && o->to)
		return gv_err(GV_EUSAGE,
		    "--cross-scope goes with --in-place only: --to writes "
		    "every secret that you can read");
	if (o->index && o->to)
		return gv_err(GV_EUSAGE, "--index goes with --in-place only");
	if (o->index && has_paths)
		return gv_err(GV_EUSAGE,
		    "--index brings back all of the index, so it goes with no "
		    "path; 'git restore --staged' or 'git add' stages some");
	if (o->delete &&o->to && o->overwrite < 0)
		return gv_err(GV_EUSAGE,
		    "--delete with --to needs --overwrite too: a new "
		    "directory holds nothing to remove");
	return 0;
}

static void
print_recovered(void *ctx, const char *sentence)
{
	gv_out_say(ctx, "%s", sentence);
}

/* Whether the last snapshot, if nothing changed since, does for this restore,
 * too. Retention drops one like any other unless it is a safety snapshot, and
 * such a one only when it is old. */
static bool
has_safety(const struct gv_ctx *c)
{
	struct gv_record rec = { 0 };
	bool does;

	if (gv_snapshot_cached(&rec, c->repo) < 0)
		return false;
	does = rec.trigger && strcmp(rec.trigger, GV_RECORD_SAFETY) == 0 &&
	    rec.time <= c->now && rec.time > c->now - SAFETY_AGE;
	gv_record_release(&rec);
	return does;
}

struct taking {
	struct gv_ctx *ctx;
	const struct gv_restore_undo *undo;
};

/* What is about to be replaced can be had back. */
static int
take_safety(
    void *taking, char id[GV_RECORD_ID_LEN + 1], const struct gv_oid *unless)
{
	const struct taking *t = taking;
	struct gv_ctx *c = t->ctx;
	const struct restore_opts *o = c->opts;
	struct gv_snapshot_opts take = { .trigger = GV_RECORD_SAFETY,
		.force = !has_safety(c),
		.unless = unless,
		.recurse = o->recurse,
		.message = "before a restore in place",
		.on_begin = gv_progress_on_begin,
		.on_size = gv_progress_on_size,
		.on_add = gv_progress_on_add,
		.ctx = c->progress };
	struct gv_snapshot s;
	int r = gv_snapshot_take(&s, c->repo, &take);

	if (r < 0)
		return r;
	memcpy(id, s.id, GV_RECORD_ID_LEN + 1);
	gv_snapshot_release(&s);
	return 0;
}

/* If this is killed, files may have been created. */
static int
remember(void *taking, const char *id)
{
	const struct taking *t = taking;

	return gv_restore_out_remember(t->ctx, id, true, t->undo);
}

/* Whether the pathspecs, if any, take the repository at a path. */
static bool
is_chosen(const struct told *told, const char *path, bool all)
{
	size_t i;

	for (i = 0; !all && i < told->n; i++)
		if ((told->items[i].action == GV_RESTORE_EMPTY ||
			told->items[i].action == GV_RESTORE_STAYS) &&
		    strcmp(told->items[i].path, path) == 0)
			return true;
	return all;
}

/* Those that the snapshot links; 3 where one could not be restored, 5 where
 * only a key is missing. */
static int
restore_nested(struct nested *out, struct gv_ctx *ctx,
    const struct gv_record *rec, const struct told *told, bool all)
{
	const struct restore_opts *o = ctx->opts;
	const struct gv_inner_restore how = { .to = o->to,
		.overwrite = o->overwrite < 0 ? NULL : modes[o->overwrite],
		.delete = o->delete,
		.index = o->index,
		.dry_run = o->dry_run,
		.as_stored = o->as_stored,
		.no_owner = o->no_owner,
		.skip_damaged = o->skip_damaged,
		.sync = o->sync,
		.no_secrets = o->no_secrets,
		.cross_scope = o->cross_scope,
		.identities = o->identities.items,
		.n_identities = o->identities.n };
	struct gv_record_nested link;
	size_t i;
	int r = 0, partly = 0;

	out->items = calloc(rec->n_nested + 1, sizeof(*out->items));
	if (out->items == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < rec->n_nested; i++) {
		struct gv_inner *in = &out->items[out->n];

		r = gv_record_read_nested(&link, rec->nested[i]);
		if (r < 0 || !is_chosen(told, link.path, all))
			continue;
		memcpy(in->id, link.id, sizeof(link.id));
		in->path = strdup(link.path);
		out->n++;
		r = in->path ? gv_inner_restore(in, ctx->repo, &how)
			     : gv_err_nomem();
		if (in->status)
			partly = in->status == 5 && partly != 3 ? 5 : 3;
	}
	return r < 0 ? r : partly;
}

static void
nested_release(struct nested *nested)
{
	size_t i;

	for (i = 0; i < nested->n; i++)
		gv_inner_release(&nested->items[i]);
	free(nested->items);
}

/* Files are where they are by now: that this cannot be told at once changes
 * nothing. */
static void
tell_audit(struct gv_ctx *ctx, const struct gv_record *rec,
    const struct gv_restore_result *res, int status)
{
	const struct restore_opts *o = ctx->opts;
	char *to = o->to ? gv_entry_real_path(o->to) : NULL;
	struct gv_audit_event e = { .what = GV_AUDIT_RESTORE,
		.time = ctx->now,
		.snapshot = rec->id,
		.target = to ? to
		    : o->to  ? o->to
			     : ctx->repo->worktree,
		.result = status ? GV_AUDIT_PART : GV_AUDIT_DONE,
		.reason = o->reason };
	bool touched = o->to || *res->safety;

	if (touched && !o->dry_run &&
	    gv_audit_tell_done(ctx->repo, NULL, &e) < 0)
		gv_out_warn(
		    ctx->out, "the restore is done, but %s", gv_err_message());
	free(to);
}

/* What no key would mend comes first. */
static int
status_of(const struct restore_opts *o, const struct gv_restore_result *res)
{
	if (res->skipped || res->damaged || res->unread)
		return 3;
	return res->crossed || (res->sealed && !o->no_secrets) ? 5 : 0;
}

static int
advise(const struct restore_opts *o, int r)
{
	if (r != GV_ECORRUPT || o->skip_damaged)
		return r;
	return gv_err(r,
	    "%s; 'git vault repair' may find it elsewhere, and --skip-damaged "
	    "leaves it out",
	    gv_err_message());
}

/* Fill the library's options from the command's. */
static void
fill(struct gv_restore_opts *to, struct gv_ctx *ctx, struct told *told,
    struct gv_safe *safe, char **paths)
{
	const struct restore_opts *o = ctx->opts;
	size_t n = 0;

	while (paths[n])
		n++;
	to->to = o->to;
	if (o->overwrite >= 0)
		to->overwrite = mode_values[o->overwrite];
	to->delete = o->delete;
	to->index = o->index;
	to->dry_run = o->dry_run;
	to->as_stored = o->as_stored;
	to->no_owner = o->no_owner;
	to->skip_damaged = o->skip_damaged;
	to->sync = o->sync;
	to->threads = (int)o->threads;
	to->safe = safe;
	to->cross_scope = o->cross_scope;
	to->reason = o->reason;
	to->revoked = gv_revealed_out_revoked;
	to->revoked_ctx = ctx;
	to->pathspecs = (const char *const *)(paths);
	to->n_pathspecs = n;
	to->take_safety = o->in_place ? take_safety : NULL;
	to->may_retake = true;
	to->begun = remember;
	to->after = &gv_rollback_after;
	to->each = keep;
	to->each_ctx = told;
	to->recovered = print_recovered;
	to->recovered_ctx = ctx->out;
	to->begin = gv_progress_on_begin;
	to->add = gv_progress_on_add;
	to->progress_ctx = ctx->progress;
}

/* Open SNAP or SNAP:PATH. The path is added to *spec as a pathspec. */
static int
open_place(struct gv_record *rec, struct gv_buf *spec, struct gv_ctx *ctx,
    int argc, char **argv)
{
	struct gv_place place = GV_PLACE_INIT;
	int r;

	if ((r = gv_place_open(&place, ctx, argv[0], NULL)) < 0)
		goto out;
	if (place.has_path && argc > 1) {
		r = gv_err(GV_EUSAGE,
		    "'%s' already names a path; to restore several, give "
		    "all of them after the snapshot",
		    argv[0]);
		goto out;
	}
	if (place.path.len)
		gv_buf_addf(spec, ":(top,literal)%s", place.path.p);
	if ((r = gv_buf_check(spec)) < 0)
		goto out;
	*rec = place.rec;
	memset(&place.rec, 0, sizeof(place.rec));
out:
	gv_place_release(&place);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct restore_opts *o = ctx->opts;
	struct told told = { .arena = GV_ARENA_INIT, .undo = GV_BUF_INIT };
	struct gv_restore_opts to = GV_RESTORE_OPTS_INIT;
	struct gv_restore_result res;
	struct gv_record rec = { 0 };
	struct nested nested = { 0 };
	struct gv_safe *safe = NULL;
	struct gv_restore_undo undo = { .index = o->index,
		.recurse = o->recurse,
		.identities = &o->identities };
	struct taking taking = { ctx, &undo };
	struct gv_buf spec = GV_BUF_INIT;
	char *words[3] = { argv[0], NULL, NULL };
	int r;

	if ((r = check(o, argc > 1)) < 0 ||
	    (r = open_place(&rec, &spec, ctx, argc, argv)) < 0)
		goto out;
	if (spec.len) {
		words[1] = spec.p;
		argv = words;
		argc = 2;
		if ((r = check(o, true)) < 0)
			goto out;
	}
	if (!o->no_secrets &&
	    (r = gv_revealed_out_open(&safe, ctx, &rec, &o->identities)) < 0)
		goto out;
	fill(&to, ctx, &told, safe, argv + 1);
	undo.paths = argv + 1;
	to.safety_ctx = &taking;
	told.all = o->dry_run || ctx->verbosity > 0 || o->in_place;
	r = advise(o, gv_restore_run(&res, ctx->repo, &rec, &to));
	if (r == 0 && told.failed)
		r = gv_err_nomem();
	if (told.n)
		gv_restore_sort(told.items, told.n);
	if (r == 0 && o->recurse)
		r = restore_nested(&nested, ctx, &rec, &told, argc == 1);
	if (r >= 0 && !o->dry_run)
		gv_restore_out_undo(&told.undo, ctx, &res, &undo);
	if (r >= 0 && *res.safety && !o->dry_run && res.created == 0 &&
	    gv_restore_out_remember(ctx, res.safety, false, &undo) < 0)
		gv_out_warn(ctx->out, "%s", gv_err_message());
	if (r >= 0 && gv_buf_check(&told.undo) < 0)
		r = GV_ENOMEM;
	if (r >= 0 && ctx->json)
		print_json(ctx, &res, rec.id, &told, &nested);
	else if (r >= 0)
		print_text(ctx, &res, &rec, &told, &nested);
	if (r >= 0 && res.sealed && !o->no_secrets && !ctx->json)
		gv_revealed_out_access(ctx, safe);
	if (r >= 0)
		tell_audit(ctx, &rec, &res, status_of(o, &res));
	if (r == 0 || (r == 5 && status_of(o, &res)))
		r = status_of(o, &res);
out:
	gv_revealed_out_close(ctx, safe);
	nested_release(&nested);
	gv_record_release(&rec);
	gv_arena_release(&told.arena);
	gv_buf_release(&told.undo);
	gv_buf_release(&spec);
	free(told.items);
	return r;
}

const struct gv_cmd cmd_restore = {
	.name = "restore",
	.summary = "restore files from a snapshot",
	.usage =
	    "SNAP[:PATH] --to DIR [--overwrite MODE] [--recurse-submodules] "
	    "[--no-secrets] [PATHSPEC...]\n"
	    "SNAP[:PATH] --in-place [--overwrite MODE] [--delete] [--index] "
	    "[--recurse-submodules] [--no-secrets] [--cross-scope] "
	    "[PATHSPEC...]",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct restore_opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_INSIDE },
	.run = run,
};
