#include "sync_out.h"

#include <string.h>

#include "cmd.h"
#include "json.h"
#include "out.h"
#include "vault/sync.h"

static const struct {
	const char *word, *name;
	enum gv_out_slot slot;
} actions[GV_SYNC_ACTIONS] = {
	[GV_SYNC_TAKEN] = { "took", "taken", GV_OUT_ADDED },
	[GV_SYNC_MERGED] = { "merged", "merged", GV_OUT_CHANGED },
	[GV_SYNC_RESOLVED] = { "resolved", "resolved", GV_OUT_CHANGED },
	[GV_SYNC_DROPPED] = { "dropped", "dropped", GV_OUT_REMOVED },
	[GV_SYNC_SENT] = { "sent", "sent", GV_OUT_ADDED },
	[GV_SYNC_CLEARED] = { "cleared", "cleared", GV_OUT_REMOVED },
	[GV_SYNC_CONFLICT] = { "conflict", "conflict", GV_OUT_REMOVED },
	[GV_SYNC_REFUSED] = { "refused", "refused", GV_OUT_REMOVED },
	[GV_SYNC_HELD] = { "held", "held", GV_OUT_REMOVED },
};

/* Without what all of them begin with. */
static const char *
short_name(const char *ref)
{
	return strncmp(ref, "refs/vault/", 11) == 0 ? ref + 11 : ref + 5;
}

void
gv_sync_out_text(struct gv_ctx *ctx, const struct gv_sync_report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++) {
		const struct gv_sync_item *item = &report->items[i];
		const char *name = short_name(item->ref);

		gv_out_paint(ctx->out, actions[item->action].slot, "%-8s",
		    actions[item->action].word);
		gv_out_printf(ctx->out, " ");
		gv_out_text(ctx->out, name, strlen(name));
		if (item->why) {
			gv_out_printf(ctx->out, ": ");
			gv_out_text(ctx->out, item->why, strlen(item->why));
		}
		gv_out_printf(ctx->out, "\n");
	}
}

void
gv_sync_out_json(struct gv_ctx *ctx, const struct gv_sync_report *report)
{
	struct gv_json *j = ctx->json;
	size_t i;

	for (i = 0; i < GV_SYNC_ACTIONS; i++)
		gv_json_uint(j, actions[i].name, report->counts[i]);
	gv_json_array(j, "refs");
	for (i = 0; i < report->n; i++) {
		const struct gv_sync_item *item = &report->items[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "ref", item->ref);
		gv_json_string(j, "action", actions[item->action].name);
		gv_json_oid(j, "ours", &item->ours);
		gv_json_oid(j, "theirs", &item->theirs);
		gv_json_string(j, "reason", item->why);
		gv_json_end(j);
	}
	gv_json_end(j);
}
