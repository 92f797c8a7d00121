#include "git-vault/config/config_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/shell.h"
#include "git-vault/config/config_sealed.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "layer/layer_emit.h"

/* ---- values -------------------------------------------------------------- */

static const char *
veil(const struct gv_config_view *view, const struct gv_layer_value *v)
{
	if (!view->reveals)
		return gv_param_veil(view->param, v);
	return NULL;
}

/* What stands for a value in a text for programs: a word that hides it, or what
 * was opened. */
static const char *
stand_in(void *ctx, const struct gv_layer_value *v)
{
	const struct gv_config_view *view = ctx;

	return view->reveals ? NULL : gv_param_veil(view->param, v);
}

static const struct gv_layer_value *
opened(void *ctx, const struct gv_layer_value *v)
{
	return gv_config_sealed_value(ctx, v);
}

/* A value that may be shown, as `get` prints it. */
static int
emit_plain(struct gv_buf *out, const struct gv_config_view *view,
    const struct gv_layer_value *v)
{
	v = gv_config_sealed_value(view, v);
	if (v->kind != GV_LAYER_MAP && v->kind != GV_LAYER_LIST)
		return gv_layer_emit_plain(out, v);
	return gv_layer_emit(out, v,
	    &(struct gv_layer_emit_opts){ .form = GV_LAYER_JSON,
		.is_flat = true,
		.veil = stand_in,
		.opened = opened,
		.ctx = (void *)(uintptr_t)view });
}

int
gv_config_out_add_text(struct gv_buf *out, const struct gv_config_view *view,
    const struct gv_layer_value *v)
{
	const char *instead = veil(view, v);

	if (instead == NULL)
		return emit_plain(out, view, v);
	gv_buf_addstr(out, instead);
	return gv_buf_check(out);
}

int
gv_config_out_add_json(struct gv_ctx *ctx, const struct gv_config_view *view,
    const struct gv_layer_value *v, const char *key)
{
	const char *instead = v ? veil(view, v) : NULL;
	struct gv_json value = { .buf = GV_BUF_WIPED_INIT };
	int r = 0;

	if (v == NULL || instead) {
		gv_json_null(ctx->json, key);
		gv_json_string(ctx->json, "hidden", instead);
		return 0;
	}
	v = gv_config_sealed_value(view, v);
	if (v->kind == GV_LAYER_TEXT)
		gv_layer_add_string(&value.buf, v->text, v->len);
	else
		r = gv_layer_emit(&value.buf, v,
		    &(struct gv_layer_emit_opts){ .form = GV_LAYER_JSON,
			.is_flat = true,
			.veil = stand_in,
			.opened = opened,
			.ctx = (void *)(uintptr_t)view });
	if (r == 0) {
		gv_json_insert(ctx->json, key, &value);
		gv_json_null(ctx->json, "hidden");
	}
	gv_json_release(&value);
	return r;
}

static const char *
env_of(const struct gv_config_view *view)
{
	return view->env ? view->env : "the common layers";
}

const char *
gv_config_out_file(
    const struct gv_config_view *view, const struct gv_layer_value *v)
{
	return v->layer < view->param->n ? view->param->layers[v->layer]->name
					 : NULL;
}

void
gv_config_out_clash(struct gv_ctx *ctx, const struct gv_param *param,
    const struct gv_layer_clash *c)
{
	static const char *const kinds[] = { "a single value", "a list",
		"a map" };
	const struct gv_layer_value *two[2] = { c->above, c->below };
	struct gv_buf text = GV_BUF_INIT;
	int i;

	gv_buf_addf(&text, "%s: ", c->path);
	for (i = 0; i < 2; i++)
		gv_buf_addf(&text, "%s%s (%s:%u)", i ? " replaces " : "",
		    kinds[two[i]->kind == GV_LAYER_MAP      ? 2
			    : two[i]->kind == GV_LAYER_LIST ? 1
							    : 0],
		    two[i]->layer < param->n
			? param->layers[two[i]->layer]->name
			: "",
		    two[i]->line);
	gv_out_warn(ctx->out, "%s", text.p);
	gv_buf_release(&text);
}

/* ---- get ----------------------------------------------------------------- */

static int
find(const struct gv_layer_value **out, const struct gv_config_view *view,
    const char *key)
{
	*out = gv_layer_find(view->param->tree.root, key);
	if (*out && *key)
		return 0;
	return gv_err(GV_ENOTFOUND,
	    "there is no '%s' in %s; to see all keys: git vault config list%s%s",
	    key, env_of(view), view->env ? " --env " : "",
	    view->env ? view->env : "");
}

/* The keys as a map, for other programs. */
static int
get_form(struct gv_ctx *ctx, const struct gv_config_view *view, char **keys,
    int n, enum gv_layer_form form)
{
	struct gv_layer_value *copies = calloc((size_t)n, sizeof(*copies));
	struct gv_layer_value **items = calloc((size_t)n, sizeof(*items));
	struct gv_layer_value root = {
		.kind = GV_LAYER_MAP, .items = items, .n = (uint32_t)n
	};
	const struct gv_layer_value *v;
	struct gv_buf out = GV_BUF_WIPED_INIT;
	int i, r = copies && items ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < n; i++) {
		if ((r = find(&v, view, keys[i])) < 0)
			break;
		copies[i] = *v;
		copies[i].key = keys[i];
		copies[i].key_len = (uint32_t)strlen(keys[i]);
		items[i] = &copies[i];
	}
	if (r == 0)
		r = gv_layer_emit(&out, &root,
		    &(struct gv_layer_emit_opts){ .form = form,
			.veil = stand_in,
			.opened = opened,
			.ctx = (void *)(uintptr_t)view });
	if (r == 0)
		gv_out_show(ctx->out, out.p, out.len);
	gv_buf_release(&out);
	free(items);
	free(copies);
	return r;
}

static int
refuse_veiled(
    const struct gv_config_view *view, const char *key, const char *instead)
{
	struct gv_buf words = GV_BUF_INIT;
	int r;

	if (view->env) {
		gv_buf_addstr(&words, " --env");
		gv_shell_word(&words, view->env);
	}
	gv_buf_addstr(&words, " --secrets");
	gv_shell_word(&words, key);
	if ((r = gv_buf_check(&words)) == 0)
		r = gv_err(GV_EREFUSED,
		    "'%s' is %s; to print it: git vault config get%s", key,
		    strcmp(instead, "<private>") == 0
			? "of a file that Git does not track"
			: strcmp(instead, "<sealed>") == 0 ? "encrypted"
							   : "maybe a secret",
		    words.p);
	gv_buf_release(&words);
	return r;
}

static int
get_text(struct gv_ctx *ctx, const struct gv_config_view *view, const char *key)
{
	const struct gv_layer_value *v;
	struct gv_buf text = GV_BUF_WIPED_INIT;
	const char *instead;
	int r;

	if ((r = find(&v, view, key)) < 0)
		return r;
	instead = veil(view, v);
	if (instead)
		return refuse_veiled(view, key, instead);
	if ((r = emit_plain(&text, view, v)) == 0) {
		gv_buf_addch(&text, '\n');
		gv_out_show(ctx->out, text.p, text.len);
	}
	gv_buf_release(&text);
	return r;
}

static int
get_json(
    struct gv_ctx *ctx, const struct gv_config_view *view, char **keys, int n)
{
	const struct gv_layer_value *v;
	int i, r = 0;

	gv_json_object(ctx->json, NULL);
	gv_json_string(ctx->json, "environment", view->env);
	gv_json_array(ctx->json, "values");
	for (i = 0; r == 0 && i < n; i++) {
		if ((r = find(&v, view, keys[i])) < 0)
			return r;
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "key", keys[i]);
		r = gv_config_out_add_json(ctx, view, v, "value");
		gv_json_end(ctx->json);
	}
	gv_json_end(ctx->json);
	gv_json_end(ctx->json);
	return r;
}

/* All of them before the first is shown, so that the audit has them. */
static int
open_keys(
    struct gv_ctx *ctx, const struct gv_config_view *view, char **keys, int n)
{
	const struct gv_layer_value *v;
	int i, r = 0;

	for (i = 0; r == 0 && i < n; i++)
		if ((r = find(&v, view, keys[i])) == 0)
			r = gv_config_sealed_add(view, ctx, v);
	return r < 0 ? r : gv_config_sealed_tell(view, ctx);
}

static int
open_all(struct gv_ctx *ctx, const struct gv_config_view *view)
{
	const int r = gv_config_sealed_add(view, ctx, view->param->tree.root);

	return r < 0 ? r : gv_config_sealed_tell(view, ctx);
}

int
gv_config_out_get(
    struct gv_ctx *ctx, const struct gv_config_view *view, char **keys, int n)
{
	const struct gv_config_opts *o = ctx->opts;
	static const enum gv_layer_form forms[] = {
		[GV_CONFIG_JSON] = GV_LAYER_JSON,
		[GV_CONFIG_YAML] = GV_LAYER_YAML,
		[GV_CONFIG_TFVARS] = GV_LAYER_TFVARS,
		[GV_CONFIG_ENV] = GV_LAYER_ENV,
		[GV_CONFIG_MAP] = GV_LAYER_CONFIGMAP,
	};
	int i, r = open_keys(ctx, view, keys, n);

	if (r < 0)
		return r;
	if (ctx->json)
		return get_json(ctx, view, keys, n);
	if (o->form != GV_CONFIG_TEXT)
		return get_form(ctx, view, keys, n, forms[o->form]);
	for (i = 0; r == 0 && i < n; i++)
		r = get_text(ctx, view, keys[i]);
	return r;
}

/* ---- list and render ----------------------------------------------------- */

struct listing {
	struct gv_ctx *ctx;
	const struct gv_config_view *view;
	bool origin;
};

static int
list_leaf(void *arg, const char *path, const struct gv_layer_value *v)
{
	const struct listing *l = arg;
	struct gv_out *out = l->ctx->out;
	struct gv_buf text = GV_BUF_WIPED_INIT;
	int r;

	if (l->ctx->json) {
		gv_json_object(l->ctx->json, NULL);
		gv_json_string(l->ctx->json, "key", path);
		r = gv_config_out_add_json(l->ctx, l->view, v, "value");
		gv_json_string(
		    l->ctx->json, "file", gv_config_out_file(l->view, v));
		gv_json_uint(l->ctx->json, "line", v->line);
		gv_json_end(l->ctx->json);
		return r;
	}
	if ((r = gv_config_out_add_text(&text, l->view, v)) < 0)
		goto out;
	gv_out_cell_text(out, GV_OUT_PLAIN, path);
	gv_out_cell_buf(out, GV_OUT_PLAIN, &text);
	if (l->origin)
		gv_out_cell(out, GV_OUT_DIM, "%s:%u",
		    gv_config_out_file(l->view, v)
			? gv_config_out_file(l->view, v)
			: "",
		    v->line);
	r = gv_out_stopped(out) ? 1 : 0;
out:
	gv_buf_release(&text);
	return r;
}

int
gv_config_out_list(struct gv_ctx *ctx, const struct gv_config_view *view)
{
	static const struct gv_out_column columns[] = { { .head = "KEY" },
		{ .head = "VALUE", .cut = true }, { .head = "FROM" } };
	const struct gv_config_opts *o = ctx->opts;
	struct listing l = { ctx, view, o->origin };
	int r = open_all(ctx, view);

	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "environment", view->env);
		gv_json_string(ctx->json, "layout", view->param->layout);
		gv_json_array(ctx->json, "values");
	} else {
		gv_out_columns(ctx->out, columns, o->origin ? 3 : 2);
	}
	r = gv_layer_each(view->param->tree.root, list_leaf, &l);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
	return r < 0 ? r : 0;
}

/* A word in place of a value is no value to deploy. */
struct rendering {
	const struct gv_config_view *view;
	size_t n_veiled;
};

static const char *
veil_counted(void *ctx, const struct gv_layer_value *value)
{
	struct rendering *r = ctx;
	const char *instead = stand_in((void *)(uintptr_t)r->view, value);

	r->n_veiled += instead && !r->view->reveals;
	return instead;
}

static const struct gv_layer_value *
opened_of(void *ctx, const struct gv_layer_value *value)
{
	const struct rendering *r = ctx;

	return gv_config_sealed_value(r->view, value);
}

int
gv_config_out_render(struct gv_ctx *ctx, const struct gv_config_view *view)
{
	const struct gv_config_opts *o = ctx->opts;
	static const enum gv_layer_form forms[] = {
		[GV_CONFIG_TEXT] = GV_LAYER_YAML,
		[GV_CONFIG_JSON] = GV_LAYER_JSON,
		[GV_CONFIG_YAML] = GV_LAYER_YAML,
		[GV_CONFIG_TFVARS] = GV_LAYER_TFVARS,
		[GV_CONFIG_ENV] = GV_LAYER_ENV,
		[GV_CONFIG_MAP] = GV_LAYER_CONFIGMAP,
	};
	struct rendering rendering = { .view = view };
	const struct gv_layer_emit_opts opts = { .form = forms[o->form],
		.name = o->name,
		.veil = veil_counted,
		.opened = opened_of,
		.ctx = &rendering };
	struct gv_buf text = GV_BUF_WIPED_INIT;
	struct gv_json value = { .buf = GV_BUF_WIPED_INIT };
	int r = open_all(ctx, view);

	if (r < 0)
		return r;
	if (ctx->json) {
		if ((r = gv_layer_emit(&value.buf, view->param->tree.root,
			 &(struct gv_layer_emit_opts){ .form = GV_LAYER_JSON,
			     .is_flat = true,
			     .veil = veil_counted,
			     .opened = opened_of,
			     .ctx = opts.ctx })) == 0) {
			gv_json_object(ctx->json, NULL);
			gv_json_string(ctx->json, "environment", view->env);
			gv_json_string(
			    ctx->json, "layout", view->param->layout);
			gv_json_insert(ctx->json, "config", &value);
			gv_json_end(ctx->json);
		}
	} else if ((r = gv_layer_emit(&text, view->param->tree.root, &opts)) ==
	    0) {
		gv_out_show(ctx->out, text.p, text.len);
	}
	if (r == 0 && rendering.n_veiled)
		gv_out_warn(ctx->out,
		    "%zu value%s shown as <secret>, <private> or <sealed>%s",
		    rendering.n_veiled,
		    rendering.n_veiled == 1 ? " is" : "s are",
		    o->secrets ? "" : "; --secrets shows what can be read");
	gv_json_release(&value);
	gv_buf_release(&text);
	return r;
}
