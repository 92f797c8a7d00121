#include "git-vault/upkeep/purge_out.h"

#include <string.h>

#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "repo/refs.h"
#include "secret/purge.h"

static const char *const kinds[] = {
	[GV_PURGE_REWRITTEN] = "rewritten",
	[GV_PURGE_REMOVED] = "removed",
	[GV_PURGE_FORGOTTEN] = "forgotten",
	[GV_PURGE_TRASH] = "trash",
	[GV_PURGE_LEFT] = "left",
	[GV_PURGE_HISTORY] = "history",
	[GV_PURGE_STAGED] = "staged",
	[GV_PURGE_PARENTS] = "parents",
	[GV_PURGE_REMOTE] = "remote",
	[GV_PURGE_OTHERS] = "others",
};

static void
put(struct gv_json *j, const struct gv_purge_note *n)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "kind", kinds[n->kind]);
	gv_json_string(j, "snapshot", n->snapshot);
	gv_json_string(j, "where", n->where);
	if (n->path)
		gv_json_path(j, "path", n->path, strlen(n->path));
	else
		gv_json_null(j, "path");
	gv_json_oid(j, "object", &n->object);
	gv_json_uint(j, "places", n->places);
	gv_json_string(j, "reason", n->why);
	gv_json_end(j);
}

static const char *
place_of(const struct gv_purge_note *n)
{
	switch (n->kind) {
	case GV_PURGE_HISTORY:
		return "your own history";
	case GV_PURGE_STAGED:
		return "the index";
	case GV_PURGE_PARENTS:
		return "history that a snapshot keeps";
	case GV_PURGE_REMOTE:
		return GV_REFS_REMOTES;
	case GV_PURGE_OTHERS:
		return "another ref below refs/vault/";
	case GV_PURGE_REWRITTEN:
	case GV_PURGE_REMOVED:
	case GV_PURGE_FORGOTTEN:
	case GV_PURGE_TRASH:
	case GV_PURGE_LEFT:
		break;
	}
	return n->snapshot ? n->snapshot : "the vault";
}

void
gv_purge_out(struct gv_ctx *ctx, const struct gv_purge_note *n)
{
	struct gv_out *out = ctx->out;

	if (ctx->json) {
		put(ctx->json, n);
		return;
	}
	gv_out_paint(out,
	    n->kind >= GV_PURGE_LEFT ? GV_OUT_REMOVED : GV_OUT_ADDED, "%-9s",
	    n->kind >= GV_PURGE_LEFT ? "left" : kinds[n->kind]);
	gv_out_printf(out, " %s", place_of(n));
	if (n->path) {
		gv_out_printf(out, "%s", n->snapshot ? ":" : ": ");
		gv_out_path(out, n->path, strlen(n->path));
	}
	if (n->is_save)
		gv_out_printf(out, " (automatic save)");
	if (n->why)
		gv_out_printf(out, " (%s)", n->why);
	gv_out_printf(out, "\n");
}
