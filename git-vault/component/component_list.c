#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "component/component_stored.h"
#include "git-vault/component/component.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "object/repo_odb.h"
#include "policy/team.h"

static const struct gv_out_column columns[] = {
	{ .head = "NAME" },
	{ .head = "ENV", .varies = true },
	{ .head = "ID", .whole = true },
	{ .head = "AGE", .whole = true },
	{ .head = "SIZE", .right = true },
	{ .head = "TYPE", .extra = 1 },
	{ .head = "STORED", .extra = 2 },
	{ .head = "LABEL", .cut = true },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
print_row(struct gv_ctx *ctx, const struct gv_component_stored *s)
{
	const struct gv_component_record *rec = &s->record;
	char age[GV_TIME_MAX], size[GV_OUT_SIZE_MAX];
	const char *label = rec->label ? rec->label : rec->outside;

	gv_time_relative(age, s->time, ctx->now);
	gv_out_size(size, rec->bytes);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rec->name);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rec->env);
	gv_out_cell_id(ctx->out, GV_OUT_ID, rec->id);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, size);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rec->engine);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, gv_component_stored_as(rec));
	gv_out_cell_text(ctx->out, GV_OUT_TAG, label ? label : "-");
}

static void
print_json(struct gv_ctx *ctx, const struct gv_component_stored *s)
{
	gv_json_object(ctx->json, NULL);
	gv_component_json(ctx->json, &s->record);
	gv_json_time(ctx->json, "time", s->time);
	gv_json_end(ctx->json);
}

/* One that is damaged is reported, and does not hide the others. */
static int
print_dumps(struct gv_ctx *ctx, const struct gv_refs *refs)
{
	struct gv_component_stored s = { .text = NULL };
	struct gv_odb *odb;
	size_t i;
	int status = 0, r = gv_repo_odb(ctx->repo, &odb);

	for (i = refs->n; r >= 0 && i-- > 0;) {
		r = gv_component_stored_load(&s, odb, &refs->refs[i]);
		if (r == GV_ENOMEM)
			break;
		if (r < 0) {
			gv_out_warn(ctx->out, "%s", gv_err_message());
			status = 3;
			r = 0;
			continue;
		}
		if (ctx->json)
			print_json(ctx, &s);
		else
			print_row(ctx, &s);
		gv_component_stored_release(&s);
	}
	return r < 0 ? r : status;
}

static bool
has_dump(const struct gv_refs *refs, const struct gv_policy_component *c)
{
	const char *id, *env, *name;
	size_t env_len, name_len, i;

	for (i = 0; i < refs->n; i++)
		if (gv_component_ref_split(&id, &env, &env_len, &name,
			&name_len, refs->refs[i].name) &&
		    strlen(c->env) == env_len &&
		    memcmp(c->env, env, env_len) == 0 &&
		    strlen(c->name) == name_len &&
		    memcmp(c->name, name, name_len) == 0)
			return true;
	return false;
}

/* Components of which nothing is stored must not be missed among the others. */
static void
print_never(struct gv_ctx *ctx, const struct gv_policy *policy,
    const struct gv_refs *refs, const char *of)
{
	size_t i, k;

	for (i = 0; i < policy->components.n; i++) {
		const struct gv_policy_component *c =
		    &policy->components.items[i];
		const char *const cells[N_COLUMNS] = { c->name, c->env, "-",
			"never", "-", gv_policy_engines[c->engine], "-", "-" };

		if ((of && strcmp(of, c->env) != 0) || has_dump(refs, c))
			continue;
		for (k = 0; k < N_COLUMNS; k++)
			gv_out_cell_text(ctx->out,
			    k == 3 ? GV_OUT_REMOVED : GV_OUT_PLAIN, cells[k]);
	}
}

/* What the policy has: it may not be accepted, and what is not is not there. */
static void
print_components(struct gv_ctx *ctx, const struct gv_policy *policy)
{
	size_t i;

	if (ctx->json == NULL)
		return;
	gv_json_array(ctx->json, "components");
	for (i = 0; i < policy->components.n; i++) {
		const struct gv_policy_component *c =
		    &policy->components.items[i];

		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "name", c->name);
		gv_json_string(ctx->json, "environment", c->env);
		gv_json_string(ctx->json, "type", gv_policy_engines[c->engine]);
		gv_json_string(ctx->json, "mode", c->mode);
		gv_json_end(ctx->json);
	}
	gv_json_end(ctx->json);
}

static void
say_none(struct gv_ctx *ctx, const struct gv_policy *policy)
{
	if (policy->components.n)
		gv_out_say(ctx->out,
		    "there is no dump yet; to make one of each component: git "
		    "vault component run");
	else
		gv_out_say(ctx->out,
		    "no components are in force; describe them in "
		    "'components:' of .gitvault.yaml (git vault help "
		    "component), and accept what others wrote: git vault "
		    "policy accept");
}

int
gv_component_cmd_list(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_component_opts *o = ctx->opts;
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_refs refs = { 0 };
	int r = gv_team_load(&policy, ctx->repo);

	if (r < 0)
		return r;
	r = argc ? gv_component_find(&refs, ctx, argv[0], o->env)
		 : gv_component_list(&refs, ctx->repo, o->env, NULL);
	if (r == 0 && ctx->json) {
		gv_json_object(ctx->json, NULL);
		print_components(ctx, &policy);
		gv_json_array(ctx->json, "dumps");
		r = print_dumps(ctx, &refs);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else if (r == 0) {
		gv_out_columns(ctx->out, columns, N_COLUMNS);
		r = print_dumps(ctx, &refs);
		if (argc == 0 && refs.n)
			print_never(ctx, &policy, &refs, o->env);
		gv_out_columns_end(ctx->out);
		if (refs.n == 0)
			say_none(ctx, &policy);
	}
	gv_refs_release(&refs);
	gv_policy_release(&policy);
	return r;
}
