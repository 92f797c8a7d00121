#include "git-vault/analysis/standing_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "base/time.h"
#include "drill/drill_log.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "overview/standing.h"
#include "policy/team.h"

static bool
is_wanted(const char *env, const char *name)
{
	return env == NULL || strcmp(env, name) == 0;
}

static const char *const opens[] = { "unknown", "no", "yes" };

/* ---- text ---------------------------------------------------------------- */

static void
print_snapshot(struct gv_ctx *ctx, const struct gv_standing *s)
{
	char age[GV_TIME_MAX];

	gv_out_paint(ctx->out, GV_OUT_HEAD, "%s", "last whole snapshot: ");
	if (*s->last.id == '\0') {
		gv_out_printf(ctx->out, "none; take one: git vault snapshot\n");
		return;
	}
	gv_time_relative(age, s->last.time, ctx->now);
	gv_out_paint(ctx->out, GV_OUT_ID, "%s", s->last.id);
	gv_out_printf(ctx->out, ", %s; ", age);
	if (s->remotes)
		gv_out_printf(ctx->out, "on %zu of %zu remote%s", s->copies,
		    s->remotes, s->remotes == 1 ? "" : "s");
	else
		gv_out_printf(ctx->out, "on this disk only");
	gv_out_printf(ctx->out, "%s\n",
	    s->is_newest ? "" : "; newer ones are incomplete");
}

/* Whether the last drill that passed took longer than the policy wants: 1 or 0;
 * -1: not known. */
static int
is_slow(const struct gv_standing *s, const struct gv_drill_state *drill,
    const char *env)
{
	const struct gv_policy_env *of = gv_policy_env(&s->map->policy, env);
	const int64_t rto = of ? of->times[GV_POLICY_ENV_RTO] : 0;

	return rto && drill->passed ? drill->passed->ms / 1000 > rto : -1;
}

static void
print_drill(struct gv_ctx *ctx, const struct gv_standing *s,
    const struct gv_drill_log *log, const char *env)
{
	struct gv_drill_state drill;
	char age[GV_TIME_MAX] = "never";

	gv_drill_log_judge(&drill, log, env, ctx->now,
	    gv_policy_drill_every(&s->map->policy, env));
	if (drill.passed)
		gv_time_relative(age, drill.passed->time, ctx->now);
	gv_out_cell_text(ctx->out,
	    drill.passed && drill.is_overdue ? GV_OUT_REMOVED : GV_OUT_DIM,
	    age);
}

static void
print_envs(struct gv_ctx *ctx, const struct gv_standing *s,
    const struct gv_drill_log *log, const char *only)
{
	static const struct gv_out_column columns[] = {
		{ .head = "ENVIRONMENT", .whole = true },
		{ .head = "TIER", .extra = 1 },
		{ .head = "FILES", .right = true },
		{ .head = "LEFT OUT", .right = true },
		{ .head = "COMPONENTS", .right = true },
		{ .head = "SECRETS OPEN" },
		{ .head = "LAST DRILL" },
	};
	size_t i;

	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < s->n_envs; i++) {
		const struct gv_standing_env *e = &s->envs[i];
		const char *tier =
		    e->env ? gv_envtree_tiers[e->env->tier] : NULL;

		if (!is_wanted(only, e->name))
			continue;
		gv_out_cell_text(ctx->out, GV_OUT_TAG, e->name);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, tier ? tier : "-");
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%" PRIu64,
		    e->env ? e->env->files : 0);
		gv_out_cell(ctx->out, e->left ? GV_OUT_CHANGED : GV_OUT_PLAIN,
		    "%" PRIu64, e->left);
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%zu", e->components);
		gv_out_cell_text(ctx->out,
		    e->opens == 0 ? GV_OUT_REMOVED : GV_OUT_PLAIN,
		    opens[e->opens + 1]);
		print_drill(ctx, s, log, e->name);
	}
	gv_out_columns_end(ctx->out);
}

/* Where the states of an environment had not settled in that snapshot. */
static void
print_unsettled(
    struct gv_ctx *ctx, const struct gv_standing *s, const char *only)
{
	struct gv_buf why = GV_BUF_INIT;
	size_t i;

	for (i = 0; *s->last.id && i < s->n_envs; i++) {
		const char *env = s->envs[i].name;

		if (!is_wanted(only, env) || gv_whole_has(&s->whole, env))
			continue;
		gv_buf_reset(&why);
		gv_whole_add_reasons(&why, &s->whole, env);
		if (gv_buf_check(&why) == 0)
			gv_out_paint(ctx->out, GV_OUT_CHANGED,
			    "%s: not whole in that snapshot: %s; last whole in "
			    "%s\n",
			    env, why.p,
			    s->envs[i].settled ? s->envs[i].settled : "none");
	}
	gv_buf_release(&why);
}

/* What the environment is for, by the policy. */
static void
print_functions(struct gv_ctx *ctx, const struct gv_policy_env *of)
{
	const struct gv_policy_texts *list =
	    &of->lists[GV_POLICY_ENV_FUNCTIONS];
	size_t i;

	if (list->n == 0)
		return;
	gv_out_printf(ctx->out, "%s: serves ", of->name);
	for (i = 0; i < list->n; i++) {
		gv_out_printf(ctx->out, "%s", i ? ", " : "");
		gv_out_text(ctx->out, list->items[i], strlen(list->items[i]));
	}
	gv_out_printf(ctx->out, "\n");
}

static void
print_slow(struct gv_ctx *ctx, const struct gv_standing *s,
    const struct gv_drill_log *log, const struct gv_policy_env *of)
{
	struct gv_drill_state drill;

	gv_drill_log_judge(&drill, log, of->name, ctx->now,
	    gv_policy_drill_every(&s->map->policy, of->name));
	if (is_slow(s, &drill, of->name) > 0)
		gv_out_paint(ctx->out, GV_OUT_CHANGED,
		    "%s: the last recovery took %" PRId64
		    " seconds, and the policy wants %" PRId64 " (%s:%u: rto)\n",
		    of->name, drill.passed->ms / 1000,
		    of->times[GV_POLICY_ENV_RTO], GV_TEAM_POLICY, of->line);
}

/* Where the policy wants more than there is. */
static void
print_wanted(struct gv_ctx *ctx, const struct gv_standing *s,
    const struct gv_drill_log *log, const char *only)
{
	size_t i;

	for (i = 0; i < s->n_envs; i++) {
		const char *env = s->envs[i].name;
		const struct gv_policy_env *of =
		    gv_policy_env(&s->map->policy, env);

		if (!is_wanted(only, env) || of == NULL)
			continue;
		print_functions(ctx, of);
		print_slow(ctx, s, log, of);
		if (gv_standing_is_late(s, env, ctx->now) > 0)
			gv_out_paint(ctx->out, GV_OUT_CHANGED,
			    "%s: no whole snapshot as new as the policy wants "
			    "(%s:%u: every, rpo)\n",
			    env, GV_TEAM_POLICY, of->line);
		if (gv_standing_is_short(s, env) > 0)
			gv_out_paint(ctx->out, GV_OUT_CHANGED,
			    "%s: on %zu of the %u remotes that the policy "
			    "wants (%s:%u: copies)\n",
			    env, s->copies,
			    gv_policy_remotes_for(&s->map->policy, env),
			    GV_TEAM_POLICY, of->line);
	}
}

static void
print_state(struct gv_ctx *ctx, const struct gv_standing_component *c)
{
	char age[GV_TIME_MAX] = "-";

	if (c->has_serial)
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%" PRIu64, c->serial);
	else
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, c->stack ? "?" : "-");
	if (c->state_time)
		gv_time_relative(age, c->state_time, ctx->now);
	gv_out_cell(ctx->out,
	    c->is_damaged || c->is_locked ? GV_OUT_CHANGED : GV_OUT_DIM,
	    "%s%s%s", age, c->is_damaged ? ", damaged" : "",
	    c->is_locked ? ", locked" : "");
}

static void
print_components(
    struct gv_ctx *ctx, const struct gv_standing *s, const char *only)
{
	static const struct gv_out_column columns[] = {
		{ .head = "ENVIRONMENT", .whole = true },
		{ .head = "COMPONENT", .cut = true },
		{ .head = "KIND" },
		{ .head = "FILES", .right = true },
		{ .head = "STORED" },
		{ .head = "SERIAL", .right = true },
		{ .head = "STATE SAVED" },
	};
	size_t i;

	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < s->n; i++) {
		const struct gv_standing_component *c = &s->components[i];
		const char *name = c->path ? c->path : c->stack;

		if (!is_wanted(only, c->env))
			continue;
		gv_out_cell_text(ctx->out, GV_OUT_TAG, c->env);
		gv_out_cell_path(ctx->out, GV_OUT_PLAIN, *name ? name : ".",
		    *name ? strlen(name) : 1);
		gv_out_cell_text(
		    ctx->out, GV_OUT_PLAIN, gv_standing_kinds[c->kind]);
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%" PRIu64, c->files);
		gv_out_cell_text(ctx->out,
		    c->path && !c->is_held ? GV_OUT_REMOVED : GV_OUT_PLAIN,
		    c->path == NULL   ? "-"
			: !c->is_held ? "no"
			: c->left     ? "in part"
				      : "yes");
		print_state(ctx, c);
	}
	gv_out_columns_end(ctx->out);
}

/* ---- JSON ---------------------------------------------------------------- */

/* -1: the policy does not say. */
static void
json_answer(struct gv_json *j, const char *key, int answer)
{
	if (answer < 0)
		gv_json_null(j, key);
	else
		gv_json_bool(j, key, answer > 0);
}

static void
json_functions(struct gv_json *j, const struct gv_policy_env *of)
{
	size_t i;

	gv_json_array(j, "functions");
	for (i = 0; of && i < of->lists[GV_POLICY_ENV_FUNCTIONS].n; i++)
		gv_json_string(
		    j, NULL, of->lists[GV_POLICY_ENV_FUNCTIONS].items[i]);
	gv_json_end(j);
}

static void
json_env(struct gv_ctx *ctx, const struct gv_standing *s,
    const struct gv_standing_env *e, const struct gv_drill_log *log)
{
	struct gv_drill_state drill;
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "name", e->name);
	gv_json_string(
	    j, "tier", e->env ? gv_envtree_tiers[e->env->tier] : NULL);
	gv_json_uint(j, "files", e->env ? e->env->files : 0);
	gv_json_uint(j, "left_out", e->left);
	gv_json_uint(j, "components", e->components);
	json_answer(j, "secrets_open", e->opens);
	json_answer(
	    j, "whole", *s->last.id ? gv_whole_has(&s->whole, e->name) : -1);
	gv_json_string(j, "whole_snapshot", e->settled);
	json_answer(j, "late", gv_standing_is_late(s, e->name, ctx->now));
	json_answer(j, "few_copies", gv_standing_is_short(s, e->name));
	gv_drill_log_judge(&drill, log, e->name, ctx->now,
	    gv_policy_drill_every(&s->map->policy, e->name));
	if (drill.passed)
		gv_json_time(j, "drill_time", drill.passed->time);
	else
		gv_json_null(j, "drill_time");
	gv_json_bool(j, "drill_overdue", drill.is_overdue);
	json_answer(j, "slow", is_slow(s, &drill, e->name));
	json_functions(j, gv_policy_env(&s->map->policy, e->name));
	gv_json_end(j);
}

static void
json_component(struct gv_json *j, const struct gv_standing_component *c)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "environment", c->env);
	gv_json_string(j, "kind", gv_standing_kinds[c->kind]);
	if (c->path)
		gv_json_path(j, "path", c->path, strlen(c->path));
	else
		gv_json_null(j, "path");
	gv_json_uint(j, "files", c->files);
	gv_json_uint(j, "left_out", c->left);
	gv_json_bool(j, "stored", c->is_held);
	gv_json_string(j, "stack", c->stack);
	if (c->has_serial)
		gv_json_uint(j, "serial", c->serial);
	else
		gv_json_null(j, "serial");
	if (c->state_time)
		gv_json_time(j, "state_time", c->state_time);
	else
		gv_json_null(j, "state_time");
	gv_json_bool(j, "damaged", c->is_damaged);
	gv_json_bool(j, "locked", c->is_locked);
	gv_json_end(j);
}

static void
put(struct gv_ctx *ctx, const struct gv_standing *s,
    const struct gv_drill_log *log, const char *only)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "snapshot", *s->last.id ? s->last.id : NULL);
	if (*s->last.id)
		gv_json_time(j, "snapshot_time", s->last.time);
	else
		gv_json_null(j, "snapshot_time");
	gv_json_bool(j, "newest", s->is_newest);
	gv_json_uint(j, "copies", s->copies);
	gv_json_uint(j, "remotes", s->remotes);
	gv_json_array(j, "environments");
	for (i = 0; i < s->n_envs; i++)
		if (is_wanted(only, s->envs[i].name))
			json_env(ctx, s, &s->envs[i], log);
	gv_json_end(j);
	gv_json_array(j, "components");
	for (i = 0; i < s->n; i++)
		if (is_wanted(only, s->components[i].env))
			json_component(j, &s->components[i]);
	gv_json_end(j);
	gv_json_end(j);
}

static bool
has_env(const struct gv_standing *s, const char *env)
{
	size_t i;

	for (i = 0; i < s->n_envs; i++)
		if (strcmp(s->envs[i].name, env) == 0)
			return true;
	return false;
}

static int
unknown(const struct gv_standing *s, const char *env)
{
	struct gv_near near = gv_near_to(env, strlen(env));
	size_t i;

	for (i = 0; i < s->n_envs; i++)
		gv_near_add(&near, s->envs[i].name, strlen(s->envs[i].name));
	if (near.name)
		return gv_err(GV_ENOTFOUND,
		    "there is no environment '%s'; did you mean '%s'?", env,
		    near.name);
	return gv_err(GV_ENOTFOUND,
	    "there is no environment '%s'; to list them: git vault env", env);
}

static void
print(struct gv_ctx *ctx, const struct gv_standing *s,
    const struct gv_drill_log *log, const char *env)
{
	print_snapshot(ctx, s);
	if (s->n_envs == 0)
		return;
	print_envs(ctx, s, log, env);
	print_unsettled(ctx, s, env);
	print_wanted(ctx, s, log, env);
	if (s->n == 0)
		return;
	gv_out_printf(ctx->out, "\n");
	print_components(ctx, s, env);
}

int
gv_standing_out(
    struct gv_ctx *ctx, const struct gv_standing *s, const char *env)
{
	struct gv_drill_log log;

	if (env && !has_env(s, env))
		return unknown(s, env);
	/* one that cannot be read counts as no drill, as doctor does */
	if (gv_drill_log_load(&log, ctx->repo, NULL) < 0)
		log.n = 0;
	if (ctx->json)
		put(ctx, s, &log, env);
	else
		print(ctx, s, &log, env);
	gv_drill_log_release(&log);
	return 0;
}
