#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/config/config_out.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "layer/layer_emit.h"

/* Where the value of a key comes from: each layer, in the order in which it
 * counts, the winner last. */

static const char *const states[] = { "not there", "found", "file missing",
	"deletes it", "hides it" };

struct explanation {
	const struct gv_config_view *view;
	const char *key, *strategy, *from;
	const struct gv_layer_value *value; /* NULL: none */
	struct gv_layer_told *told;
	struct gv_param_author author;
	size_t winner; /* the layer whose line is blamed, or SIZE_MAX */
};

static const char *
hidden(const struct explanation *e, const struct gv_layer_value *v)
{
	return e->view->reveals ? NULL : gv_param_veil(e->view->param, v);
}

static void
text_of(struct gv_buf *out, const struct explanation *e,
    const struct gv_layer_value *v)
{
	const char *instead = hidden(e, v);

	gv_buf_reset(out);
	if (instead)
		gv_buf_addstr(out, instead);
	else if (gv_layer_emit_plain(out, v) < 0)
		gv_buf_addstr(out, "(too large)");
}

static void
print_layer(struct gv_ctx *ctx, const struct explanation *e, size_t i)
{
	const struct gv_layer_told *t = &e->told[i];
	struct gv_buf text = GV_BUF_INIT;

	gv_out_paint(ctx->out, t->wins ? GV_OUT_ADDED : GV_OUT_DIM, "%s ",
	    t->wins ? "*" : " ");
	gv_out_path(ctx->out, e->view->param->layers[i]->name,
	    strlen(e->view->param->layers[i]->name));
	if (t->value)
		gv_out_printf(ctx->out, ":%u", t->value->line);
	if (gv_param_version(e->view->param, i))
		gv_out_printf(ctx->out, " (version %s)",
		    gv_param_version(e->view->param, i));
	gv_out_printf(ctx->out, "  %s", states[t->state]);
	if (t->state == GV_LAYER_FOUND) {
		text_of(&text, e, t->value);
		gv_out_printf(ctx->out, ": ");
		gv_out_text(ctx->out, text.p, text.len);
	}
	gv_out_printf(ctx->out, "\n");
	gv_buf_release(&text);
}

static void
print(struct gv_ctx *ctx, const struct explanation *e)
{
	const struct gv_param_author *a = &e->author;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	gv_out_paint(ctx->out, GV_OUT_HEAD, "%s", "");
	gv_out_text(ctx->out, e->key, strlen(e->key));
	if (e->value) {
		text_of(&text, e, e->value);
		gv_out_printf(ctx->out, " = ");
		gv_out_text(ctx->out, text.p, text.len);
	}
	gv_out_printf(
	    ctx->out, "\nmerged: %s (set by %s)\n", e->strategy, e->from);
	for (i = 0; i < e->view->param->n; i++)
		print_layer(ctx, e, i);
	if (a->commit[0]) {
		gv_out_printf(ctx->out, "commit %.12s by ", a->commit);
		gv_out_text(ctx->out, a->name, strlen(a->name));
		gv_out_printf(ctx->out, ": ");
		gv_out_text(ctx->out, a->summary, strlen(a->summary));
		gv_out_printf(ctx->out, "\n");
	} else if (e->winner != SIZE_MAX && !e->view->has_tree &&
	    !gv_param_is_stored(e->view->param)) {
		gv_out_printf(ctx->out, "not committed yet\n");
	}
	gv_buf_release(&text);
}

static int
add_value(struct gv_ctx *ctx, const struct explanation *e,
    const struct gv_layer_value *v)
{
	const char *instead = v ? hidden(e, v) : NULL;
	struct gv_json value = GV_JSON_INIT;
	int r = 0;

	if (v == NULL || instead) {
		gv_json_null(ctx->json, "value");
		gv_json_string(ctx->json, "hidden", instead);
		return 0;
	}
	if ((r = gv_layer_emit(&value.buf, v,
		 &(struct gv_layer_emit_opts){
		     .form = GV_LAYER_JSON, .is_flat = true })) == 0) {
		gv_json_insert(ctx->json, "value", &value);
		gv_json_null(ctx->json, "hidden");
	}
	gv_json_release(&value);
	return r;
}

static int
print_json(struct gv_ctx *ctx, const struct explanation *e)
{
	static const char *const names[] = { "absent", "found", "no_file",
		"deletes", "hides" };
	struct gv_json *j = ctx->json;
	size_t i;
	int r;

	gv_json_object(j, NULL);
	gv_json_string(j, "environment", e->view->env);
	gv_json_string(j, "key", e->key);
	if ((r = add_value(ctx, e, e->value)) < 0)
		return r;
	gv_json_string(j, "strategy", e->strategy);
	gv_json_string(j, "strategy_from", e->from);
	gv_json_array(j, "layers");
	for (i = 0; r == 0 && i < e->view->param->n; i++) {
		const struct gv_layer_told *t = &e->told[i];
		const char *name = e->view->param->layers[i]->name;
		const bool is_blamed = i == e->winner && e->author.commit[0];

		gv_json_object(j, NULL);
		gv_json_path(j, "file", name, strlen(name));
		gv_json_uint(j, "line", t->value ? t->value->line : 0);
		gv_json_uint(j, "column", t->value ? t->value->column : 0);
		gv_json_bool(j, "found", t->state == GV_LAYER_FOUND);
		gv_json_string(j, "state", names[t->state]);
		r = add_value(
		    ctx, e, t->state == GV_LAYER_FOUND ? t->value : NULL);
		gv_json_bool(j, "wins", t->wins);
		gv_json_string(
		    j, "version", gv_param_version(e->view->param, i));
		gv_json_string(
		    j, "commit", is_blamed ? e->author.commit : NULL);
		gv_json_string(j, "author", is_blamed ? e->author.name : NULL);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
	return r;
}

int
gv_config_out_explain(
    struct gv_ctx *ctx, const struct gv_config_view *view, const char *key)
{
	const struct gv_param *param = view->param;
	struct explanation e = { .view = view,
		.key = key,
		.value = *key ? gv_layer_find(param->tree.root, key) : NULL,
		.winner = SIZE_MAX };
	size_t i;
	int r;

	e.told = calloc(param->n + 1, sizeof(*e.told));
	if (e.told == NULL)
		return gv_err_nomem();
	if ((r = gv_param_strategy(&e.strategy, &e.from, param, key)) < 0)
		goto out;
	gv_param_explain(e.told, param, key);
	for (i = 0; i < param->n; i++)
		if (e.told[i].wins && e.told[i].value)
			e.winner = i;
	/* a snapshot is no commit of the project */
	if (e.winner != SIZE_MAX && (view->commit || !view->has_tree) &&
	    !gv_param_is_stored(param) &&
	    (r = gv_param_blame(&e.author, ctx->repo,
		 gv_param_path(param, e.winner), e.told[e.winner].value->line,
		 view->commit)) < 0)
		goto out;
	if (ctx->json)
		r = print_json(ctx, &e);
	else
		print(ctx, &e);
	if (r == 0 && e.value == NULL)
		r = 1;
out:
	free(e.told);
	return r;
}
