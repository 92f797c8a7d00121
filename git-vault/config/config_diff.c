#include <string.h>

#include "base/buf.h"
#include "git-vault/config/config_judge.h"
#include "git-vault/config/config_out.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

/* What two configurations differ in, by key, and what the drift engine says of
 * it. */

struct comparison {
	struct gv_ctx *ctx;
	const struct gv_config_view *of, *other;
	const struct gv_config_judge *judge;
	bool is_back; /* only what the other one does not have */
	int differs;
};

/* "drift, high"; "same" is what only has the name of its environment in it. */
static void
add_verdict(struct gv_out *out, const struct gv_config_judged *judged)
{
	const bool is_drift = strcmp(judged->verdict, "drift") == 0;
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addstr(&text, judged->verdict);
	if (is_drift && judged->severity)
		gv_buf_addf(&text, ", %s", judged->severity);
	gv_out_cell_buf(out, is_drift ? GV_OUT_CHANGED : GV_OUT_DIM, &text);
	gv_buf_release(&text);
}

static void
add_verdict_json(struct gv_json *j, const struct gv_config_judged *judged)
{
	gv_json_string(j, "verdict", judged->verdict);
	gv_json_string(j, "class", judged->class);
	gv_json_string(j, "severity", judged->severity);
	gv_json_string(j, "says", judged->says);
}

static int
tell(struct comparison *c, const char *path, const struct gv_layer_value *left,
    const struct gv_layer_value *right)
{
	const struct gv_config_view *views[2] = { c->of, c->other };
	const struct gv_layer_value *two[2] = { left, right };
	struct gv_out *out = c->ctx->out;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_config_judged judged;
	int i, r = 0;

	c->differs = 1;
	gv_config_judge(&judged, c->judge, path);
	if (c->ctx->json) {
		gv_json_object(c->ctx->json, NULL);
		gv_json_string(c->ctx->json, "key", path);
		for (i = 0; r == 0 && i < 2; i++) {
			gv_json_object(c->ctx->json, i ? "right" : "left");
			r = gv_config_out_add_json(
			    c->ctx, views[i], two[i], "value");
			gv_json_string(c->ctx->json, "file",
			    two[i] ? gv_config_out_file(views[i], two[i])
				   : NULL);
			gv_json_uint(
			    c->ctx->json, "line", two[i] ? two[i]->line : 0);
			gv_json_end(c->ctx->json);
		}
		add_verdict_json(c->ctx->json, &judged);
		gv_json_end(c->ctx->json);
		return r;
	}
	gv_out_cell_text(out, GV_OUT_CHANGED, path);
	for (i = 0; r == 0 && i < 2; i++) {
		if (two[i] &&
		    (r = gv_config_out_add_text(&text, views[i], two[i])) < 0)
			break;
		if (two[i] == NULL)
			gv_buf_addstr(&text, "-");
		gv_out_cell_buf(out, i ? GV_OUT_ADDED : GV_OUT_REMOVED, &text);
	}
	add_verdict(out, &judged);
	gv_buf_release(&text);
	return r;
}

static int
compare_leaf(void *arg, const char *path, const struct gv_layer_value *v)
{
	struct comparison *c = arg;
	const struct gv_layer_value *w =
	    gv_layer_find(c->other->param->tree.root, path);
	struct comparison back = {
		.ctx = c->ctx, .of = c->other, .other = c->of, .judge = c->judge
	};
	int r;

	/* of a map on the other side, its own keys are printed */
	if (w && w->n > 0)
		w = NULL;
	if (w == NULL && c->is_back) {
		r = tell(&back, path, NULL, v);
		c->differs |= back.differs;
		return r;
	}
	if (c->is_back || (w && gv_layer_is_equal(v, w)))
		return 0;
	return tell(c, path, v, w);
}

int
gv_config_out_diff(struct gv_ctx *ctx, const struct gv_config_view *left,
    const struct gv_config_view *right)
{
	const struct gv_out_column columns[] = { { .head = "KEY" },
		{ .head = left->label, .cut = true },
		{ .head = right->label, .cut = true }, { .head = "VERDICT" } };
	struct gv_config_judge *judge = NULL;
	struct comparison c = { .ctx = ctx, .of = left, .other = right };
	struct comparison back = {
		.ctx = ctx, .of = right, .other = left, .is_back = true
	};
	int r = gv_config_judge_open(&judge, ctx, left, right);

	if (r < 0)
		return r;
	c.judge = back.judge = judge;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "left", left->label);
		gv_json_string(ctx->json, "right", right->label);
		gv_json_array(ctx->json, "differences");
	} else {
		gv_out_columns(ctx->out, columns, 4);
	}
	if ((r = gv_layer_each(left->param->tree.root, compare_leaf, &c)) == 0)
		r = gv_layer_each(right->param->tree.root, compare_leaf, &back);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
	gv_config_judge_close(judge);
	return r < 0 ? r : c.differs || back.differs;
}
