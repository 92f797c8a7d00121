#include "git-vault/config/config_access.h"

#include <stdlib.h>
#include <string.h>

#include "access/access_judge.h"
#include "access/access_step.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "git-vault/config/access_base.h"
#include "git-vault/config/access_out.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "param/param.h"
#include "policy/team_file.h"
#include "repo/repo.h"

struct explaining {
	struct gv_ctx *ctx;
	size_t n, n_missing;
};

static int
show(void *data, const struct gv_access_result *result)
{
	struct explaining *e = data;
	const bool is_missing =
	    result->fault || (result->verdict && result->verdict->lacks);

	e->n++;
	e->n_missing += is_missing;
	if (e->ctx->json) {
		gv_access_out_json(e->ctx, result);
		return 0;
	}
	gv_access_out_text(e->ctx, result);
	if (is_missing)
		gv_access_out_missing(e->ctx, result);
	return 0;
}

/* ---- a file or a key ----------------------------------------------------- */

/* The layer that `config set` would write: the highest that has the key. */
static int
find_layer(struct gv_buf *path, struct gv_ctx *ctx, const char *key)
{
	const struct gv_config_opts *o = ctx->opts;
	const struct gv_param_query query = { .env = o->env,
		.service = o->service,
		.provider = o->provider,
		.region = o->region,
		.host = o->host,
		.layout = o->layout };
	struct gv_param_pool *pool = NULL;
	struct gv_param *param = NULL;
	struct gv_layer_told *told = NULL;
	size_t i;
	int r;

	if ((r = gv_param_pool_open(&pool, ctx->repo, NULL)) < 0 ||
	    (r = gv_param_open(&param, pool, &query)) < 0)
		goto out;
	told = calloc(param->n + 1, sizeof(*told));
	if (told == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	gv_param_explain(told, param, key);
	for (i = param->n; i > 0 && path->len == 0; i--)
		if (told[i - 1].state == GV_LAYER_FOUND)
			gv_buf_addstr(path, gv_param_path(param, i - 1));
	r = gv_buf_check(path);
out:
	free(told);
	gv_param_close(param);
	gv_param_pool_close(pool);
	return r;
}

/* 1 where it is a file; 0. */
static int
is_file(struct gv_ctx *ctx, const struct gv_oid *tree, const char *path)
{
	return gv_access_step_has(ctx->repo, tree, path);
}

/* A file that is not committed yet is judged by what is in it. 1; 0 where the
 * working tree has no such file. */
static int
read_uncommitted(struct gv_buf *out, struct gv_ctx *ctx, const char *path)
{
	char *before = gv_err_save();
	int r = GV_ENOTFOUND;

	if (ctx->repo->worktree && gv_path_is_all_safe(path))
		r = gv_team_file_read(out, ctx->repo, path);
	if (r == GV_ENOMEM)
		return gv_err_settle(r, before);
	gv_err_restore(before);
	return r == 0;
}

static int
explain_one(struct explaining *e, struct gv_access_judge *judge,
    const struct gv_access_base *base, const char *of)
{
	struct gv_access_changes changes = GV_ACCESS_CHANGES_INIT;
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	const char *key = NULL;
	char *before;
	bool is_new = false;
	int r = is_file(e->ctx, &base->commit, of);

	if (r == 0 && (r = read_uncommitted(&text, e->ctx, of)) > 0) {
		is_new = true;
		gv_buf_addstr(&path, of);
		r = gv_buf_check(&path);
	} else if (r == 0) {
		key = of;
		before = gv_err_save();
		r = find_layer(&path, e->ctx, of);
		r = gv_err_settle(r == GV_ENOTFOUND ? 0 : r, before);
	} else if (r > 0) {
		gv_buf_addstr(&path, of);
		r = gv_buf_check(&path);
	}
	if (r == 0 && path.len == 0) {
		/* a file that is to be made is of rules, too */
		key = NULL;
		gv_buf_addstr(&path, of);
		r = gv_buf_check(&path);
	}
	if (r == 0)
		r = is_new ? gv_access_step_file(&changes, e->ctx->repo,
				 &base->commit, path.p, &text, &base->policy)
			   : gv_access_step_path(&changes, e->ctx->repo,
				 &base->commit, path.p, key, &base->policy);
	if (r == 0)
		r = gv_access_judge_changes(
		    judge, &base->commit, &base->policy, &changes, show, e);
	gv_access_changes_release(&changes);
	if (text.cap)
		explicit_bzero(text.p, text.len);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

static void
say_none(
    struct explaining *e, const struct gv_access_base *base, const char *of)
{
	if (base->policy.access.n_rules == 0)
		gv_out_say(e->ctx->out,
		    "the policy of %s has no rules of access", base->ref.p);
	else if (of)
		gv_out_say(e->ctx->out, "no rule of access is about %s", of);
	else
		gv_out_say(e->ctx->out,
		    "no rule of access is about what %s does not have yet",
		    base->ref.p);
}

int
gv_config_access(struct gv_ctx *ctx, const char *of)
{
	const struct gv_config_opts *o = ctx->opts;
	struct explaining e = { .ctx = ctx };
	struct gv_access_base base;
	struct gv_access_judge *judge = NULL;
	struct gv_access_judge_opts opts = { .now = ctx->now, .name = o->as };
	int r = gv_access_base_find(&base, ctx);

	opts.head_ref = base.ref.p;
	opts.head = &base.commit;
	opts.is_self = o->as == NULL;
	opts.is_viewer = o->as == NULL;
	if (r < 0 || (r = gv_access_judge_open(&judge, ctx->repo, &opts)) < 0)
		goto out;
	if ((r = gv_access_out_doubts(ctx, &base.commit, &base.policy)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "branch", base.ref.p);
		gv_json_array(ctx->json, "steps");
	}
	r = of ? explain_one(&e, judge, &base, of)
	       : gv_access_judge_move(judge, base.ref.p, &base.commit,
		     &ctx->repo->head, show, &e);
	if (r < 0)
		goto out;
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_bool(ctx->json, "allowed", e.n_missing == 0);
		gv_json_end(ctx->json);
	} else if (e.n == 0) {
		say_none(&e, &base, of);
	}
	r = e.n_missing ? 1 : 0;
out:
	gv_access_judge_close(judge);
	gv_access_base_release(&base);
	return r;
}
