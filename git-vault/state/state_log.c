#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_binding.h"
#include "git-vault/state/state_version.h"
#include "state/track_good.h"

struct log {
	struct gv_ctx *ctx;
	int64_t left;
	struct gv_state_binding binding;
	bool is_refused; /* the one that is printed */
};

/* What is beside the point of most versions. */
static const char *
remark(const struct log *l, const struct gv_track_version *v)
{
	return l->is_refused      ? v->bound
	    : gv_track_is_gone(v) ? "deleted"
	    : v->damage           ? "damaged"
	    : v->forced           ? "forced"
	    : v->is_encrypted     ? "encrypted by the tool"
				  : "";
}

static int
print_one(struct log *l, const struct gv_track_version *v)
{
	struct gv_out *out = l->ctx->out;
	char id[GV_STATE_VERSION_ID], serial[24], size[GV_OUT_SIZE_MAX];
	char age[GV_TIME_MAX], code[GV_OID_HEX + 1] = "-";

	if (l->ctx->json) {
		gv_state_version_json(l->ctx->json, NULL, v);
		return gv_out_stopped(out);
	}
	gv_state_version_id(id, v);
	gv_state_version_serial(serial, v);
	gv_out_size(size, v->size);
	gv_time_relative(age, v->time, l->ctx->now);
	if (!gv_oid_is_zero(&v->code))
		gv_oid_format(code, &v->code);
	gv_out_cell_id(out, GV_OUT_ID, id);
	gv_out_cell_text(out, GV_OUT_PLAIN, serial);
	gv_out_cell(out, GV_OUT_PLAIN, "%.12s", code);
	gv_out_cell(out, GV_OUT_PLAIN, "%" PRIu64, v->items);
	gv_out_cell_text(out, GV_OUT_PLAIN, size);
	gv_out_cell_text(out, GV_OUT_DIM, age);
	gv_out_cell_text(out, GV_OUT_PLAIN, v->host ? v->host : "-");
	gv_out_cell_text(out, GV_OUT_CHANGED, remark(l, v));
	return gv_out_stopped(out);
}

static int
print(void *ctx, const struct gv_track_version *v)
{
	struct log *l = ctx;
	struct gv_track_version looked = *v;
	int r;

	if (l->left-- <= 0)
		return 1;
	r = gv_state_binding_look(&l->binding, &looked);
	l->is_refused = r > 0;
	return r < 0 ? r : print_one(l, &looked);
}

int
gv_state_log(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_out_column columns[] = {
		{ .head = "VERSION", .whole = true },
		{ .head = "SERIAL", .right = true },
		{ .head = "COMMIT", .whole = true, .extra = 2 },
		{ .head = "RESOURCES", .right = true },
		{ .head = "SIZE", .right = true, .extra = 3 },
		{ .head = "SAVED", .whole = true },
		{ .head = "HOST", .extra = 1 },
		{ .head = "", .cut = true },
	};
	const struct gv_state_opts *o = ctx->opts;
	struct log l = { .ctx = ctx,
		.binding = { .ctx = ctx },
		.left = o->limit < 0 ? INT64_MAX : o->limit };
	struct gv_track_version hold;
	struct gv_track_of of;
	int r;

	(void)argc;
	(void)argv;
	if ((r = gv_state_version_of(&of, &hold, ctx)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "versions");
	} else {
		gv_out_columns(ctx->out, columns, 8);
	}
	r = gv_track_log(ctx->repo, &of, print, &l);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
out:
	gv_state_binding_close(&l.binding);
	gv_track_version_release(&hold);
	return r;
}
