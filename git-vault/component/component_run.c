#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "component/component_run.h"
#include "git-vault/component/component.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/run_note.h"
#include "policy/team.h"
#include "safe/safe.h"

/* ---- what is said -------------------------------------------------------- */

static void
print_json(struct gv_ctx *ctx, const struct gv_policy_component *c,
    const struct gv_component_ran *ran)
{
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "status", ran->why ? "failed" : "stored");
	if (ran->why) {
		gv_json_string(j, "name", c->name);
		gv_json_string(j, "environment", c->env);
		gv_json_string(j, "type", gv_policy_engines[c->engine]);
	} else {
		gv_component_json(j, &ran->record);
		gv_json_uint(j, "size", ran->size);
	}
	gv_json_string(j, "reason", ran->why);
	gv_json_string(j, "warning", ran->broken);
	gv_json_int(j, "milliseconds", ran->took_ms);
	gv_json_end(j);
}

/* What was stored, in the words that were asked for. */
static void
print_text(struct gv_ctx *ctx, const struct gv_component_ran *ran)
{
	const struct gv_component_record *rec = &ran->record;
	char size[GV_OUT_SIZE_MAX];

	gv_out_size(size, ran->size);
	gv_out_id(ctx->out, rec->id);
	gv_out_printf(ctx->out, "\n");
	if (*rec->base)
		gv_out_say(ctx->out,
		    "stored %s of %s: %s, %" PRIu64 " of %" PRIu64
		    " pieces new, %" PRIu64 " of these as changes to %s",
		    rec->name, rec->env, size, rec->fresh, rec->pieces,
		    rec->deltas, rec->base);
	else
		gv_out_say(ctx->out, "stored %s of %s: %s, a whole copy%s%s",
		    rec->name, rec->env, size,
		    rec->mode && strcmp(rec->mode, "full") != 0
			? ", although asked for: "
			: "",
		    rec->mode && strcmp(rec->mode, "full") != 0 ? rec->mode
								: "");
	if (rec->outside)
		gv_out_say(ctx->out, "its backup is labelled %s%s%s",
		    rec->outside, rec->lsn ? ", up to " : "",
		    rec->lsn ? rec->lsn : "");
}

static void
print(struct gv_ctx *ctx, const struct gv_policy_component *c,
    const struct gv_component_ran *ran)
{
	if (ctx->json)
		print_json(ctx, c, ran);
	else if (ran->why == NULL)
		print_text(ctx, ran);
	if (ran->why)
		gv_out_warn(ctx->out,
		    "the component %s of %s was not stored: %s; its last dump "
		    "stays",
		    c->name, c->env, ran->why);
	if (ran->broken)
		gv_out_warn(ctx->out,
		    "the last dump of %s is no base: %s; what depends on it "
		    "was stored whole",
		    c->name, ran->broken);
}

/* ---- the runs ------------------------------------------------------------ */

static int
check_mode(const struct gv_component_opts *o)
{
	return o->mode && strcmp(o->mode, "full") != 0 &&
		strcmp(o->mode, "incremental") != 0 &&
		strcmp(o->mode, "differential") != 0
	    ? gv_err(GV_EUSAGE,
		  "--mode takes full, incremental or differential, not '%s'",
		  o->mode)
	    : 0;
}

static int
run_one(bool *failed, struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_policy_component *c, const struct gv_component_opts *o)
{
	const struct gv_component_run_opts opts = { .component = c,
		.label = o->label,
		.point = o->point,
		.mode = o->mode,
		.now = ctx->now };
	struct gv_component_ran ran;
	int r = gv_component_run(&ran, ctx->repo, safe, &opts);

	if (r == 0)
		print(ctx, c, &ran);
	*failed |= ran.why != NULL;
	gv_component_ran_release(&ran);
	return r;
}

static int
refuse_unknown(const struct gv_policy *policy, const char *name)
{
	struct gv_buf names = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < policy->components.n; i++)
		gv_buf_addf(&names, "%s%s", i ? ", " : "",
		    policy->components.items[i].name);
	r = names.len
	    ? gv_err(GV_ENOTFOUND,
		  "the policy in force has no component '%s'; it has %s", name,
		  names.p)
	    : gv_err(GV_ENOTFOUND,
		  "the policy in force has no component '%s'; if others wrote "
		  "it, accept it first: git vault policy accept",
		  name);
	gv_buf_release(&names);
	return r;
}

static int
check_names(const struct gv_policy *policy, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gv_policy_component(policy, names[i]) == NULL)
			return refuse_unknown(policy, names[i]);
	return 0;
}

static int
run_each(bool *failed, struct gv_ctx *ctx, const struct gv_policy *policy,
    const char *const *names, size_t n, const struct gv_component_opts *o)
{
	const size_t all = n ? n : policy->components.n;
	struct gv_safe *safe = NULL;
	size_t i;
	int r = gv_identity_opt_open(&safe, ctx, &o->identities);

	for (i = 0; r == 0 && i < all; i++) {
		const struct gv_policy_component *c = n
		    ? gv_policy_component(policy, names[i])
		    : &policy->components.items[i];

		if (o->env == NULL || strcmp(o->env, c->env) == 0)
			r = run_one(failed, ctx, safe, c, o);
	}
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	return r;
}

int
gv_component_run_all(struct gv_ctx *ctx, const struct gv_policy *policy,
    const char *const *names, size_t n, const struct gv_component_opts *o)
{
	bool failed = false;
	int r = check_names(policy, names, n);

	if (r < 0)
		return r;
	if (ctx->json)
		gv_json_array(ctx->json, "components");
	r = run_each(&failed, ctx, policy, names, n, o);
	if (ctx->json)
		gv_json_end(ctx->json);
	return r < 0 ? r : failed ? 3 : 0;
}

/* ---- points -------------------------------------------------------------- */

/* What was begun is ended, also after a failure: an application that waits must
 * not wait for ever. */
static int
run_moment(struct gv_ctx *ctx, const struct gv_policy *policy,
    const struct gv_policy_moment *m, const struct gv_component_opts *o)
{
	int after, r;
	char *saved;

	r = gv_component_command(ctx->repo, &m->before, false);
	if (r < 0)
		r = gv_err_in(r, "before the point %s", m->name);
	if (r == 0)
		r = gv_component_run_all(
		    ctx, policy, m->components.items, m->components.n, o);
	saved = gv_err_save();
	after = gv_component_command(ctx->repo, &m->after, true);
	if (after < 0)
		gv_out_warn(ctx->out, "after the point %s: %s", m->name,
		    gv_err_message());
	gv_err_restore(saved);
	return r < 0 ? r : after < 0 ? 3 : r;
}

static int
run_point(struct gv_ctx *ctx, const struct gv_policy *policy)
{
	struct gv_component_opts o =
	    *(const struct gv_component_opts *)ctx->opts;
	const struct gv_policy_moment *m = gv_policy_moment(policy, o.point);
	char time[GV_TIME_MAX];
	struct gv_buf label = GV_BUF_INIT;
	int r;

	if (m == NULL)
		return gv_err(GV_ENOTFOUND,
		    "the policy in force has no point '%s'; if others wrote "
		    "it, accept it first: git vault policy accept",
		    o.point);
	gv_time_compact(time, ctx->now);
	gv_buf_addf(&label, "%s-%s", m->name, time);
	if ((r = gv_buf_check(&label)) == 0) {
		o.label = o.label ? o.label : label.p;
		r = run_moment(ctx, policy, m, &o);
	}
	gv_buf_release(&label);
	return r;
}

/* A scheduled run of an environment that has lost its components must fail. */
static int
check_env(const struct gv_policy *policy, const char *env)
{
	size_t i;

	for (i = 0; env && i < policy->components.n; i++)
		if (strcmp(policy->components.items[i].env, env) == 0)
			return 0;
	return env ? gv_err(GV_ENOTFOUND,
			 "the policy in force has no component of the "
			 "environment '%s'",
			 env)
		   : 0;
}

int
gv_component_cmd_run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_component_opts *o = ctx->opts;
	struct gv_policy policy = GV_POLICY_INIT;
	int r = check_mode(o);

	if (r == 0 && (o->point || o->env) && argc)
		r = gv_err(GV_EUSAGE,
		    "--point and --env choose the components: leave the "
		    "names out");
	if (r == 0 && o->point && o->env)
		r = gv_err(GV_EUSAGE, "--point and --env exclude each other");
	if (r < 0 || (r = gv_team_load(&policy, ctx->repo)) < 0)
		return r;
	if ((r = check_env(&policy, o->env)) < 0) {
		gv_policy_release(&policy);
		return r;
	}
	gv_run_note_counts(ctx);
	if (ctx->json)
		gv_json_object(ctx->json, NULL);
	if (argc == 0 && o->point == NULL && policy.components.n == 0)
		r = gv_err(GV_ENOTFOUND,
		    "no components are in force: describe them in "
		    "'components:' of .gitvault.yaml (git vault help "
		    "component); if others did, accept them: git vault policy "
		    "accept");
	else if (o->point)
		r = run_point(ctx, &policy);
	else
		r = gv_component_run_all(
		    ctx, &policy, (const char *const *)argv, (size_t)argc, o);
	if (ctx->json && r >= 0)
		gv_json_end(ctx->json);
	gv_policy_release(&policy);
	return r;
}
