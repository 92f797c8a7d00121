#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "format/jsontext.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_binding.h"
#include "git-vault/state/state_version.h"
#include "state/track_diff.h"
#include "toolstate/state.h"

static const char *
mark_of(unsigned marks)
{
	return marks & GV_STATE_DEPOSED  ? "deposed"
	    : marks & GV_STATE_TAINTED   ? "tainted"
	    : marks & GV_STATE_PENDING   ? "pending"
	    : marks & GV_STATE_SENSITIVE ? "sensitive"
					 : "";
}

/* Of what an apply has not finished. */
struct unfinished {
	uint64_t tainted, deposed, pending;
};

struct listing {
	struct gv_ctx *ctx;
	struct unfinished n;
};

static void
count(struct unfinished *n, const struct gv_track_item *item)
{
	n->tainted += (item->marks & GV_STATE_TAINTED) != 0;
	n->deposed += (item->marks & GV_STATE_DEPOSED) != 0;
	n->pending += (item->marks & GV_STATE_PENDING) != 0;
}

static void
print_unfinished(struct gv_ctx *ctx, const struct unfinished *n)
{
	if (n->tainted + n->deposed + n->pending == 0)
		return;
	gv_out_printf(ctx->out, "\n");
	gv_out_paint(ctx->out, GV_OUT_CHANGED, "unfinished");
	gv_out_printf(ctx->out,
	    ": %" PRIu64 " tainted, %" PRIu64 " deposed, %" PRIu64 " pending\n",
	    n->tainted, n->deposed, n->pending);
}

static void
put_unfinished(struct gv_json *j, const struct unfinished *n)
{
	gv_json_object(j, "unfinished");
	gv_json_uint(j, "tainted", n->tainted);
	gv_json_uint(j, "deposed", n->deposed);
	gv_json_uint(j, "pending", n->pending);
	gv_json_end(j);
}

static int
print_item(void *ctx, const struct gv_track_item *item)
{
	struct listing *l = ctx;
	struct gv_ctx *c = l->ctx;

	count(&l->n, item);
	gv_out_cell_text(c->out, GV_OUT_PLAIN, item->address);
	gv_out_cell(c->out, GV_OUT_DIM, "%zu", item->n_has);
	gv_out_cell_text(c->out, GV_OUT_CHANGED, mark_of(item->marks));
	return gv_out_stopped(c->out) ? GV_ECANCELED : 0;
}

/* A text whose escapes JSON has left in it. */
static void
put_text(struct gv_json *j, const char *key, const char *text)
{
	size_t len = strlen(text);
	char *plain = len ? malloc(len) : NULL;

	if (plain)
		gv_json_text(
		    j, key, plain, gv_jsontext_decode(plain, text, len));
	else
		gv_json_null(j, key);
	free(plain);
}

static int
put_item(void *ctx, const struct gv_track_item *item)
{
	struct listing *l = ctx;
	struct gv_ctx *c = l->ctx;
	struct gv_json *j = c->json;
	size_t i;

	count(&l->n, item);
	gv_json_object(j, NULL);
	gv_json_string(j, "address", item->address);
	put_text(j, "type", item->type);
	put_text(j, "provider", item->provider);
	gv_json_string(j, "deposed", *item->deposed ? item->deposed : NULL);
	gv_json_bool(j, "tainted", item->marks & GV_STATE_TAINTED);
	gv_json_bool(j, "sensitive", item->marks & GV_STATE_SENSITIVE);
	gv_json_array(j, "attributes");
	for (i = 0; i < item->n_has; i++)
		gv_json_string(j, NULL, item->has[i].name);
	gv_json_end(j);
	gv_json_array(j, "dependencies");
	for (i = 0; i < item->n_needs; i++)
		gv_json_string(j, NULL, item->needs[i]);
	gv_json_end(j);
	gv_json_end(j);
	return gv_out_stopped(c->out) ? GV_ECANCELED : 0;
}

static void
line(struct gv_ctx *ctx, const char *head, const char *text)
{
	if (text == NULL)
		return;
	gv_out_paint(ctx->out, GV_OUT_HEAD, "%-12s", head);
	gv_out_text(ctx->out, text, strlen(text));
	gv_out_printf(ctx->out, "\n");
}

static void
print_head(struct gv_ctx *ctx, const struct gv_track_version *v)
{
	char hex[GV_OID_HEX + 1], serial[24], size[GV_OUT_SIZE_MAX];
	char time[GV_TIME_MAX], why[GV_STATE_VERSION_WHY];
	const bool is_gone = gv_state_version_is_gone(why, v);

	gv_oid_format(hex, &v->commit);
	line(ctx, "Version", hex);
	gv_out_paint(ctx->out, GV_OUT_HEAD, "%-12s", "State");
	gv_out_printf(ctx->out, "%s/%s\n", v->env, v->stack);
	line(ctx, "Tool", v->tool);
	line(ctx, "Written by", v->writer);
	gv_state_version_serial(serial, v);
	line(ctx, "Serial", serial);
	line(ctx, "Lineage", v->lineage);
	gv_oid_format(hex, &v->code);
	line(ctx, "Commit", gv_oid_is_zero(&v->code) ? NULL : hex);
	gv_time_rfc3339(time, v->time);
	line(ctx, "Saved", time);
	line(ctx, "Host", v->host);
	line(ctx, "Snapshot", v->snapshot);
	gv_out_size(size, v->size);
	line(ctx, "Size", size);
	line(ctx, "Sealed", gv_policy_seals[v->seal]);
	line(ctx, "Deleted", is_gone ? why : NULL);
	line(ctx, "Forced", is_gone ? NULL : v->forced);
	line(ctx, "Damage", is_gone ? NULL : v->damage);
	line(ctx, "Binding", v->bound);
	gv_out_printf(ctx->out, "\n");
}

static int
print_version(struct gv_ctx *ctx, const struct gv_track_version *v)
{
	static const struct gv_out_column columns[] = {
		{ .head = "RESOURCE" },
		{ .head = "ATTRIBUTES", .right = true },
		{ .head = "", .cut = true },
	};
	struct listing l = { .ctx = ctx };
	int r;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_state_version_json(ctx->json, "version", v);
		gv_json_array(ctx->json, "resources");
		r = gv_track_items(ctx->repo, v, put_item, &l);
		gv_json_end(ctx->json);
		put_unfinished(ctx->json, &l.n);
		gv_json_end(ctx->json);
		return r;
	}
	print_head(ctx, v);
	gv_out_columns(ctx->out, columns, 3);
	r = gv_track_items(ctx->repo, v, print_item, &l);
	gv_out_columns_end(ctx->out);
	if (r == 0)
		print_unfinished(ctx, &l.n);
	return r;
}

/* What is refused is shown, with a warning. */
static int
print(struct gv_ctx *ctx, const struct gv_track_version *v)
{
	struct gv_state_binding b = { .ctx = ctx };
	struct gv_track_version looked = *v;
	int r = gv_state_binding_look(&b, &looked);

	gv_state_binding_close(&b);
	return r < 0 ? r : print_version(ctx, &looked);
}

int
gv_state_show(struct gv_ctx *ctx, int argc, char **argv)
{
	return gv_state_with_version(ctx, argc, argv, print);
}

int
gv_state_at(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_track_version hold, v = { 0 };
	struct gv_track_of of;
	struct gv_oid commit;
	bool is_exact = false;
	char hex[GV_OID_HEX + 1];
	int r;

	(void)argc;
	if ((r = gv_state_version_of(&of, &hold, ctx)) < 0)
		goto out;
	if ((r = gv_state_commit(&commit, argv[0])) < 0 ||
	    (r = gv_track_at(&v, &is_exact, ctx->repo, &of, &commit)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_bool(ctx->json, "exact", is_exact);
		gv_state_version_json(ctx->json, "version", &v);
		gv_json_end(ctx->json);
	} else {
		gv_oid_format(hex, &v.commit);
		gv_out_printf(ctx->out, "%s\n", hex);
		gv_oid_format(hex, &v.code);
		gv_out_say(ctx->out, "it was saved of %s, %.12s",
		    is_exact ? "that very commit"
			     : "the nearest ancestor that has one",
		    hex);
	}
	gv_state_version_warn(ctx, &v);
out:
	gv_track_version_release(&v);
	gv_track_version_release(&hold);
	return r;
}
