#include "git-vault/front/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/upkeep/purge_work.h"
#include "git-vault/upkeep/removal_consent.h"
#include "good/approval.h"
#include "repo/repo.h"
#include "retention/removal.h"
#include "safe/safe.h"
#include "secret/purge.h"
#include "sys/file.h"
#include "view/content.h"

struct purge_opts {
	bool dry_run, local, unapproved, yes;
	const char *reason;
	struct gv_opt_list identities;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct purge_opts, dry_run),
	    .help = "show what would be removed, change nothing" },
	{ .type = GV_OPT_BOOL,
	    .name = "local",
	    .at = offsetof(struct purge_opts, local),
	    .help = "leave the copies in targets for later" },
	GV_UNAPPROVED_OPT(struct purge_opts, unapproved),
	GV_REASON_OPT(struct purge_opts, reason),
	GV_IDENTITY_OPT(struct purge_opts, identities),
	{ .type = GV_OPT_BOOL,
	    .letter = 'y',
	    .name = "yes",
	    .at = offsetof(struct purge_opts, yes),
	    .help = "do not ask; with -A or project:NAME: change these "
		    "projects" },
	GV_OPT_LAST
};

struct purging {
	struct gv_ctx *ctx;
	const struct purge_opts *o;
	char **paths; /* from the top of the working tree */
	size_t n;
	struct gv_buf command; /* the same, in another clone */
	struct gv_safe *safe;
	struct gv_removal removal; /* the snapshots that lose something */
	int noted;                 /* a failure to note one, or 0 */
	struct gv_purge_work work;
};

/* ---- which files ---- */

static int
add_path(struct purging *p, const char *typed)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_content_path(&path, p->ctx->repo, typed);

	if (r == 0 && path.len == 0)
		r = gv_err(GV_EUSAGE,
		    "'%s' is all of the working tree; to delete snapshots: git "
		    "vault delete",
		    typed);
	if (r == 0) {
		gv_shell_word(&p->command, path.p);
		p->paths[p->n++] = gv_buf_take(&path);
		r = p->paths[p->n - 1] ? gv_buf_check(&p->command) : GV_ENOMEM;
	}
	gv_buf_release(&path);
	return r;
}

static int
add_paths(struct purging *p, int argc, char **argv)
{
	int i, r = 0;

	p->paths = calloc((size_t)argc + 1, sizeof(*p->paths));
	if (p->paths == NULL)
		return gv_err_nomem();
	gv_buf_addstr(&p->command, "git vault purge --");
	for (i = 0; r == 0 && i < argc; i++)
		r = add_path(p, argv[i]);
	return r;
}

/* ---- what others have to agree to ---- */

static void
collect(void *ctx, const struct gv_purge_note *n)
{
	struct purging *p = ctx;

	if (p->noted < 0 || n->kind != GV_PURGE_REMOVED || n->is_save)
		return;
	if (p->removal.n &&
	    strcmp(p->removal.items[p->removal.n - 1].id, n->snapshot) == 0)
		return;
	p->noted = gv_removal_add(&p->removal, n->snapshot, n->commit);
}

static void
fill(struct gv_purge_opts *out, const struct purging *p)
{
	*out = (struct gv_purge_opts){ .safe = p->safe,
		.paths = (const char *const *)p->paths,
		.n_paths = p->n,
		.now = p->ctx->now };
}

/* A policy that asks others before snapshots are deleted asks them before one
 * loses a file for good, too. */
static int
ask_others(struct purging *p)
{
	struct gv_removal_consent consent = { .way = GV_POLICY_DELETE,
		.reason = p->o->reason,
		.unapproved = p->o->unapproved,
		.dry_run = p->o->dry_run,
		.is_for_good = true,
		.identities = &p->o->identities };
	struct gv_purge_result result;
	struct gv_purge_opts how;
	int r = gv_removal_consent_open(&consent, p->ctx);

	fill(&how, p);
	how.dry_run = true;
	how.told = collect;
	how.ctx = p;
	p->removal.no_trash = true;
	gv_buf_addstr(&consent.words, " --no-trash");
	if (r == 0 && (r = gv_buf_check(&consent.words)) == 0 &&
	    (r = gv_purge_run(&result, p->ctx->repo, &how)) == 0)
		r = p->noted;
	if (r == 0 && p->removal.n)
		r = gv_removal_consent_ask(&consent, &p->removal, false);
	gv_removal_consent_close(&consent);
	return r;
}

static int
need_consent(struct purging *p)
{
	struct gv_approvals a;
	int r = gv_approval_open_removal(&a, p->ctx->repo, GV_POLICY_DELETE);
	const bool is_wanted = r < 0 || a.wanted > 0;

	gv_approval_close(&a);
	return is_wanted && !p->o->dry_run ? ask_others(p) : 0;
}

/* What is purged cannot come back, so that somebody at a terminal is asked; a
 * script has named it. 0 to go on, 1 for no, or a failure. */
static int
agree(const struct purging *p)
{
	bool yes = false;
	int r;

	if (p->n == 0 || p->o->dry_run || p->o->yes || !gv_ask_may(p->ctx))
		return 0;
	if ((r = gv_ask(&yes, p->ctx, false, NULL,
		 "remove %s%s from all snapshots, the trash and all copies, for "
		 "good? 'git vault purge -n' shows what goes",
		 p->paths[0], p->n > 1 ? " and the other paths" : "")) == 0 &&
	    !yes)
		gv_out_say(p->ctx->out, "nothing was removed");
	return r < 0 ? r : !yes;
}

/* ---- the work ---- */

static int
tell_audit(struct purging *p)
{
	struct gv_audit_event e = { .what = GV_AUDIT_PURGE,
		.time = p->ctx->now,
		.reason = p->o->reason };
	int r;

	if (p->o->dry_run)
		return 0;
	r = gv_audit_tell(p->ctx->repo, p->safe, &e);
	return r < 0 ? gv_err_in(r, "nothing is done") : 0;
}

static int
purge_here(struct purging *p)
{
	struct gv_purge_opts how;
	int r;

	if ((r = need_consent(p)) < 0 || (r = tell_audit(p)) < 0)
		return r;
	fill(&how, p);
	return gv_purge_work_here(&p->work, &how);
}

/* ---- output ---- */

/* The next snapshot would have it again. */
static void
warn_of_files(const struct purging *p)
{
	const struct gv_repo *repo = p->ctx->repo;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	for (i = 0; repo->worktree && i < p->n; i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/%s", repo->worktree, p->paths[i]);
		if (gv_buf_check(&path) == 0 &&
		    gv_file_exists(AT_FDCWD, path.p))
			gv_out_say(p->ctx->out,
			    "%s is still in the working tree, and the next "
			    "snapshot stores it again: remove it, or name it "
			    "in .vaultignore",
			    p->paths[i]);
	}
	gv_buf_release(&path);
}

static void
say_sum(struct purging *p)
{
	gv_purge_work_say(&p->work, "file");
	if (!p->o->dry_run) {
		warn_of_files(p);
		if (p->work.result.sealed)
			gv_out_say(p->ctx->out,
			    "encrypted secrets of the files stay in the vault "
			    "until no snapshot has them: git vault prune");
	}
	gv_purge_work_hint(&p->work);
}

/* ---- the command ---- */

static int
purge(struct purging *p)
{
	const bool goes_on = p->n == 0;
	struct gv_json *j = p->ctx->json;
	int r = 0;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_array(j, "notes");
	}
	if (!goes_on && (r = purge_here(p)) < 0)
		return r;
	if (j) {
		gv_json_end(j);
		gv_purge_work_put(&p->work);
		gv_json_uint(j, "sealed", p->work.result.sealed);
	} else if (!goes_on) {
		say_sum(p);
	}
	if (p->o->local || (p->o->dry_run && !goes_on))
		r = p->work.result.left ? 3 : 0;
	else
		r = gv_purge_work_copies(&p->work);
	if (j)
		gv_json_end(j);
	return r;
}

static void
release(struct purging *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free(p->paths[i]);
	free(p->paths);
	gv_buf_release(&p->command);
	gv_purge_records_release(&p->work.records);
	gv_removal_release(&p->removal);
	gv_identity_opt_tell(p->ctx, p->safe);
	gv_safe_close(p->safe);
}

/* A dry run would not read them. */
static int
check_identities(const struct gv_opt_list *files)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (strcmp(files->items[i], "-") != 0 &&
		    !gv_file_exists(AT_FDCWD, files->items[i]))
			return gv_err(GV_ENOTFOUND,
			    "there is no file %s with an identity",
			    files->items[i]);
	return 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct purging p = {
		.ctx = ctx, .o = ctx->opts, .command = GV_BUF_INIT
	};
	int r = add_paths(&p, argc, argv);

	p.work = (struct gv_purge_work){ .ctx = ctx,
		.identities = &p.o->identities,
		.command = p.command.p,
		.dry_run = p.o->dry_run };
	if (r == 0 && p.n == 0 && p.o->local)
		r = gv_err(GV_EUSAGE, "--local goes with the files to purge");
	if (r == 0 && (r = check_identities(&p.o->identities)) == 0)
		r = gv_identity_opt_open(&p.safe, ctx, &p.o->identities);
	if (r == 0 && (r = agree(&p)) == 0)
		r = purge(&p);
	release(&p);
	return r;
}

const struct gv_cmd cmd_purge = {
	.name = "purge",
	.summary = "remove files from all snapshots and copies",
	.usage = "[-n] [-y] [--local] [--without-approval] [--reason TEXT] "
		 "[--identity FILE]... [PATH]...",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct purge_opts),
	.max_args = -1,
	.args = { GV_OPT_PATH },
	.run = run,
};
