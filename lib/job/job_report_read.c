#include "job/job_report.h"

#include <string.h>

#include "audit/report.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "format/unjson.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/* Reports come with a fetch, too, so anybody may have written one: what it says
 * is shown and counted, and decides nothing. */

#define WORD 256 /* bytes of a name that are kept */

/* Copy the text of a key; *out is NULL where the report has no such text. */
static int
take(const char **out, struct gv_arena *arena,
    const struct gv_unjson_node *root, const char *key)
{
	const char *text = gv_unjson_get_text(root, key);

	*out = NULL;
	if (text == NULL)
		return 0;
	*out = gv_arena_copy(arena, text, strnlen(text, WORD));
	return *out ? 0 : GV_ENOMEM;
}

static bool
take_time(int64_t *out, const struct gv_unjson_node *root, const char *key)
{
	const char *text = gv_unjson_get_text(root, key);

	return text && gv_time_parse_rfc3339(out, text) == 0;
}

static bool
take_size(struct gv_job_run *out, const struct gv_unjson_node *root)
{
	const int64_t bytes = gv_unjson_count(gv_unjson_get(root, "bytes"));
	const int64_t stored =
	    gv_unjson_count(gv_unjson_get(root, "stored_bytes"));

	out->has_size = bytes >= 0 && stored >= 0;
	out->bytes = out->has_size ? (uint64_t)bytes : 0;
	out->stored = out->has_size ? (uint64_t)stored : 0;
	return out->has_size;
}

static int
take_all(struct gv_job_run *out, struct gv_arena *arena,
    const struct gv_unjson_node *root)
{
	const struct gv_unjson_node *canceled = gv_unjson_get(root, "canceled");
	const char *status = gv_unjson_get_text(root, "status");
	const int64_t attempts =
	    gv_unjson_count(gv_unjson_get(root, "attempts"));
	int r;

	out->status = status ? gv_job_status_named(status) : GV_JOB_STATUSES;
	if (out->status == GV_JOB_STATUSES ||
	    !take_time(&out->begun, root, "begin_time") ||
	    !take_time(&out->ended, root, "end_time") ||
	    out->ended < out->begun)
		return gv_err(GV_ECORRUPT, "it is no report of a run");
	out->is_canceled = canceled && canceled->kind == GV_UNJSON_TRUE;
	out->attempts =
	    attempts > 0 && attempts < 1000 ? (unsigned)attempts : 1;
	(void)take_size(out, root);
	if ((r = take(&out->what, arena, root, "kind")) < 0 ||
	    (r = take(&out->job, arena, root, "job")) < 0 ||
	    (r = take(&out->env, arena, root, "environment")) < 0 ||
	    (r = take(&out->reason, arena, root, "reason")) < 0)
		return r;
	return out->what ? 0 : gv_err(GV_ECORRUPT, "it is no report of a run");
}

int
gv_job_report_parse(
    struct gv_job_run *out, struct gv_arena *arena, char *data, size_t len)
{
	struct gv_unjson *doc = NULL;
	int r = gv_unjson_parse(&doc, "report", data, len);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = take_all(out, arena, gv_unjson_root(doc));
	gv_unjson_free(doc);
	return r == GV_EREFUSED
	    ? gv_err(GV_ECORRUPT, "it is no report of a run")
	    : r;
}

#define REPORT ((size_t)64 * 1024) /* bytes of one, at most */

int
gv_job_report_reason(const char **out, struct gv_arena *arena,
    struct gv_repo *repo, const char *id)
{
	struct gv_buf name = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_job_run run;
	struct gv_odb *odb;
	struct gv_oid oid;
	int r;

	*out = NULL;
	gv_buf_addf(&name, GV_REFS_RUNS "%s", id);
	if ((r = gv_buf_check(&name)) == 0 &&
	    (r = gv_ref_find(&oid, repo, name.p)) == 0 &&
	    (r = gv_repo_odb(repo, &odb)) == 0 &&
	    (r = gv_report_load(&text, odb, &oid, "report.json", REPORT)) ==
		0 &&
	    (r = gv_job_report_parse(&run, arena, text.p, text.len)) == 0)
		*out = run.reason;
	gv_buf_release(&name);
	gv_buf_release(&text);
	return r;
}
