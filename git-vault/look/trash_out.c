#include "git-vault/look/trash_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/record_load.h"
#include "record/trash.h"
#include "repo/repo.h"

static const struct gv_out_column columns[] = {
	{ .head = "ID", .whole = true },
	{ .head = "DELETED", .whole = true },
	{ .head = "EXPIRES", .whole = true, .extra = 1 },
	{ .head = "BY" },
	{ .head = "BRANCH", .extra = 2 },
	{ .head = "SUBJECT", .cut = true },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Who deleted it, as far as that is known. */
static void
add_by(struct gv_buf *out, const struct gv_trash_item *it)
{
	const struct gv_trash_batch *b = it->batch;

	if (strcmp(b->what, "sync") != 0)
		gv_buf_addf(
		    out, "%s, by %s", it->who ? it->who : b->who, b->what);
	else
		gv_buf_addf(out, "%s, on %s", it->who ? it->who : "somebody",
		    b->remote ? b->remote : "another clone");
}

/* When it goes for good; 0: never. */
static int64_t
expires(const struct gv_trash_item *it, int64_t age)
{
	return age == INT64_MAX || it->batch->time > INT64_MAX - age
	    ? 0
	    : it->batch->time + age;
}

static void
print_row(struct gv_ctx *ctx, const struct gv_trash_item *it,
    const struct gv_record *rec, int64_t age)
{
	char deleted[GV_TIME_MAX], end[GV_TIME_MAX] = "never";
	struct gv_buf by = GV_BUF_INIT;

	gv_time_relative(deleted, it->batch->time, ctx->now);
	if (expires(it, age))
		gv_time_rfc3339(end, expires(it, age));
	add_by(&by, it);
	gv_out_cell_id(ctx->out, GV_OUT_ID, it->id);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, deleted);
	end[strcspn(end, "T")] = '\0';
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, end);
	gv_out_cell_buf(ctx->out, GV_OUT_PLAIN, &by);
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, rec->branch ? rec->branch : "-");
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, rec->subject ? rec->subject : "-");
	gv_buf_release(&by);
}

static void
print_json(struct gv_ctx *ctx, const struct gv_trash_item *it,
    const struct gv_record *rec, int64_t age)
{
	const struct gv_trash_batch *b = it->batch;
	const bool is_own = strcmp(b->what, "sync") != 0;
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "id", it->id);
	gv_json_oid(j, "commit", &it->commit);
	gv_json_time(j, "time", b->time);
	if (expires(it, age))
		gv_json_time(j, "expires_time", expires(it, age));
	else
		gv_json_null(j, "expires_time");
	gv_json_string(j, "actor", it->who ? it->who : is_own ? b->who : NULL);
	gv_json_string(j, "how", b->what);
	gv_json_string(j, "remote", b->remote);
	gv_json_string(j, "reason", b->reason);
	gv_json_string(j, "branch", rec->branch);
	gv_json_string(j, "host", rec->host);
	gv_json_string(j, "subject", rec->subject);
	gv_json_end(j);
}

static int
print_one(struct gv_ctx *ctx, const struct gv_trash_item *it, bool id_only,
    int64_t age)
{
	struct gv_record rec = { .format = 0 };
	int r = 0;

	if (id_only && ctx->json == NULL) {
		gv_out_printf(ctx->out, "%s\n", it->id);
		return 0;
	}
	/* one that cannot be read is deleted all the same */
	r = gv_record_load(&rec, ctx->repo, &it->commit);
	if (ctx->json)
		print_json(ctx, it, &rec, age);
	else
		print_row(ctx, it, &rec, age);
	gv_record_release(&rec);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

static int
print_damaged(struct gv_ctx *ctx, struct gv_buf *damaged)
{
	char *line = damaged->p, *nl;

	if (ctx->json)
		gv_json_array(ctx->json, "damaged");
	for (; (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = '\0';
		gv_out_warn(ctx->out, "%s", line);
		if (ctx->json)
			gv_json_string(ctx->json, NULL, line);
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	return damaged->len ? 3 : 0;
}

int
gv_trash_out_list(struct gv_ctx *ctx, int64_t limit, bool id_only)
{
	struct gv_buf damaged = GV_BUF_INIT;
	struct gv_trash trash = { .n = 0 };
	bool is_table = ctx->json == NULL && !id_only;
	int64_t age, shown = 0;
	size_t i;
	int r;

	if ((r = gv_trash_expiry(&age, ctx->repo)) < 0 ||
	    (r = gv_trash_load(&trash, ctx->repo, &damaged)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "deleted");
	} else if (is_table) {
		gv_out_columns(ctx->out, columns, N_COLUMNS);
	}
	for (i = 0; r == 0 && i < trash.n && (limit < 0 || shown < limit);
	     i++) {
		if (trash.items[i].is_live)
			continue;
		shown++;
		r = print_one(ctx, &trash.items[i], id_only, age);
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	else if (is_table)
		gv_out_columns_end(ctx->out);
	if (is_table && shown == 0)
		gv_out_say(ctx->out, "the trash is empty");
	if (r == 0)
		r = print_damaged(ctx, &damaged);
	if (ctx->json)
		gv_json_end(ctx->json);
out:
	gv_trash_release(&trash);
	gv_buf_release(&damaged);
	return r;
}
