#include "git-vault/state/state.h"

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state_out.h"
#include "git-vault/state/state_stack.h"
#include "statelock/statelock.h"

int
gv_state_unlock(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;
	struct gv_statelock_at at = { .remote = o->serve.remote,
		.now = ctx->now };
	struct gv_statelock lock = { .env = NULL };
	struct gv_state_stack stack;
	int r = gv_state_check_force(ctx, "breaks another user's lock");

	if (r < 0 || (r = gv_state_stack_find(&stack, ctx, NULL)) < 0)
		return r;
	at.env = stack.name.env;
	at.stack = stack.name.stack;
	r = gv_statelock_drop(&lock, ctx->repo, &at, argc ? argv[0] : NULL,
	    o->force ? o->reason : NULL);
	if (r == GV_ENOTFOUND && stack.is_new)
		r = gv_state_stack_add_near(r, &stack);
	if (r < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_state_out_lock(ctx->json, &lock);
		gv_json_end(ctx->json);
	} else {
		gv_out_printf(
		    ctx->out, "%s/%s is unlocked\n", at.env, at.stack);
	}
out:
	gv_statelock_release(&lock);
	return r;
}
