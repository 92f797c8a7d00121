#include "autosave_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "cmd.h"
#include "json.h"
#include "out.h"
#include "record_out.h"
#include "autosave/autosave.h"
#include "record/record_load.h"
#include "repo/repo.h"

static const struct gv_out_column columns[] = {
	{ .head = "ID", .whole = true },
	{ .head = "AGE", .whole = true },
	{ .head = "BRANCH" },
	{ .head = "FILES", .right = true, .extra = 2 },
	{ .head = "SIZE", .right = true, .extra = 1 },
	{ .head = "SUBJECT", .cut = true },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
print_row(struct gv_ctx *ctx, const struct gv_record *rec)
{
	char age[GV_TIME_MAX], size[GV_OUT_SIZE_MAX];
	char files[GV_ENC_DECIMAL_MAX];

	gv_time_relative(age, rec->time, ctx->now);
	gv_out_size(size, rec->bytes);
	gv_enc_decimal(files, rec->files);
	gv_out_cell_id(ctx->out, GV_OUT_ID, rec->id);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, rec->branch ? rec->branch : "-");
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, files);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, size);
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, rec->subject ? rec->subject : "-");
}

/* One whose commit cannot be read is named in `damaged`. */
static int
print_one(struct gv_ctx *ctx, const struct gv_autosave *save, bool id_only,
    struct gv_buf *damaged)
{
	struct gv_record rec = { .format = 0 };
	int r;

	if (id_only && ctx->json == NULL) {
		gv_out_printf(ctx->out, "%s\n", save->id);
		return 0;
	}
	r = gv_record_load(&rec, ctx->repo, &save->commit);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(damaged, "automatic save %s is damaged: %s\n",
		    save->id, gv_err_message());
		return 0;
	}
	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_record_out_json(ctx->json, &rec);
		gv_json_end(ctx->json);
	} else {
		print_row(ctx, &rec);
	}
	gv_record_release(&rec);
	return 0;
}

static void
warn(struct gv_ctx *ctx, struct gv_buf *damaged)
{
	char *line = damaged->p, *nl;

	for (; (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = '\0';
		gv_out_warn(ctx->out, "%s", line);
		*nl = '\n';
	}
}

static void
begin(struct gv_ctx *ctx, bool id_only)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "saves");
	} else if (!id_only) {
		gv_out_columns(ctx->out, columns, N_COLUMNS);
	}
}

static void
end(struct gv_ctx *ctx, bool id_only, struct gv_buf *damaged)
{
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_lines(ctx->json, "damaged", damaged->p);
		gv_json_end(ctx->json);
	} else if (!id_only) {
		gv_out_columns_end(ctx->out);
	}
	warn(ctx, damaged);
}

int
gv_autosave_out_list(struct gv_ctx *ctx, int64_t limit, bool id_only)
{
	struct gv_autosaves chain = { .n = 0 };
	struct gv_buf damaged = GV_BUF_INIT;
	size_t i;
	int r = gv_autosave_load(&chain, ctx->repo, NULL);

	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(&damaged,
		    "the automatic saves before %s cannot be listed: %s\n",
		    chain.n ? chain.saves[chain.n - 1].id : "now",
		    gv_err_message());
		r = 0;
	}
	if (r < 0)
		goto out;
	begin(ctx, id_only);
	for (i = 0; r == 0 && i < chain.n && (limit < 0 || limit-- > 0) &&
	     !gv_out_stopped(ctx->out);
	     i++)
		r = print_one(ctx, &chain.saves[i], id_only, &damaged);
	if (r == 0 && (r = gv_buf_check(&damaged)) == 0)
		end(ctx, id_only, &damaged);
	if (r == 0 && chain.n == 0 && damaged.len == 0 && !ctx->json)
		gv_out_say(ctx->out,
		    "there is no automatic save of this working tree yet; to "
		    "make one: git vault snapshot --auto");
	if (r == 0 && damaged.len)
		r = 3;
out:
	gv_buf_release(&damaged);
	gv_autosave_release(&chain);
	return r;
}

/* What cannot be read is no reason to restore nothing. */
void
gv_autosave_out_newer(struct gv_ctx *ctx, const char *text, int64_t time)
{
	static const char latest[] = "latest";
	const size_t n = sizeof(latest) - 1;
	struct gv_autosave last;
	char *before = gv_err_save(), age[GV_TIME_MAX];

	if (strncmp(text, latest, n) == 0 &&
	    (text[n] == '\0' || text[n] == ':') &&
	    gv_autosave_last(&last, ctx->repo) > 0 && last.time > time) {
		gv_time_relative(age, last.time, ctx->now);
		gv_out_say(ctx->out,
		    "an automatic save is newer than the latest snapshot (%s); "
		    "to restore from it, name it 'auto:now%s'",
		    age, text + n);
	}
	gv_err_restore(before);
}
