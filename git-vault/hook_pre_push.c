#include "hook.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/refs.h"
#include "cmd.h"
#include "hook_out.h"
#include "out.h"
#include "detect/sweep.h"
#include "gate/outgoing.h"
#include "record/trash.h"
#include "remote/remote.h"
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

static int
scan(struct gv_ctx *ctx, const struct gv_outgoing_to *to,
    struct gv_outgoing *what, bool is_strict)
{
	struct gv_buf lines = GV_BUF_INIT;
	struct gv_outgoing_gate gate = GV_OUTGOING_GATE_INIT;
	size_t n = 0;
	int r = gv_hook_read(&lines);

	if (r == 0 && (r = check_trash(ctx, &lines, to)) == 0 &&
	    (r = gv_outgoing_read(what, ctx->repo, to, &lines)) == 0)
		r = look(&gate, ctx, what, is_strict);
	if (r == 0 && gate.sweep)
		n = gv_hook_out_findings(ctx, gate.sweep);
	if (n) {
		refuse(ctx, gate.sweep, n);
		r = 1;
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
