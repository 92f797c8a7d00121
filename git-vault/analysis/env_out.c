#include "git-vault/analysis/env_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "env/envmap.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "policy/team.h"
#include "vault/scope.h"

/* ---- the list ------------------------------------------------------------ */

static void
add_spans(struct gv_buf *text, const struct gv_envtree_span *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		gv_buf_addstr(text, text->len ? ", " : "");
		gv_buf_add(text, list[i].p, list[i].len);
	}
}

/* The rules that files belong to it by, the one of most files first. */
static void
add_rules(struct gv_buf *text, const struct gv_envtree_env *env)
{
	bool is_done[GV_ENVTREE_RULES] = { false };
	int best, i;

	do {
		best = GV_ENVTREE_NONE;
		for (i = 1; i < GV_ENVTREE_RULES; i++)
			if (!is_done[i] && env->rules[i] > env->rules[best])
				best = i;
		if (best == GV_ENVTREE_NONE)
			break;
		is_done[best] = true;
		gv_buf_addf(text, "%s%s", text->len ? ", " : "",
		    best == GV_ENVTREE_NAME ? "name only"
					    : gv_envtree_rules[best]);
	} while (best != GV_ENVTREE_NONE);
	if (text->len == 0)
		gv_buf_addstr(text, "policy");
}

static void
cell(struct gv_ctx *ctx, enum gv_out_slot slot, struct gv_buf *text)
{
	gv_out_cell_text(
	    ctx->out, slot, gv_buf_check(text) == 0 ? text->p : "");
	gv_buf_reset(text);
}

static void
print_env(
    struct gv_ctx *ctx, const struct gv_envtree_env *env, struct gv_buf *text)
{
	const char *tier = gv_envtree_tiers[env->tier];

	gv_out_cell_text(ctx->out, GV_OUT_TAG, env->name);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, tier ? tier : "-");
	gv_out_cell(ctx->out, GV_OUT_PLAIN, "%" PRIu64, env->files);
	add_rules(text, env);
	cell(ctx,
	    env->by_name == env->files && env->files ? GV_OUT_CHANGED
						     : GV_OUT_PLAIN,
	    text);
	add_spans(text, env->regions, env->n_regions);
	add_spans(text, env->accounts, env->n_accounts);
	cell(ctx, GV_OUT_PLAIN, text);
	gv_out_cell_path(
	    ctx->out, GV_OUT_DIM, env->example.p, env->example.len);
}

static void
json_spans(struct gv_json *j, const char *key,
    const struct gv_envtree_span *list, size_t n)
{
	size_t i;

	gv_json_array(j, key);
	for (i = 0; i < n; i++)
		gv_json_text(j, NULL, list[i].p, list[i].len);
	gv_json_end(j);
}

static void
json_env(struct gv_json *j, const struct gv_envtree_env *env)
{
	int i;

	gv_json_object(j, NULL);
	gv_json_string(j, "name", env->name);
	gv_json_string(j, "tier", gv_envtree_tiers[env->tier]);
	gv_json_uint(j, "order", env->order);
	gv_json_string(j, "after", env->after);
	gv_json_uint(j, "files", env->files);
	gv_json_uint(j, "by_name", env->by_name);
	gv_json_object(j, "rules");
	for (i = 1; i < GV_ENVTREE_RULES; i++)
		if (env->rules[i])
			gv_json_uint(j, gv_envtree_rules[i], env->rules[i]);
	gv_json_end(j);
	json_spans(j, "regions", env->regions, env->n_regions);
	json_spans(j, "accounts", env->accounts, env->n_accounts);
	if (env->example.len)
		gv_json_path(j, "example", env->example.p, env->example.len);
	else
		gv_json_null(j, "example");
	if (env->said)
		gv_json_uint(j, "line", env->said->line);
	else
		gv_json_null(j, "line");
	gv_json_end(j);
}

static void
json_list(struct gv_ctx *ctx, const struct gv_envmap *map,
    const struct gv_envtree_env *const *list, size_t n, uint64_t files)
{
	size_t i;

	gv_json_object(ctx->json, NULL);
	gv_json_array(ctx->json, "environments");
	for (i = 0; i < n; i++)
		json_env(ctx->json, list[i]);
	gv_json_end(ctx->json);
	gv_json_uint(ctx->json, "files", map->n);
	gv_json_uint(ctx->json, "of_none", map->n - files);
	gv_json_end(ctx->json);
}

void
gv_env_out_list(struct gv_ctx *ctx, const struct gv_envmap *map)
{
	static const struct gv_out_column columns[] = {
		{ .head = "NAME", .whole = true },
		{ .head = "TIER" },
		{ .head = "FILES", .right = true },
		{ .head = "RULE", .cut = true },
		{ .head = "REGION", .extra = 2, .cut = true },
		{ .head = "EXAMPLE", .extra = 1, .cut = true },
	};
	const struct gv_envtree_env *const *list;
	struct gv_buf text = GV_BUF_INIT;
	uint64_t files = 0;
	char count[GV_OUT_SIZE_MAX];
	size_t n, i;

	list = gv_envtree_list(map->tree, &n);
	for (i = 0; i < n; i++)
		files += list[i]->files;
	if (ctx->json) {
		json_list(ctx, map, list, n, files);
		return;
	}
	if (n == 0) {
		gv_out_printf(ctx->out,
		    "no environments found; name them under 'environments:' "
		    "in %s\n",
		    GV_TEAM_POLICY);
		return;
	}
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < n; i++)
		print_env(ctx, list[i], &text);
	gv_out_columns_end(ctx->out);
	gv_out_count(count, map->n - files, "file");
	if (ctx->verbosity >= 0)
		gv_out_printf(
		    ctx->out, "%s of no environment, or of all\n", count);
	gv_buf_release(&text);
}

/* ---- why ----------------------------------------------------------------- */

static void
quote(struct gv_buf *text, const char *p, size_t len)
{
	gv_buf_addch(text, '\'');
	gv_buf_add(text, p, len);
	gv_buf_addch(text, '\'');
}

/* Folders that are so named, or hold files of the same names. */
static void
add_siblings(
    struct gv_buf *text, const char *path, const struct gv_envtree_verdict *v)
{
	quote(text, path, v->end);
	gv_buf_addstr(text, " is next to ");
	quote(text, v->other.p, v->other.len);
	if (v->rule == GV_ENVTREE_DIRECTORY)
		gv_buf_addf(text,
		    ", and %u of the %u names in it are in such "
		    "directories, too",
		    v->shared, v->total);
}

static void
add_why(
    struct gv_buf *text, const char *path, const struct gv_envtree_verdict *v)
{
	static const char *const forms[GV_ENVTREE_RULES] = {
		[GV_ENVTREE_HOME] = "is in a directory for environments",
		[GV_ENVTREE_OVERLAY] = "is an overlay",
		[GV_ENVTREE_STACK] = "is a stack",
		[GV_ENVTREE_WORKSPACE] = "is a workspace",
		[GV_ENVTREE_INVENTORY] = "is an inventory",
		[GV_ENVTREE_GROUP_VARS] = "has variables of a group or host",
		[GV_ENVTREE_NAMESPACE] = "is a namespace",
		[GV_ENVTREE_CLUSTER] = "is a cluster",
		[GV_ENVTREE_SUFFIX] = "is a settings file by its name",
		[GV_ENVTREE_NAME] = "is named like one; nothing supports it",
	};

	if (v->rule == GV_ENVTREE_POLICY) {
		gv_buf_addf(text, "%s:%u: environments.%s.paths has ",
		    GV_TEAM_POLICY, v->line, v->env->name);
		quote(text, v->pattern, strlen(v->pattern));
	} else if (v->rule == GV_ENVTREE_DIRECTORY ||
	    v->rule == GV_ENVTREE_SIBLING) {
		add_siblings(text, path, v);
	} else if (v->env) {
		quote(text, path, v->end);
		gv_buf_addf(text, " %s", forms[v->rule]);
	} else if (v->refused_len) {
		gv_buf_addstr(text, "the word ");
		quote(text, path + v->refused_at, v->refused_len);
		gv_buf_addstr(text, " in ");
		quote(text, path, v->end);
		gv_buf_addstr(text,
		    " is not enough: nothing next to it is so named and alike");
	} else {
		gv_buf_addstr(text, "no part of the path names one");
	}
}

static void
line(struct gv_ctx *ctx, const char *name, const char *text, size_t len)
{
	if (len == 0)
		return;
	gv_out_printf(ctx->out, "  %-8s ", name);
	gv_out_text(ctx->out, text, len);
	gv_out_printf(ctx->out, "\n");
}

static void
print_verdict(struct gv_ctx *ctx, const struct gv_buf *path,
    const struct gv_envtree_verdict *v, const struct gv_buf *why,
    const char *scope, bool is_said)
{
	const char *tier = v->env ? gv_envtree_tiers[v->env->tier] : NULL;
	const char *rule = gv_envtree_rules[v->rule];

	gv_out_path(ctx->out, path->p, path->len);
	gv_out_printf(ctx->out, ": ");
	gv_out_paint(ctx->out, v->env ? GV_OUT_TAG : GV_OUT_DIM, "%s",
	    v->env ? v->env->name : "no environment");
	gv_out_printf(ctx->out, "\n");
	if (v->env)
		line(ctx, "rule", rule, strlen(rule));
	line(ctx, "why", why->p, why->len);
	if (tier)
		line(ctx, "tier", tier, strlen(tier));
	if (v->env && v->env->after)
		line(ctx, "after", v->env->after, strlen(v->env->after));
	line(ctx, "region", v->region.p, v->region.len);
	line(ctx, "account", v->account.p, v->account.len);
	line(ctx, "scope", scope, strlen(scope));
	if (strcmp(scope, v->env ? v->env->name : GV_SCOPE_SHARED) != 0 &&
	    !is_said)
		gv_out_say(ctx->out,
		    "its secrets keep the scope %s, which its name alone "
		    "decides, until an accepted policy has its path; see: "
		    "git vault policy diff",
		    scope);
}

static void
json_span(
    struct gv_json *j, const char *key, const struct gv_envtree_span *span)
{
	if (span->len)
		gv_json_text(j, key, span->p, span->len);
	else
		gv_json_null(j, key);
}

static void
json_verdict(struct gv_json *j, const struct gv_buf *path,
    const struct gv_envtree_verdict *v, const struct gv_buf *why,
    const char *scope)
{
	gv_json_object(j, NULL);
	gv_json_path(j, "path", path->p, path->len);
	gv_json_string(j, "environment", v->env ? v->env->name : NULL);
	gv_json_string(j, "rule", v->env ? gv_envtree_rules[v->rule] : NULL);
	gv_json_bool(j, "certain", v->env && v->rule != GV_ENVTREE_NAME);
	gv_json_text(j, "reason", why->p, why->len);
	gv_json_string(
	    j, "tier", v->env ? gv_envtree_tiers[v->env->tier] : NULL);
	if (v->env && v->env->order)
		gv_json_uint(j, "order", v->env->order);
	else
		gv_json_null(j, "order");
	gv_json_string(j, "after", v->env ? v->env->after : NULL);
	json_span(j, "region", &v->region);
	json_span(j, "account", &v->account);
	gv_json_string(j, "scope", scope);
	if (v->rule == GV_ENVTREE_POLICY)
		gv_json_uint(j, "line", v->line);
	else
		gv_json_null(j, "line");
	gv_json_end(j);
}

/* A key that the policy names outweighs the file that it is in. */
static bool
find_key(struct gv_envtree_verdict *v, const struct gv_envmap *map,
    const struct gv_buf *key, struct gv_buf *why)
{
	const struct gv_policy_envs *envs = &map->policy.envs;
	size_t i, k;

	for (i = 0; i < envs->n; i++) {
		const struct gv_policy_env *env = &envs->items[i];
		const struct gv_policy_texts *keys =
		    &env->lists[GV_POLICY_ENV_KEYS];

		for (k = 0; !env->is_new && k < keys->n; k++) {
			const char *one = keys->items[k];
			const size_t n = strlen(one);

			if (key->len < n || memcmp(one, key->p, n) != 0 ||
			    (key->len > n && key->p[n] != '.'))
				continue;
			v->env = gv_envtree_find(map->tree, env->name);
			v->rule = GV_ENVTREE_POLICY;
			v->line = env->line;
			gv_buf_addf(why, "%s:%u: environments.%s.keys has '%s'",
			    GV_TEAM_POLICY, env->line, env->name, one);
			return true;
		}
	}
	return false;
}

int
gv_env_out_explain(struct gv_ctx *ctx, struct gv_envmap *map, const char *path)
{
	struct gv_buf top = GV_BUF_INIT, why = GV_BUF_INIT;
	struct gv_envtree_verdict v;
	const char *scope, *hash;
	size_t len;
	int r;

	if ((r = gv_place_from_top(&top, ctx->repo, path)) < 0)
		goto out;
	hash = strchr(top.p, '#');
	len = hash ? (size_t)(hash - top.p) : top.len;
	/* a file may have '#' in its name */
	if (gv_envtree_has(map->tree, top.p, top.len))
		len = top.len;
	if ((r = gv_envtree_of(&v, map->tree, top.p, len)) < 0)
		goto out;
	if (len < top.len && !find_key(&v, map, &top, &why) &&
	    (r = gv_envmap_key(&v, &why, map, ctx->repo, top.p, len)) < 0)
		goto out;
	if (why.len == 0)
		add_why(&why, top.p, &v);
	if ((r = gv_buf_check(&why)) < 0)
		goto out;
	scope = gv_scope_of(&map->policy, top.p);
	if (ctx->json)
		json_verdict(ctx->json, &top, &v, &why, scope);
	else
		print_verdict(ctx, &top, &v, &why, scope,
		    gv_scope_is_said(&map->policy, top.p));
out:
	gv_buf_release(&why);
	gv_buf_release(&top);
	return r;
}

/* ---- keys of files ------------------------------------------------------- */

static int
put_keys(void *ctx, const struct gv_envmap_keys *keys)
{
	struct gv_json *j = ((struct gv_ctx *)ctx)->json;
	const char *env = keys->envs;
	size_t len;

	gv_json_object(j, NULL);
	gv_json_path(j, "path", keys->path, strlen(keys->path));
	gv_json_text(j, "key", keys->place, strlen(keys->place));
	gv_json_uint(j, "line", keys->line);
	gv_json_array(j, "environments");
	for (; *env; env += len) {
		env += strspn(env, ", ");
		len = strcspn(env, ",");
		gv_json_text(j, NULL, env, len);
	}
	gv_json_end(j);
	gv_json_end(j);
	return 0;
}

static int
print_keys(void *ctx, const struct gv_envmap_keys *keys)
{
	struct gv_out *out = ((struct gv_ctx *)ctx)->out;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text, "%s#%s", keys->path, keys->place);
	if ((r = gv_buf_check(&text)) == 0) {
		gv_out_cell_buf(out, GV_OUT_PLAIN, &text);
		gv_out_cell(out, GV_OUT_DIM, "%zu", keys->line);
		gv_out_cell_text(out, GV_OUT_TAG, keys->envs);
	}
	gv_buf_release(&text);
	return r < 0 ? r : gv_out_stopped(out) ? GV_ECANCELED : 0;
}

int
gv_env_out_keys(struct gv_ctx *ctx, struct gv_envmap *map)
{
	static const struct gv_out_column columns[] = {
		{ .head = "KEYS", .wrap = true },
		{ .head = "LINE", .right = true },
		{ .head = "ENVIRONMENTS", .whole = true },
	};
	int r;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "keys");
		r = gv_envmap_each_keys(map, ctx->repo, put_keys, ctx);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return r;
	}
	gv_out_columns(ctx->out, columns, 3);
	r = gv_envmap_each_keys(map, ctx->repo, print_keys, ctx);
	gv_out_columns_end(ctx->out);
	return r;
}
