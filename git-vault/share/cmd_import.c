#include "git-vault/front/cmd.h"

#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/share/sync_out.h"
#include "key/adoption_ask.h"
#include "key/keyring_store.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sync/bundle.h"

struct import_opts {
	bool dry_run;
	int side;
	struct gv_opt_list identities;
};

static const char *const sides[] = { "ours", "theirs", NULL };

#define NO_SIDE 2

static const struct import_opts defaults = { .side = NO_SIDE };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct import_opts, dry_run),
	    .help = "check the file and show what would be merged, "
		    "change nothing" },
	{ .type = GV_OPT_CHOICE,
	    .name = "resolve",
	    .arg = "SIDE",
	    .choices = sides,
	    .at = offsetof(struct import_opts, side),
	    .help =
		"which version of these states becomes the newest: ours (this "
		"clone's) or theirs" },
	GV_IDENTITY_OPT(struct import_opts, identities), GV_OPT_LAST
};

/* What an import tells, beside what became of refs. */
struct told {
	const char *file;
	const struct gv_bundle *bundle;
	const char *signer;
	/* the bundle's keyring, where this clone has none: its fingerprint, and
	 * who signed the bundle by it */
	const char *print, *inside;
};

static void
print_json(struct gv_ctx *ctx, const struct told *t,
    const struct gv_sync_report *report)
{
	const struct import_opts *o = ctx->opts;
	const struct gv_bundle_manifest *m = &t->bundle->manifest;
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_path(j, "file", t->file, strlen(t->file));
	gv_json_bool(j, "dry_run", o->dry_run);
	gv_json_oid(j, "manifest", &t->bundle->id);
	gv_json_time(j, "time", m->time);
	gv_json_string(j, "actor", m->actor);
	gv_json_string(j, "host", m->host);
	gv_json_bool(j, "signed", t->bundle->is_signed);
	gv_json_string(j, "signer", t->signer);
	gv_json_string(j, "keyring", m->keyring);
	gv_json_oid(j, "basis", &m->basis);
	gv_json_uint(j, "snapshots", m->snapshots);
	gv_json_uint(j, "deleted", report->n_deleted);
	gv_sync_out_json(ctx, report);
	gv_json_end(j);
}

static void
say(struct gv_ctx *ctx, const struct told *t,
    const struct gv_sync_report *report)
{
	const struct import_opts *o = ctx->opts;
	const struct gv_bundle_manifest *m = &t->bundle->manifest;
	const size_t *n = report->counts;
	char when[GV_TIME_MAX];

	gv_time_rfc3339(when, m->time);
	gv_out_detail(ctx->out, "%s was written by %s on %s at %s", t->file,
	    m->actor ? m->actor : "nobody", m->host ? m->host : "no host",
	    when);
	if (t->bundle->is_signed && t->signer)
		gv_out_say(ctx->out, "signed by %s", t->signer);
	else if (t->inside)
		gv_out_say(ctx->out,
		    "signed by %s of the keyring %s, which is in the file",
		    t->inside, t->print);
	else
		gv_out_warn(ctx->out, "%s: %s", t->file,
		    t->bundle->is_signed
			? "it is signed by a key that is not in the keyring, "
			  "so by anybody"
			: "nobody has signed it");
	if (report->n_deleted)
		gv_out_say(ctx->out,
		    "%zu of its snapshots %s deleted here, and %s so",
		    report->n_deleted, report->n_deleted == 1 ? "is" : "are",
		    report->n_deleted == 1 ? "stays" : "stay");
	if (report->n == 0)
		gv_out_say(ctx->out, "all %sthat it has is here already",
		    report->n_deleted ? "else " : "");
	else
		gv_out_say(ctx->out,
		    "%s%zu added, %zu merged, %zu deleted; %zu in conflict",
		    o->dry_run ? "would have: " : "", n[GV_SYNC_TAKEN],
		    n[GV_SYNC_MERGED] + n[GV_SYNC_RESOLVED], n[GV_SYNC_DROPPED],
		    n[GV_SYNC_CONFLICT]);
}

/* The name of who signed, as our keyring has it before the import. */
static int
find_signer(
    struct gv_buf *out, struct gv_ctx *ctx, const struct gv_bundle *bundle)
{
	const struct import_opts *o = ctx->opts;
	struct gv_safe *safe = NULL;
	const char *name;
	int r = gv_identity_opt_open(&safe, ctx, &o->identities);

	name = r == 0 ? gv_bundle_signer(bundle, safe) : NULL;
	if (name)
		gv_buf_addstr(out, name);
	gv_safe_close(safe);
	return r < 0 ? r : gv_buf_check(out);
}

/* A clone without a keyring would use that of the bundle from now on, so it is
 * held to vault.keyring, and otherwise the user decides. Where nobody can be
 * asked, it is as with the first sync of a clone: the keyring is pinned, and
 * its fingerprint is shown. */
static int
check_keyring(
    struct gv_ctx *ctx, const struct gv_keyring_kept *theirs, const char *file)
{
	const char *pin = gv_config_get(&ctx->repo->config, GV_ADOPTION_PIN);
	enum gv_adoption verdict = gv_adoption_judge_by(
	    ctx->repo, theirs->print, theirs->keyring.version);
	int r;

	if (verdict == GV_ADOPTION_UNKNOWN && gv_ask_may(ctx)) {
		r = gv_adoption_ask(&verdict, ctx->repo, theirs, file);
		if (r < 0 || verdict == GV_ADOPTION_TAKEN)
			return r;
		return gv_err(GV_EREFUSED,
		    "%s: nothing was imported, since its keyring %s was not "
		    "confirmed; if an owner confirms it: git config " GV_ADOPTION_PIN
		    " %s@%u",
		    file, theirs->print, theirs->print,
		    theirs->keyring.version);
	}
	if (verdict == GV_ADOPTION_OTHER || verdict == GV_ADOPTION_OLD)
		return gv_err(GV_EREFUSED,
		    "%s has version %u of the keyring %s, and " GV_ADOPTION_PIN
		    " allows only %s",
		    file, theirs->keyring.version, theirs->print, pin);
	return 0;
}

/* The bundle's keyring, where this clone has none: 1 with *out set, or 0. */
static int
find_keyring(
    struct gv_keyring_kept *out, struct gv_ctx *ctx, struct gv_bundle *bundle)
{
	struct gv_oid tip;
	int r = gv_keyring_tip(&tip, ctx->repo);

	if (r != GV_ENOTFOUND)
		return r;
	r = gv_bundle_keyring(out, bundle);
	return r == GV_ENOTFOUND ? 0 : r < 0 ? r : 1;
}

static int
merge(struct gv_ctx *ctx, struct gv_bundle *bundle, int argc, char **argv)
{
	const struct import_opts *o = ctx->opts;
	struct gv_sync_opts how = { .remote = argv[0],
		.dry_run = o->dry_run,
		.side = o->side == NO_SIDE ? GV_SYNC_NEITHER
		    : o->side == 0         ? GV_SYNC_OURS
					   : GV_SYNC_THEIRS,
		.stacks = (const char *const *)argv + 1,
		.n_stacks = (size_t)argc - 1 };
	struct gv_sync_report report = { .remote = NULL };
	struct gv_buf signer = GV_BUF_INIT;
	struct told told = { .file = argv[0], .bundle = bundle };
	struct gv_keyring_kept theirs = { .print = "" };
	const int has = find_keyring(&theirs, ctx, bundle);
	int r = has < 0 ? has : 0;

	if (has == 1) {
		told.print = theirs.print;
		told.inside = gv_bundle_signer_in(bundle, &theirs.keyring);
		r = o->dry_run ? 0 : check_keyring(ctx, &theirs, argv[0]);
	}
	if (r == 0)
		r = find_signer(&signer, ctx, bundle);
	told.signer = signer.len ? signer.p : NULL;
	gv_identity_opt_fill(&how.safe, ctx, &o->identities);
	if (r == 0)
		r = gv_bundle_import(&report, bundle, &how);
	if (ctx->json && r == 0)
		print_json(ctx, &told, &report);
	else if (!ctx->json)
		gv_sync_out_text(ctx, &report);
	if (r == 0)
		say(ctx, &told, &report);
	if (report.news)
		gv_identity_opt_tell_news(ctx, report.news);
	if (r == 0)
		r = report.counts[GV_SYNC_CONFLICT] > 0;
	gv_sync_release(&report);
	gv_buf_release(&signer);
	if (has == 1)
		gv_keyring_kept_release(&theirs);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct import_opts *o = ctx->opts;
	struct gv_bundle bundle;
	int r;

	if (o->side == NO_SIDE && argc > 1)
		return gv_err(GV_EUSAGE, "one bundle is imported at a time");
	if (o->side != NO_SIDE && argc == 1)
		return gv_err(GV_EUSAGE,
		    "--resolve needs the states to resolve, as ENV/STACK");
	if ((r = gv_bundle_open(&bundle, ctx->repo, argv[0])) == 0)
		r = merge(ctx, &bundle, argc, argv);
	gv_bundle_close(&bundle);
	return r;
}

const struct gv_cmd cmd_import = {
	.name = "import",
	.summary = "merge a file made by export into this vault",
	.usage = "[-n] [--identity FILE]... FILE\n"
		 "--resolve SIDE [-n] [--identity FILE]... FILE ENV/STACK...",
	.group = GV_CMD_SHARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct import_opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_PATH },
	.run = run,
};
