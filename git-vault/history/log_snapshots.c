#include "git-vault/history/log_snapshots.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/history/log_before.h"
#include "git-vault/history/log_change.h"
#include "git-vault/look/autosave_out.h"
#include "git-vault/look/record_out.h"
#include "record/mark.h"
#include "record/record_filter.h"
#include "record/record_load.h"
#include "record/record_save.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "view/diff.h"

#define MAX_CHANGES 10 /* paths named before "and N more" */

struct history {
	struct gv_ctx *ctx;
	const struct gv_log_snapshots *how;
	struct gv_records all;
	struct gv_log_before line;
	struct gv_buf damaged; /* sentences, a line each */
	int64_t shown;
};

/* ---- text ---------------------------------------------------------------- */

static void
print_marks(struct gv_out *out, const struct gv_record *rec)
{
	const char *lead = " (";
	size_t i;

	if (rec->pinned) {
		gv_out_paint(out, GV_OUT_TAG, "%spinned", lead);
		lead = ", ";
	}
	for (i = 0; i < rec->n_tags; i++) {
		gv_out_paint(out, GV_OUT_TAG, "%stag: %s", lead, rec->tags[i]);
		lead = ", ";
	}
	if (*lead == ',')
		gv_out_paint(out, GV_OUT_TAG, ")");
}

static void
print_head(struct history *h, const struct gv_record *rec)
{
	struct gv_out *out = h->ctx->out;
	char when[GV_TIME_MAX], age[GV_TIME_MAX];

	gv_time_rfc3339(when, rec->time);
	gv_time_relative(age, rec->time, h->ctx->now);
	if (h->shown > 1)
		gv_out_printf(out, "\n");
	gv_out_paint(out, GV_OUT_ID, "snapshot %s", rec->id);
	print_marks(out, rec);
	gv_out_printf(out, "\nBy:     ");
	gv_out_text(out, rec->author, strlen(rec->author));
	if (rec->host) {
		gv_out_printf(out, " on ");
		gv_out_text(out, rec->host, strlen(rec->host));
	}
	if (rec->trigger) {
		gv_out_printf(out, " (");
		gv_out_text(out, rec->trigger, strlen(rec->trigger));
		gv_out_printf(out, ")");
	}
	gv_out_printf(out, "\nTaken:  %s (%s)\n", when, age);
	if (rec->only) {
		gv_out_printf(out, "Only:   ");
		gv_out_text(out, rec->only, strlen(rec->only));
		gv_out_printf(out, "\n");
	}
	gv_record_out_without(out, rec);
	gv_record_out_message(out, rec);
	gv_out_printf(out, "\n");
}

/* A short list, as `git status` has it. */
static void
print_paths(struct history *h, const struct gv_record *rec,
    const struct gv_record *before, const struct gv_diff *diff)
{
	struct gv_out *out = h->ctx->out;
	char files[GV_OUT_SIZE_MAX];
	size_t i;

	if (before == NULL) {
		gv_out_count(files, rec->files, "file");
		gv_out_printf(out, "    first snapshot: %s\n", files);
		return;
	}
	for (i = 0; i < diff->n && i < MAX_CHANGES; i++) {
		gv_out_printf(out, "    ");
		gv_record_out_status(out, &diff->changes[i], true);
	}
	if (diff->n > MAX_CHANGES)
		gv_out_printf(out,
		    "    and %zu more; to list them: git vault diff "
		    "--name-status %s %s\n",
		    diff->n - MAX_CHANGES, gv_out_short_id(out, before->id),
		    gv_out_short_id(out, rec->id));
	gv_out_printf(out, "    ");
	gv_record_out_sum(out, diff);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_json(struct history *h, const struct gv_record *rec,
    const struct gv_record *before, const struct gv_diff *diff)
{
	struct gv_json *j = h->ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_record_out_json(j, rec);
	gv_json_string(j, "before", before ? before->id : NULL);
	gv_json_array(j, "changes");
	for (i = 0; i < diff->n; i++)
		gv_record_out_change(j, &diff->changes[i], false);
	gv_json_end(j);
	gv_record_out_totals(j, diff);
	gv_json_end(j);
}

/* ---- one snapshot after the other ---------------------------------------- */

/* What a snapshot of some files lacks was not removed. */
static void
forget_removed(struct gv_diff *diff)
{
	size_t i, n = 0;

	for (i = 0; i < diff->n; i++)
		if (diff->changes[i].status != 'D')
			diff->changes[n++] = diff->changes[i];
	diff->n = n;
	diff->removed = 0;
}

static int
print_short(struct history *h, const struct gv_record *rec,
    const struct gv_record *before)
{
	struct gv_diff diff = GV_DIFF_INIT;
	int r = 0;

	if (!h->ctx->json)
		print_head(h, rec);
	if (h->ctx->json || before)
		r = gv_diff_files(&diff, h->ctx->repo,
		    before ? &before->tree : NULL, &rec->tree, NULL, NULL);
	if (r < 0)
		return r;
	if (rec->only)
		forget_removed(&diff);
	if (h->ctx->json)
		put_json(h, rec, before, &diff);
	else
		print_paths(h, rec, before, &diff);
	gv_diff_release(&diff);
	return 0;
}

static int
print(struct history *h, const struct gv_record *rec,
    const struct gv_record *before)
{
	int r;

	h->shown++;
	if (h->ctx->json || h->how->change->form == NULL) {
		r = print_short(h, rec, before);
	} else {
		print_head(h, rec);
		r = gv_log_change_print(h->ctx, h->how->change, before, rec);
	}
	if (r == 0 || !gv_log_change_is_of_one(h->ctx, r))
		return r;
	gv_buf_addf(&h->damaged,
	    "not every change in snapshot %s is printed: %s\n", rec->id,
	    gv_err_message());
	return gv_buf_check(&h->damaged);
}

static int
print_snapshots(struct history *h)
{
	const int64_t limit = h->how->limit;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < h->all.n; i++) {
		const struct gv_record *rec = &h->all.records[i];

		if ((limit >= 0 && h->shown >= limit) ||
		    gv_out_stopped(h->ctx->out))
			break;
		if (!gv_record_filter_takes(h->how->filter, rec))
			continue;
		gv_mark_tell(&h->damaged, rec);
		r = print(h, rec, gv_log_before_get(&h->line, i));
	}
	return r;
}

static int
print_damaged(struct history *h)
{
	char *line = h->damaged.p, *nl;

	if (h->ctx->json)
		gv_json_lines(h->ctx->json, "damaged", line);
	for (; line && (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = '\0';
		gv_out_warn(h->ctx->out, "%s", line);
	}
	return h->damaged.len ? 3 : 0;
}

static void
say_none(const struct history *h)
{
	if (h->all.n)
		gv_out_say(h->ctx->out,
		    "no snapshot of %zu is in this time; to list all: git "
		    "vault list",
		    h->all.n);
	else
		gv_autosave_out_none(h->ctx);
}

static int
print_all(struct history *h)
{
	struct gv_json *j = h->ctx->json;
	int r, damaged;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_array(j, "snapshots");
	}
	r = print_snapshots(h);
	if (j)
		gv_json_end(j);
	damaged = r == 0 ? print_damaged(h) : 0;
	if (j)
		gv_json_end(j);
	else if (r == 0 && h->shown == 0 && h->how->limit != 0 && !damaged)
		say_none(h);
	return r < 0 ? r : damaged;
}

int
gv_log_snapshots(struct gv_ctx *ctx, const struct gv_log_snapshots *how)
{
	struct history h = { .ctx = ctx,
		.how = how,
		.line = GV_LOG_BEFORE_INIT,
		.damaged = GV_BUF_INIT };
	int r;

	r = gv_records_recall(&h.all, ctx->repo, &h.damaged);
	if (r == 0 && how->with_saves)
		r = gv_record_save_add(&h.all, ctx->repo, &h.damaged);
	if (r == 0 && (r = gv_log_before_init(&h.line, &h.all)) == 0)
		r = print_all(&h);
	gv_log_before_release(&h.line);
	gv_buf_release(&h.damaged);
	gv_records_release(&h.all);
	return r;
}
