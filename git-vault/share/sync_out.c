#include "git-vault/share/sync_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/trash.h"
#include "repo/refs.h"
#include "sync/sync.h"

#define NAMED 3 /* snapshots at most, in one line */

static const struct {
	const char *word, *name;
	enum gv_out_slot slot;
} actions[GV_SYNC_ACTIONS] = {
	[GV_SYNC_TAKEN] = { "fetched", "taken", GV_OUT_ADDED },
	[GV_SYNC_MERGED] = { "merged", "merged", GV_OUT_CHANGED },
	[GV_SYNC_RESOLVED] = { "resolved", "resolved", GV_OUT_CHANGED },
	[GV_SYNC_DROPPED] = { "deleted", "dropped", GV_OUT_REMOVED },
	[GV_SYNC_SENT] = { "pushed", "sent", GV_OUT_ADDED },
	[GV_SYNC_CLEARED] = { "deleted", "cleared", GV_OUT_REMOVED },
	[GV_SYNC_CONFLICT] = { "conflict", "conflict", GV_OUT_REMOVED },
	[GV_SYNC_REFUSED] = { "refused", "refused", GV_OUT_REMOVED },
	[GV_SYNC_HELD] = { "held", "held", GV_OUT_REMOVED },
};

/* Without what all of them begin with. */
static const char *
short_name(const char *ref)
{
	return strncmp(ref, GV_REFS_VAULT, 11) == 0 ? ref + 11 : ref + 5;
}

void
gv_sync_out_text(struct gv_ctx *ctx, const struct gv_sync_report *report)
{
	struct gv_buf line = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < report->n; i++) {
		const struct gv_sync_item *item = &report->items[i];

		gv_out_paint(ctx->out, actions[item->action].slot, "%-8s",
		    actions[item->action].word);
		gv_out_printf(ctx->out, " ");
		gv_buf_addf(&line, "%s", short_name(item->ref));
		if (item->action == GV_SYNC_CLEARED)
			gv_buf_addf(&line, " on %s", report->remote);
		if (item->why)
			gv_buf_addf(&line, ": %s", item->why);
		gv_out_prose(ctx->out, line.p, line.len, 9);
		gv_buf_reset(&line);
	}
	gv_buf_release(&line);
}

/* Append "2 snapshots, 1 state and 4 other refs": what the action was done to.
 */
static void
add_kinds(struct gv_buf *out, const struct gv_sync_report *report,
    enum gv_sync_action action)
{
	static const struct {
		const char *front, *one;
	} kinds[] = {
		{ GV_REFS_SNAPSHOTS, "snapshot" },
		{ GV_REFS_STATES, "state" },
		{ GV_REFS_GOOD, "known-good record" },
		{ "", "other ref" },
	};
	enum { KINDS = sizeof(kinds) / sizeof(*kinds) };
	size_t n[KINDS] = { 0 }, i, k, left = 0;
	char count[GV_OUT_SIZE_MAX];

	for (i = 0; i < report->n; i++) {
		if (report->items[i].action != action)
			continue;
		for (k = 0; strncmp(report->items[i].ref, kinds[k].front,
				strlen(kinds[k].front)) != 0;)
			k++;
		left += n[k]++ == 0;
	}
	for (k = 0; k < KINDS; k++) {
		if (n[k] == 0)
			continue;
		gv_out_count(count, n[k], kinds[k].one);
		gv_buf_addf(out, "%s%s", count,
		    --left > 1 ? ", "
			: left ? " and "
			       : "");
	}
}

/* Append what the action was done to, if to anything. */
static void
add_part(struct gv_buf *out, const struct gv_sync_report *report,
    enum gv_sync_action action)
{
	static const struct {
		const char *front, *back;
		bool on_remote;
	} words[GV_SYNC_ACTIONS] = {
		[GV_SYNC_TAKEN] = { "fetched ", " from ", true },
		[GV_SYNC_MERGED] = { "merged ", "", false },
		[GV_SYNC_RESOLVED] = { "resolved ", "", false },
		[GV_SYNC_DROPPED] = { "deleted ", " here", false },
		[GV_SYNC_SENT] = { "pushed ", " to ", true },
		[GV_SYNC_CLEARED] = { "deleted ", " on ", true },
		[GV_SYNC_CONFLICT] = { "", " in conflict", false },
		[GV_SYNC_REFUSED] = { "", " refused by ", true },
		[GV_SYNC_HELD] = { "", " held back", false },
	};

	if (report->counts[action] == 0)
		return;
	gv_buf_addf(out, "%s%s", out->len ? "; " : "", words[action].front);
	add_kinds(out, report, action);
	gv_buf_addf(out, "%s%s", words[action].back,
	    words[action].on_remote ? report->remote : "");
}

void
gv_sync_out_summary(
    struct gv_ctx *ctx, const struct gv_sync_report *report, bool dry_run)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < GV_SYNC_ACTIONS; i++)
		add_part(&text, report, (enum gv_sync_action)i);
	if (gv_buf_check(&text) == 0)
		gv_out_say(
		    ctx->out, "%s%s", dry_run ? "would have " : "", text.p);
	gv_buf_release(&text);
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
		gv_json_oid(j, "local_id", &item->ours);
		gv_json_oid(j, "remote_id", &item->theirs);
		gv_json_string(j, "reason", item->why);
		gv_json_end(j);
	}
	gv_json_end(j);
}

/* Few are named, so that the line can be pasted. */
void
gv_sync_out_trashed(struct gv_ctx *ctx, const struct gv_sync_report *report)
{
	static const char snapshots[] = GV_REFS_SNAPSHOTS;
	char count[GV_OUT_SIZE_MAX], until[GV_TIME_MAX] = "";
	struct gv_buf way = GV_BUF_INIT;
	int64_t age = 0;
	size_t i;

	gv_buf_addstr(&way, "git vault undelete");
	for (i = 0; i < report->n && report->n_trashed <= NAMED; i++)
		if (report->items[i].action == GV_SYNC_DROPPED &&
		    strncmp(report->items[i].ref, snapshots,
			strlen(snapshots)) == 0)
			gv_buf_addf(&way, " %s",
			    report->items[i].ref + strlen(snapshots));
	if (report->n_trashed > NAMED)
		gv_buf_addf(&way, " --from %s", report->remote);
	if (gv_trash_expiry(&age, ctx->repo) == 0 && age != INT64_MAX) {
		gv_time_rfc3339(until, ctx->now + age);
		until[strcspn(until, "T")] = '\0';
	}
	gv_out_count(count, report->n_trashed, "snapshot");
	gv_out_say(ctx->out,
	    "moved %s, deleted on %s, to the trash%s%s; to bring %s back: %s",
	    count, report->remote, *until ? " until " : "", until,
	    report->n_trashed == 1 ? "it" : "them", way.p);
	gv_buf_release(&way);
}
