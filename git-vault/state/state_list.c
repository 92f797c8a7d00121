#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_binding.h"
#include "git-vault/state/state_stack.h"
#include "git-vault/state/state_version.h"
#include "state/track_good.h"

struct list {
	struct gv_ctx *ctx;
	const struct gv_state_opts *o;
	int64_t shown;
	bool has_damage;
	struct gv_state_binding binding;
};

static bool
is_wanted(const struct list *l, const struct gv_track_version *v)
{
	return (l->o->env == NULL || strcmp(l->o->env, v->env) == 0) &&
	    (l->o->stack == NULL || strcmp(l->o->stack, v->stack) == 0);
}

static int
print(void *ctx, const struct gv_track_version *v)
{
	struct list *l = ctx;
	struct gv_out *out = l->ctx->out;
	char id[GV_STATE_VERSION_ID], serial[24], size[GV_OUT_SIZE_MAX];
	struct gv_track_version looked = *v;
	char age[GV_TIME_MAX];
	int r;

	if (!is_wanted(l, v))
		return 0;
	r = gv_state_binding_look(&l->binding, &looked);
	if (r < 0)
		return r;
	l->has_damage |= r > 0;
	if (l->ctx->json) {
		gv_state_version_json(l->ctx->json, NULL, &looked);
		return 0;
	}
	gv_state_version_id(id, v);
	gv_state_version_serial(serial, v);
	gv_out_size(size, v->size);
	gv_time_relative(age, v->time, l->ctx->now);
	gv_out_cell_text(out, GV_OUT_TAG, v->env);
	gv_out_cell_text(out, GV_OUT_TAG, v->stack);
	gv_out_cell_text(out,
	    v->damage || r > 0 ? GV_OUT_REMOVED : GV_OUT_PLAIN,
	    gv_track_is_gone(v) ? "(deleted)" : v->tool);
	gv_out_cell_text(out, GV_OUT_PLAIN, serial);
	gv_out_cell(out, GV_OUT_PLAIN, "%" PRIu64, v->items);
	gv_out_cell_text(out, GV_OUT_PLAIN, size);
	gv_out_cell_text(out, GV_OUT_DIM, age);
	gv_out_cell_id(out, GV_OUT_ID, id);
	return 0;
}

static int
warn(void *ctx, const char *ref)
{
	struct list *l = ctx;

	(void)ref;
	gv_out_warn(l->ctx->out, "%s", gv_err_message());
	l->has_damage = true;
	return 0;
}

int
gv_state_list(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_out_column columns[] = {
		{ .head = "ENV" },
		{ .head = "STACK" },
		{ .head = "TOOL" },
		{ .head = "SERIAL", .right = true },
		{ .head = "RESOURCES", .right = true, .extra = 1 },
		{ .head = "SIZE", .right = true, .extra = 2 },
		{ .head = "SAVED", .whole = true },
		{ .head = "VERSION", .whole = true },
	};
	struct list l = {
		.ctx = ctx, .o = ctx->opts, .binding = { .ctx = ctx }
	};
	int r = gv_state_stack_check_said(ctx);

	(void)argc;
	(void)argv;
	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "states");
	} else {
		gv_out_columns(ctx->out, columns, 8);
	}
	r = gv_track_each(ctx->repo, print, warn, &l);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
	gv_state_binding_close(&l.binding);
	return r < 0 ? r : l.has_damage ? 3 : 0;
}
