#include "git-vault/hook/hook.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/receipt.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "format/yaml_library.h"
#include "git-vault/analysis/lint_push.h"
#include "git-vault/analysis/lint_team.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/good/good_out.h"
#include "git-vault/hook/access_receive.h"
#include "git-vault/hook/ward.h"
#include "good/candidate.h"
#include "hook/hook.h"
#include "hook/receive.h"
#include "record/good.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sys/env.h"
#include "sys/file.h"
#include "vault/note.h"

#define MAX_LOG (256 * 1024) /* bytes; then the log starts over */

/* What stands here, status of who found faults, and of who could not look. */
enum ended { CLEAN, FAULTS, FAILED };

struct job {
	struct gv_ctx *ctx;
	struct gv_receive push;
	struct gv_receive_settings settings;
	bool is_past;
};

/* ---- what git says ---- */

static int
load(struct job *job, struct gv_ctx *ctx)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_hook_read(&text);

	job->ctx = ctx;
	if (r == 0 && (r = gv_receive_parse(&job->push, text.p, text.len)) == 0)
		r = gv_receive_settings_read(&job->settings, ctx->repo);
	gv_buf_release(&text);
	return r;
}

/* ---- what we say ---- */

/* GitLab shows in its pages only what is marked so. */
static const char *
mark(void)
{
	return gv_env_get("GL_REPOSITORY") && gv_env_get("GL_PROTOCOL")
	    ? "GL-HOOK-ERR: "
	    : "";
}

static void
say(struct gv_ctx *ctx, const char *text)
{
	gv_out_error(ctx->out, "%s%s", mark(), text);
}

static void
say_lines(struct gv_ctx *ctx, const struct gv_buf *text)
{
	const char *p = text->p, *nl;
	struct gv_buf line = GV_BUF_INIT;

	for (; *p; p = nl + (*nl == '\n')) {
		nl = p + strcspn(p, "\n");
		gv_buf_reset(&line);
		gv_buf_addf(&line, "  %.*s", (int)(nl - p), p);
		say(ctx, line.p);
	}
	gv_buf_release(&line);
}

/* The commits of these are made by us, so nobody amends them. */
static bool
brings_notes(const struct job *job)
{
	size_t i;

	for (i = 0; i < job->push.n; i++)
		if (strcmp(job->push.updates[i].ref, GV_REF_NOTES) == 0)
			return true;
	return false;
}

static void
say_report(const struct job *job, const struct gv_receive_report *report)
{
	struct gv_ctx *ctx = job->ctx;
	struct gv_buf more = GV_BUF_INIT;

	say_lines(ctx, &report->news);
	if (report->n == 0)
		return;
	say(ctx,
	    job->is_past
		? "this push was accepted, but it has possible secrets:"
		: "this push is refused:");
	say_lines(ctx, &report->text);
	if (report->n > GV_RECEIVE_TOLD) {
		gv_buf_addf(
		    &more, "  and %zu more", report->n - GV_RECEIVE_TOLD);
		say(ctx, more.p);
	}
	if (report->n_findings)
		say(ctx,
		    "fix what does not fit together, or allow it in "
		    ".gitvault.yaml by a separate push before this one; to see "
		    "it in a clone: git vault check");
	if (report->n_access)
		say(ctx,
		    "rules of access refuse it; to see them in a clone: git "
		    "vault config access explain");
	if (report->n_secrets && !job->is_past) {
		gv_buf_reset(&more);
		gv_buf_addf(&more,
		    "remove secrets from the commits that add them (git commit "
		    "--amend, git rebase); allow false alarms %sin "
		    ".gitvault.yaml, by a separate push before this one",
		    report->is_keyless ? "by path and rule " : "");
		say(ctx, more.p);
		if (brings_notes(job))
			say(ctx,
			    "out of notes it comes as git-vault-sync(1) says "
			    "(notes/vault)");
	}
	gv_buf_release(&more);
}

/* Whose push it was does not see to the server, so it is written down there. */
static void
put_down(struct gv_ctx *ctx)
{
	const unsigned mask = gv_repo_share(ctx->repo);
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	char when[GV_TIME_MAX];
	struct stat st;
	int fd = -1;

	gv_time_rfc3339(when, ctx->now);
	gv_buf_addf(&text, "%s %s\n", when, gv_err_message());
	gv_buf_addf(&path, "%s/receive.log", ctx->repo->vault_dir);
	if (gv_buf_check(&text) == 0 && gv_buf_check(&path) == 0 &&
	    gv_repo_make_vault_dir(ctx->repo) == 0)
		fd = open(path.p,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0666);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > MAX_LOG)
		(void)!ftruncate(fd, 0);
	if (fd >= 0)
		(void)gv_file_write_all(fd, text.p, text.len);
	gv_file_close(fd);
	gv_repo_unshare(mask);
	gv_buf_release(&text);
	gv_buf_release(&path);
}

/* Told to who pushes as well. */
static void
put_failure(struct gv_ctx *ctx)
{
	say(ctx, gv_err_message());
	put_down(ctx);
}

/* ---- whether files fit together ---- */

/* A branch that was not deleted; NULL: another ref. */
static const char *
branch_of(const struct gv_receive_update *update)
{
	static const char heads[] = "refs/heads/";

	return !gv_oid_is_zero(&update->new) &&
		strncmp(update->ref, heads, strlen(heads)) == 0
	    ? update->ref + strlen(heads)
	    : NULL;
}

/* Of the branch before the push, or the server's own file. */
static int
load_team(
    struct gv_lint_team *team, const struct job *job, const struct gv_oid *was)
{
	int r;

	if (job->settings.policy == NULL)
		return gv_lint_team_load(team, job->ctx, was);
	r = gv_candidate_policy(
	    &team->policy, job->ctx->repo, job->settings.policy);
	if (r == 0)
		gv_lint_team_settle(team, job->ctx);
	return r;
}

/* A baseline that cannot be read allows nothing. */
static int
lint_between(struct gv_lint_push *found, const struct job *job,
    const struct gv_oid *was, const struct gv_oid *is)
{
	struct gv_lint_team team = GV_LINT_TEAM_INIT;
	int r = load_team(&team, job, was);

	if (r < 0 || gv_policy_push_level(&team.policy) == GV_POLICY_LEVEL_OFF)
		goto out;
	if (gv_lint_team_add_baseline(&team, job->ctx, was) == GV_ENOMEM)
		r = GV_ENOMEM;
	else
		r = gv_lint_push(found, job->ctx, &team, was, is);
out:
	gv_lint_team_release(&team);
	return r;
}

/* A new branch is compared with HEAD, whose policy it goes by. */
static int
lint_branch(const struct job *job, struct gv_receive_report *report,
    const struct gv_receive_update *u)
{
	struct gv_lint_push found = GV_LINT_PUSH_INIT;
	int r = lint_between(&found, job,
	    gv_oid_is_zero(&u->old) ? &job->ctx->repo->head : &u->old, &u->new);

	if (r == GV_EREFUSED) {
		gv_buf_addf(&report->news, "%s was not checked: %s\n", u->ref,
		    gv_err_message());
		r = gv_buf_check(&report->news);
	} else if (r == 0) {
		gv_buf_add(&report->text, found.text.p, found.text.len);
		report->n += found.n;
		report->n_findings += found.n;
		r = gv_buf_check(&report->text);
	}
	gv_buf_release(&found.text);
	return r;
}

static int
lint(const struct job *job, struct gv_receive_report *report)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < job->push.n; i++)
		if (branch_of(&job->push.updates[i]))
			r = lint_branch(job, report, &job->push.updates[i]);
	return r;
}

/* ---- looked at, within bounds ---- */

static int
look(void *data)
{
	const struct job *job = data;
	struct gv_receive_report report = GV_RECEIVE_REPORT_INIT;
	struct gv_ctx *ctx = job->ctx;
	int r = job->is_past
	    ? gv_receive_look(&report, ctx->repo, &job->push, ctx->now)
	    : gv_receive_check(&report, ctx->repo, &job->push, ctx->now);

	if (r == 0 && !job->is_past)
		r = lint(job, &report);
	if (r == 0 && !job->is_past)
		r = gv_access_receive(&report, ctx, &job->push, &job->settings);
	if (r == GV_ENOMEM)
		say(ctx,
		    "it needs more memory than the server's "
		    "vault.receive.maxMemory allows; push fewer commits at a "
		    "time");
	else if (r < 0)
		say(ctx, gv_err_message());
	else
		say_report(job, &report);
	r = r < 0 ? FAILED : report.n ? FAULTS : CLEAN;
	gv_receive_report_release(&report);
	return r;
}

/* Under a limit of memory the loader of libraries fails like one that does not
 * find them, so the one that every push may need is loaded before. */
static void
load_libraries(void)
{
	const struct gv_yaml_library *yaml;

	if (gv_yaml_library(&yaml) < 0)
		gv_err_set_message(NULL);
}

static int
look_within(struct job *job)
{
	const struct gv_ward ward = { .work = look,
		.ctx = job,
		.max_time = job->settings.max_time,
		.max_memory = job->settings.max_memory };
	int r;

	load_libraries();
	r = gv_ward_run(&ward);

	if (r == FAILED)
		return gv_err(GV_ERROR, "it could not be looked through");
	return r < 0
	    ? gv_err_in(r,
		  "looking through it within vault.receive.maxTime and "
		  ".maxMemory of the server")
	    : r;
}

/* ---- the hooks ---- */

int
gv_hook_pre_receive(struct gv_ctx *ctx, int argc, char **argv)
{
	struct job job = { .is_past = false };
	int r;

	(void)argc;
	(void)argv;
	/* what Gitea itself moves has been pushed before */
	if (gv_env_get("GITEA_INTERNAL_PUSH") &&
	    strcmp(gv_env_get("GITEA_INTERNAL_PUSH"), "true") == 0)
		return 0;
	if ((r = load(&job, ctx)) == 0)
		r = look_within(&job);
	gv_receive_release(&job.push);
	return r < 0 ? gv_err_in(r, "%sthis push is refused", mark()) : r;
}

/* A server set to refuse has already scanned, if that hook is installed. */
static bool
is_to_look(const struct job *job)
{
	struct gv_hook_report report = { 0 };
	bool has = false;
	size_t i;

	if (job->settings.secrets == GV_RECEIVE_REFUSE &&
	    gv_hook_look(&report, job->ctx->repo) == 0)
		for (i = 0; i < report.n; i++)
			has |= strcmp(report.steps[i].hook->name,
				   "pre-receive") == 0 &&
			    (report.steps[i].state == GV_HOOK_OURS ||
				report.steps[i].state == GV_HOOK_CHAINED);
	gv_hook_release(&report);
	return !has && job->settings.secrets != GV_RECEIVE_IGNORE;
}

static int
write_receipts(const struct job *job)
{
	struct gv_receipt_how how = { .now = job->ctx->now };
	const struct gv_safe_opts opts = { .now = job->ctx->now };
	struct gv_buf pusher = GV_BUF_INIT, withheld = GV_BUF_INIT;
	struct gv_receipt_done done;
	int r;

	if (gv_receipt_count(&job->push) == 0)
		return 0;
	/* without its keys they are not signed, which is said */
	if (gv_safe_open(&how.safe, job->ctx->repo, &opts) < 0)
		how.safe = NULL;
	r = gv_receipt_pusher(&pusher, &withheld, job->ctx->repo);
	how.pusher = pusher.p;
	if (r < 0)
		goto out;
	r = gv_receipt_add(&done, job->ctx->repo, &job->push, &how);
	if (r < 0)
		goto out;
	gv_out_say(job->ctx->out, "%zu snapshot%s received, and written down%s",
	    done.n, done.n == 1 ? "" : "s", done.is_signed ? ", signed" : "");
	if (withheld.len)
		gv_out_warn(job->ctx->out,
		    "the receipt does not name the user who pushed: the "
		    "server's %s looks like a secret",
		    withheld.p);
out:
	gv_buf_release(&pusher);
	gv_buf_release(&withheld);
	gv_safe_close(how.safe);
	return r;
}

static void
say_candidate(void *ctx, const struct gv_good *good)
{
	gv_out_say(((struct gv_ctx *)ctx)->out,
	    "record %u of %s: the push is a candidate", good->n, good->env);
	gv_good_out_ungit(ctx, good);
}

static int
make_candidate(const struct job *job, const struct gv_policy *policy,
    const struct gv_receive_update *update)
{
	return gv_candidate_make(job->ctx->repo,
	    &(struct gv_candidate_what){ .policy = policy,
		.branch = branch_of(update),
		.commit = update->new,
		.now = job->ctx->now,
		.made = say_candidate,
		.ctx = job->ctx });
}

/* A server that was made for a branch of another name goes by no policy, which
 * nobody would come to know. */
static bool
is_headless(const struct job *job, const struct gv_receive_update *update)
{
	const struct gv_repo *repo = job->ctx->repo;
	const char *branch = branch_of(update);

	if (job->settings.policy || repo->head_ref == NULL ||
	    !gv_oid_is_zero(&repo->head) ||
	    !gv_candidate_is_meant(job->ctx->repo, branch, &update->new))
		return false;
	(void)gv_err(GV_ENOTFOUND,
	    "the push to %s is not recorded as a candidate, since the policy "
	    "is read from HEAD, and HEAD is %s, which does not exist; to fix "
	    "this, run on the server in this repository: git symbolic-ref HEAD "
	    "refs/heads/%s",
	    branch, repo->head_ref, branch);
	return true;
}

/* Here alone, and not before the push is taken: then no ref may move. A push of
 * no branch costs nothing, and of others a look at one file. */
static int
make_candidates(const struct job *job)
{
	struct gv_policy policy = GV_POLICY_INIT;
	const char *branch = NULL;
	bool is_told = false;
	size_t i;
	int r = 0;

	for (i = 0; branch == NULL && i < job->push.n; i++)
		branch = branch_of(&job->push.updates[i]);
	if (branch)
		r = gv_candidate_policy(
		    &policy, job->ctx->repo, job->settings.policy);
	for (i = 0; r == 0 && i < job->push.n; i++) {
		const struct gv_receive_update *u = &job->push.updates[i];

		branch = branch_of(u);
		if (branch && gv_candidate_is_wanted(&policy, branch) &&
		    make_candidate(job, &policy, u) < 0)
			put_failure(job->ctx);
		else if (branch && !is_told && is_headless(job, u)) {
			put_failure(job->ctx);
			is_told = true;
		}
	}
	gv_policy_release(&policy);
	return r;
}

/* The push is accepted by now, so a failure here is only reported. */
int
gv_hook_post_receive(struct gv_ctx *ctx, int argc, char **argv)
{
	struct job job = { .is_past = true };
	int r = load(&job, ctx);

	(void)argc;
	(void)argv;
	if (r < 0)
		goto out;
	if (write_receipts(&job) < 0)
		put_failure(ctx);
	if (make_candidates(&job) < 0)
		put_failure(ctx);
	if (gv_access_received(ctx, &job.push, &job.settings) < 0)
		put_failure(ctx);
	if (is_to_look(&job))
		r = look_within(&job);
out:
	gv_receive_release(&job.push);
	if (r >= 0)
		return 0;
	r = gv_err_in(r, "this push was taken, and not looked at");
	put_down(ctx);
	return r;
}

/* git runs it for each ref, one after the other; all is done before. */
int
gv_hook_update(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)ctx;
	(void)argc;
	(void)argv;
	return 0;
}
