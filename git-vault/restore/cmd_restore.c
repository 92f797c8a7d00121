#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "base/vec.h"
#include "git-vault/front/harm.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "git-vault/front/progress.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/front/run_note.h"
#include "git-vault/look/autosave_out.h"
#include "git-vault/look/nested_out.h"
#include "git-vault/look/revealed_out.h"
#include "git-vault/restore/restore.h"
#include "git-vault/restore/restore_out.h"
#include "git-vault/restore/whole_pick.h"
#include "good/vouch.h"
#include "record/record_nested.h"
#include "repo/repo.h"
#include "restore/restore.h"
#include "restore/restore_base.h"
#include "rollback/rollback.h"
#include "snapshot/nested.h"
#include "snapshot/snapshot.h"
#include "snapshot/snapshot_last.h"
#include "sys/entry.h"

/* How many seconds old a safety snapshot may be that does for one more restore:
 * what is tried again and again leaves one a day. */
#define SAFETY_AGE ((int64_t)86400)

static const struct gv_restore_cmd_opts defaults = { .overwrite = -1 };

static const char *const modes[] = { [GV_RESTORE_CMD_IF_CHANGED] = "if-changed",
	[GV_RESTORE_CMD_ALWAYS] = "always",
	[GV_RESTORE_CMD_IF_NEWER] = "if-newer",
	[GV_RESTORE_CMD_NEVER] = "never",
	NULL };

static const enum gv_restore_overwrite mode_values[] = {
	[GV_RESTORE_CMD_IF_CHANGED] = GV_RESTORE_IF_CHANGED,
	[GV_RESTORE_CMD_ALWAYS] = GV_RESTORE_ALWAYS,
	[GV_RESTORE_CMD_IF_NEWER] = GV_RESTORE_IF_NEWER,
	[GV_RESTORE_CMD_NEVER] = GV_RESTORE_NEVER
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "to",
	    .arg = "DIR",
	    .kind = GV_OPT_DIR,
	    .at = offsetof(struct gv_restore_cmd_opts, to),
	    .help = "restore into this new directory, completely or not "
		    "at all" },
	{ .type = GV_OPT_BOOL,
	    .name = "in-place",
	    .at = offsetof(struct gv_restore_cmd_opts, in_place),
	    .help = "change the working tree, after a safety snapshot" },
	{ .type = GV_OPT_CHOICE,
	    .name = "overwrite",
	    .arg = "MODE",
	    .choices = modes,
	    .at = offsetof(struct gv_restore_cmd_opts, overwrite),
	    .help = "replace existing files: if-changed, always, "
		    "if-newer or never" },
	{ .type = GV_OPT_BOOL,
	    .name = "delete",
	    .at = offsetof(struct gv_restore_cmd_opts, delete),
	    .help = "delete files that are not in the snapshot" },
	{ .type = GV_OPT_BOOL,
	    .name = "index",
	    .at = offsetof(struct gv_restore_cmd_opts, index),
	    .help = "with --in-place: restore what was staged, too" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct gv_restore_cmd_opts, dry_run),
	    .help = "show what would be done, change nothing" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-owner",
	    .at = offsetof(struct gv_restore_cmd_opts, no_owner),
	    .help = "do not restore owners; you own all files" },
	{ .type = GV_OPT_BOOL,
	    .name = "as-stored",
	    .at = offsetof(struct gv_restore_cmd_opts, as_stored),
	    .help = "restore owners, set-id bits and attributes of other "
		    "clones' snapshots, too" },
	{ .type = GV_OPT_BOOL,
	    .name = "skip-damaged",
	    .at = offsetof(struct gv_restore_cmd_opts, skip_damaged),
	    .help = "skip damaged files, and name them" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-secrets",
	    .at = offsetof(struct gv_restore_cmd_opts, no_secrets),
	    .help = "decrypt nothing: leave placeholders in the files" },
	{ .type = GV_OPT_BOOL,
	    .name = "cross-scope",
	    .at = offsetof(struct gv_restore_cmd_opts, cross_scope),
	    .help = "with --in-place: write secrets to files that more "
		    "people can read" },
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct gv_restore_cmd_opts, env),
	    .help = "restore all files of this environment" },
	{ .type = GV_OPT_STRING,
	    .name = "as",
	    .arg = "ENV2",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct gv_restore_cmd_opts, as),
	    .help = "with --env: write the files where ENV2 has its own" },
	{ .type = GV_OPT_BOOL,
	    .name = "force",
	    .at = offsetof(struct gv_restore_cmd_opts, force),
	    .help = "with --env: also where references would dangle" },
	{ .type = GV_OPT_BOOL,
	    .name = "with-related",
	    .at = offsetof(struct gv_restore_cmd_opts, related),
	    .help = "also restore files that depend on these, or that these "
		    "depend on" },
	{ .type = GV_OPT_BOOL,
	    .name = "with-base",
	    .at = offsetof(struct gv_restore_cmd_opts, with_base),
	    .help = "with --to: check out the revision of Subversion or "
		    "Mercurial first" },
	{ .type = GV_OPT_BOOL,
	    .name = "trusted",
	    .at = offsetof(struct gv_restore_cmd_opts, trusted),
	    .help = "refuse another clone's snapshot that no known-good "
		    "record names" },
	GV_REASON_OPT(struct gv_restore_cmd_opts, reason),
	GV_IDENTITY_OPT(struct gv_restore_cmd_opts, identities),
	{ .type = GV_OPT_BOOL,
	    .name = "recurse-submodules",
	    .at = offsetof(struct gv_restore_cmd_opts, recurse),
	    .help = "also restore the linked snapshots of nested "
		    "repositories" },
	{ .type = GV_OPT_BOOL,
	    .name = "sync",
	    .at = offsetof(struct gv_restore_cmd_opts, sync),
	    .help = "with --to: flush everything to disk before DIR "
		    "appears" },
	{ .type = GV_OPT_INT,
	    .name = "threads",
	    .arg = "N",
	    .at = offsetof(struct gv_restore_cmd_opts, threads),
	    .help = "use N threads; default: one per processor" },
	GV_HARM_OPT(struct gv_restore_cmd_opts, yes), GV_OPT_LAST
};

static int
check(const struct gv_restore_cmd_opts *o)
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
	if (o->with_base &&
	    (!o->to || o->overwrite >= 0 || o->delete || o->dry_run || o->env))
		return gv_err(GV_EUSAGE,
		    "--with-base goes with --to and a new directory, and "
		    "without --overwrite, --delete, --dry-run and --env");
	if (o->delete &&o->to && o->overwrite < 0)
		return gv_err(GV_EUSAGE,
		    "--delete with --to needs --overwrite too: a new "
		    "directory holds nothing to remove");
	return 0;
}

/* A snapshot of the project before is not for the files of that one, which the
 * user did not name. */
static int
check_line(const struct gv_ctx *ctx, const struct gv_restore_cmd_opts *o)
{
	struct gv_buf to = GV_BUF_INIT;
	int r;

	if (!ctx->is_before || !o->in_place)
		return 0;
	gv_buf_addstr(&to, "git vault restore");
	gv_shell_word(&to, ctx->args[0]);
	gv_buf_addstr(&to, " --to restored");
	r = gv_buf_check(&to) < 0
	    ? GV_ENOMEM
	    : gv_err(GV_EREFUSED,
		  "nothing was restored: the snapshot '%.100s' is of the "
		  "project %.100s, whose files this would change\nhint: %s",
		  ctx->args[0], ctx->project, to.p);
	gv_buf_release(&to);
	return r;
}

static int
check_paths(const struct gv_restore_cmd_opts *o, bool has_paths)
{
	if (o->index && has_paths)
		return gv_err(GV_EUSAGE,
		    "--index brings back all of the index, so it goes with no "
		    "path; 'git restore --staged' or 'git add' stages some");
	if (o->with_base && has_paths)
		return gv_err(GV_EUSAGE,
		    "--with-base restores a working copy as a whole, so it "
		    "goes with no path");
	if (o->env && has_paths && !o->as)
		return gv_err(GV_EUSAGE,
		    "--env names all files of an environment, so it goes with "
		    "no path");
	if (o->env && o->index)
		return gv_err(GV_EUSAGE,
		    "--index brings back all of the index, so it goes with no "
		    "--env");
	if (o->as && !o->env)
		return gv_err(GV_EUSAGE,
		    "--as goes with --env, which names the environment whose "
		    "files these are");
	if (o->as && (o->delete || o->related || o->recurse))
		return gv_err(GV_EUSAGE,
		    "--as writes the files of one environment and no others, "
		    "so it goes without --%s",
		    o->delete        ? "delete"
			: o->related ? "with-related"
				     : "recurse-submodules");
	if (o->force && !o->env)
		return gv_err(GV_EUSAGE, "--force goes with --env only");
	if (o->related && !has_paths && !o->env)
		return gv_err(GV_EUSAGE,
		    "--with-related goes with --env, or with the paths that "
		    "something is related to; without them all files are "
		    "restored");
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
	const struct gv_restore_cmd_opts *o = c->opts;
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
is_chosen(const struct gv_restore_told *told, const char *path, bool all)
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
restore_nested(struct gv_restore_nested *out, struct gv_ctx *ctx,
    const struct gv_record *rec, const struct gv_restore_told *told, bool all)
{
	const struct gv_restore_cmd_opts *o = ctx->opts;
	const struct gv_nested_restore how = { .to = o->to,
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
		struct gv_nested *in = &out->items[out->n];

		r = gv_record_read_nested(&link, rec->nested[i]);
		if (r < 0 || !is_chosen(told, link.path, all))
			continue;
		memcpy(in->id, link.id, sizeof(link.id));
		in->path = strdup(link.path);
		out->n++;
		r = in->path ? gv_nested_restore(in, ctx->repo, &how)
			     : gv_err_nomem();
		if (in->status)
			partly = in->status == 5 && partly != 3 ? 5 : 3;
	}
	return r < 0 ? r : partly;
}

static void
nested_release(struct gv_restore_nested *nested)
{
	size_t i;

	for (i = 0; i < nested->n; i++)
		gv_nested_release(&nested->items[i]);
	free(nested->items);
}

/* Files are where they are by now: that this cannot be told at once changes
 * nothing. */
static void
tell_audit(struct gv_ctx *ctx, const struct gv_record *rec,
    const struct gv_restore_result *res, int status)
{
	const struct gv_restore_cmd_opts *o = ctx->opts;
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
status_of(
    const struct gv_restore_cmd_opts *o, const struct gv_restore_result *res)
{
	if (res->skipped || res->damaged || res->unread || res->omitted)
		return 3;
	return res->crossed || (res->sealed && !o->no_secrets) ? 5 : 0;
}

static int
advise(const struct gv_restore_cmd_opts *o, int r)
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
fill(struct gv_restore_opts *to, struct gv_ctx *ctx,
    struct gv_restore_told *told, struct gv_safe *safe, char **paths)
{
	const struct gv_restore_cmd_opts *o = ctx->opts;
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
	to->each = gv_restore_told_keep;
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

/* Whoever can push can make a snapshot that is the newest; one who names it by
 * its id has chosen it. */
static int
check_trust(struct gv_ctx *ctx, const struct gv_record *rec, const char *text)
{
	bool is_vouched;
	int r = gv_vouch_has(&is_vouched, ctx->repo, rec);

	if (r < 0 || is_vouched || gv_vouch_is_typed(rec, text))
		return r;
	return gv_err(GV_EREFUSED,
	    "nothing was restored: anybody who can push could have made "
	    "snapshot %s, and no known-good record that counts names it; if it "
	    "is the right one, give its id in place of '%.64s'",
	    rec->id, text);
}

/* What belongs together with the paths. It is no reason to restore nothing that
 * this could not be found out, unless it is to be restored, too. */
static int
find_related(struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask, struct gv_restore_opts *to)
{
	int r;

	if (!ask->env &&
	    (*ask->paths == NULL || (to->to && !ask->with_related)))
		return 0;
	r = ask->env ? gv_restore_env_find(part, ask)
		     : gv_restore_part_related(part, ask);
	if (r < 0 && !ask->env && !ask->with_related && r != GV_ECANCELED &&
	    r != GV_ENOMEM) {
		gv_out_detail(ask->ctx->out,
		    "cannot tell which files belong with these: %s",
		    gv_err_message());
		gv_related_release(&part->related);
		return 0;
	}
	if (r == 0 && part->specs) {
		to->pathspecs = (const char *const *)part->specs;
		to->n_pathspecs = part->n_specs;
	}
	return r;
}

static void
print_base(void *ctx, const char *what)
{
	gv_out_say(ctx, "checking out %s", what);
}

static int
with_base(struct gv_restore_cmd *c, const struct gv_restore_opts *to)
{
	struct gv_restore_base_told told = { .begin = print_base,
		.ctx = c->ctx->out,
		.missed = GV_BUF_INIT,
		.locked = GV_BUF_INIT };
	int r = gv_restore_base_run(&c->res, &told, c->ctx->repo, &c->rec, to);

	c->missed = told.missed;
	c->locked = told.locked;
	return r;
}

/* Restore, and find out how to undo it. 0, 3 or 5 of repositories inside, or a
 * failure. */
static int
carry_out(struct gv_restore_cmd *c, const struct gv_restore_opts *to,
    const struct gv_restore_undo *undo)
{
	struct gv_restore_told *told = &c->told;
	int r;

	if (!c->o->dry_run)
		gv_run_note_counts(c->ctx);
	r = advise(c->o,
	    c->o->with_base
		? with_base(c, to)
		: gv_restore_run(&c->res, c->ctx->repo, &c->rec, to));

	if (r == 0 && told->failed)
		r = gv_err_nomem();
	if (told->n)
		gv_restore_sort(told->items, told->n);
	if (r == 0 && c->o->recurse)
		r = restore_nested(&c->nested, c->ctx, &c->rec, told,
		    *c->ask.paths == NULL && !c->ask.env);
	if (r < 0 || c->o->dry_run)
		return r;
	gv_restore_out_undo(&told->undo, c->ctx, &c->res, undo);
	if (*c->res.safety && c->res.created == 0 &&
	    gv_restore_out_remember(c->ctx, c->res.safety, false, undo) < 0)
		gv_out_warn(c->ctx->out, "%s", gv_err_message());
	return gv_buf_check(&told->undo) < 0 ? GV_ENOMEM : r;
}

/* Print, and tell the audit chain; the exit status. */
static int
tell(struct gv_restore_cmd *c, struct gv_safe *safe, int r)
{
	int status = status_of(c->o, &c->res);

	if (c->missed.len && status == 0)
		status = 3;
	if (c->ctx->json)
		gv_restore_told_json(c);
	else
		gv_restore_told_text(c);
	if (c->res.sealed && !c->o->no_secrets && !c->ctx->json)
		gv_revealed_out_access(c->ctx, safe);
	tell_audit(c->ctx, &c->rec, &c->res, status);
	return r == 0 || (r == 5 && status) ? status : r;
}

/* Nothing was touched. */
static int
refuse(const struct gv_restore_cmd *c)
{
	if (c->ctx->json)
		gv_restore_told_json(c);
	else
		gv_restore_part_out_refused(&c->part, &c->ask);
	return 1;
}

/* What is in the way of --as, and how it is replaced all the same. */
static int
advise_as(const struct gv_restore_cmd *c, int r)
{
	if (r != GV_EREFUSED || c->o->as == NULL || c->o->overwrite >= 0 ||
	    strstr(gv_err_message(), "with other content") == NULL)
		return r;
	return gv_err(r, "%s; --overwrite if-changed replaces what %s has",
	    gv_err_message(), c->o->as);
}

static int
restore(struct gv_restore_cmd *c, struct gv_safe *safe, char **paths)
{
	struct gv_restore_opts to = GV_RESTORE_OPTS_INIT;
	struct gv_restore_undo undo = { .index = c->o->index,
		.recurse = c->o->recurse,
		.is_moved = c->o->as != NULL,
		.identities = &c->o->identities };
	struct taking taking = { c->ctx, &undo };
	int r;

	if ((r = gv_restore_as_begin(&c->as, c->ctx, c->o->env, c->o->as)) <
		0 ||
	    (r = gv_restore_as_paths(&c->as, c->ctx, &paths)) < 0)
		return r;
	fill(&to, c->ctx, &c->told, safe, paths);
	to.safety_ctx = &taking;
	c->ask = (struct gv_restore_part_ask){ .ctx = c->ctx,
		.rec = &c->rec,
		.opts = &to,
		.identities = &c->o->identities,
		.paths = paths,
		.env = *paths ? NULL : c->o->env,
		.as = c->o->as,
		.with_related = c->o->related,
		.is_forced = c->o->force };
	c->told.all = c->o->dry_run || c->ctx->verbosity > 0 || c->o->in_place;
	if ((r = find_related(&c->part, &c->ask, &to)) < 0)
		return r;
	if (gv_restore_part_is_torn(&c->part, &c->ask))
		return refuse(c);
	/* not before: what is related stays where it is */
	to.move = c->as.move;
	to.only_new = c->as.move && c->o->overwrite < 0;
	undo.paths = c->part.specs ? c->part.specs : paths;
	if ((r = gv_restore_as_moved(&c->as, &undo.paths)) < 0)
		return r;
	r = advise_as(c, carry_out(c, &to, &undo));
	return r < 0 ? r : tell(c, safe, r);
}

/* Nobody named this very snapshot. */
static int
pick_whole(struct gv_restore_cmd *c)
{
	struct gv_buf how = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&how, c->o->to ? "--to" : "--in-place");
	if (c->o->to)
		gv_shell_word(&how, c->o->to);
	if ((r = gv_buf_check(&how)) == 0)
		r = gv_whole_pick_latest(&c->rec, c->ctx, c->o->env, how.p);
	gv_buf_release(&how);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_restore_cmd c = { .ctx = ctx,
		.o = ctx->opts,
		.told = { .arena = GV_ARENA_INIT, .undo = GV_BUF_INIT },
		.part = GV_RESTORE_PART_INIT,
		.missed = GV_BUF_INIT,
		.locked = GV_BUF_INIT };
	struct gv_safe *safe = NULL;
	struct gv_buf spec = GV_BUF_INIT;
	char *words[2] = { NULL, NULL };
	int r;

	if ((r = check(c.o)) < 0 || (r = check_line(ctx, c.o)) < 0 ||
	    (r = open_place(&c.rec, &spec, ctx, argc, argv)) < 0)
		goto out;
	gv_autosave_out_restore(ctx, argv[0], &c.rec);
	words[0] = spec.len ? spec.p : NULL;
	if ((r = check_paths(c.o, spec.len || argc > 1)) < 0)
		goto out;
	if (c.o->env && strcmp(argv[0], "latest") == 0 &&
	    (r = pick_whole(&c)) < 0)
		goto out;
	if (c.o->trusted && (r = check_trust(ctx, &c.rec, argv[0])) < 0)
		goto out;
	if (!c.o->no_secrets &&
	    (r = gv_revealed_out_open(&safe, ctx, &c.rec, &c.o->identities)) <
		0)
		goto out;
	r = restore(&c, safe, spec.len ? words : argv + 1);
	if (r == 0 && spec.len == 0 && argc == 1 && !c.o->env &&
	    strcmp(argv[0], "any:latest") == 0)
		r = gv_restore_out_more(ctx, &c.rec);
out:
	gv_revealed_out_close(ctx, safe);
	nested_release(&c.nested);
	gv_record_release(&c.rec);
	gv_restore_part_release(&c.part);
	gv_restore_as_release(&c.as);
	gv_arena_release(&c.told.arena);
	gv_buf_release(&c.told.undo);
	gv_buf_release(&c.missed);
	gv_buf_release(&c.locked);
	gv_buf_release(&spec);
	free(c.told.items);
	return r;
}

const struct gv_cmd cmd_restore = {
	.name = "restore",
	.summary = "restore files from a snapshot",
	.usage =
	    "SNAP[:PATH] --to DIR [--overwrite MODE] [--recurse-submodules] "
	    "[--no-secrets] [--with-related] [--trusted] [PATHSPEC...]\n"
	    "SNAP --to DIR --with-base [--no-secrets] [--trusted]\n"
	    "SNAP[:PATH] --in-place [--overwrite MODE] [--delete] [--index] "
	    "[-y] [--recurse-submodules] [--no-secrets] [--cross-scope] "
	    "[--with-related] [--trusted] [PATHSPEC...]\n"
	    "SNAP (--to DIR | --in-place) --env ENV [--with-related] "
	    "[--force] [--overwrite MODE] [--delete] [--no-secrets] "
	    "[--trusted]\n"
	    "SNAP (--to DIR | --in-place) --env ENV --as ENV2 [--force] "
	    "[--overwrite MODE] [--cross-scope] [--no-secrets] [--trusted] "
	    "[PATH...]",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_REPO | GV_CMD_LINE,
	.opts = opts,
	.runs = "",
	.opts_size = sizeof(struct gv_restore_cmd_opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_INSIDE },
	.run = run,
};
