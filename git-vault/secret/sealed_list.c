#include "git-vault/secret/sealed.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed_open.h"
#include "git-vault/secret/sealed_out.h"
#include "safe/safe.h"
#include "secret/secret_leaked.h"
#include "secret/secret_shared.h"

struct match {
	const char *wanted;
	bool found;
};

static void
match_environment(void *ctx, const char *environment)
{
	struct match *m = ctx;

	m->found = m->found || strcmp(environment, m->wanted) == 0;
}

static bool
is_wanted(const struct gv_ctx *ctx, const struct gv_inventory_value *v)
{
	const struct gv_sealed_opts *o = ctx->opts;
	struct match m = { o->env, o->env == NULL };

	if (o->env)
		gv_sealed_out_environments(v, match_environment, &m);
	return m.found;
}

static enum gv_out_slot
slot_of(const struct gv_inventory_value *v)
{
	return v->life.is_revoked        ? GV_OUT_REMOVED
	    : v->life.is_rotated         ? GV_OUT_CHANGED
	    : v->is_used || v->life.name ? GV_OUT_PLAIN
					 : GV_OUT_DIM;
}

static void
print_row(struct gv_out *out, const struct gv_inventory *inv,
    const struct gv_inventory_value *v)
{
	char id[GV_SEALED_OUT_ID];

	gv_sealed_out_id(id, v);
	gv_out_cell_id(out, GV_OUT_ID, id);
	gv_out_cell_text(out, slot_of(v), gv_inventory_state(v));
	gv_out_cell_text(out, GV_OUT_TAG, v->scope);
	gv_out_cell_text(out, GV_OUT_PLAIN, gv_sealed_out_rule(v));
	gv_out_cell(out, GV_OUT_PLAIN, "%" PRIu64, v->n_files);
	gv_out_cell_id(out,
	    gv_inventory_is_current(v) ? GV_OUT_PLAIN : GV_OUT_DIM,
	    !v->is_used                      ? "-"
		: gv_inventory_is_current(v) ? "now"
					     : inv->snapshots[v->newest].id);
	if (v->n_places)
		gv_out_cell_path(out, GV_OUT_PLAIN, v->places[0].path,
		    v->places[0].path_len);
	else
		gv_out_cell_text(
		    out, GV_OUT_PLAIN, v->life.name ? v->life.name : "");
}

static void
print_text(struct gv_ctx *ctx, const struct gv_inventory *inv)
{
	static const struct gv_out_column columns[] = { { .head = "ID",
							    .whole = true },
		{ .head = "STATE" }, { .head = "SCOPE" }, { .head = "RULE" },
		{ .head = "FILES", .right = true, .extra = 1 },
		{ .head = "LAST", .whole = true },
		{ .head = "PATH", .cut = true } };
	size_t i;

	gv_out_columns(ctx->out, columns, 7);
	for (i = 0; i < inv->n; i++)
		if (is_wanted(ctx, &inv->values[i]))
			print_row(ctx->out, inv, &inv->values[i]);
	gv_out_columns_end(ctx->out);
}

static void
print_json(struct gv_ctx *ctx, const struct gv_inventory *inv)
{
	size_t i;

	gv_json_array(ctx->json, "secrets");
	for (i = 0; i < inv->n; i++) {
		if (!is_wanted(ctx, &inv->values[i]))
			continue;
		gv_json_object(ctx->json, NULL);
		gv_sealed_out_json(ctx->json, inv, &inv->values[i]);
		gv_json_end(ctx->json);
	}
	gv_json_end(ctx->json);
}

/* "verified" as of findings: somebody of one environment has the credential of
 * another; of a scope that is for all of them that may be meant. */
static const char *
grade_of(const struct gv_secret_shared_group *g)
{
	return g->crosses_environments ? "verified" : "possible";
}

static void
print_group(struct gv_ctx *ctx, const struct gv_secret_shared_group *g)
{
	char id[GV_SEALED_OUT_ID];
	size_t i;

	gv_out_paint(ctx->out, GV_OUT_CHANGED, "reused");
	gv_out_printf(ctx->out, " (%s):", grade_of(g));
	for (i = 0; i < g->n; i++) {
		gv_sealed_out_id(id, g->values[i]);
		gv_out_printf(ctx->out, " %s", g->values[i]->scope);
		gv_out_paint(ctx->out, GV_OUT_ID, " %s", id);
	}
	gv_out_printf(ctx->out, "\n");
}

static void
print_group_json(struct gv_json *j, const struct gv_secret_shared_group *g)
{
	char id[GV_SEALED_OUT_ID];
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "ids");
	for (i = 0; i < g->n; i++) {
		gv_sealed_out_hex(id, &g->values[i]->id);
		gv_json_string(j, NULL, id);
	}
	gv_json_end(j);
	gv_json_array(j, "scopes");
	for (i = 0; i < g->n; i++)
		gv_json_string(j, NULL, g->values[i]->scope);
	gv_json_end(j);
	gv_json_string(j, "grade", grade_of(g));
	gv_json_end(j);
}

/* Values that are the same in several scopes: all are opened for it. */
static int
print_reuse(struct gv_ctx *ctx, const struct gv_inventory *inv)
{
	struct gv_safe *safe = NULL;
	struct gv_secret_shared reuse = { .n = 0 };
	char count[GV_OUT_SIZE_MAX];
	size_t i;
	int r = gv_sealed_open(&safe, ctx);

	if (r == 0 && (r = gv_secret_shared_find(&reuse, safe, inv)) == 0 &&
	    ctx->json)
		gv_json_array(ctx->json, "reuse");
	for (i = 0; r == 0 && i < reuse.n; i++) {
		if (ctx->json)
			print_group_json(ctx->json, &reuse.groups[i]);
		else
			print_group(ctx, &reuse.groups[i]);
	}
	if (r == 0 && ctx->json)
		gv_json_end(ctx->json);
	if (r == 0 && reuse.unopened) {
		gv_out_count(count, reuse.unopened, "value");
		gv_out_say(ctx->out,
		    "%s could not be opened, so nothing is known of their "
		    "reuse",
		    count);
	}
	gv_secret_shared_release(&reuse);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	return r;
}

static void
print_place(struct gv_ctx *ctx, const struct gv_inventory_value *v,
    const struct gv_secret_leaked_place *p)
{
	char id[GV_SEALED_OUT_ID], hex[GV_OID_HEX + 1];

	if (ctx->json) {
		gv_sealed_out_hex(id, &v->id);
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "id", id);
		gv_json_path(ctx->json, "path", p->path, strlen(p->path));
		gv_json_oid(ctx->json, "commit", &p->commit);
		gv_json_oid(ctx->json, "object", &p->blob);
		gv_json_end(ctx->json);
		return;
	}
	gv_sealed_out_id(id, v);
	gv_oid_format(hex, &p->commit);
	gv_out_paint(ctx->out, GV_OUT_REMOVED, "exposed");
	gv_out_paint(ctx->out, GV_OUT_ID, " %s", id);
	gv_out_printf(ctx->out, ": commit %.12s, ", hex);
	gv_out_path(ctx->out, p->path, strlen(p->path));
	gv_out_printf(ctx->out, "; rotate it\n");
}

/* Values that everybody with a clone has. */
static int
print_exposed(struct gv_ctx *ctx, const struct gv_inventory *inv)
{
	struct gv_safe *safe = NULL;
	struct gv_secret_leaked exposure = { .n = 0 };
	char count[GV_OUT_SIZE_MAX];
	size_t i;
	int r = gv_sealed_open(&safe, ctx);

	if (r == 0 &&
	    (r = gv_secret_leaked_find(&exposure, ctx->repo, safe, inv)) == 0 &&
	    ctx->json)
		gv_json_array(ctx->json, "exposed");
	for (i = 0; r == 0 && i < inv->n; i++)
		if (exposure.places[i].path)
			print_place(ctx, &inv->values[i], &exposure.places[i]);
	if (r == 0 && ctx->json)
		gv_json_end(ctx->json);
	if (r == 0 && exposure.unopened) {
		gv_out_count(count, exposure.unopened, "value");
		gv_out_say(ctx->out,
		    "%s could not be opened, or is too short to be sought",
		    count);
	}
	gv_secret_leaked_release(&exposure);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	return r;
}

int
gv_sealed_list(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_sealed_opts *o = ctx->opts;
	const struct gv_inventory_opts which = {
		.scopes = o->scopes.items,
		.n_scopes = o->scopes.n,
	};
	struct gv_inventory inv;
	int r;

	(void)argc;
	(void)argv;
	if ((r = gv_inventory_load(&inv, ctx->repo, &which)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		print_json(ctx, &inv);
	} else {
		print_text(ctx, &inv);
	}
	if (o->reuse && (r = print_reuse(ctx, &inv)) < 0)
		goto out;
	if (o->exposed && (r = print_exposed(ctx, &inv)) < 0)
		goto out;
	if (ctx->json)
		gv_json_end(ctx->json);
	r = gv_sealed_out_damaged(ctx, &inv);
out:
	gv_inventory_release(&inv);
	return r;
}
