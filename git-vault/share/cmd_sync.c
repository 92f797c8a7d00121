#include "git-vault/front/cmd.h"

#include <string.h>

#include "base/err.h"
#include "gate/outgoing.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/run_note.h"
#include "git-vault/look/autosave_out.h"
#include "git-vault/look/copies_out.h"
#include "git-vault/share/sync_out.h"
#include "record/record_time.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sync/sync.h"

struct sync_opts {
	bool push_only, fetch_only, dry_run;
	struct gv_opt_list refs, only, allow, identities;
	const char *since;
	int side;
	const char *remote;
};

static const char *const sides[] = { "ours", "theirs", NULL };

#define NO_SIDE 2
#define WAIT_S  60 /* for copies; a hook pushes only, and does not wait */

static const struct sync_opts defaults = { .side = NO_SIDE };

static const struct gv_opt opts[] = { { .type = GV_OPT_BOOL,
					  .name = "push-only",
					  .at = offsetof(
					      struct sync_opts, push_only),
					  .help = "do not fetch" },
	{ .type = GV_OPT_BOOL,
	    .name = "fetch-only",
	    .at = offsetof(struct sync_opts, fetch_only),
	    .help = "do not push" },
	{ .type = GV_OPT_LIST,
	    .name = "refs",
	    .arg = "PATTERN",
	    .at = offsetof(struct sync_opts, refs),
	    .help = "only matching refs, such as 'state/prod/*'; may be "
		    "repeated" },
	{ .type = GV_OPT_LIST,
	    .name = "only",
	    .arg = "ENV",
	    .at = offsetof(struct sync_opts, only),
	    .help = "only this environment; may be repeated" },
	{ .type = GV_OPT_STRING,
	    .name = "since",
	    .arg = "TIME",
	    .at = offsetof(struct sync_opts, since),
	    .help = "only snapshots taken at this time or later" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct sync_opts, dry_run),
	    .help = "show what would be fetched and pushed, do neither" },
	{ .type = GV_OPT_CHOICE,
	    .name = "resolve",
	    .arg = "SIDE",
	    .choices = sides,
	    .at = offsetof(struct sync_opts, side),
	    .help =
		"which version of these states becomes the newest: ours (this "
		"clone's) or theirs" },
	{ .type = GV_OPT_STRING,
	    .name = "remote",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = offsetof(struct sync_opts, remote),
	    .help = "with --resolve: the remote" },
	{ .type = GV_OPT_LIST,
	    .name = "allow",
	    .arg = "FINGERPRINT",
	    .at = offsetof(struct sync_opts, allow),
	    .help = "allow this finding to leave this clone from now on; "
		    "may be repeated" },
	GV_IDENTITY_OPT(struct sync_opts, identities), GV_OPT_LAST };

static void
print_json(struct gv_ctx *ctx, const struct gv_sync_report *report)
{
	const struct sync_opts *o = ctx->opts;
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "remote", report->remote);
	gv_json_bool(j, "dry_run", o->dry_run);
	gv_json_uint(j, "attempts", report->attempts);
	gv_json_bool(j, "atomic", !report->is_piecemeal);
	gv_json_uint(j, "trashed", report->n_trashed);
	gv_json_uint(j, "kept_back", report->n_kept_back);
	gv_sync_out_json(ctx, report);
	gv_json_end(j);
}

static void
warn(struct gv_ctx *ctx, const struct gv_sync_report *report)
{
	const char *p = report->warnings.p, *nl;

	for (; p && (nl = strchr(p, '\n')); p = nl + 1)
		gv_out_warn(ctx->out, "%.*s", (int)(nl - p), p);
}

/* The id of the first snapshot that the remote refused. */
static const char *
first_refused(const struct gv_sync_report *report)
{
	static const char front[] = GV_REFS_SNAPSHOTS;
	const struct gv_sync_item *item;
	size_t i;

	for (i = 0; i < report->n; i++) {
		item = &report->items[i];
		if (item->action == GV_SYNC_REFUSED &&
		    strncmp(item->ref, front, sizeof(front) - 1) == 0)
			return item->ref + sizeof(front) - 1;
	}
	return "latest";
}

static void
say_summary(struct gv_ctx *ctx, const struct gv_sync_report *report)
{
	const struct sync_opts *o = ctx->opts;
	const size_t *n = report->counts;

	if (report->n == 0)
		gv_out_say(
		    ctx->out, "%s is in sync with this clone", report->remote);
	else
		gv_sync_out_summary(ctx, report, o->dry_run);
	if (report->n_trashed)
		gv_sync_out_trashed(ctx, report);
	if (report->is_piecemeal)
		gv_out_say(ctx->out,
		    "%s does not support atomic pushes: each ref was pushed "
		    "separately, and the refs of deleted snapshots stay there",
		    report->remote);
	if (report->n_kept_back)
		gv_out_say(ctx->out,
		    "hint: remove the secret from the commits (git rebase -i, "
		    "git stash drop) and run 'git vault snapshot': a new "
		    "snapshot leaves such commits out");
	if (n[GV_SYNC_REFUSED] && ctx->repo->shallow)
		gv_out_say(ctx->out,
		    "hint: this clone is shallow, and %s lacks the commits "
		    "before it: git fetch --unshallow && git vault sync %s",
		    report->remote, report->remote);
	else if (report->n_declined > n[GV_SYNC_SENT])
		gv_out_say(ctx->out,
		    "%s may refuse all refs with such names; for the cause and "
		    "the setting to change: git vault doctor %s",
		    report->remote, report->remote);
	else if (report->declines_snapshot)
		gv_out_say(ctx->out,
		    "hint: if no branch has the refused commit any more, free "
		    "the snapshot of it and sync again: git vault repair "
		    "--reparent %s",
		    first_refused(report));
}

static int
check(const struct sync_opts *o, int argc)
{
	if (o->push_only && o->fetch_only)
		return gv_err(GV_EUSAGE,
		    "--push-only and --fetch-only leave nothing to be done");
	if (o->push_only && o->dry_run)
		return gv_err(GV_EUSAGE,
		    "--dry-run must fetch to learn what the remote has");
	if (o->refs.n && (o->only.n || o->since))
		return gv_err(GV_EUSAGE,
		    "--refs names refs itself, and goes with neither --only "
		    "nor --since");
	if (o->side == NO_SIDE && o->remote)
		return gv_err(GV_EUSAGE,
		    "--remote goes with --resolve; else the remote is the "
		    "argument");
	if (o->side == NO_SIDE && argc > 1)
		return gv_err(GV_EUSAGE,
		    "name one remote: they are synced one at a time");
	if (o->side != NO_SIDE && argc == 0)
		return gv_err(GV_EUSAGE,
		    "--resolve needs the states to resolve, as ENV/STACK");
	return 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct sync_opts *o = ctx->opts;
	struct gv_sync_opts how = { .no_fetch = o->push_only,
		.no_push = o->fetch_only,
		.dry_run = o->dry_run,
		.patterns = o->refs.items,
		.n_patterns = o->refs.n,
		.envs = o->only.items,
		.n_envs = o->only.n };
	struct gv_sync_report report;
	int r;

	if ((r = check(o, argc)) < 0)
		return r;
	if (o->since && (r = gv_record_since(&how.since, o->since)) < 0)
		return r;
	if (o->side == NO_SIDE) {
		how.remote = argc ? argv[0] : NULL;
	} else {
		how.side = o->side == 0 ? GV_SYNC_OURS : GV_SYNC_THEIRS;
		how.remote = o->remote;
		how.stacks = (const char *const *)argv;
		how.n_stacks = (size_t)argc;
	}
	gv_identity_opt_fill(&how.safe, ctx, &o->identities);
	if (o->allow.n)
		r = gv_outgoing_allow(ctx->repo, o->allow.items, o->allow.n);
	if (r < 0)
		return r;
	if (!o->dry_run)
		gv_run_note_counts(ctx);
	r = gv_sync_run(&report, ctx->repo, &how);
	if (ctx->json && r == 0)
		print_json(ctx, &report);
	else if (!ctx->json)
		gv_sync_out_text(ctx, &report);
	warn(ctx, &report);
	if (r == 0)
		say_summary(ctx, &report);
	if (r == 0 && !o->fetch_only && o->side == NO_SIDE)
		gv_autosave_out_stay(ctx);
	if (report.news)
		gv_identity_opt_tell_news(ctx, report.news);
	if (r == 0 && !o->dry_run)
		gv_copies_out_push(ctx, false, o->push_only ? 0 : WAIT_S);
	if (r == 0)
		r = report.counts[GV_SYNC_REFUSED] + report.counts[GV_SYNC_HELD]
		    ? 3
		    : report.counts[GV_SYNC_CONFLICT] > 0 ? 1
							  : 0;
	gv_sync_release(&report);
	return r;
}

const struct gv_cmd cmd_sync = {
	.name = "sync",
	.summary = "fetch the vault from a remote and push to it",
	.usage = "[--push-only | --fetch-only] [--refs PATTERN]... "
		 "[--only ENV]... [--since TIME] [--allow FINGERPRINT]... "
		 "[-n] [--identity FILE]... [REMOTE]\n"
		 "--resolve SIDE [--remote REMOTE] [--identity FILE]... "
		 "ENV/STACK...",
	.group = GV_CMD_SHARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct sync_opts),
	.runs = "",
	.defaults = &defaults,
	.max_args = -1,
	.args = { GV_OPT_REMOTE },
	.run = run,
};
