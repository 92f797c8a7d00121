#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "component/component_stored.h"
#include "component/component_trial.h"
#include "git-vault/component/component.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "object/repo_odb.h"
#include "policy/team.h"
#include "safe/safe.h"
#include "sys/self.h"

/* What came of all of them. */
struct count {
	size_t failed, unproven;
};

static void
tell(struct gv_ctx *ctx, const struct gv_component_stored *s,
    const struct gv_ref *ref, const struct gv_component_trial *t)
{
	static const char *const words[] = { "unproven", "proven  ", "proven  ",
		"checked ", "failed  " };
	struct gv_json *j = ctx->json;

	if (j == NULL) {
		gv_out_printf(ctx->out, "%s  %s %s of %s: %s\n",
		    words[t->result], s->text ? s->record.id : "",
		    s->text ? s->record.name : ref->name,
		    s->text ? s->record.env : "?", t->detail);
		return;
	}
	gv_json_object(j, NULL);
	gv_json_string(j, "ref", ref->name);
	gv_json_string(j, "id", s->text ? s->record.id : NULL);
	gv_json_string(j, "name", s->text ? s->record.name : NULL);
	gv_json_string(j, "environment", s->text ? s->record.env : NULL);
	gv_json_string(j, "type", s->text ? s->record.engine : NULL);
	gv_json_string(j, "result", gv_component_proofs[t->result]);
	gv_json_string(j, "detail", t->detail);
	gv_json_uint(j, "size", t->size);
	gv_json_int(j, "milliseconds", t->ms);
	gv_json_end(j);
}

static int
drill_one(struct count *n, struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_policy *policy, const char *self, const struct gv_ref *ref)
{
	struct gv_component_stored s = { .text = NULL };
	struct gv_component_trial trial = { .detail = NULL };
	const struct gv_policy_component *c;
	struct gv_odb *odb;
	int r = gv_repo_odb(ctx->repo, &odb);

	if (r == 0 && (r = gv_component_stored_load(&s, odb, ref)) == 0) {
		c = gv_policy_component(policy, s.record.name);
		r = gv_component_trial(&trial, ctx->repo, safe,
		    &(struct gv_component_trial_opts){ .stored = &s,
			.ref = ref,
			.self = self,
			.component = c && strcmp(c->env, s.record.env) == 0
			    ? c
			    : NULL });
	} else if (r < 0 && r != GV_ENOMEM) {
		trial.result = GV_COMPONENT_FAILED;
		trial.detail = gv_err_save();
		r = trial.detail ? 0 : GV_ENOMEM;
	}
	if (r == 0) {
		n->failed += trial.result == GV_COMPONENT_FAILED;
		n->unproven += trial.result == GV_COMPONENT_UNPROVEN;
		tell(ctx, &s, ref, &trial);
	}
	gv_component_trial_release(&trial);
	gv_component_stored_release(&s);
	return r;
}

static int
drill_each(struct count *n, struct gv_ctx *ctx, const struct gv_refs *refs)
{
	const struct gv_component_opts *o = ctx->opts;
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_buf self = GV_BUF_INIT;
	struct gv_safe *safe = NULL;
	struct gv_odb *odb;
	bool is;
	size_t i;
	int r = gv_repo_odb(ctx->repo, &odb);

	if (r == 0 && (r = gv_team_load(&policy, ctx->repo)) == 0 &&
	    (r = gv_self_path(&self)) == 0 && (r = gv_buf_check(&self)) == 0)
		r = gv_identity_opt_open(&safe, ctx, &o->identities);
	for (i = 0; r == 0 && i < refs->n; i++)
		if ((r = gv_component_is_newest(&is, odb, refs, i)) == 0 && is)
			r = drill_one(
			    n, ctx, safe, &policy, self.p, &refs->refs[i]);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	gv_buf_release(&self);
	gv_policy_release(&policy);
	return r;
}

int
gv_component_cmd_drill(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_component_opts *o = ctx->opts;
	struct gv_refs refs = { 0 };
	struct count n = { 0, 0 };
	int r = argc ? gv_component_find(&refs, ctx, argv[0], o->env)
		     : gv_component_list(&refs, ctx->repo, o->env, NULL);

	if (r == 0 && refs.n == 0)
		gv_out_say(ctx->out, "there is no dump of a component");
	if (r == 0 && ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "dumps");
	}
	if (r == 0)
		r = drill_each(&n, ctx, &refs);
	if (ctx->json && r == 0) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	}
	gv_refs_release(&refs);
	if (r < 0)
		return r;
	return n.failed ? 1 : n.unproven ? 3 : 0;
}
