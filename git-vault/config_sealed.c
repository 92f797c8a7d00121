#include "config_sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "cmd.h"
#include "identity_opt.h"
#include "out.h"
#include "safe/safe.h"
#include "safe/safe_placeholder.h"
#include "safe/safe_reader.h"
#include "sealed_open.h"

/* A text, known by where its bytes are: copies of a value share them. */
struct opened {
	const char *text;
	struct gv_secret secret; /* with a NUL at its end */
};

struct gv_config_sealed {
	struct gv_safe *safe; /* opened with the first placeholder */
	struct gv_safe_reader *reader;
	int failed; /* why there is no reader: it is not tried again */
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
	gv_safe_close(s->safe);
	free(s);
	view->sealed = NULL;
}

/* ---- opening ------------------------------------------------------------- */

static int
open_safe(struct gv_config_sealed *s, struct gv_ctx *ctx)
{
	const struct gv_config_opts *o = ctx->opts;

	if (s->reader || s->failed)
		return s->failed;
	s->failed = gv_identity_opt_open(&s->safe, ctx, &o->identities);
	if (s->failed == 0)
		s->failed = gv_safe_reader_new(&s->reader, s->safe);
	return s->failed;
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

static int
add_text(struct gv_config_sealed *s, struct gv_ctx *ctx, const char *env,
    const struct gv_layer_value *v)
{
	struct gv_safe_placeholder place;
	struct opened *item;
	int r;

	if (v->kind != GV_LAYER_TEXT ||
	    !gv_safe_placeholder_next(&place, v->text, v->len, 0) ||
	    gv_map_get(&s->texts, &v->text, sizeof(v->text)))
		return 0;
	if ((r = open_safe(s, ctx)) < 0)
		return leave(s, r);
	if (GV_GROW(s->items, s->n, s->cap) < 0)
		return gv_err_nomem();
	item = calloc(1, sizeof(*item));
	if (item == NULL)
		return gv_err_nomem();
	s->items[s->n++] = item;
	item->text = v->text;
	if ((r = fill(s, &item->secret, env, v->text, v->len)) < 0)
		return r;
	return gv_map_put(&s->texts, &item->text, sizeof(item->text), item);
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
	return r < 0 ? r : add_text(view->sealed, ctx, view->env, value);
}

int
gv_config_sealed_tell(const struct gv_config_view *view, struct gv_ctx *ctx)
{
	struct gv_config_sealed *s = view->sealed;
	struct gv_audit_event e = { .what = GV_AUDIT_REVEAL, .time = ctx->now };
	int r = 0;

	if (s == NULL)
		return 0;
	e.ids = s->ids.ids;
	e.n_ids = s->ids.n;
	e.scopes = s->ids.scopes;
	e.n_scopes = s->ids.n_scopes;
	if (e.n_ids)
		r = gv_audit_tell_given(
		    ctx->repo, s->safe, &e, "values are shown");
	if (r < 0)
		return gv_err_in(r, "nothing is shown");
	if (s->safe)
		gv_identity_opt_tell(ctx, s->safe);
	if (s->n_left)
		gv_out_warn(ctx->out, "%zu secret%s encrypted: %s", s->n_left,
		    s->n_left == 1 ? " stays" : "s stay", s->why);
	return 0;
}

const char *
gv_config_sealed_text(
    const struct gv_config_view *view, const struct gv_layer_value *value)
{
	const struct opened *item = view->sealed && value->text
	    ? gv_map_get(
		  &view->sealed->texts, &value->text, sizeof(value->text))
	    : NULL;

	return item ? (const char *)item->secret.p : NULL;
}
