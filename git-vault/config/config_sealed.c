#include "git-vault/config/config_sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed_open.h"
#include "safe/safe.h"
#include "safe/safe_placeholder.h"
#include "safe/safe_reader.h"
#include "safe/safe_sops.h"

/* A text, known by where its bytes are: copies of a value share them. */
struct opened {
	const char *text;
	struct gv_secret secret; /* with a NUL at its end */
	struct gv_layer_value value;
};

/* A layer with values of SOPS, once one of them was wanted. */
struct sops {
	struct gv_safe_sops *file;
	int failed;    /* the error that opening it ended with; 0: none yet */
	char why[512]; /* the sentence of that */
	size_t n;      /* values that were opened */
};

struct gv_config_sealed {
	struct gv_safe *safe; /* opened with the first placeholder */
	struct gv_safe_reader *reader;
	int failed; /* the error of opening these, which is not tried again */
	struct sops *sops; /* one a layer, once one was wanted; NULL: none */
	size_t n_sops;
	struct opened **items;
	size_t n, cap;
	struct gv_map texts; /* to items */
	struct gv_sealed_ids ids;
	size_t n_left;
	char why[512]; /* why the first of these was not opened */
};

int
gv_config_sealed_open(struct gv_config_view *view)
{
	view->sealed = calloc(1, sizeof(*view->sealed));
	return view->sealed ? 0 : gv_err_nomem();
}

void
gv_config_sealed_close(struct gv_config_view *view)
{
	struct gv_config_sealed *s = view->sealed;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++) {
		gv_secret_release(&s->items[i]->secret);
		free(s->items[i]);
	}
	free(s->items);
	gv_map_release(&s->texts);
	gv_sealed_ids_release(&s->ids);
	gv_safe_reader_free(s->reader);
	for (i = 0; i < s->n_sops; i++)
		gv_safe_sops_close(s->sops[i].file);
	free(s->sops);
	gv_safe_close(s->safe);
	free(s);
	view->sealed = NULL;
}

/* ---- opening ------------------------------------------------------------- */

static int
open_safe(struct gv_config_sealed *s, struct gv_ctx *ctx)
{
	const struct gv_config_opts *o = ctx->opts;

	if (s->safe || s->failed)
		return s->failed;
	return s->failed = gv_identity_opt_open(&s->safe, ctx, &o->identities);
}

static int
open_reader(struct gv_config_sealed *s, struct gv_ctx *ctx)
{
	int r = open_safe(s, ctx);

	if (r < 0 || s->reader)
		return r;
	return s->failed = gv_safe_reader_new(&s->reader, s->safe);
}

/* What cannot be opened stays as it is, and is reported once. */
static int
leave(struct gv_config_sealed *s, int code)
{
	if (code == GV_ENOMEM || code == GV_ECANCELED)
		return code;
	if (s->n_left++ == 0)
		snprintf(s->why, sizeof(s->why), "%s", gv_err_message());
	return 0;
}

static int
put_one(struct gv_config_sealed *s, struct gv_secret *out, const char *env,
    const char *text, const struct gv_safe_placeholder *place)
{
	const char *scope;
	size_t before = out->len;
	int r =
	    gv_safe_placeholder_open(s->reader, out, &scope, env, &place->id);

	/* the words of a text end with a NUL */
	if (r == 0 && memchr(out->p + before, '\0', out->len - before)) {
		gv_secret_truncate(out, before);
		r = gv_err(GV_EREFUSED, "a value has a NUL byte");
	}
	if (r == 0)
		return gv_sealed_ids_add(&s->ids, &place->id, scope);
	if ((r = leave(s, r)) < 0)
		return r;
	return gv_secret_add(out, text + place->at, place->len);
}

static int
fill(struct gv_config_sealed *s, struct gv_secret *out, const char *env,
    const char *text, size_t len)
{
	struct gv_safe_placeholder place;
	size_t at = 0;
	int r = 0;

	while (r == 0 && gv_safe_placeholder_next(&place, text, len, at)) {
		r = gv_secret_add(out, text + at, place.at - at);
		if (r == 0)
			r = put_one(s, out, env, text, &place);
		at = place.at + place.len;
	}
	if (r == 0)
		r = gv_secret_add(out, text + at, len - at);
	return r < 0 ? r : gv_secret_add(out, "", 1);
}

/* The layer that has the value; NULL without memory. */
static struct sops *
find_sops(struct gv_config_sealed *s, const struct gv_param *param,
    const struct gv_layer_value *v)
{
	if (s->sops == NULL) {
		s->sops = calloc(param->n + 1, sizeof(*s->sops));
		s->n_sops = s->sops ? param->n : 0;
	}
	return s->sops ? &s->sops[v->layer] : NULL;
}

static int
open_sops(struct sops *sops, struct gv_safe *safe, const struct gv_layer *layer)
{
	int r = 0;

	if (sops->file == NULL && sops->failed == 0 &&
	    (r = gv_safe_sops_open(&sops->file, safe, layer->format,
		 layer->text, layer->len)) < 0) {
		sops->failed = r;
		snprintf(sops->why, sizeof(sops->why), "%s", gv_err_message());
	}
	return sops->failed ? gv_err(sops->failed, "%s", sops->why) : 0;
}

static enum gv_layer_kind
kind_of(int kind)
{
	switch (kind) {
	case GV_SOPS_INT:
		return GV_LAYER_INT;
	case GV_SOPS_FLOAT:
		return GV_LAYER_FLOAT;
	case GV_SOPS_BOOL:
		return GV_LAYER_BOOL;
	default:
		return GV_LAYER_TEXT;
	}
}

/* What SOPS encrypted is opened as a whole, and has its kind again. */
static int
fill_sops(struct gv_config_sealed *s, struct opened *item,
    const struct gv_param *param, const struct gv_layer_value *v)
{
	const struct gv_safe_sops_value value = {
		.at = v->at, .size = v->size, .text = v->text, .len = v->len
	};
	struct sops *sops;
	int r;

	if (v->layer >= param->n)
		return gv_err(GV_EREFUSED, "a value of SOPS is of no file");
	if ((sops = find_sops(s, param, v)) == NULL)
		return gv_err_nomem();
	if ((r = open_sops(sops, s->safe, param->layers[v->layer])) == 0 &&
	    (r = gv_safe_sops_get(sops->file, &item->secret, &value)) >= 0 &&
	    memchr(item->secret.p, '\0', item->secret.len)) {
		gv_secret_reset(&item->secret);
		r = gv_err(GV_EREFUSED, "a value has a NUL byte");
	}
	if (r < 0)
		return gv_err_in(r, "%s", gv_param_path(param, v->layer));
	sops->n++;
	item->value.kind = kind_of(r);
	return gv_secret_add(&item->secret, "", 1);
}

static int
add_item(struct gv_config_sealed *s, const struct gv_config_view *view,
    const struct gv_layer_value *v)
{
	struct opened *item;
	int r;

	if (GV_GROW(s->items, s->n, s->cap) < 0)
		return gv_err_nomem();
	item = calloc(1, sizeof(*item));
	if (item == NULL)
		return gv_err_nomem();
	s->items[s->n++] = item;
	item->text = v->text;
	item->value = *v;
	if (gv_safe_sops_is(v->text, v->len)) {
		if ((r = fill_sops(s, item, view->param, v)) < 0)
			return leave(s, r);
	} else if ((r = fill(s, &item->secret, view->env, v->text, v->len)) <
	    0) {
		return r;
	}
	item->value.text = (const char *)item->secret.p;
	item->value.len = (uint32_t)item->secret.len - 1;
	return gv_map_put(&s->texts, &item->text, sizeof(item->text), item);
}

static int
add_text(struct gv_config_sealed *s, const struct gv_config_view *view,
    struct gv_ctx *ctx, const struct gv_layer_value *v)
{
	struct gv_safe_placeholder place;
	int r;

	if (v->kind != GV_LAYER_TEXT ||
	    gv_map_get(&s->texts, &v->text, sizeof(v->text)))
		return 0;
	if (gv_safe_sops_is(v->text, v->len))
		r = open_safe(s, ctx);
	else if (gv_safe_placeholder_next(&place, v->text, v->len, 0))
		r = open_reader(s, ctx);
	else
		return 0;
	return r < 0 ? leave(s, r) : add_item(s, view, v);
}

int
gv_config_sealed_add(const struct gv_config_view *view, struct gv_ctx *ctx,
    const struct gv_layer_value *value)
{
	uint32_t i;
	int r = 0;

	if (view->sealed == NULL || value == NULL)
		return 0;
	for (i = 0; r == 0 && i < value->n; i++)
		r = gv_config_sealed_add(view, ctx, value->items[i]);
	return r < 0 ? r : add_text(view->sealed, view, ctx, value);
}

/* Which files, and how many values of each. */
static int
say_sops(struct gv_buf *out, const struct gv_config_sealed *s,
    const struct gv_param *param)
{
	size_t i;

	for (i = 0; i < s->n_sops; i++)
		if (s->sops[i].n)
			gv_buf_addf(out, "%s%zu of SOPS in %s",
			    out->len ? ", " : "", s->sops[i].n,
			    gv_param_path(param, i));
	return gv_buf_check(out);
}

int
gv_config_sealed_tell(const struct gv_config_view *view, struct gv_ctx *ctx)
{
	struct gv_config_sealed *s = view->sealed;
	struct gv_audit_event e = { .what = GV_AUDIT_REVEAL, .time = ctx->now };
	struct gv_buf files = GV_BUF_INIT;
	int r = 0;

	if (s == NULL)
		return 0;
	r = say_sops(&files, s, view->param);
	e.ids = s->ids.ids;
	e.n_ids = s->ids.n;
	e.scopes = s->ids.scopes;
	e.n_scopes = s->ids.n_scopes;
	e.target = files.len ? files.p : NULL;
	if (r == 0 && (e.n_ids || e.target))
		r = gv_audit_tell_given(
		    ctx->repo, s->safe, &e, "values are shown");
	gv_buf_release(&files);
	if (r < 0)
		return gv_err_in(r, "nothing is shown");
	if (s->safe)
		gv_identity_opt_tell(ctx, s->safe);
	if (s->n_left)
		gv_out_warn(ctx->out, "%zu secret%s encrypted: %s", s->n_left,
		    s->n_left == 1 ? " stays" : "s stay", s->why);
	return 0;
}

const struct gv_layer_value *
gv_config_sealed_value(
    const struct gv_config_view *view, const struct gv_layer_value *value)
{
	const struct opened *item = view->sealed && value->text
	    ? gv_map_get(
		  &view->sealed->texts, &value->text, sizeof(value->text))
	    : NULL;

	return item ? &item->value : value;
}
