#include "state_stack.h"

#include "base/buf.h"
#include "base/err.h"
#include "cmd.h"
#include "infra/environment.h"
#include "infra/statefile.h"
#include "state.h"
#include "store/repo.h"
#include "vault/content.h"
#include "vault/stack.h"
#include "vault/track.h"

/* A file of the current directory: of its environment are its folders. */
int
gv_state_stack_here(const char **out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%sx", repo->worktree ? repo->prefix : "");
	r = gv_buf_check(&path);
	/* a constant of the table, not a piece of the path */
	*out = r == 0 ? gv_environment_of(path.p) : NULL;
	gv_buf_release(&path);
	return r;
}

int
gv_state_stack_of(struct gv_state_stack *out, const struct gv_ctx *ctx)
{
	const struct gv_state_opts *o = ctx->opts;
	int r;

	out->env = o->env;
	out->stack = o->stack ? o->stack : "default";
	if (o->env)
		return 0;
	r = gv_state_stack_here(&out->env, ctx->repo);
	if (r == 0 && out->env == NULL)
		r = gv_err(GV_EUSAGE,
		    "of which environment? the current directory does not "
		    "say; give --env ENV");
	return r;
}

bool
gv_state_stack_of_file(struct gv_track_version *out, const struct gv_ctx *ctx,
    const char *env, const char *path)
{
	struct gv_buf full = GV_BUF_INIT;
	struct gv_statefile file;
	char stack[GV_STACK_NAME];
	const struct gv_track_of of = { env, stack };
	int r = gv_content_path(&full, ctx->repo, path);

	if (r == 0)
		r = gv_buf_check(&full);
	if (r == 0 && !gv_statefile_parse(&file, full.p))
		r = GV_ENOTFOUND;
	if (r == 0)
		r = gv_stack_of(stack, &file);
	if (r == 0)
		r = gv_track_resolve(out, ctx->repo, &of, "latest");
	gv_buf_release(&full);
	return r == 0;
}

int
gv_state_check_force(const struct gv_ctx *ctx, const char *what)
{
	const struct gv_state_opts *o = ctx->opts;

	if (o->force && (o->reason == NULL || *o->reason == '\0'))
		return gv_err(
		    GV_EUSAGE, "--force %s: say why with --reason TEXT", what);
	return o->reason && !o->force
	    ? gv_err(GV_EUSAGE, "--reason goes with --force")
	    : 0;
}
