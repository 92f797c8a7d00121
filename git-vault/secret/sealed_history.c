#include "git-vault/secret/sealed.h"

#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed_out.h"

/* The value that this one took the place of, or NULL. */
static const struct gv_inventory_value *
before(const struct gv_inventory *inv, const struct gv_inventory_value *v)
{
	size_t i;

	for (i = 0; i < inv->n; i++)
		if (inv->values[i].life.is_rotated &&
		    gv_digest_equal(&inv->values[i].life.next, &v->id))
			return &inv->values[i];
	return NULL;
}

/* The first of the line. Somebody may have rotated back to a value of before,
 * so that it is a ring: then the one that was asked for is the first. */
static const struct gv_inventory_value *
first_of(const struct gv_inventory *inv, const struct gv_inventory_value *v)
{
	const struct gv_inventory_value *at = v, *b;

	while ((b = before(inv, at)) != NULL && b != v)
		at = b;
	return b ? v : at;
}

static void
print_row(struct gv_out *out, const struct gv_inventory *inv,
    const struct gv_inventory_value *v)
{
	const struct gv_lifecycle *life = &v->life;
	const char *reason =
	    life->is_revoked ? life->revoked_reason : life->rotated_reason;
	char id[GV_SEALED_OUT_ID], when[GV_TIME_MAX] = "";

	gv_sealed_out_id(id, v);
	if (life->is_revoked || life->is_rotated)
		gv_time_rfc3339(
		    when, life->is_revoked ? life->revoked : life->rotated);
	gv_out_cell_id(out, GV_OUT_ID, id);
	gv_out_cell_text(out, GV_OUT_PLAIN, gv_inventory_state(v));
	gv_out_cell_text(out, GV_OUT_PLAIN, when);
	gv_out_cell_id(
	    out, GV_OUT_DIM, v->is_used ? inv->snapshots[v->oldest].id : "-");
	gv_out_cell_id(
	    out, GV_OUT_DIM, v->is_used ? inv->snapshots[v->newest].id : "-");
	gv_out_cell_text(out, GV_OUT_PLAIN, reason ? reason : "");
}

static void
print(struct gv_ctx *ctx, const struct gv_inventory *inv,
    const struct gv_inventory_value *v)
{
	static const struct gv_out_column columns[] = { { .head = "ID",
							    .whole = true },
		{ .head = "STATE" }, { .head = "SINCE", .whole = true },
		{ .head = "FIRST", .whole = true },
		{ .head = "LAST", .whole = true },
		{ .head = "REASON", .wrap = true } };
	size_t left = inv->n;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "secrets");
	} else {
		gv_out_columns(ctx->out, columns, 6);
	}
	for (; v && left > 0; left--) {
		if (ctx->json) {
			gv_json_object(ctx->json, NULL);
			gv_sealed_out_json(ctx->json, inv, v);
			gv_json_end(ctx->json);
		} else {
			print_row(ctx->out, inv, v);
		}
		v = v->life.is_rotated ? gv_inventory_get(inv, &v->life.next)
				       : NULL;
	}
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
}

int
gv_sealed_history(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_inventory_value *v;
	struct gv_inventory inv;
	int r = gv_inventory_load(&inv, ctx->repo, NULL);

	(void)argc;
	if (r == 0 && (r = gv_inventory_find(&v, &inv, argv[0])) == 0)
		print(ctx, &inv, first_of(&inv, v));
	gv_inventory_release(&inv);
	return r;
}
