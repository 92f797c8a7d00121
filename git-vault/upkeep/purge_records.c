#include "git-vault/upkeep/purge_records.h"

#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "secret/purge.h"

int
gv_purge_records_load(struct gv_purge_records *out, struct gv_ctx *ctx)
{
	memset(out, 0, sizeof(*out));
	return gv_goods_load(&out->goods, ctx->repo, NULL);
}

static int
add(struct gv_purge_records *records, const char *id)
{
	const size_t len = strlen(id);
	const char *kept;

	if (gv_map_get(&records->snapshots, id, len))
		return 0;
	if ((kept = gv_arena_copy(&records->ids, id, len)) == NULL)
		return gv_err_nomem();
	return gv_map_put(&records->snapshots, kept, len, records);
}

int
gv_purge_records_of(
    struct gv_purge_records *records, const struct gv_purge_note *note)
{
	if (note->snapshot == NULL ||
	    (note->kind != GV_PURGE_REWRITTEN &&
		note->kind != GV_PURGE_REMOVED &&
		note->kind != GV_PURGE_FORGOTTEN))
		return 0;
	return add(records, note->snapshot);
}

static bool
is_lost(const struct gv_purge_records *records, const struct gv_good *good)
{
	return good->damage == NULL && good->snapshot_id &&
	    good->status != GV_GOOD_REVOKED && good->revoked == NULL &&
	    gv_map_get(&records->snapshots, good->snapshot_id,
		strlen(good->snapshot_id));
}

static void
tell_json(const struct gv_good *good, struct gv_json *j)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "environment", good->env);
	gv_json_uint(j, "record", good->n);
	gv_json_string(j, "snapshot", good->snapshot_id);
	gv_json_end(j);
}

/* `n` records of one environment, of which that is the newest. */
static void
tell_text(
    const struct gv_good *good, size_t n, struct gv_ctx *ctx, bool dry_run)
{
	char hex[GV_OID_HEX + 1], count[GV_OUT_SIZE_MAX];

	gv_out_count(count, n, "known-good record");
	gv_oid_format(hex, &good->code);
	if (gv_oid_is_zero(&good->code))
		gv_out_say(ctx->out,
		    "%s: %s %s of a snapshot that %s rewritten, and nothing "
		    "goes back to it; after a look at the snapshot: git vault "
		    "good mark --snapshot %s %s",
		    good->env, count, n == 1 ? "is" : "are",
		    dry_run ? "would be" : "was", good->snapshot_id, good->env);
	else
		gv_out_say(ctx->out,
		    "%s: %s %s of a snapshot that %s rewritten, and nothing "
		    "goes back to it; after a look at the snapshot: git vault "
		    "good mark --snapshot %s --commit %.12s %s",
		    good->env, count, n == 1 ? "is" : "are",
		    dry_run ? "would be" : "was", good->snapshot_id, hex,
		    good->env);
}

void
gv_purge_records_tell(
    const struct gv_purge_records *records, struct gv_ctx *ctx, bool dry_run)
{
	const struct gv_good *newest = NULL;
	size_t i, n = 0;

	if (ctx->json)
		gv_json_array(ctx->json, "records");
	for (i = 0; i < records->goods.n; i++) {
		const struct gv_good *good = &records->goods.all[i];

		if (!is_lost(records, good))
			continue;
		if (ctx->json) {
			tell_json(good, ctx->json);
			continue;
		}
		if (newest && strcmp(newest->env, good->env) != 0) {
			tell_text(newest, n, ctx, dry_run);
			n = 0;
		}
		newest = good;
		n++;
	}
	if (newest)
		tell_text(newest, n, ctx, dry_run);
	if (ctx->json)
		gv_json_end(ctx->json);
}

void
gv_purge_records_release(struct gv_purge_records *records)
{
	if (records == NULL)
		return;
	gv_goods_release(&records->goods);
	gv_map_release(&records->snapshots);
	gv_arena_release(&records->ids);
}
