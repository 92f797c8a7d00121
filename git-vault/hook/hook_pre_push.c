#include "git-vault/hook/hook.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "detect/sweep.h"
#include "gate/outgoing.h"
#include "git-vault/analysis/lint_push.h"
#include "git-vault/analysis/lint_team.h"
#include "git-vault/config/access_local.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/hook/hook_out.h"
#include "record/trash.h"
#include "remote/remote.h"
#include "repo/oid.h"
#include "repo/refs.h"
#include "repo/repo.h"

/*
 * What is about to leave this clone. Who cannot push because of a tool takes
 * the tool out, so a trouble of our own only refuses where that is asked for.
 */

/* The trash is this clone's alone; `git push --mirror` would take it along. A
 * line is "LOCAL-REF OID REMOTE-REF OID". */
static int
check_trash(struct gv_ctx *ctx, const struct gv_buf *lines,
    const struct gv_outgoing_to *to)
{
	static const char trash[] = GV_REFS_TRASH, none[] = "0000000000";
	const char *p = lines->p, *oid, *ref;

	for (; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		oid = strchr(p, ' ');
		ref = oid ? strchr(oid + 1, ' ') : NULL;
		if (ref == NULL ||
		    strncmp(oid + 1, none, sizeof(none) - 1) == 0)
			continue;
		if (strncmp(p, trash, sizeof(trash) - 1) == 0 ||
		    strncmp(ref + 1, trash, sizeof(trash) - 1) == 0)
			break;
	}
	if (p == NULL || *p == '\0')
		return 0;
	gv_out_error(ctx->out,
	    "nothing is pushed: the trash, %s, stays in this clone; to mirror "
	    "the rest: git push --prune %s '+refs/*:refs/*' '^" GV_REFS_TRASH
	    "*'",
	    GV_REFS_TRASH, to->remote ? to->remote : "REMOTE");
	return 1;
}

/* Look at what is pushed. A policy that cannot be read loosens nothing, whoever
 * wrote it: the rules that come with git-vault are there without it. */
static int
look(struct gv_outgoing_gate *gate, struct gv_ctx *ctx,
    struct gv_outgoing *what, bool is_strict)
{
	char *why;
	int r = gv_outgoing_look(gate, ctx->repo, what, ctx->now);

	if (r >= 0 || is_strict || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	why = gv_err_save();
	gv_outgoing_gate_release(gate);
	*gate = (struct gv_outgoing_gate)GV_OUTGOING_GATE_INIT;
	gate->built_in = true;
	if (gv_outgoing_look(gate, ctx->repo, what, ctx->now) < 0) {
		gv_err_restore(why);
		return r;
	}
	gv_err_restore(why);
	gv_out_warn(ctx->out,
	    "%s; the push is searched by the built-in rules alone, and no "
	    "finding is allowed",
	    gv_err_message());
	return 0;
}

static void
refuse(struct gv_ctx *ctx, const struct gv_sweep *sweep, size_t n)
{
	gv_out_error(ctx->out,
	    "nothing is pushed: %s, in commits that the remote does not have; "
	    "remove %s from these commits, for example with git rebase -i",
	    n == 1 ? "possible secret" : "possible secrets",
	    n == 1 ? "it" : "them");
	gv_hook_out_allow(ctx, sweep, false);
}

/* ---- whether files fit together ---- */

/* One ref: what is pushed to the branch of a remote, against what it had. A
 * commit of the remote that is not here says nothing. */
static int
lint_ref(struct gv_lint_push *found, struct gv_ctx *ctx,
    struct gv_lint_team *team, const char *is, const char *was)
{
	struct gv_oid to, from;
	char *before;
	int r;

	if (gv_oid_parse(&to, is) < 0 || gv_oid_parse(&from, was) < 0)
		return 0;
	before = gv_err_save();
	r = gv_lint_push(found, ctx, team, &from, &to);
	return gv_err_settle(r == GV_ENOTFOUND ? 0 : r, before);
}

/* "LOCAL-REF OID REMOTE-REF OID" */
static int
lint_lines(struct gv_lint_push *found, struct gv_ctx *ctx,
    struct gv_lint_team *team, const struct gv_buf *lines)
{
	static const char heads[] = "refs/heads/";
	const char *p = lines->p, *line, *is, *ref, *was;
	size_t n;
	int r = 0;

	while (r == 0 && gv_lines_next(&line, &n, &p, lines->p + lines->len)) {
		is = memchr(line, ' ', n);
		ref = is ? strchr(is + 1, ' ') : NULL;
		was = ref ? strchr(ref + 1, ' ') : NULL;
		if (was && strncmp(ref + 1, heads, strlen(heads)) == 0)
			r = lint_ref(found, ctx, team, is + 1, was + 1);
	}
	return r;
}

static void
say_findings(struct gv_ctx *ctx, const struct gv_lint_push *found)
{
	const char *p = found->text.p, *line;
	size_t n;

	gv_out_error(ctx->out,
	    "nothing is pushed: these files do not fit together, and "
	    "check.push in .gitvault.yaml refuses that");
	while (gv_lines_next(&line, &n, &p, found->text.p + found->text.len))
		gv_out_error(ctx->out, "  %.*s", (int)n, line);
	if (found->n > GV_LINT_PUSH_MOST)
		gv_out_error(
		    ctx->out, "  and %zu more", found->n - GV_LINT_PUSH_MOST);
	gv_out_error(ctx->out, "hint: to see them all: git vault check");
}

/* Where the policy asks for it: 1 if the push adds what it refuses. */
static int
lint(struct gv_ctx *ctx, const struct gv_buf *lines)
{
	struct gv_lint_team team = GV_LINT_TEAM_INIT;
	struct gv_lint_push found = GV_LINT_PUSH_INIT;
	int r = gv_lint_team_load(&team, ctx, NULL);

	if (r == 0 &&
	    gv_policy_push_level(&team.policy) != GV_POLICY_LEVEL_OFF &&
	    (r = gv_lint_team_add_baseline(&team, ctx, NULL)) == 0)
		r = lint_lines(&found, ctx, &team, lines);
	if (r == 0 && found.n) {
		say_findings(ctx, &found);
		r = 1;
	} else if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED &&
	    !gv_hook_publish_is_set(ctx, "strict")) {
		gv_out_warn(
		    ctx->out, "the push was not checked: %s", gv_err_message());
		r = 0;
	}
	gv_buf_release(&found.text);
	gv_lint_team_release(&team);
	return r;
}

/* 1 where the rules refuse the push; the server has the last word, so a failure
 * to look is a warning. */
static int
judge(struct gv_ctx *ctx, const struct gv_buf *lines)
{
	int r = gv_access_local_push(ctx, lines);

	if (r >= 0 || r == GV_ENOMEM || r == GV_ECANCELED ||
	    gv_hook_publish_is_set(ctx, "strict"))
		return r;
	gv_out_warn(ctx->out, "rules of access were not looked at: %s",
	    gv_err_message());
	return 0;
}

static int
scan(struct gv_ctx *ctx, const struct gv_outgoing_to *to,
    struct gv_outgoing *what, bool is_strict)
{
	struct gv_buf lines = GV_BUF_INIT;
	struct gv_outgoing_gate gate = GV_OUTGOING_GATE_INIT;
	size_t n = 0;
	int r = gv_hook_read(&lines);

	if (r == 0 && (r = check_trash(ctx, &lines, to)) == 0 &&
	    (r = gv_outgoing_read(what, ctx->repo, to, &lines)) == 0 &&
	    (r = look(&gate, ctx, what, is_strict)) == 0 && gate.sweep)
		n = gv_hook_out_findings(ctx, gate.sweep);
	if (n) {
		refuse(ctx, gate.sweep, n);
		r = 1;
	} else if (r == 0 && (r = lint(ctx, &lines)) == 0) {
		r = judge(ctx, &lines);
	}
	gv_outgoing_gate_release(&gate);
	gv_buf_release(&lines);
	return r;
}

/* What is there of the vault goes along, where that is asked for. */
static int
publish(struct gv_ctx *ctx, const struct gv_outgoing_to *to, bool is_strict)
{
	int r = 0;

	if (gv_hook_publish_is_set(ctx, "publish") &&
	    gv_remote_is(&ctx->repo->config, to->remote, strlen(to->remote)))
		r = gv_hook_publish(ctx, to->remote);
	if (r >= 0 || r == GV_ECANCELED)
		return r;
	if (is_strict)
		return gv_err_in(
		    r, "nothing is pushed, since vault.prePush is strict");
	gv_out_warn(ctx->out, "%s", gv_err_message());
	return 0;
}

int
gv_hook_pre_push(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_outgoing_to to = { .remote = argc > 0 ? argv[0] : NULL,
		.url = argc > 1 ? argv[1] : NULL };
	struct gv_outgoing what = GV_OUTGOING_INIT;
	bool is_strict = gv_hook_publish_is_set(ctx, "strict"), is_over;
	int r;

	if (argc < 1)
		return gv_err(GV_EUSAGE,
		    "pre-push needs the name of the remote, as githooks(5) "
		    "says");
	/* who meant strict is not to push unsearched */
	if (gv_hook_publish_check(ctx) < 0) {
		gv_out_error(
		    ctx->out, "nothing is pushed: %s", gv_err_message());
		return 1;
	}
	r = scan(ctx, &to, &what, is_strict);
	is_over = r >= 0 || r == GV_ECANCELED;
	if (r == 0)
		r = publish(ctx, &to, is_strict);
	gv_outgoing_release(&what);
	if (is_over)
		return r;
	if (is_strict)
		return gv_err_in(r,
		    "nothing is pushed, since it could not be searched for "
		    "secrets, and vault.prePush is strict");
	gv_out_warn(ctx->out, "the push was not scanned for secrets: %s",
	    gv_err_message());
	return 0;
}
