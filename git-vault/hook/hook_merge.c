#include "git-vault/hook/hook.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "detect/sweep.h"
#include "git-vault/config/access_local.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/good/good_out.h"
#include "git-vault/hook/hook_out.h"
#include "good/candidate.h"
#include "policy/team.h"
#include "record/good.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "sys/self.h"

/*
 * What came into this clone, and what is in it from now on. It has happened, so
 * nothing here refuses, or makes the command of git fail; git prints nothing
 * of it by itself.
 */

#define COMMITS 1000             /* that a checkout looks into */
#define LINE    (GV_OID_HEX + 1) /* an id, and a line's end */

static void
warn(struct gv_ctx *ctx, const char *what)
{
	gv_out_warn(ctx->out, "%s: %s", what, gv_err_message());
}

/* --- what came --- */

/* `from` and `to` as git rev-list takes them, "^ID" and "ID". */
static int
scan(struct gv_sweep *sweep, const char *from, const char *to, unsigned max)
{
	struct gv_buf revisions = GV_BUF_INIT;
	int r;

	gv_buf_addf(&revisions, "^%s\n%s\n", from, to);
	if ((r = gv_buf_check(&revisions)) == 0 &&
	    (r = gv_sweep_add_revisions(sweep, &revisions, max)) == 0)
		r = gv_sweep_run(sweep);
	gv_buf_release(&revisions);
	return r;
}

static size_t
count(const struct gv_sweep *sweep)
{
	size_t i, n = 0;

	for (i = 0; i < sweep->n; i++)
		n += gv_finding_counts(&sweep->findings[i], GV_FINDING_LIKELY);
	return n;
}

/* Report a merge in full, since somebody else wrote it and it is new here; a
 * checkout, which comes and goes, in one line. */
static void
tell(struct gv_ctx *ctx, const char *from, const char *to, bool is_merge)
{
	const struct gv_sweep_opts how = { .repo = ctx->repo, .now = ctx->now };
	struct gv_sweep *sweep = NULL;
	size_t n = 0;
	int r = gv_sweep_new(&sweep, &how);

	if (r == 0 && (r = scan(sweep, from, to, is_merge ? 0 : COMMITS)) == 0)
		n = is_merge ? gv_hook_out_findings(ctx, sweep) : count(sweep);
	if (n)
		gv_out_error(ctx->out,
		    "%s brought %zu likely secret%s; for details: git vault "
		    "scan --range %.10s..%.10s",
		    is_merge ? "the merge" : "the checkout", n,
		    n == 1 ? "" : "s", from, to);
	gv_sweep_free(sweep);
	if (r < 0)
		warn(ctx, "the merged commits were not scanned for secrets");
}

/* --- what is --- */

/* Tell on what the command says, whose lines begin as ours do. */
static void
pass_on(struct gv_ctx *ctx, const struct gv_buf *err)
{
	static const char front[] = "git-vault: ";
	const char *p, *nl;

	for (p = err->p; *p; p = *nl ? nl + 1 : nl) {
		nl = p + strcspn(p, "\n");
		if (strncmp(p, front, sizeof(front) - 1) == 0)
			p += sizeof(front) - 1;
		gv_out_error(ctx->out, "%.*s", (int)(nl - p), p);
	}
}

/* A process by itself: the command does more than take one. */
int
gv_hook_take(struct gv_ctx *ctx, const char *message, int *status)
{
	struct gv_buf program = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_self_path(&program);

	if (r == 0) {
		const char *argv[] = { program.p, "snapshot", "-q", "--trigger",
			"hook", "-m", message, NULL };

		r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	}
	if (r == 0) {
		pass_on(ctx, &p.err);
		*status = p.status;
	}
	gv_proc_release(&p);
	gv_buf_release(&program);
	return r;
}

static void
keep(struct gv_ctx *ctx, const char *message)
{
	int status;

	if (ctx->repo->worktree == NULL ||
	    !gv_config_bool(&ctx->repo->config, "vault.hooksnapshot", true))
		return;
	if (gv_hook_take(ctx, message, &status) < 0)
		warn(ctx, "no snapshot was taken");
}

/* --- what may be good --- */

static void
say_candidate(void *ctx, const struct gv_good *good)
{
	gv_out_say(((struct gv_ctx *)ctx)->out,
	    "record %u of %s: the merge is a candidate; to verify it: git "
	    "vault good verify %s",
	    good->n, good->env, good->env);
	gv_good_out_ungit(ctx, good);
}

/* Whether it was made on ORIG_HEAD. */
static int
is_on_orig_head(bool *out)
{
	const char *const argv[] = { "git", "rev-parse", "HEAD^1", "ORIG_HEAD",
		"HEAD^2", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });

	*out = r == 0 && p.status == 0 && p.out.len > 2 * LINE &&
	    memcmp(p.out.p, p.out.p + LINE, LINE) == 0;
	gv_proc_release(&p);
	return r;
}

/* Whether the merge was made here: what a fast-forward brings somebody else has
 * merged, and each clone that pulls it would mark it once more. A merge of a
 * server's stands on ORIG_HEAD, too, so git's reflog has to say which it was;
 * its words there are of no language. Without one it is not known. */
static int
is_made_here(bool *out, const struct gv_oid *head)
{
	const char *const argv[] = { "git", "log", "-g", "-1", "--no-color",
		"--no-show-signature", "--format=%H %gs", "HEAD", "--", NULL };
	struct gv_proc p = GV_PROC_INIT;
	char hex[GV_OID_HEX + 1];
	int r = is_on_orig_head(out);

	if (r < 0 || !*out)
		return r;
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	gv_oid_format(hex, head);
	*out = r == 0 && p.status == 0 &&
	    strncmp(p.out.p, hex, GV_OID_HEX) == 0 &&
	    strstr(p.out.p, ": Fast-forward") == NULL;
	gv_proc_release(&p);
	return r;
}

static void
mark_candidate(struct gv_ctx *ctx)
{
	static const char heads[] = "refs/heads/";
	const char *branch = ctx->repo->head_ref;
	struct gv_policy policy = GV_POLICY_INIT;
	bool is_here = false;
	int r;

	if (branch == NULL || strncmp(branch, heads, strlen(heads)) != 0)
		return;
	branch += strlen(heads);
	r = gv_team_load(&policy, ctx->repo);
	if (r == 0 && gv_candidate_is_wanted(&policy, branch))
		r = is_made_here(&is_here, &ctx->repo->head);
	if (r == 0 && is_here)
		r = gv_candidate_make(ctx->repo,
		    &(struct gv_candidate_what){ .policy = &policy,
			.branch = branch,
			.commit = ctx->repo->head,
			.now = ctx->now,
			.made = say_candidate,
			.ctx = ctx });
	if (r < 0)
		warn(ctx, "the merge is not recorded as a candidate");
	gv_policy_release(&policy);
}

/* --- the hooks --- */

/* git sets ORIG_HEAD in each merge; with `git merge --squash` HEAD stays. */
int
gv_hook_post_merge(struct gv_ctx *ctx, int argc, char **argv)
{
	char head[GV_OID_HEX + 1];

	if (argc > 0 && strcmp(argv[0], "1") == 0)
		return 0;
	gv_oid_format(head, &ctx->repo->head);
	tell(ctx, "ORIG_HEAD", head, true);
	keep(ctx, "after a merge");
	if (gv_access_local_merged(ctx) < 0)
		warn(ctx,
		    "the audit does not know which keys the merge changed");
	mark_candidate(ctx);
	return 0;
}

/* Between commits, as far as both are there: no file by itself, no new clone.
 */
int
gv_hook_post_checkout(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_oid was, is;

	if (argc < 3 || strcmp(argv[2], "1") != 0 ||
	    gv_oid_parse(&was, argv[0]) < 0 || gv_oid_parse(&is, argv[1]) < 0 ||
	    gv_oid_is_zero(&was) || gv_oid_equal(&was, &is))
		return 0;
	tell(ctx, argv[0], argv[1], false);
	return 0;
}

int
gv_hook_post_commit(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	keep(ctx, "after a commit");
	return 0;
}
