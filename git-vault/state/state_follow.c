#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_change.h"
#include "git-vault/state/state_lend.h"
#include "git-vault/state/state_version.h"
#include "state/track_diff.h"

/* ---- for-resource ------------------------------------------------------- */

struct history {
	struct gv_ctx *ctx;
	size_t n;
};

static int
on_change(void *ctx, const struct gv_track_version *v,
    const struct gv_track_change *change)
{
	struct history *h = ctx;
	struct gv_json *j = h->ctx->json;

	h->n++;
	if (j) {
		gv_json_object(j, NULL);
		gv_state_version_json(j, "version", v);
		gv_state_change_json(j, "change", change);
		gv_json_end(j);
	} else {
		gv_state_version_cells(h->ctx, v);
		gv_state_change_cell(h->ctx->out, change);
	}
	return gv_out_stopped(h->ctx->out);
}

static int
unknown(const struct gv_track_of *of, const char *address)
{
	return gv_err(GV_ENOTFOUND,
	    "no version of %s/%s has a resource '%s'; to list those of "
	    "one version: git vault state show",
	    of->env, of->stack, address);
}

int
gv_state_for_resource(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_out_column columns[] = {
		{ .head = "VERSION", .whole = true },
		{ .head = "SERIAL", .right = true },
		{ .head = "COMMIT", .whole = true, .extra = 1 },
		{ .head = "SAVED", .whole = true },
		{ .head = "CHANGE", .cut = true },
	};
	struct history h = { .ctx = ctx };
	struct gv_state_lend lend = { .ctx = ctx };
	struct gv_track_with with = GV_STATE_LEND_WITH(&lend);
	struct gv_track_version hold;
	struct gv_track_of of;
	int r;

	(void)argc;
	if ((r = gv_state_version_of(&of, &hold, ctx)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "changes");
	} else {
		gv_out_columns(ctx->out, columns, 5);
	}
	r = gv_track_follow(ctx->repo, &of, argv[0], &with, on_change, &h);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
	if (r < 0)
		goto out;
	if (h.n == 0)
		r = unknown(&of, argv[0]);
out:
	gv_state_lend_close(&lend);
	gv_track_version_release(&hold);
	return r;
}

/* ---- blame -------------------------------------------------------------- */

/* The attributes that an item has now, each until its version is found. */
struct blame {
	struct gv_ctx *ctx;
	struct gv_arena arena;
	struct gv_map open; /* those that are still sought, by name */
	size_t left;
	bool found;
};

static int
open_name(struct blame *b, const char *text)
{
	char *name = gv_arena_copy(&b->arena, text, strlen(text));

	b->left++;
	return name ? gv_map_put(&b->open, name, strlen(name), name)
		    : GV_ENOMEM;
}

/* An object under the same address that an apply has yet to destroy. */
static void
name_deposed(char out[64], const struct gv_track_item *item)
{
	snprintf(out, 64, "deposed %.50s", item->deposed);
}

static int
on_item(void *ctx, const struct gv_track_item *item)
{
	struct blame *b = ctx;
	char deposed[64];
	size_t i;
	int r = 0;

	b->found = true;
	if (*item->deposed) {
		name_deposed(deposed, item);
		return open_name(b, deposed);
	}
	for (i = 0; r == 0 && i < item->n_has; i++)
		r = open_name(b, item->has[i].name);
	return r;
}

struct seek {
	struct blame *b;
	const char *address;
};

static int
seek(void *ctx, const struct gv_track_item *item)
{
	struct seek *s = ctx;

	return strcmp(item->address, s->address) == 0 ? on_item(s->b, item) : 0;
}

static void
print_blame(struct blame *b, const struct gv_track_version *v, const char *name)
{
	struct gv_ctx *ctx = b->ctx;

	if (gv_map_del(&b->open, name, strlen(name)) == NULL)
		return;
	b->left--;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "name", name);
		gv_state_version_json(ctx->json, "version", v);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, name);
	gv_state_version_cells(ctx, v);
}

static int
on_blame(void *ctx, const struct gv_track_version *v,
    const struct gv_track_change *change)
{
	struct blame *b = ctx;
	const struct gv_track_item *item = change->b;
	char deposed[64];
	size_t i;

	if (item == NULL)
		return 0;
	if (*item->deposed) {
		name_deposed(deposed, item);
		if (change->a == NULL)
			print_blame(b, v, deposed);
		return b->left == 0 || gv_out_stopped(b->ctx->out);
	}
	/* where it was added, all that is left was set there */
	for (i = 0; change->a == NULL && i < item->n_has; i++)
		print_blame(b, v, item->has[i].name);
	for (i = 0; i < change->n; i++)
		if (change->attributes[i].kind != GV_TRACK_DELETED)
			print_blame(b, v, change->attributes[i].name);
	return b->left == 0 || gv_out_stopped(b->ctx->out);
}

static int
blame(struct blame *b, const struct gv_track_of *of, const char *address)
{
	struct seek s = { .b = b, .address = address };
	struct gv_state_lend lend = { .ctx = b->ctx };
	struct gv_track_with with = GV_STATE_LEND_WITH(&lend);
	struct gv_track_version v;
	int r = gv_track_resolve(&v, b->ctx->repo, of, "latest");

	if (r == 0 && (r = gv_track_items(b->ctx->repo, &v, seek, &s)) == 0 &&
	    !b->found)
		r = gv_err(GV_ENOTFOUND,
		    "the newest version of %s/%s has no resource '%s'; to list "
		    "its resources: git vault state show",
		    of->env, of->stack, address);
	gv_track_version_release(&v);
	if (r == 0)
		r = gv_track_follow(
		    b->ctx->repo, of, address, &with, on_blame, b);
	gv_state_lend_close(&lend);
	return r;
}

int
gv_state_blame(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_out_column columns[] = {
		{ .head = "ATTRIBUTE" },
		{ .head = "VERSION", .whole = true },
		{ .head = "SERIAL", .right = true },
		{ .head = "COMMIT", .whole = true, .extra = 1 },
		{ .head = "SAVED", .whole = true },
	};
	struct blame b = {
		.ctx = ctx, .arena = GV_ARENA_INIT, .open = GV_MAP_INIT
	};
	struct gv_track_version hold;
	struct gv_track_of of;
	int r;

	(void)argc;
	if ((r = gv_state_version_of(&of, &hold, ctx)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "address", argv[0]);
		gv_json_array(ctx->json, "attributes");
	} else {
		gv_out_columns(ctx->out, columns, 5);
	}
	r = blame(&b, &of, argv[0]);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
out:
	gv_map_release(&b.open);
	gv_arena_release(&b.arena);
	gv_track_version_release(&hold);
	return r;
}
