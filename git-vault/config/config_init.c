#include "git-vault/config/config_set.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "param/param_target.h"
#include "policy/team.h"
#include "policy/team_file.h"
#include "repo/repo.h"
#include "sys/file.h"

/* The section is appended, so that all else of the policy stays as it is. */

/* A policy that is not in the working tree counts, too: that of HEAD. */
static int
read_policy(struct gv_buf *out, struct gv_repo *repo)
{
	int r = gv_team_file_read(out, repo, GV_TEAM_POLICY);

	if (r == 0 && out->len && out->p[out->len - 1] != '\n')
		gv_buf_addch(out, '\n');
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_config_init(struct gv_ctx *ctx)
{
	const struct gv_config_opts *o = ctx->opts;
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_param_pool *pool = NULL;
	size_t before;
	int r;

	if ((r = gv_param_pool_open(&pool, ctx->repo, NULL)) < 0 ||
	    (r = read_policy(&text, ctx->repo)) < 0)
		goto out;
	before = text.len;
	if ((r = gv_param_describe(&text, pool, o->layout)) < 0)
		goto out;
	gv_buf_addf(&path, "%s/%s", ctx->repo->worktree, GV_TEAM_POLICY);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_replace(
		 AT_FDCWD, path.p, text.p, text.len, 0666, true)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "file", GV_TEAM_POLICY);
		gv_json_string(ctx->json, "section", text.p + before);
		gv_json_end(ctx->json);
	} else {
		gv_out_show(ctx->out, text.p + before, text.len - before);
		gv_out_say(ctx->out, "added this to %s", GV_TEAM_POLICY);
	}
out:
	gv_param_pool_close(pool);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}
