#include "git-vault/upkeep/fleet_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "git-vault/front/crew_out.h"
#include "git-vault/front/json.h"

const char *
gv_fleet_out_outcome(const struct gv_fleet_result *result)
{
	static const char *const names[GV_FLEET_STEPS] = {
		[GV_FLEET_RUN] = "done",
		[GV_FLEET_READ] = "done",
		[GV_FLEET_UNCHANGED] = "unchanged",
		[GV_FLEET_NOTHING] = "skipped",
		[GV_FLEET_REFUSED] = "refused",
	};

	if (result->step == GV_FLEET_RUN && result->status != 0)
		return "failed";
	return names[result->step];
}

static const char *
kind(const struct gv_fleet_look *look)
{
	static const char *const names[] = {
		[GV_FLEET_MISSING] = NULL,
		[GV_FLEET_OTHER] = NULL,
		[GV_FLEET_BARE] = "bare",
		[GV_FLEET_TREE] = "worktree",
		[GV_FLEET_LINKED] = "linked",
	};

	return names[look->kind];
}

/* What its files told; null where they were not read. */
static void
put_look(struct gv_json *j, const struct gv_fleet_look *look)
{
	char refs[2 * GV_FLEET_DIGEST + 1];

	gv_json_string(j, "kind", kind(look));
	if (!look->is_read) {
		gv_json_null(j, "refs");
		gv_json_null(j, "vault");
		return;
	}
	gv_enc_hex(refs, look->refs, sizeof(look->refs));
	gv_json_string(j, "refs", refs);
	gv_json_object(j, "vault");
	gv_json_uint(j, "snapshots", look->snapshots);
	gv_json_string(j, "last", look->last[0] ? look->last : NULL);
	if (look->last[0])
		gv_json_time(j, "last_time", look->last_time);
	else
		gv_json_null(j, "last_time");
	gv_json_uint(j, "states", look->states);
	gv_json_uint(j, "records", look->records);
	gv_json_bool(j, "keyring", look->has_keyring);
	gv_json_end(j);
}

void
gv_fleet_out_line(struct gv_json *j, enum gv_fleet_verb verb,
    const struct gv_fleet_result *result)
{
	struct gv_buf err = GV_BUF_INIT;

	gv_json_object(j, NULL);
	gv_json_string(j, "command", gv_fleet_verb_name(verb));
	gv_json_path(j, "path", result->path, strlen(result->path));
	gv_json_string(j, "outcome", gv_fleet_out_outcome(result));
	gv_json_int(j, "exit", result->status);
	put_look(j, result->look);
	if (result->since)
		gv_json_time(j, "since", result->since);
	else
		gv_json_null(j, "since");
	gv_json_int(j, "milliseconds", result->ms);
	gv_buf_addstr(&err, result->err ? result->err : "");
	if (result->is_cut) {
		gv_buf_reset(result->out);
		gv_buf_addstr(&err,
		    "it printed more than 256 KiB, which are left out here\n");
	}
	gv_crew_out_json(j, result->out, err.p);
	gv_json_end(j);
	gv_buf_release(&err);
}

void
gv_fleet_out_end(struct gv_json *j, enum gv_fleet_verb verb,
    const struct gv_fleet_counts *counts, int status)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "command", gv_fleet_verb_name(verb));
	gv_json_bool(j, "complete", !counts->is_out_of_time);
	gv_json_int(j, "exit", status);
	gv_json_uint(j, "done",
	    counts->steps[GV_FLEET_RUN] + counts->steps[GV_FLEET_READ]);
	gv_json_uint(j, "unchanged", counts->steps[GV_FLEET_UNCHANGED]);
	gv_json_uint(j, "skipped", counts->steps[GV_FLEET_NOTHING]);
	gv_json_uint(j, "refused", counts->steps[GV_FLEET_REFUSED]);
	gv_json_uint(j, "failed", counts->failed);
	gv_json_uint(j, "before", counts->before);
	gv_json_uint(j, "without_snapshot", counts->unsaved);
	gv_json_end(j);
}
