#include "git-vault/recovery/drill_bisect.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "drill/drill_log.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/record.h"
#include "record/record_load.h"
#include "record/record_resolve.h"

/* The newest drill with this result that broke nothing on purpose. */
static const struct gv_drill_logged *
newest(const struct gv_drill_log *log, bool has_failed)
{
	size_t i;

	for (i = 0; i < log->n; i++)
		if (log->items[i].fault == NULL &&
		    gv_drill_log_counts(
			log, &log->items[i], log->items[i].env) &&
		    (strcmp(log->items[i].result, "failed") == 0) == has_failed)
			return &log->items[i];
	return NULL;
}

static int
find_in_log(struct gv_buf *out, struct gv_ctx *ctx, bool has_failed)
{
	const struct gv_drill_logged *found;
	struct gv_drill_log log;
	int r = gv_drill_log_load(&log, ctx->repo, NULL);

	found = r == 0 ? newest(&log, has_failed) : NULL;
	if (found)
		gv_buf_addstr(out, found->snapshot);
	else if (r == 0)
		r = gv_err(GV_EREFUSED,
		    "no drill has %s yet, so bisect needs the two snapshots "
		    "as arguments; to list them: git vault list",
		    has_failed ? "failed" : "passed");
	gv_drill_log_release(&log);
	return r < 0 ? r : gv_buf_check(out);
}

static int
find(struct gv_record *out, struct gv_ctx *ctx, const char *text,
    bool has_failed)
{
	struct gv_buf id = GV_BUF_INIT;
	int r = 0;

	if (text == NULL)
		r = find_in_log(&id, ctx, has_failed);
	if (r == 0)
		r = gv_record_resolve(out, ctx->repo,
		    &(struct gv_record_query){ .text = text ? text : id.p });
	gv_buf_release(&id);
	return r;
}

/* Where a snapshot is in the list, which has the newest first. */
static size_t
place_of(const struct gv_records *all, const char *id)
{
	size_t i = 0;

	while (i < all->n && strcmp(all->records[i].id, id) != 0)
		i++;
	return i;
}

static void
tell(struct gv_ctx *ctx, const struct gv_record *rec,
    enum gv_drill_result result, const char *cause, size_t left)
{
	gv_out_say(ctx->out, "%s: %s%s%s; %zu snapshot%s left between", rec->id,
	    gv_drill_result_name(result), *cause ? ": " : "", cause, left,
	    left == 1 ? "" : "s");
}

static void
show(struct gv_ctx *ctx, const struct gv_record *good,
    const struct gv_record *bad, const char *cause)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "passed", good->id);
		gv_json_string(ctx->json, "failed", bad->id);
		gv_json_time(ctx->json, "time", bad->time);
		gv_json_string(ctx->json, "cause", *cause ? cause : NULL);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_printf(ctx->out, "%s\n", bad->id);
	gv_out_say(ctx->out,
	    "the first snapshot whose drill fails%s%s; the one before it, %s, "
	    "passes",
	    *cause ? ", by " : "", cause, good->id);
	gv_out_say(ctx->out, "hint: git vault diff %s %s", good->id, bad->id);
}

static int
search(struct gv_ctx *ctx, const struct gv_records *all, size_t good,
    size_t bad, gv_drill_try *try)
{
	char first[32] = "", cause[32];
	enum gv_drill_result result;
	int r;

	while (good - bad > 1) {
		const size_t middle = bad + (good - bad) / 2;

		cause[0] = '\0';
		r = try(ctx, all->records[middle].id, &result, cause);
		if (r < 0)
			return r;
		if (result == GV_DRILL_FAILED) {
			bad = middle;
			memcpy(first, cause, sizeof(first));
		} else {
			good = middle;
		}
		tell(ctx, &all->records[middle], result, cause, good - bad - 1);
	}
	show(ctx, &all->records[good], &all->records[bad], first);
	return 0;
}

int
gv_drill_bisect(
    struct gv_ctx *ctx, const char *good, const char *bad, gv_drill_try *try)
{
	struct gv_record from = { .format = 0 }, to = { .format = 0 };
	struct gv_records all = { .n = 0 };
	size_t older, newer;
	int r;

	if ((r = find(&from, ctx, good, false)) < 0 ||
	    (r = find(&to, ctx, bad, true)) < 0 ||
	    (r = gv_records_load(&all, ctx->repo, NULL)) < 0)
		goto out;
	older = place_of(&all, from.id);
	newer = place_of(&all, to.id);
	if (older == all.n || newer == all.n || older <= newer)
		r = gv_err(GV_EREFUSED,
		    "%s is not older than %s: a bisection goes from a snapshot "
		    "that passed to a later one that failed",
		    from.id, to.id);
	else
		r = search(ctx, &all, older, newer, try);
out:
	gv_records_release(&all);
	gv_record_release(&from);
	gv_record_release(&to);
	return r;
}
