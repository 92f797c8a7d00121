#include "git-vault/config/config_history.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "drift/drift_when.h"
#include "git-vault/config/config_out.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "param/param_history.h"
#include "repo/oid.h"

/* Which commits changed a key. */

struct telling {
	struct gv_ctx *ctx;
	const char *env;
	bool reveals;
	size_t n;
};

static const char *const events[] = { "set", "changed", "removed",
	"unreadable" };

static struct gv_config_view
view_of(const struct telling *t, const struct gv_param_change *c)
{
	return (struct gv_config_view){
		.param = (struct gv_param *)(uintptr_t)c->param,
		.env = t->env,
		.reveals = t->reveals
	};
}

static int
tell_json(const struct telling *t, const struct gv_param_change *c)
{
	const struct gv_config_view view = view_of(t, c);
	struct gv_json *j = t->ctx->json;
	const char *file;
	int r;

	gv_json_object(j, NULL);
	gv_json_string(j, "event", events[c->event]);
	gv_json_string(j, "commit", c->commit);
	if (c->commit)
		gv_json_time(j, "time", c->time);
	else
		gv_json_null(j, "time");
	gv_json_string(j, "author", c->author);
	gv_json_string(j, "summary", c->summary);
	r = gv_config_out_add_json(t->ctx, &view, c->value, "value");
	file = c->value ? gv_config_out_file(&view, c->value) : NULL;
	gv_json_string(j, "file", file);
	gv_json_uint(j, "line", file ? c->value->line : 0);
	gv_json_string(j, "why", c->why);
	gv_json_end(j);
	return r;
}

static int
tell(void *arg, const struct gv_param_change *c)
{
	struct telling *t = arg;
	const struct gv_config_view view = view_of(t, c);
	struct gv_out *out = t->ctx->out;
	struct gv_buf text = GV_BUF_INIT;
	char age[GV_TIME_MAX];
	const char *file;
	int r = 0;

	t->n++;
	if (t->ctx->json)
		return tell_json(t, c);
	gv_time_relative(age, c->time, t->ctx->now);
	gv_out_cell(out, GV_OUT_ID, "%.8s", c->commit ? c->commit : "-");
	gv_out_cell(out, GV_OUT_DIM, "%s", c->commit ? age : "not committed");
	gv_out_cell_text(out, GV_OUT_PLAIN, c->author ? c->author : "");
	if (c->value)
		r = gv_config_out_add_text(&text, &view, c->value);
	else
		gv_buf_addf(&text, "(%s)", events[c->event]);
	gv_out_cell_buf(out, GV_OUT_CHANGED, &text);
	file = c->value ? gv_config_out_file(&view, c->value) : NULL;
	if (c->why)
		gv_out_cell_text(out, GV_OUT_DIM, c->why);
	else if (file)
		gv_out_cell(out, GV_OUT_DIM, "%s:%u", file, c->value->line);
	else
		gv_out_cell(out, GV_OUT_DIM, "%s", "");
	gv_buf_release(&text);
	return r < 0 ? r : gv_out_stopped(out);
}

/* The commit that --at names; false: HEAD. */
static int
find_from(struct gv_oid *out, struct gv_ctx *ctx, const char *at)
{
	struct gv_drift_when when;
	int r;

	if (at == NULL)
		return 0;
	if ((r = gv_config_when(&when, ctx, at)) < 0)
		return r;
	if (!when.is_commit)
		return gv_err(GV_EUSAGE,
		    "'%s' is a snapshot, and a history is that of a commit; to "
		    "see what it has: git vault config get --at %s",
		    at, at);
	return gv_oid_parse(out, when.name) == 0 ? 1 : GV_ERROR;
}

/* Nothing was found: an environment that has no file is a typing
 * mistake. 0; GV_ENOTFOUND. */
static int
check_env(struct gv_ctx *ctx, const struct gv_param_query *query)
{
	struct gv_param_pool *pool = NULL;
	struct gv_param *param = NULL;
	char *before = gv_err_save();
	int r = gv_param_pool_open(&pool, ctx->repo, NULL);

	if (r == 0)
		r = gv_param_open(&param, pool, query);
	gv_param_close(param);
	gv_param_pool_close(pool);
	return gv_err_settle(r == GV_EREFUSED ? 0 : r, before);
}

int
gv_config_history(struct gv_ctx *ctx, const char *key)
{
	static const struct gv_out_column columns[] = { { .head = "COMMIT" },
		{ .head = "WHEN" }, { .head = "AUTHOR", .cut = true },
		{ .head = "VALUE", .cut = true }, { .head = "FROM" } };
	const struct gv_config_opts *o = ctx->opts;
	const struct gv_param_query query = { .env = o->env,
		.service = o->service,
		.provider = o->provider,
		.region = o->region,
		.host = o->host,
		.layout = o->layout };
	struct telling t = { .ctx = ctx, .env = o->env, .reveals = o->secrets };
	struct gv_oid from;
	int r, at;

	if (*key == '\0')
		return gv_err(GV_EUSAGE, "a key is empty");
	if ((at = find_from(&from, ctx, o->at)) < 0)
		return at;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "environment", o->env);
		gv_json_string(ctx->json, "key", key);
		gv_json_array(ctx->json, "changes");
	} else {
		gv_out_columns(ctx->out, columns, 5);
	}
	r = gv_param_history(
	    ctx->repo, &query, key, at ? &from : NULL, tell, &t);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
	if (r < 0)
		return r;
	if (t.n == 0 && o->at == NULL && (r = check_env(ctx, &query)) < 0)
		return r;
	if (t.n == 0)
		gv_out_say(ctx->out, "no commit gave '%s' a value in %s", key,
		    o->env ? o->env : "the common layers");
	return t.n == 0;
}
